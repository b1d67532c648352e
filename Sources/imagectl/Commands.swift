import ECS
import ImagedClient
import System
import Wire

extension Command {
    /// Every command, in the order of the overviews.
    static var all: [Command] {
        imageCommands + snapshotCommands + dataCommands + instanceCommands + diskCommands
            + tagCommands + daemonCommands + fixtureCommands + jobCommands
    }

    /// The titles of the overviews.
    enum Group {
        static let images = "Images"
        static let snapshots = "Snapshots"
        static let instances = "Instances"
        static let disks = "Disks"
        static let tags = "Tags, groups and regions"
        static let daemon = "The daemon"
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
        meaning: "The new file; the same as --path. - is standard output.")

    /// A command that makes one call and shows the answer.
    ///
    /// - Parameters:
    ///   - instead: does something else where the command line asks for that; nil: it does not.
    ///   - show: what people see of the answer, in at most so many columns.
    ///   - after: says what is no result.
    static func call<O: Operation>(
        _ operation: O.Type, _ group: String, _ summary: String, usage: String,
        details: String = "", examples: [String], options: [Option] = [],
        positional: String? = nil, hasNoTimeout: Bool = false,
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
            let request = try invocation.request(O.Request.self)
            let client = try await invocation.connect()
            let response = try await make(
                O.self, request, client, invocation, timeout: hasNoTimeout ? nil : .seconds(60))
            try invocation.output.result(response) { show(response, request, $0) }
            after(response, request, invocation.output)
            return .done
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
        return Command(
            name: kebabCase(O.name), isFixture: O.service == .fixture, operation: O.name,
            group: group, summary: summary, usage: usage, details: details, examples: examples,
            fields: fields, options: options + short, positional: positional, run: run)
    }

    /// Makes the call. An unknown outcome comes with the token that tells it.
    static func make<O: Operation>(
        _ operation: O.Type, _ request: O.Request, _ client: ImagedClient,
        _ invocation: Invocation, timeout: Duration? = .seconds(60)
    ) async throws -> O.Response {
        do {
            return try await client.call(
                O.self, request, timeout: invocation.settings.timeout ?? timeout)
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

extension Output {
    /// One of several results: JSON takes one line then.
    func line<M: Message>(_ message: M, _ text: () -> String) throws {
        try print(isJSON ? JSONWriter.text(of: message, isIndented: false) : text())
    }
}
