import ECS
import Wire

/// CopyImage (operations § 3): an image of one region is made again in another. Its bytes lie in
/// one data directory, so a copy takes time, but no room: its snapshots share their source's files.
extension Catalog {
    public func copyImage(
        _ request: CopyImageRequest, _ caller: Caller
    ) throws(Refusal) -> CopyImageResponse {
        var verdict = Verdict(caller)
        for error in request.syntaxErrors(tagsMax: tagsMax(caller)) { try verdict.add(error) }
        guard
            let account = try verdict.attempt({ () throws(Refusal) in
                try authorised(caller, resourceNames(request, caller))
            })
        else { throw .errors(verdict.errors) }
        let isDryRun = request.dryRun ?? false
        let token = Token(
            isDryRun ? "" : request.clientToken, request.regionID, CopyImage.name,
            request.comparable)
        var response = CopyImageResponse()
        if verdict.errors.isEmpty,
            let bound = try passed(
                token, account, caller, mismatch: .idempotentParameterMismatch)
        {
            response.imageID = bound.resourceID
            return response
        }
        let limits = limits(of: account)
        let plan = try CopyPlan(request, account, limits, &verdict)
        try verdict.close()
        guard let plan else { throw .error(.serviceUnavailable) }
        if isDryRun { throw .error(.dryRunOperation) }

        var draft = draft(caller, request.targetRegionID)
        let copy = plan.copy(request, &draft)
        draft.add(.image(Boxed(copy)))
        draft.addImageJob(
            copy.id, limits.simulatedDuration(sizeGiB: copy.sizeGiB), account.record,
            copying: request.imageID, kmsKeyID: request.kmsKeyID)
        token.bind(copy.id, [], &draft)
        try commit(draft)
        response.imageID = copy.id
        return response
    }

    /// The source, and what shall be made.
    private func resourceNames(_ request: CopyImageRequest, _ caller: Caller) -> [ResourceName] {
        let standard = state.accounts[caller.accountID]?.record.defaultResourceGroupID ?? ""
        let group = request.resourceGroupID.isEmpty ? standard : request.resourceGroupID
        return [
            resourceName(ofImage: request.imageID, request.regionID, caller),
            ResourceName("image", in: request.targetRegionID, group: group),
        ]
    }

    /// CancelCopyImage: a copy that is not finished is given up, and nothing is left of it.
    public func cancelCopyImage(
        _ request: CancelCopyImageRequest, _ caller: Caller
    ) throws(Refusal) -> CancelCopyImageResponse {
        try check(request.syntaxErrors(), caller)
        let account = try admitted(
            caller, resourceName(ofImage: request.imageID, request.regionID, caller))
        let region = try account.region(request.regionID)
        let record = try ownImage(request.imageID, region)
        if !record.image.isCopied || record.image.isFinal {
            let state =
                record.image.isCopied ? "The copy is \(record.image.status)" : "It is not a copy"
            throw .error(
                .incorrectImageStatus.naming(
                    "ImageId", hint: "\(state): there is nothing to cancel."))
        }
        var draft = draft(caller, request.regionID)
        for job in account.jobs(ofImage: record.image, in: region) {
            draft.add(.jobEnded(job.number))
        }
        draft.add(.imageDeleted(record.id))
        try commit(draft, isRelease: true)
        return CancelCopyImageResponse()
    }
}

/// A copy that nothing stands against.
private struct CopyPlan {
    let source: ImageRecord
    let groupID: String

    /// Existence, state and quotas, in this order.
    ///
    /// - Returns: nil: something was wrong, and `verdict` has it.
    init?(
        _ request: CopyImageRequest, _ account: Account, _ limits: Limits, _ verdict: inout Verdict
    ) throws(Refusal) {
        let region = try verdict.attempt { () throws(Refusal) in
            try account.region(request.regionID)
        }
        if account.regions[request.targetRegionID] == nil && !request.destinationRegionID.isEmpty {
            try verdict.add(
                .invalidRegionIdNotFound.naming(
                    "DestinationRegionId", hint: "One of \(Values.list(Values.regions))."))
        }
        let groupID = try verdict.attempt { () throws(Refusal) in
            try account.resourceGroup(request.resourceGroupID)
        }
        let source = region?.images[request.imageID]
        if let source {
            try verdict.require(
                source.image.status == "Available",
                .incorrectImageStatus.naming(
                    "ImageId", hint: "It is \(source.image.status); Available is right."))
        } else if region != nil {
            try verdict.add(.invalidImageIDNotFound.naming("ImageId"))
        }
        let isEncrypted = request.encrypted ?? false
        if let error = account.keyError(isEncrypted: isEncrypted, request.kmsKeyID) {
            try verdict.add(error.naming("KMSKeyId"))
        }
        if let target = account.regions[request.targetRegionID] {
            if let error = target.value.nameError(request.destinationImageName) {
                try verdict.add(error.naming("DestinationImageName", hint: error.hint))
            }
            try verdict.require(
                target.images.count < limits.images,
                .quotaExceedImage.hinting(
                    """
                    \(limits.images) images are in \(request.targetRegionID) (Images): delete some.
                    """))
        }
        guard let source, let groupID else { return nil }
        self.source = source
        self.groupID = groupID
    }

    /// The copy as it begins. Its mappings name no snapshots yet: they come with its end.
    func copy(_ request: CopyImageRequest, _ draft: inout Draft) -> ImageRecord {
        var copy = source
        copy.number = draft.number()
        copy.sharedWith = []
        copy.image.imageID = draft.ids.id("m-")
        copy.image.imageName = request.destinationImageName
        copy.image.imageFamily = ""
        copy.image.description = request.destinationDescription
        copy.image.status = "Waiting"
        copy.image.usable = false
        copy.image.progress = "0%"
        copy.image.creationTime = draft.time
        copy.image.isCopied = true
        copy.image.isPublic = false
        copy.image.resourceGroupID = groupID
        copy.image.tags = request.tag.kept
        for index in copy.image.diskDeviceMappings.indices {
            copy.image.diskDeviceMappings[index].snapshotID = ""
            copy.image.diskDeviceMappings[index].progress = "0%"
            if request.encrypted ?? false {
                copy.image.diskDeviceMappings[index].encrypted = true
            }
        }
        return copy
    }
}

extension ImageRecord {
    /// Of all its disks together.
    fileprivate var sizeGiB: Int32 {
        let sizes = image.diskDeviceMappings.map { Int64($0.size) ?? 0 }
        return Int32(clamping: sizes.reduce(0, +))
    }
}

extension CopyImageRequest {
    /// What idempotency compares (V3).
    fileprivate var comparable: CopyImageRequest {
        var copy = self
        copy.clientToken = ""
        copy.dryRun = nil
        copy.destinationRegionID = targetRegionID
        copy.tag = copy.tag.comparable
        return copy
    }
}

extension Draft {
    /// Gives a copy that is done its snapshots: one for each that its source has. While it was
    /// made, the source could not be deleted, and so its snapshots could not be either.
    ///
    /// - Parameter copy: gets the new snapshots' IDs.
    mutating func addSnapshots(
        of copy: inout ImageRecord, from source: FoundImage, kmsKeyID: String
    ) {
        for index in copy.image.diskDeviceMappings.indices {
            let mapping = copy.image.diskDeviceMappings[index]
            let original = source.record.image.diskDeviceMappings
                .first { $0.device == mapping.device }
            guard let record = original.flatMap({ source.region.snapshots[$0.snapshotID] }) else {
                continue
            }
            let snapshot = snapshot(like: record, of: copy, mapping, kmsKeyID)
            copy.image.diskDeviceMappings[index].snapshotID = snapshot.id
            add(.snapshot(Boxed(snapshot)))
        }
    }

    /// It has the same manifest and segments: they stay while one snapshot names them.
    private mutating func snapshot(
        like source: SnapshotRecord, of copy: ImageRecord, _ mapping: ImageDisk, _ kmsKeyID: String
    ) -> SnapshotRecord {
        var record = source
        record.number = number()
        record.imageID = copy.id
        record.storageLocation = ""
        record.isDefaultFree = false
        record.snapshot.snapshotID = ids.id("s-")
        record.snapshot.snapshotName = ""
        record.snapshot.description = ""
        record.snapshot.creationTime = time
        record.snapshot.lastModifiedTime = time
        // Its disk is in another region; it counts for none here.
        record.snapshot.sourceDiskID = ""
        record.snapshot.category = "standard"
        record.snapshot.snapshotType = "user"
        record.snapshot.instantAccess = false
        record.snapshot.retentionDays = 0
        record.snapshot.regionID = regionID
        record.snapshot.resourceGroupID = copy.image.resourceGroupID
        record.snapshot.tags = []
        record.snapshot.encrypted = mapping.encrypted
        if !kmsKeyID.isEmpty { record.snapshot.kmsKeyID = kmsKeyID }
        return record
    }
}
