import Wire

/// An answer: every one carries the ID of its request.
public protocol ResponseMessage: Message {
    var requestID: String { get set }
}

extension CreateImageResponse: ResponseMessage {}
extension DescribeImagesResponse: ResponseMessage {}
extension DeleteImageResponse: ResponseMessage {}
extension ExportImageResponse: ResponseMessage {}
extension CreateSnapshotResponse: ResponseMessage {}
extension DescribeSnapshotsResponse: ResponseMessage {}
extension DeleteSnapshotResponse: ResponseMessage {}
extension DescribeInstancesResponse: ResponseMessage {}
extension DeleteInstanceResponse: ResponseMessage {}
extension DescribeDisksResponse: ResponseMessage {}
extension RegisterInstanceResponse: ResponseMessage {}
extension WaitForImageResponse: ResponseMessage {}
extension EventsResponse: ResponseMessage {}
extension CancelResponse: ResponseMessage {}
extension VersionResponse: ResponseMessage {}
extension HealthResponse: ResponseMessage {}
