/// What the first bytes of a partition, or of a disk without any, say that it holds.
struct FileSystem {
    let name: String
    /// How many bytes of the partition it takes; nil: it does not say.
    var byteCount: UInt64?
    /// Why its numbers cannot be; nil: they can.
    var problem: String?
    /// For FAT: how to find its files.
    var fat: FATVolume?

    /// Finds a file system, or what else has a magic of its own (swap, LVM, LUKS); nil: nothing
    /// that is known. The sources: libblkid's list of magics (libblkid/src/superblocks), and each
    /// one's own description of its superblock. The first that fits is taken: those whose magic
    /// is long come before those that are told by likely numbers only.
    static func find(in view: DiskView) throws(ReadFailure) -> FileSystem? {
        let head = try view.bytes(at: 0, 4096)
        if let found = luks(head) ?? lvm(head) ?? xfs(head) ?? squashfs(head) ?? ntfs(head)
            ?? exfat(head) ?? ext(head)
        {
            return found
        }
        if let found = btrfs(try view.bytes(at: 64 << 10, 4096)) { return found }
        for pageBytes in [4096, 8192, 16384, 65536] {
            let magic = try view.bytes(at: UInt64(pageBytes - 10), 10)
            if let found = swap(head, magic, pageBytes) { return found }
        }
        if let volume = FATVolume(head) {
            return FileSystem(name: volume.name, byteCount: volume.byteCount, fat: volume)
        }
        return iso9660(try view.bytes(at: 32 << 10, 2048))
    }

    /// A file system of `count` blocks, whose size has to be a power of two from the range.
    private init(
        _ name: String, blocks count: UInt64, of blockBytes: UInt64, in range: ClosedRange<UInt64>
    ) {
        self.name = name
        if range.contains(blockBytes) && blockBytes.nonzeroBitCount == 1 && count > 0 {
            byteCount = count.clampedProduct(blockBytes)
        } else {
            problem = "its superblock tells \(count) blocks of \(blockBytes) bytes"
        }
    }

    init(name: String, byteCount: UInt64? = nil, problem: String? = nil, fat: FATVolume? = nil) {
        self.name = name
        self.byteCount = byteCount
        self.problem = problem
        self.fat = fat
    }

    // MARK: Encryption and volumes

    /// LUKS: big-endian version at 6. It does not say how much it takes.
    private static func luks(_ head: DiskBytes) -> FileSystem? {
        let version: UInt16 = head.big(6)
        guard head.has("LUKS", at: 0), head[4] == 0xba, head[5] == 0xbe, 1...2 ~= version else {
            return nil
        }
        return FileSystem(name: "LUKS\(version)")
    }

    /// LVM2: a label in one of the first four sectors, and the physical volume's size behind it.
    private static func lvm(_ head: DiskBytes) -> FileSystem? {
        for label in stride(from: 0, to: 2048, by: 512)
        where head.has("LABELONE", at: label) && head.has("LVM2 001", at: label + 24) {
            let header = label + Int(head.little(label + 20, as: UInt32.self))
            guard header + 40 <= 2048 else {
                return FileSystem(name: "LVM2", problem: "its label points behind itself")
            }
            return FileSystem(name: "LVM2", byteCount: head.little(header + 32))
        }
        return nil
    }

    private static func swap(
        _ head: DiskBytes, _ magic: DiskBytes, _ pageBytes: Int
    ) -> FileSystem? {
        guard magic.has("SWAPSPACE2", at: 0) else { return nil }
        let lastPage: UInt32 = head.little(1028)
        return FileSystem(
            "swap", blocks: UInt64(lastPage) + 1, of: UInt64(pageBytes), in: 4096...65536)
    }

    // MARK: File systems

    private static func xfs(_ head: DiskBytes) -> FileSystem? {
        guard head.has("XFSB", at: 0) else { return nil }
        return FileSystem(
            "XFS", blocks: head.big(8), of: UInt64(head.big(4, as: UInt32.self)), in: 512...65536)
    }

    private static func squashfs(_ head: DiskBytes) -> FileSystem? {
        guard head.has("hsqs", at: 0), head.little(28, as: UInt16.self) == 4 else { return nil }
        return FileSystem(name: "SquashFS", byteCount: head.little(40))
    }

    private static func ntfs(_ head: DiskBytes) -> FileSystem? {
        guard head.has("NTFS    ", at: 3) else { return nil }
        return FileSystem(
            "NTFS", blocks: head.little(40), of: UInt64(head.little(11, as: UInt16.self)),
            in: 256...4096)
    }

    private static func exfat(_ head: DiskBytes) -> FileSystem? {
        guard head.has("EXFAT   ", at: 3) else { return nil }
        let shift = head[108]
        return FileSystem(
            "exFAT", blocks: head.little(72), of: shift < 63 ? 1 << shift : 0, in: 512...4096)
    }

    /// ext2, ext3 and ext4, which are told apart by the features they need, as libblkid does it.
    private static func ext(_ head: DiskBytes) -> FileSystem? {
        let start = 1024
        guard head.little(start + 0x38, as: UInt16.self) == 0xef53 else { return nil }
        let logBlockBytes: UInt32 = head.little(start + 0x18)
        let compatible: UInt32 = head.little(start + 0x5c)
        let incompatible: UInt32 = head.little(start + 0x60)
        let readOnlyCompatible: UInt32 = head.little(start + 0x64)
        let has64Bit = incompatible & 0x80 != 0
        let low = UInt64(head.little(start + 0x04, as: UInt32.self))
        let high = has64Bit ? UInt64(head.little(start + 0x150, as: UInt32.self)) : 0
        // What ext3 knows: file types, a journal to recover, meta block groups; sparse
        // superblocks, large files, indexed directories.
        let isExt4 = incompatible & ~0x16 != 0 || readOnlyCompatible & ~0x7 != 0
        let name = isExt4 ? "ext4" : compatible & 0x4 != 0 ? "ext3" : "ext2"
        return FileSystem(
            name, blocks: high << 32 | low, of: logBlockBytes < 20 ? 1024 << logBlockBytes : 0,
            in: 1024...65536)
    }

    /// btrfs: of a file system on several devices, what it takes of this one.
    private static func btrfs(_ superblock: DiskBytes) -> FileSystem? {
        guard superblock.has("_BHRfS_M", at: 64) else { return nil }
        let deviceBytes: UInt64 = superblock.little(0xc9 + 8)
        return deviceBytes > 0
            ? FileSystem(name: "btrfs", byteCount: deviceBytes)
            : FileSystem(name: "btrfs", problem: "its superblock tells a device of 0 bytes")
    }

    private static func iso9660(_ descriptor: DiskBytes) -> FileSystem? {
        guard descriptor.has("CD001", at: 1) else { return nil }
        return FileSystem(
            isoName, blocks: UInt64(descriptor.little(80, as: UInt32.self)),
            of: UInt64(descriptor.little(128, as: UInt16.self)), in: 512...32768)
    }

    static let isoName = "ISO 9660"

    /// The name on a disk that may have a partition table in front of it, as installers do; nil:
    /// the disk is no image of a CD.
    static func isISO9660(_ view: DiskView) throws(ReadFailure) -> Bool {
        iso9660(try view.bytes(at: 32 << 10, 2048)) != nil
    }
}
