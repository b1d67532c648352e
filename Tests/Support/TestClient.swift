import ECS
import Foundation
import Wire

/// A client for tests: it blocks, it says exactly what it is told to, and no wait is for ever.
public final class TestClient {
    public struct Frame: Equatable {
        public let header: FrameHeader
        public let data: [UInt8]
    }

    /// The daemon closed the connection.
    public struct Closed: Error {}
    /// Nothing came within the receive timeout.
    public struct TimedOut: Error {}

    /// A response with a status.
    public struct Refused: Error, CustomStringConvertible {
        public let status: Status
        /// The error, then with `explain` those that would have followed.
        public let details: [ErrorDetail]

        public var detail: ErrorDetail? { details.first }
        public var statusCode: StatusCode { StatusCode(rawValue: status.code) }
        public var code: String { detail?.code ?? "" }
        public var parameter: String { detail?.parameter ?? "" }
        public var hint: String { detail?.hint ?? "" }
        public var description: String { "\(status.code) \(status.message) \(parameter) \(hint)" }

        /// The same from another door: an error that did not come as a frame.
        public init(_ error: ECSError, requestID: String) {
            self.init(Status([error], requestID: requestID))
        }

        init(_ status: Status) {
            self.status = status
            details = status.details.compactMap { try? ErrorDetail(decoding: $0.value) }
        }
    }

    /// Tests run side by side, and some of them open hundreds of connections.
    private static let descriptorLimitIsRaised: Bool = {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = limit.rlim_max
        return setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0
    }()

    private let socket: Int32
    private let owner: AnyObject?
    private var input: [UInt8] = []
    private var position = 0
    private var decoder = FrameDecoder()
    private var waiting: [UInt32: [Frame]] = [:]
    public var nextStream: UInt32 = 1
    // The metadata of each request.
    public var account = ""
    public var ramUser = ""
    public var explains = false

    /// - Parameters:
    ///   - owner: what must live as long as this client.
    ///   - receiveSeconds: how long a receive or send may take.
    public init(_ path: String, of owner: AnyObject? = nil, receiveSeconds: Int = 30) throws {
        self.owner = owner
        _ = Self.descriptorLimitIsRaised
        socket = Foundation.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        if socket < 0 { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EMFILE) }
        _ = fcntl(socket, F_SETFD, FD_CLOEXEC)
        var limit = timeval(tv_sec: receiveSeconds, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
        setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix(107)) }
        let failed = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        // Whole by now, so `deinit` closes the socket.
        if failed != 0 { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EINVAL) }
    }

    deinit { if socket >= 0 { close(socket) } }

    // MARK: Bytes

    /// Sends all of `bytes`.
    public func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = send(bytes, from: sent, flags: 0)
            if count < 0 && errno == EINTR { continue }
            if count < 0 && errno == EAGAIN { throw TimedOut() }
            if count < 0 { throw Closed() }
            sent += count
        }
    }

    /// Sends what the socket takes at once; how many bytes that were.
    public func sendAtOnce(_ bytes: [UInt8], from offset: Int = 0) -> Int {
        max(0, send(bytes, from: offset, flags: Int32(MSG_DONTWAIT)))
    }

    private func send(_ bytes: [UInt8], from offset: Int, flags: Int32) -> Int {
        bytes.withUnsafeBytes {
            Foundation.send(
                socket, $0.baseAddress! + offset, $0.count - offset,
                flags | Int32(MSG_NOSIGNAL))
        }
    }

    /// Sends no more, but still receives.
    public func closeSending() { shutdown(socket, Int32(SHUT_WR)) }

    /// The next frame, of whatever stream.
    public func nextFrame() throws -> Frame {
        while true {
            let bytes = input
            switch decoder.next(in: bytes.span, at: &position) {
            case .frame(let header, let range):
                let frame = Frame(header: header, data: Array(bytes[range]))
                if position == input.count {
                    input = []
                    position = 0
                }
                return frame
            case nil: try receive()
            case .tooLong, .reserved: throw Closed()
            }
        }
    }

    private func receive() throws {
        input.removeSubrange(..<position)
        position = 0
        var part = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = recv(socket, &part, part.count, 0)
            if count < 0 && errno == EINTR { continue }
            if count < 0 && errno == EAGAIN { throw TimedOut() }
            if count <= 0 { throw Closed() }
            input.append(contentsOf: part[..<count])
            return
        }
    }

    /// Waits until the daemon closes the connection; the frames that came before.
    public func framesUntilClosed() throws -> [Frame] {
        var frames: [Frame] = []
        do {
            while true { frames.append(try nextFrame()) }
        } catch is Closed {
            return frames
        }
    }

    // MARK: Streams

    /// The next frame of `stream`; those of others are kept for their readers.
    public func frame(of stream: UInt32) throws -> Frame {
        while true {
            if var frames = waiting[stream], !frames.isEmpty {
                let first = frames.removeFirst()
                waiting[stream] = frames.isEmpty ? nil : frames
                return first
            }
            let frame = try nextFrame()
            waiting[frame.header.streamID, default: []].append(frame)
        }
    }

    /// The bytes of a request frame.
    public func encode<O: ECS.Operation>(
        _ operation: O.Type, _ request: O.Request, stream: UInt32, timeoutNanoseconds: Int64 = 0,
        flags: FrameFlags = []
    ) -> [UInt8] {
        encode(
            service: O.service.rawValue, method: O.name, payload: request.encoded(),
            stream: stream, timeoutNanoseconds: timeoutNanoseconds, flags: flags)
    }

    /// The bytes of a request frame, whatever it says.
    public func encode(
        service: String, method: String, payload: [UInt8], stream: UInt32,
        timeoutNanoseconds: Int64 = 0, flags: FrameFlags = []
    ) -> [UInt8] {
        var envelope = Request()
        envelope.service = service
        envelope.method = method
        envelope.payload = payload
        envelope.timeoutNanoseconds = timeoutNanoseconds
        if !account.isEmpty { envelope.metadata.append(KeyValue("account", account)) }
        if !ramUser.isEmpty { envelope.metadata.append(KeyValue("ram-user", ramUser)) }
        if explains { envelope.metadata.append(KeyValue("explain", "true")) }
        var encoder = FieldEncoder()
        encoder.frame(stream, .request, flags) { $0.write(envelope) }
        return encoder.bytes
    }

    /// A stream id that is odd and greater than all before.
    public func newStream() -> UInt32 {
        defer { nextStream += 2 }
        return nextStream
    }

    /// Sends a request; its stream.
    public func begin<O: ECS.Operation>(
        _ operation: O.Type, _ request: O.Request, timeoutNanoseconds: Int64 = 0,
        flags: FrameFlags = []
    ) throws -> UInt32 {
        let stream = newStream()
        try send(
            encode(
                O.self, request, stream: stream, timeoutNanoseconds: timeoutNanoseconds,
                flags: flags))
        return stream
    }

    /// The response that ends `stream`.
    public func response(_ stream: UInt32) throws -> Response {
        let frame = try frame(of: stream)
        guard frame.header.type == .response else { throw Closed() }
        return try Response(decoding: frame.data)
    }

    /// The answer to what `begin` sent.
    ///
    /// - Throws: ``Refused``.
    public func answer<O: ECS.Operation>(_ operation: O.Type, _ stream: UInt32) throws -> O.Response
    {
        let response = try response(stream)
        if let status = response.status { throw Refused(status) }
        return try O.Response(decoding: response.payload)
    }

    /// The status that `stream` is refused with.
    public func refusal(_ stream: UInt32) throws -> Refused {
        Refused(try response(stream).status ?? Status())
    }

    public func call<O: ECS.Operation>(
        _ operation: O.Type, _ request: O.Request, timeoutNanoseconds: Int64 = 0
    ) throws -> O.Response {
        try answer(
            O.self, try begin(O.self, request, timeoutNanoseconds: timeoutNanoseconds))
    }

    /// The refusal of a call; nil: it was not refused.
    public func refused<O: ECS.Operation>(
        _ operation: O.Type, _ request: O.Request, timeoutNanoseconds: Int64 = 0
    ) throws -> Refused? {
        do {
            _ = try call(O.self, request, timeoutNanoseconds: timeoutNanoseconds)
            return nil
        } catch let refused as Refused {
            return refused
        }
    }
}
