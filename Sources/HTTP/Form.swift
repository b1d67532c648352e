/// A parameter of a query or a form, decoded.
public struct FormField: Equatable, Sendable {
    public let name: String
    public let value: String

    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// What cannot be read of a query or form.
public struct FormProblem: Error, Equatable, Sendable {
    /// The field's name as far as it can be read.
    public let name: String
    public let reason: String
}

/// `name=value&name=value` (application/x-www-form-urlencoded), as queries and bodies have it.
public enum Form {
    /// More parameters than any operation takes.
    public static let fieldsMax = 4_096

    /// The fields in their order. Each byte stands for itself, `+` for a space, `%` and two digits
    /// for any byte; the bytes are UTF-8.
    public static func fields(_ text: some Collection<UInt8>) throws(FormProblem) -> [FormField] {
        var fields: [FormField] = []
        for part in text.split(separator: UInt8(ascii: "&")) {
            if fields.count == fieldsMax {
                throw FormProblem(name: "", reason: "More than \(fieldsMax) parameters.")
            }
            let name = part.prefix { $0 != UInt8(ascii: "=") }
            let value = part.dropFirst(name.count + 1)
            let label = String(decoding: name.prefix(128), as: UTF8.self)
            fields.append(FormField(try decoded(name, label), try decoded(value, label)))
        }
        return fields
    }

    private static func decoded(
        _ bytes: some Collection<UInt8>, _ name: String
    ) throws(FormProblem) -> String {
        var result: [UInt8] = []
        var rest = bytes[...]
        while let byte = rest.popFirst() {
            switch Unicode.Scalar(byte) {
            case "+": result.append(0x20)
            case "%":
                guard let high = rest.popFirst().flatMap(digit),
                    let low = rest.popFirst().flatMap(digit)
                else {
                    throw FormProblem(name: name, reason: "% stands before two hexadecimal digits.")
                }
                result.append(high << 4 | low)
            default: result.append(byte)
            }
        }
        guard let text = String(validating: result, as: UTF8.self) else {
            throw FormProblem(name: name, reason: "Text is UTF-8.")
        }
        return text
    }

    /// The value of a hexadecimal digit.
    static func digit(_ byte: UInt8) -> UInt8? {
        switch Unicode.Scalar(byte) {
        case "0"..."9": byte - UInt8(ascii: "0")
        case "a"..."f": byte - UInt8(ascii: "a") + 10
        case "A"..."F": byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    /// `text` as signatures write it: all but letters, digits and `-_.~` percent-encoded, in upper
    /// case (RFC 3986 § 2).
    public static func percentEncoded(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var result: [UInt8] = []
        for byte in text.utf8 {
            switch Unicode.Scalar(byte) {
            case "a"..."z", "A"..."Z", "0"..."9", "-", "_", ".", "~": result.append(byte)
            default:
                result += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// The fields sorted and joined again, as signatures cover them.
    static func canonical(_ fields: [FormField]) -> String {
        fields.sorted { ($0.name, $0.value) < ($1.name, $1.value) }
            .map { "\(percentEncoded($0.name))=\(percentEncoded($0.value))" }
            .joined(separator: "&")
    }
}
