import ECS
import System

extension Command {
    static var manual: Command {
        Command(
            name: "man", group: Group.program, summary: "print a manual page, or write all of them",
            usage: "([[fixture] COMMAND] | --all DIR)",
            details: """
                A page is troff source for man(1), made from the same tables as the help. \
                imagectl(1) is the page without a command.
                """,
            examples: [
                "imagectl man create-image | man -l -",
                "imagectl man --all ~/.local/share/man/man1",
            ],
            options: [
                Option(
                    name: "all", value: "DIR",
                    meaning: "Write the pages of all commands into this directory.")
            ],
            // The parser reads it: it may be two words.
            positional: nil, formats: [.table]
        ) { invocation in
            guard let directory = invocation.value("all") else { return .done }
            try Manual.writeAll(into: absolutePath(directory), Command.all)
            return .done
        }
    }
}

/// The help as manual pages, man(7).
enum Manual {
    static func text(_ topic: Parser.Topic, _ commands: [Command]) -> String {
        switch topic {
        case .overview: overview(commands)
        case .fixtures: fixtures(commands.filter(\.isFixture))
        case .command(let command): page(command)
        }
    }

    /// Writes `imagectl.1`, `imagectl-create-image.1` and so on, over those that are there.
    ///
    /// - Parameter directory: is made if there is none.
    static func writeAll(into directory: String, _ commands: [Command]) throws {
        let calls = SystemCalls.live
        if (try? calls.status(of: directory)) == nil { try calls.makeNewDirectory(directory) }
        var pages = [("imagectl", overview(commands))]
        pages.append(("imagectl-fixture", fixtures(commands.filter(\.isFixture))))
        pages += commands.map { (pageName($0), page($0)) }
        for (name, text) in pages {
            let file = try calls.openFile(
                "\(directory)/\(name).1", [.writeOnly, .create, .truncate], mode: 0o644)
            try Array((text + "\n").utf8).withUnsafeBytes { bytes in
                Result { () throws(SystemError) in try calls.writeAll(file, at: 0, bytes) }
            }.get()
        }
    }

    private static func pageName(_ command: Command) -> String {
        "imagectl-" + command.fullName.split(separator: " ").joined(separator: "-")
    }

    // MARK: Pages

    private static func overview(_ commands: [Command]) -> String {
        let own = commands.filter { !$0.isFixture }
        let fixture = paragraph(
            bold("imagectl fixture"),
            "What only a test sets: imagectl\\-fixture(1).")
        return [
            head("imagectl", "images, snapshots and disks of the local image service imaged"),
            section("SYNOPSIS"),
            "\(bold("imagectl")) \(italic("COMMAND")) [\(italic("FLAG"))\\ ...]\n.br",
            "\(bold("imagectl help")) \(italic("COMMAND"))",
            section("DESCRIPTION"),
            escaped(
                """
                Each operation of the service is a command under its own name, and has a page of \
                its own; so has each of the few task verbs beside them. ECS's spelling works as \
                well: CreateImage --InstanceId i-... --Tag.1.Key stage. A name may stand where an \
                ID goes, if only one resource of yours has it.
                """), section("COMMANDS"), lists(own), subsection("Tests"), fixture,
            section("OPTIONS"), options(Settings.options), ending(isOverview: true),
        ].joined(separator: "\n")
    }

    private static func fixtures(_ commands: [Command]) -> String {
        [
            head("imagectl-fixture", "what only a test sets"),
            section("SYNOPSIS"),
            "\(bold("imagectl fixture")) \(italic("COMMAND")) [\(italic("FLAG"))\\ ...]",
            section("DESCRIPTION"),
            escaped(
                """
                These commands need a daemon that was started with --fixture, and act on the \
                account of --account, for its owner: not together with --ram-user.
                """), section("COMMANDS"), lists(commands), ending(),
        ].joined(separator: "\n")
    }

    private static func page(_ command: Command) -> String {
        var parts = [
            head(pageName(command), command.summary), section("SYNOPSIS"),
            bold("imagectl \(command.fullName)")
                + (command.usage.isEmpty ? "" : "\n" + escaped(command.usage)),
        ]
        parts.append(section("DESCRIPTION"))
        let summary = command.summary.prefix(1).uppercased() + command.summary.dropFirst() + "."
        parts.append(escaped(summary))
        if !command.details.isEmpty { parts.append(".PP\n" + escaped(command.details)) }
        let fields = command.fields.filter { !$0.isNested } + command.fields.filter(\.isNested)
        if !command.options.isEmpty || !fields.isEmpty {
            parts.append(section("OPTIONS"))
            if !command.options.isEmpty { parts.append(options(command.options)) }
            parts += fields.map { field in
                let meaning = Meanings.of(field.path, in: command.operation ?? command.name) ?? ""
                let choices = Choices.of(field.path, in: command.operation ?? "")
                let isTold =
                    choices.isEmpty || choices.count > 12
                    || choices.allSatisfy(meaning.contains)
                let right = isTold ? "" : " One of \(Help.list(choices, "or"))."
                return paragraph(flag(Help.flag(field)), escaped(meaning + right))
            }
        }
        parts += [subsection("Everywhere"), options(command.globalOptions)]
        parts += [
            section("EXAMPLES"), ".nf", command.examples.map { raw($0) }.joined(separator: "\n"),
        ]
        parts += [".fi", ending()]
        return parts.joined(separator: "\n")
    }

    // MARK: Parts

    private static func head(_ name: String, _ summary: String) -> String {
        """
        .TH \(name.uppercased()) 1 \(imagedReleaseDay) "imaged \(Main.version)" "imaged manual"
        .SH NAME
        \(escaped(name)) \\- \(escaped(summary))
        """
    }

    private static func lists(_ commands: [Command]) -> String {
        var groups: [String] = []
        for command in commands where !groups.contains(command.group) {
            groups.append(command.group)
        }
        return groups.map { group in
            let entries = commands.filter { $0.group == group }.map { command in
                paragraph(
                    bold("imagectl \(command.fullName)"),
                    escaped(
                        command.summary.prefix(1).uppercased() + command.summary.dropFirst() + "."))
            }
            return ([subsection(group)] + entries).joined(separator: "\n")
        }.joined(separator: "\n")
    }

    private static func options(_ options: [Option]) -> String {
        options.map { paragraph(flag(Help.flag($0)), escaped($0.meaning)) }.joined(separator: "\n")
    }

    /// "--image-name TEXT", the flag bold and its value in italics.
    private static func flag(_ text: String) -> String {
        let end = text.firstIndex { $0 == " " || $0 == "[" } ?? text.endIndex
        let rest = text[end...]
        if rest.isEmpty { return bold(text) }
        let space = rest.hasPrefix(" ") ? " " : ""
        return bold(String(text[..<end])) + space
            + italic(String(rest.dropFirst(space.count)))
    }

    private static func ending(isOverview: Bool = false) -> String {
        var parts: [String] = []
        if isOverview {
            parts.append(section("ENVIRONMENT"))
            parts += Help.environment.map { paragraph(bold($0.name), escaped($0.meaning)) }
        }
        parts.append(section("EXIT STATUS"))
        parts += Help.exits.map { paragraph(bold("\($0.code)"), escaped($0.meaning)) }
        parts.append(section("SEE ALSO"))
        parts.append(
            isOverview
                ? "\(bold("imaged"))(8), \(bold("imagectl-create-image"))(1)"
                : "\(bold("imagectl"))(1), \(bold("imaged"))(8)")
        return parts.joined(separator: "\n")
    }

    private static func section(_ title: String) -> String { ".SH \(title)" }
    private static func subsection(_ title: String) -> String { ".SS \(escaped(title))" }

    private static func paragraph(_ tag: String, _ text: String) -> String {
        ".TP\n\(tag)\n\(text.isEmpty ? "\\&" : text)"
    }

    private static func bold(_ text: String) -> String { "\\fB\(raw(text))\\fR" }
    private static func italic(_ text: String) -> String { "\\fI\(raw(text))\\fR" }

    /// As troff fills it: lines that fit a terminal, none of which begins as a request does.
    private static func escaped(_ text: some StringProtocol) -> String {
        Help.wrapped(String(text), 0, 0, width: 72).split(separator: "\n").map { line in
            let text = raw(line)
            return text.hasPrefix(".") ? "\\&" + text : text
        }.joined(separator: "\n")
    }

    private static func raw(_ text: some StringProtocol) -> String {
        text.reduce(into: "") { result, letter in
            switch letter {
            case "\\": result += "\\e"
            case "-": result += "\\-"
            case "'": result += "\\(aq"
            case "`": result += "\\(ga"
            case "^": result += "\\(ha"
            case "~": result += "\\(ti"
            default: result.append(letter)
            }
        }
    }
}
