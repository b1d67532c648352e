import Wire

/// A request of a scenario that cannot be made: a mistake of the scenario.
struct BadCommand: Error {
    let reason: String
}

/// The .proto file's name of a field: `kms_key_id` of KMSKeyId.
func snakeCase(_ name: StaticString) -> String {
    let letters = Array("\(name)")
    var result = ""
    for (place, letter) in letters.enumerated() {
        let isWordStart =
            place > 0 && letter.isUppercase
            && (!letters[place - 1].isUppercase
                || place + 1 < letters.count && letters[place + 1].isLowercase)
        result += (isWordStart ? "_" : "") + letter.lowercased()
    }
    return result
}

/// Makes the JSON of `protocol/vectors/README.md` from a message.
struct MessageWriter: FieldVisitor {
    private var members: [String: JSON] = [:]

    static func json<M: Message>(_ message: M) -> JSON {
        var writer = MessageWriter()
        var message = message
        // Writing throws nothing.
        try? message.visit(&writer)
        return .object(writer.members)
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
    private mutating func put(_ name: StaticString, _ value: JSON?) {
        if let value { members[snakeCase(name)] = value }
    }
    private mutating func putList(_ name: StaticString, _ values: [JSON]) {
        if !values.isEmpty { put(name, .array(values)) }
    }

    mutating func string(
        _ number: UInt32, _ name: StaticString, _ value: inout String
    ) throws(ProtoError) { put(name, value.isEmpty ? nil : .string(value)) }
    mutating func optionalString(
        _ number: UInt32, _ name: StaticString, _ value: inout String?
    ) throws(ProtoError) { put(name, value.map { .string($0) }) }
    mutating func strings(
        _ number: UInt32, _ name: StaticString, _ value: inout [String]
    ) throws(ProtoError) { putList(name, value.map { .string($0) }) }
    mutating func bytes(
        _ number: UInt32, _ name: StaticString, _ value: inout [UInt8]
    ) throws(ProtoError) { put(name, value.isEmpty ? nil : .string(Self.hex(value))) }
    mutating func bool(
        _ number: UInt32, _ name: StaticString, _ value: inout Bool
    ) throws(ProtoError) { put(name, value ? .bool(true) : nil) }
    mutating func optionalBool(
        _ number: UInt32, _ name: StaticString, _ value: inout Bool?
    ) throws(ProtoError) { put(name, value.map { .bool($0) }) }
    mutating func int32(
        _ number: UInt32, _ name: StaticString, _ value: inout Int32
    ) throws(ProtoError) { put(name, value == 0 ? nil : .number(Int64(value))) }
    mutating func optionalInt32(
        _ number: UInt32, _ name: StaticString, _ value: inout Int32?
    ) throws(ProtoError) { put(name, value.map { .number(Int64($0)) }) }
    mutating func int64(
        _ number: UInt32, _ name: StaticString, _ value: inout Int64
    ) throws(ProtoError) { put(name, value == 0 ? nil : .string("\(value)")) }
    mutating func optionalInt64(
        _ number: UInt32, _ name: StaticString, _ value: inout Int64?
    ) throws(ProtoError) { put(name, value.map { .string("\($0)") }) }
    mutating func int64s(
        _ number: UInt32, _ name: StaticString, _ value: inout [Int64]
    ) throws(ProtoError) { putList(name, value.map { .string("\($0)") }) }
    mutating func message<M: Message>(
        _ number: UInt32, _ name: StaticString, _ value: inout M?
    ) throws(ProtoError) { put(name, value.map { Self.json($0) }) }
    mutating func messages<M: Message>(
        _ number: UInt32, _ name: StaticString, _ value: inout [M]
    ) throws(ProtoError) { putList(name, value.map { Self.json($0) }) }
}

/// Fills a message from such JSON.
struct MessageReader: FieldVisitor {
    private let members: [String: JSON]
    private var known: Set<String> = []
    private var problem: BadCommand?

    private init(_ members: [String: JSON]) { self.members = members }

    static func message<M: Message>(_ type: M.Type, _ json: JSON?) throws(BadCommand) -> M {
        guard let members = json == nil ? [:] : json?.members else {
            throw BadCommand(reason: "\(M.protoName) is no object")
        }
        var reader = MessageReader(members)
        var message = M()
        // What is wrong is kept in `problem`.
        try? message.visit(&reader)
        if let problem = reader.problem { throw problem }
        if let name = members.keys.first(where: { !reader.known.contains($0) }) {
            throw BadCommand(reason: "\(M.protoName) has no field \(name)")
        }
        return message
    }

    private mutating func take<Value>(
        _ name: StaticString, _ convert: (JSON) throws(BadCommand) -> Value?
    ) -> Value? {
        let name = snakeCase(name)
        known.insert(name)
        guard let json = members[name] else { return nil }
        do {
            if let value = try convert(json) { return value }
            problem = BadCommand(reason: "\(name) is not of its type: \(json)")
        } catch {
            problem = error
        }
        return nil
    }
    private static func bytes(_ hex: String) -> [UInt8]? {
        let digits = Array(hex.utf8)
        guard digits.count % 2 == 0 else { return nil }
        var bytes: [UInt8] = []
        for place in stride(from: 0, to: digits.count, by: 2) {
            let pair = String(decoding: digits[place...(place + 1)], as: UTF8.self)
            guard let byte = UInt8(pair, radix: 16) else { return nil }
            bytes.append(byte)
        }
        return bytes
    }
    private mutating func list<Value>(
        _ name: StaticString, _ convert: (JSON) throws(BadCommand) -> Value?
    ) -> [Value] {
        take(name) { json throws(BadCommand) -> [Value]? in
            guard let elements = json.elements else { return nil }
            var values: [Value] = []
            for element in elements {
                guard let value = try convert(element) else { return nil }
                values.append(value)
            }
            return values
        } ?? []
    }

    mutating func string(
        _ number: UInt32, _ name: StaticString, _ value: inout String
    ) throws(ProtoError) { value = take(name) { $0.text } ?? "" }
    mutating func optionalString(
        _ number: UInt32, _ name: StaticString, _ value: inout String?
    ) throws(ProtoError) { value = take(name) { $0.text } }
    mutating func strings(
        _ number: UInt32, _ name: StaticString, _ value: inout [String]
    ) throws(ProtoError) { value = list(name) { $0.text } }
    mutating func bytes(
        _ number: UInt32, _ name: StaticString, _ value: inout [UInt8]
    ) throws(ProtoError) {
        value = take(name) { json in json.text.flatMap { Self.bytes($0) } } ?? []
    }
    mutating func bool(
        _ number: UInt32, _ name: StaticString, _ value: inout Bool
    ) throws(ProtoError) { value = take(name) { $0.isTrue } ?? false }
    mutating func optionalBool(
        _ number: UInt32, _ name: StaticString, _ value: inout Bool?
    ) throws(ProtoError) { value = take(name) { $0.isTrue } }
    mutating func int32(
        _ number: UInt32, _ name: StaticString, _ value: inout Int32
    ) throws(ProtoError) { value = take(name) { $0.integer.flatMap { Int32(exactly: $0) } } ?? 0 }
    mutating func optionalInt32(
        _ number: UInt32, _ name: StaticString, _ value: inout Int32?
    ) throws(ProtoError) { value = take(name) { $0.integer.flatMap { Int32(exactly: $0) } } }
    mutating func int64(
        _ number: UInt32, _ name: StaticString, _ value: inout Int64
    ) throws(ProtoError) { value = take(name) { $0.text.flatMap { Int64($0) } } ?? 0 }
    mutating func optionalInt64(
        _ number: UInt32, _ name: StaticString, _ value: inout Int64?
    ) throws(ProtoError) { value = take(name) { $0.text.flatMap { Int64($0) } } }
    mutating func int64s(
        _ number: UInt32, _ name: StaticString, _ value: inout [Int64]
    ) throws(ProtoError) { value = list(name) { $0.text.flatMap { Int64($0) } } }
    mutating func message<M: Message>(
        _ number: UInt32, _ name: StaticString, _ value: inout M?
    ) throws(ProtoError) {
        value = take(name) { json throws(BadCommand) in try Self.message(M.self, json) }
    }
    mutating func messages<M: Message>(
        _ number: UInt32, _ name: StaticString, _ value: inout [M]
    ) throws(ProtoError) {
        value = list(name) { json throws(BadCommand) in try Self.message(M.self, json) }
    }
}
