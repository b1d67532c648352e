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

public struct ImageRecord: Message, Resource {
    public var number: Int64 = 0
    public var image = Image()
    public var sharedWith: [String] = []
    public var isFromMarketplace = false
    public init() {}
    public var id: String { image.imageID }

    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.int64(1, "Number", &number)
        try visitor.record(2, "Image", &image)
        try visitor.strings(3, "SharedWith", &sharedWith)
        try visitor.bool(4, "IsFromMarketplace", &isFromMarketplace)
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
    public var isOfReleasedSystemDisk = false
    public var storageLocation = ""
    public var isDefaultFree = false
    public var imageVersion = ""
    public var isFromMarketplace = false
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
        try visitor.bool(10, "IsOfReleasedSystemDisk", &isOfReleasedSystemDisk)
        try visitor.string(11, "StorageLocation", &storageLocation)
        try visitor.bool(12, "IsDefaultFree", &isDefaultFree)
        try visitor.string(13, "ImageVersion", &imageVersion)
        try visitor.bool(14, "IsFromMarketplace", &isFromMarketplace)
    }
}

public struct DiskRecord: Message, Resource {
    public var number: Int64 = 0
    public var disk = Disk()
    public var uid: Int64 = 0
    public var registeredDevice: Int64 = 0
    public var registeredInode: Int64 = 0
    public var isReleasedSystemDisk = false
    public var isDeviceInvalid = false
    public var root = ""
    public var isOurs = false
    public var file: Int64 = 0
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
        try visitor.bool(6, "IsReleasedSystemDisk", &isReleasedSystemDisk)
        try visitor.bool(7, "IsDeviceInvalid", &isDeviceInvalid)
        try visitor.string(8, "Root", &root)
        try visitor.bool(9, "IsOurs", &isOurs)
        try visitor.int64(10, "File", &file)
    }
}

public struct InstanceRecord: Message, Resource {
    public var number: Int64 = 0
    public var instance = Instance()
    public var platform = ""
    public var architecture = ""
    public var bootMode = ""
    public var imageVersion = ""
    public var isFromMarketplace = false
    public var imdsSupport = ""
    public var needsRestart = false
    public var isHibernated = false
    public var statusEnd: Int64 = 0
    public var moveDuration: Int64 = 0
    public init() {}
    public var id: String { instance.instanceID }

    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.int64(1, "Number", &number)
        try visitor.record(2, "Instance", &instance)
        try visitor.string(3, "Platform", &platform)
        try visitor.string(4, "Architecture", &architecture)
        try visitor.string(5, "BootMode", &bootMode)
        try visitor.string(6, "ImageVersion", &imageVersion)
        try visitor.bool(7, "IsFromMarketplace", &isFromMarketplace)
        try visitor.string(8, "ImdsSupport", &imdsSupport)
        try visitor.bool(9, "NeedsRestart", &needsRestart)
        try visitor.bool(10, "IsHibernated", &isHibernated)
        try visitor.int64(11, "StatusEnd", &statusEnd)
        try visitor.int64(12, "MoveDuration", &moveDuration)
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
    public var isHeld = false
    public var copiedImageID = ""
    public var root = ""
    public var kmsKeyID = ""
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
        try visitor.bool(12, "IsHeld", &isHeld)
        try visitor.string(13, "CopiedImageId", &copiedImageID)
        try visitor.string(14, "Root", &root)
        try visitor.string(15, "KmsKeyId", &kmsKeyID)
    }
}

public struct CaptureRecord: Message {
    public var device: Int64 = 0
    public var inode: Int64 = 0
    public var sizeBytes: Int64 = 0
    public var modified: Int64 = 0
    public var changed: Int64 = 0
    public var isBlockDevice = false
    public var isClone = false
    public init() {}

    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.int64(1, "Device", &device)
        try visitor.int64(2, "Inode", &inode)
        try visitor.int64(3, "SizeBytes", &sizeBytes)
        try visitor.int64(4, "Modified", &modified)
        try visitor.int64(5, "Changed", &changed)
        try visitor.bool(6, "IsBlockDevice", &isBlockDevice)
        try visitor.bool(7, "IsClone", &isClone)
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
    public var files: [ReclaimFile] = []
    public init() {}

    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.int64(1, "Manifest", &manifest)
        try visitor.int64s(2, "Segment", &segments)
        try visitor.messages(3, "File", &files)
    }
}

public struct ReclaimFile: Message {
    public var path = ""
    public var temporary = ""
    public var device: Int64 = 0
    public var inode: Int64 = 0
    public var uid: Int64 = 0
    public var root = ""
    public init() {}

    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "Path", &path)
        try visitor.string(2, "Temporary", &temporary)
        try visitor.int64(3, "Device", &device)
        try visitor.int64(4, "Inode", &inode)
        try visitor.int64(5, "Uid", &uid)
        try visitor.string(6, "Root", &root)
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
