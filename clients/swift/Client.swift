import ECS
import System
import Wire

/// A client of the daemon: one connection, any number of calls under way at once, from any task.
///
/// It never repeats a request by itself. An error is a ``ServiceError`` (refused, in ECS's
/// terms), a ``ClientError`` (which says whether the outcome is known), or `CancellationError`.
/// A client is closed with its last reference, and not shared over fork.
public final class ImagedClient: Sendable {
    /// What holds for all calls of a client.
    public struct Options: Sendable {
        /// The account that calls are made in; nil: `default`.
        public var account: String?
        /// The RAM user that the account's owner acts as; nil: as itself. A daemon without
        /// `--fixture` does not know it, and acts for the owner.
        public var ramUser: String?
        /// How much longer than the daemon's deadline the client waits for its answer: what was
        /// done in time is answered when it is durable.
        public var deadlineGrace: Duration

        /// For tests of what happens when a connection's ids run out.
        var firstStreamID: UInt32 = 1

        public init(
            account: String? = nil, ramUser: String? = nil, deadlineGrace: Duration = .seconds(2)
        ) {
            self.account = account
            self.ramUser = ramUser
            self.deadlineGrace = deadlineGrace
        }

        /// What goes with each request.
        var metadata: [KeyValue] {
            [("account", account), ("ram-user", ramUser)].compactMap { key, value in
                value.map { KeyValue(key, $0) }
            }
        }
    }

    /// The socket that this client is connected to.
    public let socketPath: String
    private let options: Options
    private let current: Lock<Connection>

    private init(socketPath: String, _ options: Options, _ connection: Connection) {
        self.socketPath = socketPath
        self.options = options
        current = Lock(connection)
    }

    deinit { current.withLock { $0.close() } }

    /// Connects to the daemon at `socket`; without one, at the first place where one listens of
    /// those that ``SocketSearch`` lists.
    ///
    /// - Throws: ``ClientError/noDaemon(path:reason:)``.
    public static func connect(
        socket: String? = nil, options: Options = Options()
    ) async throws -> ImagedClient {
        let places = SocketSearch.places(explicit: socket)
        var failure: SystemError?
        for place in places {
            do {
                let connection = try await open(place, options)
                return ImagedClient(socketPath: place, options, connection)
            } catch let error as SystemError {
                // The first place that is there but does not let us in says most.
                if failure == nil || failure?.errno == .notFound { failure = error }
            }
        }
        throw ClientError.noDaemon(
            path: places.joined(separator: ", "), reason: SocketSearch.reason(failure))
    }

    /// Ends the connection. Calls still under way end with
    /// ``ClientError/connectionLost(reason:)``.
    public func close() { current.withLock { $0.close() } }

    // MARK: Calls

    /// Makes one call.
    ///
    ///     let request = CreateImageRequest(...)
    ///     let image = try await client.call(CreateImage.self, request, timeout: .seconds(5))
    ///
    /// Cancelling the task asks the daemon to end the call and throws `CancellationError` when it
    /// has; a call that was completed all the same returns its result.
    ///
    /// - Parameter timeout: after which the daemon refuses what it has not begun
    ///   (DEADLINE_EXCEEDED: nothing happened). The client gives up a little later, with
    ///   ``ClientError/outcomeUnknown(after:)``. Nil: no limit.
    public func call<O: Operation>(
        _ operation: O.Type, _ request: O.Request, timeout: Duration? = .seconds(60)
    ) async throws -> O.Response {
        guard O.self != Watch.self else {
            throw ClientError.notSent(reason: "Watch is a stream: use watch(_:)")
        }
        let connection = try await connection()
        let payload = request.encoded()
        let ticket = Ticket()
        let answer: [UInt8] = try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let receiver = Receiver { continuation.resume(with: $0) }
                do {
                    let begun = try ticket.begin { () throws(ClientError) in
                        try connection.begin(
                            O.service, O.name, payload, timeout: timeout,
                            grace: options.deadlineGrace, receiver)
                    }
                    if !begun { continuation.resume(throwing: CancellationError()) }
                } catch {
                    continuation.resume(throwing: error)
                }
            }
        } onCancel: {
            if let id = ticket.cancel() { connection.cancel(id) }
        }
        do {
            return try O.Response(decoding: answer)
        } catch {
            throw ClientError.protocolViolation("\(O.name)'s answer: \(error)")
        }
    }

    /// The changes of the account's resources, as they become durable. Ends when the sequence is
    /// no longer iterated, or with an error. Who takes events too slowly gets
    /// ``ClientError/eventsLost``.
    ///
    /// - Parameter bufferedMax: how many answers may wait for the reader.
    public func watch(
        _ request: WatchRequest, bufferedMax: Int = 1024
    ) -> AsyncThrowingStream<EventsResponse, any Error> {
        let (stream, continuation) = AsyncThrowingStream<EventsResponse, any Error>.makeStream(
            bufferingPolicy: .bufferingOldest(bufferedMax))
        let connection = current.withLock { $0 }
        let receiver = Receiver(data: { Self.yield($0, to: continuation) }) { result in
            switch result {
            case .success: continuation.finish()
            case .failure(let error): continuation.finish(throwing: error)
            }
        }
        do {
            let id = try connection.begin(
                Watch.service, Watch.name, request.encoded(), timeout: nil,
                grace: options.deadlineGrace, receiver)
            // Keeps the client while someone reads.
            continuation.onTermination = { [self] _ in
                withExtendedLifetime(self) { connection.cancel(id) }
            }
        } catch {
            continuation.finish(throwing: error)
        }
        return stream
    }

    private static func yield(
        _ data: [UInt8],
        to continuation: AsyncThrowingStream<EventsResponse, any Error>.Continuation
    ) -> Bool {
        let answer: EventsResponse
        do throws(ProtoError) {
            answer = try EventsResponse(decoding: data)
        } catch {
            continuation.finish(throwing: ClientError.protocolViolation("Watch's events: \(error)"))
            return false
        }
        switch continuation.yield(answer) {
        case .enqueued: return true
        case .dropped: continuation.finish(throwing: ClientError.eventsLost)
        case .terminated: break
        @unknown default: break
        }
        return false
    }

    // MARK: Connecting

    /// The connection, or a new one if that one's stream ids have run out.
    private func connection() async throws -> Connection {
        let connection = current.withLock { $0 }
        guard connection.isExhausted else { return connection }
        let fresh: Connection
        do {
            fresh = try await Self.open(socketPath, options)
        } catch let error as SystemError {
            throw ClientError.noDaemon(
                path: socketPath, reason: SocketSearch.reason(error))
        }
        let (used, unused) = current.withLock { current in
            // Another task may have been faster.
            guard current === connection else { return (current, fresh) }
            current = fresh
            return (fresh, connection)
        }
        unused.closeWhenIdle()
        return used
    }

    private static func open(_ path: String, _ options: Options) async throws -> Connection {
        for _ in 1..<100 {
            do throws(SystemError) {
                let socket = try ClientSocket(connectingTo: path)
                return try Connection(
                    socket, metadata: options.metadata, firstStreamID: options.firstStreamID)
            } catch {
                guard error.errno == .wouldBlock else { throw error }
            }
            // Many connect at once: the daemon's queue of callers is full for a moment.
            try await Task.sleep(for: .milliseconds(20))
        }
        throw SystemError("connect", path: path, errno: .wouldBlock)
    }
}

/// Ties a task's cancellation to its call, whichever comes first.
private final class Ticket: Sendable {
    private enum State {
        case fresh
        case begun(UInt32)
        case cancelled
    }
    private let state = Lock(State.fresh)

    /// Runs `body` and keeps the id it returns; false: the task was cancelled before.
    func begin(_ body: () throws(ClientError) -> UInt32) throws(ClientError) -> Bool {
        try state.withLock { state throws(ClientError) in
            if case .cancelled = state { return false }
            state = .begun(try body())
            return true
        }
    }

    /// The id of the call to cancel; nil: it has not begun and will not.
    func cancel() -> UInt32? {
        state.withLock { state in
            if case .begun(let id) = state { return id }
            state = .cancelled
            return nil
        }
    }
}

extension Duration {
    /// Whole nanoseconds, as near as an Int64 comes.
    var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflows) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        if overflows { return seconds < 0 ? .min : .max }
        return product.addingSaturating(attoseconds / 1_000_000_000)
    }
}

extension Int64 {
    func addingSaturating(_ other: Int64) -> Int64 {
        let (sum, overflows) = addingReportingOverflow(other)
        return overflows ? (other < 0 ? .min : .max) : sum
    }
}
