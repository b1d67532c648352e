import ECS
import Wire

/// What can be changed of an image and of a snapshot.
extension Catalog {
    public func modifyImageAttribute(
        _ request: ModifyImageAttributeRequest, _ caller: Caller
    ) throws(Refusal) -> ModifyImageAttributeResponse {
        try check(request.syntaxErrors(), caller)
        let account = try admitted(
            caller, resourceName(ofImage: request.imageID, request.regionID, caller))
        let region = try account.region(request.regionID)
        let found = try ownImage(request.imageID, region)
        var verdict = Verdict(caller)
        try requireState(of: found, for: request, &verdict)
        if let error = region.value.nameError(request.imageName, except: found.id) {
            try verdict.add(error)
        }
        let familyErrors = region.value.familyErrors(
            request.imageFamily, limits(of: account), leaving: found.image.imageFamily)
        for error in familyErrors { try verdict.add(error) }
        try verdict.close()
        if request.dryRun ?? false { throw .error(.dryRunOperation) }

        var record = found
        record.image.take(request)
        if record.encoded() == found.encoded() { return ModifyImageAttributeResponse() }
        var draft = draft(caller, request.regionID)
        draft.add(.image(Boxed(record)))
        try commit(draft)
        return ModifyImageAttributeResponse()
    }

    private func requireState(
        of record: ImageRecord, for request: ModifyImageAttributeRequest,
        _ verdict: inout Verdict
    ) throws(Refusal) {
        let image = record.image
        if !request.status.isEmpty && request.status != image.status {
            try verdict.require(
                ["Available", "Deprecated"].contains(image.status),
                .incorrectImageStatus.naming(
                    "Status",
                    hint: "The image is \(image.status); Available or Deprecated can be changed."))
            try verdict.require(
                request.status != "Deprecated" || !record.isShared,
                .imageUseShared.naming("Status", hint: "End its sharing first."))
        }
        let bootModes = Values.bootModes(of: image.architecture)
        try verdict.require(
            request.bootMode.isEmpty || bootModes.contains(request.bootMode),
            .invalidBootModeNotSupport.naming(
                "BootMode", hint: "\(image.architecture) takes \(Values.list(bootModes))."))
        try verdict.require(
            request.features?.imdsSupport != "v1" || image.features?.imdsSupport != "v2",
            .invalidParameter("Features.ImdsSupport", hint: "It does not go back from v2 to v1."))
    }

    public func modifySnapshotAttribute(
        _ request: ModifySnapshotAttributeRequest, _ caller: Caller
    ) throws(Refusal) -> ModifySnapshotAttributeResponse {
        try check(request.syntaxErrors(), caller)
        let place = state.accounts[caller.accountID]?.find(\.snapshots, request.snapshotID)
        _ = try admitted(
            caller,
            ResourceName(
                "snapshot", request.snapshotID, in: place?.regionID ?? "",
                group: place?.record.snapshot.resourceGroupID ?? ""))
        guard let (regionID, _, found) = place else {
            throw .error(.invalidSnapshotIdNotFound.naming("SnapshotId"))
        }
        var record = found
        if !request.snapshotName.isEmpty { record.snapshot.snapshotName = request.snapshotName }
        if !request.description.isEmpty { record.snapshot.description = request.description }
        record.snapshot.retentionDays = request.retentionDays ?? record.snapshot.retentionDays
        if record.encoded() == found.encoded() { return ModifySnapshotAttributeResponse() }
        var draft = draft(caller, regionID)
        record.snapshot.lastModifiedTime = draft.time
        draft.add(.snapshot(Boxed(record)))
        try commit(draft)
        return ModifySnapshotAttributeResponse()
    }
}

extension Image {
    /// What the request says; what is absent in it stays.
    fileprivate mutating func take(_ request: ModifyImageAttributeRequest) {
        func set(_ field: inout String, _ value: String) {
            if !value.isEmpty { field = value }
        }
        set(&imageName, request.imageName)
        set(&imageFamily, request.imageFamily)
        set(&description, request.description)
        set(&bootMode, request.bootMode)
        set(&licenseType, request.licenseType)
        if !request.status.isEmpty && request.status != status {
            status = request.status
            usable = status == "Available"
        }
        guard let wanted = request.features else { return }
        var kept = features ?? ImageFeatures()
        set(&kept.imdsSupport, wanted.imdsSupport)
        set(&kept.nvmeSupport, wanted.nvmeSupport)
        features = kept
    }
}

extension ImageRecord {
    /// Whether others than its owner may use it.
    var isShared: Bool { !sharedWith.isEmpty || image.isPublic }
}
