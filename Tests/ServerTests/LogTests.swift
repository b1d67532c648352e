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

    private func line(_ entry: AuditEntry) -> String {
        String(decoding: Log.line(entry, Array("<6>".utf8)), as: UTF8.self)
    }

    @Test func lines() {
        func start(_ operation: String) -> String {
            "<6>change operation=\(operation) code=OK uid=1000 pid=42 account=ci"
        }
        let image = start("CreateImage")
        #expect(line(entry(2)) == "\(image) resources=m-0,m-1\n")
        #expect(line(entry(0, operation: "SetClock")) == "\(start("SetClock"))\n")
        #expect(line(entry(20)).hasSuffix(",m-18,m-19\n"))
        #expect(line(entry(21)).hasSuffix(",m-18,m-19 more=1\n"))
        #expect(line(entry(300)).hasSuffix(",m-19 more=280\n"))
        #expect(
            line(entry(1, ramUser: "a\" \nb\u{85}\\"))
                == "\(image) ram_user=\"a\\\" \\u{a}b\\u{85}\\\\\" resources=m-0\n")
    }

    /// A long line is cut between characters, and ends all the same.
    @Test func longLines() {
        for count in 1_990...2_010 {
            let text = String(repeating: "x", count: count) + String(repeating: "é", count: 20)
            var line = LogLine([], text)
            line.end(max: 2_000)
            let read = String(validating: line.bytes, as: UTF8.self)
            #expect(read?.hasSuffix("\n") == true && line.bytes.count <= 2_000)
            #expect(line.bytes.count >= 1_999)
        }
    }

    @Test func whatALineBeginsWith() {
        func prefix(_ level: LogLevel, _ now: Int64, forJournal: Bool) -> String {
            String(decoding: Log.prefix(level, now, forJournal: forJournal), as: UTF8.self)
        }
        #expect(
            prefix(.info, 1_790_000_000_007_999_999, forJournal: false)
                == "2026-09-21T14:13:20.007Z info ")
        let priorities = LogLevel.allCases.map { prefix($0, 0, forJournal: true) }
        #expect(priorities == ["<3>", "<4>", "<6>", "<7>"])
    }

    /// Times and levels, but to the journal priorities alone.
    @Test func toTheJournalWithoutTimes() throws {
        let script = """
            JOURNAL_STREAM=$(stat -L -c %d:%i /proc/$$/fd/2) exec "$0" "$@"
            """
        for isJournal in [false, true] {
            let prefix = isJournal ? ["sh", "-c", script] : ["env", "JOURNAL_STREAM=1:2"]
            let daemon = try TestDaemon("", ["--ephemeral"], prefix: prefix, dataPath: "")
            try daemon.client().registerSimulated()
            try daemon.stop()
            let lines = daemon.log.split(separator: "\n").map(String.init)
            #expect(lines.count == 3, "\(lines)")
            for line in lines {
                let time = try /[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{3}Z info [a-z]/
                    .prefixMatch(in: line)
                #expect((time != nil) == !isJournal, "\(line)")
                #expect(line.hasPrefix("<6>") == isJournal, "\(line)")
            }
            let failed = try TestDaemon(
                "[limits]\nImages = many\n", ["--ephemeral"], prefix: prefix, dataPath: "",
                start: false
            ).failedStart()
            #expect(failed.log.hasPrefix(isJournal ? "<3>/" : "imaged: /"), "\(failed.log)")
        }
    }

    @Test func levels() throws {
        for level in LogLevel.allCases {
            let daemon = try TestDaemon(
                "", ["--ephemeral", "--log-level", level.rawValue], dataPath: "")
            let client = try daemon.client()
            try client.registerSimulated()
            _ = try client.images()
            #expect(try client.refused(DeleteImage.self, DeleteImageRequest()) != nil)
            try daemon.stop()
            let lines = daemon.log.split(separator: "\n")
            #expect(lines.contains { $0.contains(" ready version=") } == (level >= .info))
            #expect(changes(daemon).count == (level >= .info ? 1 : 0))
            let requests = lines.filter { $0.contains(" debug request ") }
            #expect(requests.count == (level == .debug ? 3 : 0), "\(lines)")
            if level == .debug {
                #expect(requests[1].contains(" operation=DescribeImages code=OK "))
                #expect(requests[2].contains(" operation=DeleteImage code=MissingParameter "))
                #expect(requests[2].contains(" uid=\(getuid()) pid=\(getpid())"))
            }
        }
    }

    private func changes(_ daemon: TestDaemon) -> [String] {
        daemon.log.split(separator: "\n").filter { $0.contains(" info change ") }.map(String.init)
    }

    @Test func eachChangeHasALineAndRefusalsHaveNone() throws {
        let daemon = try TestDaemon("", ["--ephemeral"], fixture: true, dataPath: "")
        let client = try daemon.client()
        let instance = try client.registerSimulated(disks: 2)
        let request = TestClient.createImageRequest(of: instance.instanceID)
        let image = try client.call(CreateImage.self, request)
        #expect(try client.refused(DeleteInstance.self, DeleteInstanceRequest()) != nil)
        _ = try client.images()
        _ = try client.call(SetClock.self, .with { $0.isFrozen = true })
        // What is answered has been written: the answer leaves at the end of its turn.
        let lines = changes(daemon)
        #expect(lines.count == 3, "\(lines)")
        func fields(_ line: String) -> [String] { line.split(separator: " ").map(String.init) }
        let first = fields(lines[0])
        #expect(first[1...3] == ["info", "change", "operation=RegisterInstance"])
        #expect(first[4...6] == ["code=OK", "uid=\(getuid())", "pid=\(getpid())"])
        let resources = (instance.diskIDs + [instance.instanceID]).joined(separator: ",")
        #expect(
            first[7...] == [
                "account=default", "request_id=\(instance.requestID)", "resources=\(resources)",
            ])
        let second = fields(lines[1])
        #expect(second.contains("operation=CreateImage"))
        #expect(second.contains("request_id=\(image.requestID)"))
        #expect(second.last?.hasPrefix("resources=") == true)
        #expect(second.last?.contains(image.imageID) == true)
        #expect(fields(lines[2]).contains("operation=SetClock"))
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
            Set(lines.compactMap { $0.split(separator: ",").last.map(String.init) }) == Set(ids))
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
        // One line says that it is ready.
        let kept = text.split(separator: "\n").count - 1
        #expect(kept < 1_500)
        try connected.registerSimulated()
        let more = read(ends[0], &bytes, bytes.count)
        let next = String(decoding: bytes[..<max(0, more)], as: UTF8.self)
        let told = next.split(separator: "\n").first
        #expect(
            told?.hasSuffix(" warning lines were dropped count=\(1_500 - kept)") == true, "\(next)")
    }
}
