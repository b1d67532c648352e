import ECS

/// Instances and their disks.
extension Catalog {
    public func runInstances(
        _ request: RunInstancesRequest, _ caller: Caller
    ) throws(Refusal) -> RunInstancesResponse {
        throw .error(.serviceUnavailable)
    }

    public func describeInstanceStatus(
        _ request: DescribeInstanceStatusRequest, _ caller: Caller
    ) throws(Refusal) -> DescribeInstanceStatusResponse {
        throw .error(.serviceUnavailable)
    }

    public func startInstance(
        _ request: StartInstanceRequest, _ caller: Caller
    ) throws(Refusal) -> StartInstanceResponse {
        throw .error(.serviceUnavailable)
    }

    public func startInstances(
        _ request: StartInstancesRequest, _ caller: Caller
    ) throws(Refusal) -> StartInstancesResponse {
        throw .error(.serviceUnavailable)
    }

    public func stopInstance(
        _ request: StopInstanceRequest, _ caller: Caller
    ) throws(Refusal) -> StopInstanceResponse {
        throw .error(.serviceUnavailable)
    }

    public func stopInstances(
        _ request: StopInstancesRequest, _ caller: Caller
    ) throws(Refusal) -> StopInstancesResponse {
        throw .error(.serviceUnavailable)
    }

    public func deleteInstances(
        _ request: DeleteInstancesRequest, _ caller: Caller
    ) throws(Refusal) -> DeleteInstancesResponse {
        throw .error(.serviceUnavailable)
    }

    public func replaceSystemDisk(
        _ request: ReplaceSystemDiskRequest, _ caller: Caller
    ) throws(Refusal) -> ReplaceSystemDiskResponse {
        throw .error(.serviceUnavailable)
    }

    public func createDisk(
        _ request: CreateDiskRequest, _ caller: Caller
    ) throws(Refusal) -> CreateDiskResponse {
        throw .error(.serviceUnavailable)
    }

    public func attachDisk(
        _ request: AttachDiskRequest, _ caller: Caller
    ) throws(Refusal) -> AttachDiskResponse {
        throw .error(.serviceUnavailable)
    }

    public func detachDisk(
        _ request: DetachDiskRequest, _ caller: Caller
    ) throws(Refusal) -> DetachDiskResponse {
        throw .error(.serviceUnavailable)
    }

    public func deleteDisk(
        _ request: DeleteDiskRequest, _ caller: Caller
    ) throws(Refusal) -> DeleteDiskResponse {
        throw .error(.serviceUnavailable)
    }
}
