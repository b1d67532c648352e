import System

struct UsageError: Error { let text: String }

/// What is asked for again and again.
enum Workload: String, CaseIterable {
    case version
    case describeImages = "describe-images"
    case createSnapshot = "create-snapshot"
}

struct LoadOptions {
    var socketPath = ""
    var clients = 1
    var depth = 1
    var seconds = 5
    var workload = Workload.version
}

struct StressOptions {
    var socketPath = ""
    var historyPath = ""
    var process = 0
    var seed: UInt64 = 1
    var keys = 8
    var disks: [String] = []
    var instances: [String] = []
}

/// The command line: `--name=value` or `--name value`.
struct Arguments {
    enum Action {
        case help
        case load(LoadOptions)
        case stress(StressOptions)
        case race(socketPath: String)
        case data(DataOptions)
    }

    let action: Action

    init(_ arguments: ArraySlice<String>) throws(UsageError) {
        if arguments.isEmpty || arguments.contains("--help") || arguments.contains("-h") {
            action = .help
        } else if arguments.first == "stress" {
            action = .stress(try Self.stress(arguments.dropFirst()))
        } else if arguments.first == "race" {
            action = .race(socketPath: try Self.race(arguments.dropFirst()))
        } else if arguments.first == "data" {
            action = .data(try DataOptions(arguments.dropFirst()))
        } else {
            action = .load(try Self.load(arguments))
        }
    }

    private static func load(_ arguments: ArraySlice<String>) throws(UsageError) -> LoadOptions {
        var options = LoadOptions()
        options.socketPath = try defaultSocket()
        var workload: Workload?
        var rest = arguments
        while let argument = rest.popFirst() {
            if !argument.hasPrefix("-") {
                guard workload == nil, let named = Workload(rawValue: argument) else {
                    let names = Workload.allCases.map(\.rawValue).joined(separator: ", ")
                    throw UsageError(text: "one workload of \(names), not \(argument)")
                }
                workload = named
                continue
            }
            let (name, value) = try option(argument, &rest)
            switch name {
            case "--socket": options.socketPath = value
            case "--clients": options.clients = try number(name, value, 1...10_000)
            case "--depth": options.depth = try number(name, value, 1...1_000)
            case "--seconds": options.seconds = try number(name, value, 1...86_400)
            default: throw UsageError(text: "no option \(name)")
            }
        }
        guard let workload else { throw UsageError(text: "name a workload") }
        options.workload = workload
        return options
    }

    private static func stress(
        _ arguments: ArraySlice<String>
    ) throws(UsageError) -> StressOptions {
        var options = StressOptions()
        options.socketPath = try defaultSocket()
        var rest = arguments
        while let argument = rest.popFirst() {
            let (name, value) = try option(argument, &rest)
            switch name {
            case "--socket": options.socketPath = value
            case "--history": options.historyPath = value
            case "--process": options.process = try number(name, value, 0...9_999)
            case "--seed": options.seed = UInt64(try number(name, value, 0...Int.max))
            case "--keys": options.keys = try number(name, value, 1...10_000)
            case "--disk": options.disks.append(value)
            case "--instance": options.instances.append(value)
            default: throw UsageError(text: "no option \(name)")
            }
        }
        if options.historyPath.isEmpty { throw UsageError(text: "stress needs --history") }
        if options.disks.isEmpty || options.instances.isEmpty {
            throw UsageError(text: "stress needs a --disk and an --instance")
        }
        return options
    }

    private static func race(_ arguments: ArraySlice<String>) throws(UsageError) -> String {
        var socketPath = try defaultSocket()
        var rest = arguments
        while let argument = rest.popFirst() {
            let (name, value) = try option(argument, &rest)
            guard name == "--socket" else { throw UsageError(text: "no option \(name)") }
            socketPath = value
        }
        return socketPath
    }

    private static func defaultSocket() throws(UsageError) -> String {
        DefaultPlaces.socket(dataDirectory: DefaultPlaces.dataDirectory) ?? ""
    }

    static func option(
        _ argument: String, _ rest: inout ArraySlice<String>
    ) throws(UsageError) -> (name: String, value: String) {
        let equals = argument.firstIndex(of: "=")
        let name = String(equals.map { argument[..<$0] } ?? argument[...])
        let value = equals.map { String(argument[argument.index(after: $0)...]) }
        guard let value = value ?? rest.popFirst(), !value.isEmpty else {
            throw UsageError(text: "\(name) needs a value")
        }
        return (name, value)
    }

    static func number(
        _ name: String, _ text: String, _ range: ClosedRange<Int>
    ) throws(UsageError) -> Int {
        guard let value = Int(text), range.contains(value) else {
            throw UsageError(
                text: "\(name)=\(text): \(range.lowerBound) to \(range.upperBound) is right")
        }
        return value
    }

    static let help = """
        imaged-bench - load for a running imaged

        Usage
          imaged-bench [OPTION ...] WORKLOAD    measure; prints one line
          imaged-bench stress [OPTION ...]      mixed calls with a history, until it is killed
          imaged-bench race [--socket PATH]     one of many that ask at the same moment
          imaged-bench data [OPTION ...]        snapshots and exports beside cp, qemu-img, borg ...

        Workloads
          version            the smallest call
          describe-images    the first page of the account's images
          create-snapshot    of a simulated disk, which it registers

        Options (--name=value or --name value)
          --socket PATH      the daemon's socket (default: where imaged listens by default)
          --clients N        connections, each on a thread of its own (default 1)
          --depth D          requests in flight on each connection (default 1)
          --seconds T        how long (default 5)

        Options of stress: --socket, and
          --history FILE     gets one line of JSON for each event: invoke, ok, fail or info
                             (outcome unknown), with a monotonic time in nanoseconds
          --process N        this process's number in the history
          --seed S           what it does is decided by this number
          --keys K           image names that all processes share (default 8)
          --disk ID, --instance ID
                             of simulated disks and instances; each may be repeated

        Lines that race reads from standard input
          send ACCOUNT SERVICE METHOD HEX
                             a request, encoded; ACCOUNT - is the default one
          go NANOSECONDS     sends them all when the monotonic clock shows that, and prints a
                             line of JSON for each answer, then "ready"

        Options of data, which starts a daemon of its own, the imaged beside it, and prints a table
          --directory DIR    where the disks and their copies go: 8 times --data-mib of room
                             (default /var/tmp)
          --repetitions N    rounds over all that is compared (default 5)
          --size-mib N       the disk's size (default 4096)
          --data-mib N       how much of it is data, at most half (default 1024)
          --sparse PATH      a C program to compare with as well: it answers "copy FROM TO rw"
                             and "delta OLD NEW OUT" with "secs_synced":SECONDS
          --xfs DIR          a directory on XFS: snapshots by sharing extents, too

        create-snapshot and stress fill queues: give the daemon a configuration with room.
        Refusals are counted apart. Exit status: 0 measured, 1 failed, 2 wrong usage.

        """
}
