import ECS
import Testing

@testable import Catalog

/// The queue: order, fairness, and that each job ends once.
struct QueueTests {
    private func copies(_ launches: [Launch]) -> [Int64] {
        launches.compactMap { if case .copy(let job, _, _) = $0 { job.number } else { nil } }
    }

    private func captures(_ launches: [Launch]) -> [Int64] {
        launches.compactMap { if case .capture(let job, _) = $0 { job.number } else { nil } }
    }

    private func cancels(_ launches: [Launch]) -> [Int64] {
        launches.compactMap { if case .cancel(let job) = $0 { job } else { nil } }
    }

    private func reclaims(_ launches: [Launch]) -> [ReclaimRecord] {
        launches.compactMap { if case .reclaim(let record, _) = $0 { record } else { nil } }
    }

    private func oneWorker() -> Limits {
        var limits = Limits()
        limits.workers = 1
        return limits
    }

    // MARK: Order

    @Test func anAccountsJobsRunInTheOrderOfAdmission() throws {
        let world = World(limits: oneWorker())
        let (_, disks) = world.instance([disk(40), disk(300), disk(20)])
        var expected: [String] = []
        for disk in [disks[1], disks[0], disks[2], disks[0]] {
            expected.append(try world.snapshot(disk))
        }
        var started: [String] = []
        for _ in 0..<4 {
            world.turn()
            started.append(try #require(world.jobs().first { $0.isStarted }).snapshotID)
            world.pass(seconds: 4)
        }
        world.turn()
        #expect(started == expected && world.jobs().isEmpty)
    }

    @Test func simulatedJobsTakeTheirTimeOnTheClock() throws {
        let world = World()
        let (_, disks) = world.instance([disk(40)])
        let id = try world.snapshot(disks[0])
        #expect(world.turn().isEmpty)
        let next = world.catalog.assumeIsolated { $0.advance().nextTime }
        #expect(next == World.start + 1_400_000_000)
        world.pass(seconds: 1.399)
        world.turn()
        #expect(world.snapshotRecord(id)?.snapshot.status == "progressing")
        world.pass(seconds: 0.001)
        #expect(world.turn().isEmpty)
        #expect(world.snapshotRecord(id)?.snapshot.status == "accomplished")
        #expect(world.snapshotRecord(id)?.manifest == 0)
        #expect(world.catalog.assumeIsolated { $0.advance().nextTime } == nil)
    }

    @Test func accountsAreServedInTurn() throws {
        // One thread for all; each account may use all of it.
        let world = World(workers: 1)
        var disks: [String: String] = [:]
        for account in ["a", "b", "c"] {
            world.open(account)
            disks[account] = world.instance([disk(path: "/\(account)")], account: account).disks[0]
        }
        var owner: [Int64: String] = [:]
        for account in ["a", "b", "c"] {
            for _ in 0..<(account == "a" ? 6 : 2) {
                _ = try world.snapshot(disks[account]!, account: account)
            }
            for job in world.jobs(account: account) { owner[job.number] = account }
        }
        world.turn()
        for (job, account) in owner { world.capture(job, account: account) }
        var order: [String] = []
        var jobs: [Int64] = []
        for _ in 0..<owner.count {
            let started = copies(world.turn())
            #expect(started.count == 1, "one thread")
            guard let job = started.first else { break }
            order.append(owner[job]!)
            jobs.append(job)
            world.report(job, .copied(job), account: owner[job]!)
        }
        #expect(order == ["a", "b", "c", "a", "b", "c", "a", "a", "a", "a"])
        let ofA = jobs.filter { owner[$0] == "a" }
        #expect(ofA == ofA.sorted(), "FIFO in an account")
    }

    /// The account whose last job ended has nothing left; the next one still gets the thread, in
    /// the same turn, for there may be no other turn.
    @Test(arguments: [("a", "b"), ("b", "a")])
    func aFreedThreadGoesToTheAccountThatWaits(first: String, second: String) throws {
        let world = World(workers: 1)
        for account in [first, second] { world.open(account) }
        let (_, theirs) = world.instance([disk(path: "/disk")], account: first)
        let (_, mine) = world.instance([disk(path: "/disk"), disk(40)], account: second)
        _ = try world.snapshot(theirs[0], account: first)
        let running = world.jobs(account: first)[0].number
        world.capture(running, account: first)
        #expect(copies(world.turn()) == [running])
        // The second account is the last that was served: the first one's turn comes before.
        _ = try world.snapshot(mine[1], account: second)
        world.turn()
        _ = try world.snapshot(mine[0], account: second)
        let waiting = world.jobs(account: second)[1].number
        world.capture(waiting, account: second)
        #expect(copies(world.turn()) == [])
        world.report(running, .copied(running), account: first)
        #expect(copies(world.turn()) == [waiting])
    }

    @Test func aFrozenAccountStopsNoOther() throws {
        let world = World(limits: oneWorker())
        world.open("other")
        let (_, simulated) = world.instance([disk(300)])
        let (_, real) = world.instance([disk(path: "/disk")], account: "other")
        for _ in 0..<3 { _ = try world.snapshot(simulated[0]) }
        _ = try world.snapshot(real[0], account: "other")
        let job = world.jobs(account: "other")[0].number
        world.turn()
        world.capture(job, account: "other")
        #expect(copies(world.turn()) == [job])
    }

    // MARK: Real jobs

    @Test func aRealJobWaitsForItsCaptureAndAThread() throws {
        let world = World(workers: 1)
        let (instance, _) = world.instance([disk(path: "/one"), disk(path: "/two")])
        let id = try world.create { $0.instanceID = instance }
        let jobs = world.jobs().map(\.number)
        #expect(captures(world.turn()) == jobs)
        #expect(world.turn().isEmpty && world.image(id)?.status == "Waiting")
        // Captured out of order: the queue waits for its head.
        world.capture(jobs[1])
        #expect(world.turn().isEmpty && world.jobs()[1].capture?.inode == jobs[1])
        world.capture(jobs[0])
        #expect(copies(world.turn()) == [jobs[0]])
        #expect(world.image(id)?.status == "Creating")
        world.levers.percent.store(40, ordering: .relaxed)
        #expect(world.described(id)?.progress == "20%")
        world.report(jobs[0], .copied(jobs[0]))
        #expect(copies(world.turn()) == [jobs[1]])
        #expect(world.image(id)?.status == "Creating")
        world.report(jobs[1], .copied(jobs[1]))
        world.turn()
        let image = try #require(world.image(id))
        #expect(image.status == "Available")
        let first = world.snapshotRecord(image.diskDeviceMappings[0].snapshotID)!
        #expect(first.manifest == jobs[0] && first.segments == [jobs[0]])
        #expect(first.snapshot.sizeBytes == 5 << 30 && first.snapshot.consistency == "at-rest")
        #expect(first.snapshot.sourceDiskSize == "6", "rounded up to GiB")
        let files = world.state.filesInUse()
        #expect(files.manifests == Set(jobs) && files.segments == Set(jobs))
    }

    @Test func oneFailedDiskFailsTheImageAndItsSiblings() throws {
        let world = World()
        let (instance, disks) = world.instance([
            disk(path: "/one"), disk(path: "/two"), disk(path: "/three"),
        ])
        let other = try world.snapshot(disks[1])
        let id = try world.create { $0.instanceID = instance }
        let jobs = world.jobs().filter { $0.imageID == id }.map(\.number)
        world.turn()
        for job in world.jobs() { world.capture(job.number) }
        #expect(copies(world.turn()).count == 4)
        world.report(jobs[0], .copied(jobs[0]))
        world.turn()
        world.report(jobs[1], .failed(reason: "It shrank."))
        #expect(cancels(world.turn()).sorted() == [jobs[1], jobs[2]])
        let image = try #require(world.image(id))
        #expect(image.status == "CreateFailed" && !image.usable)
        #expect(image.failureReason == "It shrank.")
        let snapshots = image.diskDeviceMappings.map { world.snapshotRecord($0.snapshotID)! }
        #expect(snapshots.map(\.snapshot.status) == ["accomplished", "failed", "failed"])
        #expect(snapshots[1].snapshot.failureReason == "It shrank.")
        #expect(snapshots[2].snapshot.failureReason.contains(id))
        // Work that was none of the image's goes on.
        #expect(world.jobs().map(\.snapshotID) == [other])
        // What the sibling still reports is ignored, and what it wrote goes.
        world.report(jobs[2], .copied(jobs[2]))
        let reclaimed = reclaims(world.turn())
        #expect(reclaimed.map(\.manifest) == [jobs[2]])
        #expect(reclaimed.map(\.segments) == [[jobs[2]]])
        // It is remembered until it is done, and nothing else has changed.
        #expect(world.state.reclaims.map(\.key) == [jobs[2]])
        world.catalog.assumeIsolated { $0.reclaimed(jobs[2]) }
        world.turn()
        let after = image.diskDeviceMappings.map { world.snapshotRecord($0.snapshotID)! }
        #expect(after == snapshots && world.state.reclaims.isEmpty)
    }

    /// Of a disk without data there is a manifest and no segment; a segment that another manifest
    /// names stays.
    @Test func aCancelledCopysFilesGoButNoneThatIsNamed() throws {
        let world = World()
        let (_, disks) = world.instance([disk(path: "/one")])
        func run() throws -> (String, Int64) {
            let id = try world.snapshot(disks[0])
            let job = world.jobs().last!.number
            world.turn()
            world.capture(job)
            world.turn()
            return (id, job)
        }
        let (_, kept) = try run()
        world.report(kept, .copied(kept))
        world.turn()
        for segments in [[], [kept], [kept, 77]] as [[Int64]] {
            let (id, job) = try run()
            #expect(world.deleteSnapshot(id) == "OK")
            #expect(cancels(world.turn()) == [job])
            world.report(
                job,
                .accomplished(
                    segments: segments, sizeBytes: 5 << 30, storedBytes: 0, consistency: "live"))
            let launched = reclaims(world.turn())
            #expect(launched.map(\.manifest) == [job])
            #expect(launched.map(\.segments) == [segments])
            world.catalog.assumeIsolated { $0.reclaimed(job) }
        }
    }

    @Test func spaceIsGivenBackOnceNobodyReadsIt() throws {
        let world = World()
        let (_, disks) = world.instance([disk(path: "/one")])
        let id = try world.snapshot(disks[0])
        let job = world.jobs()[0].number
        world.turn()
        world.capture(job)
        world.turn()
        world.report(job, .copied(job))
        world.turn()
        world.catalog.assumeIsolated { catalog in
            catalog.pin(job)
            catalog.pin(job)
        }
        #expect(world.deleteSnapshot(id) == "OK")
        #expect(reclaims(world.turn()).isEmpty && world.state.reclaims.count == 1)
        world.catalog.assumeIsolated { $0.unpin(job) }
        #expect(reclaims(world.turn()).isEmpty)
        world.catalog.assumeIsolated { $0.unpin(job) }
        #expect(reclaims(world.turn()).map(\.manifest) == [job])
        #expect(reclaims(world.turn()).isEmpty, "it is under way")
        // A restart before the end does it again.
        let restarted = world.restarted()
        #expect(reclaims(restarted.turn()).map(\.segments) == [[job]])
        world.catalog.assumeIsolated { $0.reclaimed(job) }
        #expect(reclaims(world.turn()).isEmpty && world.state.reclaims.isEmpty)
        #expect(reclaims(world.restarted().turn()).isEmpty)
    }

    // MARK: Deleting what is in the making

    @Test func deletingAnImageFreesItsPlacesBeforeTheAnswer() throws {
        var limits = Limits()
        limits.unfinishedSnapshots = 2
        let world = World(limits: limits)
        let (instance, _) = world.instance([disk(path: "/one"), disk(40)])
        let id = try world.create { $0.instanceID = instance }
        let jobs = world.jobs().map(\.number)
        world.turn()
        for job in jobs { world.capture(job) }
        world.turn()
        let snapshots = world.image(id)!.diskDeviceMappings.map(\.snapshotID)
        #expect(world.deleteImage(id) == "OK")
        #expect(world.image(id) == nil && world.jobs().isEmpty)
        #expect(snapshots.allSatisfy { world.snapshotRecord($0)?.snapshot.status == "failed" })
        #expect(snapshots.allSatisfy { world.deleteSnapshot($0) == "OK" })
        // No turn has passed: the places are free.
        #expect(world.creating { $0.instanceID = instance } == "OK")
        #expect(world.deleteImage(id) == "OK", "an unknown image is ignored")
    }

    @Test func deletingAnInstanceForgetsItAndFailsItsWork() throws {
        let world = World()
        let (instance, disks) = world.instance([disk(40), disk(60)]) { $0.status = "Running" }
        let (bystander, _) = world.instance()
        let done = world.finishedSnapshot(disks[0])
        let image = try world.create { $0.instanceID = instance }
        let alone = try world.snapshot(disks[1])
        let theirs = try world.create { $0.instanceID = bystander }
        world.turn()
        #expect(world.deleteInstance(instance) == "403 IncorrectInstanceStatus")
        #expect(world.deleteInstance(instance, force: true) == "OK")
        #expect(world.image(image)?.status == "CreateFailed")
        #expect(world.snapshotRecord(alone)?.snapshot.status == "failed")
        #expect(world.snapshotRecord(done)?.snapshot.status == "accomplished")
        #expect(world.region().instances[instance] == nil)
        #expect(disks.allSatisfy { world.region().disks[$0] == nil })
        #expect(world.jobs().map(\.imageID) == [theirs])
        #expect(world.deleteInstance(instance, force: true) == "404 InvalidInstanceId.NotFound")
        world.finishSimulated()
        #expect(world.image(theirs)?.status == "Available")
        // Its snapshots outlive it.
        #expect(world.creating { $0.snapshotID = done } == "OK")
    }

    @Test func aWaitingCaptureOfACancelledJobIsIgnored() throws {
        let world = World()
        let (_, disks) = world.instance([disk(path: "/one")])
        let id = try world.snapshot(disks[0])
        let job = world.jobs()[0].number
        world.turn()
        world.deleteSnapshot(id)
        world.turn()
        let before = world.checkpoint()
        world.capture(job)
        world.report(job, .failed(reason: "late"))
        // What it may have cloned goes; the state is as it was.
        let discarded = world.turn().map {
            if case .discardCapture(job) = $0 { true } else { false }
        }
        #expect(discarded == [true] && world.checkpoint() == before)
    }

    /// Progress is advisory, but it never breaks the daemon: not when the clock is set back.
    @Test(arguments: [0, -1e3, -1.7e9, 5] as [Double])
    func progressUnderAJumpingClock(seconds: Double) throws {
        let world = World()
        let id = try world.create { $0.instanceID = world.instance().id }
        world.turn()
        world.pass(seconds: seconds)
        let text = try #require(world.described(id)).progress
        let percent = try #require(Int(text.dropLast()))
        #expect((0...99).contains(percent) && text.hasSuffix("%"))
    }

    /// A clock that was set back, before or over a restart, makes no job longer than it is.
    @Test(arguments: [false, true])
    func aClockThatIsSetBackDelaysNoJobBeyondItsLength(isRestarted: Bool) throws {
        let first = World()
        let id = try first.snapshot(first.instance().disks[0])
        first.turn()
        first.pass(seconds: -1e6)
        let world = isRestarted ? first.restarted() : first
        world.turn()
        world.pass(seconds: 1.399)
        world.turn()
        #expect(world.snapshotRecord(id)?.snapshot.status == "progressing")
        world.pass(seconds: 0.001)
        world.turn()
        #expect(world.snapshotRecord(id)?.snapshot.status == "accomplished")
    }

    @Test func aFileOfAnySizeCanBeRegistered() throws {
        for bytes in [1, 1 << 30, (1 << 30) + 1, Int64.max] as [Int64] {
            let world = World()
            var request = RegisterInstanceRequest()
            request.regionID = "cn-hangzhou"
            request.disk = [disk(path: "/one")]
            let response = try world.run {
                [request, caller = world.caller] catalog throws(Refusal) in
                try catalog.registerInstance(
                    request, files: [.found(sizeBytes: bytes, device: 1, inode: 2)], caller)
            }
            let size = world.region().disks[response.diskIDs[0]]!.disk.size
            #expect(size == (bytes == .max ? Int32.max : bytes > 1 << 30 ? 2 : 1))
        }
    }
}

extension World {
    /// An unfinished or failed image as DescribeImages shows it.
    func described(_ id: String) -> Image? {
        var request = DescribeImagesRequest()
        request.regionID = "cn-hangzhou"
        request.imageID = id
        request.status = "ALL"
        let images = try? run { [request, caller] catalog throws(Refusal) in
            try catalog.describeImages(request, caller).images
        }
        return images?.first
    }
}
