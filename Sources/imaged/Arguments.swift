import Server
import System

struct UsageError: Error { let text: String }

/// The daemon's command line: `--name=value` or `--name value`, each at most once.
struct Arguments {
    enum Action {
        case help, version
        case run(DaemonOptions)
        case check(String)
        case repair(String)
    }

    var action: Action

    init(_ arguments: ArraySlice<String>) throws(UsageError) {
        if arguments.contains("--help") || arguments.contains("-h") || arguments.first == "help" {
            action = .help
            return
        }
        if arguments.contains("--version") {
            action = .version
            return
        }
        switch arguments.first {
        case "check": action = .check(try Self.directory(arguments, "check"))
        case "repair": action = .repair(try Self.directory(arguments, "repair"))
        default: action = .run(try Self.options(arguments))
        }
    }

    private static func directory(
        _ arguments: ArraySlice<String>, _ command: String
    ) throws(UsageError) -> String {
        let rest = arguments.dropFirst()
        guard rest.count == 1, let directory = rest.first, !directory.hasPrefix("-") else {
            throw UsageError(text: "imaged \(command) takes one data directory")
        }
        return directory
    }

    private static let names = [
        "--socket", "--data-dir", "--durability", "--ephemeral", "--config", "--workers",
        "--ready-fd",
    ]

    private static func options(_ arguments: ArraySlice<String>) throws(UsageError) -> DaemonOptions
    {
        var options = DaemonOptions()
        var seen: Set<String> = []
        var rest = arguments
        while let argument = rest.popFirst() {
            let equals = argument.firstIndex(of: "=")
            let name = String(equals.map { argument[..<$0] } ?? argument[...])
            guard names.contains(name) else { throw unknown(argument) }
            guard seen.insert(name).inserted else {
                throw UsageError(text: "\(name) is given twice")
            }
            if name == "--ephemeral" {
                guard equals == nil else { throw UsageError(text: "\(name) takes no value") }
                options.durability = .ephemeral
                continue
            }
            let value = equals.map { String(argument[argument.index(after: $0)...]) }
            guard let value = value ?? rest.popFirst(), !value.isEmpty else {
                throw UsageError(text: "\(name) needs a value")
            }
            try set(&options, name, value)
        }
        if seen.contains("--ephemeral") && seen.contains("--durability") {
            throw UsageError(text: "--ephemeral is --durability=ephemeral: give one of them")
        }
        if options.durability == .ephemeral && options.dataDirectory != nil {
            throw UsageError(text: "nothing is kept with --ephemeral: leave out --data-dir")
        }
        return options
    }

    private static func set(
        _ options: inout DaemonOptions, _ name: String, _ value: String
    ) throws(UsageError) {
        switch name {
        case "--socket": options.socketPath = value
        case "--data-dir": options.dataDirectory = value
        case "--config": options.configurationFile = value
        case "--durability":
            guard let durability = DaemonOptions.Durability(rawValue: value) else {
                throw UsageError(text: "--durability=\(value): always or ephemeral is right")
            }
            options.durability = durability
        case "--workers": options.workers = Int(try number(name, value, 1...1024))
        default: options.readyDescriptor = try number(name, value, 1...Int32.max)
        }
    }

    private static func number(
        _ name: String, _ value: String, _ range: ClosedRange<Int32>
    ) throws(UsageError) -> Int32 {
        guard let number = Int32(value), range.contains(number) else {
            throw UsageError(
                text: "\(name)=\(value): a number from \(range.lowerBound) on is right")
        }
        return number
    }

    private static func unknown(_ argument: String) -> UsageError {
        guard argument.hasPrefix("-") else {
            return UsageError(text: "no command \(argument): there are check and repair")
        }
        return UsageError(text: "no option \(argument): there are \(names.joined(separator: ", "))")
    }

    static let help = """
        imaged - a local image service for Alibaba Cloud ECS

        Usage
          imaged [OPTION ...]       serve until SIGTERM or SIGINT
          imaged check DIR          read a stopped daemon's data directory; change nothing
          imaged repair DIR         take it back to its last good state; keeps copies

        Options (--name=value or --name value)
          --socket PATH             the socket to listen on, at most 103 bytes. Default, for root:
                                    /run/imaged/imaged.sock; else in $XDG_RUNTIME_DIR/imaged, or
                                    without that in the data directory
          --data-dir DIR            images, snapshots and the journal; made if missing, 0700.
                                    Default: $XDG_STATE_HOME/imaged (~/.local/state/imaged), for
                                    root /var/lib/imaged
          --durability MODE         always: what was answered survives a power cut (default);
                                    ephemeral: nothing is written, real files are refused
          --ephemeral               the same as --durability=ephemeral
          --config FILE             limits: [limits] and [daemon] with lines Name = number
          --workers N               snapshots of files copied at once (default 4)
          --ready-fd N              write "ready" to this descriptor and close it once requests
                                    are answered
          --help, --version

        Who may connect: this user and root.

        Signals
          SIGTERM, SIGINT           no new work; answers under way leave, at most 5 s; jobs go on
                                    at the next start. A second one: at once

        Exit status
          0 stopped   64 usage   65 damaged data   73 socket or directory unusable
          74 I/O error   75 already running   78 configuration

        """
}
