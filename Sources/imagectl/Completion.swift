import ECS
import ImagedClient
import System

extension Command {
    static var completion: Command {
        Command(
            name: "completion", group: Group.program,
            summary: "print a script that completes commands in a shell",
            usage: "(bash | zsh | fish)",
            details: """
                Completes commands, flags, values, and the IDs and names of what the daemon has. \
                The script asks this program, so it need not be made anew with a new version.
                """,
            examples: [
                "source <(imagectl completion bash)",
                "imagectl completion zsh > ~/.zsh/completions/_imagectl",
                "imagectl completion fish > ~/.config/fish/completions/imagectl.fish",
            ],
            positional: "Shell", formats: [.table]
        ) { invocation in
            let shell = invocation.fields["Shell"]?.value ?? ""
            guard let script = CompletionScripts.scripts[shell] else {
                let shells = CompletionScripts.scripts.keys.sorted()
                throw UsageError(
                    message: shell.isEmpty
                        ? "completion without a shell" : "completion \(shell): no such shell",
                    hint: "\(Help.list(shells, "or")) is right.")
            }
            try invocation.output.print(script)
            return .done
        }
    }
}

/// What could stand in the place of the last word of an unfinished command line.
struct Completion {
    struct Candidate: Equatable {
        let text: String
        var note = ""
    }

    enum Answer {
        case candidates([Candidate])
        /// The shell completes names of files better.
        case files
    }

    /// The word before which a shell asks; never in a help.
    static let hiddenName = "__complete"
    /// A shell waits for it: without an answer by then nothing is proposed.
    private static let timeout = Duration.milliseconds(700)

    private let commands: [Command]
    private var command: Command?
    private var isFixture = false
    private var settings = Settings()
    private var region = Invocation.defaultRegion
    /// The flags that are given already, by the names that they are typed by.
    private var given: Set<Substring> = []
    /// The flag whose value comes next.
    private var open: Substring?

    /// - Parameter words: those that are finished, behind the program's name.
    init(_ commands: [Command], _ words: some Sequence<String>) {
        self.commands = commands
        for word in words { take(word) }
    }

    // MARK: Reading the line

    private mutating func take(_ word: String) {
        if let flag = open {
            open = nil
            return set(flag, word)
        }
        if word.hasPrefix("--") && word != "--" {
            let text = word.dropFirst(2)
            let name = text.prefix { $0 != "=" }
            given.insert(name)
            if name.count < text.count {
                set(name, String(text.dropFirst(name.count + 1)))
            } else if takesValue(name) {
                open = name
            }
        } else if command == nil && !isFixture && word == Command.fixtureWord {
            isFixture = true
        } else if command == nil {
            command = commands.first {
                $0.isFixture == isFixture && ($0.name == word || $0.operation == word)
            }
        } else if command?.name == "help" || command?.name == "man" {
            isFixture = word == Command.fixtureWord
        }
    }

    private mutating func set(_ flag: Substring, _ value: String) {
        switch flag {
        case "socket": settings.socket = value
        case "account": settings.account = value
        case "ram-user": settings.ramUser = value
        case "region-id", "RegionId": region = value
        default: break
        }
    }

    private func option(_ name: Substring) -> Option? {
        let own = command?.options.first { $0.name == name }
        return own
            ?? (command?.hasField(named: name) ?? false
                ? nil : Settings.options.first { $0.name == name })
    }

    private func takesValue(_ name: Substring) -> Bool {
        if let option = option(name) { return option.value != nil }
        let field = command?.fields.first { $0.path(named: name) != nil }
        return field.map { $0.kind != .flag } ?? false
    }

    // MARK: Answering

    /// - Parameter word: as far as it is typed.
    func answer(for word: String) async -> Answer {
        if let open { return await values(of: open, word, before: "") }
        if word.hasPrefix("--"), let equals = word.firstIndex(of: "=") {
            let name = word[..<equals].dropFirst(2)
            return await values(
                of: name, String(word[equals...].dropFirst()), before: "--\(name)=")
        }
        if word.hasPrefix("-") { return .candidates(flags(word)) }
        guard let command else { return .candidates(matching(names(isFixture), word)) }
        switch command.name {
        case "help", "man": return .candidates(matching(names(isFixture), word))
        case "completion":
            let shells = CompletionScripts.scripts.keys.sorted().map { Candidate(text: $0) }
            return .candidates(matching(shells, word))
        default: break
        }
        guard let positional = command.positional else { return .candidates(flags("--")) }
        return await values(ofField: positional, isList: true, word, before: "")
    }

    private func names(_ isFixture: Bool) -> [Candidate] {
        let names = commands.filter { $0.isFixture == isFixture }
            .map { Candidate(text: $0.name, note: $0.summary) }
        return isFixture
            ? names
            : names + [Candidate(text: Command.fixtureWord, note: "what only a test sets")]
    }

    private func matching(_ candidates: [Candidate], _ word: String) -> [Candidate] {
        candidates.filter { $0.text.hasPrefix(word) }
    }

    /// The flags that can still be given: the short ones, or, to a capital letter, ECS's.
    private func flags(_ word: String) -> [Candidate] {
        let isECS = word.dropFirst(2).first?.isUppercase ?? false
        var flags: [Candidate] = []
        for option in (command?.options ?? []) + (command?.globalOptions ?? Settings.options)
        where (option.repeats || !given.contains(option.name[...]))
            && !flags.contains(where: { $0.text == "--\(option.name)" })
        {
            flags.append(Candidate(text: "--\(option.name)", note: option.meaning))
        }
        for field in command?.fields ?? [] where isECS || !field.isNested {
            let name = isECS ? first(field) : field.shortName
            if given.contains(name[...]) || given.contains(field.path[...]) { continue }
            let meaning =
                Meanings.of(field.path, in: command?.operation ?? command?.name ?? "") ?? ""
            flags.append(Candidate(text: "--\(name)", note: meaning))
        }
        return matching(flags, word)
    }

    /// `DiskDeviceMapping.N.Size` with the first place that is not taken.
    private func first(_ field: Field) -> String {
        for place in 1...17 {
            let path = field.path.split(separator: ".").map { $0 == "N" ? "\(place)" : String($0) }
                .joined(separator: ".")
            if !given.contains(path[...]) { return path }
        }
        return field.path
    }

    // MARK: Values

    private func values(
        of flag: Substring, _ word: String, before prefix: String
    ) async -> Answer {
        if let option = option(flag) {
            let isFormat = option.value == "FORMAT"
            if isFormat || option.name == "output" && OutputFormat.names.contains(word) {
                let formats = command?.formats.map(\.rawValue) ?? OutputFormat.names
                return .candidates(list(formats, word, prefix))
            }
            switch option.value {
            case "PATH", "FILE", "DIR", "PATH[,KEY=VALUE...]", "[GROUP=]FILE": return .files
            case "DISK": return await resources([.disk], isList: false, word, prefix)
            case "KEY=TIME":
                return .candidates(list(["CreationStartTime=", "CreationEndTime="], word, prefix))
            case "NAME=NUMBER":
                let names = Choices.of("Limit.N.Name", in: "")
                return .candidates(list(names.map { "\($0)=" }, word, prefix))
            case "REASON":
                let reasons = Choices.of("OperationLock.N.LockReason", in: "SetInstance")
                return .candidates(list(reasons, word, prefix))
            default: return .candidates([])
            }
        }
        guard let field = command?.fields.first(where: { $0.path(named: flag) != nil }) else {
            return .candidates([])
        }
        if field.kind == .flag { return .candidates(list(["true", "false"], word, prefix)) }
        let isList = field.kind == .list || field.path == "Status" || field.path == "ImageId"
        return await values(ofField: field.path, isList: isList, word, before: prefix)
    }

    private func values(
        ofField path: String, isList: Bool, _ word: String, before prefix: String
    ) async -> Answer {
        guard let command else { return .candidates([]) }
        if path.hasSuffix("Path") { return .files }
        let choices = Choices.of(path, in: command.operation ?? "")
        if !choices.isEmpty { return .candidates(list(choices, word, prefix, isList: isList)) }
        if path.hasSuffix("ImageFamily") { return await families(word, prefix) }
        let kinds = Names.kinds(of: path, in: command)
        if kinds.isEmpty { return .candidates([]) }
        return await resources(kinds, isList: isList, word, prefix)
    }

    private func list(
        _ values: [String], _ word: String, _ prefix: String, isList: Bool = false
    ) -> [Candidate] {
        candidates(values.map { Candidate(text: $0) }, word, prefix, isList: isList)
    }

    /// Those that go on from `word`, or, in a list, from what stands behind its last comma.
    private func candidates(
        _ values: [Candidate], _ word: String, _ prefix: String, isList: Bool
    ) -> [Candidate] {
        var head = ""
        if isList, let comma = word.lastIndex(of: ",") { head = String(word[...comma]) }
        let rest = word.dropFirst(head.count)
        return values.filter { $0.text.hasPrefix(rest) }
            .map { Candidate(text: prefix + head + $0.text, note: $0.note) }
    }

    // MARK: What the daemon has

    private func families(_ word: String, _ prefix: String) async -> Answer {
        let region = region
        let families: [String]? = await asking { client in
            var request = DescribeImagesRequest()
            request.regionID = region
            request.status = "ALL"
            let found = try await Paging<DescribeImages>.images.all(request) {
                try await client.call(DescribeImages.self, $0)
            }
            return Set(found.images.map(\.imageFamily)).filter { !$0.isEmpty }.sorted()
        }
        return .candidates(list(families ?? [], word, prefix))
    }

    /// IDs to who has begun one, else the names of what has one that nothing else has, and the
    /// IDs of the rest.
    private func resources(
        _ kinds: [Names.Kind], isList: Bool, _ word: String, _ prefix: String
    ) async -> Answer {
        let region = region
        let found: [Names.Candidate]? = await asking { client in
            let names = Names(client: client, region: region, findings: Findings())
            var all: [Names.Candidate] = []
            for kind in kinds { all += try await names.candidates(kind) }
            return all
        }
        let resources = found ?? []
        let last = isList ? word.split(separator: ",", omittingEmptySubsequences: false).last : nil
        let typed = last.map(String.init) ?? word
        let isID = Names.Kind.allCases.contains { typed.hasPrefix($0.prefix) }
        let values = resources.map { resource in
            let isKnown = resource.name.isEmpty || Names.isID(resource.name)
            let isUnique = resources.count { $0.name == resource.name } == 1
            return isID || isKnown || !isUnique
                ? Candidate(text: resource.id, note: "\(resource.name) \(resource.status)")
                : Candidate(text: resource.name, note: "\(resource.id) \(resource.status)")
        }
        return .candidates(candidates(values, word, prefix, isList: isList))
    }

    /// What the daemon says, if it does so soon enough; nil: nothing, and nobody is told why.
    private func asking<Result: Sendable>(
        _ body: @escaping @Sendable (ImagedClient) async throws -> Result
    ) async -> Result? {
        let settings = settings
        return await withTaskGroup(of: Result?.self) { group in
            group.addTask {
                let options = ImagedClient.Options(
                    account: settings.account, ramUser: settings.ramUser)
                guard
                    let client = try? await ImagedClient.connect(
                        socket: settings.socket, options: options)
                else { return nil }
                return try? await body(client)
            }
            group.addTask {
                try? await Task.sleep(for: Self.timeout)
                return nil
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first
        }
    }
}
