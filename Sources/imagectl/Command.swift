import ECS
import ImagedClient
import System
import Wire

/// How the program ends (design.md, "Names fixed from the start").
enum ExitCode: Int32 {
    case done = 0
    case refused = 1
    case usage = 2
    case connection = 3
    /// Ended by Ctrl-C, as shells count it: 128 and the signal's number.
    case interrupted = 130
}

/// A flag of a command that is no field of its request.
struct Option {
    let name: String
    /// What its value is called in the help; nil: it takes none.
    let value: String?
    let meaning: String
    var repeats = false
}

/// One command: the table of these drives parsing, the help and the running alike.
struct Command {
    /// `create-image`
    let name: String
    /// The operation it stands for, which is accepted as its name too: `CreateImage`.
    var operation: String?
    /// The title that it stands under in the overview.
    let group: String
    /// One line, for the overview.
    let summary: String
    /// What follows `imagectl <name>`.
    let usage: String
    /// What a user should know before the first use; paragraphs.
    var details = ""
    let examples: [String]
    var fields: [Field] = []
    var options: [Option] = []
    /// The field that may be given without its flag.
    var positional: String?
    let run: @Sendable (Invocation) async throws -> ExitCode
}

/// The flags that every command has.
struct Settings {
    var socket: String?
    var account: String?
    var timeout: Duration?
    var isJSON = false

    static let options = [
        Option(name: "socket", value: "PATH", meaning: "The daemon's socket."),
        Option(
            name: "account", value: "NAME", meaning: "The account to act in; without it: default."),
        Option(
            name: "timeout", value: "SECONDS",
            meaning: "How long to wait for the answer; 60 unless a command says otherwise."),
        Option(
            name: "json", value: nil,
            meaning: "Results as JSON with ECS's names; errors as JSON on standard error."),
        Option(name: "help", value: nil, meaning: "What a command does and takes."),
        Option(name: "version", value: nil, meaning: "The program's version."),
    ]
}

/// A command line that was understood.
struct Invocation {
    let command: Command
    let settings: Settings
    /// The request's fields, by path.
    var fields: [String: GivenValue] = [:]
    /// The command's own flags, each with its values in order.
    var options: [String: [GivenValue]] = [:]

    var output: Output { Output(isJSON: settings.isJSON) }

    func value(_ option: String) -> String? { options[option]?.first?.value }
    func has(_ option: String) -> Bool { options[option] != nil }

    /// Where calls are made if the command line does not say.
    static var defaultRegion: String {
        let region = CurrentProcess.environment("IMAGED_REGION") ?? ""
        return region.isEmpty ? "cn-hangzhou" : region
    }

    /// The request that the command line describes. A request that creates something gets a token
    /// if it has none, so that it can be repeated when its outcome is unknown.
    func request<M: Message>(_ type: M.Type) throws(UsageError) -> M {
        var given = fields
        try ShortForms.expand(self, into: &given)
        if given["RegionId"] == nil {
            given["RegionId"] = GivenValue(flag: "IMAGED_REGION", value: Self.defaultRegion)
        }
        if given["ClientToken"] == nil {
            given["ClientToken"] = GivenValue(flag: "--client-token", value: newToken)
        }
        return try RequestFiller.fill(type, given)
    }

    /// The token of this run.
    let newToken: String = {
        var random = KernelRandom()
        let words = [random.next(), random.next()]
        return words.map { word in
            let digits = String(word, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }()

    func connect() async throws -> ImagedClient {
        try await ImagedClient.connect(
            socket: settings.socket, options: .init(account: settings.account))
    }
}

/// The short forms of lists: `--tag KEY=VALUE` and `--disk PATH[,key=value...]`.
enum ShortForms {
    static let tag = Option(
        name: "tag", value: "KEY=VALUE",
        meaning: "A tag; may be repeated. Long form: --Tag.1.Key, --Tag.1.Value.", repeats: true)
    static let disk = Option(
        name: "disk", value: "PATH[,KEY=VALUE...]",
        meaning: """
            A disk's file or block device; may be repeated. The first is the system disk, unless \
            one has type=system. Keys: format, type, category, device; without a PATH the disk is \
            simulated and needs size=GIB.
            """, repeats: true)
    private static let diskKeys = ["format", "type", "category", "device", "size"]

    static func expand(
        _ invocation: Invocation, into given: inout [String: GivenValue]
    ) throws(UsageError) {
        for (index, tag) in try values("tag", "Tag.", invocation, given).enumerated() {
            let parts = tag.value.split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            given["Tag.\(index + 1).Key"] = GivenValue(flag: tag.flag, value: String(parts[0]))
            if parts.count == 2 {
                given["Tag.\(index + 1).Value"] = GivenValue(
                    flag: tag.flag, value: String(parts[1]))
            }
        }
        for (index, disk) in try values("disk", "Disk.", invocation, given).enumerated() {
            try expand(disk, "Disk.\(index + 1).", into: &given)
        }
        if let output = invocation.options["output"]?.first {
            if let path = given["Path"] { throw together(output, path) }
            given["Path"] = output
        }
    }

    private static func values(
        _ name: String, _ long: String, _ invocation: Invocation, _ given: [String: GivenValue]
    ) throws(UsageError) -> [GivenValue] {
        let values = invocation.options[name] ?? []
        if let short = values.first, let other = given.first(where: { $0.key.hasPrefix(long) }) {
            throw together(short, other.value)
        }
        return values
    }

    private static func together(_ one: GivenValue, _ other: GivenValue) -> UsageError {
        UsageError(
            message: "\(one.flag) and \(other.flag) together", hint: "Use one form or the other.")
    }

    private static func expand(
        _ disk: GivenValue, _ prefix: String, into given: inout [String: GivenValue]
    ) throws(UsageError) {
        var parts = disk.value.split(separator: ",", omittingEmptySubsequences: false)[...]
        if let first = parts.first, !diskKeys.contains(where: { first.hasPrefix("\($0)=") }) {
            parts.removeFirst()
            if !first.isEmpty {
                given["\(prefix)Path"] = GivenValue(flag: disk.flag, value: String(first))
            }
        }
        for part in parts {
            guard let equals = part.firstIndex(of: "="),
                let key = diskKeys.first(where: { $0 == part[..<equals] })
            else {
                throw UsageError(
                    message: "\(disk.flag) \(disk.value): nothing is known of \"\(part)\"",
                    hint: """
                        PATH[,key=value...] with \(Help.list(diskKeys, "and")). A path with a \
                        comma: --Disk.1.Path.
                        """)
            }
            let name = key.prefix(1).uppercased() + key.dropFirst()
            let value = GivenValue(
                flag: "\(disk.flag) \(key)=", value: String(part[equals...].dropFirst()))
            if given.updateValue(value, forKey: "\(prefix)\(name)") != nil {
                throw UsageError(message: "\(disk.flag) \(disk.value): \(key) is given twice")
            }
        }
    }
}
