import System

/// A file that can be a disk.
public struct DiskFile: Sendable, Equatable {
    public let device: UInt64
    public let inode: UInt64
    public let sizeBytes: Int64
    public let isBlockDevice: Bool
    /// The disk root by which the peer was granted it; empty: it needed none.
    public let root: String

    public init(
        device: UInt64, inode: UInt64, sizeBytes: Int64, isBlockDevice: Bool, root: String = ""
    ) {
        self.device = device
        self.inode = inode
        self.sizeBytes = sizeBytes
        self.isBlockDevice = isBlockDevice
        self.root = root
    }
}

/// The moment that a snapshot is of: what the source is compared with when the copy begins, and
/// when it ends. Any change after it shows, because the file was left alone just before.
public struct Capture: Sendable, Equatable {
    public let device: UInt64
    public let inode: UInt64
    public let sizeBytes: Int64
    public let modifiedNanoseconds: Int64
    public let changedNanoseconds: Int64
    public let isBlockDevice: Bool
    /// Whether the source's bytes of this moment are in the job's segment (FICLONE): what becomes
    /// of the source then does not matter any more.
    public let isClone: Bool

    public init(
        device: UInt64, inode: UInt64, sizeBytes: Int64, modifiedNanoseconds: Int64,
        changedNanoseconds: Int64, isBlockDevice: Bool, isClone: Bool = false
    ) {
        self.device = device
        self.inode = inode
        self.sizeBytes = sizeBytes
        self.modifiedNanoseconds = modifiedNanoseconds
        self.changedNanoseconds = changedNanoseconds
        self.isBlockDevice = isBlockDevice
        self.isClone = isClone
    }

    init(_ status: FileStatus, sizeBytes: Int64) {
        self.init(
            device: status.device, inode: status.inode, sizeBytes: sizeBytes,
            modifiedNanoseconds: status.modifiedNanoseconds,
            changedNanoseconds: status.changedNanoseconds,
            isBlockDevice: status.kind == .blockDevice)
    }

    func isSameFile(as other: Capture) -> Bool {
        device == other.device && inode == other.inode && isBlockDevice == other.isBlockDevice
    }

    /// A block device's times are its node's and say nothing of its bytes.
    func hasTimes(of other: Capture) -> Bool {
        isBlockDevice
            || modifiedNanoseconds == other.modifiedNanoseconds
                && changedNanoseconds == other.changedNanoseconds
    }
}

/// Real files and block devices whose bytes become snapshots. A registered file stays its
/// owner's: nothing here writes to it.
public enum Source {
    /// Judges `path` for RegisterInstance (`spec/operations.md` § 6).
    ///
    /// - Parameter format: "raw", or nil and "" for a file that has no other format's magic.
    /// - Throws: ``SourceProblem``, whose hint goes into the answer's.
    public static func inspect(
        path: String, format: String?, peer: Peer, calls: SystemCalls = .live
    ) throws(SourceProblem) -> DiskFile {
        let format = format.flatMap { $0.isEmpty ? nil : $0.lowercased() }
        if let format, format != "raw" {
            throw SourceProblem(
                .format, "disk format \(quoted(format)) is not supported: only raw is",
                hint: "convert it first: \(conversion(path, from: nil))")
        }
        let source = try openSource(path, peer, calls)
        if format == nil { try refuseForeignFormat(source, calls) }
        return DiskFile(
            device: source.found.device, inode: source.found.inode,
            sizeBytes: source.found.sizeBytes, isBlockDevice: source.found.isBlockDevice,
            root: source.root)
    }

    /// Notes the moment that a job's snapshot is of.
    ///
    /// File systems stamp changes with a clock that ticks every few milliseconds, so a file
    /// changed just now may change again and look the same. Such a file is looked at twice.
    ///
    /// - Parameter allowLive: take the file although someone may be writing to it.
    /// - Throws: ``SourceProblem``; `inUse` if it is being written to, or a QEMU has it open to
    ///   write.
    static func capture(
        _ source: borrowing Opened, allowLive: Bool, _ calls: SystemCalls
    ) throws(SourceProblem) -> Capture {
        if !allowLive { try source.refuseWriter(calls) }
        let first = source.found
        if first.isBlockDevice { return first }
        if isAtRest(first) { return first }
        Clock.sleep(milliseconds: tickMilliseconds(first))
        let second = try source.look(calls)
        if !allowLive && !(second.hasTimes(of: first) && second.sizeBytes == first.sizeBytes) {
            throw inUse(source.path, "is being written to")
        }
        // Of a live file the first look stays: the comparison at the end then finds the change.
        return first
    }

    /// Whether the file was left alone so long that a change from now on shows in its times.
    static func isAtRest(_ capture: Capture) -> Bool {
        let age = Clock.wallNanoseconds() - capture.changedNanoseconds
        return abs(age) / 1_000_000 >= tickMilliseconds(capture)
    }

    /// Longer than the file system's clock ticks: 10 ms at most on Linux, but whole seconds, or
    /// two, on some old ones.
    private static func tickMilliseconds(_ capture: Capture) -> Int {
        capture.changedNanoseconds % 1_000_000_000 == 0 ? 2_000 : 20
    }

    // MARK: Opening

    /// An open source, and what was found.
    struct Opened: ~Copyable {
        let file: FileDescriptor
        let path: String
        let found: Capture
        /// The root by which the peer was granted it; empty: none.
        let root: String
        /// Whether nobody else can open it exclusively or mount it: block devices only.
        let isExclusive: Bool

        /// What the descriptor's file is now.
        func look(_ calls: SystemCalls) throws(SourceProblem) -> Capture {
            do throws(SystemError) {
                let status = try calls.status(file)
                let size = try Source.size(file, status, calls)
                return Capture(status, sizeBytes: size)
            } catch {
                throw Source.unreadable(path, error)
            }
        }

        /// Whether it is the captured file, and nobody has written to it since.
        func isUntouched(since capture: Capture, _ calls: SystemCalls) -> Bool {
            guard let now = try? look(calls) else { return false }
            return now.isSameFile(as: capture) && now.sizeBytes == capture.sizeBytes
                && now.hasTimes(of: capture)
        }

        /// QEMU holds a shared lock on byte 101 of an image that it may write to
        /// (block/file-posix.c: RAW_LOCK_PERM_BASE 100 + the bit of BLK_PERM_WRITE).
        func refuseWriter(_ calls: SystemCalls) throws(SourceProblem) {
            if found.isBlockDevice { return }
            let locked: Bool
            do throws(SystemError) {
                locked = try calls.isLocked(file, byte: 101)
            } catch {
                // A file system without record locks has no such lock either.
                switch error.errno {
                case .invalid, .notSupported, .noLocks: return
                default: throw Source.unreadable(path, error)
                }
            }
            if locked { throw Source.inUse(path, "is open in a running QEMU, which may write") }
        }
    }

    /// The one place where a source is opened, and where the rule for it lives (S4): as the daemon
    /// can for a trusted peer, for others below a root, and only a file of their own but where the
    /// root is granted. Judged is the descriptor, and only it is used.
    ///
    /// - Parameter exclusive: claim a block device, so that nobody mounts it meanwhile.
    static func openSource(
        _ path: String, _ peer: Peer, _ calls: SystemCalls, exclusive: Bool = false
    ) throws(SourceProblem) -> Opened {
        guard !path.isEmpty, !path.utf8.contains(0) else {
            throw SourceProblem(
                .unusable, "\"\(quoted(path))\" is not a path", hint: "name a disk file")
        }
        let place = peer.place(of: path)
        guard place != nil || peer.isTrusted else {
            let refusal = peer.refusal(of: path)
            throw SourceProblem(.notAllowed, refusal.reason, hint: refusal.hint)
        }
        let way = Way(path: path, peer: peer, place: peer.isTrusted ? nil : place)
        let root = way.isOwnOnly ? "" : way.place?.root ?? ""
        let file = try open(way, calls)
        let found = try judge(file, way, calls)
        guard exclusive, found.isBlockDevice else {
            return Opened(file: file, path: path, found: found, root: root, isExclusive: false)
        }
        let claimed = try open(way, calls, exclusive: true)
        guard try judge(claimed, way, calls).isSameFile(as: found) else {
            throw SourceProblem(
                .unusable, "\(quoted(path)) became another device while it was opened",
                hint: "leave the path alone and try again")
        }
        return Opened(file: claimed, path: path, found: found, root: root, isExclusive: true)
    }

    /// A path, and how its peer reaches it.
    private struct Way {
        let path: String
        let peer: Peer
        /// Nil: as the daemon can.
        let place: RootedPath?

        var isOwnOnly: Bool { place.map { !$0.isGranted } ?? false }

        var foreign: SourceProblem {
            let refusal = peer.refusal(ofForeign: path, "disk file")
            return SourceProblem(.notAllowed, refusal.reason, hint: refusal.hint)
        }
    }

    private static func open(
        _ way: Way, _ calls: SystemCalls, exclusive: Bool = false
    ) throws(SourceProblem) -> FileDescriptor {
        // A FIFO must not hang a worker, nor a terminal become ours.
        var flags: OpenFlags = [.readOnly, .nonBlocking, .noControllingTerminal]
        // Without O_CREAT it has a meaning for block devices only (open(2)).
        if exclusive { flags.insert(.exclusive) }
        do throws(SystemError) {
            return try calls.openFile(way.path, at: way.place, flags)
        } catch {
            if way.isOwnOnly && error.errno.meansUnreachable { throw way.foreign }
            if exclusive && error.errno == .busy {
                throw inUse(way.path, "is mounted or otherwise claimed")
            }
            throw unreadable(way.path, error)
        }
    }

    private static func judge(
        _ file: borrowing FileDescriptor, _ way: Way, _ calls: SystemCalls
    ) throws(SourceProblem) -> Capture {
        let path = way.path
        let status: FileStatus
        let size: Int64
        let fileSystem: UInt64
        do throws(SystemError) {
            status = try calls.status(file)
            fileSystem = try calls.fileSystem(of: file).kind
            size = try Self.size(file, status, calls)
        } catch {
            throw unreadable(path, error)
        }
        if way.isOwnOnly && status.uid != way.peer.uid { throw way.foreign }
        func problem(_ what: String) -> SourceProblem {
            SourceProblem(
                .unusable, "\(quoted(path)) \(what)",
                hint: "name a regular file or a block device with the disk's bytes in it")
        }
        switch status.kind {
        case .regular, .blockDevice: break
        case .directory: throw problem("is a directory")
        case .socket: throw problem("is a socket")
        case .other: throw problem("is a FIFO or a character device")
        }
        if kernelFileSystems.contains(fileSystem) {
            throw problem("is not stored bytes: it is a file that the kernel makes up")
        }
        if size <= 0 { throw problem("is empty") }
        if size >= sizeMax { throw problem("has an impossible size, \(size) bytes") }
        return Capture(status, sizeBytes: size)
    }

    /// Far above what Linux's file systems hold; keeps all arithmetic with sizes from overflow.
    private static let sizeMax: Int64 = 1 << 60

    /// procfs, sysfs, debugfs, tracefs, the two cgroup file systems (statfs(2)).
    private static let kernelFileSystems: Set<UInt64> = [
        0x9fa0, 0x6265_6572, 0x6462_6720, 0x7472_6163, 0x27_e0eb, 0x6367_7270,
    ]

    /// `stat(2)` tells no size of a block device.
    private static func size(
        _ file: borrowing FileDescriptor, _ status: FileStatus, _ calls: SystemCalls
    ) throws(SystemError) -> Int64 {
        status.kind == .blockDevice ? try calls.endOffset(file) : status.sizeBytes
    }

    // MARK: Format

    private static func refuseForeignFormat(
        _ source: borrowing Opened, _ calls: SystemCalls
    ) throws(SourceProblem) {
        let (path, size) = (source.path, source.found.sizeBytes)
        let head = Buffer(byteCount: ForeignFormat.headBytes)
        let tail = Buffer(byteCount: ForeignFormat.tailBytes)
        let headCount: Int
        let tailCount: Int
        do throws(SystemError) {
            headCount = try calls.readFully(source.file, at: 0, into: head.bytes)
            let tailOffset = max(0, size - Int64(ForeignFormat.tailBytes))
            tailCount = try calls.readFully(source.file, at: tailOffset, into: tail.bytes)
        } catch {
            throw unreadable(path, error)
        }
        let format = ForeignFormat(
            head: UnsafeRawBufferPointer(head.slice(0..<headCount)),
            tail: UnsafeRawBufferPointer(tail.slice(0..<tailCount)))
        guard let format else { return }
        throw SourceProblem(
            .format, "\(quoted(path)) looks like a \(format.name) file, not like a raw disk",
            hint: "convert it: \(conversion(path, from: format));"
                + " or state Format raw to take the bytes as they are")
    }

    private static func conversion(_ path: String, from format: ForeignFormat?) -> String {
        let from = format.map { "-f \($0.rawValue) " } ?? ""
        return "qemu-img convert \(from)-O raw \(quoted(path)) \(quoted(path)).raw"
    }

    // MARK: Problems

    private static func unreadable(_ path: String, _ error: SystemError) -> SourceProblem {
        let hint =
            switch error.errno {
            case .notFound: "name a file that exists, with its absolute path"
            case .accessDenied, .notPermitted: "let the daemon's user read the file"
            case .tooManyLinks, .notDirectory:
                "give the path without symbolic links: they are not followed for other users"
            case .noDevice: "the path names no disk: give a regular file or a block device"
            default: "look at the file and the disk below it (dmesg), then try again"
            }
        return SourceProblem(
            .unusable, "\(quoted(path)) cannot be read: \(error.call): \(error.errno)",
            hint: hint, errno: error.errno)
    }

    private static func inUse(_ path: String, _ what: String) -> SourceProblem {
        SourceProblem(
            .inUse, "\(quoted(path)) \(what)",
            hint: "shut the VM down or detach its writers and try again,"
                + " or set AllowLive to take the bytes as they are being written")
    }
}
