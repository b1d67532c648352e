import ECS
import ImagedClient
import System

extension Command {
    static var load: Command {
        Command(
            name: "load", group: Group.tasks, summary: "make the image that save has written",
            usage: "[FLAG ...] < FILE",
            details: """
                Prints the new image's ID. The disks are first written to files, sparse, in a new \
                directory of --directory, then taken as a registered instance's; both go again. \
                Room is needed for the data twice, and the daemon must be allowed to read there. \
                A stream that is cut or damaged, Ctrl-C, or a refusal leave nothing. Sizes are \
                those of the disks' bytes, rounded up to GiB.
                """,
            examples: [
                "imagectl load < web-1.image",
                "ssh a imagectl save web-1 | imagectl load --image-name web-of-a",
            ],
            fields: [
                Field(path: "ImageName", kind: .text), Field(path: "ImageFamily", kind: .text),
                Field(path: "RegionId", kind: .text), Field(path: "ResourceGroupId", kind: .text),
            ],
            options: [
                Option(
                    name: "directory", value: "DIR",
                    meaning: "Where the disks' files are for a while; else $TMPDIR or /var/tmp.")
            ]
        ) { invocation in
            if StandardInput.isTerminal {
                throw UsageError(
                    message: "load: standard input is a terminal",
                    hint: "imagectl load < FILE, or imagectl save IMAGE | imagectl load.")
            }
            return try await Loading(invocation, try await invocation.connect()).run()
        }
    }
}

/// `imagectl load`.
struct Loading: Sendable {
    /// What has to go again.
    private struct Made {
        var directory = ""
        var instanceID = ""
        var imageID = ""
    }

    private let invocation: Invocation
    private let client: ImagedClient
    private let made = Lock(Made())
    private var region: String { invocation.region }
    private var output: Output { invocation.output }
    private var timeout: Duration { invocation.settings.timeout ?? .seconds(60) }

    init(_ invocation: Invocation, _ client: ImagedClient) {
        self.invocation = invocation
        self.client = client
    }

    func run() async throws -> ExitCode {
        let response: WaitForImageResponse
        do {
            response = try await interruptible { try await load() }
        } catch {
            await tidyUp(hasFailed: true)
            if Failure(error).exit == .interrupted {
                throw Failure(.interrupted, "Interrupted", "stopped; nothing is left of it")
            }
            throw error
        }
        await tidyUp(hasFailed: false)
        try output.result(response) { _ in response.image?.imageID ?? "" }
        return .done
    }

    private func load() async throws -> WaitForImageResponse {
        var reader = ImageStreamReader()
        var saved = try reader.image()
        if let name = invocation.fields["ImageName"]?.value { saved.imageName = name }
        if let family = invocation.fields["ImageFamily"]?.value { saved.imageFamily = family }
        try await check(saved)
        let paths = try readDisks(of: saved, &reader)
        let instance = try await register(saved, paths)
        return try await createImage(saved, instance)
    }

    // MARK: Before the data

    /// What would be refused at the end is refused before all the data have come.
    private func check(_ saved: SavedImage) async throws {
        let health = try await client.call(Health.self, HealthRequest(), timeout: timeout)
        if health.mode == "ephemeral" {
            throw Failure(
                .refused, "NoDataDirectory", "this daemon keeps nothing, so no image's data",
                hint: "Load it into one without --ephemeral.")
        }
        if saved.imageName.isEmpty { return }
        var request = DescribeImagesRequest()
        request.regionID = region
        request.imageName = saved.imageName
        request.imageOwnerAlias = "self"
        request.status = "ALL"
        let found = try await client.call(DescribeImages.self, request, timeout: timeout).images
        if let other = found.first(where: { $0.imageName == saved.imageName }) {
            throw Failure(
                .refused, "InvalidImageName.Duplicated",
                "\(other.imageID) is called \(saved.imageName) already",
                hint: "--image-name gives the new one another name.")
        }
    }

    // MARK: The data

    /// Writes the disks to files, all of which are whole when this returns.
    private func readDisks(
        of saved: SavedImage, _ reader: inout ImageStreamReader
    ) throws -> [String] {
        let variable = CurrentProcess.environment("TMPDIR") ?? ""
        let parent =
            invocation.value("directory").map(absolutePath)
            ?? (variable.hasPrefix("/") ? variable : "/var/tmp")
        let directory: String
        do {
            directory = try SystemCalls.makeTemporaryDirectory(
                in: parent, prefix: "imagectl-load")
        } catch {
            throw Failure(
                .refused, "NoDirectory", "no directory can be made in \(parent): \(error.errno)",
                hint: "--directory, or $TMPDIR, names the place for the disks' files.")
        }
        made.withLock { $0.directory = directory }
        var paths: [String] = []
        for (index, disk) in saved.disks.enumerated() {
            let path = "\(directory)/\(index).raw"
            do {
                try readDisk(disk, to: path, &reader, saved.imageName)
            } catch let error as SystemError where error.errno.meansNoSpace {
                throw Failure(
                    .refused, "NoSpace", "no room for the disks in \(parent): \(error.errno)",
                    hint: "--directory names another place.")
            }
            paths.append(path)
        }
        guard case .end = try reader.next(from: 0, of: nil) else { return [] }
        return paths
    }

    private func readDisk(
        _ disk: SavedDisk, to path: String, _ reader: inout ImageStreamReader, _ name: String
    ) throws {
        let calls = SystemCalls.live
        let file = try calls.openFile(path, [.writeOnly, .create, .exclusive, .noFollow])
        try calls.setSize(file, disk.sizeBytes)
        let progress = ProgressLine("\(name) \(disk.device)", output)
        defer { progress.erase() }
        var place: Int64 = 0
        while true {
            switch try reader.next(from: place, of: disk.sizeBytes) {
            case .data(let bytes, let offset):
                let written = bytes.withUnsafeBytes { bytes in
                    Result { () throws(SystemError) in
                        try calls.writeAll(file, at: offset, bytes)
                    }
                }
                try written.get()
                place = offset + Int64(bytes.count)
                progress.show("reading", done: place, of: disk.sizeBytes)
            case .diskEnd, .end: return
            }
        }
    }

    // MARK: The image

    private func register(_ saved: SavedImage, _ paths: [String]) async throws -> String {
        var request = RegisterInstanceRequest()
        request.regionID = region
        request.instanceName = "imagectl-load-\(invocation.newToken)"
        request.status = "Stopped"
        // An image has these of the instance that it is made of.
        request.platform = saved.platform
        request.architecture = saved.architecture
        request.bootMode = saved.bootMode
        request.clientToken = invocation.newToken
        request.disk = zip(saved.disks, paths).map { saved, path in
            var disk = RegisteredDisk()
            disk.path = path
            // Stated, for a guest may write anything at its disk's beginning.
            disk.format = "raw"
            disk.type = saved.type
            disk.device = saved.device
            return disk
        }
        let sent = request
        do {
            let id = try await client.call(RegisterInstance.self, sent, timeout: timeout)
                .instanceID
            made.withLock { $0.instanceID = id }
            return id
        } catch let error as ServiceError {
            var failure = Failure(error)
            if error.parameter.hasSuffix("Path") {
                failure.hint += " --directory names a place where the daemon may read your files."
            }
            throw failure
        }
    }

    private func createImage(
        _ saved: SavedImage, _ instance: String
    ) async throws -> WaitForImageResponse {
        var request = CreateImageRequest()
        request.regionID = region
        request.instanceID = instance
        request.imageName = saved.imageName
        request.imageFamily = saved.imageFamily
        request.imageVersion = saved.imageVersion
        request.description = saved.description
        request.platform = saved.platform
        request.architecture = saved.architecture
        request.bootMode = saved.bootMode
        request.resourceGroupID = invocation.fields["ResourceGroupId"]?.value ?? ""
        request.clientToken = invocation.newToken
        if !saved.imdsSupport.isEmpty {
            var features = ImageRequestFeatures()
            features.imdsSupport = saved.imdsSupport
            request.features = features
        }
        request.tag = saved.tags.map { tag in
            var requested = RequestTag()
            requested.key = tag.tagKey
            requested.value = tag.tagValue
            return requested
        }
        let id = try await client.call(CreateImage.self, request, timeout: timeout).imageID
        made.withLock { $0.imageID = id }
        let waiting = Waiting(client, output, timeout: nil, isQuiet: true)
        let response = try await waiting.image(id, region: region)
        guard let image = response.image, image.status == "Available" else {
            let reason = response.image?.failureReason ?? ""
            throw Failure(
                .refused, response.image?.status ?? "NoImage",
                reason.isEmpty ? "\(id) failed" : reason)
        }
        tellSizes(saved, image)
        return response
    }

    /// An image whose disks were larger than their bytes has smaller ones here.
    private func tellSizes(_ saved: SavedImage, _ image: Image) {
        for disk in saved.disks {
            let new = image.diskDeviceMappings.first { $0.device == disk.device }?.size ?? ""
            if disk.size > 0 && "\(disk.size)" != new {
                output.note("\(disk.device) has \(new) GiB, and had \(disk.size) GiB")
            }
        }
    }

    // MARK: Afterwards

    /// Takes away what was only needed on the way; after a failure the image as well.
    private func tidyUp(hasFailed: Bool) async {
        let made = made.withLock { $0 }
        var left: [String] = []
        if hasFailed && !made.imageID.isEmpty {
            if await !deleteImage(made.imageID) { left.append("image \(made.imageID)") }
        }
        if !made.instanceID.isEmpty {
            var request = DeleteInstanceRequest()
            request.instanceID = made.instanceID
            request.force = true
            if (try? await client.call(DeleteInstance.self, request, timeout: timeout)) == nil {
                left.append("instance \(made.instanceID)")
            }
        }
        if !made.directory.isEmpty {
            do throws(SystemError) {
                try SystemCalls.live.removeTree(made.directory)
            } catch {
                left.append("directory \(made.directory)")
            }
        }
        if !left.isEmpty {
            Output.complain("could not take away: \(Help.list(left, "and"))")
        }
    }

    /// Deletes an image and its snapshots.
    private func deleteImage(_ id: String) async -> Bool {
        let image = try? await client.image(id, region: region)
        var request = DeleteImageRequest()
        request.regionID = region
        request.imageID = id
        request.force = true
        guard (try? await client.call(DeleteImage.self, request, timeout: timeout)) != nil else {
            return false
        }
        var isDone = true
        for disk in image?.diskDeviceMappings ?? [] where !disk.snapshotID.isEmpty {
            var request = DeleteSnapshotRequest()
            request.snapshotID = disk.snapshotID
            do {
                _ = try await client.call(DeleteSnapshot.self, request, timeout: timeout)
            } catch let error as ServiceError {
                // Those of an image that was being made go with it.
                let isGone = error.code == ECSError.invalidSnapshotIdNotFound.code
                isDone = isDone && isGone
            } catch {
                isDone = false
            }
        }
        return isDone
    }
}
