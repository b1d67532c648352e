import ECS
import Foundation
import TestSupport
import Testing
import Wire

/// T12: what a start takes, refuses and says; one owner for each directory and each socket.
@Suite struct StartTests {
    private let files = FileManager.default

    private func mode(_ path: String) throws -> Int {
        (try files.attributesOfItem(atPath: path)[.posixPermissions] as? NSNumber)?.intValue ?? 0
    }

    @Test func filesAreItsOwners() throws {
        let daemon = try TestDaemon()
        #expect(try mode(daemon.socketPath) == 0o600)
        #expect(try mode(daemon.dataPath) == 0o700)
        for name in try files.subpathsOfDirectory(atPath: daemon.dataPath) {
            let path = "\(daemon.dataPath)/\(name)"
            var isDirectory: ObjCBool = false
            _ = files.fileExists(atPath: path, isDirectory: &isDirectory)
            #expect(try mode(path) == (isDirectory.boolValue ? 0o700 : 0o600), "\(name)")
        }
    }

    @Test func oneDaemonForADirectory() throws {
        let daemon = try TestDaemon()
        let second = try TestDaemon(dataPath: daemon.dataPath, start: false)
        let exited = try second.failedStart()
        #expect(exited.status == 75)
        #expect(exited.log.contains("pid \(daemon.pid)"), "\(exited)")
        #expect(exited.log.contains(daemon.dataPath))
        #expect(try daemon.client().call(Version.self, VersionRequest()).protocolVersion == 1)
    }

    @Test func oneDaemonForASocket() throws {
        let daemon = try TestDaemon()
        let other = "\(daemon.directory.path)/other"
        let second = try TestDaemon(dataPath: other, in: daemon.directory, start: false)
        let exited = try second.failedStart()
        #expect(exited.status == 75)
        #expect(exited.log.contains("pid \(daemon.pid)"), "\(exited)")
        #expect(exited.log.contains(daemon.socketPath))
        #expect(try daemon.client().call(Version.self, VersionRequest()).protocolVersion == 1)
    }

    /// Many start at once: one is ready, all others exit with 75.
    @Test func race() throws {
        let directory = TemporaryDirectory()
        let first = try TestDaemon(in: directory, start: false)
        var arguments = [TestDaemon.product("imaged"), "--socket", first.socketPath]
        arguments += ["--data-dir", first.dataPath]
        for _ in 0..<5 {
            let null = open("/dev/null", O_WRONLY)
            defer { close(null) }
            let racers = try (0..<6).map { _ in
                try ChildProcess(arguments, output: null, errors: "\(directory.path)/racers")
            }
            while racers.count(where: { !$0.hasEnded }) > 1 { usleep(1_000) }
            let winner = try #require(racers.first { !$0.hasEnded })
            for racer in racers where racer.pid != winner.pid { #expect(racer.status == 75) }
            var client: TestClient?
            while client == nil && !winner.hasEnded { client = try? TestClient(first.socketPath) }
            #expect(try client?.call(Version.self, VersionRequest()).protocolVersion == 1)
            winner.send(signal: SIGTERM)
            #expect(try winner.wait() == 0)
        }
    }

    @Test func staleSocketIsTakenOver() throws {
        let daemon = try TestDaemon()
        try daemon.kill()
        #expect(files.fileExists(atPath: daemon.socketPath))
        try daemon.start()
        #expect(try daemon.client().call(Version.self, VersionRequest()).protocolVersion == 1)
    }

    /// At its end a daemon leaves alone what is at the path but is not its socket.
    @Test func socketOfAnotherIsLeftAlone() throws {
        let daemon = try TestDaemon()
        try files.removeItem(atPath: daemon.socketPath)
        try Data("mine".utf8).write(to: URL(fileURLWithPath: daemon.socketPath))
        #expect(try daemon.stop() == 0)
        #expect(files.contents(atPath: daemon.socketPath) == Data("mine".utf8))
    }

    @Test func regularFileAtTheSocketsPath() throws {
        let daemon = try TestDaemon(start: false)
        try Data("mine".utf8).write(to: URL(fileURLWithPath: daemon.socketPath))
        let exited = try daemon.failedStart()
        #expect(exited.status == 73)
        #expect(exited.log.contains(daemon.socketPath), "\(exited)")
        #expect(files.contents(atPath: daemon.socketPath) == Data("mine".utf8))
    }

    @Test func lengthOfTheSocketsPath() throws {
        let directory = TemporaryDirectory()
        for (length, isRight) in [(103, true), (104, false), (300, false)] {
            let name = String(repeating: "s", count: length - directory.path.utf8.count - 1)
            let path = "\(directory.path)/\(name)"
            let null = open("/dev/null", O_WRONLY)
            defer { close(null) }
            let log = "\(directory.path)/log-\(length)"
            let process = try ChildProcess(
                [TestDaemon.product("imaged"), "--ephemeral", "--socket", path], output: null,
                errors: log)
            if isRight {
                var client: TestClient?
                while client == nil && !process.hasEnded { client = try? TestClient(path) }
                #expect(try client?.call(Version.self, VersionRequest()).protocolVersion == 1)
            } else {
                #expect(try process.wait() == 73)
                let text = String(decoding: files.contents(atPath: log) ?? Data(), as: UTF8.self)
                #expect(text.contains("\(length) bytes"), "\(text)")
            }
        }
    }

    @Test(arguments: [0o777, 0o770, 0o720, 0o1777]) func socketDirectoryOfAll(_ mode: Int) throws {
        let daemon = try TestDaemon(start: false)
        try files.setAttributes([.posixPermissions: mode], ofItemAtPath: daemon.directory.path)
        let exited = try daemon.failedStart()
        #expect(exited.status == 73)
        #expect(exited.log.contains("writable"), "\(exited)")
        #expect(!files.fileExists(atPath: daemon.socketPath))
    }

    @Test func socketDirectoryThatIsALink() throws {
        let directory = TemporaryDirectory()
        try files.createSymbolicLink(
            atPath: "\(directory.path)/link", withDestinationPath: "/tmp")
        let exited = try runToItsEnd([
            "--ephemeral", "--socket", "\(directory.path)/link/imaged-test.sock",
        ])
        #expect(exited.status == 73)
    }

    @Test func dataDirectoryWithOtherFiles() throws {
        let daemon = try TestDaemon(start: false)
        try files.createDirectory(
            atPath: daemon.dataPath, withIntermediateDirectories: false,
            attributes: [.posixPermissions: 0o700])
        try Data().write(to: URL(fileURLWithPath: "\(daemon.dataPath)/thesis.tex"))
        let exited = try daemon.failedStart()
        #expect(exited.status == 73)
        #expect(try files.contentsOfDirectory(atPath: daemon.dataPath) == ["thesis.tex"])
    }

    /// S3: whoever is neither the daemon's user nor root is let go without a word.
    @Test(
        .enabled(if: geteuid() == 0, "needs root, to become another user"),
        .enabled(if: Tool.available("setpriv", "perl"), "setpriv or perl is not installed"))
    func otherUser() throws {
        let daemon = try TestDaemon("", ["--ephemeral"], dataPath: "")
        let client = try daemon.client()
        // As open as a careless operator could make it.
        try files.setAttributes([.posixPermissions: 0o755], ofItemAtPath: daemon.directory.path)
        try files.setAttributes([.posixPermissions: 0o666], ofItemAtPath: daemon.socketPath)
        let version = client.encode(Version.self, VersionRequest(), stream: 1)
        let script = """
            use Socket;
            $SIG{PIPE} = "IGNORE";
            socket(S, PF_UNIX, SOCK_STREAM, 0) or die;
            connect(S, sockaddr_un($ARGV[0])) or die "connect: $!";
            syswrite(S, pack("H*", $ARGV[1]));
            my $count = sysread(S, my $answer, 4096);
            print "got " . length($answer // "");
            """
        let hex = version.map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0\(digits)" : digits
        }.joined()
        let arguments = ["-e", script, daemon.socketPath, hex]
        let same = try Tool.run("perl", arguments)
        #expect(same.text.hasPrefix("got ") && same.text != "got 0", "\(same.text) \(same.err)")
        let perl = try #require(Tool.find("perl"))
        let other = try Tool.run(
            "setpriv", ["--reuid=65534", "--regid=65534", "--clear-groups", perl] + arguments)
        #expect(other.text == "got 0", "\(other.text) \(other.err)")
        #expect(daemon.log.contains("uid=65534"))
        #expect(try client.call(Version.self, VersionRequest()).protocolVersion == 1)
    }

    // MARK: Configuration and usage

    private func runToItsEnd(_ arguments: [String]) throws -> (status: Int32, log: String) {
        let directory = TemporaryDirectory()
        let null = open("/dev/null", O_WRONLY)
        defer { close(null) }
        let process = try ChildProcess(
            [TestDaemon.product("imaged")] + arguments, output: null,
            errors: "\(directory.path)/log")
        let status = try process.wait()
        let log = files.contents(atPath: "\(directory.path)/log") ?? Data()
        return (status, String(decoding: log, as: UTF8.self))
    }

    @Test(arguments: [
        ("[limits]\nImages = many\n", 2, "many"),
        ("[limits]\n\nImages = -1\n", 3, "-1"),
        ("[limits]\nImages = 99999999999999999999\n", 2, "Images"),
        ("[limits]\nImages\n", 2, "Images"),
        ("[limits]\nPictures = 1\n", 2, "UnfinishedSnapshots"),
        ("Images = 1\n", 1, "section"),
        ("# limits\n[limit]\n", 2, "[limits]"),
        ("[daemon]\nConnections = 0\n", 2, "Connections"),
        ("[daemon]\nImages = 1\n", 2, "FrameSeconds"),
    ])
    func configurationErrors(_ text: String, _ line: Int, _ says: String) throws {
        let daemon = try TestDaemon(text, ["--ephemeral"], dataPath: "", start: false)
        let exited = try daemon.failedStart()
        #expect(exited.status == 78)
        #expect(exited.log.contains("\(daemon.directory.path)/config:\(line): "), "\(exited)")
        #expect(exited.log.contains(says), "\(exited)")
    }

    @Test func configurationFileMissing() throws {
        let exited = try runToItsEnd(["--ephemeral", "--config", "/nonexistent/config"])
        #expect(exited.status == 78)
        #expect(exited.log.contains("/nonexistent/config"))
    }

    @Test(arguments: [
        ["--sockets", "/tmp/s"], ["--socket"], ["--socket="], ["serve"], ["check"],
        ["check", "/a", "/b"], ["repair"], ["repair", "--force"], ["--workers=0"],
        ["--workers=many"], ["--workers=1025"], ["--ready-fd=0"], ["--durability=never"],
        ["--ephemeral=yes"], ["--ephemeral", "--durability=always"],
        ["--fixture=yes"], ["--disk-root", "images"], ["--disk-root=/a/../b"], ["--socket-group="],
        ["--log-level=all"], ["--config"], ["--fixture", "--fixture"],
        ["--ephemeral", "--data-dir", "/tmp/d"],
        ["--socket=/a", "--socket=/b"],
    ])
    func usageErrors(_ arguments: [String]) throws {
        let exited = try runToItsEnd(arguments)
        #expect(exited.status == 64)
        #expect(exited.log.contains("--help"), "\(exited.log)")
    }

    @Test(arguments: [["--help"], ["-h"], ["help"], ["--version"]])
    func helpAndVersion(_ arguments: [String]) throws {
        let output = try Tool.run(TestDaemon.product("imaged"), arguments)
        #expect(output.status == 0)
        #expect(output.text.hasPrefix("imaged "))
        #expect(output.err.isEmpty)
    }
}
