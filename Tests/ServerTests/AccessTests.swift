import Foundation
import Snapshots
import System
import Testing

@testable import Catalog
@testable import Server

/// Who is bound to what, and by which rule a path is opened: S3 and S4, without a socket.
@Suite struct AccessTests {
    private let access: Access

    init() throws {
        let policy = { (action: String) in
            "{\"Version\": \"1\", \"Statement\": {\"Effect\": \"Allow\", \"Action\": \"\(action)\","
                + " \"Resource\": \"*\"}}"
        }
        let configuration = try Configuration(
            parsing: """
                [account prod]
                [account dev]
                [account lab]
                [peer uid=1001]
                Account = prod
                DiskRoot = /srv/own
                [peer gid=2001]
                Account = prod
                Account = lab
                Policy = Describe*
                DiskRoot = /srv/a
                [peer gid=2002]
                Account = dev
                DiskRoot = /srv/b
                [peer gid=2003]
                Account = lab
                Policy = Delete*
                [bucket ci]
                Path = /srv/ci
                """, file: "imaged.conf", readFile: { Array(policy($0).utf8) })
        access = Access(configuration, diskRoots: ["/srv/all"], ownUID: 500)
    }

    private func binding(_ uid: UInt32, _ gid: UInt32, _ groups: [UInt32] = []) -> Access.Binding? {
        access.binding(of: PeerCredentials(uid: uid, gid: gid, pid: 1), groups: { groups })
    }

    @Test func ownUserAndRootAlways() {
        for uid: UInt32 in [0, 500] {
            let found = binding(uid, 9)
            #expect(found?.isOwn == true)
            #expect(found?.authority.accounts == nil)
            #expect(found?.authority.policies(in: "prod") == nil)
        }
    }

    @Test func nobodyElseWithoutASection() {
        #expect(binding(1002, 1001, [1001, 0]) == nil)
        #expect(binding(65_534, 2001, [2001]) == nil)
        let none = Access(ownUID: 500)
        let peer = PeerCredentials(uid: 1001, gid: 1001, pid: 1)
        #expect(none.binding(of: peer, groups: { [2001] }) == nil)
    }

    @Test func aUsersSectionCountsAlone() {
        let found = binding(1001, 2001, [2002])
        #expect(found?.authority.accounts == ["prod"])
        #expect(found?.authority.policies(in: "prod") == nil)
        #expect(found?.diskRoots == ["/srv/own"])
    }

    @Test func primaryAndSupplementaryGroups() {
        #expect(binding(7, 2002)?.authority.accounts == ["dev"])
        #expect(binding(7, 9, [8, 2002])?.authority.accounts == ["dev"])
        #expect(binding(7, 2002)?.isOwn == false)
    }

    /// What one group may do in its accounts, it may not do in another's.
    @Test func groupsTogetherEachInItsAccounts() throws {
        let found = try #require(binding(7, 2001, [2002, 2003]))
        #expect(found.authority.accounts == ["prod", "lab", "dev"])
        #expect(found.authority.policies(in: "dev") == nil)
        func allows(_ action: String, _ accountID: String) -> Bool? {
            found.authority.policies(in: accountID)?.allow(action, on: "x", group: "")
        }
        #expect(allows("Describe1", "prod") == true)
        #expect(allows("Delete1", "prod") == false)
        #expect(allows("Describe1", "lab") == true)
        #expect(allows("Delete1", "lab") == true)
        #expect(found.authority.policies(in: "other")?.isEmpty == true)
        #expect(found.diskRoots == ["/srv/a", "/srv/b"])
        // Of two that it does not own, neither makes it an owner.
        let two = try #require(binding(7, 2001, [2003]))
        #expect(two.authority.policies?.count == 2)
    }

    @Test func rootsOfAConnection() throws {
        let credentials = PeerCredentials(uid: 7, gid: 2001, pid: 1)
        let found = try #require(binding(7, 2001))
        #expect(
            access.peer(credentials, found)
                == Peer(
                    uid: 7, gid: 2001, isTrusted: false, diskRoots: ["/srv/all"],
                    grantedRoots: ["/srv/a"]))
        #expect(
            access.peer(credentials, found, bucket: "ci").grantedRoots == ["/srv/a", "/srv/ci"])
        #expect(access.peer(credentials, found, bucket: "no").grantedRoots == ["/srv/a"])
        let own = PeerCredentials(uid: 500, gid: 500, pid: 1)
        #expect(access.peer(own, .own).isTrusted)
    }

    /// A job opens its file by the rule of the uid that registered it, as it is now.
    @Test(arguments: [
        (1001, "/srv/own", ["/srv/own"]), (1001, "/srv/a", []), (7, "/srv/a", ["/srv/a"]),
        (7, "/srv/gone", []), (7, "/srv/own", []),
    ])
    func rootsOfAJob(_ uid: Int64, _ root: String, _ granted: [String]) {
        let peer = access.peer(ofJob: uid, root: root)
        #expect(!peer.isTrusted)
        #expect(peer.grantedRoots == granted)
        #expect(peer.diskRoots.isEmpty)
    }

    @Test func jobsWithoutARoot() {
        #expect(access.peer(ofJob: 7, root: "").diskRoots == ["/srv/all"])
        #expect(access.peer(ofJob: 7, root: "").grantedRoots.isEmpty)
        #expect(access.peer(ofJob: 0, root: "").isTrusted)
        #expect(access.peer(ofJob: 500, root: "").isTrusted)
    }

    @Test(arguments: [
        ("/srv/a", "/srv/a"), ("/srv//a/", "/srv/a"), ("/", "/"), ("/a/./b", "/a/b"),
        ("srv", nil), ("", nil), ("/a/../b", nil), ("/a\0", nil),
    ])
    func roots(_ path: String, _ kept: String?) {
        #expect(Access.root(path) == kept)
    }
}
