import Foundation
import TestSupport
import Testing

/// The README's examples, carried out as they stand there: blocks behind `<!-- tested: NAME -->`.
@Suite struct ReadmeExampleTests {
    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    private static let readme =
        (try? String(contentsOf: root.appendingPathComponent("README.md"), encoding: .utf8)) ?? ""

    private static func block(_ name: String) throws -> String {
        let parts = readme.components(separatedBy: "<!-- tested: \(name) -->\n```")
        try #require(parts.count == 2, "the README has no example \(name), or two")
        let lines = parts[1].split(separator: "\n", omittingEmptySubsequences: false).dropFirst()
        return lines.prefix { $0 != "```" }.joined(separator: "\n")
    }

    /// A host with two VMs' disks on it, and what README's reader has: `imaged` and `imagectl` in
    /// PATH, and `ssh` to another host, which is a daemon beside the first.
    private final class Host {
        let directory = TemporaryDirectory()
        let daemon: TestDaemon
        let other: TestDaemon
        var path: String { directory.path }

        init() throws {
            daemon = try TestDaemon(fixture: true, start: false)
            other = try TestDaemon()
            let bin = "\(path)/bin"
            try FileManager.default.createDirectory(
                atPath: bin, withIntermediateDirectories: false)
            try FileManager.default.createSymbolicLink(
                atPath: "\(bin)/imagectl", withDestinationPath: TestDaemon.product("imagectl"))
            // Its usual places would be this machine's.
            try script(
                "imaged",
                """
                case "$*" in *--ephemeral*) ;; *) set -- --data-dir \(path)/data "$@" ;; esac
                exec \(TestDaemon.product("imaged")) --socket \(path)/s "$@"
                """)
            try script("ssh", "shift; IMAGED_SOCKET=\(other.socketPath) exec sh -c \"$*\"")
            for (name, size) in [("web.raw", 3_000_000), ("data.raw", 1_000_001)] {
                var bytes = Data(count: size)
                for index in stride(from: 0, to: size, by: 4096) {
                    bytes[index] = UInt8.random(in: 1...255)
                }
                let file = URL(fileURLWithPath: "\(path)/\(name)")
                try bytes.write(to: file)
                // A hole follows.
                try FileHandle(forWritingTo: file).truncate(atOffset: UInt64(size + 1_000_000))
            }
        }

        private func script(_ name: String, _ text: String) throws {
            let file = "\(path)/bin/\(name)"
            try Data("#!/bin/sh\n\(text)\n".utf8).write(to: URL(fileURLWithPath: file))
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file)
        }

        /// Runs bash in the host's folder; everything that it started ends with it.
        func run(
            _ text: String, socket: String? = nil, more: [String: String] = [:]
        ) throws -> Tool.Output {
            let file = "\(path)/example"
            try Data("cd \(path)\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n\(text)\n".utf8)
                .write(to: URL(fileURLWithPath: file))
            let inherited = ProcessInfo.processInfo.environment["PATH"] ?? ""
            var environment = [
                "PATH": "\(path)/bin:\(inherited)", "IMAGED_SOCKET": socket ?? "\(path)/s",
                "TERM": "dumb", "IMAGED": TestDaemon.product("imaged"), "BASH_ENV": "",
            ]
            environment.merge(more) { $1 }
            return try Tool.run("bash", ["-e", file], environment: environment)
        }
    }

    /// Without what differs from run to run: IDs, how long it took, and where lines are broken. A
    /// terminal shows a bar where a file gets the line about waiting.
    private static func masked(_ text: String) -> [String] {
        text.replacing(/\b[msid]-[a-z0-9]{20}\b/, with: "ID")
            .replacing(/\d+(\.\d+)? s\b/, with: "TIME")
            .replacing(/waiting for ID [^\n]*/, with: "")
            .split(whereSeparator: \.isWhitespace).map(String.init)
    }

    @Test func session() throws {
        let host = try Host()
        try host.daemon.start()
        let expected = try Self.block("session")
        // Each command is echoed before it is carried out, as at a prompt.
        let commands = expected.split(separator: "\n").filter { $0.hasPrefix("$ ") }
        var session = "set +e\nexec 2>&1\n"
        for command in commands {
            session += "cat <<'COMMAND'\n\(command)\nCOMMAND\n\(command.dropFirst(2))\n"
        }
        let output = try host.run(session, socket: host.daemon.socketPath)
        let text = output.text.replacing(host.path, with: "/vms")
        #expect(Self.masked(text) == Self.masked(expected), "\(output.text)")
    }

    @Test(arguments: ["build host", "world"]) func shell(_ name: String) throws {
        let host = try Host()
        // A daemon that was started in the background is waited for.
        let wait =
            "for _ in $(seq 500); do imagectl version >/dev/null 2>&1 && break; sleep .02; done"
        let lines = try Self.block(name).split(separator: "\n", omittingEmptySubsequences: false)
            .flatMap { line in
                line.contains(/^imaged .*&/) ? [String(line), wait] : [String(line)]
            }
        let output = try host.run(lines.joined(separator: "\n"))
        #expect(output.status == 0, "\(output.text)\n\(output.err)")
    }

    @Test(
        .enabled(if: Tool.available("pytest"), "pytest is not installed"),
        arguments: ["pytest", "race"])
    func python(_ name: String) throws {
        let host = try Host()
        try Data(try Self.block(name).utf8)
            .write(to: URL(fileURLWithPath: "\(host.path)/test_readme.py"))
        let output = try host.run(
            "python3 -B -m pytest -q -p imaged.pytest_plugin test_readme.py",
            more: ["PYTHONPATH": Self.root.appendingPathComponent("clients/python").path])
        #expect(output.status == 0, "\(output.text)\n\(output.err)")
        #expect(output.text.contains(/\d passed/))
    }

    /// The Swift example is a test of this package, word for word.
    @Test func swift() throws {
        let file = Self.root.appendingPathComponent("Tests/EndToEndTests/ReadmeWorldTests.swift")
        #expect(try String(contentsOf: file, encoding: .utf8) == Self.block("swift") + "\n")
    }

    /// Code that calls the official SDK, in a Python that has it.
    @Test(
        .enabled(
            if: sdkPython != nil || Tool.isRequired,
            "IMAGED_SDK_PYTHON names no Python with alibabacloud-ecs20140526"))
    func sdk() throws {
        let host = try Host()
        let python = try #require(Self.sdkPython, "IMAGED_SDK_PYTHON is not set")
        try Data(try Self.block("sdk").utf8)
            .write(to: URL(fileURLWithPath: "\(host.path)/test_readme.py"))
        let output = try host.run(
            "\(python) -B -m pytest -q -p imaged.pytest_plugin test_readme.py",
            more: ["PYTHONPATH": Self.root.appendingPathComponent("clients/python").path])
        #expect(output.status == 0, "\(output.text)\n\(output.err)")
        #expect(output.text.contains(/\d passed/))
    }

    private static var sdkPython: String? {
        ProcessInfo.processInfo.environment["IMAGED_SDK_PYTHON"]
    }
}
