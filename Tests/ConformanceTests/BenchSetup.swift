import ECS
import TestSupport
import Testing
import Wire

/// How cases bring their account into a state: by ECS's operations, and by fixtures.
extension Bench {
    /// A simulated disk to register.
    static func disk(
        _ size: Int32 = 40, category: String = "", type: String = ""
    ) -> RegisteredDisk {
        .with {
            $0.size = size
            $0.category = category
            $0.type = type
        }
    }

    /// Registers a VM of simulated disks, the first the system disk.
    func machine(
        _ disks: [RegisteredDisk] = [disk()],
        _ change: (inout RegisterInstanceRequest) -> Void = { _ in }
    ) throws -> (id: String, disks: [String]) {
        let response = try client.call(
            RegisterInstance.self,
            .with {
                $0.regionID = testRegion
                $0.disk = disks
                change(&$0)
            })
        return (response.instanceID, response.diskIDs)
    }

    /// A VM of an image, Running.
    func run(
        _ imageID: String, _ change: (inout RunInstancesRequest) -> Void = { _ in }
    ) throws -> String {
        let response = try client.call(
            RunInstances.self,
            .with {
                $0.regionID = testRegion
                $0.imageID = imageID
                $0.instanceType = "ecs.g7.large"
                change(&$0)
            })
        try settle()
        return try #require(response.instanceIDSets.first)
    }

    /// A snapshot under way: nothing moves it while the clock stands still.
    func beginSnapshot(
        of diskID: String, _ change: (inout CreateSnapshotRequest) -> Void = { _ in }
    ) throws -> String {
        try client.call(
            CreateSnapshot.self,
            .with {
                $0.diskID = diskID
                change(&$0)
            }
        ).snapshotID
    }

    /// A finished snapshot. Other jobs stay as they are.
    func snapshot(of diskID: String) throws -> String {
        let id = try beginSnapshot(of: diskID)
        try finish([id])
        return id
    }

    // MARK: Operations

    func stop(_ instanceID: String, hibernate: Bool? = nil) throws {
        _ = try client.call(
            StopInstance.self,
            .with {
                $0.instanceID = instanceID
                $0.hibernate = hibernate
            })
        try settle()
        #expect(try instance(instanceID).status == "Stopped")
    }

    func start(_ instanceID: String) throws {
        _ = try client.call(StartInstance.self, .with { $0.instanceID = instanceID })
        try settle()
        #expect(try instance(instanceID).status == "Running")
    }

    func createDisk(_ change: (inout CreateDiskRequest) -> Void = { _ in }) throws -> String {
        let id = try client.call(
            CreateDisk.self,
            .with {
                $0.regionID = testRegion
                $0.zoneID = "\(testRegion)-a"
                $0.size = 40
                $0.diskCategory = "cloud_essd"
                change(&$0)
            }
        ).diskID
        try settle()
        return id
    }

    func attach(
        _ diskID: String, to instanceID: String,
        _ change: (inout AttachDiskRequest) -> Void = { _ in }
    ) throws {
        _ = try client.call(
            AttachDisk.self,
            .with {
                $0.instanceID = instanceID
                $0.diskID = diskID
                change(&$0)
            })
        try settle()
    }

    func detach(_ diskID: String, from instanceID: String) throws {
        _ = try client.call(
            DetachDisk.self,
            .with {
                $0.instanceID = instanceID
                $0.diskID = diskID
            })
        try settle()
    }

    func deleteInstance(_ id: String) throws {
        _ = try client.call(
            DeleteInstance.self,
            .with {
                $0.instanceID = id
                $0.force = true
            })
        try settle()
    }

    func deleteSnapshot(_ id: String) throws {
        _ = try client.call(
            DeleteSnapshot.self,
            .with {
                $0.snapshotID = id
                $0.force = true
            })
    }

    // MARK: Time and jobs

    func advance(seconds: Int64) throws {
        _ = try client.call(AdvanceClock.self, .with { $0.seconds = seconds })
    }

    /// Lets what moves by itself come to rest, jobs but for held ones included. Every status on
    /// the way takes a step of its own.
    func settle() throws {
        for _ in 0..<8 { try advance(seconds: 10) }
    }

    /// Ends jobs well: those of `ids`, or all. They do not wait for the clock.
    func finish(_ ids: [String] = []) throws {
        _ = try client.call(FinishJobs.self, .with { $0.resourceID = ids })
    }

    func fail(_ ids: [String], reason: String = "") throws {
        _ = try client.call(
            FailJobs.self,
            .with {
                $0.resourceID = ids
                $0.reason = reason
            })
    }

    func hold() throws { _ = try client.call(HoldJobs.self, HoldJobsRequest()) }

    @discardableResult
    func step(count: Int32 = 1) throws -> [Job] {
        try client.call(StepJobs.self, .with { $0.count = count }).jobs
    }

    // MARK: Fixtures

    func setInstance(_ id: String, _ change: (inout SetInstanceRequest) -> Void) throws {
        _ = try client.call(
            SetInstance.self,
            .with {
                $0.instanceID = id
                change(&$0)
            })
    }

    func setDisk(_ id: String, _ change: (inout SetDiskRequest) -> Void) throws {
        _ = try client.call(
            SetDisk.self,
            .with {
                $0.diskID = id
                change(&$0)
            })
    }

    func setSnapshot(_ id: String, _ change: (inout SetSnapshotRequest) -> Void) throws {
        _ = try client.call(
            SetSnapshot.self,
            .with {
                $0.snapshotID = id
                change(&$0)
            })
    }

    func setImage(_ id: String, _ change: (inout SetImageRequest) -> Void) throws {
        _ = try client.call(
            SetImage.self,
            .with {
                $0.regionID = testRegion
                $0.imageID = id
                change(&$0)
            })
    }

    func setAccount(_ change: (inout SetAccountRequest) -> Void) throws {
        _ = try client.call(SetAccount.self, .with(change))
    }

    func setKey(_ id: String, enabled: Bool? = nil, ecsTag: Bool? = nil) throws {
        _ = try client.call(
            SetKMSKey.self,
            .with {
                $0.kmsKeyID = id
                $0.enabled = enabled
                $0.ecsTag = ecsTag
            })
    }

    func setLimit(_ name: String, _ value: Int64) throws {
        let limit = Limit.with {
            $0.name = name
            $0.value = value
        }
        _ = try client.call(SetLimits.self, .with { $0.limit = [limit] })
    }

    func createGroup() throws -> String {
        try client.call(CreateResourceGroup.self, .with { $0.name = "group" }).resourceGroupID
    }

    func addRule(_ change: (inout AddFaultRuleRequest) -> Void) throws -> Int64 {
        try client.call(AddFaultRule.self, .with(change)).faultRuleID
    }

    /// Holds the next CreateImage with `token` between V3 and V10.
    func holdRequest(token: String = "") throws {
        _ = try addRule {
            $0.action = "hold"
            $0.clientToken = token
        }
    }

    /// Lets held requests go on, or fail.
    func release(code: String = "") throws {
        let response = try client.call(ReleaseRequests.self, .with { $0.code = code })
        #expect(response.released > 0, "nothing was held")
    }

    /// The requests that are held or wait.
    func heldRequests() throws -> [HeldRequest] {
        try client.call(DescribeFaultRules.self, DescribeFaultRulesRequest()).heldRequests
    }
}

func mapping(
    _ snapshotID: String = "", size: Int32? = nil, device: String = "", type: String = ""
) -> DiskDeviceMapping {
    .with {
        $0.snapshotID = snapshotID
        $0.size = size
        $0.device = device
        $0.diskType = type
    }
}

func tag(_ key: String, _ value: String? = nil) -> RequestTag {
    .with {
        $0.key = key
        $0.value = value
    }
}
