import ECS

extension Catalog {
    public func describeSnapshots(
        _ request: DescribeSnapshotsRequest, _ caller: Caller
    ) throws(Refusal) -> DescribeSnapshotsResponse {
        try check(request.syntaxErrors(), caller)
        let page = try Page(
            number: request.pageNumber, size: request.pageSize, maxResults: request.maxResults,
            nextToken: request.nextToken)
        let ids = try request.snapshotIDs.checked("SnapshotIds")
        let account = try admitted(caller, ResourceName("snapshot", in: request.regionID))
        let region = try account.region(request.regionID)
        if request.dryRun ?? false { throw .error(.dryRunOperation) }
        let disks =
            request.instanceID.isEmpty
            ? [] : Set(region.value.disks(of: request.instanceID).map(\.id))
        let created = CreationRange(request.filter)
        let isMatch = { (record: SnapshotRecord) in
            let isOfInstance =
                request.instanceID.isEmpty || disks.contains(record.snapshot.sourceDiskID)
            return isOfInstance && created.contains(record.snapshot.creationTime)
                && request.matches(record.snapshot, region.value.usage(ofSnapshot: record.id))
        }
        let result =
            ids.isEmpty
            ? page.take(region.snapshots, where: isMatch)
            : page.take(region.snapshots, ids: ids, where: isMatch)
        var response = DescribeSnapshotsResponse()
        response.snapshots = result.records.map { described($0.value, account, region) }
        response.totalCount = result.totalCount
        response.pageNumber = page.number
        response.pageSize = page.pageSize
        response.nextToken = result.nextToken
        return response
    }

    private func described(
        _ record: SnapshotRecord, _ account: Account, _ region: Shared<Region>
    ) -> Snapshot {
        var snapshot = record.snapshot
        snapshot.usage = region.value.usage(ofSnapshot: record.id)
        if snapshot.status == "progressing" {
            snapshot.progress = "\(percent(record, account, region))%"
        }
        return snapshot
    }

    /// How far a snapshot is, in percent: advisory.
    func percent(_ record: SnapshotRecord, _ account: Account, _ region: Shared<Region>)
        -> Int
    {
        if record.snapshot.status != "progressing" {
            return record.snapshot.status == "accomplished" ? 100 : 0
        }
        return account.job(ofSnapshot: record.id, in: region).map { percent($0, account) } ?? 0
    }

    func percent(_ job: JobRecord, _ account: Account) -> Int {
        guard job.isStarted else { return 0 }
        if job.isReal { return environment.progress(job.number) ?? 0 }
        guard job.duration > 0 else { return 99 }
        // The clock may have been set to any time since the job began.
        let left = Double(job.finishTime) - Double(now(of: account))
        return Int(min(99, max(0, 100 - left * 100 / Double(job.duration))))
    }
}

extension Region {
    /// Snapshot.Usage, which is derived: what was made of it.
    func usage(ofSnapshot id: String) -> String {
        switch (imagesBySnapshot.count(id) > 0, disksBySnapshot.count(id) > 0) {
        case (true, true): "image_disk"
        case (true, false): "image"
        case (false, true): "disk"
        case (false, false): "none"
        }
    }
}

extension DescribeSnapshotsRequest {
    fileprivate func matches(_ snapshot: Snapshot, _ snapshotUsage: String) -> Bool {
        let isKind =
            (status.isEmpty || status == "all" || status == snapshot.status)
            && (snapshotType.isEmpty || snapshotType == "all"
                || snapshotType == snapshot.snapshotType)
            && (category.isEmpty || category.lowercased() == snapshot.category)
            && (encrypted.map { $0 == snapshot.encrypted } ?? true)
        let isFrom =
            (diskID.isEmpty || diskID == snapshot.sourceDiskID)
            && (sourceDiskType.isEmpty || sourceDiskType.lowercased() == snapshot.sourceDiskType)
        let isInGroup = resourceGroupID.isEmpty || resourceGroupID == snapshot.resourceGroupID
        return isKind && isFrom && isInGroup && (usage.isEmpty || usage == snapshotUsage)
            && textMatches(snapshotName, snapshot.snapshotName) && tag.allIn(snapshot.tags)
    }
}
