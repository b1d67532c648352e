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

    /// A small disk goes through everything but clones and the C program: each row is there, the
    /// numbers make sense, and nothing is left.
    @Test func dataTable() throws {
        let directory = TemporaryDirectory()
        let output = try Tool.run(
            program,
            [
                "data", "--directory", directory.path, "--repetitions=1", "--size-mib=64",
                "--data-mib=8",
            ])
        #expect(output.status == 0, "\(output.err)")
        var values: [String: Double] = [:]
        for line in output.text.split(separator: "\n") where line.hasPrefix("| ") {
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            guard cells.count == 5, cells[1] != "median" else { continue }
            let value = try #require(Double(cells[1]), "\(line)")
            #expect(value > 0, "\(line)")
            #expect(try #require(Double(cells[2])) <= value, "\(line)")
            #expect(try #require(Double(cells[3])) >= value, "\(line)")
            values[cells[0]] = value
        }
        let rows = [
            "first: imaged", "first: Swift loop", "first: cp", "second: imaged",
            "second: Swift loop", "second: cp", "export: imaged", "export: cp",
            "4 disks, first: in turn", "4 disks, first: at once", "4 disks, second: in turn",
            "4 disks, second: at once", "DescribeImages p50: idle", "DescribeImages p99: idle",
            "DescribeImages p50: 4 snapshots run", "DescribeImages p99: 4 snapshots run",
            "64 GiB with 64 clusters: first", "64 GiB with 64 clusters: second",
            "64 GiB with 64 clusters: verify", "peak memory: after 64 GiB",
            "peak memory: daemon just started", "peak memory: after these rounds",
            "peak memory: after 4 at once", "first: imaged / first: Swift loop",
            "second: imaged / second: Swift loop", "second: cp / second: imaged",
        ]
        for row in rows { #expect(values[row] != nil, "\(row)\n\(output.text)") }
        for peer in ["first: qemu-img", "second: qemu-img", "second: borg", "second: restic"] {
            let isTold = output.text.contains("- \(peer): not measured")
            #expect((values[peer] != nil) != isTold, "\(peer)\n\(output.text)")
        }
        // 10 clusters, a header, an index and a manifest: each no less than what it is for.
        #expect(try #require(values["second: stored / changed"]) >= 1)
        #expect(try #require(values["64 GiB with 64 clusters: stored / data"]) >= 1)
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path).isEmpty)
    }

    @Test(arguments: [
        ["nonsense"], ["version", "version"], ["--clients=0", "version"], ["--seconds"],
        ["--clients=3"], ["stress"], ["stress", "--history=/tmp/h"], ["data", "nonsense"],
        ["data", "--repetitions=0"], ["data", "--size-mib=64", "--data-mib=33"],
    ])
    func wrongUsage(_ arguments: [String]) throws {
        let output = try Tool.run(program, arguments)
        #expect(output.status == 2)
        #expect(output.err.contains("--help"))
        #expect(output.text.isEmpty)
    }
}
