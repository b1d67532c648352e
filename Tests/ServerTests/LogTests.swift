import ECS
import Foundation
import TestSupport
import Testing
import Wire

@testable import Catalog
@testable import Server

/// Every change leaves one line that says who made it.
@Suite struct LogTests {
    private func entry(
        _ resources: Int, operation: String = "CreateImage", ramUser: String = ""
    ) -> AuditEntry {
        var caller = Caller(accountID: "ci", uid: 1000)
        caller.pid = 42
        caller.operation = operation
        caller.ramUser = ramUser
        let changes = (0..<resources).map { Change(0, "ci", "r", .imageDeleted("m-\($0)")) }
        return AuditEntry(caller, changes)
    }

    @Test func lines() {
        let start = "imaged: change: uid 1000 pid 42 account ci"
        #expect(Log.line(entry(2)) == "\(start) CreateImage m-0 m-1")
        #expect(Log.line(entry(0, operation: "SetClock")) == "\(start) SetClock")
        #expect(Log.line(entry(20)).hasSuffix(" m-18 m-19"))
        #expect(Log.line(entry(21)).hasSuffix(" m-18 m-19 and 1 more"))
        #expect(Log.line(entry(300)).hasSuffix(" m-19 and 280 more"))
        #expect(
            Log.line(entry(1, ramUser: "a\" \nb\u{85}"))
                == "\(start) ram-user \"a\\\" \\u{a}b\\u{85}\" CreateImage m-0")
    }

    private func changes(_ daemon: TestDaemon) -> [String] {
        daemon.log.split(separator: "\n").filter { $0.contains(" change: ") }.map(String.init)
    }

    @Test func eachChangeHasALineAndRefusalsHaveNone() throws {
        let daemon = try TestDaemon("", ["--ephemeral"], fixture: true, dataPath: "")
        let client = try daemon.client()
        let instance = try client.registerSimulated(disks: 2)
        let image = try client.createImage(of: instance.instanceID)
        #expect(try client.refused(DeleteInstance.self, DeleteInstanceRequest()) != nil)
        _ = try client.images()
        _ = try client.call(SetClock.self, .with { $0.isFrozen = true })
        // What is answered has been written: the answer leaves at the end of its turn.
        let lines = changes(daemon)
        #expect(lines.count == 3, "\(lines)")
        let start = "imaged: change: uid \(getuid()) pid \(getpid()) account default"
        let disks = instance.diskIDs.joined(separator: " ")
        #expect(lines.first == "\(start) RegisterInstance \(disks) \(instance.instanceID)")
        #expect(lines.dropFirst().first?.hasPrefix("\(start) CreateImage ") == true)
        #expect(lines.dropFirst().first?.contains(image) == true)
        #expect(lines.last == "\(start) SetClock")
    }

    /// Many changes of one turn: each has its line still, whole.
    @Test func manyAtOnce() throws {
        let daemon = try TestDaemon("", ["--ephemeral"], dataPath: "")
        let client = try daemon.client()
        let request = RegisterInstanceRequest.with {
            $0.regionID = testRegion
            $0.disk = [
                .with {
                    $0.size = 20
                    $0.type = "system"
                }
            ]
        }
        let streams = (0..<200).map { _ in client.newStream() }
        try client.send(
            streams.flatMap { client.encode(RegisterInstance.self, request, stream: $0) })
        let ids = try streams.map { try client.answer(RegisterInstance.self, $0).instanceID }
        let lines = changes(daemon)
        #expect(lines.count == 200)
        #expect(
            Set(lines.compactMap { $0.split(separator: " ").last.map(String.init) }) == Set(ids))
    }

    /// Nobody reads standard error: the daemon goes on, and says later what is missing.
    @Test func aFullPipeIsNotWaitedFor() throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[0]) }
        let directory = TemporaryDirectory()
        let script = "exec \"$0\" --ephemeral --socket \"$1\" 2>&1"
        let process = try ChildProcess(
            ["sh", "-c", script, TestDaemon.product("imaged"), "\(directory.path)/s"],
            output: ends[1], errors: "/dev/null")
        close(ends[1])
        var client: TestClient?
        while client == nil && !process.hasEnded {
            client = try? TestClient("\(directory.path)/s")
        }
        let connected = try #require(client)
        // More than a pipe holds, 64 KiB.
        for _ in 0..<1_500 { try connected.registerSimulated() }
        var text = ""
        var bytes = [UInt8](repeating: 0, count: 1 << 17)
        let count = read(ends[0], &bytes, bytes.count)
        text += String(decoding: bytes[..<max(0, count)], as: UTF8.self)
        let kept = text.split(separator: "\n").count
        #expect(kept < 1_500)
        try connected.registerSimulated()
        let more = read(ends[0], &bytes, bytes.count)
        let next = String(decoding: bytes[..<max(0, more)], as: UTF8.self)
        #expect(next.hasPrefix("imaged: \(1_500 - kept) lines were dropped\n"), "\(next)")
    }
}
