extension Meanings {
    /// What the flags under `imagectl fixture` mean.
    static let fixtures: [String: String] = [
        // MARK: Accounts
        "CreateAccount.AccountId": "Its ID: 1 to 64 letters, digits, -, _ and .; first no - or .",
        "DropAccount.AccountId": "The account.",
        "SetAccount.OrderAllowed": "Whether it may order what costs money.",
        "SetAccount.EnterpriseStatus": "Its enterprise account: normal, revoked or deregistered.",
        "SetAccount.Balance": "Its money.",
        "SetAccount.MinimumBalance": "The money that it must have.",
        "SetAccount.SnapshotServiceOpened": "Whether it has opened the snapshot service.",
        "SetAccount.DataDiskImageWhitelist": "Whether a data disk's snapshot may be a system disk.",
        "SetAccount.KMSAuthorized": "Whether ECS may use its KMS keys.",
        "SetAccount.IdempotentProcessing": """
        Whether a request is refused (IdempotentProcessing) while the same one is in flight; else \
        it waits.
        """,
        "SetLimits.Limit.N.Name": "A limit's name, as the configuration file spells it.",
        "SetLimits.Limit.N.Value": "That limit's value.",
        "SetKMSKey.KMSKeyId": "The key.",
        "SetKMSKey.Enabled": "Whether it can be used.",
        "SetKMSKey.EcsTag": "Whether it has the tag that lets ECS use it.",
        "CreateResourceGroup.Name": "Its name, at most 128 bytes.",
        "SetRamUser.RamUser": "The user's name, 1 to 64 bytes; as a flag --RamUser works as well.",
        "SetRamUser.Policy.N.PolicyDocument": """
        A policy document, JSON: Version, Statement, Effect, Action, Resource. --policy reads it \
        from a file.
        """,
        "SetRamUser.Policy.N.ResourceGroupId": """
        The resource group that policy N counts for; without it all.
        """,
        "SetRamUser.IsDeleted": "Delete the user.",

        // MARK: The clock
        "SetClock.Time": "What it shows: yyyy-MM-ddTHH:mm:ssZ; without it what it shows now.",
        "SetClock.IsFrozen": "Whether it stands still.",
        "AdvanceClock.Seconds": "By how many seconds.",
        "AdvanceClock.Milliseconds": "And by how many milliseconds.",

        // MARK: Resources
        "SetInstance.InstanceId": "The instance.",
        "SetInstance.Status": "Pending, Starting, Running, Stopping or Stopped.",
        "SetInstance.OperationLock.N.LockReason": """
        Lock it for this reason: financial, security, recycling or dedicatedhostfinancial. These \
        locks take the place of those it has.
        """,
        "SetInstance.OperationLock.N.LockMsg": "What lock N says about itself.",
        "SetInstance.IsLocked": "false: take its locks away.",
        "SetInstance.HibernationConfigured": "Whether it can be hibernated.",
        "SetInstance.NeedsRestart": "Whether it must be restarted first.",
        "SetDisk.DiskId": "The disk.",
        "SetDisk.Status": """
        In_use, Available, Attaching, Detaching, Creating, ReIniting or Transferring.
        """,
        "SetDisk.Category": "Its category: cloud_essd, local_ssd_pro ...",
        "SetDisk.DeviceInvalid": "Whether its device is invalid, until its instance starts.",
        "SetDisk.NeverAttached": "true: as if it had never been attached.",
        "SetDisk.Encrypted": "Whether it is encrypted.",
        "SetSnapshot.SnapshotId": "The snapshot.",
        "SetSnapshot.Category": "standard, flash or archive.",
        "SetSnapshot.StorageLocation": "Region or CloudBox.",
        "SetSnapshot.DefaultFree": "Whether it is a default free snapshot.",
        "SetSnapshot.CreationTime": "When it was made: yyyy-MM-ddTHH:mm:ssZ.",
        "SetSnapshot.Encrypted": "Whether it is encrypted.",
        "SetImage.Status": "Available, UnAvailable, Deprecated or CreateFailed.",
        "SetImage.ImageOwnerAlias": "self or marketplace.",
        "SetImage.ImageVersion": "Its version, up to 40 characters.",
        "SetImage.ProductCode": "Its product's code in the marketplace.",

        // MARK: Jobs
        "HoldJobs.ResourceId": "Only those of these images and snapshots.",
        "HoldJobs.Count": "Only the oldest so many.",
        "ReleaseJobs.ResourceId": "Only those of these images and snapshots.",
        "ReleaseJobs.Count": "Only the oldest so many.",
        "StepJobs.ResourceId": "Only those of these images and snapshots.",
        "StepJobs.Count": "Only the oldest so many.",
        "FinishJobs.ResourceId": "Only those of these images and snapshots.",
        "FinishJobs.Count": "Only the oldest so many.",
        "FailJobs.ResourceId": "Only those of these images and snapshots.",
        "FailJobs.Count": "Only the oldest so many.",
        "FailJobs.Reason": "What their failure is called.",

        // MARK: Faults
        "AddFaultRule.Operation":
            "The operation whose requests it is about; without it CreateImage.",
        "AddFaultRule.Action": "hold or fail.",
        "AddFaultRule.Code": "What they fail with: InternalError, ServiceUnavailable ...",
        "AddFaultRule.Times": "For how many requests; without it 1; 0: until it is removed.",
        "AddFaultRule.HoldMilliseconds": """
        How long it holds a request, in real time; without it 60000.
        """,
        "AddFaultRule.ClientToken": "Only requests with this token.",
        "RemoveFaultRule.FaultRuleId": "The rule's number.",
        "ReleaseRequests.FaultRuleId": "Only those that this rule holds.",
        "ReleaseRequests.Count": "Only the oldest so many.",
        "ReleaseRequests.Code": "Let them fail with this code; without it they go on.",
    ]
}
