import Wire

/// JSON text of a message (RFC 8259).
public struct JSONWriter: FieldVisitor {
    public enum Style: Sendable {
        /// For people and scripts: ECS's names as keys, 64-bit integers as strings, bytes base64.
        /// Fields without presence are always there; optional ones where they are set.
        case fields
        /// As ECS answers over HTTP and the SDKs decode it: numbers are numbers, and a list stands
        /// in an object of its own. What ECS does not know is there when it says something.
        case ecs
        /// proto3's own mapping: lowerCamelCase keys, 64-bit integers as strings, bytes base64;
        /// what is absent, or its type's zero, is left out.
        case proto
    }

    private var text: [UInt8] = []
    private var isFirst = true
    private let style: Style
    private let isIndented: Bool
    private var depth = 0

    /// - Parameter isIndented: for people; else one line.
    public static func text<M: Message>(of message: M, isIndented: Bool) -> String {
        String(decoding: bytes(of: message, .fields, isIndented: isIndented), as: UTF8.self)
    }

    public static func bytes<M: Message>(
        of message: M, _ style: Style, isIndented: Bool = false
    ) -> [UInt8] {
        var writer = JSONWriter(style, isIndented)
        writer.object(message)
        return writer.text
    }

    private init(_ style: Style, _ isIndented: Bool) {
        self.style = style
        self.isIndented = isIndented
    }

    // MARK: Text

    private mutating func add(_ part: String) { text.append(contentsOf: part.utf8) }

    private mutating func breakLine() {
        if !isIndented { return }
        text.append(0x0a)
        for _ in 0..<depth { add("  ") }
    }

    private mutating func object<M: Message>(_ message: M) {
        let isOutersFirst = isFirst
        isFirst = true
        depth += 1
        add("{")
        var message = message
        // Writing throws nothing.
        try? message.visit(&self)
        depth -= 1
        if !isFirst { breakLine() }
        add("}")
        isFirst = isOutersFirst
    }

    private mutating func key(_ name: String) {
        if !isFirst { add(",") }
        isFirst = false
        breakLine()
        add(isIndented ? "\"\(name)\": " : "\"\(name)\":")
    }

    private mutating func key(_ name: StaticString) {
        key(style == .proto ? FieldNames.camelCase("\(name)") : "\(name)")
    }

    private mutating func list<Element>(
        _ values: [Element], _ write: (inout JSONWriter, Element) -> Void
    ) {
        if values.isEmpty { return add("[]") }
        add("[")
        depth += 1
        for (index, value) in values.enumerated() {
            if index > 0 { add(",") }
            breakLine()
            write(&self, value)
        }
        depth -= 1
        breakLine()
        add("]")
    }

    /// A field that is a list: over HTTP within an object, under the name of one element.
    private mutating func field<Element>(
        _ name: StaticString, _ values: [Element], _ write: (inout JSONWriter, Element) -> Void
    ) {
        if style == .proto && values.isEmpty { return }
        key(name)
        guard style == .ecs else { return list(values, write) }
        add("{\"\(Self.elementName("\(name)"))\":")
        list(values, write)
        add("}")
    }

    /// What ECS calls one of a list: `Images.Image[]`, `InstanceStatuses.InstanceStatus[]`.
    static func elementName(_ list: String) -> String {
        if list == "OperationLocks" { return "LockReason" }
        if list.hasSuffix("Statuses") { return String(list.dropLast(2)) }
        return list.hasSuffix("s") ? String(list.dropLast()) : list
    }

    /// Whether a field that says nothing, because it has its type's zero, is left out.
    private func leavesOut(_ number: UInt32, _ name: StaticString, isZero: Bool) -> Bool {
        guard isZero else { return false }
        switch style {
        case .fields: return false
        case .proto: return true
        // Fields from 1000 on are ours. Who pages by NextToken goes on for as long as it is there.
        case .ecs: return number >= 1000 || "\(name)" == "NextToken"
        }
    }

    // MARK: Strings

    /// `text` as a JSON string (RFC 8259 § 7).
    public static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            // DEL and the C1 controls need no escape, but a terminal obeys them.
            case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}":
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    /// What the SDKs decode as an integer, though it is a text here: the owner of an image. One
    /// that is no number cannot be told to them.
    private static func isNumber(_ name: StaticString) -> Bool { "\(name)" == "ImageOwnerId" }

    // MARK: FieldVisitor

    public mutating func string(
        _ number: UInt32, _ name: StaticString, _ value: inout String
    ) throws(ProtoError) {
        if leavesOut(number, name, isZero: value.isEmpty) { return }
        if style == .ecs && Self.isNumber(name) {
            guard let owner = Int64(value), owner >= 0 else { return }
            key(name)
            return add("\(owner)")
        }
        key(name)
        add(Self.quoted(value))
    }
    public mutating func optionalString(
        _ number: UInt32, _ name: StaticString, _ value: inout String?
    ) throws(ProtoError) {
        guard let value else { return }
        key(name)
        add(Self.quoted(value))
    }
    public mutating func strings(
        _ number: UInt32, _ name: StaticString, _ value: inout [String]
    ) throws(ProtoError) { field(name, value) { $0.add(Self.quoted($1)) } }
    public mutating func bytes(
        _ number: UInt32, _ name: StaticString, _ value: inout [UInt8]
    ) throws(ProtoError) {
        if leavesOut(number, name, isZero: value.isEmpty) { return }
        key(name)
        add("\"\(Base64.encode(value))\"")
    }
    public mutating func bool(
        _ number: UInt32, _ name: StaticString, _ value: inout Bool
    ) throws(ProtoError) {
        if leavesOut(number, name, isZero: !value) { return }
        key(name)
        add("\(value)")
    }
    public mutating func optionalBool(
        _ number: UInt32, _ name: StaticString, _ value: inout Bool?
    ) throws(ProtoError) {
        guard let value else { return }
        key(name)
        add("\(value)")
    }
    public mutating func int32(
        _ number: UInt32, _ name: StaticString, _ value: inout Int32
    ) throws(ProtoError) {
        if leavesOut(number, name, isZero: value == 0) { return }
        key(name)
        add("\(value)")
    }
    public mutating func optionalInt32(
        _ number: UInt32, _ name: StaticString, _ value: inout Int32?
    ) throws(ProtoError) {
        guard let value else { return }
        key(name)
        add("\(value)")
    }
    public mutating func int64(
        _ number: UInt32, _ name: StaticString, _ value: inout Int64
    ) throws(ProtoError) {
        if leavesOut(number, name, isZero: value == 0) { return }
        key(name)
        add(long(value))
    }
    public mutating func optionalInt64(
        _ number: UInt32, _ name: StaticString, _ value: inout Int64?
    ) throws(ProtoError) {
        guard let value else { return }
        key(name)
        add(long(value))
    }
    public mutating func int64s(
        _ number: UInt32, _ name: StaticString, _ value: inout [Int64]
    ) throws(ProtoError) { field(name, value) { $0.add($0.long($1)) } }
    public mutating func message<M: Message>(
        _ number: UInt32, _ name: StaticString, _ value: inout M?
    ) throws(ProtoError) {
        guard let value else { return }
        key(name)
        object(value)
    }
    public mutating func messages<M: Message>(
        _ number: UInt32, _ name: StaticString, _ value: inout [M]
    ) throws(ProtoError) { field(name, value) { $0.object($1) } }

    /// Doubles, as which many read a JSON number, hold 53 bits.
    private func long(_ value: Int64) -> String { style == .ecs ? "\(value)" : "\"\(value)\"" }
}
