import ECS

extension Command {
    static var diskCommands: [Command] {
        [
            call(
                CreateDisk.self, Group.disks, "make a disk, empty or from a snapshot",
                usage: "[--size GIB] [--snapshot-id SNAPSHOT] [--path FILE] [FLAG ...]",
                details: "Prints the new disk's ID.",
                examples: [
                    "imagectl create-disk --zone-id cn-hangzhou-h --size 100",
                    "imagectl create-disk --instance-id i-bp1g6zv0ce8o --snapshot-id s-bp1g6zv0",
                ],
                show: { response, _, _ in response.diskID }),
            call(
                DescribeDisks.self, Group.disks, "list disks", usage: "[FLAG ...]",
                examples: ["imagectl describe-disks --instance-id i-bp1g6zv0ce8o"], paging: .disks,
                show: { response, _, width in Views.disks(response, width) },
                after: { response, _, output in
                    tellCount(
                        response.disks.count, response.totalCount, "disks", "", output,
                        next: response.nextToken)
                }),
            change(
                AttachDisk.self, Group.disks, "attach a disk to an instance",
                usage: "DISK --instance-id INSTANCE [FLAG ...]",
                examples: ["imagectl attach-disk d-bp1g6zv0ce8o --instance-id i-bp1g6zv0ce8o"],
                positional: "DiskId", note: { "\($0.diskID) goes to \($0.instanceID)" }),
            change(
                DetachDisk.self, Group.disks, "detach a disk from its instance",
                usage: "DISK --instance-id INSTANCE [FLAG ...]",
                examples: ["imagectl detach-disk d-bp1g6zv0ce8o --instance-id i-bp1g6zv0ce8o"],
                positional: "DiskId", note: { "\($0.diskID) leaves \($0.instanceID)" }),
            call(
                ReplaceSystemDisk.self, Group.disks, "give an instance a new system disk",
                usage: "INSTANCE --image-id IMAGE [FLAG ...]",
                details: """
                    The instance must be Stopped. Its old system disk goes; the new one's ID is \
                    printed.
                    """,
                examples: [
                    "imagectl replace-system-disk i-bp1g6zv0ce8o --image-id m-bp1g6zv0ce8o"
                ], positional: "InstanceId",
                show: { response, _, _ in response.diskID }),
            change(
                DeleteDisk.self, Group.disks, "delete a disk that is attached to nothing",
                usage: "DISK", examples: ["imagectl delete-disk d-bp1g6zv0ce8o"],
                positional: "DiskId", note: { "\($0.diskID) is gone" }),
        ]
    }
}
