import ECS
import System

extension Command {
    static var imageCommands: [Command] {
        [createImage] + imageLists + imageChanges + [exportImage, waitForImage]
    }

    private static var imageLists: [Command] {
        [
            call(
                DescribeImages.self, Group.images, "list images", usage: "[FLAG ...]",
                details: """
                    Without --status only images that are Available are listed; --status ALL lists \
                    all of them.
                    """,
                examples: [
                    "imagectl describe-images --status ALL",
                    "imagectl describe-images --image-family web --output jsonl",
                ], paging: .images,
                show: { response, request, width in
                    let isOne = response.images.count == 1 && !request.imageID.isEmpty
                    return isOne
                        ? Views.image(response.images[0], width)
                        : Views.images(response.images, width)
                },
                after: { response, request, output in
                    for image in response.images where !image.failureReason.isEmpty {
                        output.note(printable("\(image.imageID): \(image.failureReason)"))
                    }
                    let all = request.status.isEmpty ? "; --status ALL looks at all" : ""
                    tellCount(response.images.count, response.totalCount, "images", all, output)
                }),
            call(
                DescribeImageFromFamily.self, Group.images, "the newest image of a family",
                usage: "FAMILY [FLAG ...]", details: "Only images that are Available count.",
                examples: ["imagectl describe-image-from-family web"],
                positional: "ImageFamily",
                show: { response, _, width in Views.images(found(response), width) },
                after: { response, request, output in
                    if found(response).isEmpty {
                        output.note(
                            printable("no Available image of family \(request.imageFamily)"))
                    }
                }),
            call(
                DescribeImageSharePermission.self, Group.images, "whom an image is shared with",
                usage: "IMAGE [FLAG ...]",
                examples: ["imagectl describe-image-share-permission m-bp1g6zv0ce8o"],
                positional: "ImageId", paging: .accounts,
                show: { response, _, width in Views.shareAccounts(response, width) },
                after: { response, _, output in
                    tellCount(
                        response.accounts.count, response.totalCount, "accounts", "", output)
                }),
        ]
    }

    /// ECS answers with an empty image where there is none.
    private static func found(_ response: DescribeImageFromFamilyResponse) -> [Image] {
        response.image.map { $0.imageID.isEmpty ? [] : [$0] } ?? []
    }

    private static var imageChanges: [Command] {
        [
            change(
                ModifyImageAttribute.self, Group.images, "change an image's name, family, status",
                usage: "IMAGE [FLAG ...]", details: "What is not given stays as it is.",
                examples: [
                    "imagectl modify-image-attribute m-bp1g6zv0ce8o --image-name web-2",
                    "imagectl modify-image-attribute m-bp1g6zv0ce8o --status Deprecated",
                ], positional: "ImageId",
                note: { "\($0.imageID) is changed" }),
            call(
                CopyImage.self, Group.images, "copy an image to another region",
                usage: "IMAGE --destination-region-id REGION [FLAG ...]",
                details: """
                    Prints the copy's ID as soon as it is accepted. imagectl wait-for-image with \
                    --region-id REGION waits for it.
                    """,
                examples: [
                    "imagectl copy-image m-bp1g6zv0ce8o --destination-region-id cn-shanghai"
                ], positional: "ImageId",
                show: { response, _, _ in response.imageID }),
            change(
                CancelCopyImage.self, Group.images, "stop copying to an image",
                usage: "IMAGE [FLAG ...]",
                details: "IMAGE is the copy, and --region-id the region that it is made in.",
                examples: ["imagectl cancel-copy-image m-bp1h7aw1df9p --region-id cn-shanghai"],
                positional: "ImageId", note: { "copying to \($0.imageID) has ended" }),
            change(
                ModifyImageSharePermission.self, Group.images,
                "share an image with accounts, or no longer",
                usage: "IMAGE [--add-account A,B] [--remove-account C,D] [FLAG ...]",
                examples: [
                    "imagectl modify-image-share-permission m-bp1g6zv0ce8o --add-account team-b"
                ], positional: "ImageId", note: { "\($0.imageID) is shared as asked" }),
            change(
                DeleteImage.self, Group.images, "delete an image; its snapshots stay",
                usage: "IMAGE [FLAG ...]",
                details: "Deleting an image that is being made cancels its snapshots.",
                examples: ["imagectl delete-image m-bp1g6zv0ce8o"], positional: "ImageId",
                note: { "\($0.imageID) is gone" }),
        ]
    }

    private static var exportImage: Command {
        call(
            ExportImage.self, Group.images, "write one disk of an image to a new file",
            usage: "IMAGE (--output FILE | --oss-bucket BUCKET) [FLAG ...]",
            details: """
                The file is raw and sparse, has the disk's exact size, and is on disk when the \
                command ends. It must not exist yet. Ctrl-C leaves nothing behind. There is no \
                time limit without --timeout. With a bucket the command ends at once and prints \
                the task's ID. With --output - the disk goes to standard output: holes stay holes \
                in a new file, and are zeros elsewhere.
                """,
            examples: [
                "imagectl export-image m-bp1g6zv0ce8o --output web.raw",
                "imagectl export-image m-bp1g6zv0ce8o --device /dev/xvdb --output d.raw",
            ],
            options: [output], positional: "ImageId", hasNoTimeout: true,
            working: { $0.path }, instead: StreamedExport.image,
            show: { response, request, _ in
                if request.path.isEmpty { return printable(response.taskID) }
                return """
                    \(printable(request.path))  \(Views.bytes(response.sizeBytes)), \
                    \(Views.bytes(response.storedBytes)) of data
                    """
            })
    }

    private static var waitForImage: Command {
        call(
            WaitForImage.self, Group.images, "wait until an image is made, or has failed",
            usage: "IMAGE [--timeout SECONDS]",
            details: """
                Waits until the image is Available or CreateFailed, without --timeout as long as \
                it takes, and shows the progress; fails if the image has failed.
                """,
            examples: ["imagectl wait-for-image m-bp1g6zv0ce8o --timeout 600"],
            positional: "ImageId", hasNoTimeout: true,
            instead: { invocation in
                _ = try invocation.request(WaitForImageRequest.self)
                let client = try await invocation.connect()
                let request = try await invocation.request(WaitForImageRequest.self, client)
                let waiting = Waiting(client, invocation)
                let response = try await interruptible {
                    try await waiting.image(request.imageID, region: request.regionID)
                }
                try invocation.output.result(response) { width in
                    response.image.map { Views.image($0, width) } ?? ""
                }
                try requireAvailable(response.image)
                return .done
            })
    }

    private static func requireAvailable(_ image: Image?) throws {
        guard let image, image.status != "Available", image.status != "Deprecated" else { return }
        throw Failure(
            .refused, image.status,
            image.failureReason.isEmpty ? "\(image.imageID) failed" : image.failureReason)
    }

    private static var createImage: Command {
        command(
            CreateImage.self, Group.images, "make an image of an instance or of snapshots",
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
            options: [wait]
        ) { invocation in
            _ = try invocation.request(CreateImageRequest.self)
            let client = try await invocation.connect()
            let request = try await invocation.request(CreateImageRequest.self, client)
            let waiting = Waiting(client, invocation)
            let response = try await make(CreateImage.self, request, client, invocation)
            try invocation.output.line(response) { response.imageID }
            // A dry run makes nothing to wait for.
            guard invocation.has("wait"), !response.imageID.isEmpty else { return .done }
            let waited = try await interruptible {
                try await waiting.image(response.imageID, region: request.regionID)
            }
            if invocation.output.isJSON { try invocation.output.line(waited) { "" } }
            try requireAvailable(waited.image)
            return .done
        }
    }
}
