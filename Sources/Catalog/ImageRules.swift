import ECS

/// What an export reads.
public struct ExportPlan: Sendable {
    public let manifest: Int64
    public let path: String
    public let snapshotID: String
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
            caller, ResourceName("image", request.imageID, in: request.regionID))
        let region = try account.region(request.regionID)
        guard let image = region.images[request.imageID] else { return DeleteImageResponse() }
        var draft = draft(caller, request.regionID)
        for job in account.jobs(ofImage: image.image, in: region) {
            draft.endSnapshot(
                of: job, .failed(reason: "The image \(image.id) was deleted."), region)
        }
        draft.add(.imageDeleted(image.id))
        try commit(draft, isRelease: true)
        return DeleteImageResponse()
    }

    /// ExportImage to a path: which manifest is to be read. The caller pins it.
    public func planExport(
        _ request: ExportImageRequest, _ caller: Caller
    ) throws(Refusal) -> ExportPlan {
        if request.regionID.isEmpty { throw .error(.missingParameter("RegionId")) }
        if request.imageID.isEmpty { throw .error(.missingParameter("ImageId")) }
        if request.path.isEmpty { throw .error(.missingParameter("Path")) }
        if !request.path.hasPrefix("/") {
            throw .error(
                .invalidParameter("Path", hint: "An absolute path: it is the daemon's to open."))
        }
        let account = try admitted(
            caller, ResourceName("image", request.imageID, in: request.regionID))
        let region = try account.region(request.regionID)
        guard let image = region.images[request.imageID]?.image else {
            throw .error(.invalidImageIDNotFound.naming("ImageId"))
        }
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
            manifest: snapshot.manifest, path: request.path, snapshotID: snapshot.id)
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
            reader, [ResourceName("image", request.imageID, in: request.regionID)])
        let region = try account.region(request.regionID)
        guard let record = region.images[request.imageID] else {
            throw .error(.invalidImageIDNotFound.naming("ImageId"))
        }
        let image = described(record, account, region)
        return (image, !["Waiting", "Creating"].contains(image.status))
    }
}
