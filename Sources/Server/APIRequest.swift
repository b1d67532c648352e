import Catalog
import ECS
import Wire

/// Every request that a client can make: the socket side only parses, `Catalog.answer` decides.
enum APIRequest: Sendable {
    case createImage(CreateImageRequest)
    case describeImages(DescribeImagesRequest)
    case deleteImage(DeleteImageRequest)
    case exportImage(ExportImageRequest)
    case createSnapshot(CreateSnapshotRequest)
    case describeSnapshots(DescribeSnapshotsRequest)
    case deleteSnapshot(DeleteSnapshotRequest)
    case describeInstances(DescribeInstancesRequest)
    case deleteInstance(DeleteInstanceRequest)
    case describeDisks(DescribeDisksRequest)
    case registerInstance(RegisterInstanceRequest)
    case waitForImage(WaitForImageRequest)
    case watch(WatchRequest)
    case readEvents(ReadEventsRequest)
    case cancel(CancelRequest)
    case version(VersionRequest)
    case health(HealthRequest)

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
        DeleteImage.name: of(APIRequest.deleteImage),
        ExportImage.name: of(APIRequest.exportImage),
        CreateSnapshot.name: of(APIRequest.createSnapshot),
        DescribeSnapshots.name: of(APIRequest.describeSnapshots),
        DeleteSnapshot.name: of(APIRequest.deleteSnapshot),
        DescribeInstances.name: of(APIRequest.describeInstances),
        DeleteInstance.name: of(APIRequest.deleteInstance),
        DescribeDisks.name: of(APIRequest.describeDisks),
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

    /// Whether it changes something, for the log.
    var changes: Bool {
        switch self {
        case .createImage, .deleteImage, .exportImage, .createSnapshot, .deleteSnapshot,
            .deleteInstance, .registerInstance:
            true
        case .describeImages, .describeSnapshots, .describeInstances, .describeDisks,
            .waitForImage, .watch, .readEvents, .cancel, .version, .health:
            false
        }
    }
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
    let caller: Caller
    /// On the monotonic clock, in nanoseconds; nil: none.
    let deadline: Int64?
}
