import ECS
import ImagedClient
import System
import Wire

extension Command {
    static var watch: Command {
        command(
            Watch.self, Group.tasks, "print changes as they happen", usage: "[FLAG ...]",
            details: """
                A line for each change, until Ctrl-C: its sequence, when, what, which resource, \
                its status and name. With --output jsonl or json one object a line. When the \
                daemon goes, it waits until there is one again, at most as long as --timeout \
                says, and goes on behind the last change that it has seen.
                """,
            examples: [
                "imagectl watch", "imagectl watch --resource-id m-bp1g6zv0ce8o --output jsonl",
            ]
        ) { invocation in
            _ = try invocation.request(WatchRequest.self)
            let client = try await invocation.connect()
            let request = try await invocation.request(WatchRequest.self, client)
            if let unknown = invocation.findings.unknownNames.first {
                throw Failure(.refused, "NotFound", unknown)
            }
            let watching = Watching(invocation)
            do {
                try await interruptible { try await watching.run(request, client) }
            } catch is CancellationError {
                // How it is meant to end.
                return .interrupted
            }
            return .done
        }
    }
}

/// Follows the account's changes, over the ends of daemons.
struct Watching: Sendable {
    private let settings: Settings
    private let output: Output

    private static let retries = (
        shortest: Duration.milliseconds(100), longest: Duration.seconds(2)
    )

    init(_ invocation: Invocation) {
        settings = invocation.settings
        output = invocation.output
    }

    /// Until the stream ends in good order.
    func run(_ request: WatchRequest, _ client: ImagedClient) async throws {
        var request = request
        var client = client
        // Where to go on, should the daemon go before the first change.
        if request.afterSequence == nil { request.afterSequence = await newest(client) }
        while true {
            do {
                try await follow(&request, client)
                return
            } catch ClientError.eventsLost {
                // They are kept for a while: read again from the last one on.
                continue
            } catch ClientError.status(code: .outOfRange, _, _) {
                output.note(
                    "the changes after \(request.afterSequence ?? 0) are no longer kept: "
                        + "describe afresh; going on from now")
                request.afterSequence = await newest(client)
            } catch  where Self.isGone(error) {
                client = try await again(client.socketPath, error)
                await check(&request, client)
            }
        }
    }

    private func follow(_ request: inout WatchRequest, _ client: ImagedClient) async throws {
        for try await response in client.watch(request) {
            for event in response.events {
                try output.line(event) { Views.event(event) }
                request.afterSequence = event.sequence
            }
            if request.afterSequence != nil { request.afterSequence = response.sequence }
        }
        try Task.checkCancellation()
    }

    private func newest(_ client: ImagedClient) async -> Int64? {
        try? await client.call(Health.self, HealthRequest(), timeout: .seconds(10)).sequence
    }

    /// Whether the daemon goes, or has gone.
    private static func isGone(_ error: any Error) -> Bool {
        switch error {
        case ClientError.connectionLost, ClientError.notSent, ClientError.noDaemon: true
        case ClientError.status(let code, _, _): code == .unavailable
        case let error as ServiceError: error.httpStatus == 503
        default: false
        }
    }

    /// Waits until a daemon answers there again.
    private func again(_ path: String, _ error: any Error) async throws -> ImagedClient {
        output.note(printable("\(error)"))
        output.note("waiting for the daemon at \(printable(path)); Ctrl-C ends it")
        let options = ImagedClient.Options(account: settings.account, ramUser: settings.ramUser)
        let start = Clock.monotonicNanoseconds()
        var pause = Self.retries.shortest
        while true {
            try await Task.sleep(for: pause)
            do {
                let client = try await ImagedClient.connect(socket: path, options: options)
                _ = try await client.call(
                    Version.self, VersionRequest(), timeout: Self.retries.longest)
                output.note("connected again")
                return client
            } catch  where Self.isGone(error) {
                let waited = Duration.nanoseconds(Clock.monotonicNanoseconds() - start)
                if let timeout = settings.timeout, waited > timeout { throw error }
                pause = min(pause * 2, Self.retries.longest)
            }
        }
    }

    /// A daemon that keeps nothing begins anew, and then its numbers are others.
    private func check(_ request: inout WatchRequest, _ client: ImagedClient) async {
        guard let newest = await newest(client) else { return }
        if let last = request.afterSequence, newest >= last { return }
        if request.afterSequence != nil {
            output.note(
                "this daemon knows nothing of what was before: describe afresh; going on from now")
        }
        request.afterSequence = newest
    }
}
