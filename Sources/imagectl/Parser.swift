import ECS
/// Understands a command line by the table of commands.
struct Parser {
    enum Result {
        case run(Invocation)
        case help(Topic)
        case manual(Topic)
        case version
    }

    /// What help is about.
    enum Topic {
        case overview
        /// The commands under the word `fixture`.
        case fixtures
        case command(Command)
    }

    let commands: [Command]
    private(set) var settings = Settings()
    private var rest: ArraySlice<String>
    /// Whether the word before a fixture's name has been read.
    private var isFixture = false
    private var command: Command?
    private var fields: [String: GivenValue] = [:]
    private var options: [String: [GivenValue]] = [:]
    private var positionals: [String] = []
    /// Words behind flags that do not take them as values, and why.
    private var valuesRefused: [String: String] = [:]
    private var formats: [OutputFormat] = []
    private var wantsHelp = false
    private var wantsVersion = false

    init(_ arguments: ArraySlice<String>, _ commands: [Command]) {
        rest = arguments
        self.commands = commands
    }

    /// - Throws: `UsageError`. `settings` then has what was understood before it.
    mutating func parse() throws(UsageError) -> Result {
        // Known before anything else is looked at, so that a wrong flag is told as JSON, too.
        if rest.contains("--json") || rest.contains("--output=json") { settings.format = .json }
        if rest.contains("--output=jsonl") { settings.format = .jsonl }
        for (flag, value) in zip(rest, rest.dropFirst()) where flag == "--output" {
            if let format = OutputFormat(rawValue: value), format.isJSON {
                settings.format = format
            }
        }
        while let argument = rest.popFirst() {
            if argument == "-h" {
                wantsHelp = true
            } else if argument.hasPrefix("--") && argument != "--" {
                try flag(argument)
            } else if argument.hasPrefix("-") && argument != "-" {
                throw UsageError(
                    message: "\(argument) is no flag", hint: "Flags have two dashes: --json.")
            } else if command == nil && !isFixture && argument == Command.fixtureWord {
                isFixture = true
            } else if command == nil {
                command = try find(argument, isFixture)
            } else {
                positionals.append(argument)
            }
        }
        return try finish()
    }

    private mutating func finish() throws(UsageError) -> Result {
        if wantsVersion { return .version }
        settings.format = formats.first ?? settings.format
        guard let command else {
            if isFixture { return .help(.fixtures) }
            if wantsHelp { return .help(.overview) }
            throw UsageError(message: "no command", hint: "imagectl help lists them.")
        }
        if wantsHelp && command.name != "help" { return .help(.command(command)) }
        if command.name == "help" { return .help(try topic()) }
        if command.name == Command.manual.name && options["all"] == nil {
            return .manual(try topic())
        }
        try takePositionals(command)
        settings.format = formats.first
        if let format = settings.format, !command.formats.contains(format) {
            let right = Help.list(command.formats.map(\.rawValue), "or")
            throw UsageError(
                message: "\(command.fullName) --output \(format.rawValue): \(right) is right")
        }
        return .run(
            Invocation(command: command, settings: settings, fields: fields, options: options))
    }

    /// What `help` is asked about.
    private func topic() throws(UsageError) -> Topic {
        let isFixture = positionals.first == Command.fixtureWord
        let names = isFixture ? positionals.dropFirst() : positionals[...]
        guard names.count <= 1 else {
            throw UsageError(message: "\(command?.name ?? "help") takes one command")
        }
        guard let name = names.first else { return isFixture ? .fixtures : .overview }
        return .command(try find(name, isFixture))
    }

    /// Puts what was given without a flag where it belongs.
    private mutating func takePositionals(_ command: Command) throws(UsageError) {
        let isList = command.fields.contains { $0.path == command.positional && $0.kind == .list }
        var place = 0
        for value in positionals {
            for part in isList ? value.split(separator: ",").map(String.init) : [value] {
                place += 1
                let path = command.positional.map { isList ? "\($0).\(place)" : $0 }
                guard let path, fields[path] == nil else {
                    throw UsageError(
                        message: "\"\(value)\" is neither a flag nor a flag's value",
                        hint: valuesRefused[value]
                            ?? "imagectl help \(command.fullName) shows what it takes.")
                }
                let flag = isList ? "\"\(value)\"" : "--\(FieldNames.kebabCase(path))"
                fields[path] = GivenValue(flag: flag, value: part)
            }
        }
    }

    private func find(_ name: String, _ isFixture: Bool) throws(UsageError) -> Command {
        let (near, far) = (commands.named(isFixture), commands.named(!isFixture))
        if let found = near.first(where: { $0.name == name }) { return found.command }
        let fixture = Command.fixtureWord
        func full(_ name: String, _ isFixture: Bool) -> String {
            isFixture ? "\(fixture) \(name)" : name
        }
        let best =
            Suggestion.nearest(name, far.map(\.name).filter { $0 == name })
            .map { full($0, !isFixture) }
            ?? Suggestion.nearest(name, near.map(\.name) + (isFixture ? [] : [fixture]))
            .map { full($0, isFixture) }
            ?? Suggestion.nearest(name, far.map(\.name)).map { full($0, !isFixture) }
        throw UsageError(
            message: "no command \(full(name, isFixture))",
            hint: best.map { "Did you mean \($0)?" }
                ?? "imagectl \(isFixture ? fixture : "help") lists them.")
    }

    // MARK: Flags

    private mutating func flag(_ argument: String) throws(UsageError) {
        let text = argument.dropFirst(2)
        let equals = text.firstIndex(of: "=")
        let name = equals.map { text[..<$0] } ?? text
        let inline = equals.map { String(text[$0...].dropFirst()) }
        var isOwn = command?.hasField(named: name) ?? false
        if name == Command.output.name, command?.hasOutputFile ?? false {
            isOwn = OutputFormat(rawValue: inline ?? rest.first ?? "") == nil
        }
        if !isOwn, let option = Settings.options.first(where: { $0.name == name }) {
            try global(option, inline)
        } else if let command {
            try own(command, name, inline)
        } else {
            let all = Settings.options.map { "--\($0.name)" }
            throw UsageError(
                message: "--\(name) before a command",
                hint: Suggestion.sentence("--\(name)", all)
                    ?? "A command's flags stand behind it; \(Help.list(all, "and")) anywhere.")
        }
    }

    private mutating func global(_ option: Option, _ inline: String?) throws(UsageError) {
        guard option.value != nil else {
            if inline != nil { throw UsageError(message: "--\(option.name) takes no value") }
            switch option.name {
            case "help": wantsHelp = true
            case "version": wantsVersion = true
            default: try take(.json, "--json")
            }
            return
        }
        let value = try value(option.name, inline)
        switch option.name {
        case Command.output.name:
            guard let format = OutputFormat(rawValue: value) else {
                let right = "\(Help.list(OutputFormat.names, "or")) is right"
                throw UsageError(
                    message: "--output \(value): \(right)",
                    hint: Suggestion.sentence(value, OutputFormat.names) ?? "")
            }
            try take(format, "--output \(value)")
        case "socket":
            if settings.socket != nil { throw repeated(option.name) }
            settings.socket = value
        case "account":
            if settings.account != nil { throw repeated(option.name) }
            settings.account = value
        case "ram-user":
            if settings.ramUser != nil { throw repeated(option.name) }
            settings.ramUser = value
        default:
            if settings.timeout != nil { throw repeated(option.name) }
            guard let seconds = Double(value), seconds > 0, seconds <= 1e9 else {
                throw UsageError(
                    message: "--timeout \(value): a number of seconds above 0 is right")
            }
            settings.timeout = .nanoseconds(Int64(seconds * 1e9))
        }
    }

    private mutating func take(_ format: OutputFormat, _ flag: String) throws(UsageError) {
        if let other = formats.first {
            throw UsageError(
                message: other == format
                    ? "\(flag): the format is given twice"
                    : "\(flag) and \(other.rawValue) together",
                hint: other == format ? "" : "One format is right.")
        }
        formats.append(format)
        settings.format = format
    }

    private mutating func own(
        _ command: Command, _ name: Substring, _ inline: String?
    ) throws(UsageError) {
        if let option = command.options.first(where: { $0.name == name }) {
            if option.value == nil {
                if inline != nil { throw UsageError(message: "--\(name) takes no value") }
                if let next = rest.first { valuesRefused[next] = "--\(name) takes no value." }
            }
            if !option.repeats && options[option.name] != nil { throw repeated(option.name) }
            let value = option.value == nil ? "" : try value(option.name, inline)
            options[option.name, default: []].append(GivenValue(flag: "--\(name)", value: value))
            return
        }
        for field in command.fields {
            guard let path = field.path(named: name) else { continue }
            let value =
                field.kind == .flag
                ? inline ?? nextBoolean(name) ?? "true" : try value(String(name), inline)
            let given = GivenValue(flag: "--\(name)", value: value)
            if fields.updateValue(given, forKey: path) != nil { throw repeated(String(name)) }
            return
        }
        let names =
            (command.options + Settings.options).map { "--\($0.name)" }
            + command.fields.flatMap { ["--\($0.shortName)", "--\($0.path)"] }
        throw UsageError(
            message: "\(command.fullName) has no flag --\(name)",
            hint: Suggestion.sentence("--\(name)", names)
                ?? "imagectl help \(command.fullName) lists them.")
    }

    private func repeated(_ name: String) -> UsageError {
        UsageError(message: "--\(name) is given twice")
    }

    /// ECS's way of writing a boolean: `--Force true`.
    private mutating func nextBoolean(_ name: Substring) -> String? {
        guard let next = rest.first else { return nil }
        guard next == "true" || next == "false" else {
            valuesRefused[next] = "--\(name) is true or false."
            return nil
        }
        rest.removeFirst()
        return next
    }

    private mutating func value(
        _ name: String, _ inline: String?
    ) throws(UsageError) -> String {
        if let inline { return inline }
        guard let next = rest.first, !next.hasPrefix("--") else {
            throw UsageError(
                message: "--\(name) needs a value", hint: "--\(name)=VALUE, or --\(name) VALUE.")
        }
        rest.removeFirst()
        return next
    }
}

extension [Command] {
    /// Those under the word `fixture`, or the others, by their names and by their operations'.
    fileprivate func named(_ isFixture: Bool) -> [(name: String, command: Command)] {
        filter { $0.isFixture == isFixture }.flatMap { command in
            [(command.name, command)] + (command.operation.map { [($0, command)] } ?? [])
        }
    }
}

/// What was probably meant.
enum Suggestion {
    /// "Did you mean --image-name?"; nil: nothing is near enough.
    static func sentence(_ typed: String, _ known: [String]) -> String? {
        nearest(typed, known).map { "Did you mean \($0)?" }
    }

    /// The one of `known` that is nearest, if it is near enough.
    static func nearest(_ typed: String, _ known: [String]) -> String? {
        let ranked = known.map {
            (name: $0, distance: distance(typed.lowercased(), $0.lowercased()))
        }
        guard let best = ranked.min(by: { $0.distance < $1.distance }) else { return nil }
        let length = typed.drop { $0 == "-" }.count
        let limit = max(1, length / 3)
        if best.distance <= limit { return best.name }
        // A long name's beginning.
        let begins = known.filter { length >= 3 && $0.lowercased().hasPrefix(typed.lowercased()) }
        return begins.count == 1 ? begins[0] : nil
    }

    /// How many letters must be put in, left out, replaced or swapped with the next (the optimal
    /// string alignment distance).
    static func distance(_ one: String, _ other: String) -> Int {
        let (a, b) = (Array(one.utf8), Array(other.utf8))
        var before = [Int](repeating: 0, count: b.count + 1)
        var previous = Array(0...b.count)
        for i in 0..<a.count {
            var current = [i + 1] + [Int](repeating: 0, count: b.count)
            for j in 0..<b.count {
                var best = min(
                    previous[j + 1] + 1, current[j] + 1, previous[j] + (a[i] == b[j] ? 0 : 1))
                if i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j] {
                    best = min(best, before[j - 1] + 1)
                }
                current[j + 1] = best
            }
            before = previous
            previous = current
        }
        return previous[b.count]
    }
}
