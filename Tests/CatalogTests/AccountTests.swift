import ECS
import Testing

@testable import Catalog

/// Accounts are isolated worlds, made and dropped by one cheap change.
struct AccountTests {
    @Test func limitsAreEachAccountsOwn() throws {
        let world = World()
        try world.createAccount("small")
        try world.setLimit("Images", 1, account: "small")
        let theirs = world.instance([disk()], account: "small").id
        _ = try world.create(account: "small") { $0.instanceID = theirs }
        let refused = #expect(throws: Refusal.self) {
            try world.create(account: "small") { $0.instanceID = theirs }
        }
        #expect(refused?.text == "403 QuotaExceed.Image")
        let own = world.instance().id
        for _ in 0..<3 { _ = try world.create { $0.instanceID = own } }
    }

    @Test func aDroppedAccountLeavesNothing() throws {
        let world = World()
        let before = world.state.sequence
        try world.createAccount("t")
        let instance = world.instance([disk(path: "/d")], account: "t")
        let id = try world.snapshot(instance.disks[0], account: "t")
        let job = world.jobs(account: "t")[0].number
        world.turn()
        world.capture(job, account: "t")
        world.turn()
        world.report(job, .copied(job), account: "t")
        world.turn()
        #expect(world.region(of: "t").snapshots[id]?.manifest == job)
        // Another is being copied, and a simulated one runs.
        let running = world.instance([disk(path: "/e"), disk()], account: "t")
        for disk in running.disks { _ = try world.snapshot(disk, account: "t") }
        let copying = world.jobs(account: "t")[0].number
        world.turn()
        world.capture(copying, account: "t")
        world.turn()
        try world.dropAccount("t")
        let launches = world.turn()
        #expect(launches.contains { if case .cancel(copying) = $0 { true } else { false } })
        #expect(
            launches.contains { launch in
                if case .reclaim(let record, _) = launch { record.manifest == job } else { false }
            })
        world.catalog.assumeIsolated { $0.reclaimed(job) }
        world.turn()
        #expect(world.state.accounts["t"] == nil && world.state.reclaims.isEmpty)
        #expect(world.state.manifestUsers.keyCount == 0)
        let counts = world.catalog.assumeIsolated { $0.jobCounts() }
        #expect(counts == (0, 0))
        // What its thread still reports has no owner.
        world.report(copying, .copied(copying), account: "t")
        let late = world.turn().contains { launch in
            if case .reclaim(let record, _) = launch { record.manifest == copying } else { false }
        }
        #expect(late)
        #expect(world.state.sequence > before)
        // A new account of the same name is told nothing of the old one's life.
        try world.createAccount("t")
        let events = world.catalog.assumeIsolated {
            $0.events(of: "t", after: before, resources: [], max: 100)
        }
        #expect(events?.events.isEmpty == true)
    }

    @Test func accountsSurviveARestartAndACheckpoint() throws {
        let world = World()
        try world.createAccount("kept")
        try world.createAccount("gone")
        try world.setLimit("Images", 7, account: "kept")
        try world.dropAccount("gone")
        var key = SetKMSKeyRequest()
        key.kmsKeyID = "k"
        key.enabled = false
        try world.perform(
            { c, r, who throws(Refusal) in try c.setKMSKey(r, who) }, account: "kept", key)
        let replayed = World(recovered: world.recovered())
        #expect(replayed.checkpoint() == world.checkpoint())
        let restarted = world.restarted()
        let account = try restarted.perform(
            { c, r, who throws(Refusal) in try c.describeAccount(r, who) }, account: "kept",
            DescribeAccountRequest())
        #expect(account.limits.first { $0.name == "Images" }?.value == 7)
        #expect(account.kmsKeys.first?.enabled == false)
        #expect(restarted.state.accounts["gone"] == nil)
    }

    @Test func onlyWhatCreateAccountMadeCanBeDropped() {
        let world = World()
        #expect(throws: Refusal.self) { try world.dropAccount("default") }
        #expect(throws: Never.self) { try world.dropAccount("never-there") }
        for name in ["", "default", "-x", "a b", String(repeating: "a", count: 65)]
        where !name.isEmpty {
            let refusal = #expect(throws: Refusal.self) { try world.createAccount(name) }
            #expect(refusal?.text == "400 InvalidParameter")
        }
    }

    /// A peer that is bound to accounts sees those, and those that it made; no others.
    @Test func aBoundPeerHasItsOwnAccountsOnly() throws {
        let world = World()
        world.open("ci")
        var peer = Caller(accountID: "ci", uid: 2000)
        peer.authority = Authority(accounts: ["ci"], policies: nil)
        func describing(_ account: String, _ peer: Caller) -> String {
            var caller = peer
            caller.accountID = account
            var request = DescribeDisksRequest()
            request.regionID = "cn-hangzhou"
            return world.code { [caller, request] catalog throws(Refusal) in
                try catalog.describeDisks(request, caller)
            }
        }
        #expect(describing("ci", peer) == "OK")
        #expect(describing("default", peer) == "403 Forbidden")
        #expect(describing("nowhere", peer) == "403 Forbidden")
        var request = CreateAccountRequest()
        request.accountID = "mine"
        _ = try world.run { [peer, request] catalog throws(Refusal) in
            try catalog.createAccount(request, peer)
        }
        #expect(describing("mine", peer) == "OK")
        var stranger = peer
        stranger.uid = 2001
        #expect(describing("mine", stranger) == "403 Forbidden")
    }
}
