import Wire

// The snapshot operations. `protocol/imaged.proto` says what each field means.

public struct CreateSnapshotRequest: Message {
    public var diskID = ""
    public var snapshotName = ""
    public var description = ""
    public var retentionDays: Int32?
    public var category = ""
    public var instantAccess: Bool?
    public var resourceGroupID = ""
    public var clientToken = ""
    public var tag: [RequestTag] = []
    public var allowLive: Bool?
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "DiskId", &diskID)
        try visitor.string(2, "SnapshotName", &snapshotName)
        try visitor.string(3, "Description", &description)
        try visitor.optionalInt32(4, "RetentionDays", &retentionDays)
        try visitor.string(5, "Category", &category)
        try visitor.optionalBool(6, "InstantAccess", &instantAccess)
        try visitor.string(7, "ResourceGroupId", &resourceGroupID)
        try visitor.string(8, "ClientToken", &clientToken)
        try visitor.messages(9, "Tag", &tag)
        try visitor.optionalBool(1000, "AllowLive", &allowLive)
    }
}

public struct CreateSnapshotResponse: Message {
    public var requestID = ""
    public var snapshotID = ""
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RequestId", &requestID)
        try visitor.string(2, "SnapshotId", &snapshotID)
    }
}

public struct DescribeSnapshotsRequest: Message {
    public var regionID = ""
    public var snapshotIDs: [String] = []
    public var diskID = ""
    public var instanceID = ""
    public var snapshotName = ""
    public var status = ""
    public var snapshotType = ""
    public var sourceDiskType = ""
    public var usage = ""
    public var category = ""
    public var encrypted: Bool?
    public var resourceGroupID = ""
    public var tag: [RequestTag] = []
    public var nextToken = ""
    public var maxResults: Int32?
    public var pageNumber: Int32?
    public var pageSize: Int32?
    public var filter: [Filter] = []
    public var dryRun: Bool?
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RegionId", &regionID)
        try visitor.strings(2, "SnapshotIds", &snapshotIDs)
        try visitor.string(3, "DiskId", &diskID)
        try visitor.string(4, "InstanceId", &instanceID)
        try visitor.string(5, "SnapshotName", &snapshotName)
        try visitor.string(6, "Status", &status)
        try visitor.string(7, "SnapshotType", &snapshotType)
        try visitor.string(8, "SourceDiskType", &sourceDiskType)
        try visitor.string(9, "Usage", &usage)
        try visitor.string(10, "Category", &category)
        try visitor.optionalBool(11, "Encrypted", &encrypted)
        try visitor.string(12, "ResourceGroupId", &resourceGroupID)
        try visitor.messages(13, "Tag", &tag)
        try visitor.string(14, "NextToken", &nextToken)
        try visitor.optionalInt32(15, "MaxResults", &maxResults)
        try visitor.optionalInt32(16, "PageNumber", &pageNumber)
        try visitor.optionalInt32(17, "PageSize", &pageSize)
        try visitor.messages(18, "Filter", &filter)
        try visitor.optionalBool(19, "DryRun", &dryRun)
    }
}

public struct DescribeSnapshotsResponse: Message {
    public var requestID = ""
    public var snapshots: [Snapshot] = []
    public var nextToken = ""
    public var totalCount: Int32 = 0
    public var pageNumber: Int32 = 0
    public var pageSize: Int32 = 0
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RequestId", &requestID)
        try visitor.messages(2, "Snapshots", &snapshots)
        try visitor.string(3, "NextToken", &nextToken)
        try visitor.int32(4, "TotalCount", &totalCount)
        try visitor.int32(5, "PageNumber", &pageNumber)
        try visitor.int32(6, "PageSize", &pageSize)
    }
}

public struct DeleteSnapshotRequest: Message {
    public var snapshotID = ""
    public var force: Bool?
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "SnapshotId", &snapshotID)
        try visitor.optionalBool(2, "Force", &force)
    }
}

public struct DeleteSnapshotResponse: Message {
    public var requestID = ""
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RequestId", &requestID)
    }
}

/// What is absent is kept.
public struct ModifySnapshotAttributeRequest: Message {
    public var snapshotID = ""
    public var snapshotName = ""
    public var description = ""
    public var retentionDays: Int32?
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "SnapshotId", &snapshotID)
        try visitor.string(2, "SnapshotName", &snapshotName)
        try visitor.string(3, "Description", &description)
        try visitor.optionalInt32(4, "RetentionDays", &retentionDays)
    }
}

public struct ModifySnapshotAttributeResponse: Message {
    public var requestID = ""
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RequestId", &requestID)
    }
}
