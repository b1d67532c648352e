import ECS
import Foundation
import TestSupport
import Testing

/// `protocol/ecs.md` is complete, and says what the code and, where it can be seen, the
/// specification say.
struct SpecTests {
    // MARK: The list itself

    @Test func everyRowHasAnIDOfAKnownKindAndNoOtherHasIt() {
        for id in SpecIDs.all {
            #expect(SpecIDs.isID(id), "\(id) heads a row of ecs.md but is no ID")
        }
        let counts = Dictionary(SpecIDs.all.map { ($0, 1) }, uniquingKeysWith: +)
        #expect(counts.filter { $0.value > 1 }.keys.sorted() == [])
    }

    @Test func itListsEveryErrorRow() {
        #expect(SpecIDs.all.count { $0.hasPrefix("E-") } == 64)
        #expect(SpecIDs.all.count { $0.hasPrefix("X-") } == 9)
        let stages = SpecIDs.all.filter { $0.hasPrefix("V") }
        #expect(stages == (0...10).map { "V\($0)" })
    }

    /// An ID in backticks, wherever it stands, is one that heads a row.
    @Test func whatItRefersToIsThere() throws {
        let text = try #require(Tree.text("protocol/ecs.md"))
        let all = Set(SpecIDs.all)
        for reference in text.matches(of: /`([A-Z0-9]+-?[A-Za-z0-9.]*)`/) {
            let id = String(reference.1)
            if SpecIDs.isID(id) { #expect(all.contains(id), "ecs.md refers to \(id)") }
        }
    }

    // MARK: The specification

    /// Beside the checkout, in the folder where the project is developed; nil: this is a clone
    /// alone.
    private static let spec = Tree.text("../shared/spec/createimage.md")

    /// The IDs that the specification defines: first cells of its tables, the second where the
    /// first is a row's number, and list entries in bold. One cell may have two of them.
    private static func definedIDs(in text: String) -> Set<String> {
        var ids: Set<String> = []
        for line in text.split(separator: "\n") {
            if let entry = line.prefixMatch(of: /- \*\*([^ *]+)/) {
                ids.insert(String(entry.1))
            }
            guard line.hasPrefix("| ") else { continue }
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            let place = cells.first.flatMap { Int($0) } == nil ? 0 : 1
            guard place < cells.count else { continue }
            ids.formUnion(cells[place].split { ", /".contains($0) }.map(String.init))
        }
        return ids.filter { SpecIDs.isID($0) }
    }

    @Test func definitionsAreRead() {
        let text = """
            - **B-One** (S): words on B-Other.
            - **V6 state, instance path**: words.
            - **Bold** words on E-Nothing.
            | # | ID | HTTP |
            |---|---|---|
            | 1 | E-Two.400 | 400 |
            | P-Tag.key, P-Tag.value | .key | E-Nothing |
            | Q-A / Q-B | per image |
            | - | accounts |
            D-Text is no definition.
            """
        #expect(
            Self.definedIDs(in: text) == [
                "B-One", "V6", "E-Two.400", "P-Tag.key", "P-Tag.value", "Q-A", "Q-B",
            ])
    }

    @Test(.enabled(if: spec != nil, "../shared/spec/createimage.md is not beside this checkout"))
    func itHasTheIDsOfTheSpecificationAndNoOthers() throws {
        let defined = Self.definedIDs(in: try #require(Self.spec))
        let listed = Set(SpecIDs.all)
        #expect(defined.count { $0.hasPrefix("E-") } == 64, "the specification is not read")
        let missing = defined.subtracting(listed).sorted()
        #expect(missing.isEmpty, "ecs.md lacks \(missing.joined(separator: ", "))")
        let unknown = listed.subtracting(defined).sorted()
        #expect(unknown.isEmpty, "only ecs.md has \(unknown.joined(separator: ", "))")
    }

    // MARK: The code

    /// An error of the code under its ID, and the values that went into its message.
    struct Known: Sendable, CustomTestStringConvertible {
        let id: String
        let error: ECSError
        let values: [String]
        var testDescription: String { id }

        init(_ id: String, _ error: ECSError, _ values: String...) {
            self.id = id
            self.error = error
            self.values = values
        }
    }

    @Test func everyErrorRowIsComparedWithTheCode() {
        let rows = SpecIDs.all.filter { $0.hasPrefix("E-") || $0.hasPrefix("X-") }
        #expect(Self.known.map(\.id) == rows)
    }

    @Test(arguments: known)
    func itHasStatusCodeAndMessageOfTheCode(known: Known) throws {
        let row = try #require(SpecIDs.rows.first { $0.id == known.id })
        let cells = row.cells
        try #require(cells.count == 5, "status, code, message, how it comes about, from")
        #expect(cells[0] == "\(known.error.httpStatus)")
        #expect(cells[1] == known.error.code.rawValue)
        var message = cells[2]
        for value in known.values {
            let variable = try #require(message.firstRange(of: "%s"), "no place for \(value)")
            message.replaceSubrange(variable, with: value)
        }
        #expect(message == known.error.message)
    }

    private static let known: [Known] = [
        Known("E-InvalidImageName.Malformed", .invalidImageNameMalformed),
        Known("E-InvalidImageName.Duplicated", .invalidImageNameDuplicated),
        Known("E-InvalidDescription.Malformed", .invalidDescriptionMalformed),
        Known("E-InvalidImageVersion.Malformed", .invalidImageVersionMalformed),
        Known("E-IncorrectInstanceStatus", .incorrectInstanceStatus),
        Known("E-InstanceLockedForSecurity", .instanceLockedForSecurity),
        Known("E-InvalidDevice.Malformed", .invalidDeviceMalformed),
        Known("E-MissingParameter", .missingParameter),
        Known("E-InvalidSize.ValueNotSupported", .invalidSizeValueNotSupported),
        Known("E-InvalidDevice.InUse", .invalidDeviceInUse),
        Known("E-OperationDenied.400", .operationDenied400),
        Known("E-InvalidDiskCategory.CreateImage", .invalidDiskCategoryCreateImage),
        Known("E-InvalidArchitecture.Malformed", .invalidArchitectureMalformed),
        Known("E-InvalidPlatform.Malformed", .invalidPlatformMalformed),
        Known("E-InvalidParameter.AllEmpty", .invalidParameterAllEmpty),
        Known("E-InvalidParameter.DiskType", .invalidParameterDiskType),
        Known("E-Duplicate.TagKey", .duplicateTagKey),
        Known("E-InvalidTagKey.Malformed", .invalidTagKeyMalformed),
        Known("E-InvalidTagValue.Malformed", .invalidTagValueMalformed),
        Known("E-InvalidInstance.NotFoundSystemDisk", .invalidInstanceNotFoundSystemDisk),
        Known("E-InvalidImageFamily.Malformed", .invalidImageFamilyMalformed),
        Known("E-ImageQuotaExceed.ImageFamily", .imageQuotaExceedImageFamily),
        Known("E-ImageFamilyQuotaExceed", .imageFamilyQuotaExceed),
        Known("E-InvalidDiskType.ValueNotSupported", .invalidDiskTypeValueNotSupported),
        Known("E-IdempotenceParamNotMatch", .idempotenceParamNotMatch),
        Known("E-InvalidBootMode.NotSupport", .invalidBootModeNotSupport),
        Known("E-InvalidParameter.FeaturesImdsSupport", .invalidParameterFeaturesImdsSupport),
        Known(
            "E-InvalidOperation.DiskCategoryUnsupported", .invalidOperationDiskCategoryUnsupported),
        Known("E-AccountForbidden.CreateOrder", .accountForbiddenCreateOrder),
        Known("E-InvalidBootMode.Malformed", .invalidBootModeMalformed),
        Known("E-InvalidDetectionStrategy.Malformed", .invalidDetectionStrategyMalformed),
        Known("E-InternalError", .internalError),
        Known("E-IncorrectDiskStatus.NeverAttached", .incorrectDiskStatusNeverAttached),
        Known("E-InvalidSnapshotId.NotReady", .invalidSnapshotIdNotReady),
        Known("E-InvalidSnapshot.TooOld", .invalidSnapshotTooOld),
        Known("E-OperationDenied.403", .operationDenied403),
        Known("E-QuotaExceed.Image", .quotaExceedImage),
        Known("E-InvalidParamter.Conflict", .invalidParamterConflict),
        Known("E-InvalidAccountStatus.NotEnoughBalance", .invalidAccountStatusNotEnoughBalance),
        Known(
            "E-InvalidAccountStatus.SnapshotServiceUnavailable",
            .invalidAccountStatusSnapshotServiceUnavailable),
        Known("E-UserNotInTheWhiteList", .userNotInTheWhiteList),
        Known("E-IncorrectDiskStatus.Invalid", .incorrectDiskStatusInvalid),
        Known(
            "E-OperationDenied.InvalidSnapshotCategory",
            .operationDeniedInvalidSnapshotCategory(category: "Flash"), "Flash"),
        Known("E-QuotaExceed.Snapshot", .quotaExceedSnapshot),
        Known("E-IncorrectDiskStatus.Transferring", .incorrectDiskStatusTransferring),
        Known("E-IncorrectDiskStatus", .incorrectDiskStatus),
        Known(
            "E-InvalidSystemSnapshot.Missing", .invalidSystemSnapshotMissing(snapshotID: "s-1"),
            "s-1"),
        Known("E-IncorrectDiskStatus.CreatingSnapshot", .incorrectDiskStatusCreatingSnapshot),
        Known(
            "E-InvalidParameter.KMSKeyId.CMKUnauthorized", .invalidParameterKMSKeyIdCMKUnauthorized),
        Known("E-InvalidParameter.KMSKeyId.CMKNotEnabled", .invalidParameterKMSKeyIdCMKNotEnabled),
        Known(
            "E-InvalidParameter.KMSKeyId.KMSUnauthorized", .invalidParameterKMSKeyIdKMSUnauthorized),
        Known("E-QuotaExceed.Tags", .quotaExceedTags(limit: 20), "20"),
        Known(
            "E-InvalidSnapshotCategory.NotSupportImageCreation",
            .invalidSnapshotCategoryNotSupportImageCreation),
        Known("E-TooManySnapshot.Unfinished", .tooManySnapshotUnfinished),
        Known(
            "E-HibernationConfigured.InstanceOperationForbidden",
            .hibernationConfiguredInstanceOperationForbidden),
        Known("E-SnapshotNotReady", .snapshotNotReady),
        Known("E-IncorrectInstanceStatus.NeedRestart", .incorrectInstanceStatusNeedRestart),
        Known(
            "E-QuotaExceed.ConcurrentSnapshotQuota",
            .quotaExceedConcurrentSnapshotQuota(diskID: "d-1", quota: 10), "d-1", "10"),
        Known(
            "E-InvalidOperation.SnapshotStorageLocationUnsupported",
            .invalidOperationSnapshotStorageLocationUnsupported),
        Known("E-AccountEnterpriseStatusInvalid", .accountEnterpriseStatusInvalid),
        Known(
            "E-InvalidOperation.DefaultFreeSnapshotNotSupport",
            .invalidOperationDefaultFreeSnapshotNotSupport),
        Known("E-InvalidSnapshotId.NotFound", .invalidSnapshotIdNotFound),
        Known("E-InvalidInstanceId.NotFound", .invalidInstanceIdNotFound(instanceID: "i-1"), "i-1"),
        Known("E-InvalidResourceGroup.NotFound", .invalidResourceGroupNotFound),
        Known("X-MissingParameter.RegionId", .missingParameterRegionId),
        Known("X-InvalidRegionId.NotFound", .invalidRegionIdNotFound),
        Known("X-InvalidClientToken", .invalidClientToken),
        Known("X-Forbidden", .forbidden),
        Known("X-DryRunOperation", .dryRunOperation),
        Known("X-InvalidParameter", .invalidParameter(name: "Size"), "Size"),
        Known("X-ServiceUnavailable", .serviceUnavailable),
        Known("X-Throttling", .throttling),
        Known("X-IdempotentProcessing", .idempotentProcessing),
    ]
}
