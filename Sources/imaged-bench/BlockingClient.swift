import ECS
import System
import Wire

/// How a call ended, if not by its response.
enum CallFailure: Error, CustomStringConvertible {
    /// The daemon refused it: nothing happened.
    case refused(code: String, message: String)
    /// No word from the daemon: it happened or it did not.
    case unknown(String)

    var description: String {
        switch self {
        case .refused(let code, let message): "refused: \(code) \(message)"
        case .unknown(let reason): "outcome unknown: \(reason)"
        }
    }
}

/// One connection that blocks its thread.
final class BlockingClient {
    private let socket: ClientSocket
    private let wakeup: Wakeup
    private var chunk = [UInt8](repeating: 0, count: 1 << 16)
    private var input: [UInt8] = []
    private var position = 0
    private var decoder = FrameDecoder()
    private var nextStream: UInt32 = 1

    init(_ path: String) throws(SystemError) {
        socket = try ClientSocket(connectingTo: path)
        wakeup = try Wakeup()
    }

    /// Sends a request; its stream.
    func begin<O: Operation>(
        _ operation: O.Type, _ request: O.Request
    ) throws(CallFailure) -> UInt32 {
        var envelope = Request()
        envelope.service = O.service.rawValue
        envelope.method = O.name
        envelope.payload = request.encoded()
        return try begin(envelope)
    }

    func begin(_ request: Request) throws(CallFailure) -> UInt32 {
        let stream = nextStream
        nextStream += 2
        var encoder = FieldEncoder()
        encoder.frame(stream, .request) { $0.write(request) }
        var rest = encoder.bytes[...]
        do throws(SystemError) {
            while !rest.isEmpty {
                let count = try socket.send(rest)
                rest = rest.dropFirst(count)
                if count == 0 {
                    _ = socket.wait(forSending: true, wakeup: wakeup, milliseconds: -1)
                }
            }
        } catch {
            throw .unknown("\(error)")
        }
        return stream
    }

    /// The next answer, of whatever stream.
    func next() throws(CallFailure) -> (stream: UInt32, response: Response) {
        while true {
            let bytes = input
            switch decoder.next(in: bytes.span, at: &position) {
            case .frame(let header, let range):
                do throws(ProtoError) {
                    return (header.streamID, try Response(decoding: bytes, range))
                } catch {
                    throw .unknown("\(error)")
                }
            case .tooLong, .reserved: throw .unknown("not a frame of the protocol")
            case nil: try receive()
            }
        }
    }

    private func receive() throws(CallFailure) {
        input.removeSubrange(..<position)
        position = 0
        do throws(SystemError) {
            while true {
                if let count = try socket.receive(&chunk) {
                    if count == 0 { throw SystemError("recv", errno: .connectionReset) }
                    input.append(contentsOf: chunk[..<count])
                    return
                }
                _ = socket.wait(forSending: false, wakeup: wakeup, milliseconds: -1)
            }
        } catch {
            throw .unknown("\(error)")
        }
    }

    /// Makes one call, with nothing else in flight.
    func call<O: Operation>(
        _ operation: O.Type, _ request: O.Request
    ) throws(CallFailure) -> O.Response {
        _ = try begin(O.self, request)
        let response = try next().response
        if let status = response.status { throw .refused(status) }
        do throws(ProtoError) {
            return try O.Response(decoding: response.payload)
        } catch {
            throw .unknown("\(error)")
        }
    }
}

extension CallFailure {
    static func refused(_ status: Status) -> CallFailure {
        let detail = status.details.first.flatMap { try? ErrorDetail(decoding: $0.value) }
        let message = [status.message, detail?.hint ?? ""].filter { !$0.isEmpty }
        return .refused(code: detail?.code ?? "", message: message.joined(separator: " "))
    }
}
