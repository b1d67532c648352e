/// One error as the specification has it: what a client sees of it, to the letter.
struct Row: Sendable {
    let id: String
    let status: Int32
    let code: String
    /// `%s` is where a value goes.
    let message: String

    init(_ id: String, _ status: Int32, _ code: String, _ message: String) {
        self.id = id
        self.status = status
        self.code = code
        self.message = message
    }

    /// The row of `id`.
    static func of(_ id: String) -> Row {
        guard let row = byID[id] else { preconditionFailure("there is no row \(id)") }
        return row
    }

    /// The message with its values.
    func message(_ values: [String]) -> String {
        var text = message
        for value in values {
            guard let place = text.firstRange(of: "%s") else { break }
            text.replaceSubrange(place, with: value)
        }
        return text
    }

    private static let byID = Dictionary(uniqueKeysWithValues: all.map { ($0.id, $0) })

    /// Typed from the specification, and from nothing that the daemon is made of. `n` and `N` are
    /// letters of the messages.
    static let all: [Row] = [
        Row(
            "E-InvalidImageName.Malformed", 400, "InvalidImageName.Malformed",
            "The specified Image name is wrongly formed."),
        Row(
            "E-InvalidImageName.Duplicated", 400, "InvalidImageName.Duplicated",
            "The specified image name is already in use."),
        Row(
            "E-InvalidDescription.Malformed", 400, "InvalidDescription.Malformed",
            "The specified description is wrongly formed."),
        Row(
            "E-InvalidImageVersion.Malformed", 400, "InvalidImageVersion.Malformed",
            "The specified ImageVersion is wrongly formed."),
        Row(
            "E-IncorrectInstanceStatus", 400, "IncorrectInstanceStatus",
            "The current status of the instance does not support this operation."),
        Row(
            "E-InstanceLockedForSecurity", 400, "InstanceLockedForSecurity",
            """
            The specified operation is denied as your instance is locked for security reasons.
            """),
        Row(
            "E-InvalidDevice.Malformed", 400, "InvalidDevice.Malformed",
            "The specified parameter DiskDeviceMapping.n.Device is not valid."),
        Row(
            "E-MissingParameter", 400, "MissingParameter",
            """
            The input parameter SnapshotId or InstanceId or DiskDeviceMapping that is mandatory \
            for processing this request is not supplied.
            """),
        Row(
            "E-InvalidSize.ValueNotSupported", 400, "InvalidSize.ValueNotSupported",
            """
            The specified parameter DiskDeviceMapping.n.Size beyond the permitted range.
            """),
        Row(
            "E-InvalidDevice.InUse", 400, "InvalidDevice.InUse",
            "The specified parameter DiskDeviceMapping.n.Device has been occupied."),
        Row(
            "E-OperationDenied.400", 400, "OperationDenied",
            """
            The specified parameter DiskDeviceMapping.n.SnapshotId does not contain system disk \
            snapshot.
            """),
        Row(
            "E-InvalidDiskCategory.CreateImage", 400, "InvalidDiskCategory.CreateImage",
            "The specified diskCategory is not allowed to create image."),
        Row(
            "E-InvalidArchitecture.Malformed", 400, "InvalidArchitecture.Malformed",
            "The specified Architecture is wrongly formed."),
        Row(
            "E-InvalidPlatform.Malformed", 400, "InvalidPlatform.Malformed",
            "The specified Platform is wrongly formed."),
        Row(
            "E-InvalidParameter.AllEmpty", 400, "InvalidParameter.AllEmpty",
            "The parameters of DiskDeviceMapping.n cannot be all empty."),
        Row(
            "E-InvalidParameter.DiskType", 400, "InvalidParameter.DiskType",
            """
            The specified disk type which has kms key can't convert to system disk.
            """),
        Row("E-Duplicate.TagKey", 400, "Duplicate.TagKey", "The Tag.N.Key contain duplicate key."),
        Row(
            "E-InvalidTagKey.Malformed", 400, "InvalidTagKey.Malformed",
            "The specified Tag.n.Key is not valid."),
        Row(
            "E-InvalidTagValue.Malformed", 400, "InvalidTagValue.Malformed",
            "The specified Tag.n.Value is not valid."),
        Row(
            "E-InvalidInstance.NotFoundSystemDisk", 400, "InvalidInstance.NotFoundSystemDisk",
            "The specified instance does not have system disk."),
        Row(
            "E-InvalidImageFamily.Malformed", 400, "InvalidImageFamily.Malformed",
            "The format of the specified image family is invalid."),
        Row(
            "E-ImageQuotaExceed.ImageFamily", 400, "ImageQuotaExceed.ImageFamily",
            """
            The specified image family exceeds the maximum number of images for one image \
            family.
            """),
        Row(
            "E-ImageFamilyQuotaExceed", 400, "ImageFamilyQuotaExceed",
            "The number of image families exceeds the limit in the region."),
        Row(
            "E-InvalidDiskType.ValueNotSupported", 400, "InvalidDiskType.ValueNotSupported",
            "The specified disk type is not supported."),
        Row(
            "E-IdempotenceParamNotMatch", 400, "IdempotenceParamNotMatch",
            """
            Request uses a client token in a previous request but is not identical to that \
            request.
            """),
        Row(
            "E-InvalidBootMode.NotSupport", 400, "InvalidBootMode.NotSupport",
            """
            The specified parameter BootMode is not supported for current image architecture.
            """),
        Row(
            "E-InvalidParameter.FeaturesImdsSupport", 400, "InvalidParameter.FeaturesImdsSupport",
            "The specified parameter Features.ImdsSupport is not supported."),
        Row(
            "E-InvalidOperation.DiskCategoryUnsupported", 400,
            "InvalidOperation.DiskCategoryUnsupported",
            "The current category of the disk does not support this operation."),
        Row(
            "E-AccountForbidden.CreateOrder", 400, "AccountForbidden.CreateOrder",
            "Order cannot be created due to abnormal account."),
        Row(
            "E-InvalidBootMode.Malformed", 400, "InvalidBootMode.Malformed",
            """
            The specified parameter BootMode is invalid. Valid options are BIOS, UEFI, and \
            UEFI-Preferred.
            """),
        Row(
            "E-InvalidDetectionStrategy.Malformed", 400, "InvalidDetectionStrategy.Malformed",
            """
            The specified value for parameter DetectionStrategy is not supported. Please refer \
            to the documentation for accepted values.
            """),
        Row(
            "E-InternalError", 500, "InternalError",
            "The process of creating snapshot has failed due to some unknown error."),
        Row(
            "E-IncorrectDiskStatus.NeverAttached", 403, "IncorrectDiskStatus.NeverAttached",
            "The specified disk has never been attached to instance."),
        Row(
            "E-InvalidSnapshotId.NotReady", 403, "InvalidSnapshotId.NotReady",
            """
            The current status of the DiskDeviceMapping.n.SnapshotId or SnapshotId does not \
            support this operation.
            """),
        Row(
            "E-InvalidSnapshot.TooOld", 403, "InvalidSnapshot.TooOld",
            """
            This operation is denied because the specified snapshot by \
            DiskDeviceMapping.n.SnapshotId or SnapshotId is created before 2013-07-15.
            """),
        Row(
            "E-OperationDenied.403", 403, "OperationDenied",
            "The specified snapshot is not allowed to create image."),
        Row("E-QuotaExceed.Image", 403, "QuotaExceed.Image", "The Image Quota exceeds."),
        Row(
            "E-InvalidParamter.Conflict", 403, "InvalidParamter.Conflict",
            """
            The specified same token is trying to make requests with different parameters.
            """),
        Row(
            "E-InvalidAccountStatus.NotEnoughBalance", 403, "InvalidAccountStatus.NotEnoughBalance",
            "Your account does not have enough balance."),
        Row(
            "E-InvalidAccountStatus.SnapshotServiceUnavailable", 403,
            "InvalidAccountStatus.SnapshotServiceUnavailable",
            "Snapshot service has not been opened yet."),
        Row(
            "E-UserNotInTheWhiteList", 403, "UserNotInTheWhiteList",
            """
            The user is not in the white list of create image by data disk snapshot.
            """),
        Row(
            "E-IncorrectDiskStatus.Invalid", 403, "IncorrectDiskStatus.Invalid",
            "Device status is invalid, please restart instance and try again."),
        Row(
            "E-OperationDenied.InvalidSnapshotCategory", 403,
            "OperationDenied.InvalidSnapshotCategory",
            "The specified snapshot category Flash does not support this operation."),
        Row("E-QuotaExceed.Snapshot", 403, "QuotaExceed.Snapshot", "The snapshot quota exceeds."),
        Row(
            "E-IncorrectDiskStatus.Transferring", 403, "IncorrectDiskStatus.Transferring",
            """
            The specified device is transferring, you can retry after the process is finished.
            """),
        Row(
            "E-IncorrectDiskStatus", 403, "IncorrectDiskStatus",
            "The current disk status does not support this operation."),
        Row(
            "E-InvalidSystemSnapshot.Missing", 403, "InvalidSystemSnapshot.Missing",
            "The source snapshot %s of the system disk does not exist."),
        Row(
            "E-IncorrectDiskStatus.CreatingSnapshot", 403, "IncorrectDiskStatus.CreatingSnapshot",
            "A previous snapshot creation is in process."),
        Row(
            "E-InvalidParameter.KMSKeyId.CMKUnauthorized", 403,
            "InvalidParameter.KMSKeyId.CMKUnauthorized",
            "The CMK needs to be added ECS tag."),
        Row(
            "E-InvalidParameter.KMSKeyId.CMKNotEnabled", 403,
            "InvalidParameter.KMSKeyId.CMKNotEnabled",
            "The CMK needs to be enabled."),
        Row(
            "E-InvalidParameter.KMSKeyId.KMSUnauthorized", 403,
            "InvalidParameter.KMSKeyId.KMSUnauthorized",
            "ECS service have no right to access your KMS."),
        Row(
            "E-QuotaExceed.Tags", 403, "QuotaExceed.Tags",
            "The number of tags exceeds the limit: %s."),
        Row(
            "E-InvalidSnapshotCategory.NotSupportImageCreation", 403,
            "InvalidSnapshotCategory.NotSupportImageCreation",
            "The specified snapshot category does not support create image."),
        Row(
            "E-TooManySnapshot.Unfinished", 403, "TooManySnapshot.Unfinished",
            """
            There are too many snapshots being created, please wait for them to be created done.
            """),
        Row(
            "E-HibernationConfigured.InstanceOperationForbidden", 403,
            "HibernationConfigured.InstanceOperationForbidden",
            """
            The operation is not permitted due to limit of the hibernation configured instance.
            """),
        Row("E-SnapshotNotReady", 403, "SnapshotNotReady", "The specified snapshot is not ready."),
        Row(
            "E-IncorrectInstanceStatus.NeedRestart", 403, "IncorrectInstanceStatus.NeedRestart",
            """
            The instance needs to be restarted after adding a disk in a shutdown status.
            """),
        Row(
            "E-QuotaExceed.ConcurrentSnapshotQuota", 403, "QuotaExceed.ConcurrentSnapshotQuota",
            """
            The number of snapshots being created for the disk %s has exceeded the concurrent \
            quota (%s). Please wait for the previous snapshots to complete before trying again.
            """),
        Row(
            "E-InvalidOperation.SnapshotStorageLocationUnsupported", 403,
            "InvalidOperation.SnapshotStorageLocationUnsupported",
            """
            Snapshots with storage location in CloudBox do not support the current operation.
            """),
        Row(
            "E-AccountEnterpriseStatusInvalid", 403, "AccountEnterpriseStatusInvalid",
            """
            Your enterprise registration is marked as revoked/deregistered in the National \
            Enterprise Credit Information Publicity System. Account transaction features \
            (purchase/renewal/recharge) are disabled. Please update real-name certification via \
            Account Center. Restrictions will auto-remove after verification.
            """),
        Row(
            "E-InvalidOperation.DefaultFreeSnapshotNotSupport", 403,
            "InvalidOperation.DefaultFreeSnapshotNotSupport",
            """
            The specified snapshot is a default free snapshot and does not support this \
            operation.
            """),
        Row(
            "E-InvalidSnapshotId.NotFound", 404, "InvalidSnapshotId.NotFound",
            "The specified SnapshotId does not exist."),
        Row(
            "E-InvalidInstanceId.NotFound", 404, "InvalidInstanceId.NotFound",
            "The specified instance %s does not exist."),
        Row(
            "E-InvalidResourceGroup.NotFound", 404, "InvalidResourceGroup.NotFound",
            "The ResourceGroup provided does not exist in our records."),
        Row(
            "X-MissingParameter.RegionId", 400, "MissingParameter",
            """
            The input parameter "RegionId" that is mandatory for processing this request is not \
            supplied.
            """),
        Row(
            "X-InvalidRegionId.NotFound", 404, "InvalidRegionId.NotFound",
            "The specified RegionId does not exist."),
        Row(
            "X-InvalidClientToken", 403, "InvalidClientToken.Malformed",
            """
            The specified clientToken is improperly formatted. It must contain only ASCII \
            characters and must not exceed 64 characters in length.
            """),
        Row(
            "X-Forbidden", 403, "Forbidden",
            "User not authorized to operate on the specified resource."),
        Row(
            "X-DryRunOperation", 400, "DryRunOperation",
            "Request validation has been passed with DryRun flag set."),
        Row(
            "X-InvalidParameter", 400, "InvalidParameter",
            "The specified value of parameter \"%s\" is not valid."),
        Row(
            "X-ServiceUnavailable", 503, "ServiceUnavailable",
            "The request has failed due to a temporary failure of the server."),
        Row("X-Throttling", 400, "Throttling", "Request was denied due to request throttling."),
        Row(
            "X-IdempotentProcessing", 403, "IdempotentProcessing",
            "The previous idempotent request(s) is still processing."),
        Row(
            "D-TwoSystemDisks", 400, "OperationDenied",
            """
            The specified parameter DiskDeviceMapping.n.SnapshotId contains two or more system \
            disk snapshots.
            """),
    ]
}
