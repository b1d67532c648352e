import ECS
import Foundation
import TestSupport
import Testing
import Wire

@testable import Server

/// Prometheus's text format, read by Prometheus's own reader for Python.
private enum Reader {
    static let python = "/usr/bin/python3"
    static let isThere: Bool = {
        if ProcessInfo.processInfo.environment["IMAGED_REQUIRE_TOOLS"] != nil { return true }
        let tried = try? Tool.run(python, ["-c", "import prometheus_client"])
        return tried?.status == 0
    }()
    static let needs: Comment = "python3-prometheus-client is not installed"

    /// Families must be whole: a type, a help, no sample of another's. Samples come as JSON.
    private static let script = """
        import json, sys
        from prometheus_client.parser import text_string_to_metric_families
        families, samples = {}, []
        for family in text_string_to_metric_families(sys.stdin.read()):
            assert family.name not in families, family.name
            assert family.type in ("counter", "gauge", "histogram"), family
            assert family.documentation, family
            families[family.name] = family.type
            for sample in family.samples:
                samples.append([sample.name, dict(sample.labels), sample.value])
        names = [(name, tuple(sorted(labels.items()))) for name, labels, _ in samples]
        assert len(names) == len(set(names)), "a sample stands there twice"
        print(json.dumps([families, samples]))
        """

    struct Sample {
        let name: String
        let labels: [String: String]
        let value: Double
    }

    static func read(_ text: String) throws -> (families: [String: String], samples: [Sample]) {
        let output = try Tool.run(python, ["-c", script], input: Data(text.utf8))
        try #require(output.status == 0, "\(output.err)")
        let json = try JSONSerialization.jsonObject(with: output.out) as? [Any]
        let rows = try #require(json?.last as? [[Any]])
        let samples = try rows.map { row in
            Sample(
                name: try #require(row[0] as? String),
                labels: try #require(row[1] as? [String: String]),
                value: try #require((row[2] as? NSNumber)?.doubleValue))
        }
        return (try #require(json?.first as? [String: String]), samples)
    }
}

@Suite struct MetricsTests {
    private func metrics(_ client: TestClient) throws -> [Reader.Sample] {
        try Reader.read(client.call(Metrics.self, MetricsRequest()).text).samples
    }

    private func value(
        _ samples: [Reader.Sample], _ name: String, _ labels: [String: String] = [:]
    ) -> Double? {
        samples.first { $0.name == name && $0.labels == labels }?.value
    }

    @Test(.enabled(if: Reader.isThere, Reader.needs)) func requestsAreCounted() throws {
        let daemon = try TestDaemon("", ["--ephemeral"], fixture: true, dataPath: "")
        let client = try daemon.client()
        let instance = try client.registerSimulated()
        for _ in 0..<3 { _ = try client.images() }
        #expect(try client.refused(DeleteImage.self, DeleteImageRequest()) != nil)
        #expect(
            try client.refused(
                DescribeInstances.self, .with { $0.regionID = "nowhere" }) != nil)
        let unknown = client.newStream()
        try client.send(
            client.encode(service: "imaged.v1.ECS", method: "Bake", payload: [], stream: unknown))
        #expect(try client.refusal(unknown).statusCode == .unimplemented)
        _ = try client.createImage(of: instance.instanceID)

        let samples = try metrics(client)
        func requests(_ operation: String, _ code: String) -> Double? {
            value(samples, "imaged_requests_total", ["operation": operation, "code": code])
        }
        #expect(requests("RegisterInstance", "OK") == 1)
        #expect(requests("DescribeImages", "OK") == 3)
        #expect(requests("DeleteImage", "MissingParameter") == 1)
        #expect(requests("DescribeInstances", "InvalidRegionId.NotFound") == 1)
        #expect(requests("unknown", "UNIMPLEMENTED") == 1)
        #expect(requests("CreateImage", "OK") == 1)
        // What has not been answered yet does not count.
        #expect(requests("Metrics", "OK") == nil)
        #expect(
            try value(
                metrics(client), "imaged_requests_total",
                [
                    "operation": "Metrics", "code": "OK",
                ]) == 1)
        func duration(_ name: String) -> Double? {
            value(samples, "imaged_request_duration_seconds_count", ["class": name])
        }
        #expect(duration("read") == 4)
        #expect(duration("change") == 3)
        #expect(duration("wait") == 0)
        let sum = value(samples, "imaged_request_duration_seconds_sum", ["class": "read"])
        #expect(sum.map { $0 > 0 && $0 < 60 } == true)
        #expect(value(samples, "imaged_connections") == 1)
        #expect(value(samples, "imaged_connections_accepted_total") == 1)
        #expect(value(samples, "imaged_accounts") == 1)
        #expect(value(samples, "process_resident_memory_bytes").map { $0 > 1e6 } == true)
        let open = try daemon.openDescriptors()
        #expect(value(samples, "process_open_fds").map { abs($0 - Double(open)) < 3 } == true)
        let start = value(samples, "process_start_time_seconds") ?? 0
        #expect(abs(start - Date().timeIntervalSince1970) < 3600)
    }

    /// Waits and what they come to count when they end, with the code of their end.
    @Test(.enabled(if: Reader.isThere, Reader.needs)) func waitsAreCounted() throws {
        let daemon = try TestDaemon("", ["--ephemeral"], fixture: true, dataPath: "")
        let client = try daemon.client()
        _ = try client.call(SetClock.self, .with { $0.isFrozen = true })
        let image = try client.createImage(of: client.registerSimulated().instanceID)
        let waits = try (0..<2).map { _ in
            try client.begin(WaitForImage.self, client.waitRequest(image))
        }
        let late = try client.begin(
            WaitForImage.self, client.waitRequest(image), timeoutNanoseconds: 1_000_000)
        #expect(try client.refusal(late).statusCode == .deadlineExceeded)
        #expect(try value(metrics(client), "imaged_waiting_requests") == 2)
        #expect(try value(metrics(client), "imaged_jobs", ["state": "running"]) == 1)
        try client.deleteImage(image)
        for stream in waits {
            #expect(try client.refusal(stream).code == "InvalidImageId.NotFound")
        }
        let samples = try metrics(client)
        #expect(value(samples, "imaged_waiting_requests") == 0)
        for (code, count) in [("DEADLINE_EXCEEDED", 1.0), ("InvalidImageId.NotFound", 2)] {
            let labels = ["operation": "WaitForImage", "code": code]
            #expect(value(samples, "imaged_requests_total", labels) == count)
        }
        #expect(
            value(samples, "imaged_request_duration_seconds_count", ["class": "wait"]) == 3)
    }

    @Test(.enabled(if: Reader.isThere, Reader.needs)) func dataIsCounted() throws {
        let daemon = try TestDaemon()
        let client = try daemon.client()
        let disk = "\(daemon.directory.path)/disk.raw"
        let mebibyte = Double(1 << 20)
        var bytes = Data(count: 4 << 20)
        for index in stride(from: 0, to: 1 << 20, by: 512) { bytes[index] = 1 }
        try bytes.write(to: URL(fileURLWithPath: disk))
        let image = try client.createImage(of: client.register(paths: [disk]).instanceID)
        #expect(try client.wait(for: image)?.status == "Available")
        try client.export(image, to: "\(daemon.directory.path)/out.raw")
        var samples = try metrics(client)
        #expect(value(samples, "imaged_snapshots_total", ["result": "done"]) == 1)
        #expect(value(samples, "imaged_snapshots_total", ["result": "failed"]) == 0)
        #expect(value(samples, "imaged_snapshot_stored_bytes_total") == mebibyte)
        #expect(value(samples, "imaged_snapshot_read_bytes_total").map { $0 >= mebibyte } == true)
        #expect(value(samples, "imaged_exports_total", ["result": "done"]) == 1)
        #expect(value(samples, "imaged_exported_bytes_total") == mebibyte)
        #expect(value(samples, "imaged_journal_syncs_total").map { $0 >= 2 } == true)
        #expect(value(samples, "imaged_journal_sync_seconds_total").map { $0 > 0 } == true)
        #expect(value(samples, "imaged_data_free_bytes").map { $0 > 0 } == true)
        #expect(value(samples, "imaged_snapshot_reclaimed_bytes_total") == 0)

        // The segment's clusters and its first, the header's, come back.
        try client.deleteImage(image)
        let snapshot = try #require(try client.snapshots().first)
        _ = try client.call(DeleteSnapshot.self, .with { $0.snapshotID = snapshot.snapshotID })
        let freed = { self.value(samples, "imaged_snapshot_reclaimed_bytes_total") ?? 0 }
        while freed() == 0 { samples = try metrics(client) }
        #expect(freed() >= mebibyte)
    }

    /// A monitor has a user of its own, and sees no account's name.
    @Test(.enabled(if: OtherUser.isPossible, OtherUser.needs)) func whoeverMayConnectMayRead()
        throws
    {
        let configuration = """
            [account monitor]
            [peer uid=1234]
            Account = monitor
            """
        let daemon = try TestDaemon(configuration, ["--ephemeral"], dataPath: "")
        try daemon.client().registerSimulated()
        let monitor = try OtherUser(1234, of: daemon).client(account: "monitor")
        let text = try monitor.call(Metrics.self, MetricsRequest()).text
        #expect(text.contains("operation=\"RegisterInstance\",code=\"OK\"} 1\n"))
        #expect(!text.contains("monitor") && !text.contains("1234") && !text.contains("default"))
    }

    @Test(.enabled(if: Reader.isThere, Reader.needs)) func namesAndValuesAreEscaped() throws {
        var out = Exposition()
        out.family("a_total", .counter, "One\\two\nthree \"four\".")
        out.sample(.init(1), ["x": "a\"b\\c\nd", "y": "é"])
        out.single("b", .gauge, "Small.", .init(0.000_012_5))
        out.single("c", .gauge, "Large.", .init(UInt64.max))
        var histogram = Histogram()
        for nanoseconds: Int64 in [0, 100_000, 100_001, 30_000_000_000, 30_000_000_001] {
            histogram.note(nanoseconds)
        }
        out.family("d_seconds", .histogram, "Times.")
        out.histogram(histogram, "class", "read")
        let (families, samples) = try Reader.read(out.text)
        #expect(
            families == ["a": "counter", "b": "gauge", "c": "gauge", "d_seconds": "histogram"])
        #expect(value(samples, "a_total", ["x": "a\"b\\c\nd", "y": "é"]) == 1)
        #expect(value(samples, "b") == 0.000_012_5)
        #expect(value(samples, "c") == 18_446_744_073_709_551_616)
        func bucket(_ bound: String) -> Double? {
            value(samples, "d_seconds_bucket", ["class": "read", "le": bound])
        }
        #expect(bucket("0.0001") == 2)
        #expect(bucket("0.0003") == 3)
        #expect(bucket("30.0") == 4)
        #expect(bucket("+Inf") == 5)
        #expect(value(samples, "d_seconds_count", ["class": "read"]) == 5)
        let sum = value(samples, "d_seconds_sum", ["class": "read"])
        #expect(sum.map { abs($0 - 60.000_200_002) < 1e-9 } == true)
    }

    /// Codes that a test invents are bounded.
    @Test func codesAreBounded() {
        var counters = Counters()
        for number in 0..<2_000 { counters.count(0, "Code\(number)") }
        counters.count(0, String(repeating: "x", count: 10_000))
        let codes = counters.requests.map(\.code)
        #expect(codes.count <= 520 && codes.contains("Other"))
        #expect(counters.requests.reduce(0) { $0 + $1.count } == 2_001)
    }

    @Test func everyOperationHasAClass() {
        let classes = Dictionary(grouping: allOperations, by: { OperationClass($0) })
            .mapValues { $0.map { $0.name } }
        #expect(classes[.wait] == ["WaitForImage", "Watch", "ReadEvents"])
        #expect(classes[.read]?.contains("DescribeImages") == true)
        #expect(classes[.read]?.contains("DeleteImage") == false)
        #expect(classes[.change]?.contains("CreateImage") == true)
        #expect(classes[.change]?.allSatisfy { !$0.hasPrefix("Describe") } == true)
        #expect(Set(allOperations.map { $0.name }).count == allOperations.count, "a name twice")
    }
}
