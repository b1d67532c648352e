import Catalog
import ECS
import Wire

/// Every request that a client can make: the socket side only parses, `Catalog.answer` decides.
enum APIRequest: Sendable {
    case image(ImageRequest)
    case machine(MachineRequest)
    case tag(TagRequest)
    case daemon(DaemonRequest)
    case fixture(FixtureRequest)
}

/// Images and snapshots.
enum ImageRequest: Sendable {
    case createImage(CreateImageRequest)
    case describeImages(DescribeImagesRequest)
    case describeImageFromFamily(DescribeImageFromFamilyRequest)
    case deleteImage(DeleteImageRequest)
    case modifyImageAttribute(ModifyImageAttributeRequest)
    case copyImage(CopyImageRequest)
    case cancelCopyImage(CancelCopyImageRequest)
    case modifyImageSharePermission(ModifyImageSharePermissionRequest)
    case describeImageSharePermission(DescribeImageSharePermissionRequest)
    case exportImage(ExportImageRequest)
    case createSnapshot(CreateSnapshotRequest)
    case describeSnapshots(DescribeSnapshotsRequest)
    case deleteSnapshot(DeleteSnapshotRequest)
    case modifySnapshotAttribute(ModifySnapshotAttributeRequest)
}

/// Instances and disks.
enum MachineRequest: Sendable {
    case runInstances(RunInstancesRequest)
    case describeInstances(DescribeInstancesRequest)
    case describeInstanceStatus(DescribeInstanceStatusRequest)
    case startInstance(StartInstanceRequest)
    case startInstances(StartInstancesRequest)
    case stopInstance(StopInstanceRequest)
    case stopInstances(StopInstancesRequest)
    case deleteInstance(DeleteInstanceRequest)
    case deleteInstances(DeleteInstancesRequest)
    case replaceSystemDisk(ReplaceSystemDiskRequest)
    case createDisk(CreateDiskRequest)
    case describeDisks(DescribeDisksRequest)
    case attachDisk(AttachDiskRequest)
    case detachDisk(DetachDiskRequest)
    case deleteDisk(DeleteDiskRequest)
}

/// Tags, resource groups and regions.
enum TagRequest: Sendable {
    case tagResources(TagResourcesRequest)
    case untagResources(UntagResourcesRequest)
    case listTagResources(ListTagResourcesRequest)
    case addTags(AddTagsRequest)
    case joinResourceGroup(JoinResourceGroupRequest)
    case describeRegions(DescribeRegionsRequest)
}

/// The service `Daemon`.
enum DaemonRequest: Sendable {
    case registerInstance(RegisterInstanceRequest)
    case waitForImage(WaitForImageRequest)
    case watch(WatchRequest)
    case readEvents(ReadEventsRequest)
    case cancel(CancelRequest)
    case version(VersionRequest)
    case health(HealthRequest)
    case exportSnapshot(ExportSnapshotRequest)
    case readSnapshot(ReadSnapshotRequest)
    case verifySnapshot(VerifySnapshotRequest)
    case describeUsage(DescribeUsageRequest)
    case metrics(MetricsRequest)
}

/// The service `Fixture`.
enum FixtureRequest: Sendable {
    case createAccount(CreateAccountRequest)
    case dropAccount(DropAccountRequest)
    case describeAccount(DescribeAccountRequest)
    case setAccount(SetAccountRequest)
    case setLimits(SetLimitsRequest)
    case setClock(SetClockRequest)
    case advanceClock(AdvanceClockRequest)
    case setInstance(SetInstanceRequest)
    case setDisk(SetDiskRequest)
    case setSnapshot(SetSnapshotRequest)
    case setImage(SetImageRequest)
    case setKMSKey(SetKMSKeyRequest)
    case createResourceGroup(CreateResourceGroupRequest)
    case setRamUser(SetRamUserRequest)
    case describeJobs(DescribeJobsRequest)
    case holdJobs(HoldJobsRequest)
    case releaseJobs(ReleaseJobsRequest)
    case stepJobs(StepJobsRequest)
    case finishJobs(FinishJobsRequest)
    case failJobs(FailJobsRequest)
    case addFaultRule(AddFaultRuleRequest)
    case removeFaultRule(RemoveFaultRuleRequest)
    case describeFaultRules(DescribeFaultRulesRequest)
    case releaseRequests(ReleaseRequestsRequest)
}

/// Where an answer goes: a stream of a connection.
struct StreamKey: Hashable, Sendable {
    let connection: UInt64
    let stream: UInt32
}

/// How the account is found that a request is for.
enum KeyRule: Sendable {
    /// It is named: the operation judges whether the caller may use it.
    case none
    /// An access key stands for it, which is found or not before anything else is looked at.
    case mustExist
    /// The same; one that nobody has yet is born (operations.md § 6), as `--fixture` allows.
    case opens
}

/// A request on its way.
struct Call: Sendable {
    let key: StreamKey
    let request: APIRequest
    var caller: Caller
    /// What becomes of an account that its caller may not use, or that is not there.
    var keyRule = KeyRule.none
    /// On the monotonic clock, in nanoseconds; nil: none.
    let deadline: Int64?
    var origin = Origin.none
}
