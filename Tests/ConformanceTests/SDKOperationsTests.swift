import ECS
import Foundation
import TestSupport
import Testing
import Wire

/// Every operation of ECS that the daemon has, through the real SDKs, in a life of two instances.
@Suite(.timeLimit(.minutes(60)), .enabled(if: SDKDoor.isAvailable))
struct SDKOperationsTests {
    /// A program that uses one of the SDKs, and the fixture that moves its account's clock.
    private final class Program {
        let sdk: SDKDoor
        let fixture: TestClient
        private(set) var used: Set<String> = []

        init(_ version: Int, _ daemon: TestDaemon) throws {
            sdk = try SDKDoor(version: version, port: try #require(daemon.httpPorts.first))
            fixture = try daemon.client()
            _ = try fixture.call(CreateAccount.self, .with { $0.accountID = "v\(version)" })
            fixture.account = "v\(version)"
            _ = try fixture.call(SetClock.self, .with { $0.isFrozen = true })
        }

        func fails<O: ECS.Operation>(
            _ operation: O.Type, _ change: (inout O.Request) -> Void
        ) throws -> [String: Any] {
            used.insert(O.name)
            var request = O.Request()
            change(&request)
            return try sdk.call(O.name, request, key: fixture.account).error
        }

        @discardableResult
        func call<O: ECS.Operation>(
            _ operation: O.Type, sourceLocation: SourceLocation = #_sourceLocation,
            _ change: (inout O.Request) -> Void = { _ in }
        ) throws -> [String: Any] {
            used.insert(O.name)
            var request = O.Request()
            change(&request)
            let (ok, error) = try sdk.call(O.name, request, key: fixture.account)
            #expect(error.isEmpty, "\(O.name): \(error)", sourceLocation: sourceLocation)
            #expect(ok?["RequestId"] is String, sourceLocation: sourceLocation)
            return ok ?? [:]
        }

        /// A minute goes by: whatever is under way is over.
        func wait() throws {
            _ = try fixture.call(AdvanceClock.self, .with { $0.seconds = 60 })
        }
    }

    private func list(_ answer: [String: Any], _ name: String, _ element: String) -> [[String: Any]]
    {
        (answer[name] as? [String: Any])?[element] as? [[String: Any]] ?? []
    }

    private func text(_ object: [String: Any]?, _ name: String) -> String {
        object?[name] as? String ?? ""
    }

    @Test(arguments: [7, 1]) func allOperations(version: Int) throws {
        let daemon = try TestDaemon(
            "", ["--ephemeral", "--http", "0"], fixture: true, dataPath: "")
        let program = try Program(version, daemon)
        let instances = try instancesLive(program)
        let disk = try disksLive(program, instances[0])
        let snapshot = try snapshotsLive(program, disk)
        let image = try imagesLive(program, instances[0], snapshot)
        try copiesLive(program, image)
        try tagsLive(program, instances[1])
        try program.call(DeleteInstance.self) {
            $0.instanceID = instances[0]
            $0.force = true
        }
        try program.call(DeleteInstances.self) {
            $0.regionID = testRegion
            $0.instanceID = [instances[1]]
            $0.force = true
        }
        let all = Set(Operations.ecs.map { $0.name })
        #expect(all.subtracting(program.used) == [], "these were not asked for")
    }

    private func instancesLive(_ program: Program) throws -> [String] {
        let regions = list(try program.call(DescribeRegions.self), "Regions", "Region")
        #expect(regions.contains { text($0, "RegionId") == testRegion })
        let images = list(
            try program.call(DescribeImages.self) {
                $0.regionID = testRegion
                $0.imageOwnerAlias = "system"
            }, "Images", "Image")
        #expect(images.count == 3)
        let family = text(images.first, "ImageFamily")
        let newest = try program.call(DescribeImageFromFamily.self) {
            $0.regionID = testRegion
            $0.imageFamily = family
        }
        #expect(text(newest["Image"] as? [String: Any], "ImageFamily") == family)
        let run = try program.call(RunInstances.self) {
            $0.regionID = testRegion
            $0.imageID = "m-0000000000linuxx8664"
            $0.instanceType = "ecs.g7.large"
            $0.amount = 2
            $0.systemDisk = .with { $0.size = 40 }
            $0.dataDisk = [
                .with {
                    $0.size = 20
                    $0.category = "cloud_essd"
                }
            ]
            $0.tag = [
                .with {
                    $0.key = "who"
                    $0.value = "test"
                }
            ]
        }
        let sets = run["InstanceIdSets"] as? [String: [String]]
        let ids = try #require(sets?["InstanceIdSet"])
        #expect(ids.count == 2)
        try program.wait()
        let statuses = list(
            try program.call(DescribeInstanceStatus.self) {
                $0.regionID = testRegion
                $0.instanceID = ids
            }, "InstanceStatuses", "InstanceStatus")
        #expect(statuses.map { text($0, "Status") } == ["Running", "Running"])
        let stopped = list(
            try program.call(StopInstances.self) {
                $0.regionID = testRegion
                $0.instanceID = ids
            }, "InstanceResponses", "InstanceResponse")
        #expect(stopped.map { text($0, "CurrentStatus") } == ["Stopping", "Stopping"])
        try program.wait()
        try program.call(StartInstances.self) {
            $0.regionID = testRegion
            $0.instanceID = [ids[0]]
        }
        try program.call(StartInstance.self) { $0.instanceID = ids[1] }
        try program.wait()
        for id in ids { try program.call(StopInstance.self) { $0.instanceID = id } }
        try program.wait()
        let described = list(
            try program.call(DescribeInstances.self) {
                $0.regionID = testRegion
                $0.instanceIDs = ids
                $0.pageSize = 10
            }, "Instances", "Instance")
        #expect(described.map { text($0, "Status") } == ["Stopped", "Stopped"])
        return ids
    }

    private func disksLive(_ program: Program, _ instance: String) throws -> String {
        let id = text(
            try program.call(CreateDisk.self) {
                $0.regionID = testRegion
                $0.zoneID = "\(testRegion)-a"
                $0.size = 20
                $0.diskCategory = "cloud_essd"
            }, "DiskId")
        try program.wait()
        for operation in ["attach", "detach", "attach"] {
            if operation == "attach" {
                try program.call(AttachDisk.self) {
                    $0.instanceID = instance
                    $0.diskID = id
                }
            } else {
                try program.call(DetachDisk.self) {
                    $0.instanceID = instance
                    $0.diskID = id
                }
            }
            try program.wait()
        }
        let disks = list(
            try program.call(DescribeDisks.self) {
                $0.regionID = testRegion
                $0.diskIDs = [id]
            }, "Disks", "Disk")
        #expect(disks.count == 1 && disks.first?["Size"] as? Int == 20)
        #expect(text(disks.first, "InstanceId") == instance)
        let replaced = try program.call(ReplaceSystemDisk.self) {
            $0.instanceID = instance
            $0.imageID = "m-0000000000linuxx8664"
            $0.systemDisk = .with { $0.size = 50 }
        }
        #expect(text(replaced, "DiskId").hasPrefix("d-"))
        try program.wait()
        return id
    }

    /// - Returns: a snapshot of the disk, which has been deleted.
    private func snapshotsLive(_ program: Program, _ disk: String) throws -> String {
        // A disk that no instance has run with cannot be taken.
        let disks = list(
            try program.call(DescribeDisks.self) {
                $0.regionID = testRegion
                $0.diskIDs = [disk]
            }, "Disks", "Disk")
        let instance = text(disks.first, "InstanceId")
        try program.call(StartInstance.self) { $0.instanceID = instance }
        try program.wait()
        var taken: [String] = []
        for name in ["one", "two"] {
            taken.append(
                text(
                    try program.call(CreateSnapshot.self) {
                        $0.diskID = disk
                        $0.snapshotName = name
                    }, "SnapshotId"))
            try program.wait()
        }
        try program.call(ModifySnapshotAttribute.self) {
            $0.snapshotID = taken[0]
            $0.snapshotName = "three"
        }
        try program.call(DeleteSnapshot.self) { $0.snapshotID = taken[1] }
        let snapshots = list(
            try program.call(DescribeSnapshots.self) {
                $0.regionID = testRegion
                $0.snapshotIDs = taken
            }, "Snapshots", "Snapshot")
        #expect(snapshots.map { text($0, "SnapshotName") } == ["three"])
        #expect(snapshots.map { text($0, "Status") } == ["accomplished"])
        try program.call(StopInstance.self) { $0.instanceID = instance }
        try program.wait()
        try program.call(DetachDisk.self) {
            $0.instanceID = instance
            $0.diskID = disk
        }
        try program.wait()
        try program.call(DeleteDisk.self) { $0.diskID = disk }
        return taken[0]
    }

    private func imagesLive(
        _ program: Program, _ instance: String, _ snapshot: String
    ) throws -> String {
        let id = text(
            try program.call(CreateImage.self) {
                $0.regionID = testRegion
                $0.instanceID = instance
                $0.imageName = "image"
                $0.features = .with { $0.imdsSupport = "v2" }
            }, "ImageId")
        try program.wait()
        let mapped = text(
            try program.call(CreateImage.self) {
                $0.regionID = testRegion
                $0.diskDeviceMapping = [
                    .with {
                        $0.snapshotID = snapshot
                        $0.size = 30
                        $0.diskType = "system"
                    }
                ]
            }, "ImageId")
        try program.wait()
        try program.call(ModifyImageAttribute.self) {
            $0.regionID = testRegion
            $0.imageID = id
            $0.description = "changed"
        }
        let images = list(
            try program.call(DescribeImages.self) {
                $0.regionID = testRegion
                $0.imageID = "\(id),\(mapped)"
                $0.status = "ALL"
            }, "Images", "Image")
        #expect(images.count == 2 && images.allSatisfy { $0["Usable"] as? Bool == true })
        #expect(images.contains { text($0, "Description") == "changed" })
        return id
    }

    private func copiesLive(_ program: Program, _ id: String) throws {
        let copy = text(
            try program.call(CopyImage.self) {
                $0.regionID = testRegion
                $0.imageID = id
                $0.destinationRegionID = "cn-beijing"
                $0.destinationImageName = "copy"
            }, "ImageId")
        try program.call(CancelCopyImage.self) {
            $0.regionID = "cn-beijing"
            $0.imageID = copy
        }
        try program.call(ModifyImageSharePermission.self) {
            $0.regionID = testRegion
            $0.imageID = id
            $0.addAccount = ["1234567890"]
        }
        let shared = list(
            try program.call(DescribeImageSharePermission.self) {
                $0.regionID = testRegion
                $0.imageID = id
            }, "Accounts", "Account")
        #expect(shared.map { text($0, "AliyunId") } == ["1234567890"])
        try program.call(ModifyImageSharePermission.self) {
            $0.regionID = testRegion
            $0.imageID = id
            $0.removeAccount = ["1234567890"]
        }
        // Simulated disks have no bytes, and so there is nothing to export.
        let export = try program.fails(ExportImage.self) {
            $0.regionID = testRegion
            $0.imageID = id
            $0.ossBucket = "nobody"
        }
        #expect(text(export, "code") == "InvalidParameter")
        try program.call(DeleteImage.self) {
            $0.regionID = testRegion
            $0.imageID = id
        }
    }

    private func tagsLive(_ program: Program, _ instance: String) throws {
        try program.call(TagResources.self) {
            $0.regionID = testRegion
            $0.resourceType = "instance"
            $0.resourceID = [instance]
            $0.tag = [
                .with {
                    $0.key = "k"
                    $0.value = "v"
                }
            ]
        }
        try program.call(AddTags.self) {
            $0.regionID = testRegion
            $0.resourceType = "instance"
            $0.resourceID = instance
            $0.tag = [
                .with {
                    $0.key = "k2"
                    $0.value = ""
                }
            ]
        }
        try program.call(UntagResources.self) {
            $0.regionID = testRegion
            $0.resourceType = "instance"
            $0.resourceID = [instance]
            $0.tagKey = ["k", "who"]
        }
        let tags = list(
            try program.call(ListTagResources.self) {
                $0.regionID = testRegion
                $0.resourceType = "instance"
                $0.resourceID = [instance]
            }, "TagResources", "TagResource")
        #expect(tags.map { text($0, "TagKey") } == ["k2"])
        let group = try program.fixture.call(CreateResourceGroup.self, CreateResourceGroupRequest())
        try program.call(JoinResourceGroup.self) {
            $0.regionID = testRegion
            $0.resourceType = "instance"
            $0.resourceID = instance
            $0.resourceGroupID = group.resourceGroupID
        }
    }
}
