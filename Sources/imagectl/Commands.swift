import ECS
import ImagedClient
import System
import Wire

extension Command {
    /// Every command, in the order of the overview.
    static var all: [Command] {
        imageCommands + snapshotCommands + machineCommands + daemonCommands
    }

    private static let images = "Images"
    private static let snapshots = "Snapshots"
    private static let machines = "Instances and disks"
    private static let daemon = "The daemon"

    /// A command that makes one call and shows the answer.
    private static func call<O: Operation>(
        _ operation: O.Type, _ group: String, _ summary: String, usage: String,
        details: String = "", examples: [String], options: [Option] = [],
        positional: String? = nil, hasNoTimeout: Bool = false,
        show: @escaping @Sendable (O.Response, O.Request, Invocation, Int?) -> String = {
            response, _, _, _ in FieldPrinter.text(of: response)
        },
        after: @escaping @Sendable (O.Response, O.Request, Output) -> Void = { _, _, _ in }
    ) -> Command {
        let fields = FieldLister.fields(of: O.Request.self)
        let hasTags = fields.contains { $0.path == "Tag.N.Key" }
        return Command(
            name: kebabCase(O.name), operation: O.name, group: group, summary: summary,
            usage: usage, details: details, examples: examples, fields: fields,
            options: (hasTags ? [ShortForms.tag] : []) + options, positional: positional
        ) { invocation in
            let request = try invocation.request(O.Request.self)
            let client = try await invocation.connect()
            let response = try await make(
                O.self, request, client, invocation, timeout: hasNoTimeout ? nil : .seconds(60))
            try invocation.output.result(response) { show(response, request, invocation, $0) }
            after(response, request, invocation.output)
            return .done
        }
    }

    /// Makes the call. An unknown outcome comes with the token that tells it.
    private static func make<O: Operation>(
        _ operation: O.Type, _ request: O.Request, _ client: ImagedClient,
        _ invocation: Invocation, timeout: Duration? = .seconds(60)
    ) async throws -> O.Response {
        do {
            return try await client.call(
                O.self, request, timeout: invocation.settings.timeout ?? timeout)
        } catch let error as ClientError where error.isOutcomeUnknown {
            var failure = Failure(error)
            if invocation.command.fields.contains(where: { $0.path == "ClientToken" }) {
                let token = invocation.fields["ClientToken"]?.value ?? invocation.newToken
                failure.hint = "The same command with --client-token=\(token) tells, or does it."
            } else if O.isRepeatable {
                failure.hint = "It can be repeated: doing it twice is doing it once."
            }
            throw failure
        }
    }

    // MARK: Images

    private static let wait = Option(
        name: "wait", value: nil,
        meaning: "Wait for the end and show the progress; fails if the job fails.")

    private static var imageCommands: [Command] {
        [
            createImage,
            call(
                DescribeImages.self, images, "list images", usage: "[FLAG ...]",
                details: """
                    Without --status only images that are Available are listed; --status ALL lists \
                    all of them.
                    """,
                examples: [
                    "imagectl describe-images --status ALL",
                    "imagectl describe-images --image-family web --json",
                ],
                show: { response, _, _, width in Views.images(response, width) },
                after: { response, request, output in
                    for image in response.images where !image.failureReason.isEmpty {
                        output.note(printable("\(image.imageID): \(image.failureReason)"))
                    }
                    let all = request.status.isEmpty ? "; --status ALL looks at all" : ""
                    tellCount(response.images.count, response.totalCount, "images", all, output)
                }),
            call(
                DeleteImage.self, images, "delete an image; its snapshots stay",
                usage: "IMAGE [FLAG ...]",
                details: "Deleting an image that is being made cancels its snapshots.",
                examples: ["imagectl delete-image m-bp1g6zv0ce8o"], positional: "ImageId",
                show: { _, _, _, _ in "" },
                after: { _, request, output in output.note("\(request.imageID) is gone") }),
            call(
                ExportImage.self, images, "write one disk of an image to a new file",
                usage: "IMAGE --output FILE [FLAG ...]",
                details: """
                    The file is raw and sparse, has the disk's exact size, and is on disk when the \
                    command ends. It must not exist yet. Ctrl-C leaves nothing behind. There is no \
                    time limit without --timeout.
                    """,
                examples: [
                    "imagectl export-image m-bp1g6zv0ce8o --output web.raw",
                    "imagectl export-image m-bp1g6zv0ce8o --device /dev/xvdb --output d.raw",
                ],
                options: [
                    Option(
                        name: "output", value: "FILE",
                        meaning: "The new file; the same as --path.")
                ], positional: "ImageId", hasNoTimeout: true,
                show: { response, request, _, _ in
                    """
                    \(printable(request.path))  \(Views.bytes(response.sizeBytes)), \
                    \(Views.bytes(response.storedBytes)) of data
                    """
                }),
            call(
                WaitForImage.self, images, "wait until an image is Available or CreateFailed",
                usage: "IMAGE [--timeout SECONDS]",
                details: """
                    Without --timeout the daemon answers after 60 seconds with the image as it is \
                    then.
                    """,
                examples: ["imagectl wait-for-image m-bp1g6zv0ce8o --timeout 600"],
                positional: "ImageId", hasNoTimeout: true,
                show: { response, _, _, width in
                    var list = DescribeImagesResponse()
                    list.images = response.image.map { [$0] } ?? []
                    return Views.images(list, width)
                }),
        ]
    }

    private static var createImage: Command {
        Command(
            name: "create-image", operation: CreateImage.name, group: images,
            summary: "make an image of an instance or of snapshots",
            usage: "(--instance-id ID | --snapshot-id ID | --DiskDeviceMapping.N...) [FLAG ...]",
            details: """
                Prints the new image's ID as soon as the job is accepted. The image is Waiting, \
                then Creating, then Available or CreateFailed. With --json --wait two lines \
                are printed: the answer to CreateImage, and that to WaitForImage.
                """,
            examples: [
                "imagectl create-image --instance-id i-bp1g6zv0ce8o --image-name web-1 --wait",
                "imagectl create-image --snapshot-id s-bp1g6zv0ce8o --tag stage=test",
                "imagectl create-image --DiskDeviceMapping.1.SnapshotId s-bp1g6zv0ce8o",
            ],
            fields: FieldLister.fields(of: CreateImageRequest.self),
            options: [wait, ShortForms.tag]
        ) { invocation in
            let request = try invocation.request(CreateImageRequest.self)
            let client = try await invocation.connect()
            let waiting = Waiting(
                client, invocation.output, timeout: invocation.settings.timeout)
            let response = try await make(CreateImage.self, request, client, invocation)
            try invocation.output.line(response) { response.imageID }
            // A dry run makes nothing to wait for.
            guard invocation.has("wait"), !response.imageID.isEmpty else { return .done }
            let waited = try await interruptible {
                try await waiting.image(response.imageID, region: request.regionID)
            }
            if invocation.output.isJSON { try invocation.output.line(waited) { "" } }
            guard let image = waited.image, image.status != "Available" else { return .done }
            throw Failure(
                .refused, image.status,
                image.failureReason.isEmpty ? "\(image.imageID) failed" : image.failureReason)
        }
    }

    // MARK: Snapshots

    private static var snapshotCommands: [Command] {
        [
            createSnapshot,
            call(
                DescribeSnapshots.self, snapshots, "list snapshots", usage: "[FLAG ...]",
                examples: [
                    "imagectl describe-snapshots --instance-id i-bp1g6zv0ce8o",
                    "imagectl describe-snapshots --snapshot-ids s-1,s-2 --json",
                ],
                show: { response, _, _, width in Views.snapshots(response, width) },
                after: { response, _, output in
                    for snapshot in response.snapshots where !snapshot.failureReason.isEmpty {
                        output.note(printable("\(snapshot.snapshotID): \(snapshot.failureReason)"))
                    }
                    tellCount(
                        response.snapshots.count, response.totalCount, "snapshots", "", output,
                        next: response.nextToken)
                }),
            call(
                DeleteSnapshot.self, snapshots, "delete a snapshot", usage: "SNAPSHOT [FLAG ...]",
                details: "One that an image uses is refused. One in progress is cancelled.",
                examples: ["imagectl delete-snapshot s-bp1g6zv0ce8o"],
                positional: "SnapshotId", show: { _, _, _, _ in "" },
                after: { _, request, output in output.note("\(request.snapshotID) is gone") }),
        ]
    }

    private static var createSnapshot: Command {
        Command(
            name: "create-snapshot", operation: CreateSnapshot.name, group: snapshots,
            summary: "take a snapshot of a disk", usage: "DISK [FLAG ...]",
            details: """
                Prints the new snapshot's ID as soon as the job is accepted. With --json --wait \
                two lines are printed: the answer to CreateSnapshot, and the snapshot at its end.
                """,
            examples: [
                "imagectl create-snapshot d-bp1g6zv0ce8o --wait",
                "imagectl create-snapshot --disk-id d-bp1g6zv0ce8o --snapshot-name nightly",
            ],
            fields: FieldLister.fields(of: CreateSnapshotRequest.self),
            options: [wait, ShortForms.tag], positional: "DiskId"
        ) { invocation in
            let request = try invocation.request(CreateSnapshotRequest.self)
            let client = try await invocation.connect()
            let waiting = Waiting(
                client, invocation.output, timeout: invocation.settings.timeout)
            let response = try await make(CreateSnapshot.self, request, client, invocation)
            try invocation.output.line(response) { response.snapshotID }
            guard invocation.has("wait") else { return .done }
            let snapshot = try await interruptible {
                try await waiting.snapshot(
                    response.snapshotID, region: Invocation.defaultRegion)
            }
            if invocation.output.isJSON { try invocation.output.line(snapshot) { "" } }
            if snapshot.status == "accomplished" { return .done }
            throw Failure(
                .refused, snapshot.status,
                snapshot.failureReason.isEmpty
                    ? "\(snapshot.snapshotID) failed" : snapshot.failureReason)
        }
    }

    // MARK: Instances and disks

    private static var machineCommands: [Command] {
        [
            call(
                RegisterInstance.self, machines, "make a VM on this host known by its disk files",
                usage: "--disk PATH [--disk PATH ...] [FLAG ...]",
                details: """
                    The files stay yours: nothing here ever writes to them or removes them. A disk \
                    without a path is simulated: the rules apply to it, and no bytes are kept.
                    """,
                examples: [
                    "imagectl register-instance --instance-name web --disk web.raw --disk data.raw",
                    "imagectl register-instance --disk /dev/vg0/web,category=cloud_essd",
                    "imagectl register-instance --disk size=40 --disk size=100,category=cloud_ssd",
                ],
                options: [ShortForms.disk],
                show: { response, _, _, _ in
                    ([response.instanceID] + response.diskIDs).joined(separator: "\n")
                }),
            call(
                DescribeInstances.self, machines, "list instances", usage: "[FLAG ...]",
                examples: ["imagectl describe-instances --status Stopped"],
                show: { response, _, _, width in Views.instances(response, width) },
                after: { response, _, output in
                    tellCount(
                        response.instances.count, response.totalCount, "instances", "", output,
                        next: response.nextToken)
                }),
            call(
                DeleteInstance.self, machines, "forget an instance; its disk files stay",
                usage: "INSTANCE [FLAG ...]",
                examples: ["imagectl delete-instance i-bp1g6zv0ce8o --force"],
                positional: "InstanceId", show: { _, _, _, _ in "" },
                after: { _, request, output in
                    output.note("\(request.instanceID) is gone; registered files are untouched")
                }),
            call(
                DescribeDisks.self, machines, "list disks", usage: "[FLAG ...]",
                examples: ["imagectl describe-disks --instance-id i-bp1g6zv0ce8o"],
                show: { response, _, _, width in Views.disks(response, width) },
                after: { response, _, output in
                    tellCount(
                        response.disks.count, response.totalCount, "disks", "", output,
                        next: response.nextToken)
                }),
        ]
    }

    // MARK: The daemon

    private static var daemonCommands: [Command] {
        [
            status, watch,
            call(
                ReadEvents.self, daemon, "the changes so far, without waiting for more",
                usage: "[FLAG ...]",
                details: """
                    Answers at once if there are changes after --after-sequence, else when there \
                    is one or after 30 seconds.
                    """,
                examples: ["imagectl read-events --after-sequence 0"],
                show: { response, _, _, _ in Views.events(response) },
                after: { response, _, output in
                    output.note("next: --after-sequence \(response.sequence)")
                }),
            call(
                Version.self, daemon, "the daemon's version", usage: "",
                examples: ["imagectl version"]),
            call(
                Health.self, daemon, "the daemon's own figures, a line each", usage: "",
                examples: ["imagectl health --json"]),
            demo,
            Command(
                name: "help", group: daemon, summary: "this list, or all about one command",
                usage: "[COMMAND]", examples: ["imagectl help create-image"],
                // The parser answers it.
                run: { _ in .done }),
        ]
    }

    private static var status: Command {
        Command(
            name: "status", group: daemon, summary: "is the daemon there, and how is it",
            usage: "",
            details: "Exit status 1 if it is there but not ready. --json prints Health's answer.",
            examples: ["imagectl status", "imagectl status --socket /run/imaged/imaged.sock"]
        ) { invocation in
            let client = try await invocation.connect()
            let version = try await make(Version.self, VersionRequest(), client, invocation)
            let health = try await make(Health.self, HealthRequest(), client, invocation)
            try invocation.output.result(health) { _ in
                Views.status(version, health, socket: client.socketPath)
            }
            return health.ready ? .done : .refused
        }
    }

    private static var watch: Command {
        Command(
            name: "watch", operation: Watch.name, group: daemon,
            summary: "print changes as they happen", usage: "[FLAG ...]",
            details: "A line for each change, until Ctrl-C. With --json one object a line.",
            examples: [
                "imagectl watch", "imagectl watch --resource-id m-bp1g6zv0ce8o --json",
            ], fields: FieldLister.fields(of: WatchRequest.self)
        ) { invocation in
            let request = try invocation.request(WatchRequest.self)
            let client = try await invocation.connect()
            for try await response in client.watch(request) {
                for event in response.events {
                    try invocation.output.line(event) { Views.event(event) }
                }
            }
            return .done
        }
    }

    private static var demo: Command {
        Command(
            name: "demo", group: daemon, summary: "try it all, with a daemon and disks of its own",
            usage: "[--dir DIR] [--size MIB] [--keep]",
            details: """
                Makes a disk with a file system and files in it and a second one of scattered \
                data, starts a daemon for them alone, makes an image of both, exports it and \
                compares every byte. Nothing is left, unless --keep is given.
                """,
            examples: ["imagectl demo", "imagectl demo --size 2048 --dir /srv/try --keep"],
            options: [
                Option(
                    name: "dir", value: "DIR",
                    meaning: "A new directory to work in; without it one in $TMPDIR or /var/tmp."),
                Option(name: "keep", value: nil, meaning: "Leave the directory, and say where."),
                Option(
                    name: "size", value: "MIB",
                    meaning: "The first disk's size, 64 to 65536; without it 512."),
            ],
            run: { try await Demo.run($0) })
    }

    /// Says when a list is empty, or not all of what there is.
    private static func tellCount(
        _ count: Int, _ total: Int32, _ what: String, _ more: String, _ output: Output,
        next: String = ""
    ) {
        if count == 0 {
            output.note("no \(what)\(more)")
        } else if !next.isEmpty {
            output.note("more: --next-token \(printable(next))")
        } else if Int(total) > count {
            output.note("\(count) of \(total) \(what); --page-number and --page-size show others")
        }
    }
}

extension Output {
    /// One of several results: JSON takes one line then.
    func line<M: Message>(_ message: M, _ text: () -> String) throws {
        try print(isJSON ? JSONWriter.text(of: message, isIndented: false) : text())
    }
}
