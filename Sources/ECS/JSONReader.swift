/// A JSON value (RFC 8259) with the line that it begins on, so that a problem can name its place.
public struct JSONValue: Sendable {
    public enum Kind: Sendable {
        case object([(name: String, value: JSONValue)])
        case array([JSONValue])
        case string(String)
        /// As it is written: nothing here computes with one.
        case number(String)
        case bool(Bool)
        case null
    }

    public let line: Int
    public let kind: Kind

    /// "an object", for messages.
    public var kindName: String {
        switch kind {
        case .object: "an object"
        case .array: "an array"
        case .string: "a string"
        case .number: "a number"
        case .bool: "true or false"
        case .null: "null"
        }
    }
}

/// What is no JSON, and on which line.
public struct JSONProblem: Error, Equatable {
    public let line: Int
    public let reason: String
}

/// Reads JSON strictly: a member's name stands once in its object, nothing follows the value, and
/// nesting ends at 32. Written for policy documents and fixtures, which are small: Foundation's
/// reader would make the daemon a third larger (8.5 of 25.6 MB), and tells no lines.
public struct JSONReader {
    private static let depthMax = 32

    private let bytes: [UInt8]
    private var place = 0
    private var line = 1

    /// The one value that `text` holds.
    public static func read(_ text: String) throws(JSONProblem) -> JSONValue {
        var reader = JSONReader(bytes: Array(text.utf8))
        let value = try reader.value(depth: 0)
        reader.skipSpace()
        if reader.place < reader.bytes.count {
            throw reader.problem("nothing may follow the document")
        }
        return value
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private func problem(_ reason: String) -> JSONProblem {
        JSONProblem(line: line, reason: reason)
    }

    private var next: UInt8? { place < bytes.count ? bytes[place] : nil }

    private mutating func skipSpace() {
        while let byte = next, [0x20, 0x09, 0x0a, 0x0d].contains(byte) {
            if byte == 0x0a { line += 1 }
            place += 1
        }
    }

    /// Takes `byte` if it is next.
    private mutating func take(_ byte: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: byte) else { return false }
        place += 1
        return true
    }

    private mutating func expect(_ byte: Unicode.Scalar) throws(JSONProblem) {
        skipSpace()
        if !take(byte) { throw problem("\(byte) is expected here") }
    }

    private mutating func value(depth: Int) throws(JSONProblem) -> JSONValue {
        skipSpace()
        if depth > Self.depthMax { throw problem("nested deeper than \(Self.depthMax)") }
        let start = line
        return JSONValue(line: start, kind: try kind(depth))
    }

    private mutating func kind(_ depth: Int) throws(JSONProblem) -> JSONValue.Kind {
        guard let byte = next else { throw problem("the text ends where a value is expected") }
        switch Unicode.Scalar(byte) {
        case "{": return try object(depth)
        case "[": return try array(depth)
        case "\"": return .string(try string())
        case "t" where takeWord("true"): return .bool(true)
        case "f" where takeWord("false"): return .bool(false)
        case "n" where takeWord("null"): return .null
        case "-", "0"..."9": return .number(try number())
        default: throw problem("a value is expected here")
        }
    }

    private mutating func takeWord(_ word: String) -> Bool {
        guard bytes[place...].starts(with: word.utf8) else { return false }
        place += word.utf8.count
        return true
    }

    private mutating func object(_ depth: Int) throws(JSONProblem) -> JSONValue.Kind {
        place += 1
        var members: [(name: String, value: JSONValue)] = []
        var names: Set<String> = []
        skipSpace()
        if take("}") { return .object([]) }
        repeat {
            skipSpace()
            guard next == UInt8(ascii: "\"") else { throw problem("a name in \" is expected here") }
            let name = try string()
            guard names.insert(name).inserted else { throw problem("\"\(name)\" stands twice") }
            try expect(":")
            members.append((name, try value(depth: depth + 1)))
            skipSpace()
        } while take(",")
        try expect("}")
        return .object(members)
    }

    private mutating func array(_ depth: Int) throws(JSONProblem) -> JSONValue.Kind {
        place += 1
        var values: [JSONValue] = []
        skipSpace()
        if take("]") { return .array([]) }
        repeat {
            values.append(try value(depth: depth + 1))
            skipSpace()
        } while take(",")
        try expect("]")
        return .array(values)
    }

    // MARK: Strings and numbers

    private mutating func string() throws(JSONProblem) -> String {
        place += 1
        var text: [UInt8] = []
        while let byte = next {
            place += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"): text += Array(String(try escaped()).utf8)
            case 0..<0x20: throw problem("a control character in a string: write it as \\u")
            default: text.append(byte)
            }
        }
        throw problem("a string does not end")
    }

    private mutating func escaped() throws(JSONProblem) -> Unicode.Scalar {
        guard let byte = next else { throw problem("a string does not end") }
        place += 1
        switch Unicode.Scalar(byte) {
        case "\"": return "\""
        case "\\": return "\\"
        case "/": return "/"
        case "b": return "\u{8}"
        case "f": return "\u{c}"
        case "n": return "\n"
        case "r": return "\r"
        case "t": return "\t"
        case "u": return try escapedScalar()
        default: throw problem("\\ stands before one of \"\\/bfnrtu in a string")
        }
    }

    /// What four digits after `\u` stand for, or two such halves of a surrogate pair.
    private mutating func escapedScalar() throws(JSONProblem) -> Unicode.Scalar {
        let first = try fourDigits()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard first < 0xdc00, take("\\"), take("u") else {
            throw problem("\\u\(String(first, radix: 16)) is half a character")
        }
        let second = try fourDigits()
        guard (0xdc00...0xdfff).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (first - 0xd800) << 10 + (second - 0xdc00))
        else { throw problem("\\u\(String(first, radix: 16)) is half a character") }
        return scalar
    }

    private mutating func fourDigits() throws(JSONProblem) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = next,
                let digit = Character(Unicode.Scalar(byte)).hexDigitValue
            else { throw problem("\\u takes four hexadecimal digits") }
            value = value << 4 + UInt32(digit)
            place += 1
        }
        return value
    }

    private mutating func number() throws(JSONProblem) -> String {
        let start = place
        _ = take("-")
        let whole = takeDigits()
        let hasLeadingZero = whole.count > 1 && bytes[whole.lowerBound] == UInt8(ascii: "0")
        var isRight = !whole.isEmpty && !hasLeadingZero
        if take(".") { isRight = !takeDigits().isEmpty && isRight }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            isRight = !takeDigits().isEmpty && isRight
        }
        let text = String(decoding: bytes[start..<place], as: UTF8.self)
        if !isRight { throw problem("\(text) is no number") }
        return text
    }

    private mutating func takeDigits() -> Range<Int> {
        let start = place
        while let byte = next, (0x30...0x39).contains(byte) { place += 1 }
        return start..<place
    }
}
