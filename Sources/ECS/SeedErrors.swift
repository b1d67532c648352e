/// The errors that the seed's table names for CreateImage, in its order and spelling
/// (`InvalidParamter.Conflict`, `ImageQuotaExceed`), then those that its callers meet beside them.
extension ECSError {
    /// E-InvalidImageName.Malformed, row 1.
    public static let invalidImageNameMalformed = ECSError(
        400, "InvalidImageName.Malformed", "The specified Image name is wrongly formed.")

    /// E-InvalidImageName.Duplicated, row 2.
    public static let invalidImageNameDuplicated = ECSError(
        400, "InvalidImageName.Duplicated", "The specified image name is already in use.")

    /// E-InvalidDescription.Malformed, row 3.
    public static let invalidDescriptionMalformed = ECSError(
        400, "InvalidDescription.Malformed", "The specified description is wrongly formed.")

    /// E-InvalidImageVersion.Malformed, row 4.
    public static let invalidImageVersionMalformed = ECSError(
        400, "InvalidImageVersion.Malformed", "The specified ImageVersion is wrongly formed.")

    /// E-IncorrectInstanceStatus, row 5.
    public static let incorrectInstanceStatus = ECSError(
        400, "IncorrectInstanceStatus",
        "The current status of the instance does not support this operation.")

    /// E-InstanceLockedForSecurity, row 6.
    public static let instanceLockedForSecurity = ECSError(
        400, "InstanceLockedForSecurity",
        "The specified operation is denied as your instance is locked for security reasons."
    ).hinting("Its OperationLocks hold the reason security, until a fixture takes it away.")

    /// E-InvalidDevice.Malformed, row 7.
    public static let invalidDeviceMalformed = ECSError(
        400, "InvalidDevice.Malformed",
        "The specified parameter DiskDeviceMapping.n.Device is not valid.")

    /// E-MissingParameter, row 8.
    public static let missingParameter = ECSError(
        400, "MissingParameter",
        """
        The input parameter SnapshotId or InstanceId or DiskDeviceMapping that is \
        mandatory for processing this request is not supplied.
        """)

    /// E-InvalidSize.ValueNotSupported, row 9.
    public static let invalidSizeValueNotSupported = ECSError(
        400, "InvalidSize.ValueNotSupported",
        "The specified parameter DiskDeviceMapping.n.Size beyond the permitted range.")

    /// E-InvalidDevice.InUse, row 10.
    public static let invalidDeviceInUse = ECSError(
        400, "InvalidDevice.InUse",
        "The specified parameter DiskDeviceMapping.n.Device has been occupied.")

    /// E-OperationDenied.400, row 11.
    public static let operationDenied400 = ECSError(
        400, "OperationDenied",
        """
        The specified parameter DiskDeviceMapping.n.SnapshotId does not contain system \
        disk snapshot.
        """)

    /// E-InvalidDiskCategory.CreateImage, row 12.
    public static let invalidDiskCategoryCreateImage = ECSError(
        400, "InvalidDiskCategory.CreateImage",
        "The specified diskCategory is not allowed to create image.")

    /// E-InvalidArchitecture.Malformed, row 13.
    public static let invalidArchitectureMalformed = ECSError(
        400, "InvalidArchitecture.Malformed", "The specified Architecture is wrongly formed.")

    /// E-InvalidPlatform.Malformed, row 14.
    public static let invalidPlatformMalformed = ECSError(
        400, "InvalidPlatform.Malformed", "The specified Platform is wrongly formed.")

    /// E-InvalidParameter.AllEmpty, row 15.
    public static let invalidParameterAllEmpty = ECSError(
        400, "InvalidParameter.AllEmpty",
        "The parameters of DiskDeviceMapping.n cannot be all empty.")

    /// E-InvalidParameter.DiskType, row 16.
    public static let invalidParameterDiskType = ECSError(
        400, "InvalidParameter.DiskType",
        "The specified disk type which has kms key can't convert to system disk.")

    /// E-Duplicate.TagKey, row 17.
    public static let duplicateTagKey = ECSError(
        400, "Duplicate.TagKey", "The Tag.N.Key contain duplicate key.")

    /// E-InvalidTagKey.Malformed, row 18.
    public static let invalidTagKeyMalformed = ECSError(
        400, "InvalidTagKey.Malformed", "The specified Tag.n.Key is not valid.")

    /// E-InvalidTagValue.Malformed, row 19.
    public static let invalidTagValueMalformed = ECSError(
        400, "InvalidTagValue.Malformed", "The specified Tag.n.Value is not valid.")

    /// E-InvalidInstance.NotFoundSystemDisk, row 20.
    public static let invalidInstanceNotFoundSystemDisk = ECSError(
        400, "InvalidInstance.NotFoundSystemDisk",
        "The specified instance does not have system disk.")

    /// E-InvalidImageFamily.Malformed, row 21.
    public static let invalidImageFamilyMalformed = ECSError(
        400, "InvalidImageFamily.Malformed",
        "The format of the specified image family is invalid.")

    /// E-ImageQuotaExceed.ImageFamily, row 22.
    public static let imageQuotaExceedImageFamily = ECSError(
        400, "ImageQuotaExceed.ImageFamily",
        "The specified image family exceeds the maximum number of images for one image family.")

    /// E-ImageFamilyQuotaExceed, row 23.
    public static let imageFamilyQuotaExceed = ECSError(
        400, "ImageFamilyQuotaExceed",
        "The number of image families exceeds the limit in the region.")

    /// E-InvalidDiskType.ValueNotSupported, row 24.
    public static let invalidDiskTypeValueNotSupported = ECSError(
        400, "InvalidDiskType.ValueNotSupported", "The specified disk type is not supported.")

    /// E-IdempotenceParamNotMatch, row 25.
    public static let idempotenceParamNotMatch = ECSError(
        400, "IdempotenceParamNotMatch",
        """
        Request uses a client token in a previous request but is not identical to that \
        request.
        """)

    /// E-InvalidBootMode.NotSupport, row 26.
    public static let invalidBootModeNotSupport = ECSError(
        400, "InvalidBootMode.NotSupport",
        "The specified parameter BootMode is not supported for current image architecture.")

    /// E-InvalidParameter.FeaturesImdsSupport, row 27.
    public static let invalidParameterFeaturesImdsSupport = ECSError(
        400, "InvalidParameter.FeaturesImdsSupport",
        "The specified parameter Features.ImdsSupport is not supported.")

    /// E-InvalidOperation.DiskCategoryUnsupported, row 28.
    public static let invalidOperationDiskCategoryUnsupported = ECSError(
        400, "InvalidOperation.DiskCategoryUnsupported",
        "The current category of the disk does not support this operation.")

    /// E-AccountForbidden.CreateOrder, row 29.
    public static let accountForbiddenCreateOrder = ECSError(
        400, "AccountForbidden.CreateOrder", "Order cannot be created due to abnormal account.")

    /// E-InvalidBootMode.Malformed, row 30.
    public static let invalidBootModeMalformed = ECSError(
        400, "InvalidBootMode.Malformed",
        """
        The specified parameter BootMode is invalid. Valid options are BIOS, UEFI, and \
        UEFI-Preferred.
        """)

    /// E-InvalidDetectionStrategy.Malformed, row 31.
    public static let invalidDetectionStrategyMalformed = ECSError(
        400, "InvalidDetectionStrategy.Malformed",
        """
        The specified value for parameter DetectionStrategy is not supported. Please \
        refer to the documentation for accepted values.
        """)

    /// E-InternalError, row 32.
    public static let internalError = ECSError(
        500, "InternalError",
        "The process of creating snapshot has failed due to some unknown error.")

    /// E-IncorrectDiskStatus.NeverAttached, row 33.
    public static let incorrectDiskStatusNeverAttached = ECSError(
        403, "IncorrectDiskStatus.NeverAttached",
        "The specified disk has never been attached to instance.")

    /// E-InvalidSnapshotId.NotReady, row 34.
    public static let invalidSnapshotIdNotReady = ECSError(
        403, "InvalidSnapshotId.NotReady",
        """
        The current status of the DiskDeviceMapping.n.SnapshotId or SnapshotId does not \
        support this operation.
        """)

    /// E-InvalidSnapshot.TooOld, row 35.
    public static let invalidSnapshotTooOld = ECSError(
        403, "InvalidSnapshot.TooOld",
        """
        This operation is denied because the specified snapshot by \
        DiskDeviceMapping.n.SnapshotId or SnapshotId is created before 2013-07-15.
        """)

    /// E-OperationDenied.403, row 36.
    public static let operationDenied403 = ECSError(
        403, "OperationDenied", "The specified snapshot is not allowed to create image.")

    /// E-QuotaExceed.Image, row 37.
    public static let quotaExceedImage = ECSError(
        403, "QuotaExceed.Image", "The Image Quota exceeds.")

    /// E-InvalidParamter.Conflict, row 38.
    public static let invalidParamterConflict = ECSError(
        403, "InvalidParamter.Conflict",
        "The specified same token is trying to make requests with different parameters.")

    /// E-InvalidAccountStatus.NotEnoughBalance, row 39.
    public static let invalidAccountStatusNotEnoughBalance = ECSError(
        403, "InvalidAccountStatus.NotEnoughBalance",
        "Your account does not have enough balance.")

    /// E-InvalidAccountStatus.SnapshotServiceUnavailable, row 40.
    public static let invalidAccountStatusSnapshotServiceUnavailable = ECSError(
        403, "InvalidAccountStatus.SnapshotServiceUnavailable",
        "Snapshot service has not been opened yet.")

    /// E-UserNotInTheWhiteList, row 41.
    public static let userNotInTheWhiteList = ECSError(
        403, "UserNotInTheWhiteList",
        "The user is not in the white list of create image by data disk snapshot.")

    /// E-IncorrectDiskStatus.Invalid, row 42.
    public static let incorrectDiskStatusInvalid = ECSError(
        403, "IncorrectDiskStatus.Invalid",
        "Device status is invalid, please restart instance and try again.")

    /// E-OperationDenied.InvalidSnapshotCategory, row 43.
    public static func operationDeniedInvalidSnapshotCategory(category: String) -> ECSError {
        ECSError(
            403, "OperationDenied.InvalidSnapshotCategory",
            "The specified snapshot category \(category) does not support this operation.")
    }

    /// E-QuotaExceed.Snapshot, row 44.
    public static let quotaExceedSnapshot = ECSError(
        403, "QuotaExceed.Snapshot", "The snapshot quota exceeds.")

    /// E-IncorrectDiskStatus.Transferring, row 45.
    public static let incorrectDiskStatusTransferring = ECSError(
        403, "IncorrectDiskStatus.Transferring",
        "The specified device is transferring, you can retry after the process is finished.")

    /// E-IncorrectDiskStatus, row 46.
    public static let incorrectDiskStatus = ECSError(
        403, "IncorrectDiskStatus", "The current disk status does not support this operation.")

    /// E-InvalidSystemSnapshot.Missing, row 47.
    public static func invalidSystemSnapshotMissing(snapshotID: String) -> ECSError {
        ECSError(
            403, "InvalidSystemSnapshot.Missing",
            "The source snapshot \(snapshotID) of the system disk does not exist.")
    }

    /// E-IncorrectDiskStatus.CreatingSnapshot, row 48.
    public static let incorrectDiskStatusCreatingSnapshot = ECSError(
        403, "IncorrectDiskStatus.CreatingSnapshot",
        "A previous snapshot creation is in process.")

    /// E-InvalidParameter.KMSKeyId.CMKUnauthorized, row 49.
    public static let invalidParameterKMSKeyIdCMKUnauthorized = ECSError(
        403, "InvalidParameter.KMSKeyId.CMKUnauthorized", "The CMK needs to be added ECS tag.")

    /// E-InvalidParameter.KMSKeyId.CMKNotEnabled, row 50.
    public static let invalidParameterKMSKeyIdCMKNotEnabled = ECSError(
        403, "InvalidParameter.KMSKeyId.CMKNotEnabled", "The CMK needs to be enabled.")

    /// E-InvalidParameter.KMSKeyId.KMSUnauthorized, row 51.
    public static let invalidParameterKMSKeyIdKMSUnauthorized = ECSError(
        403, "InvalidParameter.KMSKeyId.KMSUnauthorized",
        "ECS service have no right to access your KMS.")

    /// E-QuotaExceed.Tags, row 52.
    public static func quotaExceedTags(limit: Int) -> ECSError {
        ECSError(
            403, "QuotaExceed.Tags", "The number of tags exceeds the limit: \(limit).")
    }

    /// E-InvalidSnapshotCategory.NotSupportImageCreation, row 53.
    public static let invalidSnapshotCategoryNotSupportImageCreation = ECSError(
        403, "InvalidSnapshotCategory.NotSupportImageCreation",
        "The specified snapshot category does not support create image.")

    /// E-TooManySnapshot.Unfinished, row 54.
    public static let tooManySnapshotUnfinished = ECSError(
        403, "TooManySnapshot.Unfinished",
        "There are too many snapshots being created, please wait for them to be created done.")

    /// E-HibernationConfigured.InstanceOperationForbidden, row 55.
    public static let hibernationConfiguredInstanceOperationForbidden = ECSError(
        403, "HibernationConfigured.InstanceOperationForbidden",
        "The operation is not permitted due to limit of the hibernation configured instance.")

    /// E-SnapshotNotReady, row 56.
    public static let snapshotNotReady = ECSError(
        403, "SnapshotNotReady", "The specified snapshot is not ready.")

    /// E-IncorrectInstanceStatus.NeedRestart, row 57.
    public static let incorrectInstanceStatusNeedRestart = ECSError(
        403, "IncorrectInstanceStatus.NeedRestart",
        "The instance needs to be restarted after adding a disk in a shutdown status.")

    /// E-QuotaExceed.ConcurrentSnapshotQuota, row 58.
    public static func quotaExceedConcurrentSnapshotQuota(diskID: String, quota: Int) -> ECSError {
        ECSError(
            403, "QuotaExceed.ConcurrentSnapshotQuota",
            """
            The number of snapshots being created for the disk \(diskID) has exceeded the \
            concurrent quota (\(quota)). Please wait for the previous snapshots to complete \
            before trying again.
            """)
    }

    /// E-InvalidOperation.SnapshotStorageLocationUnsupported, row 59.
    public static let invalidOperationSnapshotStorageLocationUnsupported = ECSError(
        403, "InvalidOperation.SnapshotStorageLocationUnsupported",
        "Snapshots with storage location in CloudBox do not support the current operation.")

    /// E-AccountEnterpriseStatusInvalid, row 60.
    public static let accountEnterpriseStatusInvalid = ECSError(
        403, "AccountEnterpriseStatusInvalid",
        """
        Your enterprise registration is marked as revoked/deregistered in the National \
        Enterprise Credit Information Publicity System. Account transaction features \
        (purchase/renewal/recharge) are disabled. Please update real-name certification \
        via Account Center. Restrictions will auto-remove after verification.
        """)

    /// E-InvalidOperation.DefaultFreeSnapshotNotSupport, row 61.
    public static let invalidOperationDefaultFreeSnapshotNotSupport = ECSError(
        403, "InvalidOperation.DefaultFreeSnapshotNotSupport",
        """
        The specified snapshot is a default free snapshot and does not support this \
        operation.
        """)

    /// E-InvalidSnapshotId.NotFound, row 62.
    public static let invalidSnapshotIdNotFound = ECSError(
        404, "InvalidSnapshotId.NotFound", "The specified SnapshotId does not exist."
    ).hinting("DescribeSnapshots lists those of the account and region.")

    /// E-InvalidInstanceId.NotFound, row 63.
    public static func invalidInstanceIdNotFound(instanceID: String) -> ECSError {
        ECSError(
            404, "InvalidInstanceId.NotFound",
            "The specified instance \(instanceID) does not exist."
        ).hinting("DescribeInstances lists those of the account and region.")
    }

    /// E-InvalidResourceGroup.NotFound, row 64.
    public static let invalidResourceGroupNotFound = ECSError(
        404, "InvalidResourceGroup.NotFound",
        "The ResourceGroup provided does not exist in our records.")

    // MARK: Not in the seed's table

    /// X-MissingParameter.RegionId.
    public static let missingParameterRegionId = ECSError(
        400, "MissingParameter",
        """
        The input parameter "RegionId" that is mandatory for processing this request is \
        not supplied.
        """)

    /// X-InvalidRegionId.NotFound.
    public static let invalidRegionIdNotFound = ECSError(
        404, "InvalidRegionId.NotFound", "The specified RegionId does not exist.")

    /// X-InvalidClientToken.
    public static let invalidClientToken = ECSError(
        403, "InvalidClientToken.Malformed",
        """
        The specified clientToken is improperly formatted. It must contain only ASCII \
        characters and must not exceed 64 characters in length.
        """)

    /// X-Forbidden.
    public static let forbidden = ECSError(
        403, "Forbidden", "User not authorized to operate on the specified resource.")

    /// X-DryRunOperation.
    public static let dryRunOperation = ECSError(
        400, "DryRunOperation", "Request validation has been passed with DryRun flag set.")

    /// X-InvalidParameter.
    public static func invalidParameter(name: String) -> ECSError {
        ECSError(
            400, "InvalidParameter", "The specified value of parameter \"\(name)\" is not valid.")
    }

    /// X-ServiceUnavailable.
    public static let serviceUnavailable = ECSError(
        503, "ServiceUnavailable",
        "The request has failed due to a temporary failure of the server.")

    /// X-Throttling.
    public static let throttling = ECSError(
        400, "Throttling", "Request was denied due to request throttling.")

    /// X-IdempotentProcessing.
    public static let idempotentProcessing = ECSError(
        403, "IdempotentProcessing", "The previous idempotent request(s) is still processing.")
}
