import ECS
import Wire

/// Everything the daemon remembers. A value: a checkpoint and a long scan work on a copy.
public struct State: Sendable {
    public internal(set) var accounts = Table<String, Account>()
    /// What is left to delete in the data directory, by manifest.
    public internal(set) var reclaims = Table<Int64, Boxed<ReclaimRecord>>()
    /// Derived: those of them that are about files of requests and disks.
    public internal(set) var fileReclaims = Table<Int64, Bool>()
    /// How many changes there have been.
    public internal(set) var sequence: Int64 = 0
    /// The number that the next resource, job or manifest gets. Numbers are never used twice.
    public internal(set) var nextNumber: Int64 = 1
    /// The manifests that name a segment.
    public internal(set) var segmentUsers = Index()
    /// Derived: the snapshots that have a manifest. A copied image's share their source's.
    public internal(set) var manifestUsers = Index()
    /// Derived: the images that an account may use and does not own. Under "*" the public ones.
    public internal(set) var sharedImages = Table<String, Table<SharedImage, Bool>>()

    public init() {}
}

/// An image that others than its owner may use.
public struct SharedImage: Comparable, Sendable {
    public let ownerID: String
    public let regionID: String
    public let imageID: String

    public static func < (left: Self, right: Self) -> Bool {
        (left.ownerID, left.regionID, left.imageID) < (right.ownerID, right.regionID, right.imageID)
    }
}

/// One account: an isolated world.
public struct Account: Sendable {
    var box: Boxed<AccountRecord>
    public var record: AccountRecord { box.value }
    /// The sequence of its creation: earlier events are not its own.
    let firstSequence: Int64
    public internal(set) var regions = Table<String, Shared<Region>>()
    public internal(set) var tokens = Table<String, Boxed<TokenRecord>>()
    /// Unfinished jobs in the order they were admitted, with their regions.
    public internal(set) var jobs = Table<Int64, AccountJob>()

    init(_ box: Boxed<AccountRecord>, since sequence: Int64) {
        self.box = box
        firstSequence = sequence
        for region in Values.regions { regions.put(region, Shared(Region())) }
    }
}

/// A job in its account's queue.
public struct AccountJob: Sendable {
    public let regionID: String
    public let record: Boxed<JobRecord>
}

/// An account's resources in one region, and what is derived from them.
public struct Region: Sendable {
    public internal(set) var images = ResourceTable<ImageRecord>()
    public internal(set) var snapshots = ResourceTable<SnapshotRecord>()
    public internal(set) var disks = ResourceTable<DiskRecord>()
    public internal(set) var instances = ResourceTable<InstanceRecord>()

    /// Derived: kept by `put` and `remove` alone, so that counts cannot drift from what is there.
    public internal(set) var imagesByName = Index()
    public internal(set) var imagesByFamily = Index()
    public internal(set) var imagesBySnapshot = Index()
    public internal(set) var snapshotsByDisk = Index()
    public internal(set) var disksByInstance = Index()
    /// Images that have come to rest as they travel: described often, changed hardly ever.
    public internal(set) var encodedImages = Table<Int64, [UInt8]>()
    public internal(set) var jobsByDisk = Index()
    public internal(set) var instancesByImage = Index()
    /// Disks by the snapshot that they were made of.
    public internal(set) var disksBySnapshot = Index()
    /// Unfinished jobs that make a snapshot: what TooManySnapshot.Unfinished counts.
    public internal(set) var snapshotJobs = Table<Int64, Bool>()
}

// MARK: - Applying changes

extension State {
    /// Takes one step. Total: a change that names what is not there changes nothing but the
    /// sequence, so replay cannot stop half way.
    public mutating func apply(_ change: Change) {
        sequence += 1
        switch change.kind {
        case .none: break
        case .account(let record):
            for rule in record.value.faultRules { use(rule.faultRuleID) }
            let isThere: Void? = accounts.update(record.value.accountID) {
                $0.box = record
            }
            if isThere == nil {
                accounts.put(record.value.accountID, Account(record, since: sequence))
            }
        case .accountDropped(let id): drop(id)
        case .token(let record):
            accounts.update(change.accountID) { _ = $0.tokens.put(record.value.key, record) }
        case .tokenExpired(let key):
            accounts.update(change.accountID) { _ = $0.tokens.remove(key) }
        case .reclaim(let record):
            use(record.value.manifest)
            reclaims.put(record.value.manifest, record)
            if !record.value.files.isEmpty { fileReclaims.put(record.value.manifest, true) }
            for segment in record.value.segments {
                segmentUsers.remove("\(segment)", record.value.manifest)
            }
        case .reclaimed(let manifest):
            reclaims.remove(manifest)
            fileReclaims.remove(manifest)
        case .counters(let record):
            sequence = record.value.sequence
            use(record.value.nextNumber - 1)
        case .job(let record):
            use(record.value.number)
            accounts.update(change.accountID) { $0.putJob(record, change.regionID) }
        case .jobEnded(let number):
            accounts.update(change.accountID) { $0.endJob(number) }
        default: applyToRegion(change)
        }
    }

    /// What it has in the data directory has been given to `reclaims` before.
    private mutating func drop(_ accountID: String) {
        guard let account = accounts.remove(accountID) else { return }
        for (regionID, region) in account.regions {
            for (_, image) in region.value.images.records {
                unshare(image.value, accountID, regionID)
            }
            for (_, snapshot) in region.value.snapshots.records {
                forget(snapshot.value)
            }
        }
    }

    private func recipients(_ image: ImageRecord) -> [String] {
        image.sharedWith + (image.image.isPublic ? ["*"] : [])
    }

    /// Who sees a change beside its own account, before it or after it; "*": everybody.
    func recipients(of change: Change) -> [String] {
        switch change.kind {
        case .image(let record):
            recipients(record.value)
                + (image(record.value.id, change).map { recipients($0) } ?? [])
        case .imageDeleted(let id): image(id, change).map { recipients($0) } ?? []
        case .accountDropped(let id):
            (accounts[id]?.regions ?? Table()).flatMap { _, region in
                region.value.images.records.flatMap { recipients($0.value.value) }
            }
        default: []
        }
    }

    private mutating func share(_ image: ImageRecord, _ ownerID: String, _ regionID: String) {
        let shared = SharedImage(ownerID: ownerID, regionID: regionID, imageID: image.id)
        for accountID in recipients(image) {
            if sharedImages.update(accountID, { _ = $0.put(shared, true) }) == nil {
                var first = Table<SharedImage, Bool>()
                first.put(shared, true)
                sharedImages.put(accountID, first)
            }
        }
    }

    private mutating func unshare(_ image: ImageRecord, _ ownerID: String, _ regionID: String) {
        let shared = SharedImage(ownerID: ownerID, regionID: regionID, imageID: image.id)
        for accountID in recipients(image) {
            let left = sharedImages.update(accountID) { images in
                images.remove(shared)
                return images.count
            }
            if left == 0 { sharedImages.remove(accountID) }
        }
    }

    private mutating func forget(_ snapshot: SnapshotRecord) {
        if snapshot.manifest > 0 { manifestUsers.remove("\(snapshot.manifest)", snapshot.number) }
    }

    private mutating func applyToRegion(_ change: Change) {
        switch change.kind {
        case .image(let record):
            use(record.value.number)
            if let old = image(record.value.id, change) {
                unshare(old, change.accountID, change.regionID)
            }
            share(record.value, change.accountID, change.regionID)
        case .imageDeleted(let id):
            if let old = image(id, change) { unshare(old, change.accountID, change.regionID) }
        case .snapshot(let record):
            use(record.value.number)
            if record.value.manifest > 0 {
                use(record.value.manifest)
                manifestUsers.insert("\(record.value.manifest)", record.value.number)
                for segment in record.value.segments {
                    segmentUsers.insert("\(segment)", record.value.manifest)
                }
            }
        case .snapshotDeleted(let id):
            let region = accounts[change.accountID]?.regions[change.regionID]
            if let old = region?.value.snapshots[id] { forget(old) }
        case .disk(let record): use(record.value.number)
        case .instance(let record): use(record.value.number)
        default: break
        }
        accounts.update(change.accountID) { account in
            _ = account.regions.update(change.regionID) { $0.value.apply(change.kind) }
        }
    }

    private func image(_ id: String, _ change: Change) -> ImageRecord? {
        accounts[change.accountID]?.regions[change.regionID]?.value.images[id]
    }

    private mutating func use(_ number: Int64) {
        if number >= nextNumber { nextNumber = number + 1 }
    }

    /// The state as changes that make it from nothing: a checkpoint's content.
    ///
    /// - Parameter emit: is given a few hundred changes at a time.
    public func emit(_ emit: ([Change]) throws -> Void) rethrows {
        var batch: [Change] = []
        var batchBytes = 0
        func add(_ account: String, _ region: String, _ kind: Change.Kind) throws {
            let change = Change(0, account, region, kind)
            batch.append(change)
            batchBytes += change.bytesMax
            if batch.count >= 256 || batchBytes > 4 << 20 {
                try emit(batch)
                batch.removeAll(keepingCapacity: true)
                batchBytes = 0
            }
        }
        for (id, account) in accounts {
            try add(id, "", .account(account.box))
            for (regionID, region) in account.regions {
                try region.value.emit { try add(id, regionID, $0) }
            }
            for (_, job) in account.jobs { try add(id, job.regionID, .job(job.record)) }
            for (_, token) in account.tokens { try add(id, "", .token(token)) }
        }
        for (_, reclaim) in reclaims { try add("", "", .reclaim(reclaim)) }
        var counters = CountersRecord()
        counters.sequence = sequence
        counters.nextNumber = nextNumber
        try add("", "", .counters(Boxed(counters)))
        try emit(batch)
    }

    /// What the data directory must hold, and nothing else.
    public func filesInUse() -> (manifests: Set<Int64>, segments: Set<Int64>) {
        var manifests: Set<Int64> = []
        var segments: Set<Int64> = []
        for (_, account) in accounts {
            for (_, region) in account.regions {
                for (_, snapshot) in region.snapshots.records where snapshot.value.manifest > 0 {
                    manifests.insert(snapshot.value.manifest)
                    segments.formUnion(snapshot.value.segments)
                }
            }
            for (number, job) in account.jobs where job.record.value.capture?.isClone ?? false {
                segments.insert(number)
            }
        }
        return (manifests, segments)
    }
}

extension State {
    /// The files that disks have in `disks/` of the data directory, by their names there.
    public func diskFilesInUse() -> Set<String> {
        var names: Set<String> = []
        for (_, account) in accounts {
            for (_, region) in account.regions {
                for (_, disk) in region.disks.records where disk.value.file > 0 {
                    names.insert("\(disk.value.file).raw")
                }
            }
        }
        return names
    }
}

extension Account {
    fileprivate mutating func putJob(_ record: Boxed<JobRecord>, _ regionID: String) {
        let job = record.value
        jobs.put(job.number, AccountJob(regionID: regionID, record: record))
        guard !job.snapshotID.isEmpty else { return }
        regions.update(regionID) { region in
            region.value.snapshotJobs.put(job.number, true)
            region.value.jobsByDisk.insert(job.diskID, job.number)
        }
    }

    fileprivate mutating func endJob(_ number: Int64) {
        guard let job = jobs.remove(number) else { return }
        regions.update(job.regionID) { region in
            region.value.snapshotJobs.remove(number)
            region.value.jobsByDisk.remove(job.record.value.diskID, number)
        }
    }
}

extension Region {
    fileprivate mutating func apply(_ kind: Change.Kind) {
        switch kind {
        case .image(let record): put(record)
        case .imageDeleted(let id): removeImage(id)
        case .snapshot(let record):
            if snapshots.boxed(record.value.id) == nil {
                snapshotsByDisk.insert(record.value.snapshot.sourceDiskID, record.value.number)
            }
            snapshots.put(record)
        case .snapshotDeleted(let id):
            guard let old = snapshots[id] else { return }
            snapshotsByDisk.remove(old.snapshot.sourceDiskID, old.number)
            snapshots.remove(id)
        case .disk(let record):
            removeDisk(record.value.id)
            let disk = record.value.disk
            disksByInstance.insert(disk.instanceID, record.value.number)
            if !disk.sourceSnapshotID.isEmpty {
                disksBySnapshot.insert(disk.sourceSnapshotID, record.value.number)
            }
            disks.put(record)
        case .diskDeleted(let id): removeDisk(id)
        case .instance(let record):
            removeInstance(record.value.id)
            let imageID = record.value.instance.imageID
            if !imageID.isEmpty { instancesByImage.insert(imageID, record.value.number) }
            instances.put(record)
        case .instanceDeleted(let id): removeInstance(id)
        default: break
        }
    }

    private mutating func removeDisk(_ id: String) {
        guard let old = disks[id] else { return }
        disksByInstance.remove(old.disk.instanceID, old.number)
        disksBySnapshot.remove(old.disk.sourceSnapshotID, old.number)
        disks.remove(id)
    }

    private mutating func removeInstance(_ id: String) {
        guard let old = instances[id] else { return }
        instancesByImage.remove(old.instance.imageID, old.number)
        instances.remove(id)
    }

    private mutating func put(_ record: Boxed<ImageRecord>) {
        removeImage(record.value.id)
        let image = record.value.image
        images.put(record)
        if image.isFinal { encodedImages.put(record.value.number, image.encoded()) }
        if !image.imageName.isEmpty { imagesByName.insert(image.imageName, record.value.number) }
        if !image.imageFamily.isEmpty {
            imagesByFamily.insert(image.imageFamily, record.value.number)
        }
        for disk in image.diskDeviceMappings where !disk.snapshotID.isEmpty {
            imagesBySnapshot.insert(disk.snapshotID, record.value.number)
        }
    }

    private mutating func removeImage(_ id: String) {
        guard let old = images[id] else { return }
        imagesByName.remove(old.image.imageName, old.number)
        imagesByFamily.remove(old.image.imageFamily, old.number)
        for disk in old.image.diskDeviceMappings {
            imagesBySnapshot.remove(disk.snapshotID, old.number)
        }
        encodedImages.remove(old.number)
        images.remove(id)
    }

    fileprivate func emit(_ add: (Change.Kind) throws -> Void) rethrows {
        for (_, record) in instances.records { try add(.instance(record)) }
        for (_, record) in disks.records { try add(.disk(record)) }
        for (_, record) in snapshots.records { try add(.snapshot(record)) }
        for (_, record) in images.records { try add(.image(record)) }
    }
}

extension Image {
    /// Whether nothing is being made of it any more: what it shows is what is stored.
    var isFinal: Bool { status != "Waiting" && status != "Creating" }
}
