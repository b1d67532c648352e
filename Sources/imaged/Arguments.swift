import Server
import System

struct UsageError: Error { let text: String }

/// The daemon's command line: `--name=value` or `--name value`, each at most once but where the
/// help says otherwise.
struct Arguments {
    enum Action {
        case help, manual, version
        case run(DaemonOptions)
        case check(String)
        case repair(String)
        case printUnit(ServiceUnits, installs: Bool)
    }

    var action: Action

    init(_ arguments: ArraySlice<String>) throws(UsageError) {
        if arguments.contains("--help") || arguments.contains("-h") || arguments.first == "help" {
            action = .help
            return
        }
        if arguments.contains("--man") {
            action = .manual
            return
        }
        if arguments.contains("--version") {
            action = .version
            return
        }
        switch arguments.first {
        case "check": action = .check(try Self.directory(arguments, "check"))
        case "repair": action = .repair(try Self.directory(arguments, "repair"))
        case "print-unit": action = try Self.printUnit(arguments.dropFirst())
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
        "--socket", "--socket-group", "--data-dir", "--durability", "--ephemeral", "--config",
        "--workers", "--disk-root", "--fixture", "--http", "--ready-fd", "--log-level",
    ]

    static func options(_ arguments: ArraySlice<String>) throws(UsageError) -> DaemonOptions {
        var options = DaemonOptions()
        var seen: Set<String> = []
        var rest = arguments
        while let argument = rest.popFirst() {
            let equals = argument.firstIndex(of: "=")
            let name = String(equals.map { argument[..<$0] } ?? argument[...])
            guard names.contains(name) else { throw unknown(argument) }
            guard seen.insert(name).inserted || ["--disk-root", "--http"].contains(name)
            else {
                throw UsageError(text: "\(name) is given twice")
            }
            if name == "--ephemeral" || name == "--fixture" {
                guard equals == nil else { throw UsageError(text: "\(name) takes no value") }
                if name == "--ephemeral" { options.durability = .ephemeral }
                if name == "--fixture" { options.hasFixture = true }
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
        let hasPort = options.http.contains { if case .port = $0 { true } else { false } }
        if hasPort && !options.hasFixture {
            throw UsageError(
                text: """
                    --http with a port is for tests, with --fixture: nobody knows who connects to a \
                    port. --http=unix:PATH is right without it
                    """)
        }
        return options
    }

    private static func set(
        _ options: inout DaemonOptions, _ name: String, _ value: String
    ) throws(UsageError) {
        switch name {
        case "--socket": options.socketPath = value
        case "--socket-group": options.socketGroup = value
        case "--disk-root":
            guard let root = DaemonOptions.diskRoot(value) else {
                throw UsageError(
                    text: "--disk-root=\(value): an absolute path without .. is right")
            }
            options.diskRoots.append(root)
        case "--http":
            guard let place = DaemonOptions.HTTPPlace(value) else {
                throw UsageError(
                    text: "--http=\(value): unix:PATH, ADDRESS:PORT or PORT is right")
            }
            if options.http.count == 16 { throw UsageError(text: "--http: at most 16 of them") }
            options.http.append(place)
        case "--data-dir": options.dataDirectory = value
        case "--config": options.configurationFile = value
        case "--durability":
            guard let durability = DaemonOptions.Durability(rawValue: value) else {
                throw UsageError(text: "--durability=\(value): always or ephemeral is right")
            }
            options.durability = durability
        case "--log-level":
            guard let level = LogLevel(rawValue: value) else {
                let levels = LogLevel.allCases.map(\.rawValue).joined(separator: ", ")
                throw UsageError(text: "--log-level=\(value): \(levels) are right")
            }
            options.logLevel = level
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
            return UsageError(
                text: "no command \(argument): there are check, repair and print-unit")
        }
        return UsageError(text: "no option \(argument): there are \(names.joined(separator: ", "))")
    }
}
