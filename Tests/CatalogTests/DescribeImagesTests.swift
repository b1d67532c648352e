import ECS
import Testing

@testable import Catalog

/// What DescribeImages and DescribeSnapshots find, and what they refuse (operations §§ 3, 4).
struct DescribeImagesTests {
    private static let imageRequests: [(@Sendable (inout DescribeImagesRequest) -> Void, String)] =
        [
            ({ $0.imageOwnerAlias = "me" }, "400 InvalidImageOwnerAlias.ValueNotSupported"),
            ({ $0.imageOwnerAlias = "marketplace" }, "OK"),
            ({ $0.usage = "disk" }, "404 InvalidUsage"),
            ({ $0.status = "ALL,Available" }, "400 InvalidParamter"),
            ({ $0.filter = [.with("Time", "")] }, "404 InvalidFilterKey.NotFound"),
            ({ $0.filter = [.with("", "")] }, "404 InvalidFilterKey.NotFound"),
            ({ $0.filter = [.with("NetworkType", "vpc")] }, "OK"),
            ({ $0.filter = [.with("CreationEndTime", "soon")] }, "404 InvalidFilterValue"),
            (
                { $0.filter = [.with("CreationStartTime", "2026-01-01T00:00:00Z")] },
                "404 InvalidFilterValue"
            ),
            ({ $0.filter = [.with("CreationStartTime", "2026-01-01T00:00Z")] }, "OK"),
            ({ $0.tag = (0..<21).map { tag("\($0)") } }, "400 InvalidTagCount"),
            ({ $0.tag = (0..<20).map { tag("\($0)") } }, "OK"),
            ({ $0.actionType = "CreateEcs" }, "OK"), ({ $0.instanceType = "ecs.g7.large" }, "OK"),
            ({ $0.showExpired = true }, "OK"), ({ $0.dryRun = true }, "400 DryRunOperation"),
            ({ ($0.dryRun, $0.usage) = (true, "x") }, "404 InvalidUsage"),
            ({ ($0.dryRun, $0.regionID) = (true, "mars-1") }, "404 InvalidRegionId.NotFound"),
        ]

    @Test(arguments: imageRequests)
    func refusals(change: @Sendable (inout DescribeImagesRequest) -> Void, expected: String) {
        #expect(World().describing(change) == expected)
    }

    @Test func usageIsDerived() throws {
        let world = World()
        let ids = try (0..<2).map { _ throws(Refusal) in try world.availableImage() }
        let used = world.restarted(changing: [world.runs(ids[0])])
        func usages() throws -> [String] {
            let sent = try used.imagesSent { $0.imageOwnerAlias = "self" }
            #expect(try used.images { $0.imageOwnerAlias = "self" } == sent)
            return sent.images.map(\.usage)
        }
        #expect(try usages() == ["none", "instance"])
        #expect(try used.imageIDs { $0.usage = "instance" } == [ids[0]])
        #expect(try used.imageIDs { $0.usage = "none" } == [ids[1]] + systemImageIDs)
        let instance = try #require(
            used.region().instances.records.first { $0.value.value.instance.imageID == ids[0] })
        #expect(used.deleteInstance(instance.value.value.id, force: true) == "OK")
        #expect(try usages() == ["none", "none"])
    }

    @Test func timesOfCreation() throws {
        let world = World()
        let start = World.start / 60_000_000_000 * 60_000_000_000
        var ids: [String] = []
        var minutes: [String] = []
        for _ in 0..<3 {
            world.pass(seconds: 120)
            let id = try world.availableImage()
            ids.append(id)
            minutes.append(
                String(world.image(id)!.creationTime.prefix(16)) + "Z")
        }
        func found(_ filters: Filter...) throws(Refusal) -> [String] {
            try world.imageIDs {
                $0.filter = filters
                $0.imageOwnerAlias = "self"
            }
        }
        let newest = Array(ids.reversed())
        #expect(try found(.with("CreationStartTime", Time.minutes(start))) == newest)
        #expect(try found(.with("CreationEndTime", Time.minutes(start))) == [])
        #expect(try found(.with("CreationStartTime", minutes[1])) == [ids[2], ids[1]])
        #expect(try found(.with("CreationEndTime", minutes[1])) == [ids[1], ids[0]])
        #expect(
            try found(
                .with("CreationStartTime", minutes[1]), .with("CreationEndTime", minutes[1]),
                .with("NetworkType", "vpc")) == [ids[1]])
    }

    @Test func whatImagesSupport() throws {
        let world = World()
        let id = try world.availableImage()
        #expect(try world.imageIDs { $0.isSupportCloudinit = true }.contains(id))
        #expect(try world.imageIDs { $0.isSupportCloudinit = false } == [])
        #expect(try world.imageIDs { $0.isSupportIoOptimized = true }.contains(id))
        #expect(try world.imageIDs { $0.isSupportIoOptimized = false } == [])
    }

    @Test func marketplaceImagesAreFoundAsSuch() throws {
        let world = World()
        let id = try world.availableImage()
        var request = SetImageRequest()
        request.regionID = "cn-hangzhou"
        request.imageID = id
        request.imageOwnerAlias = "marketplace"
        try world.perform({ c, r, who throws(Refusal) in try c.setImage(r, who) }, request)
        #expect(try world.imageIDs { $0.imageOwnerAlias = "marketplace" } == [id])
        #expect(try world.imageIDs { $0.imageOwnerAlias = "self" } == [])
    }

    /// Images of one's own keep the order of their creation, whatever the clock did.
    @Test func ownImagesKeepTheirOrder() throws {
        let world = World()
        let ids = try (0..<4).map { index throws(Refusal) in
            if index == 2 { world.pass(seconds: -3600) }
            return try world.availableImage()
        }
        #expect(try world.imageIDs() == ids.reversed() + systemImageIDs)
    }

    @Test func waitingKnowsWhatDescribingKnows() throws {
        let world = World()
        try world.createAccount("friend")
        let id = try world.availableImage()
        func waited(_ id: String) -> String {
            var request = WaitForImageRequest()
            request.regionID = "cn-hangzhou"
            request.imageID = id
            do throws(Refusal) {
                return try world.perform(
                    { c, r, who throws(Refusal) in
                        let (image, isFinal) = try c.imageToWaitFor(r, who)
                        return "\(image.imageOwnerAlias) \(isFinal)"
                    }, account: "friend", request)
            } catch {
                return error.text
            }
        }
        #expect(waited(id) == "404 InvalidImageId.NotFound")
        world.sharing(id, with: ["friend"])
        #expect(waited(id) == "others true")
        #expect(waited(systemImageIDs[0]) == "system true")
    }

    // MARK: Snapshots

    private func snapshots(
        _ world: World, _ change: (inout DescribeSnapshotsRequest) -> Void
    ) throws(Refusal) -> [Snapshot] {
        var request = DescribeSnapshotsRequest()
        request.regionID = "cn-hangzhou"
        change(&request)
        return try world.perform(
            { c, r, who throws(Refusal) in try c.describeSnapshots(r, who) }, request
        ).snapshots
    }

    private static let snapshotRequests:
        [(@Sendable (inout DescribeSnapshotsRequest) -> Void, String)] = [
            ({ $0.status = "done" }, "404 InvalidStatus.NotFound"), ({ $0.status = "all" }, "OK"),
            ({ $0.snapshotType = "manual" }, "404 InvalidSnapshotType.NotFound"),
            ({ $0.snapshotType = "auto" }, "OK"),
            ({ $0.sourceDiskType = "root" }, "404 InvalidSourceDiskType"),
            ({ $0.usage = "instance" }, "404 InvalidUsage"), ({ $0.usage = "image_disk" }, "OK"),
            ({ $0.category = "cheap" }, "400 InvalidParameter"),
            ({ $0.filter = [.with("Key", "")] }, "404 InvalidFilterKey.NotFound"),
            ({ $0.filter = [.with("CreationEndTime", "x")] }, "404 InvalidFilterValue"),
            ({ $0.tag = (0..<21).map { tag("\($0)") } }, "400 InvalidTagCount"),
            ({ $0.dryRun = true }, "400 DryRunOperation"),
        ]

    @Test(arguments: snapshotRequests)
    func snapshotRefusals(
        change: @Sendable (inout DescribeSnapshotsRequest) -> Void, expected: String
    ) {
        do throws(Refusal) {
            _ = try snapshots(World(), change)
            #expect(expected == "OK")
        } catch {
            #expect(error.text == expected)
        }
    }

    @Test func usageOfSnapshots() throws {
        let world = World()
        let (_, disks) = world.instance([disk(), disk()])
        let ids = [disks[0], disks[0], disks[1], disks[1]].map { world.finishedSnapshot($0) }
        for id in [ids[0], ids[1]] { _ = try world.create { $0.snapshotID = id } }
        world.finishSimulated()
        let made = [ids[1], ids[2]].map { source in
            var record = DiskRecord()
            record.disk.diskID = "d-of-\(source)"
            record.disk.sourceSnapshotID = source
            record.number = source == ids[1] ? 1001 : 1002
            return Change.Kind.disk(Boxed(record))
        }
        let used = world.restarted(changing: made)
        let all = try snapshots(used) { _ in }
        #expect(all.map(\.snapshotID) == ids.reversed())
        #expect(all.map(\.usage) == ["none", "disk", "image_disk", "image"])
        for snapshot in all {
            let found = try snapshots(used) { $0.usage = snapshot.usage }
            #expect(found.map(\.snapshotID) == [snapshot.snapshotID])
        }
        #expect(used.deleteSnapshot(ids[2]) == "403 SnapshotCreatedDisk")
    }

    @Test func timesOfSnapshots() throws {
        let world = World()
        let disk = world.instance().disks[0]
        let ids = (0..<2).map { _ in
            world.pass(seconds: 120)
            return world.finishedSnapshot(disk)
        }
        let time = String(world.snapshotRecord(ids[1])!.snapshot.creationTime.prefix(16)) + "Z"
        func found(_ key: String) throws(Refusal) -> [String] {
            try snapshots(world) { $0.filter = [.with(key, time)] }.map(\.snapshotID)
        }
        #expect(try found("CreationStartTime") == [ids[1]])
        #expect(try found("CreationEndTime") == ids.reversed())
    }
}

extension Filter {
    fileprivate static func with(_ key: String, _ value: String) -> Filter {
        var filter = Filter()
        filter.key = key
        filter.value = value
        return filter
    }
}
