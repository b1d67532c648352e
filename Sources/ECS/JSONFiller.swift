import Wire

/// Puts a JSON object into a message, as proto3 maps it: keys in lowerCamelCase or as the .proto
/// file or ECS spells them, integers as numbers or strings, bytes as base64, null as absent.
public struct JSONFiller: FieldVisitor {
    private var members: [String: (name: String, value: JSONValue)] = [:]
    private var prefix = ""
    private var problem: ECSError?

    /// - Throws: ``ECSError``, `InvalidParameter`: names the member at fault and its line.
    public static func fill<M: Message>(
        _ type: M.Type, _ bytes: [UInt8]
    ) throws(ECSError) -> M {
        if bytes.isEmpty { return M() }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw .invalidParameter("Body", hint: "JSON is UTF-8.")
        }
        var filler = JSONFiller()
        let document: JSONValue
        do throws(JSONProblem) {
            document = try JSONReader.read(text)
        } catch {
            throw .invalidParameter("Body", hint: "JSON, line \(error.line): \(error.reason).")
        }
        let message = filler.object(type, document, "Body")
        if let problem = filler.problem { throw problem }
        return message
    }

    private init() {}

    private mutating func refuse(_ name: String, _ value: JSONValue, _ right: String) {
        problem =
            problem
            ?? .invalidParameter(name, hint: "\(value.kindName) on line \(value.line): \(right).")
    }

    /// - Parameter name: what the object stands for, in problems.
    private mutating func object<M: Message>(
        _ type: M.Type, _ value: JSONValue, _ name: String
    ) -> M {
        var message = M()
        guard case .object(let list) = value.kind else {
            refuse(name, value, "an object is right")
            return message
        }
        let outer = members
        members = [:]
        for member in list {
            let key = FieldNames.folded(member.name)
            if members[key] != nil { refuse(member.name, member.value, "it stands twice") }
            members[key] = member
        }
        // Filling throws nothing: what is wrong is kept in `problem`.
        try? message.visit(&self)
        if let unknown = members.values.map(\.name).sorted().first {
            problem =
                problem
                ?? .invalidParameter(
                    prefix + unknown, hint: "\(M.protoName) has no such member.")
        }
        members = outer
        return message
    }

    private mutating func nested<M: Message>(
        _ type: M.Type, _ value: JSONValue, _ name: String
    ) -> M {
        let outer = prefix
        prefix += name + "."
        defer { prefix = outer }
        return object(type, value, String(prefix.dropLast()))
    }

    // MARK: Values

    /// The member of that name, which is then known.
    private mutating func take(_ name: StaticString) -> JSONValue? {
        guard let value = members.removeValue(forKey: FieldNames.folded("\(name)"))?.value else {
            return nil
        }
        if case .null = value.kind { return nil }
        return value
    }

    private mutating func text(_ name: String, _ value: JSONValue) -> String? {
        if case .string(let text) = value.kind { return text }
        refuse(prefix + name, value, "a string is right")
        return nil
    }

    private mutating func number<Number: FixedWidthInteger>(
        _ name: String, _ value: JSONValue, _ type: Number.Type
    ) -> Number? {
        let digits: String? =
            switch value.kind {
            case .number(let text), .string(let text): text
            default: nil
            }
        if let number = digits.flatMap({ Number($0) ?? Self.integral($0) }) { return number }
        refuse(prefix + name, value, "a whole number is right, at most \(Number.max)")
        return nil
    }

    /// As proto3 has it, 40.0 and 4e1 are 40. A Double says no more than 2^53 exactly, and reads
    /// more than decimals.
    private static func integral<Number: FixedWidthInteger>(_ text: String) -> Number? {
        guard text.utf8.allSatisfy("0123456789+-.eE".utf8.contains) else { return nil }
        return Double(text).flatMap { Number(exactly: $0) }
    }

    private mutating func boolean(_ name: StaticString) -> Bool? {
        guard let value = take(name) else { return nil }
        if case .bool(let bool) = value.kind { return bool }
        refuse(prefix + "\(name)", value, "true or false is right")
        return nil
    }

    private mutating func list<Element>(
        _ name: StaticString, _ read: (inout JSONFiller, String, JSONValue) -> Element?
    ) -> [Element] {
        guard let value = take(name) else { return [] }
        guard case .array(let values) = value.kind else {
            refuse(prefix + "\(name)", value, "an array is right")
            return []
        }
        var elements: [Element] = []
        for (index, value) in values.enumerated() {
            if let element = read(&self, "\(name).\(index + 1)", value) { elements.append(element) }
        }
        return elements
    }

    // MARK: FieldVisitor

    public mutating func string(
        _ number: UInt32, _ name: StaticString, _ value: inout String
    ) throws(ProtoError) { value = take(name).flatMap { text("\(name)", $0) } ?? value }
    public mutating func optionalString(
        _ number: UInt32, _ name: StaticString, _ value: inout String?
    ) throws(ProtoError) { value = take(name).flatMap { text("\(name)", $0) } }
    public mutating func strings(
        _ number: UInt32, _ name: StaticString, _ value: inout [String]
    ) throws(ProtoError) { value = list(name) { $0.text($1, $2) } }
    public mutating func bytes(
        _ number: UInt32, _ name: StaticString, _ value: inout [UInt8]
    ) throws(ProtoError) {
        guard let member = take(name), let text = text("\(name)", member) else { return }
        if let bytes = Base64.decode(text) {
            value = bytes
        } else {
            refuse(prefix + "\(name)", member, "base64 is right")
        }
    }
    public mutating func bool(
        _ number: UInt32, _ name: StaticString, _ value: inout Bool
    ) throws(ProtoError) { value = boolean(name) ?? value }
    public mutating func optionalBool(
        _ number: UInt32, _ name: StaticString, _ value: inout Bool?
    ) throws(ProtoError) { value = boolean(name) }
    public mutating func int32(
        _ number: UInt32, _ name: StaticString, _ value: inout Int32
    ) throws(ProtoError) {
        value = take(name).flatMap { self.number("\(name)", $0, Int32.self) } ?? value
    }
    public mutating func optionalInt32(
        _ number: UInt32, _ name: StaticString, _ value: inout Int32?
    ) throws(ProtoError) { value = take(name).flatMap { self.number("\(name)", $0, Int32.self) } }
    public mutating func int64(
        _ number: UInt32, _ name: StaticString, _ value: inout Int64
    ) throws(ProtoError) {
        value = take(name).flatMap { self.number("\(name)", $0, Int64.self) } ?? value
    }
    public mutating func optionalInt64(
        _ number: UInt32, _ name: StaticString, _ value: inout Int64?
    ) throws(ProtoError) { value = take(name).flatMap { self.number("\(name)", $0, Int64.self) } }
    public mutating func int64s(
        _ number: UInt32, _ name: StaticString, _ value: inout [Int64]
    ) throws(ProtoError) { value = list(name) { $0.number($1, $2, Int64.self) } }
    public mutating func message<M: Message>(
        _ number: UInt32, _ name: StaticString, _ value: inout M?
    ) throws(ProtoError) { value = take(name).map { nested(M.self, $0, "\(name)") } }
    public mutating func messages<M: Message>(
        _ number: UInt32, _ name: StaticString, _ value: inout [M]
    ) throws(ProtoError) { value = list(name) { $0.nested(M.self, $2, $1) } }
}
