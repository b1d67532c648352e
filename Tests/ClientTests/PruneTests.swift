import ECS
import Foundation
import TestSupport
import Testing
import Wire

/// `imagectl prune`: what its rules keep, and what it deletes.
@Suite(.timeLimit(.minutes(60))) struct PruneTests {
    /// Images and snapshots that can be deleted, and a list of what was.
    private final class FakeCloud: @unchecked Sendable {
        private let lock = NSLock()
        private var images: [Image] = []
        private var snapshots: [Snapshot] = []
        /// What refuses to go, by ID.
        private let refusals: [String: ECSError]
        private var deletions: [String] = []

        init(
            _ images: [Image], _ snapshots: [Snapshot] = [], refusals: [String: ECSError] = [:]
        ) {
            self.images = images
            self.snapshots = snapshots
            self.refusals = refusals
        }

        var deleted: [String] { lock.withLock { deletions } }

        var server: FakeServer {
            FakeServer.answering { request in try self.lock.withLock { try self.answer(request) } }
        }

        private func answer(_ request: FakeRequest) throws -> FakeAnswer {
            switch request.method {
            case "DescribeImages":
                let wanted = try request.decoded(DescribeImagesRequest.self)
                var response = DescribeImagesResponse()
                let found = images.filter { $0.imageFamily == wanted.imageFamily }
                let start = Int((wanted.pageNumber ?? 1) - 1) * Int(wanted.pageSize ?? 10)
                response.images = Array(found.dropFirst(start).prefix(Int(wanted.pageSize ?? 10)))
                guard wanted.status == "ALL", wanted.imageOwnerAlias == "self" else {
                    throw FakeConnection.Closed()
                }
                return .message(response)
            case "DescribeSnapshots":
                let wanted = try request.decoded(DescribeSnapshotsRequest.self)
                let found = snapshots.filter { $0.sourceDiskID == wanted.diskID }
                let start = Int(wanted.nextToken) ?? 0
                var response = DescribeSnapshotsResponse()
                response.snapshots = Array(found.dropFirst(start).prefix(2))
                response.nextToken = start + 2 < found.count ? "\(start + 2)" : ""
                return .message(response)
            case "DeleteImage":
                let wanted = try request.decoded(DeleteImageRequest.self)
                if let refusal = refusals[wanted.imageID] { return .error(refusal) }
                if wanted.dryRun ?? false { return .error(.dryRunOperation) }
                deletions.append(wanted.imageID)
                return .message(DeleteImageResponse())
            default:
                let wanted = try request.decoded(DeleteSnapshotRequest.self)
                if let refusal = refusals[wanted.snapshotID] { return .error(refusal) }
                deletions.append(wanted.snapshotID)
                return .message(DeleteSnapshotResponse())
            }
        }
    }

    private static func image(
        _ id: String, _ time: String, _ status: String = "Available", snapshots: [String] = []
    ) -> Image {
        var image = Image()
        image.imageID = id
        image.imageName = "web-\(id)"
        image.imageFamily = "web"
        image.creationTime = time
        image.status = status
        image.diskDeviceMappings = snapshots.map {
            var disk = ImageDisk()
            disk.snapshotID = $0
            return disk
        }
        return image
    }

    private static func snapshot(
        _ id: String, _ time: String, _ usage: String = "none", _ status: String = "accomplished"
    ) -> Snapshot {
        var snapshot = Snapshot()
        snapshot.snapshotID = id
        snapshot.sourceDiskID = "d-1"
        snapshot.creationTime = time
        snapshot.usage = usage
        snapshot.status = status
        return snapshot
    }

    /// Each resource's result and reason.
    private func results(
        _ cloud: FakeCloud, _ arguments: [String], status: Int32 = 0
    ) throws -> [String] {
        let output = try Imagectl.run(["prune", "--json"] + arguments, cloud.server)
        #expect(output.status == status, "\(output.err)")
        let report = try #require(
            try JSONSerialization.jsonObject(with: output.out) as? [String: Any])
        let list = try #require(report["Resources"] as? [[String: Any]])
        return list.map { "\($0["ResourceId"]!) \($0["Result"]!): \($0["Reason"]!)" }
    }

    private static let family = ["--image-family", "web"]

    // MARK: Rules

    /// 2026-02-02 was a Monday.
    private static let calendar = [
        image("m-7", "2026-02-03T23:59:59Z"), image("m-6", "2026-02-03T00:00:00Z"),
        image("m-5", "2026-02-02T00:00:00Z"), image("m-4", "2026-02-01T23:59:59Z"),
        image("m-3", "2026-01-26T00:00:00Z"), image("m-2", "2026-01-25T12:00:00Z"),
        image("m-1", "2025-12-31T12:00:00Z"),
    ]

    @Test(arguments: [
        (["--keep-last", "2"], ["m-7", "m-6"]), (["--older-than", "1s"], ["m-7"]),
        (["--keep-daily", "3"], ["m-7", "m-5", "m-4"]),
        (["--keep-weekly", "3"], ["m-7", "m-4", "m-2"]),
        (["--keep-weekly", "99"], ["m-7", "m-4", "m-2", "m-1"]),
        (["--keep-last", "0"], []), (["--keep-last", "0", "--keep-daily", "1"], ["m-7"]),
        (["--keep-last=2", "--keep-daily=2", "--keep-weekly=2"], ["m-7", "m-6", "m-5", "m-4"]),
        (["--older-than", "5000w"], ["m-7", "m-6", "m-5", "m-4", "m-3", "m-2", "m-1"]),
    ]) func whatTheRulesKeep(_ rules: [String], _ kept: [String]) throws {
        // The daemon's order is not relied on.
        let cloud = FakeCloud(Self.calendar.reversed())
        let results = try results(cloud, Self.family + rules)
        #expect(
            results.filter { $0.contains(" stays") }.map { $0.prefix(3) } == kept.map { $0[...] })
        #expect(results.count == 7)
        #expect(cloud.deleted.isEmpty)
    }

    @Test func sayWhy() throws {
        let images = [
            Self.image("m-5", "2026-02-04T00:00:00Z", "Creating"),
            Self.image("m-4", "2026-02-03T00:00:00Z", "CreateFailed"),
            Self.image("m-3", "2026-02-02T00:00:00Z"), Self.image("m-2", "never"),
            Self.image("m-1", "2026-01-01T00:00:00Z"),
        ]
        #expect(
            try results(
                FakeCloud(images), Self.family + ["--older-than", "9h", "--keep-daily", "1"])
                == [
                    "m-2 stays: its creation time cannot be read", "m-5 stays: not finished",
                    "m-4 goes: failed", "m-3 stays: newest, daily", "m-1 goes: older than 9h",
                ])
        let young = try results(FakeCloud(images), Self.family + ["--older-than", "5000w"])
        #expect(young.contains("m-4 stays: younger than 5000w"))
    }

    @Test func aTableForPeople() throws {
        let cloud = FakeCloud([
            Self.image("m-2", "2026-02-02T00:00:00Z"), Self.image("m-1", "2026-02-01T00:00:00Z"),
        ])
        let output = try Imagectl.run(
            ["prune", "--image-family", "web", "--keep-last", "1", "--yes", "--dry-run"],
            cloud.server)
        #expect(
            output.text == """
                RESOURCE  CREATED           RESULT    WHY               NAME
                m-2       2026-02-02 00:00  stays     newest            web-m-2
                m-1       2026-02-01 00:00  would go  no rule keeps it  web-m-1

                """)
        #expect(
            output.err == """
                1 of 2 images of web would go, and those of their snapshots that nothing else uses; \
                --yes deletes them

                """)
        #expect(cloud.deleted.isEmpty)
    }

    /// What a list of IDs is made for must not happen to those that stay.
    @Test(arguments: [false, true]) func idsAreOfWhatGoes(isDone: Bool) throws {
        let cloud = FakeCloud([
            Self.image("m-2", "2026-02-02T00:00:00Z"), Self.image("m-1", "2026-02-01T00:00:00Z"),
        ])
        let arguments = ["prune", "--image-family", "web", "--keep-last", "1", "--output", "id"]
        let output = try Imagectl.run(arguments + (isDone ? ["--yes"] : []), cloud.server)
        #expect(output.text == "m-1\n", "\(output.err)")
        let kept = try Imagectl.run(arguments + ["--keep-daily", "9"], cloud.server)
        #expect(kept.text.isEmpty, "\(kept.text)")
    }

    @Test(arguments: [
        ([], "without a family or a disk"), (["--image-family", "web"], "without a rule"),
        (["--image-family", "web", "--snapshots-of", "d-1", "--keep-last", "1"], "together"),
        (["--image-family", "web", "--keep-last", "-1"], "--keep-last -1"),
        (["--image-family", "web", "--keep-last", "x"], "--keep-last x"),
        (["--image-family", "web", "--older-than", "30"], "such as 30d"),
        (["--image-family", "web", "--older-than", "-1d"], "such as 30d"),
        (["--image-family", "web", "--older-than", "99999999999999w"], "such as 30d"),
        (["--image-family", "web", "--keep-lst", "1"], "Did you mean --keep-last?"),
    ]) func refuses(_ arguments: [String], _ message: String) throws {
        let output = try Imagectl.run(["prune"] + arguments)
        #expect(output.status == 2)
        #expect(output.err.contains(message), "\(output.err)")
    }

    // MARK: Deleting

    @Test func deletesTheOldestFirstWithTheirSnapshots() throws {
        let cloud = FakeCloud(
            [
                Self.image("m-3", "2026-02-03T00:00:00Z", snapshots: ["s-3"]),
                Self.image("m-2", "2026-02-02T00:00:00Z", snapshots: ["s-2", "s-0", "s-2", ""]),
                Self.image("m-1", "2026-02-01T00:00:00Z", snapshots: ["s-1", "s-4"]),
            ],
            refusals: [
                "s-1": .snapshotCreatedImage, "s-0": .snapshotCreatedDisk,
                "s-4": .invalidSnapshotIdNotFound,
            ])
        #expect(
            try results(cloud, Self.family + ["--keep-last", "1", "--yes"]) == [
                "m-3 stays: newest", "m-1 deleted: no rule keeps it",
                "s-1 stays: SnapshotCreatedImage: The snapshot has been used to create an image.",
                "s-4 deleted: gone meanwhile", "m-2 deleted: no rule keeps it",
                "s-2 deleted: of m-2",
                "s-0 stays: SnapshotCreatedDisk: The snapshot has been used to create a disk.",
            ])
        #expect(cloud.deleted == ["m-1", "m-2", "s-2"])
        let people = try Imagectl.run(
            ["prune", "--image-family", "web", "--keep-last", "1", "--yes"], cloud.server)
        #expect(people.err == "2 images and 2 snapshots deleted\n")
    }

    /// What the daemon would refuse is known before, and its snapshots are left alone.
    @Test func whatIsUsedStays() throws {
        let used = ECSError(403, "ImageUsingByInstance", "In use.")
        let cloud = FakeCloud(
            [Self.image("m-1", "2026-02-01T00:00:00Z", snapshots: ["s-1"])],
            refusals: ["m-1": used])
        for arguments in [[], ["--yes"]] {
            #expect(
                try results(cloud, Self.family + ["--keep-last", "0"] + arguments) == [
                    "m-1 stays: ImageUsingByInstance: In use."
                ])
        }
        #expect(cloud.deleted.isEmpty)
    }

    @Test func whoMayNotFails() throws {
        let cloud = FakeCloud(
            [Self.image("m-1", "2026-02-01T00:00:00Z", snapshots: ["s-1"])],
            refusals: ["s-1": .forbidden])
        let results = try results(
            cloud, Self.family + ["--keep-last", "0", "--yes"], status: 1)
        #expect(results.count == 2 && results[1].hasPrefix("s-1 failed: Forbidden"), "\(results)")
    }

    @Test func readsEveryPage() throws {
        let images = (100..<350).reversed().map { Self.image("m-\($0)", "2026-02-01T00:00:00Z") }
        let results = try results(FakeCloud(images), Self.family + ["--keep-last", "249"])
        #expect(results.count == 250)
        #expect(results.last == "m-100 goes: no rule keeps it")
    }

    @Test func aLostConnectionTellsWhatIsDone() throws {
        let server = FakeServer { connection in
            while true {
                let request = try connection.request()
                if request.method == "DescribeImages" {
                    var response = DescribeImagesResponse()
                    response.images = [
                        Self.image("m-2", "2026-02-02T00:00:00Z"),
                        Self.image("m-1", "2026-02-01T00:00:00Z"),
                    ]
                    connection.send(request.streamID, .message(response))
                    continue
                }
                let wanted = try request.decoded(DeleteImageRequest.self)
                if wanted.dryRun ?? false {
                    connection.send(request.streamID, .error(.dryRunOperation))
                } else if wanted.imageID == "m-1" {
                    connection.send(request.streamID, .message(DeleteImageResponse()))
                } else {
                    return
                }
            }
        }
        let output = try Imagectl.run(
            ["prune", "--image-family", "web", "--keep-last", "0", "--yes"], server)
        #expect(output.status == 3)
        #expect(output.text.contains("m-1       2026-02-01 00:00  deleted"), "\(output.text)")
        #expect(output.err.contains("OutcomeUnknown"))
    }

    // MARK: Snapshots

    @Test func prunesADisksSnapshots() throws {
        let snapshots = [
            Self.snapshot("s-7", "2026-02-07T00:00:00Z", "none", "progressing"),
            Self.snapshot("s-6", "2026-02-06T00:00:00Z", "image"),
            Self.snapshot("s-5", "2026-02-05T00:00:00Z"),
            Self.snapshot("s-4", "2026-02-04T00:00:00Z", "disk"),
            Self.snapshot("s-3", "2026-02-03T00:00:00Z", "none", "failed"),
            Self.snapshot("s-2", "2026-02-02T00:00:00Z"),
        ]
        let rules = ["--snapshots-of", "d-1", "--keep-last", "1"]
        let cloud = FakeCloud([], snapshots)
        #expect(
            try results(cloud, rules) == [
                "s-7 stays: not finished", "s-6 stays: an image uses it", "s-5 stays: newest",
                "s-4 stays: a disk was made from it", "s-3 goes: failed",
                "s-2 goes: no rule keeps it",
            ])
        _ = try results(cloud, rules + ["--yes"])
        #expect(cloud.deleted == ["s-2", "s-3"])
    }
}
