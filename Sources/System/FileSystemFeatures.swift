import CLinux
import Glibc

/// What the file system of a directory is, and can do of what imaged makes use of.
public struct FileSystemFeatures: Equatable, Sendable {
    /// As mount(8) has it: ext4, xfs, btrfs, tmpfs; one that is not known here: 0x1373.
    public var name: String
    /// Whether files share blocks (FICLONE), as tried; nil: it could not be tried.
    public var clones: Bool?
    /// Whether what is written over stays in its blocks, so that a file whose blocks were written
    /// once needs no new ones; nil: not known.
    public var overwritesInPlace: Bool?
    /// Whether new files of the directory are not copied on write (`chattr +C`, nodatacow).
    public var hasNoCopyOnWrite = false

    /// Looks at `directory`, and tries what can be tried with files that have no name there.
    ///
    /// - Throws: it cannot be opened, or is none. That it cannot be written in is no error.
    public init(of directory: String, _ calls: SystemCalls = .live) throws(SystemError) {
        let opened = try calls.openFile(directory, [.readOnly, .directory])
        let kind = try calls.fileSystem(of: opened).kind
        name = Self.names[kind] ?? "0x" + String(kind, radix: 16)
        var flags: CLong = 0
        if Glibc.ioctl(opened.rawValue, imaged_FS_IOC_GETFLAGS, &flags) == 0 {
            hasNoCopyOnWrite = flags & CLong(imaged_FS_NOCOW_FL) != 0
        }
        clones = Self.tryClone(in: opened, calls)
        overwritesInPlace = Self.overwritesInPlace(name, hasNoCopyOnWrite)
    }

    /// Nil: no file can be made there.
    private static func tryClone(
        in directory: borrowing FileDescriptor, _ calls: SystemCalls
    ) -> Bool? {
        let bytes = [UInt8](repeating: 1, count: 1 << 16)
        do throws(SystemError) {
            let one = try calls.openFile(".", in: directory, [.readWrite, .temporary])
            let other = try calls.openFile(".", in: directory, [.readWrite, .temporary])
            let written = bytes.withUnsafeBytes { bytes in
                Result { () throws(SystemError) in try calls.writeAll(one, at: 0, bytes) }
            }
            try written.get()
            return try calls.clone(one, at: 0, count: 0, to: other, at: 0)
        } catch {
            return nil
        }
    }

    /// By what is known of each: only btrfs lets its user choose.
    private static func overwritesInPlace(_ name: String, _ hasNoCopyOnWrite: Bool) -> Bool? {
        switch name {
        case "ext4", "xfs", "tmpfs", "ramfs", "vfat", "exfat": true
        case "btrfs": hasNoCopyOnWrite
        case "zfs", "bcachefs", "f2fs": false
        default: nil
        }
    }

    /// statfs(2)'s magic numbers.
    private static let names: [UInt64: String] = [
        0xEF53: "ext4", 0x5846_5342: "xfs", 0x9123_683E: "btrfs", 0x0102_1994: "tmpfs",
        0x8584_58F6: "ramfs", 0x794C_7630: "overlay", 0x6969: "nfs", 0xFF53_4D42: "cifs",
        0xFE53_4D42: "smb3", 0x0102_1997: "9p", 0x6573_5546: "fuse", 0x2FC1_2FC1: "zfs",
        0xCA45_1A4E: "bcachefs", 0xF2F5_2010: "f2fs", 0x00C3_6400: "ceph", 0x4D44: "vfat",
        0x2011_BAB0: "exfat",
    ]
}
