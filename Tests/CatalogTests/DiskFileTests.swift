import ECS
import Testing
import Wire

@testable import Catalog

/// Files of new disks: which are asked for, what becomes of them, and that no crash leaves one.
struct DiskFileTests {
    private static let gib: Int64 = 1 << 30

    private func dataDisk(_ snapshot: String, size: Int32? = nil) -> DataDisk {
        var disk = DataDisk()
        disk.snapshotID = snapshot
        disk.size = size
        return disk
    }

    private func place(_ device: String, _ path: String) -> DiskPath {
        var place = DiskPath()
        place.device = device
        place.path = path
        return place
    }

    private func snapshot(of image: String, _ world: World) throws -> String {
        try #require(world.image(image)).diskDeviceMappings[0].snapshotID
    }

    // MARK: What is asked for

    @Test func aRealImageMakesFiles() throws {
        let world = World()
        let (image, manifest) = try world.realImage()
        let request = world.runRequest {
            $0.imageID = image
            $0.amount = 2
        }
        let orders = try #require(
            world.orders { c, who throws(Refusal) in
                try c.runInstances(request, who)
            })
        let wanted = FileOrder(manifest: manifest, sizeBytes: 5 * Self.gib, path: "", parameter: "")
        #expect(orders == [wanted, wanted])
        #expect(world.state.reclaims.isEmpty && world.region().instances.count == 1)

        let ids = try world.made { c, who throws(Refusal) in try c.runInstances(request, who) }
            .instanceIDSets
        let disks = ids.map { world.diskRecords(of: $0)[0] }
        for disk in disks {
            #expect(disk.disk.path == "/data/disks/\(disk.file).raw" && disk.file > 0)
            #expect(disk.disk.sizeBytes == 5 * Self.gib && disk.disk.size == 5)
            #expect(disk.isOurs && disk.uid == 0 && disk.root.isEmpty && disk.registeredInode > 0)
        }
        #expect(Set(disks.map(\.file)).count == 2)
        #expect(world.state.diskFilesInUse() == Set(disks.map { "\($0.file).raw" }))
    }

    /// Of the snapshot's own size, unless another was asked for: then of so many whole GiB.
    @Test func sizes() throws {
        let world = World()
        let (image, _) = try world.realImage()
        let snapshot = try snapshot(of: image, world)
        func system(_ size: Int32?) -> Int64? {
            let request = world.runRequest {
                $0.imageID = image
                $0.systemDisk = SystemDisk()
                $0.systemDisk?.size = size
            }
            return world.orders { c, who throws(Refusal) in try c.runInstances(request, who) }?[0]
                .sizeBytes
        }
        #expect(system(nil) == 5 * Self.gib)
        #expect(system(5) == 5 * Self.gib)
        #expect(system(7) == 7 * Self.gib)
        #expect(system(4) == nil)
        let refused = world.running {
            $0.imageID = image
            $0.systemDisk = SystemDisk()
            $0.systemDisk?.size = 4
        }
        #expect(refused == "400 InvalidParameter SystemDisk.Size")
        for (size, bytes) in [(nil, 5), (5, 5), (6, 6)] as [(Int32?, Int64)] {
            let request = world.diskRequest {
                $0.snapshotID = snapshot
                $0.size = size
            }
            let orders = world.orders { c, who throws(Refusal) in try c.createDisk(request, who) }
            #expect(orders?[0].sizeBytes == bytes * Self.gib)
        }
        let tooSmall = world.creatingDisk {
            $0.snapshotID = snapshot
            $0.size = 4
        }
        #expect(tooSmall == "400 InvalidParameter Size")
    }

    /// A file that ends within a GiB: the disk's Size is rounded up, its file is not.
    @Test func bytesThatAreNoWholeGiB() throws {
        let world = World()
        let (image, manifest) = try world.realImage(sizeBytes: 5 * Self.gib + 1)
        let request = world.runRequest { $0.imageID = image }
        let id = try world.made { c, who throws(Refusal) in try c.runInstances(request, who) }
            .instanceIDSets[0]
        let disk = world.diskRecords(of: id)[0]
        #expect(disk.disk.size == 6 && disk.disk.sizeBytes == 5 * Self.gib + 1)
        let larger = world.runRequest {
            $0.imageID = image
            $0.systemDisk = SystemDisk()
            $0.systemDisk?.size = 6
        }
        let orders = world.orders { c, who throws(Refusal) in try c.runInstances(larger, who) }
        #expect(orders?.map(\.sizeBytes) == [6 * Self.gib] && orders?[0].manifest == manifest)
    }

    /// What an image was asked to have beyond its snapshot, its disks have.
    @Test func anImageThatIsLargerThanItsSnapshot() throws {
        let world = World()
        let (image, _) = try world.realImage()
        let snapshot = try snapshot(of: image, world)
        let larger = try world.create { $0.diskDeviceMapping = [mapping(snapshot, size: 9)] }
        world.finishSimulated()
        let request = world.runRequest { $0.imageID = larger }
        let orders = world.orders { c, who throws(Refusal) in try c.runInstances(request, who) }
        #expect(orders?.map(\.sizeBytes) == [9 * Self.gib])
    }

    @Test func simulatedDisksStaySo() throws {
        let world = World()
        let (image, manifest) = try world.realImage([disk(path: "/disk"), disk(30)])
        let simulated = world.finishedImage()
        let snapshot = try snapshot(of: image, world)
        let request = world.runRequest { $0.imageID = image }
        let id = try world.made { c, who throws(Refusal) in try c.runInstances(request, who) }
            .instanceIDSets[0]
        let disks = world.diskRecords(of: id)
        #expect(disks.map(\.isReal) == [true, false] && disks[1].disk.size == 30)
        #expect(!disks[1].isOurs)
        // A real data disk beside a simulated system disk.
        let mixed = world.runRequest {
            $0.imageID = simulated
            $0.dataDisk = [dataDisk(snapshot)]
        }
        let orders = world.orders { c, who throws(Refusal) in try c.runInstances(mixed, who) }
        #expect(orders?.map(\.manifest) == [manifest])
    }

    @Test func whereFilesGo() throws {
        let world = World()
        let (image, _) = try world.realImage([disk(path: "/disk"), disk(30)])
        let snapshot = try snapshot(of: image, world)
        func run(_ places: [DiskPath], _ amount: Int32? = nil) -> String {
            world.running {
                $0.imageID = image
                $0.diskPath = places
                $0.amount = amount
            }
        }
        let wrong = "400 InvalidParameter DiskPath"
        #expect(run([place("/dev/xvdb", "/b")]) == "\(wrong).1.Device", "it is simulated")
        #expect(run([place("/dev/xvda", "/a"), place("/dev/xvdc", "/c")]) == "\(wrong).2.Device")
        #expect(run([place("/dev/vda", "/a")]) == "\(wrong).1.Device")
        #expect(
            run([place("/dev/xvda", "/a"), place("/dev/xvda", "/c")]) == "\(wrong).2.Device")
        #expect(run([place("/dev/xvda", "a")]) == "\(wrong).1.Path")
        #expect(run([place("/dev/xvda", "/a"), place("/dev/xvdb", "/a")]) == "\(wrong).2.Path")
        #expect(run([place("/dev/xvda", "")]) == "400 MissingParameter DiskPath.1.Path")
        #expect(run([place("", "/a")]) == "400 MissingParameter DiskPath.1.Device")
        #expect(run([place("/dev/xvda", "/data/disks/9.raw")]) == "\(wrong).1.Path")
        #expect(run([place("/dev/xvda", "//data/./x")]) == "\(wrong).1.Path")
        #expect(run([place("/dev/xvda", "/database/x")]) == "needs files")
        #expect(run([place("/dev/xvda", "/a")], 2) == wrong)
        #expect(run([place("/dev/xvda", "/a")], 1) == "needs files")
        let plain = world.creatingDisk {
            $0.size = 20
            $0.path = "/a"
        }
        #expect(plain == "400 InvalidParameter Path")
        let request = world.diskRequest {
            $0.snapshotID = snapshot
            $0.path = "/srv/new.raw"
        }
        let id = try world.made(root: "/srv") { c, who throws(Refusal) in
            try c.createDisk(request, who)
        }.diskID
        let record = try #require(world.diskRecord(id))
        #expect(record.disk.path == "/srv/new.raw" && record.file == 0 && record.isOurs)
        #expect(record.uid == 1000 && record.root == "/srv")
    }

    @Test func aDryRunMakesNothing() throws {
        let world = World()
        let (image, _) = try world.realImage()
        let answer = world.running {
            $0.imageID = image
            $0.dryRun = true
        }
        #expect(answer == "400 DryRunOperation" && world.state.reclaims.isEmpty)
    }

    /// The first snapshot of a disk is compared with the one that the disk was made of: only what
    /// has changed since is stored.
    @Test func theFirstSnapshotHasAParent() throws {
        let world = World()
        let (image, manifest) = try world.realImage()
        let request = world.runRequest { $0.imageID = image }
        let id = try world.made { c, who throws(Refusal) in try c.runInstances(request, who) }
            .instanceIDSets[0]
        world.settle()
        _ = try world.snapshot(world.diskRecords(of: id)[0].id)
        let job = try #require(world.jobs().last)
        #expect(job.path == world.diskRecords(of: id)[0].disk.path && job.uid == 0)
        world.turn()
        world.capture(job.number)
        let parents = world.turn().compactMap { launch in
            if case .copy(let copied, _, let parent) = launch, copied.number == job.number {
                parent
            } else {
                Int64?.none
            }
        }
        #expect(parents == [manifest])
    }

    // MARK: The second judgement

    @Test func whatChangedMeanwhileIsSeen() throws {
        let world = World()
        let (image, manifest) = try world.realImage()
        let request = world.runRequest { $0.imageID = image }
        let making = try world.begin { c, who throws(Refusal) in try c.runInstances(request, who) }
        #expect(world.turn().isEmpty, "what is being made is not reclaimed")
        #expect(world.deleteImage(image) == "OK")
        let told = world.told(making) { c, who throws(Refusal) in try c.runInstances(request, who) }
        #expect(told == "404 InvalidImageId.NotFound ImageId")
        world.end(making)
        let left = world.reclaimedFiles(world.turn())
        #expect(left.map(\.path) == making.files.map(\.path))
        #expect(left.map(\.temporary) == making.files.map(\.temporary))
        #expect(making.files[0].path == "disks/\(making.files[0].number).raw")
        #expect(making.files[0].temporary.hasPrefix("disks/.imaged-"))
        world.catalog.assumeIsolated { $0.reclaimed(making.intent) }
        world.turn()
        #expect(world.state.reclaims.isEmpty)
        #expect(manifest > 0 && world.region().instances.count == 1)
    }

    /// Files made for other disks than those that the request gets now are of no use.
    @Test func otherFilesThanWereMade() throws {
        let world = World()
        let (image, _) = try world.realImage()
        let request = world.runRequest { $0.imageID = image }
        var making = try world.begin { c, who throws(Refusal) in try c.runInstances(request, who) }
        making.files.removeAll()
        let told = world.told(making) { c, who throws(Refusal) in try c.runInstances(request, who) }
        #expect(told == "503 ServiceUnavailable")
        let simulated = world.finishedImage()
        let other = world.runRequest { $0.imageID = simulated }
        let stale = world.told(making) { c, who throws(Refusal) in try c.runInstances(other, who) }
        #expect(stale == "OK", "it needs none, and has none")
    }

    @Test func theFirstToCommitWins() throws {
        let world = World()
        let (image, _) = try world.realImage()
        let request = world.runRequest {
            $0.imageID = image
            $0.clientToken = "t"
        }
        let first = try world.begin { c, who throws(Refusal) in try c.runInstances(request, who) }
        let second = try world.begin { c, who throws(Refusal) in try c.runInstances(request, who) }
        let run = { (making: FileMaking) throws(Refusal) in
            try world.judge(making) { c, who throws(Refusal) in try c.runInstances(request, who) }
                .instanceIDSets
        }
        let answer = try run(second)
        world.end(second)
        #expect(try run(first) == answer)
        world.end(first)
        let left = world.reclaimedFiles(world.turn())
        #expect(left.count == 2)
        #expect(left.map(\.path).filter { !$0.isEmpty } == first.files.map(\.path))
        #expect(world.region().instances.count == 2)
    }

    /// A fault rule acts when the request comes, and not again when its files are there.
    @Test func aFaultRuleActsOnce() throws {
        let world = World()
        let (image, _) = try world.realImage()
        let request = world.runRequest { $0.imageID = image }
        let making = try world.begin { c, who throws(Refusal) in try c.runInstances(request, who) }
        var add = AddFaultRuleRequest()
        add.operation = "RunInstances"
        add.action = "fail"
        add.code = "InternalError"
        add.times = 0
        _ = try world.run { [add, caller = world.caller] c throws(Refusal) in
            try c.addFaultRule(add, caller)
        }
        let fresh = world.told(nil) { c, who throws(Refusal) in try c.runInstances(request, who) }
        #expect(fresh == "500 InternalError")
        let told = world.told(making) { c, who throws(Refusal) in try c.runInstances(request, who) }
        #expect(told == "OK")
    }

    @Test func aFullJournalMakesNothing() throws {
        let world = World()
        let (image, _) = try world.realImage()
        let request = world.runRequest { $0.imageID = image }
        world.levers.room.store(1, ordering: .relaxed)
        #expect(throws: Refusal.self) {
            try world.begin { c, who throws(Refusal) in try c.runInstances(request, who) }
        }
        #expect(world.state.reclaims.isEmpty && world.pins.isEmpty)
        world.levers.room.store(0, ordering: .relaxed)
        let making = try world.begin { c, who throws(Refusal) in try c.runInstances(request, who) }
        #expect(world.pins == Set(making.pins))
        world.levers.room.store(1, ordering: .relaxed)
        let told = world.told(making) { c, who throws(Refusal) in try c.runInstances(request, who) }
        #expect(told == "no room yet")
        world.levers.room.store(0, ordering: .relaxed)
        let again = world.told(making) { c, who throws(Refusal) in try c.runInstances(request, who)
        }
        #expect(again == "OK")
        world.end(making)
        #expect(world.pins.isEmpty)
    }

    // MARK: Files go with their disks

    private func realInstance(_ world: World, path: String = "") throws -> String {
        let (image, _) = try world.realImage()
        let request = world.runRequest {
            $0.imageID = image
            if !path.isEmpty { $0.diskPath = [place("/dev/xvda", path)] }
        }
        let id = try world.made { c, who throws(Refusal) in try c.runInstances(request, who) }
            .instanceIDSets[0]
        world.settle()
        world.takeReclaims()
        return id
    }

    @Test func filesGoWithTheirInstance() throws {
        let world = World()
        let id = try realInstance(world)
        let file = world.diskRecords(of: id)[0].file
        #expect(world.deleteInstance(id, force: true) == "OK")
        let left = world.reclaimedFiles(world.turn())
        #expect(left.map(\.path) == ["disks/\(file).raw"] && left[0].temporary.isEmpty)
        #expect(world.state.diskFilesInUse().isEmpty)
        world.takeReclaims()
        #expect(world.state.reclaims.isEmpty)
    }

    @Test func aDetachedDiskKeepsItsFileUntilItIsDeleted() throws {
        let world = World()
        let id = try realInstance(world, path: "/srv/a.raw")
        let disk = world.diskRecords(of: id)[0]
        world.set(id) { $0.status = "Stopped" }
        #expect(world.detach(disk.id, from: id) { $0.deleteWithInstance = false } == "OK")
        #expect(world.deleteInstance(id) == "OK")
        #expect(world.reclaimedFiles(world.turn()).isEmpty)
        #expect(world.deleteDisk(disk.id) == "OK")
        let left = world.reclaimedFiles(world.turn())
        #expect(left.map(\.path) == ["/srv/a.raw"])
        #expect(left[0].inode == disk.registeredInode && left[0].inode > 0)
        #expect(left[0].uid == 1000)
    }

    @Test func registeredFilesAreNeverReclaimed() throws {
        let world = World()
        let (image, _) = try world.realImage()
        let instance = world.instance([disk(path: "/mine"), disk(path: "/mine2")])
        let request = with(ReplaceSystemDiskRequest()) {
            $0.instanceID = instance.id
            $0.imageID = image
            $0.path = "/srv/new.raw"
        }
        let new = try world.made { c, who throws(Refusal) in
            try c.replaceSystemDisk(request, who)
        }.diskID
        #expect(world.reclaimedFiles(world.turn()).allSatisfy { $0.path.isEmpty })
        world.takeReclaims()
        #expect(world.diskRecord(instance.disks[0]) == nil)
        #expect(world.diskRecord(new)?.disk.path == "/srv/new.raw")
        // The next one takes the file that was made.
        let again = with(request) { $0.path = "" }
        _ = try world.made { c, who throws(Refusal) in try c.replaceSystemDisk(again, who) }
        let left = world.reclaimedFiles(world.turn()).map(\.path).filter { !$0.isEmpty }
        #expect(left == ["/srv/new.raw"])
        world.takeReclaims()
        #expect(world.deleteInstance(instance.id) == "OK")
        #expect(!world.reclaimedFiles(world.turn()).map(\.path).contains("/mine2"))
    }

    @Test func aFileIsNotReplacedByNone() throws {
        let world = World()
        let simulated = world.finishedImage()
        let id = try realInstance(world)
        world.set(id) { $0.status = "Stopped" }
        #expect(world.replacing(id, simulated) == "400 InvalidParameter InstanceId")
        let plain = world.instance([disk(path: "/mine")]).id
        #expect(world.replacing(plain, simulated) == "400 InvalidParameter InstanceId")
        let path = world.replacing(world.instance().id, simulated) { $0.path = "/srv/x" }
        #expect(path == "400 InvalidParameter Path")
    }

    @Test func filesGoWithTheirAccount() throws {
        let world = World(account: "other")
        world.open("default")
        _ = try world.run { c throws(Refusal) in
            var request = CreateAccountRequest()
            request.accountID = "other"
            return try c.createAccount(request, Caller(uid: 1000))
        }
        let id = try realInstance(world)
        let file = world.diskRecords(of: id)[0].file
        _ = try world.run { c throws(Refusal) in
            var request = DropAccountRequest()
            request.accountID = "other"
            return try c.dropAccount(request, Caller(uid: 1000))
        }
        let left = world.reclaimedFiles(world.turn())
        #expect(left.map(\.path) == ["disks/\(file).raw"])
    }

    // MARK: Exports and reads of snapshots

    @Test func snapshotsThatCannotBeRead() throws {
        let world = World()
        let (image, manifest) = try world.realImage()
        let snapshot = try snapshot(of: image, world)
        let instance = world.instance([disk(path: "/x"), disk(20)])
        let simulated = world.finishedSnapshot(instance.disks[1])
        let unfinished = try world.snapshot(instance.disks[0])
        func plan(_ id: String, _ path: String = "/out") -> String {
            let request = with(ExportSnapshotRequest()) {
                $0.snapshotID = id
                $0.path = path
            }
            return world.told(nil) { c, who throws(Refusal) in try c.planExport(request, who) }
        }
        func read(_ id: String, _ offset: Int64, _ length: Int64) -> String {
            let request = with(ReadSnapshotRequest()) {
                $0.snapshotID = id
                $0.offset = offset
                $0.length = length
            }
            return world.told(nil) { c, who throws(Refusal) in try c.planRead(request, who) }
        }
        #expect(plan(snapshot) == "OK" && read(snapshot, 0, 1) == "OK")
        #expect(plan(snapshot, "") == "400 MissingParameter Path")
        #expect(plan(snapshot, "out") == "400 InvalidParameter Path")
        #expect(plan(snapshot, "/data/out") == "400 InvalidParameter Path")
        #expect(plan("") == "400 MissingParameter SnapshotId")
        #expect(read("s-none", 0, 1) == "404 InvalidSnapshotId.NotFound SnapshotId")
        #expect(plan("s-none") == "404 InvalidSnapshotId.NotFound SnapshotId")
        #expect(read(simulated, 0, 1) == "400 InvalidParameter SnapshotId")
        #expect(plan(simulated) == "400 InvalidParameter SnapshotId")
        #expect(plan(unfinished) == "403 InvalidSnapshotId.NotReady SnapshotId")
        #expect(read(unfinished, 0, 1) == "403 InvalidSnapshotId.NotReady SnapshotId")
        #expect(read(snapshot, -1, 1) == "400 InvalidParameter Offset")
        #expect(read(snapshot, 5 * Self.gib, 1) == "OK", "the disk's end")
        #expect(read(snapshot, 5 * Self.gib + 1, 1) == "400 InvalidParameter Offset")
        for length in [0, -1, 1 << 20 + 1] as [Int64] {
            #expect(read(snapshot, 0, length) == "400 InvalidParameter Length")
        }
        #expect(manifest > 0)
    }

    @Test func anExportLeavesItsTemporaryNameToTheState() throws {
        let world = World()
        let (image, manifest) = try world.realImage()
        let request = with(ExportImageRequest()) {
            $0.regionID = "cn-hangzhou"
            $0.imageID = image
            $0.path = "/srv/out.raw"
        }
        let plan = try world.run { [caller = world.caller] c throws(Refusal) in
            try c.beginExport(c.planExport(request, caller), caller, root: "/srv")
        }
        #expect(plan.temporary.hasPrefix("/srv/.imaged-") && plan.temporary.hasSuffix(".part"))
        #expect(world.pins == [manifest, plan.intent])
        #expect(world.turn().isEmpty)
        for number in plan.pins { world.catalog.assumeIsolated { $0.unpin(number) } }
        let left = world.reclaimedFiles(world.turn())
        #expect(left.map(\.temporary) == [plan.temporary] && left[0].path.isEmpty)
        #expect(left[0].uid == 1000 && left[0].root == "/srv")
    }
}

func with<Value>(_ value: Value, _ change: (inout Value) -> Void) -> Value {
    var value = value
    change(&value)
    return value
}
