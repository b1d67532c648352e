/// The parameters of an HTTP request by their dotted names, as a tree: `DiskDeviceMapping`, `2`,
/// `Size`. Looking something up takes the length of its name, however many there are.
public struct Parameters: Sendable {
    /// Deeper than any field: what has more dots is nobody's.
    private static let depthMax = 8

    private struct Node: Sendable {
        var value: String?
        var children: [Substring: Int] = [:]
    }

    /// A place in the tree.
    struct Place: Equatable, Sendable {
        fileprivate let index: Int
        static let root = Place(index: 0)
    }

    private var nodes = [Node()]

    /// - Parameter fields: names and values; of a name that stands twice the last value counts.
    public init(_ fields: some Sequence<(name: String, value: String)>) {
        for field in fields { add(field.name, field.value) }
    }

    private mutating func add(_ name: String, _ value: String) {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        if parts.count > Self.depthMax { return }
        var index = 0
        for part in parts {
            if let next = nodes[index].children[part] {
                index = next
            } else {
                nodes[index].children[part] = nodes.count
                index = nodes.count
                nodes.append(Node())
            }
        }
        nodes[index].value = value
    }

    /// The value of a parameter that stands at the top: "Action"; nil: absent, or empty.
    public subscript(name: String) -> String? {
        child(name, of: .root).flatMap { value($0) }.flatMap { $0.isEmpty ? nil : $0 }
    }

    func child(_ name: String, of place: Place) -> Place? {
        nodes[place.index].children[name[...]].map { Place(index: $0) }
    }

    func value(_ place: Place) -> String? { nodes[place.index].value }

    /// Whether a value other than "" stands somewhere below.
    func saysSomething(_ place: Place) -> Bool {
        let node = nodes[place.index]
        if node.value.map({ !$0.isEmpty }) ?? false { return true }
        return node.children.values.contains { saysSomething(Place(index: $0)) }
    }

    /// The elements of a list, in the order of their numbers, which begin at 1 and may have gaps.
    func elements(_ place: Place) -> [Place] {
        nodes[place.index].children
            .compactMap { name, index in Self.number(name).map { ($0, index) } }
            .sorted { $0.0 < $1.0 }
            .map { Place(index: $0.1) }
    }

    /// A place counts from 1 and has no leading zero, so that each has one name.
    private static func number(_ text: Substring) -> UInt32? {
        guard let first = text.utf8.first, (0x31...0x39).contains(first) else { return nil }
        return UInt32(text)
    }
}
