import ECS
import System

/// How much of the log is wanted: each level has those above it.
public enum LogLevel: String, Sendable, CaseIterable, Comparable {
    /// Something is lost or damaged.
    case error
    /// Something was refused, or could not be done.
    case warning
    /// What the daemon does, and every change with who asked for it.
    case info
    /// Every request.
    case debug

    /// As syslog(3) counts.
    var priority: Int {
        switch self {
        case .error: 3
        case .warning: 4
        case .info: 6
        case .debug: 7
        }
    }

    public static func < (left: LogLevel, right: LogLevel) -> Bool {
        left.priority < right.priority
    }
}

/// A line of the log: what happened, then `key=value` fields. A value that has more than plain
/// characters is quoted; control characters never stand in a line as they are.
struct LogLine {
    private(set) var bytes: [UInt8] = []

    /// - Parameter prefix: what the line begins with, as it is.
    init(_ prefix: [UInt8], _ text: String) {
        bytes = prefix
        bytes += Log.escaped(text).utf8
    }

    mutating func add(_ key: StaticString, _ value: String) {
        begin(key)
        if Self.isPlain(value) {
            bytes += value.utf8
        } else {
            bytes.append(UInt8(ascii: "\""))
            for scalar in Log.escaped(value, isQuoted: true).utf8 { bytes.append(scalar) }
            bytes.append(UInt8(ascii: "\""))
        }
    }

    mutating func add(_ key: StaticString, _ number: some BinaryInteger) {
        begin(key)
        bytes += "\(number)".utf8
    }

    private mutating func begin(_ key: StaticString) {
        bytes.append(UInt8(ascii: " "))
        key.withUTF8Buffer { bytes += $0 }
        bytes.append(UInt8(ascii: "="))
    }

    /// Ends the line, which is cut where it would be longer than `max`, between characters.
    mutating func end(max: Int) {
        if bytes.count >= max {
            var end = max - 1
            while end > 0 && bytes[end] & 0xC0 == 0x80 { end -= 1 }
            bytes.removeSubrange(end...)
        }
        bytes.append(UInt8(ascii: "\n"))
    }

    /// Whether a value can stand without quotes: printable ASCII without `"`, `=` and the space.
    private static func isPlain(_ value: String) -> Bool {
        !value.isEmpty
            && value.utf8.allSatisfy {
                $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "=")
                    && $0 != UInt8(ascii: "\\")
            }
    }
}

extension Log {
    /// `text` with its control characters written out; quoted, quotes and backslashes too.
    static func escaped(_ text: String, isQuoted: Bool = false) -> String {
        func isSpecial(_ scalar: Unicode.Scalar) -> Bool {
            isControl(scalar) || isQuoted && (scalar == "\"" || scalar == "\\")
        }
        guard text.unicodeScalars.contains(where: isSpecial) else { return text }
        return text.unicodeScalars.map { scalar in
            if isControl(scalar) { return "\\u{\(String(scalar.value, radix: 16))}" }
            return isSpecial(scalar) ? "\\\(scalar)" : String(scalar)
        }.joined()
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
            || (0x2028...0x2029).contains(scalar.value)
    }

    /// What a line begins with. The journal has a time of its own, and takes the level from
    /// `<N>` (`sd-daemon(3)`).
    static func prefix(_ level: LogLevel, _ now: Int64, forJournal: Bool) -> [UInt8] {
        if forJournal { return Array("<\(level.priority)>".utf8) }
        let milliseconds = now / 1_000_000 % 1_000
        let digits = "\(milliseconds + 1_000)".dropFirst()
        return Array("\(Time.seconds(now).dropLast()).\(digits)Z \(level.rawValue) ".utf8)
    }
}
