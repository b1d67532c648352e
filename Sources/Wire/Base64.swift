/// Bytes as text (RFC 4648 § 4).
public enum Base64 {
    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    public static func encode(_ bytes: [UInt8]) -> String {
        var result: [UInt8] = []
        result.reserveCapacity((bytes.count + 2) / 3 * 4)
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

    /// Nil: it is not base64, with its padding.
    public static func decode(_ text: String) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count % 4 == 0 else { return nil }
        let padding = digits.suffix(2).filter { $0 == UInt8(ascii: "=") }.count
        var result: [UInt8] = []
        var word: UInt32 = 0
        for (place, digit) in digits.dropLast(padding).enumerated() {
            guard let value = value(digit) else { return nil }
            word = word << 6 | value
            if place % 4 == 3 { result += bytes(word, 3) }
            if place % 4 == 3 { word = 0 }
        }
        switch padding {
        case 0: return result
        case 1: return result + bytes(word << 6, 2)
        default: return result + bytes(word << 12, 1)
        }
    }

    private static func bytes(_ word: UInt32, _ count: Int) -> [UInt8] {
        [16, 8, 0].prefix(count).map { UInt8(truncatingIfNeeded: word >> UInt32($0)) }
    }

    private static func value(_ digit: UInt8) -> UInt32? {
        switch Unicode.Scalar(digit) {
        case "A"..."Z": UInt32(digit - UInt8(ascii: "A"))
        case "a"..."z": UInt32(digit - UInt8(ascii: "a")) + 26
        case "0"..."9": UInt32(digit - UInt8(ascii: "0")) + 52
        case "+": 62
        case "/": 63
        default: nil
        }
    }
}
