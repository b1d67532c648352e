import Foundation
import Testing

@testable import Catalog

/// Random runs against the model. A failure names its seed and the last steps; more runs, each
/// from another seed than ever before, with IMAGED_LONG=1 in the environment.
struct ModelTests {
    private static let isLong = ProcessInfo.processInfo.environment["IMAGED_LONG"] != nil
    /// Each case is many runs, from this seed on.
    private static let firstSeeds: [UInt64] =
        isLong
        ? (0..<20).map { _ in UInt64.random(in: 0...(.max >> 16)) } : [1_000, 2_000, 3_000, 4_000]
    private static let seedsEach: UInt64 = isLong ? 200 : 50

    @Test(arguments: firstSeeds)
    func theCatalogAndTheModelAgree(first: UInt64) throws {
        var answers: [String: Int] = [:]
        for seed in first..<(first + Self.seedsEach) {
            var run = try ModelRun(seed: seed)
            for _ in 0..<150 { try run.step() }
            try run.end()
            answers.merge(run.answers, uniquingKeysWith: +)
        }
        // What the runs together must have met, or they prove little.
        for code in Self.codes {
            #expect(answers[code, default: 0] > 0, "never answered in \(first)...: \(code)")
        }
    }

    private static let codes = [
        "OK", "400 MissingParameter", "400 DryRunOperation", "400 InvalidImageName.Duplicated",
        "403 QuotaExceed.Image", "400 ImageFamilyQuotaExceed", "400 ImageQuotaExceed.ImageFamily",
        "403 QuotaExceed.Snapshot", "403 IncorrectDiskStatus.CreatingSnapshot",
        "403 QuotaExceed.ConcurrentSnapshotQuota", "403 TooManySnapshot.Unfinished",
        "403 SnapshotNotReady", "403 InvalidSnapshotId.NotReady", "404 InvalidSnapshotId.NotFound",
        "404 InvalidInstanceId.NotFound", "400 OperationDenied", "403 OperationDenied",
        "400 InvalidSize.ValueNotSupported", "400 InvalidDevice.Malformed",
        "400 InvalidDevice.InUse", "400 IdempotenceParamNotMatch",
        "403 IdempotentParameterMismatch", "403 QuotaExceed.Tags", "403 SnapshotCreatedImage",
        "500 InternalError", "403 Forbidden", "404 InvalidRegionId.NotFound",
    ]
}
