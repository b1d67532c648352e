import Foundation
import TestSupport
import Testing

/// This repository.
enum Repository {
    static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path

    static func text(_ path: String) throws -> String {
        try String(contentsOfFile: "\(root)/\(path)", encoding: .utf8)
    }
}

/// One file of `protocol/scenarios`.
struct Scenario: Sendable, CustomTestStringConvertible {
    enum Step: Sendable {
        case send(Exchange)
        case driver(String)
    }

    struct Exchange: Sendable {
        let command: VectorJSON
        let expected: VectorJSON
        /// Where in the answer what later lines use is.
        let kept: [String: [VectorJSON]]
        let isEventual: Bool
    }

    let name: String
    /// By their lines.
    let steps: [Step]
    var testDescription: String { name }

    static let all: [Scenario] = {
        let folder = "\(Repository.root)/protocol/scenarios"
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return files.filter { $0.hasSuffix(".jsonl") }.sorted().map { file in
            do {
                return try Scenario("\(file.dropLast(6))", "\(folder)/\(file)")
            } catch {
                preconditionFailure("protocol/scenarios/\(file): \(error)")
            }
        }
    }()

    private init(_ name: String, _ path: String) throws {
        self.name = name
        let text = try String(contentsOfFile: path, encoding: .utf8)
        steps = try text.split(separator: "\n").map { try Self.step(VectorJSON(parsing: $0)) }
    }

    struct Unknown: Error {
        let line: VectorJSON
    }

    private static func step(_ line: VectorJSON) throws -> Step {
        if let action = line["driver"]?.string, line.members?.count == 1 {
            return .driver(action)
        }
        let members: Set = ["send", "expect", "keep", "eventually"]
        guard let command = line["send"], let expected = line["expect"],
            members.isSuperset(of: line.members?.keys.map { $0 } ?? [])
        else { throw Unknown(line: line) }
        return .send(
            Exchange(
                command: command, expected: expected,
                kept: (line["keep"]?.members ?? [:]).compactMapValues(\.elements),
                isEventual: line["eventually"] == .bool(true)))
    }

    /// The operations that it calls, `Watch` and `Cancel` among them.
    var operations: Set<String> {
        Set(
            steps.flatMap { step -> [String] in
                guard case .send(let exchange) = step else { return [] }
                let together = exchange.command["together"]?.elements ?? []
                return ([exchange.command] + together).compactMap { $0["call"]?.string }
                    + (exchange.command["watch"] == nil ? [] : ["Watch"])
            })
    }

    /// The members of its commands ("call", "together", "watch" ...), and what the driver does
    /// ("lose_answer" ...).
    var features: Set<String> {
        Set(
            steps.flatMap { step -> [String] in
                switch step {
                case .driver(let action): [action]
                case .send(let exchange): (exchange.command.members ?? [:]).keys.map { $0 }
                }
            })
    }
}

extension VectorJSON {
    /// The value at `path`: names of members and places in lists.
    func at(_ path: [VectorJSON]) -> VectorJSON? {
        path.reduce(self as VectorJSON?) { value, step in
            switch step {
            case .string(let name): value?[name]
            case .number(let place):
                value?.elements.flatMap { Int(place) < $0.count ? $0[Int(place)] : nil }
            default: nil
            }
        }
    }

    /// The same with `${name}` replaced in every string.
    func substituting(_ kept: [String: String]) -> VectorJSON {
        switch self {
        case .string(let text):
            .string(
                kept.reduce(text) { $0.replacingOccurrences(of: "${\($1.key)}", with: $1.value) })
        case .array(let values): .array(values.map { $0.substituting(kept) })
        case .object(let members): .object(members.mapValues { $0.substituting(kept) })
        default: self
        }
    }

    /// The first place where `actual` is not what is expected here; nil: there is none.
    func mismatch(_ actual: VectorJSON, at path: String = "answer") -> String? {
        if self == .string("*") { return nil }
        switch (self, actual) {
        case (.object(let expected), .object(let found)):
            for (name, value) in expected.sorted(by: { $0.key < $1.key }) {
                guard let other = found[name] else { return "\(path) has no \(name): \(actual)" }
                if let text = value.mismatch(other, at: "\(path).\(name)") { return text }
            }
            let more = found.keys.filter { expected[$0] == nil }.sorted()
            return more.isEmpty ? nil : "\(path) has \(more) too: \(actual)"
        case (.array(let expected), .array(let found)):
            guard expected.count == found.count else {
                return "\(path) has \(found.count) elements, not \(expected.count): \(actual)"
            }
            for (place, (value, other)) in zip(expected, found).enumerated() {
                if let text = value.mismatch(other, at: "\(path).\(place)") { return text }
            }
            return nil
        default:
            return self == actual ? nil : "\(path) is \(actual), not \(self)"
        }
    }

    struct NoRequestID: Error {
        let place: VectorJSON
    }

    /// The same without its request ids.
    ///
    /// - Throws: ``NoRequestID`` where one is no UUID, or is missing: in a response, and in an
    ///   error that has a code.
    func withoutRequestIDs(isRequired: Bool = false) throws -> VectorJSON {
        switch self {
        case .array(let values): return .array(try values.map { try $0.withoutRequestIDs() })
        case .object(var members):
            let id = members.removeValue(forKey: "request_id")
            let uuid = /[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}/
            if try id != nil ? id?.string?.wholeMatch(of: uuid) == nil : isRequired {
                throw NoRequestID(place: self)
            }
            for (name, value) in members {
                members[name] = try value.withoutRequestIDs(
                    isRequired: name == "response" || name == "error" && value["code"] != nil)
            }
            return .object(members)
        default: return self
        }
    }
}
