import ECS

extension Command {
    /// The operations on what snapshots store, each as it is.
    static var dataCommands: [Command] {
        [
            exportSnapshot,
            call(
                ReadSnapshot.self, Group.snapshots, "what a snapshot has at one place",
                usage: "SNAPSHOT --length BYTES [--offset BYTES]",
                details: """
                    One piece of the disk: data, in base64, or how many bytes of a hole follow. \
                    export-snapshot --output - reads all of it.
                    """,
                examples: ["imagectl read-snapshot s-bp1g6zv0ce8o --length 512 --json"],
                positional: "SnapshotId"),
            call(
                VerifySnapshot.self, Group.snapshots, "one step of a verification",
                usage: "[SNAPSHOT] [FLAG ...]",
                details: "imagectl verify takes all of the steps, and shows the progress.",
                examples: ["imagectl verify-snapshot s-bp1g6zv0ce8o --max-bytes 268435456 --json"],
                positional: "SnapshotId", hasNoTimeout: true),
            call(
                DescribeUsage.self, Group.snapshots, "what disks, snapshots or images take",
                usage: "--resource-type (disk | snapshot | image) [FLAG ...]",
                details: "imagectl usage shows all three, with the totals.",
                examples: ["imagectl describe-usage --resource-type snapshot --max-results 10"],
                paging: .usage,
                show: { response, _, width in Views.usage(response.usage, "RESOURCE", width) },
                after: { response, _, output in
                    tellCount(
                        response.usage.count, 0, "usage", "", output, next: response.nextToken)
                }),
        ]
    }

    private static var exportSnapshot: Command {
        call(
            ExportSnapshot.self, Group.snapshots, "write a snapshot's disk to a new file",
            usage: "SNAPSHOT --output FILE [FLAG ...]",
            details: """
                The file is raw and sparse, has the disk's exact size, and is on disk when the \
                command ends. It must not exist yet. Ctrl-C leaves nothing behind. There is no \
                time limit without --timeout. With --output - the disk goes to standard output: \
                holes stay holes in a new file, and are zeros elsewhere.
                """,
            examples: ["imagectl export-snapshot s-bp1g6zv0ce8o --output web.raw"],
            options: [output], positional: "SnapshotId", hasNoTimeout: true,
            working: { $0.path }, instead: StreamedExport.snapshot,
            show: { response, request, _ in
                """
                \(printable(request.path))  \(Views.bytes(response.sizeBytes)), \
                \(Views.bytes(response.storedBytes)) of data
                """
            })
    }
}

extension Views {
    /// - Parameter title: what the resources are.
    static func usage(_ usage: [Usage], _ title: String, _ width: Int?) -> String {
        table(
            usage, width,
            [
                .init(title: title), .init(title: "LOGICAL", isNumber: true),
                .init(title: "STORED", isNumber: true),
                .init(title: "RECLAIMABLE", isNumber: true),
                .init(title: "NAME", isFlexible: true),
            ]
        ) {
            [
                $0.resourceID, bytes($0.logicalBytes), bytes($0.storedBytes),
                bytes($0.reclaimableBytes), $0.name,
            ]
        }
    }
}
