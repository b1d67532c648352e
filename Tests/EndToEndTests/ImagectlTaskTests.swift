import ECS
import Foundation
import TestSupport
import Testing

/// `imagectl doctor`, `watch` and `--wait` against the real daemon.
@Suite(.timeLimit(.minutes(60))) struct ImagectlTaskTests {
    private let files = TemporaryDirectory()

    private func environment(_ daemon: TestDaemon?) -> [String: String] {
        [
            "IMAGED_SOCKET": daemon?.socketPath ?? "", "IMAGED_REGION": testRegion,
            "NO_COLOR": "1", "HOME": files.path, "XDG_RUNTIME_DIR": files.path,
            "XDG_STATE_HOME": files.path,
        ]
    }

    private func run(_ arguments: [String], _ daemon: TestDaemon?) throws -> Tool.Output {
        try Tool.run(
            TestDaemon.product("imagectl"), arguments, environment: environment(daemon))
    }

    // MARK: Doctor

    /// Its checks by name, each with verdict, finding and advice.
    private func doctor(
        _ daemon: TestDaemon?, _ arguments: String...
    ) throws -> (status: Int32, checks: [[String: String]]) {
        let output = try run(["doctor", "--output", "jsonl"] + arguments, daemon)
        let checks = try output.text.split(separator: "\n").map { line in
            try #require(
                try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: String])
        }
        return (output.status, checks)
    }

    private func check(_ name: String, _ checks: [[String: String]]) throws -> [String: String] {
        try #require(checks.first { $0["Name"] == name }, "\(checks)")
    }

    @Test func aHealthyDaemon() throws {
        let daemon = try TestDaemon()
        let (status, checks) = try doctor(daemon)
        #expect(status == 0)
        #expect(checks.allSatisfy { $0["Verdict"] != "problem" }, "\(checks)")
        let names = [
            "socket", "directory", "daemon", "versions", "permissions", "data directory", "room",
            "file system", "clone", "journal", "limits", "connections", "snapshots",
        ]
        #expect(checks.map { $0["Name"] ?? "" } == names)
        #expect(try check("socket", checks)["Finding"]?.hasSuffix("a daemon listens") == true)
        #expect(try check("data directory", checks)["Finding"]?.hasPrefix(daemon.dataPath) == true)
        #expect(try check("limits", checks)["Finding"]?.hasPrefix("0 of 100 images") == true)
        let table = try run(["doctor"], daemon)
        #expect(table.text.hasSuffix("\n0 problems and \(warnings(checks)) warnings\n"))
        let json =
            try JSONSerialization.jsonObject(
                with: try run(["doctor", "--json"], daemon).out) as? [String: Any]
        #expect(json?["Problems"] as? Int == 0)
    }

    private func warnings(_ checks: [[String: String]]) -> Int {
        checks.count { $0["Verdict"] == "warning" }
    }

    /// What Health tells of the file system is what can be seen of it.
    @Test(
        .enabled(if: LoopFileSystem.canMake("xfs") && LoopFileSystem.canMake("btrfs")),
        arguments: [
            ("xfs", 320, true, true), ("btrfs", 320, true, false), ("ext4", 64, false, true),
        ])
    func fileSystems(_ kind: String, _ mebibytes: Int, _ clones: Bool, _ inPlace: Bool) throws {
        let fileSystem = try LoopFileSystem(kind, mebibytes: mebibytes)
        let daemon = try TestDaemon(dataPath: "\(fileSystem.path)/data")
        let health = try daemon.client().call(Health.self, HealthRequest())
        #expect(health.fileSystem == kind)
        #expect(health.clones == clones)
        #expect(health.overwritesInPlace == inPlace)
        #expect(health.totalBytes > health.freeBytes && health.freeBytes > 0)
        let (_, checks) = try doctor(daemon)
        #expect(try check("file system", checks)["Finding"] == kind)
        let clone = try check("clone", checks)["Finding"] ?? ""
        #expect(clone.hasPrefix(clones ? "files share blocks" : "files cannot share blocks"))
        let journal = try check("journal", checks)["Finding"] ?? ""
        #expect(journal.contains(inPlace ? "stays in place" : "copies on write"))
        // Trying leaves nothing in the directory.
        let names = try FileManager.default.contentsOfDirectory(atPath: daemon.dataPath)
        #expect(!names.contains { $0.hasPrefix("#") || $0.contains("doctor") })
        try daemon.stop()
    }

    @Test func theAccountsLimits() throws {
        let daemon = try TestDaemon("[limits]\nImages = 7\n[account ci]\nImages = 9\n")
        let client = try daemon.client()
        func images() throws -> Int64? {
            try client.call(Health.self, HealthRequest()).limits.first { $0.name == "Images" }?
                .value
        }
        #expect(try images() == 7)
        client.account = "ci"
        #expect(try images() == 9)
        let (_, checks) = try doctor(daemon, "--account", "ci")
        #expect(try check("limits", checks)["Finding"]?.hasPrefix("0 of 9 images") == true)
    }

    @Test func aFullAccountIsAProblem() throws {
        let daemon = try TestDaemon("[limits]\nImages = 1\n", ["--ephemeral"], dataPath: "")
        let client = try daemon.client()
        let instance = try client.registerSimulated().instanceID
        _ = try client.createImage(of: instance)
        let (status, checks) = try doctor(daemon)
        #expect(status == 1)
        let limits = try check("limits", checks)
        #expect(limits["Verdict"] == "problem")
        #expect(limits["Advice"]?.contains("imagectl prune") == true)
        #expect(try check("data directory", checks)["Finding"]?.contains("--ephemeral") == true)
        let other = try doctor(daemon, "--account", "nobody")
        #expect(other.status == 1)
        #expect(try check("permissions", other.checks)["Verdict"] == "problem")
    }

    /// It says where it looked, in order, and what it found there.
    @Test func noDaemon() throws {
        try FileManager.default.createDirectory(
            atPath: "\(files.path)/imaged", withIntermediateDirectories: false)
        let (status, checks) = try doctor(nil)
        #expect(status == 1)
        let findings = checks.map { $0["Finding"] ?? "" }
        #expect(findings[0] == "\(files.path)/imaged/imaged.sock: no socket there")
        #expect(findings[1].hasPrefix("/run/imaged/imaged.sock: "))
        let last = try #require(checks.last)
        #expect(last["Verdict"] == "problem")
        #expect(last["Advice"]?.contains(TestDaemon.product("imaged")) == true, "\(last)")
        let named = try doctor(nil, "--socket", "/nonexistent/s")
        #expect(
            named.checks[0]["Finding"] == "/nonexistent/s (--socket): no directory /nonexistent")
        #expect(named.checks.count == 2)
        #expect(named.checks[1]["Advice"]?.contains("--socket /nonexistent/s") == true)
    }

    @Test func aSocketThatWasLeft() throws {
        let daemon = try TestDaemon()
        try daemon.kill()
        let (status, checks) = try doctor(daemon)
        #expect(status == 1)
        let socket = try check("socket", checks)
        #expect(socket["Verdict"] == "problem")
        #expect(socket["Finding"]?.contains("left over: no daemon listens") == true)
    }

    @Test(.enabled(if: OtherUser.isPossible, OtherUser.needs))
    func aSocketOfSomebodyElse() throws {
        let daemon = try TestDaemon()
        for path in [daemon.directory.path, files.path] { chmod(path, 0o755) }
        // Where everybody may run it.
        let program = "\(files.path)/imagectl"
        try FileManager.default.copyItem(atPath: TestDaemon.product("imagectl"), toPath: program)
        let output = try Tool.run(
            "setpriv",
            [
                "--reuid=12345", "--regid=12345", "--clear-groups", program, "doctor", "--socket",
                daemon.socketPath,
            ])
        #expect(output.status == 1)
        #expect(output.text.contains("may not connect"), "\(output.text)")
        #expect(output.text.contains("--socket-group"))
    }

    // MARK: Watch

    /// Follows over a restart: what happened before and after it is told, once each.
    @Test func watchFollowsOverARestart() throws {
        let daemon = try TestDaemon(fixture: true)
        let out = "\(files.path)/out"
        FileManager.default.createFile(atPath: out, contents: nil)
        let file = open(out, O_WRONLY)
        defer { close(file) }
        var command = ["env"]
        for (name, value) in environment(daemon) { command.append("\(name)=\(value)") }
        command += [TestDaemon.product("imagectl"), "watch", "--output", "jsonl"]
        // Its sequence tells where it goes on: it must be there before the first change.
        let watch = try ChildProcess(command, output: file, errors: "\(files.path)/err")
        func kinds() -> [String] {
            let text = (try? String(contentsOfFile: out, encoding: .utf8)) ?? ""
            return text.split(separator: "\n").compactMap { line in
                let object = try? JSONSerialization.jsonObject(with: Data(line.utf8))
                return (object as? [String: Any])?["Kind"] as? String
            }
        }
        func register() throws {
            _ = try run(["register-instance", "--disk", "size=20"], daemon)
        }
        while kinds().isEmpty {
            try #require(!watch.hasEnded)
            try register()
        }
        let before = kinds().count
        #expect(try daemon.stop() == 0)
        try daemon.start()
        try register()
        while kinds().count < before + 2 { try #require(!watch.hasEnded) }
        watch.send(signal: SIGTERM)
        #expect(try watch.wait() == 130)
        let errors = try String(contentsOfFile: "\(files.path)/err", encoding: .utf8)
        // Programs are spared what is for people.
        #expect(errors.isEmpty, "\(errors)")
        let text = try String(contentsOfFile: out, encoding: .utf8)
        let sequences = try text.split(separator: "\n").map { line in
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8))
            return Int(((object as? [String: Any])?["Sequence"] as? String) ?? "") ?? 0
        }
        #expect(sequences == Set(sequences).sorted())
        let all = try daemon.client().call(
            ReadEvents.self, .with { $0.afterSequence = Int64(sequences[0]) - 1 })
        #expect(all.events.map { Int($0.sequence) } == sequences)
    }

    @Test func watchHasALimitForItsPatience() throws {
        let daemon = try TestDaemon()
        let output = try Tool.run(
            "bash",
            [
                "-c",
                """
                $imagectl watch --timeout 0.3 & watch=$!
                # It is connected when the daemon has two clients.
                until $imagectl health | grep -q 'Connections *2'; do :; done
                kill -9 \(daemon.pid); wait $watch; echo $?
                """,
            ],
            environment: environment(daemon).merging(
                ["imagectl": TestDaemon.product("imagectl")]) { $1 })
        #expect(output.text == "3\n")
        #expect(output.err.contains("waiting for the daemon at \(daemon.socketPath)"))
        #expect(output.err.contains("NoDaemon"), "\(output.err)")
    }

    // MARK: Waiting

    /// Ctrl-C ends the waiting; the job goes on, and the command that it names looks again.
    @Test(arguments: ["create-image", "wait-for-image"])
    func ctrlCEndsTheWaiting(_ command: String) throws {
        let daemon = try TestDaemon(fixture: true)
        let client = try daemon.client()
        _ = try run(["fixture", "hold-jobs"], daemon)
        let instance = try client.registerSimulated().instanceID
        var arguments = "create-image --instance-id \(instance) --wait"
        if command == "wait-for-image" {
            arguments = "wait-for-image \(try client.createImage(of: instance))"
        }
        let output = try Tool.run(
            "bash",
            [
                "-c",
                """
                $imagectl --account default \(arguments) 2>\(files.path)/err & wait=$!
                until grep -Eq 'SigCgt:.*[4-7c-f]...$' /proc/$wait/status; do
                    kill -0 $wait || exit 1; sleep .01
                done
                until $imagectl fixture describe-jobs --output id | grep -q .; do
                    kill -0 $wait || exit 1; sleep .01
                done
                # SIGTERM goes Ctrl-C's way, which a shell's background job ignores.
                kill -TERM $wait; wait $wait; echo $?
                $imagectl fixture release-jobs >/dev/null
                """,
            ],
            environment: environment(daemon).merging(
                ["imagectl": TestDaemon.product("imagectl")]) { $1 })
        let errors = try String(contentsOfFile: "\(files.path)/err", encoding: .utf8)
        #expect(output.text.hasSuffix("130\n"), "\(output.text) \(output.err)")
        #expect(errors.contains("Interrupted\n  stopped waiting; m-"), "\(errors)")
        let hint = try #require(errors.split(separator: "\n").last { $0.contains("imagectl") })
        #expect(hint.contains("--account default"))
        let words = hint.split(separator: " ").map(String.init)
        let start = try #require(words.firstIndex(of: "imagectl"))
        let end = try #require(words.firstIndex(of: "looks"))
        let again = try run(Array(words[(start + 1)..<end]), daemon)
        #expect(again.status == 0, "\(again.err)")
        #expect(again.text.contains("Available"))
    }
}
