import Wire

/// The services of the wire (`protocol/README.md` § Operations).
public struct ServiceName: RawRepresentable, Hashable, Sendable {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// ECS's own operations.
    public static let ecs = ServiceName(rawValue: "imaged.v1.ECS")
    /// What a local daemon needs beside them.
    public static let daemon = ServiceName(rawValue: "imaged.v1.Daemon")
    /// What only a test sets; there with `--fixture` alone.
    public static let fixture = ServiceName(rawValue: "imaged.v1.Fixture")
}

/// When a client may send a request a second time by itself, after an unknown outcome
/// (`protocol/README.md` § Operations).
public enum Again: String, Sendable {
    /// Never: it asks what happened, or leaves that to its user.
    case never = ""
    /// If the request has a `client_token`: it happens once.
    case token
    /// Always: nothing changes.
    case reads
}

/// A request that happens once for each `client_token`, however often it is sent.
public protocol RequestWithToken: Message {
    /// Up to 64 ASCII characters; empty: none.
    var clientToken: String { get set }
}

extension CreateImageRequest: RequestWithToken {}
extension CopyImageRequest: RequestWithToken {}
extension CreateSnapshotRequest: RequestWithToken {}
extension RunInstancesRequest: RequestWithToken {}
extension DeleteInstanceRequest: RequestWithToken {}
extension DeleteInstancesRequest: RequestWithToken {}
extension ReplaceSystemDiskRequest: RequestWithToken {}
extension CreateDiskRequest: RequestWithToken {}
extension RegisterInstanceRequest: RequestWithToken {}

/// One operation: its name on the wire and its messages. The types below are never made; they
/// tie a request's type to its answer's.
public protocol Operation: SendableMetatype {
    associatedtype Request: Message
    associatedtype Response: Message
    static var service: ServiceName { get }
    /// As the wire and ECS spell it: "CreateImage".
    static var name: String { get }
    static var again: Again { get }
}

extension Operation {
    public static var name: String { "\(Self.self)" }
    public static var again: Again { .never }
}

public enum CreateImage: Operation {
    public typealias Request = CreateImageRequest
    public typealias Response = CreateImageResponse
    public static let service = ServiceName.ecs
    public static let again = Again.token
}

public enum DescribeImages: Operation {
    public typealias Request = DescribeImagesRequest
    public typealias Response = DescribeImagesResponse
    public static let service = ServiceName.ecs
    public static let again = Again.reads
}

public enum DeleteImage: Operation {
    public typealias Request = DeleteImageRequest
    public typealias Response = DeleteImageResponse
    public static let service = ServiceName.ecs
}

public enum ExportImage: Operation {
    public typealias Request = ExportImageRequest
    public typealias Response = ExportImageResponse
    public static let service = ServiceName.ecs
}

public enum CreateSnapshot: Operation {
    public typealias Request = CreateSnapshotRequest
    public typealias Response = CreateSnapshotResponse
    public static let service = ServiceName.ecs
    public static let again = Again.token
}

public enum DescribeSnapshots: Operation {
    public typealias Request = DescribeSnapshotsRequest
    public typealias Response = DescribeSnapshotsResponse
    public static let service = ServiceName.ecs
    public static let again = Again.reads
}

public enum DeleteSnapshot: Operation {
    public typealias Request = DeleteSnapshotRequest
    public typealias Response = DeleteSnapshotResponse
    public static let service = ServiceName.ecs
}

public enum DescribeInstances: Operation {
    public typealias Request = DescribeInstancesRequest
    public typealias Response = DescribeInstancesResponse
    public static let service = ServiceName.ecs
    public static let again = Again.reads
}

public enum DeleteInstance: Operation {
    public typealias Request = DeleteInstanceRequest
    public typealias Response = DeleteInstanceResponse
    public static let service = ServiceName.ecs
    public static let again = Again.token
}

public enum DescribeDisks: Operation {
    public typealias Request = DescribeDisksRequest
    public typealias Response = DescribeDisksResponse
    public static let service = ServiceName.ecs
    public static let again = Again.reads
}

public enum RegisterInstance: Operation {
    public typealias Request = RegisterInstanceRequest
    public typealias Response = RegisterInstanceResponse
    public static let service = ServiceName.daemon
    public static let again = Again.token
}

public enum WaitForImage: Operation {
    public typealias Request = WaitForImageRequest
    public typealias Response = WaitForImageResponse
    public static let service = ServiceName.daemon
    public static let again = Again.reads
}

/// A stream: each data frame carries one `EventsResponse`. `ReadEvents` is its unary twin.
public enum Watch: Operation {
    public typealias Request = WatchRequest
    public typealias Response = EventsResponse
    public static let service = ServiceName.daemon
}

public enum ReadEvents: Operation {
    public typealias Request = ReadEventsRequest
    public typealias Response = EventsResponse
    public static let service = ServiceName.daemon
    public static let again = Again.reads
}

public enum Cancel: Operation {
    public typealias Request = CancelRequest
    public typealias Response = CancelResponse
    public static let service = ServiceName.daemon
}

public enum Version: Operation {
    public typealias Request = VersionRequest
    public typealias Response = VersionResponse
    public static let service = ServiceName.daemon
    public static let again = Again.reads
}

public enum Health: Operation {
    public typealias Request = HealthRequest
    public typealias Response = HealthResponse
    public static let service = ServiceName.daemon
    public static let again = Again.reads
}

public enum ExportSnapshot: Operation {
    public typealias Request = ExportSnapshotRequest
    public typealias Response = ExportSnapshotResponse
    public static let service = ServiceName.daemon
}

public enum ReadSnapshot: Operation {
    public typealias Request = ReadSnapshotRequest
    public typealias Response = ReadSnapshotResponse
    public static let service = ServiceName.daemon
    public static let again = Again.reads
}

public enum VerifySnapshot: Operation {
    public typealias Request = VerifySnapshotRequest
    public typealias Response = VerifySnapshotResponse
    public static let service = ServiceName.daemon
    public static let again = Again.reads
}

public enum DescribeUsage: Operation {
    public typealias Request = DescribeUsageRequest
    public typealias Response = DescribeUsageResponse
    public static let service = ServiceName.daemon
    public static let again = Again.reads
}

/// Figures of the daemon for Prometheus; of no account.
public enum Metrics: Operation {
    public typealias Request = MetricsRequest
    public typealias Response = MetricsResponse
    public static let service = ServiceName.daemon
    public static let isRepeatable = true
}

/// Every operation of `protocol/imaged.proto`, in its order.
public let allOperations: [any (Operation & SendableMetatype).Type] = [
    CreateImage.self, DescribeImages.self, DescribeImageFromFamily.self, DeleteImage.self,
    ModifyImageAttribute.self, CopyImage.self, CancelCopyImage.self,
    ModifyImageSharePermission.self, DescribeImageSharePermission.self, ExportImage.self,
    CreateSnapshot.self, DescribeSnapshots.self, DeleteSnapshot.self, ModifySnapshotAttribute.self,
    RunInstances.self, DescribeInstances.self, DescribeInstanceStatus.self, StartInstance.self,
    StartInstances.self, StopInstance.self, StopInstances.self, DeleteInstance.self,
    DeleteInstances.self, ReplaceSystemDisk.self, CreateDisk.self, DescribeDisks.self,
    AttachDisk.self, DetachDisk.self, DeleteDisk.self, TagResources.self, UntagResources.self,
    ListTagResources.self, AddTags.self, JoinResourceGroup.self, DescribeRegions.self,
    RegisterInstance.self, WaitForImage.self, Watch.self, ReadEvents.self, Cancel.self,
    Version.self, Health.self, ExportSnapshot.self, ReadSnapshot.self, VerifySnapshot.self,
    DescribeUsage.self, Metrics.self, CreateAccount.self, DropAccount.self, DescribeAccount.self,
    SetAccount.self, SetLimits.self, SetClock.self, AdvanceClock.self, SetInstance.self,
    SetDisk.self, SetSnapshot.self, SetImage.self, SetKMSKey.self, CreateResourceGroup.self,
    SetRamUser.self, DescribeJobs.self, HoldJobs.self, ReleaseJobs.self, StepJobs.self,
    FinishJobs.self, FailJobs.self, AddFaultRule.self, RemoveFaultRule.self,
    DescribeFaultRules.self, ReleaseRequests.self,
]
