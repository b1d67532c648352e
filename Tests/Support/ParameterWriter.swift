import ECS
import Wire

/// Writes a request as parameters over HTTP, by what the documentation of ECS and its SDKs say of
/// them: an account of the mapping that owes nothing to the daemon's.
public struct ParameterWriter: FieldVisitor {
    public var fields: [(name: String, value: String)] = []
    private var prefix = ""

    public static func fields<M: Message>(of message: M) -> [(name: String, value: String)] {
        var writer = ParameterWriter()
        var message = message
        try? message.visit(&writer)
        return writer.fields
    }

    /// Lists that ECS takes as a JSON array in one parameter.
    private static let arrays: Set<String> = ["InstanceIds", "DiskIds", "SnapshotIds"]

    private mutating func put(_ name: StaticString, _ value: String) {
        let names = ["LegacyKey": "key", "LegacyValue": "value"]
        fields.append(("\(prefix)\(names["\(name)"] ?? "\(name)")", value))
    }

    private mutating func nest<M: Message>(_ part: String, _ message: M) {
        let outer = prefix
        prefix += part
        var message = message
        try? message.visit(&self)
        prefix = outer
    }

    /// An element of a list is there even when it says nothing: with a parameter that is empty.
    private mutating func nestElement<M: Message>(_ part: String, _ message: M) {
        let count = fields.count
        nest(part, message)
        if fields.count == count { fields.append(("\(prefix)\(part)Empty", "")) }
    }

    public mutating func string(
        _ number: UInt32, _ name: StaticString, _ value: inout String
    ) throws(ProtoError) { if !value.isEmpty { put(name, value) } }
    public mutating func optionalString(
        _ number: UInt32, _ name: StaticString, _ value: inout String?
    ) throws(ProtoError) { if let value { put(name, value) } }
    public mutating func strings(
        _ number: UInt32, _ name: StaticString, _ value: inout [String]
    ) throws(ProtoError) {
        if Self.arrays.contains("\(name)") && !value.isEmpty {
            let texts = value.map { text in
                "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
            }
            return put(name, "[\(texts.joined(separator: ","))]")
        }
        for (index, text) in value.enumerated() {
            fields.append(("\(prefix)\(name).\(index + 1)", text))
        }
    }
    public mutating func bytes(
        _ number: UInt32, _ name: StaticString, _ value: inout [UInt8]
    ) throws(ProtoError) {}
    public mutating func bool(
        _ number: UInt32, _ name: StaticString, _ value: inout Bool
    ) throws(ProtoError) { if value { put(name, "true") } }
    public mutating func optionalBool(
        _ number: UInt32, _ name: StaticString, _ value: inout Bool?
    ) throws(ProtoError) {
        // As Go and Python write it.
        if let value { put(name, value ? "True" : "false") }
    }
    public mutating func int32(
        _ number: UInt32, _ name: StaticString, _ value: inout Int32
    ) throws(ProtoError) { if value != 0 { put(name, "\(value)") } }
    public mutating func optionalInt32(
        _ number: UInt32, _ name: StaticString, _ value: inout Int32?
    ) throws(ProtoError) { if let value { put(name, "\(value)") } }
    public mutating func int64(
        _ number: UInt32, _ name: StaticString, _ value: inout Int64
    ) throws(ProtoError) { if value != 0 { put(name, "\(value)") } }
    public mutating func optionalInt64(
        _ number: UInt32, _ name: StaticString, _ value: inout Int64?
    ) throws(ProtoError) { if let value { put(name, "\(value)") } }
    public mutating func int64s(
        _ number: UInt32, _ name: StaticString, _ value: inout [Int64]
    ) throws(ProtoError) {}
    public mutating func message<M: Message>(
        _ number: UInt32, _ name: StaticString, _ value: inout M?
    ) throws(ProtoError) { if let value { nest("\(name).", value) } }
    public mutating func messages<M: Message>(
        _ number: UInt32, _ name: StaticString, _ value: inout [M]
    ) throws(ProtoError) {
        for (index, element) in value.enumerated() {
            nestElement("\(name).\(index + 1).", element)
        }
    }
}
