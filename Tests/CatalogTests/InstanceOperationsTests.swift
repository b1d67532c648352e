import ECS
import Testing

@testable import Catalog

/// Instances started, stopped and deleted, one or several.
struct InstanceOperationsTests {
    @Test func anInstanceStopsAndStarts() throws {
        let world = World()
        let id = world.instance { $0.status = "Running" }.id
        #expect(world.start(id) == "403 IncorrectInstanceStatus InstanceId")
        #expect(world.stop(id) == "OK")
        #expect(world.instanceStatus(id) == "Stopping")
        #expect(world.stop(id) == "403 IncorrectInstanceStatus InstanceId")
        #expect(world.start(id) == "403 IncorrectInstanceStatus InstanceId")
        #expect(world.creating { $0.instanceID = id } == "400 IncorrectInstanceStatus")
        world.passMove()
        #expect(world.instanceStatus(id) == "Stopped")
        #expect(world.start(id) == "OK")
        #expect(world.instanceStatus(id) == "Starting")
        world.passMove()
        #expect(world.instanceStatus(id) == "Running")
    }

    @Test func aStartClearsWhatARestartClears() throws {
        let world = World()
        let instance = world.instance([disk(type: "system"), disk()])
        world.set(instance.id) { $0.needsRestart = true }
        world.setDisk(instance.disks[1]) { $0.deviceInvalid = true }
        #expect(
            world.creating { $0.instanceID = instance.id }
                == "403 IncorrectInstanceStatus.NeedRestart")
        #expect(world.start(instance.id) == "OK")
        // Not before it runs.
        #expect(world.diskRecord(instance.disks[1])?.isDeviceInvalid == true)
        #expect(world.record(instance.id)?.needsRestart == true)
        world.settle()
        #expect(world.diskRecord(instance.disks[1])?.isDeviceInvalid == false)
        #expect(world.creating { $0.instanceID = instance.id } == "OK")
    }

    @Test func hibernationEndsWithAStart() throws {
        let world = World()
        let image = world.finishedImage()
        let id = try world.runInstances {
            $0.imageID = image
            $0.hibernationOptions = HibernationOptions()
            $0.hibernationOptions?.configured = true
        }[0]
        let plain = try world.runInstances { $0.imageID = image }[0]
        world.settle()
        #expect(world.stop(plain) { $0.hibernate = true } == "400 InvalidParameter Hibernate")
        #expect(world.stop(id) { $0.hibernate = true } == "OK")
        world.settle()
        #expect(
            world.creating { $0.instanceID = id }
                == "403 HibernationConfigured.InstanceOperationForbidden")
        #expect(world.start(id) == "OK")
        world.settle()
        #expect(world.stop(id) == "OK")
        world.settle()
        #expect(world.creating { $0.instanceID = id } == "OK")
    }

    @Test(arguments: [true, false])
    func aChangeOfStatusFailsTheImageInTheMaking(_ isRunning: Bool) throws {
        let world = World()
        let instance = world.instance([disk(type: "system"), disk(100)]) {
            $0.status = isRunning ? "Running" : "Stopped"
        }
        let apart = try world.snapshot(instance.disks[1])
        let image = try world.create { $0.instanceID = instance.id }
        world.turn()
        #expect((isRunning ? world.stop(instance.id) : world.start(instance.id)) == "OK")
        let made = try #require(world.image(image))
        #expect(made.status == "CreateFailed")
        let verb = isRunning ? "stopped" : "started"
        #expect(made.failureReason == "Instance \(instance.id) was \(verb).")
        #expect(
            made.diskDeviceMappings.map { world.snapshotStatus($0.snapshotID) }
                == ["failed", "failed"])
        // Nobody asked for this one as part of an image.
        #expect(world.snapshotStatus(apart) == "progressing")
        world.settle()
        #expect(world.snapshotStatus(apart) == "accomplished")
        #expect(world.jobs().isEmpty)
    }

    @Test func aLockedInstanceDoesNotMove() {
        let world = World()
        let id = world.instance().id
        world.lock(id)
        #expect(world.start(id) == "403 InstanceLockedForSecurity InstanceId")
        let running = world.instance { $0.status = "Running" }.id
        world.lock(running)
        #expect(world.stop(running) == "403 InstanceLockedForSecurity InstanceId")
    }

    @Test func anInstanceWithoutASystemDiskDoesNotStart() {
        let world = World()
        let instance = world.instance()
        #expect(world.detach(instance.disks[0], from: instance.id) == "OK")
        #expect(
            world.creating { $0.instanceID = instance.id }
                == "400 InvalidInstance.NotFoundSystemDisk")
        #expect(world.start(instance.id) == "403 InvalidInstance.NotFoundSystemDisk InstanceId")
    }

    @Test func aDryRunOnlyChecks() {
        let world = World()
        let id = world.instance().id
        let before = world.checkpoint()
        #expect(world.start(id, dryRun: true) == "400 DRYRUN.SUCCESS")
        #expect(
            world.stop(id) { $0.dryRun = true } == "403 IncorrectInstanceStatus InstanceId")
        #expect(world.deleting(id) { $0.dryRun = true } == "400 DRYRUN.SUCCESS")
        #expect(world.deletingAll([id]) { $0.dryRun = true } == "400 DRYRUN.SUCCESS")
        #expect(world.startingAll([id]) { $0.dryRun = true } == "400 DRYRUN.SUCCESS")
        #expect(
            world.startingAll([id, "i-none"]) { $0.dryRun = true }
                == "404 InvalidInstanceId.NotFound InstanceId.2")
        #expect(
            world.startingAll([id, "i-none"]) {
                $0.dryRun = true
                $0.batchOptimization = "SuccessFirst"
            } == "400 DRYRUN.SUCCESS")
        #expect(world.checkpoint() == before)
    }

    @Test func severalStartTogetherOrNot() throws {
        let world = World()
        let ids = [world.instance().id, world.instance().id]
        let running = world.instance { $0.status = "Running" }.id
        let before = world.checkpoint()
        #expect(
            world.startingAll(ids + [running]) == "403 IncorrectInstanceStatus InstanceId.3")
        #expect(
            world.startingAll(["i-none"] + ids) == "404 InvalidInstanceId.NotFound InstanceId.1")
        #expect(world.checkpoint() == before)
        let responses = try world.startAll([ids[0], running, "i-none", ids[0], ids[1]]) {
            $0.batchOptimization = "SuccessFirst"
        }
        #expect(responses.map(\.instanceID) == [ids[0], running, "i-none", ids[1]])
        #expect(
            responses.map(\.code)
                == ["200", "IncorrectInstanceStatus", "InvalidInstanceId.NotFound", "200"])
        #expect(responses.map(\.previousStatus) == ["Stopped", "Running", "", "Stopped"])
        #expect(responses.map(\.currentStatus) == ["Starting", "Running", "", "Starting"])
        #expect(responses[0].message == "success")
        #expect(responses[2].message == "The specified instance i-none does not exist.")
        world.settle()
        #expect(Set(ids.map(world.instanceStatus)) == ["Running"])
        #expect(try world.stopAll(ids).map(\.currentStatus) == ["Stopping", "Stopping"])
        // None can, and none is changed.
        let none = try world.stopAll(ids) { $0.batchOptimization = "SuccessFirst" }
        #expect(none.map(\.code) == ["IncorrectInstanceStatus", "IncorrectInstanceStatus"])
    }

    @Test func severalMustBeNamedRightly() {
        let world = World()
        let id = world.instance().id
        #expect(world.startingAll([]) == "400 MissingParameter InstanceId")
        #expect(world.startingAll([id, ""]) == "400 MissingParameter InstanceId.2")
        #expect(
            world.startingAll(Array(repeating: id, count: 101)) == "400 InvalidParameter InstanceId"
        )
        #expect(world.startingAll(Array(repeating: id, count: 100)) == "OK")
        #expect(
            world.startingAll([id]) { $0.batchOptimization = "None" }
                == "400 InvalidParameter BatchOptimization")
        #expect(world.startingAll([id]) { $0.regionID = "" } == "400 MissingParameter RegionId")
        #expect(
            world.startingAll([id]) { $0.regionID = "cn-shanghai" }
                == "404 InvalidInstanceId.NotFound InstanceId.1")
        #expect(world.stop(id) { $0.stoppedMode = "x" } == "400 InvalidParameter StoppedMode")
        #expect(world.start("") == "400 MissingParameter InstanceId")
        #expect(world.start("i-none") == "404 InvalidInstanceId.NotFound InstanceId")
    }

    // MARK: Deleting

    @Test(arguments: [
        ("Pending", "403 IncorrectInstanceStatus.Initializing InstanceId", false),
        ("Starting", "403 IncorrectInstanceStatus.Initializing InstanceId", false),
        ("Running", "403 IncorrectInstanceStatus InstanceId", true),
        ("Stopping", "403 IncorrectInstanceStatus InstanceId", true),
        ("Stopped", "OK", true),
    ])
    func whatCanBeDeleted(_ status: String, _ expected: String, _ withForce: Bool) {
        let world = World()
        let ids = [world.instance().id, world.instance().id]
        for id in ids { world.set(id) { $0.status = status } }
        #expect(world.deleting(ids[0]) == expected)
        #expect(
            world.deleting(ids[1]) { $0.force = true }
                == (withForce ? "OK" : "403 IncorrectInstanceStatus.Initializing InstanceId"))
    }

    @Test func disksThatOutliveTheirInstance() throws {
        let world = World()
        let image = world.finishedImage()
        let id = try world.runInstances {
            $0.imageID = image
            $0.dataDisk = [dataDisk(20), dataDisk(20)]
            $0.dataDisk[0].deleteWithInstance = false
        }[0]
        world.settle()
        let disks = world.disks(of: id)
        let early = try world.snapshot(disks[1].diskID)
        world.settle()
        let late = try world.snapshot(disks[1].diskID)
        world.pass(seconds: 60)
        #expect(world.deleting(id) { $0.force = true } == "OK")
        let kept = try #require(world.diskRecord(disks[1].diskID)?.disk)
        #expect(kept.status == "Available" && kept.instanceID == "" && kept.device == "")
        #expect(kept.detachedTime > kept.attachedTime)
        #expect(kept.portable)
        #expect(world.diskRecord(disks[0].diskID) == nil)
        #expect(world.diskRecord(disks[2].diskID) == nil)
        // Its snapshots go on: nothing happened to its bytes.
        world.settle()
        #expect(world.snapshotStatus(early) == "accomplished")
        #expect(world.snapshotStatus(late) == "accomplished")
    }

    @Test func aReleasedSystemDiskMakesNoImages() throws {
        let world = World()
        let instance = world.instance()
        let system = instance.disks[0]
        let before = world.finishedSnapshot(system)
        #expect(world.detach(system, from: instance.id) { $0.deleteWithInstance = false } == "OK")
        #expect(
            world.attach(system, to: instance.id) {
                $0.bootable = true
                $0.deleteWithInstance = false
            } == "OK")
        #expect(world.deleting(instance.id) == "OK")
        let kept = try #require(world.diskRecord(system))
        #expect(kept.isReleasedSystemDisk)
        #expect(kept.disk.type == "data" && kept.disk.status == "Available")
        let after = world.finishedSnapshot(system)
        // B-ReleasedSystemDisk: those of before still do.
        #expect(world.creating { $0.snapshotID = before } == "OK")
        #expect(world.creating { $0.snapshotID = after } == "403 OperationDenied")
    }

    @Test func aSecurityLockTakesAllDisks() throws {
        let world = World()
        let instance = world.instance([disk(type: "system")])
        let extra = try world.createDisk()
        #expect(world.attach(extra, to: instance.id) == "OK")
        world.lock(instance.id)
        #expect(world.deleting(instance.id) == "OK")
        #expect(world.diskRecord(extra) == nil)
    }

    @Test func deletionFailsWhatIsBeingMade() throws {
        let world = World()
        let instance = world.instance([disk(type: "system"), disk()])
        let apart = try world.snapshot(instance.disks[1])
        let image = try world.create { $0.instanceID = instance.id }
        #expect(world.deleting(instance.id) == "OK")
        #expect(world.image(image)?.status == "CreateFailed")
        #expect(world.snapshotStatus(apart) == "failed")
        #expect(world.jobs().isEmpty)
    }

    @Test func realFilesAreForgottenOrKeptAsRecords() throws {
        let world = World()
        let instance = world.instance([disk(type: "system"), disk(path: "/b")])
        #expect(world.detach(instance.disks[1], from: instance.id) == "OK")
        #expect(world.attach(instance.disks[1], to: instance.id) == "OK")
        #expect(world.deleting(instance.id) == "OK")
        let kept = try #require(world.diskRecord(instance.disks[1]))
        #expect(kept.disk.path == "/b" && kept.isReal && kept.disk.sizeBytes == 5 << 30 + 1)
        let second = world.instance([disk(path: "/a")])
        #expect(world.deleting(second.id) == "OK")
        #expect(world.diskRecord(second.disks[0]) == nil)
        #expect(world.turn().isEmpty)
    }

    @Test func aTokenLetsDeletionBeRepeated() {
        let world = World()
        let ids = [world.instance().id, world.instance().id, world.instance().id]
        func delete(_ force: Bool?) -> String {
            world.deleting(ids[0]) {
                $0.clientToken = "t"
                $0.force = force
            }
        }
        #expect(delete(nil) == "OK")
        #expect(delete(nil) == "OK")
        #expect(delete(true) == "403 IdempotentParameterMismatch ClientToken")
        #expect(world.deleting(ids[0]) == "404 InvalidInstanceId.NotFound InstanceId")
        #expect(world.deletingAll([ids[1], ids[2]]) { $0.clientToken = "t" } == "OK")
        #expect(world.deletingAll([ids[1], ids[2]]) { $0.clientToken = "t" } == "OK")
        #expect(world.region().instances.count == 0 && world.region().disks.count == 0)
    }

    @Test func severalAreDeletedOrNone() {
        let world = World()
        let ids = [world.instance().id, world.instance().id]
        let running = world.instance { $0.status = "Running" }.id
        let before = world.checkpoint()
        #expect(
            world.deletingAll(ids + [running]) == "403 IncorrectInstanceStatus InstanceId.3")
        #expect(
            world.deletingAll(ids + ["i-none"]) == "404 InvalidInstanceId.NotFound InstanceId.3")
        #expect(world.checkpoint() == before)
        #expect(world.deletingAll(ids + [running, ids[0]]) { $0.force = true } == "OK")
        #expect(world.region().instances.count == 0)
    }

    @Test func aDeletedInstanceLeavesNoTimer() {
        let world = World()
        let id = world.instance { $0.status = "Running" }.id
        #expect(world.stop(id) == "OK")
        #expect(world.deleting(id) { $0.force = true } == "OK")
        world.pass(seconds: 1)
        world.turn()
        #expect(world.catalog.assumeIsolated { $0.advance().nextTime } == nil)
    }

    // MARK: Describing and authorisation

    @Test func statusesComeInPages() throws {
        let world = World()
        let ids = (0..<12).map { _ in world.instance().id }
        func describe(
            _ change: (inout DescribeInstanceStatusRequest) -> Void
        ) throws(Refusal) -> DescribeInstanceStatusResponse {
            var request = DescribeInstanceStatusRequest()
            request.regionID = "cn-hangzhou"
            change(&request)
            return try world.perform(
                { c, r, who throws(Refusal) in try c.describeInstanceStatus(r, who) }, request)
        }
        let first = try describe { _ in }
        #expect(first.instanceStatuses.map(\.instanceID) == ids.reversed().prefix(10).map { $0 })
        #expect(first.totalCount == 12 && first.pageSize == 10 && first.pageNumber == 1)
        let second = try describe { $0.pageNumber = 2 }
        #expect(second.instanceStatuses.map(\.status) == ["Stopped", "Stopped"])
        #expect(try describe { $0.pageSize = 50 }.instanceStatuses.count == 12)
        #expect(throws: Refusal.self) { try describe { $0.pageSize = 51 } }
        #expect(
            try describe { $0.instanceID = [ids[3], "i-none"] }.instanceStatuses.map(\.instanceID)
                == [ids[3]])
        #expect(try describe { $0.zoneID = "cn-hangzhou-b" }.totalCount == 0)
    }

    @Test func instancesAreFoundByTheirGroup() throws {
        let world = World()
        let id = world.instance().id
        var request = DescribeInstancesRequest()
        request.regionID = "cn-hangzhou"
        request.resourceGroupID = try #require(world.record(id)).instance.resourceGroupID
        let describe = {
            (request: DescribeInstancesRequest) throws -> Int32 in
            try world.perform(
                { c, r, who throws(Refusal) in try c.describeInstances(r, who) }, request
            )
            .totalCount
        }
        #expect(try describe(request) == 1)
        request.resourceGroupID = "rg-none"
        #expect(try describe(request) == 0)
    }

    /// Each of the resources that an operation touches must be allowed, and what is not there is
    /// refused like what is not allowed.
    @Test func everyResourceMustBeAllowed() throws {
        let world = World()
        let image = world.finishedImage()
        let ids = [world.instance().id, world.instance().id]
        let disk = try world.createDisk()
        var statement = StatementRecord()
        statement.actions = ["ecs:*"]
        statement.resources = [
            "acs:ecs:cn-hangzhou:default:instance/\(ids[0])", "acs:ecs:*:*:instance/*/none",
            "acs:ecs:*:*:image/*",
        ]
        var policy = PolicyRecord()
        policy.statements = [statement]
        var user = SetRamUserRequest()
        user.ramUser = "u"
        _ = try world.run { [user, policy, caller = world.caller] catalog throws(Refusal) in
            try catalog.setRamUser(user, policies: [policy], caller)
        }
        var caller = world.caller
        caller.ramUser = "u"
        func told<Value: Sendable>(
            _ operation: String,
            _ body: @Sendable (isolated Catalog, Caller) throws(Refusal) -> Value
        ) -> String {
            caller.operation = operation
            return world.told { [caller] catalog throws(Refusal) in try body(catalog, caller) }
        }
        let run = world.runRequest { $0.imageID = image }
        let running = told("RunInstances") { catalog, who throws(Refusal) in
            try catalog.runInstances(run, who)
        }
        #expect(running == "403 Forbidden")
        var attachment = AttachDiskRequest()
        attachment.instanceID = ids[0]
        attachment.diskID = disk
        let attaching = told("AttachDisk") { [attachment] catalog, who throws(Refusal) in
            try catalog.attachDisk(attachment, who)
        }
        #expect(attaching == "403 Forbidden")
        for (second, expected) in [
            (ids[1], "403 Forbidden"), ("i-none", "403 Forbidden"), (ids[0], "OK"),
        ] {
            var start = StartInstancesRequest()
            start.regionID = "cn-hangzhou"
            start.instanceID = [ids[0], second]
            let starting = told("StartInstances") { [start] catalog, who throws(Refusal) in
                try catalog.startInstances(start, who)
            }
            #expect(starting == expected)
        }
        #expect(world.instanceStatus(ids[1]) == "Stopped")
    }

    /// What the journal holds makes the same state, whatever was done to instances and disks.
    @Test func everythingComesBackFromTheJournal() throws {
        let world = World()
        let image = world.finishedImage([disk(type: "system"), disk()])
        let ids = try world.runInstances {
            $0.imageID = image
            $0.amount = 3
            $0.clientToken = "t"
            $0.dataDisk = [dataDisk(20)]
            $0.dataDisk[0].deleteWithInstance = false
        }
        world.settle()
        #expect(world.stop(ids[0]) == "OK")
        world.settle()
        #expect(world.replacing(ids[0], image) == "OK")
        let extra = try world.createDisk()
        #expect(world.attach(extra, to: ids[0]) == "OK")
        #expect(world.deleting(ids[1]) { $0.force = true } == "OK")
        let detached = world.disks(of: ids[2])[1].diskID
        #expect(world.detach(detached, from: ids[2]) == "OK")
        #expect(world.deleteDisk(detached) == "OK")
        #expect(world.start(ids[0]) == "OK")
        let recovered = world.recovered()
        #expect(recovered.state.checkpoint() == world.checkpoint())
        // A restart goes on with what was on its way.
        let again = World(seed: 9, recovered: recovered)
        again.pass(seconds: 1000)
        again.turn()
        #expect(again.instanceStatus(ids[0]) == "Running")
    }
}
