/// Figures in the text format of Prometheus, version 0.0.4.
struct Exposition {
    enum Kind: String { case counter, gauge, histogram }

    private(set) var text = ""
    private var name = ""

    /// Begins a family; its samples follow.
    mutating func family(_ name: String, _ kind: Kind, _ help: String) {
        self.name = name
        text += "# HELP \(name) \(Self.escaped(help, isQuoted: false))\n"
        text += "# TYPE \(name) \(kind.rawValue)\n"
    }

    /// A sample of the family, or, with a suffix, of a part of it.
    mutating func sample(
        _ value: Value, _ labels: KeyValuePairs<String, String> = [:], suffix: String = ""
    ) {
        text += name
        text += suffix
        if !labels.isEmpty {
            text += "{"
            var isFirst = true
            for (label, value) in labels {
                text += "\(isFirst ? "" : ",")\(label)=\"\(Self.escaped(value, isQuoted: true))\""
                isFirst = false
            }
            text += "}"
        }
        text += " \(value.text)\n"
    }

    /// A family of one sample.
    mutating func single(_ name: String, _ kind: Kind, _ help: String, _ value: Value) {
        family(name, kind, help)
        sample(value)
    }

    mutating func histogram(_ histogram: Histogram, _ label: String, _ value: String) {
        var sum: UInt64 = 0
        for (place, count) in histogram.counts.enumerated() {
            sum += count
            let bound =
                place < Histogram.bounds.count
                ? Value.nanoseconds(Histogram.bounds[place]).text : "+Inf"
            sample(.init(sum), [label: value, "le": bound], suffix: "_bucket")
        }
        sample(.nanoseconds(histogram.sumNanoseconds), [label: value], suffix: "_sum")
        sample(.init(sum), [label: value], suffix: "_count")
    }

    /// A number, written out.
    struct Value {
        let text: String
        init(_ number: some BinaryInteger) { text = "\(number)" }
        init(_ number: Double) { text = "\(number)" }

        /// As seconds, exactly.
        static func nanoseconds(_ count: Int64) -> Value { Value(Double(count) / 1_000_000_000) }
    }

    private static func escaped(_ text: String, isQuoted: Bool) -> String {
        guard text.utf8.contains(where: { $0 == 0x0A || $0 == 0x22 || $0 == 0x5C }) else {
            return text
        }
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\"" where isQuoted: escaped += "\\\""
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
