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

    /// Decodes the payload of the operation that `envelope` names; nil: there is none of that
    /// name.
    ///
    /// - Parameter hasFixture: whether the service Fixture is there.
    static func decode(
        _ envelope: RequestEnvelope, _ bytes: [UInt8], hasFixture: Bool
    ) throws(ProtoError) -> APIRequest? {
        let method = String(decoding: bytes[envelope.method], as: UTF8.self)
        let decode: Decoder?
        if bytes[envelope.service].elementsEqual(ServiceName.ecs.rawValue.utf8) {
            decode = ecs[method]
        } else if bytes[envelope.service].elementsEqual(ServiceName.daemon.rawValue.utf8) {
            decode = daemon[method]
        } else if isFixture(envelope, bytes) {
            decode = hasFixture ? fixture[method] : nil
        } else {
            decode = nil
        }
        return try decode?(bytes, envelope.payload)
    }

    static func isFixture(_ envelope: RequestEnvelope, _ bytes: [UInt8]) -> Bool {
        bytes[envelope.service].elementsEqual(ServiceName.fixture.rawValue.utf8)
    }

    private typealias Decoder = @Sendable ([UInt8], Range<Int>) throws(ProtoError) -> APIRequest

    private static func of<M: Message>(
        _ make: @escaping @Sendable (M) -> APIRequest
    ) -> Decoder {
        { (bytes, range) throws(ProtoError) in make(try M(decoding: bytes, range)) }
    }

    private static let ecs: [String: Decoder] = [
        CreateImage.name: of { .image(.createImage($0)) },
        DescribeImages.name: of { .image(.describeImages($0)) },
        DescribeImageFromFamily.name: of { .image(.describeImageFromFamily($0)) },
        DeleteImage.name: of { .image(.deleteImage($0)) },
        ModifyImageAttribute.name: of { .image(.modifyImageAttribute($0)) },
        CopyImage.name: of { .image(.copyImage($0)) },
        CancelCopyImage.name: of { .image(.cancelCopyImage($0)) },
        ModifyImageSharePermission.name: of { .image(.modifyImageSharePermission($0)) },
        DescribeImageSharePermission.name: of { .image(.describeImageSharePermission($0)) },
        ExportImage.name: of { .image(.exportImage($0)) },
        CreateSnapshot.name: of { .image(.createSnapshot($0)) },
        DescribeSnapshots.name: of { .image(.describeSnapshots($0)) },
        DeleteSnapshot.name: of { .image(.deleteSnapshot($0)) },
        ModifySnapshotAttribute.name: of { .image(.modifySnapshotAttribute($0)) },
        RunInstances.name: of { .machine(.runInstances($0)) },
        DescribeInstances.name: of { .machine(.describeInstances($0)) },
        DescribeInstanceStatus.name: of { .machine(.describeInstanceStatus($0)) },
        StartInstance.name: of { .machine(.startInstance($0)) },
        StartInstances.name: of { .machine(.startInstances($0)) },
        StopInstance.name: of { .machine(.stopInstance($0)) },
        StopInstances.name: of { .machine(.stopInstances($0)) },
        DeleteInstance.name: of { .machine(.deleteInstance($0)) },
        DeleteInstances.name: of { .machine(.deleteInstances($0)) },
        ReplaceSystemDisk.name: of { .machine(.replaceSystemDisk($0)) },
        CreateDisk.name: of { .machine(.createDisk($0)) },
        DescribeDisks.name: of { .machine(.describeDisks($0)) },
        AttachDisk.name: of { .machine(.attachDisk($0)) },
        DetachDisk.name: of { .machine(.detachDisk($0)) },
        DeleteDisk.name: of { .machine(.deleteDisk($0)) },
        TagResources.name: of { .tag(.tagResources($0)) },
        UntagResources.name: of { .tag(.untagResources($0)) },
        ListTagResources.name: of { .tag(.listTagResources($0)) },
        AddTags.name: of { .tag(.addTags($0)) },
        JoinResourceGroup.name: of { .tag(.joinResourceGroup($0)) },
        DescribeRegions.name: of { .tag(.describeRegions($0)) },
    ]

    private static let daemon: [String: Decoder] = [
        RegisterInstance.name: of { .daemon(.registerInstance($0)) },
        WaitForImage.name: of { .daemon(.waitForImage($0)) },
        Watch.name: of { .daemon(.watch($0)) },
        ReadEvents.name: of { .daemon(.readEvents($0)) },
        Cancel.name: of { .daemon(.cancel($0)) },
        Version.name: of { .daemon(.version($0)) },
        Health.name: of { .daemon(.health($0)) },
        ExportSnapshot.name: of { .daemon(.exportSnapshot($0)) },
        ReadSnapshot.name: of { .daemon(.readSnapshot($0)) },
        VerifySnapshot.name: of { .daemon(.verifySnapshot($0)) },
        DescribeUsage.name: of { .daemon(.describeUsage($0)) },
        Metrics.name: of { .daemon(.metrics($0)) },
    ]

    private static let fixture: [String: Decoder] = [
        CreateAccount.name: of { .fixture(.createAccount($0)) },
        DropAccount.name: of { .fixture(.dropAccount($0)) },
        DescribeAccount.name: of { .fixture(.describeAccount($0)) },
        SetAccount.name: of { .fixture(.setAccount($0)) },
        SetLimits.name: of { .fixture(.setLimits($0)) },
        SetClock.name: of { .fixture(.setClock($0)) },
        AdvanceClock.name: of { .fixture(.advanceClock($0)) },
        SetInstance.name: of { .fixture(.setInstance($0)) },
        SetDisk.name: of { .fixture(.setDisk($0)) },
        SetSnapshot.name: of { .fixture(.setSnapshot($0)) },
        SetImage.name: of { .fixture(.setImage($0)) },
        SetKMSKey.name: of { .fixture(.setKMSKey($0)) },
        CreateResourceGroup.name: of { .fixture(.createResourceGroup($0)) },
        SetRamUser.name: of { .fixture(.setRamUser($0)) },
        DescribeJobs.name: of { .fixture(.describeJobs($0)) },
        HoldJobs.name: of { .fixture(.holdJobs($0)) },
        ReleaseJobs.name: of { .fixture(.releaseJobs($0)) },
        StepJobs.name: of { .fixture(.stepJobs($0)) },
        FinishJobs.name: of { .fixture(.finishJobs($0)) },
        FailJobs.name: of { .fixture(.failJobs($0)) },
        AddFaultRule.name: of { .fixture(.addFaultRule($0)) },
        RemoveFaultRule.name: of { .fixture(.removeFaultRule($0)) },
        DescribeFaultRules.name: of { .fixture(.describeFaultRules($0)) },
        ReleaseRequests.name: of { .fixture(.releaseRequests($0)) },
    ]
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

/// A request on its way.
struct Call: Sendable {
    let key: StreamKey
    let request: APIRequest
    var caller: Caller
    /// On the monotonic clock, in nanoseconds; nil: none.
    let deadline: Int64?
    var origin = Origin.none
}
