import TestSupport
import Wire

extension String: Scalar {
    static let protoType = "string"
    static let zero = ""
    init?(json: VectorJSON) {
        guard case .string(let value) = json else { return nil }
        self = value
    }
    var json: VectorJSON { .string(self) }
    var textFormat: String { [UInt8](utf8).textFormat }

    static func random(using generator: inout SeededGenerator) -> String {
        let alphabet: [Character] = [
            "a", "Z", "0", " ", "\"", "'", "\\", "\n", "\r", "\t", "\0", "\u{1}", "\u{7f}", "?",
            "é", "测", "试", "\u{ffff}", "😀", "\u{10ffff}", "\u{301}", "\u{feff}",
        ]
        // Now and then long enough for a length of two bytes.
        let countMax = Int.random(in: 0..<10, using: &generator) == 0 ? 200 : 12
        let count = Int.random(in: 0...countMax, using: &generator)
        return String((0..<count).map { _ in alphabet.randomElement(using: &generator) ?? "a" })
    }
}

extension [UInt8]: Scalar {
    static let protoType = "bytes"
    static let zero: [UInt8] = []
    init?(json: VectorJSON) {
        guard case .string(let value) = json else { return nil }
        self = [UInt8](hex: value)
    }
    var json: VectorJSON { .string(hex) }

    var textFormat: String {
        let escaped = map { byte in
            switch byte {
            case UInt8(ascii: "\n"): "\\n"
            case UInt8(ascii: "\r"): "\\r"
            case UInt8(ascii: "\t"): "\\t"
            case UInt8(ascii: "\""): "\\\""
            case UInt8(ascii: "'"): "\\'"
            case UInt8(ascii: "\\"): "\\\\"
            case 0x20...0x7e: String(UnicodeScalar(byte))
            default: "\\" + String(UInt16(byte) + 0o1000, radix: 8).dropFirst()
            }
        }
        return "\"" + escaped.joined() + "\""
    }

    static func random(using generator: inout SeededGenerator) -> [UInt8] {
        let count = Int.random(in: 0...40, using: &generator)
        return (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }
}

extension Bool: Scalar {
    static let protoType = "bool"
    static let zero = false
    init?(json: VectorJSON) {
        guard case .bool(let value) = json else { return nil }
        self = value
    }
    var json: VectorJSON { .bool(self) }
    var textFormat: String { "\(self)" }
    static func random(using generator: inout SeededGenerator) -> Bool {
        generator.next() & 1 == 1
    }
}

extension FixedWidthInteger {
    /// Any magnitude is as likely as any other, the ends too.
    fileprivate static func anyMagnitude(using generator: inout SeededGenerator) -> Self {
        let edges: [Self] = [.min, .max, 0, 1, 127, ~0, .max >> 1]
        if Int.random(in: 0..<4, using: &generator) == 0 {
            return edges.randomElement(using: &generator) ?? 0
        }
        let shift = Int.random(in: 0..<bitWidth, using: &generator)
        return Self.random(in: .min ... .max, using: &generator) >> shift
    }
}

extension Int32: Scalar {
    static let protoType = "int32"
    init?(json: VectorJSON) {
        guard case .number(let value) = json, let value = Int32(exactly: value) else { return nil }
        self = value
    }
    var json: VectorJSON { .number(Int64(self)) }
    var textFormat: String { "\(self)" }
    static func random(using generator: inout SeededGenerator) -> Int32 {
        anyMagnitude(using: &generator)
    }
}

extension Int64: Scalar {
    static let protoType = "int64"
    init?(json: VectorJSON) {
        guard case .string(let text) = json, let value = Int64(text) else { return nil }
        self = value
    }
    var json: VectorJSON { .string("\(self)") }
    var textFormat: String { "\(self)" }
    static func random(using generator: inout SeededGenerator) -> Int64 {
        anyMagnitude(using: &generator)
    }
}
