/// The rules of the seed for texts: names, descriptions, tags, tokens (spec § 1). Lengths count
/// Unicode scalar values; prefixes match case-sensitively, as written.
public enum Text {
    /// A Han ideograph (P-Chinese). Full-width punctuation is not one.
    public static func isChinese(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xF900...0xFAFF, 0x20000...0x323AF: true
        default: false
        }
    }

    static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
        ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || isChinese(scalar)
    }

    static func length(_ text: String, isIn range: ClosedRange<Int>) -> Bool {
        // A text of that many scalars has at least as many bytes: most need no counting.
        if text.utf8.count < range.lowerBound { return false }
        return range.contains(text.unicodeScalars.count)
    }

    // Byte by byte: to a String's own comparison a prefix with an accent behind it is another
    // character, and so none.

    static func containsLink(_ text: String) -> Bool {
        var rest = text.utf8[...]
        while let start = rest.firstIndex(of: UInt8(ascii: "h")) {
            rest = rest[start...]
            if rest.starts(with: "http://".utf8) || rest.starts(with: "https://".utf8) {
                return true
            }
            rest.removeFirst()
        }
        return false
    }

    static func startsWithLink(_ text: String) -> Bool {
        starts(text, with: "http://") || starts(text, with: "https://")
    }

    static func hasReservedPrefix(_ text: String) -> Bool {
        starts(text, with: "aliyun") || starts(text, with: "acs:")
    }

    private static func starts(_ text: String, with prefix: String) -> Bool {
        text.utf8.starts(with: prefix.utf8)
    }

    /// 2-128; first a letter or Chinese; then those, digits and `marks`.
    private static func hasNameShape(_ text: String, marks: String) -> Bool {
        guard length(text, isIn: 2...128), let first = text.unicodeScalars.first, isLetter(first)
        else { return false }
        return text.unicodeScalars.allSatisfy { scalar in
            isLetter(scalar) || ("0"..."9").contains(scalar)
                || marks.unicodeScalars.contains(scalar)
        }
    }

    private static func isName(_ text: String, marks: String) -> Bool {
        hasNameShape(text, marks: marks) && !hasReservedPrefix(text) && !containsLink(text)
    }

    public static func isImageName(_ text: String) -> Bool { isName(text, marks: ".:_-") }
    public static func isImageFamily(_ text: String) -> Bool { isName(text, marks: ":_-") }

    /// SnapshotName: 2-128, not starting with `auto` or a link (operations § 3).
    public static func isSnapshotName(_ text: String) -> Bool {
        hasNameShape(text, marks: ".:_-") && !starts(text, with: "auto") && !startsWithLink(text)
    }

    /// P-Description: 2-256, not starting with a link.
    public static func isDescription(_ text: String) -> Bool {
        length(text, isIn: 2...256) && !startsWithLink(text)
    }

    /// 1 to 64 letters, digits, `-`, `_` and `.`; the first is no `-` and no `.`. So the temporary
    /// access keys of roles (`STS.NUgY...`) can be accounts too.
    public static func isAccountID(_ text: String) -> Bool {
        let isIn = text.utf8.allSatisfy { byte in
            switch UnicodeScalar(byte) {
            case "a"..."z", "A"..."Z", "0"..."9", "-", "_", ".": true
            default: false
            }
        }
        return isIn && (1...64).contains(text.utf8.count) && !text.hasPrefix("-")
            && !text.hasPrefix(".")
    }

    public static func isASCII(_ text: String, max: Int) -> Bool {
        text.utf8.count <= max && text.utf8.allSatisfy { $0 < 0x80 }
    }

    public static func isTagKey(_ text: String) -> Bool {
        length(text, isIn: 1...128) && !hasReservedPrefix(text) && !containsLink(text)
    }

    public static func isTagValue(_ text: String) -> Bool {
        length(text, isIn: 0...128) && !starts(text, with: "acs:") && !containsLink(text)
    }
}
