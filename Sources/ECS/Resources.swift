import Wire

// What ECS describes: images, snapshots, instances and disks, and errors. `protocol/imaged.proto` says what each field means.

/// What went wrong, in ECS's terms: the detail of a failed call's status.
public struct ErrorDetail: Message {
    public static let protoName = "Error"
    public var httpStatus: Int32 = 0
    public var code = ""
    public var message = ""
    public var requestID = ""
    // The parameter at fault as ECS spells it (DiskDeviceMapping.2.Size); empty if none is.
    public var parameter = ""
    // What would be right, or how to go on. For people; it may change.
    public var hint = ""
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.int32(1, "HttpStatus", &httpStatus)
        try visitor.string(2, "Code", &code)
        try visitor.string(3, "Message", &message)
        try visitor.string(4, "RequestId", &requestID)
        try visitor.string(5, "Parameter", &parameter)
        try visitor.string(6, "Hint", &hint)
    }
}

public struct Tag: Message {
    public var tagKey = ""
    public var tagValue = ""
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "TagKey", &tagKey)
        try visitor.string(2, "TagValue", &tagValue)
    }
}

public struct Image: Message {
    public var imageID = ""
    public var imageName = ""
    public var imageFamily = ""
    public var imageVersion = ""
    public var description = ""
    public var status = ""  // Waiting, Creating, Available, UnAvailable, CreateFailed, Deprecated
    public var usable = false
    public var progress = ""  // "0%" to "100%"
    public var creationTime = ""
    public var size: Int32 = 0  // of the system disk, GiB
    public var architecture = ""
    public var platform = ""
    public var bootMode = ""
    public var osType = ""
    public var osName = ""
    public var osNameEn = ""
    public var imageOwnerAlias = ""
    public var imageOwnerID = ""
    public var isCopied = false
    public var isPublic = false
    public var isSelfShared = ""
    public var isSubscribed = false
    public var isSupportCloudinit = false
    public var isSupportIoOptimized = false
    public var loginAsNonRootSupported = false
    public var productCode = ""
    public var resourceGroupID = ""
    public var licenseType = ""
    public var supplierName = ""
    public var usage = ""
    public var features: ImageFeatures?
    public var detectionOptions: DetectionOptions?
    public var diskDeviceMappings: [ImageDisk] = []
    public var tags: [Tag] = []
    public var secureBootOptions: SecureBootOptions?
    // Ours: why the status is CreateFailed.
    public var failureReason = ""
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "ImageId", &imageID)
        try visitor.string(2, "ImageName", &imageName)
        try visitor.string(3, "ImageFamily", &imageFamily)
        try visitor.string(4, "ImageVersion", &imageVersion)
        try visitor.string(5, "Description", &description)
        try visitor.string(6, "Status", &status)
        try visitor.bool(7, "Usable", &usable)
        try visitor.string(8, "Progress", &progress)
        try visitor.string(9, "CreationTime", &creationTime)
        try visitor.int32(10, "Size", &size)
        try visitor.string(11, "Architecture", &architecture)
        try visitor.string(12, "Platform", &platform)
        try visitor.string(13, "BootMode", &bootMode)
        try visitor.string(14, "OSType", &osType)
        try visitor.string(15, "OSName", &osName)
        try visitor.string(16, "OSNameEn", &osNameEn)
        try visitor.string(17, "ImageOwnerAlias", &imageOwnerAlias)
        try visitor.string(18, "ImageOwnerId", &imageOwnerID)
        try visitor.bool(19, "IsCopied", &isCopied)
        try visitor.bool(20, "IsPublic", &isPublic)
        try visitor.string(21, "IsSelfShared", &isSelfShared)
        try visitor.bool(22, "IsSubscribed", &isSubscribed)
        try visitor.bool(23, "IsSupportCloudinit", &isSupportCloudinit)
        try visitor.bool(24, "IsSupportIoOptimized", &isSupportIoOptimized)
        try visitor.bool(25, "LoginAsNonRootSupported", &loginAsNonRootSupported)
        try visitor.string(26, "ProductCode", &productCode)
        try visitor.string(27, "ResourceGroupId", &resourceGroupID)
        try visitor.string(28, "LicenseType", &licenseType)
        try visitor.string(29, "SupplierName", &supplierName)
        try visitor.string(30, "Usage", &usage)
        try visitor.message(31, "Features", &features)
        try visitor.message(32, "DetectionOptions", &detectionOptions)
        try visitor.messages(33, "DiskDeviceMappings", &diskDeviceMappings)
        try visitor.messages(34, "Tags", &tags)
        try visitor.message(35, "SecureBootOptions", &secureBootOptions)
        try visitor.string(1000, "FailureReason", &failureReason)
    }
}

public struct ImageFeatures: Message {
    public var imdsSupport = ""
    public var nvmeSupport = ""
    public var cpuOnlineUpgrade = ""
    public var memoryOnlineUpgrade = ""
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "ImdsSupport", &imdsSupport)
        try visitor.string(2, "NvmeSupport", &nvmeSupport)
        try visitor.string(3, "CpuOnlineUpgrade", &cpuOnlineUpgrade)
        try visitor.string(4, "MemoryOnlineUpgrade", &memoryOnlineUpgrade)
    }
}

public struct DetectionOptions: Message {
    public var status = ""
    public var items: [DetectionItem] = []
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "Status", &status)
        try visitor.messages(2, "Items", &items)
    }
}

public struct DetectionItem: Message {
    public var name = ""
    public var value = ""
    public var riskCode = ""
    public var riskLevel = ""
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "Name", &name)
        try visitor.string(2, "Value", &value)
        try visitor.string(3, "RiskCode", &riskCode)
        try visitor.string(4, "RiskLevel", &riskLevel)
    }
}

public struct ImageDisk: Message {
    public var snapshotID = ""
    public var size = ""  // GiB
    public var device = ""
    public var type = ""
    public var format = ""
    public var progress = ""
    public var remainTime: Int32 = 0  // seconds
    public var encrypted = false
    public var importOSSBucket = ""
    public var importOSSObject = ""
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "SnapshotId", &snapshotID)
        try visitor.string(2, "Size", &size)
        try visitor.string(3, "Device", &device)
        try visitor.string(4, "Type", &type)
        try visitor.string(5, "Format", &format)
        try visitor.string(6, "Progress", &progress)
        try visitor.int32(7, "RemainTime", &remainTime)
        try visitor.bool(8, "Encrypted", &encrypted)
        try visitor.string(9, "ImportOSSBucket", &importOSSBucket)
        try visitor.string(10, "ImportOSSObject", &importOSSObject)
    }
}

public struct Snapshot: Message {
    public var snapshotID = ""
    public var snapshotName = ""
    public var description = ""
    public var status = ""  // progressing, accomplished, failed
    public var progress = ""
    public var remainTime: Int32 = 0  // seconds
    public var creationTime = ""
    public var lastModifiedTime = ""
    public var sourceDiskID = ""
    public var sourceDiskSize = ""  // GiB
    public var sourceDiskType = ""
    public var category = ""
    public var snapshotType = ""
    public var usage = ""  // image, disk, image_disk, none
    public var encrypted = false
    public var kmsKeyID = ""
    public var regionID = ""
    public var resourceGroupID = ""
    public var retentionDays: Int32 = 0
    public var available = false
    public var instantAccess = false
    public var productCode = ""
    public var snapshotLinkID = ""
    public var snapshotSN = ""
    public var tags: [Tag] = []
    public var fullSnapshotSizeInBytes: Int64 = 0
    // Ours, for a snapshot of a real file.
    public var sizeBytes: Int64 = 0
    public var consistency = ""  // point-in-time, at-rest, live
    public var failureReason = ""
    public var storedBytes: Int64 = 0
    public var damage = ""  // what of it is known to be unreadable; empty: nothing
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "SnapshotId", &snapshotID)
        try visitor.string(2, "SnapshotName", &snapshotName)
        try visitor.string(3, "Description", &description)
        try visitor.string(4, "Status", &status)
        try visitor.string(5, "Progress", &progress)
        try visitor.int32(6, "RemainTime", &remainTime)
        try visitor.string(7, "CreationTime", &creationTime)
        try visitor.string(8, "LastModifiedTime", &lastModifiedTime)
        try visitor.string(9, "SourceDiskId", &sourceDiskID)
        try visitor.string(10, "SourceDiskSize", &sourceDiskSize)
        try visitor.string(11, "SourceDiskType", &sourceDiskType)
        try visitor.string(12, "Category", &category)
        try visitor.string(13, "SnapshotType", &snapshotType)
        try visitor.string(14, "Usage", &usage)
        try visitor.bool(15, "Encrypted", &encrypted)
        try visitor.string(16, "KMSKeyId", &kmsKeyID)
        try visitor.string(17, "RegionId", &regionID)
        try visitor.string(18, "ResourceGroupId", &resourceGroupID)
        try visitor.int32(19, "RetentionDays", &retentionDays)
        try visitor.bool(20, "Available", &available)
        try visitor.bool(21, "InstantAccess", &instantAccess)
        try visitor.string(22, "ProductCode", &productCode)
        try visitor.string(23, "SnapshotLinkId", &snapshotLinkID)
        try visitor.string(24, "SnapshotSN", &snapshotSN)
        try visitor.messages(25, "Tags", &tags)
        try visitor.int64(26, "FullSnapshotSizeInBytes", &fullSnapshotSizeInBytes)
        try visitor.int64(1000, "SizeBytes", &sizeBytes)
        try visitor.string(1001, "Consistency", &consistency)
        try visitor.string(1002, "FailureReason", &failureReason)
        try visitor.int64(1003, "StoredBytes", &storedBytes)
        try visitor.string(1004, "Damage", &damage)
    }
}

public struct Instance: Message {
    public var instanceID = ""
    public var instanceName = ""
    public var status = ""  // Pending, Starting, Running, Stopping, Stopped
    public var regionID = ""
    public var zoneID = ""
    public var imageID = ""
    public var instanceType = ""
    public var creationTime = ""  // yyyy-MM-ddTHH:mmZ
    public var startTime = ""
    public var operationLocks: [OperationLock] = []
    public var hibernationOptions: HibernationOptions?
    public var resourceGroupID = ""
    public var tags: [Tag] = []
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "InstanceId", &instanceID)
        try visitor.string(2, "InstanceName", &instanceName)
        try visitor.string(3, "Status", &status)
        try visitor.string(4, "RegionId", &regionID)
        try visitor.string(5, "ZoneId", &zoneID)
        try visitor.string(6, "ImageId", &imageID)
        try visitor.string(7, "InstanceType", &instanceType)
        try visitor.string(8, "CreationTime", &creationTime)
        try visitor.string(9, "StartTime", &startTime)
        try visitor.messages(10, "OperationLocks", &operationLocks)
        try visitor.message(11, "HibernationOptions", &hibernationOptions)
        try visitor.string(12, "ResourceGroupId", &resourceGroupID)
        try visitor.messages(13, "Tags", &tags)
    }
}

public struct OperationLock: Message {
    public var lockReason = ""
    public var lockMsg = ""
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "LockReason", &lockReason)
        try visitor.string(2, "LockMsg", &lockMsg)
    }
}

public struct HibernationOptions: Message {
    public var configured = false
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.bool(1, "Configured", &configured)
    }
}

public struct Disk: Message {
    public var diskID = ""
    public var diskName = ""
    public var type = ""  // system, data
    public var status = ""
    public var category = ""
    public var size: Int32 = 0  // GiB
    public var device = ""
    public var instanceID = ""
    public var imageID = ""
    public var sourceSnapshotID = ""
    public var attachedTime = ""
    public var detachedTime = ""
    public var deleteWithInstance = false
    public var encrypted = false
    public var kmsKeyID = ""
    public var portable = false
    public var zoneID = ""
    public var regionID = ""
    public var creationTime = ""
    public var tags: [Tag] = []
    public var description = ""
    public var resourceGroupID = ""
    // Ours, for a disk that is a real file.
    public var path = ""
    public var sizeBytes: Int64 = 0
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "DiskId", &diskID)
        try visitor.string(2, "DiskName", &diskName)
        try visitor.string(3, "Type", &type)
        try visitor.string(4, "Status", &status)
        try visitor.string(5, "Category", &category)
        try visitor.int32(6, "Size", &size)
        try visitor.string(7, "Device", &device)
        try visitor.string(8, "InstanceId", &instanceID)
        try visitor.string(9, "ImageId", &imageID)
        try visitor.string(10, "SourceSnapshotId", &sourceSnapshotID)
        try visitor.string(11, "AttachedTime", &attachedTime)
        try visitor.string(12, "DetachedTime", &detachedTime)
        try visitor.bool(13, "DeleteWithInstance", &deleteWithInstance)
        try visitor.bool(14, "Encrypted", &encrypted)
        try visitor.string(15, "KMSKeyId", &kmsKeyID)
        try visitor.bool(16, "Portable", &portable)
        try visitor.string(17, "ZoneId", &zoneID)
        try visitor.string(18, "RegionId", &regionID)
        try visitor.string(19, "CreationTime", &creationTime)
        try visitor.messages(20, "Tags", &tags)
        try visitor.string(21, "Description", &description)
        try visitor.string(22, "ResourceGroupId", &resourceGroupID)
        try visitor.string(1000, "Path", &path)
        try visitor.int64(1001, "SizeBytes", &sizeBytes)
    }
}

public struct SecureBootOptions: Message {
    public var secureBootSupport = ""
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "SecureBootSupport", &secureBootSupport)
    }
}
