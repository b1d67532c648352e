import System

/// The program's own texts.
enum Help {
    /// Of a line: what a terminal has, or what reads well.
    private static let width: Int = {
        guard StandardStream.output.isTerminal, let columns = StandardStream.output.columns else {
            return 79
        }
        return min(79, max(40, columns - 1))
    }()

    static func text(_ topic: Parser.Topic, _ commands: [Command]) -> String {
        switch topic {
        case .overview: overview(commands.filter { !$0.isFixture })
        case .fixtures: fixtures(commands.filter(\.isFixture))
        case .command(let command): text(command)
        }
    }

    /// The commands, group by group, each with its summary.
    private static func lists(
        _ commands: [Command], _ further: [(group: String, name: String, summary: String)] = []
    ) -> String {
        let entries = commands.map { ($0.group, $0.name, $0.summary) } + further
        let column = 4 + (entries.map(\.1.count).max() ?? 0)
        var groups: [String] = []
        for (group, _, _) in entries where !groups.contains(group) { groups.append(group) }
        return groups.map { group in
            let lines = entries.filter { $0.0 == group }.map { _, name, summary in
                padded("  \(name)", column) + wrapped(summary, column, column)
            }
            return ([group] + lines).joined(separator: "\n")
        }.joined(separator: "\n\n")
    }

    /// The overview of all commands.
    private static func overview(_ commands: [Command]) -> String {
        let fixture = (
            group: "Tests", name: Command.fixtureWord,
            summary: """
            what only a test sets: accounts, clocks, jobs, faults; needs imaged --fixture
            """
        )
        return """
            imagectl: images, snapshots and disks of the local image service imaged

            imagectl COMMAND [FLAG ...]
            imagectl help COMMAND     what it does and takes, with examples

            \(lists(commands, [fixture]))

            Everywhere
            \(Settings.options.map { entry(flag($0), $0.meaning) }.joined(separator: "\n"))

            ECS's spelling works as well: CreateImage --InstanceId i-... --Tag.1.Key stage.

            A name may stand where an ID goes, if only one resource of yours has it.

            Environment
            \(environment.map { entry($0.name, $0.meaning) }.joined(separator: "\n"))

            Exit status
            \(exits.map { entry("\($0.code)", $0.meaning) }.joined(separator: "\n"))
            """
    }

    static let environment = [
        (name: "IMAGED_SOCKET", meaning: "The daemon's socket."),
        (name: "IMAGED_REGION", meaning: "The region, where a command does not name one."),
        (name: "NO_COLOR", meaning: "If it is not empty: no colours."),
    ]

    static let exits = [
        (code: 0, meaning: "Done."), (code: 1, meaning: "Refused or failed."),
        (code: 2, meaning: "Wrong usage."),
        (code: 3, meaning: "No daemon, or the connection was lost: the outcome may be unknown."),
        (code: 130, meaning: "Ended by Ctrl-C; a job that was waited for goes on."),
    ]

    /// The overview of what stands under `fixture`.
    private static func fixtures(_ commands: [Command]) -> String {
        """
        imagectl fixture: what only a test sets

        imagectl fixture COMMAND [FLAG ...]
        imagectl help fixture COMMAND     what it does and takes, with examples

        \(lists(commands))

        They need a daemon that was started with --fixture, and act on the account of
        --account, for its owner: not together with --ram-user.
        """
    }

    /// All about one command.
    private static func text(_ command: Command) -> String {
        var parts = [
            wrapped("imagectl \(command.fullName): \(command.summary)", 0, 2),
            "Usage\n  " + wrapped("imagectl \(command.fullName) \(command.usage)", 2, 6),
        ]
        if !command.details.isEmpty { parts.append(wrapped(command.details, 0, 0)) }
        let own = command.options.map { entry(flag($0), $0.meaning) }
        let top = command.fields.filter { !$0.isNested }
        let nested = command.fields.filter(\.isNested)
        let entries =
            own
            + (top + nested).map { field in
                entry(
                    flag(field),
                    Meanings.of(field.path, in: command.operation ?? command.name) ?? "")
            }
        if !entries.isEmpty { parts.append("Flags\n" + entries.joined(separator: "\n")) }
        if command.name != "help" {
            parts.append(
                "Everywhere\n  "
                    + wrapped(command.globalOptions.map(flag).joined(separator: "  "), 2, 2)
            )
        }
        parts.append("Examples\n" + command.examples.map { "  \($0)" }.joined(separator: "\n"))
        if let operation = command.operation {
            let name = command.isFixture ? "\(Command.fixtureWord) \(operation)" : operation
            let field = command.fields.first { $0.kind != .list }
            let first = field.map { " " + flag($0, $0.path) } ?? ""
            let whose = command.isFixture ? "The protocol's" : "ECS's"
            parts.append(
                wrapped("\(whose) spelling works as well: imagectl \(name)\(first).", 0, 0))
        }
        return parts.joined(separator: "\n\n")
    }

    /// "a, b and c"
    static func list(_ items: [String], _ conjunction: String) -> String {
        guard items.count > 1 else { return items.joined() }
        return items.dropLast().joined(separator: ", ") + " \(conjunction) " + items.last!
    }

    // MARK: Flags

    static func flag(_ option: Option) -> String {
        "--\(option.name)" + (option.value.map { " \($0)" } ?? "")
    }

    static func flag(_ field: Field) -> String {
        flag(field, field.isNested ? field.path : field.shortName)
    }

    private static func flag(_ field: Field, _ name: String) -> String {
        switch field.kind {
        case .text: return "--\(name) TEXT"
        case .number: return "--\(name) NUMBER"
        case .list: return "--\(name) A,B,..."
        case .flag: return "--\(name)[=true|false]"
        }
    }

    /// A flag and its meaning, beside each other if the flag is short.
    private static func entry(_ flag: String, _ meaning: String) -> String {
        // On a narrow terminal a meaning stands below its flag.
        let indent = width < 66 ? 8 : 30
        let head = "  \(flag)"
        if head.count + 2 > indent {
            return head + "\n" + String(repeating: " ", count: indent)
                + wrapped(meaning, indent, indent)
        }
        return padded(head, indent) + wrapped(meaning, indent, indent)
    }

    // MARK: Layout

    private static func padded(_ text: String, _ count: Int) -> String {
        text + String(repeating: " ", count: max(0, count - text.count))
    }

    /// Breaks `text` at spaces; the first line begins at column `start`, the others at `indent`.
    static func wrapped(
        _ text: String, _ start: Int, _ indent: Int, width: Int = Self.width
    ) -> String {
        var result = ""
        var column = start
        for word in text.split(separator: " ") {
            if column > start && column + 1 + word.count > width {
                result += "\n" + String(repeating: " ", count: indent) + word
                column = indent + word.count
            } else if result.isEmpty {
                result += word
                column += word.count
            } else {
                result += " " + word
                column += 1 + word.count
            }
        }
        return result
    }
}
