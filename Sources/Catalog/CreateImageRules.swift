import ECS
import Wire

/// CreateImage: the stages of `createimage.md` § 5, in their order.
extension Catalog {
    public func createImage(
        _ request: CreateImageRequest, _ caller: Caller
    ) throws(Refusal) -> CreateImageResponse {
        // V1 syntax, V2 authorisation.
        try check(request.syntaxErrors(tagsMax: limits.tags), caller)
        let account = try account(of: caller)
        // V3 idempotency: before every check that depends on state.
        let isDryRun = request.dryRun ?? false
        let token = Token(
            isDryRun ? "" : request.clientToken, request.regionID, CreateImage.name,
            request.comparable)
        if let bound = try token.bound(in: account, mismatch: .idempotenceParamNotMatch) {
            return CreateImageResponse(imageID: bound.resourceID)
        }
        // V5 existence.
        let region = try account.region(request.regionID)
        let groupID = try account.resourceGroup(request.resourceGroupID)
        let rules = CreateImageRules(
            request: request, account: account, region: region, limits: limits,
            takesRealFiles: environment.takesRealFiles)
        // V5 existence of the source, V6 its state.
        var draft = draft(caller, request.regionID)
        let plan = try rules.plan(&draft)
        try rules.requireName()
        // V7 quota, V8 concurrency.
        try rules.requireQuotas()
        try plan.newSnapshots.admit(region, in: request.regionID)
        // V9 DryRun.
        if isDryRun { throw .error(.dryRunOperation) }
        // V10 commit.
        let image = rules.add(plan, groupID, caller, &draft)
        token.bind(image.id, [], &draft)
        try commit(draft)
        return CreateImageResponse(imageID: image.id)
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
        copy.tag.sort { $0.effectiveKey < $1.effectiveKey }
        return copy
    }
}

extension CreateImageResponse {
    fileprivate init(imageID: String) {
        self.init()
        self.imageID = imageID
    }
}

/// Stages V5 to V7 over one region's state. Pure.
struct CreateImageRules {
    let request: CreateImageRequest
    let account: Account
    let region: Shared<Region>
    let limits: Limits
    let takesRealFiles: Bool

    /// What the image will consist of.
    struct Plan {
        var newSnapshots: NewSnapshots
        var instance: InstanceRecord?
        /// The image's disks; those of `newSnapshots` get their snapshots when they are added.
        var disks: [ImageDisk]
        var platform = ""
        var architecture = ""
        var bootMode = ""
    }

    func plan(_ draft: inout Draft) throws(Refusal) -> Plan {
        var plan =
            switch request.sourceKind {
            case .instance: try planFromInstance()
            case .mapping: try planFromMappings()
            case .snapshot, nil: try planFromSnapshot()
            }
        plan.bootMode = try bootMode(plan)
        return plan
    }

    /// D-BootMode.
    private func bootMode(_ plan: Plan) throws(Refusal) -> String {
        let allowed = Values.bootModes(of: plan.architecture)
        if request.bootMode.isEmpty {
            return allowed.contains(plan.bootMode) ? plan.bootMode : allowed[0]
        }
        if allowed.contains(request.bootMode) { return request.bootMode }
        throw .error(
            .invalidBootModeNotSupport.naming(
                "BootMode", hint: "\(plan.architecture) takes \(Values.list(allowed))."))
    }

    /// V6 end. Names are unique over all images of the region, whatever their status.
    func requireName() throws(Refusal) {
        guard !request.imageName.isEmpty,
            let holder = region.imagesByName.numbers(of: request.imageName).first
        else { return }
        let id = region.images.records[holder]?.value.id ?? ""
        throw .error(
            .invalidImageNameDuplicated.naming(
                "ImageName", hint: "\(id) has this name: choose another or delete that image."))
    }

    /// V7, but for the snapshots' own quota.
    func requireQuotas() throws(Refusal) {
        if region.images.count >= limits.images {
            throw .error(
                .quotaExceedImage.hinting(
                    "\(limits.images) images are there (Images): delete some."))
        }
        let family = request.imageFamily
        if family.isEmpty { return }
        let count = region.imagesByFamily.count(family)
        if count == 0 && region.imagesByFamily.keyCount >= limits.families {
            throw .error(
                .imageFamilyQuotaExceed.naming(
                    "ImageFamily", hint: "\(limits.families) families are there (Families)."))
        }
        if count >= limits.imagesPerFamily {
            throw .error(
                .imageQuotaExceedImageFamily.naming(
                    "ImageFamily",
                    hint: "\(family) has \(limits.imagesPerFamily) images (ImagesPerFamily)."))
        }
    }

    /// V10: the image, its snapshots and their jobs.
    func add(_ plan: Plan, _ groupID: String, _ caller: Caller, _ draft: inout Draft) -> ImageRecord
    {
        var record = ImageRecord()
        record.number = draft.number()
        record.image = image(plan, groupID, &draft)
        let snapshots = plan.newSnapshots.add(
            to: &draft, imageID: record.id, instance: plan.instance, uid: caller.uid,
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
        if snapshots.isEmpty { draft.addImageJob(record.id, limits.imageFromSnapshots) }
        return record
    }

    private func image(_ plan: Plan, _ groupID: String, _ draft: inout Draft) -> Image {
        var image = Image()
        image.imageID = draft.ids.id("m-")
        image.imageName = request.imageName
        image.imageFamily = request.imageFamily
        image.imageVersion = request.imageVersion
        image.description = request.description
        image.status = "Waiting"
        image.progress = "0%"
        image.creationTime = draft.time
        image.architecture = plan.architecture
        image.platform = plan.platform
        image.bootMode = plan.bootMode
        image.osType = Values.osType(of: plan.platform)
        image.osName = plan.platform
        image.osNameEn = plan.platform
        image.imageOwnerAlias = "self"
        image.imageOwnerID = account.record.accountID
        image.isSelfShared = "False"
        image.isSupportCloudinit = true
        image.isSupportIoOptimized = true
        image.resourceGroupID = groupID
        image.usage = "none"
        var features = ImageFeatures()
        features.imdsSupport = request.features?.imdsSupport ?? ""
        if features.imdsSupport.isEmpty { features.imdsSupport = "v1" }
        image.features = features
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

extension Draft {
    /// The one job of an image that is made of finished snapshots (B-NoSnapshotFromSnapshot).
    fileprivate mutating func addImageJob(_ imageID: String, _ duration: Int64) {
        var job = JobRecord()
        job.number = number()
        job.imageID = imageID
        job.duration = duration
        add(.job(Boxed(job)))
    }
}

// MARK: - From an instance

extension CreateImageRules {
    private func planFromInstance() throws(Refusal) -> Plan {
        guard let instance = region.instances[request.instanceID] else {
            throw .error(
                .invalidInstanceIdNotFound(instanceID: request.instanceID).naming("InstanceId"))
        }
        try requireState(of: instance)
        let all = region.disksByInstance.numbers(of: instance.id)
            .compactMap { region.disks.records[$0]?.value }
            .sorted { $0.disk.device < $1.disk.device }
        guard let system = all.first(where: { $0.disk.type == "system" }) else {
            throw .error(.invalidInstanceNotFoundSystemDisk.naming("InstanceId"))
        }
        // System disk first, then by device name. Local data disks are no cloud disks.
        let disks =
            [system]
            + all.filter {
                $0.id != system.id && !Values.localCategories.contains($0.disk.category)
            }
        for disk in disks { try requireState(of: disk) }
        return Plan(
            newSnapshots: NewSnapshots(disks: disks, limits: limits), instance: instance,
            disks: [],
            platform: instance.platform.isEmpty ? Values.defaultPlatform : instance.platform,
            architecture: instance.architecture.isEmpty ? "x86_64" : instance.architecture,
            bootMode: instance.bootMode)
    }

    private func requireState(of instance: InstanceRecord) throws(Refusal) {
        if instance.instance.operationLocks.contains(where: { $0.lockReason == "security" }) {
            throw .error(.instanceLockedForSecurity.naming("InstanceId"))
        }
        if !["Running", "Stopped"].contains(instance.instance.status) {
            throw .error(
                .incorrectInstanceStatus.naming(
                    "InstanceId",
                    hint: "It is \(instance.instance.status); Running or Stopped is right."))
        }
    }

    private func requireState(of disk: DiskRecord) throws(Refusal) {
        let category = disk.disk.category
        if disk.disk.type == "system" && Values.localCategories.contains(category) {
            throw .error(.invalidDiskCategoryCreateImage.hinting("\(disk.id) is \(category)."))
        }
        if Values.elasticEphemeralCategories.contains(category) {
            throw .error(
                .invalidOperationDiskCategoryUnsupported.hinting("\(disk.id) is \(category)."))
        }
        if disk.disk.status == "Transferring" {
            throw .error(.incorrectDiskStatusTransferring.hinting("Disk \(disk.id)."))
        }
        if disk.disk.status != "In_use" {
            throw .error(.incorrectDiskStatus.hinting("Disk \(disk.id) is \(disk.disk.status)."))
        }
        if disk.isReal && !takesRealFiles {
            throw .error(
                .invalidParameter(
                    "InstanceId",
                    hint: "The daemon runs with --ephemeral and keeps no files' bytes."))
        }
    }
}

// MARK: - From snapshots

extension CreateImageRules {
    private func planFromSnapshot() throws(Refusal) -> Plan {
        guard let snapshot = region.snapshots[request.snapshotID] else {
            throw .error(.invalidSnapshotIdNotFound.naming("SnapshotId"))
        }
        try requireState(of: snapshot, "SnapshotId")
        if snapshot.snapshot.sourceDiskType != "system" {
            throw .error(
                .operationDenied403.naming(
                    "SnapshotId",
                    hint: """
                        It is of a data disk: name it in DiskDeviceMapping, with DiskType system \
                        if it shall be the system disk.
                        """))
        }
        try requireCategory(of: snapshot, "SnapshotId")
        var disk = ImageDisk()
        disk.snapshotID = snapshot.id
        disk.size = snapshot.snapshot.sourceDiskSize
        disk.device = Device.system
        disk.type = "system"
        return plan(of: [disk], system: snapshot, isConverted: false)
    }

    /// V6 of one snapshot. - Parameter name: the parameter that names it.
    func requireState(of record: SnapshotRecord, _ name: String) throws(Refusal) {
        let snapshot = record.snapshot
        if snapshot.creationTime < "2013-07-16T00:00:00Z" {
            throw .error(.invalidSnapshotTooOld.naming(name))
        }
        if snapshot.status == "progressing" {
            throw .error(
                .snapshotNotReady.naming(
                    name, hint: "\(record.id) is progressing: wait until it is accomplished."))
        }
        if snapshot.status == "failed" {
            let reason = snapshot.failureReason
            throw .error(
                .invalidSnapshotIdNotReady.naming(name, hint: "\(record.id) failed: \(reason)"))
        }
        if let disk = region.disks[snapshot.sourceDiskID],
            Values.previousGenerationCategories.contains(disk.disk.category),
            region.jobsByDisk.count(disk.id) > 0
        {
            throw .error(
                .invalidSnapshotIdNotReady.naming(
                    name, hint: "Another snapshot of \(disk.id) is progressing: wait for it."))
        }
        if snapshot.category == "archive" {
            throw .error(.invalidSnapshotCategoryNotSupportImageCreation.naming(name))
        }
        if snapshot.category == "flash" {
            throw .error(.operationDeniedInvalidSnapshotCategory(category: "Flash").naming(name))
        }
        if region.disks[snapshot.sourceDiskID]?.disk.status == "Transferring" {
            throw .error(.incorrectDiskStatusTransferring.naming(name))
        }
    }

    /// Of the snapshot that becomes the system disk.
    private func requireCategory(of snapshot: SnapshotRecord, _ name: String) throws(Refusal) {
        let category = region.disks[snapshot.snapshot.sourceDiskID]?.disk.category ?? ""
        if Values.localCategories.contains(category) {
            throw .error(.invalidDiskCategoryCreateImage.naming(name))
        }
    }

    /// D-Platform: the request's values count where the source says nothing, or where a data
    /// disk's snapshot becomes the system disk.
    private func plan(
        of disks: [ImageDisk], system: SnapshotRecord, isConverted: Bool
    ) -> Plan {
        let platform = isConverted || system.platform.isEmpty ? request.platform : system.platform
        let architecture =
            isConverted || system.architecture.isEmpty
            ? request.architecture : system.architecture
        return Plan(
            newSnapshots: NewSnapshots(disks: [], limits: limits), disks: disks,
            platform: platform.isEmpty ? Values.defaultPlatform : platform,
            architecture: architecture.isEmpty ? "x86_64" : architecture,
            bootMode: isConverted ? "" : system.bootMode)
    }
}

// MARK: - From mappings

extension CreateImageRules {
    private func planFromMappings() throws(Refusal) -> Plan {
        var snapshots: [SnapshotRecord?] = []
        for (index, entry) in request.diskDeviceMapping.enumerated() {
            let snapshot = region.snapshots[entry.snapshotID]
            if snapshot == nil && !entry.snapshotID.isEmpty {
                throw .error(.invalidSnapshotIdNotFound.naming(name(index, "SnapshotId")))
            }
            snapshots.append(snapshot)
        }
        let types = zip(request.diskDeviceMapping, snapshots).map { entry, snapshot in
            entry.diskType.isEmpty
                ? snapshot?.snapshot.sourceDiskType ?? "data" : entry.diskType
        }
        for (index, snapshot) in snapshots.enumerated() {
            guard let snapshot else { continue }
            try requireState(of: snapshot, name(index, "SnapshotId"))
            if types[index] == "system" {
                try requireCategory(of: snapshot, name(index, "SnapshotId"))
            }
        }
        let place = try systemPlace(types, snapshots)
        guard let system = snapshots[place] else { throw .error(.operationDenied400) }
        if types.count > 17 {
            throw .error(
                .invalidParameter("DiskDeviceMapping", hint: "At most 16 data disks."))
        }
        try requireDevices(types)
        let isConverted = system.snapshot.sourceDiskType != "system"
        if isConverted && !system.snapshot.kmsKeyID.isEmpty {
            throw .error(.invalidParameterDiskType.naming(name(place, "DiskType")))
        }
        let disks = try imageDisks(types, snapshots, system: system)
        return plan(of: disks, system: system, isConverted: isConverted)
    }

    private func name(_ index: Int, _ field: String) -> String {
        "DiskDeviceMapping.\(index + 1).\(field)"
    }

    /// Where the one system disk is; it has a snapshot.
    private func systemPlace(
        _ types: [String], _ snapshots: [SnapshotRecord?]
    ) throws(Refusal) -> Int {
        let places = types.indices.filter { types[$0] == "system" }
        if places.count > 1 {
            throw .error(.twoSystemDisks.naming(name(places[1], "DiskType")))
        }
        guard let place = places.first, snapshots[place] != nil else {
            throw .error(
                .operationDenied400.naming(
                    "DiskDeviceMapping", hint: "One entry must be a system disk with a snapshot."))
        }
        return place
    }

    private func requireDevices(_ types: [String]) throws(Refusal) {
        for (index, entry) in request.diskDeviceMapping.enumerated() where !entry.device.isEmpty {
            if (types[index] == "system") != (entry.device == Device.system) {
                throw .error(
                    .invalidDeviceMalformed.naming(
                        name(index, "Device"),
                        hint: "/dev/xvda for the system disk, else /dev/xvdb to /dev/xvdz."))
            }
        }
    }

    private func imageDisks(
        _ types: [String], _ snapshots: [SnapshotRecord?], system: SnapshotRecord
    ) throws(Refusal) -> [ImageDisk] {
        var taken = Set(request.diskDeviceMapping.map(\.device))
        let category = region.disks[system.snapshot.sourceDiskID]?.disk.category
        let empty = Values.sizes(isBasic: category == "cloud")
        var disks: [ImageDisk] = []
        for (index, entry) in request.diskDeviceMapping.enumerated() {
            var disk = ImageDisk()
            disk.snapshotID = entry.snapshotID
            disk.type = types[index]
            let least = snapshots[index].flatMap { Int32($0.snapshot.sourceDiskSize) }
            let sizes = least.map { min($0, 32768)...32768 } ?? empty
            let size = entry.size ?? least ?? empty.lowerBound
            if !sizes.contains(size) {
                throw .error(
                    .invalidSizeValueNotSupported.naming(
                        name(index, "Size"), hint: "\(sizes.lowerBound) to \(sizes.upperBound) GiB."
                    ))
            }
            disk.size = "\(size)"
            disk.device = entry.device
            if disk.device.isEmpty {
                disk.device =
                    disk.type == "system" ? Device.system : Device.nextFree(taken) ?? ""
                taken.insert(disk.device)
            }
            disks.append(disk)
        }
        return disks.filter { $0.type == "system" } + disks.filter { $0.type != "system" }
    }
}
