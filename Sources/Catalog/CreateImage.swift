import ECS
import Wire

/// CreateImage: the stages of `createimage.md` § 5, in their order.
extension Catalog {
    public func createImage(
        _ request: CreateImageRequest, _ caller: Caller
    ) throws(Refusal) -> CreateImageResponse {
        let (imageID, draft) = try draftImage(request, caller)
        if let draft { try commit(draft) }
        return CreateImageResponse(imageID: imageID)
    }

    /// V1 to V9, and what V10 will commit; nil: an earlier request with the token did. A function
    /// of its own, so that no copy of the state is alive at the commit, which else would have to
    /// copy what it changes.
    private func draftImage(
        _ request: CreateImageRequest, _ caller: Caller
    ) throws(Refusal) -> (imageID: String, Draft?) {
        var verdict = Verdict(caller)
        // V1 syntax.
        let seen = limitsSeen(by: caller)
        let syntaxErrors = request.syntaxErrors(
            tagsMax: seen.tags, mappingsMax: seen.mappings, tokenMax: seen.tokenLength)
        for error in syntaxErrors { try verdict.add(error) }
        // A list of mappings that is too long is not gone through any further.
        if request.sourceKind == .mapping && request.diskDeviceMapping.count > seen.mappings {
            try verdict.close()
        }
        // V2 authorisation. Nothing is told of what lies behind it.
        guard
            let account = try verdict.attempt({ () throws(Refusal) in
                try authorised(caller, request.resourceNames(state, caller.accountID))
            })
        else { throw .errors(verdict.errors) }
        // V3 idempotency: before every check that depends on state.
        let isDryRun = request.dryRun ?? false
        let token = Token(
            isDryRun ? "" : request.clientToken, request.regionID, CreateImage.name,
            request.comparable)
        if verdict.errors.isEmpty,
            let bound = try passed(token, account, caller, mismatch: .idempotenceParamNotMatch)
        {
            return (bound.resourceID, nil)
        }
        // V4 account.
        try account.requireStanding(&verdict)
        // V5 existence, V6 state, V7 quota, V8 concurrency.
        var rules = CreateImageRules(
            request: request, account: account, limits: limits(of: account),
            takesRealFiles: environment.takesRealFiles, verdict: verdict)
        let admitted = try rules.judge()
        try rules.verdict.close()
        guard let admitted else { throw .error(.serviceUnavailable) }
        // V9 DryRun.
        if isDryRun { throw .error(.dryRunOperation) }
        var draft = draft(caller, request.regionID)
        let image = rules.add(admitted, caller, &draft)
        token.bind(image.id, [], &draft)
        return (image.id, draft)
    }
}

extension CreateImageRequest {
    /// What idempotency compares (V3): everything but the token and DryRun; tags as a set; what
    /// is empty as absent.
    fileprivate var comparable: CreateImageRequest {
        var copy = self
        copy.clientToken = ""
        copy.dryRun = nil
        if copy.features == ImageRequestFeatures() { copy.features = nil }
        copy.tag = copy.tag.comparable
        return copy
    }

    /// A-Image, A-Instance and A-Snapshot: what the caller must be allowed, of the source that
    /// counts alone.
    fileprivate func resourceNames(_ state: State, _ accountID: String) -> [ResourceName] {
        let account = state.accounts[accountID]
        let region = account?.regions[regionID]
        let group =
            resourceGroupID.isEmpty
            ? account?.record.defaultResourceGroupID ?? "" : resourceGroupID
        func snapshot(_ id: String) -> ResourceName {
            let group = region?.snapshots[id]?.snapshot.resourceGroupID ?? ""
            return ResourceName("snapshot", id, in: regionID, group: group)
        }
        var names = [ResourceName("image", in: regionID, group: group)]
        switch sourceKind {
        case .instance:
            let group = region?.instances[instanceID]?.instance.resourceGroupID ?? ""
            names.append(ResourceName("instance", instanceID, in: regionID, group: group))
        case .mapping:
            names += diskDeviceMapping.map(\.snapshotID).filter { !$0.isEmpty }.map(snapshot)
        case .snapshot: names.append(snapshot(snapshotID))
        case nil: break
        }
        return names
    }
}

extension [RequestTag] {
    /// In the order in which requests are compared, in ECS's spelling.
    var comparable: [RequestTag] {
        map { tag in
            var copy = RequestTag()
            copy.key = tag.effectiveKey
            copy.value = tag.effectiveValue
            return copy
        }
        .sorted { ($0.key, $0.effectiveValue) < ($1.key, $1.effectiveValue) }
    }
}

extension CreateImageResponse {
    fileprivate init(imageID: String) {
        self.init()
        self.imageID = imageID
    }
}

extension Account {
    /// V4: what the account as such may not do.
    func requireStanding(_ verdict: inout Verdict) throws(Refusal) {
        let standing = record.standing
        try verdict.require(
            ["", "normal"].contains(standing.enterpriseStatus), .accountEnterpriseStatusInvalid)
        try verdict.require(standing.orderAllowed ?? true, .accountForbiddenCreateOrder)
        if let balance = standing.balance {
            try verdict.require(
                balance >= standing.minimumBalance ?? 0, .invalidAccountStatusNotEnoughBalance)
        } else {
            try verdict.require(
                standing.minimumBalance ?? 0 <= Self.bornBalance,
                .invalidAccountStatusNotEnoughBalance)
        }
        try verdict.require(
            standing.snapshotServiceOpened ?? true,
            .invalidAccountStatusSnapshotServiceUnavailable)
    }

    /// An account's balance until SetAccount sets it: enough for everything.
    static let bornBalance: Int64 = 1_000_000_000
}

/// Stages V5 to V8 over one region's state. Pure.
struct CreateImageRules {
    let request: CreateImageRequest
    let account: Account
    let limits: Limits
    let takesRealFiles: Bool
    var verdict: Verdict

    /// What the image will consist of.
    struct Plan {
        var newSnapshots: NewSnapshots
        var instance: InstanceRecord?
        /// The image's disks; those of `newSnapshots` get their snapshots when they are added.
        var disks: [ImageDisk]
        var platform = ""
        var architecture = ""
        var bootMode = ""
        /// The marketplace image's version that it descends from (B-Marketplace); nil: from none.
        var marketplaceVersion: String?
        /// What Features.ImdsSupport is if the request does not say (B-Imds).
        var imdsSupport = "v1"
    }

    /// A request that has passed V8.
    struct Admitted {
        let plan: Plan
        let groupID: String
    }

    /// - Returns: nil: something was wrong, and `verdict` has it.
    mutating func judge() throws(Refusal) -> Admitted? {
        let account = account
        let request = request
        // V5: without its region nothing else can be looked at but the group.
        let region = try verdict.attempt { () throws(Refusal) in
            request.regionID.isEmpty ? nil : try account.region(request.regionID)
        }
        let groupID = try verdict.attempt { () throws(Refusal) in
            try account.resourceGroup(request.resourceGroupID)
        }
        guard let region = region ?? nil else { return nil }
        let plan = try plan(region)
        try requireName(region)
        try requireQuotas(region)
        try plan?.newSnapshots.admit(region, in: request.regionID, &verdict)
        guard let plan, let groupID else { return nil }
        return Admitted(plan: plan, groupID: groupID)
    }

    private mutating func plan(_ region: Shared<Region>) throws(Refusal) -> Plan? {
        let plan =
            switch request.sourceKind {
            case .instance: try planFromInstance(region)
            case .mapping: try planFromMappings(region)
            case .snapshot: try planFromSnapshot(region)
            case nil: nil as Plan?
            }
        guard var plan else { return nil }
        plan.bootMode = try bootMode(of: plan.architecture)
        return plan
    }

    /// D-BootMode: without one, the architecture's own.
    private mutating func bootMode(of architecture: String) throws(Refusal) -> String {
        let allowed = Values.bootModes(of: architecture)
        if request.bootMode.isEmpty { return allowed[0] }
        // One that is malformed has been refused as such.
        try verdict.require(
            allowed.contains(request.bootMode) || !Values.bootModes.contains(request.bootMode),
            .invalidBootModeNotSupport.naming(
                "BootMode", hint: "\(architecture) takes \(Values.list(allowed))."))
        return request.bootMode
    }

    /// V6 end. Names are unique over all images of the region, whatever their status.
    private mutating func requireName(_ region: Shared<Region>) throws(Refusal) {
        guard let error = region.value.nameError(request.imageName) else { return }
        try verdict.add(error)
    }

    /// V7, but for the snapshots' own quota.
    private mutating func requireQuotas(_ region: Shared<Region>) throws(Refusal) {
        try verdict.require(
            region.images.count < limits.images,
            .quotaExceedImage.hinting(
                "\(limits.images) images are there (Images): delete some."))
        for error in region.value.familyErrors(request.imageFamily, limits) {
            try verdict.add(error)
        }
    }

    /// V10: the image, its snapshots and their jobs.
    func add(_ admitted: Admitted, _ caller: Caller, _ draft: inout Draft) -> ImageRecord {
        let plan = admitted.plan
        var record = ImageRecord()
        record.number = draft.number()
        record.image = image(plan, admitted.groupID, &draft)
        record.isFromMarketplace = plan.marketplaceVersion != nil
        let snapshots = plan.newSnapshots.add(
            to: &draft, imageID: record.id, instance: plan.instance, account: account.record,
            allowsLive: request.allowLive ?? false)
        for (disk, snapshot) in zip(plan.newSnapshots.disks, snapshots) {
            var mapping = ImageDisk()
            mapping.snapshotID = snapshot.id
            mapping.size = "\(disk.disk.size)"
            mapping.device = disk.disk.device
            mapping.type = disk.disk.type
            mapping.progress = "0%"
            mapping.encrypted = disk.disk.encrypted
            record.image.diskDeviceMappings.append(mapping)
        }
        record.image.size =
            record.image.diskDeviceMappings.first { $0.type == "system" }
            .flatMap { Int32($0.size) } ?? 0
        draft.add(.image(Boxed(record)))
        if snapshots.isEmpty {
            draft.addImageJob(record.id, limits.imageFromSnapshots, account.record)
        }
        return record
    }

    private func image(_ plan: Plan, _ groupID: String, _ draft: inout Draft) -> Image {
        var image = Image.new(account.record.accountID, plan.platform, &draft)
        image.imageName = request.imageName
        image.imageFamily = request.imageFamily
        image.imageVersion = request.imageVersion
        if let version = plan.marketplaceVersion, request.imageVersion.isEmpty {
            image.imageVersion = version
        }
        image.description = request.description
        image.architecture = plan.architecture
        image.bootMode = plan.bootMode
        image.resourceGroupID = groupID
        let wanted = request.features?.imdsSupport ?? ""
        image.features?.imdsSupport = wanted.isEmpty ? plan.imdsSupport : wanted
        if !request.detectionStrategy.isEmpty {
            var detection = DetectionOptions()
            detection.status = "Processing"
            image.detectionOptions = detection
        }
        image.diskDeviceMappings = plan.disks
        image.tags = request.tag.kept
        return image
    }
}

extension Image {
    /// A custom image as it begins.
    static func new(_ accountID: String, _ platform: String, _ draft: inout Draft) -> Image {
        var image = Image()
        image.imageID = draft.ids.id("m-")
        image.status = "Waiting"
        image.progress = "0%"
        image.creationTime = draft.time
        image.platform = platform
        image.osType = Values.osType(of: platform)
        image.osName = platform
        image.osNameEn = platform
        image.imageOwnerAlias = "self"
        image.imageOwnerID = accountID
        image.isSelfShared = "False"
        image.isSupportCloudinit = true
        image.isSupportIoOptimized = true
        image.usage = "none"
        image.features = ImageFeatures()
        return image
    }
}

extension Region {
    /// E-InvalidImageName.Duplicated, if another image has the name.
    func nameError(_ name: String, except imageID: String = "") -> ECSError? {
        guard !name.isEmpty, let holder = imagesByName.numbers(of: name).first,
            let id = images.records[holder]?.value.id, id != imageID
        else { return nil }
        return .invalidImageNameDuplicated.naming(
            "ImageName", hint: "\(id) has this name: choose another or delete that image.")
    }

    /// V7 of a family that gets one more image.
    ///
    /// - Parameter old: the family that the image leaves; with its last image a family is gone.
    func familyErrors(_ family: String, _ limits: Limits, leaving old: String = "") -> [ECSError] {
        if family.isEmpty || family.utf8.elementsEqual(old.utf8) { return [] }
        let count = imagesByFamily.count(family)
        let otherCount = imagesByFamily.keyCount - (imagesByFamily.count(old) == 1 ? 1 : 0)
        if count == 0 && otherCount >= limits.families {
            return [
                .imageFamilyQuotaExceed.naming(
                    "ImageFamily", hint: "\(limits.families) families are there (Families).")
            ]
        }
        if count >= limits.imagesPerFamily {
            return [
                .imageQuotaExceedImageFamily.naming(
                    "ImageFamily",
                    hint: "\(family) has \(limits.imagesPerFamily) images (ImagesPerFamily).")
            ]
        }
        return []
    }
}

extension Draft {
    /// The one job of an image that is made of finished snapshots (B-NoSnapshotFromSnapshot), or
    /// is a copy.
    mutating func addImageJob(
        _ imageID: String, _ duration: Int64, _ account: AccountRecord, copying source: String = "",
        kmsKeyID: String = ""
    ) {
        var job = JobRecord()
        job.number = number()
        job.imageID = imageID
        job.duration = duration
        job.isHeld = account.holdsJobs
        job.copiedImageID = source
        job.kmsKeyID = kmsKeyID
        add(.job(Boxed(job)))
    }
}
