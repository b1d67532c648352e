/// What a frame is (`protocol/README.md` § Frame). An unknown type is kept, to be refused by name.
public struct MessageType: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let request = MessageType(rawValue: 1)
    public static let response = MessageType(rawValue: 2)
    public static let data = MessageType(rawValue: 3)
}

/// A frame's flags; what they mean depends on the type (ttrpc's PROTOCOL.md).
public struct FrameFlags: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// The sender will send nothing more on this stream.
    public static let remoteClosed = FrameFlags(rawValue: 1)
    /// The sender may send data frames after its request.
    public static let remoteOpen = FrameFlags(rawValue: 2)
    /// The data frame carries no message.
    public static let noData = FrameFlags(rawValue: 4)
}

/// Fixed prefix of every frame (`protocol/README.md` § Frame; ttrpc's PROTOCOL.md).
///
///     offset  bytes  field
///          0      4  dataBytes  u32 BE  0 ... dataBytesMax
///          4      4  streamID   u32 BE  odd: the client chose it
///          8      1  type       u8      MessageType
///          9      1  flags      u8      FrameFlags
public struct FrameHeader: Equatable, Sendable {
    public static let byteCount = 10
    public static let dataBytesMax = 4 << 20
    /// From here on the first byte is not zero, which ttrpc reserves: not a frame of this protocol.
    static let reservedMin = 1 << 24

    public let dataBytes: Int
    public let streamID: UInt32
    public let type: MessageType
    public let flags: FrameFlags

    public init(dataBytes: Int, streamID: UInt32, type: MessageType, flags: FrameFlags = []) {
        self.dataBytes = dataBytes
        self.streamID = streamID
        self.type = type
        self.flags = flags
    }

    /// Reads the header at `offset`; the caller has seen that `byteCount` bytes are there.
    public init(decoding bytes: Span<UInt8>, at offset: Int = 0) {
        dataBytes = Int(Self.bigEndian(bytes, offset))
        streamID = Self.bigEndian(bytes, offset + 4)
        type = MessageType(rawValue: bytes[offset + 8])
        flags = FrameFlags(rawValue: bytes[offset + 9])
    }

    private static func bigEndian(_ bytes: Span<UInt8>, _ offset: Int) -> UInt32 {
        UInt32(bytes[offset]) << 24 | UInt32(bytes[offset + 1]) << 16
            | UInt32(bytes[offset + 2]) << 8 | UInt32(bytes[offset + 3])
    }

    var isReserved: Bool { dataBytes >= Self.reservedMin }
    var isTooLong: Bool { dataBytes > Self.dataBytesMax }
}

/// Finds the frames in a stream of bytes that arrives in pieces. It holds no bytes itself: the
/// caller keeps what `next` has not consumed and shows it again with more behind it.
public struct FrameDecoder: Sendable {
    public enum Found: Equatable, Sendable {
        /// A whole frame; its data are these bytes.
        case frame(FrameHeader, data: Range<Int>)
        /// A frame of more than `dataBytesMax`. Its data are dropped as they come; the frame after
        /// it is found.
        case tooLong(FrameHeader)
        /// The first byte is not zero: not this protocol. No frame can be found after it.
        case reserved(FrameHeader)
    }

    private var bytesToDrop = 0

    public init() {}

    /// Whether the bytes seen so far end inside a frame that is being dropped.
    public var isDropping: Bool { bytesToDrop > 0 }

    /// The next frame at `position`, which moves past it. Nil: more bytes are needed; then
    /// `position` is where the caller's next call must start.
    public mutating func next(in bytes: Span<UInt8>, at position: inout Int) -> Found? {
        if bytesToDrop > 0 {
            let count = min(bytesToDrop, bytes.count - position)
            bytesToDrop -= count
            position += count
        }
        guard bytes.count - position >= FrameHeader.byteCount else { return nil }
        let header = FrameHeader(decoding: bytes, at: position)
        if header.isReserved { return .reserved(header) }
        let start = position + FrameHeader.byteCount
        if header.isTooLong {
            bytesToDrop = header.dataBytes
            position = start
            return .tooLong(header)
        }
        guard bytes.count - start >= header.dataBytes else { return nil }
        position = start + header.dataBytes
        return .frame(header, data: start..<position)
    }

    /// How many bytes from `position` on make the frame that starts there whole; nil: not known
    /// before its header is there.
    public static func byteCount(in bytes: Span<UInt8>, at position: Int) -> Int? {
        guard bytes.count - position >= FrameHeader.byteCount else { return nil }
        let header = FrameHeader(decoding: bytes, at: position)
        return FrameHeader.byteCount + min(header.dataBytes, FrameHeader.dataBytesMax)
    }
}
