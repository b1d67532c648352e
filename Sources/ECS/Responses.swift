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
extension ExportSnapshotResponse: ResponseMessage {}
extension ReadSnapshotResponse: ResponseMessage {}
extension VerifySnapshotResponse: ResponseMessage {}
extension DescribeUsageResponse: ResponseMessage {}
extension MetricsResponse: ResponseMessage {}
extension DescribeImageFromFamilyResponse: ResponseMessage {}
extension ModifyImageAttributeResponse: ResponseMessage {}
extension CopyImageResponse: ResponseMessage {}
extension CancelCopyImageResponse: ResponseMessage {}
extension ModifyImageSharePermissionResponse: ResponseMessage {}
extension DescribeImageSharePermissionResponse: ResponseMessage {}
extension ModifySnapshotAttributeResponse: ResponseMessage {}
extension RunInstancesResponse: ResponseMessage {}
extension DescribeInstanceStatusResponse: ResponseMessage {}
extension StartInstanceResponse: ResponseMessage {}
extension StartInstancesResponse: ResponseMessage {}
extension StopInstanceResponse: ResponseMessage {}
extension StopInstancesResponse: ResponseMessage {}
extension DeleteInstancesResponse: ResponseMessage {}
extension ReplaceSystemDiskResponse: ResponseMessage {}
extension CreateDiskResponse: ResponseMessage {}
extension AttachDiskResponse: ResponseMessage {}
extension DetachDiskResponse: ResponseMessage {}
extension DeleteDiskResponse: ResponseMessage {}
extension TagResourcesResponse: ResponseMessage {}
extension UntagResourcesResponse: ResponseMessage {}
extension ListTagResourcesResponse: ResponseMessage {}
extension AddTagsResponse: ResponseMessage {}
extension JoinResourceGroupResponse: ResponseMessage {}
extension DescribeRegionsResponse: ResponseMessage {}
extension CreateAccountResponse: ResponseMessage {}
extension DropAccountResponse: ResponseMessage {}
extension DescribeAccountResponse: ResponseMessage {}
extension SetAccountResponse: ResponseMessage {}
extension SetLimitsResponse: ResponseMessage {}
extension ClockResponse: ResponseMessage {}
extension SetInstanceResponse: ResponseMessage {}
extension SetDiskResponse: ResponseMessage {}
extension SetSnapshotResponse: ResponseMessage {}
extension SetImageResponse: ResponseMessage {}
extension SetKMSKeyResponse: ResponseMessage {}
extension CreateResourceGroupResponse: ResponseMessage {}
extension SetRamUserResponse: ResponseMessage {}
extension JobsResponse: ResponseMessage {}
extension AddFaultRuleResponse: ResponseMessage {}
extension RemoveFaultRuleResponse: ResponseMessage {}
extension DescribeFaultRulesResponse: ResponseMessage {}
extension ReleaseRequestsResponse: ResponseMessage {}
