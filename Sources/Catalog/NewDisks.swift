import ECS

/// A disk in the making: what RunInstances, CreateDisk and ReplaceSystemDisk have in common. One
/// of a snapshot with a real file's bytes gets a file of its own; every other is simulated.
struct NewDisk {
    static let defaultCategory = "cloud_essd"

    /// What a snapshot has stored of a real file.
    struct Bytes: Equatable {
        let manifest: Int64
        let count: Int64
        /// What the snapshot says of its disk's size, GiB: as the disk was registered.
        let sourceSize: Int32

        /// In whole GiB, rounded up.
        var size: Int32 { Int32(clamping: (count - 1) >> 30 + 1) }
    }

    var type = "data"
    var category = Self.defaultCategory
    /// GiB.
    var size: Int32 = 0
    var snapshotID = ""
    /// Of a system disk.
    var imageID = ""
    var name = ""
    var description = ""
    var device = ""
    var encrypted = false
    var kmsKeyID = ""
    var deleteWithInstance = true
    /// Nil: the disk is simulated.
    var bytes: Bytes?
    /// Whether the size was asked for, or is what an image says beyond its snapshot: the file has
    /// it then. Else it is as large as what it is made of.
    var isSizeGiven = false
    /// Where the file is to be made, and the parameter that says so.
    var path = ""
    var pathParameter = ""

    /// The file that it needs.
    var order: FileOrder? {
        bytes.map { bytes in
            let given = isSizeGiven ? Int64(size) << 30 : 0
            return FileOrder(
                manifest: bytes.manifest, sizeBytes: max(bytes.count, given), path: path,
                parameter: pathParameter)
        }
    }

    /// What a snapshot hands on. A disk made of an encrypted one is encrypted, whatever is asked.
    mutating func take(_ snapshot: SnapshotRecord) {
        snapshotID = snapshot.id
        bytes = snapshot.bytes
        if !snapshot.snapshot.encrypted { return }
        encrypted = true
        if kmsKeyID.isEmpty { kmsKeyID = snapshot.snapshot.kmsKeyID }
    }

    /// The system disk that an image makes.
    ///
    /// - Parameters:
    ///   - region: where the image's snapshots are: another account's, if it is shared.
    ///   - own: the region that gets the disk.
    static func system(
        of image: ImageRecord, _ region: Shared<Region>, own: Shared<Region>
    ) -> NewDisk {
        var disk = NewDisk()
        disk.type = "system"
        disk.imageID = image.id
        disk.device = Device.system
        let mapping = image.image.diskDeviceMappings.first { $0.type == "system" }
        disk.size = mapping.flatMap { Int32($0.size) } ?? image.image.size
        disk.take(mapping, region, own: own)
        disk.keepSizeOfImage()
        return disk
    }

    /// The data disks that an image makes.
    static func data(
        of image: ImageRecord, _ region: Shared<Region>, own: Shared<Region>
    ) -> [NewDisk] {
        image.image.diskDeviceMappings.filter { $0.type != "system" }.map { mapping in
            var disk = NewDisk()
            disk.device = mapping.device
            disk.size = Int32(mapping.size) ?? Values.sizes(isBasic: false).lowerBound
            disk.take(mapping, region, own: own)
            disk.keepSizeOfImage()
            return disk
        }
    }

    /// A snapshot that its owner alone has is not named: nobody else can look it up, and to them it
    /// would be missing (E-InvalidSystemSnapshot.Missing).
    private mutating func take(
        _ mapping: ImageDisk?, _ region: Shared<Region>, own: Shared<Region>
    ) {
        guard let mapping else { return }
        encrypted = mapping.encrypted
        if let snapshot = region.snapshots[mapping.snapshotID] { take(snapshot) }
        if own.snapshots[mapping.snapshotID] == nil { snapshotID = "" }
    }

    /// A disk of an image may be larger than the snapshot it begins with, because the image was
    /// asked to be.
    private mutating func keepSizeOfImage() {
        guard let bytes else { return }
        isSizeGiven = size > max(bytes.size, bytes.sourceSize)
        if !isSizeGiven { size = bytes.size }
    }

    /// Its record: In_use on `instance`, or Available if there is none.
    func record(
        zoneID: String, groupID: String, tags: [Tag], on instance: InstanceRecord?,
        _ draft: inout Draft
    ) -> DiskRecord {
        var record = DiskRecord()
        record.number = draft.number()
        record.disk.diskID = draft.ids.id("d-")
        record.disk.diskName = name
        record.disk.description = description
        record.disk.type = type
        record.disk.status = "Available"
        record.disk.category = category
        record.disk.size = size
        record.disk.imageID = imageID
        record.disk.sourceSnapshotID = snapshotID
        record.disk.deleteWithInstance = deleteWithInstance
        record.disk.encrypted = encrypted
        record.disk.kmsKeyID = kmsKeyID
        record.disk.portable = !Values.localCategories.contains(category)
        record.disk.regionID = draft.regionID
        record.disk.zoneID = zoneID
        record.disk.creationTime = draft.time
        record.disk.tags = tags
        record.disk.resourceGroupID = groupID
        if let instance { record.attach(to: instance, device, draft.time) }
        return record
    }
}

/// What is wrong with a disk that is to be made.
extension NewDisk {
    /// Of the snapshot that a disk is to be made of.
    static func sourceError(_ snapshot: SnapshotRecord, _ parameter: String) -> ECSError? {
        if snapshot.snapshot.status == "accomplished" { return nil }
        return .invalidSnapshotIdNotReadyForDisk.naming(
            parameter, hint: "\(snapshot.id) is \(snapshot.snapshot.status).")
    }

    /// The least size of a disk of the snapshot that it has taken, GiB.
    func leastSize(of snapshot: SnapshotRecord, _ fallback: Int32) -> Int32 {
        bytes?.size ?? Int32(snapshot.snapshot.sourceDiskSize) ?? fallback
    }

    /// That a disk without a file has no path.
    func pathError() -> ECSError? {
        if path.isEmpty || bytes != nil { return nil }
        return .invalidParameter(
            pathParameter,
            hint: """
                The disk has no file: it is simulated, as every disk is that is not made of a \
                real file's bytes. Leave the path out.
                """)
    }

    /// - Parameter least: of the snapshot or the image that it is made of, GiB.
    func sizeError(_ parameter: String, least: Int32) -> ECSError? {
        let most = max(least, Values.sizes(isBasic: category == "cloud").upperBound)
        if (least...most).contains(size) { return nil }
        return .invalidParameter(parameter, hint: "\(least) to \(most) GiB.")
    }

    func keyError(_ account: Account, _ parameter: String) -> ECSError? {
        account.keyError(isEncrypted: encrypted, kmsKeyID)?.naming(parameter)
    }

    /// A system disk has at least its image's size and 20 GiB; unless it is said, 40 at least. One
    /// of real bytes has its image's size, whatever that is.
    mutating func setSystemSize(_ wanted: Int32?) -> ECSError? {
        if bytes != nil {
            let least = size
            isSizeGiven = isSizeGiven || wanted != nil
            size = wanted ?? size
            return sizeError("SystemDisk.Size", least: least)
        }
        let least = max(size, 20)
        size = wanted ?? max(size, 40)
        return sizeError("SystemDisk.Size", least: least)
    }
}

extension ImageRecord {
    /// Whether disks can be made of it: why not.
    func usageError(_ region: Shared<Region>, _ parameter: String) -> ECSError? {
        if !["Available", "Deprecated"].contains(image.status) {
            return .incorrectImageStatus.naming(
                parameter, hint: "\(id) is \(image.status); Available or Deprecated is right.")
        }
        for disk in image.diskDeviceMappings {
            // A fixture may have made it Available.
            if let snapshot = region.snapshots[disk.snapshotID], snapshot.isReal,
                snapshot.manifest == 0
            {
                return .incorrectImageStatus.naming(
                    parameter,
                    hint: "Its snapshot \(snapshot.id) is \(snapshot.snapshot.status).")
            }
        }
        return nil
    }
}

extension SnapshotRecord {
    /// What is stored of it; nil: it is simulated, or not accomplished.
    var bytes: NewDisk.Bytes? {
        guard isReal, manifest > 0, snapshot.sizeBytes > 0 else { return nil }
        return NewDisk.Bytes(
            manifest: manifest, count: snapshot.sizeBytes,
            sourceSize: Int32(snapshot.sourceDiskSize) ?? 0)
    }
}

extension DiskRecord {
    mutating func attach(to instance: InstanceRecord, _ device: String, _ time: String) {
        disk.status = "In_use"
        disk.instanceID = instance.id
        disk.device = device
        disk.attachedTime = time
        // The system disk goes with its instance; DetachDisk takes it from a Stopped one.
        if disk.type == "system" { disk.portable = false }
    }

    mutating func detach(_ time: String) {
        disk.status = "Available"
        disk.instanceID = ""
        disk.device = ""
        disk.detachedTime = time
        disk.portable = true
    }
}

extension InstanceRecord {
    /// What an instance has of its image, as that is now (B-Imds, B-Marketplace).
    mutating func take(_ record: ImageRecord) {
        instance.imageID = record.id
        platform = record.image.platform
        architecture = record.image.architecture
        bootMode = record.image.bootMode
        imageVersion = record.image.imageVersion
        isFromMarketplace = record.isFromMarketplace
        imdsSupport = record.image.features?.imdsSupport ?? ""
    }
}
