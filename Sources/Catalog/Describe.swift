import ECS

extension Catalog {
    // MARK: Instances and disks

    public func describeInstances(
        _ request: DescribeInstancesRequest, _ caller: Caller
    ) throws(Refusal) -> DescribeInstancesResponse {
        if request.regionID.isEmpty { throw .error(.missingParameterRegionId.naming("RegionId")) }
        // ECS moves a size outside 10 to 100 inside, here and with MaxResults of DescribeDisks.
        let page = try Page(
            number: request.pageNumber, size: request.pageSize.map { min(100, max(10, $0)) },
            maxResults: request.maxResults.map { min(100, max(10, $0)) },
            nextToken: request.nextToken)
        let ids = try request.instanceIDs.checked("InstanceIds")
        try require("Status", request.status, in: Values.instanceStatuses)
        let account = try admitted(caller, ResourceName("instance", in: request.regionID))
        let region = try account.region(request.regionID)
        let isMatch = { (record: InstanceRecord) in request.matches(record.instance) }
        let result =
            ids.isEmpty
            ? page.take(region.instances, where: isMatch)
            : page.take(region.instances, ids: ids, where: isMatch)
        var response = DescribeInstancesResponse()
        response.instances = result.records.map { record in
            var instance = record.value.instance
            // Programs read `.Configured` of it without a look whether it is there.
            instance.hibernationOptions = instance.hibernationOptions ?? HibernationOptions()
            return instance
        }
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
            number: request.pageNumber, size: request.pageSize,
            maxResults: request.maxResults.map { min(500, max(10, $0)) },
            nextToken: request.nextToken, max: request.maxResults == nil ? 100 : 500)
        let ids = try request.diskIDs.checked("DiskIds")
        try require("Status", request.status, in: Values.diskStatuses + ["All"])
        try require("Category", request.category, in: Values.categories + ["all"])
        try require("DiskType", request.diskType, in: ["system", "data", "all"])
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
