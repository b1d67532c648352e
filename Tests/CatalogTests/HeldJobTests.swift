import ECS
import Testing

@testable import Catalog

/// Jobs one by one: held, stepped, finished and failed.
struct HeldJobTests {
    @Test func aHeldJobDoesNotStartAndOthersPassIt() throws {
        let world = World()
        let instance = world.instance([disk(), disk(), disk()])
        let ids = try instance.disks.map { try world.snapshot($0) }
        try world.holdJobs([ids[0]])
        world.finishSimulated()
        #expect(ids.map(world.snapshotStatus) == ["progressing", "accomplished", "accomplished"])
        try world.releaseJobs([ids[0]])
        world.finishSimulated()
        #expect(world.snapshotStatus(ids[0]) == "accomplished")
    }

    @Test func aRunningJobThatIsHeldKeepsItsSlotAndDoesNotEnd() throws {
        var limits = Limits()
        limits.workers = 1
        let world = World(limits: limits)
        let instance = world.instance([disk(), disk()])
        let ids = try instance.disks.map { try world.snapshot($0) }
        world.turn()
        try world.holdJobs([ids[0]])
        world.pass(seconds: 100)
        world.turn()
        world.turn()
        #expect(ids.map(world.snapshotStatus) == ["progressing", "progressing"])
        #expect(world.jobs().map(\.isStarted) == [true, false])
        try world.releaseJobs()
        world.finishSimulated()
        #expect(ids.map(world.snapshotStatus) == ["accomplished", "accomplished"])
    }

    @Test func newJobsAreHeldWhereAllAre() throws {
        let world = World()
        try world.holdJobs()
        let id = try world.create { $0.instanceID = world.instance([disk(), disk()]).id }
        world.finishSimulated()
        #expect(world.image(id)?.status == "Waiting")
        // One job is one status: Waiting, Creating with the first, Available with the last.
        let started = try world.stepJobs(count: 1)
        #expect(started.map(\.status) == ["running"])
        #expect(world.image(id)?.status == "Creating")
        #expect(try world.stepJobs(count: 1).map(\.status) == ["accomplished"])
        #expect(world.image(id)?.status == "Creating")
        #expect(try world.finishJobs(count: 1).map(\.status) == ["accomplished"])
        #expect(world.image(id)?.status == "Available")
        #expect(world.jobs().isEmpty)
    }

    @Test func aStepNeedsASlot() throws {
        var limits = Limits()
        limits.workers = 1
        let world = World(limits: limits)
        try world.holdJobs()
        let instance = world.instance([disk(), disk()])
        let ids = try instance.disks.map { try world.snapshot($0) }
        try world.stepJobs([ids[0]])
        let error = #expect(throws: Refusal.self) { try world.stepJobs([ids[1]]) }
        #expect(error?.text == "400 InvalidParameter")
        try world.finishJobs([ids[0]])
        try world.stepJobs([ids[1]])
        #expect(world.jobs().map(\.isStarted) == [true])
    }

    @Test func oneFailedJobFailsItsImageAndTheOthers() throws {
        let world = World()
        try world.holdJobs()
        let id = try world.create { $0.instanceID = world.instance([disk(), disk()]).id }
        let first = try #require(world.jobs().first).snapshotID
        try world.failJobs([first], reason: "the disk is on fire")
        let image = try #require(world.image(id))
        #expect(image.status == "CreateFailed" && image.failureReason == "the disk is on fire")
        #expect(
            image.diskDeviceMappings.allSatisfy { world.snapshotStatus($0.snapshotID) == "failed" })
        #expect(world.jobs().isEmpty)
        #expect(throws: Refusal.self) { try world.failJobs([id]) }
    }

    /// A copy that is done while its job is held is kept, and counts when the job is let go.
    @Test func aCopyOfAFileEndsWhenItsJobIsReleased() throws {
        let world = World()
        let id = try world.snapshot(world.instance([disk(path: "/d")]).disks[0])
        let job = world.jobs()[0].number
        world.turn()
        world.capture(job)
        #expect(world.turn().contains { if case .copy = $0 { true } else { false } })
        try world.holdJobs([id])
        world.report(job, .copied(job))
        world.turn()
        #expect(world.snapshotStatus(id) == "progressing")
        try world.releaseJobs([id])
        world.turn()
        #expect(world.snapshotStatus(id) == "accomplished")
        #expect(world.snapshotRecord(id)?.manifest == job)
    }

    @Test func aHeldCopyWhoseJobFailsGivesItsSpaceBack() throws {
        let world = World()
        let id = try world.snapshot(world.instance([disk(path: "/d")]).disks[0])
        let job = world.jobs()[0].number
        world.turn()
        world.capture(job)
        world.turn()
        try world.holdJobs([id])
        world.report(job, .copied(job))
        world.turn()
        try world.perform(
            { c, r, who throws(Refusal) in try c.failJobs(r, who) }, FailJobsRequest())
        let reclaimed = world.turn().contains { launch in
            if case .reclaim(let record, _) = launch { record.manifest == job } else { false }
        }
        #expect(reclaimed)
        #expect(world.snapshotStatus(id) == "failed")
    }

    /// Holding a job that waits for its file does not look at the file again.
    @Test func aFileIsCapturedOnce() throws {
        let world = World()
        let id = try world.snapshot(world.instance([disk(path: "/d")]).disks[0])
        let captures = { (launches: [Launch]) in
            launches.count { if case .capture = $0 { true } else { false } }
        }
        #expect(captures(world.turn()) == 1)
        var request = HoldJobsRequest()
        request.resourceID = [id]
        try world.perform({ c, r, who throws(Refusal) in try c.holdJobs(r, who) }, request)
        #expect(captures(world.turn()) == 0)
    }

    @Test func whatHasNoJobIsNamed() {
        let world = World()
        let errors = world.errors { [caller = world.caller] catalog throws(Refusal) in
            var request = FinishJobsRequest()
            request.resourceID = ["s-none"]
            return try catalog.finishJobs(request, caller)
        }
        #expect(errors.map(\.parameter) == ["ResourceId.1"])
    }
}
