import ECS
import Wire

// What is kept of an account itself (`protocol/changes.proto` says what each field means).

public struct AccountRecord: Message {
    public var accountID = ""
    public var defaultResourceGroupID = ""
    public var isFixture = false
    public var uid: Int64 = 0
    public var standing = AccountStanding()
    public var limits: [Limit] = []
    public var clock = ClockRecord()
    public var resourceGroups: [ResourceGroup] = []
    public var kmsKeys: [KMSKey] = []
    public var ramUsers: [RamUserRecord] = []
    public var faultRules: [FaultRule] = []
    public var holdsJobs = false
    public init() {}

    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "AccountId", &accountID)
        try visitor.string(2, "DefaultResourceGroupId", &defaultResourceGroupID)
        try visitor.bool(3, "IsFixture", &isFixture)
        try visitor.int64(4, "Uid", &uid)
        try visitor.record(5, "Standing", &standing)
        try visitor.messages(6, "Limit", &limits)
        try visitor.record(7, "Clock", &clock)
        try visitor.messages(8, "ResourceGroup", &resourceGroups)
        try visitor.messages(9, "KmsKey", &kmsKeys)
        try visitor.messages(10, "RamUser", &ramUsers)
        try visitor.messages(11, "FaultRule", &faultRules)
        try visitor.bool(12, "HoldsJobs", &holdsJobs)
    }
}

/// An account's clock against the machine's: so many nanoseconds ahead, or standing still.
public struct ClockRecord: Message {
    public var offset: Int64 = 0
    public var isFrozen = false
    public var frozenTime: Int64 = 0
    public init() {}

    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.int64(1, "Offset", &offset)
        try visitor.bool(2, "IsFrozen", &isFrozen)
        try visitor.int64(3, "FrozenTime", &frozenTime)
    }

    /// The account's time, when the machine's is `machine`; nanoseconds since 1970.
    func now(_ machine: Int64) -> Int64 { isFrozen ? frozenTime : machine &+ offset }

    /// When the account's clock will show `time`, by the machine's; nil: it stands still.
    func machineTime(of time: Int64) -> Int64? {
        if isFrozen { return nil }
        let (machine, overflow) = time.subtractingReportingOverflow(offset)
        return overflow ? .max : max(0, machine)
    }
}

public struct RamUserRecord: Message {
    public var name = ""
    public var policies: [PolicyRecord] = []
    public init() {}

    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "Name", &name)
        try visitor.messages(2, "Policy", &policies)
    }
}

/// A RAM policy document, read; with the resource group that it counts for (empty: all).
public struct PolicyRecord: Message {
    public var resourceGroupID = ""
    public var statements: [StatementRecord] = []
    public init() {}

    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "ResourceGroupId", &resourceGroupID)
        try visitor.messages(2, "Statement", &statements)
    }
}

public struct StatementRecord: Message {
    public var isDeny = false
    public var actions: [String] = []
    public var resources: [String] = []
    public init() {}

    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.bool(1, "IsDeny", &isDeny)
        try visitor.strings(2, "Action", &actions)
        try visitor.strings(3, "Resource", &resources)
    }
}
