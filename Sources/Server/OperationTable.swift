import ECS
import Wire

/// What can be asked for, an entry each: how its request is read and its answer is told, over the
/// socket and over HTTP alike.
struct OperationEntry: Sendable {
    let name: String
    let service: ServiceName
    /// From the wire's payload.
    let decode: @Sendable ([UInt8], Range<Int>) throws(ProtoError) -> APIRequest
    /// From the parameters of an HTTP request.
    let fill: @Sendable (Parameters) throws(ECSError) -> APIRequest
    /// Whether the request can be one that only checks.
    let hasDryRun: Bool
    /// From JSON, as proto3 maps it.
    let read: @Sendable ([UInt8]) throws(ECSError) -> APIRequest
    /// The JSON of an answer's payload.
    let json: @Sendable (_ payload: [UInt8], JSONWriter.Style) throws(ProtoError) -> [UInt8]

    private static func of<O: Operation>(
        _ operation: O.Type, _ make: @escaping @Sendable (O.Request) -> APIRequest
    ) -> OperationEntry {
        OperationEntry(
            name: O.name, service: O.service,
            decode: { (bytes, range) throws(ProtoError) in
                make(try O.Request(decoding: bytes, range))
            },
            fill: { (parameters) throws(ECSError) in
                make(try ParameterFiller.fill(O.Request.self, parameters))
            },
            hasDryRun: hasDryRun(O.Request.self),
            read: { (bytes) throws(ECSError) in make(try JSONFiller.fill(O.Request.self, bytes)) },
            json: { (payload, style) throws(ProtoError) in
                JSONWriter.bytes(of: try O.Response(decoding: payload), style)
            })
    }

    private static func hasDryRun<M: Message>(_ type: M.Type) -> Bool {
        let dryRun = Parameters([("DryRun", "true")])
        return (try? ParameterFiller.fill(type, dryRun).encoded().isEmpty) == false
    }

    private static func table(_ entries: [OperationEntry]) -> [String: OperationEntry] {
        Dictionary(uniqueKeysWithValues: entries.map { ($0.name, $0) })
    }

    static let ecs = table([
        of(CreateImage.self) { .image(.createImage($0)) },
        of(DescribeImages.self) { .image(.describeImages($0)) },
        of(DescribeImageFromFamily.self) { .image(.describeImageFromFamily($0)) },
        of(DeleteImage.self) { .image(.deleteImage($0)) },
        of(ModifyImageAttribute.self) { .image(.modifyImageAttribute($0)) },
        of(CopyImage.self) { .image(.copyImage($0)) },
        of(CancelCopyImage.self) { .image(.cancelCopyImage($0)) },
        of(ModifyImageSharePermission.self) { .image(.modifyImageSharePermission($0)) },
        of(DescribeImageSharePermission.self) { .image(.describeImageSharePermission($0)) },
        of(ExportImage.self) { .image(.exportImage($0)) },
        of(CreateSnapshot.self) { .image(.createSnapshot($0)) },
        of(DescribeSnapshots.self) { .image(.describeSnapshots($0)) },
        of(DeleteSnapshot.self) { .image(.deleteSnapshot($0)) },
        of(ModifySnapshotAttribute.self) { .image(.modifySnapshotAttribute($0)) },
        of(RunInstances.self) { .machine(.runInstances($0)) },
        of(DescribeInstances.self) { .machine(.describeInstances($0)) },
        of(DescribeInstanceStatus.self) { .machine(.describeInstanceStatus($0)) },
        of(StartInstance.self) { .machine(.startInstance($0)) },
        of(StartInstances.self) { .machine(.startInstances($0)) },
        of(StopInstance.self) { .machine(.stopInstance($0)) },
        of(StopInstances.self) { .machine(.stopInstances($0)) },
        of(DeleteInstance.self) { .machine(.deleteInstance($0)) },
        of(DeleteInstances.self) { .machine(.deleteInstances($0)) },
        of(ReplaceSystemDisk.self) { .machine(.replaceSystemDisk($0)) },
        of(CreateDisk.self) { .machine(.createDisk($0)) },
        of(DescribeDisks.self) { .machine(.describeDisks($0)) },
        of(AttachDisk.self) { .machine(.attachDisk($0)) },
        of(DetachDisk.self) { .machine(.detachDisk($0)) },
        of(DeleteDisk.self) { .machine(.deleteDisk($0)) },
        of(TagResources.self) { .tag(.tagResources($0)) },
        of(UntagResources.self) { .tag(.untagResources($0)) },
        of(ListTagResources.self) { .tag(.listTagResources($0)) },
        of(AddTags.self) { .tag(.addTags($0)) },
        of(JoinResourceGroup.self) { .tag(.joinResourceGroup($0)) },
        of(DescribeRegions.self) { .tag(.describeRegions($0)) },
    ])

    static let daemon = table([
        of(RegisterInstance.self) { .daemon(.registerInstance($0)) },
        of(WaitForImage.self) { .daemon(.waitForImage($0)) },
        of(Watch.self) { .daemon(.watch($0)) },
        of(ReadEvents.self) { .daemon(.readEvents($0)) },
        of(Cancel.self) { .daemon(.cancel($0)) },
        of(Version.self) { .daemon(.version($0)) },
        of(Health.self) { .daemon(.health($0)) },
        of(ExportSnapshot.self) { .daemon(.exportSnapshot($0)) },
        of(ReadSnapshot.self) { .daemon(.readSnapshot($0)) },
        of(VerifySnapshot.self) { .daemon(.verifySnapshot($0)) },
        of(DescribeUsage.self) { .daemon(.describeUsage($0)) },
        of(Metrics.self) { .daemon(.metrics($0)) },
    ])

    static let fixture = table([
        of(CreateAccount.self) { .fixture(.createAccount($0)) },
        of(DropAccount.self) { .fixture(.dropAccount($0)) },
        of(DescribeAccount.self) { .fixture(.describeAccount($0)) },
        of(SetAccount.self) { .fixture(.setAccount($0)) },
        of(SetLimits.self) { .fixture(.setLimits($0)) },
        of(SetClock.self) { .fixture(.setClock($0)) },
        of(AdvanceClock.self) { .fixture(.advanceClock($0)) },
        of(SetInstance.self) { .fixture(.setInstance($0)) },
        of(SetDisk.self) { .fixture(.setDisk($0)) },
        of(SetSnapshot.self) { .fixture(.setSnapshot($0)) },
        of(SetImage.self) { .fixture(.setImage($0)) },
        of(SetKMSKey.self) { .fixture(.setKMSKey($0)) },
        of(CreateResourceGroup.self) { .fixture(.createResourceGroup($0)) },
        of(SetRamUser.self) { .fixture(.setRamUser($0)) },
        of(DescribeJobs.self) { .fixture(.describeJobs($0)) },
        of(HoldJobs.self) { .fixture(.holdJobs($0)) },
        of(ReleaseJobs.self) { .fixture(.releaseJobs($0)) },
        of(StepJobs.self) { .fixture(.stepJobs($0)) },
        of(FinishJobs.self) { .fixture(.finishJobs($0)) },
        of(FailJobs.self) { .fixture(.failJobs($0)) },
        of(AddFaultRule.self) { .fixture(.addFaultRule($0)) },
        of(RemoveFaultRule.self) { .fixture(.removeFaultRule($0)) },
        of(DescribeFaultRules.self) { .fixture(.describeFaultRules($0)) },
        of(ReleaseRequests.self) { .fixture(.releaseRequests($0)) },
    ])
}

extension APIRequest {
    /// Decodes the payload of the operation that `envelope` names; nil: there is none of that
    /// name.
    ///
    /// - Parameter hasFixture: whether the service Fixture is there.
    static func decode(
        _ envelope: RequestEnvelope, _ bytes: [UInt8], hasFixture: Bool
    ) throws(ProtoError) -> APIRequest? {
        let method = String(decoding: bytes[envelope.method], as: UTF8.self)
        let entry: OperationEntry?
        if bytes[envelope.service].elementsEqual(ServiceName.ecs.rawValue.utf8) {
            entry = OperationEntry.ecs[method]
        } else if bytes[envelope.service].elementsEqual(ServiceName.daemon.rawValue.utf8) {
            entry = OperationEntry.daemon[method]
        } else if isFixture(envelope, bytes) {
            entry = hasFixture ? OperationEntry.fixture[method] : nil
        } else {
            entry = nil
        }
        return try entry?.decode(bytes, envelope.payload)
    }

    static func isFixture(_ envelope: RequestEnvelope, _ bytes: [UInt8]) -> Bool {
        bytes[envelope.service].elementsEqual(ServiceName.fixture.rawValue.utf8)
    }
}
