import ECS
import Wire

extension Catalog {
    // MARK: Images

    public func describeImages(
        _ request: DescribeImagesRequest, _ caller: Caller
    ) throws(Refusal) -> DescribeImagesResponse {
        let found = try findImages(request, caller)
        var response = found.response
        response.images = found.page.map { described($0.value, found.account, found.region) }
        return response
    }

    /// DescribeImages, straight to its encoded form: of an image at rest only bytes are copied.
    ///
    /// - Returns: the response but for its images, and what adds those to it.
    public func describeImagesEncoded(
        _ request: DescribeImagesRequest, _ caller: Caller
    ) throws(Refusal) -> (DescribeImagesResponse, (inout FieldEncoder) -> Void) {
        let found = try findImages(request, caller)
        let addImages = { (encoder: inout FieldEncoder) in
            for record in found.page {
                if let bytes = found.region.encodedImages[record.value.number] {
                    encoder.bytes(DescribeImagesResponse.imagesNumber, bytes)
                } else {
                    let image = self.described(record.value, found.account, found.region)
                    encoder.delimited(DescribeImagesResponse.imagesNumber) { $0.write(image) }
                }
            }
        }
        return (found.response, addImages)
    }

    private struct FoundImages {
        var response: DescribeImagesResponse
        var page: [Boxed<ImageRecord>]
        var account: Account
        var region: Shared<Region>
    }

    private func findImages(
        _ request: DescribeImagesRequest, _ caller: Caller
    ) throws(Refusal) -> FoundImages {
        if request.regionID.isEmpty { throw .error(.missingParameterRegionId.naming("RegionId")) }
        let statuses = try request.statuses()
        let page = try Page(number: request.pageNumber, size: request.pageSize)
        let ids = try request.imageIDs().checked("ImageId")
        let account = try admitted(caller, ResourceName("image", in: request.regionID))
        let region = try account.region(request.regionID)
        let isMatch = { (record: ImageRecord) in
            (statuses?.contains(record.image.status) ?? true) && request.matches(record.image)
        }
        let result =
            ids.isEmpty
            ? page.take(region.images, where: isMatch)
            : page.take(region.images, ids: ids, where: isMatch)
        var response = DescribeImagesResponse()
        response.totalCount = result.totalCount
        response.pageNumber = page.number
        response.pageSize = page.pageSize
        response.regionID = request.regionID
        return FoundImages(
            response: response, page: result.records, account: account, region: region)
    }

    /// The image as clients see it: while it is made, with its progress.
    func described(_ record: ImageRecord, _ account: Account, _ region: Shared<Region>) -> Image {
        if record.image.isFinal { return record.image }
        var image = record.image
        var total = 0
        for index in image.diskDeviceMappings.indices {
            let id = image.diskDeviceMappings[index].snapshotID
            let percent = region.snapshots[id].map { self.percent($0, account, region) } ?? 0
            image.diskDeviceMappings[index].progress = "\(percent)%"
            total += percent
        }
        if let job = account.jobs(ofImage: image, in: region).first(where: { $0.snapshotID.isEmpty }
        ) {
            image.progress = "\(percent(job, account))%"
        } else {
            image.progress = "\(total / max(1, image.diskDeviceMappings.count))%"
        }
        return image
    }

    // MARK: Snapshots

    public func describeSnapshots(
        _ request: DescribeSnapshotsRequest, _ caller: Caller
    ) throws(Refusal) -> DescribeSnapshotsResponse {
        if request.regionID.isEmpty { throw .error(.missingParameterRegionId.naming("RegionId")) }
        let page = try Page(
            number: request.pageNumber, size: request.pageSize, maxResults: request.maxResults,
            nextToken: request.nextToken)
        let ids = try request.snapshotIDs.checked("SnapshotIds")
        let account = try admitted(caller, ResourceName("snapshot", in: request.regionID))
        let region = try account.region(request.regionID)
        let disks = Set(
            region.disksByInstance.numbers(of: request.instanceID)
                .compactMap { region.disks.records[$0]?.value.id })
        let isMatch = { (record: SnapshotRecord) in
            let isOfInstance =
                request.instanceID.isEmpty || disks.contains(record.snapshot.sourceDiskID)
            return isOfInstance && request.matches(record.snapshot, self.usage(record, region))
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
        snapshot.usage = usage(record, region)
        if snapshot.status == "progressing" {
            snapshot.progress = "\(percent(record, account, region))%"
        }
        return snapshot
    }

    private nonisolated func usage(_ record: SnapshotRecord, _ region: Shared<Region>) -> String {
        region.imagesBySnapshot.count(record.id) > 0 ? "image" : "none"
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

    // MARK: Instances and disks

    public func describeInstances(
        _ request: DescribeInstancesRequest, _ caller: Caller
    ) throws(Refusal) -> DescribeInstancesResponse {
        if request.regionID.isEmpty { throw .error(.missingParameterRegionId.naming("RegionId")) }
        // ECS moves a size outside 10 to 100 inside, for this operation only.
        let page = try Page(
            number: request.pageNumber, size: request.pageSize.map { min(100, max(10, $0)) },
            maxResults: request.maxResults.map { min(100, max(10, $0)) },
            nextToken: request.nextToken)
        let ids = try request.instanceIDs.checked("InstanceIds")
        let account = try admitted(caller, ResourceName("instance", in: request.regionID))
        let region = try account.region(request.regionID)
        let isMatch = { (record: InstanceRecord) in request.matches(record.instance) }
        let result =
            ids.isEmpty
            ? page.take(region.instances, where: isMatch)
            : page.take(region.instances, ids: ids, where: isMatch)
        var response = DescribeInstancesResponse()
        response.instances = result.records.map(\.value.instance)
        response.totalCount = result.totalCount
        response.pageNumber = page.number
        response.pageSize = page.pageSize
        response.nextToken = result.nextToken
        return response
    }

    public func describeDisks(
        _ request: DescribeDisksRequest, _ caller: Caller
    ) throws(Refusal) -> DescribeDisksResponse {
        if request.regionID.isEmpty { throw .error(.missingParameterRegionId.naming("RegionId")) }
        let page = try Page(
            number: request.pageNumber, size: request.pageSize, maxResults: request.maxResults,
            nextToken: request.nextToken, max: request.maxResults == nil ? 100 : 500)
        let ids = try request.diskIDs.checked("DiskIds")
        let account = try admitted(caller, ResourceName("disk", in: request.regionID))
        let region = try account.region(request.regionID)
        let isMatch = { (record: DiskRecord) in request.matches(record.disk) }
        let result =
            ids.isEmpty
            ? page.take(region.disks, where: isMatch)
            : page.take(region.disks, ids: ids, where: isMatch)
        var response = DescribeDisksResponse()
        response.disks = result.records.map(\.value.disk)
        response.totalCount = result.totalCount
        response.pageNumber = page.number
        response.pageSize = page.pageSize
        response.nextToken = result.nextToken
        return response
    }
}

// MARK: - Filters: all that are given must match

extension DescribeImagesResponse {
    /// The number of the field `images` (`protocol/imaged.proto`).
    fileprivate static let imagesNumber: UInt32 = 2
}

extension DescribeImagesRequest {
    /// The IDs, which commas separate.
    fileprivate func imageIDs() -> [String] {
        if imageID.isEmpty { return [] }
        if !imageID.utf8.contains(UInt8(ascii: ",")) { return [imageID] }
        return imageID.split(separator: ",").map(String.init)
    }

    /// The statuses wanted; nil: all.
    fileprivate func statuses() throws(Refusal) -> [String]? {
        if status.isEmpty && usable != nil {
            throw .error(
                .missingParameter("Status").naming("Status", hint: "With Usable: ALL, or some."))
        }
        if status.isEmpty { return ["Available"] }
        if status == "ALL" { return nil }
        let wanted = status.split(separator: ",").map(String.init)
        if wanted.isEmpty || !wanted.allSatisfy(Values.imageStatuses.contains) {
            throw .error(
                ECSError(
                    400, "InvalidParamter", "The specified value of parameter Status is not valid."
                ).naming(
                    "Status",
                    hint: "ALL, or some of \(Values.list(Values.imageStatuses)), with commas."))
        }
        return wanted
    }

    fileprivate func matches(_ image: Image) -> Bool {
        let isNamed =
            textMatches(imageName, image.imageName)
            && (imageFamily.isEmpty || imageFamily == image.imageFamily)
        let isOwned = imageOwnerAlias.isEmpty || imageOwnerAlias == image.imageOwnerAlias
        let isKind =
            (architecture.isEmpty || architecture == image.architecture)
            && (osType.isEmpty || osType == image.osType)
            && (usable.map { $0 == image.usable } ?? true)
        let isFrom =
            snapshotID.isEmpty
            || image.diskDeviceMappings.contains { $0.snapshotID == snapshotID }
        let isInGroup = resourceGroupID.isEmpty || resourceGroupID == image.resourceGroupID
        return isNamed && isOwned && isKind && isFrom && isInGroup && tag.allIn(image.tags)
    }
}

extension DescribeSnapshotsRequest {
    fileprivate func matches(_ snapshot: Snapshot, _ snapshotUsage: String) -> Bool {
        let isKind =
            (status.isEmpty || status == "all" || status == snapshot.status)
            && (snapshotType.isEmpty || snapshotType == "all"
                || snapshotType == snapshot.snapshotType)
            && (category.isEmpty || category == snapshot.category)
            && (encrypted.map { $0 == snapshot.encrypted } ?? true)
        let isFrom =
            (diskID.isEmpty || diskID == snapshot.sourceDiskID)
            && (sourceDiskType.isEmpty || sourceDiskType == snapshot.sourceDiskType)
        let isInGroup = resourceGroupID.isEmpty || resourceGroupID == snapshot.resourceGroupID
        return isKind && isFrom && isInGroup && (usage.isEmpty || usage == snapshotUsage)
            && textMatches(snapshotName, snapshot.snapshotName) && tag.allIn(snapshot.tags)
    }
}

extension DescribeInstancesRequest {
    fileprivate func matches(_ instance: Instance) -> Bool {
        (status.isEmpty || status == instance.status)
            && (imageID.isEmpty || imageID == instance.imageID)
            && (zoneID.isEmpty || zoneID == instance.zoneID)
            && (resourceGroupID.isEmpty || resourceGroupID == instance.resourceGroupID)
            && textMatches(instanceName, instance.instanceName) && tag.allIn(instance.tags)
    }
}

extension DescribeDisksRequest {
    fileprivate func matches(_ disk: Disk) -> Bool {
        let isKind =
            (diskType.isEmpty || diskType == "all" || diskType == disk.type)
            && (category.isEmpty || category == "all" || category == disk.category)
            && (status.isEmpty || status == "All" || status == disk.status)
        return isKind && (instanceID.isEmpty || instanceID == disk.instanceID)
            && (zoneID.isEmpty || zoneID == disk.zoneID)
            && (snapshotID.isEmpty || snapshotID == disk.sourceSnapshotID)
            && tag.allIn(disk.tags)
    }
}
