/// A request frame's data, by place: nothing is copied out of the bytes it came in
/// (`protocol/README.md` § Request; ttrpc's request.proto).
public struct RequestEnvelope: Equatable, Sendable {
    public var service: Range<Int>
    public var method: Range<Int>
    public var payload: Range<Int>
    /// 0: none; below zero: already over; else from arrival.
    public var timeoutNanoseconds: Int64 = 0
    public var metadata: [(key: Range<Int>, value: Range<Int>)] = []

    public static func == (left: Self, right: Self) -> Bool {
        left.service == right.service && left.method == right.method
            && left.payload == right.payload
            && left.timeoutNanoseconds == right.timeoutNanoseconds
            && left.metadata.elementsEqual(right.metadata, by: ==)
    }

    /// Reads the envelope in `bytes[range]`.
    public init(decoding bytes: [UInt8], _ range: Range<Int>) throws(ProtoError) {
        let nothing = range.lowerBound..<range.lowerBound
        service = nothing
        method = nothing
        payload = nothing
        var reader = ProtoReader(bytes, range)
        while !reader.isAtEnd {
            let (number, type) = try reader.tag()
            switch number {
            case 1: service = try reader.text(type, "service")
            case 2: method = try reader.text(type, "method")
            case 3: payload = try reader.delimited(type, "payload")
            case 4:
                guard type == .varint else {
                    throw ProtoError(
                        .wrongWireType(expected: .varint, found: type), field: "timeout_nano")
                }
                do throws(ProtoError) {
                    timeoutNanoseconds = Int64(bitPattern: try reader.varint())
                } catch {
                    throw error.inside("timeout_nano")
                }
            case 5:
                do throws(ProtoError) {
                    let entry = try reader.delimited(type, "")
                    metadata.append(try Self.keyValue(bytes, entry))
                } catch {
                    throw error.inside("metadata.\(metadata.count + 1)")
                }
            default: try reader.skip(number, type, depth: 1)
            }
        }
    }

    private static func keyValue(
        _ bytes: [UInt8], _ range: Range<Int>
    ) throws(ProtoError) -> (key: Range<Int>, value: Range<Int>) {
        var entry = (
            key: range.lowerBound..<range.lowerBound, value: range.lowerBound..<range.lowerBound
        )
        var reader = ProtoReader(bytes, range)
        while !reader.isAtEnd {
            let (number, type) = try reader.tag()
            switch number {
            case 1: entry.key = try reader.text(type, "key")
            case 2: entry.value = try reader.text(type, "value")
            default: try reader.skip(number, type, depth: 2)
            }
        }
        return entry
    }
}

extension ProtoReader {
    fileprivate mutating func delimited(
        _ type: WireType, _ name: String
    ) throws(ProtoError) -> Range<Int> {
        guard type == .bytes else {
            throw ProtoError(.wrongWireType(expected: .bytes, found: type), field: name)
        }
        do throws(ProtoError) { return try delimited() } catch { throw error.inside(name) }
    }

    /// The same of a string, which must be UTF-8; it is checked in place.
    fileprivate mutating func text(
        _ type: WireType, _ name: String
    ) throws(ProtoError) -> Range<Int> {
        let range = try delimited(type, name)
        guard (try? UTF8Span(validating: bytes.span.extracting(range))) != nil else {
            throw ProtoError(.invalidUTF8, field: name)
        }
        return range
    }
}

/// The status of a call that failed (google.rpc.Status).
public struct Status: Message {
    public var code: Int32 = 0
    public var message = ""
    public var details: [AnyMessage] = []
    @inlinable public init() {}

    public init(_ code: StatusCode, _ message: String) {
        self.code = code.rawValue
        self.message = message
    }

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.int32(1, "code", &code)
        try visitor.string(2, "message", &message)
        try visitor.messages(3, "details", &details)
    }
}

/// A message with its type's name (google.protobuf.Any).
public struct AnyMessage: Message {
    public static let protoName = "Any"
    public var typeURL = ""
    public var value: [UInt8] = []
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "type_url", &typeURL)
        try visitor.bytes(2, "value", &value)
    }
}

/// google.rpc.Code: the ones this protocol uses (`protocol/README.md` § Errors).
public struct StatusCode: RawRepresentable, Hashable, Sendable {
    public let rawValue: Int32
    public init(rawValue: Int32) { self.rawValue = rawValue }

    public static let cancelled = StatusCode(rawValue: 1)
    public static let invalidArgument = StatusCode(rawValue: 3)
    public static let deadlineExceeded = StatusCode(rawValue: 4)
    public static let notFound = StatusCode(rawValue: 5)
    public static let permissionDenied = StatusCode(rawValue: 7)
    public static let resourceExhausted = StatusCode(rawValue: 8)
    public static let failedPrecondition = StatusCode(rawValue: 9)
    public static let outOfRange = StatusCode(rawValue: 11)
    public static let unimplemented = StatusCode(rawValue: 12)
    public static let `internal` = StatusCode(rawValue: 13)
    public static let unavailable = StatusCode(rawValue: 14)
}

/// A request frame's data, for a sender (`protocol/README.md` § Request).
public struct Request: Message {
    public var service = ""
    public var method = ""
    public var payload: [UInt8] = []
    public var timeoutNanoseconds: Int64 = 0
    public var metadata: [KeyValue] = []
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "service", &service)
        try visitor.string(2, "method", &method)
        try visitor.bytes(3, "payload", &payload)
        try visitor.int64(4, "timeout_nano", &timeoutNanoseconds)
        try visitor.messages(5, "metadata", &metadata)
    }
}

/// One entry of a request's metadata.
public struct KeyValue: Message {
    public var key = ""
    public var value = ""
    @inlinable public init() {}
    public init(_ key: String, _ value: String) {
        self.key = key
        self.value = value
    }

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "key", &key)
        try visitor.string(2, "value", &value)
    }
}

/// A response frame's data (`protocol/README.md` § Response). One with a status has no payload.
public struct Response: Message {
    public var status: Status?
    public var payload: [UInt8] = []
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.message(1, "status", &status)
        try visitor.bytes(2, "payload", &payload)
    }
}
