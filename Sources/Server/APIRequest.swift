import Catalog
import ECS
import Wire

/// Every request that a client can make: the socket side only parses, `Catalog.answer` decides.
enum APIRequest: Sendable {
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
    case tagResources(TagResourcesRequest)
    case untagResources(UntagResourcesRequest)
    case listTagResources(ListTagResourcesRequest)
    case addTags(AddTagsRequest)
    case joinResourceGroup(JoinResourceGroupRequest)
    case describeRegions(DescribeRegionsRequest)
    case registerInstance(RegisterInstanceRequest)
    case waitForImage(WaitForImageRequest)
    case watch(WatchRequest)
    case readEvents(ReadEventsRequest)
    case cancel(CancelRequest)
    case version(VersionRequest)
    case health(HealthRequest)
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

    /// Decodes the payload of the operation that `envelope` names; nil: there is none of that
    /// name.
    static func decode(
        _ envelope: RequestEnvelope, _ bytes: [UInt8]
    ) throws(ProtoError) -> APIRequest? {
        let method = String(decoding: bytes[envelope.method], as: UTF8.self)
        let decode: Decoder?
        if bytes[envelope.service].elementsEqual(ServiceName.ecs.rawValue.utf8) {
            decode = ecs[method]
        } else if bytes[envelope.service].elementsEqual(ServiceName.daemon.rawValue.utf8) {
            decode = daemon[method]
        } else if bytes[envelope.service].elementsEqual(ServiceName.fixture.rawValue.utf8) {
            decode = fixture[method]
        } else {
            decode = nil
        }
        return try decode?(bytes, envelope.payload)
    }

    private typealias Decoder = @Sendable ([UInt8], Range<Int>) throws(ProtoError) -> APIRequest

    private static func of<M: Message>(
        _ make: @escaping @Sendable (M) -> APIRequest
    ) -> Decoder {
        { (bytes, range) throws(ProtoError) in make(try M(decoding: bytes, range)) }
    }

    private static let ecs: [String: Decoder] = [
        CreateImage.name: of(APIRequest.createImage),
        DescribeImages.name: of(APIRequest.describeImages),
        DescribeImageFromFamily.name: of(APIRequest.describeImageFromFamily),
        DeleteImage.name: of(APIRequest.deleteImage),
        ModifyImageAttribute.name: of(APIRequest.modifyImageAttribute),
        CopyImage.name: of(APIRequest.copyImage),
        CancelCopyImage.name: of(APIRequest.cancelCopyImage),
        ModifyImageSharePermission.name: of(APIRequest.modifyImageSharePermission),
        DescribeImageSharePermission.name: of(APIRequest.describeImageSharePermission),
        ExportImage.name: of(APIRequest.exportImage),
        CreateSnapshot.name: of(APIRequest.createSnapshot),
        DescribeSnapshots.name: of(APIRequest.describeSnapshots),
        DeleteSnapshot.name: of(APIRequest.deleteSnapshot),
        ModifySnapshotAttribute.name: of(APIRequest.modifySnapshotAttribute),
        RunInstances.name: of(APIRequest.runInstances),
        DescribeInstances.name: of(APIRequest.describeInstances),
        DescribeInstanceStatus.name: of(APIRequest.describeInstanceStatus),
        StartInstance.name: of(APIRequest.startInstance),
        StartInstances.name: of(APIRequest.startInstances),
        StopInstance.name: of(APIRequest.stopInstance),
        StopInstances.name: of(APIRequest.stopInstances),
        DeleteInstance.name: of(APIRequest.deleteInstance),
        DeleteInstances.name: of(APIRequest.deleteInstances),
        ReplaceSystemDisk.name: of(APIRequest.replaceSystemDisk),
        CreateDisk.name: of(APIRequest.createDisk),
        DescribeDisks.name: of(APIRequest.describeDisks),
        AttachDisk.name: of(APIRequest.attachDisk),
        DetachDisk.name: of(APIRequest.detachDisk),
        DeleteDisk.name: of(APIRequest.deleteDisk),
        TagResources.name: of(APIRequest.tagResources),
        UntagResources.name: of(APIRequest.untagResources),
        ListTagResources.name: of(APIRequest.listTagResources),
        AddTags.name: of(APIRequest.addTags),
        JoinResourceGroup.name: of(APIRequest.joinResourceGroup),
        DescribeRegions.name: of(APIRequest.describeRegions),
    ]

    private static let daemon: [String: Decoder] = [
        RegisterInstance.name: of(APIRequest.registerInstance),
        WaitForImage.name: of(APIRequest.waitForImage),
        Watch.name: of(APIRequest.watch),
        ReadEvents.name: of(APIRequest.readEvents),
        Cancel.name: of(APIRequest.cancel),
        Version.name: of(APIRequest.version),
        Health.name: of(APIRequest.health),
    ]

    private static let fixture: [String: Decoder] = [
        CreateAccount.name: of(APIRequest.createAccount),
        DropAccount.name: of(APIRequest.dropAccount),
        DescribeAccount.name: of(APIRequest.describeAccount),
        SetAccount.name: of(APIRequest.setAccount),
        SetLimits.name: of(APIRequest.setLimits),
        SetClock.name: of(APIRequest.setClock),
        AdvanceClock.name: of(APIRequest.advanceClock),
        SetInstance.name: of(APIRequest.setInstance),
        SetDisk.name: of(APIRequest.setDisk),
        SetSnapshot.name: of(APIRequest.setSnapshot),
        SetImage.name: of(APIRequest.setImage),
        SetKMSKey.name: of(APIRequest.setKMSKey),
        CreateResourceGroup.name: of(APIRequest.createResourceGroup),
        SetRamUser.name: of(APIRequest.setRamUser),
        DescribeJobs.name: of(APIRequest.describeJobs),
        HoldJobs.name: of(APIRequest.holdJobs),
        ReleaseJobs.name: of(APIRequest.releaseJobs),
        StepJobs.name: of(APIRequest.stepJobs),
        FinishJobs.name: of(APIRequest.finishJobs),
        FailJobs.name: of(APIRequest.failJobs),
        AddFaultRule.name: of(APIRequest.addFaultRule),
        RemoveFaultRule.name: of(APIRequest.removeFaultRule),
        DescribeFaultRules.name: of(APIRequest.describeFaultRules),
        ReleaseRequests.name: of(APIRequest.releaseRequests),
    ]
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
}
