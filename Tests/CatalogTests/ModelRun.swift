import ECS
import TestSupport
import Testing

@testable import Catalog

/// One random run: each step is judged by the model and by the catalog, and then what is seen of
/// both must be the same. Same seed, same run.
struct ModelRun {
    /// The run ends with the first difference: what follows from it tells nothing new.
    struct Differs: Error {}

    static let accounts = ["default", "other", "third"]
    static let smallLimits: [(String, ClosedRange<Int64>)] = [
        ("Images", 0...6), ("ImagesPerFamily", 0...3), ("Families", 0...3),
        ("SnapshotsPerDisk", 0...6), ("ConcurrentPerDisk", 0...3),
        ("ConcurrentPerOldDisk", 0...2), ("UnfinishedSnapshots", 0...7), ("Workers", 0...3),
        ("Tags", 0...3), ("SimulatedBaseMilliseconds", 0...1500),
        ("SimulatedMillisecondsPerGiB", 0...20), ("SimulatedMaxMilliseconds", 0...3000),
        ("ImageFromSnapshotsMilliseconds", 0...1500),
    ]

    let seed: UInt64
    var random: SeededRandom
    var world: World
    var model = Model(machine: World.start)
    /// What the journal has had since the newest checkpoint, and since the start.
    var payloads: [[UInt8]] = []
    var history: [[UInt8]] = []
    /// How often each answer was given: a run that never refuses proves little.
    var answers: [String: Int] = [:]
    private var restarts = 0
    private var steps: [String] = []
    /// Earlier requests with tokens, to be sent again.
    var sent: [ModelImageRequest] = []

    init(seed: UInt64) throws {
        self.seed = seed
        random = SeededRandom(seed: seed)
        world = World(seed: seed &* 1_000)
        for account in ["default", "other"] {
            world.open(account)
            model.accounts[account] = ModelAccount()
            for (name, _) in Self.smallLimits where chance(70) {
                try setLimit(account, name, isEdge: true)
            }
            for _ in 0..<3 { try register(account) }
        }
    }

    // MARK: Chance

    mutating func chance(_ percent: Int) -> Bool {
        Int.random(in: 0..<100, using: &random) < percent
    }
    mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
    mutating func one<Element>(_ list: [Element]) -> Element? { list.randomElement(using: &random) }

    // MARK: Judging

    /// The catalog's answer: its code, and the response if there is one.
    func call<Request: Sendable, Response: Sendable>(
        _ account: String, _ name: String, _ request: Request,
        _ operation: @Sendable (isolated Catalog, Request, Caller) throws(Refusal) -> Response
    ) -> (code: String, response: Response?) {
        do throws(Refusal) {
            return ("OK", try world.perform(operation, account: account, as: name, request))
        } catch {
            return (error.text, nil)
        }
    }

    mutating func expect(_ expected: String, _ answered: String, _ step: String) throws {
        answers[answered, default: 0] += 1
        steps.append("\(step) -> \(answered)")
        try require(expected == answered, "the model says \(expected)")
    }

    func require(_ isRight: Bool, _ problem: @autoclosure () -> String) throws {
        if isRight { return }
        let last = steps.suffix(12).joined(separator: "\n  ")
        Issue.record("seed \(seed), step \(steps.count): \(problem()), after\n  \(last)")
        throw Differs()
    }

    /// What can happen by itself happens; then what is seen of the account is compared.
    mutating func settle(_ account: String? = nil) throws {
        let running = model.accounts.mapValues { $0.jobs.filter(\.isRunning).count }
        for _ in 0..<1_000 {
            let next = world.catalog.assumeIsolated { $0.advance().nextTime }
            world.endTurn()
            if next ?? .max > model.machine { break }
        }
        model.goOn()
        for name in account.map({ [$0] }) ?? Self.accounts {
            let (expected, seen) = (model.view(name), try seen(name))
            if expected != seen {
                let difference = seen.flatMap { expected?.difference($0) } ?? "account"
                try require(false, "model | catalog in \(name):\(difference)")
            }
            guard let account = model.accounts[name] else { continue }
            let most = max(running[name] ?? 0, account.limit("Workers"))
            try require(account.jobs.filter(\.isRunning).count <= most, "too many workers")
        }
    }

    private func seen(_ account: String) throws -> ModelView? {
        let (code, described) = call(account, "", DescribeAccountRequest()) {
            c, r, who throws(Refusal) in try c.describeAccount(r, who)
        }
        guard let described else {
            try require(code == "403 Forbidden", "DescribeAccount: \(code)")
            return nil
        }
        var view = ModelView()
        view.clock = (Time.parse(described.clock?.time ?? "") ?? 0) / 1_000_000_000
        view.jobs = jobs(account).map { job in
            let resource = job.snapshotID.isEmpty ? job.imageID : job.snapshotID
            let held = job.isHeld ? " held" : ""
            return "\(resource) \(job.imageID) \(job.diskID) \(job.regionID) \(job.status)\(held)"
        }
        for region in Model.regions { try add(account, region, &view) }
        return view
    }

    func jobs(_ account: String) -> [Job] {
        call(account, "", DescribeJobsRequest()) { c, r, who throws(Refusal) in
            try c.describeJobs(r, who)
        }.response?.jobs ?? []
    }

    func images(_ account: String, _ region: String) -> DescribeImagesResponse? {
        var request = DescribeImagesRequest()
        request.regionID = region
        request.status = "ALL"
        request.imageOwnerAlias = "self"
        request.pageSize = 100
        return call(account, "", request) { c, r, who throws(Refusal) in
            try c.describeImages(r, who)
        }.response
    }

    private func add(_ account: String, _ region: String, _ view: inout ModelView) throws {
        let images = images(account, region)
        try require(images?.totalCount == Int32(images?.images.count ?? -1), "image count")
        for image in images?.images ?? [] {
            let disks = image.diskDeviceMappings.map {
                "\($0.type) \($0.device) \($0.size) \($0.snapshotID)"
            }
            try require(image.usable == (image.status == "Available"), "Usable of \(image.imageID)")
            view.images[image.imageID] =
                "\(region) \(image.imageName) \(image.imageFamily) \(image.status) \(disks)"
        }
        for record in world.region(region, of: account).snapshots.records {
            let snapshot = record.value.value.snapshot
            view.snapshots[snapshot.snapshotID] =
                "\(region) \(snapshot.sourceDiskID) \(snapshot.sourceDiskType) "
                + "\(snapshot.sourceDiskSize) \(snapshot.status)"
        }
        for record in world.region(region, of: account).disks.records {
            let disk = record.value.value.disk
            view.disks[disk.diskID] =
                "\(region) \(disk.instanceID) \(disk.type) \(disk.category) \(disk.size) "
                + disk.device
        }
        for record in world.region(region, of: account).instances.records {
            let instance = record.value.value.instance
            view.instances[instance.instanceID] = "\(region) \(instance.status)"
        }
    }

    // MARK: Restarts

    /// The daemon stops and starts, from its newest checkpoint or from its whole journal: nothing
    /// that can be seen is another, nor any byte of the state.
    mutating func restart() throws {
        world.endTurn()
        let checkpoint = world.checkpoint()
        payloads += world.journal
        history += world.journal
        if chance(50) { payloads = [checkpoint] }
        var recovered = Recovered()
        for payload in payloads { try recovered.replay(payload) }
        try require(recovered.state.checkpoint() == checkpoint, "the restart has another state")
        restarts += 1
        steps.append("restart")
        if chance(50) { model.machine += Int64(number(0...2_000)) * 1_000_000 }
        world = World(
            seed: seed &* 1_000 &+ UInt64(restarts), recovered: recovered, now: model.machine)
        try settle()
    }

    // MARK: The end

    /// Let go, every job ends, and nothing is left half made.
    mutating func end() throws {
        for account in Self.accounts where model.accounts[account] != nil {
            try setClock(account, isFrozen: false)
            try setLimit(account, "Workers", 2)
            try selectJobs(account, "ReleaseJobs", [], nil)
        }
        for _ in 0..<200 {
            try pass(milliseconds: 4_000)
            if model.accounts.allSatisfy({ $0.value.jobs.isEmpty }) { break }
        }
        for account in Self.accounts where model.accounts[account] != nil {
            let view = try seen(account)!
            try require(view.jobs.isEmpty, "jobs are left: \(view.jobs)")
            for (id, line) in view.images {
                let isFinal = line.contains(" Available ") || line.contains(" CreateFailed ")
                try require(isFinal, "\(id) is \(line)")
            }
            for (id, line) in view.snapshots {
                try require(!line.hasSuffix("progressing"), "\(id) is \(line)")
            }
        }
        world.endTurn()
        try judgeHistory(history + world.journal)
    }

    /// From the journal: each job begins before it ends, and ends once; with it, what it made.
    private func judgeHistory(_ payloads: [[UInt8]]) throws {
        var (begun, ended) = (Set<Int64>(), Set<Int64>())
        var dropped = false
        for payload in payloads {
            for change in try Changes(decoding: payload).change {
                switch change.kind {
                case .job(let job):
                    try require(!ended.contains(job.value.number), "a job after its end")
                    begun.insert(job.value.number)
                case .jobEnded(let number):
                    let isFirst = ended.insert(number).inserted
                    try require(isFirst && begun.contains(number), "a job's end comes once")
                case .accountDropped: dropped = true
                default: break
                }
            }
        }
        try require(dropped || begun == ended, "a job has no end")
    }
}
