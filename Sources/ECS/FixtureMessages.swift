import Wire

// What only a test sets: accounts, their standing, clocks, flags. `protocol/imaged.proto` says what each field means.

/// An account of its own for a test, as every account is born. It belongs to the caller's uid.
public struct CreateAccountRequest: Message {
    public var accountID = ""  // absent: a new one is made up
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "AccountId", &accountID)
    }
}

public struct CreateAccountResponse: Message {
    public var requestID = ""
    public var accountID = ""
    public var defaultResourceGroupID = ""
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RequestId", &requestID)
        try visitor.string(2, "AccountId", &accountID)
        try visitor.string(3, "DefaultResourceGroupId", &defaultResourceGroupID)
    }
}

/// Everything that the account has goes. Unknown: ignored.
public struct DropAccountRequest: Message {
    public var accountID = ""
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "AccountId", &accountID)
    }
}

public struct DropAccountResponse: Message {
    public var requestID = ""
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RequestId", &requestID)
    }
}

public struct DescribeAccountRequest: Message {
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {}
}

public struct DescribeAccountResponse: Message {
    public var requestID = ""
    public var accountID = ""
    public var defaultResourceGroupID = ""
    public var standing: AccountStanding?
    public var limits: [Limit] = []
    public var clock: AccountClock?
    public var resourceGroups: [ResourceGroup] = []
    public var kmsKeys: [KMSKey] = []
    public var ramUsers: [String] = []
    public var holdsJobs = false  // whether new jobs are held
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RequestId", &requestID)
        try visitor.string(2, "AccountId", &accountID)
        try visitor.string(3, "DefaultResourceGroupId", &defaultResourceGroupID)
        try visitor.message(4, "Standing", &standing)
        try visitor.messages(5, "Limits", &limits)
        try visitor.message(6, "Clock", &clock)
        try visitor.messages(7, "ResourceGroups", &resourceGroups)
        try visitor.messages(8, "KMSKeys", &kmsKeys)
        try visitor.strings(9, "RamUsers", &ramUsers)
        try visitor.bool(10, "HoldsJobs", &holdsJobs)
    }
}

public struct AccountStanding: Message {
    public var orderAllowed: Bool?
    public var enterpriseStatus = ""  // normal, revoked, deregistered
    public var balance: Int64?
    public var minimumBalance: Int64?
    public var snapshotServiceOpened: Bool?
    public var dataDiskImageWhitelist: Bool?
    public var kmsAuthorized: Bool?
    // An identical request that meets one in flight is refused (IdempotentProcessing), not kept
    // waiting.
    public var idempotentProcessing: Bool?
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.optionalBool(1, "OrderAllowed", &orderAllowed)
        try visitor.string(2, "EnterpriseStatus", &enterpriseStatus)
        try visitor.optionalInt64(3, "Balance", &balance)
        try visitor.optionalInt64(4, "MinimumBalance", &minimumBalance)
        try visitor.optionalBool(5, "SnapshotServiceOpened", &snapshotServiceOpened)
        try visitor.optionalBool(6, "DataDiskImageWhitelist", &dataDiskImageWhitelist)
        try visitor.optionalBool(7, "KMSAuthorized", &kmsAuthorized)
        try visitor.optionalBool(8, "IdempotentProcessing", &idempotentProcessing)
    }
}

public struct Limit: Message {
    public var name = ""  // as the configuration file spells it: UnfinishedSnapshots
    public var value: Int64 = 0
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "Name", &name)
        try visitor.int64(2, "Value", &value)
    }
}

public struct AccountClock: Message {
    public var time = ""
    public var isFrozen = false
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "Time", &time)
        try visitor.bool(2, "IsFrozen", &isFrozen)
    }
}

public struct ResourceGroup: Message {
    public var resourceGroupID = ""
    public var name = ""
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "ResourceGroupId", &resourceGroupID)
        try visitor.string(2, "Name", &name)
    }
}

public struct KMSKey: Message {
    public var kmsKeyID = ""
    public var enabled = false
    public var ecsTag = false
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "KMSKeyId", &kmsKeyID)
        try visitor.bool(2, "Enabled", &enabled)
        try visitor.bool(3, "EcsTag", &ecsTag)
    }
}

/// What is absent is kept.
public struct SetAccountRequest: Message {
    public var orderAllowed: Bool?
    public var enterpriseStatus = ""
    public var balance: Int64?
    public var minimumBalance: Int64?
    public var snapshotServiceOpened: Bool?
    public var dataDiskImageWhitelist: Bool?
    public var kmsAuthorized: Bool?
    public var idempotentProcessing: Bool?
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.optionalBool(1, "OrderAllowed", &orderAllowed)
        try visitor.string(2, "EnterpriseStatus", &enterpriseStatus)
        try visitor.optionalInt64(3, "Balance", &balance)
        try visitor.optionalInt64(4, "MinimumBalance", &minimumBalance)
        try visitor.optionalBool(5, "SnapshotServiceOpened", &snapshotServiceOpened)
        try visitor.optionalBool(6, "DataDiskImageWhitelist", &dataDiskImageWhitelist)
        try visitor.optionalBool(7, "KMSAuthorized", &kmsAuthorized)
        try visitor.optionalBool(8, "IdempotentProcessing", &idempotentProcessing)
    }
}

public struct SetAccountResponse: Message {
    public var requestID = ""
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RequestId", &requestID)
    }
}

public struct SetLimitsRequest: Message {
    public var limit: [Limit] = []
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.messages(1, "Limit", &limit)
    }
}

public struct SetLimitsResponse: Message {
    public var requestID = ""
    public var limits: [Limit] = []  // all, as they are now
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RequestId", &requestID)
        try visitor.messages(2, "Limits", &limits)
    }
}

public struct SetClockRequest: Message {
    public var time = ""  // yyyy-MM-ddTHH:mm:ssZ; absent: as it is
    public var isFrozen: Bool?
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "Time", &time)
        try visitor.optionalBool(2, "IsFrozen", &isFrozen)
    }
}

public struct AdvanceClockRequest: Message {
    public var seconds: Int64?
    public var milliseconds: Int64?
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.optionalInt64(1, "Seconds", &seconds)
        try visitor.optionalInt64(2, "Milliseconds", &milliseconds)
    }
}

public struct ClockResponse: Message {
    public var requestID = ""
    public var clock: AccountClock?
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RequestId", &requestID)
        try visitor.message(2, "Clock", &clock)
    }
}

public struct SetInstanceRequest: Message {
    public var instanceID = ""
    public var status = ""
    public var operationLock: [OperationLock] = []  // instead of those it has
    public var isLocked: Bool?  // false: takes its locks away
    public var hibernationConfigured: Bool?
    public var needsRestart: Bool?
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "InstanceId", &instanceID)
        try visitor.string(2, "Status", &status)
        try visitor.messages(3, "OperationLock", &operationLock)
        try visitor.optionalBool(4, "IsLocked", &isLocked)
        try visitor.optionalBool(5, "HibernationConfigured", &hibernationConfigured)
        try visitor.optionalBool(6, "NeedsRestart", &needsRestart)
    }
}

public struct SetInstanceResponse: Message {
    public var requestID = ""
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RequestId", &requestID)
    }
}

public struct SetDiskRequest: Message {
    public var diskID = ""
    public var status = ""
    public var category = ""
    public var deviceInvalid: Bool?
    public var neverAttached: Bool?
    public var encrypted: Bool?
    public var kmsKeyID = ""
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "DiskId", &diskID)
        try visitor.string(2, "Status", &status)
        try visitor.string(3, "Category", &category)
        try visitor.optionalBool(4, "DeviceInvalid", &deviceInvalid)
        try visitor.optionalBool(5, "NeverAttached", &neverAttached)
        try visitor.optionalBool(6, "Encrypted", &encrypted)
        try visitor.string(7, "KMSKeyId", &kmsKeyID)
    }
}

public struct SetDiskResponse: Message {
    public var requestID = ""
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RequestId", &requestID)
    }
}

public struct SetSnapshotRequest: Message {
    public var snapshotID = ""
    public var category = ""  // standard, flash, archive
    public var storageLocation = ""  // Region, CloudBox
    public var defaultFree: Bool?
    public var creationTime = ""
    public var encrypted: Bool?
    public var kmsKeyID = ""
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "SnapshotId", &snapshotID)
        try visitor.string(2, "Category", &category)
        try visitor.string(3, "StorageLocation", &storageLocation)
        try visitor.optionalBool(4, "DefaultFree", &defaultFree)
        try visitor.string(5, "CreationTime", &creationTime)
        try visitor.optionalBool(6, "Encrypted", &encrypted)
        try visitor.string(7, "KMSKeyId", &kmsKeyID)
    }
}

public struct SetSnapshotResponse: Message {
    public var requestID = ""
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RequestId", &requestID)
    }
}

public struct SetImageRequest: Message {
    public var regionID = ""
    public var imageID = ""
    public var status = ""  // Available, UnAvailable, Deprecated, CreateFailed
    public var imageOwnerAlias = ""  // self, marketplace
    public var imageVersion = ""
    public var productCode = ""
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RegionId", &regionID)
        try visitor.string(2, "ImageId", &imageID)
        try visitor.string(3, "Status", &status)
        try visitor.string(4, "ImageOwnerAlias", &imageOwnerAlias)
        try visitor.string(5, "ImageVersion", &imageVersion)
        try visitor.string(6, "ProductCode", &productCode)
    }
}

public struct SetImageResponse: Message {
    public var requestID = ""
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RequestId", &requestID)
    }
}

/// A key that nobody has set is enabled and has the tag.
public struct SetKMSKeyRequest: Message {
    public var kmsKeyID = ""
    public var enabled: Bool?
    public var ecsTag: Bool?
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "KMSKeyId", &kmsKeyID)
        try visitor.optionalBool(2, "Enabled", &enabled)
        try visitor.optionalBool(3, "EcsTag", &ecsTag)
    }
}

public struct SetKMSKeyResponse: Message {
    public var requestID = ""
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RequestId", &requestID)
    }
}

public struct CreateResourceGroupRequest: Message {
    public var name = ""
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "Name", &name)
    }
}

public struct CreateResourceGroupResponse: Message {
    public var requestID = ""
    public var resourceGroupID = ""
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RequestId", &requestID)
        try visitor.string(2, "ResourceGroupId", &resourceGroupID)
    }
}

/// A RAM user and what it may do: who owns the account acts as one by the metadata `ram-user`. No
/// policy: it may do nothing.
public struct SetRamUserRequest: Message {
    public var ramUser = ""
    public var policy: [RamPolicy] = []
    public var isDeleted: Bool?
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RamUser", &ramUser)
        try visitor.messages(2, "Policy", &policy)
        try visitor.optionalBool(3, "IsDeleted", &isDeleted)
    }
}

public struct RamPolicy: Message {
    public var policyDocument = ""  // JSON: Version "1", Statement, Effect, Action, Resource
    public var resourceGroupID = ""  // counts only for this group; absent: for all
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "PolicyDocument", &policyDocument)
        try visitor.string(2, "ResourceGroupId", &resourceGroupID)
    }
}

public struct SetRamUserResponse: Message {
    public var requestID = ""
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RequestId", &requestID)
    }
}
