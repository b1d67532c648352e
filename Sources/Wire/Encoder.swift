extension Message {
    /// The message in proto3's wire format: fields in order, absent ones left out.
    public func encoded() -> [UInt8] {
        var encoder = FieldEncoder()
        encoder.write(self)
        return encoder.bytes
    }
}

/// Appends messages, envelopes and frames to one array.
public struct FieldEncoder: FieldVisitor, Sendable {
    public private(set) var bytes: [UInt8]

    /// Goes on behind what `bytes` already holds.
    public init(appendingTo bytes: consuming [UInt8] = []) { self.bytes = bytes }

    /// Appends the fields of `message`, without a length.
    public mutating func write<M: Message>(_ message: M) {
        var message = message
        do throws(ProtoError) {
            try message.visit(&self)
        } catch {
            preconditionFailure("encoding never throws")
        }
    }

    /// Appends a field whose value is whatever `body` appends, after its length.
    public mutating func delimited(_ number: UInt32, _ body: (inout FieldEncoder) -> Void) {
        tag(number, .bytes)
        // Most values are shorter than 128 bytes: one byte is left for the length, and the rare
        // longer value is moved behind a longer one.
        let place = bytes.count
        bytes.append(0)
        body(&self)
        let count = bytes.count - place - 1
        if count < 0x80 {
            bytes[place] = UInt8(count)
        } else {
            var length: [UInt8] = []
            var rest = UInt64(count)
            while rest >= 0x80 {
                length.append(UInt8(truncatingIfNeeded: rest) | 0x80)
                rest >>= 7
            }
            length.append(UInt8(rest))
            bytes.replaceSubrange(place...place, with: length)
        }
    }

    /// Appends a whole frame whose data are what `body` appends.
    ///
    /// - Returns: false if they are more than a frame may have; then nothing is appended.
    @discardableResult
    public mutating func frame(
        _ streamID: UInt32, _ type: MessageType, _ flags: FrameFlags = [],
        _ body: (inout FieldEncoder) -> Void
    ) -> Bool {
        let place = bytes.count
        bigEndian(0)
        bigEndian(streamID)
        bytes.append(type.rawValue)
        bytes.append(flags.rawValue)
        body(&self)
        let count = bytes.count - place - FrameHeader.byteCount
        guard count <= FrameHeader.dataBytesMax else {
            bytes.removeSubrange(place...)
            return false
        }
        bytes[place] = 0
        bytes[place + 1] = UInt8(truncatingIfNeeded: count >> 16)
        bytes[place + 2] = UInt8(truncatingIfNeeded: count >> 8)
        bytes[place + 3] = UInt8(truncatingIfNeeded: count)
        return true
    }

    // MARK: Scalars

    private mutating func bigEndian(_ value: UInt32) {
        for shift: UInt32 in [24, 16, 8, 0] {
            bytes.append(UInt8(truncatingIfNeeded: value >> shift))
        }
    }

    @inline(__always)
    private mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    @inline(__always)
    private mutating func tag(_ number: UInt32, _ type: WireType) {
        varint(UInt64(number) << 3 | UInt64(type.rawValue))
    }

    private mutating func put(_ number: UInt32, text: String) {
        tag(number, .bytes)
        varint(UInt64(text.utf8.count))
        bytes.append(contentsOf: text.utf8)
    }

    private mutating func put(_ number: UInt32, varint value: UInt64) {
        tag(number, .varint)
        varint(value)
    }

    // MARK: FieldVisitor

    public mutating func string(_ number: UInt32, _ name: StaticString, _ value: inout String) {
        if !value.isEmpty { put(number, text: value) }
    }

    public mutating func optionalString(
        _ number: UInt32, _ name: StaticString, _ value: inout String?
    ) {
        if let value { put(number, text: value) }
    }

    public mutating func strings(
        _ number: UInt32, _ name: StaticString, _ value: inout [String]
    ) {
        for text in value { put(number, text: text) }
    }

    public mutating func bytes(_ number: UInt32, _ name: StaticString, _ value: inout [UInt8]) {
        if value.isEmpty { return }
        tag(number, .bytes)
        varint(UInt64(value.count))
        bytes.append(contentsOf: value)
    }

    public mutating func bool(_ number: UInt32, _ name: StaticString, _ value: inout Bool) {
        if value { put(number, varint: 1) }
    }

    public mutating func optionalBool(
        _ number: UInt32, _ name: StaticString, _ value: inout Bool?
    ) {
        if let value { put(number, varint: value ? 1 : 0) }
    }

    public mutating func int32(_ number: UInt32, _ name: StaticString, _ value: inout Int32) {
        if value != 0 { put(number, varint: UInt64(bitPattern: Int64(value))) }
    }

    public mutating func optionalInt32(
        _ number: UInt32, _ name: StaticString, _ value: inout Int32?
    ) {
        if let value { put(number, varint: UInt64(bitPattern: Int64(value))) }
    }

    public mutating func int64(_ number: UInt32, _ name: StaticString, _ value: inout Int64) {
        if value != 0 { put(number, varint: UInt64(bitPattern: value)) }
    }

    public mutating func optionalInt64(
        _ number: UInt32, _ name: StaticString, _ value: inout Int64?
    ) {
        if let value { put(number, varint: UInt64(bitPattern: value)) }
    }

    public mutating func int64s(_ number: UInt32, _ name: StaticString, _ value: inout [Int64]) {
        if value.isEmpty { return }
        delimited(number) { encoder in
            for element in value { encoder.varint(UInt64(bitPattern: element)) }
        }
    }

    public mutating func message<M: Message>(
        _ number: UInt32, _ name: StaticString, _ value: inout M?
    ) {
        if let value { delimited(number) { $0.write(value) } }
    }

    public mutating func messages<M: Message>(
        _ number: UInt32, _ name: StaticString, _ value: inout [M]
    ) {
        for message in value { delimited(number) { $0.write(message) } }
    }
}
