import ECS
import Testing
import Wire

@testable import Catalog

/// What a restart makes of jobs and events, and what a full journal makes of requests.
struct RecoveryTests {
    private func launchedCopies(_ launches: [Launch]) -> [Int64] {
        launches.compactMap { if case .copy(let job, _, _) = $0 { job.number } else { nil } }
    }

    // MARK: Jobs

    @Test func jobsWithACaptureGoOnAndThoseWithoutFail() throws {
        let world = World(workers: 1)
        let (_, disks) = world.instance([disk(path: "/one"), disk(40)])
        let (lost, _) = world.instance([disk(path: "/lost"), disk(path: "/other")])
        let started = try world.snapshot(disks[0])
        let captured = try world.snapshot(disks[0])
        let simulated = try world.snapshot(disks[1])
        let image = try world.create { $0.instanceID = lost }
        let jobs = world.jobs().map(\.number)
        world.turn()
        // The image's second disk is captured, its first is not.
        for job in [jobs[0], jobs[1], jobs[4]] { world.capture(job) }
        #expect(launchedCopies(world.turn()) == [jobs[0]])
        for recovered in [world.recovered(), fromCheckpoint(world)] {
            let next = World(workers: 1, seed: 2, recovered: recovered)
            let launches = next.turn()
            #expect(launchedCopies(launches) == [jobs[0]], "the started one first")
            #expect(next.snapshotRecord(started)?.snapshot.status == "progressing")
            let failed = try #require(next.image(image))
            #expect(failed.status == "CreateFailed")
            #expect(failed.failureReason.contains("stopped before the disk was captured"))
            for mapping in failed.diskDeviceMappings {
                #expect(next.snapshotRecord(mapping.snapshotID)?.snapshot.status == "failed")
            }
            #expect(next.jobs().map(\.snapshotID) == [started, captured, simulated])
            next.report(jobs[0], .copied(jobs[0]))
            #expect(launchedCopies(next.turn()) == [jobs[1]])
            next.report(jobs[1], .copied(jobs[1]))
            next.finishSimulated()
            #expect(next.jobs().isEmpty)
            #expect(
                [started, captured, simulated].allSatisfy {
                    next.snapshotRecord($0)?.snapshot.status == "accomplished"
                })
        }
    }

    private func fromCheckpoint(_ world: World) -> Recovered {
        var recovered = Recovered()
        try! recovered.replay(world.checkpoint())
        return recovered
    }

    @Test func aSimulatedJobEndsWhenItWouldHave() throws {
        let world = World()
        let (_, disks) = world.instance()
        let id = try world.snapshot(disks[0])
        world.turn()
        world.pass(seconds: 1)
        let next = world.restarted()
        next.turn()
        #expect(next.snapshotRecord(id)?.snapshot.status == "progressing")
        next.pass(seconds: 0.4)
        next.turn()
        #expect(next.snapshotRecord(id)?.snapshot.status == "accomplished")
        // What ended while the daemon was down ends at its start.
        let later = world.restarted()
        later.pass(seconds: 3600)
        later.turn()
        #expect(later.snapshotRecord(id)?.snapshot.status == "accomplished")
    }

    @Test func numbersAreNotUsedTwiceAfterARestart() throws {
        let world = World()
        let (instance, _) = world.instance()
        let id = try world.create { $0.instanceID = instance }
        world.deleteImage(id)
        let highest = world.state.nextNumber
        for recovered in [world.recovered(), fromCheckpoint(world)] {
            #expect(recovered.state.nextNumber == highest)
            let next = World(recovered: recovered)
            _ = try next.create { $0.instanceID = instance }
            #expect(next.region().images.records.first!.key >= highest)
        }
    }

    @Test func bytesThatAreNoChangesAreRefused() {
        var recovered = Recovered()
        #expect(throws: ProtoError.self) { try recovered.replay([0x0A, 0x05, 0x01]) }
        // A change that names what is not there changes nothing but the sequence.
        let changes = [
            Change(1, "none", "cn-hangzhou", .imageDeleted("m-1")),
            Change(1, "none", "", .jobEnded(4)), Change(1, "", "", .reclaimed(9)),
        ]
        try! recovered.replay(Changes(changes).encoded())
        #expect(recovered.state.sequence == 3 && recovered.state.accounts.isEmpty)
    }

    // MARK: Events

    @Test func eventsComeInTheirOrderAndInPages() throws {
        let world = World()
        world.open("other")
        _ = world.instance(account: "other")
        let (instance, disks) = world.instance()
        let id = try world.create { $0.instanceID = instance }
        world.finishSimulated()
        world.deleteImage(id)
        let all = try #require(world.events(after: 0))
        let kinds = all.events.map(\.kind)
        #expect(
            kinds.prefix(4) == [
                "DiskChanged", "InstanceChanged", "SnapshotChanged", "ImageChanged",
            ])
        #expect(kinds.last == "ImageDeleted" && all.events.last?.image?.imageID == id)
        #expect(all.events.last?.image?.status == "", "of a deleted one only the ID")
        let sequences = all.events.map(\.sequence)
        #expect(sequences == sequences.sorted() && Set(sequences).count == sequences.count)
        #expect(all.sequence == world.catalog.assumeIsolated { $0.newestSequence })
        let statuses = all.events.compactMap { $0.kind == "ImageChanged" ? $0.image?.status : nil }
        #expect(statuses == ["Waiting", "Creating", "Available"])
        // Page by page it is the same.
        var paged: [Event] = []
        var place: Int64 = 0
        while let page = world.events(after: place, max: 2), !page.events.isEmpty {
            paged += page.events
            place = page.sequence
        }
        #expect(paged == all.events && place == all.sequence)
        // Of one resource, of the other account, of nobody.
        let ofDisk = try #require(world.events(after: 0, resources: [disks[0]]))
        #expect(ofDisk.events.map(\.kind) == ["DiskChanged"] && ofDisk.sequence == all.sequence)
        #expect(world.events(after: 0, of: "other")?.events.count == 2)
        #expect(world.events(after: 0, of: "none")?.events == [])
    }

    @Test func sequencesThatAreGoneOrNotReachedAreOutOfRange() throws {
        let world = World()
        _ = world.instance()
        let newest = world.state.sequence
        #expect(world.events(after: newest)?.events == [])
        #expect(world.events(after: newest + 1) == nil)
        #expect(world.events(after: -1) == nil)
        // A checkpoint does not hold events: what came before it is gone.
        let restarted = world.restarted()
        #expect(restarted.state.sequence == newest)
        #expect(restarted.events(after: newest)?.events == [])
        #expect(restarted.events(after: newest - 1) == nil)
        _ = restarted.instance()
        #expect(restarted.events(after: newest)?.events.count == 2)
    }

    @Test func theRingKeepsTheNewest() {
        var log = EventLog()
        let disk = Change(0, "a", "r", .diskDeleted("d"))
        let silent = Change(0, "a", "r", .jobEnded(1))
        var sequence: Int64 = 0
        for _ in 0..<EventLog.capacity {
            log.append(disk, sequence: sequence + 1)
            log.append(silent, sequence: sequence + 2)  // none of the watchers' business
            sequence += 2
        }
        #expect(EventLog.capacity == 65_536 && log.lastDropped == 0)
        #expect(log.entries(after: 0).map(\.sequence).count == 65_536)
        for _ in 0..<3 {
            sequence += 1
            log.append(disk, sequence: sequence)
        }
        #expect(log.lastDropped == 5)
        let left = log.entries(after: 5).map(\.sequence)
        #expect(left.count == 65_536 && left.first == 7 && left.last == sequence)
        #expect(left == left.sorted())
        #expect(log.entries(after: sequence - 1).map(\.sequence) == [sequence])
        #expect(log.entries(after: sequence).map(\.sequence) == [])
    }

    // MARK: Room

    @Test func aGrowingJournalLeavesNothingAndTheSameCallSucceedsLater() throws {
        let world = World()
        let (instance, disks) = world.instance()
        let before = world.checkpoint()
        _ = world.catalog.assumeIsolated { $0.endTurn() }
        world.levers.room.store(1, ordering: .relaxed)
        let ask: (inout CreateImageRequest) -> Void = {
            $0.instanceID = instance
            $0.imageName = "name"
            $0.clientToken = "token"
        }
        #expect(world.creating(ask) == "no room yet")
        #expect(world.snapshotting(disks[0]) == "no room yet")
        #expect(world.checkpoint() == before)
        #expect(world.catalog.assumeIsolated { $0.endTurn() } == nil)
        #expect(world.turn().isEmpty)
        world.levers.room.store(0, ordering: .relaxed)
        #expect(world.creating(ask) == "OK" && world.region().images.count == 1)
    }

    @Test func aFullJournalRefusesAndStillTakesReleases() throws {
        let world = World()
        let (instance, disks) = world.instance()
        let snapshot = world.finishedSnapshot(disks[0])
        let image = try world.create { $0.instanceID = instance }
        world.levers.room.store(2, ordering: .relaxed)
        let before = world.checkpoint()
        let errors = world.creationErrors { $0.instanceID = instance }
        #expect(errors[0].httpStatus == 503 && errors[0].code.rawValue == "ServiceUnavailable")
        #expect(errors[0].hint.contains("full"))
        #expect(world.checkpoint() == before)
        #expect(world.events(after: 0) != nil, "reads go on")
        #expect(world.deleteImage(image) == "OK")
        #expect(world.deleteSnapshot(snapshot) == "OK")
        #expect(world.deleteInstance(instance) == "OK")
        // With no room for releases either, those are refused too, and nothing has happened.
        let (another, _) = { () -> (String, [String]) in
            world.levers.room.store(0, ordering: .relaxed)
            return world.instance()
        }()
        world.levers.releaseRoom.store(2, ordering: .relaxed)
        let then = world.checkpoint()
        #expect(world.deleteInstance(another) == "503 ServiceUnavailable")
        #expect(world.checkpoint() == then)
    }

    /// What threads have reported is kept until the journal takes it.
    @Test func reportsWaitForRoom() throws {
        let world = World()
        let (_, disks) = world.instance([disk(path: "/one"), disk(40)])
        let real = try world.snapshot(disks[0])
        let simulated = try world.snapshot(disks[1])
        let job = world.jobs()[0].number
        world.turn()
        world.levers.releaseRoom.store(1, ordering: .relaxed)
        world.capture(job)
        #expect(world.turn().isEmpty && world.jobs()[0].capture == nil)
        world.levers.releaseRoom.store(0, ordering: .relaxed)
        #expect(launchedCopies(world.turn()) == [job])
        world.levers.releaseRoom.store(1, ordering: .relaxed)
        world.report(job, .copied(job))
        world.pass(seconds: 5)
        let before = world.checkpoint()
        for _ in 0..<3 { #expect(world.turn().isEmpty) }
        #expect(world.checkpoint() == before)
        world.levers.releaseRoom.store(0, ordering: .relaxed)
        world.turn()
        #expect(world.snapshotRecord(real)?.snapshot.status == "accomplished")
        #expect(world.snapshotRecord(simulated)?.snapshot.status == "accomplished")
        #expect(world.jobs().isEmpty)
    }

    /// Admission reserves exactly what the turn then holds.
    @Test func whatIsReservedIsWhatIsWritten() throws {
        let world = World()
        let (instance, _) = world.instance([disk(40), disk(path: "/one")])
        for index in 0..<5 {
            _ = try world.create {
                $0.instanceID = instance
                $0.imageName = "name\(index)"
            }
        }
        world.turn()
        let written = world.journal.reduce(0) { $0 + $1.count }
        #expect(world.levers.reserved.load(ordering: .relaxed) == written)
        #expect(world.changedImages.count == 5)
    }

    @Test func turnsAreSeenByTheAccountsTheyChanged() throws {
        let world = World()
        world.open("other")
        world.turn()
        let (mine, others) = world.catalog.assumeIsolated {
            ($0.turnSeen(by: "default"), $0.turnSeen(by: "other"))
        }
        _ = world.instance()
        let seen = world.catalog.assumeIsolated { $0.turnSeen(by: "default") }
        let turn = world.catalog.assumeIsolated { $0.endTurn() }
        #expect(seen == turn?.number && seen > mine)
        #expect(world.catalog.assumeIsolated { $0.turnSeen(by: "other") } == others)
        #expect(world.catalog.assumeIsolated { $0.turnSeen(by: "none") } == 0)
    }
}
