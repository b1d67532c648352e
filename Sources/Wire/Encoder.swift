extension Message {
    /// The message in proto3's wire format: fields in order, absent ones left out.
    @inlinable
    public func encoded() -> [UInt8] {
        var encoder = FieldEncoder()
        encoder.write(self)
        return encoder.bytes
    }
}

/// Appends messages, envelopes and frames to one array.
public struct FieldEncoder: FieldVisitor, Sendable {
    @usableFromInline var storage: [UInt8]

    /// Begins anew in the memory of `bytes`, if nobody else has them.
    public init(reusing bytes: consuming [UInt8]) {
        storage = bytes
        storage.removeAll(keepingCapacity: true)
    }

    /// What has been appended so far.
    @inlinable public var bytes: [UInt8] { storage }

    /// Goes on behind what `bytes` already holds.
    @inlinable
    public init(appendingTo bytes: consuming [UInt8] = []) { storage = bytes }

    /// Appends the fields of `message`, without a length.
    @inlinable
    public mutating func write<M: Message>(_ message: M) {
        var message = message
        do throws(ProtoError) {
            try message.visit(&self)
        } catch {
            preconditionFailure("encoding never throws")
        }
    }

    /// Appends a field whose value is whatever `body` appends, after its length.
    ///
    /// - Parameter isLong: the value is likely to have 128 bytes or more; only a hint.
    @inlinable
    public mutating func delimited(
        _ number: UInt32, isLong: Bool = false, _ body: (inout FieldEncoder) -> Void
    ) {
        tag(number, .bytes)
        // Room is left for the likely size of the length; a value of another is moved.
        let place = storage.count
        let room = isLong ? 2 : 1
        storage.append(0)
        if isLong { storage.append(0) }
        body(&self)
        let count = storage.count - place - room
        if room == 1 && count < 0x80 {
            storage[place] = UInt8(count)
        } else if room == 2 && 0x80..<0x4000 ~= count {
            storage[place] = UInt8(truncatingIfNeeded: count) | 0x80
            storage[place + 1] = UInt8(count >> 7)
        } else {
            putLength(count, at: place..<place + room)
        }
    }

    /// Puts a length where another number of bytes was left for it.
    @usableFromInline
    mutating func putLength(_ count: Int, at room: Range<Int>) {
        var length: [UInt8] = []
        var rest = UInt64(count)
        while rest >= 0x80 {
            length.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        length.append(UInt8(rest))
        storage.replaceSubrange(room, with: length)
    }

    /// Appends fields that are encoded already.
    @inlinable
    public mutating func append(_ encoded: [UInt8]) { storage.append(contentsOf: encoded) }

    /// Appends a field whose value is these bytes.
    @inlinable
    public mutating func bytes(_ number: UInt32, _ value: [UInt8]) {
        tag(number, .bytes)
        varint(UInt64(value.count))
        storage.append(contentsOf: value)
    }

    /// Appends a whole frame whose data are what `body` appends.
    ///
    /// - Returns: false if they are more than a frame may have; then nothing is appended.
    @discardableResult
    @inlinable
    public mutating func frame(
        _ streamID: UInt32, _ type: MessageType, _ flags: FrameFlags = [],
        _ body: (inout FieldEncoder) -> Void
    ) -> Bool {
        let place = storage.count
        bigEndian(0)
        bigEndian(streamID)
        storage.append(type.rawValue)
        storage.append(flags.rawValue)
        body(&self)
        let count = storage.count - place - FrameHeader.byteCount
        guard count <= FrameHeader.dataBytesMax else {
            storage.removeSubrange(place...)
            return false
        }
        storage[place] = 0
        storage[place + 1] = UInt8(truncatingIfNeeded: count >> 16)
        storage[place + 2] = UInt8(truncatingIfNeeded: count >> 8)
        storage[place + 3] = UInt8(truncatingIfNeeded: count)
        return true
    }

    // MARK: Scalars

    @inlinable
    mutating func bigEndian(_ value: UInt32) {
        for shift: UInt32 in [24, 16, 8, 0] {
            storage.append(UInt8(truncatingIfNeeded: value >> shift))
        }
    }

    @inlinable @inline(__always)
    mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            storage.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        storage.append(UInt8(truncatingIfNeeded: rest))
    }

    @inlinable @inline(__always)
    mutating func tag(_ number: UInt32, _ type: WireType) {
        varint(UInt64(number) << 3 | UInt64(type.rawValue))
    }

    @inlinable
    mutating func put(_ number: UInt32, text: String) {
        tag(number, .bytes)
        varint(UInt64(text.utf8.count))
        storage.append(contentsOf: text.utf8)
    }

    @inlinable
    mutating func put(_ number: UInt32, varint value: UInt64) {
        tag(number, .varint)
        varint(value)
    }

    // MARK: FieldVisitor

    @inlinable
    public mutating func string(_ number: UInt32, _ name: StaticString, _ value: inout String) {
        if !value.isEmpty { put(number, text: value) }
    }

    @inlinable
    public mutating func optionalString(
        _ number: UInt32, _ name: StaticString, _ value: inout String?
    ) {
        if let value { put(number, text: value) }
    }

    @inlinable
    public mutating func strings(
        _ number: UInt32, _ name: StaticString, _ value: inout [String]
    ) {
        for text in value { put(number, text: text) }
    }

    @inlinable
    public mutating func bytes(_ number: UInt32, _ name: StaticString, _ value: inout [UInt8]) {
        if !value.isEmpty { bytes(number, value) }
    }

    @inlinable
    public mutating func bool(_ number: UInt32, _ name: StaticString, _ value: inout Bool) {
        if value { put(number, varint: 1) }
    }

    @inlinable
    public mutating func optionalBool(
        _ number: UInt32, _ name: StaticString, _ value: inout Bool?
    ) {
        if let value { put(number, varint: value ? 1 : 0) }
    }

    @inlinable
    public mutating func int32(_ number: UInt32, _ name: StaticString, _ value: inout Int32) {
        if value != 0 { put(number, varint: UInt64(bitPattern: Int64(value))) }
    }

    @inlinable
    public mutating func optionalInt32(
        _ number: UInt32, _ name: StaticString, _ value: inout Int32?
    ) {
        if let value { put(number, varint: UInt64(bitPattern: Int64(value))) }
    }

    @inlinable
    public mutating func int64(_ number: UInt32, _ name: StaticString, _ value: inout Int64) {
        if value != 0 { put(number, varint: UInt64(bitPattern: value)) }
    }

    @inlinable
    public mutating func optionalInt64(
        _ number: UInt32, _ name: StaticString, _ value: inout Int64?
    ) {
        if let value { put(number, varint: UInt64(bitPattern: value)) }
    }

    @inlinable
    public mutating func int64s(_ number: UInt32, _ name: StaticString, _ value: inout [Int64]) {
        if value.isEmpty { return }
        delimited(number) { encoder in
            for element in value { encoder.varint(UInt64(bitPattern: element)) }
        }
    }

    @inlinable
    public mutating func message<M: Message>(
        _ number: UInt32, _ name: StaticString, _ value: inout M?
    ) {
        if let value { delimited(number) { $0.write(value) } }
    }

    @inlinable
    public mutating func messages<M: Message>(
        _ number: UInt32, _ name: StaticString, _ value: inout [M]
    ) {
        for message in value { delimited(number) { $0.write(message) } }
    }
}
