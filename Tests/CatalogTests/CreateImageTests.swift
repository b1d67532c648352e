import ECS
import Testing
import Wire

@testable import Catalog

/// CreateImage where it succeeds: what the image is (createimage.md § 2).
struct CreateImageTests {
    @Test func fromAnInstanceEveryCloudDiskGetsOneSnapshot() throws {
        let world = World()
        let (instance, disks) = world.instance([
            disk(40, type: "system"), disk(100, device: "/dev/xvdz"), disk(20),
            disk(500, category: "local_ssd_pro"),
        ])
        let id = try world.create {
            $0.instanceID = instance
            $0.imageName = "web"
            $0.description = "Two cloud data disks."
            $0.imageFamily = "family"
            $0.imageVersion = "1"
        }
        let image = try #require(world.image(id))
        #expect(id.hasPrefix("m-") && id.count == 22)
        #expect(image.status == "Waiting" && !image.usable && image.progress == "0%")
        #expect(image.diskDeviceMappings.map(\.device) == ["/dev/xvda", "/dev/xvdb", "/dev/xvdz"])
        #expect(image.diskDeviceMappings.map(\.type) == ["system", "data", "data"])
        #expect(image.diskDeviceMappings.map(\.size) == ["40", "20", "100"])
        #expect(image.size == 40 && image.imageFamily == "family" && image.imageVersion == "1")
        #expect(image.imageOwnerAlias == "self" && image.description == "Two cloud data disks.")
        let snapshots = image.diskDeviceMappings.map { world.snapshotRecord($0.snapshotID)! }
        #expect(snapshots.map(\.snapshot.sourceDiskID) == [disks[0], disks[2], disks[1]])
        #expect(snapshots.allSatisfy { $0.snapshot.status == "progressing" })
        #expect(snapshots.allSatisfy { $0.snapshot.snapshotType == "user" && $0.imageID == id })
        #expect(world.region().snapshots.count == 3)

        world.finishSimulated()
        let done = try #require(world.image(id))
        #expect(done.status == "Available" && done.usable && done.progress == "100%")
        #expect(done.diskDeviceMappings.allSatisfy { $0.progress == "100%" })
        #expect(world.snapshotRecord(snapshots[0].id)?.snapshot.status == "accomplished")
        #expect(world.snapshotRecord(snapshots[0].id)?.snapshot.available == true)
        #expect(world.jobs().isEmpty)
    }

    @Test func fromASnapshotNoneIsMadeAndTheImageTakesOneSecond() throws {
        let world = World()
        let snapshot = world.finishedSnapshot(world.instance().disks[0])
        let id = try world.create { $0.snapshotID = snapshot }
        #expect(world.region().snapshots.count == 1 && world.region().snapshotJobs.count == 0)
        #expect(world.image(id)?.status == "Waiting")
        world.turn()
        #expect(world.image(id)?.status == "Creating")
        world.pass(seconds: 0.999)
        world.turn()
        #expect(world.image(id)?.status == "Creating")
        world.pass(seconds: 0.001)
        world.turn()
        #expect(world.image(id)?.status == "Available")
        #expect(world.image(id)?.diskDeviceMappings.map(\.snapshotID) == [snapshot])
    }

    @Test func fromMappingsDevicesAndSizesAreAssigned() throws {
        let world = World()
        let (_, disks) = world.instance([disk(40), disk(100)])
        let system = world.finishedSnapshot(disks[0])
        let data = world.finishedSnapshot(disks[1])
        let id = try world.create {
            $0.diskDeviceMapping = [
                mapping(data, size: 200), mapping(size: 30, device: "/dev/xvdb"),
                mapping(type: "data"), mapping(system), mapping(data, device: "/dev/xvdd"),
                // D-DiskTypeData: a system disk's snapshot as a data disk.
                mapping(system, type: "data"),
            ]
        }
        let image = try #require(world.image(id))
        #expect(
            image.diskDeviceMappings.map(\.device) == [
                "/dev/xvda", "/dev/xvdc", "/dev/xvdb", "/dev/xvde", "/dev/xvdd", "/dev/xvdf",
            ])
        #expect(image.diskDeviceMappings.map(\.size) == ["40", "200", "30", "20", "100", "40"])
        #expect(
            image.diskDeviceMappings.map(\.type)
                == ["system", "data", "data", "data", "data", "data"])
        #expect(image.size == 40)
        // Both snapshots are used now, so neither goes.
        #expect(world.deleteSnapshot(system) == "403 SnapshotCreatedImage")
        #expect(world.deleteSnapshot(data) == "403 SnapshotCreatedImage")
    }

    @Test func anEmptyDiskOfABasicSystemDiskIsBasic() throws {
        let world = World()
        let system = world.finishedSnapshot(world.instance([disk(5, category: "cloud")]).disks[0])
        let id = try world.create {
            $0.diskDeviceMapping = [mapping(system), mapping(type: "data")]
        }
        #expect(world.image(id)?.diskDeviceMappings.map(\.size) == ["5", "5"])
        for (size, answer) in [
            (4, "400 InvalidSize.ValueNotSupported"), (5, "OK"), (2000, "OK"),
            (2001, "400 InvalidSize.ValueNotSupported"),
        ] as [(Int32, String)] {
            #expect(
                world.creating { $0.diskDeviceMapping = [mapping(system), mapping(size: size)] }
                    == answer, "\(size) GiB")
        }
    }

    @Test func sizesAgainstTheSnapshotAndTheCategory() {
        let world = World()
        let system = world.finishedSnapshot(world.instance().disks[0])
        for (size, answer) in [
            (39, "400 InvalidSize.ValueNotSupported"), (40, "OK"), (32768, "OK"),
        ] as [(Int32, String)] {
            #expect(
                world.creating { $0.diskDeviceMapping = [mapping(system, size: size)] } == answer)
        }
        for (size, answer) in [
            (19, "400 InvalidSize.ValueNotSupported"), (20, "OK"), (32768, "OK"),
            (32769, "400 InvalidSize.ValueNotSupported"),
        ] as [(Int32, String)] {
            #expect(
                world.creating { $0.diskDeviceMapping = [mapping(system), mapping(size: size)] }
                    == answer, "\(size) GiB")
        }
    }

    // MARK: B-Priority

    @Test func lowerSourcesAreIgnoredEntirely() throws {
        let world = World()
        let (instance, disks) = world.instance()
        let system = world.finishedSnapshot(disks[0])
        let bad = mapping("s-none", size: -1, device: "nonsense", type: "nonsense")
        let fromInstance = try world.create {
            $0.instanceID = instance
            $0.snapshotID = "s-none"
            $0.diskDeviceMapping = Array(repeating: bad, count: 30) + [DiskDeviceMapping()]
        }
        #expect(world.image(fromInstance)?.diskDeviceMappings.count == 1)
        let fromMapping = try world.create {
            $0.snapshotID = "s-none"
            $0.diskDeviceMapping = [mapping(system)]
        }
        #expect(world.image(fromMapping)?.diskDeviceMappings.map(\.snapshotID) == [system])
        // An InstanceId that is not there does not fall back on the others.
        let missing = world.creating {
            $0.instanceID = "i-none"
            $0.diskDeviceMapping = [mapping(system)]
            $0.snapshotID = system
        }
        #expect(missing == "404 InvalidInstanceId.NotFound")
    }

    // MARK: D-Platform, D-BootMode

    @Test func aSourceThatKnowsItsPlatformKeepsIt() throws {
        let world = World()
        let (instance, disks) = world.instance([disk(40), disk(60)]) {
            $0.platform = "Windows Server 2019"
            $0.architecture = "arm64"
        }
        let system = world.finishedSnapshot(disks[0])
        let data = world.finishedSnapshot(disks[1])
        let asks: (inout CreateImageRequest) -> Void = {
            $0.platform = "Ubuntu"
            $0.architecture = "i386"
        }
        let ids = [
            try world.create {
                asks(&$0)
                $0.instanceID = instance
            },
            try world.create {
                asks(&$0)
                $0.snapshotID = system
            },
            try world.create {
                asks(&$0)
                $0.diskDeviceMapping = [mapping(system)]
            },
        ]
        for id in ids {
            let image = try #require(world.image(id))
            #expect(image.platform == "Windows Server 2019" && image.architecture == "arm64")
            #expect(image.osType == "windows" && image.bootMode == "UEFI")
        }
        let converted = try world.create {
            asks(&$0)
            $0.diskDeviceMapping = [mapping(data, type: "system")]
        }
        let image = try #require(world.image(converted))
        #expect(image.platform == "Ubuntu" && image.architecture == "i386")
        #expect(image.osType == "linux" && image.bootMode == "BIOS")
    }

    @Test func aSourceThatKnowsNothingTakesTheRequestsPlatformOrTheDefault() throws {
        let world = World()
        let system = world.finishedSnapshot(world.instance().disks[0])
        let asked = try world.create {
            $0.snapshotID = system
            $0.platform = "FreeBSD"
            $0.architecture = "arm64"
        }
        #expect(world.image(asked)?.platform == "FreeBSD")
        #expect(world.image(asked)?.architecture == "arm64")
        let plain = try world.create { $0.snapshotID = system }
        #expect(world.image(plain)?.platform == "Others Linux")
        #expect(world.image(plain)?.architecture == "x86_64")
        #expect(world.image(plain)?.bootMode == "UEFI-Preferred")
    }

    @Test(
        arguments: [
            ("x86_64", "", "UEFI-Preferred"), ("x86_64", "BIOS", "BIOS"),
            ("x86_64", "UEFI", "UEFI"),
            ("x86_64", "UEFI-Preferred", "UEFI-Preferred"), ("arm64", "", "UEFI"),
            ("arm64", "UEFI", "UEFI"), ("arm64", "BIOS", nil), ("arm64", "UEFI-Preferred", nil),
            ("i386", "", "BIOS"), ("i386", "BIOS", "BIOS"), ("i386", "UEFI", nil),
            ("i386", "UEFI-Preferred", nil),
        ] as [(String, String, String?)])
    func bootModesOfEachArchitecture(architecture: String, asked: String, result: String?) {
        let world = World()
        let (instance, _) = world.instance { $0.architecture = architecture }
        do throws(Refusal) {
            let id = try world.create {
                $0.instanceID = instance
                $0.bootMode = asked
            }
            #expect(world.image(id)?.bootMode == result)
        } catch {
            #expect(result == nil && error.text == "400 InvalidBootMode.NotSupport")
        }
    }

    // MARK: Tags, features, detection, group

    @Test func tagsAreKeptAsGivenAndTheECSSpellingWins() throws {
        let world = World()
        var both = tag("Key", "Value")
        both.legacyKey = "old"
        both.legacyValue = "older"
        var legacy = RequestTag()
        legacy.legacyKey = "lower"
        legacy.legacyValue = "case"
        let id = try world.create {
            $0.instanceID = world.instance().id
            $0.tag = [both, legacy, tag("empty", ""), tag("none")]
        }
        let tags = try #require(world.image(id)).tags
        #expect(tags.map(\.tagKey) == ["Key", "lower", "empty", "none"])
        #expect(tags.map(\.tagValue) == ["Value", "case", "", ""])
    }

    @Test func detectionIsProcessingUntilTheImageIsAvailable() throws {
        let world = World()
        let (instance, _) = world.instance()
        let id = try world.create {
            $0.instanceID = instance
            $0.detectionStrategy = "Standard"
        }
        let plain = try world.create { $0.instanceID = instance }
        #expect(world.image(id)?.detectionOptions?.status == "Processing")
        world.finishSimulated()
        #expect(world.image(id)?.detectionOptions?.status == "Finished")
        #expect(world.image(plain)?.detectionOptions == nil)
    }

    @Test func imdsSupportIsVersionOneUnlessAskedFor() throws {
        let world = World()
        let (instance, _) = world.instance()
        let plain = try world.create { $0.instanceID = instance }
        let asked = try world.create {
            $0.instanceID = instance
            $0.features = ImageRequestFeatures()
            $0.features?.imdsSupport = "v2"
        }
        #expect(world.image(plain)?.features?.imdsSupport == "v1")
        #expect(world.image(asked)?.features?.imdsSupport == "v2")
    }

    @Test func theDefaultResourceGroupMayBeNamed() throws {
        let world = World()
        let group = world.state.accounts["default"]!.record.defaultResourceGroupID
        #expect(group.hasPrefix("rg-"))
        let (instance, _) = world.instance()
        for name in ["", group] {
            let id = try world.create {
                $0.instanceID = instance
                $0.resourceGroupID = name
            }
            #expect(world.image(id)?.resourceGroupID == group)
        }
    }

    @Test func seventeenMappingsAreTheMost() throws {
        let world = World()
        let system = world.finishedSnapshot(world.instance().disks[0])
        let empty = Array(repeating: mapping(type: "data"), count: 16)
        let id = try world.create { $0.diskDeviceMapping = [mapping(system)] + empty }
        let devices = try #require(world.image(id)).diskDeviceMappings.map(\.device)
        #expect(devices.last == "/dev/xvdq" && Set(devices).count == 17)
        #expect(
            world.creating { $0.diskDeviceMapping = [mapping(system), mapping(size: 20)] + empty }
                == "400 InvalidParameter")
    }
}
