import HTTP
import System
import Wire

/// One client: its socket, what has arrived of its next frame or HTTP request, and what it has not
/// read yet. State of `Server` alone.
final class Connection {
    let token: UInt64
    let socket: FileDescriptor
    let peer: PeerCredentials
    let binding: Access.Binding

    /// Bytes of frames that are not handled yet; empty between frames.
    var input: [UInt8] = []
    private var decoder = FrameDecoder()
    /// The client speaks HTTP.
    var http: HTTPFront?
    /// Nobody knows who the client is.
    var isOfPort = false
    /// Answers on their way out; `output[sent...]` is left.
    private(set) var output: [UInt8] = []
    private(set) var sent = 0
    /// Answers that leave when the turn they saw is durable.
    private(set) var held: [Held] = []
    private var heldBytes = 0

    struct Held {
        let turn: UInt64
        let stream: UInt32
        let bytes: [UInt8]
        /// Nil: a part of a stream that goes on.
        let origin: Origin?
    }
    /// Requests taken whose answers are not made yet.
    var unanswered = 0
    /// Those of them that wait until the client has read what was answered before.
    var deferred: [Call] = []
    var parkedCount = 0
    private var lastStream: UInt32 = 0

    /// The frame at hand must be whole, the output must move, by then: monotonic nanoseconds.
    var frameDeadline: Int64?
    var writeDeadline: Int64?
    var interest: Readiness = .readable
    /// Closes when its output is out; reads no more.
    var isClosing = false
    /// Input that nobody reads may still come: a close at once could take the answer away with it.
    var lingers = false
    /// What still comes is thrown away, until the client closes.
    var isDraining = false
    /// Whole frames may be left in `input`: taking them was stopped, not finished.
    var isHeldUp = false
    /// The client sends no more, but may still read: it closed one direction.
    var hasEnded = false
    /// What the server has counted of `bufferedBytes`.
    var countedBytes = 0

    init(
        _ token: UInt64, _ socket: consuming FileDescriptor, _ peer: PeerCredentials,
        _ binding: Access.Binding, _ http: HTTPFront? = nil
    ) {
        self.token = token
        self.socket = socket
        self.peer = peer
        self.binding = binding
        self.http = http
    }

    // MARK: Input

    /// What `next` found.
    enum Incoming {
        case request(stream: UInt32, flags: FrameFlags, data: Range<Int>)
        /// A faulty frame: the answer to it (`protocol/README.md` § Faulty frames).
        case faulty(stream: UInt32, StatusCode, String)
        case http(HTTPParser.Event)
    }

    /// The next frame in `bytes[position..<end]`; nil: none is whole.
    func next(in bytes: [UInt8], at position: inout Int, end: Int) -> Incoming? {
        guard !isClosing else { return nil }
        if http != nil {
            return http!.parser.next(in: bytes, at: &position, end: end).map { .http($0) }
        }
        switch decoder.next(in: bytes.span.extracting(0..<end), at: &position) {
        case nil: return nil
        case .reserved(let header):
            isClosing = true
            return .faulty(
                stream: header.streamID, .invalidArgument, "the first byte of a frame is zero")
        case .tooLong(let header):
            return .faulty(
                stream: header.streamID, .resourceExhausted,
                "\(header.dataBytes) bytes of data; \(FrameHeader.dataBytesMax) are allowed")
        case .frame(let header, let data): return judge(header, data)
        }
    }

    private func judge(_ header: FrameHeader, _ data: Range<Int>) -> Incoming {
        func faulty(_ text: String) -> Incoming {
            .faulty(stream: header.streamID, .invalidArgument, text)
        }
        guard header.type == .request else {
            return header.type == .data
                ? faulty("no stream takes data frames")
                : faulty("frame type \(header.type.rawValue); 1, a request, is right")
        }
        guard header.streamID % 2 == 1 else {
            return faulty("stream id \(header.streamID) is even; a client's are odd")
        }
        guard header.streamID > lastStream else {
            return faulty("stream id \(header.streamID) after \(lastStream); ids only rise")
        }
        lastStream = header.streamID
        guard header.flags.isSubset(of: .remoteClosed) else {
            return faulty("request flags \(header.flags.rawValue); 0 or 1 is right")
        }
        return .request(stream: header.streamID, flags: header.flags, data: data)
    }

    /// Whether the bytes that have arrived end inside a frame.
    var isInsideFrame: Bool {
        !input.isEmpty || decoder.isDropping || http?.parser.isInside ?? false
    }

    // MARK: Output

    /// Answers that have not left, those that wait for a sync included.
    var unsentBytes: Int { output.count - sent + heldBytes + (http?.readyBytes ?? 0) }
    var bufferedBytes: Int { input.count + unsentBytes + (http?.parser.bufferedBytes ?? 0) }
    var hasOutput: Bool { sent < output.count }
    var inFlight: Int { unanswered + held.count }
    /// HTTP requests whose answers have not left.
    var exchanges: Int { http?.exchanges.count ?? 0 }
    var awaitsAnswers: Bool { exchanges > 0 }

    /// Sends an answer: over HTTP when those to the requests before it have been sent.
    ///
    /// - Parameter frame: a response frame.
    func deliver(_ frame: ArraySlice<UInt8>, of stream: UInt32) {
        guard http != nil else { return append(frame) }
        http!.finish(stream, frame)
        sendReady()
    }

    /// Sends the answers whose turn it is.
    func sendReady() {
        while let bytes = http?.takeReady() { append(bytes[...]) }
    }

    private func append(_ bytes: ArraySlice<UInt8>) {
        if sent > 0 && sent == output.count {
            output.removeAll(keepingCapacity: output.capacity <= 1 << 18)
            sent = 0
        }
        output.append(contentsOf: bytes)
    }

    func hold(
        _ bytes: ArraySlice<UInt8>, of stream: UInt32, until turn: UInt64, _ origin: Origin?
    ) {
        held.append(Held(turn: turn, stream: stream, bytes: Array(bytes), origin: origin))
        heldBytes += bytes.count
    }

    /// The newest turn that an answer on `stream` waits for; 0: none waits.
    func turnHeld(of stream: UInt32) -> UInt64 {
        held.reduce(0) { $1.stream == stream ? max($0, $1.turn) : $0 }
    }

    /// Moves what `durableTurn` lets go to the output, and tells of each answer to a request.
    func release(_ durableTurn: UInt64, _ note: (Origin) -> Void) {
        guard held.contains(where: { $0.turn <= durableTurn }) else { return }
        for answer in held where answer.turn <= durableTurn {
            deliver(answer.bytes[...], of: answer.stream)
            answer.origin.map(note)
            heldBytes -= answer.bytes.count
        }
        held.removeAll { $0.turn <= durableTurn }
    }

    /// Sends what the socket takes; false: the connection is gone.
    func flush(now: Int64, unsentNanoseconds: Int64) -> Bool {
        guard hasOutput else { return true }
        switch UnixSocket.send(socket, output, from: sent) {
        case .ended: return false
        case .wouldBlock: writeDeadline = writeDeadline ?? now + unsentNanoseconds
        case .bytes(let count):
            sent += count
            // A client that reads a little is alive: its time begins anew.
            writeDeadline = hasOutput ? now + unsentNanoseconds : nil
            if sent > 1 << 20 && hasOutput {
                output.removeSubrange(..<sent)
                sent = 0
            }
        }
        if !hasOutput {
            output.removeAll(keepingCapacity: output.capacity <= 1 << 18)
            sent = 0
        }
        return true
    }
}
