/// Why bytes are not a valid message, and in which field (`protocol/README.md` § Payloads).
public struct ProtoError: Error, Hashable, Sendable {
    public enum Reason: Hashable, Sendable {
        case truncated
        case varintTooLong
        case wrongWireType(expected: WireType, found: WireType)
        case invalidWireType
        case invalidFieldNumber
        case invalidUTF8
        case tooDeep
    }

    public let reason: Reason
    /// The field as ECS spells it, with list places from 1 (`DiskDeviceMapping.2.Size`), in an
    /// envelope as the .proto file does (`metadata.1.key`); empty when the bytes do not even name
    /// one.
    public var field: String

    public init(_ reason: Reason, field: String = "") {
        self.reason = reason
        self.field = field
    }

    /// The same error, seen from the message that holds the field.
    @usableFromInline func inside(_ outer: String) -> ProtoError {
        ProtoError(reason, field: field.isEmpty ? outer : "\(outer).\(field)")
    }

    /// The same error of a list's element; `place` counts from 1.
    @usableFromInline func at(_ place: Int) -> ProtoError {
        ProtoError(reason, field: "\(field).\(place)")
    }
}

extension ProtoError: CustomStringConvertible {
    public var description: String {
        let text =
            switch reason {
            case .truncated: "the message ends inside it"
            case .varintTooLong: "a varint of more than 10 bytes or 64 bits"
            case .wrongWireType(let expected, let found):
                "wire type \(found.rawValue) where \(expected.rawValue) is right"
            case .invalidWireType: "an invalid wire type"
            case .invalidFieldNumber: "an invalid field number"
            case .invalidUTF8: "not valid UTF-8"
            case .tooDeep: "messages nested more than \(ProtoReader.depthMax) deep"
            }
        return field.isEmpty ? text : "\(field): \(text)"
    }
}

/// How a field's value is laid out (protobuf's encoding guide).
public enum WireType: UInt8, Hashable, Sendable {
    case varint = 0
    case fixed64 = 1
    case bytes = 2
    case groupStart = 3
    case groupEnd = 4
    case fixed32 = 5
}

/// Reads proto3's wire format from a part of an array, without copying or allocating.
public struct ProtoReader {
    /// How deep messages and groups may nest.
    public static let depthMax = 32
    static let fieldNumberMax: UInt64 = (1 << 29) - 1

    public let bytes: [UInt8]
    public private(set) var position: Int
    public let end: Int

    public init(_ bytes: [UInt8], _ range: Range<Int>) {
        self.bytes = bytes
        position = range.lowerBound
        end = range.upperBound
    }

    public var isAtEnd: Bool { position >= end }

    /// Up to 10 bytes, least significant group first; more than 64 bits are an error.
    public mutating func varint() throws(ProtoError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while position < end {
            let byte = bytes[position]
            position += 1
            if shift == 63 && byte > 1 { throw ProtoError(.varintTooLong) }
            value |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        throw ProtoError(.truncated)
    }

    /// The next field's number and wire type.
    public mutating func tag() throws(ProtoError) -> (number: UInt32, type: WireType) {
        let key = try varint()
        let number = key >> 3
        guard 1...Self.fieldNumberMax ~= number else { throw ProtoError(.invalidFieldNumber) }
        guard let type = WireType(rawValue: UInt8(key & 7)) else {
            throw ProtoError(.invalidWireType)
        }
        return (UInt32(number), type)
    }

    /// A length and that many bytes: where they are.
    public mutating func delimited() throws(ProtoError) -> Range<Int> {
        let length = try varint()
        guard length <= UInt64(end - position) else { throw ProtoError(.truncated) }
        let start = position
        position += Int(length)
        return start..<position
    }

    /// Passes over a field that is not known here, groups included.
    public mutating func skip(_ number: UInt32, _ type: WireType, depth: Int) throws(ProtoError) {
        switch type {
        case .varint: _ = try varint()
        case .fixed64: try advance(8)
        case .bytes: _ = try delimited()
        case .fixed32: try advance(4)
        case .groupStart: try skipGroup(number, depth: depth + 1)
        case .groupEnd: throw ProtoError(.invalidWireType)
        }
    }

    private mutating func skipGroup(_ group: UInt32, depth: Int) throws(ProtoError) {
        guard depth <= Self.depthMax else { throw ProtoError(.tooDeep) }
        while !isAtEnd {
            let (number, type) = try tag()
            if type == .groupEnd {
                guard number == group else { throw ProtoError(.invalidWireType) }
                return
            }
            try skip(number, type, depth: depth)
        }
        throw ProtoError(.truncated)
    }

    private mutating func advance(_ count: Int) throws(ProtoError) {
        guard end - position >= count else { throw ProtoError(.truncated) }
        position += count
    }
}
