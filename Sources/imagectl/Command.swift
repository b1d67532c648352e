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
    /// Nobody reads what it prints, as shells count that: 128 and SIGPIPE's number.
    case pipeClosed = 141
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
    /// Whether it stands under the word `fixture`: `imagectl fixture set-clock`.
    var isFixture = false
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
    /// The field that may be given without its flag; if it is a list, several times.
    var positional: String?
    /// What its results can be written as.
    var formats = OutputFormat.allCases
    let run: @Sendable (Invocation) async throws -> ExitCode

    /// As the command line has it.
    var fullName: String { isFixture ? "\(Self.fixtureWord) \(name)" : name }

    /// What stands before the names of those that only a test uses.
    static let fixtureWord = "fixture"

    /// Whether `name` is a flag for a field of its request.
    func hasField(named name: Substring) -> Bool {
        fields.contains { $0.path(named: name) != nil }
    }

    /// The flags of every command but those whose names this one needs for itself.
    var globalOptions: [Option] { Settings.options.filter { !hasField(named: $0.name[...]) } }

    /// Whether `--output FILE` is one of its flags. The formats' names are never files then.
    var hasOutputFile: Bool { options.contains { $0.name == Self.output.name } }
}

/// The flags that every command has.
struct Settings {
    var socket: String?
    var account: String?
    var ramUser: String?
    var timeout: Duration?
    /// Nil: nothing was said, which is a table.
    var format: OutputFormat?

    var isJSON: Bool { format?.isJSON ?? false }

    static let options = [
        Option(name: "socket", value: "PATH", meaning: "The daemon's socket."),
        Option(
            name: "account", value: "NAME", meaning: "The account to act in; without it: default."),
        Option(
            name: "ram-user", value: "NAME",
            meaning: "Act as this RAM user of the account; needs imaged --fixture."),
        Option(
            name: "timeout", value: "SECONDS",
            meaning: "How long to wait for the answer; 60 unless a command says otherwise."),
        Option(
            name: "output", value: "FORMAT",
            meaning: """
                table; json: one document with ECS's names; jsonl: an object a line, of a list \
                one for each of it; id: IDs alone, a line each. With the two JSON ones errors \
                are JSON, too, on standard error.
                """),
        Option(name: "json", value: nil, meaning: "The same as --output json."),
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

    /// What was found out on the way, for the hint of a refusal.
    let findings = Findings()

    var output: Output { Output(format: settings.format ?? .table) }

    func value(_ option: String) -> String? { options[option]?.first?.value }
    func has(_ option: String) -> Bool { options[option] != nil }

    /// Where calls are made if the command line does not say.
    static var defaultRegion: String {
        let region = CurrentProcess.environment("IMAGED_REGION") ?? ""
        return region.isEmpty ? "cn-hangzhou" : region
    }

    /// The region that the command line names, or else that one.
    var region: String { fields["RegionId"]?.value ?? Self.defaultRegion }

    /// The request that the command line describes. A request that creates something gets a token
    /// if it has none, so that it can be repeated when its outcome is unknown.
    ///
    /// - Throws: what can be told without asking the daemon: names still stand where IDs go.
    func request<M: Message>(_ type: M.Type) throws(UsageError) -> M {
        try RequestFiller.fill(type, Self.withResourceType(try given()))
    }

    /// The same with the IDs of what was named.
    func request<M: Message>(_ type: M.Type, _ client: ImagedClient) async throws -> M {
        let names = Names(client: client, region: region, findings: findings)
        let given = Self.withResourceType(try await names.resolve(try given(), command))
        findings.note(given)
        return try RequestFiller.fill(type, given)
    }

    /// The request's fields as typed, with what a request has if nobody says otherwise.
    private func given() throws(UsageError) -> [String: GivenValue] {
        var given = fields
        try ShortForms.expand(self, into: &given)
        if given["RegionId"] == nil {
            given["RegionId"] = GivenValue(flag: "IMAGED_REGION", value: Self.defaultRegion)
        }
        if given["ClientToken"] == nil && givesToken {
            given["ClientToken"] = GivenValue(flag: "--client-token", value: newToken)
        }
        return given
    }

    /// Adds what an ID says about itself.
    private static func withResourceType(_ given: [String: GivenValue]) -> [String: GivenValue] {
        guard given["ResourceType"] == nil, let id = given["ResourceId"] ?? given["ResourceId.1"]
        else { return given }
        let start = id.value.drop { "[\" ".contains($0) }.prefix(2)
        guard let kind = Names.Kind.allCases.first(where: { $0.prefix == start }) else {
            return given
        }
        return given.merging(["ResourceType": GivenValue(flag: id.flag, value: kind.rawValue)]) {
            $1
        }
    }

    /// What a further command needs to reach the same resources: ` --account ci`; empty: nothing.
    var reach: String {
        var flags: [(name: String, value: String?)] = [
            ("socket", settings.socket), ("account", settings.account),
            ("ram-user", settings.ramUser),
        ]
        flags.append(("region-id", fields["RegionId"]?.value))
        return flags.map { name, value in value.map { " --\(name) \($0)" } ?? "" }.joined()
    }

    /// Whether its request is made one of a kind. A fault rule's token is one that others send.
    var givesToken: Bool {
        !command.isFixture && command.fields.contains { $0.path == "ClientToken" }
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
            socket: settings.socket,
            options: .init(account: settings.account, ramUser: settings.ramUser))
    }
}
