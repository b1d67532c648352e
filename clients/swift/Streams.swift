import Wire

/// Nothing of the request was sent, and this connection will send no more: another may.
struct ConnectionGone: Error {
    let reason: String
}

/// Whoever waits for what comes on a stream. Called without the connection's lock.
struct Receiver: Sendable {
    /// Takes a data frame's bytes; false: no more are wanted.
    var data: (@Sendable ([UInt8]) -> Bool)?
    /// Takes the end: a response's payload, or why there is none.
    var end: @Sendable (Result<[UInt8], any Error>) -> Void
}

/// All that a connection knows: its open streams and what is still to be sent. A value that takes
/// events and returns what is to be told to whom; it makes no system call.
struct Streams: Sendable {
    /// How many bytes may wait for a daemon that does not read.
    static let unsentBytesMax = 16 << 20
    /// How long a cancelled call still waits for the daemon's word.
    static let cancelNanoseconds: Int64 = 5_000_000_000

    struct Open: Sendable {
        let receiver: Receiver
        let metadata: [KeyValue]
        /// Nanoseconds of the monotonic clock; `Int64.max`: none.
        var deadline: Int64
        /// How long that is after the call began, for people.
        let patience: Duration
        var isCancelled = false
    }

    /// A receiver and what it is to be told, once the lock is released.
    typealias Ending = (receiver: Receiver, result: Result<[UInt8], any Error>)

    private struct Frame {
        let streamID: UInt32
        let bytes: [UInt8]
    }

    private(set) var open: [UInt32: Open] = [:]
    private(set) var failure: ClientError?
    private var nextID: UInt32
    /// Frames in the order of their ids; of the first, `sentBytes` are gone already.
    private var unsent: [Frame] = []
    private var unsentStart = 0
    private var sentBytes = 0
    private var unsentBytes = 0
    /// No open stream has an earlier deadline than this.
    private(set) var earliestDeadline = Int64.max

    /// - Parameter firstID: odd; for tests of where ids end.
    init(firstID: UInt32 = 1) { nextID = firstID }

    /// Whether the ids have run out: a new connection is needed. The last two are for Cancel.
    var isExhausted: Bool { nextID > UInt32.max - 4 }
    /// Whether even those are used.
    private var hasNoID = false
    var hasUnsent: Bool { unsentStart < unsent.count }

    // MARK: Requests

    /// Opens a stream for `request` and puts its frame behind the others.
    ///
    /// - Returns: its id; nil: the connection has failed, or its ids have run out.
    mutating func begin(
        _ request: Request, _ receiver: Receiver, patience: Duration, deadline: Int64
    ) throws(ClientError) -> UInt32? {
        if isExhausted { return nil }
        return try enqueue(request, receiver, patience: patience, deadline: deadline)
    }

    private mutating func enqueue(
        _ request: Request, _ receiver: Receiver, patience: Duration, deadline: Int64
    ) throws(ClientError) -> UInt32? {
        if failure != nil || hasNoID { return nil }
        let flags: FrameFlags = receiver.data == nil ? [] : .remoteClosed
        let id = nextID
        // What stands around the payload is short, but metadata are the caller's.
        let around = request.metadata.reduce(128) { $0 + $1.key.utf8.count + $1.value.utf8.count }
        guard
            request.payload.count + around + request.metadata.count * 16
                <= FrameHeader.dataBytesMax
        else { throw .notSent(reason: "a request of more than 4 MiB") }
        var encoder = FieldEncoder()
        encoder.frame(id, .request, flags) { $0.write(request) }
        guard unsentBytes + encoder.bytes.count <= Self.unsentBytesMax else {
            throw .notSent(reason: "the daemon reads nothing, and 16 MiB wait for it")
        }
        if id == UInt32.max { hasNoID = true } else { nextID += 2 }
        unsent.append(Frame(streamID: id, bytes: encoder.bytes))
        unsentBytes += encoder.bytes.count
        open[id] = Open(
            receiver: receiver, metadata: request.metadata, deadline: deadline, patience: patience)
        earliestDeadline = min(earliestDeadline, deadline)
        return id
    }

    /// The next stream has this id, or the next possible one.
    mutating func skipIDs(to id: UInt32) { nextID = max(nextID, id | 1) }

    /// Ends the stream `id` at its caller's wish: at once if the daemon cannot have seen it, else
    /// by `cancelRequest` and the daemon's answer to it.
    mutating func cancel(
        _ id: UInt32, now: Int64, cancelRequest: (UInt32, [KeyValue]) -> Request
    ) -> Ending? {
        guard var stream = open[id], !stream.isCancelled else { return nil }
        if withdraw(id) {
            open[id] = nil
            return (stream.receiver, .failure(CancellationError()))
        }
        stream.isCancelled = true
        stream.deadline = min(stream.deadline, now + Self.cancelNanoseconds)
        open[id] = stream
        earliestDeadline = min(earliestDeadline, stream.deadline)
        let ignored = Receiver(data: nil) { _ in }
        // If even this cannot be sent, the deadline just set ends the stream.
        _ = try? enqueue(
            cancelRequest(id, stream.metadata), ignored, patience: .zero,
            deadline: now + Self.cancelNanoseconds)
        return nil
    }

    /// Where the frame of `id` is among the unsent ones, if not one byte of it was sent. Ids rise,
    /// so half of what is left is looked at each time.
    private func unsentPlace(_ id: UInt32) -> Int? {
        var places = unsentStart..<unsent.count
        while !places.isEmpty {
            let middle = places.lowerBound + places.count / 2
            if unsent[middle].streamID == id {
                return middle > unsentStart || sentBytes == 0 ? middle : nil
            }
            places =
                unsent[middle].streamID < id
                ? middle + 1..<places.upperBound : places.lowerBound..<middle
        }
        return nil
    }

    /// Takes the frame of `id` back if not one byte of it was sent.
    private mutating func withdraw(_ id: UInt32) -> Bool {
        guard let place = unsentPlace(id) else { return false }
        unsentBytes -= unsent[place].bytes.count
        unsent.remove(at: place)
        return true
    }

    // MARK: Sending

    /// Shows `send` the unsent bytes, frame by frame, until it takes less than it is shown. It
    /// returns how many bytes it took.
    mutating func flush<Failure: Error>(
        _ send: (ArraySlice<UInt8>) throws(Failure) -> Int
    ) throws(Failure) {
        while unsentStart < unsent.count {
            let bytes = unsent[unsentStart].bytes
            let count = try send(bytes[sentBytes...])
            sentBytes += count
            guard sentBytes == bytes.count else { return }
            unsentBytes -= bytes.count
            sentBytes = 0
            unsentStart += 1
            // Removing from the front moves the rest: done seldom, so cheap on the whole.
            if unsentStart == unsent.count || unsentStart >= 64 && unsentStart * 2 > unsent.count {
                unsent.removeSubrange(..<unsentStart)
                unsentStart = 0
            }
        }
    }

    // MARK: Answers

    /// A response frame: ends its stream. An id that was abandoned is passed over.
    mutating func respond(
        _ id: UInt32, _ response: Response
    ) throws(ClientError) -> Ending? {
        try check(id)
        guard let stream = open.removeValue(forKey: id) else { return nil }
        guard let status = response.status, status.code != 0 else {
            return (stream.receiver, .success(response.payload))
        }
        if stream.isCancelled && status.code == StatusCode.cancelled.rawValue {
            return (stream.receiver, .failure(CancellationError()))
        }
        return (stream.receiver, .failure(callError(status)))
    }

    /// Who takes a data frame on stream `id`; nil: no one any more.
    func receiver(_ id: UInt32) throws(ClientError) -> Receiver? {
        try check(id)
        guard let stream = open[id] else { return nil }
        guard stream.receiver.data != nil else {
            throw .protocolViolation("a data frame on the unary stream \(id)")
        }
        return stream.isCancelled ? nil : stream.receiver
    }

    /// A data frame that is its stream's last.
    mutating func finish(_ id: UInt32) -> Ending? {
        guard let stream = open.removeValue(forKey: id) else { return nil }
        return (stream.receiver, .success([]))
    }

    private func check(_ id: UInt32) throws(ClientError) {
        guard id % 2 == 1 && (id < nextID || hasNoID) else {
            throw .protocolViolation("a frame on stream \(id), which was never opened")
        }
    }

    // MARK: Ends

    /// Ends the streams whose time is over.
    mutating func expire(now: Int64) -> [Ending] {
        guard now >= earliestDeadline else { return [] }
        var endings: [Ending] = []
        for (id, stream) in open where stream.deadline <= now {
            open[id] = nil
            let error: any Error =
                if withdraw(id) {
                    ClientError.notSent(reason: "the daemon took no request in time")
                } else {
                    ClientError.outcomeUnknown(
                        after: stream.isCancelled
                            ? .nanoseconds(Self.cancelNanoseconds) : stream.patience)
                }
            endings.append((stream.receiver, .failure(error)))
        }
        earliestDeadline = open.values.reduce(Int64.max) { min($0, $1.deadline) }
        return endings
    }

    /// Ends every stream, those never sent with ``ConnectionGone``, and takes no new ones.
    mutating func fail(_ error: ClientError) -> [Ending] {
        if failure == nil { failure = error }
        let reason = if case .connectionLost(let reason) = error { reason } else { "\(error)" }
        let endings = open.map { id, stream -> Ending in
            let outcome: any Error =
                unsentPlace(id) != nil ? ConnectionGone(reason: reason) : error
            return (stream.receiver, .failure(outcome))
        }
        open = [:]
        unsent = []
        unsentStart = 0
        sentBytes = 0
        unsentBytes = 0
        earliestDeadline = .max
        return endings
    }
}
