import ECS

/// The values that a field can have, where these are finite: for completion, and for "did you
/// mean". The daemon judges: what is missing here is only not proposed.
enum Choices {
    /// - Parameter path: with N or a number for a place in a list.
    /// - Returns: none: the field takes anything, or is not known.
    static func of(_ path: String, in operation: String) -> [String] {
        let general = path.split(separator: ".")
            .map { $0.allSatisfy(\.isNumber) ? "N" : $0 }.joined(separator: ".")
        return table["\(operation).\(general)"] ?? table[general] ?? []
    }

    private static let support = ["supported", "unsupported"]
    private static let diskTypes = ["system", "data"]

    private static let table: [String: [String]] = [
        "RegionId": Values.regions,
        "DestinationRegionId": Values.regions,
        "Platform": Values.platforms,
        "BootMode": Values.bootModes,
        "Architecture": Values.architectures,
        "DetectionStrategy": ["Standard"],
        "Features.ImdsSupport": Values.imdsSupport,
        "Features.NvmeSupport": support,
        "Features.CpuOnlineUpgrade": support,
        "Features.MemoryOnlineUpgrade": support,
        "LicenseType": ["Auto", "Aliyun", "BYOL"],
        "ImageOwnerAlias": DescribeImagesRequest.ownerAliases,
        "OSType": ["linux", "windows"],
        "ActionType": ["CreateEcs", "ChangeOS"],
        "Filter.N.Key": ["CreationStartTime", "CreationEndTime"],
        "DescribeImages.Status": Values.imageStatuses + ["ALL"],
        "DescribeImages.Usage": ["instance", "none"],
        "ModifyImageAttribute.Status": ["Available", "Deprecated"],
        "DescribeSnapshots.Status": ["progressing", "accomplished", "failed", "all"],
        "DescribeSnapshots.Usage": ["image", "disk", "image_disk", "none"],
        "DescribeSnapshots.Category": ["standard", "flash", "archive"],
        "SnapshotType": ["auto", "user", "all"],
        "SourceDiskType": diskTypes,
        "CreateSnapshot.Category": ["standard", "flash"],
        "DescribeInstances.Status": Values.instanceStatuses,
        "RegisterInstance.Status": ["Stopped", "Running"],
        "BatchOptimization": ["AllTogether", "SuccessFirst"],
        "StoppedMode": ["KeepCharging", "StopCharging"],
        "HttpTokens": ["optional", "required"],
        "Disk.N.Format": ["raw"],
        "Disk.N.Type": diskTypes,
        "Disk.N.Category": Values.categories,
        "DataDisk.N.Category": Values.categories,
        "SystemDisk.Category": Values.categories,
        "DiskDeviceMapping.N.DiskType": diskTypes,
        "DiskCategory": Values.categories,
        "DescribeDisks.Category": Values.categories + ["all"],
        "DescribeDisks.Status": Values.diskStatuses + ["All"],
        "DiskType": diskTypes + ["all"],
        "ResourceType": Names.Kind.allCases.map(\.rawValue),
        "DescribeUsage.ResourceType": ["disk", "snapshot", "image"],
        "SetAccount.EnterpriseStatus": ["normal", "revoked", "deregistered"],
        "SetInstance.Status": Values.instanceStatuses,
        "SetInstance.OperationLock.N.LockReason": [
            "financial", "security", "recycling", "dedicatedhostfinancial",
        ],
        "SetDisk.Status": Values.diskStatuses,
        "SetDisk.Category": Values.categories,
        "SetSnapshot.Category": ["standard", "flash", "archive"],
        "SetSnapshot.StorageLocation": ["Region", "CloudBox"],
        "SetImage.Status": ["Available", "UnAvailable", "Deprecated", "CreateFailed"],
        "SetImage.ImageOwnerAlias": ["self", "marketplace"],
        "AddFaultRule.Action": ["hold", "fail"],
        "AddFaultRule.Operation": allOperations.filter { $0.service == .ecs }.map { $0.name },
        "Limit.N.Name": [
            "Images", "ImagesPerFamily", "Families", "SnapshotsPerDisk", "ConcurrentPerDisk",
            "ConcurrentPerOldDisk", "UnfinishedSnapshots", "Workers", "Tags", "DataDisks",
            "Mappings", "TokenLength", "SimulatedBaseMilliseconds", "SimulatedMillisecondsPerGiB",
            "SimulatedMaxMilliseconds", "ImageFromSnapshotsMilliseconds",
            "InstanceMoveMilliseconds",
        ],
    ]
}
