import ECS
import Testing
import Wire

@testable import Catalog

/// CreateImage where it is refused: which error, and that nothing has happened.
struct CreateImageErrorTests {
    /// A world in which every kind of source is at hand.
    private struct Stage {
        let world: World
        let instance: String
        let disks: [String]
        let system: String
        let data: String
        let progressing: String
        let old: String

        init(explains: Bool = false) {
            world = World(explains: explains)
            (instance, disks) = world.instance([disk(40), disk(100)])
            system = world.finishedSnapshot(disks[0])
            data = world.finishedSnapshot(disks[1])
            let (_, oldDisks) = world.instance([disk(40, category: "cloud_ssd")])
            old = world.finishedSnapshot(oldDisks[0])
            _ = try! world.snapshot(oldDisks[0])
            progressing = try! world.snapshot(disks[0])
            _ = try! world.create {
                $0.snapshotID = system
                $0.imageName = "taken"
            }
            world.turn()
        }
    }

    private typealias Fault = (
        name: String, change: @Sendable (inout CreateImageRequest) -> Void
    )

    /// Faults of V1 in the order in which they win, on the mapping path.
    private static let syntax: [Fault] = [
        ("400 MissingParameter", { $0.regionID = "" }),
        ("400 InvalidParameter.AllEmpty", { $0.diskDeviceMapping.append(DiskDeviceMapping()) }),
        ("403 InvalidClientToken.Malformed", { $0.clientToken = "tokén" }),
        ("400 InvalidImageName.Malformed", { $0.imageName = "1name" }),
        ("400 InvalidImageFamily.Malformed", { $0.imageFamily = "has.dot" }),
        (
            "400 InvalidImageVersion.Malformed",
            { $0.imageVersion = String(repeating: "1", count: 41) }
        ),
        ("400 InvalidDescription.Malformed", { $0.description = "http://x" }),
        ("400 InvalidPlatform.Malformed", { $0.platform = "ubuntu" }),
        ("400 InvalidBootMode.Malformed", { $0.bootMode = "uefi" }),
        ("400 InvalidArchitecture.Malformed", { $0.architecture = "x86" }),
        ("400 InvalidDetectionStrategy.Malformed", { $0.detectionStrategy = "standard" }),
        (
            "400 InvalidParameter.FeaturesImdsSupport",
            {
                $0.features = ImageRequestFeatures()
                $0.features?.imdsSupport = "v3"
            }
        ),
        ("400 InvalidTagKey.Malformed", { $0.tag.insert(tag("aliyunKey"), at: 0) }),
        ("400 InvalidTagValue.Malformed", { $0.tag.append(tag("k", "acs:v")) }),
        ("400 Duplicate.TagKey", { $0.tag += [tag("twice"), tag("twice")] }),
        ("403 QuotaExceed.Tags", { $0.tag += (0...20).map { tag("n\($0)") } }),
        (
            "400 InvalidParameter",
            { $0.diskDeviceMapping += Array(repeating: mapping(type: "data"), count: 18) }
        ),
        (
            "400 InvalidDiskType.ValueNotSupported",
            { $0.diskDeviceMapping.append(mapping(type: "System")) }
        ),
        (
            "400 InvalidDevice.Malformed",
            { $0.diskDeviceMapping.append(mapping(device: "/dev/vdb")) }
        ),
        (
            "400 InvalidSize.ValueNotSupported",
            { $0.diskDeviceMapping.append(mapping(size: 0)) }
        ),
        (
            "400 InvalidDevice.InUse",
            { $0.diskDeviceMapping += Array(repeating: mapping(device: "/dev/xvdc"), count: 2) }
        ),
    ]

    /// Faults of V5 to V9 in the order in which they win, on the mapping path. None undoes an
    /// earlier one.
    private static func later(_ stage: Stage) -> [Fault] {
        let (progressing, old, data) = (stage.progressing, stage.old, stage.data)
        return [
            (
                "404 InvalidRegionId.NotFound",
                { if !$0.regionID.isEmpty { $0.regionID = "mars-1" } }
            ),
            ("404 InvalidResourceGroup.NotFound", { $0.resourceGroupID = "rg-none" }),
            (
                "404 InvalidSnapshotId.NotFound",
                { $0.diskDeviceMapping.append(mapping("s-none", type: "data")) }
            ),
            (
                "403 SnapshotNotReady",
                { $0.diskDeviceMapping.append(mapping(progressing, type: "data")) }
            ),
            (
                "403 InvalidSnapshotId.NotReady",
                { $0.diskDeviceMapping.append(mapping(old, type: "data")) }
            ),
            (
                "400 OperationDenied",
                { $0.diskDeviceMapping.append(mapping(data, type: "system")) }
            ),
            (
                "400 InvalidDevice.Malformed",
                { $0.diskDeviceMapping.append(mapping(data, device: "/dev/xvda")) }
            ),
            (
                "400 InvalidSize.ValueNotSupported",
                { $0.diskDeviceMapping.append(mapping(data, size: 99)) }
            ),
            (
                "400 InvalidBootMode.NotSupport",
                {
                    if $0.architecture.isEmpty { $0.architecture = "arm64" }
                    if $0.bootMode.isEmpty { $0.bootMode = "BIOS" }
                }
            ),
            (
                "400 InvalidImageName.Duplicated",
                { if $0.imageName.isEmpty { $0.imageName = "taken" } }
            ),
            ("400 DryRunOperation", { $0.dryRun = true }),
        ]
    }

    /// One after the other, and each with the next at once: the earlier wins.
    @Test func eachFaultHasItsErrorAndTheEarlierOfTwoWins() {
        let stage = Stage()
        let faults = Self.syntax + Self.later(stage)
        let before = stage.world.checkpoint()
        for (place, fault) in faults.enumerated() {
            let base: (inout CreateImageRequest) -> Void = {
                $0.diskDeviceMapping = [mapping(stage.system)]
            }
            let alone = stage.world.creating {
                base(&$0)
                fault.change(&$0)
            }
            #expect(alone == fault.name)
            for other in faults[(place + 1)...] {
                let both = stage.world.creating {
                    base(&$0)
                    fault.change(&$0)
                    other.change(&$0)
                }
                // A third and fourth system disk, or 18 more entries, change no earlier answer.
                #expect(both == fault.name, "\(fault.name) with \(other.name)")
            }
        }
        #expect(stage.world.checkpoint() == before, "a refusal has left something")
        #expect(stage.world.catalog.assumeIsolated { $0.endTurn() } == nil)
    }

    @Test func noSourceAndAnEmptyListOfMappings() {
        let world = World()
        let errors = world.creationErrors { _ in }
        #expect(errors == [ECSError.missingParameter.hinting(errors[0].hint)])
        #expect(world.creating { $0.regionID = "" } == "400 MissingParameter")
        // RegionId's own message comes first.
        let first = world.creationErrors { $0.regionID = "" }
        #expect(first.first?.message.contains("\"RegionId\"") == true && first.count == 1)
    }

    @Test func explainListsTheFurtherSyntaxErrors() {
        let stage = Stage(explains: true)
        let errors = stage.world.creationErrors { request in
            request.diskDeviceMapping = [mapping(stage.system)]
            for fault in Self.syntax { fault.change(&request) }
        }
        let codes = errors.map { "\($0.httpStatus) \($0.code)" }
        #expect(Set(codes).isSuperset(of: Self.syntax.map(\.name)))
        #expect(codes.first == "400 MissingParameter" && codes.last == "400 InvalidDevice.InUse")
        // Without it, one.
        let plain = World().creationErrors { request in
            for fault in Self.syntax { fault.change(&request) }
        }
        #expect(plain.count == 1)
    }

    @Test func theParameterAtFaultIsNamedAsECSSpellsIt() {
        let stage = Stage(explains: true)
        let errors = stage.world.creationErrors {
            $0.diskDeviceMapping = [
                mapping(stage.system), mapping(size: 0, device: "/dev/sda", type: "both"),
            ]
            $0.tag = [tag("fine"), tag("acs:x", "http://y")]
        }
        #expect(
            errors.map(\.parameter) == [
                "Tag.2.Key", "Tag.2.Value", "DiskDeviceMapping.2.DiskType",
                "DiskDeviceMapping.2.Device", "DiskDeviceMapping.2.Size",
            ])
        #expect(errors.allSatisfy { !$0.hint.isEmpty })
    }

    // MARK: V2

    @Test func anAccountThatIsNotThereIsForbiddenAfterTheSyntax() {
        let stage = Stage()
        let world = World(recovered: stage.world.recovered(), account: "nobody")
        #expect(world.creating { $0.instanceID = stage.instance } == "403 Forbidden")
        #expect(
            world.creating {
                $0.instanceID = "i-none"
                $0.regionID = "mars-1"
            } == "403 Forbidden")
        #expect(world.creating { $0.imageName = "1" } == "400 MissingParameter")
    }

    @Test func anotherAccountsResourcesDoNotExist() {
        let world = World()
        world.open("other")
        let (instance, disks) = world.instance(account: "other")
        #expect(world.creating { $0.instanceID = instance } == "404 InvalidInstanceId.NotFound")
        #expect(world.snapshotting(disks[0]) == "404 InvalidDiskId.NotFound")
        // Nor do those of another region.
        let (mine, _) = world.instance { $0.regionID = "cn-beijing" }
        #expect(world.creating { $0.instanceID = mine } == "404 InvalidInstanceId.NotFound")
        #expect(
            world.creating {
                $0.instanceID = mine
                $0.regionID = "cn-beijing"
            } == "OK")
    }

    // MARK: V6 of an instance

    /// A world whose instance, or its disks, were changed from outside.
    private func altered(
        _ disks: [RegisteredDisk] = [disk(40), disk(100)],
        instance change: (inout Instance) -> Void = { _ in },
        disk changeDisk: (inout Disk) -> Void = { _ in }
    ) -> (World, String) {
        let world = World()
        let (id, diskIDs) = world.instance(disks)
        var record = world.region().instances[id]!
        change(&record.instance)
        var changes = [Change.Kind.instance(Boxed(record))]
        for diskID in diskIDs {
            var record = world.region().disks[diskID]!
            changeDisk(&record.disk)
            changes.append(.disk(Boxed(record)))
        }
        return (world.restarted(changing: changes), id)
    }

    private static let locked = {
        var lock = OperationLock()
        lock.lockReason = "security"
        return lock
    }()

    @Test(arguments: ["Pending", "Starting", "Stopping"])
    func anInstanceInMotionIsRefused(status: String) {
        let (world, id) = altered(instance: { $0.status = status })
        #expect(world.creating { $0.instanceID = id } == "400 IncorrectInstanceStatus")
        let (locked, other) = altered(instance: {
            $0.status = status
            $0.operationLocks = [Self.locked]
        })
        #expect(locked.creating { $0.instanceID = other } == "400 InstanceLockedForSecurity")
    }

    @Test func onlyASecurityLockCounts() {
        var lock = OperationLock()
        lock.lockReason = "financial"
        let (world, id) = altered(instance: { $0.operationLocks = [lock] })
        #expect(world.creating { $0.instanceID = id } == "OK")
    }

    @Test func runningAndStoppedAreRight() {
        let world = World()
        for status in ["Running", "Stopped", ""] {
            let (id, _) = world.instance { $0.status = status }
            #expect(world.creating { $0.instanceID = id } == "OK")
        }
    }

    @Test(arguments: [
        ("Transferring", "403 IncorrectDiskStatus.Transferring"),
        ("Attaching", "403 IncorrectDiskStatus"), ("Detaching", "403 IncorrectDiskStatus"),
        ("Creating", "403 IncorrectDiskStatus"), ("ReIniting", "403 IncorrectDiskStatus"),
    ])
    func aDiskInMotionIsRefused(status: String, answer: String) {
        let (world, id) = altered(disk: { if $0.type == "data" { $0.status = status } })
        #expect(world.creating { $0.instanceID = id } == answer)
        // The instance's own status comes before that of its disks.
        let (both, other) = altered(
            instance: { $0.status = "Pending" }, disk: { $0.status = status })
        #expect(both.creating { $0.instanceID = other } == "400 IncorrectInstanceStatus")
    }

    @Test func anInstanceWithoutASystemDisk() {
        let (world, id) = altered(disk: { $0.type = "data" })
        #expect(world.creating { $0.instanceID = id } == "400 InvalidInstance.NotFoundSystemDisk")
    }

    @Test(arguments: Values.localCategories)
    func aLocalSystemDiskIsRefused(category: String) {
        let world = World()
        let (id, _) = world.instance([disk(40, category: category)])
        #expect(world.creating { $0.instanceID = id } == "400 InvalidDiskCategory.CreateImage")
    }

    @Test(arguments: Values.elasticEphemeralCategories)
    func anElasticEphemeralDataDiskIsRefused(category: String) {
        let world = World()
        let (id, _) = world.instance([disk(40), disk(40, category: category)])
        #expect(
            world.creating { $0.instanceID = id } == "400 InvalidOperation.DiskCategoryUnsupported")
    }

    // MARK: V6 of a snapshot

    /// A world whose snapshot of a system disk was changed from outside.
    private func altered(
        category: String = "", _ change: (inout Snapshot) -> Void
    ) -> (World, String) {
        let world = World()
        let id = world.finishedSnapshot(world.instance([disk(40)]).disks[0])
        var record = world.snapshotRecord(id)!
        change(&record.snapshot)
        var disk = world.region().disks[record.snapshot.sourceDiskID]!
        if !category.isEmpty { disk.disk.category = category }
        return (
            world.restarted(changing: [.snapshot(Boxed(record)), .disk(Boxed(disk))]), id
        )
    }

    private func expect(_ world: World, _ id: String, _ answer: String) {
        #expect(world.creating { $0.snapshotID = id } == answer)
        #expect(world.creating { $0.diskDeviceMapping = [mapping(id)] } == answer)
    }

    @Test(arguments: [
        ("2013-07-15T23:59:59Z", "403 InvalidSnapshot.TooOld"),
        ("2013-07-15T00:00:00Z", "403 InvalidSnapshot.TooOld"), ("2013-07-16T00:00:00Z", "OK"),
    ])
    func snapshotsOfTheFifteenthAreTooOld(time: String, answer: String) {
        let (world, id) = altered { $0.creationTime = time }
        #expect(world.creating { $0.snapshotID = id } == answer)
        let (other, same) = altered { $0.creationTime = time }
        #expect(other.creating { $0.diskDeviceMapping = [mapping(same)] } == answer)
    }

    @Test func snapshotsThatAreNotReady() {
        let (failed, failedID) = altered { $0.status = "failed" }
        expect(failed, failedID, "403 InvalidSnapshotId.NotReady")
        let (progressing, id) = altered { $0.status = "progressing" }
        expect(progressing, id, "403 SnapshotNotReady")
        let (old, oldID) = altered {
            $0.status = "progressing"
            $0.creationTime = "2013-07-15T00:00:00Z"
            $0.category = "archive"
        }
        expect(old, oldID, "403 InvalidSnapshot.TooOld")
    }

    @Test func snapshotsOfTheWrongCategory() {
        let (archive, id) = altered { $0.category = "archive" }
        expect(archive, id, "403 InvalidSnapshotCategory.NotSupportImageCreation")
        let world = World()
        let flash = try! world.snapshot(world.instance().disks[0]) { $0.category = "flash" }
        world.finishSimulated()
        expect(world, flash, "403 OperationDenied.InvalidSnapshotCategory")
        let message = world.creationErrors { $0.snapshotID = flash }[0].message
        #expect(message == "The specified snapshot category Flash does not support this operation.")
    }

    @Test func anOlderDisksSnapshotWaitsForTheOther() throws {
        let world = World()
        let (_, disks) = world.instance([disk(40, category: "cloud_efficiency")])
        let first = world.finishedSnapshot(disks[0])
        let second = try world.snapshot(disks[0])
        expect(world, first, "403 InvalidSnapshotId.NotReady")
        expect(world, second, "403 SnapshotNotReady")
        world.finishSimulated()
        #expect(world.creating { $0.snapshotID = first } == "OK")
        // Newer disks take several at once.
        let (_, essd) = world.instance()
        let done = world.finishedSnapshot(essd[0])
        _ = try world.snapshot(essd[0])
        #expect(world.creating { $0.snapshotID = done } == "OK")
    }

    @Test func aSystemSnapshotOfALocalDisk() {
        let (world, id) = altered(category: "local_hdd_pro") { _ in }
        expect(world, id, "400 InvalidDiskCategory.CreateImage")
        // As a data disk it is none of that rule's business; the set has no system disk then.
        #expect(
            world.creating { $0.diskDeviceMapping = [mapping(id, type: "data")] }
                == "400 OperationDenied")
    }

    @Test func systemDisksAmongTheMappings() {
        let stage = Stage()
        let world = stage.world
        #expect(world.creating { $0.snapshotID = stage.data } == "403 OperationDenied")
        for none in [
            [mapping(stage.data)], [mapping(stage.system, type: "data")],
            [mapping(type: "system"), mapping(stage.data)],
        ] {
            let errors = world.creationErrors { $0.diskDeviceMapping = none }
            #expect(errors.first?.message == ECSError.operationDenied400.message)
        }
        let two = world.creationErrors {
            $0.diskDeviceMapping = [mapping(stage.system), mapping(stage.system)]
        }
        #expect(two.first?.message == ECSError.twoSystemDisks.message)
        #expect(two.first?.httpStatus == 400 && two.first?.code.rawValue == "OperationDenied")
        // The system disk is /dev/xvda, and nothing else is.
        #expect(
            world.creating { $0.diskDeviceMapping = [mapping(stage.system, device: "/dev/xvdb")] }
                == "400 InvalidDevice.Malformed")
    }

    /// V6 of the set: InvalidParameter.DiskType stands before the size.
    @Test func anEncryptedDataDiskCannotBecomeTheSystemDisk() {
        let (world, id) = altered {
            $0.sourceDiskType = "data"
            $0.encrypted = true
            $0.kmsKeyID = "key"
        }
        #expect(
            world.creating {
                $0.diskDeviceMapping = [mapping(id, size: 1, type: "system")]
            } == "400 InvalidParameter.DiskType")
        #expect(
            world.creating {
                $0.diskDeviceMapping = [mapping(id, device: "/dev/xvdb", type: "system")]
            } == "400 InvalidDevice.Malformed")
    }

    // MARK: Names

    @Test func aNameIsUniqueInEveryStatus() throws {
        let world = World()
        let (instance, disks) = world.instance([disk(40, path: "/disk")])
        let name: (inout CreateImageRequest) -> Void = {
            $0.instanceID = instance
            $0.imageName = "one"
        }
        let id = try world.create(name)
        #expect(world.image(id)?.status == "Waiting")
        #expect(world.creating(name) == "400 InvalidImageName.Duplicated")
        let job = world.jobs()[0].number
        world.capture(job)
        world.turn()
        #expect(world.image(id)?.status == "Creating")
        #expect(world.creating(name) == "400 InvalidImageName.Duplicated")
        world.report(job, .failed(reason: "It shrank."))
        world.turn()
        #expect(world.image(id)?.status == "CreateFailed")
        #expect(world.creating(name) == "400 InvalidImageName.Duplicated")
        #expect(world.deleteImage(id) == "OK")
        let second = try world.create(name)
        world.capture(world.jobs()[0].number)
        world.turn()
        world.report(world.jobs()[0].number, .copied(9))
        world.turn()
        #expect(world.image(second)?.status == "Available")
        #expect(world.creating(name) == "400 InvalidImageName.Duplicated")
        // Another region and another account have names of their own; empty ones never collide.
        world.open("other")
        let (theirs, _) = world.instance(account: "other")
        _ = try world.create(account: "other") {
            $0.instanceID = theirs
            $0.imageName = "one"
        }
        #expect(world.creating { $0.instanceID = instance } == "OK")
        #expect(world.creating { $0.instanceID = instance } == "OK")
        #expect(disks.count == 1)
    }
}
