import Foundation
import TestSupport
import Testing

/// What `protocol/ecs.md` says, shown by a real daemon over a real socket: each case in an account
/// of its own, whose clock stands still.
@Suite(.conformanceDaemon, .timeLimit(.minutes(60))) struct ConformanceTests {
    @Test(arguments: Case.parameters) func parameter(_ one: Case) throws { try check(one) }
    @Test(arguments: Case.behaviour) func behaviour(_ one: Case) throws { try check(one) }
    @Test(arguments: Case.errors) func error(_ one: Case) throws { try check(one) }
    @Test(arguments: Case.authorisation) func authorisation(_ one: Case) throws { try check(one) }
    @Test(arguments: Case.order) func order(_ one: Case) throws { try check(one) }
    @Test(arguments: Case.idempotency) func idempotency(_ one: Case) throws { try check(one) }
    @Test(arguments: Case.limits) func limit(_ one: Case) throws { try check(one) }
    @Test(arguments: Case.decisions) func decision(_ one: Case) throws { try check(one) }

    private func check(_ one: Case) throws {
        let bench = try Bench(try #require(ConformanceDaemon.socketPath))
        try one.run(bench)
        // A case that cites an error has met it.
        let errors = one.ids.filter { $0.hasPrefix("E-") || $0.hasPrefix("X-") }
        let unmet = errors.filter { !bench.met.contains($0) }
        #expect(unmet.isEmpty, "cited, but not met: \(unmet.joined(separator: ", "))")
        try bench.drop()
    }
}

/// Every rule has a case, and every case a rule.
struct CoverageTests {
    @Test(arguments: SpecIDs.all) func theRuleHasACase(id: String) {
        #expect(Case.all.contains { $0.ids.contains(id) }, "no case cites \(id)")
    }

    @Test(arguments: Case.all) func theCaseCitesRules(one: Case) {
        #expect(!one.ids.isEmpty)
        let unknown = one.ids.filter { !SpecIDs.all.contains($0) }
        #expect(unknown.isEmpty, "protocol/ecs.md has no \(unknown.joined(separator: ", "))")
    }

    @Test func namesTellCasesApart() {
        let counts = Dictionary(Case.all.map { ($0.name, 1) }, uniquingKeysWith: +)
        #expect(counts.filter { $0.value > 1 }.keys.sorted() == [])
    }

    @Test func everyErrorRowIsTyped() {
        let rows = SpecIDs.all.filter { $0.hasPrefix("E-") || $0.hasPrefix("X-") }
        #expect(Row.all.map(\.id) == rows + ["D-TwoSystemDisks"])
    }
}

/// One daemon for all cases of a suite.
struct ConformanceDaemon: SuiteTrait, TestScoping {
    @TaskLocal static var socketPath: String?
    @TaskLocal static var httpPort: UInt16?

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        let daemon = try TestDaemon("", ["--http", "0"], fixture: true)
        try await Self.$socketPath.withValue(daemon.socketPath) {
            try await Self.$httpPort.withValue(daemon.httpPorts[0]) { try await function() }
        }
        #expect(try daemon.stop() == 0, "\(daemon.log)")
    }
}

extension Trait where Self == ConformanceDaemon {
    static var conformanceDaemon: Self { Self() }
}
