import ECS

/// Images and tags.
extension Catalog {
    public func describeImageFromFamily(
        _ request: DescribeImageFromFamilyRequest, _ caller: Caller
    ) throws(Refusal) -> DescribeImageFromFamilyResponse {
        throw .error(.serviceUnavailable)
    }

    public func modifyImageAttribute(
        _ request: ModifyImageAttributeRequest, _ caller: Caller
    ) throws(Refusal) -> ModifyImageAttributeResponse {
        throw .error(.serviceUnavailable)
    }

    public func copyImage(
        _ request: CopyImageRequest, _ caller: Caller
    ) throws(Refusal) -> CopyImageResponse {
        throw .error(.serviceUnavailable)
    }

    public func cancelCopyImage(
        _ request: CancelCopyImageRequest, _ caller: Caller
    ) throws(Refusal) -> CancelCopyImageResponse {
        throw .error(.serviceUnavailable)
    }

    public func modifyImageSharePermission(
        _ request: ModifyImageSharePermissionRequest, _ caller: Caller
    ) throws(Refusal) -> ModifyImageSharePermissionResponse {
        throw .error(.serviceUnavailable)
    }

    public func describeImageSharePermission(
        _ request: DescribeImageSharePermissionRequest, _ caller: Caller
    ) throws(Refusal) -> DescribeImageSharePermissionResponse {
        throw .error(.serviceUnavailable)
    }

    public func modifySnapshotAttribute(
        _ request: ModifySnapshotAttributeRequest, _ caller: Caller
    ) throws(Refusal) -> ModifySnapshotAttributeResponse {
        throw .error(.serviceUnavailable)
    }

    public func tagResources(
        _ request: TagResourcesRequest, _ caller: Caller
    ) throws(Refusal) -> TagResourcesResponse {
        throw .error(.serviceUnavailable)
    }

    public func untagResources(
        _ request: UntagResourcesRequest, _ caller: Caller
    ) throws(Refusal) -> UntagResourcesResponse {
        throw .error(.serviceUnavailable)
    }

    public func listTagResources(
        _ request: ListTagResourcesRequest, _ caller: Caller
    ) throws(Refusal) -> ListTagResourcesResponse {
        throw .error(.serviceUnavailable)
    }

    public func addTags(
        _ request: AddTagsRequest, _ caller: Caller
    ) throws(Refusal) -> AddTagsResponse {
        throw .error(.serviceUnavailable)
    }

    public func joinResourceGroup(
        _ request: JoinResourceGroupRequest, _ caller: Caller
    ) throws(Refusal) -> JoinResourceGroupResponse {
        throw .error(.serviceUnavailable)
    }

    public func describeRegions(
        _ request: DescribeRegionsRequest, _ caller: Caller
    ) throws(Refusal) -> DescribeRegionsResponse {
        throw .error(.serviceUnavailable)
    }
}
