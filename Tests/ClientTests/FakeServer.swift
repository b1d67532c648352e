import ECS
import Foundation
import TestSupport
import Wire

/// A listener that plays a daemon: each connection runs `script` on a thread of its own, as
/// straight blocking code, and is closed when the script returns or throws.
final class FakeServer: Sendable {
    let directory = TemporaryDirectory()
    let path: String
    private let listener: Int32

    init(_ script: @escaping @Sendable (FakeConnection) throws -> Void) {
        let path = "\(directory.path)/s"
        self.path = path
        let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        _ = fcntl(listener, F_SETFD, FD_CLOEXEC)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        precondition(bound == 0 && listen(listener, 64) == 0, "cannot listen at \(path)")
        self.listener = listener
        Thread.detachNewThread {
            while true {
                let socket = accept(listener, nil, nil)
                if socket < 0 { break }
                // A program that another test starts would keep the connection open.
                _ = fcntl(socket, F_SETFD, FD_CLOEXEC)
                Thread.detachNewThread {
                    try? script(FakeConnection(socket))
                    close(socket)
                }
            }
            close(listener)
        }
    }

    /// A daemon that answers each request by `answer`, one after the other, until the client goes.
    static func answering(
        _ answer: @escaping @Sendable (FakeRequest) throws -> FakeAnswer
    ) -> FakeServer {
        FakeServer { connection in
            while true {
                let request = try connection.request()
                connection.send(request.streamID, try answer(request))
            }
        }
    }

    // The thread's accept returns, and the thread closes the listener.
    deinit { shutdown(listener, Int32(SHUT_RDWR)) }
}

struct FakeRequest: Sendable {
    let streamID: UInt32
    let flags: FrameFlags
    let envelope: Request

    var method: String { envelope.method }
    func decoded<M: Message>(_ type: M.Type) throws -> M { try M(decoding: envelope.payload) }
}

enum FakeAnswer: Sendable {
    case payload([UInt8])
    case status(Status)

    static func message(_ message: some Message) -> FakeAnswer { .payload(message.encoded()) }
    static func error(_ error: ECSError) -> FakeAnswer {
        .status(Status([error], requestID: "R-1"))
    }
}

/// The daemon's end of one connection.
final class FakeConnection {
    struct Closed: Error {}

    private let socket: Int32
    private var bytes: [UInt8] = []
    private var position = 0
    private var decoder = FrameDecoder()

    init(_ socket: Int32) { self.socket = socket }

    /// Waits for the next request.
    func request() throws -> FakeRequest {
        while true {
            if case .frame(let header, let data) = decoder.next(in: bytes.span, at: &position) {
                return FakeRequest(
                    streamID: header.streamID, flags: header.flags,
                    envelope: try Request(decoding: bytes, data))
            }
            var chunk = [UInt8](repeating: 0, count: 4096)
            let count = recv(socket, &chunk, chunk.count, 0)
            if count <= 0 { throw Closed() }
            bytes += chunk[..<count]
        }
    }

    /// Waits until the client closes its end, passing over what it says.
    func waitForClose() { while (try? request()) != nil {} }

    func send(_ streamID: UInt32, _ answer: FakeAnswer) {
        var response = Response()
        switch answer {
        case .payload(let payload): response.payload = payload
        case .status(let status): response.status = status
        }
        send(frame(streamID, .response) { $0.write(response) })
    }

    func sendData(_ streamID: UInt32, _ message: some Message, last: Bool = false) {
        send(frame(streamID, .data, last ? .remoteClosed : []) { $0.write(message) })
    }

    /// Sends the bytes as they are.
    func send(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Foundation.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count <= 0 { return }
            rest = rest.dropFirst(count)
        }
    }
}

/// A frame's bytes.
func frame(
    _ streamID: UInt32, _ type: MessageType, _ flags: FrameFlags = [],
    _ body: (inout FieldEncoder) -> Void
) -> [UInt8] {
    var encoder = FieldEncoder()
    encoder.frame(streamID, type, flags, body)
    return encoder.bytes
}
