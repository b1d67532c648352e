/// A GUID partition table (UEFI 2.10, 5.3): a header in the disk's second sector and another in
/// its last, each with an array of entries.
///
///     offset  bytes  field of a header
///          0      8  "EFI PART"
///         12      4  header bytes, at least 92
///         16      4  CRC-32 of the header, with zeros in these four bytes
///         24      8  the sector of this header
///         32      8  the sector of the other header
///         40      8  first and
///         48      8  last sector that partitions may use
///         56     16  the disk's GUID
///         72      8  first sector of the entries
///         80      4  how many entries
///         84      4  bytes of an entry
///         88      4  CRC-32 of all entries
///
/// An entry: type GUID (16 bytes, zeros: unused), GUID (16), first sector (8), last sector (8),
/// attributes (8), name.
struct GPTHeader: Equatable {
    static let entriesMax: UInt32 = 4096
    static let entryBytesMax: UInt32 = 4096

    var place: UInt64
    var otherPlace: UInt64
    let firstUsable: UInt64
    let lastUsable: UInt64
    let diskGUID: String
    var entriesStart: UInt64
    let entryCount: UInt32
    let entryBytes: UInt32
    let entriesCRC: UInt32

    /// The header that must be at the disk's other end.
    func agrees(with other: GPTHeader) -> Bool {
        var mirrored = other
        (mirrored.place, mirrored.otherPlace) = (other.otherPlace, other.place)
        mirrored.entriesStart = entriesStart
        return mirrored == self
    }

    /// How a GUID is written: the first three of its parts are little-endian.
    static func guid(_ bytes: DiskBytes, at offset: Int) -> String {
        func hex(_ places: [Int]) -> String {
            places.map { place in
                let text = String(bytes[offset + place], radix: 16, uppercase: true)
                return text.count == 1 ? "0" + text : text
            }.joined()
        }
        return [[3, 2, 1, 0], [5, 4], [7, 6], [8, 9], [10, 11, 12, 13, 14, 15]].map(hex)
            .joined(separator: "-")
    }
}

/// What is where a header should be.
enum GPTCopy {
    case absent
    /// It has the signature, and this is wrong.
    case damaged(String)
    case valid(GPTHeader, [Partition])

    /// Reads and judges the header in `sector` with its entries.
    init(_ disk: DiskView, sector: UInt64, sectorBytes: UInt64) throws(ReadFailure) {
        // The sectors before a disk's second and after its last hold no header.
        guard sector > 0, sector < disk.byteCount / sectorBytes else {
            self = .absent
            return
        }
        let bytes = try disk.bytes(at: sector * sectorBytes, 4096)
        guard bytes.has("EFI PART", at: 0) else {
            self = .absent
            return
        }
        let header = GPTHeader(
            place: bytes.little(24), otherPlace: bytes.little(32), firstUsable: bytes.little(40),
            lastUsable: bytes.little(48), diskGUID: GPTHeader.guid(bytes, at: 56),
            entriesStart: bytes.little(72), entryCount: bytes.little(80),
            entryBytes: bytes.little(84), entriesCRC: bytes.little(88))
        if let problem = Self.problem(header, bytes, sector, sectorBytes) {
            self = .damaged(problem)
            return
        }
        let (partitions, crc) = try Self.entries(header, disk, sectorBytes)
        self =
            crc == header.entriesCRC
            ? .valid(header, partitions) : .damaged("its entries do not match their CRC")
    }

    /// What is wrong with the header's own bytes; nil: its numbers can be worked with.
    private static func problem(
        _ header: GPTHeader, _ bytes: DiskBytes, _ sector: UInt64, _ sectorBytes: UInt64
    ) -> String? {
        let headerBytes: UInt32 = bytes.little(12)
        guard headerBytes >= 92, UInt64(headerBytes) <= sectorBytes else {
            return "it says that it has \(headerBytes) bytes"
        }
        var crc = CRC32()
        for index in 0..<Int(headerBytes) { crc.add(16..<20 ~= index ? 0 : bytes[index]) }
        guard crc.value == bytes.little(16) else { return "it does not match its CRC" }
        guard header.place == sector else { return "it says that it is sector \(header.place)" }
        guard 1...GPTHeader.entriesMax ~= header.entryCount,
            128...GPTHeader.entryBytesMax ~= header.entryBytes,
            header.entryBytes.nonzeroBitCount == 1
        else {
            return "it has \(header.entryCount) entries of \(header.entryBytes) bytes each"
        }
        let entries = UInt64(header.entryCount) * UInt64(header.entryBytes)
        let end = header.entriesStart.clampedSum((entries + sectorBytes - 1) / sectorBytes)
        let isBehind = header.entriesStart > header.lastUsable
        guard header.firstUsable <= header.lastUsable,
            header.entriesStart > 1, end <= header.firstUsable || isBehind
        else {
            return "its sectors for partitions and its sectors for entries overlap"
        }
        return nil
    }

    /// The partitions, and the CRC of the bytes they were read from; a piece at a time.
    private static func entries(
        _ header: GPTHeader, _ disk: DiskView, _ sectorBytes: UInt64
    ) throws(ReadFailure) -> ([Partition], UInt32) {
        let start = header.entriesStart.clampedProduct(sectorBytes)
        let all = Int(header.entryCount) * Int(header.entryBytes)
        var partitions: [Partition] = []
        var crc = CRC32()
        // Beyond the disk there is nothing to read, and nothing that could match the CRC.
        guard start.clampedSum(UInt64(all)) <= disk.byteCount else {
            return ([], ~header.entriesCRC)
        }
        // A piece holds whole entries: their size is a power of two and not above its own.
        for offset in stride(from: 0, to: all, by: 32 << 10) {
            let piece = try disk.bytes(at: start + UInt64(offset), min(32 << 10, all - offset))
            for byte in piece.raw { crc.add(byte) }
            for entry in stride(from: 0, to: piece.count, by: Int(header.entryBytes))
            where !piece.isZero(entry..<entry + 16) {
                let first: UInt64 = piece.little(entry + 32)
                let last: UInt64 = piece.little(entry + 40)
                partitions.append(
                    Partition(
                        number: (offset + entry) / Int(header.entryBytes) + 1,
                        type: .gpt(GPTHeader.guid(piece, at: entry)), first: first,
                        count: last >= first ? (last - first).clampedSum(1) : 0))
            }
        }
        return (partitions, crc.value)
    }
}

/// Both headers of a disk, read with one size of sectors.
private struct GPTCopies {
    let sectorBytes: UInt64
    let primary: GPTCopy
    let backup: GPTCopy

    /// How much of a table they are; 0: nothing.
    private var rank: Int {
        switch (primary, backup) {
        case (.valid, _): 4
        case (_, .valid): 3
        case (.damaged, _): 2
        case (_, .damaged): 1
        default: 0
        }
    }

    /// The copies with the sectors of which there are the better ones; nil: there is no header.
    static func find(on disk: DiskView) throws(ReadFailure) -> GPTCopies? {
        var best: GPTCopies?
        for sectorBytes in [512, 4096] as [UInt64] where disk.byteCount >= 3 * sectorBytes {
            let last = disk.byteCount / sectorBytes - 1
            let copies = GPTCopies(
                sectorBytes: sectorBytes,
                primary: try GPTCopy(disk, sector: 1, sectorBytes: sectorBytes),
                backup: try GPTCopy(disk, sector: last, sectorBytes: sectorBytes))
            if copies.rank > best?.rank ?? 0 { best = copies }
        }
        return best
    }
}

extension PartitionTable {
    /// Reads the disk's table, of whichever kind. `record` is what the first sector has, `whole`
    /// the file system that seems to be on the whole disk.
    static func read(
        _ disk: DiskView, _ record: MasterBootRecord, whole: FileSystem?
    ) throws(ReadFailure) -> PartitionTable {
        let isPossible =
            record.isTable && record.hasPossiblePartition(sectors: disk.byteCount / 512)
        let copies = try GPTCopies.find(on: disk)
        // Old headers stay behind where a disk got another table since: an MBR that is used and
        // does not announce a GPT goes before one.
        if let copies, !isPossible || record.protective != nil {
            return try PartitionTable(copies, on: disk, record)
        }
        // The boot sector of a file system on the whole disk ends as a table does.
        guard record.isTable, whole == nil || isPossible else { return PartitionTable() }
        var table = try PartitionTable(record, on: disk)
        if case .valid? = copies?.primary {
            table.risks.append(
                DetectionRisk(
                    "PartitionTable.GptIgnored", .medium,
                    "there is a GPT too, which no entry of type 0xee announces"))
        }
        return table
    }

    private init(
        _ best: GPTCopies, on disk: DiskView, _ record: MasterBootRecord
    ) throws(ReadFailure) {
        kind = .gpt
        sectorBytes = best.sectorBytes
        let last = disk.byteCount / sectorBytes - 1
        judgeProtection(record, lastSector: last)
        if sectorBytes != 512 {
            risks.append(
                DetectionRisk(
                    "PartitionTable.SectorSize", .medium,
                    "a machine whose disks have sectors of 512 bytes does not find it"))
        }
        switch (best.primary, best.backup) {
        case (.valid(let header, let found), let backup):
            take(header, found, lastSector: last)
            try judgeBackup(of: header, backup, lastSector: last, on: disk)
        case (let primary, .valid(let header, let found)):
            take(header, found, lastSector: last)
            risks.append(
                DetectionRisk(
                    "PartitionTable.PrimaryDamaged", .high,
                    "only the backup in the last sector is left: \(Self.state(primary))"))
        case (let primary, let backup):
            risks.append(
                DetectionRisk(
                    "PartitionTable.Damaged", .high,
                    "both headers are lost: of the first, \(Self.state(primary)); "
                        + "of the backup, \(Self.state(backup))"))
        }
    }

    private static func state(_ copy: GPTCopy) -> String {
        switch copy {
        case .absent: "there is no header"
        case .damaged(let problem): problem
        case .valid: "nothing is wrong"
        }
    }

    private mutating func take(_ header: GPTHeader, _ found: [Partition], lastSector: UInt64) {
        partitions = found
        usable = header.firstUsable...header.lastUsable
        if found.isEmpty {
            risks.append(DetectionRisk("PartitionTable.Empty", .high, "it has no partitions"))
        }
        if header.lastUsable > lastSector || max(header.place, header.otherPlace) > lastSector {
            risks.append(
                DetectionRisk(
                    "PartitionTable.Truncated", .high,
                    "it was made for a disk that ends at sector "
                        + "\(max(header.lastUsable, header.place, header.otherPlace)), and this "
                        + "one ends at \(lastSector): the image is cut off"))
        }
    }

    private mutating func judgeProtection(_ record: MasterBootRecord, lastSector: UInt64) {
        guard record.isTable, let protective = record.protective else {
            risks.append(
                DetectionRisk(
                    "PartitionTable.ProtectiveMbrMissing", .high,
                    "the first sector has no entry of type 0xee, without which Linux does not "
                        + "look for a GPT"))
            return
        }
        isHybrid = record.entries.contains { $0.type != 0 && $0.type != 0xee }
        if isHybrid {
            risks.append(
                DetectionRisk(
                    "PartitionTable.HybridMbr", .low,
                    "the first sector has partitions of its own, which may contradict it"))
        }
        if protective.first != 1 {
            risks.append(
                DetectionRisk(
                    "PartitionTable.ProtectiveMbrWrong", .high,
                    "the protective entry begins at sector \(protective.first), not 1"))
        } else if !isHybrid, protective.count != UInt64(UInt32.max),
            protective.count != min(lastSector, UInt64(UInt32.max))
        {
            risks.append(
                DetectionRisk(
                    "PartitionTable.ProtectiveMbrWrong", .low,
                    "the protective entry has \(protective.count) sectors, not \(lastSector)"))
        }
    }

    /// Judges the second header, where it should be and where the first one says it is.
    private mutating func judgeBackup(
        of header: GPTHeader, _ atEnd: GPTCopy, lastSector: UInt64, on disk: DiskView
    ) throws(ReadFailure) {
        // What lies beyond the disk is told as its being cut off.
        if header.otherPlace > lastSector { return }
        var copy = atEnd
        if header.otherPlace == header.place {
            copy = .absent
        } else if header.otherPlace != lastSector {
            copy = try GPTCopy(disk, sector: header.otherPlace, sectorBytes: sectorBytes)
        }
        switch copy {
        case .absent:
            risks.append(
                DetectionRisk(
                    "PartitionTable.BackupMissing", .medium,
                    "there is no backup header in sector \(header.otherPlace)"))
        case .damaged(let problem):
            risks.append(
                DetectionRisk(
                    "PartitionTable.BackupDamaged", .medium,
                    "of the backup header in sector \(header.otherPlace), \(problem)"))
        case .valid(let backup, _):
            if !header.agrees(with: backup) {
                risks.append(
                    DetectionRisk(
                        "PartitionTable.BackupDiffers", .medium,
                        "the backup header in sector \(header.otherPlace) tells another table"))
            }
            if header.otherPlace != lastSector {
                risks.append(
                    DetectionRisk(
                        "PartitionTable.BackupNotAtEnd", .low,
                        "the backup header is in sector \(header.otherPlace) and the disk ends "
                            + "at \(lastSector): it has grown since"))
            }
        }
    }
}
