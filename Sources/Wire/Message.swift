/// A message of `protocol/imaged.proto`, written down once: `visit` names every field with its
/// number, its ECS name and its place in the structure. Decoding, encoding, JSON, command-line
/// flags and the tests that hold this against the .proto file are visitors of that one list.
public protocol Message: Sendable, Equatable {
    init()

    /// The message's name in the .proto file.
    static var protoName: String { get }

    /// Shows every field to `visitor`, in the .proto file's order.
    mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError)
}

extension Message {
    public static var protoName: String { "\(Self.self)" }
}

/// Something that is done with each field of a message. Field names are ECS's (`ImageId`); the
/// .proto file's are the same in snake_case, and so are those of the envelopes, which ECS does not
/// know. Without presence, the type's zero means absent.
public protocol FieldVisitor {
    mutating func string(
        _ number: UInt32, _ name: StaticString, _ value: inout String) throws(ProtoError)
    mutating func optionalString(
        _ number: UInt32, _ name: StaticString, _ value: inout String?) throws(ProtoError)
    mutating func strings(
        _ number: UInt32, _ name: StaticString, _ value: inout [String]) throws(ProtoError)
    mutating func bytes(
        _ number: UInt32, _ name: StaticString, _ value: inout [UInt8]) throws(ProtoError)
    mutating func bool(
        _ number: UInt32, _ name: StaticString, _ value: inout Bool) throws(ProtoError)
    mutating func optionalBool(
        _ number: UInt32, _ name: StaticString, _ value: inout Bool?) throws(ProtoError)
    mutating func int32(
        _ number: UInt32, _ name: StaticString, _ value: inout Int32) throws(ProtoError)
    mutating func optionalInt32(
        _ number: UInt32, _ name: StaticString, _ value: inout Int32?) throws(ProtoError)
    mutating func int64(
        _ number: UInt32, _ name: StaticString, _ value: inout Int64) throws(ProtoError)
    mutating func optionalInt64(
        _ number: UInt32, _ name: StaticString, _ value: inout Int64?) throws(ProtoError)
    mutating func int64s(
        _ number: UInt32, _ name: StaticString, _ value: inout [Int64]) throws(ProtoError)
    mutating func message<M: Message>(
        _ number: UInt32, _ name: StaticString, _ value: inout M?) throws(ProtoError)
    mutating func messages<M: Message>(
        _ number: UInt32, _ name: StaticString, _ value: inout [M]) throws(ProtoError)
}
