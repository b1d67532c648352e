import ECS
import Wire

/// What a daemon's thread found at a path that RegisterInstance names.
public enum InspectedFile: Sendable {
    /// `root`: the disk root by which the configuration grants it; empty: it needs none.
    case found(sizeBytes: Int64, device: Int64, inode: Int64, root: String = "")
    /// Not a disk that can be taken: why, and what to do.
    case refused(reason: String, hint: String)
}

extension Catalog {
    /// Whether RegisterInstance must look at files before it can go on: which. The stages before
    /// that are judged here, so a refusal costs no file access.
    public func pathsToInspect(
        _ request: RegisterInstanceRequest, _ caller: Caller
    ) throws(Refusal) -> [(path: String, format: String)] {
        let account = try authorised(caller, [ResourceName("instance", in: request.regionID)])
        try check(request.syntaxErrors(tagsMax: limits(of: account).tags), caller)
        if try registered(request, account, caller) != nil { return [] }
        _ = try account.region(request.regionID)
        let paths = request.disk.filter { !$0.path.isEmpty }.map { ($0.path, $0.format) }
        if !paths.isEmpty && !environment.takesRealFiles {
            throw .error(
                .invalidParameter(
                    "Disk.1.Path",
                    hint: """
                        The daemon runs with --ephemeral and keeps no files' bytes. Give a Size \
                        instead, or start it with a data directory.
                        """))
        }
        return paths
    }

    /// RegisterInstance: an existing VM and its disks (operations § 6).
    ///
    /// - Parameter files: what was found at `pathsToInspect`, in its order.
    public func registerInstance(
        _ request: RegisterInstanceRequest, files: [InspectedFile], _ caller: Caller
    ) throws(Refusal) -> RegisterInstanceResponse {
        let account = try authorised(caller, [ResourceName("instance", in: request.regionID)])
        if let response = try registered(request, account, caller) { return response }
        _ = try account.region(request.regionID)

        var draft = draft(caller, request.regionID)
        let instance = request.instance(account.record.defaultResourceGroupID, &draft)
        var left = files[...]
        var diskIDs: [String] = []
        var devices = Set(request.disk.map(\.device))
        for (index, entry) in request.disk.enumerated() {
            let isSystem = index == request.systemDiskIndex
            var record = entry.record(isSystem: isSystem, of: instance, &devices, &draft)
            if record.isReal {
                try record.take(left.popFirst(), index)
                record.uid = Int64(caller.uid)
            }
            diskIDs.append(record.id)
            draft.add(.disk(Boxed(record)))
        }
        draft.add(.instance(Boxed(instance)))
        request.token.bind(instance.id, diskIDs, &draft)
        try commit(draft)
        return RegisterInstanceResponse(instance.id, diskIDs)
    }

    private func registered(
        _ request: RegisterInstanceRequest, _ account: Account, _ caller: Caller
    ) throws(Refusal) -> RegisterInstanceResponse? {
        try passed(request.token, account, caller, mismatch: .idempotentParameterMismatch)
            .map { RegisterInstanceResponse($0.resourceID, $0.furtherIDs) }
    }
}

extension Draft {
    /// Fails every image and snapshot that is still being made of `disks`.
    ///
    /// - Parameter endsSnapshot: of which disks also those snapshots end that no image waits for.
    mutating func failWork(
        on disks: [DiskRecord], _ reason: String, _ account: Account, _ region: Shared<Region>,
        endsSnapshot: (DiskRecord) -> Bool = { _ in true }
    ) {
        var failedImages: Set<String> = []
        for disk in disks {
            for number in region.jobsByDisk.numbers(of: disk.id) {
                guard let job = account.jobs[number]?.record.value else { continue }
                if let image = region.images[job.imageID] {
                    if failedImages.insert(image.id).inserted {
                        fail(image, reason, account, region)
                    }
                } else if endsSnapshot(disk) {
                    endSnapshot(of: job, .failed(reason: reason), region)
                }
            }
        }
    }
}

extension RegisterInstanceRequest {
    fileprivate var token: Token {
        var copy = self
        copy.clientToken = ""
        copy.tag = copy.tag.comparable
        return Token(clientToken, regionID, RegisterInstance.name, copy)
    }

    fileprivate func instance(_ groupID: String, _ draft: inout Draft) -> InstanceRecord {
        var record = InstanceRecord()
        record.number = draft.number()
        record.platform = platform
        record.architecture = architecture
        record.bootMode = bootMode
        record.instance.instanceID = draft.ids.id("i-")
        record.instance.instanceName = instanceName
        record.instance.status = status.isEmpty ? "Stopped" : status
        record.instance.regionID = regionID
        record.instance.zoneID = "\(regionID)-a"
        record.instance.creationTime = Time.minutes(draft.now)
        if record.instance.status == "Running" {
            record.instance.startTime = record.instance.creationTime
        }
        record.instance.resourceGroupID = groupID
        record.instance.tags = tag.kept
        return record
    }
}

extension RegisteredDisk {
    fileprivate func record(
        isSystem: Bool, of instance: InstanceRecord, _ devices: inout Set<String>,
        _ draft: inout Draft
    ) -> DiskRecord {
        var record = DiskRecord()
        record.number = draft.number()
        record.disk.diskID = draft.ids.id("d-")
        record.disk.type = isSystem ? "system" : "data"
        record.disk.status = "In_use"
        record.disk.category = category.isEmpty ? "cloud_essd" : category
        record.disk.size = size ?? 0
        record.disk.path = path
        record.disk.device = device
        if device.isEmpty {
            record.disk.device = isSystem ? Device.system : Device.nextFree(devices) ?? ""
            devices.insert(record.disk.device)
        }
        record.disk.instanceID = instance.id
        record.disk.regionID = draft.regionID
        record.disk.zoneID = instance.instance.zoneID
        record.disk.creationTime = draft.time
        record.disk.attachedTime = draft.time
        record.disk.deleteWithInstance = true
        record.disk.portable = !isSystem && !Values.localCategories.contains(record.disk.category)
        record.disk.resourceGroupID = instance.instance.resourceGroupID
        return record
    }
}

extension DiskRecord {
    /// Takes what was found at the path; its exact bytes, rounded up to GiB.
    fileprivate mutating func take(_ file: InspectedFile?, _ index: Int) throws(Refusal) {
        switch file {
        case .found(let sizeBytes, let device, let inode, let root):
            disk.sizeBytes = sizeBytes
            disk.size = Int32(clamping: (sizeBytes - 1) >> 30 + 1)
            registeredDevice = device
            registeredInode = inode
            self.root = root
        case .refused(let reason, let hint):
            throw .error(.invalidParameter("Disk.\(index + 1).Path", hint: "\(reason): \(hint)."))
        case nil:
            throw .error(.serviceUnavailable)
        }
    }
}

extension RegisterInstanceResponse {
    fileprivate init(_ instanceID: String, _ diskIDs: [String]) {
        self.init()
        self.instanceID = instanceID
        self.diskIDs = diskIDs
    }
}
