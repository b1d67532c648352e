import Wire

// The instance and disk operations. `protocol/imaged.proto` says what each field means.

public struct RegisterInstanceRequest: Message {
    public var regionID = ""
    public var instanceName = ""
    public var status = ""
    public var platform = ""
    public var architecture = ""
    public var bootMode = ""
    public var disk: [RegisteredDisk] = []
    public var tag: [RequestTag] = []
    public var clientToken = ""
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RegionId", &regionID)
        try visitor.string(2, "InstanceName", &instanceName)
        try visitor.string(3, "Status", &status)
        try visitor.string(4, "Platform", &platform)
        try visitor.string(5, "Architecture", &architecture)
        try visitor.string(6, "BootMode", &bootMode)
        try visitor.messages(7, "Disk", &disk)
        try visitor.messages(8, "Tag", &tag)
        try visitor.string(9, "ClientToken", &clientToken)
    }
}

public struct RegisteredDisk: Message {
    public var path = ""
    public var format = ""
    public var type = ""
    public var category = ""
    public var device = ""
    public var size: Int32?  // GiB; only of a disk without a path
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "Path", &path)
        try visitor.string(2, "Format", &format)
        try visitor.string(3, "Type", &type)
        try visitor.string(4, "Category", &category)
        try visitor.string(5, "Device", &device)
        try visitor.optionalInt32(6, "Size", &size)
    }
}

public struct RegisterInstanceResponse: Message {
    public var requestID = ""
    public var instanceID = ""
    public var diskIDs: [String] = []
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RequestId", &requestID)
        try visitor.string(2, "InstanceId", &instanceID)
        try visitor.strings(3, "DiskIds", &diskIDs)
    }
}

public struct DescribeInstancesRequest: Message {
    public var regionID = ""
    public var instanceIDs: [String] = []
    public var status = ""
    public var imageID = ""
    public var zoneID = ""
    public var tag: [RequestTag] = []
    public var nextToken = ""
    public var maxResults: Int32?
    public var pageNumber: Int32?
    public var pageSize: Int32?
    public var instanceName = ""
    public var resourceGroupID = ""
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RegionId", &regionID)
        try visitor.strings(2, "InstanceIds", &instanceIDs)
        try visitor.string(3, "Status", &status)
        try visitor.string(4, "ImageId", &imageID)
        try visitor.string(5, "ZoneId", &zoneID)
        try visitor.messages(6, "Tag", &tag)
        try visitor.string(7, "NextToken", &nextToken)
        try visitor.optionalInt32(8, "MaxResults", &maxResults)
        try visitor.optionalInt32(9, "PageNumber", &pageNumber)
        try visitor.optionalInt32(10, "PageSize", &pageSize)
        try visitor.string(11, "InstanceName", &instanceName)
        try visitor.string(12, "ResourceGroupId", &resourceGroupID)
    }
}

public struct DescribeInstancesResponse: Message {
    public var requestID = ""
    public var instances: [Instance] = []
    public var nextToken = ""
    public var totalCount: Int32 = 0
    public var pageNumber: Int32 = 0
    public var pageSize: Int32 = 0
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RequestId", &requestID)
        try visitor.messages(2, "Instances", &instances)
        try visitor.string(3, "NextToken", &nextToken)
        try visitor.int32(4, "TotalCount", &totalCount)
        try visitor.int32(5, "PageNumber", &pageNumber)
        try visitor.int32(6, "PageSize", &pageSize)
    }
}

public struct DeleteInstanceRequest: Message {
    public var instanceID = ""
    public var force: Bool?
    public var clientToken = ""
    public var dryRun: Bool?
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "InstanceId", &instanceID)
        try visitor.optionalBool(2, "Force", &force)
        try visitor.string(3, "ClientToken", &clientToken)
        try visitor.optionalBool(4, "DryRun", &dryRun)
    }
}

public struct DeleteInstanceResponse: Message {
    public var requestID = ""
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RequestId", &requestID)
    }
}

public struct DescribeDisksRequest: Message {
    public var regionID = ""
    public var instanceID = ""
    public var diskIDs: [String] = []
    public var diskType = ""
    public var category = ""
    public var status = ""
    public var zoneID = ""
    public var snapshotID = ""
    public var tag: [RequestTag] = []
    public var nextToken = ""
    public var maxResults: Int32?
    public var pageNumber: Int32?
    public var pageSize: Int32?
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RegionId", &regionID)
        try visitor.string(2, "InstanceId", &instanceID)
        try visitor.strings(3, "DiskIds", &diskIDs)
        try visitor.string(4, "DiskType", &diskType)
        try visitor.string(5, "Category", &category)
        try visitor.string(6, "Status", &status)
        try visitor.string(7, "ZoneId", &zoneID)
        try visitor.string(8, "SnapshotId", &snapshotID)
        try visitor.messages(9, "Tag", &tag)
        try visitor.string(10, "NextToken", &nextToken)
        try visitor.optionalInt32(11, "MaxResults", &maxResults)
        try visitor.optionalInt32(12, "PageNumber", &pageNumber)
        try visitor.optionalInt32(13, "PageSize", &pageSize)
    }
}

public struct DescribeDisksResponse: Message {
    public var requestID = ""
    public var disks: [Disk] = []
    public var nextToken = ""
    public var totalCount: Int32 = 0
    public var pageNumber: Int32 = 0
    public var pageSize: Int32 = 0
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RequestId", &requestID)
        try visitor.messages(2, "Disks", &disks)
        try visitor.string(3, "NextToken", &nextToken)
        try visitor.int32(4, "TotalCount", &totalCount)
        try visitor.int32(5, "PageNumber", &pageNumber)
        try visitor.int32(6, "PageSize", &pageSize)
    }
}
