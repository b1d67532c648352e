import ECS
import Wire

/// What every path that takes new snapshots has in common: whether the queue takes them all, and
/// what they are.
struct NewSnapshots {
    let disks: [DiskRecord]
    let limits: Limits

    /// V7, QuotaExceed.Snapshot; V8 in its order. All disks are admitted together or none is.
    func admit(
        _ region: Shared<Region>, in regionID: String, _ verdict: inout Verdict
    ) throws(Refusal) {
        if disks.isEmpty { return }
        for disk in disks {
            try verdict.require(
                region.snapshotsByDisk.count(disk.id) < limits.snapshotsPerDisk,
                .quotaExceedSnapshot.hinting(
                    """
                    Disk \(disk.id) has \(limits.snapshotsPerDisk) snapshots already \
                    (SnapshotsPerDisk): delete some.
                    """))
        }
        try admitConcurrency(region, &verdict)
        let unfinished = region.snapshotJobs.count
        let excess = unfinished + disks.count - limits.unfinishedSnapshots
        try verdict.require(
            excess <= 0,
            .tooManySnapshotUnfinished.hinting(
                """
                \(unfinished) of at most \(limits.unfinishedSnapshots) snapshots \
                (UnfinishedSnapshots) are unfinished in \(regionID), and this request needs \
                \(disks.count) more. Try again when \(excess) of them \
                \(excess == 1 ? "has" : "have") finished.
                """))
    }

    private func admitConcurrency(
        _ region: Shared<Region>, _ verdict: inout Verdict
    ) throws(Refusal) {
        let isOld = { Values.previousGenerationCategories.contains($0) }
        for disk in disks where isOld(disk.disk.category) {
            try verdict.require(
                region.jobsByDisk.count(disk.id) < limits.concurrentPerOldDisk,
                .incorrectDiskStatusCreatingSnapshot.hinting(
                    """
                    A disk of category \(disk.disk.category) takes \
                    \(limits.concurrentPerOldDisk) at a time: wait until that of \(disk.id) \
                    has finished.
                    """))
        }
        for disk in disks where !isOld(disk.disk.category) {
            try verdict.require(
                region.jobsByDisk.count(disk.id) < limits.concurrentPerDisk,
                .quotaExceedConcurrentSnapshotQuota(
                    diskID: disk.id, quota: limits.concurrentPerDisk))
        }
    }

    /// Adds a snapshot of each disk and its job.
    ///
    /// - Parameter change: what the request says of each snapshot.
    /// - Returns: the snapshots, in the disks' order.
    func add(
        to draft: inout Draft, imageID: String, instance: InstanceRecord?,
        account: AccountRecord, allowsLive: Bool, _ change: (inout Snapshot) -> Void = { _ in }
    ) -> [SnapshotRecord] {
        disks.map { disk in
            var record = SnapshotRecord()
            record.number = draft.number()
            record.imageID = imageID
            record.isReal = disk.isReal
            record.platform = instance?.platform ?? ""
            record.architecture = instance?.architecture ?? ""
            record.bootMode = instance?.bootMode ?? ""
            record.isOfReleasedSystemDisk = disk.isReleasedSystemDisk
            record.imageVersion = instance?.imageVersion ?? ""
            record.isFromMarketplace = instance?.isFromMarketplace ?? false
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
            job.root = disk.root
            job.isHeld = account.holdsJobs
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
        let (snapshotID, draft) = try draftSnapshot(request, caller)
        if let draft { try commit(draft) }
        var response = CreateSnapshotResponse()
        response.snapshotID = snapshotID
        return response
    }

    /// All checks, and what is to be committed; nil: an earlier request with the token did. A
    /// function of its own for the reason that `draftImage` has.
    private func draftSnapshot(
        _ request: CreateSnapshotRequest, _ caller: Caller
    ) throws(Refusal) -> (snapshotID: String, Draft?) {
        try check(request.syntaxErrors(tagsMax: tagsMax(caller)), caller)
        let place = state.accounts[caller.accountID]?.find(\.disks, request.diskID)
        let account = try authorised(
            caller,
            [
                ResourceName(
                    "disk", request.diskID, in: place?.regionID ?? "",
                    group: place?.record.disk.resourceGroupID ?? ""),
                ResourceName(
                    "snapshot", in: place?.regionID ?? "",
                    group: request.resourceGroupID.isEmpty
                        ? state.accounts[caller.accountID]?.record.defaultResourceGroupID ?? ""
                        : request.resourceGroupID),
            ])
        let token = Token(request.clientToken, "", CreateSnapshot.name, request.withoutToken)
        let mismatch = ECSError.idempotentParameterMismatch
        if let bound = try passed(token, account, caller, mismatch: mismatch) {
            return (bound.resourceID, nil)
        }
        var verdict = Verdict(caller)
        let groupID = try account.resourceGroup(request.resourceGroupID)
        guard let (regionID, region, disk) = place else {
            throw .error(.invalidDiskIDNotFound.naming("DiskId"))
        }
        let instance = region.instances[disk.disk.instanceID]
        try requireSnapshotable(disk, instance, account)
        let new = NewSnapshots(disks: [disk], limits: limits(of: account))
        try new.admit(region, in: regionID, &verdict)
        try verdict.close()

        var draft = draft(caller, regionID)
        let snapshots = new.add(
            to: &draft, imageID: "", instance: instance, account: account.record,
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
        return (snapshots[0].id, draft)
    }

    /// A disk of which a snapshot can be taken: In_use on an instance that is Running or Stopped,
    /// or Available and attached once.
    private func requireSnapshotable(
        _ record: DiskRecord, _ instance: InstanceRecord?, _ account: Account
    ) throws(Refusal) {
        let disk = record.disk
        let category = disk.category
        if Values.elasticEphemeralCategories.contains(category)
            || Values.localCategories.contains(category)
        {
            throw .error(
                .invalidOperationDiskCategoryUnsupported.hinting(
                    "Disk \(record.id) is of category \(category), which has no snapshots."))
        }
        if record.isDeviceInvalid { throw .error(.incorrectDiskStatusInvalid.naming("DiskId")) }
        if disk.status == "Transferring" {
            throw .error(.incorrectDiskStatusTransferring.naming("DiskId"))
        }
        if disk.status == "Available" && disk.attachedTime.isEmpty {
            throw .error(.incorrectDiskStatusNeverAttached.naming("DiskId"))
        }
        if !["In_use", "Available"].contains(disk.status) {
            throw .error(
                .incorrectDiskStatus.naming("DiskId", hint: "\(record.id) is \(disk.status)."))
        }
        if let instance, !["Running", "Stopped"].contains(instance.instance.status) {
            throw .error(
                .incorrectDiskStatus.naming(
                    "DiskId", hint: "Its instance is \(instance.instance.status)."))
        }
        if let instance, instance.instance.isLockedForSecurity {
            throw .error(.instanceLockedForSecurity.naming("DiskId"))
        }
        if let error = account.keyError(isEncrypted: disk.encrypted, disk.kmsKeyID) {
            throw .error(error.naming("DiskId"))
        }
        if record.isReal && !environment.takesRealFiles {
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
        let place = state.accounts[caller.accountID]?.find(\.snapshots, request.snapshotID)
        let account = try admitted(
            caller,
            ResourceName(
                "snapshot", request.snapshotID, in: place?.regionID ?? "",
                group: place?.record.snapshot.resourceGroupID ?? ""))
        guard let (regionID, region, record) = place else { return DeleteSnapshotResponse() }
        if let image = region.imagesBySnapshot.numbers(of: record.id).first {
            let id = region.images.records[image]?.value.id ?? ""
            throw .error(
                .snapshotCreatedImage.naming("SnapshotId", hint: "Delete the image \(id) first."))
        }
        if region.disksBySnapshot.count(record.id) > 0 && !(request.force ?? false) {
            throw .error(
                .snapshotCreatedDisk.naming("SnapshotId", hint: "Force deletes it all the same."))
        }
        var draft = draft(caller, regionID)
        if let job = account.job(ofSnapshot: record.id, in: region) {
            draft.add(.jobEnded(job.number))
        }
        draft.delete(record, state)
        try commit(draft, isRelease: true)
        return DeleteSnapshotResponse()
    }
}

extension Draft {
    /// Deletes a snapshot; its files go with the last one that has them.
    mutating func delete(_ record: SnapshotRecord, _ state: State) {
        add(.snapshotDeleted(record.id))
        guard record.manifest > 0, state.manifestUsers.count("\(record.manifest)") == 1 else {
            return
        }
        var reclaim = ReclaimRecord()
        reclaim.manifest = record.manifest
        reclaim.segments = record.segments
        add(.reclaim(Boxed(reclaim)))
    }
}

extension CreateSnapshotRequest {
    fileprivate var withoutToken: CreateSnapshotRequest {
        var copy = self
        copy.clientToken = ""
        copy.tag = copy.tag.comparable
        return copy
    }
}
