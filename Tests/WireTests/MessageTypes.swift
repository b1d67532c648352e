import ECS
import Wire

/// Every message type of `protocol/imaged.proto`: the envelopes, the operations' messages, and what
/// is inside those.
enum MessageTypes {
    static let all: [any Message.Type] = {
        var types: [any Message.Type] = [
            Request.self, Response.self, KeyValue.self, Status.self, AnyMessage.self,
            ErrorDetail.self,
        ]
        for operation in allOperations {
            types += [operation.requestType, operation.responseType]
        }
        var seen: Set<String> = []
        var place = 0
        while place < types.count {
            if seen.insert(types[place].protoName).inserted {
                types += types[place].listed.inner
                place += 1
            } else {
                types.remove(at: place)
            }
        }
        return types
    }()

    static let names = all.map { $0.protoName }

    /// The type of that name, `Sample` included.
    static func named(_ name: String) -> (any Message.Type)? {
        name == Sample.protoName ? Sample.self : all.first { $0.protoName == name }
    }
}

extension Operation {
    static var requestType: any Message.Type { Request.self }
    static var responseType: any Message.Type { Response.self }
}

extension Message {
    static var listed: FieldLister { FieldLister.list(Self.self) }
}

/// The message of `protocol/vectors/sample.proto`.
struct Sample: Message {
    var int32Value: Int32 = 0
    var int64Value: Int64 = 0
    var boolValue = false
    var stringValue = ""
    var bytesValue: [UInt8] = []
    /// None or one: a struct cannot hold itself otherwise.
    private var messageValues: [Sample] = []
    var stringList: [String] = []
    var messageList: [Sample] = []
    var optionalInt32: Int32?
    var optionalInt64: Int64?
    var optionalBool: Bool?
    var optionalString: String?
    var numberList: [Int64] = []
    var twoByteTag: Int32 = 0
    var lastNumber: Int32 = 0
    init() {}

    mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.int32(1, "Int32Value", &int32Value)
        try visitor.int64(2, "Int64Value", &int64Value)
        try visitor.bool(3, "BoolValue", &boolValue)
        try visitor.string(4, "StringValue", &stringValue)
        try visitor.bytes(5, "BytesValue", &bytesValue)
        var messageValue = messageValues.first
        try visitor.message(6, "MessageValue", &messageValue)
        messageValues = messageValue.map { [$0] } ?? []
        try visitor.strings(7, "StringList", &stringList)
        try visitor.messages(8, "MessageList", &messageList)
        try visitor.optionalInt32(9, "OptionalInt32", &optionalInt32)
        try visitor.optionalInt64(10, "OptionalInt64", &optionalInt64)
        try visitor.optionalBool(11, "OptionalBool", &optionalBool)
        try visitor.optionalString(12, "OptionalString", &optionalString)
        try visitor.int64s(13, "NumberList", &numberList)
        try visitor.int32(16, "TwoByteTag", &twoByteTag)
        try visitor.int32(536_870_911, "LastNumber", &lastNumber)
    }
}
