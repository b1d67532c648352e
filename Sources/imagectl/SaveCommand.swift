import ECS
import ImagedClient
import System

extension Command {
    static var save: Command {
        Command(
            name: "save", group: Group.tasks,
            summary: "write an image as one stream, for load on another machine",
            usage: "IMAGE > FILE",
            details: """
                The stream has the disks' data without their holes, each piece with a checksum, \
                and the image's name, family, version, description, platform, architecture, boot \
                mode, metadata access and tags. IDs, times, shares, licences and the other \
                features stay behind. Disks that are simulated have nothing to be saved.
                """,
            examples: [
                "imagectl save web-1 > web-1.image", "imagectl save web-1 | ssh b imagectl load",
            ],
            fields: [Field(path: "RegionId", kind: .text)], positional: "ImageId",
            formats: [.table]
        ) { invocation in
            guard let image = invocation.fields["ImageId"]?.value else {
                throw UsageError(
                    message: "save without an image", hint: "imagectl save IMAGE > FILE")
            }
            if StandardStream.output.isTerminal {
                throw UsageError(
                    message: "save: standard output is a terminal",
                    hint: "Send it to a file or a program: > FILE, or | ssh HOST imagectl load.")
            }
            return try await Saving.run(image, invocation)
        }
    }
}

/// `imagectl save`.
enum Saving {
    static func run(_ name: String, _ invocation: Invocation) async throws -> ExitCode {
        // A write to a pipe that nobody empties cannot be cancelled, and nothing has to be
        // cleaned up.
        try Interrupts.handle { _ in
            Output.complain(Failure(CancellationError()).text)
            CurrentProcess.exit(ExitCode.interrupted.rawValue)
        }
        let client = try await invocation.connect()
        let names = Names(client: client, region: invocation.region, findings: invocation.findings)
        let image = try await client.image(
            try await names.resolve(name, [.image]), region: invocation.region)
        guard image.status == "Available" || image.status == "Deprecated" else {
            throw Failure(
                .refused, "IncorrectImageStatus", "\(image.imageID) is \(image.status)",
                hint: "Only an image that is Available can be saved.")
        }
        let saved = try await describe(image, client, invocation.region)
        do {
            let count = try await write(saved, image, client, invocation)
            invocation.output.note(
                "\(image.imageID): \(Views.counted(saved.disks.count, "disk")), "
                    + "\(Views.bytes(count)) of data")
            return .done
        } catch let error as SystemError where error.isClosedOutput {
            // Whoever reads has had enough.
            return .refused
        }
    }

    private static func describe(
        _ image: Image, _ client: ImagedClient, _ region: String
    ) async throws -> SavedImage {
        var request = DescribeSnapshotsRequest()
        request.regionID = region
        request.snapshotIDs = image.diskDeviceMappings.map(\.snapshotID)
        request.maxResults = 100
        let snapshots = try await client.call(DescribeSnapshots.self, request).snapshots
        var saved = SavedImage()
        saved.imageName = image.imageName
        saved.imageFamily = image.imageFamily
        saved.imageVersion = image.imageVersion
        saved.description = image.description
        saved.platform = image.platform
        saved.architecture = image.architecture
        saved.bootMode = image.bootMode
        saved.imdsSupport = image.features?.imdsSupport ?? ""
        saved.tags = image.tags
        saved.imageID = image.imageID
        saved.creationTime = image.creationTime
        for mapping in image.diskDeviceMappings {
            let snapshot = snapshots.first { $0.snapshotID == mapping.snapshotID }
            guard let sizeBytes = snapshot?.sizeBytes, sizeBytes > 0 else {
                throw Failure(
                    .refused, "NoDiskData",
                    "\(image.imageID) has no bytes for \(mapping.device) that you could read",
                    hint: "Its disk is simulated, or the image is shared by another account.")
            }
            var disk = SavedDisk()
            disk.device = mapping.device
            disk.type = mapping.type
            disk.sizeBytes = sizeBytes
            disk.size = Int32(mapping.size) ?? 0
            saved.disks.append(disk)
        }
        return saved
    }

    /// - Returns: how many bytes of data there were.
    private static func write(
        _ saved: SavedImage, _ image: Image, _ client: ImagedClient, _ invocation: Invocation
    ) async throws -> Int64 {
        var writer = try ImageStreamWriter(saved)
        var dataBytes: Int64 = 0
        for (disk, mapping) in zip(saved.disks, image.diskDeviceMappings) {
            let name = saved.disks.count == 1 ? image.imageID : "\(image.imageID) \(disk.device)"
            let progress = ProgressLine(name, invocation.output)
            defer { progress.erase() }
            let export = StreamedExport(
                client: client, snapshotID: mapping.snapshotID,
                timeout: invocation.settings.timeout ?? .seconds(60))
            var offset: Int64 = 0
            let (size, data) = try await export.read(progress) { part in
                switch part {
                case .data(let bytes):
                    try writer.data(bytes, at: offset)
                    offset += Int64(bytes.count)
                case .hole(let count): offset += count
                }
            }
            guard size == disk.sizeBytes else {
                throw Failure(
                    .connection, "ProtocolViolation",
                    "\(mapping.snapshotID) has \(size) bytes, and had \(disk.sizeBytes)")
            }
            try writer.endDisk(sizeBytes: size)
            dataBytes += data
        }
        try writer.end(diskCount: saved.disks.count)
        return dataBytes
    }
}
