import Wire

// Jobs one by one, and faults. `protocol/imaged.proto` says what each field means.

public struct DescribeJobsRequest: Message {
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {}
}

public struct JobsResponse: Message {
    public var requestID = ""
    public var jobs: [Job] = []  // those it was about, oldest first, as they are now
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RequestId", &requestID)
        try visitor.messages(2, "Jobs", &jobs)
    }
}

/// Making one snapshot, or an image from finished snapshots, or copying an image.
public struct Job: Message {
    public var snapshotID = ""
    public var imageID = ""
    public var diskID = ""
    public var regionID = ""
    public var status = ""  // waiting, running, accomplished, failed
    public var isHeld = false
    public var progress = ""
    // How long it takes in all, of the account's clock; 0 for a real file.
    public var durationMilliseconds: Int64 = 0
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "SnapshotId", &snapshotID)
        try visitor.string(2, "ImageId", &imageID)
        try visitor.string(3, "DiskId", &diskID)
        try visitor.string(4, "RegionId", &regionID)
        try visitor.string(5, "Status", &status)
        try visitor.bool(6, "IsHeld", &isHeld)
        try visitor.string(7, "Progress", &progress)
        try visitor.int64(8, "DurationMilliseconds", &durationMilliseconds)
    }
}

/// Which jobs: those of these images and snapshots; none: all, and those to come. The oldest
/// `count` of them.
public struct HoldJobsRequest: Message {
    public var resourceID: [String] = []
    public var count: Int32?
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.strings(1, "ResourceId", &resourceID)
        try visitor.optionalInt32(2, "Count", &count)
    }
}

public struct ReleaseJobsRequest: Message {
    public var resourceID: [String] = []
    public var count: Int32?
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.strings(1, "ResourceId", &resourceID)
        try visitor.optionalInt32(2, "Count", &count)
    }
}

/// One move on, and held again: a waiting job starts, a running one ends.
public struct StepJobsRequest: Message {
    public var resourceID: [String] = []
    public var count: Int32?
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.strings(1, "ResourceId", &resourceID)
        try visitor.optionalInt32(2, "Count", &count)
    }
}

public struct FinishJobsRequest: Message {
    public var resourceID: [String] = []
    public var count: Int32?
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.strings(1, "ResourceId", &resourceID)
        try visitor.optionalInt32(2, "Count", &count)
    }
}

public struct FailJobsRequest: Message {
    public var resourceID: [String] = []
    public var count: Int32?
    public var reason = ""
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.strings(1, "ResourceId", &resourceID)
        try visitor.optionalInt32(2, "Count", &count)
        try visitor.string(3, "Reason", &reason)
    }
}

/// Acts on requests to the account right after the token is looked at (V3), before anything is
/// judged by the state.
public struct AddFaultRuleRequest: Message {
    public var operation = ""  // absent: CreateImage
    public var action = ""  // hold, fail
    public var code = ""  // to fail with: InternalError, ServiceUnavailable, Throttling ...
    public var times: Int32?  // absent: once; 0: until it is removed
    // How long it holds, in real time, before the request goes on; absent: 60,000.
    public var holdMilliseconds: Int64?
    public var clientToken = ""  // only requests with this one
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "Operation", &operation)
        try visitor.string(2, "Action", &action)
        try visitor.string(3, "Code", &code)
        try visitor.optionalInt32(4, "Times", &times)
        try visitor.optionalInt64(5, "HoldMilliseconds", &holdMilliseconds)
        try visitor.string(6, "ClientToken", &clientToken)
    }
}

public struct AddFaultRuleResponse: Message {
    public var requestID = ""
    public var faultRuleID: Int64 = 0
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RequestId", &requestID)
        try visitor.int64(2, "FaultRuleId", &faultRuleID)
    }
}

/// The requests that it holds go on.
public struct RemoveFaultRuleRequest: Message {
    public var faultRuleID: Int64 = 0
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.int64(1, "FaultRuleId", &faultRuleID)
    }
}

public struct RemoveFaultRuleResponse: Message {
    public var requestID = ""
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RequestId", &requestID)
    }
}

public struct DescribeFaultRulesRequest: Message {
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {}
}

public struct DescribeFaultRulesResponse: Message {
    public var requestID = ""
    public var faultRules: [FaultRule] = []
    public var heldRequests: [HeldRequest] = []  // oldest first
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RequestId", &requestID)
        try visitor.messages(2, "FaultRules", &faultRules)
        try visitor.messages(3, "HeldRequests", &heldRequests)
    }
}

public struct FaultRule: Message {
    public var faultRuleID: Int64 = 0
    public var operation = ""
    public var action = ""
    public var code = ""
    public var timesLeft: Int32 = 0  // 0: without end
    public var holdMilliseconds: Int64 = 0
    public var clientToken = ""
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.int64(1, "FaultRuleId", &faultRuleID)
        try visitor.string(2, "Operation", &operation)
        try visitor.string(3, "Action", &action)
        try visitor.string(4, "Code", &code)
        try visitor.int32(5, "TimesLeft", &timesLeft)
        try visitor.int64(6, "HoldMilliseconds", &holdMilliseconds)
        try visitor.string(7, "ClientToken", &clientToken)
    }
}

public struct HeldRequest: Message {
    public var faultRuleID: Int64 = 0  // 0: it waits for the first request with its token
    public var operation = ""
    public var clientToken = ""
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.int64(1, "FaultRuleId", &faultRuleID)
        try visitor.string(2, "Operation", &operation)
        try visitor.string(3, "ClientToken", &clientToken)
    }
}

/// The oldest `count` of the requests that the rule holds; no rule: of all; no count: all of them.
public struct ReleaseRequestsRequest: Message {
    public var faultRuleID: Int64?
    public var count: Int32?
    public var code = ""  // absent: they go on; else they fail with this
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.optionalInt64(1, "FaultRuleId", &faultRuleID)
        try visitor.optionalInt32(2, "Count", &count)
        try visitor.string(3, "Code", &code)
    }
}

public struct ReleaseRequestsResponse: Message {
    public var requestID = ""
    public var released: Int32 = 0
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RequestId", &requestID)
        try visitor.int32(2, "Released", &released)
    }
}
