/// The disk's first sector as a master boot record:
///
///     offset  bytes  field
///          0    440  boot code
///        440      6  disk signature
///        446     64  four entries of 16 bytes: flag (0x00 or 0x80), 3 bytes, type, 3 bytes,
///                    first sector (4, little-endian), sectors (4)
///        510      2  0x55 0xAA
struct MasterBootRecord {
    struct Entry {
        let flag: UInt8
        let type: UInt8
        let first: UInt64
        let count: UInt64

        var isExtended: Bool { PartitionType.mbr(type).isExtended && count > 0 }
    }

    let hasSignature: Bool
    /// Any byte of the boot code is not zero, and the signature is there that a BIOS asks for.
    let hasBootCode: Bool
    let entries: [Entry]

    init(_ sector: DiskBytes) {
        hasSignature = sector[510] == 0x55 && sector[511] == 0xaa
        hasBootCode = hasSignature && !sector.isZero(0..<440)
        entries = (0..<4).map { index in
            let offset = 446 + index * 16
            return Entry(
                flag: sector[offset], type: sector[offset + 4],
                first: UInt64(sector.little(offset + 8, as: UInt32.self)),
                count: UInt64(sector.little(offset + 12, as: UInt32.self)))
        }
    }

    /// Whether the entries can be a table at all: a file system's boot sector ends in the same
    /// two bytes, and often has code where a table would be.
    var isTable: Bool { hasSignature && entries.allSatisfy { $0.flag & 0x7f == 0 } }

    var protective: Entry? { entries.first { $0.type == 0xee } }

    /// Whether some partition could really be on a disk of `sectors`.
    func hasPossiblePartition(sectors: UInt64) -> Bool {
        entries.contains {
            $0.type != 0 && $0.first > 0 && $0.count > 0 && $0.first + $0.count <= sectors
        }
    }
}

extension PartitionTable {
    /// Reads an MBR's partitions, the logical ones too.
    init(_ record: MasterBootRecord, on disk: DiskView) throws(ReadFailure) {
        kind = .mbr
        for (index, entry) in record.entries.enumerated() where entry.type != 0 {
            partitions.append(
                Partition(
                    number: index + 1, type: .mbr(entry.type), first: entry.first,
                    count: entry.count))
        }
        for partition in partitions where partition.type.isExtended && partition.count > 0 {
            if let problem = try readLogical(partition, on: disk) {
                risks.append(DetectionRisk("PartitionTable.ExtendedChainBroken", .high, problem))
            }
        }
        if partitions.isEmpty {
            risks.append(DetectionRisk("PartitionTable.Empty", .high, "it has no partitions"))
        }
        if record.protective != nil {
            risks.append(
                DetectionRisk(
                    "PartitionTable.GptMissing", .high,
                    "an entry of type 0xee says that there is a GPT, and there is none"))
        }
    }

    /// Follows the chain of an extended partition: each of its boot records has a logical
    /// partition, relative to itself, and a link, relative to the extended partition.
    ///
    /// - Returns: why the chain could not be followed to its end; nil: it could.
    private mutating func readLogical(
        _ extended: Partition, on disk: DiskView
    ) throws(ReadFailure) -> String? {
        let container = extended.first..<extended.end
        var visited: Set<UInt64> = []
        var next = extended.first
        while true {
            guard container.contains(next) else {
                return "a link leads out of extended partition \(extended.number)"
            }
            guard visited.insert(next).inserted else {
                return "the links of extended partition \(extended.number) form a loop"
            }
            guard visited.count <= Self.partitionsMax else {
                return "extended partition \(extended.number) has more than "
                    + "\(Self.partitionsMax) logical ones"
            }
            let record = MasterBootRecord(try disk.bytes(at: next * 512, 512))
            guard record.isTable else {
                return "sector \(next), which extended partition \(extended.number) links to, "
                    + "is no boot record"
            }
            let two = record.entries.prefix(2)
            for entry in two where entry.type != 0 && entry.count > 0 && !entry.isExtended {
                let number = 5 + partitions.count { $0.isLogical }
                partitions.append(
                    Partition(
                        number: number, type: .mbr(entry.type), first: next + entry.first,
                        count: entry.count, container: container))
            }
            guard let link = two.first(where: \.isExtended) else { return nil }
            next = extended.first + link.first
        }
    }
}
