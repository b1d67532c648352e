/// Errors of the operations around CreateImage (`AlibabaCloudDocs/ecs`, SDK doc comments).
extension ECSError {
    public static let invalidImageIDNotFound = ECSError(
        404, "InvalidImageId.NotFound", "The specified ImageId does not exist."
    ).hinting("DescribeImages with Status ALL lists those of the account and region.")
    public static let invalidDiskIDNotFound = ECSError(
        404, "InvalidDiskId.NotFound", "The specified disk does not exist."
    ).hinting("DescribeDisks lists those of the account and region.")
    public static let invalidSnapshotNameMalformed = ECSError(
        400, "InvalidSnapshotName.Malformed", "The specified SnapshotName is wrongly formed.")
    public static let incorrectImageStatus = ECSError(
        400, "IncorrectImageStatus",
        "The current status of the image does not support this operation.")
    public static let idempotentParameterMismatch = ECSError(
        403, "IdempotentParameterMismatch",
        "Request uses a client token in a previous request but is not identical to that request.")
    public static let snapshotCreatedImage = ECSError(
        403, "SnapshotCreatedImage", "The snapshot has been used to create an image.")
    public static let snapshotCreatedDisk = ECSError(
        403, "SnapshotCreatedDisk", "The snapshot has been used to create a disk.")

    /// Something of ours that broke, and what the operator can do: E-InternalError's code, with a
    /// message of its own.
    public static func internalFailure(_ hint: String) -> ECSError {
        ECSError(500, "InternalError", "The request has failed due to an internal failure.")
            .hinting(hint)
    }

    /// A parameter that must be there and is not.
    public static func missingParameter(_ name: String) -> ECSError {
        ECSError(
            400, "MissingParameter",
            """
            The input parameter "\(name)" that is mandatory for processing this request is \
            not supplied.
            """
        ).naming(name, hint: name == "RegionId" ? "For example cn-hangzhou." : "")
    }

    /// A parameter's value that is not valid, with what would be.
    public static func invalidParameter(_ name: String, hint: String) -> ECSError {
        invalidParameter(name: name).naming(name, hint: hint)
    }

    /// A request that does not even decode.
    public static func undecodable(_ error: String, parameter: String) -> ECSError {
        invalidParameter(name: parameter).naming(parameter, hint: error)
    }
}

/// Errors of requests over HTTP before any operation sees them.
extension ECSError {
    public static func invalidActionNotFound(_ name: String) -> ECSError {
        ECSError(
            404, "InvalidAction.NotFound",
            "Specified api is not found, please check your url and method."
        ).naming("Action", hint: "There is no operation \(name) here.")
    }
    public static func invalidVersion(right: String) -> ECSError {
        ECSError(400, "InvalidVersion", "Specified parameter Version is not valid.")
            .naming("Version", hint: "\(right) is right.")
    }
    public static let invalidAccessKeyIDNotFound = ECSError(
        404, "InvalidAccessKeyId.NotFound", "Specified access key is not found."
    ).naming("AccessKeyId", hint: "The name of an account, or a key of the configuration file.")
    /// - Parameter stringToSign: what the signature should have been made over; the Go SDK looks
    ///   for it in the message.
    public static func signatureDoesNotMatch(stringToSign: String) -> ECSError {
        ECSError(
            400, "SignatureDoesNotMatch",
            """
            Specified signature is not matched with our calculation. server string to sign is:\
            \(stringToSign)
            """
        ).naming("Signature", hint: "The secret is another one, or the text that was signed is.")
    }
    public static func incompleteSignature(_ hint: String) -> ECSError {
        ECSError(
            400, "IncompleteSignature",
            "The request signature does not conform to Aliyun standards."
        ).naming("Signature", hint: hint)
    }
}

extension ECSError {
    /// D-TwoSystemDisks: the second message of E-OperationDenied 400.
    public static let twoSystemDisks = ECSError(
        400, "OperationDenied",
        """
        The specified parameter DiskDeviceMapping.n.SnapshotId contains two or more system disk \
        snapshots.
        """)
}

extension ECSError {
    /// What a fault rule makes an operation answer. InternalError says of CreateImage and
    /// CreateSnapshot that the snapshot failed; of others what ECS says there.
    public static func injected(_ code: String, into operation: String) -> ECSError {
        let isOfSnapshots = ["CreateImage", "CreateSnapshot"].contains(operation)
        if code == internalError.code.rawValue && !isOfSnapshots {
            return ECSError(
                500, code, "The request processing has failed due to some unknown error.")
        }
        return ofCode[code] ?? internalError
    }

    /// What a fault rule can be told to answer, by code.
    public static let ofCode: [String: ECSError] = {
        var all: [ECSError] = [
            .invalidImageNameDuplicated, .incorrectInstanceStatus, .instanceLockedForSecurity,
            .invalidDiskCategoryCreateImage, .operationDenied400, .internalError,
            .incorrectDiskStatusNeverAttached, .invalidSnapshotIdNotReady, .invalidSnapshotTooOld,
            .quotaExceedImage, .invalidParamterConflict, .invalidAccountStatusNotEnoughBalance,
            .invalidAccountStatusSnapshotServiceUnavailable, .userNotInTheWhiteList,
            .incorrectDiskStatusInvalid, .quotaExceedSnapshot, .incorrectDiskStatusTransferring,
            .incorrectDiskStatus, .incorrectDiskStatusCreatingSnapshot,
            .invalidParameterKMSKeyIdCMKUnauthorized, .invalidParameterKMSKeyIdCMKNotEnabled,
            .invalidParameterKMSKeyIdKMSUnauthorized, .tooManySnapshotUnfinished,
            .hibernationConfiguredInstanceOperationForbidden, .snapshotNotReady,
            .incorrectInstanceStatusNeedRestart, .accountForbiddenCreateOrder,
            .accountEnterpriseStatusInvalid, .invalidSnapshotIdNotFound,
            .invalidResourceGroupNotFound, .imageFamilyQuotaExceed, .imageQuotaExceedImageFamily,
            .idempotenceParamNotMatch, .invalidRegionIdNotFound, .forbidden, .serviceUnavailable,
            .throttling, .idempotentProcessing, .invalidImageIDNotFound, .invalidDiskIDNotFound,
            .incorrectImageStatus, .idempotentParameterMismatch, .snapshotCreatedImage,
            .snapshotCreatedDisk, .imageUsingByInstance, .imageUseShared,
            .operationDeniedImageCopying, .invalidResourceIDNotFound,
            // Codes that ECS's gateway answers with, and clients know.
            ECSError(400, "Throttling.User", "Request was denied due to user flow control."),
            ECSError(400, "Rejected.Throttling", "Request was denied due to request throttling."),
        ]
        all += machineErrors
        return Dictionary(all.map { ($0.code.rawValue, $0) }) { first, _ in first }
    }()
}
