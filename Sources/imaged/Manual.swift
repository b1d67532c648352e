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
    /// Whether nothing was said in the section yet.
    private var isFirst = true
    /// Where meanings begin.
    private static let column = 28

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
            heading(line)
        } else if let (term, meaning) = Self.entry(line, indent) {
            endPlain()
            isFirst = false
            text += ".TP\n\\fB\(Self.escaped(term))\\fR\n\(Self.escaped(meaning))\n"
        } else if indent == Self.column && !isPlain {
            // A setting of the configuration file begins a line.
            let body = line.dropFirst(indent)
            let isSetting = body.drop { $0.isLetter }.hasPrefix(" = ")
            text += (isSetting ? ".br\n" : "") + Self.escaped(body) + "\n"
        } else {
            if !isPlain { text += isFirst ? ".nf\n" : ".PP\n.nf\n" }
            (isPlain, isFirst) = (true, false)
            text += Self.escaped(line.dropFirst(2)) + "\n"
        }
    }

    /// "Options (--name=value or --name value)": what is said in addition is no part of the title.
    private mutating func heading(_ line: Substring) {
        let title = line.prefix { $0 != "(" && $0 != ":" }
        let rest = line.dropFirst(title.count).drop { ": ".contains($0) }
        text += ".SH \(Self.escaped(Self.trimmed(title)).uppercased())\n"
        if !rest.isEmpty { text += Self.escaped(rest) + "\n" }
        isFirst = rest.isEmpty
    }

    private mutating func endPlain() {
        if isPlain { text += ".fi\n" }
        isPlain = false
    }

    /// "  --socket PATH             the socket": a term, and its meaning in the column for it.
    private static func entry(
        _ line: Substring, _ indent: Int
    ) -> (term: Substring, meaning: Substring)? {
        let meaning = line.dropFirst(column)
        let term = line.prefix(column).dropFirst(2)
        guard indent == 2, let first = meaning.first, first != " ", term.last == " ",
            term.hasPrefix("[") || term.hasSuffix("  "), term.first?.isNumber == false
        else { return nil }
        return (trimmed(term), meaning)
    }

    private static func trimmed(_ text: Substring) -> Substring {
        text.lastIndex { $0 != " " }.map { text[...$0] } ?? ""
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
