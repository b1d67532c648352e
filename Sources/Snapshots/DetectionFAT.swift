/// A FAT file system (Microsoft, FAT32 File System Specification 1.03; ECMA-107), read only as
/// far as finding a file by its short name takes.
struct FATVolume {
    let name: String
    let byteCount: UInt64
    private let sectorBytes: UInt64
    private let clusterBytes: UInt64
    private let fatStart: UInt64
    private let dataStart: UInt64
    /// Where FAT12 and FAT16 have their root, and how many bytes.
    private let rootStart: UInt64
    private let rootBytes: UInt64
    private let rootCluster: UInt64
    private let clusterCount: UInt64
    private let entryBits: UInt64

    /// How much of a directory is searched, 4096 entries: those of firmware have a few.
    private static let directoryBytesMax: UInt64 = 4096 * 32

    /// What a boot sector tells; nil: it is not that of a FAT file system.
    init?(_ head: DiskBytes) {
        let isJump = head[0] == 0xe9 || head[0] == 0xeb && head[2] == 0x90
        sectorBytes = UInt64(head.little(11, as: UInt16.self))
        let clusterSectors = UInt64(head[13])
        let reserved = UInt64(head.little(14, as: UInt16.self))
        let fatCount = UInt64(head[16])
        let rootEntries = UInt64(head.little(17, as: UInt16.self))
        let sectors16 = UInt64(head.little(19, as: UInt16.self))
        let fatSectors16 = UInt64(head.little(22, as: UInt16.self))
        guard isJump, head[510] == 0x55, head[511] == 0xaa,
            [512, 1024, 2048, 4096].contains(sectorBytes), clusterSectors.nonzeroBitCount == 1,
            reserved > 0, 1...2 ~= fatCount, head[21] == 0xf0 || head[21] >= 0xf8
        else { return nil }
        let sectors = sectors16 > 0 ? sectors16 : UInt64(head.little(32, as: UInt32.self))
        let fatSectors =
            fatSectors16 > 0 ? fatSectors16 : UInt64(head.little(36, as: UInt32.self))
        let rootSectors = (rootEntries * 32 + sectorBytes - 1) / sectorBytes
        // Each factor has at most 32 bits, so neither these nor their products overflow.
        let dataSector = reserved + fatCount * fatSectors + rootSectors
        guard fatSectors > 0, dataSector < sectors else { return nil }
        clusterCount = (sectors - dataSector) / clusterSectors
        if fatSectors16 == 0 {
            (name, entryBits) = ("FAT32", 32)
        } else {
            (name, entryBits) = clusterCount < 4085 ? ("FAT12", 12) : ("FAT16", 16)
        }
        byteCount = sectors * sectorBytes
        clusterBytes = clusterSectors * sectorBytes
        fatStart = reserved * sectorBytes
        dataStart = dataSector * sectorBytes
        rootStart = (reserved + fatCount * fatSectors) * sectorBytes
        rootBytes = rootEntries * 32
        rootCluster = UInt64(head.little(44, as: UInt32.self)) & 0x0fff_ffff
    }

    /// Which of the files `names` the directory `\EFI\BOOT` has, if they are not empty. Names are
    /// short ones, as on the disk: 11 characters, "BOOTX64 EFI".
    func loaders(_ names: [StaticString], in view: DiskView) throws(ReadFailure) -> [Int] {
        let root = try root(in: view)
        guard let efi = Self.find("EFI        ", in: root), efi.isDirectory,
            let boot = Self.find("BOOT       ", in: try directory(efi.cluster, in: view)),
            boot.isDirectory
        else { return [] }
        let entries = try directory(boot.cluster, in: view)
        return names.indices.filter { index in
            guard let file = Self.find(names[index], in: entries) else { return false }
            return !file.isDirectory && file.byteCount > 0
        }
    }

    private struct Entry {
        let isDirectory: Bool
        let cluster: UInt64
        let byteCount: UInt32
    }

    private static func find(_ name: StaticString, in pieces: [DiskBytes]) -> Entry? {
        for piece in pieces {
            for offset in stride(from: 0, to: piece.count, by: 32) {
                if piece[offset] == 0 { return nil }
                let attributes = piece[offset + 11]
                // A volume's label, and the parts of a long name, are no files.
                if attributes & 0x08 != 0 || !piece.has(name, at: offset) { continue }
                let high = UInt64(piece.little(offset + 20, as: UInt16.self))
                let low = UInt64(piece.little(offset + 26, as: UInt16.self))
                return Entry(
                    isDirectory: attributes & 0x10 != 0, cluster: high << 16 | low,
                    byteCount: piece.little(offset + 28))
            }
        }
        return nil
    }

    private func root(in view: DiskView) throws(ReadFailure) -> [DiskBytes] {
        if entryBits == 32 { return try directory(rootCluster, in: view) }
        return [try view.bytes(at: rootStart, Int(rootBytes))]
    }

    /// The first clusters of a directory, up to the limit; so a loop has an end.
    private func directory(
        _ first: UInt64, in view: DiskView
    ) throws(ReadFailure) -> [DiskBytes] {
        var pieces: [DiskBytes] = []
        var cluster = entryBits == 32 ? first & 0x0fff_ffff : first & 0xffff
        var left = Self.directoryBytesMax
        while 2..<clusterCount + 2 ~= cluster, left > 0 {
            let bytes = min(clusterBytes, left)
            let offset = dataStart + (cluster - 2) * clusterBytes
            let piece = try view.bytes(at: offset, Int(bytes))
            pieces.append(piece)
            // A zero where an entry would begin is the end of all.
            if stride(from: 0, to: piece.count, by: 32).contains(where: { piece[$0] == 0 }) {
                break
            }
            left -= bytes
            cluster = try next(after: cluster, in: view)
        }
        return pieces
    }

    /// The cluster that the allocation table has after this one; one past the last is no cluster.
    private func next(after cluster: UInt64, in view: DiskView) throws(ReadFailure) -> UInt64 {
        let bytes = try view.bytes(at: fatStart + cluster * entryBits / 8, 4)
        switch entryBits {
        case 12:
            let pair = UInt64(bytes.little(0, as: UInt16.self))
            return cluster & 1 == 0 ? pair & 0xfff : pair >> 4
        case 16: return UInt64(bytes.little(0, as: UInt16.self))
        default: return UInt64(bytes.little(0, as: UInt32.self)) & 0x0fff_ffff
        }
    }
}
