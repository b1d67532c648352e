import Wire

/// Puts the parameters of an HTTP request into the operation's request: the same field list as the
/// wire's, by ECS's names. What is empty is absent, as clients send it for what is not set; so is a
/// Size of 0. Names that the operation does not know are passed over, as ECS does.
public struct ParameterFiller: FieldVisitor {
    private let parameters: Parameters
    private var place = Parameters.Place.root
    private var prefix = ""
    private var problem: ECSError?

    /// - Throws: ``ECSError``, `InvalidParameter`: a value is none of its parameter's type.
    public static func fill<M: Message>(
        _ type: M.Type, _ parameters: Parameters
    ) throws(ECSError) -> M {
        var filler = ParameterFiller(parameters)
        let message = filler.fill(type)
        if let problem = filler.problem { throw problem }
        return message
    }

    private init(_ parameters: Parameters) { self.parameters = parameters }

    private mutating func fill<M: Message>(_ type: M.Type) -> M {
        var message = M()
        // Filling throws nothing: what is wrong is kept in `problem`.
        try? message.visit(&self)
        return message
    }

    private mutating func refuse(_ name: String, _ hint: String) {
        problem = problem ?? .invalidParameter(prefix + name, hint: hint)
    }

    // MARK: Values

    /// `Tag.1.Key` has an older name, `Tag.1.key`, which the wire calls LegacyKey.
    private func child(_ name: StaticString) -> Parameters.Place? {
        let name = "\(name)"
        guard name.hasPrefix("Legacy") else { return parameters.child(name, of: place) }
        return parameters.child(name.dropFirst("Legacy".count).lowercased(), of: place)
    }

    /// The value, unless it is empty.
    private func value(_ name: StaticString) -> String? {
        child(name).flatMap { parameters.value($0) }.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// A number that does not fit is the largest or smallest that does: ECS's own rules judge it.
    private mutating func number<Number: FixedWidthInteger>(
        _ name: StaticString, _ type: Number.Type
    ) -> Number? {
        guard let text = value(name) else { return nil }
        let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            refuse("\(name)", "A whole number is right.")
            return nil
        }
        let number = Number(text) ?? (text.hasPrefix("-") ? Number.min : Number.max)
        return number == 0 && "\(name)" == "Size" ? nil : number
    }

    /// `true` as Go writes it, `True` as Python does.
    private mutating func boolean(_ name: StaticString) -> Bool? {
        guard let text = value(name) else { return nil }
        switch text.lowercased() {
        case "true": return true
        case "false": return false
        default:
            refuse("\(name)", "true or false is right.")
            return nil
        }
    }

    /// `ResourceId.1=a&ResourceId.2=b`, or `DiskIds=["a","b"]`. An empty array matches nothing, and
    /// so does an empty ID; on the wire, no ID at all would match everything.
    private mutating func list(_ name: StaticString) -> [String] {
        guard let place = child(name) else { return [] }
        guard let text = parameters.value(place), !text.isEmpty else {
            return parameters.elements(place).compactMap { parameters.value($0) }
                .filter { !$0.isEmpty }
        }
        guard let document = try? JSONReader.read(text), case .array(let values) = document.kind
        else {
            refuse("\(name)", "A JSON array of strings is right: [\"a\",\"b\"].")
            return []
        }
        var texts: [String] = []
        for value in values {
            if case .string(let text) = value.kind {
                texts.append(text)
            } else {
                refuse("\(name)", "A JSON array of strings is right: [\"a\",\"b\"].")
            }
        }
        return texts.isEmpty ? [""] : texts
    }

    // MARK: FieldVisitor

    public mutating func string(
        _ number: UInt32, _ name: StaticString, _ value: inout String
    ) throws(ProtoError) { value = self.value(name) ?? value }
    /// Only values of tags: an empty one is a value.
    public mutating func optionalString(
        _ number: UInt32, _ name: StaticString, _ value: inout String?
    ) throws(ProtoError) { value = child(name).flatMap { parameters.value($0) } }
    public mutating func strings(
        _ number: UInt32, _ name: StaticString, _ value: inout [String]
    ) throws(ProtoError) { value = list(name) }
    public mutating func bytes(
        _ number: UInt32, _ name: StaticString, _ value: inout [UInt8]
    ) throws(ProtoError) { value = self.value(name).map { Array($0.utf8) } ?? value }
    public mutating func bool(
        _ number: UInt32, _ name: StaticString, _ value: inout Bool
    ) throws(ProtoError) { value = boolean(name) ?? value }
    public mutating func optionalBool(
        _ number: UInt32, _ name: StaticString, _ value: inout Bool?
    ) throws(ProtoError) { value = boolean(name) }
    public mutating func int32(
        _ number: UInt32, _ name: StaticString, _ value: inout Int32
    ) throws(ProtoError) { value = self.number(name, Int32.self) ?? value }
    public mutating func optionalInt32(
        _ number: UInt32, _ name: StaticString, _ value: inout Int32?
    ) throws(ProtoError) { value = self.number(name, Int32.self) }
    public mutating func int64(
        _ number: UInt32, _ name: StaticString, _ value: inout Int64
    ) throws(ProtoError) { value = self.number(name, Int64.self) ?? value }
    public mutating func optionalInt64(
        _ number: UInt32, _ name: StaticString, _ value: inout Int64?
    ) throws(ProtoError) { value = self.number(name, Int64.self) }
    /// No operation has one.
    public mutating func int64s(
        _ number: UInt32, _ name: StaticString, _ value: inout [Int64]
    ) throws(ProtoError) { value = list(name).compactMap { Int64($0) } }
    public mutating func message<M: Message>(
        _ number: UInt32, _ name: StaticString, _ value: inout M?
    ) throws(ProtoError) {
        guard let child = child(name), parameters.saysSomething(child) else { return }
        value = nested(M.self, child, "\(name).")
    }
    /// The place in the list is the number that errors name.
    public mutating func messages<M: Message>(
        _ number: UInt32, _ name: StaticString, _ value: inout [M]
    ) throws(ProtoError) {
        guard let list = child(name) else { return }
        for (index, element) in parameters.elements(list).enumerated() {
            value.append(nested(M.self, element, "\(name).\(index + 1)."))
        }
    }

    private mutating func nested<M: Message>(
        _ type: M.Type, _ inner: Parameters.Place, _ path: String
    ) -> M {
        let (outer, outerPrefix) = (place, prefix)
        place = inner
        prefix += path
        defer { (place, prefix) = (outer, outerPrefix) }
        return fill(type)
    }
}
