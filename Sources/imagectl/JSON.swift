import Wire

/// JSON text of a message: proto3's mapping with ECS's names as keys. 64-bit integers are strings,
/// bytes base64. Fields without presence are always there; optional ones where they are set.
struct JSONWriter: FieldVisitor {
    private var text = ""
    private var isFirst = true
    private let isIndented: Bool
    private let depth: Int

    /// - Parameter isIndented: for people; else one line.
    static func text<M: Message>(of message: M, isIndented: Bool, depth: Int = 0) -> String {
        var writer = JSONWriter(isIndented: isIndented, depth: depth + 1)
        var message = message
        // Writing throws nothing.
        try? message.visit(&writer)
        if writer.isFirst { return "{}" }
        return "{" + writer.text + lineBreak(isIndented, depth) + "}"
    }

    private init(isIndented: Bool, depth: Int) {
        self.isIndented = isIndented
        self.depth = depth
    }

    private static func lineBreak(_ isIndented: Bool, _ depth: Int) -> String {
        isIndented ? "\n" + String(repeating: "  ", count: depth) : ""
    }

    private mutating func put(_ name: StaticString, _ value: String) {
        if !isFirst { text += "," }
        isFirst = false
        text += Self.lineBreak(isIndented, depth) + "\"\(name)\":" + (isIndented ? " " : "") + value
    }

    private mutating func putList(_ name: StaticString, _ values: [String]) {
        guard !values.isEmpty else { return put(name, "[]") }
        let inner = Self.lineBreak(isIndented, depth + 1)
        put(
            name,
            "[" + inner + values.joined(separator: "," + inner) + Self.lineBreak(isIndented, depth)
                + "]")
    }

    /// `text` as a JSON string (RFC 8259 § 7).
    static func quoted(_ text: String) -> String {
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

    /// RFC 4648 § 4.
    static func base64(_ bytes: [UInt8]) -> String {
        let alphabet = Array(
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var result: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            var word = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            word <<= UInt32(8 * (3 - group.count))
            for place in 0..<4 {
                let index = Int(word >> UInt32(18 - 6 * place) & 63)
                result.append(place <= group.count ? alphabet[index] : UInt8(ascii: "="))
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    // MARK: FieldVisitor

    mutating func string(
        _ number: UInt32, _ name: StaticString, _ value: inout String
    ) throws(ProtoError) { put(name, Self.quoted(value)) }
    mutating func optionalString(
        _ number: UInt32, _ name: StaticString, _ value: inout String?
    ) throws(ProtoError) {
        if let value { put(name, Self.quoted(value)) }
    }
    mutating func strings(
        _ number: UInt32, _ name: StaticString, _ value: inout [String]
    ) throws(ProtoError) { putList(name, value.map(Self.quoted)) }
    mutating func bytes(
        _ number: UInt32, _ name: StaticString, _ value: inout [UInt8]
    ) throws(ProtoError) { put(name, "\"\(Self.base64(value))\"") }
    mutating func bool(
        _ number: UInt32, _ name: StaticString, _ value: inout Bool
    ) throws(ProtoError) { put(name, "\(value)") }
    mutating func optionalBool(
        _ number: UInt32, _ name: StaticString, _ value: inout Bool?
    ) throws(ProtoError) {
        if let value { put(name, "\(value)") }
    }
    mutating func int32(
        _ number: UInt32, _ name: StaticString, _ value: inout Int32
    ) throws(ProtoError) { put(name, "\(value)") }
    mutating func optionalInt32(
        _ number: UInt32, _ name: StaticString, _ value: inout Int32?
    ) throws(ProtoError) {
        if let value { put(name, "\(value)") }
    }
    mutating func int64(
        _ number: UInt32, _ name: StaticString, _ value: inout Int64
    ) throws(ProtoError) { put(name, "\"\(value)\"") }
    mutating func optionalInt64(
        _ number: UInt32, _ name: StaticString, _ value: inout Int64?
    ) throws(ProtoError) {
        if let value { put(name, "\"\(value)\"") }
    }
    mutating func int64s(
        _ number: UInt32, _ name: StaticString, _ value: inout [Int64]
    ) throws(ProtoError) { putList(name, value.map { "\"\($0)\"" }) }
    mutating func message<M: Message>(
        _ number: UInt32, _ name: StaticString, _ value: inout M?
    ) throws(ProtoError) {
        if let value { put(name, Self.text(of: value, isIndented: isIndented, depth: depth)) }
    }
    mutating func messages<M: Message>(
        _ number: UInt32, _ name: StaticString, _ value: inout [M]
    ) throws(ProtoError) {
        putList(
            name, value.map { Self.text(of: $0, isIndented: isIndented, depth: depth + 1) })
    }
}
