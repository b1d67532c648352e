// What the text of a request on tags and resource groups alone can tell (V1).

/// The kinds of resources that have tags and belong to a resource group.
public enum ResourceKind: String, CaseIterable, Sendable {
    case image, snapshot, disk, instance
}

extension SyntaxErrors {
    fileprivate mutating func requireKind(_ resourceType: String) {
        require("ResourceType", resourceType)
        require(
            "ResourceType", resourceType, in: ResourceKind.allCases.map(\.rawValue),
            .invalidResourceTypeNotFound)
    }

    fileprivate mutating func requireIDs(_ ids: [String], isNeeded: Bool = true) {
        if isNeeded { require("ResourceId.1", ids.first ?? "") }
        require(ids.count <= 50, .invalidParameter("ResourceId", hint: "At most 50."))
    }

    fileprivate mutating func requireSomeTags(_ tags: [RequestTag], limit: Int) {
        require(!tags.isEmpty, .missingParameter("Tag.1.Key"))
        requireTags(tags, limit: limit)
        require(tags.count <= 20, .invalidParameter("Tag", hint: "At most 20."))
    }
}

extension TagResourcesRequest {
    public func syntaxErrors(tagsMax: Int) -> [ECSError] {
        var errors = SyntaxErrors()
        errors.requireRegion(regionID)
        errors.requireKind(resourceType)
        errors.requireIDs(resourceID)
        errors.requireSomeTags(tag, limit: tagsMax)
        return errors.all
    }
}

extension AddTagsRequest {
    public func syntaxErrors(tagsMax: Int) -> [ECSError] {
        var errors = SyntaxErrors()
        errors.requireRegion(regionID)
        errors.require("ResourceId", resourceID)
        errors.requireKind(resourceType)
        errors.requireSomeTags(tag, limit: tagsMax)
        return errors.all
    }
}

extension UntagResourcesRequest {
    public func syntaxErrors() -> [ECSError] {
        var errors = SyntaxErrors()
        errors.requireRegion(regionID)
        errors.requireKind(resourceType)
        errors.requireIDs(resourceID)
        errors.require(
            !tagKey.isEmpty || all ?? false,
            .missingParameter("TagKey.1").naming("TagKey.1", hint: "Or give All true."))
        errors.require(tagKey.count <= 20, .invalidParameter("TagKey", hint: "At most 20."))
        return errors.all
    }
}

extension ListTagResourcesRequest {
    public func syntaxErrors() -> [ECSError] {
        var errors = SyntaxErrors()
        errors.requireRegion(regionID)
        errors.requireKind(resourceType)
        errors.require(
            !resourceID.isEmpty || !tag.isEmpty || !tagFilter.isEmpty,
            .missingParameter("ResourceId.1").naming("ResourceId.1", hint: "Or give a Tag."))
        errors.requireIDs(resourceID, isNeeded: false)
        errors.require(tag.count <= 20, .invalidParameter("Tag", hint: "At most 20."))
        errors.require(tagFilter.count <= 20, .invalidParameter("TagFilter", hint: "At most 20."))
        for (index, filter) in tagFilter.enumerated() {
            errors.require("TagFilter.\(index + 1).TagKey", filter.tagKey)
            errors.require(
                filter.tagValues.count <= 20,
                .invalidParameter("TagFilter.\(index + 1).TagValues", hint: "At most 20."))
        }
        return errors.all
    }
}

extension JoinResourceGroupRequest {
    public func syntaxErrors() -> [ECSError] {
        var errors = SyntaxErrors()
        errors.require("ResourceId", resourceID)
        errors.requireKind(resourceType)
        errors.require("ResourceGroupId", resourceGroupID)
        return errors.all
    }
}
