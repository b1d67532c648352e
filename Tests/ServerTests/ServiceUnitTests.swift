import Foundation
import TestSupport
import Testing

/// `imaged print-unit systemd`, judged by systemd.
@Suite struct ServiceUnitTests {
    private static let product = TestDaemon.product("imaged")

    private func printed(
        _ arguments: [String], environment: [String: String] = [:]
    ) throws -> Tool.Output {
        try Tool.run(
            Self.product, ["print-unit", "systemd"] + arguments, environment: environment)
    }

    /// The units by name, as they are separated.
    private func units(_ text: String) throws -> [String: String] {
        var units: [String: String] = [:]
        var name = ""
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("# /") {
                name = String(try #require(line.split(separator: "/").last))
            } else {
                units[name, default: ""] += "\(line)\n"
            }
        }
        #expect(units.keys.sorted() == ["imaged.service", "imaged.socket"])
        return units
    }

    static let choices: [[String]] = [
        ["--system"], ["--user"], ["--system", "--ephemeral", "--fixture"],
        ["--system", "--socket-group", "root", "--data-dir", "/srv/imaged"],
        ["--system", "--disk-root", "/var", "--disk-root=/home/u/disks", "--workers", "8"],
        [
            "--system", "--data-dir", "/var/lib/a b/100%", "--disk-root", "/srv/\"$HOME\" 'x'\\;y",
            "--log-level=debug",
        ],
        ["--user", "--data-dir", "/srv/a b", "--socket", "/tmp/100%/with space/s"],
    ]

    @Test(
        .enabled(if: Tool.available("systemd-analyze"), "systemd-analyze is not installed"),
        arguments: choices)
    func systemdAcceptsThem(_ arguments: [String]) throws {
        let output = try printed(arguments)
        #expect(output.status == 0, "\(output.err)")
        let directory = TemporaryDirectory()
        let units = try units(output.text)
        for (name, text) in units {
            let file = URL(fileURLWithPath: "\(directory.path)/\(name)")
            try Data(text.utf8).write(to: file)
        }
        let names = units.keys.sorted().map { "\(directory.path)/\($0)" }
        let manager = arguments.contains("--user") ? ["--user"] : []
        let verified = try Tool.run(
            "systemd-analyze", ["verify"] + manager + names,
            environment: ["XDG_RUNTIME_DIR": directory.path])
        #expect(verified.status == 0, "\(verified.err)")
        let ours = verified.err.split(separator: "\n").filter { $0.contains("imaged") }
        #expect(ours.isEmpty, "\(ours)")
    }

    /// systemd's own measure of what a service could do: 10 is everything.
    @Test(.enabled(if: Tool.available("systemd-analyze"), "systemd-analyze is not installed"))
    func itIsHardened() throws {
        let directory = TemporaryDirectory()
        let text = try units(printed(["--system", "--disk-root", "/srv"]).text)["imaged.service"]
        let path = "\(directory.path)/imaged.service"
        try Data(#require(text).utf8).write(to: URL(fileURLWithPath: path))
        let judged = try Tool.run(
            "systemd-analyze", ["security", "--offline=true", "--threshold=30", path])
        #expect(judged.status == 0, "\(judged.text)\(judged.err)")
    }

    @Test func whatTheyHold() throws {
        let group = try units(
            printed([
                "--system", "--socket-group", "images", "--data-dir", "/srv/data dir",
                "--disk-root", "/srv/100%/$x", "--workers=2", "--exec", "/opt/im aged",
            ]).text)
        let socket = try #require(group["imaged.socket"])
        let service = try #require(group["imaged.service"])
        for line in [
            "ListenStream=/run/imaged/imaged.sock", "SocketGroup=images", "SocketMode=0660",
            "WantedBy=sockets.target",
        ] { #expect(socket.contains("\n\(line)\n"), "\(line)") }
        for line in [
            "Type=notify",
            "ExecStart=\"/opt/im aged\" --data-dir \"/srv/data dir\" --workers 2"
                + " --disk-root /srv/100%%/$$x",
            "ReadWritePaths=\"/srv/data dir\" /srv/100%%/$x",
            "RequiresMountsFor=\"/srv/data dir\" /srv/100%%/$x", "ProtectHome=yes",
        ] { #expect(service.contains("\n\(line)\n"), "\(line) of \(service)") }
        #expect(!service.contains("StateDirectory="))
        #expect(!service.contains("socket-group"))

        let home = try units(
            printed(["--system", "--disk-root", "/home/u", "--exec", "/usr/bin/imaged"]).text)
        #expect(home["imaged.service"]?.contains("\nProtectHome=no\n") == true)
        #expect(home["imaged.service"]?.contains("\nStateDirectory=imaged\n") == true)
        let user = try units(printed(["--user", "--exec", "/usr/bin/imaged"]).text)
        #expect(user["imaged.socket"]?.contains("\nListenStream=%t/imaged/imaged.sock\n") == true)
        // They would need a user namespace.
        #expect(user["imaged.service"]?.contains("Protect") == false)
    }

    /// Buckets and roots of the configuration file are places that the daemon writes to.
    @Test func placesOfTheConfiguration() throws {
        let directory = TemporaryDirectory()
        let path = "\(directory.path)/config"
        let text = """
            [account ci]
            [peer uid=1001]
            Account = ci
            DiskRoot = /srv/images
            [bucket ci]
            Path = /srv/ci
            """
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        let output = try printed(["--system", "--config", path, "--exec", "/usr/bin/imaged"])
        #expect(output.text.contains("\nReadWritePaths=/srv/images /srv/ci\n"), "\(output)")
        #expect(output.text.contains("ExecStart=/usr/bin/imaged --config \(path)\n"))
        try Data("[limits]\nImages = many\n".utf8).write(to: URL(fileURLWithPath: path))
        let refused = try printed(["--system", "--config", path])
        #expect(refused.status == 64 && refused.err.contains("config:2"), "\(refused)")
    }

    @Test(arguments: [
        [], ["launchd"], ["systemd", "--system", "--user"], ["systemd", "--exec"],
        ["systemd", "--ready-fd", "3"], ["systemd", "--workers", "0"],
        ["systemd", "--data-dir", "/srv/a\nb"], ["systemd", "--socket", "/srv/a\\"],
        ["systemd", "--config", "/nonexistent/file"],
    ])
    func whatIsRefused(_ arguments: [String]) throws {
        let output = try Tool.run(Self.product, ["print-unit"] + arguments)
        #expect(output.status == 64)
        #expect(output.out.isEmpty && output.err.contains("--help"), "\(output)")
    }

    @Test func installing() throws {
        let directory = TemporaryDirectory()
        let environment = ["XDG_CONFIG_HOME": directory.path]
        let files = ["imaged.socket", "imaged.service"].map {
            "\(directory.path)/systemd/user/\($0)"
        }
        for _ in 0..<2 {
            let output = try printed(["--user", "--install"], environment: environment)
            #expect(output.status == 0, "\(output.err)")
            for file in files { #expect(output.text.contains("wrote \(file)\n")) }
            #expect(output.text.contains("systemctl --user enable --now imaged.socket"))
        }
        let text = try printed(["--user"], environment: environment).text
        for file in files {
            let written = try String(contentsOfFile: file, encoding: .utf8)
            #expect(text.contains(written))
        }
        // What somebody else has put there stays.
        try Data("[Unit]\n".utf8).write(to: URL(fileURLWithPath: files[1]))
        let refused = try printed(["--user", "--install"], environment: environment)
        #expect(refused.status == 73 && refused.err.contains(files[1]), "\(refused.err)")
        #expect(try String(contentsOfFile: files[1], encoding: .utf8) == "[Unit]\n")
    }
}
