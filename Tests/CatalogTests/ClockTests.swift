import ECS
import Testing

@testable import Catalog

/// Each account's clock, and what happens by it.
struct ClockTests {
    @Test func aFrozenClockStopsItsOwnAccountOnly() throws {
        let world = World()
        try world.createAccount("other")
        let own = try world.snapshot(world.instance().disks[0])
        let theirs = try world.snapshot(
            world.instance([disk()], account: "other").disks[0], account: "other")
        try world.freeze()
        world.finishSimulated()
        world.pass(seconds: 100)
        world.turn()
        #expect(world.snapshotStatus(own) == "progressing")
        let other = world.region(of: "other").snapshots[theirs]?.snapshot.status
        #expect(other == "accomplished")
        try world.advance(milliseconds: 1399)
        #expect(world.snapshotStatus(own) == "progressing")
        try world.advance(milliseconds: 1)
        #expect(world.snapshotStatus(own) == "accomplished")
    }

    @Test func timesOfResourcesAreTheAccounts() throws {
        let world = World()
        var request = SetClockRequest()
        request.time = "2013-07-15T23:59:59Z"
        request.isFrozen = true
        let clock = try world.perform(
            { c, r, who throws(Refusal) in try c.setClock(r, who) }, request
        ).clock
        #expect(clock?.time == request.time && clock?.isFrozen == true)
        let id = try world.create { $0.instanceID = world.instance().id }
        #expect(world.image(id)?.creationTime == request.time)
    }

    @Test func aClockGoesOnFromWhereItWasSet() throws {
        let world = World()
        var request = SetClockRequest()
        request.time = "2030-01-01T00:00:00Z"
        try world.perform({ c, r, who throws(Refusal) in try c.setClock(r, who) }, request)
        world.pass(seconds: 61)
        let account = try world.perform(
            { c, r, who throws(Refusal) in try c.describeAccount(r, who) },
            DescribeAccountRequest())
        #expect(account.clock?.time == "2030-01-01T00:01:01Z")
    }

    /// One advance does what the same time would have done in passing: what waited starts when its
    /// predecessor ends, and each status follows the one before.
    @Test func anAdvanceTakesEveryStepOnTheWay() throws {
        let world = World()
        try world.freeze()
        let disks = world.instance(Array(repeating: disk(), count: 8)).disks
        let ids = try disks.map { try world.snapshot($0) }
        let instance = try world.runInstances { $0.imageID = systemImageIDs[1] }[0]
        world.turn()
        // Four at a time, 1.4 s each.
        try world.advance(milliseconds: 2_799)
        #expect(ids.map(world.snapshotStatus).count { $0 == "accomplished" } == 4)
        try world.advance(milliseconds: 1)
        #expect(ids.allSatisfy { world.snapshotStatus($0) == "accomplished" })
        #expect(world.instanceStatus(instance) == "Running")
        let last = try #require(world.snapshotRecord(ids[7])).snapshot.lastModifiedTime
        try world.advance(milliseconds: 3_600_000)
        #expect(world.snapshotRecord(ids[7])?.snapshot.lastModifiedTime == last)
    }

    /// An end never lies further ahead than the job is long, whatever is done to the clock.
    @Test func settingTheClockBackDelaysNoJobBeyondItsLength() throws {
        let world = World()
        let id = try world.snapshot(world.instance().disks[0])
        world.turn()
        var request = SetClockRequest()
        request.time = "2001-01-01T00:00:00Z"
        try world.perform({ c, r, who throws(Refusal) in try c.setClock(r, who) }, request)
        world.pass(seconds: 1.4)
        world.turn()
        #expect(world.snapshotStatus(id) == "accomplished")
    }

    /// The same over a restart, which knows of the records alone; an instance on its way too.
    @Test func aRestartAfterAClockWasSetBackDelaysNothing() throws {
        let first = World()
        let id = try first.snapshot(first.instance().disks[0])
        first.turn()
        let moving = first.instance([disk()], { $0.status = "Running" }).id
        var stop = StopInstanceRequest()
        stop.instanceID = moving
        try first.perform({ c, r, who throws(Refusal) in try c.stopInstance(r, who) }, stop)
        var request = SetClockRequest()
        request.time = "2001-01-01T00:00:00Z"
        try first.perform({ c, r, who throws(Refusal) in try c.setClock(r, who) }, request)
        first.pass(seconds: 1)
        let world = first.restarted()
        world.pass(seconds: 0.4)
        world.turn()
        #expect(world.snapshotStatus(id) == "accomplished")
        #expect(world.region().instances[moving]?.instance.status == "Stopped")
    }

    @Test func clocksAndHoldsSurviveARestart() throws {
        let first = World()
        try first.freeze()
        try first.holdJobs()
        let id = try first.snapshot(first.instance().disks[0])
        let world = first.restarted()
        world.pass(seconds: 1e6)
        world.turn()
        try world.advance(milliseconds: 10_000)
        #expect(world.snapshotStatus(id) == "progressing" && world.jobs()[0].isHeld)
        try world.releaseJobs()
        #expect(world.snapshotStatus(id) == "progressing")
        try world.advance(milliseconds: 1_400)
        #expect(world.snapshotStatus(id) == "accomplished")
    }

    @Test(arguments: [
        "", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-02-28", "1969-12-31T23:59:59Z",
        "2262-01-01T00:00:00Z", "2026-02-28T24:00:00Z", "2026-02-28T00:00:00+", "٢٠٢٦-02-28T00:00",
    ])
    func whatIsNoTime(text: String) {
        #expect(Time.parse(text) == nil)
        if text.isEmpty { return }
        let world = World()
        var request = SetClockRequest()
        request.time = text
        let error = #expect(throws: Refusal.self) {
            try world.perform({ c, r, who throws(Refusal) in try c.setClock(r, who) }, request)
        }
        #expect(error?.text == "400 InvalidParameter")
    }

    @Test func timesAreReadAsTheyAreWritten() {
        for time in stride(from: Int64(0), through: 9_214_646_399, by: 86_399 * 37) {
            let text = Time.seconds(time * 1_000_000_000)
            #expect(Time.parse(text) == time * 1_000_000_000, "\(text)")
        }
        #expect(Time.parse("2024-02-29T23:59Z") == 1_709_251_140_000_000_000)
    }

    @Test func theClockCannotBeAdvancedBackwardsOrForEver() {
        let world = World()
        for (seconds, milliseconds) in [(-1, nil), (nil, -1), (Int64.max, nil), (4_000_000_000, 0)]
            as [(Int64?, Int64?)]
        {
            var request = AdvanceClockRequest()
            request.seconds = seconds
            request.milliseconds = milliseconds
            let error = #expect(throws: Refusal.self) {
                try world.perform(
                    { c, r, who throws(Refusal) in try c.advanceClock(r, who) }, request)
            }
            #expect(error?.text == "400 InvalidParameter")
        }
    }

    @Test func theLatestTimeIsTheLatestThatCanBeReached() throws {
        let world = World()
        var request = SetClockRequest()
        request.time = "2261-12-31T23:59:59Z"
        request.isFrozen = true
        try world.perform({ c, r, who throws(Refusal) in try c.setClock(r, who) }, request)
        #expect(Time.parse(request.time) == Time.latest)
        #expect(throws: Refusal.self) { try world.advance(milliseconds: 1) }
        // What happens by itself still has times to come.
        let id = try world.snapshot(world.instance().disks[0])
        world.turn()
        #expect(world.snapshotStatus(id) == "progressing")
    }

    /// V3: a token lives for a day of the account's clock, and as long as its image.
    @Test func tokensExpireByTheAccountsClock() throws {
        let world = World()
        let instance = world.instance().id
        let first = try world.create {
            $0.instanceID = instance
            $0.clientToken = "t"
        }
        world.finishSimulated()
        let day: Int64 = 24 * 3_600_000
        try world.advance(milliseconds: day + 1)
        let second = try world.create {
            $0.instanceID = instance
            $0.clientToken = "t"
        }
        #expect(second == first, "the image is there")
        world.deleteImage(first)
        let third = try world.create {
            $0.instanceID = instance
            $0.clientToken = "t"
        }
        #expect(third != first)
        #expect(world.state.accounts["default"]?.tokens.count == 1)
    }
}
