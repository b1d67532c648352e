import ECS
import Wire

/// Something that has tags and belongs to a resource group.
protocol GroupedResource: Resource {
    var tags: [Tag] { get set }
    var resourceGroupID: String { get set }
    var change: Change.Kind { get }
}

extension ImageRecord: GroupedResource {
    var tags: [Tag] {
        get { image.tags }
        set { image.tags = newValue }
    }
    var resourceGroupID: String {
        get { image.resourceGroupID }
        set { image.resourceGroupID = newValue }
    }
    var change: Change.Kind { .image(Boxed(self)) }
}

extension SnapshotRecord: GroupedResource {
    var tags: [Tag] {
        get { snapshot.tags }
        set { snapshot.tags = newValue }
    }
    var resourceGroupID: String {
        get { snapshot.resourceGroupID }
        set { snapshot.resourceGroupID = newValue }
    }
    var change: Change.Kind { .snapshot(Boxed(self)) }
}

extension DiskRecord: GroupedResource {
    var tags: [Tag] {
        get { disk.tags }
        set { disk.tags = newValue }
    }
    var resourceGroupID: String {
        get { disk.resourceGroupID }
        set { disk.resourceGroupID = newValue }
    }
    var change: Change.Kind { .disk(Boxed(self)) }
}

extension InstanceRecord: GroupedResource {
    var tags: [Tag] {
        get { instance.tags }
        set { instance.tags = newValue }
    }
    var resourceGroupID: String {
        get { instance.resourceGroupID }
        set { instance.resourceGroupID = newValue }
    }
    var change: Change.Kind { .instance(Boxed(self)) }
}

extension Region {
    func grouped(_ kind: ResourceKind, _ id: String) -> (any GroupedResource)? {
        switch kind {
        case .image: images[id]
        case .snapshot: snapshots[id]
        case .disk: disks[id]
        case .instance: instances[id]
        }
    }
}

extension Catalog {
    // MARK: Changing tags

    public func tagResources(
        _ request: TagResourcesRequest, _ caller: Caller
    ) throws(Refusal) -> TagResourcesResponse {
        try check(request.syntaxErrors(tagsMax: tagsMax(caller)), caller)
        try tag(
            request.resourceID, request.resourceType, request.regionID, request.tag, caller
        ) {
            "ResourceId.\($0 + 1)"
        }
        return TagResourcesResponse()
    }

    /// AddTags: the same for one resource, under its old name.
    public func addTags(
        _ request: AddTagsRequest, _ caller: Caller
    ) throws(Refusal) -> AddTagsResponse {
        try check(request.syntaxErrors(tagsMax: tagsMax(caller)), caller)
        try tag(
            [request.resourceID], request.resourceType, request.regionID, request.tag, caller
        ) {
            _ in "ResourceId"
        }
        return AddTagsResponse()
    }

    /// Adds tags to all of the resources, or to none; a key that is there gets its new value.
    ///
    /// - Parameter name: what the request calls the ID at a place.
    private func tag(
        _ ids: [String], _ resourceType: String, _ regionID: String, _ tags: [RequestTag],
        _ caller: Caller, _ name: (Int) -> String
    ) throws(Refusal) {
        let limit = tagsMax(caller)
        try change(ids, resourceType, regionID, caller, name) { resource throws(Refusal) in
            let before = resource.tags.count
            for tag in tags.kept { resource.tags.set(tag) }
            if resource.tags.count > max(before, limit) {
                throw .error(
                    .quotaExceedTags(limit: limit).naming(
                        "Tag", hint: "\(resource.id) has \(before) already (Tags)."))
            }
        }
    }

    public func untagResources(
        _ request: UntagResourcesRequest, _ caller: Caller
    ) throws(Refusal) -> UntagResourcesResponse {
        try check(request.syntaxErrors(), caller)
        try change(
            request.resourceID, request.resourceType, request.regionID, caller,
            { "ResourceId.\($0 + 1)" }
        ) { resource throws(Refusal) in
            // All counts when there is no key.
            resource.tags.removeAll { tag in
                request.tagKey.isEmpty
                    || request.tagKey.contains { $0.utf8.elementsEqual(tag.tagKey.utf8) }
            }
        }
        return UntagResourcesResponse()
    }

    /// Changes all resources that a request names, or none.
    private func change(
        _ ids: [String], _ resourceType: String, _ regionID: String, _ caller: Caller,
        _ name: (Int) -> String,
        _ body: (inout any GroupedResource) throws(Refusal) -> Void
    ) throws(Refusal) {
        guard let kind = ResourceKind(rawValue: resourceType) else {
            throw .error(.invalidResourceTypeNotFound.naming("ResourceType"))
        }
        let account = try authorised(caller, names(kind, ids, regionID, caller))
        try passFaults(caller, token: "", account)
        let region = try account.region(regionID)
        var draft = draft(caller, regionID)
        var seen: Set<String> = []
        for (index, id) in ids.enumerated() where seen.insert(id).inserted {
            guard var resource = region.value.grouped(kind, id) else {
                throw .error(.invalidResourceIDNotFound.naming(name(index)))
            }
            let before = resource.tags.map { $0.encoded() }
            try body(&resource)
            if resource.tags.map({ $0.encoded() }) != before { draft.add(resource.change) }
        }
        if !draft.changes.isEmpty { try commit(draft) }
    }

    private func names(
        _ kind: ResourceKind, _ ids: [String], _ regionID: String, _ caller: Caller
    ) -> [ResourceName] {
        let region = state.accounts[caller.accountID]?.regions[regionID]
        return ids.map { id in
            ResourceName(
                kind.rawValue, id, in: regionID,
                group: region?.value.grouped(kind, id)?.resourceGroupID ?? "")
        }
    }

    // MARK: Listing tags

    public func listTagResources(
        _ request: ListTagResourcesRequest, _ caller: Caller
    ) throws(Refusal) -> ListTagResourcesResponse {
        try check(request.syntaxErrors(), caller)
        guard let kind = ResourceKind(rawValue: request.resourceType) else {
            throw .error(.invalidResourceTypeNotFound.naming("ResourceType"))
        }
        var below: Int64?
        if !request.nextToken.isEmpty {
            guard let parsed = Int64(request.nextToken, radix: 36), parsed > 0 else {
                throw .error(
                    .invalidParameter("NextToken", hint: "The NextToken of an earlier answer."))
            }
            below = parsed
        }
        let names =
            request.resourceID.isEmpty
            ? [ResourceName(kind.rawValue, in: request.regionID)]
            : names(kind, request.resourceID, request.regionID, caller)
        let account = try authorised(caller, names)
        try passFaults(caller, token: "", account)
        let region = try account.region(request.regionID)
        return switch kind {
        case .image: request.list(region.images, below)
        case .snapshot: request.list(region.snapshots, below)
        case .disk: request.list(region.disks, below)
        case .instance: request.list(region.instances, below)
        }
    }

    // MARK: Groups

    public func joinResourceGroup(
        _ request: JoinResourceGroupRequest, _ caller: Caller
    ) throws(Refusal) -> JoinResourceGroupResponse {
        try check(request.syntaxErrors(), caller)
        guard let kind = ResourceKind(rawValue: request.resourceType) else {
            throw .error(.invalidResourceTypeNotFound.naming("ResourceType"))
        }
        let regions = state.accounts[caller.accountID]?.regions
        let place = regions?.lazy
            .filter { request.regionID.isEmpty || $0.key == request.regionID }
            .compactMap { region in
                region.value.value.grouped(kind, request.resourceID).map { (region.key, $0) }
            }
            .first
        let regionID = place?.0 ?? request.regionID
        // Both the group that it leaves and the one that it joins.
        let account = try admitted(
            caller,
            ResourceName(
                kind.rawValue, request.resourceID, in: regionID,
                group: place?.1.resourceGroupID ?? ""),
            ResourceName(
                kind.rawValue, request.resourceID, in: regionID, group: request.resourceGroupID))
        if !request.regionID.isEmpty { _ = try account.region(request.regionID) }
        let groupID = try account.resourceGroup(request.resourceGroupID)
        guard var resource = place?.1 else {
            throw .error(.invalidResourceIDNotFound.naming("ResourceId"))
        }
        if resource.resourceGroupID == groupID { return JoinResourceGroupResponse() }
        resource.resourceGroupID = groupID
        var draft = draft(caller, regionID)
        draft.add(resource.change)
        try commit(draft)
        return JoinResourceGroupResponse()
    }
}

extension [Tag] {
    /// Adds a tag, or gives the key that is there its value.
    fileprivate mutating func set(_ tag: Tag) {
        if let index = firstIndex(where: { $0.tagKey.utf8.elementsEqual(tag.tagKey.utf8) }) {
            self[index].tagValue = tag.tagValue
        } else {
            append(tag)
        }
    }
}

extension ListTagResourcesRequest {
    /// Entries of a page. Those of one resource are not parted, so a change of its tags between
    /// two pages moves nothing.
    private static let entriesMax = 50

    /// A page of the tags of all resources that match, the newest resource first.
    ///
    /// - Parameter below: only what was created before this number.
    fileprivate func list<Record: GroupedResource>(
        _ table: ResourceTable<Record>, _ below: Int64?
    ) -> ListTagResourcesResponse {
        var response = ListTagResourcesResponse()
        var last: Int64 = 0
        /// - Returns: whether there was room.
        func add(_ record: Record) -> Bool {
            guard !record.tags.isEmpty, matches(record.tags) else { return true }
            let count = response.tagResources.count
            if count > 0 && count + record.tags.count > Self.entriesMax {
                response.nextToken = String(last, radix: 36)
                return false
            }
            last = record.number
            for tag in record.tags {
                var entry = TagResource()
                entry.resourceID = record.id
                entry.resourceType = resourceType
                entry.tagKey = tag.tagKey
                entry.tagValue = tag.tagValue
                response.tagResources.append(entry)
            }
            return true
        }
        if resourceID.isEmpty {
            for (_, record) in table.records.reversed(below: below) where !add(record.value) {
                break
            }
        } else {
            let named = Set(resourceID).compactMap { table[$0] }
                .filter { record in below.map { record.number < $0 } ?? true }
                .sorted { $0.number > $1.number }
            for record in named where !add(record) { break }
        }
        return response
    }

    private func matches(_ tags: [Tag]) -> Bool {
        tag.allIn(tags)
            && tagFilter.allSatisfy { filter in
                tags.contains { tag in
                    textMatches(filter.tagKey, tag.tagKey)
                        && (filter.tagValues.isEmpty || filter.tagValues.contains(tag.tagValue))
                }
            }
    }
}
