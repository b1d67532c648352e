import System
import Wire

/// A wrong command line: what is wrong, and what would be right.
struct UsageError: Error, Equatable {
    let message: String
    var hint = ""
}

/// A value and the flag that it was given with, as typed.
struct GivenValue: Equatable {
    let flag: String
    let value: String
}

/// Puts the values of the command line into a request's fields.
struct RequestFiller: FieldVisitor {
    /// By path: `DiskDeviceMapping.1.SnapshotId`.
    private let given: [String: GivenValue]
    private var prefix = ""
    private var problem: UsageError?

    private init(_ given: [String: GivenValue]) { self.given = given }

    static func fill<M: Message>(
        _ type: M.Type, _ given: [String: GivenValue]
    ) throws(UsageError) -> M {
        var filler = RequestFiller(given)
        let message = filler.fill(type)
        if let problem = filler.problem { throw problem }
        return message
    }

    private mutating func fill<M: Message>(_ type: M.Type) -> M {
        var message = M()
        // Filling throws nothing: what is wrong is kept in `problem`.
        try? message.visit(&self)
        return message
    }

    // MARK: Values

    private func value(_ name: StaticString) -> GivenValue? { given["\(prefix)\(name)"] }

    private mutating func refuse(_ given: GivenValue, _ right: String) {
        problem = problem ?? UsageError(message: "\(given.flag) \(given.value): \(right)")
    }

    private mutating func number<Number: FixedWidthInteger>(
        _ name: StaticString, _ type: Number.Type
    ) -> Number? {
        guard let given = value(name) else { return nil }
        if let number = Number(given.value) { return number }
        refuse(given, "a whole number is right, at most \(Number.max)")
        return nil
    }

    private mutating func boolean(_ name: StaticString) -> Bool? {
        guard let given = value(name) else { return nil }
        switch given.value.lowercased() {
        case "true": return true
        case "false": return false
        default:
            refuse(given, "true or false is right")
            return nil
        }
    }

    /// A path is the daemon's to open, so it must not depend on where this process stands.
    private mutating func text(_ name: StaticString) -> String? {
        guard let given = value(name) else { return nil }
        return "\(name)" == "Path" ? absolutePath(given.value) : given.value
    }

    /// `--X A,B`, `--X '["A","B"]'` as ECS writes it, or `--X.1 A --X.2 B`.
    private mutating func list(_ name: StaticString) -> [String] {
        let places = places(under: "\(name)")
        guard let given = value(name) else {
            return places.compactMap { self.given["\(prefix)\(name).\($0)"]?.value }
        }
        if let place = places.first, let other = self.given["\(prefix)\(name).\(place)"] {
            let problem = UsageError(
                message: "\(given.flag) and \(other.flag) together",
                hint: "Give the whole list, or each place of it.")
            self.problem = self.problem ?? problem
        }
        return Self.elements(of: given.value)
    }

    /// The elements of a list in one text.
    static func elements(of value: String) -> [String] {
        var text = value[...]
        if text.hasPrefix("[") && text.hasSuffix("]") {
            text = text.dropFirst().dropLast()
            return text.split(separator: ",").map { unquoted($0) }
        }
        return text.split(separator: ",").map(String.init)
    }

    private static func unquoted(_ text: Substring) -> String {
        var text = text.drop { $0 == " " }
        while text.last == " " { text.removeLast() }
        if text.count >= 2 && text.hasPrefix("\"") && text.hasSuffix("\"") {
            text = text.dropFirst().dropLast()
        }
        return String(text)
    }

    /// The places given of the list `name`: 1, 2, 3 and so on, without a gap.
    private mutating func places(under name: String) -> [Int] {
        let start = "\(prefix)\(name)."
        var places: [Int: GivenValue] = [:]
        for (path, value) in given where path.hasPrefix(start) {
            let rest = path.dropFirst(start.count)
            if let place = Int(rest.prefix { $0 != "." }) { places[place] = value }
        }
        let sorted = places.keys.sorted()
        for (index, place) in sorted.enumerated() where place != index + 1 {
            problem =
                problem
                ?? UsageError(
                    message: "\(places[place]!.flag) without \(start)\(index + 1)",
                    hint: "Places count from 1, without gaps.")
        }
        return sorted
    }

    // MARK: FieldVisitor

    mutating func string(
        _ number: UInt32, _ name: StaticString, _ value: inout String
    ) throws(ProtoError) {
        if let given = text(name) { value = given }
    }
    mutating func optionalString(
        _ number: UInt32, _ name: StaticString, _ value: inout String?
    ) throws(ProtoError) {
        if let given = text(name) { value = given }
    }
    mutating func strings(
        _ number: UInt32, _ name: StaticString, _ value: inout [String]
    ) throws(ProtoError) { value = list(name) }
    mutating func bytes(
        _ number: UInt32, _ name: StaticString, _ value: inout [UInt8]
    ) throws(ProtoError) {
        if let given = text(name) { value = Array(given.utf8) }
    }
    mutating func bool(
        _ number: UInt32, _ name: StaticString, _ value: inout Bool
    ) throws(ProtoError) {
        if let given = boolean(name) { value = given }
    }
    mutating func optionalBool(
        _ number: UInt32, _ name: StaticString, _ value: inout Bool?
    ) throws(ProtoError) { value = boolean(name) }
    mutating func int32(
        _ number: UInt32, _ name: StaticString, _ value: inout Int32
    ) throws(ProtoError) {
        if let given = self.number(name, Int32.self) { value = given }
    }
    mutating func optionalInt32(
        _ number: UInt32, _ name: StaticString, _ value: inout Int32?
    ) throws(ProtoError) { value = self.number(name, Int32.self) }
    mutating func int64(
        _ number: UInt32, _ name: StaticString, _ value: inout Int64
    ) throws(ProtoError) {
        if let given = self.number(name, Int64.self) { value = given }
    }
    mutating func optionalInt64(
        _ number: UInt32, _ name: StaticString, _ value: inout Int64?
    ) throws(ProtoError) { value = self.number(name, Int64.self) }
    mutating func int64s(
        _ number: UInt32, _ name: StaticString, _ value: inout [Int64]
    ) throws(ProtoError) {
        for text in list(name) {
            if let element = Int64(text) {
                value.append(element)
            } else {
                refuse(GivenValue(flag: "--\(name)", value: text), "whole numbers are right")
            }
        }
    }
    mutating func message<M: Message>(
        _ number: UInt32, _ name: StaticString, _ value: inout M?
    ) throws(ProtoError) {
        let start = "\(prefix)\(name)."
        if given.keys.contains(where: { $0.hasPrefix(start) }) { value = nest(start, M.self) }
    }
    mutating func messages<M: Message>(
        _ number: UInt32, _ name: StaticString, _ value: inout [M]
    ) throws(ProtoError) {
        for place in places(under: "\(name)") {
            value.append(nest("\(prefix)\(name).\(place).", M.self))
        }
    }

    private mutating func nest<M: Message>(_ inner: String, _ type: M.Type) -> M {
        let outer = prefix
        prefix = inner
        defer { prefix = outer }
        return fill(type)
    }
}

/// `path` as the daemon must see it: from the root, whatever directory this process is in.
func absolutePath(_ path: String) -> String {
    if path.isEmpty || path.hasPrefix("/") { return path }
    var rest = path[...]
    while rest.hasPrefix("./") { rest = rest.dropFirst(2).drop { $0 == "/" } }
    let directory = CurrentProcess.workingDirectory
    return directory == "/" ? "/\(rest)" : "\(directory)/\(rest)"
}
