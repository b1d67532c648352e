import ECS
import Foundation
import TestSupport
import Testing

/// S8: the daemon under a service manager, which a test plays.
@Suite struct ServiceManagerTests {
    private func version(_ client: TestClient) throws -> Int32 {
        try client.call(Version.self, VersionRequest()).protocolVersion
    }

    @Test(arguments: [false, true]) func itServesThePassedSocketAndSaysSo(
        abstractNotifications isAbstract: Bool
    ) throws {
        let manager = try PlayedManager(abstractNotifications: isAbstract)
        chmod(manager.socketPath, 0o640)
        var before = stat()
        try #require(stat(manager.socketPath, &before) == 0)
        // Who connects before the daemon is there is served when it is.
        let early = try TestClient(manager.socketPath)
        let stream = try early.begin(Version.self, VersionRequest())
        try manager.start(["--data-dir", "\(manager.directory.path)/data"])
        let messages = try manager.messages(upTo: "READY=1")
        #expect(messages.first == ["STATUS=Reading the data directory"])
        #expect(messages.last == ["READY=1", "STATUS=Serving \(manager.socketPath)"])
        #expect(try early.answer(Version.self, stream).protocolVersion == 1)
        #expect(try version(TestClient(manager.socketPath)) == 1)
        #expect(!FileManager.default.fileExists(atPath: "\(manager.socketPath).lock"))

        manager.process?.send(signal: SIGTERM)
        #expect(try manager.messages(upTo: "STOPPING=1").count == 1)
        #expect(try manager.process?.wait() == 0)
        var after = stat()
        #expect(stat(manager.socketPath, &after) == 0)
        #expect(after.st_ino == before.st_ino && after.st_mode == before.st_mode)
        // The next one has the same socket, and who came meanwhile.
        let late = try TestClient(manager.socketPath)
        let waiting = try late.begin(Version.self, VersionRequest())
        try manager.start(["--data-dir", "\(manager.directory.path)/data"])
        #expect(try late.answer(Version.self, waiting).protocolVersion == 1)
        manager.process?.send(signal: SIGTERM)
        #expect(try manager.process?.wait() == 0)
    }

    @Test func theWatchdogHearsOfTheLoop() throws {
        let manager = try PlayedManager()
        try manager.start(["--ephemeral"], ["WATCHDOG_USEC=20000"])
        for _ in 0..<3 { _ = try manager.messages(upTo: "WATCHDOG=1") }
        manager.process?.send(signal: SIGTERM)
        #expect(try manager.process?.wait() == 0)
        #expect(try manager.messages(upTo: "STOPPING=1").isEmpty == false)
    }

    /// A watchdog for another process is none of ours.
    @Test func theWatchdogOfAnother() throws {
        let manager = try PlayedManager()
        try manager.start(["--ephemeral"], ["WATCHDOG_USEC=20000", "WATCHDOG_PID=1"])
        _ = try manager.messages(upTo: "READY=1")
        let client = try TestClient(manager.socketPath)
        for _ in 0..<100 { #expect(try version(client) == 1) }
        manager.process?.send(signal: SIGTERM)
        #expect(try manager.message().first == "STOPPING=1")
        #expect(try manager.process?.wait() == 0)
    }

    @Test func whyItDoesNotStart() throws {
        let manager = try PlayedManager()
        try manager.start(["--ephemeral", "--config", "/nonexistent/a\nREADY=1"])
        #expect(try manager.process?.wait() == 78)
        let message = try manager.message()
        #expect(message.count == 1)
        #expect(message.first?.hasPrefix("STATUS=--config ") == true, "\(message)")
    }

    @Test(arguments: [
        (PlayedManager.Passed.datagram, "no listening Unix stream"),
        (.notListening, "no listening Unix stream"), (.tcp, "no listening Unix stream"),
        (.file, "no listening Unix stream"), (.abstract, "not in the file system"),
    ])
    func otherDescriptorsAreRefused(_ passed: PlayedManager.Passed, _ says: String) throws {
        let manager = try PlayedManager(passing: passed)
        try manager.start()
        #expect(try manager.process?.wait() == 73)
        #expect(manager.log.contains(says), "\(manager.log)")
    }

    @Test(arguments: [
        (["LISTEN_FDS=2", "LISTEN_FDNAMES=a:b"], [], 73, "2 sockets (a:b)"),
        (["LISTEN_FDS=many"], [], 73, "LISTEN_FDS=many"),
        ([], ["--socket", "/tmp/s"], 64, "--socket: "),
        ([], ["--socket-group", "0"], 64, "--socket-group: "),
        ([], ["--ready-fd", "3"], 64, "--ready-fd 3: "),
    ])
    func whatCannotBeIsRefused(
        _ variables: [String], _ arguments: [String], _ status: Int32, _ says: String
    ) throws {
        let manager = try PlayedManager()
        try manager.start(["--ephemeral"] + arguments, variables)
        #expect(try manager.process?.wait() == status)
        #expect(manager.log.contains(says), "\(manager.log)")
    }

    /// Variables that are left over from a parent's own activation.
    @Test func theSocketOfAnother() throws {
        let manager = try PlayedManager()
        let own = "\(manager.directory.path)/own"
        try manager.start(["--ephemeral", "--socket", own], ["LISTEN_PID=1"])
        _ = try manager.messages(upTo: "READY=1")
        #expect(try version(TestClient(own)) == 1)
        manager.process?.send(signal: SIGTERM)
        #expect(try manager.process?.wait() == 0)
        #expect(!FileManager.default.fileExists(atPath: own))
    }

    /// The same by systemd's own hand.
    @Test(
        .enabled(
            if: Tool.available("systemd-socket-activate"),
            "systemd-socket-activate is not installed"))
    func systemdPassesIt() throws {
        let directory = TemporaryDirectory()
        let path = "\(directory.path)/s"
        let null = open("/dev/null", O_WRONLY)
        defer { close(null) }
        let process = try ChildProcess(
            ["systemd-socket-activate", "-l", path, TestDaemon.product("imaged"), "--ephemeral"],
            output: null, errors: "\(directory.path)/log")
        var client: TestClient?
        while client == nil && !process.hasEnded { client = try? TestClient(path) }
        #expect(try version(#require(client)) == 1)
        process.send(signal: SIGTERM)
        #expect(try process.wait() == 0)
    }
}
