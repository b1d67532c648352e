import System
import Wire

/// The bytes that came from a daemon, and the frames in them.
struct FrameInput {
    private var chunk = [UInt8](repeating: 0, count: 64 << 10)
    private(set) var bytes: [UInt8] = []
    private var position = 0
    private var decoder = FrameDecoder()

    /// Receives once; nil: nothing is there, 0: the end.
    mutating func fill(from socket: ClientSocket) throws(SystemError) -> Int? {
        let count = try socket.receive(&chunk)
        if let count { append(chunk[..<count]) }
        return count
    }

    /// Puts `more` behind what is left: a part of one frame, at most 4 MiB and its header.
    mutating func append(_ more: ArraySlice<UInt8>) {
        bytes.removeSubrange(..<position)
        position = 0
        bytes.append(contentsOf: more)
    }

    /// The next whole frame and where in `bytes` its data are; nil: more bytes are needed.
    mutating func next() throws(ClientError) -> (header: FrameHeader, data: Range<Int>)? {
        let bytes = bytes
        switch decoder.next(in: bytes.span, at: &position) {
        case .frame(let header, let data): return (header, data)
        case .tooLong: throw .protocolViolation("a frame of more than 4 MiB")
        case .reserved: throw .protocolViolation("a frame's first byte is not zero")
        case nil: return nil
        }
    }
}
