import Wire

// The image operations. `protocol/imaged.proto` says what each field means.

public struct CreateImageRequest: Message {
    public var regionID = ""
    public var instanceID = ""
    public var snapshotID = ""
    public var imageName = ""
    public var imageFamily = ""
    public var imageVersion = ""
    public var description = ""
    public var platform = ""
    public var bootMode = ""
    public var architecture = ""
    public var clientToken = ""
    public var resourceGroupID = ""
    public var diskDeviceMapping: [DiskDeviceMapping] = []
    public var tag: [RequestTag] = []
    public var detectionStrategy = ""
    public var features: ImageRequestFeatures?
    public var dryRun: Bool?
    // Ours: take a disk that is written while it is copied, with what that means for its content.
    public var allowLive: Bool?
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RegionId", &regionID)
        try visitor.string(2, "InstanceId", &instanceID)
        try visitor.string(3, "SnapshotId", &snapshotID)
        try visitor.string(4, "ImageName", &imageName)
        try visitor.string(5, "ImageFamily", &imageFamily)
        try visitor.string(6, "ImageVersion", &imageVersion)
        try visitor.string(7, "Description", &description)
        try visitor.string(8, "Platform", &platform)
        try visitor.string(9, "BootMode", &bootMode)
        try visitor.string(10, "Architecture", &architecture)
        try visitor.string(11, "ClientToken", &clientToken)
        try visitor.string(12, "ResourceGroupId", &resourceGroupID)
        try visitor.messages(13, "DiskDeviceMapping", &diskDeviceMapping)
        try visitor.messages(14, "Tag", &tag)
        try visitor.string(15, "DetectionStrategy", &detectionStrategy)
        try visitor.message(16, "Features", &features)
        try visitor.optionalBool(17, "DryRun", &dryRun)
        try visitor.optionalBool(1000, "AllowLive", &allowLive)
    }
}

public struct DiskDeviceMapping: Message {
    public var snapshotID = ""
    public var size: Int32?  // GiB
    public var device = ""
    public var diskType = ""
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "SnapshotId", &snapshotID)
        try visitor.optionalInt32(2, "Size", &size)
        try visitor.string(3, "Device", &device)
        try visitor.string(4, "DiskType", &diskType)
    }
}

public struct RequestTag: Message {
    public var key = ""
    public var value: String?
    // ECS's lower-case aliases `key` and `value`; key and value win over them.
    public var legacyKey = ""
    public var legacyValue: String?
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "Key", &key)
        try visitor.optionalString(2, "Value", &value)
        try visitor.string(3, "LegacyKey", &legacyKey)
        try visitor.optionalString(4, "LegacyValue", &legacyValue)
    }
}

public struct ImageRequestFeatures: Message {
    public var imdsSupport = ""
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "ImdsSupport", &imdsSupport)
    }
}

public struct CreateImageResponse: Message {
    public var requestID = ""
    public var imageID = ""
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RequestId", &requestID)
        try visitor.string(2, "ImageId", &imageID)
    }
}

public struct DescribeImagesRequest: Message {
    public var regionID = ""
    public var imageID = ""  // several, separated by commas
    public var imageName = ""
    public var imageFamily = ""
    public var snapshotID = ""
    public var status = ""
    public var usable: Bool?
    public var imageOwnerAlias = ""
    public var architecture = ""
    public var osType = ""
    public var resourceGroupID = ""
    public var tag: [RequestTag] = []
    public var pageNumber: Int32?
    public var pageSize: Int32?
    public var usage = ""
    public var actionType = ""
    public var instanceType = ""
    public var isSupportCloudinit: Bool?
    public var isSupportIoOptimized: Bool?
    public var showExpired: Bool?
    public var filter: [Filter] = []
    public var dryRun: Bool?
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RegionId", &regionID)
        try visitor.string(2, "ImageId", &imageID)
        try visitor.string(3, "ImageName", &imageName)
        try visitor.string(4, "ImageFamily", &imageFamily)
        try visitor.string(5, "SnapshotId", &snapshotID)
        try visitor.string(6, "Status", &status)
        try visitor.optionalBool(7, "Usable", &usable)
        try visitor.string(8, "ImageOwnerAlias", &imageOwnerAlias)
        try visitor.string(9, "Architecture", &architecture)
        try visitor.string(10, "OSType", &osType)
        try visitor.string(11, "ResourceGroupId", &resourceGroupID)
        try visitor.messages(12, "Tag", &tag)
        try visitor.optionalInt32(13, "PageNumber", &pageNumber)
        try visitor.optionalInt32(14, "PageSize", &pageSize)
        try visitor.string(15, "Usage", &usage)
        try visitor.string(16, "ActionType", &actionType)
        try visitor.string(17, "InstanceType", &instanceType)
        try visitor.optionalBool(18, "IsSupportCloudinit", &isSupportCloudinit)
        try visitor.optionalBool(19, "IsSupportIoOptimized", &isSupportIoOptimized)
        try visitor.optionalBool(20, "ShowExpired", &showExpired)
        try visitor.messages(21, "Filter", &filter)
        try visitor.optionalBool(22, "DryRun", &dryRun)
    }
}

public struct DescribeImagesResponse: Message {
    public var requestID = ""
    public var images: [Image] = []
    public var totalCount: Int32 = 0
    public var pageNumber: Int32 = 0
    public var pageSize: Int32 = 0
    public var regionID = ""
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RequestId", &requestID)
        try visitor.messages(2, "Images", &images)
        try visitor.int32(3, "TotalCount", &totalCount)
        try visitor.int32(4, "PageNumber", &pageNumber)
        try visitor.int32(5, "PageSize", &pageSize)
        try visitor.string(6, "RegionId", &regionID)
    }
}

public struct DeleteImageRequest: Message {
    public var regionID = ""
    public var imageID = ""
    public var force: Bool?
    public var dryRun: Bool?
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RegionId", &regionID)
        try visitor.string(2, "ImageId", &imageID)
        try visitor.optionalBool(3, "Force", &force)
        try visitor.optionalBool(4, "DryRun", &dryRun)
    }
}

public struct DeleteImageResponse: Message {
    public var requestID = ""
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RequestId", &requestID)
    }
}

public struct ExportImageRequest: Message {
    public var regionID = ""
    public var imageID = ""
    // A directory that the configuration file names.
    public var ossBucket = ""
    public var ossPrefix = ""
    // Ours: which disk of the image (default /dev/xvda), and the new file it is written to.
    public var device = ""
    public var path = ""
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RegionId", &regionID)
        try visitor.string(2, "ImageId", &imageID)
        try visitor.string(3, "OSSBucket", &ossBucket)
        try visitor.string(4, "OSSPrefix", &ossPrefix)
        try visitor.string(1000, "Device", &device)
        try visitor.string(1001, "Path", &path)
    }
}

public struct ExportImageResponse: Message {
    public var requestID = ""
    public var taskID = ""
    // Ours: bytes of the disk, and how many of them are data rather than holes.
    public var sizeBytes: Int64 = 0
    public var storedBytes: Int64 = 0
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RequestId", &requestID)
        try visitor.string(2, "TaskId", &taskID)
        try visitor.int64(1000, "SizeBytes", &sizeBytes)
        try visitor.int64(1001, "StoredBytes", &storedBytes)
    }
}

/// A condition on time: CreationStartTime or CreationEndTime, yyyy-MM-ddTHH:mmZ.
public struct Filter: Message {
    public var key = ""
    public var value = ""
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "Key", &key)
        try visitor.string(2, "Value", &value)
    }
}

public struct DescribeImageFromFamilyRequest: Message {
    public var regionID = ""
    public var imageFamily = ""
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RegionId", &regionID)
        try visitor.string(2, "ImageFamily", &imageFamily)
    }
}

public struct DescribeImageFromFamilyResponse: Message {
    public var requestID = ""
    public var image: Image?
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RequestId", &requestID)
        try visitor.message(2, "Image", &image)
    }
}

/// What is absent is kept.
public struct ModifyImageAttributeRequest: Message {
    public var regionID = ""
    public var imageID = ""
    public var imageName = ""
    public var imageFamily = ""
    public var description = ""
    public var status = ""  // Available, Deprecated
    public var bootMode = ""
    public var features: ImageFeatures?
    public var licenseType = ""
    public var dryRun: Bool?
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RegionId", &regionID)
        try visitor.string(2, "ImageId", &imageID)
        try visitor.string(3, "ImageName", &imageName)
        try visitor.string(4, "ImageFamily", &imageFamily)
        try visitor.string(5, "Description", &description)
        try visitor.string(6, "Status", &status)
        try visitor.string(7, "BootMode", &bootMode)
        try visitor.message(8, "Features", &features)
        try visitor.string(9, "LicenseType", &licenseType)
        try visitor.optionalBool(10, "DryRun", &dryRun)
    }
}

public struct ModifyImageAttributeResponse: Message {
    public var requestID = ""
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RequestId", &requestID)
    }
}

public struct CopyImageRequest: Message {
    public var regionID = ""
    public var imageID = ""
    public var destinationRegionID = ""
    public var destinationImageName = ""
    public var destinationDescription = ""
    public var encrypted: Bool?
    public var kmsKeyID = ""
    public var resourceGroupID = ""
    public var clientToken = ""
    public var tag: [RequestTag] = []
    public var dryRun: Bool?
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RegionId", &regionID)
        try visitor.string(2, "ImageId", &imageID)
        try visitor.string(3, "DestinationRegionId", &destinationRegionID)
        try visitor.string(4, "DestinationImageName", &destinationImageName)
        try visitor.string(5, "DestinationDescription", &destinationDescription)
        try visitor.optionalBool(6, "Encrypted", &encrypted)
        try visitor.string(7, "KMSKeyId", &kmsKeyID)
        try visitor.string(8, "ResourceGroupId", &resourceGroupID)
        try visitor.string(9, "ClientToken", &clientToken)
        try visitor.messages(10, "Tag", &tag)
        try visitor.optionalBool(11, "DryRun", &dryRun)
    }
}

public struct CopyImageResponse: Message {
    public var requestID = ""
    public var imageID = ""
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RequestId", &requestID)
        try visitor.string(2, "ImageId", &imageID)
    }
}

public struct CancelCopyImageRequest: Message {
    public var regionID = ""
    public var imageID = ""
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RegionId", &regionID)
        try visitor.string(2, "ImageId", &imageID)
    }
}

public struct CancelCopyImageResponse: Message {
    public var requestID = ""
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RequestId", &requestID)
    }
}

public struct ModifyImageSharePermissionRequest: Message {
    public var regionID = ""
    public var imageID = ""
    public var addAccount: [String] = []
    public var removeAccount: [String] = []
    public var isPublic: Bool?
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RegionId", &regionID)
        try visitor.string(2, "ImageId", &imageID)
        try visitor.strings(3, "AddAccount", &addAccount)
        try visitor.strings(4, "RemoveAccount", &removeAccount)
        try visitor.optionalBool(5, "IsPublic", &isPublic)
    }
}

public struct ModifyImageSharePermissionResponse: Message {
    public var requestID = ""
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RequestId", &requestID)
    }
}

public struct DescribeImageSharePermissionRequest: Message {
    public var regionID = ""
    public var imageID = ""
    public var pageNumber: Int32?
    public var pageSize: Int32?
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RegionId", &regionID)
        try visitor.string(2, "ImageId", &imageID)
        try visitor.optionalInt32(3, "PageNumber", &pageNumber)
        try visitor.optionalInt32(4, "PageSize", &pageSize)
    }
}

public struct DescribeImageSharePermissionResponse: Message {
    public var requestID = ""
    public var accounts: [ShareAccount] = []
    public var totalCount: Int32 = 0
    public var pageNumber: Int32 = 0
    public var pageSize: Int32 = 0
    public var regionID = ""
    public var imageID = ""
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RequestId", &requestID)
        try visitor.messages(2, "Accounts", &accounts)
        try visitor.int32(3, "TotalCount", &totalCount)
        try visitor.int32(4, "PageNumber", &pageNumber)
        try visitor.int32(5, "PageSize", &pageSize)
        try visitor.string(6, "RegionId", &regionID)
        try visitor.string(7, "ImageId", &imageID)
    }
}

public struct ShareAccount: Message {
    public var aliyunID = ""
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "AliyunId", &aliyunID)
    }
}
