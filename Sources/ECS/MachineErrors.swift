/// Errors of the operations on instances and disks (`AlibabaCloudDocs/ecs`, SDK doc comments).
extension ECSError {
    /// E-IncorrectInstanceStatus's code with the status that operations on instances give it.
    public static let incorrectInstanceStatus403 = ECSError(
        403, "IncorrectInstanceStatus",
        "The current status of the resource does not support this operation.")
    /// An instance that has not begun to run cannot be deleted yet.
    public static let incorrectInstanceStatusInitializing = ECSError(
        403, "IncorrectInstanceStatus.Initializing",
        "The specified instance status does not support this operation.")
    /// E-InstanceLockedForSecurity's code with the status that operations on instances give it.
    public static let instanceLockedForSecurity403 = ECSError(
        403, "InstanceLockedForSecurity",
        "The specified operation is denied as your instance is locked for security reasons.")
    /// E-InvalidInstance.NotFoundSystemDisk's code as StartInstance gives it.
    public static let invalidInstanceNotFoundSystemDisk403 = ECSError(
        403, "InvalidInstance.NotFoundSystemDisk",
        "The specified instance does not have system disk.")
    /// What a DryRun of Start-, Stop- and DeleteInstance(s) answers when all is well (D-DryRun).
    public static let dryRunSuccess = ECSError(
        400, "DRYRUN.SUCCESS", "This request is a dryrun request with successful result.")

    public static let diskCreatingSnapshot = ECSError(
        403, "DiskCreatingSnapshot",
        "The operation is denied due to a snapshot of the specified disk is not completed yet.")
    public static let diskStillAttached = ECSError(
        403, "DiskStillAttached", "The disk is still attached to the disk.")
    public static let diskNotPortable = ECSError(
        403, "DiskNotPortable", "The specified disk is not a portable disk.")
    /// DetachDisk of a disk that the instance does not have.
    public static let dependencyViolationDisk = ECSError(
        403, "DependencyViolation",
        "The specified disk has not been attached on the specified instance.")
    public static let instanceDiskLimitExceeded = ECSError(
        403, "InstanceDiskLimitExceeded",
        "The amount of the disk on instance in question reach its limits.")
    public static let resourcesNotInSameZone = ECSError(
        403, "ResourcesNotInSameZone", "The specified instance and disk are not in the same zone.")
    /// AttachDisk's Device; E-InvalidDevice.Malformed is CreateImage's.
    public static let invalidDeviceMalformedAttach = ECSError(
        400, "InvalidDevice.Malformed", "The specified device is not valid.")
    public static let invalidDeviceInUse403 = ECSError(
        403, "InvalidDevice.InUse", "The specified device has been occupied.")
    /// A snapshot that a disk cannot be made of yet.
    public static let invalidSnapshotIdNotReadyForDisk = ECSError(
        403, "InvalidSnapshotId.NotReady", "The specified snapshot has not completed yet.")
    public static let missingDiskSize = ECSError(
        400, "MissingParameter",
        "The input parameter either \"SnapshotId\" or \"Size\" should be specified.")
    public static let invalidParameterEncryptedIllegal = ECSError(
        400, "InvalidParameter.EncryptedIllegal",
        "The specified parameter Encrypted must be true when kmsKeyId is not empty.")

    /// Those of the above whose codes nothing else has: a fault rule can be told to answer them.
    static let machineErrors: [ECSError] = [
        .incorrectInstanceStatusInitializing, .diskCreatingSnapshot, .diskStillAttached,
        .diskNotPortable, .dependencyViolationDisk, .instanceDiskLimitExceeded,
        .resourcesNotInSameZone, .invalidDeviceInUse403,
    ]
}
