import ECS
import Testing
import Wire

@testable import Catalog

/// Legal sequences that no friendly client would think of.
struct AdversarialTests {
    static let wide = String(repeating: "\u{20000}", count: 126)
    static func wideTags() -> [RequestTag] { (10..<30).map { tag("\($0)" + wide, "\($0)" + wide) } }

    func user(_ world: World, _ policies: [PolicyRecord]) throws {
        var r = SetRamUserRequest()
        r.ramUser = "bob"
        try world.perform(
            { c, r, who throws(Refusal) in try c.setRamUser(r, policies: policies, who) }, r)
    }
    func policy(_ deny: Bool, _ action: String, _ resource: String, group: String = "")
        -> PolicyRecord
    {
        var s = StatementRecord()
        s.isDeny = deny
        s.actions = [action]
        s.resources = [resource]
        var p = PolicyRecord()
        p.statements = [s]
        p.resourceGroupID = group
        return p
    }

    @Test func oneTurnFitsARecord() throws {
        let world = World()
        try world.freeze()
        for _ in 0..<34 {
            _ = try world.runInstances {
                $0.imageID = systemImageIDs[1]
                $0.amount = 100
                $0.tag = Self.wideTags()
            }
            world.endTurn()
        }
        try world.advance(milliseconds: 1000)
        let most = world.journal.map(\.count).max()!
        #expect(most <= 64 << 20)
    }

    @Test func noSizeBelowTheSnapshots() throws {
        let world = World()
        let i = world.instance([disk(), disk(3000)])
        world.setDisk(i.disks[1]) { $0.category = "cloud" }
        let s = world.finishedSnapshot(i.disks[0])
        let d = world.finishedSnapshot(i.disks[1])
        #expect(
            world.creating { $0.diskDeviceMapping = [mapping(s), mapping(d, size: 2000)] }
                == "400 InvalidSize.ValueNotSupported")
    }

    @Test func aMachineClockSetBackOverARestartDelaysNoInstance() throws {
        let world = World()
        let id = try world.runInstances { $0.imageID = systemImageIDs[1] }[0]
        world.turn()
        world.pass(seconds: -3600)
        let after = world.restarted()
        after.turn()
        after.pass(seconds: 1)
        after.turn()
        after.pass(seconds: 1)
        after.turn()
        #expect(after.instanceStatus(id) == "Running")
    }

    @Test func norOneThatIsTaggedThen() throws {
        let world = World()
        let id = try world.runInstances { $0.imageID = systemImageIDs[1] }[0]
        world.turn()
        world.pass(seconds: -3600)
        world.turn()
        var r = TagResourcesRequest()
        r.regionID = "cn-hangzhou"
        r.resourceType = "instance"
        r.resourceID = [id]
        r.tag = [tag("k", "v")]
        try world.perform({ c, r, who throws(Refusal) in try c.tagResources(r, who) }, r)
        world.pass(seconds: 1)
        world.turn()
        world.pass(seconds: 1)
        world.turn()
        #expect(world.instanceStatus(id) == "Running")
    }

    @Test func aFamilyIsNoWayRoundADeny() throws {
        let world = World()
        let image = try world.availableImage { $0.imageFamily = "fam" }
        try user(
            world, [policy(false, "*", "*"), policy(true, "*", "acs:ecs:*:*:image/\(image)")])
        func go(_ r: RunInstancesRequest) -> String {
            world.answer(
                { c, r, who throws(Refusal) in try c.runInstances(r, who) }, ramUser: "bob",
                as: "RunInstances", r)
        }
        #expect(go(world.runRequest { $0.imageID = image }) == "403 Forbidden")
        #expect(go(world.runRequest { $0.imageFamily = "fam" }) == "403 Forbidden")
    }

    @Test func aNewSnapshotIsJudgedByItsGroup() throws {
        let world = World()
        let group = try world.perform(
            { c, r, who throws(Refusal) in try c.createResourceGroup(r, who) },
            CreateResourceGroupRequest()
        ).resourceGroupID
        try user(world, [policy(false, "*", "*"), policy(true, "*", "*:snapshot/*", group: group)])
        let i = world.instance()
        var r = CreateSnapshotRequest()
        r.diskID = i.disks[0]
        r.resourceGroupID = group
        #expect(
            world.answer(
                { c, r, who throws(Refusal) in try c.createSnapshot(r, who) }, ramUser: "bob",
                as: "CreateSnapshot", r) == "403 Forbidden")
    }

    @Test func limitsOfOthersAreNotTold() throws {
        let world = World()
        try world.createAccount("other")
        try world.setLimit("Tags", 1, account: "other")
        var caller = Caller(
            accountID: "other", uid: 77, authority: Authority(accounts: ["mine"], policies: nil))
        caller.operation = "RunInstances"
        let r = world.runRequest {
            $0.imageID = "m-x"
            $0.tag = [tag("a"), tag("b")]
        }
        let d = world.diskRequest {
            $0.size = 20
            $0.tag = [tag("a"), tag("b")]
        }
        let ran = world.code { [caller] c throws(Refusal) in try c.runInstances(r, caller) }
        let made = world.code { [caller] c throws(Refusal) in try c.createDisk(d, caller) }
        #expect(ran == "403 Forbidden")
        #expect(made == "403 Forbidden")
    }

    @Test func namesAndFamiliesGoByTheirBytes() throws {
        let world = World()
        let id = try world.availableImage { $0.imageName = "a\u{F900}" }
        #expect(world.modifying(id) { $0.imageName = "a\u{8C48}" } == "OK")
        #expect(Array(world.image(id)!.imageName.utf8) == Array("a\u{8C48}".utf8))
        try world.setLimit("Families", 1)
        #expect(world.modifying(id) { $0.imageFamily = "f\u{F900}" } == "OK")
        let second = try world.availableImage { $0.imageFamily = "f\u{F900}" }
        #expect(
            world.modifying(second) {
                $0.imageFamily = "f\u{8C48}"; $0.description = "xx"
            } != "OK")
        #expect(world.region().imagesByFamily.keyCount == 1)
    }

    @Test func tagKeysGoByTheirBytes() throws {
        let world = World()
        let id = try world.availableImage { $0.tag = [tag("\u{E9}", "1"), tag("e\u{301}", "2")] }
        #expect(world.image(id)!.tags.count == 2)
        var r = UntagResourcesRequest()
        r.regionID = "cn-hangzhou"
        r.resourceType = "image"
        r.resourceID = [id]
        r.tagKey = ["\u{E9}"]
        try world.perform({ c, r, who throws(Refusal) in try c.untagResources(r, who) }, r)
        #expect(world.image(id)!.tags.count == 1)
    }

    @Test func whoWaitsForAnImageOfADroppedAccountIsTold() throws {
        let world = World()
        try world.createAccount("other")
        let i = world.instance(account: "other")
        let id = try world.create(account: "other") { $0.instanceID = i.id }
        world.turn()
        try world.dropAccount("other")
        world.endTurn()
        #expect(world.changedImages.contains(id))
    }

    @Test func checkpointsComeInRecordsThatFit() throws {
        let world = World()
        let wide = policy(false, "*", String(repeating: "x", count: (256 << 10) - 256))
        for k in 0..<400 {
            try world.createAccount("a\(k)")
            var r = SetRamUserRequest()
            r.ramUser = "bob"
            try world.perform(
                { c, r, who throws(Refusal) in try c.setRamUser(r, policies: [wide], who) },
                account: "a\(k)", r)
            world.endTurn()
        }
        var most = 0
        world.state.emit { most = max(most, Changes($0).encoded().count) }
        #expect(most <= 64 << 20)
    }

    @Test func movesEndAlsoAtTheBeginningOfTime() throws {
        let world = World()
        var r = SetClockRequest()
        r.time = "1970-01-01T00:00:00Z"
        r.isFrozen = true
        try world.perform({ c, r, who throws(Refusal) in try c.setClock(r, who) }, r)
        try world.setLimit("InstanceMoveMilliseconds", 0)
        let id = try world.runInstances { $0.imageID = systemImageIDs[1] }[0]
        world.turn()
        try world.advance(milliseconds: 100_000)
        #expect(world.instanceStatus(id) == "Running")
    }

    @Test func runningIsNotHibernated() throws {
        let world = World()
        let i = world.instance([disk()]) { $0.status = "Running" }
        world.set(i.id) { $0.hibernationConfigured = true }
        #expect(world.stop(i.id) { $0.hibernate = true } == "OK")
        world.settle()
        world.set(i.id) { $0.status = "Running" }
        #expect(world.creating { $0.instanceID = i.id } == "OK")
    }

    @Test func aCopyThatWaitsHoldsUpNoSnapshot() throws {
        var limits = Limits()
        limits.workers = 10
        let world = World(limits: limits)
        let i = world.instance()
        let id = try world.availableImage()
        try world.freeze()
        for _ in 0..<6 { _ = try world.copy(id) }
        _ = try world.snapshot(i.disks[0])
        world.turn()
        #expect(world.jobs().filter(\.isStarted).count == 6)
    }

    @Test func aFileThatWaitsForAThreadHoldsUpNoSimulatedDisk() throws {
        let world = World(workers: 1)
        try world.createAccount("other")
        let o = world.instance([disk(path: "/a")], account: "other")
        _ = try world.snapshot(o.disks[0], account: "other")
        world.capture(world.jobs(account: "other")[0].number, account: "other")
        world.turn()
        let i = world.instance([disk(path: "/b"), disk()])
        _ = try world.snapshot(i.disks[0])
        let simulated = try world.snapshot(i.disks[1])
        world.capture(world.jobs()[0].number)
        world.turn()
        world.pass(seconds: 100)
        world.turn()
        world.pass(seconds: 100)
        world.turn()
        #expect(world.snapshotStatus(simulated) == "accomplished")
    }

    @Test func aSnapshotKeepsItsMarketplaceVersion() throws {
        let world = World()
        let image = world.finishedImage()
        world.setImage(image) {
            $0.imageOwnerAlias = "marketplace"
            $0.imageVersion = "v1"
        }
        let id = try world.runInstances { $0.imageID = image }[0]
        world.settle()
        let s = world.finishedSnapshot(world.disks(of: id)[0].diskID)
        let made = try world.create { $0.snapshotID = s }
        world.finishSimulated()
        let second = try world.runInstances { $0.imageID = made }[0]
        world.settle()
        #expect(
            world.creating {
                $0.instanceID = second
                $0.imageVersion = "other"
            } == "400 InvalidImageVersion.Malformed")
    }
    @Test func aClockIsSetBackInASmallRecord() throws {
        let world = World()
        try world.freeze()
        for _ in 0..<10 {
            _ = try world.runInstances {
                $0.imageID = systemImageIDs[1]
                $0.amount = 100
                $0.tag = Self.wideTags()
            }
            world.endTurn()
        }
        var r = SetClockRequest()
        r.time = "2020-01-01T00:00:00Z"
        let before = world.levers.reserved.load(ordering: .relaxed)
        try world.perform({ c, r, who throws(Refusal) in try c.setClock(r, who) }, r)
        let size = world.levers.reserved.load(ordering: .relaxed) - before
        #expect(size <= 16 << 20)
    }
}
