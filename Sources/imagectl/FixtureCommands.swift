import ECS

/// What stands under `imagectl fixture`: accounts, clocks, resources. `JobCommands.swift` has the
/// rest.
extension Command {
    static var fixtureCommands: [Command] { accountCommands + clockCommands + resourceCommands }

    private static var accountCommands: [Command] {
        [
            call(
                CreateAccount.self, Group.accounts, "make an account", usage: "[ACCOUNT]",
                details: """
                    As every account is born. Prints its ID, for --account; without ACCOUNT it is \
                    a new one.
                    """,
                examples: [
                    "imagectl fixture create-account", "imagectl fixture create-account team-a",
                ], positional: "AccountId",
                show: { response, _, _ in response.accountID }),
            change(
                DropAccount.self, Group.accounts, "drop an account and all that it has",
                usage: "ACCOUNT", details: "Only one that create-account has made.",
                examples: ["imagectl fixture drop-account team-a"], positional: "AccountId",
                note: { "\($0.accountID) is gone" }),
            call(
                DescribeAccount.self, Group.accounts, "show all that is set of the account",
                usage: "", examples: ["imagectl fixture describe-account --account team-a"],
                show: { response, _, _ in Views.account(response) }),
            change(
                SetAccount.self, Group.accounts, "set its standing: money, rights, approvals",
                usage: "[FLAG ...]", details: "What is not given stays as it is.",
                examples: [
                    "imagectl fixture set-account --account team-a --balance -1",
                    "imagectl fixture set-account --enterprise-status revoked",
                ], note: { _ in "the account is set" }),
            call(
                SetLimits.self, Group.accounts, "set its limits, and show all", usage: "[FLAG ...]",
                examples: [
                    "imagectl fixture set-limits --limit Images=5 --limit Workers=1",
                    "imagectl fixture set-limits --account team-a",
                ], options: [ShortForms.limit],
                show: { response, _, _ in Views.limits(response.limits) }),
            change(
                SetKMSKey.self, Group.accounts, "set a KMS key's state", usage: "KEY [FLAG ...]",
                details: "A key that nobody has set is enabled and has the tag.",
                examples: ["imagectl fixture set-kms-key key-1 --enabled=false"],
                positional: "KMSKeyId", note: { "\($0.kmsKeyID) is set" }),
            call(
                CreateResourceGroup.self, Group.accounts, "make a resource group", usage: "NAME",
                details: "Prints its ID.",
                examples: ["imagectl fixture create-resource-group web"], positional: "Name",
                show: { response, _, _ in response.resourceGroupID }),
            change(
                SetRamUser.self, Group.accounts, "set a RAM user and what it may do",
                usage: "USER [--policy [GROUP=]FILE ...] [FLAG ...]",
                details: """
                    The policies take the place of those it had; without any it may do nothing. \
                    The global flag --ram-user USER then acts as this user.
                    """,
                examples: [
                    "imagectl fixture set-ram-user reader --policy read.json",
                    "imagectl fixture set-ram-user dev --policy rg-bp1g6zv0ce=write.json",
                    "imagectl fixture set-ram-user dev --is-deleted",
                ], options: [ShortForms.policy], positional: "RamUser",
                note: { "\($0.ramUser) is \($0.isDeleted ?? false ? "gone" : "set")" }),
        ]
    }

    private static var clockCommands: [Command] {
        [
            call(
                SetClock.self, Group.clock, "set the account's clock, freeze it, let it go",
                usage: "[TIME] [--is-frozen[=true|false]]",
                details: "TIME is yyyy-MM-ddTHH:mm:ssZ. Prints what the clock shows.",
                examples: [
                    "imagectl fixture set-clock 2026-01-01T00:00:00Z --is-frozen",
                    "imagectl fixture set-clock --is-frozen=false",
                ], positional: "Time", show: { response, _, _ in Views.clock(response.clock) }),
            call(
                AdvanceClock.self, Group.clock, "move the account's clock on",
                usage: "[SECONDS] [--milliseconds NUMBER]",
                details: "Only forward. Prints what the clock shows.",
                examples: [
                    "imagectl fixture advance-clock 86400",
                    "imagectl fixture advance-clock --milliseconds 1500",
                ], positional: "Seconds", show: { response, _, _ in Views.clock(response.clock) }),
        ]
    }

    private static var resourceCommands: [Command] {
        [
            change(
                SetInstance.self, Group.resources, "set an instance's status, locks, flags",
                usage: "INSTANCE [FLAG ...]", details: "What is not given stays as it is.",
                examples: [
                    "imagectl fixture set-instance i-bp1g6zv0ce8o --lock security",
                    "imagectl fixture set-instance i-bp1g6zv0ce8o --is-locked=false",
                    "imagectl fixture set-instance i-bp1g6zv0ce8o --status Starting",
                ], options: [ShortForms.lock], positional: "InstanceId",
                note: { "\($0.instanceID) is set" }),
            change(
                SetDisk.self, Group.resources, "set a disk's status, category, flags",
                usage: "DISK [FLAG ...]", details: "What is not given stays as it is.",
                examples: [
                    "imagectl fixture set-disk d-bp1g6zv0ce8o --status Transferring",
                    "imagectl fixture set-disk d-bp1g6zv0ce8o --device-invalid",
                ], positional: "DiskId", note: { "\($0.diskID) is set" }),
            change(
                SetSnapshot.self, Group.resources, "set a snapshot's category, place, age",
                usage: "SNAPSHOT [FLAG ...]", details: "What is not given stays as it is.",
                examples: [
                    "imagectl fixture set-snapshot s-bp1g6zv0ce8o --category archive",
                    "imagectl fixture set-snapshot s-bp1g6zv0ce8o --storage-location CloudBox",
                ], positional: "SnapshotId", note: { "\($0.snapshotID) is set" }),
            change(
                SetImage.self, Group.resources, "set an image's status, owner, product",
                usage: "IMAGE [FLAG ...]", details: "What is not given stays as it is.",
                examples: [
                    "imagectl fixture set-image m-bp1g6zv0ce8o --status UnAvailable",
                    "imagectl fixture set-image m-bp1g6zv0ce8o --image-owner-alias marketplace",
                ], positional: "ImageId", note: { "\($0.imageID) is set" }),
        ]
    }
}
