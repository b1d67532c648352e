import ECS
import Testing

@testable import Catalog

/// Disks made, attached, detached, replaced and deleted.
struct DiskOperationsTests {
    // MARK: CreateDisk

    @Test func aDiskOfItsOwn() throws {
        let world = World()
        let id = try world.createDisk {
            $0.size = 20
            $0.diskName = "data-1"
            $0.description = "a disk"
            $0.encrypted = true
            $0.kmsKeyID = "key-1"
            $0.tag = [tag("k", "v")]
        }
        let disk = try #require(world.diskRecord(id)?.disk)
        #expect(disk.diskName == "data-1" && disk.description == "a disk")
        #expect(disk.type == "data" && disk.status == "Available")
        #expect(disk.category == "cloud_essd" && disk.size == 20)
        #expect(disk.encrypted && disk.kmsKeyID == "key-1")
        #expect(disk.instanceID == "" && disk.device == "" && disk.attachedTime == "")
        #expect(disk.portable && !disk.deleteWithInstance)
        #expect(disk.zoneID == "cn-hangzhou-a" && disk.regionID == "cn-hangzhou")
        #expect(disk.tags.map(\.tagKey) == ["k"])
        #expect(world.snapshotting(id) == "403 IncorrectDiskStatus.NeverAttached")
    }

    @Test func aDiskOfASnapshot() throws {
        let world = World()
        let source = world.instance([disk(type: "system"), disk(30)])
        let snapshot = world.finishedSnapshot(source.disks[1])
        let id = try world.createDisk { $0.snapshotID = snapshot }
        #expect(world.diskRecord(id)?.disk.size == 30)
        #expect(world.diskRecord(id)?.disk.sourceSnapshotID == snapshot)
        func make(_ size: Int32) -> String {
            world.creatingDisk {
                $0.snapshotID = snapshot
                $0.size = size
            }
        }
        #expect(make(29) == "400 InvalidParameter Size")
        #expect(make(30) == "OK")
        #expect(make(32768) == "OK")
        #expect(make(32769) == "400 InvalidParameter Size")
        #expect(world.deleteSnapshot(snapshot) == "403 SnapshotCreatedDisk")
        let unfinished = try world.snapshot(source.disks[0])
        #expect(
            world.creatingDisk { $0.snapshotID = unfinished }
                == "403 InvalidSnapshotId.NotReady SnapshotId")
        #expect(
            world.creatingDisk { $0.snapshotID = "s-none" }
                == "404 InvalidSnapshotId.NotFound SnapshotId")
    }

    @Test func aDiskOfAnInstanceIsAttachedAtOnce() throws {
        let world = World()
        let stopped = world.instance().id
        let running = world.instance { $0.status = "Running" }.id
        for id in [stopped, running] {
            let made = try world.createDisk {
                $0.zoneID = ""
                $0.instanceID = id
                $0.size = 20
            }
            let disk = try #require(world.diskRecord(made)?.disk)
            #expect(disk.status == "In_use" && disk.instanceID == id)
            #expect(disk.device == "/dev/xvdb" && disk.attachedTime == disk.creationTime)
        }
        #expect(world.record(stopped)?.needsRestart == true)
        #expect(world.record(running)?.needsRestart == false)
        #expect(world.stop(running) == "OK")
        func make(_ id: String) -> String {
            world.creatingDisk {
                $0.zoneID = ""
                $0.instanceID = id
                $0.size = 20
            }
        }
        #expect(make(running) == "403 IncorrectInstanceStatus InstanceId")
        #expect(make("i-none") == "404 InvalidInstanceId.NotFound InstanceId")
    }

    @Test func aTokenGivesTheSameDisk() throws {
        let world = World()
        let make = { () throws(Refusal) -> String in
            try world.createDisk {
                $0.size = 20
                $0.clientToken = "t"
            }
        }
        #expect(try make() == make())
        #expect(world.region().disks.count == 1)
        #expect(
            world.creatingDisk {
                $0.size = 21
                $0.clientToken = "t"
            } == "403 IdempotentParameterMismatch ClientToken")
    }

    @Test func disksThatAreRefused() {
        let world = World()
        let instance = world.instance().id
        func make(_ change: (inout CreateDiskRequest) -> Void) -> String {
            world.creatingDisk {
                $0.size = 20
                change(&$0)
            }
        }
        #expect(make { $0.zoneID = "" } == "400 MissingParameter ZoneId")
        #expect(make { $0.instanceID = instance } == "400 InvalidParameter ZoneId")
        #expect(make { $0.zoneID = "cn-shanghai-a" } == "400 InvalidParameter ZoneId")
        #expect(make { $0.size = nil } == "400 MissingParameter Size")
        #expect(make { $0.size = 19 } == "400 InvalidParameter Size")
        #expect(
            make {
                $0.size = 2001
                $0.diskCategory = "cloud"
            } == "400 InvalidParameter Size")
        #expect(make { $0.diskCategory = "none" } == "400 InvalidParameter DiskCategory")
        #expect(make { $0.diskName = "1" } == "400 InvalidParameter DiskName")
        #expect(
            make { $0.description = "http://x" } == "400 InvalidDescription.Malformed Description")
        #expect(make { $0.kmsKeyID = "k" } == "400 InvalidParameter.EncryptedIllegal Encrypted")
        #expect(
            make { $0.resourceGroupID = "rg-none" }
                == "404 InvalidResourceGroup.NotFound ResourceGroupId")
        #expect(make { $0.regionID = "cn-none" } == "400 InvalidParameter ZoneId")
    }

    // MARK: Attaching

    @Test func aDiskIsAttachedAndDetached() throws {
        let world = World()
        let instance = world.instance { $0.status = "Running" }.id
        let id = try world.createDisk()
        world.pass(seconds: 1)
        #expect(world.attach(id, to: instance) == "OK")
        let attached = try #require(world.diskRecord(id)?.disk)
        #expect(attached.status == "In_use" && attached.instanceID == instance)
        #expect(attached.device == "/dev/xvdb" && !attached.deleteWithInstance)
        #expect(attached.attachedTime > attached.creationTime)
        #expect(world.attach(id, to: instance) == "403 IncorrectDiskStatus DiskId")
        #expect(world.creating { $0.instanceID = instance } == "OK")
        world.settle()
        world.pass(seconds: 1)
        #expect(world.detach(id, from: instance) == "OK")
        let detached = try #require(world.diskRecord(id)?.disk)
        #expect(detached.status == "Available" && detached.instanceID == "")
        #expect(detached.device == "" && detached.detachedTime > detached.attachedTime)
        #expect(world.detach(id, from: instance) == "403 DependencyViolation DiskId")
        // Once attached, it can be snapshotted.
        #expect(world.snapshotting(id) == "OK")
    }

    @Test func aDiskThatComesToAStoppedInstanceNeedsARestart() throws {
        let world = World()
        let instance = world.instance().id
        #expect(world.attach(try world.createDisk(), to: instance) == "OK")
        let refused = "403 IncorrectInstanceStatus.NeedRestart"
        #expect(world.creating { $0.instanceID = instance } == refused)
        #expect(world.start(instance) == "OK")
        world.settle()
        #expect(world.creating { $0.instanceID = instance } == "OK")
        world.settle()
        #expect(world.stop(instance) == "OK")
        world.settle()
        #expect(world.creating { $0.instanceID = instance } == "OK")
    }

    @Test func devices() throws {
        let world = World()
        let instance = world.instance([disk(type: "system"), disk(device: "/dev/xvdc")]).id
        let id = try world.createDisk()
        func attach(_ device: String) -> String {
            world.attach(id, to: instance) { $0.device = device }
        }
        #expect(attach("/dev/xvda") == "400 InvalidDevice.Malformed Device")
        #expect(attach("/dev/sdb") == "400 InvalidDevice.Malformed Device")
        #expect(attach("/dev/xvdc") == "403 InvalidDevice.InUse Device")
        #expect(attach("/dev/xvdz") == "OK")
        let second = try world.createDisk()
        #expect(world.attach(second, to: instance) { $0.deleteWithInstance = true } == "OK")
        #expect(world.disks(of: instance).map(\.device).sorted()[1] == "/dev/xvdb")
        #expect(world.diskRecord(second)?.disk.deleteWithInstance == true)
    }

    @Test func sixteenDataDisksAndNoMore() throws {
        let world = World()
        let instance = world.instance([disk(type: "system")]).id
        for _ in 0..<16 { #expect(world.attach(try world.createDisk(), to: instance) == "OK") }
        #expect(
            world.attach(try world.createDisk(), to: instance)
                == "403 InstanceDiskLimitExceeded InstanceId")
        #expect(
            world.creatingDisk {
                $0.zoneID = ""
                $0.instanceID = instance
                $0.size = 20
            } == "403 InstanceDiskLimitExceeded InstanceId")
    }

    @Test func whatCannotBeAttached() throws {
        let world = World()
        let instance = world.instance().id
        let id = try world.createDisk()
        #expect(world.attach("", to: instance) == "400 MissingParameter DiskId")
        #expect(world.attach(id, to: "") == "400 MissingParameter InstanceId")
        #expect(world.attach("d-none", to: instance) == "404 InvalidDiskId.NotFound DiskId")
        #expect(world.attach(id, to: "i-none") == "404 InvalidInstanceId.NotFound InstanceId")
        let far = try world.createDisk {
            $0.size = 20
            $0.zoneID = "cn-hangzhou-b"
        }
        #expect(world.attach(far, to: instance) == "403 ResourcesNotInSameZone DiskId")
        let local = try world.createDisk {
            $0.size = 20
            $0.diskCategory = "local_ssd_pro"
        }
        #expect(world.attach(local, to: instance) == "403 DiskNotPortable DiskId")
        world.setDisk(id) { $0.status = "Creating" }
        #expect(world.attach(id, to: instance) == "403 IncorrectDiskStatus DiskId")
        world.setDisk(id) { $0.status = "Available" }
        world.set(instance) { $0.status = "Starting" }
        #expect(world.attach(id, to: instance) == "403 IncorrectInstanceStatus InstanceId")
        world.set(instance) { $0.status = "Stopped" }
        world.lock(instance)
        #expect(world.attach(id, to: instance) == "403 InstanceLockedForSecurity InstanceId")
    }

    // MARK: The system disk

    @Test func aSystemDiskComesAndGoes() throws {
        let world = World()
        let instance = world.instance([disk(type: "system"), disk()])
        let (system, data) = (instance.disks[0], instance.disks[1])
        #expect(world.start(instance.id) == "OK")
        world.settle()
        #expect(world.detach(system, from: instance.id) == "403 IncorrectInstanceStatus InstanceId")
        #expect(world.stop(instance.id) == "OK")
        world.settle()
        let extra = try world.createDisk()
        let bootable = { (request: inout AttachDiskRequest) in request.bootable = true }
        #expect(world.attach(extra, to: instance.id, bootable) == "400 InvalidParameter Bootable")
        #expect(world.detach(system, from: instance.id) == "OK")
        #expect(world.diskRecord(system)?.disk.type == "system")
        #expect(world.diskRecord(system)?.disk.deleteWithInstance == true)
        #expect(
            world.attach(system, to: instance.id) {
                $0.bootable = true
                $0.device = "/dev/xvdb"
            } == "400 InvalidDevice.Malformed Device")
        #expect(world.attach(system, to: instance.id, bootable) == "OK")
        #expect(world.disks(of: instance.id).map(\.diskID) == [system, data])
        #expect(world.diskRecord(system)?.disk.portable == false)
        // As a data disk of another it is one.
        let other = world.instance().id
        #expect(world.detach(system, from: instance.id) == "OK")
        #expect(world.attach(system, to: other) == "OK")
        #expect(world.diskRecord(system)?.disk.type == "data")
        #expect(world.disks(of: other).map(\.device) == ["/dev/xvda", "/dev/xvdb"])
    }

    @Test func detachingFailsTheImageOfTheDisk() throws {
        let world = World()
        let instance = world.instance([disk(type: "system"), disk(100)]) { $0.status = "Running" }
        let apart = try world.snapshot(instance.disks[1])
        let image = try world.create { $0.instanceID = instance.id }
        world.turn()
        #expect(world.detach(instance.disks[1], from: instance.id) == "OK")
        #expect(world.image(image)?.status == "CreateFailed")
        #expect(
            world.image(image)?.failureReason == "Disk \(instance.disks[1]) was detached.")
        world.settle()
        #expect(world.snapshotStatus(apart) == "accomplished")
    }

    @Test func whatCannotBeDetached() throws {
        let world = World()
        let instance = world.instance([
            disk(type: "system"), disk(), disk(category: "local_hdd_pro"),
        ])
        let other = world.instance().id
        #expect(
            world.detach(instance.disks[1], from: other) == "403 DependencyViolation DiskId")
        #expect(
            world.detach(instance.disks[2], from: instance.id) == "403 DiskNotPortable DiskId")
        world.setDisk(instance.disks[1]) { $0.status = "Transferring" }
        #expect(
            world.detach(instance.disks[1], from: instance.id) == "403 IncorrectDiskStatus DiskId")
        world.lock(instance.id)
        #expect(
            world.detach(instance.disks[1], from: instance.id)
                == "403 InstanceLockedForSecurity InstanceId")
    }

    // MARK: ReplaceSystemDisk

    @Test func aSystemDiskIsReplaced() throws {
        let world = World()
        let image = world.finishedImage([disk(type: "system"), disk(200)]) {
            $0.imageVersion = "2"
        } instance: {
            $0.platform = "Debian"
            $0.architecture = "arm64"
        }
        let instance = world.instance([disk(category: "cloud_ssd")])
        let old = instance.disks[0]
        let snapshot = world.finishedSnapshot(old)
        #expect(world.replacing(instance.id, image) { $0.encrypted = true } == "OK")
        #expect(world.diskRecord(old) == nil)
        let disks = world.disks(of: instance.id)
        #expect(disks.count == 1)
        #expect(disks[0].diskID != old && disks[0].device == "/dev/xvda")
        #expect(disks[0].type == "system" && disks[0].status == "In_use")
        #expect(disks[0].category == "cloud_ssd" && disks[0].size == 40)
        #expect(disks[0].encrypted && disks[0].deleteWithInstance)
        #expect(disks[0].imageID == image)
        let record = try #require(world.record(instance.id))
        #expect(record.instance.imageID == image)
        #expect(record.platform == "Debian" && record.architecture == "arm64")
        #expect(record.imageVersion == "2" && record.bootMode == "UEFI")
        #expect(!record.needsRestart)
        // Its snapshots stay.
        #expect(world.snapshotStatus(snapshot) == "accomplished")
        #expect(world.creating { $0.snapshotID = snapshot } == "OK")
        #expect(world.creating { $0.instanceID = instance.id } == "OK")
    }

    @Test func replacingIsRepeatedByItsToken() throws {
        let world = World()
        let image = world.finishedImage()
        let instance = world.instance().id
        let token = { (request: inout ReplaceSystemDiskRequest) in request.clientToken = "t" }
        #expect(world.replacing(instance, image, token) == "OK")
        let made = world.disks(of: instance)
        #expect(world.replacing(instance, image, token) == "OK")
        #expect(world.disks(of: instance) == made)
    }

    @Test func whatCannotBeReplaced() throws {
        let world = World()
        let image = world.finishedImage([disk(50)])
        let instance = world.instance()
        func replace(_ change: (inout ReplaceSystemDiskRequest) -> Void = { _ in }) -> String {
            world.replacing(instance.id, image, change)
        }
        #expect(replace { $0.imageID = "" } == "400 MissingParameter ImageId")
        #expect(replace { $0.instanceID = "" } == "400 MissingParameter InstanceId")
        #expect(replace { $0.imageID = "m-none" } == "404 InvalidImageId.NotFound ImageId")
        #expect(
            replace { $0.instanceID = "i-none" } == "404 InvalidInstanceId.NotFound InstanceId")
        #expect(
            replace {
                $0.systemDisk = SystemDisk()
                $0.systemDisk?.size = 49
            } == "400 InvalidParameter SystemDisk.Size")
        let snapshot = try world.snapshot(instance.disks[0])
        #expect(replace() == "403 DiskCreatingSnapshot")
        world.deleteSnapshot(snapshot)
        world.set(instance.id) { $0.status = "Running" }
        #expect(replace() == "403 IncorrectInstanceStatus InstanceId")
        world.set(instance.id) { $0.status = "Stopped" }
        world.setImage(image) { $0.status = "UnAvailable" }
        #expect(replace() == "400 IncorrectImageStatus ImageId")
        world.setImage(image) { $0.status = "Available" }
        let real = world.instance([disk(path: "/disk.raw")]).id
        #expect(world.replacing(real, image) == "400 InvalidParameter InstanceId")
        #expect(world.detach(instance.disks[0], from: instance.id) == "OK")
        #expect(replace() == "400 InvalidInstance.NotFoundSystemDisk InstanceId")
        world.lock(instance.id)
        #expect(replace() == "403 InstanceLockedForSecurity InstanceId")
    }

    // MARK: DeleteDisk

    @Test func aDiskIsDeleted() throws {
        let world = World()
        let instance = world.instance([disk(type: "system"), disk()])
        let id = instance.disks[1]
        #expect(world.deleteDisk("") == "400 MissingParameter DiskId")
        #expect(world.deleteDisk("d-none") == "OK")
        #expect(world.deleteDisk(id) == "403 DiskStillAttached DiskId")
        let snapshot = try world.snapshot(id)
        #expect(world.detach(id, from: instance.id) == "OK")
        #expect(world.deleteDisk(id) == "403 DiskCreatingSnapshot DiskId")
        world.settle()
        world.setDisk(id) { $0.status = "ReIniting" }
        #expect(world.deleteDisk(id) == "403 IncorrectDiskStatus DiskId")
        world.setDisk(id) { $0.status = "Available" }
        #expect(world.deleteDisk(id) == "OK")
        #expect(world.diskRecord(id) == nil)
        #expect(world.snapshotStatus(snapshot) == "accomplished")
    }

    @Test func aSnapshotThatADiskWasMadeOfMayBeForcedAway() throws {
        let world = World()
        let image = world.finishedImage()
        let id = try world.runInstances { $0.imageID = image }[0]
        world.settle()
        let snapshot = world.disks(of: id)[0].sourceSnapshotID
        var deletion = DeleteImageRequest()
        deletion.regionID = "cn-hangzhou"
        deletion.imageID = image
        deletion.force = true
        try world.perform({ c, r, who throws(Refusal) in try c.deleteImage(r, who) }, deletion)
        #expect(world.deleteSnapshot(snapshot) == "403 SnapshotCreatedDisk")
        var request = DeleteSnapshotRequest()
        request.snapshotID = snapshot
        request.force = true
        try world.perform({ c, r, who throws(Refusal) in try c.deleteSnapshot(r, who) }, request)
        // E-InvalidSystemSnapshot.Missing.
        #expect(world.creating { $0.instanceID = id } == "403 InvalidSystemSnapshot.Missing")
    }
}
