import ECS

@testable import Catalog

/// An image, an instance or a disk: what its operation answers is "OK", or the first error with
/// the parameter it names.
extension World {
    /// "OK", or the first error's status, code and parameter.
    func told<Value: Sendable>(
        _ body: @Sendable (isolated Catalog) throws(Refusal) -> Value
    ) -> String {
        do throws(Refusal) {
            _ = try run(body)
            return "OK"
        } catch {
            guard case .errors(let errors) = error, !errors[0].parameter.isEmpty else {
                return error.text
            }
            return "\(error.text) \(errors[0].parameter)"
        }
    }

    // MARK: Instances

    func runRequest(_ change: (inout RunInstancesRequest) -> Void) -> RunInstancesRequest {
        var request = RunInstancesRequest()
        request.regionID = "cn-hangzhou"
        change(&request)
        return request
    }

    func runInstances(
        _ change: (inout RunInstancesRequest) -> Void
    ) throws(Refusal) -> [String] {
        let request = runRequest(change)
        return try run { [request, caller] catalog throws(Refusal) in
            try catalog.runInstances(request, caller)
        }
        .instanceIDSets
    }

    func running(_ change: (inout RunInstancesRequest) -> Void) -> String {
        let request = runRequest(change)
        return told { [request, caller] catalog throws(Refusal) in
            try catalog.runInstances(request, caller)
        }
    }

    func start(_ id: String, dryRun: Bool? = nil) -> String {
        var request = StartInstanceRequest()
        request.instanceID = id
        request.dryRun = dryRun
        return told { [request, caller] catalog throws(Refusal) in
            try catalog.startInstance(request, caller)
        }
    }

    func stop(_ id: String, _ change: (inout StopInstanceRequest) -> Void = { _ in }) -> String {
        var request = StopInstanceRequest()
        request.instanceID = id
        change(&request)
        return told { [request, caller] catalog throws(Refusal) in
            try catalog.stopInstance(request, caller)
        }
    }

    func startAll(
        _ ids: [String], _ change: (inout StartInstancesRequest) -> Void = { _ in }
    ) throws(Refusal) -> [InstanceResponse] {
        var request = StartInstancesRequest()
        request.regionID = "cn-hangzhou"
        request.instanceID = ids
        change(&request)
        return try run { [request, caller] catalog throws(Refusal) in
            try catalog.startInstances(request, caller)
        }
        .instanceResponses
    }

    func startingAll(
        _ ids: [String], _ change: (inout StartInstancesRequest) -> Void = { _ in }
    ) -> String {
        var request = StartInstancesRequest()
        request.regionID = "cn-hangzhou"
        request.instanceID = ids
        change(&request)
        return told { [request, caller] catalog throws(Refusal) in
            try catalog.startInstances(request, caller)
        }
    }

    func stopAll(
        _ ids: [String], _ change: (inout StopInstancesRequest) -> Void = { _ in }
    ) throws(Refusal) -> [InstanceResponse] {
        var request = StopInstancesRequest()
        request.regionID = "cn-hangzhou"
        request.instanceID = ids
        change(&request)
        return try run { [request, caller] catalog throws(Refusal) in
            try catalog.stopInstances(request, caller)
        }
        .instanceResponses
    }

    func deleting(
        _ id: String, _ change: (inout DeleteInstanceRequest) -> Void = { _ in }
    ) -> String {
        var request = DeleteInstanceRequest()
        request.instanceID = id
        change(&request)
        return told { [request, caller] catalog throws(Refusal) in
            try catalog.deleteInstance(request, caller)
        }
    }

    func deletingAll(
        _ ids: [String], _ change: (inout DeleteInstancesRequest) -> Void = { _ in }
    ) -> String {
        var request = DeleteInstancesRequest()
        request.regionID = "cn-hangzhou"
        request.instanceID = ids
        change(&request)
        return told { [request, caller] catalog throws(Refusal) in
            try catalog.deleteInstances(request, caller)
        }
    }

    func set(_ id: String, _ change: (inout SetInstanceRequest) -> Void) {
        var request = SetInstanceRequest()
        request.instanceID = id
        change(&request)
        _ = try! run { [request, caller] catalog throws(Refusal) in
            try catalog.setInstance(request, caller)
        }
    }

    func lock(_ id: String) {
        set(id) {
            var lock = OperationLock()
            lock.lockReason = "security"
            $0.operationLock = [lock]
        }
    }

    // MARK: Disks

    func replacing(
        _ instance: String, _ image: String,
        _ change: (inout ReplaceSystemDiskRequest) -> Void = { _ in }
    ) -> String {
        var request = ReplaceSystemDiskRequest()
        request.instanceID = instance
        request.imageID = image
        change(&request)
        return told { [request, caller] catalog throws(Refusal) in
            try catalog.replaceSystemDisk(request, caller)
        }
    }

    func diskRequest(_ change: (inout CreateDiskRequest) -> Void) -> CreateDiskRequest {
        var request = CreateDiskRequest()
        request.regionID = "cn-hangzhou"
        request.zoneID = "cn-hangzhou-a"
        change(&request)
        return request
    }

    func createDisk(
        _ change: (inout CreateDiskRequest) -> Void = { $0.size = 20 }
    ) throws(Refusal) -> String {
        let request = diskRequest(change)
        return try run { [request, caller] catalog throws(Refusal) in
            try catalog.createDisk(request, caller)
        }
        .diskID
    }

    func creatingDisk(_ change: (inout CreateDiskRequest) -> Void) -> String {
        let request = diskRequest(change)
        return told { [request, caller] catalog throws(Refusal) in
            try catalog.createDisk(request, caller)
        }
    }

    func attach(
        _ disk: String, to instance: String, _ change: (inout AttachDiskRequest) -> Void = { _ in }
    ) -> String {
        var request = AttachDiskRequest()
        request.instanceID = instance
        request.diskID = disk
        change(&request)
        return told { [request, caller] catalog throws(Refusal) in
            try catalog.attachDisk(request, caller)
        }
    }

    func detach(
        _ disk: String, from instance: String,
        _ change: (inout DetachDiskRequest) -> Void = { _ in }
    ) -> String {
        var request = DetachDiskRequest()
        request.instanceID = instance
        request.diskID = disk
        change(&request)
        return told { [request, caller] catalog throws(Refusal) in
            try catalog.detachDisk(request, caller)
        }
    }

    func deleteDisk(_ id: String) -> String {
        var request = DeleteDiskRequest()
        request.diskID = id
        return told { [request, caller] catalog throws(Refusal) in
            try catalog.deleteDisk(request, caller)
        }
    }

    func setDisk(_ id: String, _ change: (inout SetDiskRequest) -> Void) {
        var request = SetDiskRequest()
        request.diskID = id
        change(&request)
        _ = try! run { [request, caller] catalog throws(Refusal) in
            try catalog.setDisk(request, caller)
        }
    }

    func setImage(_ id: String, _ change: (inout SetImageRequest) -> Void) {
        var request = SetImageRequest()
        request.regionID = "cn-hangzhou"
        request.imageID = id
        change(&request)
        _ = try! run { [request, caller] catalog throws(Refusal) in
            try catalog.setImage(request, caller)
        }
    }

    // MARK: What is there

    /// An Available image of a new instance with these disks.
    func finishedImage(
        _ disks: [RegisteredDisk] = [disk()],
        _ change: (inout CreateImageRequest) -> Void = { _ in },
        instance changeInstance: (inout RegisterInstanceRequest) -> Void = { _ in }
    ) -> String {
        let instance = instance(disks, changeInstance).id
        let id = try! create {
            $0.instanceID = instance
            change(&$0)
        }
        finishSimulated()
        return id
    }

    func record(_ id: String) -> InstanceRecord? { region().instances[id] }
    func instanceStatus(_ id: String) -> String { record(id)?.instance.status ?? "none" }
    func diskRecord(_ id: String) -> DiskRecord? { region().disks[id] }

    /// The disks of an instance, in the order of their devices.
    func disks(of instance: String) -> [Disk] {
        region().disks(of: instance).map(\.disk).sorted { $0.device < $1.device }
    }

    /// Lets instances come to rest.
    func settle() { finishSimulated() }

    /// As long as an instance is in one status on the way.
    func passMove() {
        levers.now.add(Limits().instanceMove, ordering: .relaxed)
        turn()
    }
}

func dataDisk(
    _ size: Int32? = nil, snapshot: String = "", device: String = "", category: String = ""
) -> DataDisk {
    var disk = DataDisk()
    disk.size = size
    disk.snapshotID = snapshot
    disk.device = device
    disk.category = category
    return disk
}
