import Catalog
import ECS
import System

/// The configuration file (`--config`): sections of `name = value` lines, `#` begins a comment.
///
///     [limits]                    # of every account: createimage.md § 6
///     UnfinishedSnapshots = 64
///     [daemon]                    # of every client: reliability.md § 6
///     Connections = 12000
public struct Configuration: Sendable {
    public var limits = Limits()
    public var server = ServerLimits()

    public init() {}

    /// What is wrong with a configuration file, and on which line.
    public struct Problem: Error, CustomStringConvertible {
        public let file: String
        public let line: Int
        public let reason: String
        public var description: String { "\(file):\(line): \(reason)" }
    }

    /// - Parameter file: the name that problems carry.
    public init(parsing text: String, file: String) throws(Problem) {
        var section = ""
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false)
            .enumerated()
        {
            let content = trim(line.prefix { $0 != "#" })
            if content.isEmpty { continue }
            do throws(Reason) {
                if content.hasPrefix("[") {
                    section = try Self.section(content)
                } else {
                    try set(content, in: section)
                }
            } catch {
                throw Problem(file: file, line: index + 1, reason: error.text)
            }
        }
    }

    private struct Reason: Error { let text: String }

    private static func section(_ content: Substring) throws(Reason) -> String {
        let name = content.dropFirst().dropLast()
        guard content.hasSuffix("]"), ["limits", "daemon"].contains(name) else {
            throw Reason(text: "no section \(content): there are [limits] and [daemon]")
        }
        return String(name)
    }

    private mutating func set(_ content: Substring, in section: String) throws(Reason) {
        guard let equals = content.firstIndex(of: "=") else {
            throw Reason(text: "\"\(content)\" is not of the form Name = number")
        }
        let name = String(trim(content[..<equals]))
        let text = trim(content[content.index(after: equals)...])
        guard let value = Int(text), (0...(1 << 31)).contains(value) else {
            throw Reason(text: "\(name) = \(text): a whole number from 0 to 2147483648 is right")
        }
        // None of a client's limits leaves anything to serve when it is 0.
        if section == "daemon" && value == 0 {
            throw Reason(text: "\(name) = 0: a whole number from 1 on is right")
        }
        let (isKnown, names) =
            switch section {
            case "limits": (limits.set(name, value), Limits.names)
            case "daemon": (server.set(name, value), ServerLimits.names)
            default: throw Reason(text: "\(name) stands before the first [section]")
            }
        if !isKnown {
            throw Reason(text: "no \(name) in [\(section)]: there are \(Values.list(names))")
        }
    }
}

private func trim(_ text: Substring) -> Substring {
    var text = text.drop { $0 == " " || $0 == "\t" || $0 == "\r" }
    while let last = text.last, last == " " || last == "\t" || last == "\r" { text.removeLast() }
    return text
}
