import ECS
import Wire

/// What every path that takes new snapshots has in common: whether the queue takes them all, and
/// what they are.
struct NewSnapshots {
    let disks: [DiskRecord]
    let limits: Limits

    /// V7, QuotaExceed.Snapshot; V8 in its order. All disks are admitted together or none is.
    func admit(_ region: Shared<Region>, in regionID: String) throws(Refusal) {
        if disks.isEmpty { return }
        for disk in disks where region.snapshotsByDisk.count(disk.id) >= limits.snapshotsPerDisk {
            throw .error(
                .quotaExceedSnapshot.hinting(
                    """
                    Disk \(disk.id) has \(limits.snapshotsPerDisk) snapshots already \
                    (SnapshotsPerDisk): delete some.
                    """))
        }
        for disk in disks { try admitConcurrency(disk, region) }
        let unfinished = region.snapshotJobs.count
        if unfinished + disks.count > limits.unfinishedSnapshots {
            let excess = unfinished + disks.count - limits.unfinishedSnapshots
            throw .error(
                .tooManySnapshotUnfinished.hinting(
                    """
                    \(unfinished) of at most \(limits.unfinishedSnapshots) snapshots \
                    (UnfinishedSnapshots) are unfinished in \(regionID), and this request needs \
                    \(disks.count) more. Try again when \(excess) of them \
                    \(excess == 1 ? "has" : "have") finished.
                    """))
        }
    }

    private func admitConcurrency(_ disk: DiskRecord, _ region: Shared<Region>) throws(Refusal) {
        let running = region.jobsByDisk.count(disk.id)
        let isOld = Values.previousGenerationCategories.contains(disk.disk.category)
        if isOld && running >= limits.concurrentPerOldDisk {
            throw .error(
                .incorrectDiskStatusCreatingSnapshot.hinting(
                    """
                    A disk of category \(disk.disk.category) takes \
                    \(limits.concurrentPerOldDisk) at a time: wait until that of \(disk.id) \
                    has finished.
                    """))
        }
        if !isOld && running >= limits.concurrentPerDisk {
            throw .error(
                .quotaExceedConcurrentSnapshotQuota(
                    diskID: disk.id, quota: limits.concurrentPerDisk))
        }
    }

    /// Adds a snapshot of each disk and its job.
    ///
    /// - Parameter change: what the request says of each snapshot.
    /// - Returns: the snapshots, in the disks' order.
    func add(
        to draft: inout Draft, imageID: String, instance: InstanceRecord?, uid: UInt32,
        allowsLive: Bool, _ change: (inout Snapshot) -> Void = { _ in }
    ) -> [SnapshotRecord] {
        disks.map { disk in
            var record = SnapshotRecord()
            record.number = draft.number()
            record.imageID = imageID
            record.isReal = disk.isReal
            record.platform = instance?.platform ?? ""
            record.architecture = instance?.architecture ?? ""
            record.bootMode = instance?.bootMode ?? ""
            record.snapshot = Self.snapshot(of: disk, &draft)
            change(&record.snapshot)
            draft.add(.snapshot(Boxed(record)))

            var job = JobRecord()
            job.number = draft.number()
            job.snapshotID = record.id
            job.imageID = imageID
            job.diskID = disk.id
            job.path = disk.disk.path
            job.uid = disk.uid
            job.allowLive = allowsLive
            job.duration = limits.simulatedDuration(sizeGiB: disk.disk.size)
            draft.add(.job(Boxed(job)))
            return record
        }
    }

    private static func snapshot(of disk: DiskRecord, _ draft: inout Draft) -> Snapshot {
        var snapshot = Snapshot()
        snapshot.snapshotID = draft.ids.id("s-")
        snapshot.status = "progressing"
        snapshot.progress = "0%"
        snapshot.creationTime = draft.time
        snapshot.lastModifiedTime = draft.time
        snapshot.sourceDiskID = disk.id
        snapshot.sourceDiskSize = "\(disk.disk.size)"
        snapshot.sourceDiskType = disk.disk.type
        snapshot.category = "standard"
        snapshot.snapshotType = "user"
        snapshot.encrypted = disk.disk.encrypted
        snapshot.kmsKeyID = disk.disk.kmsKeyID
        snapshot.regionID = draft.regionID
        snapshot.resourceGroupID = disk.disk.resourceGroupID
        if disk.isReal { snapshot.sizeBytes = disk.disk.sizeBytes }
        return snapshot
    }
}

extension Catalog {
    /// CreateSnapshot (operations § 3); it shares the queue with CreateImage.
    public func createSnapshot(
        _ request: CreateSnapshotRequest, _ caller: Caller
    ) throws(Refusal) -> CreateSnapshotResponse {
        try check(request.syntaxErrors(tagsMax: limits.tags), caller)
        let account = try account(of: caller)
        let token = Token(request.clientToken, "", CreateSnapshot.name, request.withoutToken)
        if let bound = try token.bound(in: account, mismatch: .idempotentParameterMismatch) {
            var response = CreateSnapshotResponse()
            response.snapshotID = bound.resourceID
            return response
        }
        guard let (regionID, region, disk) = account.find(\.disks, request.diskID) else {
            throw .error(.invalidDiskIDNotFound.naming("DiskId"))
        }
        let groupID = try account.resourceGroup(request.resourceGroupID)
        try requireSnapshotable(disk)
        let new = NewSnapshots(disks: [disk], limits: limits)
        try new.admit(region, in: regionID)

        var draft = draft(caller, regionID)
        let instance = region.instances[disk.disk.instanceID]
        let snapshots = new.add(
            to: &draft, imageID: "", instance: instance, uid: caller.uid,
            allowsLive: request.allowLive ?? false
        ) { snapshot in
            snapshot.snapshotName = request.snapshotName
            snapshot.description = request.description
            snapshot.retentionDays = request.retentionDays ?? 0
            snapshot.instantAccess = request.instantAccess ?? false
            snapshot.tags = request.tag.kept
            snapshot.resourceGroupID = groupID
            if !request.category.isEmpty { snapshot.category = request.category }
        }
        token.bind(snapshots[0].id, [], &draft)
        try commit(draft)
        var response = CreateSnapshotResponse()
        response.snapshotID = snapshots[0].id
        return response
    }

    /// The disk rules that CreateSnapshot and CreateImage's instance path share.
    func requireSnapshotable(_ disk: DiskRecord) throws(Refusal) {
        let category = disk.disk.category
        if Values.elasticEphemeralCategories.contains(category)
            || Values.localCategories.contains(category)
        {
            throw .error(
                .invalidOperationDiskCategoryUnsupported.hinting(
                    "Disk \(disk.id) is of category \(category), which has no snapshots."))
        }
        if disk.disk.status != "In_use" {
            throw .error(.incorrectDiskStatus.hinting("Disk \(disk.id) is \(disk.disk.status)."))
        }
        if disk.isReal && !environment.takesRealFiles {
            throw .error(
                .invalidParameter(
                    "DiskId", hint: "The daemon runs with --ephemeral and keeps no files' bytes."))
        }
    }

    /// DeleteSnapshot: an unknown one is ignored; one that an image names is refused; one in
    /// progress is cancelled.
    public func deleteSnapshot(
        _ request: DeleteSnapshotRequest, _ caller: Caller
    ) throws(Refusal) -> DeleteSnapshotResponse {
        if request.snapshotID.isEmpty { throw .error(.missingParameter("SnapshotId")) }
        let account = try account(of: caller)
        guard let (regionID, region, record) = account.find(\.snapshots, request.snapshotID) else {
            return DeleteSnapshotResponse()
        }
        if let image = region.imagesBySnapshot.numbers(of: record.id).first {
            let id = region.images.records[image]?.value.id ?? ""
            throw .error(
                .snapshotCreatedImage.naming("SnapshotId", hint: "Delete the image \(id) first."))
        }
        var draft = draft(caller, regionID)
        if let job = account.job(ofSnapshot: record.id, in: region) {
            draft.add(.jobEnded(job.number))
        }
        draft.add(.snapshotDeleted(record.id))
        if record.manifest > 0 {
            var reclaim = ReclaimRecord()
            reclaim.manifest = record.manifest
            reclaim.segments = record.segments
            draft.add(.reclaim(Boxed(reclaim)))
        }
        try commit(draft, isRelease: true)
        return DeleteSnapshotResponse()
    }
}

extension CreateSnapshotRequest {
    fileprivate var withoutToken: CreateSnapshotRequest {
        var copy = self
        copy.clientToken = ""
        copy.tag.sort { $0.effectiveKey < $1.effectiveKey }
        return copy
    }
}
