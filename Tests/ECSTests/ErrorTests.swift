import Testing
import Wire

@testable import ECS

/// The seed's errors as they are written there, and how they travel.
struct ErrorTests {
    /// Status, code and message: the spelling is the seed's, slips included.
    @Test(
        arguments: [
            (
                ECSError.invalidImageNameMalformed, 400, "InvalidImageName.Malformed",
                "The specified Image name is wrongly formed."
            ),
            (
                .invalidImageNameDuplicated, 400, "InvalidImageName.Duplicated",
                "The specified image name is already in use."
            ),
            (
                .missingParameter, 400, "MissingParameter",
                "The input parameter SnapshotId or InstanceId or DiskDeviceMapping that is mandatory "
                    + "for processing this request is not supplied."
            ),
            (
                .invalidSizeValueNotSupported, 400, "InvalidSize.ValueNotSupported",
                "The specified parameter DiskDeviceMapping.n.Size beyond the permitted range."
            ),
            (
                .operationDenied400, 400, "OperationDenied",
                "The specified parameter DiskDeviceMapping.n.SnapshotId does not contain system disk "
                    + "snapshot."
            ),
            (
                .operationDenied403, 403, "OperationDenied",
                "The specified snapshot is not allowed to create image."
            ),
            (
                .invalidParameterAllEmpty, 400, "InvalidParameter.AllEmpty",
                "The parameters of DiskDeviceMapping.n cannot be all empty."
            ),
            (
                .invalidParameterDiskType, 400, "InvalidParameter.DiskType",
                "The specified disk type which has kms key can't convert to system disk."
            ),
            (
                .imageQuotaExceedImageFamily, 400, "ImageQuotaExceed.ImageFamily",
                "The specified image family exceeds the maximum number of images for one image family."
            ),
            (
                .idempotenceParamNotMatch, 400, "IdempotenceParamNotMatch",
                "Request uses a client token in a previous request but is not identical to that "
                    + "request."
            ),
            (
                .invalidBootModeMalformed, 400, "InvalidBootMode.Malformed",
                "The specified parameter BootMode is invalid. Valid options are BIOS, UEFI, and "
                    + "UEFI-Preferred."
            ),
            (
                .invalidDetectionStrategyMalformed, 400, "InvalidDetectionStrategy.Malformed",
                "The specified value for parameter DetectionStrategy is not supported. Please refer "
                    + "to the documentation for accepted values."
            ),
            (
                .internalError, 500, "InternalError",
                "The process of creating snapshot has failed due to some unknown error."
            ),
            (
                .invalidSnapshotTooOld, 403, "InvalidSnapshot.TooOld",
                "This operation is denied because the specified snapshot by "
                    + "DiskDeviceMapping.n.SnapshotId or SnapshotId is created before 2013-07-15."
            ),
            (
                .invalidParamterConflict, 403, "InvalidParamter.Conflict",
                "The specified same token is trying to make requests with different parameters."
            ),
            (
                .quotaExceedTags(limit: 20), 403, "QuotaExceed.Tags",
                "The number of tags exceeds the limit: 20."
            ),
            (
                .quotaExceedConcurrentSnapshotQuota(diskID: "d-1", quota: 10), 403,
                "QuotaExceed.ConcurrentSnapshotQuota",
                "The number of snapshots being created for the disk d-1 has exceeded the concurrent "
                    + "quota (10). Please wait for the previous snapshots to complete before trying "
                    + "again."
            ),
            (
                .tooManySnapshotUnfinished, 403, "TooManySnapshot.Unfinished",
                "There are too many snapshots being created, please wait for them to be created done."
            ),
            (
                .invalidInstanceIdNotFound(instanceID: "i-1"), 404, "InvalidInstanceId.NotFound",
                "The specified instance i-1 does not exist."
            ),
            (
                .invalidResourceGroupNotFound, 404, "InvalidResourceGroup.NotFound",
                "The ResourceGroup provided does not exist in our records."
            ),
            (
                .invalidClientToken, 403, "InvalidClientToken.Malformed",
                "The specified clientToken is improperly formatted. It must contain only ASCII "
                    + "characters and must not exceed 64 characters in length."
            ),
            (
                .forbidden, 403, "Forbidden",
                "User not authorized to operate on the specified resource."
            ),
            (
                .dryRunOperation, 400, "DryRunOperation",
                "Request validation has been passed with DryRun flag set."
            ),
            (
                .serviceUnavailable, 503, "ServiceUnavailable",
                "The request has failed due to a temporary failure of the server."
            ),
        ] as [(ECSError, Int32, String, String)])
    func asTheSeedWritesThem(error: ECSError, status: Int32, code: String, message: String) {
        #expect(error.httpStatus == status && error.code.rawValue == code)
        #expect(error.message == message)
    }

    @Test func theCodesTheyTravelUnder() {
        #expect(ECSError.missingParameter.statusCode == .invalidArgument)
        #expect(ECSError.quotaExceedImage.statusCode == .failedPrecondition)
        #expect(ECSError.forbidden.statusCode == .permissionDenied)
        #expect(ECSError.invalidSnapshotIdNotFound.statusCode == .notFound)
        #expect(ECSError.internalError.statusCode == .internal)
        #expect(ECSError.serviceUnavailable.statusCode == .unavailable)
    }

    @Test func aStatusCarriesEveryErrorInItsDetails() throws {
        let errors = [
            ECSError.invalidDeviceInUse.naming("DiskDeviceMapping.2.Device", hint: "Twice."),
            ECSError.quotaExceedImage,
        ]
        let status = Status(errors, requestID: "REQUEST")
        #expect(
            status.message
                == "InvalidDevice.InUse: The specified parameter DiskDeviceMapping.n.Device has "
                + "been occupied.")
        #expect(status.details.map(\.typeURL) == Array(repeating: ErrorDetail.typeURL, count: 2))
        let details = try status.details.map { try ErrorDetail(decoding: $0.value) }
        #expect(details.map(\.code) == ["InvalidDevice.InUse", "QuotaExceed.Image"])
        #expect(details.map(\.httpStatus) == [400, 403])
        #expect(details.map(\.parameter) == ["DiskDeviceMapping.2.Device", ""])
        #expect(details[0].hint == "Twice." && details[0].requestID == "REQUEST")
    }

    @Test func namesOfOperationsAreTheirTypes() {
        let names = allOperations.map { $0.name }
        #expect(Set(names).count == names.count && names.first == "CreateImage")
        for operation in allOperations {
            #expect("\(operation.self)" == operation.name)
            #expect([.ecs, .daemon, .fixture].contains(operation.service))
        }
    }
}
