extension Message {
    /// Reads a whole message (`protocol/README.md` § Payloads): unknown fields are skipped, of a
    /// repeated singular field the last wins, messages merge.
    ///
    /// - Throws: ``ProtoError`` naming the first field that is malformed or of the wrong type.
    @inlinable
    public init(decoding bytes: [UInt8]) throws(ProtoError) {
        try self.init(decoding: bytes, bytes.indices)
    }

    /// The same, from a part of `bytes`.
    @inlinable
    public init(decoding bytes: [UInt8], _ range: Range<Int>) throws(ProtoError) {
        self.init()
        try FieldDecoder.decode(&self, ProtoReader(bytes, range), depth: 1)
    }
}

/// Reads one field of the wire into the message that knows it. For each field on the wire the
/// message is visited once; the field of that number takes the value.
@usableFromInline
struct FieldDecoder: FieldVisitor {
    @usableFromInline var reader: ProtoReader
    @usableFromInline let depth: Int
    @usableFromInline var number: UInt32 = 0
    @usableFromInline var type = WireType.varint
    @usableFromInline var isTaken = false

    @inlinable
    static func decode<M: Message>(
        _ message: inout M, _ reader: ProtoReader, depth: Int
    ) throws(ProtoError) {
        guard depth <= ProtoReader.depthMax else { throw ProtoError(.tooDeep) }
        var decoder = FieldDecoder(reader: reader, depth: depth)
        while !decoder.reader.isAtEnd {
            (decoder.number, decoder.type) = try decoder.reader.tag()
            decoder.isTaken = false
            try message.visit(&decoder)
            if !decoder.isTaken {
                try decoder.reader.skip(decoder.number, decoder.type, depth: depth)
            }
        }
    }

    @inlinable
    init(reader: ProtoReader, depth: Int) {
        self.reader = reader
        self.depth = depth
    }

    // MARK: Values

    /// Whether the field at hand is `number`; its wire type must be `expected` then.
    @inlinable @inline(__always)
    mutating func takes(
        _ candidate: UInt32, _ name: StaticString, _ expected: WireType
    ) throws(ProtoError) -> Bool {
        if candidate != number { return false }
        guard type == expected else {
            throw ProtoError(.wrongWireType(expected: expected, found: type), field: "\(name)")
        }
        isTaken = true
        return true
    }

    @inlinable
    mutating func readVarint(_ name: StaticString) throws(ProtoError) -> UInt64 {
        do throws(ProtoError) { return try reader.varint() } catch { throw error.inside("\(name)") }
    }

    @inlinable
    mutating func readRange(_ name: StaticString) throws(ProtoError) -> Range<Int> {
        do throws(ProtoError) {
            return try reader.delimited()
        } catch {
            throw error.inside("\(name)")
        }
    }

    @inlinable
    mutating func readString(_ name: StaticString) throws(ProtoError) -> String {
        let range = try readRange(name)
        guard let text = String(validating: reader.bytes[range], as: UTF8.self) else {
            throw ProtoError(.invalidUTF8, field: "\(name)")
        }
        return text
    }

    /// protobuf's rule: an int32 is the varint's low 32 bits.
    @inlinable
    mutating func readInt32(_ name: StaticString) throws(ProtoError) -> Int32 {
        Int32(truncatingIfNeeded: try readVarint(name))
    }

    // MARK: FieldVisitor

    @inlinable
    mutating func string(
        _ number: UInt32, _ name: StaticString, _ value: inout String
    ) throws(ProtoError) {
        if try takes(number, name, .bytes) { value = try readString(name) }
    }

    @inlinable
    mutating func optionalString(
        _ number: UInt32, _ name: StaticString, _ value: inout String?
    ) throws(ProtoError) {
        if try takes(number, name, .bytes) { value = try readString(name) }
    }

    @inlinable
    mutating func strings(
        _ number: UInt32, _ name: StaticString, _ value: inout [String]
    ) throws(ProtoError) {
        do throws(ProtoError) {
            if try takes(number, name, .bytes) { value.append(try readString(name)) }
        } catch {
            throw error.at(value.count + 1)
        }
    }

    @inlinable
    mutating func bytes(
        _ number: UInt32, _ name: StaticString, _ value: inout [UInt8]
    ) throws(ProtoError) {
        if try takes(number, name, .bytes) { value = Array(reader.bytes[try readRange(name)]) }
    }

    @inlinable
    mutating func bool(
        _ number: UInt32, _ name: StaticString, _ value: inout Bool
    ) throws(ProtoError) {
        if try takes(number, name, .varint) { value = try readVarint(name) != 0 }
    }

    @inlinable
    mutating func optionalBool(
        _ number: UInt32, _ name: StaticString, _ value: inout Bool?
    ) throws(ProtoError) {
        if try takes(number, name, .varint) { value = try readVarint(name) != 0 }
    }

    @inlinable
    mutating func int32(
        _ number: UInt32, _ name: StaticString, _ value: inout Int32
    ) throws(ProtoError) {
        if try takes(number, name, .varint) { value = try readInt32(name) }
    }

    @inlinable
    mutating func optionalInt32(
        _ number: UInt32, _ name: StaticString, _ value: inout Int32?
    ) throws(ProtoError) {
        if try takes(number, name, .varint) { value = try readInt32(name) }
    }

    @inlinable
    mutating func int64(
        _ number: UInt32, _ name: StaticString, _ value: inout Int64
    ) throws(ProtoError) {
        if try takes(number, name, .varint) { value = Int64(bitPattern: try readVarint(name)) }
    }

    @inlinable
    mutating func optionalInt64(
        _ number: UInt32, _ name: StaticString, _ value: inout Int64?
    ) throws(ProtoError) {
        if try takes(number, name, .varint) { value = Int64(bitPattern: try readVarint(name)) }
    }

    /// Packed or not: proto3 readers take both.
    @inlinable
    mutating func int64s(
        _ number: UInt32, _ name: StaticString, _ value: inout [Int64]
    ) throws(ProtoError) {
        do throws(ProtoError) {
            if number == self.number && type == .varint {
                isTaken = true
                value.append(Int64(bitPattern: try readVarint(name)))
            } else if try takes(number, name, .bytes) {
                var packed = ProtoReader(reader.bytes, try readRange(name))
                while !packed.isAtEnd {
                    do throws(ProtoError) {
                        value.append(Int64(bitPattern: try packed.varint()))
                    } catch {
                        throw error.inside("\(name)")
                    }
                }
            }
        } catch {
            throw error.at(value.count + 1)
        }
    }

    @inlinable
    mutating func message<M: Message>(
        _ number: UInt32, _ name: StaticString, _ value: inout M?
    ) throws(ProtoError) {
        guard try takes(number, name, .bytes) else { return }
        var message = value ?? M()
        try decode(&message, "\(name)")
        value = message
    }

    @inlinable
    mutating func messages<M: Message>(
        _ number: UInt32, _ name: StaticString, _ value: inout [M]
    ) throws(ProtoError) {
        do throws(ProtoError) {
            guard try takes(number, name, .bytes) else { return }
        } catch {
            throw error.at(value.count + 1)
        }
        var message = M()
        try decode(&message, "\(name).\(value.count + 1)")
        value.append(message)
    }

    @inlinable
    mutating func decode<M: Message>(
        _ message: inout M, _ name: @autoclosure () -> String
    ) throws(ProtoError) {
        do throws(ProtoError) {
            let range = try reader.delimited()
            try Self.decode(&message, ProtoReader(reader.bytes, range), depth: depth + 1)
        } catch {
            throw error.inside(name())
        }
    }
}
