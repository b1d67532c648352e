import ECS
import System
import Wire

/// A client of the daemon: one connection, any number of calls under way at once, from any task.
///
/// An error is a ``ServiceError`` (refused, in ECS's terms), a ``ClientError`` (which says whether
/// the outcome is known), or `CancellationError`. A lost connection is replaced at the next call,
/// and a call whose answer was lost with it is sent once more if that is safe
/// (``ECS/Operation/again``): it changes nothing, or its token lets it happen only once.
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
    }

    /// What holds for one call, beside its request.
    public struct CallOptions: Sendable {
        /// The account that the call is made in; nil: the client's.
        public var account: String?
        /// The RAM user that it acts as; nil: the client's.
        public var ramUser: String?
        /// Whether a refusal tells what else is wrong with the request: ``ServiceError/further``.
        public var explains: Bool
        /// How long the client waits in all, by its own clock, whatever the daemon's deadline is;
        /// after that the outcome is unknown. Nil: a little longer than the deadline.
        public var patience: Duration?

        public init(
            account: String? = nil, ramUser: String? = nil, explains: Bool = false,
            patience: Duration? = nil
        ) {
            self.account = account
            self.ramUser = ramUser
            self.explains = explains
            self.patience = patience
        }
    }

    private struct State {
        var connection: Connection
        var isClosed = false
    }

    /// The socket that this client is connected to.
    public let socketPath: String
    private let options: Options
    private let state: Lock<State>

    private init(socketPath: String, _ options: Options, _ connection: Connection) {
        self.socketPath = socketPath
        self.options = options
        state = Lock(State(connection: connection))
    }

    deinit { state.withLock { $0.connection.close() } }

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
                if !SocketSearch.goesOn(after: error.errno, at: place) { break }
            }
        }
        throw ClientError.noDaemon(
            path: places.joined(separator: ", "), reason: SocketSearch.reason(failure))
    }

    /// Ends the connection, for good. Calls still under way end with
    /// ``ClientError/connectionLost(reason:)``.
    public func close() {
        state.withLock { state in
            state.isClosed = true
            state.connection.close()
        }
    }

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
        _ operation: O.Type, _ request: O.Request, timeout: Duration? = .seconds(60),
        options: CallOptions = CallOptions()
    ) async throws -> O.Response {
        guard O.self != Watch.self else {
            throw ClientError.notSent(reason: "Watch is a stream: use watch(_:)")
        }
        let time = CallTime(timeout, patience: options.patience, grace: self.options.deadlineGrace)
        let envelope = envelope(O.self, request, options)
        let answer = try await answer(to: envelope, time, resending: Resending(O.self, request))
        do {
            return try O.Response(decoding: answer)
        } catch {
            throw ClientError.protocolViolation("\(O.name)'s answer: \(error)")
        }
    }

    private func envelope<O: Operation>(
        _ operation: O.Type, _ request: O.Request, _ call: CallOptions
    ) -> Request {
        var envelope = Request()
        envelope.service = O.service.rawValue
        envelope.method = O.name
        envelope.payload = request.encoded()
        let metadata = [
            ("account", call.account ?? options.account),
            ("ram-user", call.ramUser ?? options.ramUser),
            ("explain", call.explains ? "true" : nil),
        ]
        envelope.metadata = metadata.compactMap { key, value in value.map { KeyValue(key, $0) } }
        return envelope
    }

    /// Sends a request until it is answered: again over a new connection if it was never sent, and
    /// once more if its answer was lost and `resending` allows it.
    private func answer(
        to request: Request, _ time: CallTime, resending: Resending
    ) async throws -> [UInt8] {
        var connectionsLeft = 3
        var lost: ClientError?
        while true {
            do {
                let (connection, isFresh) = try await connection(until: time.deadline)
                var request = request
                request.timeoutNanoseconds = try time.wireNanoseconds(
                    isFirst: lost == nil, hasWaited: isFresh)
                return try await send(request, time, over: connection)
            } catch let gone as ConnectionGone {
                connectionsLeft -= 1
                guard connectionsLeft > 0 else {
                    throw lost ?? ClientError.notSent(reason: gone.reason)
                }
            } catch let error as ClientError {
                if let lost { throw resending.end(lost, then: error) }
                guard case .connectionLost = error, resending != .never else { throw error }
                lost = error
            } catch {
                throw lost.map { resending.end($0, then: error) } ?? error
            }
        }
    }

    private func send(
        _ request: Request, _ time: CallTime, over connection: Connection
    ) async throws -> [UInt8] {
        let ticket = Ticket()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let receiver = Receiver { continuation.resume(with: $0) }
                do {
                    try ticket.begin(over: connection) { () throws(ClientError) in
                        try connection.begin(
                            request, patience: time.patience, deadline: time.deadline, receiver)
                    }
                } catch {
                    continuation.resume(throwing: error)
                }
            }
        } onCancel: {
            ticket.cancel()
        }
    }

    // MARK: Events

    /// The changes of the account's resources, as they become durable. Ends when the sequence is
    /// no longer iterated, or with an error. Who takes events too slowly gets
    /// ``ClientError/eventsLost``. A watch that ended with a lost connection is begun anew with
    /// the last `sequence` that it told.
    ///
    /// - Parameter bufferedMax: how many answers may wait for the reader.
    public func watch(
        _ request: WatchRequest, bufferedMax: Int = 1024, options: CallOptions = CallOptions()
    ) -> AsyncThrowingStream<EventsResponse, any Error> {
        let (stream, continuation) = AsyncThrowingStream<EventsResponse, any Error>.makeStream(
            bufferingPolicy: .bufferingOldest(bufferedMax))
        let ticket = Ticket()
        let envelope = envelope(Watch.self, request, options)
        // Keeps the client while someone reads.
        continuation.onTermination = { [self] _ in
            withExtendedLifetime(self) { ticket.cancel() }
        }
        do {
            try begin(envelope, over: state.withLock { $0.connection }, ticket, continuation)
        } catch is ConnectionGone {
            Task {
                do {
                    try begin(envelope, over: await connection().0, ticket, continuation)
                } catch let gone as ConnectionGone {
                    continuation.finish(throwing: ClientError.notSent(reason: gone.reason))
                } catch {
                    continuation.finish(throwing: error)
                }
            }
        } catch {
            continuation.finish(throwing: error)
        }
        return stream
    }

    private func begin(
        _ watch: Request, over connection: Connection, _ ticket: Ticket,
        _ continuation: AsyncThrowingStream<EventsResponse, any Error>.Continuation
    ) throws {
        let receiver = Receiver(data: { Self.yield($0, to: continuation) }) { result in
            switch result {
            case .success: continuation.finish()
            case .failure(let gone as ConnectionGone):
                continuation.finish(throwing: ClientError.notSent(reason: gone.reason))
            case .failure(let error): continuation.finish(throwing: error)
            }
        }
        try ticket.begin(over: connection) { () throws(ClientError) in
            try connection.begin(watch, patience: .zero, deadline: .max, receiver)
        }
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

    /// For tests: the next call's stream has this id, or the next possible one.
    package func skipStreamIDs(to id: UInt32) {
        state.withLock { $0.connection.skipIDs(to: id) }
    }

    /// The connection, or a new one if that one was lost or its stream ids have run out.
    ///
    /// - Parameter deadline: when to give up, by the monotonic clock.
    private func connection(
        until deadline: Int64 = .max
    ) async throws -> (Connection, isFresh: Bool) {
        let connection = try state.withLock { state in
            if state.isClosed { throw ClientError.notSent(reason: "the client is closed") }
            return state.connection
        }
        if connection.isUsable { return (connection, false) }
        let fresh: Connection
        do {
            fresh = try await Self.open(socketPath, options, until: deadline)
        } catch let error as SystemError {
            throw ClientError.noDaemon(
                path: socketPath, reason: SocketSearch.reason(error))
        }
        let (used, unused) = state.withLock { state in
            // Another task may have been faster, or the client closed meanwhile.
            guard state.connection === connection, !state.isClosed else {
                return (state.connection, fresh)
            }
            state.connection = fresh
            return (fresh, connection)
        }
        unused.closeWhenIdle()
        return (used, true)
    }

    private static func open(
        _ path: String, _ options: Options, until deadline: Int64 = .max
    ) async throws -> Connection {
        for _ in 1..<100 where Clock.monotonicNanoseconds() < deadline {
            do throws(SystemError) {
                let socket = try ClientSocket(connectingTo: path)
                return try Connection(socket, firstStreamID: options.firstStreamID)
            } catch {
                guard error.errno == .wouldBlock else { throw error }
            }
            // Many connect at once: the daemon's queue of callers is full for a moment.
            try await Task.sleep(for: .milliseconds(20))
        }
        throw SystemError("connect", path: path, errno: .wouldBlock)
    }
}
