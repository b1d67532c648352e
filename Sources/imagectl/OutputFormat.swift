import ECS
import Wire

/// What results are written as.
enum OutputFormat: String, CaseIterable, Sendable {
    /// For people.
    case table
    /// One document.
    case json
    /// An object a line; of a list one for each of it.
    case jsonl
    /// IDs alone, a line each.
    case id

    var isJSON: Bool { self == .json || self == .jsonl }

    static let names = Self.allCases.map(\.rawValue)

    /// The formats of an answer that has no IDs.
    static let withoutIDs: [OutputFormat] = [.table, .json, .jsonl]
}

/// The lines of a message under `--output jsonl`: of a list the elements, else the message itself.
/// A message is a list if the first thing that it tells is one.
struct RowLister: FieldVisitor {
    private var rows: [String] = []
    /// Nil: nothing was told yet.
    private var isList: Bool?

    static func rows<M: Message>(of message: M) -> [String] {
        var lister = RowLister()
        var message = message
        // Listing throws nothing.
        try? message.visit(&lister)
        if lister.isList ?? false { return lister.rows }
        return [JSONWriter.text(of: message, isIndented: false)]
    }

    private mutating func tell(_ name: StaticString = "") {
        if "\(name)" != "RequestId" { isList = isList ?? false }
    }

    mutating func messages<M: Message>(
        _ number: UInt32, _ name: StaticString, _ value: inout [M]
    ) throws(ProtoError) {
        isList = isList ?? true
        rows += value.map { JSONWriter.text(of: $0, isIndented: false) }
    }

    mutating func string(
        _ number: UInt32, _ name: StaticString, _ value: inout String
    ) throws(ProtoError) { tell(name) }
    mutating func optionalString(
        _ number: UInt32, _ name: StaticString, _ value: inout String?
    ) throws(ProtoError) { tell() }
    mutating func strings(
        _ number: UInt32, _ name: StaticString, _ value: inout [String]
    ) throws(ProtoError) { tell() }
    mutating func bytes(
        _ number: UInt32, _ name: StaticString, _ value: inout [UInt8]
    ) throws(ProtoError) { tell() }
    mutating func bool(
        _ number: UInt32, _ name: StaticString, _ value: inout Bool
    ) throws(ProtoError) { tell() }
    mutating func optionalBool(
        _ number: UInt32, _ name: StaticString, _ value: inout Bool?
    ) throws(ProtoError) { tell() }
    mutating func int32(
        _ number: UInt32, _ name: StaticString, _ value: inout Int32
    ) throws(ProtoError) { tell() }
    mutating func optionalInt32(
        _ number: UInt32, _ name: StaticString, _ value: inout Int32?
    ) throws(ProtoError) { tell() }
    mutating func int64(
        _ number: UInt32, _ name: StaticString, _ value: inout Int64
    ) throws(ProtoError) { tell() }
    mutating func optionalInt64(
        _ number: UInt32, _ name: StaticString, _ value: inout Int64?
    ) throws(ProtoError) { tell() }
    mutating func int64s(
        _ number: UInt32, _ name: StaticString, _ value: inout [Int64]
    ) throws(ProtoError) { tell() }
    mutating func message<M: Message>(
        _ number: UInt32, _ name: StaticString, _ value: inout M?
    ) throws(ProtoError) { tell() }
}

/// The IDs that a message tells: those of its list, or of the one thing that it is about.
struct IDLister: SelectiveVisitor {
    private var ids: [String] = []
    /// Whether a field that carries IDs was met: only the first one counts.
    private var isFound = false
    /// Of an element of a list the first ID that is not empty counts.
    private let isElement: Bool

    static func ids<M: Message>(of message: M) -> [String] { list(message, isElement: false).ids }

    /// Whether messages of this type can tell IDs.
    static func hasIDs<M: Message>(_ type: M.Type) -> Bool { list(M(), isElement: false).isFound }

    private static func list<M: Message>(_ message: M, isElement: Bool) -> IDLister {
        var lister = IDLister(isElement: isElement)
        var message = message
        // Listing throws nothing.
        try? message.visit(&lister)
        return lister
    }

    private init(isElement: Bool) { self.isElement = isElement }

    private mutating func take(_ found: [String]) {
        if isFound && !(isElement && ids.isEmpty) { return }
        isFound = true
        ids = found.filter { !$0.isEmpty }
    }

    private func isID(_ name: StaticString) -> Bool {
        "\(name)".hasSuffix("Id") && "\(name)" != "RequestId"
    }

    mutating func messages<M: Message>(
        _ number: UInt32, _ name: StaticString, _ value: inout [M]
    ) throws(ProtoError) {
        guard Self.list(M(), isElement: true).isFound else { return }
        take(value.compactMap { Self.list($0, isElement: true).ids.first })
    }
    mutating func message<M: Message>(
        _ number: UInt32, _ name: StaticString, _ value: inout M?
    ) throws(ProtoError) {
        guard Self.list(M(), isElement: true).isFound else { return }
        take(value.map { Array(Self.list($0, isElement: true).ids.prefix(1)) } ?? [])
    }
    mutating func string(
        _ number: UInt32, _ name: StaticString, _ value: inout String
    ) throws(ProtoError) {
        if isID(name) { take([value]) }
    }
    mutating func strings(
        _ number: UInt32, _ name: StaticString, _ value: inout [String]
    ) throws(ProtoError) {
        if "\(name)" == "InstanceIdSets" { take(value) }
    }
    mutating func int64(
        _ number: UInt32, _ name: StaticString, _ value: inout Int64
    ) throws(ProtoError) {
        if "\(name)" == "FaultRuleId" { take([value == 0 ? "" : "\(value)"]) }
    }
}
