/// What was measured, a row each, and the ratios that are to be reached.
final class DataBenchTable {
    private struct Row {
        let name: String
        let unit: String
        var values: [Double] = []
    }

    private struct Ratio {
        let text: String
        let values: [Double]
        let goal: String
    }

    /// In the order in which they came first.
    private var rows: [Row] = []
    private var ratios: [Ratio] = []
    private var notes: [String] = []

    func add(_ name: String, _ value: Double, _ unit: String) {
        if let index = rows.firstIndex(where: { $0.name == name }) {
            rows[index].values.append(value)
        } else {
            rows.append(Row(name: name, unit: unit, values: [value]))
        }
    }

    func note(_ text: String) {
        if !notes.contains(text) { notes.append(text) }
    }

    /// One row over another, round by round: what disturbed a round disturbed both.
    func addRatio(_ above: String, over below: String, _ goal: String) {
        let (above, below) = (rows.first { $0.name == above }, rows.first { $0.name == below })
        guard let above, let below else { return }
        let values = zip(above.values, below.values).map { $0 / $1 }
        ratios.append(
            Ratio(text: "\(above.name) / \(below.name)", values: values, goal: goal))
    }

    /// A row that is a ratio already.
    func addGoal(_ name: String, _ goal: String) {
        guard let row = rows.first(where: { $0.name == name }) else { return }
        ratios.append(Ratio(text: name, values: row.values, goal: goal))
    }

    /// In Markdown.
    var text: String {
        var lines = ["| what | median | lowest | highest | unit |", "|---|--:|--:|--:|---|"]
        lines += rows.map { "| \($0.name) | \(Self.cells($0.values)) | \($0.unit) |" }
        lines += ["", "| ratio | median | lowest | highest | goal |", "|---|--:|--:|--:|---|"]
        lines += ratios.map { "| \($0.text) | \(Self.cells($0.values)) | \($0.goal) |" }
        lines += [""] + notes.map { "- \($0)" }
        return lines.map { "\($0)\n" }.joined()
    }

    private static func cells(_ values: [Double]) -> String {
        let sorted = values.sorted()
        let middle = sorted.count / 2
        let median =
            sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
        return [median, sorted[0], sorted[sorted.count - 1]].map(number).joined(separator: " | ")
    }

    /// With as many decimals as mean something.
    static func number(_ value: Double) -> String {
        let scale: Double = value >= 100 ? 1 : value >= 10 ? 10 : value >= 1 ? 1000 : 10_000
        let rounded = (value * scale).rounded() / scale
        return scale == 1 ? "\(Int(rounded))" : "\(rounded)"
    }
}
