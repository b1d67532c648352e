import Wire

// Tags, resource groups and regions. `protocol/imaged.proto` says what each field means.

public struct TagResourcesRequest: Message {
    public var regionID = ""
    public var resourceType = ""  // image, snapshot, disk, instance
    public var resourceID: [String] = []  // 1 to 50
    public var tag: [RequestTag] = []  // 1 to 20
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RegionId", &regionID)
        try visitor.string(2, "ResourceType", &resourceType)
        try visitor.strings(3, "ResourceId", &resourceID)
        try visitor.messages(4, "Tag", &tag)
    }
}

public struct TagResourcesResponse: Message {
    public var requestID = ""
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RequestId", &requestID)
    }
}

public struct UntagResourcesRequest: Message {
    public var regionID = ""
    public var resourceType = ""
    public var resourceID: [String] = []  // 1 to 50
    public var tagKey: [String] = []  // at most 20
    public var all: Bool?  // counts when there is no key
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RegionId", &regionID)
        try visitor.string(2, "ResourceType", &resourceType)
        try visitor.strings(3, "ResourceId", &resourceID)
        try visitor.strings(4, "TagKey", &tagKey)
        try visitor.optionalBool(5, "All", &all)
    }
}

public struct UntagResourcesResponse: Message {
    public var requestID = ""
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RequestId", &requestID)
    }
}

public struct ListTagResourcesRequest: Message {
    public var regionID = ""
    public var resourceType = ""
    public var resourceID: [String] = []  // at most 50
    public var tag: [RequestTag] = []
    public var tagFilter: [TagFilter] = []
    public var nextToken = ""
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RegionId", &regionID)
        try visitor.string(2, "ResourceType", &resourceType)
        try visitor.strings(3, "ResourceId", &resourceID)
        try visitor.messages(4, "Tag", &tag)
        try visitor.messages(5, "TagFilter", &tagFilter)
        try visitor.string(6, "NextToken", &nextToken)
    }
}

public struct TagFilter: Message {
    public var tagKey = ""
    public var tagValues: [String] = []
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "TagKey", &tagKey)
        try visitor.strings(2, "TagValues", &tagValues)
    }
}

public struct ListTagResourcesResponse: Message {
    public var requestID = ""
    public var tagResources: [TagResource] = []
    public var nextToken = ""
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RequestId", &requestID)
        try visitor.messages(2, "TagResources", &tagResources)
        try visitor.string(3, "NextToken", &nextToken)
    }
}

public struct TagResource: Message {
    public var resourceID = ""
    public var resourceType = ""
    public var tagKey = ""
    public var tagValue = ""
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "ResourceId", &resourceID)
        try visitor.string(2, "ResourceType", &resourceType)
        try visitor.string(3, "TagKey", &tagKey)
        try visitor.string(4, "TagValue", &tagValue)
    }
}

/// TagResources' old name, for one resource.
public struct AddTagsRequest: Message {
    public var regionID = ""
    public var resourceID = ""
    public var resourceType = ""
    public var tag: [RequestTag] = []
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RegionId", &regionID)
        try visitor.string(2, "ResourceId", &resourceID)
        try visitor.string(3, "ResourceType", &resourceType)
        try visitor.messages(4, "Tag", &tag)
    }
}

public struct AddTagsResponse: Message {
    public var requestID = ""
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RequestId", &requestID)
    }
}

public struct JoinResourceGroupRequest: Message {
    public var resourceID = ""
    public var resourceType = ""  // image, snapshot, disk, instance
    public var resourceGroupID = ""
    public var regionID = ""
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "ResourceId", &resourceID)
        try visitor.string(2, "ResourceType", &resourceType)
        try visitor.string(3, "ResourceGroupId", &resourceGroupID)
        try visitor.string(4, "RegionId", &regionID)
    }
}

public struct JoinResourceGroupResponse: Message {
    public var requestID = ""
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RequestId", &requestID)
    }
}

public struct DescribeRegionsRequest: Message {
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {}
}

public struct DescribeRegionsResponse: Message {
    public var requestID = ""
    public var regions: [RegionItem] = []
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RequestId", &requestID)
        try visitor.messages(2, "Regions", &regions)
    }
}

public struct RegionItem: Message {
    public var regionID = ""
    public var localName = ""
    public var regionEndpoint = ""
    public var status = ""
    @inlinable public init() {}

    @inlinable
    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "RegionId", &regionID)
        try visitor.string(2, "LocalName", &localName)
        try visitor.string(3, "RegionEndpoint", &regionEndpoint)
        try visitor.string(4, "Status", &status)
    }
}
