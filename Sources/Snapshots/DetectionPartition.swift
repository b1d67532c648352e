/// What a partition table says of one partition; nothing of it need be true.
struct Partition: Equatable {
    /// As Linux counts: the place in the table from 1, logical ones from 5.
    let number: Int
    let type: PartitionType
    /// The first sector of the disk, and how many.
    let first: UInt64
    let count: UInt64
    /// Logical: the sectors of the extended partition around it.
    var container: Range<UInt64>?

    var end: UInt64 { first.clampedSum(count) }
    var isLogical: Bool { container != nil }
}

enum PartitionType: Equatable {
    case mbr(UInt8)
    /// The GUID as text, in capitals.
    case gpt(String)

    static let efiSystem = "C12A7328-F81F-11D2-BA4B-00A0C93EC93B"
    static let biosBoot = "21686148-6449-6E6F-744E-656564454649"

    var isExtended: Bool { [.mbr(0x05), .mbr(0x0f), .mbr(0x85)].contains(self) }
    var isEFISystem: Bool { self == .gpt(Self.efiSystem) || self == .mbr(0xef) }
    var isBIOSBoot: Bool { self == .gpt(Self.biosBoot) }

    /// How people call it; the number or the GUID for one that is not widely used.
    var name: String {
        switch self {
        case .mbr(let type):
            return Self.mbrNames[type] ?? "type 0x" + String(type, radix: 16)
        case .gpt(let type):
            return Self.gptNames[type] ?? "type \(type)"
        }
    }

    private static let mbrNames: [UInt8: String] = [
        0x01: "FAT12", 0x04: "FAT16", 0x05: "extended", 0x06: "FAT16", 0x07: "NTFS or exFAT",
        0x0b: "FAT32", 0x0c: "FAT32", 0x0e: "FAT16", 0x0f: "extended", 0x82: "Linux swap",
        0x83: "Linux", 0x85: "extended", 0x8e: "Linux LVM", 0xee: "GPT protective",
        0xef: "EFI system", 0xfd: "Linux RAID",
    ]

    /// UEFI 2.10, 5.3.3; the Discoverable Partitions Specification; Microsoft's documentation of
    /// PARTITION_INFORMATION_GPT.
    private static let gptNames: [String: String] = [
        efiSystem: "EFI system",
        biosBoot: "BIOS boot",
        "0FC63DAF-8483-4772-8E79-3D69D8477DE4": "Linux",
        "0657FD6D-A4AB-43C4-84E5-0933C84B4F4F": "Linux swap",
        "E6D6D379-F507-44C2-A23C-238F2A3DF928": "Linux LVM",
        "A19D880F-05FC-4D3B-A006-743F0F84911E": "Linux RAID",
        "4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709": "Linux root (x86-64)",
        "B921B045-1DF0-41C3-AF44-4C6F280D3FAE": "Linux root (ARM64)",
        "44479540-F297-41B2-9AF7-D131D5F0458A": "Linux root (x86)",
        "BC13C2FF-59E6-4262-A352-B275FD6F7172": "Linux boot",
        "933AC7E1-2EB4-4F13-B844-0E14E2AEF915": "Linux home",
        "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7": "Microsoft basic data",
        "E3C9E316-0B5C-4DB8-817D-F92DF00215AE": "Microsoft reserved",
        "DE94BBA4-06D1-4D40-A16A-BFD50179D6AC": "Windows recovery",
    ]
}

/// What the disk's partition table is, and what of it is wrong.
struct PartitionTable {
    enum Kind: String {
        case none = "None"
        case mbr = "MBR"
        case gpt = "GPT"
    }

    /// How many logical partitions are followed, and how many of any kind are reported.
    static let partitionsMax = 128

    var kind = Kind.none
    var sectorBytes: UInt64 = 512
    var partitions: [Partition] = []
    /// GPT: the sectors that partitions may use.
    var usable: ClosedRange<UInt64>?
    var isHybrid = false
    var risks: [DetectionRisk] = []

    var summary: String {
        guard kind != .none else { return "None" }
        let count = partitions.count == 1 ? "1 partition" : "\(partitions.count) partitions"
        let sectors = kind == .gpt ? ", sectors of \(sectorBytes) bytes" : ""
        return "\(kind.rawValue)\(isHybrid ? " with a hybrid MBR" : "")\(sectors), \(count)"
    }

    /// What is wrong with each partition's place on the disk, by index.
    func partitionRisks(diskBytes: UInt64) -> [[DetectionRisk]] {
        let sectors = diskBytes / sectorBytes
        var risks = partitions.map { partition in
            var risks: [DetectionRisk] = []
            if partition.count == 0 {
                risks.append(
                    DetectionRisk("Partition.Empty", .medium, "it has no sectors"))
                return risks
            }
            if partition.end > sectors {
                risks.append(
                    DetectionRisk(
                        "Partition.OutsideDisk", .high,
                        "the disk has \(sectors) sectors and the partition ends at "
                            + "\(partition.end): the image is cut off, or the table is wrong"))
            }
            if let container = partition.container,
                partition.first < container.lowerBound || partition.end > container.upperBound
            {
                risks.append(
                    DetectionRisk(
                        "Partition.OutsideExtended", .medium,
                        "it is not inside its extended partition"))
            }
            // What ends beyond the disk is told as that.
            let isBefore = partition.first < usable?.lowerBound ?? 1
            let isBehind = usable.map { partition.end - 1 > $0.upperBound } ?? false
            if isBefore || isBehind && partition.end <= sectors {
                risks.append(
                    DetectionRisk(
                        "Partition.OverlapsTable", .high,
                        "it covers sectors that belong to the partition table"))
            }
            return risks
        }
        // An extended partition holds its logical ones, so these are compared with each other.
        for isLogical in [false, true] {
            let group = partitions.indices
                .filter { partitions[$0].isLogical == isLogical && partitions[$0].count > 0 }
                .sorted { partitions[$0].first < partitions[$1].first }
            var widest = group.first
            for index in group.dropFirst() {
                guard let before = widest else { break }
                if partitions[index].first < partitions[before].end {
                    risks[index].append(
                        DetectionRisk(
                            "Partition.Overlap", .high,
                            "it overlaps partition \(partitions[before].number)"))
                }
                if partitions[index].end > partitions[before].end { widest = index }
            }
        }
        return risks
    }
}
