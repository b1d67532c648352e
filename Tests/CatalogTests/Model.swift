/// The rules once more, as plainly as can be: arrays, dictionaries, and a loop where the catalog
/// has an index. It shares no code with the catalog, so that what both do is what both mean.
///
/// What a request does to an account comes in two parts: `judge` says how it is answered, `add`
/// does it, with the IDs that the catalog has made up. New operations get both, in a file beside
/// this one.
struct Model {
    /// Nanoseconds since 1970, of the machine.
    var machine: Int64
    var accounts: [String: ModelAccount] = [:]

    static let regions = ["cn-hangzhou", "cn-shanghai"]

    /// What happens by itself until nothing more does.
    mutating func goOn() {
        for name in accounts.keys { accounts[name]?.goOn(machine) }
    }

    /// D-Accounts: nobody is told whether an account is not there or is another's.
    func refusal(of account: String) -> String? {
        accounts[account] == nil ? "403 Forbidden" : nil
    }

    /// What is seen of an account from outside.
    func view(_ name: String) -> ModelView? {
        guard let account = accounts[name] else { return nil }
        var view = ModelView()
        view.jobs = account.jobs.map { job in
            let status = job.isRunning ? "running" : "waiting"
            let held = job.isHeld ? " held" : ""
            return "\(job.resource) \(job.image) \(job.disk) \(job.region) \(status)\(held)"
        }
        for image in account.images {
            let disks = image.disks.map { "\($0.type) \($0.device) \($0.size) \($0.snapshot)" }
            view.images[image.id] =
                "\(image.region) \(image.name) \(image.family) \(image.status) \(disks)"
        }
        for snapshot in account.snapshots {
            view.snapshots[snapshot.id] =
                "\(snapshot.region) \(snapshot.disk) \(snapshot.type) \(snapshot.size) "
                + snapshot.status
        }
        for disk in account.disks {
            view.disks[disk.id] =
                "\(disk.region) \(disk.instance) \(disk.type) \(disk.category) \(disk.size) "
                + disk.device
        }
        for instance in account.instances {
            view.instances[instance.id] = "\(instance.region) \(instance.status)"
        }
        view.clock = account.clock.now(machine) / 1_000_000_000
        return view
    }
}

/// What is seen of an account: of each resource one line, by its ID; of its jobs, in their order.
struct ModelView: Equatable {
    var images: [String: String] = [:]
    var snapshots: [String: String] = [:]
    var disks: [String: String] = [:]
    var instances: [String: String] = [:]
    var jobs: [String] = []
    /// Seconds since 1970.
    var clock: Int64 = 0

    /// Where two of them differ.
    func difference(_ other: ModelView) -> String {
        func compare(_ name: String, _ left: [String: String], _ right: [String: String]) -> String
        {
            Set(left.keys).union(right.keys).sorted().filter { left[$0] != right[$0] }
                .map { "\n  \(name) \($0): \(left[$0] ?? "none") | \(right[$0] ?? "none")" }
                .joined()
        }
        return compare("image", images, other.images)
            + compare("snapshot", snapshots, other.snapshots)
            + compare("disk", disks, other.disks)
            + compare("instance", instances, other.instances)
            + (jobs == other.jobs ? "" : "\n  jobs \(jobs) | \(other.jobs)")
            + (clock == other.clock ? "" : "\n  clock \(clock) | \(other.clock)")
    }
}

struct ModelAccount {
    struct Clock {
        /// Of the frozen clock its time; of a running one how far it is ahead of the machine's.
        var isFrozen = false
        var nanoseconds: Int64 = 0

        func now(_ machine: Int64) -> Int64 { isFrozen ? nanoseconds : machine + nanoseconds }
    }

    struct Instance {
        let id: String
        let region: String
        var status: String
    }

    struct Disk {
        let id: String
        let region: String
        var instance: String
        let type: String
        let category: String
        let size: Int32
        var device: String

        /// Q-ConcurrentPerOldDisk.
        var isOld: Bool { ["cloud", "cloud_efficiency", "cloud_ssd"].contains(category) }
        var isLocal: Bool {
            ["local_ssd_pro", "local_hdd_pro", "ephemeral_ssd"].contains(category)
        }
        var isElasticEphemeral: Bool { category.hasPrefix("elastic_ephemeral_disk_") }
    }

    struct Snapshot {
        let id: String
        let region: String
        let disk: String
        let type: String
        let size: Int32
        var status = "progressing"
    }

    struct ImageDisk: Equatable {
        var type: String
        var device: String
        var size: Int32
        var snapshot: String
    }

    struct Image {
        let id: String
        let region: String
        let name: String
        let family: String
        var status = "Waiting"
        var disks: [ImageDisk]
    }

    struct Job: Equatable {
        /// The snapshot that it makes; of an image from snapshots, that image.
        let resource: String
        let image: String
        let disk: String
        let region: String
        let nanoseconds: Int64
        var isHeld: Bool
        var isRunning = false
        var end: Int64 = 0
    }

    struct Token {
        let parameters: String
        let answer: [String]
        let time: Int64
    }

    struct Fault {
        let operation: String
        let code: String
        /// 0: without end.
        var times: Int32
    }

    static let defaultLimits: [String: Int64] = [
        "Images": 100, "ImagesPerFamily": 100, "Families": 100, "SnapshotsPerDisk": 256,
        "ConcurrentPerDisk": 10, "ConcurrentPerOldDisk": 1, "UnfinishedSnapshots": 64,
        "Workers": 4, "Tags": 20, "SimulatedBaseMilliseconds": 1000,
        "SimulatedMillisecondsPerGiB": 10, "SimulatedMaxMilliseconds": 4000,
        "ImageFromSnapshotsMilliseconds": 1000,
    ]

    var clock = Clock()
    var limits = Self.defaultLimits
    var holdsJobs = false
    var hasSnapshotService = true
    var isInWhiteList = true
    var instances: [Instance] = []
    var disks: [Disk] = []
    var snapshots: [Snapshot] = []
    var images: [Image] = []
    /// In the order in which they were admitted.
    var jobs: [Job] = []
    var tokens: [String: Token] = [:]
    var faults: [Fault] = []

    func limit(_ name: String) -> Int { Int(limits[name]!) }
    func instance(_ id: String) -> Instance? { instances.first { $0.id == id } }
    func disk(_ id: String) -> Disk? { disks.first { $0.id == id } }
    func snapshot(_ id: String) -> Snapshot? { snapshots.first { $0.id == id } }
    func image(_ id: String) -> Image? { images.first { $0.id == id } }

    // MARK: The queue

    /// B-Async: jobs end when their time has come and start when it is their turn, until nothing
    /// more happens.
    mutating func goOn(_ machine: Int64) {
        let now = clock.now(machine)
        var before: [Job]
        repeat {
            before = jobs
            for job in jobs where job.isRunning && !job.isHeld && job.end <= now {
                succeed(job.resource)
            }
            for job in jobs where !job.isRunning && !job.isHeld && hasWorker {
                start(job.resource, now)
            }
        } while jobs != before
    }

    /// Q-Workers.
    var hasWorker: Bool { jobs.filter(\.isRunning).count < limit("Workers") }

    mutating func start(_ resource: String, _ now: Int64) {
        for index in jobs.indices where jobs[index].resource == resource {
            jobs[index].isRunning = true
            jobs[index].end = now + jobs[index].nanoseconds
            setImage(jobs[index].image, from: "Waiting", to: "Creating")
        }
    }

    /// B-StatusFlow: with the last of its jobs an image is Available.
    mutating func succeed(_ resource: String) {
        guard let job = jobs.first(where: { $0.resource == resource }) else { return }
        jobs.removeAll { $0.resource == resource }
        setSnapshot(resource, to: "accomplished")
        if !jobs.contains(where: { $0.image == job.image }) {
            setImage(job.image, from: "Waiting", to: "Available")
            setImage(job.image, from: "Creating", to: "Available")
        }
    }

    /// With one of its jobs an image fails, and with the image its other jobs.
    mutating func fail(_ resource: String) {
        guard let job = jobs.first(where: { $0.resource == resource }) else { return }
        jobs.removeAll { $0.resource == resource }
        setSnapshot(resource, to: "failed")
        if job.image.isEmpty { return }
        for other in jobs where other.image == job.image {
            setSnapshot(other.resource, to: "failed")
        }
        jobs.removeAll { $0.image == job.image }
        setImage(job.image, from: "Waiting", to: "CreateFailed")
        setImage(job.image, from: "Creating", to: "CreateFailed")
    }

    private mutating func setImage(_ id: String, from old: String, to new: String) {
        for index in images.indices where images[index].id == id && images[index].status == old {
            images[index].status = new
        }
    }

    private mutating func setSnapshot(_ id: String, to status: String) {
        for index in snapshots.indices where snapshots[index].id == id {
            snapshots[index].status = status
        }
    }

    /// Q-ConcurrentPerDisk counts these.
    func progressing(of disk: String) -> Int {
        snapshots.filter { $0.disk == disk && $0.status == "progressing" }.count
    }

    func duration(sizeGiB: Int32) -> Int64 {
        let wanted =
            limits["SimulatedBaseMilliseconds"]!
            + limits["SimulatedMillisecondsPerGiB"]! * Int64(sizeGiB)
        return min(wanted, limits["SimulatedMaxMilliseconds"]!) * 1_000_000
    }

    // MARK: The clock

    /// No job ends later than its whole length from now on, whatever is done to the clock.
    mutating func setClock(_ time: Int64, isFrozen: Bool, _ machine: Int64) {
        clock = Clock(isFrozen: isFrozen, nanoseconds: isFrozen ? time : time - machine)
        for index in jobs.indices where jobs[index].isRunning {
            jobs[index].end = min(jobs[index].end, time + jobs[index].nanoseconds)
        }
        // What the time would have done in passing: each end at its own moment, and what follows
        // from there on.
        while let next = jobs.filter({ $0.isRunning && !$0.isHeld && $0.end <= time })
            .min(by: { $0.end < $1.end })
        {
            succeed(next.resource)
            for job in jobs where !job.isRunning && !job.isHeld && hasWorker {
                start(job.resource, next.end)
            }
        }
    }

    // MARK: Tokens and faults

    /// V3: what a request with the token was answered before, for a day and as long as its image
    /// is there.
    func token(_ key: String, _ machine: Int64) -> Token? {
        guard let token = tokens[key] else { return nil }
        let day: Int64 = 24 * 3_600_000_000_000
        let isYoung = clock.now(machine) - token.time <= day
        return isYoung || image(token.answer[0]) != nil ? token : nil
    }

    /// Right after V3: the first rule for the operation, which is used up by that.
    mutating func fault(_ operation: String) -> String? {
        guard let index = faults.firstIndex(where: { $0.operation == operation }) else {
            return nil
        }
        let code = faults[index].code
        if faults[index].times == 1 {
            faults.remove(at: index)
        } else if faults[index].times > 1 {
            faults[index].times -= 1
        }
        return code
    }

    // MARK: Jobs one by one

    /// The jobs that a request means: those of the resources, at most so many; nil: one of the
    /// resources has none.
    func selected(
        _ resources: [String], _ count: Int?, where isWanted: (Job) -> Bool = { _ in true }
    ) -> [Job]? {
        for id in resources where !jobs.contains(where: { $0.resource == id || $0.image == id }) {
            return nil
        }
        let meant = jobs.filter { job in
            isWanted(job)
                && (resources.isEmpty || resources.contains(job.resource)
                    || resources.contains(job.image))
        }
        return Array(meant.prefix(count ?? meant.count))
    }

    mutating func hold(_ resources: [String], _ count: Int?, isHeld: Bool) -> String {
        guard let meant = selected(resources, count, where: { $0.isHeld != isHeld }) else {
            return "400 InvalidParameter"
        }
        if resources.isEmpty && count == nil { holdsJobs = isHeld }
        for index in jobs.indices where meant.contains(jobs[index]) { jobs[index].isHeld = isHeld }
        return "OK"
    }

    /// One move: what runs ends, what waits starts and is held.
    mutating func step(_ resources: [String], _ count: Int?, _ machine: Int64) -> String {
        guard let meant = selected(resources, count) else { return "400 InvalidParameter" }
        var free = limit("Workers") - jobs.filter(\.isRunning).count
        for job in meant {
            free += job.isRunning ? 1 : -1
            if free < 0 { return "400 InvalidParameter" }
        }
        for job in meant {
            if job.isRunning {
                succeed(job.resource)
                continue
            }
            for index in jobs.indices where jobs[index] == job { jobs[index].isHeld = true }
            start(job.resource, clock.now(machine))
        }
        return "OK"
    }

    mutating func finish(_ resources: [String], _ count: Int?) -> String {
        guard let meant = selected(resources, count) else { return "400 InvalidParameter" }
        for job in meant {
            setImage(job.image, from: "Waiting", to: "Creating")
            succeed(job.resource)
        }
        return "OK"
    }

    mutating func failJobs(_ resources: [String], _ count: Int?) -> String {
        guard let meant = selected(resources, count) else { return "400 InvalidParameter" }
        for job in meant { fail(job.resource) }
        return "OK"
    }
}
