import ECS
import Wire

/// A field of a request, as a flag of the command line.
struct Field: Equatable {
    enum Kind: Equatable {
        case text, flag, number, list
    }

    /// As ECS writes it, with N for a place in a list: `DiskDeviceMapping.N.SnapshotId`.
    let path: String
    let kind: Kind

    /// `disk-device-mapping.N.snapshot-id`
    var shortName: String {
        path.split(separator: ".").map { $0 == "N" ? "N" : FieldNames.kebabCase($0) }.joined(
            separator: ".")
    }

    var isNested: Bool { path.contains(".") }

    /// Whether `name`, in ECS's spelling or the short one, names this field; then its path with
    /// the places filled in. A list is named whole, or one place of it.
    func path(named name: Substring) -> String? {
        let parts = path.split(separator: ".")
        var given = name.split(separator: ".", omittingEmptySubsequences: false)
        var places: [Substring] = []
        if kind == .list && given.count == parts.count + 1 { places = [given.removeLast()] }
        guard given.count == parts.count else { return nil }
        guard places.allSatisfy(Self.isPlace) else { return nil }
        for (part, given) in zip(parts, given) {
            if part == "N"
                ? !Self.isPlace(given) : given != part && given != FieldNames.kebabCase(part)
            {
                return nil
            }
        }
        let found = zip(parts, given).map { $0 == "N" ? $1 : $0 } + places
        return found.joined(separator: ".")
    }

    /// A place counts from 1 and has no leading zero, so that each has one name.
    private static func isPlace(_ text: Substring) -> Bool {
        text.first != "0" && text.utf8.count <= 3 && UInt16(text) != nil && text.first != "+"
    }
}

/// Collects the fields of a message, those of nested messages too, as flags.
struct FieldLister: FieldVisitor {
    private var fields: [Field] = []
    private var prefix = ""

    static func fields<M: Message>(of type: M.Type) -> [Field] {
        var lister = FieldLister()
        lister.visit(type)
        return lister.fields
    }

    private mutating func visit<M: Message>(_ type: M.Type) {
        var message = M()
        // Listing reads nothing and so throws nothing.
        try? message.visit(&self)
    }

    private mutating func add(_ name: StaticString, _ kind: Field.Kind) {
        // ECS's lower-case aliases of Tag.N.Key and Tag.N.Value: one spelling is enough here.
        if "\(name)".hasPrefix("Legacy") { return }
        fields.append(Field(path: "\(prefix)\(name)", kind: kind))
    }

    private mutating func nest<M: Message>(_ name: String, _ type: M.Type) {
        let outer = prefix
        prefix += name
        visit(type)
        prefix = outer
    }

    mutating func string(
        _ number: UInt32, _ name: StaticString, _ value: inout String
    ) throws(ProtoError) { add(name, .text) }
    mutating func optionalString(
        _ number: UInt32, _ name: StaticString, _ value: inout String?
    ) throws(ProtoError) { add(name, .text) }
    mutating func strings(
        _ number: UInt32, _ name: StaticString, _ value: inout [String]
    ) throws(ProtoError) { add(name, .list) }
    mutating func bytes(
        _ number: UInt32, _ name: StaticString, _ value: inout [UInt8]
    ) throws(ProtoError) { add(name, .text) }
    mutating func bool(
        _ number: UInt32, _ name: StaticString, _ value: inout Bool
    ) throws(ProtoError) { add(name, .flag) }
    mutating func optionalBool(
        _ number: UInt32, _ name: StaticString, _ value: inout Bool?
    ) throws(ProtoError) { add(name, .flag) }
    mutating func int32(
        _ number: UInt32, _ name: StaticString, _ value: inout Int32
    ) throws(ProtoError) { add(name, .number) }
    mutating func optionalInt32(
        _ number: UInt32, _ name: StaticString, _ value: inout Int32?
    ) throws(ProtoError) { add(name, .number) }
    mutating func int64(
        _ number: UInt32, _ name: StaticString, _ value: inout Int64
    ) throws(ProtoError) { add(name, .number) }
    mutating func optionalInt64(
        _ number: UInt32, _ name: StaticString, _ value: inout Int64?
    ) throws(ProtoError) { add(name, .number) }
    mutating func int64s(
        _ number: UInt32, _ name: StaticString, _ value: inout [Int64]
    ) throws(ProtoError) { add(name, .list) }
    mutating func message<M: Message>(
        _ number: UInt32, _ name: StaticString, _ value: inout M?
    ) throws(ProtoError) { nest("\(name).", M.self) }
    mutating func messages<M: Message>(
        _ number: UInt32, _ name: StaticString, _ value: inout [M]
    ) throws(ProtoError) { nest("\(name).N.", M.self) }
}

/// Reads one field of a message by its name: texts and lists of texts.
struct FieldFinder: SelectiveVisitor {
    private let wanted: String
    private var values: [String] = []

    static func values<M: Message>(of name: String, in message: M) -> [String] {
        var finder = FieldFinder(wanted: name)
        var message = message
        // Reading throws nothing.
        try? message.visit(&finder)
        return finder.values
    }

    private init(wanted: String) { self.wanted = wanted }

    private func isWanted(_ name: StaticString) -> Bool { "\(name)" == wanted }

    mutating func string(
        _ number: UInt32, _ name: StaticString, _ value: inout String
    ) throws(ProtoError) {
        if isWanted(name) && !value.isEmpty { values = [value] }
    }
    mutating func strings(
        _ number: UInt32, _ name: StaticString, _ value: inout [String]
    ) throws(ProtoError) {
        if isWanted(name) { values = value }
    }
    mutating func int64(
        _ number: UInt32, _ name: StaticString, _ value: inout Int64
    ) throws(ProtoError) {
        if isWanted(name) { values = ["\(value)"] }
    }
    mutating func optionalInt64(
        _ number: UInt32, _ name: StaticString, _ value: inout Int64?
    ) throws(ProtoError) {
        if isWanted(name), let value { values = ["\(value)"] }
    }
}
