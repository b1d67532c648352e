import TestSupport
import Testing

/// Other people's clients carry out the scenarios that need nothing else than what they have, and
/// call every unary operation in them.
struct OtherClientTests {
    @Suite(
        .enabled(
            if: Tool.available("go", "protoc", "protoc-gen-gogottrpc"),
            "go, protoc or protoc-gen-gogottrpc is not installed"))
    struct ContainerdTTRPC {
        @Test(arguments: OtherClients.goScenarios)
        func carriesOut(_ scenario: Scenario) async throws {
            try await ScenarioRun.expect(scenario, with: OtherClients.go)
        }
    }

    @Suite(
        .enabled(
            if: Tool.available("protoc", "python3")
                && (Tool.isRequired || OtherClients.python != nil),
            "protoc, python3 or its google.protobuf is not installed"))
    struct GoogleProtobuf {
        @Test(arguments: OtherClients.protobufScenarios)
        func carriesOut(_ scenario: Scenario) async throws {
            try await ScenarioRun.expect(scenario, with: OtherClients.protobuf)
        }
    }

    @Test(arguments: [OtherClients.goScenarios, OtherClients.protobufScenarios])
    func callEveryUnaryOperation(_ scenarios: [Scenario]) throws {
        let called = scenarios.reduce(into: Set<String>()) { $0.formUnion($1.operations) }
        let missing = try OperationRow.all().filter { $0["streaming"] == .bool(false) }
            .compactMap { $0["name"]?.string }.filter { !called.contains($0) }
        #expect(missing.isEmpty, "not called: \(missing.joined(separator: ", "))")
    }
}
