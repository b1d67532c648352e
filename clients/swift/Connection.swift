import ECS
import System
import Wire

/// One socket and the thread that reads it. Requests are sent by whoever makes them, as far as
/// the kernel takes them at once; the thread sends the rest, reads, and watches the deadlines. It
/// never waits for a writer: both directions move whenever they can.
final class Connection: Sendable {
    private struct State {
        var streams: Streams
        var isClosed = false
        var closesWhenIdle = false
        var sendError: SystemError?
        /// Until when the thread sleeps: an earlier deadline must wake it.
        var sleepsUntil = Int64.min
    }

    private let socket: ClientSocket
    private let wakeup: Wakeup
    private let processID = CurrentProcess.pid
    private let state: Lock<State>

    init(_ socket: ClientSocket, firstStreamID: UInt32) throws(SystemError) {
        self.socket = socket
        wakeup = try Wakeup()
        state = Lock(State(streams: Streams(firstID: firstStreamID)))
        // The thread keeps this object alive until `close`.
        Thread.start("imaged-client") { self.run() }
    }

    /// Whether it takes new calls: it has not failed, and its ids have not run out.
    var isUsable: Bool {
        state.withLock { state in
            state.streams.failure == nil && state.sendError == nil && !state.isClosed
                && !state.streams.isExhausted
        }
    }

    /// The next call's stream has this id, or the next possible one.
    func skipIDs(to id: UInt32) { state.withLock { $0.streams.skipIDs(to: id) } }

    /// Ends the connection and what is open on it. In a process forked off the owner's, only the
    /// copy of the descriptor is given up.
    func close() {
        if CurrentProcess.pid != processID { return }
        state.withLock { $0.isClosed = true }
        wakeup.signal()
    }

    /// Closes as soon as the calls under way have ended.
    func closeWhenIdle() {
        state.withLock { $0.closesWhenIdle = true }
        wakeup.signal()
    }

    // MARK: Calls

    /// Begins a call; `receiver` is told its end, from another thread.
    ///
    /// - Parameter patience: how long the client waits in all, for people; it does until
    ///   `deadline`, by the monotonic clock.
    /// - Returns: the stream's id; nil: this connection takes no more calls.
    func begin(
        _ request: Request, patience: Duration, deadline: Int64, _ receiver: Receiver
    ) throws(ClientError) -> UInt32? {
        guard CurrentProcess.pid == processID else {
            throw .notSent(reason: "a connection is not shared over fork: connect anew")
        }
        let (id, mustWake) = try state.withLock { state throws(ClientError) -> (UInt32?, Bool) in
            if state.isClosed || state.sendError != nil { return (nil, false) }
            let wasBlocked = state.streams.hasUnsent
            guard
                let id = try state.streams.begin(
                    request, receiver, patience: patience, deadline: deadline)
            else { return (nil, false) }
            if !wasBlocked { flush(&state) }
            return (id, state.streams.hasUnsent && !wasBlocked || deadline < state.sleepsUntil)
        }
        if mustWake { wakeup.signal() }
        return id
    }

    /// Asks the daemon to end the call `id`; its receiver is told when that is done.
    func cancel(_ id: UInt32) {
        if CurrentProcess.pid != processID { return }
        let ending = state.withLock { state in
            let now = Clock.monotonicNanoseconds()
            let ending = state.streams.cancel(id, now: now) { id, metadata in
                var message = CancelRequest()
                message.streamID = Int64(id)
                var request = Request()
                request.service = Cancel.service.rawValue
                request.method = Cancel.name
                request.payload = message.encoded()
                request.metadata = metadata
                return request
            }
            flush(&state)
            return ending
        }
        if let ending { ending.receiver.end(ending.result) }
        wakeup.signal()
    }

    /// Sends what the kernel takes now. A failure is left to the thread, which first reads what
    /// the daemon may have said before it went.
    private func flush(_ state: inout State) {
        guard state.sendError == nil else { return }
        do throws(SystemError) {
            try state.streams.flush { bytes throws(SystemError) in try socket.send(bytes) }
        } catch {
            state.sendError = error
            wakeup.signal()
        }
    }

    // MARK: The thread

    private func run() {
        CurrentThread.blockSignals()
        var input = FrameInput()
        while true {
            let now = Clock.monotonicNanoseconds()
            let (expired, wantsToSend, sleep, isClosed) = state.withLock { state in
                let expired = state.streams.expire(now: now)
                state.sleepsUntil = state.streams.earliestDeadline
                let sleep = Self.milliseconds(until: state.sleepsUntil, now: now)
                let wantsToSend = state.streams.hasUnsent && state.sendError == nil
                let isClosed =
                    state.isClosed || state.closesWhenIdle && state.streams.open.isEmpty
                return (expired, wantsToSend, sleep, isClosed)
            }
            for ending in expired { ending.receiver.end(ending.result) }
            if isClosed { return fail(.connectionLost(reason: "the client was closed")) }
            let ready = socket.wait(forSending: wantsToSend, wakeup: wakeup, milliseconds: sleep)
            if ready.canReceive, let failure = receive(&input) { return fail(failure) }
            if ready.canSend { state.withLock { flush(&$0) } }
            if let error = state.withLock({ $0.sendError }) {
                let failure = receive(&input) ?? .connectionLost(reason: "\(error.errno)")
                return fail(failure)
            }
        }
    }

    /// How long to sleep: rounded up, so that a deadline is over when the sleep is.
    private static func milliseconds(until deadline: Int64, now: Int64) -> Int32 {
        if deadline == .max { return -1 }
        return Int32(clamping: max(0, deadline - now) / 1_000_000 + 1)
    }

    private func fail(_ failure: ClientError) {
        let endings = state.withLock { $0.streams.fail(failure) }
        for ending in endings { ending.receiver.end(ending.result) }
    }

    /// Reads all that is there and deals with each whole frame; returns why it is the end, if so.
    private func receive(_ input: inout FrameInput) -> ClientError? {
        do {
            while true {
                guard let count = try input.fill(from: socket) else { return nil }
                if count == 0 {
                    return .connectionLost(reason: "the daemon closed it")
                }
                while let (header, data) = try input.next() {
                    try take(header, input.bytes, data)
                }
            }
        } catch let error as SystemError {
            return .connectionLost(reason: "\(error.errno)")
        } catch let error as ClientError {
            return error
        } catch {
            return .protocolViolation("\(error)")
        }
    }

    private func take(_ header: FrameHeader, _ bytes: [UInt8], _ data: Range<Int>) throws {
        switch header.type {
        case .response:
            let response = try Response(decoding: bytes, data)
            let ending = try state.withLock { try $0.streams.respond(header.streamID, response) }
            if let ending { ending.receiver.end(ending.result) }
        case .data:
            try takeData(header, Array(bytes[data]))
        default:
            throw ClientError.protocolViolation("a frame of type \(header.type.rawValue)")
        }
    }

    private func takeData(_ header: FrameHeader, _ data: [UInt8]) throws {
        let receiver = try state.withLock { try $0.streams.receiver(header.streamID) }
        if !header.flags.contains(.noData), let receiver, receiver.data?(data) == false {
            cancel(header.streamID)
        }
        if header.flags.contains(.remoteClosed) {
            let ending = state.withLock { $0.streams.finish(header.streamID) }
            if let ending { ending.receiver.end(ending.result) }
        }
    }
}
