import ECS
import System

extension Command {
    static var snapshotCommands: [Command] {
        [
            createSnapshot,
            call(
                DescribeSnapshots.self, Group.snapshots, "list snapshots", usage: "[FLAG ...]",
                examples: [
                    "imagectl describe-snapshots --instance-id i-bp1g6zv0ce8o",
                    "imagectl describe-snapshots --snapshot-ids s-1,s-2 --json",
                ], paging: .snapshots,
                show: { response, _, width in Views.snapshots(response, width) },
                after: { response, _, output in
                    for snapshot in response.snapshots where !snapshot.failureReason.isEmpty {
                        output.note(printable("\(snapshot.snapshotID): \(snapshot.failureReason)"))
                    }
                    for snapshot in response.snapshots where !snapshot.damage.isEmpty {
                        output.note(printable("\(snapshot.snapshotID): \(snapshot.damage)"))
                    }
                    tellCount(
                        response.snapshots.count, response.totalCount, "snapshots", "", output,
                        next: response.nextToken)
                }),
            change(
                ModifySnapshotAttribute.self, Group.snapshots,
                "change a snapshot's name or description", usage: "SNAPSHOT [FLAG ...]",
                details: "What is not given stays as it is.",
                examples: [
                    "imagectl modify-snapshot-attribute s-bp1g6zv0ce8o --snapshot-name nightly"
                ], positional: "SnapshotId", note: { "\($0.snapshotID) is changed" }),
            change(
                DeleteSnapshot.self, Group.snapshots, "delete a snapshot",
                usage: "SNAPSHOT [FLAG ...]",
                details: "One that an image uses is refused. One in progress is cancelled.",
                examples: ["imagectl delete-snapshot s-bp1g6zv0ce8o"],
                positional: "SnapshotId", note: { "\($0.snapshotID) is gone" }),
        ]
    }

    private static var createSnapshot: Command {
        command(
            CreateSnapshot.self, Group.snapshots, "take a snapshot of a disk",
            usage: "DISK [FLAG ...]",
            details: """
                Prints the new snapshot's ID as soon as the job is accepted. With --json --wait \
                two lines are printed: the answer to CreateSnapshot, and the snapshot at its end.
                """,
            examples: [
                "imagectl create-snapshot d-bp1g6zv0ce8o --wait",
                "imagectl create-snapshot --disk-id d-bp1g6zv0ce8o --snapshot-name nightly",
            ],
            options: [wait], positional: "DiskId"
        ) { invocation in
            _ = try invocation.request(CreateSnapshotRequest.self)
            let client = try await invocation.connect()
            let request = try await invocation.request(CreateSnapshotRequest.self, client)
            let waiting = Waiting(client, invocation)
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
}
