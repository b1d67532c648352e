import ECS
import Synchronization
import Wire

@testable import Catalog

/// Runs an actor's jobs where they are enqueued, so that a test on one thread may enter it.
final class InlineExecutor: SerialExecutor {
    func enqueue(_ job: consuming ExecutorJob) {
        UnownedJob(job).runSynchronously(on: asUnownedSerialExecutor())
    }
    func checkIsolated() {}
}

/// A catalog with a clock, a journal and randomness that the test holds.
final class World {
    static let start: Int64 = 1_780_000_000_000_000_000

    /// What the environment's closures read.
    final class Levers: Sendable {
        let now = Atomic<Int64>(World.start)
        let room = Atomic<Int>(0)
        let releaseRoom = Atomic<Int>(0)
        let reserved = Atomic<Int>(0)
        let percent = Atomic<Int>(-1)
    }

    let levers = Levers()
    let catalog: Catalog
    let caller: Caller
    /// The payloads of all turns so far, as the journal has them.
    private(set) var journal: [[UInt8]] = []
    private(set) var changedImages: Set<String> = []

    init(
        limits: Limits = Limits(), workers: Int = 4, seed: UInt64 = 1, takesRealFiles: Bool = true,
        recovered: Recovered? = nil, account: String = "default", explains: Bool = false,
        now: Int64 = World.start
    ) {
        let levers = levers
        levers.now.store(now, ordering: .relaxed)
        let environment = Environment(
            now: { levers.now.load(ordering: .relaxed) }, randomSeed: seed,
            takesRealFiles: takesRealFiles,
            reserve: { byteCount, isRelease in
                let room =
                    isRelease
                    ? levers.releaseRoom.load(ordering: .relaxed)
                    : levers.room.load(ordering: .relaxed)
                if room == 0 { levers.reserved.add(byteCount, ordering: .relaxed) }
                return [.granted, .growing, .full][room]
            },
            progress: { _ in
                let percent = levers.percent.load(ordering: .relaxed)
                return percent < 0 ? nil : percent
            })
        catalog = Catalog(
            executor: InlineExecutor(), environment: environment, limits: limits, workers: workers,
            recovered: recovered ?? Recovered())
        caller = Caller(accountID: account, uid: 1000, explains: explains)
        if recovered == nil { open("default") }
    }

    func open(_ account: String) {
        _ = code { catalog throws(Refusal) in try catalog.openAccount(account) }
    }

    // MARK: Entering the catalog

    func run<Value: Sendable>(
        _ body: @Sendable (isolated Catalog) throws(Refusal) -> Value
    ) throws(Refusal) -> Value {
        let result = catalog.assumeIsolated { catalog in
            Result { () throws(Refusal) in try body(catalog) }
        }
        return try result.get()
    }

    /// "OK", "no room yet", or the first error's status and code.
    func code<Value: Sendable>(_ body: @Sendable (isolated Catalog) throws(Refusal) -> Value)
        -> String
    {
        do throws(Refusal) {
            _ = try run(body)
            return "OK"
        } catch {
            return error.text
        }
    }

    func errors<Value: Sendable>(
        _ body: @Sendable (isolated Catalog) throws(Refusal) -> Value
    ) -> [ECSError] {
        do throws(Refusal) {
            _ = try run(body)
            return []
        } catch {
            if case .errors(let errors) = error { return errors }
            return []
        }
    }

    var state: State { catalog.assumeIsolated { $0.state } }
    func region(_ id: String = "cn-hangzhou", of account: String = "default") -> Region {
        state.accounts[account]!.regions[id]!.value
    }

    /// The state's content, whole: two equal states have equal bytes.
    func checkpoint() -> [UInt8] { state.checkpoint() }

    // MARK: Time and turns

    func pass(seconds: Double) {
        levers.now.add(Int64(seconds * 1e9), ordering: .relaxed)
    }

    /// Goes on and ends the turn, as the loop does.
    @discardableResult
    func turn() -> [Launch] {
        let launches = catalog.assumeIsolated { $0.advance().launches }
        endTurn()
        return launches
    }

    /// Takes what the turn has changed into the journal.
    func endTurn() {
        guard let turn = catalog.assumeIsolated({ $0.endTurn() }) else { return }
        journal.append(turn.payload)
        changedImages = turn.changedImages
    }

    /// Lets simulated jobs run until none is left.
    func finishSimulated() {
        for _ in 0..<1000 {
            turn()
            let next = catalog.assumeIsolated { $0.advance().nextTime }
            guard let next else { break }
            levers.now.store(max(next, levers.now.load(ordering: .relaxed)), ordering: .relaxed)
        }
        turn()
    }

    /// What a restart makes of the journal so far.
    func recovered() -> Recovered {
        turn()
        var recovered = Recovered()
        for payload in journal { try! recovered.replay(payload) }
        return recovered
    }

    /// A catalog that starts from this one's checkpoint, with `changes` made to its region.
    func restarted(
        limits: Limits = Limits(), workers: Int = 4, explains: Bool = false,
        changing changes: [Change.Kind] = []
    ) -> World {
        turn()
        var recovered = Recovered()
        try! recovered.replay(checkpoint())
        for change in changes {
            let made = Change(0, caller.accountID, "cn-hangzhou", change)
            try! recovered.replay(Changes([made]).encoded())
        }
        return World(
            limits: limits, workers: workers, seed: 99, recovered: recovered, explains: explains,
            now: levers.now.load(ordering: .relaxed))
    }
}

extension State {
    func checkpoint() -> [UInt8] {
        var bytes: [UInt8] = []
        emit { bytes += Changes($0).encoded() }
        return bytes
    }
}

extension Refusal {
    var text: String {
        switch self {
        case .errors(let errors): "\(errors[0].httpStatus) \(errors[0].code)"
        case .noRoomYet: "no room yet"
        case .held: "held"
        case .needsFiles: "needs files"
        }
    }
}

// MARK: - Requests

/// A disk to register: without a path it is simulated.
func disk(
    _ size: Int32 = 40, category: String = "", type: String = "", device: String = "",
    path: String = ""
) -> RegisteredDisk {
    var disk = RegisteredDisk()
    disk.path = path
    disk.size = path.isEmpty ? size : nil
    disk.category = category
    disk.type = type
    disk.device = device
    return disk
}

func tag(_ key: String, _ value: String? = nil) -> RequestTag {
    var tag = RequestTag()
    tag.key = key
    tag.value = value
    return tag
}

func mapping(
    _ snapshot: String = "", size: Int32? = nil, device: String = "", type: String = ""
) -> DiskDeviceMapping {
    var mapping = DiskDeviceMapping()
    mapping.snapshotID = snapshot
    mapping.size = size
    mapping.device = device
    mapping.diskType = type
    return mapping
}

extension World {
    /// Registers an instance; its ID and its disks'.
    func instance(
        _ disks: [RegisteredDisk] = [disk()],
        _ change: (inout RegisterInstanceRequest) -> Void = { _ in },
        account: String? = nil
    ) -> (id: String, disks: [String]) {
        var request = RegisterInstanceRequest()
        request.regionID = "cn-hangzhou"
        request.disk = disks
        change(&request)
        var caller = caller
        caller.accountID = account ?? caller.accountID
        let real = disks.filter { !$0.path.isEmpty }
        let files = real.indices.map {
            InspectedFile.found(sizeBytes: 5 << 30 + 1, device: 1, inode: Int64($0))
        }
        let response = try! run { [request, caller] catalog throws(Refusal) in
            _ = try catalog.pathsToInspect(request, caller)
            return try catalog.registerInstance(request, files: files, caller)
        }
        return (response.instanceID, response.diskIDs)
    }

    func request(_ change: (inout CreateImageRequest) -> Void) -> CreateImageRequest {
        var request = CreateImageRequest()
        request.regionID = "cn-hangzhou"
        change(&request)
        return request
    }

    func create(
        account: String? = nil, _ change: (inout CreateImageRequest) -> Void
    ) throws(Refusal) -> String {
        let request = request(change)
        var caller = caller
        caller.accountID = account ?? caller.accountID
        return try run { [request, caller] catalog throws(Refusal) in
            try catalog.createImage(request, caller)
        }
        .imageID
    }

    /// What CreateImage answers: "OK" or the first error.
    func creating(_ change: (inout CreateImageRequest) -> Void) -> String {
        let request = request(change)
        return code { [request, caller] catalog throws(Refusal) in
            try catalog.createImage(request, caller)
        }
    }

    func creationErrors(_ change: (inout CreateImageRequest) -> Void) -> [ECSError] {
        let request = request(change)
        return errors { [request, caller] catalog throws(Refusal) in
            try catalog.createImage(request, caller)
        }
    }

    func snapshot(
        _ disk: String, account: String? = nil,
        _ change: (inout CreateSnapshotRequest) -> Void = { _ in }
    ) throws(Refusal) -> String {
        var request = CreateSnapshotRequest()
        request.diskID = disk
        change(&request)
        var caller = caller
        caller.accountID = account ?? caller.accountID
        return try run { [request, caller] catalog throws(Refusal) in
            try catalog.createSnapshot(request, caller)
        }
        .snapshotID
    }

    func snapshotting(
        _ disk: String, _ change: (inout CreateSnapshotRequest) -> Void = { _ in }
    ) -> String {
        do throws(Refusal) {
            _ = try snapshot(disk, change)
            return "OK"
        } catch {
            return error.text
        }
    }

    /// A finished snapshot of a disk.
    func finishedSnapshot(_ disk: String) -> String {
        let id = try! snapshot(disk)
        finishSimulated()
        return id
    }

    @discardableResult
    func deleteImage(_ id: String) -> String {
        var request = DeleteImageRequest()
        request.regionID = "cn-hangzhou"
        request.imageID = id
        return code { [request, caller] catalog throws(Refusal) in
            try catalog.deleteImage(request, caller)
        }
    }

    @discardableResult
    func deleteSnapshot(_ id: String) -> String {
        var request = DeleteSnapshotRequest()
        request.snapshotID = id
        return code { [request, caller] catalog throws(Refusal) in
            try catalog.deleteSnapshot(request, caller)
        }
    }

    @discardableResult
    func deleteInstance(_ id: String, force: Bool? = nil) -> String {
        var request = DeleteInstanceRequest()
        request.instanceID = id
        request.force = force
        return code { [request, caller] catalog throws(Refusal) in
            try catalog.deleteInstance(request, caller)
        }
    }

    func image(_ id: String, account: String = "default") -> Image? {
        region(of: account).images[id]?.image
    }

    func snapshotRecord(_ id: String) -> SnapshotRecord? { region().snapshots[id] }

    /// The job of an image or a snapshot.
    func jobs(account: String = "default") -> [JobRecord] {
        state.accounts[account]!.jobs.map(\.value.record.value)
    }

    func report(_ job: Int64, _ outcome: JobOutcome, account: String = "default") {
        catalog.assumeIsolated { $0.ended(job, account, outcome) }
    }

    func capture(_ job: Int64, account: String = "default") {
        var capture = CaptureRecord()
        capture.sizeBytes = 5 << 30
        capture.inode = job
        catalog.assumeIsolated { $0.captured(job, account, capture) }
    }
}

extension JobOutcome {
    /// A copy of `job` that went well.
    static func copied(_ job: Int64) -> JobOutcome {
        .accomplished(
            segments: [job], sizeBytes: 5 << 30, storedBytes: 1 << 20, consistency: "at-rest")
    }
}
