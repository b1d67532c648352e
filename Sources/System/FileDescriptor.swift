import CLinux
import Glibc

/// One open file, socket or other kernel object. It has one owner and is closed with it.
public struct FileDescriptor: ~Copyable, Sendable {
    public let rawValue: CInt

    /// Takes over a descriptor that nothing else closes.
    public init(owning rawValue: CInt) { self.rawValue = rawValue }

    deinit { _ = Glibc.close(rawValue) }

    /// Gives the descriptor up without closing it: the caller owns the number from now on.
    public consuming func release() -> CInt {
        let number = rawValue
        discard self
        return number
    }
}

/// What `openat(2)` is asked for. `O_CLOEXEC` is always added.
public struct OpenFlags: OptionSet, Sendable {
    public let rawValue: CInt
    public init(rawValue: CInt) { self.rawValue = rawValue }

    public static let readOnly = OpenFlags(rawValue: O_RDONLY)
    public static let writeOnly = OpenFlags(rawValue: O_WRONLY)
    public static let readWrite = OpenFlags(rawValue: O_RDWR)
    public static let create = OpenFlags(rawValue: O_CREAT)
    public static let exclusive = OpenFlags(rawValue: O_EXCL)
    public static let directory = OpenFlags(rawValue: O_DIRECTORY)
    public static let noFollow = OpenFlags(rawValue: O_NOFOLLOW)
    public static let nonBlocking = OpenFlags(rawValue: O_NONBLOCK)
    public static let noControllingTerminal = OpenFlags(rawValue: O_NOCTTY)
    public static let truncate = OpenFlags(rawValue: O_TRUNC)
    /// Only a place in the tree, for further calls: needs no right to read it.
    public static let path = OpenFlags(rawValue: CInt(imaged_O_PATH))
    /// A file without a name, in the directory that is opened: gone when it is closed.
    public static let temporary = OpenFlags(rawValue: CInt(imaged_O_TMPFILE))
}

/// What `fstatat(2)` tells, with times in nanoseconds since 1970.
public struct FileStatus: Equatable, Sendable {
    public enum Kind: Sendable { case regular, directory, blockDevice, socket, other }

    public var kind: Kind
    public var device: UInt64
    public var inode: UInt64
    public var sizeBytes: Int64
    public var allocatedBytes: Int64
    public var modifiedNanoseconds: Int64
    public var changedNanoseconds: Int64
    public var permissions: UInt32
    public var uid: UInt32
    public var gid: UInt32
    public var linkCount: UInt64

    init(_ status: stat) {
        switch status.st_mode & S_IFMT {
        case S_IFREG: kind = .regular
        case S_IFDIR: kind = .directory
        case S_IFBLK: kind = .blockDevice
        case S_IFSOCK: kind = .socket
        default: kind = .other
        }
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        sizeBytes = Int64(status.st_size)
        allocatedBytes = Int64(status.st_blocks) * 512
        modifiedNanoseconds =
            Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
        changedNanoseconds =
            Int64(status.st_ctim.tv_sec) * 1_000_000_000 + Int64(status.st_ctim.tv_nsec)
        permissions = status.st_mode & 0o7777
        uid = status.st_uid
        gid = status.st_gid
        linkCount = UInt64(status.st_nlink)
    }
}

/// What `fstatfs(2)` tells of the file system that holds a file.
public struct FileSystemStatus: Equatable, Sendable {
    /// What an unprivileged process may still allocate, in bytes.
    public var freeBytes: Int64
    /// Its size, in bytes.
    public var totalBytes: Int64
    /// The kind's magic number, as statfs(2) lists them: 0x9fa0 is procfs.
    public var kind: UInt64

    public init(freeBytes: Int64, totalBytes: Int64 = 0, kind: UInt64) {
        self.freeBytes = freeBytes
        self.totalBytes = totalBytes
        self.kind = kind
    }

    init(_ status: statfs) {
        func bytes(_ blocks: some BinaryInteger) -> Int64 {
            let (bytes, overflow) = Int64(clamping: blocks)
                .multipliedReportingOverflow(by: Int64(status.f_bsize))
            return overflow ? .max : bytes
        }
        freeBytes = bytes(status.f_bavail)
        totalBytes = bytes(status.f_blocks)
        kind = UInt64(UInt32(truncatingIfNeeded: status.f_type))
    }
}
