import ECS

/// What a test sets of a resource that no operation of ECS sets.
extension Catalog {
    public func setInstance(
        _ request: SetInstanceRequest, _ caller: Caller
    ) throws(Refusal) -> SetInstanceResponse {
        try require("InstanceId", request.instanceID)
        try require("Status", request.status, in: Values.instanceStatuses)
        guard request.operationLock.count <= 10 else {
            throw .error(.invalidParameter("OperationLock", hint: "At most 10."))
        }
        for (index, lock) in request.operationLock.enumerated() {
            try require("OperationLock.\(index + 1).LockMsg", lock.lockMsg, maxBytes: 256)
            let reasons = ["financial", "security", "recycling", "dedicatedhostfinancial"]
            try require("OperationLock.\(index + 1).LockReason", lock.lockReason, in: reasons)
        }
        let account = try owned(caller)
        guard let (regionID, region, found) = account.find(\.instances, request.instanceID) else {
            throw .error(
                .invalidInstanceIdNotFound(instanceID: request.instanceID).naming("InstanceId"))
        }
        var draft = draft(caller, regionID)
        var record = found
        if !request.status.isEmpty && request.status != record.instance.status {
            // A status that is set stays, on the way or not, until something else changes it.
            record.instance.status = request.status
            record.statusEnd = 0
            if request.status == "Running" { record.run() }
            draft.failWork(
                on: region.value.disks(of: record.id),
                "The status of instance \(record.id) was set to \(request.status).", account, region
            )
        }
        if !(request.isLocked ?? true) { record.instance.operationLocks = [] }
        if !request.operationLock.isEmpty {
            record.instance.operationLocks = request.operationLock
        }
        if let isConfigured = request.hibernationConfigured {
            var options = HibernationOptions()
            options.configured = isConfigured
            record.instance.hibernationOptions = options
        }
        record.needsRestart = request.needsRestart ?? record.needsRestart
        draft.add(.instance(Boxed(record)))
        try commit(draft)
        return SetInstanceResponse()
    }

    public func setDisk(
        _ request: SetDiskRequest, _ caller: Caller
    ) throws(Refusal) -> SetDiskResponse {
        try require("DiskId", request.diskID)
        try require("Status", request.status, in: Values.diskStatuses)
        try require("Category", request.category, in: Values.categories)
        try require("KMSKeyId", request.kmsKeyID, maxBytes: 128)
        let account = try owned(caller)
        guard let (regionID, _, found) = account.find(\.disks, request.diskID) else {
            throw .error(.invalidDiskIDNotFound.naming("DiskId"))
        }
        var record = found
        if !request.status.isEmpty { record.disk.status = request.status }
        if !request.category.isEmpty { record.disk.category = request.category }
        record.isDeviceInvalid = request.deviceInvalid ?? record.isDeviceInvalid
        if request.neverAttached ?? false { record.disk.attachedTime = "" }
        record.disk.encrypted = request.encrypted ?? record.disk.encrypted
        if !request.kmsKeyID.isEmpty {
            record.disk.kmsKeyID = request.kmsKeyID
            record.disk.encrypted = true
        }
        var draft = draft(caller, regionID)
        draft.add(.disk(Boxed(record)))
        try commit(draft)
        return SetDiskResponse()
    }

    public func setSnapshot(
        _ request: SetSnapshotRequest, _ caller: Caller
    ) throws(Refusal) -> SetSnapshotResponse {
        try require("SnapshotId", request.snapshotID)
        try require("Category", request.category, in: ["standard", "flash", "archive"])
        try require("StorageLocation", request.storageLocation, in: ["Region", "CloudBox"])
        if !request.creationTime.isEmpty && Time.parse(request.creationTime) == nil {
            throw .error(.invalidParameter("CreationTime", hint: "yyyy-MM-ddTHH:mm:ssZ."))
        }
        try require("KMSKeyId", request.kmsKeyID, maxBytes: 128)
        let account = try owned(caller)
        guard let (regionID, _, found) = account.find(\.snapshots, request.snapshotID) else {
            throw .error(.invalidSnapshotIdNotFound.naming("SnapshotId"))
        }
        var record = found
        if !request.category.isEmpty { record.snapshot.category = request.category }
        if !request.storageLocation.isEmpty {
            record.storageLocation = request.storageLocation == "Region" ? "" : "CloudBox"
        }
        record.isDefaultFree = request.defaultFree ?? record.isDefaultFree
        if let time = Time.parse(request.creationTime) {
            record.snapshot.creationTime = Time.seconds(time)
        }
        record.snapshot.encrypted = request.encrypted ?? record.snapshot.encrypted
        if !request.kmsKeyID.isEmpty {
            record.snapshot.kmsKeyID = request.kmsKeyID
            record.snapshot.encrypted = true
        }
        var draft = draft(caller, regionID)
        draft.add(.snapshot(Boxed(record)))
        try commit(draft)
        return SetSnapshotResponse()
    }

    public func setImage(
        _ request: SetImageRequest, _ caller: Caller
    ) throws(Refusal) -> SetImageResponse {
        try require("RegionId", request.regionID)
        try require("ImageId", request.imageID)
        try require(
            "Status", request.status,
            in: ["Available", "UnAvailable", "Deprecated", "CreateFailed"]
        )
        try require("ImageOwnerAlias", request.imageOwnerAlias, in: ["self", "marketplace"])
        guard Text.isASCII(request.imageVersion, max: 40) else {
            throw .error(.invalidImageVersionMalformed.naming("ImageVersion"))
        }
        try require("ProductCode", request.productCode, maxBytes: 128)
        let account = try owned(caller)
        let region = try account.region(request.regionID)
        guard let found = region.images[request.imageID] else {
            throw .error(.invalidImageIDNotFound.naming("ImageId"))
        }
        var record = found
        if !request.status.isEmpty {
            guard record.image.isFinal else {
                throw .error(
                    .incorrectImageStatus.naming(
                        "ImageId", hint: "It is being made: FinishJobs or FailJobs ends that."))
            }
            record.image.status = request.status
            record.image.usable = request.status == "Available"
        }
        if !request.imageOwnerAlias.isEmpty {
            record.image.imageOwnerAlias = request.imageOwnerAlias
            record.isFromMarketplace = request.imageOwnerAlias == "marketplace"
        }
        if !request.imageVersion.isEmpty { record.image.imageVersion = request.imageVersion }
        if !request.productCode.isEmpty { record.image.productCode = request.productCode }
        var draft = draft(caller, request.regionID)
        draft.add(.image(Boxed(record)))
        try commit(draft)
        return SetImageResponse()
    }

    /// A parameter that must be there.
    func require(_ name: String, _ value: String) throws(Refusal) {
        if value.isEmpty { throw .error(.missingParameter(name)) }
    }

    /// Free text that is kept.
    func require(_ name: String, _ value: String, maxBytes: Int) throws(Refusal) {
        if value.utf8.count <= maxBytes { return }
        throw .error(.invalidParameter(name, hint: "At most \(maxBytes) bytes."))
    }

    /// A parameter of ours with a closed set of values; absent is right.
    func require(_ name: String, _ value: String, in values: [String]) throws(Refusal) {
        if value.isEmpty || values.contains(value) { return }
        throw .error(.invalidParameter(name, hint: "One of \(Values.list(values))."))
    }
}

extension Region {
    /// The disks of an instance, in the order of their creation.
    func disks(of instanceID: String) -> [DiskRecord] {
        disksByInstance.numbers(of: instanceID).compactMap { disks.records[$0]?.value }
    }
}
