/// ECS's operations around CreateImage (`operations.md` § 3).

public enum DescribeImageFromFamily: Operation {
    public typealias Request = DescribeImageFromFamilyRequest
    public typealias Response = DescribeImageFromFamilyResponse
    public static let service = ServiceName.ecs
    public static let again = Again.reads
}

public enum ModifyImageAttribute: Operation {
    public typealias Request = ModifyImageAttributeRequest
    public typealias Response = ModifyImageAttributeResponse
    public static let service = ServiceName.ecs
}

public enum CopyImage: Operation {
    public typealias Request = CopyImageRequest
    public typealias Response = CopyImageResponse
    public static let service = ServiceName.ecs
    public static let again = Again.token
}

public enum CancelCopyImage: Operation {
    public typealias Request = CancelCopyImageRequest
    public typealias Response = CancelCopyImageResponse
    public static let service = ServiceName.ecs
}

public enum ModifyImageSharePermission: Operation {
    public typealias Request = ModifyImageSharePermissionRequest
    public typealias Response = ModifyImageSharePermissionResponse
    public static let service = ServiceName.ecs
}

public enum DescribeImageSharePermission: Operation {
    public typealias Request = DescribeImageSharePermissionRequest
    public typealias Response = DescribeImageSharePermissionResponse
    public static let service = ServiceName.ecs
    public static let again = Again.reads
}

public enum ModifySnapshotAttribute: Operation {
    public typealias Request = ModifySnapshotAttributeRequest
    public typealias Response = ModifySnapshotAttributeResponse
    public static let service = ServiceName.ecs
}

public enum RunInstances: Operation {
    public typealias Request = RunInstancesRequest
    public typealias Response = RunInstancesResponse
    public static let service = ServiceName.ecs
    public static let again = Again.token
}

public enum DescribeInstanceStatus: Operation {
    public typealias Request = DescribeInstanceStatusRequest
    public typealias Response = DescribeInstanceStatusResponse
    public static let service = ServiceName.ecs
    public static let again = Again.reads
}

public enum StartInstance: Operation {
    public typealias Request = StartInstanceRequest
    public typealias Response = StartInstanceResponse
    public static let service = ServiceName.ecs
}

public enum StartInstances: Operation {
    public typealias Request = StartInstancesRequest
    public typealias Response = StartInstancesResponse
    public static let service = ServiceName.ecs
}

public enum StopInstance: Operation {
    public typealias Request = StopInstanceRequest
    public typealias Response = StopInstanceResponse
    public static let service = ServiceName.ecs
}

public enum StopInstances: Operation {
    public typealias Request = StopInstancesRequest
    public typealias Response = StopInstancesResponse
    public static let service = ServiceName.ecs
}

public enum DeleteInstances: Operation {
    public typealias Request = DeleteInstancesRequest
    public typealias Response = DeleteInstancesResponse
    public static let service = ServiceName.ecs
    public static let again = Again.token
}

public enum ReplaceSystemDisk: Operation {
    public typealias Request = ReplaceSystemDiskRequest
    public typealias Response = ReplaceSystemDiskResponse
    public static let service = ServiceName.ecs
    public static let again = Again.token
}

public enum CreateDisk: Operation {
    public typealias Request = CreateDiskRequest
    public typealias Response = CreateDiskResponse
    public static let service = ServiceName.ecs
    public static let again = Again.token
}

public enum AttachDisk: Operation {
    public typealias Request = AttachDiskRequest
    public typealias Response = AttachDiskResponse
    public static let service = ServiceName.ecs
}

public enum DetachDisk: Operation {
    public typealias Request = DetachDiskRequest
    public typealias Response = DetachDiskResponse
    public static let service = ServiceName.ecs
}

public enum DeleteDisk: Operation {
    public typealias Request = DeleteDiskRequest
    public typealias Response = DeleteDiskResponse
    public static let service = ServiceName.ecs
}

public enum TagResources: Operation {
    public typealias Request = TagResourcesRequest
    public typealias Response = TagResourcesResponse
    public static let service = ServiceName.ecs
}

public enum UntagResources: Operation {
    public typealias Request = UntagResourcesRequest
    public typealias Response = UntagResourcesResponse
    public static let service = ServiceName.ecs
}

public enum ListTagResources: Operation {
    public typealias Request = ListTagResourcesRequest
    public typealias Response = ListTagResourcesResponse
    public static let service = ServiceName.ecs
    public static let again = Again.reads
}

public enum AddTags: Operation {
    public typealias Request = AddTagsRequest
    public typealias Response = AddTagsResponse
    public static let service = ServiceName.ecs
}

public enum JoinResourceGroup: Operation {
    public typealias Request = JoinResourceGroupRequest
    public typealias Response = JoinResourceGroupResponse
    public static let service = ServiceName.ecs
}

public enum DescribeRegions: Operation {
    public typealias Request = DescribeRegionsRequest
    public typealias Response = DescribeRegionsResponse
    public static let service = ServiceName.ecs
    public static let again = Again.reads
}
