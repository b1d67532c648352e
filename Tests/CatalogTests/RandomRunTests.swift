import ECS
import Testing
import Wire

@testable import Catalog

/// Random runs over several accounts: after every step what is derived is counted again, at the
/// end the journal is replayed. A failing seed is in the trace.
struct RandomRunTests {
    private static let seeds: [UInt64] = Array(1...12)
    private static let accounts = ["default", "other"]

    private struct Run {
        let world: World
        let limits: Limits
        var random: IDSource
        var launched: Set<Int64> = []
        var reports: [(job: Int64, account: String)] = []
        var instances: [String: [String]] = [:]

        init(seed: UInt64) {
            var limits = Limits()
            limits.images = 8
            limits.families = 2
            limits.imagesPerFamily = 3
            limits.snapshotsPerDisk = 6
            limits.concurrentPerDisk = 3
            limits.unfinishedSnapshots = 7
            limits.workers = 3
            self.limits = limits
            random = IDSource(seed: seed)
            world = World(limits: limits, workers: 2, seed: seed)
            world.open("other")
        }

        mutating func pick<Element>(_ list: [Element]) -> Element? {
            list.randomElement(using: &random)
        }

        mutating func chance(_ percent: Int) -> Bool {
            Int.random(in: 0..<100, using: &random) < percent
        }

        mutating func register(_ account: String) {
            guard instances[account, default: []].count < 4 else { return }
            let count = Int.random(in: 1...3, using: &random)
            let disks = (0..<count).map { index in
                let category = ["", "cloud", "cloud_essd"].randomElement(using: &random)!
                return chance(50)
                    ? disk(path: "/\(account)/\(index)")
                    : disk(40, category: category)
            }
            let (id, _) = world.instance(disks, account: account)
            instances[account, default: []].append(id)
        }

        mutating func createImage(_ account: String, _ region: Region) {
            let instance = pick(instances[account] ?? []) ?? "i-none"
            let snapshots = region.snapshots.records.map(\.value.value.id)
            let snapshot = pick(snapshots) ?? "s-none"
            let fromInstance = chance(60)
            let name = chance(50) ? "name\(Int.random(in: 0..<5, using: &random))" : ""
            let family = chance(30) ? "family\(Int.random(in: 0..<3, using: &random))" : ""
            let token = chance(20) ? "t\(Int.random(in: 0..<9, using: &random))" : ""
            _ = try? world.create(account: account) {
                $0.instanceID = fromInstance ? instance : ""
                $0.snapshotID = snapshot
                $0.imageName = name
                $0.imageFamily = family
                $0.clientToken = token
            }
        }

        /// Deletes one resource, whatever is under way with it.
        mutating func delete(_ account: String, _ region: Region) {
            var caller = world.caller
            caller.accountID = account
            let image = pick(region.images.records.map(\.value.value.id))
            let snapshot = pick(region.snapshots.records.map(\.value.value.id))
            let kind = Int.random(in: 0..<5, using: &random)
            let instance = kind == 0 ? pick(instances[account] ?? []) : nil
            if let instance { instances[account]!.removeAll { $0 == instance } }
            _ = try? world.run { [caller] catalog throws(Refusal) in
                if let instance {
                    var request = DeleteInstanceRequest()
                    request.instanceID = instance
                    _ = try catalog.deleteInstance(request, caller)
                } else if kind <= 2, let image {
                    var request = DeleteImageRequest()
                    request.regionID = "cn-hangzhou"
                    request.imageID = image
                    _ = try catalog.deleteImage(request, caller)
                } else if let snapshot {
                    var request = DeleteSnapshotRequest()
                    request.snapshotID = snapshot
                    _ = try catalog.deleteSnapshot(request, caller)
                }
            }
        }

        /// What a thread reports; some of it late, twice, or about a job that has ended.
        mutating func report() {
            guard let (job, account) = pick(reports) else { return }
            switch Int.random(in: 0..<4, using: &random) {
            case 0: world.report(job, .failed(reason: "a fault"), account: account)
            case 1: world.capture(job, account: account)
            default: world.report(job, .copied(job), account: account)
            }
        }

        mutating func turn() {
            for launch in world.turn() {
                switch launch {
                case .capture(let job, let account):
                    if chance(85) {
                        world.capture(job.number, account: account)
                    } else {
                        world.report(job.number, .failed(reason: "no such file"), account: account)
                    }
                case .copy(let job, let account, let parent):
                    expectRightParent(parent, of: job, account)
                    let isFirst = launched.insert(job.number).inserted
                    #expect(isFirst, "job \(job.number) twice")
                    #expect(job.capture != nil)
                    reports.append((job.number, account))
                case .cancel(let job): #expect(launched.contains(job))
                case .discardCapture(let job):
                    #expect(world.state.segmentUsers.count("\(job)") == 0)
                case .detect(let detection):
                    world.catalog.assumeIsolated { $0.detected(detection, []) }
                case .reclaim(let record, let users):
                    expectRightUsers(users, of: record)
                    if chance(80) { world.catalog.assumeIsolated { $0.reclaimed(record.manifest) } }
                }
            }
        }

        /// The newest of the disk's accomplished snapshots, found here by looking at all.
        func expectRightParent(_ parent: Int64?, of job: JobRecord, _ account: String) {
            let region = world.region(of: account)
            let snapshots = region.snapshots.records.map(\.value.value).filter {
                $0.snapshot.sourceDiskID == job.diskID && $0.manifest > 0
                    && $0.snapshot.status == "accomplished" && $0.snapshot.damage.isEmpty
            }
            #expect(parent == snapshots.max { $0.number < $1.number }?.manifest)
        }

        /// Every manifest that a snapshot has or a thread reads, and that names the segment.
        func expectRightUsers(_ users: [Int64: [Int64]], of record: ReclaimRecord) {
            #expect(users.keys.sorted() == Set(record.segments).sorted())
            for (segment, manifests) in users {
                let named = world.state.accounts.flatMap { _, account in
                    account.regions.flatMap { _, region in
                        region.snapshots.records.map(\.value.value)
                            .filter { $0.segments.contains(segment) }.map(\.manifest)
                    }
                }
                #expect(Set(manifests).isSuperset(of: named))
                #expect(!manifests.contains(record.manifest))
            }
        }

        mutating func step() {
            let account = pick(RandomRunTests.accounts)!
            let region = world.region(of: account)
            switch Int.random(in: 0..<100, using: &random) {
            case ..<6: register(account)
            case ..<30: createImage(account, region)
            case ..<45:
                let disk = pick(region.disks.records.map(\.value.value.id))
                if let disk { _ = try? world.snapshot(disk, account: account) }
            case ..<60: delete(account, region)
            case ..<75: report()
            case ..<82: world.pass(seconds: Double(Int.random(in: 0..<3, using: &random)))
            default: turn()
            }
        }
    }

    @Test(arguments: seeds)
    func whatIsDerivedNeverDrifts(seed: UInt64) {
        var run = Run(seed: seed)
        for step in 0..<400 {
            run.step()
            let state = run.world.state
            for account in Self.accounts {
                expectCounts(state.accounts[account]!, run.limits, "seed \(seed) step \(step)")
            }
            expectBoard(run, "seed \(seed) step \(step)")
            if step % 20 == 0 { expectDescribed(run, "seed \(seed) step \(step)") }
        }
        #expect(run.world.journal.count > 40, "too little has happened")
        expectHistory(run, "seed \(seed)")
    }

    /// The indexes against what they are derived from; the limits against both.
    private func expectCounts(_ account: Account, _ limits: Limits, _ trace: Comment) {
        let region = account.regions["cn-hangzhou"]!.value
        let jobs = account.jobs.map(\.value.record.value)
        let ofSnapshots = jobs.filter { !$0.snapshotID.isEmpty }
        #expect(region.snapshotJobs.map(\.key) == ofSnapshots.map(\.number), trace)
        #expect(region.snapshotJobs.count <= limits.unfinishedSnapshots, trace)
        #expect(region.images.count <= limits.images, trace)
        let images = region.images.records.map(\.value.value)
        let snapshots = region.snapshots.records.map(\.value.value)
        let progressing = snapshots.filter { $0.snapshot.status == "progressing" }.map(\.id)
        #expect(Set(progressing) == Set(ofSnapshots.map(\.snapshotID)), trace)
        #expect(progressing.count == ofSnapshots.count, trace)
        let unfinished = images.filter { ["Waiting", "Creating"].contains($0.image.status) }
        #expect(Set(unfinished.map(\.id)) == Set(jobs.map(\.imageID)).subtracting([""]), trace)
        for image in unfinished {
            let isStarted = jobs.contains { $0.imageID == image.id && $0.isStarted }
            // Waiting until the first of its jobs starts; then, one may have ended already.
            #expect(!isStarted || image.image.status == "Creating", trace)
        }
        let names = images.map(\.image.imageName).filter { !$0.isEmpty }
        #expect(Set(names).count == names.count && region.imagesByName.keyCount == names.count)
        let families = Dictionary(grouping: images, by: \.image.imageFamily)
            .filter { !$0.key.isEmpty }
        #expect(region.imagesByFamily.keyCount == families.count, trace)
        #expect(families.allSatisfy { region.imagesByFamily.count($0.key) == $0.value.count })
        #expect(families.count <= limits.families, trace)
        #expect(families.allSatisfy { $0.value.count <= limits.imagesPerFamily }, trace)
        for snapshot in snapshots {
            let users = images.filter { image in
                image.image.diskDeviceMappings.contains { $0.snapshotID == snapshot.id }
            }
            #expect(region.imagesBySnapshot.numbers(of: snapshot.id) == users.map(\.number), trace)
        }
        for disk in region.disks.records.map(\.value.value) {
            let ofDisk = snapshots.filter { $0.snapshot.sourceDiskID == disk.id }
            #expect(region.snapshotsByDisk.numbers(of: disk.id) == ofDisk.map(\.number), trace)
            #expect(ofDisk.count <= limits.snapshotsPerDisk, trace)
            let running = jobs.filter { $0.diskID == disk.id }
            #expect(region.jobsByDisk.numbers(of: disk.id) == running.map(\.number), trace)
            let isOld = Values.previousGenerationCategories.contains(disk.disk.category)
            #expect(running.count <= (isOld ? 1 : limits.concurrentPerDisk), trace)
        }
    }

    /// The volatile side against the state; after a turn no slot is free that a job could use.
    private func expectBoard(_ run: Run, _ trace: Comment) {
        let board = run.world.catalog.assumeIsolated { $0.jobs }
        let state = run.world.state
        var all: [Int64: JobRecord] = [:]
        for (name, account) in state.accounts {
            for (number, job) in account.jobs { all[number] = job.record.value }
            let running = account.jobs.filter { board.running[$0.key] != nil }.count
            #expect(board.runningOfAccount[name, default: 0] == running, trace)
            #expect(running <= run.limits.workers, trace)
        }
        #expect(Set(board.running.keys).isSubset(of: all.keys), trace)
        #expect(board.runningReal == Set(board.running.keys.filter { all[$0]!.isReal }), trace)
        #expect(board.runningReal.count <= board.workers, trace)
        let counts = run.world.catalog.assumeIsolated { $0.jobCounts() }
        #expect(counts.running == board.running.count, trace)
        #expect(counts.queued + counts.running == all.count, trace)
    }

    /// DescribeImages from the kept bytes is what it is from the records.
    private func expectDescribed(_ run: Run, _ trace: Comment) {
        var request = DescribeImagesRequest()
        request.regionID = "cn-hangzhou"
        request.status = "ALL"
        request.pageSize = 100
        let (bytes, response) = try! run.world.run {
            [request, caller = run.world.caller] catalog throws(Refusal) in
            let (rest, addImages) = try catalog.describeImagesEncoded(request, caller)
            var encoder = FieldEncoder(appendingTo: rest.encoded())
            addImages(&encoder)
            return (encoder.bytes, try catalog.describeImages(request, caller))
        }
        let decoded = try? DescribeImagesResponse(decoding: bytes)
        #expect(decoded == response, trace)
    }

    /// Each job of the journal ends at most once, and images move forward only.
    private func expectHistory(_ run: Run, _ trace: Comment) {
        run.world.turn()
        var ended: Set<Int64> = []
        var begun: Set<Int64> = []
        var status: [String: String] = [:]
        let next = [
            "": ["Waiting"], "Waiting": ["Waiting", "Creating", "CreateFailed"],
            "Creating": ["Creating", "Available", "CreateFailed"],
        ]
        for payload in run.world.journal {
            for change in try! Changes(decoding: payload).change {
                switch change.kind {
                case .job(let job):
                    #expect(!ended.contains(job.value.number), trace)
                    begun.insert(job.value.number)
                case .jobEnded(let number):
                    let isFirst = ended.insert(number).inserted
                    #expect(begun.contains(number) && isFirst, trace)
                case .image(let record):
                    let image = record.value.image
                    let before = status[image.imageID] ?? ""
                    #expect(next[before]?.contains(image.status) == true, trace)
                    status[image.imageID] = image.status
                default: break
                }
            }
        }
        let left = run.world.state.accounts.flatMap { $0.value.jobs.map(\.key) }
        #expect(begun.subtracting(ended) == Set(left), trace)
        #expect(ended.count > 10, "too few jobs have ended")
    }

    /// No thread and no worker of an account is idle while a job could have it.
    @Test(arguments: seeds)
    func nothingThatCouldRunIsLeftWaiting(seed: UInt64) {
        var run = Run(seed: seed &+ 100)
        for step in 0..<400 {
            run.step()
            run.turn()
            let board = run.world.catalog.assumeIsolated { $0.jobs }
            for (name, account) in run.world.state.accounts {
                let head = account.jobs.first { board.running[$0.key] == nil }
                guard let job = head?.value.record.value else { continue }
                let hasWorker = board.runningOfAccount[name, default: 0] < run.limits.workers
                let hasThread = board.runningReal.count < board.workers
                let couldRun = hasWorker && (!job.isReal || job.capture != nil && hasThread)
                #expect(!couldRun, "seed \(seed) step \(step): job \(job.number) of \(name)")
            }
        }
    }

    @Test(arguments: seeds)
    func theJournalsReplayIsTheSameState(seed: UInt64) {
        var run = Run(seed: seed &+ 200)
        for _ in 0..<150 { run.step() }
        // A checkpoint in the middle: the state between two turns.
        run.turn()
        run.world.endTurn()
        let middle = run.world.checkpoint()
        let written = run.world.journal.count
        for _ in 0..<150 { run.step() }
        run.turn()
        run.world.endTurn()
        var fromJournal = Recovered()
        for payload in run.world.journal { try! fromJournal.replay(payload) }
        #expect(fromJournal.state.checkpoint() == run.world.checkpoint(), "seed \(seed)")
        var fromCheckpoint = Recovered()
        try! fromCheckpoint.replay(middle)
        for payload in run.world.journal[written...] { try! fromCheckpoint.replay(payload) }
        #expect(fromCheckpoint.state.checkpoint() == run.world.checkpoint(), "seed \(seed)")
        #expect(fromCheckpoint.state.sequence == run.world.state.sequence)
        #expect(fromCheckpoint.state.nextNumber == run.world.state.nextNumber)
        // Replaying the same again changes the count only: every record is put whole.
        var events = run.world.events(after: 0)
        let replayed = World(recovered: fromJournal)
        #expect(replayed.events(after: 0) == events)
        events?.events.removeFirst()
        #expect(replayed.events(after: events!.events[0].sequence - 1) == events)
    }

    /// Same seed, same run, byte for byte.
    @Test func aSeedRepeatsItsRun() {
        var journals: [[[UInt8]]] = []
        for _ in 0..<2 {
            var run = Run(seed: 77)
            for _ in 0..<200 { run.step() }
            journals.append(run.world.journal)
        }
        #expect(journals[0] == journals[1] && !journals[0].isEmpty)
    }
}

extension World {
    func events(
        after sequence: Int64, of account: String = "default", resources: [String] = [],
        max: Int = 1_000_000
    ) -> EventsResponse? {
        catalog.assumeIsolated {
            $0.events(of: account, after: sequence, resources: resources, max: max)
        }
    }
}
