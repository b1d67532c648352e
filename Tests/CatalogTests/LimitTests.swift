import ECS
import Testing

@testable import Catalog

/// The limits of createimage.md § 6: the last that is admitted and the first that is refused.
struct LimitTests {
    private func limits(_ change: (inout Limits) -> Void) -> Limits {
        var limits = Limits()
        change(&limits)
        return limits
    }

    @Test func theDocumentedDefaults() {
        let limits = Limits()
        #expect(limits.images == 100 && limits.imagesPerFamily == 100 && limits.families == 100)
        #expect(limits.snapshotsPerDisk == 256 && limits.concurrentPerDisk == 10)
        #expect(limits.concurrentPerOldDisk == 1 && limits.unfinishedSnapshots == 64)
        #expect(limits.workers == 4 && limits.tags == 20)
    }

    @Test func everyLimitCanBeSetByItsName() {
        for name in Limits.names {
            var limits = Limits()
            let isKnown = limits.set(name, 7)
            #expect(isKnown && limits != Limits(), "\(name) has set nothing")
        }
        var limits = Limits()
        let isKnown = limits.set("images", 7)
        #expect(!isKnown && limits == Limits())
    }

    /// A configuration's largest numbers make long jobs, no overflow.
    @Test func simulatedDurations() {
        var limits = Limits()
        #expect(limits.simulatedDuration(sizeGiB: 40) == 1_400_000_000)
        #expect(limits.simulatedDuration(sizeGiB: 300) == 4_000_000_000)
        #expect(limits.simulatedDuration(sizeGiB: 32768) == 4_000_000_000)
        let largest = 1 << 40
        for name in Limits.names where name.hasPrefix("Simulated") { _ = limits.set(name, largest) }
        #expect(limits.simulatedDuration(sizeGiB: 32768) == Int64(largest) * 1_000_000)
    }

    @Test func imagesOfARegion() throws {
        let world = World(limits: limits { $0.images = 3 })
        let (instance, _) = world.instance()
        var ids: [String] = []
        for _ in 0..<3 { ids.append(try world.create { $0.instanceID = instance }) }
        #expect(world.creating { $0.instanceID = instance } == "403 QuotaExceed.Image")
        #expect(
            world.creating {
                $0.instanceID = instance
                $0.dryRun = true
            } == "403 QuotaExceed.Image")
        let (elsewhere, _) = world.instance { $0.regionID = "cn-beijing" }
        #expect(
            world.creating {
                $0.regionID = "cn-beijing"
                $0.instanceID = elsewhere
            } == "OK")
        world.deleteImage(ids[1])
        #expect(world.creating { $0.instanceID = instance } == "OK")
    }

    @Test func familiesAndImagesOfAFamily() throws {
        let world = World(
            limits: limits {
                $0.families = 2
                $0.imagesPerFamily = 2
            })
        let (instance, _) = world.instance()
        func creating(_ family: String) -> String {
            world.creating {
                $0.instanceID = instance
                $0.imageFamily = family
            }
        }
        #expect(creating("aa") == "OK" && creating("bb") == "OK")
        #expect(creating("cc") == "400 ImageFamilyQuotaExceed")
        #expect(creating("aa") == "OK")
        #expect(creating("aa") == "400 ImageQuotaExceed.ImageFamily")
        #expect(creating("") == "OK")
        // A family goes with its last image.
        let last = world.region().images.records.first { $0.value.value.image.imageFamily == "bb" }
        world.deleteImage(try #require(last).value.value.id)
        #expect(creating("cc") == "OK" && creating("bb") == "400 ImageFamilyQuotaExceed")
    }

    @Test func snapshotsOfADisk() throws {
        let world = World(limits: limits { $0.snapshotsPerDisk = 2 })
        let (instance, disks) = world.instance([disk(40), disk(60)])
        let first = try world.snapshot(disks[1])
        let second = try world.snapshot(disks[1])
        #expect(world.snapshotting(disks[1]) == "403 QuotaExceed.Snapshot")
        // One full disk refuses the image; the other disk gets nothing.
        #expect(world.creating { $0.instanceID = instance } == "403 QuotaExceed.Snapshot")
        #expect(world.region().snapshots.count == 2)
        world.finishSimulated()
        #expect(world.snapshotting(disks[1]) == "403 QuotaExceed.Snapshot")
        #expect(world.deleteSnapshot(first) == "OK")
        #expect(world.creating { $0.instanceID = instance } == "OK")
        #expect(world.deleteSnapshot(second) == "OK")
    }

    @Test func snapshotsInProgressOfADisk() throws {
        let world = World(limits: limits { $0.concurrentPerDisk = 2 })
        let (instance, disks) = world.instance([disk(40), disk(60)])
        _ = try world.snapshot(disks[1])
        let second = try world.snapshot(disks[1])
        #expect(world.snapshotting(disks[1]) == "403 QuotaExceed.ConcurrentSnapshotQuota")
        let errors = world.creationErrors { $0.instanceID = instance }
        #expect(errors[0].code.rawValue == "QuotaExceed.ConcurrentSnapshotQuota")
        #expect(errors[0].message.contains("for the disk \(disks[1]) has exceeded"))
        #expect(errors[0].message.contains("quota (2)"))
        #expect(world.deleteSnapshot(second) == "OK")
        #expect(world.creating { $0.instanceID = instance } == "OK")
    }

    @Test(arguments: Values.previousGenerationCategories)
    func olderDisksTakeOneAtATime(category: String) throws {
        let world = World()
        let (instance, disks) = world.instance([disk(40, category: category)])
        let first = try world.snapshot(disks[0])
        #expect(world.snapshotting(disks[0]) == "403 IncorrectDiskStatus.CreatingSnapshot")
        #expect(
            world.creating { $0.instanceID = instance }
                == "403 IncorrectDiskStatus.CreatingSnapshot")
        #expect(world.deleteSnapshot(first) == "OK")
        #expect(world.creating { $0.instanceID = instance } == "OK")
    }

    @Test(arguments: Values.essdCategories)
    func newerDisksTakeTen(category: String) throws {
        let world = World()
        let (_, disks) = world.instance([disk(40, category: category)])
        for _ in 0..<10 { #expect(world.snapshotting(disks[0]) == "OK") }
        #expect(world.snapshotting(disks[0]) == "403 QuotaExceed.ConcurrentSnapshotQuota")
    }

    /// All disks of a request find a place in the queue, or none.
    @Test func unfinishedSnapshotsOfARegion() throws {
        let world = World(limits: limits { $0.unfinishedSnapshots = 4 })
        let (two, _) = world.instance([disk(40), disk(60)])
        let (three, disks) = world.instance([disk(40), disk(60), disk(80)])
        _ = try world.create { $0.instanceID = two }
        let before = world.checkpoint()
        #expect(world.creating { $0.instanceID = three } == "403 TooManySnapshot.Unfinished")
        #expect(world.checkpoint() == before)
        // Exactly full.
        let id = try world.create { $0.instanceID = two }
        #expect(world.region().snapshotJobs.count == 4)
        #expect(world.snapshotting(disks[0]) == "403 TooManySnapshot.Unfinished")
        #expect(
            world.creating {
                $0.instanceID = two
                $0.dryRun = true
            } == "403 TooManySnapshot.Unfinished")
        world.deleteImage(id)
        #expect(world.region().snapshotJobs.count == 2)
        #expect(world.creating { $0.instanceID = three } == "403 TooManySnapshot.Unfinished")
        #expect(world.creating { $0.instanceID = two } == "OK")
        // An image of finished snapshots takes none of these places.
        world.finishSimulated()
        let done = world.region().snapshots.records.last!.value.value.id
        for _ in 0..<8 { _ = world.snapshotting(disks[0]) }
        #expect(world.region().snapshotJobs.count == 4)
        let system = world.region().snapshots.records.first {
            $0.value.value.snapshot.sourceDiskType == "system"
                && $0.value.value.snapshot.status == "accomplished"
        }
        #expect(world.creating { $0.snapshotID = system!.value.value.id } == "OK")
        #expect(!done.isEmpty)
    }

    @Test func tagsOfAnImage() throws {
        let world = World(limits: limits { $0.tags = 3 })
        let (instance, _) = world.instance()
        func creating(_ count: Int) -> [ECSError] {
            world.creationErrors {
                $0.instanceID = instance
                $0.tag = (0..<count).map { tag("k\($0)") }
            }
        }
        #expect(creating(3) == [])
        #expect(creating(4).first?.message == "The number of tags exceeds the limit: 3.")
    }

    @Test func workersOfAnAccount() throws {
        let world = World(limits: limits { $0.workers = 2 })
        let (_, disks) = world.instance()
        for _ in 0..<5 { _ = try world.snapshot(disks[0]) }
        world.turn()
        #expect(world.jobs().map(\.isStarted) == [true, true, false, false, false])
        world.pass(seconds: 1.4)
        world.turn()
        #expect(world.jobs().map(\.isStarted) == [true, true, false])
    }

    /// Q-DataDisks, Q-Mapping and Q-Token at their edges, lowered for one account.
    @Test func whatARequestMayHoldCanBeLowered() throws {
        let world = World()
        let system = world.finishedSnapshot(world.instance().disks[0])
        func creating(data: Int, token: String = "") -> String {
            world.creating {
                $0.diskDeviceMapping = [mapping(system)] + (0..<data).map { _ in mapping(size: 20) }
                $0.clientToken = token
            }
        }
        try world.setLimit("DataDisks", 2)
        #expect(creating(data: 2) == "OK")
        #expect(creating(data: 3) == "400 InvalidParameter")
        try world.setLimit("DataDisks", 16)
        try world.setLimit("Mappings", 4)
        #expect(creating(data: 3) == "OK")
        #expect(creating(data: 4) == "400 InvalidParameter")
        try world.setLimit("TokenLength", 3)
        #expect(creating(data: 1, token: "abc") == "OK")
        #expect(creating(data: 1, token: "abcd") == "403 InvalidClientToken.Malformed")
        for (name, highest) in [("DataDisks", 16), ("Mappings", 17), ("TokenLength", 64)] {
            try world.setLimit(name, Int64(highest))
            #expect(throws: Refusal.self) { try world.setLimit(name, Int64(highest + 1)) }
        }
    }
}
