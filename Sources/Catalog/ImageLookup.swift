import ECS

/// An image that an account sees, and the region that has its snapshots.
typealias FoundImage = (record: ImageRecord, region: Shared<Region>)

extension Catalog {
    /// The image that `imageID` means to an account: its own, a system image, or one that another
    /// account shares with it or has made public.
    ///
    /// - Returns: the image as the account sees it, and the region that has its snapshots: its
    ///   owner's.
    func findImage(_ imageID: String, _ account: Account, regionID: String) -> FoundImage? {
        guard let region = account.regions[regionID] else { return nil }
        if let record = region.images[imageID] { return (record, region) }
        if let record = SystemImages[imageID] { return (record.value, region) }
        return state.imagesOfOthers(account.record.accountID, regionID, [imageID]).first
    }

    /// The newest Available image of a family: the account's own, else a system image.
    func newestImage(ofFamily family: String, in region: Shared<Region>) -> ImageRecord? {
        let own = region.imagesByFamily.numbers(of: family)
            .compactMap { region.images.records[$0]?.value }
            .filter { $0.image.status == "Available" }
            .max { ($0.image.creationTime, $0.number) < ($1.image.creationTime, $1.number) }
        if let own { return own }
        return SystemImages.all.first { $0.value.image.imageFamily == family }?.value
    }

    /// How policies name an image of the caller's account, with its resource group.
    func resourceName(ofImage id: String, _ regionID: String, _ caller: Caller) -> ResourceName {
        let region = state.accounts[caller.accountID]?.regions[regionID]
        let group = region?.images[id]?.image.resourceGroupID ?? ""
        return ResourceName("image", id, in: regionID, group: group)
    }

    /// One of the account's own images.
    func ownImage(_ id: String, _ region: Shared<Region>) throws(Refusal) -> ImageRecord {
        guard let record = region.images[id] else {
            throw .error(.invalidImageIDNotFound.naming("ImageId"))
        }
        return record
    }
}

extension State {
    /// Images of other accounts that this one may use, newest first, as it sees them.
    ///
    /// - Parameters:
    ///   - ids: only these; nil: all.
    ///   - includingPublic: also those that are shared with nobody in particular.
    func imagesOfOthers(
        _ accountID: String, _ regionID: String, _ ids: Set<String>? = nil,
        includingPublic: Bool = true
    ) -> [FoundImage] {
        let direct = sharedImages[accountID]
        let toAll = includingPublic ? sharedImages["*"] : nil
        if direct == nil && toAll == nil { return [] }
        var found: [FoundImage] = []
        func add(_ shared: SharedImage, isShared: Bool) {
            guard shared.regionID == regionID, shared.ownerID != accountID,
                ids?.contains(shared.imageID) ?? true,
                let region = accounts[shared.ownerID]?.regions[regionID],
                let record = region.images[shared.imageID]
            else { return }
            found.append((record.seenByOthers(isShared: isShared), region))
        }
        for (shared, _) in direct ?? Table() { add(shared, isShared: true) }
        for (shared, _) in toAll ?? Table() where direct?[shared] == nil {
            add(shared, isShared: false)
        }
        return found.sorted { left, right in
            let (left, right) = (left.record.image, right.record.image)
            return left.creationTime == right.creationTime
                ? left.imageID < right.imageID : left.creationTime > right.creationTime
        }
    }
}

extension ImageRecord {
    /// The image as accounts see it that do not own it: without what is its owner's business.
    ///
    /// - Parameter isShared: whether it is shared with the account itself; else it is public.
    func seenByOthers(isShared: Bool) -> ImageRecord {
        var copy = self
        copy.sharedWith = []
        copy.image.imageOwnerAlias = "others"
        copy.image.isSelfShared = isShared ? "True" : "False"
        copy.image.resourceGroupID = ""
        copy.image.tags = []
        return copy
    }
}

extension Region {
    /// Image.Usage, which is derived: whether an instance was made from it.
    func usage(ofImage id: String) -> String { isUsed(id) ? "instance" : "none" }

    func isUsed(_ imageID: String) -> Bool {
        instancesByImage.keyCount > 0 && instancesByImage.count(imageID) > 0
    }
}
