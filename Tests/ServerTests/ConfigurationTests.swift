import Foundation
import System
import TestSupport
import Testing

@testable import Catalog
@testable import Server

/// The configuration file: what it says, and every way in which it can be wrong, with its line.
@Suite struct ConfigurationTests {
    private static let allowAll = """
        {"Version": "1",
         "Statement": {"Effect": "Allow", "Action": "ecs:*", "Resource": "*"}}
        """

    private static func read(_ path: String) throws(SystemError) -> [UInt8] {
        switch path {
        case "/etc/imaged/all.json", "/etc/imaged/with space.json", "/opt/all.json":
            return Array(allowAll.utf8)
        case "/etc/imaged/wrong.json":
            let wrong = "{\"Version\": \"1\",\n \"Statement\": [\n  {\"Effect\": \"Permit\"}]}"
            return Array(wrong.utf8)
        case "/etc/imaged/broken.json": return Array("{\n\n]".utf8)
        case "/etc/imaged/latin.json": return [0x22, 0xe4, 0x22]
        default: throw SystemError("open", path: path, errno: .notFound)
        }
    }

    private func parsed(_ text: String) throws -> Configuration {
        try Configuration(parsing: text, file: "/etc/imaged/imaged.conf", readFile: Self.read)
    }

    @Test func everySection() throws {
        let configuration = try parsed(
            """
            # Limits stand where one likes, comments too.
            [account ci]   # beside "default"
            Images = 200
            ResourceGroup = rg-web
              ResourceGroup=rg-db0
            [account default]
            [limits]
            Images = 7
            Tags = 0
            [daemon]
            Connections = 5
            ForeignConnections = 2
            [peer uid=1001]\r
            Account = ci\r
            Account = default
            [peer gid=0]
            Account = ci
            Policy = all.json
            Policy = rg-web with space.json
            Policy = rg-db0\t/opt/all.json
            DiskRoot = /srv//images/
            DiskRoot = /
            [bucket ci]
            Path = /srv/ci
            """)
        #expect(configuration.limits.images == 7)
        #expect(configuration.server.connections == 5)
        #expect(configuration.server.foreignConnections == 2)
        #expect(configuration.accounts.map(\.name) == ["ci", "default"])
        #expect(configuration.accounts.map(\.limits.images) == [200, 7])
        #expect(configuration.accounts.map(\.limits.tags) == [0, 0])
        #expect(configuration.accounts.map(\.resourceGroups) == [["rg-web", "rg-db0"], []])
        #expect(configuration.buckets == ["ci": "/srv/ci"])
        #expect(configuration.peers.map(\.who) == [.uid(1001), .gid(0)])
        #expect(configuration.peers[0].accounts == ["ci", "default"])
        #expect(configuration.peers[0].policies.isEmpty)
        #expect(
            configuration.peers[1].policies.map(\.resourceGroupID) == ["", "rg-web", "rg-db0"])
        #expect(configuration.peers[1].policies.allSatisfy { $0.statements.count == 1 })
        #expect(configuration.peers[1].diskRoots == ["/srv/images", "/"])
    }

    private static let wrong: [(text: String, line: Int, says: String)] = [
        ("Images = 1", 1, "section"),
        ("[limit]", 1, "[peer uid=NUMBER]"),
        ("[limits", 1, "no section [limits:"),
        ("[account]", 1, "[account NAME]"),
        ("[limits]\nImages", 2, "Name = value"),
        ("[limits]\nImages = many", 2, "whole number from 0"),
        ("[limits]\nImages = -1", 2, "whole number from 0"),
        ("[limits]\nImages = 2147483649", 2, "2147483648"),
        ("[limits]\nPictures = 1", 2, "UnfinishedSnapshots"),
        ("[limits]\nImages = 1\nImages = 2", 3, "line 2"),
        ("[daemon]\nForeignConnections = 0", 2, "from 1"),
        ("[daemon]\nImages = 1", 2, "ForeignConnections"),
        ("[limits]\n[daemon]\n[limits]", 3, "line 1"),
        ("[account a b]", 1, "[account NAME]"),
        ("[account -a]", 1, "1 to 64"),
        ("[account a]\n\n[account a]", 3, "line 1"),
        ("[account a]\nResourceGroup = web", 2, "rg-"),
        ("[account a]\nResourceGroup = rg-", 2, "rg-"),
        ("[account a]\nResourceGroup = rg-Web", 2, "lower-case"),
        ("[account a]\nResourceGroup = rg-123456789012345678901", 2, "1 to 20"),
        ("[account a]\nResourceGroup = rg-a\nResourceGroup = rg-a", 3, "already"),
        ("[account a]\nImages = x", 2, "whole number"),
        ("[account a]\nAccount = x", 2, "ResourceGroup"),
        ("[peer 1001]", 1, "uid=NUMBER"),
        ("[peer uid=ci]", 1, "uid=NUMBER"),
        ("[peer uid=+5]", 1, "uid=NUMBER"),
        ("[peer uid=4294967295]", 1, "uid=NUMBER"),
        ("[peer uid=65534]", 1, "never"),
        ("[peer gid=65534]", 1, "never"),
        ("[peer uid=0]", 1, "root"),
        ("[peer uid=\(getuid())]", 1, "leave the section out"),
        ("[peer uid=01001]\nAccount = default\n[peer uid=1001]", 3, "line 1"),
        ("[peer uid=1001]", 1, "Account = NAME"),
        ("[limits]\n[peer uid=1001]\nDiskRoot = /srv", 2, "Account = NAME"),
        ("[peer uid=1001]\nAccount = ci", 2, "no [account ci]; there are default"),
        ("[peer uid=1001]\nAccount = -", 2, "name of an account"),
        ("[peer uid=1001]\nAccount = default\nDiskRoot = srv", 3, "absolute"),
        ("[peer uid=1001]\nAccount = default\nDiskRoot = /srv/../etc", 3, "without .."),
        ("[peer uid=1001]\nAccount = default\nPolicy =", 3, "GROUP FILE"),
        ("[peer uid=1001]\nAccount = default\nPolicy = rg-W all.json", 3, "GROUP"),
        ("[peer uid=1001]\nAccount = default\nPolicy = no.json", 3, "/etc/imaged/no.json"),
        ("[peer uid=1001]\nAccount = default\nPolicy = latin.json", 3, "UTF-8"),
        ("[peer uid=1001]\nAccount = default\nImages = 1", 3, "Account, Policy or DiskRoot"),
        ("[bucket ci]", 1, "Path = DIRECTORY"),
        ("[bucket Ci]\nPath = /srv", 1, "lower-case"),
        ("[bucket ci]\nPath = srv", 2, "absolute"),
        ("[bucket ci]\nPath = /a\nPath = /b", 3, "line 2"),
        ("[bucket ci]\nPlace = /a", 2, "Path"),
    ]

    @Test(arguments: wrong.indices) func problems(_ index: Int) {
        let (text, line, says) = Self.wrong[index]
        let problem = #expect(throws: Configuration.Problem.self) { try parsed(text) }
        let description = problem?.description ?? ""
        #expect(description.hasPrefix("/etc/imaged/imaged.conf:\(line): "), "\(description)")
        #expect(problem?.reason.contains(says) == true, "\(description)")
    }

    /// A policy file's problem is told with its own place, and with who named it.
    @Test(arguments: [("wrong.json", 3, "Statement.1.Effect"), ("broken.json", 3, "\"")])
    func problemsOfPolicyFiles(_ file: String, _ line: Int, _ says: String) {
        let text = "[peer gid=5]\nAccount = default\nPolicy = rg-web \(file)\n"
        let problem = #expect(throws: Configuration.Problem.self) { try parsed(text) }
        let description = problem?.description ?? ""
        #expect(description.hasPrefix("/etc/imaged/\(file):\(line): "), "\(description)")
        #expect(description.contains(says), "\(description)")
        #expect(description.contains("/etc/imaged/imaged.conf:3"), "\(description)")
    }

    /// The example of `imaged --help` is right, word for word.
    @Test func exampleOfTheHelp() throws {
        let help = try Tool.run(TestDaemon.product("imaged"), ["--help"]).text
        let start = try #require(help.range(of: "For example:"))
        let end = try #require(help.range(of: "Log (standard error)"))
        let example = String(help[start.upperBound..<end.lowerBound])
        let comments = example.split(separator: "\n").compactMap { line in
            line.firstIndex(of: "#").map { String(line[line.index(after: $0)...]) }
        }
        let policy = comments.joined().replacingOccurrences(of: "with ci.json:", with: "")
        let configuration = try Configuration(
            parsing: example, file: "imaged.conf",
            readFile: { path throws(SystemError) in
                path == "ci.json" ? Array(policy.utf8) : try Self.read(path)
            })
        #expect(configuration.accounts.map(\.name) == ["ci"])
        #expect(configuration.peers.first?.policies.count == 1)
        #expect(configuration.buckets == ["ci": "/srv/ci"])
    }

    @Test func aWrongPolicyStopsTheStart() throws {
        let daemon = try TestDaemon(
            "[peer uid=1001]\nAccount = default\nPolicy = p.json\n", ["--ephemeral"],
            dataPath: "", start: false)
        let path = "\(daemon.directory.path)/p.json"
        #expect(try daemon.failedStart().log.contains("config:3: Policy: open \(path)"))
        try Data("{\"Version\": 1}".utf8).write(to: URL(fileURLWithPath: path))
        let exited = try daemon.failedStart()
        #expect(exited.status == 78)
        #expect(exited.log.contains("\(path):1: Version: "), "\(exited)")
        try Data(Self.allowAll.utf8).write(to: URL(fileURLWithPath: path))
        try daemon.start()
    }
}
