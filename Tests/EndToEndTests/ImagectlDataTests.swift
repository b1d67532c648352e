import ECS
import Foundation
import TestSupport
import Testing

/// imagectl's commands on data against the real daemon: what they say, and the bytes they give.
@Suite struct ImagectlDataTests {
    private static let cluster = 65_536

    private let disks = Disks()
    private let daemon: TestDaemon
    private let client: TestClient
    private let path: String
    private let instance: String
    private let image: Image
    private var snapshotID: String { image.diskDeviceMappings[0].snapshotID }

    init() throws {
        daemon = try TestDaemon()
        client = try daemon.client()
        path = try disks.make("disk", bytes: (6 << 20) + 513)
        instance = try client.register(paths: [path]).instanceID
        image = try Self.image(of: instance, client)
        try #require(image.status == "Available", "\(image.failureReason)")
    }

    private static func image(of instance: String, _ client: TestClient) throws -> Image {
        var request = TestClient.createImageRequest(of: instance)
        request.imageFamily = "web"
        let id = try client.call(CreateImage.self, request).imageID
        return try #require(try client.wait(for: id))
    }

    private var environment: [String: String] {
        [
            "IMAGED_SOCKET": daemon.socketPath, "IMAGED_REGION": testRegion, "NO_COLOR": "1",
            "imagectl": TestDaemon.product("imagectl"),
        ]
    }

    private func run(_ arguments: String...) throws -> Tool.Output {
        try Tool.run(TestDaemon.product("imagectl"), arguments, environment: environment)
    }

    private func json(_ arguments: String...) throws -> [String: Any] {
        let output = try Tool.run(
            TestDaemon.product("imagectl"), arguments + ["--json"], environment: environment)
        return try #require(
            try JSONSerialization.jsonObject(with: output.out) as? [String: Any],
            "\(output.text) \(output.err)")
    }

    /// Through a pipe, into a file, and by `export-snapshot`: the same bytes, and holes stay holes.
    @Test func exportToStandardOutput() throws {
        let pipe = try run("export-image", image.imageID, "--output", "-")
        #expect(pipe.status == 0, "\(pipe.err)")
        let disk = try #require(FileManager.default.contents(atPath: path))
        #expect(pipe.out == disk)
        let out = disks.path("out")
        for id in [image.imageID, snapshotID] {
            let command = id == snapshotID ? "export-snapshot" : "export-image"
            let shell = try Tool.run(
                "sh", ["-c", "$imagectl \(command) \(id) --output - > \(out)"],
                environment: environment)
            #expect(shell.status == 0, "\(shell.err)")
            #expect(try disks.isEqual(path, out))
            var (source, copy) = (stat(), stat())
            #expect(stat(path, &source) == 0 && stat(out, &copy) == 0)
            #expect(copy.st_blocks <= source.st_blocks + 2 * 128)
            #expect(source.st_blocks * 512 < 6 << 20)
        }
    }

    @Test func verifyTellsOfDamage() throws {
        let whole = try run("verify")
        #expect(whole.status == 0 && whole.text.contains("in 1 snapshot: no damage"))
        let segment = "\(daemon.dataPath)/segments/\(try daemon.files("segments")[0])"
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: segment))
        try file.seek(toOffset: UInt64(2 * Self.cluster))
        try file.write(contentsOf: Data("rotten".utf8))
        try file.close()
        for id in [image.imageID, snapshotID] {
            let damaged = try run("verify", id)
            #expect(damaged.status == 1)
            for word in [snapshotID, image.imageID, "slot 1"] {
                #expect(damaged.text.contains(word), "\(damaged.text)")
            }
            #expect(damaged.err.contains("damage in 1 snapshot"), "\(damaged.err)")
        }
        let report = try json("verify")
        let damage = try #require(report["Damage"] as? [[String: Any]])
        #expect(damage.count == 1 && "\(damage[0]["Length"] ?? "")" == "\(Self.cluster)")
        #expect("\(report["IsComplete"] ?? "")" == "1" || report["IsComplete"] as? Bool == true)
        let export = try run("export-image", image.imageID, "--output", "-")
        #expect(export.status == 1)
        #expect(export.err.contains("does not match its checksum"), "\(export.err)")
    }

    /// What `usage` says would come back is what a prune gives back.
    @Test func usageTellsWhatPruneGivesBack() throws {
        let size = Int64(Self.cluster)
        try disks.write("a later moment", to: "disk", at: 3 << 20)
        let later = try Self.image(of: instance, client)
        #expect(later.status == "Available", "\(later.failureReason)")
        func number(_ report: [String: Any], _ name: String) -> Int64? {
            Int64("\(report[name] ?? "")")
        }
        let before = try json("usage")
        let files = try StoredFiles(daemon.dataPath).clusterBytes
        #expect(number(before, "StoredBytes") == files && number(before, "PendingBytes") == 0)
        #expect(number(before, "LogicalBytes") == Int64(2 * ((6 << 20) + 513)))
        let rows = try #require(before["Images"] as? [[String: Any]])
        let row = rows.first { $0["ResourceId"] as? String == image.imageID }
        let alone = try #require(row.flatMap { number($0, "ReclaimableBytes") })
        // The cluster that was written over is the first one's alone, if it held data before.
        #expect([0, size].contains(alone))
        let pruned = try run("prune", "--image-family", "web", "--keep-last", "1", "--yes")
        #expect(pruned.status == 0, "\(pruned.err)")
        #expect(try client.images().map(\.imageID) == [later.imageID])
        try client.expectNoOrphans(of: daemon)
        let after = try json("usage")
        #expect(number(after, "StoredBytes") == files - alone)
        #expect(try StoredFiles(daemon.dataPath).clusterBytes == files - alone)
    }

    private func status(_ path: String, _ name: String) -> Substring {
        let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("\(name):") }
        return line?.split(separator: "\t").last ?? ""
    }

    /// Makes each read of the daemon take a fifth of a second, as long as the value lives.
    private func slowReads() throws -> ChildProcess {
        let null = open("/dev/null", O_WRONLY)
        defer { close(null) }
        let process = try ChildProcess(
            [
                "strace", "-f", "-p", "\(daemon.pid)", "-o", "/dev/null", "-e", "trace=pread64",
                "-e", "inject=pread64:delay_enter=200000",
            ], output: null, errors: disks.path("strace"))
        let threads = "/proc/\(daemon.pid)/task"
        while try FileManager.default.contentsOfDirectory(atPath: threads)
            .contains(where: { status("\(threads)/\($0)/status", "TracerPid") == "0" })
        {
            try #require(!process.hasEnded)
        }
        return process
    }

    /// Ctrl-C ends a verification that would take seconds; what it had pinned is let go.
    @Test(.enabled(if: Tool.available("strace"), "strace is not installed"))
    func interruptedVerification() throws {
        let log = disks.path("log")
        let null = open("/dev/null", O_WRONLY)
        defer { close(null) }
        let slow = try slowReads()
        let process = try ChildProcess(
            [
                "env", "IMAGED_SOCKET=\(daemon.socketPath)", "NO_COLOR=1",
                TestDaemon.product("imagectl"), "verify", snapshotID,
            ], output: null, errors: log)
        // It catches the signal from some moment on.
        var isReady = false
        while !isReady {
            try #require(!process.hasEnded)
            let caught = status("/proc/\(process.pid)/status", "SigCgt")
            isReady = (UInt64(caught, radix: 16) ?? 0) & 2 != 0
        }
        process.send(signal: SIGINT)
        #expect(try process.wait(seconds: 20) == 130)
        let text = try String(contentsOfFile: log, encoding: .utf8)
        #expect(text.contains("stopped after 0 bytes"), "\(text)")
        slow.send(signal: SIGTERM)
        try slow.wait()
        try client.deleteImage(image.imageID)
        _ = try client.call(DeleteSnapshot.self, .with { $0.snapshotID = snapshotID })
        try client.expectNoOrphans(of: daemon)
        #expect(try daemon.files("segments") == [])
    }
}
