import ECS
import Wire

/// RunInstances (operations § 3): instances of an image, all of them or none.
extension Catalog {
    public func runInstances(
        _ request: RunInstancesRequest, _ caller: Caller
    ) throws(Refusal) -> RunInstancesResponse {
        try check(request.syntaxErrors(tagsMax: tagsMax(caller)), caller)
        let account = try authorised(
            caller,
            request.resourceNames(state.accounts[caller.accountID], imageID(of: request, caller)))
        let isDryRun = request.dryRun ?? false
        let token = Token(
            isDryRun ? "" : request.clientToken, request.regionID, RunInstances.name,
            request.comparable)
        let mismatch = ECSError.idempotentParameterMismatch
        if let bound = try passed(token, account, caller, mismatch: mismatch) {
            return RunInstancesResponse([bound.resourceID] + bound.furtherIDs)
        }
        for (index, entry) in request.diskPath.enumerated() {
            try requireOutside(entry.path, "DiskPath.\(index + 1).Path")
        }
        let region = try account.region(request.regionID)
        let imageID = imageID(of: request, caller)
        var rules = RunInstancesRules(
            request: request, account: account, region: region, verdict: Verdict(caller))
        let plan = try rules.judge(findImage(imageID, account, regionID: request.regionID))
        try rules.verdict.close()
        guard let plan else { throw .error(.serviceUnavailable) }
        if isDryRun { throw .error(.dryRunOperation) }
        let orders = plan.disks.compactMap(\.order)
        let making = try caller.files(for: (0..<request.count).flatMap { _ in orders })

        var draft = draft(caller, request.regionID)
        let move = limits(of: account).instanceMove
        var files = (making?.files ?? [])[...]
        var ids: [String] = []
        for _ in 0..<request.count {
            let (instance, disks) = request.records(plan, move, &draft)
            for (var disk, new) in zip(disks, plan.disks) {
                if new.bytes != nil, let file = files.popFirst() { give(file, to: &disk) }
                draft.add(.disk(Boxed(disk)))
            }
            draft.add(.instance(Boxed(instance)))
            ids.append(instance.id)
        }
        draft.keep(making)
        token.bind(ids[0], Array(ids.dropFirst()), &draft)
        try commit(draft)
        return RunInstancesResponse(ids)
    }
}

extension Catalog {
    /// The image that the request is about; empty: its family has none.
    private func imageID(of request: RunInstancesRequest, _ caller: Caller) -> String {
        guard request.imageID.isEmpty,
            let region = state.accounts[caller.accountID]?.regions[request.regionID]
        else { return request.imageID }
        return newestImage(ofFamily: request.imageFamily, in: region)?.id ?? ""
    }
}

/// V5 and V6 of RunInstances over one region's state. Pure.
struct RunInstancesRules {
    let request: RunInstancesRequest
    let account: Account
    let region: Shared<Region>
    var verdict: Verdict

    /// What each of the instances will be.
    struct Plan {
        let image: ImageRecord
        let groupID: String
        let disks: [NewDisk]
    }

    /// How many bytes of records one request may make: the journal takes 16 MiB at once.
    private static let recordBytesMax = 12 << 20

    /// - Parameter found: the image, and the region that has its snapshots.
    /// - Returns: nil: something was wrong, and `verdict` has it.
    mutating func judge(
        _ found: (record: ImageRecord, region: Shared<Region>)?
    ) throws(Refusal) -> Plan? {
        let account = account
        let groupID = try verdict.attempt { [request] () throws(Refusal) in
            try account.resourceGroup(request.resourceGroupID)
        }
        let parameter = request.imageID.isEmpty ? "ImageFamily" : "ImageId"
        guard let (image, source) = found else {
            try verdict.add(
                .invalidImageIDNotFound.naming(
                    parameter,
                    hint: request.imageID.isEmpty
                        ? "No image of this family is Available." : ""))
            return nil
        }
        let snapshots = try snapshots()
        if let error = image.usageError(source, parameter) { try verdict.add(error) }
        var disks = [try systemDisk(image, source)]
        disks += NewDisk.data(of: image, source, own: region)
        for (index, entry) in request.dataDisk.enumerated() {
            disks.append(try dataDisk(index, entry, snapshots[index]))
        }
        try setDevices(&disks, imageCount: disks.count - request.dataDisk.count)
        try setPaths(&disks)
        try requireRoom(disks.count)
        guard let groupID else { return nil }
        return Plan(image: image, groupID: groupID, disks: disks)
    }

    /// V5: the snapshots that DataDisk entries name.
    private mutating func snapshots() throws(Refusal) -> [SnapshotRecord?] {
        var snapshots: [SnapshotRecord?] = []
        for (index, entry) in request.dataDisk.enumerated() {
            let snapshot = region.snapshots[entry.snapshotID]
            try verdict.require(
                entry.snapshotID.isEmpty || snapshot != nil,
                .invalidSnapshotIdNotFound.naming("DataDisk.\(index + 1).SnapshotId"))
            snapshots.append(snapshot)
        }
        return snapshots
    }

    private mutating func systemDisk(
        _ image: ImageRecord, _ source: Shared<Region>
    ) throws(Refusal) -> NewDisk {
        var disk = NewDisk.system(of: image, source, own: region)
        let wanted = request.systemDisk ?? SystemDisk()
        if !wanted.category.isEmpty { disk.category = wanted.category }
        disk.name = wanted.diskName
        disk.description = wanted.description
        if wanted.encrypted ?? false {
            disk.encrypted = true
            if !wanted.kmsKeyID.isEmpty { disk.kmsKeyID = wanted.kmsKeyID }
        }
        if let error = disk.setSystemSize(wanted.size) { try verdict.add(error) }
        if let error = disk.keyError(account, "SystemDisk.KMSKeyId") { try verdict.add(error) }
        return disk
    }

    private mutating func dataDisk(
        _ index: Int, _ entry: DataDisk, _ snapshot: SnapshotRecord?
    ) throws(Refusal) -> NewDisk {
        let name = "DataDisk.\(index + 1)"
        var disk = NewDisk()
        if !entry.category.isEmpty { disk.category = entry.category }
        disk.name = entry.diskName
        disk.description = entry.description
        disk.device = entry.device
        disk.encrypted = entry.encrypted ?? false
        disk.kmsKeyID = entry.kmsKeyID
        disk.deleteWithInstance = entry.deleteWithInstance ?? true
        var least = Values.sizes(isBasic: disk.category == "cloud").lowerBound
        if let snapshot {
            if let error = NewDisk.sourceError(snapshot, "\(name).SnapshotId") {
                try verdict.add(error)
            }
            disk.take(snapshot)
            least = disk.leastSize(of: snapshot, least)
        }
        disk.size = entry.size ?? least
        disk.isSizeGiven = entry.size != nil
        // One without a snapshot has been judged by its syntax.
        if snapshot != nil, let error = disk.sizeError("\(name).Size", least: least) {
            try verdict.add(error)
        }
        if let error = disk.keyError(account, "\(name).KMSKeyId") { try verdict.add(error) }
        return disk
    }

    /// Devices that are not given are the next free ones. The image's own disks come first.
    private mutating func setDevices(
        _ disks: inout [NewDisk], imageCount: Int
    ) throws(Refusal) {
        try verdict.require(
            disks.count <= 17,
            .invalidParameter(
                "DataDisk",
                hint: """
                    At most 16 data disks: the image has \(imageCount - 1) of them, and \
                    \(request.dataDisk.count) are asked for.
                    """))
        let ofImage = Set(disks.prefix(imageCount).map(\.device))
        for (index, entry) in request.dataDisk.enumerated() {
            try verdict.require(
                entry.device.isEmpty || !ofImage.contains(entry.device),
                .invalidParameter(
                    "DataDisk.\(index + 1).Device",
                    hint: "A disk of the image is \(entry.device)."))
        }
        var taken = Set(disks.map(\.device))
        for index in disks.indices where disks[index].device.isEmpty {
            disks[index].device = Device.nextFree(taken) ?? ""
            taken.insert(disks[index].device)
        }
    }

    /// Where the files of disks are to be made. A disk's device has been settled before.
    private mutating func setPaths(_ disks: inout [NewDisk]) throws(Refusal) {
        for (index, entry) in request.diskPath.enumerated() {
            let name = "DiskPath.\(index + 1)"
            guard let place = disks.firstIndex(where: { $0.device == entry.device }) else {
                let devices = Values.list(disks.map(\.device))
                try verdict.add(
                    .invalidParameter(
                        "\(name).Device", hint: "The instance will have \(devices)."))
                continue
            }
            disks[place].path = entry.path
            disks[place].pathParameter = "\(name).Device"
            if let error = disks[place].pathError() { try verdict.add(error) }
            disks[place].pathParameter = "\(name).Path"
        }
    }

    private mutating func requireRoom(_ diskCount: Int) throws(Refusal) {
        let texts = request.dataDisk.reduce(0) { $0 + $1.encoded().count }
        let each = (diskCount + 1) * (request.encoded().count - texts + 1024) + texts
        try verdict.require(
            each * request.count <= Self.recordBytesMax,
            .invalidParameter(
                "Amount",
                hint: "So many with so much text are more than one request can make: ask for less.")
        )
    }
}

extension RunInstancesRequest {
    /// What idempotency compares: everything but the token and DryRun; tags as a set; what is
    /// empty as absent.
    fileprivate var comparable: RunInstancesRequest {
        var copy = self
        copy.clientToken = ""
        copy.dryRun = nil
        if copy.systemDisk == SystemDisk() { copy.systemDisk = nil }
        if copy.hibernationOptions == HibernationOptions() { copy.hibernationOptions = nil }
        copy.tag = copy.tag.comparable
        return copy
    }

    /// - Parameter imageID: the image that it names, or that its family stands for.
    fileprivate func resourceNames(_ account: Account?, _ imageID: String) -> [ResourceName] {
        let region = account?.regions[regionID]
        let group =
            resourceGroupID.isEmpty
            ? account?.record.defaultResourceGroupID ?? "" : resourceGroupID
        let image = ResourceName(
            "image", imageID, in: regionID,
            group: region?.images[imageID]?.image.resourceGroupID ?? "")
        let snapshots = dataDisk.map(\.snapshotID).filter { !$0.isEmpty }.map { id in
            ResourceName(
                "snapshot", id, in: regionID,
                group: region?.snapshots[id]?.snapshot.resourceGroupID ?? "")
        }
        return [ResourceName("instance", in: regionID, group: group), image] + snapshots
    }

    /// One instance, and its disks in the plan's order.
    fileprivate func records(
        _ plan: RunInstancesRules.Plan, _ move: Int64, _ draft: inout Draft
    ) -> (InstanceRecord, [DiskRecord]) {
        var record = InstanceRecord()
        record.number = draft.number()
        record.take(plan.image)
        record.instance.instanceID = draft.ids.id("i-")
        record.instance.instanceName = instanceName.isEmpty ? record.id : instanceName
        record.instance.regionID = regionID
        record.instance.zoneID = zoneID.isEmpty ? "\(regionID)-a" : zoneID
        record.instance.instanceType = instanceType.isEmpty ? "ecs.g7.large" : instanceType
        record.instance.creationTime = Time.minutes(draft.now)
        record.instance.hibernationOptions = hibernationOptions
        record.instance.resourceGroupID = plan.groupID
        record.instance.tags = tag.kept
        record.move(to: "Pending", draft.now, move)
        let disks = plan.disks.map { disk in
            disk.record(
                zoneID: record.instance.zoneID, groupID: plan.groupID, tags: tag.kept, on: record,
                &draft)
        }
        return (record, disks)
    }
}

extension RunInstancesResponse {
    fileprivate init(_ instanceIDs: [String]) {
        self.init()
        instanceIDSets = instanceIDs
    }
}
