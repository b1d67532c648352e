import Wire

// Starting, stopping and furnishing instances. `protocol/imaged.proto` says what each field means.

public struct RunInstancesRequest: Message {
    public var regionID = ""
    public var imageID = ""
    public var imageFamily = ""
    public var instanceType = ""
    public var instanceName = ""
    public var amount: Int32?  // 1 to 100
    public var zoneID = ""
    public var securityGroupID = ""
    public var vSwitchID = ""
    public var systemDisk: SystemDisk?
    public var dataDisk: [DataDisk] = []  // at most 16
    public var clientToken = ""
    public var tag: [RequestTag] = []
    public var dryRun: Bool?
    public var httpTokens = ""
    public var resourceGroupID = ""
    public var hibernationOptions: HibernationOptions?
    // Ours: where the files of disks are made; default: in the data directory.
    public var diskPath: [DiskPath] = []
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RegionId", &regionID)
        try visitor.string(2, "ImageId", &imageID)
        try visitor.string(3, "ImageFamily", &imageFamily)
        try visitor.string(4, "InstanceType", &instanceType)
        try visitor.string(5, "InstanceName", &instanceName)
        try visitor.optionalInt32(6, "Amount", &amount)
        try visitor.string(7, "ZoneId", &zoneID)
        try visitor.string(8, "SecurityGroupId", &securityGroupID)
        try visitor.string(9, "VSwitchId", &vSwitchID)
        try visitor.message(10, "SystemDisk", &systemDisk)
        try visitor.messages(11, "DataDisk", &dataDisk)
        try visitor.string(12, "ClientToken", &clientToken)
        try visitor.messages(13, "Tag", &tag)
        try visitor.optionalBool(14, "DryRun", &dryRun)
        try visitor.string(15, "HttpTokens", &httpTokens)
        try visitor.string(16, "ResourceGroupId", &resourceGroupID)
        try visitor.message(17, "HibernationOptions", &hibernationOptions)
        try visitor.messages(1000, "DiskPath", &diskPath)
    }
}

/// Where the file of the disk with this device is made.
public struct DiskPath: Message {
    public var device = ""
    public var path = ""
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "Device", &device)
        try visitor.string(2, "Path", &path)
    }
}

public struct SystemDisk: Message {
    public var category = ""
    public var size: Int32?  // GiB
    public var diskName = ""
    public var description = ""
    public var encrypted: Bool?
    public var kmsKeyID = ""
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "Category", &category)
        try visitor.optionalInt32(2, "Size", &size)
        try visitor.string(3, "DiskName", &diskName)
        try visitor.string(4, "Description", &description)
        try visitor.optionalBool(5, "Encrypted", &encrypted)
        try visitor.string(6, "KMSKeyId", &kmsKeyID)
    }
}

public struct DataDisk: Message {
    public var category = ""
    public var size: Int32?  // GiB
    public var snapshotID = ""
    public var diskName = ""
    public var device = ""
    public var deleteWithInstance: Bool?
    public var encrypted: Bool?
    public var kmsKeyID = ""
    public var description = ""
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "Category", &category)
        try visitor.optionalInt32(2, "Size", &size)
        try visitor.string(3, "SnapshotId", &snapshotID)
        try visitor.string(4, "DiskName", &diskName)
        try visitor.string(5, "Device", &device)
        try visitor.optionalBool(6, "DeleteWithInstance", &deleteWithInstance)
        try visitor.optionalBool(7, "Encrypted", &encrypted)
        try visitor.string(8, "KMSKeyId", &kmsKeyID)
        try visitor.string(9, "Description", &description)
    }
}

public struct RunInstancesResponse: Message {
    public var requestID = ""
    public var instanceIDSets: [String] = []
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RequestId", &requestID)
        try visitor.strings(2, "InstanceIdSets", &instanceIDSets)
    }
}

public struct DescribeInstanceStatusRequest: Message {
    public var regionID = ""
    public var instanceID: [String] = []
    public var zoneID = ""
    public var pageNumber: Int32?
    public var pageSize: Int32?
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RegionId", &regionID)
        try visitor.strings(2, "InstanceId", &instanceID)
        try visitor.string(3, "ZoneId", &zoneID)
        try visitor.optionalInt32(4, "PageNumber", &pageNumber)
        try visitor.optionalInt32(5, "PageSize", &pageSize)
    }
}

public struct DescribeInstanceStatusResponse: Message {
    public var requestID = ""
    public var instanceStatuses: [InstanceStatus] = []
    public var totalCount: Int32 = 0
    public var pageNumber: Int32 = 0
    public var pageSize: Int32 = 0
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RequestId", &requestID)
        try visitor.messages(2, "InstanceStatuses", &instanceStatuses)
        try visitor.int32(3, "TotalCount", &totalCount)
        try visitor.int32(4, "PageNumber", &pageNumber)
        try visitor.int32(5, "PageSize", &pageSize)
    }
}

public struct InstanceStatus: Message {
    public var instanceID = ""
    public var status = ""
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "InstanceId", &instanceID)
        try visitor.string(2, "Status", &status)
    }
}

public struct StartInstanceRequest: Message {
    public var instanceID = ""
    public var dryRun: Bool?
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "InstanceId", &instanceID)
        try visitor.optionalBool(2, "DryRun", &dryRun)
    }
}

public struct StartInstanceResponse: Message {
    public var requestID = ""
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RequestId", &requestID)
    }
}

public struct StartInstancesRequest: Message {
    public var regionID = ""
    public var instanceID: [String] = []  // at most 100
    public var batchOptimization = ""  // AllTogether, SuccessFirst
    public var dryRun: Bool?
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RegionId", &regionID)
        try visitor.strings(2, "InstanceId", &instanceID)
        try visitor.string(3, "BatchOptimization", &batchOptimization)
        try visitor.optionalBool(4, "DryRun", &dryRun)
    }
}

public struct StartInstancesResponse: Message {
    public var requestID = ""
    public var instanceResponses: [InstanceResponse] = []
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RequestId", &requestID)
        try visitor.messages(2, "InstanceResponses", &instanceResponses)
    }
}

/// What became of one instance of several.
public struct InstanceResponse: Message {
    public var instanceID = ""
    public var code = ""
    public var message = ""
    public var previousStatus = ""
    public var currentStatus = ""
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "InstanceId", &instanceID)
        try visitor.string(2, "Code", &code)
        try visitor.string(3, "Message", &message)
        try visitor.string(4, "PreviousStatus", &previousStatus)
        try visitor.string(5, "CurrentStatus", &currentStatus)
    }
}

public struct StopInstanceRequest: Message {
    public var instanceID = ""
    public var forceStop: Bool?
    public var stoppedMode = ""  // KeepCharging, StopCharging
    public var hibernate: Bool?
    public var dryRun: Bool?
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "InstanceId", &instanceID)
        try visitor.optionalBool(2, "ForceStop", &forceStop)
        try visitor.string(3, "StoppedMode", &stoppedMode)
        try visitor.optionalBool(4, "Hibernate", &hibernate)
        try visitor.optionalBool(5, "DryRun", &dryRun)
    }
}

public struct StopInstanceResponse: Message {
    public var requestID = ""
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RequestId", &requestID)
    }
}

public struct StopInstancesRequest: Message {
    public var regionID = ""
    public var instanceID: [String] = []  // at most 100
    public var forceStop: Bool?
    public var stoppedMode = ""
    public var batchOptimization = ""
    public var hibernate: Bool?
    public var dryRun: Bool?
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RegionId", &regionID)
        try visitor.strings(2, "InstanceId", &instanceID)
        try visitor.optionalBool(3, "ForceStop", &forceStop)
        try visitor.string(4, "StoppedMode", &stoppedMode)
        try visitor.string(5, "BatchOptimization", &batchOptimization)
        try visitor.optionalBool(6, "Hibernate", &hibernate)
        try visitor.optionalBool(7, "DryRun", &dryRun)
    }
}

public struct StopInstancesResponse: Message {
    public var requestID = ""
    public var instanceResponses: [InstanceResponse] = []
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RequestId", &requestID)
        try visitor.messages(2, "InstanceResponses", &instanceResponses)
    }
}

public struct DeleteInstancesRequest: Message {
    public var regionID = ""
    public var instanceID: [String] = []  // at most 100
    public var force: Bool?
    public var clientToken = ""
    public var dryRun: Bool?
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RegionId", &regionID)
        try visitor.strings(2, "InstanceId", &instanceID)
        try visitor.optionalBool(3, "Force", &force)
        try visitor.string(4, "ClientToken", &clientToken)
        try visitor.optionalBool(5, "DryRun", &dryRun)
    }
}

public struct DeleteInstancesResponse: Message {
    public var requestID = ""
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RequestId", &requestID)
    }
}

public struct ReplaceSystemDiskRequest: Message {
    public var instanceID = ""
    public var imageID = ""
    public var systemDisk: SystemDisk?  // only its size counts
    public var clientToken = ""
    public var encrypted: Bool?
    public var kmsKeyID = ""
    public var path = ""  // ours: where the new disk's file is made; default: in the data directory
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "InstanceId", &instanceID)
        try visitor.string(2, "ImageId", &imageID)
        try visitor.message(3, "SystemDisk", &systemDisk)
        try visitor.string(4, "ClientToken", &clientToken)
        try visitor.optionalBool(5, "Encrypted", &encrypted)
        try visitor.string(6, "KMSKeyId", &kmsKeyID)
        try visitor.string(1000, "Path", &path)
    }
}

public struct ReplaceSystemDiskResponse: Message {
    public var requestID = ""
    public var diskID = ""
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RequestId", &requestID)
        try visitor.string(2, "DiskId", &diskID)
    }
}

public struct CreateDiskRequest: Message {
    public var regionID = ""
    public var zoneID = ""
    public var instanceID = ""
    public var size: Int32?  // GiB
    public var diskCategory = ""
    public var snapshotID = ""
    public var diskName = ""
    public var encrypted: Bool?
    public var kmsKeyID = ""
    public var clientToken = ""
    public var tag: [RequestTag] = []
    public var description = ""
    public var resourceGroupID = ""
    public var path = ""  // ours: where the disk's file is made; default: in the data directory
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RegionId", &regionID)
        try visitor.string(2, "ZoneId", &zoneID)
        try visitor.string(3, "InstanceId", &instanceID)
        try visitor.optionalInt32(4, "Size", &size)
        try visitor.string(5, "DiskCategory", &diskCategory)
        try visitor.string(6, "SnapshotId", &snapshotID)
        try visitor.string(7, "DiskName", &diskName)
        try visitor.optionalBool(8, "Encrypted", &encrypted)
        try visitor.string(9, "KMSKeyId", &kmsKeyID)
        try visitor.string(10, "ClientToken", &clientToken)
        try visitor.messages(11, "Tag", &tag)
        try visitor.string(12, "Description", &description)
        try visitor.string(13, "ResourceGroupId", &resourceGroupID)
        try visitor.string(1000, "Path", &path)
    }
}

public struct CreateDiskResponse: Message {
    public var requestID = ""
    public var diskID = ""
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RequestId", &requestID)
        try visitor.string(2, "DiskId", &diskID)
    }
}

public struct AttachDiskRequest: Message {
    public var instanceID = ""
    public var diskID = ""
    public var device = ""
    public var deleteWithInstance: Bool?
    public var bootable: Bool?  // as the system disk
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "InstanceId", &instanceID)
        try visitor.string(2, "DiskId", &diskID)
        try visitor.string(3, "Device", &device)
        try visitor.optionalBool(4, "DeleteWithInstance", &deleteWithInstance)
        try visitor.optionalBool(5, "Bootable", &bootable)
    }
}

public struct AttachDiskResponse: Message {
    public var requestID = ""
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RequestId", &requestID)
    }
}

public struct DetachDiskRequest: Message {
    public var instanceID = ""
    public var diskID = ""
    public var deleteWithInstance: Bool?
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "InstanceId", &instanceID)
        try visitor.string(2, "DiskId", &diskID)
        try visitor.optionalBool(3, "DeleteWithInstance", &deleteWithInstance)
    }
}

public struct DetachDiskResponse: Message {
    public var requestID = ""
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RequestId", &requestID)
    }
}

public struct DeleteDiskRequest: Message {
    public var diskID = ""
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "DiskId", &diskID)
    }
}

public struct DeleteDiskResponse: Message {
    public var requestID = ""
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RequestId", &requestID)
    }
}
