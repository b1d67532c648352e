import ECS
import Wire

// Disks: made, attached, detached, replaced and deleted (operations § 3). Real files that were
// registered are their owner's: their records come and go, the files are never touched. Those that
// were made for a disk go with it.

extension Catalog {
    /// ReplaceSystemDisk: the old disk goes, a new one of the image takes its place. Data disks of
    /// the image do not matter.
    public func replaceSystemDisk(
        _ request: ReplaceSystemDiskRequest, _ caller: Caller
    ) throws(Refusal) -> ReplaceSystemDiskResponse {
        try check(request.syntaxErrors(), caller)
        let place = state.accounts[caller.accountID]?.find(\.instances, request.instanceID)
        let image = ResourceName(
            "image", request.imageID, in: place?.regionID ?? "",
            group: place?.region.images[request.imageID]?.image.resourceGroupID ?? "")
        let account = try authorised(caller, [.instance(request.instanceID, place), image])
        let token = Token(request.clientToken, "", ReplaceSystemDisk.name, request.comparable)
        let mismatch = ECSError.idempotentParameterMismatch
        if let bound = try passed(token, account, caller, mismatch: mismatch) {
            return ReplaceSystemDiskResponse(bound.resourceID)
        }
        try requireOutside(request.path, "Path")
        guard let (regionID, region, instance) = place else {
            throw .error(
                .invalidInstanceIdNotFound(instanceID: request.instanceID).naming("InstanceId"))
        }
        let found = findImage(request.imageID, account, regionID: regionID)
        guard let (image, source) = found else {
            throw .error(.invalidImageIDNotFound.naming("ImageId"))
        }
        try instance.requireUnlocked(in: ["Stopped"])
        var new = NewDisk.system(of: image, source, own: region)
        let old = try replaceable(instance, region.value, by: new)
        if let error = image.usageError(source, "ImageId") { throw .error(error) }
        new.category = old.disk.category
        new.deleteWithInstance = old.disk.deleteWithInstance
        new.encrypted = new.encrypted || request.encrypted ?? false
        if !request.kmsKeyID.isEmpty { new.kmsKeyID = request.kmsKeyID }
        if let error = new.setSystemSize(request.systemDisk?.size) { throw .error(error) }
        if let error = new.keyError(account, "KMSKeyId") { throw .error(error) }
        (new.path, new.pathParameter) = (request.path, "Path")
        if let error = new.pathError() { throw .error(error) }
        let making = try caller.files(for: [new.order].compactMap(\.self))

        var draft = draft(caller, regionID)
        var made = new.record(
            zoneID: old.disk.zoneID, groupID: old.disk.resourceGroupID, tags: [], on: instance,
            &draft)
        var record = instance
        record.take(image)
        if let file = making?.files.first { give(file, to: &made) }
        draft.delete([old])
        draft.add(.disk(Boxed(made)))
        draft.add(.instance(Boxed(record)))
        draft.keep(making)
        token.bind(made.id, [], &draft)
        try commit(draft)
        return ReplaceSystemDiskResponse(made.id)
    }

    /// The system disk that may be replaced. One with a file becomes none without.
    private func replaceable(
        _ instance: InstanceRecord, _ region: Region, by new: NewDisk
    ) throws(Refusal) -> DiskRecord {
        guard let disk = region.disks(of: instance.id).first(where: { $0.disk.type == "system" })
        else { throw .error(.invalidInstanceNotFoundSystemDisk.naming("InstanceId")) }
        if disk.isReal && new.bytes == nil {
            throw .error(
                .invalidParameter(
                    "InstanceId",
                    hint: """
                        Its system disk is the file \(disk.disk.path), and the image is simulated: \
                        no file can be made of it. Name an image of a real disk.
                        """))
        }
        if region.jobsByDisk.count(disk.id) > 0 {
            throw .error(
                .diskCreatingSnapshot.hinting("A snapshot of \(disk.id) is progressing."))
        }
        if disk.disk.status != "In_use" {
            throw .error(.incorrectDiskStatus.hinting("\(disk.id) is \(disk.disk.status)."))
        }
        return disk
    }

    /// CreateDisk: in a zone, or in an instance's, which then has it at once.
    public func createDisk(
        _ request: CreateDiskRequest, _ caller: Caller
    ) throws(Refusal) -> CreateDiskResponse {
        try check(request.syntaxErrors(tagsMax: tagsMax(caller)), caller)
        let account = try authorised(
            caller, request.resourceNames(state.accounts[caller.accountID]))
        let token = Token(
            request.clientToken, request.regionID, CreateDisk.name, request.comparable)
        let mismatch = ECSError.idempotentParameterMismatch
        if let bound = try passed(token, account, caller, mismatch: mismatch) {
            return CreateDiskResponse(bound.resourceID)
        }
        try requireOutside(request.path, "Path")
        let region = try account.region(request.regionID)
        let groupID = try account.resourceGroup(request.resourceGroupID)
        var instance: InstanceRecord?
        if !request.instanceID.isEmpty {
            guard let found = region.instances[request.instanceID] else {
                throw .error(
                    .invalidInstanceIdNotFound(instanceID: request.instanceID).naming("InstanceId"))
            }
            instance = found
        }
        var new = try newDisk(request, account, region)
        if let instance {
            try instance.requireUnlocked(in: ["Running", "Stopped"])
            new.device = try region.value.freeDevice(of: instance, "")
        }

        (new.path, new.pathParameter) = (request.path, "Path")
        if let error = new.pathError() { throw .error(error) }
        let making = try caller.files(for: [new.order].compactMap(\.self))

        var draft = draft(caller, request.regionID)
        var made = new.record(
            zoneID: instance?.instance.zoneID ?? request.zoneID, groupID: groupID,
            tags: request.tag.kept, on: instance, &draft)
        if let file = making?.files.first { give(file, to: &made) }
        draft.add(.disk(Boxed(made)))
        draft.keep(making)
        if let instance { draft.noteAttachment(to: instance) }
        token.bind(made.id, [], &draft)
        try commit(draft)
        return CreateDiskResponse(made.id)
    }

    private func newDisk(
        _ request: CreateDiskRequest, _ account: Account, _ region: Shared<Region>
    ) throws(Refusal) -> NewDisk {
        var new = NewDisk()
        if !request.diskCategory.isEmpty { new.category = request.diskCategory }
        new.name = request.diskName
        new.description = request.description
        new.encrypted = request.encrypted ?? false
        new.kmsKeyID = request.kmsKeyID
        new.deleteWithInstance = false
        new.size = request.size ?? 0
        if !request.snapshotID.isEmpty {
            guard let snapshot = region.snapshots[request.snapshotID] else {
                throw .error(.invalidSnapshotIdNotFound.naming("SnapshotId"))
            }
            if let error = NewDisk.sourceError(snapshot, "SnapshotId") { throw .error(error) }
            new.take(snapshot)
            let least = new.leastSize(of: snapshot, 1)
            new.size = request.size ?? least
            new.isSizeGiven = request.size != nil
            if let error = new.sizeError("Size", least: least) { throw .error(error) }
        }
        if let error = new.keyError(account, "KMSKeyId") { throw .error(error) }
        return new
    }

    // MARK: Attaching and detaching

    public func attachDisk(
        _ request: AttachDiskRequest, _ caller: Caller
    ) throws(Refusal) -> AttachDiskResponse {
        try check(request.syntaxErrors(), caller)
        let (account, place, disk) = try pair(request.instanceID, request.diskID, caller)
        let (regionID, region, instance) = place
        let isSystem = request.bootable ?? false
        // A system disk is put into a machine that is off.
        try instance.requireUnlocked(in: isSystem ? ["Stopped"] : ["Running", "Stopped"])
        if disk.disk.status != "Available" {
            throw .error(
                .incorrectDiskStatus.naming(
                    "DiskId", hint: "\(disk.id) is \(disk.disk.status); Available is right."))
        }
        if !disk.disk.portable { throw .error(.diskNotPortable.naming("DiskId")) }
        if disk.disk.zoneID != instance.instance.zoneID {
            throw .error(
                .resourcesNotInSameZone.naming(
                    "DiskId",
                    hint: """
                        \(disk.id) is in \(disk.disk.zoneID), \(instance.id) in \
                        \(instance.instance.zoneID).
                        """))
        }
        if let error = account.keyError(isEncrypted: disk.disk.encrypted, disk.disk.kmsKeyID) {
            throw .error(error.naming("DiskId", hint: "\(disk.id) is encrypted."))
        }
        let device =
            isSystem
            ? try region.value.systemDevice(of: instance)
            : try region.value.freeDevice(of: instance, request.device)

        var draft = draft(caller, regionID)
        var record = disk
        record.disk.type = isSystem ? "system" : "data"
        record.disk.deleteWithInstance = request.deleteWithInstance ?? false
        record.attach(to: instance, device, draft.time)
        // It is a system disk again, and its snapshots are of one.
        if isSystem { record.isReleasedSystemDisk = false }
        draft.add(.disk(Boxed(record)))
        draft.noteAttachment(to: instance)
        try commit(draft)
        return AttachDiskResponse()
    }

    /// DetachDisk. An image that is being made of the disk fails.
    public func detachDisk(
        _ request: DetachDiskRequest, _ caller: Caller
    ) throws(Refusal) -> DetachDiskResponse {
        try check(request.syntaxErrors(), caller)
        let (account, place, disk) = try pair(request.instanceID, request.diskID, caller)
        let (regionID, region, instance) = place
        if disk.disk.instanceID != instance.id {
            throw .error(
                .dependencyViolationDisk.naming(
                    "DiskId",
                    hint: disk.disk.instanceID.isEmpty
                        ? "\(disk.id) is \(disk.disk.status)."
                        : "\(disk.id) is attached to \(disk.disk.instanceID)."))
        }
        let isSystem = disk.disk.type == "system"
        try instance.requireUnlocked(in: isSystem ? ["Stopped"] : ["Running", "Stopped"])
        if disk.disk.status != "In_use" {
            throw .error(
                .incorrectDiskStatus.naming("DiskId", hint: "\(disk.id) is \(disk.disk.status)."))
        }
        if Values.localCategories.contains(disk.disk.category) {
            throw .error(
                .diskNotPortable.naming("DiskId", hint: "It is a local disk of its instance."))
        }
        var draft = draft(caller, regionID)
        var record = disk
        record.detach(draft.time)
        record.disk.deleteWithInstance = request.deleteWithInstance ?? isSystem
        draft.add(.disk(Boxed(record)))
        draft.failWork(
            on: [disk], "Disk \(disk.id) was detached.", account, region,
            endsSnapshot: { _ in false })
        try commit(draft)
        return DetachDiskResponse()
    }

    private typealias InstancePlace = ResourceName.InstancePlace

    /// V2, fault rules and V5 of an operation on an instance and a disk.
    private func pair(
        _ instanceID: String, _ diskID: String, _ caller: Caller
    ) throws(Refusal) -> (Account, InstancePlace, DiskRecord) {
        let account = state.accounts[caller.accountID]
        let place = account?.find(\.instances, instanceID)
        let disk = account?.find(\.disks, diskID)
        let admitted = try admitted(caller, .instance(instanceID, place), .disk(diskID, disk))
        guard let place else {
            throw .error(.invalidInstanceIdNotFound(instanceID: instanceID).naming("InstanceId"))
        }
        guard let disk else { throw .error(.invalidDiskIDNotFound.naming("DiskId")) }
        return (admitted, place, disk.record)
    }

    /// DeleteDisk: an unknown one is ignored; its snapshots stay.
    public func deleteDisk(
        _ request: DeleteDiskRequest, _ caller: Caller
    ) throws(Refusal) -> DeleteDiskResponse {
        if request.diskID.isEmpty { throw .error(.missingParameter("DiskId")) }
        let place = state.accounts[caller.accountID]?.find(\.disks, request.diskID)
        _ = try admitted(caller, .disk(request.diskID, place))
        guard let (regionID, region, record) = place else { return DeleteDiskResponse() }
        if region.jobsByDisk.count(record.id) > 0 {
            throw .error(
                .diskCreatingSnapshot.naming(
                    "DiskId", hint: "Wait until its snapshot has finished, or delete that."))
        }
        if !record.disk.instanceID.isEmpty {
            throw .error(
                .diskStillAttached.naming(
                    "DiskId", hint: "Detach it from \(record.disk.instanceID) first."))
        }
        if record.disk.status != "Available" {
            throw .error(
                .incorrectDiskStatus.naming(
                    "DiskId", hint: "\(record.id) is \(record.disk.status)."))
        }
        var draft = draft(caller, regionID)
        draft.delete([record])
        try commit(draft, isRelease: true)
        return DeleteDiskResponse()
    }
}

extension InstanceRecord {
    /// That no lock holds the instance, and that its status is one of these.
    fileprivate func requireUnlocked(in statuses: [String]) throws(Refusal) {
        if instance.isLockedForSecurity {
            throw .error(.instanceLockedForSecurity403.naming("InstanceId"))
        }
        if statuses.contains(instance.status) { return }
        throw .error(
            .incorrectInstanceStatus403.naming(
                "InstanceId",
                hint: "\(id) is \(instance.status); \(Values.list(statuses)) is right."))
    }
}

extension Region {
    /// The device of one more data disk; empty: the next that is free.
    fileprivate func freeDevice(
        of instance: InstanceRecord, _ wanted: String
    ) throws(Refusal) -> String {
        let disks = disks(of: instance.id)
        if disks.count(where: { $0.disk.type != "system" }) >= 16 {
            throw .error(
                .instanceDiskLimitExceeded.naming(
                    "InstanceId", hint: "\(instance.id) has 16 data disks."))
        }
        let taken = Set(disks.map(\.disk.device))
        if wanted.isEmpty { return Device.nextFree(taken) ?? "" }
        if taken.contains(wanted) {
            throw .error(.invalidDeviceInUse403.naming("Device", hint: "\(wanted) is taken."))
        }
        return wanted
    }

    fileprivate func systemDevice(of instance: InstanceRecord) throws(Refusal) -> String {
        if let disk = disks(of: instance.id).first(where: { $0.disk.type == "system" }) {
            throw .error(
                .invalidParameter(
                    "Bootable", hint: "\(instance.id) has the system disk \(disk.id)."))
        }
        return Device.system
    }
}

extension Draft {
    /// A disk that comes to a Stopped instance is seen by it after a start
    /// (E-IncorrectInstanceStatus.NeedRestart).
    fileprivate mutating func noteAttachment(to instance: InstanceRecord) {
        if instance.instance.status != "Stopped" || instance.needsRestart { return }
        var record = instance
        record.needsRestart = true
        add(.instance(Boxed(record)))
    }
}

extension ResourceName {
    fileprivate typealias DiskPlace = (
        regionID: String, region: Shared<Region>, record: DiskRecord
    )

    fileprivate static func disk(_ id: String, _ place: DiskPlace?) -> ResourceName {
        ResourceName(
            "disk", id, in: place?.regionID ?? "", group: place?.record.disk.resourceGroupID ?? "")
    }
}

extension CreateDiskRequest {
    fileprivate var comparable: CreateDiskRequest {
        var copy = self
        copy.clientToken = ""
        copy.tag = copy.tag.comparable
        return copy
    }

    fileprivate func resourceNames(_ account: Account?) -> [ResourceName] {
        let region = account?.regions[regionID]
        let group =
            resourceGroupID.isEmpty
            ? account?.record.defaultResourceGroupID ?? "" : resourceGroupID
        var names = [ResourceName("disk", in: regionID, group: group)]
        if !instanceID.isEmpty {
            names.append(
                ResourceName(
                    "instance", instanceID, in: regionID,
                    group: region?.instances[instanceID]?.instance.resourceGroupID ?? ""))
        }
        if !snapshotID.isEmpty {
            names.append(
                ResourceName(
                    "snapshot", snapshotID, in: regionID,
                    group: region?.snapshots[snapshotID]?.snapshot.resourceGroupID ?? ""))
        }
        return names
    }
}

extension ReplaceSystemDiskRequest {
    /// Only the size of its SystemDisk counts.
    fileprivate var comparable: ReplaceSystemDiskRequest {
        var copy = self
        copy.clientToken = ""
        if copy.systemDisk == SystemDisk() { copy.systemDisk = nil }
        return copy
    }
}

extension CreateDiskResponse {
    fileprivate init(_ diskID: String) {
        self.init()
        self.diskID = diskID
    }
}

extension ReplaceSystemDiskResponse {
    fileprivate init(_ diskID: String) {
        self.init()
        self.diskID = diskID
    }
}
