import Wire

// The daemon's operations on the data of snapshots. `protocol/imaged.proto` says what each field
// means.

/// Writes the disk's bytes to a new file, as ExportImage does.
public struct ExportSnapshotRequest: Message {
    public var snapshotID = ""
    public var path = ""
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "SnapshotId", &snapshotID)
        try visitor.string(2, "Path", &path)
    }
}

public struct ExportSnapshotResponse: Message {
    public var requestID = ""
    public var sizeBytes: Int64 = 0  // of the disk
    public var storedBytes: Int64 = 0  // of these what is data rather than holes
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RequestId", &requestID)
        try visitor.int64(2, "SizeBytes", &sizeBytes)
        try visitor.int64(3, "StoredBytes", &storedBytes)
    }
}

public struct ReadSnapshotRequest: Message {
    public var snapshotID = ""
    public var offset: Int64 = 0  // in the disk
    public var length: Int64 = 0  // at most so much is wanted; 1 MiB at most
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "SnapshotId", &snapshotID)
        try visitor.int64(2, "Offset", &offset)
        try visitor.int64(3, "Length", &length)
    }
}

/// What is at the offset: data or a hole. Neither: the offset is the disk's end.
public struct ReadSnapshotResponse: Message {
    public var requestID = ""
    public var data: [UInt8] = []
    public var holeBytes: Int64 = 0  // how far the hole goes on; may be more than was asked for
    public var sizeBytes: Int64 = 0  // of the disk
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RequestId", &requestID)
        try visitor.bytes(2, "Data", &data)
        try visitor.int64(3, "HoleBytes", &holeBytes)
        try visitor.int64(4, "SizeBytes", &sizeBytes)
    }
}

/// Reads what is stored of a snapshot, or of all, and compares the checksums: a step a call.
public struct VerifySnapshotRequest: Message {
    public var snapshotID = ""  // absent: all of the account
    public var nextToken = ""  // of the step before; absent: the first
    public var maxBytes: Int64 = 0  // how many stored bytes the step reads; 0: the daemon chooses
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "SnapshotId", &snapshotID)
        try visitor.string(2, "NextToken", &nextToken)
        try visitor.int64(3, "MaxBytes", &maxBytes)
    }
}

public struct VerifySnapshotResponse: Message {
    public var requestID = ""
    public var damage: [Damage] = []  // found by this step
    public var nextToken = ""  // for the next step; empty: that was the last
    public var verifiedBytes: Int64 = 0  // stored bytes that this step read
    public var doneBytes: Int64 = 0  // by all steps so far
    public var totalBytes: Int64 = 0  // of all steps
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RequestId", &requestID)
        try visitor.messages(2, "Damage", &damage)
        try visitor.string(3, "NextToken", &nextToken)
        try visitor.int64(4, "VerifiedBytes", &verifiedBytes)
        try visitor.int64(5, "DoneBytes", &doneBytes)
        try visitor.int64(6, "TotalBytes", &totalBytes)
    }
}

public struct Damage: Message {
    public var snapshotID = ""
    public var diskID = ""
    // Bytes of the disk; both 0: the whole snapshot, for example its manifest.
    public var offset: Int64 = 0
    public var length: Int64 = 0
    public var imageID: [String] = []  // that have the snapshot
    public var reason = ""
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "SnapshotId", &snapshotID)
        try visitor.string(2, "DiskId", &diskID)
        try visitor.int64(3, "Offset", &offset)
        try visitor.int64(4, "Length", &length)
        try visitor.strings(5, "ImageId", &imageID)
        try visitor.string(6, "Reason", &reason)
    }
}

public struct DescribeUsageRequest: Message {
    public var resourceType = ""  // disk, snapshot, image
    public var nextToken = ""
    public var maxResults: Int32?  // 1 to 1000, default 100
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "ResourceType", &resourceType)
        try visitor.string(2, "NextToken", &nextToken)
        try visitor.optionalInt32(3, "MaxResults", &maxResults)
    }
}

/// The totals are those of the whole account, whatever the type.
public struct DescribeUsageResponse: Message {
    public var requestID = ""
    public var usage: [Usage] = []
    public var nextToken = ""
    public var logicalBytes: Int64 = 0  // the sum of the disks' sizes over all snapshots
    public var storedBytes: Int64 = 0  // each stored cluster once
    public var reclaimableBytes: Int64 = 0  // of these, what only one snapshot uses
    public var pendingBytes: Int64 = 0  // what no snapshot uses any more and is being given back
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RequestId", &requestID)
        try visitor.messages(2, "Usage", &usage)
        try visitor.string(3, "NextToken", &nextToken)
        try visitor.int64(4, "LogicalBytes", &logicalBytes)
        try visitor.int64(5, "StoredBytes", &storedBytes)
        try visitor.int64(6, "ReclaimableBytes", &reclaimableBytes)
        try visitor.int64(7, "PendingBytes", &pendingBytes)
    }
}

/// What one disk's snapshots, one snapshot or one image's snapshots take.
public struct Usage: Message {
    public var resourceID = ""
    public var name = ""
    public var logicalBytes: Int64 = 0
    public var storedBytes: Int64 = 0
    public var reclaimableBytes: Int64 = 0  // what would come back if these snapshots alone went
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "ResourceId", &resourceID)
        try visitor.string(2, "Name", &name)
        try visitor.int64(3, "LogicalBytes", &logicalBytes)
        try visitor.int64(4, "StoredBytes", &storedBytes)
        try visitor.int64(5, "ReclaimableBytes", &reclaimableBytes)
    }
}
