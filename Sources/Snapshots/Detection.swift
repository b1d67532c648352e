import System

/// One result of the check of an image, as ECS's `DetectionOptions.Items.Item` has them.
public struct DetectionFinding: Sendable, Equatable {
    public let name: String
    /// What was found; with a risk also what is wrong with it.
    public let value: String
    /// Empty: there is no risk.
    public let riskCode: String
    /// "High": instances may not start. "Medium": starting or a repair may suffer. "Low": worth
    /// knowing; this one ECS does not have. Empty: there is no risk.
    public let riskLevel: String

    public init(name: String, value: String, riskCode: String = "", riskLevel: String = "") {
        self.name = name
        self.value = value
        self.riskCode = riskCode
        self.riskLevel = riskLevel
    }
}

extension SnapshotStore {
    /// Checks the disk of a snapshot: whether it is one that a machine can start from, told from
    /// its bytes (CreateImage's `DetectionStrategy=Standard`). Reads a small part of the disk.
    ///
    /// Names begin with `GUESTOS.`, as those of ECS's image check do. It has SystemImage, BootMode
    /// and Architecture; the other names are ours, and so are the codes: DescribeImages documents
    /// their form (`NVMe.NotInstallded`) and no list. The items, in this order, what their value
    /// tells, and their risks:
    ///
    /// - `SystemImage`: Valid, Empty, or what the disk is instead.
    ///   High: `SystemImage.Empty`, `.Iso`, `.ForeignFormat`, `.Unrecognized`
    /// - `PartitionTable`: None, MBR or GPT, and how many partitions.
    ///   High: `PartitionTable.Damaged` (both headers), `.PrimaryDamaged`, `.Truncated`,
    ///   `.ProtectiveMbrMissing`, `.ProtectiveMbrWrong` (its place), `.GptMissing`,
    ///   `.ExtendedChainBroken`, `.Empty`.
    ///   Medium: `.BackupMissing`, `.BackupDamaged`, `.BackupDiffers`, `.GptIgnored`,
    ///   `.SectorSize` (4096), `.TooMany`.
    ///   Low: `.BackupNotAtEnd`, `.HybridMbr`, `.ProtectiveMbrWrong` (its size), `.Missing`
    /// - `Partition.<n>`: its type, bytes and place; n is the number that Linux gives it.
    ///   High: `Partition.OutsideDisk`, `.Overlap`, `.OverlapsTable`.
    ///   Medium: `.OutsideExtended`, `.Empty`
    /// - `FileSystem.<n>`, of a disk without partitions `FileSystem`: its kind and bytes; left out
    ///   where none is known. High: `FileSystem.TooLarge`. Medium: `FileSystem.Damaged`
    /// - `BootCode`: whether the first sector has some: Present or Absent. What the code does is
    ///   not known; FAT's says as often as not that the disk does not start.
    /// - `EfiSystemPartition`: None, or for each its number, file system and loaders.
    ///   For UEFI High, for UEFI-Preferred Medium: `EfiSystemPartition.NotFat`, `.LoaderMissing`
    /// - `BootMode`: LEGACY and UEFI, as far as the disk has what they need, or None.
    ///   High: `BootMode.BiosNotSupported`, `.UefiNotSupported`, `.NotBootable`
    /// - `Architecture`: that of the loaders in `\EFI\BOOT`; left out without any.
    ///   For UEFI High, else Medium: `Architecture.Mismatch`
    ///
    /// An item has one finding, and with several risks one for each, under the same name. Of an
    /// empty disk only SystemImage is told. What ECS checks inside of file systems (fstab, drivers,
    /// cloud-init) is not looked at.
    ///
    /// - Parameters:
    ///   - number: the snapshot's manifest.
    ///   - bootMode: `BIOS`, `UEFI` or `UEFI-Preferred`: what the image is meant for. Another
    ///     text asks for nothing.
    ///   - architecture: `i386`, `x86_64` or `arm64`, likewise.
    /// - Returns: at least one finding and at most a few hundred, whatever the bytes are.
    /// - Throws: ``ReadFailure`` when a cluster that the check needs is damaged or out of reach.
    public func detect(
        manifest number: UInt64, bootMode: String, architecture: String
    ) throws(ReadFailure) -> [DetectionFinding] {
        let snapshot = try openSnapshot(number)
        let header = snapshot.manifest.header
        let disk = DiskView(byteCount: header.diskBytes) { offset, buffer throws(ReadFailure) in
            try snapshot.read(at: offset, into: buffer)
        }
        return try Detection(
            disk: disk, isEmpty: header.storedClusterCount == 0, bootMode: bootMode,
            architecture: architecture
        ).findings()
    }
}

/// Something that may keep a machine from starting.
struct DetectionRisk: Equatable {
    enum Level: String {
        case high = "High"
        case medium = "Medium"
        case low = "Low"
    }

    let code: String
    let level: Level
    /// What is wrong, as the end of a sentence that begins with the item's value and a colon.
    let reason: String

    init(_ code: String, _ level: Level, _ reason: String) {
        self.code = code
        self.level = level
        self.reason = reason
    }
}

/// The check itself, of any disk's bytes.
struct Detection {
    let disk: DiskView
    /// Whether the disk has no byte but zeros.
    let isEmpty: Bool
    let bootMode: String
    let architecture: String

    /// The loaders that UEFI looks for on a disk it knows nothing of, by architecture (UEFI 2.10,
    /// 3.5.1.1).
    private static let loaders: [(file: StaticString, text: String, architecture: String)] = [
        ("BOOTX64 EFI", "BOOTX64.EFI", "x86_64"), ("BOOTAA64EFI", "BOOTAA64.EFI", "arm64"),
        ("BOOTIA32EFI", "BOOTIA32.EFI", "i386"),
    ]

    /// How many EFI system partitions are searched: a disk may claim any number.
    private static let loaderPlacesMax = 8

    /// A FAT that firmware may start from, and which of `loaders` it has.
    private struct LoaderPlace {
        /// nil: the whole disk.
        let partition: Int?
        /// nil: it is none.
        let fat: String?
        let found: [Int]
    }

    func findings() throws(ReadFailure) -> [DetectionFinding] {
        if isEmpty {
            return item(
                "SystemImage", "Empty",
                [DetectionRisk("SystemImage.Empty", .high, "the disk has no data at all")])
        }
        let record = MasterBootRecord(try disk.bytes(at: 0, 512))
        let whole = try FileSystem.find(in: disk)
        let table = try PartitionTable.read(disk, record, whole: whole)
        let partitions = try self.partitions(table)
        let hasVolume = table.kind == .none && whole != nil

        var findings = try systemImage(table, record, hasVolume)
        var risks = table.risks
        if hasVolume {
            risks.append(
                DetectionRisk("PartitionTable.Missing", .low, "the whole disk is one file system"))
        }
        if table.partitions.count > PartitionTable.partitionsMax {
            let count = PartitionTable.partitionsMax
            risks.append(
                DetectionRisk(
                    "PartitionTable.TooMany", .medium, "only the first \(count) were looked at"))
        }
        findings += item("PartitionTable", table.summary, risks)
        findings += partitions.findings
        if table.kind == .none, let whole {
            findings += fileSystem("FileSystem", whole, within: disk.byteCount, disk.byteCount)
        }
        findings += item("BootCode", record.hasBootCode ? "Present" : "Absent", [])
        var places = partitions.places
        if table.kind == .none, let fat = whole?.fat {
            let found = try fat.loaders(Self.loaders.map(\.file), in: disk)
            if !found.isEmpty {
                places.append(LoaderPlace(partition: nil, fat: fat.name, found: found))
            }
        }
        return findings + boot(table, record, places)
    }

    /// An item's findings: one, and with more than one risk as many.
    private func item(
        _ name: String, _ value: String, _ risks: [DetectionRisk]
    ) -> [DetectionFinding] {
        if risks.isEmpty { return [DetectionFinding(name: "GUESTOS.\(name)", value: value)] }
        return risks.map { risk in
            DetectionFinding(
                name: "GUESTOS.\(name)", value: "\(value): \(risk.reason)", riskCode: risk.code,
                riskLevel: risk.level.rawValue)
        }
    }

    // MARK: The disk

    private func systemImage(
        _ table: PartitionTable, _ record: MasterBootRecord, _ hasVolume: Bool
    ) throws(ReadFailure) -> [DetectionFinding] {
        let tailBytes = UInt64(ForeignFormat.tailBytes)
        let head = try disk.bytes(at: 0, ForeignFormat.headBytes)
        let tail = try disk.part(at: disk.byteCount - min(disk.byteCount, tailBytes), tailBytes)
            .bytes(at: 0, ForeignFormat.tailBytes)
        if let format = ForeignFormat(head: head.raw, tail: tail.raw) {
            return item(
                "SystemImage", format.name,
                [
                    DetectionRisk(
                        "SystemImage.ForeignFormat", .high,
                        "the bytes are an image file of that format, not a disk's")
                ])
        }
        // Behind a table there may be an old one; that of a CD lies in or before a partition.
        let isInFront = table.partitions.allSatisfy {
            $0.first.clampedProduct(table.sectorBytes) > 34 << 10
        }
        if try FileSystem.isISO9660(disk), table.partitions.isEmpty || !isInFront {
            return item(
                "SystemImage", FileSystem.isoName,
                [
                    DetectionRisk(
                        "SystemImage.Iso", .high,
                        "the disk is the image of a CD: install from it to another disk")
                ])
        }
        guard table.kind == .none, !hasVolume, !record.hasBootCode else {
            return item("SystemImage", "Valid", [])
        }
        return item(
            "SystemImage", "Unrecognized",
            [
                DetectionRisk(
                    "SystemImage.Unrecognized", .high,
                    "it has neither partitions nor a known file system nor boot code")
            ])
    }

    // MARK: Partitions

    private func partitions(
        _ table: PartitionTable
    ) throws(ReadFailure) -> (findings: [DetectionFinding], places: [LoaderPlace]) {
        let risks = table.partitionRisks(diskBytes: disk.byteCount)
        var findings: [DetectionFinding] = []
        var places: [LoaderPlace] = []
        for (partition, risks) in zip(table.partitions, risks).prefix(PartitionTable.partitionsMax)
        {
            let start = partition.first.clampedProduct(table.sectorBytes)
            let byteCount = partition.count.clampedProduct(table.sectorBytes)
            let place =
                byteCount == 0 ? "0 bytes at \(start)" : "\(byteCount) bytes at \(start)"
            let name = "Partition.\(partition.number)"
            findings += item(name, "\(partition.type.name), \(place)", risks)
            if partition.type.isExtended { continue }
            let view = disk.part(at: start, byteCount)
            let found = try FileSystem.find(in: view)
            if let found {
                findings += fileSystem(
                    "FileSystem.\(partition.number)", found, within: byteCount, view.byteCount)
            }
            if partition.type.isEFISystem, places.count < Self.loaderPlacesMax {
                places.append(
                    LoaderPlace(
                        partition: partition.number, fat: found?.fat?.name,
                        found: try found?.fat?.loaders(Self.loaders.map(\.file), in: view) ?? []))
            }
        }
        return (findings, places)
    }

    /// `byteCount`: what the partition has by the table; `present`: what of it is on the disk.
    private func fileSystem(
        _ name: String, _ found: FileSystem, within byteCount: UInt64, _ present: UInt64
    ) -> [DetectionFinding] {
        var risks: [DetectionRisk] = []
        if let problem = found.problem {
            risks.append(DetectionRisk("FileSystem.Damaged", .medium, problem))
        }
        if let size = found.byteCount, size > min(byteCount, present) {
            let room =
                present < byteCount
                ? "only \(present) bytes of its partition are on the disk"
                : "there is room for \(byteCount)"
            risks.append(
                DetectionRisk("FileSystem.TooLarge", .high, "\(room): the image is cut off"))
        }
        let size = found.byteCount.map { ", \($0) bytes" } ?? ""
        return item(name, found.name + size, risks)
    }

    // MARK: Starting

    private func boot(
        _ table: PartitionTable, _ record: MasterBootRecord, _ places: [LoaderPlace]
    ) -> [DetectionFinding] {
        let hasBIOS =
            record.hasBootCode
            || table.kind == .gpt && table.partitions.contains { $0.type.isBIOSBoot }
        let hasUEFI = places.contains { $0.fat != nil }
        var findings = efiSystemPartition(places)

        var risks: [DetectionRisk] = []
        switch bootMode {
        case "BIOS" where !hasBIOS:
            risks.append(
                DetectionRisk(
                    "BootMode.BiosNotSupported", .high,
                    "BIOS needs boot code in the first sector, or a BIOS boot partition"))
        case "UEFI" where !hasUEFI:
            risks.append(
                DetectionRisk(
                    "BootMode.UefiNotSupported", .high,
                    "UEFI needs an EFI system partition with a FAT file system"))
        case "UEFI-Preferred" where !hasBIOS && !hasUEFI:
            risks.append(
                DetectionRisk(
                    "BootMode.NotBootable", .high,
                    "it has neither boot code nor an EFI system partition"))
        default: break
        }
        let modes = [hasBIOS ? "LEGACY" : nil, hasUEFI ? "UEFI" : nil].compactMap { $0 }
        findings += item(
            "BootMode", modes.isEmpty ? "None" : modes.joined(separator: ", "), risks)

        let found = Set(places.flatMap(\.found)).sorted().map { Self.loaders[$0].architecture }
        if found.isEmpty { return findings }
        risks = []
        if Self.loaders.contains(where: { $0.architecture == architecture }),
            !found.contains(architecture)
        {
            risks.append(
                DetectionRisk(
                    "Architecture.Mismatch", bootMode == "UEFI" ? .high : .medium,
                    "there is no UEFI loader for \(architecture)"))
        }
        return findings + item("Architecture", found.joined(separator: ", "), risks)
    }

    private func efiSystemPartition(_ places: [LoaderPlace]) -> [DetectionFinding] {
        if places.isEmpty { return item("EfiSystemPartition", "None", []) }
        let texts = places.map { place in
            let name = place.partition.map { "partition \($0)" } ?? "the whole disk"
            let files = place.found.map { "\\EFI\\BOOT\\\(Self.loaders[$0].text)" }
            return ([name, place.fat ?? "no FAT"] + files).joined(separator: ", ")
        }
        // One partition that a machine starts from is enough.
        let level: DetectionRisk.Level? =
            switch bootMode {
            case "UEFI": .high
            case "UEFI-Preferred": .medium
            default: nil
            }
        var risks: [DetectionRisk] = []
        if let level {
            if places.allSatisfy({ $0.fat == nil }) {
                risks.append(
                    DetectionRisk(
                        "EfiSystemPartition.NotFat", level, "UEFI reads no other file system"))
            } else if places.allSatisfy({ $0.found.isEmpty }) {
                risks.append(
                    DetectionRisk(
                        "EfiSystemPartition.LoaderMissing", level,
                        "a new machine starts \\EFI\\BOOT\\BOOT*.EFI, and there is none"))
            }
        }
        return item("EfiSystemPartition", texts.joined(separator: "; "), risks)
    }
}
