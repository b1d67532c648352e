import ECS
import Foundation
import TestSupport
import Testing

/// Every client carries out every scenario of `protocol/scenarios` in the same way, and knows
/// every operation.
struct ScenarioTests {
    @Suite struct Swift {
        @Test(arguments: Scenario.all) func carriesOut(_ scenario: Scenario) async throws {
            try await ScenarioRun.expect(scenario, with: .swift)
        }
        @Test func knowsEveryOperation() async throws {
            try await ScenarioTests.compareTables(.swift)
        }
    }

    @Suite(.enabled(if: Tool.available("python3"), "python3 is not installed"))
    struct Python {
        @Test(arguments: Scenario.all) func carriesOut(_ scenario: Scenario) async throws {
            try await ScenarioRun.expect(scenario, with: .python)
        }
        @Test func knowsEveryOperation() async throws {
            try await ScenarioTests.compareTables(.python)
        }
    }

    @Suite(.enabled(if: Tool.available("cc"), "cc is not installed"))
    struct C {
        @Test(arguments: Scenario.all) func carriesOut(_ scenario: Scenario) async throws {
            try await ScenarioRun.expect(scenario, with: .c)
        }
        @Test func knowsEveryOperation() async throws {
            try await ScenarioTests.compareTables(.c)
        }
    }

    @Suite(.enabled(if: Tool.available("node"), "node is not installed"))
    struct Node {
        @Test(arguments: Scenario.all) func carriesOut(_ scenario: Scenario) async throws {
            try await ScenarioRun.expect(scenario, with: .node)
        }
        @Test func knowsEveryOperation() async throws {
            try await ScenarioTests.compareTables(.node)
        }
    }

    @Suite(.enabled(if: Tool.available("cargo", "rustc"), "cargo or rustc is not installed"))
    struct Rust {
        @Test(arguments: Scenario.all) func carriesOut(_ scenario: Scenario) async throws {
            try await ScenarioRun.expect(scenario, with: .rust)
        }
        @Test func knowsEveryOperation() async throws {
            try await ScenarioTests.compareTables(.rust)
        }
    }

    /// The client's own table is that of `protocol/README.md` § Operations.
    private static func compareTables(_ client: ClientProgram) async throws {
        let answer = try await aside {
            let daemon = try TestDaemon("", ["--ephemeral"], fixture: true, dataPath: "")
            let conversation = try Conversation(
                client.command() + ["--socket", daemon.socketPath],
                errorsPath: "\(daemon.directory.path)/errors")
            let answer = try conversation.answer(to: .object(["operations": .bool(true)]))
            try conversation.end()
            return answer
        }
        let rows = try OperationRow.all()
        let found = try #require(answer["operations"]?.elements, "\(answer)")
        func names(_ rows: [VectorJSON]) -> [String] { rows.compactMap { $0["name"]?.string } }
        let missing = names(rows).filter { !names(found).contains($0) }
        #expect(missing.isEmpty, "\(client.name) lacks \(missing.joined(separator: ", "))")
        #expect(names(found) == names(rows))
        for (row, other) in zip(rows, found) { #expect(row == other) }
    }

    // MARK: The scenarios themselves

    @Test func everyOperationIsCalled() throws {
        let called = Scenario.all.reduce(into: Set<String>()) { $0.formUnion($1.operations) }
        let rows = try OperationRow.all().compactMap { $0["name"]?.string }
        #expect(rows.count == allOperations.count)
        let missing = rows.filter { !called.contains($0) }
        #expect(missing.isEmpty, "no scenario calls \(missing.joined(separator: ", "))")
        let unknown = called.subtracting(rows)
        #expect(unknown.isEmpty, "no operations: \(unknown)")
    }

    @Test func everyCommandOfTheReadmeIsInAScenario() throws {
        let features = Scenario.all.reduce(into: Set<String>()) { $0.formUnion($1.features) }
        let commands = try Repository.text("protocol/scenarios/README.md")
            .matches(of: /\n\| `\{"(\w+)"/).map { "\($0.1)" }
        #expect(commands.count >= 10)
        // The tables are asked for by a test of their own.
        #expect(commands.filter { !features.contains($0) } == ["operations"])
    }

    @Test func comparingFindsEveryDifference() throws {
        let expected = try VectorJSON(parsing: #"{"a": "*", "b": [1, {"c": "${x}"}]}"#)
            .substituting(["x": "m-1"])
        func mismatch(_ text: String) throws -> String? {
            expected.mismatch(try VectorJSON(parsing: text))
        }
        #expect(try mismatch(#"{"a": {"any": 1}, "b": [1, {"c": "m-1"}]}"#) == nil)
        #expect(try mismatch(#"{"b": [1, {"c": "m-1"}]}"#) != nil)
        #expect(try mismatch(#"{"a": 1, "b": [1, {"c": "m-2"}]}"#) != nil)
        #expect(try mismatch(#"{"a": 1, "b": [1, {"c": "m-1", "d": 1}]}"#) != nil)
        #expect(try mismatch(#"{"a": 1, "b": [1]}"#) != nil)
        #expect(try mismatch(#"{"a": 1, "b": ["1", {"c": "m-1"}]}"#) != nil)
    }

    @Test func requestIDsAreLookedAt() throws {
        let id = "473469C7-AA6F-4DC5-B3DB-A3DC0DE3C83E"
        let response = try VectorJSON(parsing: #"{"response": {"request_id": "\#(id)", "a": 1}}"#)
        #expect(try response.withoutRequestIDs() == VectorJSON(parsing: #"{"response": {"a": 1}}"#))
        for wrong in [
            #"{"response": {"a": 1}}"#, #"{"response": {"request_id": "R-1"}}"#,
            #"{"outcomes": [{"response": {}}]}"#, #"{"error": {"code": "Throttling"}}"#,
            #"{"error": {"status": 4, "request_id": "\#(id.lowercased())"}}"#,
        ] {
            #expect(throws: VectorJSON.NoRequestID.self, "\(wrong)") {
                _ = try VectorJSON(parsing: wrong).withoutRequestIDs()
            }
        }
        // A frame that could not be read has none.
        _ = try VectorJSON(parsing: #"{"error": {"status": 3}}"#).withoutRequestIDs()
    }
}

/// The rows of `protocol/README.md` § Operations, as programs answer them.
enum OperationRow {
    static func all() throws -> [VectorJSON] {
        try Repository.text("protocol/README.md").matches(
            of: /\| `(imaged\.v1\.\w+)` \| `(\w+)` \| 1 \| ?(\w*) ?\| ?(yes)?.*\|/
        ).map { row in
            .object([
                "service": .string("\(row.1)"), "name": .string("\(row.2)"),
                "again": .string("\(row.3)"), "streaming": .bool(row.4 != nil),
            ])
        }
    }
}
