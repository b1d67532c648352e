import ECS
import Testing

@testable import Catalog

/// ModifyImageAttribute, ModifySnapshotAttribute, DescribeImageFromFamily, DeleteImage, ExportImage
/// (operations § 3).
struct ImageAttributeTests {
    // MARK: ModifyImageAttribute

    @Test func whatIsAbsentStays() throws {
        let world = World()
        let id = try world.availableImage {
            $0.imageName = "name"
            $0.imageFamily = "family"
            $0.description = "described"
            $0.tag = [tag("a", "b")]
        }
        let before = try #require(world.image(id))
        let sequence = world.state.sequence
        #expect(world.modifying(id) { _ in } == "OK")
        #expect(world.modifying(id) { $0.imageName = "name" } == "OK", "its own name")
        #expect(world.state.sequence == sequence, "nothing was changed")
        #expect(world.modifying(id) { $0.description = "other" } == "OK")
        var expected = before
        expected.description = "other"
        #expect(world.image(id) == expected)
        let all = world.modifying(id) {
            $0.imageName = "a.new.name"
            $0.imageFamily = "a.new.family"
            $0.bootMode = "BIOS"
            $0.licenseType = "BYOL"
            $0.features = ImageFeatures()
            $0.features?.nvmeSupport = "supported"
            $0.features?.imdsSupport = "v2"
        }
        #expect(all == "OK")
        expected.imageName = "a.new.name"
        expected.imageFamily = "a.new.family"
        expected.bootMode = "BIOS"
        expected.licenseType = "BYOL"
        expected.features?.nvmeSupport = "supported"
        expected.features?.imdsSupport = "v2"
        #expect(world.image(id) == expected)
        #expect(try world.imagesSent { $0.imageName = "a.new.name" }.images == [expected])
        #expect(world.restarted().image(id) == expected)
        // The old name is free again.
        let (instance, _) = world.instance()
        #expect(world.creating { ($0.instanceID, $0.imageName) = (instance, "name") } == "OK")
    }

    private static let wrongRequests:
        [(@Sendable (inout ModifyImageAttributeRequest) -> Void, String)] = [
            ({ $0.regionID = "" }, "400 MissingParameter"),
            ({ $0.imageID = "" }, "400 MissingParameter"),
            ({ $0.imageName = "1a" }, "400 InvalidImageName.Malformed"),
            ({ $0.imageName = "acs:x" }, "400 InvalidImageName.Malformed"),
            ({ $0.imageFamily = "a b" }, "400 InvalidImageFamily.Malformed"),
            ({ $0.description = "http://a" }, "400 InvalidDescription.Malformed"),
            ({ $0.status = "UnAvailable" }, "400 InvalidParameter"),
            ({ $0.bootMode = "uefi" }, "400 InvalidBootMode.Malformed"),
            ({ $0.licenseType = "free" }, "400 InvalidParameter"),
            ({ $0.features = .with(imds: "v3") }, "400 InvalidParameter.FeaturesImdsSupport"),
            ({ $0.features = .with(nvme: "yes") }, "400 InvalidParameter"),
            ({ $0.regionID = "mars-1" }, "404 InvalidRegionId.NotFound"),
            ({ $0.imageID = "m-none" }, "404 InvalidImageId.NotFound"),
            ({ $0.imageName = "taken" }, "400 InvalidImageName.Duplicated"),
            ({ $0.dryRun = true }, "400 DryRunOperation"),
        ]

    @Test(arguments: wrongRequests)
    func refusals(
        change: @Sendable (inout ModifyImageAttributeRequest) -> Void, expected: String
    ) throws {
        let world = World()
        _ = try world.availableImage { $0.imageName = "taken" }
        let id = try world.availableImage()
        let before = world.state.sequence
        let answer = world.modifying(id) {
            $0.licenseType = "Auto"
            change(&$0)
        }
        #expect(answer == expected)
        #expect(world.state.sequence == before)
    }

    @Test func statuses() throws {
        let world = World()
        let id = try world.availableImage()
        #expect(world.modifying(id) { $0.status = "Deprecated" } == "OK")
        #expect(world.image(id)?.status == "Deprecated" && world.image(id)?.usable == false)
        #expect(world.modifying(id) { $0.status = "Deprecated" } == "OK")
        #expect(world.modifying(id) { $0.status = "Available" } == "OK")
        #expect(world.image(id)?.usable == true)
        try world.setImage(id, status: "UnAvailable")
        #expect(world.modifying(id) { $0.status = "Available" } == "400 IncorrectImageStatus")
        let (instance, _) = world.instance()
        let waiting = try world.create { $0.instanceID = instance }
        #expect(world.modifying(waiting) { $0.status = "Deprecated" } == "400 IncorrectImageStatus")
        // Another change does not stop it.
        #expect(world.modifying(waiting) { $0.imageName = "renamed" } == "OK")
        world.finishSimulated()
        #expect(world.image(waiting)?.status == "Available")
        #expect(world.image(waiting)?.imageName == "renamed")
    }

    @Test func bootModesGoByArchitecture() throws {
        let world = World()
        let instance = world.instance([disk()]) { $0.architecture = "arm64" }.id
        let id = try world.create { $0.instanceID = instance }
        world.finishSimulated()
        #expect(world.modifying(id) { $0.bootMode = "BIOS" } == "400 InvalidBootMode.NotSupport")
        #expect(world.modifying(id) { $0.bootMode = "UEFI" } == "OK")
    }

    @Test func imdsDoesNotGoBack() throws {
        let world = World()
        let id = try world.availableImage()
        for (value, expected) in [
            ("v1", "OK"), ("v2", "OK"), ("v2", "OK"), ("v1", "400 InvalidParameter"),
        ] {
            #expect(world.modifying(id) { $0.features = .with(imds: value) } == expected)
        }
        #expect(world.image(id)?.features?.imdsSupport == "v2")
    }

    @Test func familiesHaveTheirQuotas() throws {
        var limits = Limits()
        limits.families = 2
        limits.imagesPerFamily = 2
        let world = World(limits: limits)
        let ids = try ["fa", "fa", "fb", ""].map { family throws(Refusal) in
            try world.availableImage { $0.imageFamily = family }
        }
        #expect(
            world.modifying(ids[3]) { $0.imageFamily = "fa" }
                == "400 ImageQuotaExceed.ImageFamily")
        #expect(world.modifying(ids[3]) { $0.imageFamily = "fc" } == "400 ImageFamilyQuotaExceed")
        #expect(world.modifying(ids[0]) { $0.imageFamily = "fa" } == "OK", "it is in it")
        #expect(world.modifying(ids[2]) { $0.imageFamily = "fc" } == "OK", "fb goes with it")
        #expect(world.modifying(ids[0]) { $0.imageFamily = "fb" } == "400 ImageFamilyQuotaExceed")
        #expect(world.modifying(ids[3]) { $0.imageFamily = "fc" } == "OK")
    }

    // MARK: ModifySnapshotAttribute

    @Test func snapshots() throws {
        let world = World()
        let id = world.finishedSnapshot(world.instance().disks[0])
        func answer(_ change: (inout ModifySnapshotAttributeRequest) -> Void) -> String {
            var request = ModifySnapshotAttributeRequest()
            request.snapshotID = id
            change(&request)
            return world.answer(
                { c, r, who throws(Refusal) in try c.modifySnapshotAttribute(r, who) }, request)
        }
        #expect(answer { $0.snapshotID = "" } == "400 MissingParameter")
        #expect(answer { $0.snapshotID = "s-none" } == "404 InvalidSnapshotId.NotFound")
        #expect(answer { $0.snapshotName = "auto1" } == "400 InvalidSnapshotName.Malformed")
        #expect(answer { $0.description = "d" } == "400 InvalidDescription.Malformed")
        for (days, expected) in [
            (0, "400 InvalidParameter"), (1, "OK"), (65536, "OK"), (65537, "400 InvalidParameter"),
        ] as [(Int32, String)] {
            #expect(answer { $0.retentionDays = days } == expected)
        }
        world.pass(seconds: 5)
        let renamed = answer {
            $0.snapshotName = "a.name"
            $0.description = "described"
        }
        let snapshot = try #require(world.snapshotRecord(id)?.snapshot)
        #expect(renamed == "OK" && snapshot.snapshotName == "a.name")
        #expect(snapshot.description == "described" && snapshot.retentionDays == 65536)
        #expect(snapshot.lastModifiedTime > snapshot.creationTime)
    }

    // MARK: DescribeImageFromFamily

    @Test func theNewestAvailableImageOfAFamily() throws {
        let world = World()
        func newest(_ family: String = "family") throws(Refusal) -> String? {
            var request = DescribeImageFromFamilyRequest()
            request.regionID = "cn-hangzhou"
            request.imageFamily = family
            return try world.perform(
                { c, r, who throws(Refusal) in try c.describeImageFromFamily(r, who) }, request
            ).image?.imageID
        }
        #expect(try newest() == "")
        let ids = try (0..<2).map { _ throws(Refusal) in
            try world.availableImage { $0.imageFamily = "family" }
        }
        let (instance, _) = world.instance()
        _ = try world.create {
            $0.instanceID = instance
            $0.imageFamily = "family"
        }
        #expect(try newest() == ids[1], "the third is not Available yet")
        #expect(world.modifying(ids[1]) { $0.status = "Deprecated" } == "OK")
        #expect(try newest() == ids[0])
        #expect(throws: Refusal.self) { try newest("") }
    }

    // MARK: DeleteImage

    @Test func anImageWithInstancesGoesWithForceOnly() throws {
        let world = World()
        let id = try world.availableImage()
        let used = world.restarted(changing: [world.runs(id)])
        #expect(used.deletingImage(id) == "403 ImageUsingByInstance")
        #expect(used.deletingImage(id) { $0.dryRun = true } == "403 ImageUsingByInstance")
        #expect(
            used.deletingImage(id) { ($0.dryRun, $0.force) = (true, true) } == "400 DryRunOperation"
        )
        #expect(used.image(id) != nil)
        #expect(used.deletingImage(id) { $0.force = true } == "OK" && used.image(id) == nil)
        #expect(used.deletingImage(id) == "OK", "unknown: ignored")
        #expect(used.deletingImage(id) { $0.dryRun = true } == "400 DryRunOperation")
    }

    // MARK: ExportImage

    /// The same state with two buckets.
    private func withBuckets(_ world: World) -> (ExportImageRequest) throws(Refusal) -> ExportPlan {
        world.turn()
        var environment = Environment(now: { World.start }, randomSeed: 5)
        environment.buckets = ["backups": "/srv/backups", "other": "/srv/other/"]
        let catalog = Catalog(
            executor: InlineExecutor(), environment: environment, recovered: world.recovered())
        let caller = world.caller
        return { request throws(Refusal) in
            let result = catalog.assumeIsolated { catalog in
                Result { () throws(Refusal) in try catalog.planExport(request, caller) }
            }
            return try result.get()
        }
    }

    @Test func exportsGoToABucketOrAPath() throws {
        let world = World()
        let (id, manifest) = try world.realImage()
        let plan = withBuckets(world)
        func planned(_ change: (inout ExportImageRequest) -> Void) throws(Refusal) -> ExportPlan {
            var request = ExportImageRequest()
            request.regionID = "cn-hangzhou"
            request.imageID = id
            change(&request)
            return try plan(request)
        }
        let named = try planned { ($0.ossBucket, $0.ossPrefix) = ("backups", "Jan26") }
        #expect(named.path == "/srv/backups/Jan26_\(id)_system.raw")
        #expect(named.bucket == "backups" && named.manifest == manifest)
        #expect(named.taskID.hasPrefix("t-") && named.taskID.utf8.count == 22)
        let plain = try planned { $0.ossBucket = "other" }
        #expect(plain.path == "/srv/other/\(id)_system.raw" && plain.taskID != named.taskID)
        let toPath = try planned { $0.path = "/tmp/new.raw" }
        #expect(toPath.path == "/tmp/new.raw" && toPath.bucket.isEmpty && toPath.taskID.isEmpty)
        for (change, code, parameter) in [
            ({ _ in }, "MissingParameter", "OSSBucket"),
            ({ ($0.ossBucket, $0.path) = ("other", "/a") }, "InvalidParameter", "Path"),
            ({ $0.path = "a" }, "InvalidParameter", "Path"),
            ({ $0.path = "/a\0b" }, "InvalidParameter", "Path"),
            ({ $0.ossBucket = "none" }, "InvalidParameter", "OSSBucket"),
            ({ ($0.ossBucket, $0.ossPrefix) = ("other", "../x") }, "InvalidParameter", "OSSPrefix"),
            (
                { ($0.ossBucket, $0.ossPrefix) = ("other", String(repeating: "a", count: 31)) },
                "InvalidParameter", "OSSPrefix"
            ),
        ] as [((inout ExportImageRequest) -> Void, String, String)] {
            let refusal = #expect(throws: Refusal.self) { try planned(change) }
            guard case .errors(let errors)? = refusal else { continue }
            #expect(errors[0].code.rawValue == code && errors[0].parameter == parameter)
        }
    }
}

extension ImageFeatures {
    fileprivate static func with(imds: String = "", nvme: String = "") -> ImageFeatures {
        var features = ImageFeatures()
        features.imdsSupport = imds
        features.nvmeSupport = nvme
        return features
    }
}
