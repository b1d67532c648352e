import ECS
import ImagedClient
import System
import Wire

extension Command {
    /// Every command, in the order of the overviews.
    static var all: [Command] {
        taskCommands + imageCommands + snapshotCommands + dataCommands + instanceCommands
            + diskCommands + tagCommands + daemonCommands + programCommands + fixtureCommands
            + jobCommands
    }

    /// The verbs that stand for no operation of their own: few, each with one meaning.
    private static var taskCommands: [Command] {
        [status, doctor, watch, usage, verify, prune, save, load]
    }

    /// The titles of the overviews.
    enum Group {
        static let tasks = "Tasks"
        static let images = "Images"
        static let snapshots = "Snapshots"
        static let instances = "Instances"
        static let disks = "Disks"
        static let tags = "Tags, groups and regions"
        static let daemon = "The daemon"
        static let program = "This program"
        static let accounts = "Accounts"
        static let clock = "The clock"
        static let resources = "Resources"
        static let jobs = "Jobs"
        static let faults = "Faults"
    }

    static let wait = Option(
        name: "wait", value: nil,
        meaning: "Wait for the end and show the progress; fails if the job fails.")

    static let output = Option(
        name: "output", value: "FILE",
        meaning: """
            The new file; the same as --path. - is standard output. A file called as one of the \
            formats: ./json.
            """)

    /// A command that makes one call and shows the answer.
    ///
    /// - Parameters:
    ///   - paging: how the whole list is read; nil: it comes in one piece.
    ///   - working: what is being done, shown with its time while it goes on; nil: nothing is.
    ///   - instead: does something else where the command line asks for that; nil: it does not.
    ///   - show: what people see of the answer, in at most so many columns.
    ///   - after: says what is no result.
    static func call<O: Operation>(
        _ operation: O.Type, _ group: String, _ summary: String, usage: String,
        details: String = "", examples: [String], options: [Option] = [],
        positional: String? = nil, hasNoTimeout: Bool = false, paging: Paging<O>? = nil,
        working: (@Sendable (O.Request) -> String)? = nil,
        instead: @escaping @Sendable (Invocation) async throws -> ExitCode? = { _ in nil },
        show: @escaping @Sendable (O.Response, O.Request, Int?) -> String = { response, _, _ in
            FieldPrinter.text(of: response)
        },
        after: @escaping @Sendable (O.Response, O.Request, Output) -> Void = { _, _, _ in }
    ) -> Command {
        command(
            operation, group, summary, usage: usage, details: details, examples: examples,
            options: options, positional: positional
        ) { invocation in
            if let exit = try await instead(invocation) { return exit }
            // What is wrong with the line is told whether a daemon is there or not.
            _ = try invocation.request(O.Request.self)
            let client = try await invocation.connect()
            let request = try await invocation.request(O.Request.self, client)
            let timeout: Duration? = hasNoTimeout ? nil : .seconds(60)
            let isOnePage = paging?.fields.contains { invocation.fields[$0] != nil } ?? true
            let response: O.Response
            if let paging, !isOnePage {
                response = try await paging.all(request) {
                    try await make(O.self, $0, client, invocation, timeout: timeout)
                }
            } else if let working {
                response = try await showingTime(working(request), invocation.output) {
                    try await make(O.self, request, client, invocation, timeout: timeout)
                }
            } else {
                response = try await make(O.self, request, client, invocation, timeout: timeout)
            }
            if invocation.output.format == .id && !IDLister.hasIDs(O.Response.self) {
                try invocation.output.print(
                    invocation.subjects(of: request).joined(separator: "\n"))
            } else {
                try invocation.output.result(response) { show(response, request, $0) }
            }
            let unknown = invocation.findings.unknownNames
            if unknown.isEmpty {
                after(response, request, invocation.output)
                return .done
            }
            for name in unknown { invocation.output.note(printable(name)) }
            // ECS finds nothing wrong with deleting what is not there; who mistypes a name does.
            return O.again == .reads ? .done : .refused
        }
    }

    /// A command whose answer holds nothing: people get a note instead.
    static func change<O: Operation>(
        _ operation: O.Type, _ group: String, _ summary: String, usage: String,
        details: String = "", examples: [String], options: [Option] = [],
        positional: String? = nil, note: @escaping @Sendable (O.Request) -> String
    ) -> Command {
        call(
            operation, group, summary, usage: usage, details: details, examples: examples,
            options: options, positional: positional, show: { _, _, _ in "" },
            after: { _, request, output in output.note(printable(note(request))) })
    }

    /// The command of an operation, with a flag for each field of its request.
    static func command<O: Operation>(
        _ operation: O.Type, _ group: String, _ summary: String, usage: String,
        details: String = "", examples: [String], options: [Option] = [],
        positional: String? = nil,
        run: @escaping @Sendable (Invocation) async throws -> ExitCode
    ) -> Command {
        let fields = FieldLister.fields(of: O.Request.self)
        let lists = [("Tag.N.Key", ShortForms.tag), ("Filter.N.Key", ShortForms.filter)]
        let short = lists.filter { path, _ in fields.contains { $0.path == path } }.map(\.1)
        let hasIDs = IDLister.hasIDs(O.Response.self) || positional?.hasSuffix("Id") ?? false
        return Command(
            name: FieldNames.kebabCase(O.name), isFixture: O.service == .fixture, operation: O.name,
            group: group, summary: summary, usage: usage, details: details, examples: examples,
            fields: fields, options: options + short, positional: positional,
            formats: hasIDs ? OutputFormat.allCases : OutputFormat.withoutIDs, run: run)
    }

    /// Makes the call. An unknown outcome comes with the token that tells it.
    static func make<O: Operation>(
        _ operation: O.Type, _ request: O.Request, _ client: ImagedClient,
        _ invocation: Invocation, timeout: Duration? = .seconds(60)
    ) async throws -> O.Response {
        do {
            return try await client.call(
                O.self, request, timeout: invocation.settings.timeout ?? timeout)
        } catch let error as ServiceError {
            var failure = Failure(error)
            failure.hint = invocation.findings.hint(for: error, invocation.command)
            if error.code == ECSError.forbidden.code && failure.hint.isEmpty,
                let account = invocation.settings.account
            {
                failure.hint = "There may be no account \(account), or it is not for this user."
            }
            throw failure
        } catch let error as ClientError where error.isOutcomeUnknown {
            var failure = Failure(error)
            if invocation.givesToken {
                let token = invocation.fields["ClientToken"]?.value ?? invocation.newToken
                failure.hint = "The same command with --client-token=\(token) tells, or does it."
            } else if O.again == .reads {
                failure.hint = "It can be repeated: it changes nothing."
            }
            throw failure
        } catch let error as ClientError {
            var failure = Failure(error)
            if case .status(.unimplemented, _, _) = error, O.service == .fixture {
                failure.hint = "Fixtures are there only when the daemon runs with --fixture."
            }
            throw failure
        }
    }

    /// Says when a list is empty, or not all of what there is.
    static func tellCount(
        _ count: Int, _ total: Int32, _ what: String, _ more: String, _ output: Output,
        next: String = ""
    ) {
        if count == 0 {
            output.note("no \(what)\(more)")
        } else if !next.isEmpty {
            output.note("more: --next-token \(printable(next))")
        } else if Int(total) > count {
            output.note("\(count) of \(total) \(what); --page-number and --page-size show others")
        }
    }
}

extension Invocation {
    /// What the request is about, for a command whose answer has no IDs of its own.
    fileprivate func subjects<M: Message>(of request: M) -> [String] {
        guard let positional = command.positional else { return [] }
        return FieldFinder.values(of: positional, in: request)
    }
}

extension Output {
    /// One of several results: JSON takes one line then.
    func line<M: Message>(_ message: M, _ text: () -> String) throws {
        switch format {
        case .table: try print(text())
        case .json: try print(JSONWriter.text(of: message, isIndented: false))
        case .jsonl: try print(RowLister.rows(of: message).joined(separator: "\n"))
        case .id: try print(IDLister.ids(of: message).joined(separator: "\n"))
        }
    }
}
