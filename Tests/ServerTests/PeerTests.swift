import ECS
import Foundation
import TestSupport
import Testing
import Wire

/// Peers of other users at the real daemon: S1, S3, S4 and their connections.
@Suite(.enabled(if: OtherUser.isPossible, OtherUser.needs))
struct PeerTests {
    private let files = FileManager.default

    private func write(_ text: String, _ path: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    }

    /// Whether the daemon has let the connection go without a word.
    private func isClosed(_ client: TestClient) throws -> Bool {
        do {
            _ = try client.call(Version.self, VersionRequest())
            return false
        } catch is TestClient.Closed {
            return true
        }
    }

    // MARK: Who (S3)

    @Test func onlyWhoIsBound() throws {
        let daemon = try TestDaemon(
            "[account ci]\n[peer uid=65000]\nAccount = ci\n", ["--ephemeral"], dataPath: "")
        let stranger = try OtherUser(65_001, gid: 65_000, of: daemon)
        #expect(try isClosed(stranger.client()))
        #expect(
            daemon.log.contains(
                "refused a connection reason=\"this user is bound to no account\" uid=65001"))
        let nobody = try OtherUser(65_534, of: daemon)
        #expect(try isClosed(nobody.client()))

        let bound = try OtherUser(65_000, of: daemon)
        let client = try bound.client(account: "ci")
        let instance = try client.registerSimulated()
        #expect(daemon.log.contains("code=OK uid=65000 pid="))
        // Another account, there or not, is forbidden alike.
        for account in ["default", "", "nothing"] {
            client.account = account
            let refused = try #require(
                try client.refused(
                    DescribeInstances.self, .with { $0.regionID = testRegion }))
            #expect(refused.code == "Forbidden")
            #expect(refused.statusCode == .permissionDenied)
        }
        #expect(daemon.log.contains("refused a request: Forbidden uid=65000"))
        // The daemon's own user is the owner of all.
        let own = try daemon.client()
        own.account = "ci"
        let found = try own.call(DescribeInstances.self, .with { $0.regionID = testRegion })
        #expect(found.instances.map(\.instanceID) == [instance.instanceID])
    }

    @Test func policiesOfAGroup() throws {
        let daemon = try TestDaemon(
            "[peer gid=65010]\nAccount = default\nPolicy = reader.json\n", ["--ephemeral"],
            dataPath: "", start: false)
        try write(
            """
            {"Version": "1", "Statement": [
              {"Effect": "Allow", "Action": "ecs:Describe*", "Resource": "*"}]}
            """, "\(daemon.directory.path)/reader.json")
        try daemon.start()
        #expect(try isClosed(OtherUser(65_000, groups: [65_011], of: daemon).client()))
        for user in [
            try OtherUser(65_000, groups: [65_009, 65_010], of: daemon),
            try OtherUser(65_000, gid: 65_010, of: daemon),
            // More groups than are asked for at first.
            try OtherUser(65_000, groups: Array(64_000..<64_300) + [65_010], of: daemon),
        ] {
            let client = try user.client()
            #expect(try client.images { $0.imageOwnerAlias = "self" }.isEmpty)
            let refused = #expect(throws: TestClient.Refused.self) {
                try client.registerSimulated()
            }
            #expect(refused?.code == "Forbidden")
        }
    }

    /// An account that a client made, and the configuration names later, is the configuration's.
    @Test func accountsOfTheConfigurationAreItsOwn() throws {
        let other = "[account mine]\n[account ci]\n"
        let peer = "[peer uid=65000]\nAccount = ci\n"
        let daemon = try TestDaemon("[account ci]\n\(peer)", fixture: true)
        let client = try OtherUser(65_000, of: daemon).client(account: "ci")
        _ = try client.call(CreateAccount.self, .with { $0.accountID = "mine" })
        client.account = "mine"
        #expect(try client.images { $0.imageOwnerAlias = "self" }.isEmpty)
        try daemon.kill()
        try write("\(other)\(peer)", "\(daemon.directory.path)/config")
        try daemon.start()
        let later = try OtherUser(65_000, of: daemon).client(account: "mine")
        #expect(
            try later.refused(DescribeImages.self, .with { $0.regionID = testRegion })?.code
                == "Forbidden")
        later.account = "ci"
        #expect(try later.images { $0.imageOwnerAlias = "self" }.isEmpty)
    }

    @Test func resourceGroupsAndLimitsOfAnAccount() throws {
        let daemon = try TestDaemon(
            "[limits]\nTags = 3\n[account ci]\nImages = 9\nResourceGroup = rg-web\n", fixture: true)
        let client = try daemon.client()
        client.account = "ci"
        func account() throws -> DescribeAccountResponse {
            try client.call(DescribeAccount.self, DescribeAccountRequest())
        }
        #expect(try account().resourceGroups.map(\.resourceGroupID) == ["rg-web"])
        let limits = try account().limits
        #expect(limits.first { $0.name == "Images" }?.value == 9)
        #expect(limits.first { $0.name == "Tags" }?.value == 3)
        try daemon.kill()
        try write(
            "[account ci]\nResourceGroup = rg-web\nResourceGroup = rg-db\n",
            "\(daemon.directory.path)/config")
        try daemon.start()
        let again = try daemon.client()
        again.account = "ci"
        let groups = try again.call(DescribeAccount.self, DescribeAccountRequest()).resourceGroups
        #expect(groups.map(\.resourceGroupID) == ["rg-web", "rg-db"])
    }

    // MARK: Connections

    @Test func connectionsOfOneUser() throws {
        let daemon = try TestDaemon(
            """
            [daemon]
            ForeignConnections = 2
            [peer gid=65010]
            Account = default
            """, ["--ephemeral"], dataPath: "")
        let first = try OtherUser(65_000, gid: 65_010, of: daemon)
        let second = try OtherUser(65_001, gid: 65_010, of: daemon)
        var clients = [try first.client(), try first.client()]
        for client in clients { #expect(try !isClosed(client)) }
        #expect(try isClosed(first.client()))
        #expect(daemon.log.contains("2 connections of this user are open\" uid=65000"))
        // Others are not meant.
        #expect(try !isClosed(second.client()))
        #expect(try !isClosed(daemon.client()))
        clients.removeLast()
        var next: TestClient?
        // Until the daemon has seen the other end.
        for _ in 0..<1_000 where next == nil {
            let client = try first.client()
            if try !isClosed(client) { next = client }
        }
        #expect(next != nil)
        #expect(try isClosed(first.client()))
        withExtendedLifetime((clients, next)) {}
    }

    @Test func ownUserKeepsAReserve() throws {
        let daemon = try TestDaemon(
            "[daemon]\nConnections = 3\n[peer uid=65000]\nAccount = default\n", ["--ephemeral"],
            dataPath: "")
        let other = try OtherUser(65_000, of: daemon)
        let clients = try (0..<3).map { _ in try other.client() }
        for client in clients { #expect(try !isClosed(client)) }
        #expect(try isClosed(other.client()))
        let own = try (0..<16).map { _ in try daemon.client() }
        for client in own { #expect(try !isClosed(client)) }
        #expect(try isClosed(daemon.client()))
        withExtendedLifetime(clients) {}
    }

    // MARK: The socket (S1)

    private func attributes(_ path: String) throws -> (mode: Int, group: Int) {
        let found = try files.attributesOfItem(atPath: path)
        return (
            (found[.posixPermissions] as? NSNumber)?.intValue ?? -1,
            (found[.groupOwnerAccountID] as? NSNumber)?.intValue ?? -1
        )
    }

    @Test func socketOfAGroup() throws {
        let directory = TemporaryDirectory()
        let path = "\(directory.path)/run/s"
        let null = open("/dev/null", O_WRONLY)
        defer { close(null) }
        let process = try ChildProcess(
            [
                TestDaemon.product("imaged"), "--ephemeral", "--socket", path, "--socket-group",
                "65010",
            ], output: null, errors: "\(directory.path)/log")
        var client: TestClient?
        while client == nil && !process.hasEnded { client = try? TestClient(path) }
        #expect(try client?.call(Version.self, VersionRequest()).protocolVersion == 1)
        #expect(try attributes(path) == (0o660, 65_010))
        #expect(try attributes("\(directory.path)/run") == (0o750, 65_010))
        #expect(try attributes(directory.path).mode == 0o700)
    }

    @Test func directoryThatKeepsTheGroupOut() throws {
        let daemon = try TestDaemon(
            "", ["--ephemeral", "--socket-group", "65010"], dataPath: "", start: false)
        let exited = try daemon.failedStart()
        #expect(exited.status == 73)
        #expect(exited.log.contains("chmod 0750"), "\(exited)")
        try #require(chown(daemon.directory.path, getuid(), 65_010) == 0)
        #expect(try daemon.failedStart().status == 73)
        try files.setAttributes([.posixPermissions: 0o750], ofItemAtPath: daemon.directory.path)
        try daemon.start()
        #expect(try attributes(daemon.socketPath) == (0o660, 65_010))
    }

    @Test func groupThatIsNone() throws {
        let daemon = try TestDaemon(
            "", ["--ephemeral", "--socket-group", "no-such-group"], dataPath: "", start: false)
        let exited = try daemon.failedStart()
        #expect(exited.status == 64)
        #expect(exited.log.contains("no-such-group"), "\(exited)")
    }
}
