import ECS
import Testing

@testable import Catalog

/// What the state decides for the data plane: parents, pins, what is given back, damage, looks at
/// images.
struct DataPlaneTests {
    private func parents(_ launches: [Launch]) -> [Int64?] {
        launches.compactMap { launch -> Int64?? in
            if case .copy(_, _, let parent) = launch { parent } else { nil }
        }
    }

    private func reclaims(_ launches: [Launch]) -> [(
        record: ReclaimRecord, users: [Int64: [Int64]]
    )] {
        launches.compactMap {
            if case .reclaim(let record, let users) = $0 { (record, users) } else { nil }
        }
    }

    private func outcome(_ segments: [Int64], _ consistency: String = "at-rest") -> JobOutcome {
        .accomplished(
            segments: segments, sizeBytes: 5 << 30, storedBytes: 1 << 20, consistency: consistency)
    }

    /// A snapshot of the disk, its job, and the parent that its copy got.
    @discardableResult
    private func snapshot(
        _ world: World, _ diskID: String, segments: (Int64) -> [Int64] = { [$0] }
    ) throws -> (id: String, job: Int64, parent: Int64?) {
        let (id, job, parent) = try start(world, diskID)
        world.report(job, outcome(segments(job)))
        world.turn()
        return (id, job, parent)
    }

    private func start(
        _ world: World, _ diskID: String
    ) throws -> (id: String, job: Int64, parent: Int64?) {
        let id = try world.snapshot(diskID)
        let job = world.jobs().last!.number
        world.turn()
        world.capture(job)
        return (id, job, parents(world.turn())[0])
    }

    // MARK: Parents

    @Test func theParentIsTheNewestAccomplishedUndamagedOne() throws {
        let world = World()
        let (_, disks) = world.instance([disk(path: "/one"), disk(path: "/two")])
        let first = try snapshot(world, disks[0])
        #expect(first.parent == nil)
        let second = try snapshot(world, disks[0]) { [first.job, $0] }
        #expect(second.parent == first.job)
        // Another disk's does not count, nor does one that failed or is in the making.
        try snapshot(world, disks[1])
        let failed = try start(world, disks[0])
        world.report(failed.job, .failed(reason: "gone"))
        world.turn()
        let waiting = try start(world, disks[0])
        #expect(failed.parent == second.job && waiting.parent == second.job)
        // Nor does a damaged one.
        world.catalog.assumeIsolated {
            $0.damaged([FoundDamage(manifest: second.job, reason: "slot 3")])
        }
        world.turn()
        #expect(world.snapshotRecord(second.id)?.snapshot.damage == "slot 3")
        #expect(try start(world, disks[0]).parent == first.job)
        // After a restart it is chosen anew.
        let copies = parents(world.restarted().turn())
        #expect(copies == [first.job, first.job])
    }

    /// What the parent has is not given back before the state knows what the new one has of it.
    @Test func theParentStaysUntilTheCopyHasEnded() throws {
        let world = World()
        let (_, disks) = world.instance([disk(path: "/one")])
        let first = try snapshot(world, disks[0])
        let second = try start(world, disks[0])
        #expect(world.deleteSnapshot(first.id) == "OK")
        #expect(reclaims(world.turn()).isEmpty)
        world.report(second.job, outcome([first.job, second.job]))
        let launched = reclaims(world.turn())
        #expect(launched.map(\.record.manifest) == [first.job])
        #expect(launched[0].users == [first.job: [second.job]])
    }

    @Test(arguments: [true, false]) func theParentIsLetGoHoweverTheCopyEnds(_ isCancelled: Bool)
        throws
    {
        let world = World()
        let (_, disks) = world.instance([disk(path: "/one")])
        let first = try snapshot(world, disks[0])
        let second = try start(world, disks[0])
        if isCancelled { #expect(world.deleteSnapshot(second.id) == "OK") }
        #expect(world.deleteSnapshot(first.id) == "OK")
        #expect(reclaims(world.turn()).isEmpty, "its thread still reads")
        world.report(second.job, .failed(reason: "cancelled"))
        #expect(reclaims(world.turn()).map(\.record.manifest) == [first.job])
    }

    // MARK: Space

    /// One after the other, and the users are those that are left by then.
    @Test func spaceIsGivenBackOneByOne() throws {
        let world = World()
        let (_, disks) = world.instance([disk(path: "/one")])
        let first = try snapshot(world, disks[0])
        let second = try snapshot(world, disks[0]) { [first.job, $0] }
        let third = try snapshot(world, disks[0]) { [first.job, second.job, $0] }
        for id in [first.id, second.id] { #expect(world.deleteSnapshot(id) == "OK") }
        let one = reclaims(world.turn())
        #expect(one.map(\.record.manifest) == [first.job])
        #expect(one[0].users == [first.job: [third.job]])
        #expect(reclaims(world.turn()).isEmpty)
        #expect(world.deleteSnapshot(third.id) == "OK")
        world.catalog.assumeIsolated { $0.reclaimed(first.job) }
        let two = reclaims(world.turn())
        #expect(two.map(\.record.manifest) == [second.job])
        #expect(two[0].users == [first.job: [], second.job: []])
    }

    /// One that is deleted but still read holds its slots as one that is not.
    @Test func pinnedManifestsAreUsers() throws {
        let world = World()
        let (_, disks) = world.instance([disk(path: "/one")])
        let first = try snapshot(world, disks[0])
        let second = try snapshot(world, disks[0]) { [first.job, $0] }
        world.catalog.assumeIsolated { $0.pin(second.job) }
        for id in [first.id, second.id] { #expect(world.deleteSnapshot(id) == "OK") }
        #expect(reclaims(world.turn()).map(\.users) == [[first.job: [second.job]]])
        world.catalog.assumeIsolated {
            $0.unpin(second.job)
            $0.reclaimed(first.job)
        }
        #expect(reclaims(world.turn()).map(\.users) == [[first.job: [], second.job: []]])
    }

    /// What could not be given back is left to the next start, and holds up nothing else.
    @Test func failedReclaims() throws {
        let world = World()
        let (_, disks) = world.instance([disk(path: "/one")])
        let first = try snapshot(world, disks[0])
        let second = try snapshot(world, disks[0])
        #expect(world.deleteSnapshot(first.id) == "OK")
        #expect(reclaims(world.turn()).count == 1)
        world.catalog.assumeIsolated { $0.reclaimFailed(first.job) }
        #expect(reclaims(world.turn()).isEmpty)
        #expect(world.deleteSnapshot(second.id) == "OK")
        #expect(reclaims(world.turn()).map(\.record.manifest) == [second.job])
        #expect(reclaims(world.restarted().turn()).map(\.record.manifest) == [first.job])
    }

    // MARK: Clones

    private func captureClone(_ world: World, _ job: Int64) {
        var capture = CaptureRecord()
        capture.sizeBytes = 5 << 30
        capture.isClone = true
        world.catalog.assumeIsolated { $0.captured(job, "default", capture) }
    }

    /// A clone is the job's until it has ended: a restart keeps it, an end gives the rest back.
    @Test func clonesAreKeptForTheirJobs() throws {
        let world = World()
        let (_, disks) = world.instance([disk(path: "/one")])
        let id = try world.snapshot(disks[0])
        let job = world.jobs()[0].number
        world.turn()
        captureClone(world, job)
        world.turn()
        #expect(world.state.filesInUse().segments == [job])
        #expect(world.restarted().state.filesInUse().segments == [job])
        world.report(job, outcome([job], "point-in-time"))
        let launched = reclaims(world.turn())
        #expect(launched.map(\.record.segments) == [[job]] && launched[0].users == [job: [job]])
        #expect(launched[0].record.manifest != job)
        #expect(world.snapshotRecord(id)?.snapshot.consistency == "point-in-time")
        // Its number is nobody else's, also after a restart.
        #expect(world.state.nextNumber > launched[0].record.manifest)
        #expect(reclaims(world.restarted().turn()).map(\.record) == launched.map(\.record))
    }

    /// A job that ends before its copy began, or before its capture was told.
    @Test func clonesOfEndedJobsAreDiscarded() throws {
        var limits = Limits()
        limits.workers = 1
        let world = World(limits: limits)
        let (_, disks) = world.instance([disk(path: "/one"), disk(path: "/two")])
        let first = try world.snapshot(disks[0])
        let second = try world.snapshot(disks[1])
        let jobs = world.jobs().map(\.number)
        world.turn()
        captureClone(world, jobs[0])
        world.turn()
        captureClone(world, jobs[1])
        world.turn()
        func discarded(_ launches: [Launch]) -> [Int64] {
            launches.compactMap { if case .discardCapture(let job) = $0 { job } else { nil } }
        }
        // It waits for the worker.
        #expect(world.deleteSnapshot(second) == "OK")
        #expect(discarded(world.turn()) == [jobs[1]])
        // This one's thread clears up itself.
        #expect(world.deleteSnapshot(first) == "OK")
        #expect(discarded(world.turn()) == [])
        // Told too late.
        captureClone(world, jobs[1])
        #expect(discarded(world.turn()) == [jobs[1]])
        // Copied all the same, and nothing of its own in it: the clone goes too.
        world.report(jobs[0], outcome([], "point-in-time"))
        #expect(reclaims(world.turn()).map(\.record.segments) == [[jobs[0]]])
    }

    /// A start fails an image of which one disk was not captured, before the other's copy begins.
    @Test func clonesOfImagesThatAStartFailsAreDiscarded() throws {
        let world = World()
        let (instance, _) = world.instance([disk(path: "/one"), disk(path: "/two")])
        let image = try world.create { $0.instanceID = instance }
        let jobs = world.jobs().map(\.number)
        world.turn()
        captureClone(world, jobs[0])
        world.turn()
        let next = world.restarted()
        let discarded = next.turn().compactMap { launch -> Int64? in
            if case .discardCapture(let job) = launch { job } else { nil }
        }
        #expect(next.image(image)?.status == "CreateFailed")
        #expect(discarded == [jobs[0]])
    }

    // MARK: Damage and looks

    /// Every snapshot that has the manifest is marked, of copies too, once.
    @Test func damageMarksAllWhoHaveTheManifest() throws {
        let world = World()
        let (_, disks) = world.instance([disk(path: "/one")])
        let first = try snapshot(world, disks[0])
        world.catalog.assumeIsolated {
            $0.damaged([
                FoundDamage(manifest: first.job, reason: "first"),
                FoundDamage(manifest: first.job, reason: "second"),
                FoundDamage(manifest: 4711, reason: "of nobody"),
            ])
        }
        world.turn()
        #expect(world.snapshotRecord(first.id)?.snapshot.damage == "first")
        #expect(world.restarted().snapshotRecord(first.id)?.snapshot.damage == "first")
    }

    private func detections(_ launches: [Launch]) -> [Detection] {
        launches.compactMap { if case .detect(let detection) = $0 { detection } else { nil } }
    }

    /// B-Detection: Available first, then what was found; a restart looks again.
    @Test func imagesOfRealDisksAreLookedAt() throws {
        let world = World()
        let (instance, _) = world.instance([disk(path: "/one"), disk(path: "/two")])
        let id = try world.create {
            $0.instanceID = instance
            $0.detectionStrategy = "Standard"
        }
        let jobs = world.jobs().map(\.number)
        world.turn()
        for job in jobs { world.capture(job) }
        world.turn()
        world.report(jobs[1], .copied(jobs[1]))
        #expect(detections(world.turn()).isEmpty)
        world.report(jobs[0], .copied(jobs[0]))
        let launched = detections(world.turn())
        #expect(launched.map(\.imageID) == [id] && launched[0].manifest == jobs[0])
        #expect(world.image(id)?.status == "Available")
        #expect(world.image(id)?.detectionOptions?.status == "Processing")
        #expect(detections(world.restarted().turn()).map(\.imageID) == [id])
        var item = DetectionItem()
        item.name = "GuestOS.PartitionTable"
        world.catalog.assumeIsolated { $0.detected(launched[0], [item]) }
        #expect(detections(world.turn()).isEmpty)
        #expect(world.image(id)?.detectionOptions?.status == "Finished")
        #expect(world.image(id)?.detectionOptions?.items == [item])
        #expect(detections(world.restarted().turn()).isEmpty)
    }

    /// The snapshot's files stay while they are looked at; an image that is gone gets nothing.
    @Test func aLookPinsWhatItReads() throws {
        let world = World()
        let (instance, _) = world.instance([disk(path: "/one")])
        let id = try world.create {
            $0.instanceID = instance
            $0.detectionStrategy = "Standard"
        }
        let job = world.jobs()[0].number
        world.turn()
        world.capture(job)
        world.turn()
        world.report(job, .copied(job))
        let launched = detections(world.turn())
        let snapshotID = try #require(world.image(id)).diskDeviceMappings[0].snapshotID
        #expect(world.deleteImage(id) == "OK" && world.deleteSnapshot(snapshotID) == "OK")
        #expect(reclaims(world.turn()).isEmpty)
        world.catalog.assumeIsolated { $0.detected(launched[0], []) }
        #expect(reclaims(world.turn()).map(\.record.manifest) == [job])
    }

    // MARK: What is read

    private func verify(
        _ world: World, _ change: (inout VerifySnapshotRequest) -> Void
    ) -> String {
        var request = VerifySnapshotRequest()
        change(&request)
        return world.code { [request, caller = world.caller] catalog throws(Refusal) in
            try catalog.planVerify(request, caller)
        }
    }

    @Test func verifyTellsWhatIsWrongWithItsRequest() throws {
        let world = World()
        let (_, disks) = world.instance([disk(path: "/one"), disk(40)])
        let real = try snapshot(world, disks[0])
        let simulated = try world.snapshot(disks[1])
        world.turn()
        #expect(verify(world) { $0.snapshotID = real.id } == "OK")
        #expect(verify(world) { _ in } == "OK")
        #expect(verify(world) { $0.snapshotID = "s-none" } == "404 InvalidSnapshotId.NotFound")
        #expect(verify(world) { $0.snapshotID = simulated } == "403 InvalidSnapshotId.NotReady")
        world.finishSimulated()
        #expect(verify(world) { $0.snapshotID = simulated } == "400 InvalidParameter")
        for token in ["x", "1-", "-1", "1-2-3", "-1--1", "zzzzzzzzzzzzzzzzzzzz-0"] {
            #expect(verify(world) { $0.nextToken = token } == "400 InvalidParameter", "\(token)")
        }
        #expect(verify(world) { $0.nextToken = Catalog.verifyToken(segment: 7, slot: 40) } == "OK")
        #expect(verify(world) { $0.maxBytes = -1 } == "400 InvalidParameter")
        #expect(verify(world) { $0.maxBytes = .max } == "400 InvalidParameter")
    }

    /// A range is told of each snapshot of the account that has it, with its images.
    @Test func damageIsToldInTheAccountsTerms() throws {
        let world = World()
        let (instance, _) = world.instance([disk(path: "/one")])
        let image = try world.create { $0.instanceID = instance }
        let job = world.jobs()[0].number
        world.turn()
        world.capture(job)
        world.turn()
        world.report(job, .copied(job))
        world.turn()
        let found = [
            VerifiedRange(manifest: job, range: 65_536..<131_072, reason: "slot 1"),
            VerifiedRange(manifest: job, range: nil, reason: "gone"),
            VerifiedRange(manifest: 4711, range: nil, reason: "another account's"),
        ]
        let caller = world.caller
        let damage = world.catalog.assumeIsolated { $0.damage(found, caller) }
        #expect(damage.map(\.reason) == ["slot 1", "gone"])
        #expect(damage.map(\.offset) == [65_536, 0] && damage.map(\.length) == [65_536, 0])
        #expect(damage.allSatisfy { $0.imageID == [image] && !$0.diskID.isEmpty })
    }

    private func usage(_ world: World, _ type: String) throws -> UsagePlan {
        var request = DescribeUsageRequest()
        request.resourceType = type
        return try world.run { [request, caller = world.caller] catalog throws(Refusal) in
            try catalog.planUsage(request, caller)
        }
    }

    @Test func usageCountsByDiskSnapshotAndImage() throws {
        let world = World()
        let (instance, disks) = world.instance([disk(path: "/one"), disk(40)])
        let plain = try snapshot(world, disks[0])
        let image = try world.create { $0.instanceID = instance }
        let job = world.jobs().map(\.number).first { number in
            world.jobs().first { $0.number == number }!.isReal
        }!
        world.turn()
        world.capture(job)
        world.turn()
        world.report(
            job,
            .accomplished(
                segments: [plain.job, job], sizeBytes: 5 << 30, storedBytes: 1,
                consistency: "live"))
        world.finishSimulated()
        let snapshots = try usage(world, "snapshot")
        #expect(snapshots.rows.map(\.manifests).sorted { $0[0] < $1[0] } == [[plain.job], [job]])
        #expect(snapshots.logicalBytes == 10 << 30 && snapshots.others.isEmpty)
        let byDisk = try usage(world, "disk")
        #expect(byDisk.rows.map(\.id) == [disks[0]])
        #expect(byDisk.rows[0].manifests == [plain.job, job].sorted())
        let images = try usage(world, "image")
        #expect(images.rows.map(\.id) == [image] && images.rows[0].manifests == [job])
        // The plain snapshot shares a segment with the image's.
        #expect(images.others == [plain.job] && images.own.count == 2)
    }

    @Test func usageTellsWhatIsWrongWithItsRequest() {
        let world = World()
        func code(_ change: (inout DescribeUsageRequest) -> Void) -> String {
            var request = DescribeUsageRequest()
            request.resourceType = "disk"
            change(&request)
            return world.code { [request, caller = world.caller] catalog throws(Refusal) in
                try catalog.planUsage(request, caller)
            }
        }
        #expect(code { _ in } == "OK")
        #expect(code { $0.resourceType = "" } == "400 InvalidParameter")
        #expect(code { $0.resourceType = "Disk" } == "400 InvalidParameter")
        #expect(code { $0.maxResults = 0 } == "400 InvalidParameter")
        #expect(code { $0.maxResults = 1001 } == "400 InvalidParameter")
        #expect(code { $0.nextToken = "x" } == "400 InvalidParameter")
        #expect(code { $0.nextToken = Catalog.usageToken(storedBytes: 5, id: "d-") } == "OK")
    }
}
