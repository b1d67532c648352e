import Wire

// The daemon's own operations. `protocol/imaged.proto` says what each field means.

/// Answers when the image is Available, CreateFailed or deleted (InvalidImageId.NotFound).
public struct WaitForImageRequest: Message {
    public var regionID = ""
    public var imageID = ""
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RegionId", &regionID)
        try visitor.string(2, "ImageId", &imageID)
    }
}

public struct WaitForImageResponse: Message {
    public var requestID = ""
    public var image: Image?
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RequestId", &requestID)
        try visitor.message(2, "Image", &image)
    }
}

public struct WatchRequest: Message {
    // Events with a greater sequence than this; absent: from now on.
    public var afterSequence: Int64?
    // Only events of these resources; none: all of the account.
    public var resourceID: [String] = []
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.optionalInt64(1, "AfterSequence", &afterSequence)
        try visitor.strings(2, "ResourceId", &resourceID)
    }
}

public struct ReadEventsRequest: Message {
    public var afterSequence: Int64?
    public var resourceID: [String] = []
    public var maxResults: Int32?  // 1 to 1000, default 1000
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.optionalInt64(1, "AfterSequence", &afterSequence)
        try visitor.strings(2, "ResourceId", &resourceID)
        try visitor.optionalInt32(3, "MaxResults", &maxResults)
    }
}

public struct EventsResponse: Message {
    public var requestID = ""
    public var events: [Event] = []
    // The newest sequence looked at: where the next read goes on, events or none.
    public var sequence: Int64 = 0
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RequestId", &requestID)
        try visitor.messages(2, "Events", &events)
        try visitor.int64(3, "Sequence", &sequence)
    }
}

public struct Event: Message {
    public var sequence: Int64 = 0
    public var time = ""
    // ImageChanged, ImageDeleted, and likewise Snapshot, Disk, Instance. A resource's first
    // change is its creation.
    public var kind = ""
    // The resource after the change; of a deleted one only its id.
    public var image: Image?
    public var snapshot: Snapshot?
    public var disk: Disk?
    public var instance: Instance?
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.int64(1, "Sequence", &sequence)
        try visitor.string(2, "Time", &time)
        try visitor.string(3, "Kind", &kind)
        try visitor.message(4, "Image", &image)
        try visitor.message(5, "Snapshot", &snapshot)
        try visitor.message(6, "Disk", &disk)
        try visitor.message(7, "Instance", &instance)
    }
}

public struct CancelRequest: Message {
    public var streamID: Int64 = 0
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.int64(1, "StreamId", &streamID)
    }
}

public struct CancelResponse: Message {
    public var requestID = ""
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RequestId", &requestID)
    }
}

public struct VersionRequest: Message {
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {}
}

public struct VersionResponse: Message {
    public var requestID = ""
    public var version = ""
    public var protocolVersion: Int32 = 0
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RequestId", &requestID)
        try visitor.string(2, "Version", &version)
        try visitor.int32(3, "Protocol", &protocolVersion)
    }
}

public struct MetricsRequest: Message {
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {}
}

public struct MetricsResponse: Message {
    public var requestID = ""
    public var text = ""  // Prometheus's text format, version 0.0.4
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RequestId", &requestID)
        try visitor.string(2, "Text", &text)
    }
}

public struct HealthRequest: Message {
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {}
}

public struct HealthResponse: Message {
    public var requestID = ""
    public var ready = false
    public var mode = ""  // always, ephemeral
    public var sequence: Int64 = 0  // of the newest change
    public var freeBytes: Int64 = 0  // of the file system with the data directory
    public var jobsQueued: Int32 = 0
    public var jobsRunning: Int32 = 0
    public var connections: Int32 = 0
    public var processID: Int64 = 0
    public var uptimeSeconds: Int64 = 0
    public var dataDirectory = ""
    // Of the file system with the data directory: ext4, xfs, btrfs, tmpfs ...; empty: no directory.
    public var fileSystem = ""
    public var totalBytes: Int64 = 0
    // Whether files on it can share blocks (FICLONE); absent: not known.
    public var clones: Bool?
    // Whether what is written over stays in its blocks, as the journal wants it; absent: not known.
    public var overwritesInPlace: Bool?
    public var connectionsMax: Int32 = 0
    // Of the account that asks.
    public var limits: [Limit] = []
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RequestId", &requestID)
        try visitor.bool(2, "Ready", &ready)
        try visitor.string(3, "Mode", &mode)
        try visitor.int64(4, "Sequence", &sequence)
        try visitor.int64(5, "FreeBytes", &freeBytes)
        try visitor.int32(6, "JobsQueued", &jobsQueued)
        try visitor.int32(7, "JobsRunning", &jobsRunning)
        try visitor.int32(8, "Connections", &connections)
        try visitor.int64(9, "ProcessId", &processID)
        try visitor.int64(10, "UptimeSeconds", &uptimeSeconds)
        try visitor.string(11, "DataDirectory", &dataDirectory)
        try visitor.string(12, "FileSystem", &fileSystem)
        try visitor.int64(13, "TotalBytes", &totalBytes)
        try visitor.optionalBool(14, "Clones", &clones)
        try visitor.optionalBool(15, "OverwritesInPlace", &overwritesInPlace)
        try visitor.int32(16, "ConnectionsMax", &connectionsMax)
        try visitor.messages(17, "Limits", &limits)
    }
}
