import ECS
import Wire

// MARK: - From an instance

extension CreateImageRules {
    mutating func planFromInstance(_ region: Shared<Region>) throws(Refusal) -> Plan? {
        guard let instance = region.instances[request.instanceID] else {
            try verdict.add(
                .invalidInstanceIdNotFound(instanceID: request.instanceID).naming("InstanceId"))
            return nil
        }
        let all = region.disksByInstance.numbers(of: instance.id)
            .compactMap { region.disks.records[$0]?.value }
            .sorted { $0.disk.device < $1.disk.device }
        let system = all.first { $0.disk.type == "system" }
        try requireState(of: instance, hasSystemDisk: system != nil)
        // System disk first, then by device name. Local data disks are no cloud disks.
        let disks =
            (system.map { [$0] } ?? [])
            + all.filter {
                $0.id != system?.id && !Values.localCategories.contains($0.disk.category)
            }
        for disk in disks { try requireState(of: disk) }
        if let source = system?.disk.sourceSnapshotID, !source.isEmpty {
            try verdict.require(
                region.snapshots[source] != nil,
                .invalidSystemSnapshotMissing(snapshotID: source).naming("InstanceId"))
        }
        return Plan(
            newSnapshots: NewSnapshots(disks: disks, limits: limits), instance: instance,
            disks: [],
            platform: instance.platform.isEmpty ? Values.defaultPlatform : instance.platform,
            architecture: instance.architecture.isEmpty ? "x86_64" : instance.architecture,
            marketplaceVersion: instance.isFromMarketplace ? instance.imageVersion : nil,
            imdsSupport: instance.imdsSupport.isEmpty ? "v1" : instance.imdsSupport)
    }

    private mutating func requireState(
        of record: InstanceRecord, hasSystemDisk: Bool
    ) throws(Refusal) {
        let instance = record.instance
        try verdict.require(
            !instance.isLockedForSecurity, .instanceLockedForSecurity.naming("InstanceId"))
        try verdict.require(
            ["Running", "Stopped"].contains(instance.status),
            .incorrectInstanceStatus.naming(
                "InstanceId", hint: "It is \(instance.status); Running or Stopped is right."))
        try verdict.require(
            !record.isHibernated || !(instance.hibernationOptions?.configured ?? false),
            .hibernationConfiguredInstanceOperationForbidden.naming(
                "InstanceId", hint: "It is hibernated: start it first."))
        try verdict.require(
            hasSystemDisk, .invalidInstanceNotFoundSystemDisk.naming("InstanceId"))
        try verdict.require(
            !record.needsRestart,
            .incorrectInstanceStatusNeedRestart.naming(
                "InstanceId", hint: "A disk was attached while it was Stopped: start it once."))
        if record.isFromMarketplace && !request.imageVersion.isEmpty {
            try verdict.require(
                request.imageVersion == record.imageVersion,
                .invalidImageVersionMalformed.naming(
                    "ImageVersion",
                    hint: """
                        The instance runs a marketplace image of version \(record.imageVersion): \
                        name that or none.
                        """))
        }
    }

    private mutating func requireState(of record: DiskRecord) throws(Refusal) {
        let disk = record.disk
        let category = disk.category
        if disk.type == "system" {
            try verdict.require(
                !Values.localCategories.contains(category),
                .invalidDiskCategoryCreateImage.hinting("\(record.id) is \(category)."))
        }
        try verdict.require(
            !Values.elasticEphemeralCategories.contains(category),
            .invalidOperationDiskCategoryUnsupported.hinting("\(record.id) is \(category)."))
        try verdict.require(
            !record.isDeviceInvalid, .incorrectDiskStatusInvalid.hinting("Disk \(record.id)."))
        if disk.status == "Transferring" {
            try verdict.add(.incorrectDiskStatusTransferring.hinting("Disk \(record.id)."))
        } else {
            try verdict.require(
                disk.status == "In_use",
                .incorrectDiskStatus.hinting("Disk \(record.id) is \(disk.status)."))
        }
        if let error = account.keyError(isEncrypted: disk.encrypted, disk.kmsKeyID) {
            try verdict.add(error.hinting("Disk \(record.id) is encrypted."))
        }
        try verdict.require(
            !record.isReal || takesRealFiles,
            .invalidParameter(
                "InstanceId",
                hint: "The daemon runs with --ephemeral and keeps no files' bytes."))
    }
}

extension Instance {
    var isLockedForSecurity: Bool { operationLocks.contains { $0.lockReason == "security" } }
}

// MARK: - From snapshots

extension CreateImageRules {
    mutating func planFromSnapshot(_ region: Shared<Region>) throws(Refusal) -> Plan? {
        guard let snapshot = region.snapshots[request.snapshotID] else {
            try verdict.add(.invalidSnapshotIdNotFound.naming("SnapshotId"))
            return nil
        }
        try requireState(of: snapshot, "SnapshotId", isSystem: true, isAlone: true, region)
        var disk = ImageDisk()
        disk.snapshotID = snapshot.id
        disk.size = snapshot.snapshot.sourceDiskSize
        disk.device = Device.system
        disk.type = "system"
        disk.encrypted = snapshot.snapshot.encrypted
        return plan(of: [disk], system: snapshot, isConverted: false)
    }

    /// V6 of one snapshot.
    ///
    /// - Parameters:
    ///   - name: the parameter that names it.
    ///   - isSystem: whether it becomes the system disk.
    ///   - isAlone: whether SnapshotId names it, which must be of a system disk.
    private mutating func requireState(
        of record: SnapshotRecord, _ name: String, isSystem: Bool, isAlone: Bool = false,
        _ region: Shared<Region>
    ) throws(Refusal) {
        let snapshot = record.snapshot
        let disk = region.disks[snapshot.sourceDiskID]
        try verdict.require(
            snapshot.creationTime >= "2013-07-16T00:00:00Z", .invalidSnapshotTooOld.naming(name))
        try requireReady(record, name, disk, region)
        try verdict.require(
            snapshot.category != "archive",
            .invalidSnapshotCategoryNotSupportImageCreation.naming(name))
        try verdict.require(
            snapshot.category != "flash",
            .operationDeniedInvalidSnapshotCategory(category: "Flash").naming(name))
        try verdict.require(
            record.storageLocation != "CloudBox",
            .invalidOperationSnapshotStorageLocationUnsupported.naming(name))
        try verdict.require(
            !record.isDefaultFree, .invalidOperationDefaultFreeSnapshotNotSupport.naming(name))
        if let disk {
            try verdict.require(
                disk.disk.status != "Transferring", .incorrectDiskStatusTransferring.naming(name))
            try verdict.require(
                !disk.disk.attachedTime.isEmpty, .incorrectDiskStatusNeverAttached.naming(name))
        }
        try requireOrigin(record, name, isAlone: isAlone)
        try verdict.require(
            !isSystem || !Values.localCategories.contains(disk?.disk.category ?? ""),
            .invalidDiskCategoryCreateImage.naming(name))
        if let error = account.keyError(isEncrypted: snapshot.encrypted, snapshot.kmsKeyID) {
            try verdict.add(error.naming(name, hint: "\(record.id) is encrypted."))
        }
    }

    private mutating func requireReady(
        _ record: SnapshotRecord, _ name: String, _ disk: DiskRecord?, _ region: Shared<Region>
    ) throws(Refusal) {
        switch record.snapshot.status {
        case "progressing":
            try verdict.add(
                .snapshotNotReady.naming(
                    name, hint: "\(record.id) is progressing: wait until it is accomplished."))
        case "failed":
            let reason = record.snapshot.failureReason
            try verdict.add(
                .invalidSnapshotIdNotReady.naming(name, hint: "\(record.id) failed: \(reason)"))
        default:
            guard let disk,
                Values.previousGenerationCategories.contains(disk.disk.category),
                region.jobsByDisk.count(disk.id) > 0
            else { return }
            try verdict.add(
                .invalidSnapshotIdNotReady.naming(
                    name, hint: "Another snapshot of \(disk.id) is progressing: wait for it."))
        }
    }

    /// D-DataSnapshotAlone and B-ReleasedSystemDisk.
    private mutating func requireOrigin(
        _ record: SnapshotRecord, _ name: String, isAlone: Bool
    ) throws(Refusal) {
        if record.isOfReleasedSystemDisk {
            try verdict.add(
                .operationDenied403.naming(
                    name,
                    hint: """
                        It was taken of a system disk after its instance was released. One taken \
                        before can be used.
                        """))
        } else if isAlone && record.snapshot.sourceDiskType != "system" {
            try verdict.add(
                .operationDenied403.naming(
                    name,
                    hint: """
                        It is of a data disk: name it in DiskDeviceMapping, with DiskType system \
                        if it shall be the system disk.
                        """))
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
            marketplaceVersion: system.isFromMarketplace ? system.imageVersion : nil)
    }
}

// MARK: - From mappings

extension CreateImageRules {
    mutating func planFromMappings(_ region: Shared<Region>) throws(Refusal) -> Plan? {
        var snapshots: [SnapshotRecord?] = []
        var isWhole = true
        for (index, entry) in request.diskDeviceMapping.enumerated() {
            let snapshot = region.snapshots[entry.snapshotID]
            if snapshot == nil && !entry.snapshotID.isEmpty {
                try verdict.add(.invalidSnapshotIdNotFound.naming(Self.name(index, "SnapshotId")))
                isWhole = false
            }
            snapshots.append(snapshot)
        }
        let types = zip(request.diskDeviceMapping, snapshots).map { entry, snapshot in
            entry.diskType.isEmpty
                ? snapshot?.snapshot.sourceDiskType ?? "data" : entry.diskType
        }
        for (index, snapshot) in snapshots.enumerated() {
            guard let snapshot else { continue }
            try requireState(
                of: snapshot, Self.name(index, "SnapshotId"), isSystem: types[index] == "system",
                region)
        }
        // What the set is cannot be told while one of it is missing.
        guard isWhole else { return nil }
        let place = try systemPlace(types, snapshots)
        let dataCount = types.count { $0 == "data" }
        try verdict.require(
            dataCount <= limits.dataDisks || types.count > limits.mappings,
            .invalidParameter(
                "DiskDeviceMapping", hint: "At most \(limits.dataDisks) data disks."))
        try requireDevices(types)
        guard let place, let system = snapshots[place] else { return nil }
        let isConverted = system.snapshot.sourceDiskType != "system"
        if isConverted { try requireConversion(of: system, place) }
        let disks = try imageDisks(types, snapshots, system: system, region)
        return plan(of: disks, system: system, isConverted: isConverted)
    }

    private static func name(_ index: Int, _ field: String) -> String {
        "DiskDeviceMapping.\(index + 1).\(field)"
    }

    /// Where the one system disk is; it has a snapshot.
    private mutating func systemPlace(
        _ types: [String], _ snapshots: [SnapshotRecord?]
    ) throws(Refusal) -> Int? {
        let places = types.indices.filter { types[$0] == "system" }
        if places.count > 1 {
            try verdict.add(.twoSystemDisks.naming(Self.name(places[1], "DiskType")))
        } else if let place = places.first, snapshots[place] != nil {
            return place
        } else {
            try verdict.add(
                .operationDenied400.naming(
                    "DiskDeviceMapping", hint: "One entry must be a system disk with a snapshot."))
        }
        return nil
    }

    private mutating func requireDevices(_ types: [String]) throws(Refusal) {
        for (index, entry) in request.diskDeviceMapping.enumerated()
        where Device.isValid(entry.device) {
            try verdict.require(
                (types[index] == "system") == (entry.device == Device.system),
                .invalidDeviceMalformed.naming(
                    Self.name(index, "Device"),
                    hint: "/dev/xvda for the system disk, else /dev/xvdb to /dev/xvdz."))
        }
    }

    /// A data disk's snapshot becomes the system disk (D-Whitelist).
    private mutating func requireConversion(
        of system: SnapshotRecord, _ place: Int
    ) throws(Refusal) {
        try verdict.require(
            account.record.standing.dataDiskImageWhitelist ?? true,
            .userNotInTheWhiteList.naming(Self.name(place, "DiskType")))
        try verdict.require(
            system.snapshot.kmsKeyID.isEmpty || !system.snapshot.encrypted,
            .invalidParameterDiskType.naming(Self.name(place, "DiskType")))
    }

    private mutating func imageDisks(
        _ types: [String], _ snapshots: [SnapshotRecord?], system: SnapshotRecord,
        _ region: Shared<Region>
    ) throws(Refusal) -> [ImageDisk] {
        var taken = Set(request.diskDeviceMapping.map(\.device))
        let category = region.disks[system.snapshot.sourceDiskID]?.disk.category
        let empty = Values.sizes(isBasic: category == "cloud")
        var disks: [ImageDisk] = []
        for (index, entry) in request.diskDeviceMapping.enumerated() {
            var disk = ImageDisk()
            disk.snapshotID = entry.snapshotID
            disk.type = types[index]
            disk.encrypted = snapshots[index]?.snapshot.encrypted ?? false
            let least = snapshots[index].flatMap { Int32($0.snapshot.sourceDiskSize) }
            let category = region.disks[snapshots[index]?.snapshot.sourceDiskID ?? ""]?.disk
                .category
            let most = Values.sizes(isBasic: category == "cloud").upperBound
            let sizes = least.map { $0...max($0, most) } ?? empty
            let size = entry.size ?? least ?? empty.lowerBound
            // Outside of 1 to 32768 it has been refused by its syntax.
            try verdict.require(
                sizes.contains(size) || !(1...32768).contains(size),
                .invalidSizeValueNotSupported.naming(
                    Self.name(index, "Size"),
                    hint: "\(sizes.lowerBound) to \(sizes.upperBound) GiB."))
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
