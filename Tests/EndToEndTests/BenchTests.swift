import Foundation
import TestSupport
import Testing

/// The load generator's one line, and what it says when it cannot measure.
@Suite struct BenchTests {
    private let program = TestDaemon.product("imaged-bench")

    @Test(arguments: ["version", "describe-images", "create-snapshot"])
    func measures(_ workload: String) throws {
        let daemon = try TestDaemon("[limits]\nUnfinishedSnapshots = 1000000\n")
        let output = try Tool.run(
            program,
            ["--socket", daemon.socketPath, "--clients=3", "--depth=4", "--seconds=1", workload])
        #expect(output.status == 0, "\(output.err)")
        let line = /([a-z-]+): ([0-9]+) ops\/s, p50 ([0-9.]+) us, p99 ([0-9.]+) us .*\n/
        let found = try #require(try line.wholeMatch(in: output.text), "\(output.text)")
        #expect(found.1 == workload)
        #expect(Int(found.2) ?? 0 > 0)
        #expect(try #require(Double(found.3)) <= #require(Double(found.4)))
        #expect(try daemon.stop() == 0)
    }

    @Test func withoutADaemon() throws {
        let output = try Tool.run(program, ["--socket", "/nonexistent/socket", "version"])
        #expect(output.status == 1)
        #expect(output.err.contains("/nonexistent/socket"))
    }

    @Test(arguments: [
        ["nonsense"], ["version", "version"], ["--clients=0", "version"], ["--seconds"],
        ["--clients=3"], ["stress"], ["stress", "--history=/tmp/h"],
    ])
    func wrongUsage(_ arguments: [String]) throws {
        let output = try Tool.run(program, arguments)
        #expect(output.status == 2)
        #expect(output.err.contains("--help"))
        #expect(output.text.isEmpty)
    }
}
