import ECS
import Testing

@testable import Catalog

/// RunInstances: what an instance takes from its image, its disks, and what is refused.
struct RunInstancesTests {
    @Test func anInstanceRunsByItself() throws {
        let world = World()
        let image = world.finishedImage()
        let id = try world.runInstances { $0.imageID = image }[0]
        #expect(world.instanceStatus(id) == "Pending")
        world.turn()
        #expect(world.instanceStatus(id) == "Pending")
        world.passMove()
        #expect(world.instanceStatus(id) == "Starting")
        #expect(world.record(id)?.instance.startTime == "")
        world.passMove()
        #expect(world.instanceStatus(id) == "Running")
        #expect(world.record(id)?.instance.startTime == "2026-05-28T20:26Z")
        world.pass(seconds: 100)
        world.turn()
        #expect(world.instanceStatus(id) == "Running")
    }

    @Test func aFrozenClockHoldsAnInstanceWhereItIsAndARestartKeepsIt() throws {
        let world = World()
        let image = world.finishedImage()
        try world.freeze()
        let id = try world.runInstances { $0.imageID = image }[0]
        world.pass(seconds: 100)
        world.turn()
        #expect(world.instanceStatus(id) == "Pending")
        let again = world.restarted()
        again.turn()
        #expect(again.instanceStatus(id) == "Pending")
        try again.advance(milliseconds: 100)
        #expect(again.instanceStatus(id) == "Starting")
        try again.advance(milliseconds: 99)
        #expect(again.instanceStatus(id) == "Starting")
        try again.advance(milliseconds: 1)
        #expect(again.instanceStatus(id) == "Running")
    }

    @Test func itTakesWhatItsImageHas() throws {
        let world = World()
        let image = world.finishedImage(
            [disk()],
            {
                $0.imageVersion = "7"
                $0.bootMode = "BIOS"
                $0.features = ImageRequestFeatures()
                $0.features?.imdsSupport = "v2"
            },
            instance: {
                $0.platform = "Windows Server 2022"
                $0.architecture = "x86_64"
            })
        world.setImage(image) { $0.imageOwnerAlias = "marketplace" }
        let id = try world.runInstances {
            $0.imageID = image
            $0.httpTokens = "required"
        }[0]
        let record = try #require(world.record(id))
        #expect(record.platform == "Windows Server 2022")
        #expect(record.architecture == "x86_64")
        #expect(record.bootMode == "BIOS")
        #expect(record.imageVersion == "7")
        #expect(record.isFromMarketplace)
        #expect(record.imdsSupport == "v2")
        // B-Imds, B-Marketplace: as the image was then.
        world.setImage(image) { $0.imageVersion = "8" }
        world.settle()
        #expect(
            world.creating {
                $0.instanceID = id
                $0.imageVersion = "8"
            } == "400 InvalidImageVersion.Malformed")
        let second = try world.create { $0.instanceID = id }
        #expect(world.image(second)?.features?.imdsSupport == "v2")
        #expect(world.image(second)?.imageVersion == "7")
    }

    @Test func everyFieldIsFilled() throws {
        let world = World()
        let image = world.finishedImage()
        let id = try world.runInstances {
            $0.imageID = image
            $0.instanceName = "web-1"
            $0.instanceType = "ecs.c7.large"
            $0.zoneID = "cn-hangzhou-k"
            $0.tag = [tag("k", "v")]
            $0.hibernationOptions = HibernationOptions()
            $0.hibernationOptions?.configured = true
            $0.systemDisk = SystemDisk()
            $0.systemDisk?.diskName = "root"
            $0.systemDisk?.description = "the root"
            $0.systemDisk?.category = "cloud_auto"
        }[0]
        let instance = try #require(world.record(id)?.instance)
        #expect(instance.instanceName == "web-1")
        #expect(instance.instanceType == "ecs.c7.large")
        #expect(instance.regionID == "cn-hangzhou")
        #expect(instance.zoneID == "cn-hangzhou-k")
        #expect(instance.imageID == image)
        #expect(instance.creationTime == "2026-05-28T20:26Z")
        #expect(instance.hibernationOptions?.configured == true)
        #expect(
            instance.resourceGroupID
                == world.state.accounts["default"]?.record.defaultResourceGroupID)
        #expect(instance.tags.map(\.tagKey) == ["k"])
        let disk = try #require(world.disks(of: id).first)
        #expect(disk.diskName == "root")
        #expect(disk.description == "the root")
        #expect(disk.type == "system")
        #expect(disk.status == "In_use")
        #expect(disk.category == "cloud_auto")
        #expect(disk.size == 40)
        #expect(disk.device == "/dev/xvda")
        #expect(disk.imageID == image)
        #expect(disk.attachedTime == disk.creationTime && disk.attachedTime != "")
        #expect(disk.detachedTime == "")
        #expect(disk.deleteWithInstance && !disk.portable)
        #expect(disk.zoneID == "cn-hangzhou-k" && disk.regionID == "cn-hangzhou")
        #expect(disk.tags.map(\.tagValue) == ["v"])
        #expect(disk.resourceGroupID == instance.resourceGroupID)
        // The snapshot that the image names is in use.
        #expect(disk.sourceSnapshotID == world.image(image)?.diskDeviceMappings[0].snapshotID)
    }

    @Test func withoutANameItHasItsID() throws {
        let world = World()
        let image = world.finishedImage()
        let id = try world.runInstances { $0.imageID = image }[0]
        #expect(world.record(id)?.instance.instanceName == id)
        #expect(world.record(id)?.instance.zoneID == "cn-hangzhou-a")
        #expect(world.record(id)?.instance.instanceType == "ecs.g7.large")
    }

    @Test func disksAreTheImagesAndThenThoseAskedFor() throws {
        let world = World()
        let source = world.instance([disk(100, type: "system"), disk(30), disk(25)])
        let snapshot = world.finishedSnapshot(source.disks[1])
        let image = try world.create { $0.instanceID = source.id }
        world.finishSimulated()
        let id = try world.runInstances {
            $0.imageID = image
            $0.dataDisk = [
                dataDisk(), dataDisk(5, device: "/dev/xvdd", category: "cloud"),
                dataDisk(snapshot: snapshot), dataDisk(31, snapshot: snapshot),
            ]
            $0.dataDisk[0].deleteWithInstance = false
        }[0]
        let disks = world.disks(of: id)
        #expect(
            disks.map(\.device)
                == [
                    "/dev/xvda", "/dev/xvdb", "/dev/xvdc", "/dev/xvdd", "/dev/xvde", "/dev/xvdf",
                    "/dev/xvdg",
                ])
        #expect(disks.map(\.size) == [100, 30, 25, 5, 20, 30, 31])
        let ofImage = try #require(world.image(image)).diskDeviceMappings.map(\.snapshotID)
        #expect(disks.map(\.sourceSnapshotID) == ofImage + ["", "", snapshot, snapshot])
        #expect(disks.map(\.type) == ["system"] + Array(repeating: "data", count: 6))
        #expect(disks.map(\.deleteWithInstance) == [true, true, true, true, false, true, true])
        #expect(disks.map(\.portable) == [false] + Array(repeating: true, count: 6))
    }

    @Test func sizesOfTheSystemDisk() throws {
        let world = World()
        let small = world.finishedImage([disk(20)])
        let large = world.finishedImage([disk(100)])
        func size(_ image: String, _ size: Int32?, _ category: String = "") -> String {
            let answer = world.running {
                $0.imageID = image
                $0.systemDisk = SystemDisk()
                $0.systemDisk?.size = size
                $0.systemDisk?.category = category
            }
            let newest = world.region().disks.records.last?.value.value.disk
            return answer == "OK" ? "\(newest?.size ?? 0)" : answer
        }
        let refused = "400 InvalidParameter SystemDisk.Size"
        #expect(size(small, nil) == "40")
        #expect(size(small, 20) == "20")
        #expect(size(small, 19) == refused)
        #expect(size(large, nil) == "100")
        #expect(size(large, 99) == refused)
        #expect(size(large, 32768) == "32768")
        #expect(size(large, 32769) == refused)
        #expect(size(large, 2000, "cloud") == "2000")
        #expect(size(large, 2001, "cloud") == refused)
    }

    @Test func encryptionComesFromTheSnapshotOrTheRequest() throws {
        let world = World()
        let source = world.instance()
        world.setDisk(source.disks[0]) { $0.kmsKeyID = "key-1" }
        let image = try world.create { $0.instanceID = source.id }
        world.finishSimulated()
        let id = try world.runInstances {
            $0.imageID = image
            $0.dataDisk = [dataDisk(20), dataDisk(20)]
            $0.dataDisk[1].encrypted = true
            $0.dataDisk[1].kmsKeyID = "key-2"
        }[0]
        let disks = world.disks(of: id)
        #expect(disks.map(\.encrypted) == [true, false, true])
        #expect(disks.map(\.kmsKeyID) == ["key-1", "", "key-2"])
        #expect(
            world.running {
                $0.imageID = image
                $0.dataDisk = [dataDisk(20)]
                $0.dataDisk[0].kmsKeyID = "key-2"
            } == "400 InvalidParameter.EncryptedIllegal DataDisk.1.Encrypted")
        var key = SetKMSKeyRequest()
        key.kmsKeyID = "key-1"
        key.enabled = false
        try world.perform({ c, r, who throws(Refusal) in try c.setKMSKey(r, who) }, key)
        #expect(
            world.running { $0.imageID = image }
                == "403 InvalidParameter.KMSKeyId.CMKNotEnabled SystemDisk.KMSKeyId")
    }

    @Test func severalAreRunOrNone() throws {
        let world = World()
        let image = world.finishedImage()
        let ids = try world.runInstances {
            $0.imageID = image
            $0.amount = 100
        }
        #expect(Set(ids).count == 100)
        world.settle()
        #expect(Set(ids.map(world.instanceStatus)) == ["Running"])
        let before = world.checkpoint()
        for amount: Int32 in [-1, 0, 101] {
            #expect(
                world.running {
                    $0.imageID = image
                    $0.amount = amount
                } == "400 InvalidParameter Amount")
        }
        #expect(world.checkpoint() == before)
    }

    @Test func oneRequestMakesNoMoreThanTheJournalTakesAtOnce() {
        let world = World()
        let image = world.finishedImage()
        func run(_ amount: Int32) -> String {
            world.running {
                $0.imageID = image
                $0.amount = amount
                $0.dataDisk = Array(repeating: dataDisk(20), count: 16)
                $0.tag = (10..<30).map {
                    tag(
                        String(repeating: "𠀀", count: 126) + "\($0)",
                        String(repeating: "𠀀", count: 128))
                }
            }
        }
        #expect(run(100) == "400 InvalidParameter Amount")
        let isFull = { world.catalog.assumeIsolated { $0.isTurnFull } }
        #expect(run(25) == "OK" && !isFull())
        // The next turn has the rest.
        #expect(run(25) == "OK" && isFull())
        world.endTurn()
        #expect(!isFull())
    }

    @Test func aTokenGivesTheSameInstances() throws {
        let world = World()
        let image = world.finishedImage()
        func run(_ token: String, _ amount: Int32) throws -> [String] {
            try world.runInstances {
                $0.imageID = image
                $0.amount = amount
                $0.clientToken = token
                $0.tag = [tag("a", "1"), tag("b", "2")]
            }
        }
        let first = try run("t", 3)
        #expect(try run("t", 3) == first)
        #expect(
            try world.runInstances {
                $0.imageID = image
                $0.amount = 3
                $0.clientToken = "t"
                $0.tag = [tag("b", "2"), tag("a", "1")]
                $0.systemDisk = SystemDisk()
                $0.hibernationOptions = HibernationOptions()
            } == first)
        #expect(
            world.running {
                $0.imageID = image
                $0.amount = 2
                $0.clientToken = "t"
            } == "403 IdempotentParameterMismatch ClientToken")
        #expect(world.region().instances.count == 4)
        // Kept over a restart.
        let again = world.restarted()
        #expect(
            try again.runInstances {
                $0.imageID = image
                $0.amount = 3
                $0.clientToken = "t"
                $0.tag = [tag("a", "1"), tag("b", "2")]
            } == first)
    }

    @Test func aDryRunChangesNothingAndBindsNothing() throws {
        let world = World()
        let image = world.finishedImage()
        let before = world.checkpoint()
        func dry(_ image: String) -> String {
            world.running {
                $0.imageID = image
                $0.dryRun = true
                $0.clientToken = "t"
            }
        }
        #expect(dry(image) == "400 DryRunOperation")
        #expect(dry("m-none") == "404 InvalidImageId.NotFound ImageId")
        #expect(world.checkpoint() == before)
        _ = try world.runInstances {
            $0.imageID = image
            $0.clientToken = "t"
            $0.amount = 2
        }
        #expect(dry(image) == "400 DryRunOperation")
    }

    @Test func aFamilyIsItsNewestImage() throws {
        let world = World()
        let first = world.finishedImage { $0.imageFamily = "web" }
        world.pass(seconds: 10)
        let second = world.finishedImage { $0.imageFamily = "web" }
        world.pass(seconds: 10)
        _ = try world.create {
            $0.instanceID = world.instance().id
            $0.imageFamily = "web"
        }
        func run() throws -> String? {
            let id = try world.runInstances { $0.imageFamily = "web" }[0]
            return world.record(id)?.instance.imageID
        }
        #expect(try run() == second)
        world.setImage(second) { $0.status = "Deprecated" }
        #expect(try run() == first)
        #expect(
            world.running { $0.imageFamily = "db" } == "404 InvalidImageId.NotFound ImageFamily")
        #expect(
            world.running {
                $0.imageFamily = "web"
                $0.imageID = first
            } == "400 InvalidParameter ImageFamily")
    }

    @Test(arguments: [
        ("Available", "OK"), ("Deprecated", "OK"),
        ("UnAvailable", "400 IncorrectImageStatus ImageId"),
        ("CreateFailed", "400 IncorrectImageStatus ImageId"),
    ])
    func theImageMustBeUsable(_ status: String, _ expected: String) {
        let world = World()
        let image = world.finishedImage()
        world.setImage(image) { $0.status = status }
        #expect(world.running { $0.imageID = image } == expected)
    }

    @Test func anImageInTheMakingCannotBeRun() throws {
        let world = World()
        let image = try world.create { $0.instanceID = world.instance().id }
        #expect(world.running { $0.imageID = image } == "400 IncorrectImageStatus ImageId")
        world.turn()
        #expect(world.image(image)?.status == "Creating")
        #expect(world.running { $0.imageID = image } == "400 IncorrectImageStatus ImageId")
    }

    /// Every disk that is made of a real file's bytes needs a file; nothing else does.
    @Test func realBytesNeedFiles() throws {
        let world = World()
        let (image, manifest) = try world.realImage()
        #expect(world.image(image)?.status == "Available")
        #expect(world.running { $0.imageID = image } == "needs files")
        let snapshot = try #require(world.image(image)).diskDeviceMappings[0].snapshotID
        let simulated = world.finishedImage()
        let request = world.runRequest {
            $0.imageID = simulated
            $0.dataDisk = [dataDisk(20), dataDisk(snapshot: snapshot)]
        }
        let orders = world.orders { c, who throws(Refusal) in try c.runInstances(request, who) }
        #expect(orders?.map(\.manifest) == [manifest])
        #expect(world.creatingDisk { $0.snapshotID = snapshot } == "needs files")
        #expect(world.running { $0.imageID = simulated } == "OK")
    }

    @Test func dataDisksThatAreRefused() throws {
        let world = World()
        let source = world.instance([disk(type: "system"), disk(30), disk(30)])
        let snapshot = world.finishedSnapshot(source.disks[1])
        let image = world.finishedImage([disk(type: "system"), disk(20)])
        let unfinished = try world.snapshot(source.disks[2])
        func run(_ disks: [DataDisk]) -> String {
            world.running {
                $0.imageID = image
                $0.dataDisk = disks
            }
        }
        func last(_ disk: DataDisk) -> String { run([dataDisk(20), disk]) }
        let wrong = "400 InvalidParameter DataDisk.2"
        #expect(last(dataDisk(19)) == "\(wrong).Size")
        #expect(last(dataDisk(32769)) == "\(wrong).Size")
        #expect(last(dataDisk(4, category: "cloud")) == "\(wrong).Size")
        #expect(last(dataDisk(2001, category: "cloud")) == "\(wrong).Size")
        #expect(last(dataDisk(29, snapshot: snapshot)) == "\(wrong).Size")
        #expect(last(dataDisk(20, category: "cloud_none")) == "\(wrong).Category")
        #expect(last(dataDisk(20, device: "/dev/xvda")) == "\(wrong).Device")
        #expect(last(dataDisk(20, device: "/dev/vdb")) == "\(wrong).Device")
        #expect(last(dataDisk(20, device: "/dev/xvdb")) == "\(wrong).Device")
        #expect(
            run([dataDisk(20, device: "/dev/xvdz"), dataDisk(20, device: "/dev/xvdz")])
                == "\(wrong).Device")
        #expect(
            last(dataDisk(snapshot: "s-none"))
                == "404 InvalidSnapshotId.NotFound DataDisk.2.SnapshotId")
        #expect(
            last(dataDisk(snapshot: unfinished))
                == "403 InvalidSnapshotId.NotReady DataDisk.2.SnapshotId")
        // One data disk is the image's.
        let disks = Array(repeating: dataDisk(20), count: 17)
        #expect(run(disks) == "400 InvalidParameter DataDisk")
        #expect(run(Array(disks.prefix(16))) == "400 InvalidParameter DataDisk")
        #expect(run(Array(disks.prefix(15))) == "OK")
    }

    @Test func whatIsAskedForMustBeWellFormedAndThere() {
        let world = World()
        let image = world.finishedImage()
        func run(_ change: (inout RunInstancesRequest) -> Void) -> String {
            world.running {
                $0.imageID = image
                change(&$0)
            }
        }
        #expect(run { $0.regionID = "" } == "400 MissingParameter RegionId")
        #expect(run { $0.regionID = "cn-none" } == "404 InvalidRegionId.NotFound RegionId")
        #expect(run { $0.imageID = "" } == "400 MissingParameter ImageId")
        #expect(run { $0.zoneID = "cn-shanghai-a" } == "400 InvalidParameter ZoneId")
        #expect(run { $0.zoneID = "cn-hangzhou" } == "400 InvalidParameter ZoneId")
        #expect(run { $0.instanceName = "1" } == "400 InvalidParameter InstanceName")
        #expect(run { $0.httpTokens = "none" } == "400 InvalidParameter HttpTokens")
        #expect(
            run { $0.instanceType = String(repeating: "x", count: 65) }
                == "400 InvalidParameter InstanceType")
        #expect(
            run { $0.resourceGroupID = "rg-none" }
                == "404 InvalidResourceGroup.NotFound ResourceGroupId")
        #expect(
            run { $0.clientToken = "é" } == "403 InvalidClientToken.Malformed ClientToken")
        #expect(
            run {
                $0.systemDisk = SystemDisk()
                $0.systemDisk?.category = "none"
            } == "400 InvalidParameter SystemDisk.Category")
        #expect(run { $0.tag = [tag("")] } == "400 InvalidTagKey.Malformed Tag.1.Key")
    }

    @Test func anExplanationListsWhatIsWrong() {
        let world = World(explains: true)
        let image = world.finishedImage()
        world.setImage(image) { $0.status = "UnAvailable" }
        let request = world.runRequest {
            $0.imageID = image
            $0.resourceGroupID = "rg-none"
            $0.dataDisk = [dataDisk(snapshot: "s-none")]
            $0.systemDisk = SystemDisk()
            $0.systemDisk?.size = 1
        }
        let errors = world.errors { [request, caller = world.caller] catalog throws(Refusal) in
            try catalog.runInstances(request, caller)
        }
        #expect(
            errors.map(\.parameter)
                == ["ResourceGroupId", "DataDisk.1.SnapshotId", "ImageId", "SystemDisk.Size"])
    }

    @Test func aFullJournalLeavesNothing() throws {
        let world = World()
        let image = world.finishedImage()
        let before = world.checkpoint()
        world.levers.room.store(2, ordering: .relaxed)
        #expect(world.running { $0.imageID = image } == "503 ServiceUnavailable")
        #expect(world.checkpoint() == before)
        // A move that the journal has no room for comes later.
        world.levers.room.store(0, ordering: .relaxed)
        let id = try world.runInstances { $0.imageID = image }[0]
        world.levers.releaseRoom.store(2, ordering: .relaxed)
        world.passMove()
        #expect(world.instanceStatus(id) == "Pending")
        world.levers.releaseRoom.store(0, ordering: .relaxed)
        world.turn()
        #expect(world.instanceStatus(id) == "Starting")
    }
}
