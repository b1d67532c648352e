import TestSupport
import Testing
import Wire

/// A type that a field without structure can have, and what these tests do with it.
protocol Scalar: Equatable, Sendable {
    static var protoType: String { get }
    static var zero: Self { get }
    init?(json: VectorJSON)
    var json: VectorJSON { get }
    /// As protobuf's text format writes it.
    var textFormat: String { get }
    static func random(using generator: inout SeededGenerator) -> Self
}

/// A visitor that treats fields by their shape. What it does with each scalar is in `Scalar`.
protocol ShapeVisitor: FieldVisitor {
    mutating func single<T: Scalar>(_ number: UInt32, _ name: StaticString, _ value: inout T)
    mutating func optional<T: Scalar>(_ number: UInt32, _ name: StaticString, _ value: inout T?)
    mutating func list<T: Scalar>(_ number: UInt32, _ name: StaticString, _ value: inout [T])
}

extension ShapeVisitor {
    mutating func string(_ number: UInt32, _ name: StaticString, _ value: inout String) {
        single(number, name, &value)
    }
    mutating func optionalString(_ number: UInt32, _ name: StaticString, _ value: inout String?) {
        optional(number, name, &value)
    }
    mutating func strings(_ number: UInt32, _ name: StaticString, _ value: inout [String]) {
        list(number, name, &value)
    }
    mutating func bytes(_ number: UInt32, _ name: StaticString, _ value: inout [UInt8]) {
        single(number, name, &value)
    }
    mutating func bool(_ number: UInt32, _ name: StaticString, _ value: inout Bool) {
        single(number, name, &value)
    }
    mutating func optionalBool(_ number: UInt32, _ name: StaticString, _ value: inout Bool?) {
        optional(number, name, &value)
    }
    mutating func int32(_ number: UInt32, _ name: StaticString, _ value: inout Int32) {
        single(number, name, &value)
    }
    mutating func optionalInt32(_ number: UInt32, _ name: StaticString, _ value: inout Int32?) {
        optional(number, name, &value)
    }
    mutating func int64(_ number: UInt32, _ name: StaticString, _ value: inout Int64) {
        single(number, name, &value)
    }
    mutating func optionalInt64(_ number: UInt32, _ name: StaticString, _ value: inout Int64?) {
        optional(number, name, &value)
    }
    mutating func int64s(_ number: UInt32, _ name: StaticString, _ value: inout [Int64]) {
        list(number, name, &value)
    }
}

extension Message {
    /// What `visitor` is after it has seen every field; the message may be changed by it.
    mutating func visited<V: ShapeVisitor>(by visitor: V) -> V {
        var visitor = visitor
        do throws(ProtoError) {
            try visit(&visitor)
        } catch {
            Issue.record("\(Self.protoName): a visitor of the tests never throws: \(error)")
        }
        return visitor
    }
}

// MARK: The table of fields

/// Lists a message's fields as its .proto file would, under ECS's names, and finds the types of
/// the messages inside.
struct FieldLister: ShapeVisitor {
    var fields: [Schema.Field] = []
    var inner: [any Message.Type] = []

    private mutating func add(
        _ label: String, _ type: String, _ name: StaticString, _ number: UInt32
    ) {
        fields.append(Schema.Field(label: label, type: type, name: "\(name)", number: number))
    }
    mutating func single<T: Scalar>(_ number: UInt32, _ name: StaticString, _ value: inout T) {
        add("", T.protoType, name, number)
    }
    mutating func optional<T: Scalar>(_ number: UInt32, _ name: StaticString, _ value: inout T?) {
        add("optional", T.protoType, name, number)
    }
    mutating func list<T: Scalar>(_ number: UInt32, _ name: StaticString, _ value: inout [T]) {
        add("repeated", T.protoType, name, number)
    }
    mutating func message<M: Message>(
        _ number: UInt32, _ name: StaticString, _ value: inout M?
    ) {
        add("", M.protoName, name, number)
        inner.append(M.self)
    }
    mutating func messages<M: Message>(
        _ number: UInt32, _ name: StaticString, _ value: inout [M]
    ) {
        add("repeated", M.protoName, name, number)
        inner.append(M.self)
    }

    static func list<M: Message>(_ type: M.Type) -> FieldLister {
        var message = M()
        return message.visited(by: FieldLister())
    }
}

// MARK: JSON

/// Makes the JSON of `protocol/vectors` from a message.
struct JSONWriter: ShapeVisitor {
    let message: String
    var members: [String: VectorJSON] = [:]

    private mutating func put(_ number: UInt32, _ value: VectorJSON) {
        members[Schema.of(message).name(of: number, in: message)] = value
    }
    mutating func single<T: Scalar>(_ number: UInt32, _ name: StaticString, _ value: inout T) {
        if value != T.zero { put(number, value.json) }
    }
    mutating func optional<T: Scalar>(_ number: UInt32, _ name: StaticString, _ value: inout T?) {
        if let value { put(number, value.json) }
    }
    mutating func list<T: Scalar>(_ number: UInt32, _ name: StaticString, _ value: inout [T]) {
        if !value.isEmpty { put(number, .array(value.map(\.json))) }
    }
    mutating func message<M: Message>(
        _ number: UInt32, _ name: StaticString, _ value: inout M?
    ) {
        if let value { put(number, .object(value.jsonFields)) }
    }
    mutating func messages<M: Message>(
        _ number: UInt32, _ name: StaticString, _ value: inout [M]
    ) {
        if !value.isEmpty { put(number, .array(value.map { .object($0.jsonFields) })) }
    }
}

/// Fills a message from such JSON.
struct JSONReader: ShapeVisitor {
    let message: String
    let members: [String: VectorJSON]
    private(set) var used = 0

    init(_ message: String, _ members: [String: VectorJSON]) {
        self.message = message
        self.members = members
    }

    private mutating func take(_ number: UInt32) -> VectorJSON? {
        let value = members[Schema.of(message).name(of: number, in: message)]
        if value != nil { used += 1 }
        return value
    }
    private func scalar<T: Scalar>(_ json: VectorJSON) -> T {
        guard let value = T(json: json) else {
            Issue.record("\(message): \(json) is no \(T.protoType)")
            return T.zero
        }
        return value
    }
    private func elements(_ json: VectorJSON) -> [VectorJSON] {
        guard case .array(let elements) = json else {
            Issue.record("\(message): \(json) is no list")
            return []
        }
        return elements
    }
    private func inner<M: Message>(_ json: VectorJSON) -> M {
        guard case .object(let members) = json else {
            Issue.record("\(message): \(json) is no message")
            return M()
        }
        return M(jsonFields: members)
    }
    mutating func single<T: Scalar>(_ number: UInt32, _ name: StaticString, _ value: inout T) {
        if let json = take(number) { value = scalar(json) }
    }
    mutating func optional<T: Scalar>(_ number: UInt32, _ name: StaticString, _ value: inout T?) {
        if let json = take(number) { value = scalar(json) }
    }
    mutating func list<T: Scalar>(_ number: UInt32, _ name: StaticString, _ value: inout [T]) {
        if let json = take(number) { value = elements(json).map { scalar($0) } }
    }
    mutating func message<M: Message>(
        _ number: UInt32, _ name: StaticString, _ value: inout M?
    ) {
        if let json = take(number) { value = inner(json) }
    }
    mutating func messages<M: Message>(
        _ number: UInt32, _ name: StaticString, _ value: inout [M]
    ) {
        if let json = take(number) { value = elements(json).map { inner($0) } }
    }
}

extension Message {
    var jsonFields: [String: VectorJSON] {
        var copy = self
        return copy.visited(by: JSONWriter(message: Self.protoName)).members
    }

    init(jsonFields: [String: VectorJSON]) {
        self.init()
        let reader = visited(by: JSONReader(Self.protoName, jsonFields))
        #expect(reader.used == jsonFields.count, "\(Self.protoName) lacks a field of \(jsonFields)")
    }
}

// MARK: protobuf's text format

/// Writes a message as `protoc --decode` does.
struct TextWriter: ShapeVisitor {
    let message: String
    let indent: String
    var text = ""

    private func name(_ number: UInt32) -> String {
        indent + Schema.of(message).name(of: number, in: message)
    }
    private mutating func block<M: Message>(_ number: UInt32, _ value: M) {
        text += "\(name(number)) {\n\(value.textFormat(indent: indent + "  "))\(indent)}\n"
    }
    mutating func single<T: Scalar>(_ number: UInt32, _ name: StaticString, _ value: inout T) {
        if value != T.zero { text += "\(self.name(number)): \(value.textFormat)\n" }
    }
    mutating func optional<T: Scalar>(_ number: UInt32, _ name: StaticString, _ value: inout T?) {
        if let value { text += "\(self.name(number)): \(value.textFormat)\n" }
    }
    mutating func list<T: Scalar>(_ number: UInt32, _ name: StaticString, _ value: inout [T]) {
        for element in value { text += "\(self.name(number)): \(element.textFormat)\n" }
    }
    mutating func message<M: Message>(
        _ number: UInt32, _ name: StaticString, _ value: inout M?
    ) {
        if let value { block(number, value) }
    }
    mutating func messages<M: Message>(
        _ number: UInt32, _ name: StaticString, _ value: inout [M]
    ) {
        for element in value { block(number, element) }
    }
}

extension Message {
    func textFormat(indent: String = "") -> String {
        var copy = self
        return copy.visited(by: TextWriter(message: Self.protoName, indent: indent)).text
    }
}

// MARK: Randomness

/// Gives each field a random value, most of the time.
struct Randomizer: ShapeVisitor {
    var generator: SeededGenerator
    let depth: Int

    private mutating func chance(_ percent: Int) -> Bool {
        Int.random(in: 0..<100, using: &generator) < percent
    }
    private mutating func count() -> Int { Int.random(in: 0...3, using: &generator) }

    mutating func single<T: Scalar>(_ number: UInt32, _ name: StaticString, _ value: inout T) {
        if chance(70) { value = T.random(using: &generator) }
    }
    mutating func optional<T: Scalar>(_ number: UInt32, _ name: StaticString, _ value: inout T?) {
        if chance(70) { value = chance(20) ? T.zero : T.random(using: &generator) }
    }
    mutating func list<T: Scalar>(_ number: UInt32, _ name: StaticString, _ value: inout [T]) {
        value = (0..<count()).map { _ in T.random(using: &generator) }
    }
    mutating func message<M: Message>(
        _ number: UInt32, _ name: StaticString, _ value: inout M?
    ) {
        if depth > 0 && chance(60) { value = M.random(using: &generator, depth: depth - 1) }
    }
    mutating func messages<M: Message>(
        _ number: UInt32, _ name: StaticString, _ value: inout [M]
    ) {
        if depth == 0 { return }
        value = (0..<count()).map { _ in M.random(using: &generator, depth: depth - 1) }
    }
}

extension Message {
    static func random(using generator: inout SeededGenerator, depth: Int = 4) -> Self {
        var message = Self()
        generator = message.visited(by: Randomizer(generator: generator, depth: depth)).generator
        return message
    }
}
