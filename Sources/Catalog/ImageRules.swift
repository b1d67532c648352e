import ECS

/// What an export reads, and where it goes.
public struct ExportPlan: Sendable {
    public let manifest: Int64
    public let path: String
    public let snapshotID: String
    /// The bucket that `path` is in, a directory of the daemon's own; empty: `path` is the peer's.
    public let bucket: String
    /// ECS's TaskId; empty without a bucket.
    public let taskID: String
    /// What the file is called until it is whole, in the same directory; empty: not begun.
    public internal(set) var temporary = ""
    /// The number of the change that says that this name goes.
    var intent: Int64 = 0

    /// What is read and must stay, and the intent, which must not be carried out meanwhile.
    public var pins: [Int64] { [manifest, intent] }
}

extension Catalog {
    /// DeleteImage: an unknown one is ignored; one in the making is cancelled, its snapshots fail
    /// and give their slots back before the answer. Snapshots stay.
    public func deleteImage(
        _ request: DeleteImageRequest, _ caller: Caller
    ) throws(Refusal) -> DeleteImageResponse {
        if request.regionID.isEmpty { throw .error(.missingParameter("RegionId")) }
        if request.imageID.isEmpty { throw .error(.missingParameter("ImageId")) }
        let account = try admitted(
            caller, resourceName(ofImage: request.imageID, request.regionID, caller))
        let region = try account.region(request.regionID)
        let image = region.images[request.imageID]
        if let image {
            try requireDeletable(image, isForced: request.force ?? false, account, region, caller)
        }
        if request.dryRun ?? false { throw .error(.dryRunOperation) }
        guard let image else { return DeleteImageResponse() }
        var draft = draft(caller, request.regionID)
        for job in account.jobs(ofImage: image.image, in: region) {
            draft.endSnapshot(
                of: job, .failed(reason: "The image \(image.id) was deleted."), region)
        }
        draft.add(.imageDeleted(image.id))
        try commit(draft, isRelease: true)
        return DeleteImageResponse()
    }

    /// Force helps against instances alone.
    private func requireDeletable(
        _ image: ImageRecord, isForced: Bool, _ account: Account, _ region: Shared<Region>,
        _ caller: Caller
    ) throws(Refusal) {
        var verdict = Verdict(caller)
        try verdict.require(
            isForced || !region.value.isUsed(image.id),
            .imageUsingByInstance.naming(
                "ImageId", hint: "Delete its instances first, or give Force true."))
        try verdict.require(
            !image.isShared,
            .imageUseShared.naming(
                "ImageId", hint: "ModifyImageSharePermission with RemoveAccount ends that."))
        let copy = account.jobs.first { $0.value.record.value.copiedImageID == image.id }?.value
        try verdict.require(
            copy == nil,
            .operationDeniedImageCopying.naming(
                "ImageId",
                hint: """
                    \(copy?.record.value.imageID ?? "") in \(copy?.regionID ?? "") is being made \
                    of it: wait, or CancelCopyImage.
                    """))
        try verdict.close()
    }

    // MARK: Export

    /// ExportImage: which manifest is to be read. The caller pins it.
    public func planExport(
        _ request: ExportImageRequest, _ caller: Caller
    ) throws(Refusal) -> ExportPlan {
        try check(request.syntaxErrors(), caller)
        let account = try admitted(
            caller, resourceName(ofImage: request.imageID, request.regionID, caller))
        let region = try account.region(request.regionID)
        let image = try ownImage(request.imageID, region).image
        if !["Available", "Deprecated"].contains(image.status) {
            throw .error(
                .incorrectImageStatus.naming(
                    "ImageId", hint: "It is \(image.status); Available is right."))
        }
        let device = request.device.isEmpty ? Device.system : request.device
        guard let disk = image.diskDeviceMappings.first(where: { $0.device == device }) else {
            let devices = Values.list(image.diskDeviceMappings.map(\.device))
            throw .error(.invalidParameter("Device", hint: "The image has \(devices)."))
        }
        guard let snapshot = region.snapshots[disk.snapshotID], snapshot.manifest > 0 else {
            throw .error(
                .invalidParameter(
                    "Device", hint: "\(device) is a simulated or empty disk: it has no bytes."))
        }
        return ExportPlan(
            manifest: snapshot.manifest, path: try path(of: request, device),
            snapshotID: snapshot.id, bucket: request.ossBucket,
            taskID: request.ossBucket.isEmpty ? "" : ids.id("t-"))
    }

    /// ExportSnapshot: likewise of one snapshot.
    public func planExport(
        _ request: ExportSnapshotRequest, _ caller: Caller
    ) throws(Refusal) -> ExportPlan {
        try check(request.syntaxErrors(), caller)
        let (snapshot, bytes) = try readable(request.snapshotID, caller)
        try requireOutside(request.path, "Path")
        return ExportPlan(
            manifest: bytes.manifest, path: request.path, snapshotID: snapshot.id, bucket: "",
            taskID: "")
    }

    /// ReadSnapshot: which manifest is to be read. The caller pins it.
    public func planRead(
        _ request: ReadSnapshotRequest, _ caller: Caller
    ) throws(Refusal) -> (manifest: Int64, sizeBytes: Int64) {
        try check(request.syntaxErrors(), caller)
        let (_, bytes) = try readable(request.snapshotID, caller)
        if request.offset > bytes.count {
            throw .error(
                .invalidParameter("Offset", hint: "The disk has \(bytes.count) bytes."))
        }
        return (bytes.manifest, bytes.count)
    }

    /// An accomplished snapshot that has stored bytes.
    private func readable(
        _ id: String, _ caller: Caller
    ) throws(Refusal) -> (SnapshotRecord, NewDisk.Bytes) {
        let place = state.accounts[caller.accountID]?.find(\.snapshots, id)
        _ = try admitted(
            caller,
            ResourceName(
                "snapshot", id, in: place?.regionID ?? "",
                group: place?.record.snapshot.resourceGroupID ?? ""))
        guard let snapshot = place?.record else {
            throw .error(.invalidSnapshotIdNotFound.naming("SnapshotId"))
        }
        if let error = NewDisk.sourceError(snapshot, "SnapshotId") { throw .error(error) }
        guard let bytes = snapshot.bytes else {
            throw .error(
                .invalidParameter(
                    "SnapshotId", hint: "\(snapshot.id) is simulated: it has no bytes."))
        }
        return (snapshot, bytes)
    }

    /// Where the export goes: ECS names the object in a bucket by image and disk.
    private func path(of request: ExportImageRequest, _ device: String) throws(Refusal) -> String {
        if !request.path.isEmpty {
            try requireOutside(request.path, "Path")
            return request.path
        }
        guard let directory = environment.buckets[request.ossBucket] else {
            let names = environment.buckets.keys.sorted()
            let hint =
                names.isEmpty
                ? "The configuration names no bucket."
                : "The configuration has \(Values.list(names))."
            throw .error(.invalidParameter("OSSBucket", hint: hint))
        }
        let prefix = request.ossPrefix.isEmpty ? "" : "\(request.ossPrefix)_"
        let disk = device == Device.system ? "system" : String(device.dropFirst("/dev/".count))
        let slash = directory.hasSuffix("/") ? "" : "/"
        return "\(directory)\(slash)\(prefix)\(request.imageID)_\(disk).raw"
    }

    /// WaitForImage: the image, and whether it has come to rest.
    public func imageToWaitFor(
        _ request: WaitForImageRequest, _ caller: Caller
    ) throws(Refusal) -> (image: Image, isFinal: Bool) {
        if request.regionID.isEmpty { throw .error(.missingParameter("RegionId")) }
        if request.imageID.isEmpty { throw .error(.missingParameter("ImageId")) }
        // Waiting tells nothing that describing does not.
        var reader = caller
        reader.operation = DescribeImages.name
        let account = try authorised(
            reader, [resourceName(ofImage: request.imageID, request.regionID, caller)])
        let region = try account.region(request.regionID)
        guard let found = findImage(request.imageID, account, regionID: request.regionID) else {
            throw .error(.invalidImageIDNotFound.naming("ImageId"))
        }
        let image = described(found.record, account, region)
        return (image, !["Waiting", "Creating"].contains(image.status))
    }
}
