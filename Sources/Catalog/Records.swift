import ECS
import Wire

// The records of `protocol/changes.proto`, which says what each field means.

extension FieldVisitor {
    /// A message field that a record always has.
    mutating func record<M: Message>(
        _ number: UInt32, _ name: StaticString, _ value: inout M
    ) throws(ProtoError) {
        var optional: M? = value
        try message(number, name, &optional)
        value = optional ?? M()
    }
}

public struct AccountRecord: Message {
    public var accountID = ""
    public var defaultResourceGroupID = ""
    public init() {}

    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "AccountId", &accountID)
        try visitor.string(2, "DefaultResourceGroupId", &defaultResourceGroupID)
    }
}

public struct ImageRecord: Message, Resource {
    public var number: Int64 = 0
    public var image = Image()
    public init() {}
    public var id: String { image.imageID }

    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.int64(1, "Number", &number)
        try visitor.record(2, "Image", &image)
    }
}

public struct SnapshotRecord: Message, Resource {
    public var number: Int64 = 0
    public var snapshot = Snapshot()
    public var manifest: Int64 = 0
    public var segments: [Int64] = []
    public var imageID = ""
    public var isReal = false
    public var platform = ""
    public var architecture = ""
    public var bootMode = ""
    public init() {}
    public var id: String { snapshot.snapshotID }

    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.int64(1, "Number", &number)
        try visitor.record(2, "Snapshot", &snapshot)
        try visitor.int64(3, "Manifest", &manifest)
        try visitor.int64s(4, "Segment", &segments)
        try visitor.string(5, "ImageId", &imageID)
        try visitor.bool(6, "IsReal", &isReal)
        try visitor.string(7, "Platform", &platform)
        try visitor.string(8, "Architecture", &architecture)
        try visitor.string(9, "BootMode", &bootMode)
    }
}

public struct DiskRecord: Message, Resource {
    public var number: Int64 = 0
    public var disk = Disk()
    public var uid: Int64 = 0
    public var registeredDevice: Int64 = 0
    public var registeredInode: Int64 = 0
    public init() {}
    public var id: String { disk.diskID }
    /// Whether there is a file: else its snapshots are simulated.
    public var isReal: Bool { !disk.path.isEmpty }

    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.int64(1, "Number", &number)
        try visitor.record(2, "Disk", &disk)
        try visitor.int64(3, "Uid", &uid)
        try visitor.int64(4, "RegisteredDevice", &registeredDevice)
        try visitor.int64(5, "RegisteredInode", &registeredInode)
    }
}

public struct InstanceRecord: Message, Resource {
    public var number: Int64 = 0
    public var instance = Instance()
    public var platform = ""
    public var architecture = ""
    public var bootMode = ""
    public init() {}
    public var id: String { instance.instanceID }

    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.int64(1, "Number", &number)
        try visitor.record(2, "Instance", &instance)
        try visitor.string(3, "Platform", &platform)
        try visitor.string(4, "Architecture", &architecture)
        try visitor.string(5, "BootMode", &bootMode)
    }
}

public struct JobRecord: Message {
    public var number: Int64 = 0
    public var snapshotID = ""
    public var imageID = ""
    public var diskID = ""
    public var path = ""
    public var uid: Int64 = 0
    public var allowLive = false
    public var capture: CaptureRecord?
    public var isStarted = false
    public var duration: Int64 = 0
    public var finishTime: Int64 = 0
    public init() {}
    /// Whether it copies a file, on a thread of the daemon's; else it takes time only.
    public var isReal: Bool { !path.isEmpty }

    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.int64(1, "Number", &number)
        try visitor.string(2, "SnapshotId", &snapshotID)
        try visitor.string(3, "ImageId", &imageID)
        try visitor.string(4, "DiskId", &diskID)
        try visitor.string(5, "Path", &path)
        try visitor.int64(6, "Uid", &uid)
        try visitor.bool(7, "AllowLive", &allowLive)
        try visitor.message(8, "Capture", &capture)
        try visitor.bool(9, "IsStarted", &isStarted)
        try visitor.int64(10, "Duration", &duration)
        try visitor.int64(11, "FinishTime", &finishTime)
    }
}

public struct CaptureRecord: Message {
    public var device: Int64 = 0
    public var inode: Int64 = 0
    public var sizeBytes: Int64 = 0
    public var modified: Int64 = 0
    public var changed: Int64 = 0
    public var isBlockDevice = false
    public init() {}

    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.int64(1, "Device", &device)
        try visitor.int64(2, "Inode", &inode)
        try visitor.int64(3, "SizeBytes", &sizeBytes)
        try visitor.int64(4, "Modified", &modified)
        try visitor.int64(5, "Changed", &changed)
        try visitor.bool(6, "IsBlockDevice", &isBlockDevice)
    }
}

public struct TokenRecord: Message {
    public var key = ""
    public var parameters: [UInt8] = []
    public var resourceID = ""
    public var furtherIDs: [String] = []
    public var time: Int64 = 0
    public init() {}

    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "Key", &key)
        try visitor.bytes(2, "Parameters", &parameters)
        try visitor.string(3, "ResourceId", &resourceID)
        try visitor.strings(4, "FurtherId", &furtherIDs)
        try visitor.int64(5, "Time", &time)
    }
}

public struct ReclaimRecord: Message {
    public var manifest: Int64 = 0
    public var segments: [Int64] = []
    public init() {}

    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.int64(1, "Manifest", &manifest)
        try visitor.int64s(2, "Segment", &segments)
    }
}

public struct CountersRecord: Message {
    public var sequence: Int64 = 0
    public var nextNumber: Int64 = 0
    public init() {}

    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.int64(1, "Sequence", &sequence)
        try visitor.int64(2, "NextNumber", &nextNumber)
    }
}
