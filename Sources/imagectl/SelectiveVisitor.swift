import Wire

/// A visitor that looks at fields of a few kinds, and passes over those of every other one.
protocol SelectiveVisitor: FieldVisitor {}

extension SelectiveVisitor {
    func string(
        _ number: UInt32, _ name: StaticString, _ value: inout String
    ) throws(ProtoError) {}
    func optionalString(
        _ number: UInt32, _ name: StaticString, _ value: inout String?
    ) throws(ProtoError) {}
    func strings(
        _ number: UInt32, _ name: StaticString, _ value: inout [String]
    ) throws(ProtoError) {}
    func bytes(
        _ number: UInt32, _ name: StaticString, _ value: inout [UInt8]
    ) throws(ProtoError) {}
    func bool(_ number: UInt32, _ name: StaticString, _ value: inout Bool) throws(ProtoError) {}
    func optionalBool(
        _ number: UInt32, _ name: StaticString, _ value: inout Bool?
    ) throws(ProtoError) {}
    func int32(_ number: UInt32, _ name: StaticString, _ value: inout Int32) throws(ProtoError) {}
    func optionalInt32(
        _ number: UInt32, _ name: StaticString, _ value: inout Int32?
    ) throws(ProtoError) {}
    func int64(_ number: UInt32, _ name: StaticString, _ value: inout Int64) throws(ProtoError) {}
    func optionalInt64(
        _ number: UInt32, _ name: StaticString, _ value: inout Int64?
    ) throws(ProtoError) {}
    func int64s(
        _ number: UInt32, _ name: StaticString, _ value: inout [Int64]
    ) throws(ProtoError) {}
    func message<M: Message>(
        _ number: UInt32, _ name: StaticString, _ value: inout M?
    ) throws(ProtoError) {}
    func messages<M: Message>(
        _ number: UInt32, _ name: StaticString, _ value: inout [M]
    ) throws(ProtoError) {}
}
