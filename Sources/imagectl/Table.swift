import ECS
import System
import Wire

/// Rows under titles, made to fit a width.
struct Table {
    struct Column {
        let title: String
        /// Whether its texts may be cut to make room.
        var isFlexible = false
        var isNumber = false
        /// Whether its texts are statuses, which have colours on a terminal.
        var isStatus = false
    }

    private static let gap = 2
    private static let flexibleMin = 8

    var columns: [Column]
    var rows: [[String]]

    /// - Parameter width: in characters; nil: as wide as it comes out. Columns with nothing in them
    ///   give way first, then flexible ones are cut, then columns are left out from the right, and
    ///   a last line names them.
    func text(width: Int?) -> String {
        let isTight =
            width.map { width in
                fitted(to: nil).split(separator: "\n").contains { displayWidth(String($0)) > width }
            } ?? false
        return isTight ? withoutEmptyColumns().fitted(to: width) : fitted(to: width)
    }

    private func withoutEmptyColumns() -> Table {
        let kept = columns.indices.filter { index in
            index == 0 || rows.contains { !$0[index].isEmpty }
        }
        return Table(
            columns: kept.map { columns[$0] }, rows: rows.map { row in kept.map { row[$0] } })
    }

    private func fitted(to width: Int?) -> String {
        let cells = rows.map { $0.map(printable) }
        var widths = columns.indices.map { index in
            (cells.map { displayWidth($0[index]) } + [columns[index].title.utf8.count]).max()!
        }
        var shown = columns.count
        if let width {
            while shown > 1, total(widths, shown, atLeast: true) > width { shown -= 1 }
            let excess = total(widths, shown, atLeast: false) - width
            if excess > 0, let index = columns[..<shown].firstIndex(where: \.isFlexible) {
                widths[index] = max(Self.flexibleMin, widths[index] - excess)
            }
        }
        // Only a terminal has a width.
        let isColored = width != nil && Style.isColored(.output)
        let head = line(columns[..<shown].map(\.title), widths, isColored: false)
        let lines = cells.map { line(Array($0[..<shown]), widths, isColored: isColored) }
        let left = columns[shown...].map(\.title).filter { !$0.isEmpty }
        let rest =
            left.isEmpty ? [] : [cut("no room for \(left.joined(separator: ", "))", width ?? 80)]
        return ([head] + lines + rest).joined(separator: "\n")
    }

    private func total(_ widths: [Int], _ shown: Int, atLeast: Bool) -> Int {
        let sum = (0..<shown).reduce(0) { sum, index in
            let least = atLeast && columns[index].isFlexible
            return sum + (least ? min(widths[index], Self.flexibleMin) : widths[index])
        }
        return sum + Self.gap * (shown - 1)
    }

    private func line(_ cells: [String], _ widths: [Int], isColored: Bool) -> String {
        var text = ""
        for (index, cell) in cells.enumerated() {
            var cell = cut(cell, widths[index])
            let space = String(repeating: " ", count: max(0, widths[index] - displayWidth(cell)))
            if isColored, columns[index].isStatus, let color = Style.color(ofStatus: cell) {
                cell = Style.text(cell, color, on: .output)
            }
            text += columns[index].isNumber ? space + cell : cell + space
            text += String(repeating: " ", count: Self.gap)
        }
        while text.last == " " { text.removeLast() }
        return text
    }

    private func cut(_ text: String, _ width: Int) -> String {
        if displayWidth(text) <= width { return text }
        var result = ""
        var used = 1
        for character in text {
            let next = displayWidth(String(character))
            if used + next > width { break }
            result.append(character)
            used += next
        }
        return result + "…"
    }
}

/// How many places of a terminal `text` takes: two for an East Asian wide character.
func displayWidth(_ text: String) -> Int {
    text.reduce(0) { sum, character in
        sum + (character.unicodeScalars.first.map(isWide) == true ? 2 : 1)
    }
}

/// Unicode's East Asian Width W and F, by block.
private func isWide(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF,
        0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD:
        true
    default: false
    }
}

/// The set fields of a message, a line each: for answers that are no list.
struct FieldPrinter: FieldVisitor {
    private var lines: [(name: String, value: String)] = []
    private var prefix = ""

    static func text<M: Message>(of message: M) -> String {
        var printer = FieldPrinter()
        printer.visit(message)
        let width = printer.lines.map(\.name.utf8.count).max() ?? 0
        return printer.lines.map { line in
            line.name + String(repeating: " ", count: width + 2 - line.name.utf8.count) + line.value
        }.joined(separator: "\n")
    }

    private mutating func visit<M: Message>(_ message: M) {
        var message = message
        // Printing throws nothing.
        try? message.visit(&self)
    }

    private mutating func put(_ name: StaticString, _ value: String) {
        if !value.isEmpty && "\(name)" != "RequestId" {
            lines.append(("\(prefix)\(name)", printable(value)))
        }
    }

    private mutating func nest<M: Message>(_ name: String, _ message: M) {
        let outer = prefix
        prefix += name
        visit(message)
        prefix = outer
    }

    mutating func string(
        _ number: UInt32, _ name: StaticString, _ value: inout String
    ) throws(ProtoError) { put(name, value) }
    mutating func optionalString(
        _ number: UInt32, _ name: StaticString, _ value: inout String?
    ) throws(ProtoError) { put(name, value ?? "") }
    mutating func strings(
        _ number: UInt32, _ name: StaticString, _ value: inout [String]
    ) throws(ProtoError) { put(name, value.joined(separator: " ")) }
    mutating func bytes(
        _ number: UInt32, _ name: StaticString, _ value: inout [UInt8]
    ) throws(ProtoError) { put(name, Base64.encode(value)) }
    mutating func bool(
        _ number: UInt32, _ name: StaticString, _ value: inout Bool
    ) throws(ProtoError) { put(name, "\(value)") }
    mutating func optionalBool(
        _ number: UInt32, _ name: StaticString, _ value: inout Bool?
    ) throws(ProtoError) { put(name, value.map { "\($0)" } ?? "") }
    mutating func int32(
        _ number: UInt32, _ name: StaticString, _ value: inout Int32
    ) throws(ProtoError) { put(name, "\(value)") }
    mutating func optionalInt32(
        _ number: UInt32, _ name: StaticString, _ value: inout Int32?
    ) throws(ProtoError) { put(name, value.map { "\($0)" } ?? "") }
    mutating func int64(
        _ number: UInt32, _ name: StaticString, _ value: inout Int64
    ) throws(ProtoError) { put(name, "\(value)") }
    mutating func optionalInt64(
        _ number: UInt32, _ name: StaticString, _ value: inout Int64?
    ) throws(ProtoError) { put(name, value.map { "\($0)" } ?? "") }
    mutating func int64s(
        _ number: UInt32, _ name: StaticString, _ value: inout [Int64]
    ) throws(ProtoError) { put(name, value.map { "\($0)" }.joined(separator: " ")) }
    mutating func message<M: Message>(
        _ number: UInt32, _ name: StaticString, _ value: inout M?
    ) throws(ProtoError) {
        if let value { nest("\(name).", value) }
    }
    mutating func messages<M: Message>(
        _ number: UInt32, _ name: StaticString, _ value: inout [M]
    ) throws(ProtoError) {
        for (index, message) in value.enumerated() { nest("\(name).\(index + 1).", message) }
    }
}
