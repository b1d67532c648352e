import ECS

extension Arguments {
    /// What `imaged --man` prints: the help as a manual page, man(7).
    static var manual: String {
        var page = Manual()
        for line in help.split(separator: "\n", omittingEmptySubsequences: false) {
            page.take(line)
        }
        return page.text
    }
}

/// Makes a manual page of the help's lines: a line at the margin is a heading; below it, what two
/// spaces stand before is a term, with its meaning behind it or further in on the lines below; and
/// what belongs to no term stands as it is.
private struct Manual {
    private(set) var text = """
        .TH IMAGED 8 \(imagedReleaseDay) "imaged \(imagedVersion)" "imaged manual"
        .SH NAME

        """
    private var hasName = false
    private var isPlain = false
    /// Where meanings begin in the section.
    private static let column = 28
    private static let narrowColumn = 14

    mutating func take(_ line: Substring) {
        let indent = line.prefix { $0 == " " }.count
        if !hasName {
            // "imaged - a local image service": the first line.
            text += Self.escaped(line.split(separator: "-")[0]).dropLast() + " \\- "
            text += Self.escaped(line.split(separator: "-")[1].dropFirst()) + "\n"
            hasName = true
        } else if line.isEmpty {
            endPlain()
        } else if indent == 0 {
            endPlain()
            text += ".SH \(Self.escaped(line).uppercased())\n"
        } else if let (term, meaning) = Self.entry(line, indent) {
            endPlain()
            text += ".TP\n\\fB\(Self.escaped(term))\\fR\n\(Self.escaped(meaning))\n"
        } else if indent >= Self.narrowColumn && !isPlain {
            text += Self.escaped(line.dropFirst(indent)) + "\n"
        } else {
            if !isPlain { text += ".PP\n.nf\n" }
            isPlain = true
            text += Self.escaped(line.dropFirst(2)) + "\n"
        }
    }

    private mutating func endPlain() {
        if isPlain { text += ".fi\n" }
        isPlain = false
    }

    /// "  --socket PATH             the socket": a term, two or more spaces, its meaning.
    private static func entry(
        _ line: Substring, _ indent: Int
    ) -> (term: Substring, meaning: Substring)? {
        guard indent == 2 else { return nil }
        let body = line.dropFirst(indent)
        guard let gap = body.indices.first(where: { body[$0...].hasPrefix("   ") }) else {
            return nil
        }
        return (body[..<gap], body[gap...].drop { $0 == " " })
    }

    private static func escaped(_ text: some StringProtocol) -> String {
        let escaped = text.reduce(into: "") { result, letter in
            switch letter {
            case "\\": result += "\\e"
            case "-": result += "\\-"
            case "'": result += "\\(aq"
            case "~": result += "\\(ti"
            default: result.append(letter)
            }
        }
        return escaped.hasPrefix(".") ? "\\&" + escaped : escaped
    }
}
