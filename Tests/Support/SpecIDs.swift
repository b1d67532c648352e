import Foundation

/// The IDs of the rules that this project keeps (`P-ImageName`, `E-OperationDenied.400`, `V6`), as
/// `protocol/ecs.md` lists them: each heads one row of a table.
public enum SpecIDs {
    /// One row: its ID, and the cells behind it without their backticks.
    public struct Row: Sendable {
        public let id: String
        public let cells: [String]
    }

    /// The rows of `protocol/ecs.md` in its order.
    public static let rows = rows(in: text)

    /// The IDs of `protocol/ecs.md` in its order.
    public static let all = rows.map(\.id)

    /// What an ID looks like; the kind is what it begins with.
    public static func isID(_ text: some StringProtocol) -> Bool {
        let form = /[PBAEXDQ]-[A-Za-z0-9]+(\.[A-Za-z0-9]+)*|V(10|[0-9])/
        return String(text).wholeMatch(of: form) != nil
    }

    /// The rows of `text` that an ID heads: a capital word in backticks is alone in the first cell.
    public static func rows(in text: String) -> [Row] {
        text.split(separator: "\n").compactMap { line in
            guard let head = line.prefixMatch(of: /\| `([A-Z]+-?[A-Za-z0-9.]*)` \|/) else {
                return nil
            }
            let cells = line[head.range.upperBound...].split(separator: "|")
            return Row(
                id: String(head.1),
                cells: cells.map { cell in
                    let content = cell.trimmingCharacters(in: .whitespaces)
                    let isCode = content.wholeMatch(of: /`[^`]*`/) != nil
                    return isCode ? String(content.dropFirst().dropLast()) : content
                })
        }
    }

    private static let text: String = {
        let path = URL(filePath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "protocol/ecs.md").path
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            preconditionFailure("protocol/ecs.md cannot be read")
        }
        return text
    }()
}
