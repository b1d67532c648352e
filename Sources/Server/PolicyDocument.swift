import Catalog
import ECS

/// A RAM policy document: JSON with Version "1" and statements of Effect, Action and Resource.
/// What it says beyond that is refused and not passed over: a Condition that nobody looks at would
/// allow what it was written to forbid.
enum PolicyDocument {
    /// - Throws: what is wrong with it, and on which line.
    static func read(_ text: String) throws(PolicyProblem) -> [StatementRecord] {
        let document: JSONValue
        do throws(JSONProblem) {
            document = try JSONReader.read(text)
        } catch {
            throw PolicyProblem(line: error.line, place: "", text: error.reason)
        }
        let members = try members(document, "", ["Version", "Statement"])
        let version = try members.required("Version")
        guard case .string("1") = version.kind else {
            throw PolicyProblem(version, "Version", "the string \"1\" is right")
        }
        let statement = try members.required("Statement")
        switch statement.kind {
        case .object: return [try read(statement, "Statement")]
        case .array(let statements):
            if statements.isEmpty {
                throw PolicyProblem(statement, "Statement", "it is empty: one is needed")
            }
            var records: [StatementRecord] = []
            for (index, value) in statements.enumerated() {
                records.append(try read(value, "Statement.\(index + 1)"))
            }
            return records
        default:
            throw PolicyProblem(statement, "Statement", "an array of objects is right")
        }
    }

    private static func read(
        _ value: JSONValue, _ place: String
    ) throws(PolicyProblem) -> StatementRecord {
        let members = try members(value, place, ["Effect", "Action", "Resource"])
        var record = StatementRecord()
        let effect = try members.required("Effect")
        switch effect.kind {
        case .string("Allow"): record.isDeny = false
        case .string("Deny"): record.isDeny = true
        default: throw PolicyProblem(effect, "\(place).Effect", "\"Allow\" or \"Deny\" is right")
        }
        record.actions = try texts(try members.required("Action"), "\(place).Action")
        record.resources = try texts(try members.required("Resource"), "\(place).Resource")
        return record
    }

    /// One string, or an array of some.
    private static func texts(
        _ value: JSONValue, _ place: String
    ) throws(PolicyProblem) -> [String] {
        guard case .array(let values) = value.kind else { return [try self.text(value, place)] }
        if values.isEmpty { throw PolicyProblem(value, place, "it is empty: one is needed") }
        var texts: [String] = []
        for (index, value) in values.enumerated() {
            texts.append(try self.text(value, "\(place).\(index + 1)"))
        }
        return texts
    }

    private static func text(
        _ value: JSONValue, _ place: String
    ) throws(PolicyProblem) -> String {
        guard case .string(let text) = value.kind else {
            throw PolicyProblem(value, place, "it is \(value.kindName): a string is right")
        }
        if text.isEmpty { throw PolicyProblem(value, place, "it is empty: * stands for all") }
        return text
    }

    // MARK: Members

    private struct Members {
        let place: String
        let line: Int
        let values: [(name: String, value: JSONValue)]

        func required(_ name: String) throws(PolicyProblem) -> JSONValue {
            if let member = values.first(where: { $0.name == name }) { return member.value }
            throw PolicyProblem(
                line: line, place: PolicyDocument.name(name, in: place), text: "it is missing")
        }
    }

    /// The members of an object that has no others than `names`.
    private static func members(
        _ value: JSONValue, _ place: String, _ names: [String]
    ) throws(PolicyProblem) -> Members {
        guard case .object(let values) = value.kind else {
            throw PolicyProblem(value, place, "it is \(value.kindName): an object is right")
        }
        for member in values where !names.contains(member.name) {
            throw PolicyProblem(
                member.value, name(member.name, in: place),
                "it is not known here: there are \(Values.list(names))")
        }
        return Members(place: place, line: value.line, values: values)
    }

    private static func name(_ name: String, in place: String) -> String {
        place.isEmpty ? name : "\(place).\(name)"
    }
}

/// What is wrong with a policy document.
struct PolicyProblem: Error, Equatable {
    /// Where it is, from 1 on.
    let line: Int
    /// The member, as in "Statement.2.Effect"; empty: the document itself.
    let place: String
    let text: String

    init(line: Int, place: String, text: String) {
        self.line = line
        self.place = place
        self.text = text
    }

    fileprivate init(_ value: JSONValue, _ place: String, _ text: String) {
        self.init(line: value.line, place: place, text: text)
    }

    /// What is wrong, and where, for whoever has no file to look into.
    var reason: String { place.isEmpty ? "line \(line): \(text)" : "\(place): \(text)" }
    /// The same for whoever is told the line beside it.
    var reasonInFile: String { place.isEmpty ? text : "\(place): \(text)" }
}
