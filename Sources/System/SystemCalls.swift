import CLinux
import Glibc

/// The system calls that touch files, as values: the one seam at which a test makes the Nth call
/// fail, return short, or reach a simulated disk. Each takes the kernel's own arguments and
/// returns a count or descriptor, or the errno negated. Code of the daemon uses the checked
/// methods (`openFile`, `writeAll` ...) of this type, which retry EINTR and throw `SystemError`.
public struct SystemCalls: Sendable {
    public typealias Path = String

    public var openat: @Sendable (_ directory: CInt, Path, _ flags: CInt, _ mode: UInt32) -> Int
    public var read: @Sendable (CInt, UnsafeMutableRawBufferPointer) -> Int
    public var pread: @Sendable (CInt, UnsafeMutableRawBufferPointer, _ offset: Int64) -> Int
    public var write: @Sendable (CInt, UnsafeRawBufferPointer) -> Int
    public var pwrite: @Sendable (CInt, UnsafeRawBufferPointer, _ offset: Int64) -> Int
    public var fdatasync: @Sendable (CInt) -> Int
    public var fsync: @Sendable (CInt) -> Int
    public var ftruncate: @Sendable (CInt, _ size: Int64) -> Int
    public var fallocate: @Sendable (CInt, _ mode: CInt, _ offset: Int64, _ length: Int64) -> Int
    public var lseek: @Sendable (CInt, _ offset: Int64, _ whence: CInt) -> Int
    public var fstatat:
        @Sendable (_ directory: CInt, Path, _ flags: CInt, _ into: inout FileStatus?) -> Int
    public var renameat: @Sendable (CInt, Path, CInt, Path) -> Int
    public var linkat: @Sendable (CInt, Path, CInt, Path) -> Int
    public var unlinkat: @Sendable (_ directory: CInt, Path, _ flags: CInt) -> Int
    public var mkdirat: @Sendable (_ directory: CInt, Path, _ mode: UInt32) -> Int
    /// A number of all ones leaves the user or the group as it is.
    public var fchown: @Sendable (CInt, _ uid: UInt32, _ gid: UInt32) -> Int
    public var flock: @Sendable (CInt, _ operation: CInt) -> Int
    public var fstatfs: @Sendable (CInt, _ into: inout FileSystemStatus?) -> Int
    public var mapExtents:
        @Sendable (CInt, _ offset: Int64, _ length: Int64, _ into: inout [FileExtent]) -> Int
    /// 1: someone's record lock forbids a write lock on the byte at `offset`; 0: no one's does.
    public var probeWriteLock: @Sendable (CInt, _ offset: Int64) -> Int
    /// Makes a range of one file share its blocks with a range of another (`FICLONERANGE`); a
    /// length of 0 is all there is from the source's offset on.
    public var cloneRange:
        @Sendable (
            _ source: CInt, _ sourceOffset: Int64, _ length: Int64, _ destination: CInt,
            _ destinationOffset: Int64
        ) -> Int

    /// The kernel itself.
    public static let live = SystemCalls(
        openat: { result(Glibc.openat($0, $1, $2, mode_t($3))) },
        read: { result(Glibc.read($0, $1.baseAddress, $1.count)) },
        pread: { result(Glibc.pread($0, $1.baseAddress, $1.count, off_t($2))) },
        write: { result(Glibc.write($0, $1.baseAddress, $1.count)) },
        pwrite: { result(Glibc.pwrite($0, $1.baseAddress, $1.count, off_t($2))) },
        fdatasync: { result(Glibc.fdatasync($0)) },
        fsync: { result(Glibc.fsync($0)) },
        ftruncate: { result(Glibc.ftruncate($0, off_t($1))) },
        fallocate: { result(CLinux.fallocate($0, $1, off_t($2), off_t($3))) },
        lseek: { result(Glibc.lseek($0, off_t($1), $2)) },
        fstatat: { directory, path, flags, into in
            var status = stat()
            let returned = result(Glibc.fstatat(directory, path, &status, flags))
            if returned == 0 { into = FileStatus(status) }
            return returned
        },
        renameat: { result(Glibc.renameat($0, $1, $2, $3)) },
        linkat: { result(Glibc.linkat($0, $1, $2, $3, 0)) },
        unlinkat: { result(Glibc.unlinkat($0, $1, $2)) },
        mkdirat: { result(Glibc.mkdirat($0, $1, mode_t($2))) },
        fchown: { result(Glibc.fchown($0, $1, $2)) },
        flock: { result(imaged_flock($0, $1)) },
        fstatfs: { file, into in
            var status = statfs()
            let returned = result(CLinux.fstatfs(file, &status))
            if returned == 0 { into = FileSystemStatus(status) }
            return returned
        },
        mapExtents: { FileExtent.read($0, $1, $2, into: &$3) },
        probeWriteLock: { file, offset in
            var lock = Glibc.flock()
            lock.l_type = Int16(F_WRLCK)
            lock.l_whence = Int16(SEEK_SET)
            lock.l_start = off_t(offset)
            lock.l_len = 1
            let returned = result(Glibc.fcntl(file, CInt(imaged_F_OFD_GETLK), &lock))
            return returned < 0 ? returned : lock.l_type == Int16(F_UNLCK) ? 0 : 1
        },
        cloneRange: { source, sourceOffset, length, destination, destinationOffset in
            var range = file_clone_range(
                src_fd: Int64(source), src_offset: UInt64(bitPattern: sourceOffset),
                src_length: UInt64(bitPattern: length),
                dest_offset: UInt64(bitPattern: destinationOffset))
            return result(Glibc.ioctl(destination, imaged_FICLONERANGE, &range))
        }
    )
}

/// `errno` is read at once, before anything else can change it.
private func result<Count: BinaryInteger>(_ returned: Count) -> Int {
    returned < 0 ? -Int(Glibc.errno) : Int(returned)
}

// MARK: - Checked calls

extension SystemCalls {
    /// Calls until the answer is not EINTR; throws every other error.
    private func check(
        _ name: String, _ path: @autoclosure () -> String?, _ call: () -> Int
    ) throws(SystemError) -> Int {
        while true {
            let returned = call()
            if returned >= 0 { return returned }
            if CInt(-returned) == EINTR { continue }
            throw SystemError(name, path: path(), errno: Errno(rawValue: CInt(-returned)))
        }
    }

    /// Opens `path` (`openat(2)`), relative to `directory` if one is given.
    public func openFile(
        _ path: String, in directory: borrowing FileDescriptor, _ flags: OpenFlags,
        mode: UInt32 = 0o600
    ) throws(SystemError) -> FileDescriptor {
        try open(path, at: directory.rawValue, flags, mode)
    }

    /// Opens `path` as this process sees it.
    public func openFile(
        _ path: String, _ flags: OpenFlags, mode: UInt32 = 0o600
    ) throws(SystemError) -> FileDescriptor {
        try open(path, at: AT_FDCWD, flags, mode)
    }

    private func open(
        _ path: String, at directory: CInt, _ flags: OpenFlags, _ mode: UInt32
    ) throws(SystemError) -> FileDescriptor {
        let number = try check("open", path) {
            openat(directory, path, flags.rawValue | O_CLOEXEC, mode)
        }
        return FileDescriptor(owning: CInt(number))
    }

    /// Reads at `offset` until `buffer` is full or the file ends; returns the byte count.
    public func readFully(
        _ file: borrowing FileDescriptor, at offset: Int64,
        into buffer: UnsafeMutableRawBufferPointer
    ) throws(SystemError) -> Int {
        var done = 0
        while done < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
            let number = file.rawValue
            let count = try check("pread", nil) { pread(number, rest, offset + Int64(done)) }
            if count == 0 { break }
            done += count
        }
        return done
    }

    /// The whole of a small file.
    ///
    /// - Throws: also if it has more than `max` bytes (EFBIG).
    public func contents(of path: String, max: Int) throws(SystemError) -> [UInt8] {
        let file = try openFile(path, [.readOnly, .nonBlocking, .noControllingTerminal])
        var bytes = [UInt8](repeating: 0, count: max + 1)
        let read = bytes.withUnsafeMutableBytes { buffer in
            Result { () throws(SystemError) in try readFully(file, at: 0, into: buffer) }
        }
        let count: Int
        do throws(SystemError) {
            count = try read.get()
        } catch {
            throw SystemError("read", path: path, errno: error.errno)
        }
        if count > max { throw SystemError("read", path: path, errno: .fileTooLarge) }
        return Array(bytes[..<count])
    }

    /// Writes all of `buffer` at `offset`, however many calls that takes.
    public func writeAll(
        _ file: borrowing FileDescriptor, at offset: Int64, _ buffer: UnsafeRawBufferPointer
    ) throws(SystemError) {
        var done = 0
        while done < buffer.count {
            let rest = UnsafeRawBufferPointer(rebasing: buffer[done...])
            let number = file.rawValue
            let count = try check("pwrite", nil) { pwrite(number, rest, offset + Int64(done)) }
            // Zero for a non-empty write: the device takes no more. Asking again would spin.
            if count == 0 { throw SystemError("pwrite", errno: .noSpace) }
            done += count
        }
    }

    public func syncData(_ file: borrowing FileDescriptor) throws(SystemError) {
        let number = file.rawValue
        _ = try check("fdatasync", nil) { fdatasync(number) }
    }

    /// Syncs a directory after a file in it was made, renamed or removed.
    public func sync(_ directory: borrowing FileDescriptor) throws(SystemError) {
        let number = directory.rawValue
        _ = try check("fsync", nil) { fsync(number) }
    }

    public func setSize(_ file: borrowing FileDescriptor, _ bytes: Int64) throws(SystemError) {
        let number = file.rawValue
        _ = try check("ftruncate", nil) { ftruncate(number, bytes) }
    }

    /// The first byte at or after `offset` that is data (`SEEK_DATA`); nil: only a hole follows.
    public func nextData(
        _ file: borrowing FileDescriptor, from offset: Int64
    ) throws(SystemError) -> Int64? {
        let number = file.rawValue
        do throws(SystemError) {
            return Int64(
                try check("lseek", nil) { lseek(number, offset, CInt(imaged_SEEK_DATA)) })
        } catch {
            if error.errno == .noDevice { return nil }
            throw error
        }
    }

    /// The first byte at or after `offset` that is a hole (`SEEK_HOLE`); the end counts as one.
    public func nextHole(
        _ file: borrowing FileDescriptor, from offset: Int64
    ) throws(SystemError) -> Int64 {
        let number = file.rawValue
        return Int64(
            try check("lseek", nil) { lseek(number, offset, CInt(imaged_SEEK_HOLE)) })
    }

    /// Allocates the bytes without writing them, so that a lack of space shows here and not when
    /// they are written back (`fallocate(2)`); false: the file system cannot.
    public func allocate(
        _ file: borrowing FileDescriptor, at offset: Int64, count: Int64
    ) throws(SystemError) -> Bool {
        let number = file.rawValue
        do throws(SystemError) {
            _ = try check("fallocate", nil) { fallocate(number, 0, offset, count) }
            return true
        } catch  where error.errno == .notSupported {
            return false
        } catch {
            throw error
        }
    }

    /// Makes `count` bytes of `destination` share the blocks of `source`, without reading or
    /// writing them (`FICLONERANGE`, ioctl_ficlonerange(2)). Offsets and count are multiples of
    /// the file system's block, but a range may end where its source does; a count of 0 is all
    /// there is from `offset` on.
    ///
    /// - Returns: false: the file system cannot, or not with these two files.
    public func clone(
        _ source: borrowing FileDescriptor, at offset: Int64, count: Int64,
        to destination: borrowing FileDescriptor, at destinationOffset: Int64
    ) throws(SystemError) -> Bool {
        let (from, to) = (source.rawValue, destination.rawValue)
        do throws(SystemError) {
            _ = try check("ioctl", nil) { cloneRange(from, offset, count, to, destinationOffset) }
            return true
        } catch {
            switch error.errno {
            case .notSupported, .crossDevice, .invalid, .notTerminal: return false
            default: throw error
            }
        }
    }

    /// Gives the bytes' space back, so that they read as zeros; the file's size stays
    /// (`fallocate(2)`, FALLOC_FL_PUNCH_HOLE).
    ///
    /// - Returns: false: the file system cannot.
    public func punchHole(
        _ file: borrowing FileDescriptor, at offset: Int64, count: Int64
    ) throws(SystemError) -> Bool {
        let number = file.rawValue
        let mode = CInt(imaged_FALLOC_FL_PUNCH_HOLE | imaged_FALLOC_FL_KEEP_SIZE)
        do throws(SystemError) {
            _ = try check("fallocate", nil) { fallocate(number, mode, offset, count) }
            return true
        } catch  where error.errno == .notSupported {
            return false
        } catch {
            throw error
        }
    }

    /// Where the file or block device ends, in bytes.
    public func endOffset(_ file: borrowing FileDescriptor) throws(SystemError) -> Int64 {
        let number = file.rawValue
        return Int64(try check("lseek", nil) { lseek(number, 0, SEEK_END) })
    }

    public func status(_ file: borrowing FileDescriptor) throws(SystemError) -> FileStatus {
        let number = file.rawValue
        return try status(at: number, "", CInt(imaged_AT_EMPTY_PATH))
    }

    /// The status of `path` in `directory`; a symbolic link's own.
    public func status(
        of path: String, in directory: borrowing FileDescriptor
    ) throws(SystemError) -> FileStatus {
        try status(at: directory.rawValue, path, AT_SYMLINK_NOFOLLOW)
    }

    /// The status of `path`; a symbolic link's own (`lstat(2)`).
    public func status(of path: String) throws(SystemError) -> FileStatus {
        try status(at: AT_FDCWD, path, AT_SYMLINK_NOFOLLOW)
    }

    private func status(
        at directory: CInt, _ path: String, _ flags: CInt
    ) throws(SystemError) -> FileStatus {
        var found: FileStatus?
        _ = try check("stat", path) { fstatat(directory, path, flags, &found) }
        return found!
    }

    public func rename(
        _ old: String, in oldDirectory: borrowing FileDescriptor, to new: String,
        in newDirectory: borrowing FileDescriptor
    ) throws(SystemError) {
        let (from, to) = (oldDirectory.rawValue, newDirectory.rawValue)
        _ = try check("rename", new) { renameat(from, old, to, new) }
    }

    /// Gives `old` a second name, which must not exist (`linkat(2)`).
    public func link(
        _ old: String, in oldDirectory: borrowing FileDescriptor, to new: String,
        in newDirectory: borrowing FileDescriptor
    ) throws(SystemError) {
        let (from, to) = (oldDirectory.rawValue, newDirectory.rawValue)
        _ = try check("link", new) { linkat(from, old, to, new) }
    }

    /// Removes a file; that it is gone already is no error.
    public func unlink(
        _ name: String, in directory: borrowing FileDescriptor
    ) throws(SystemError) {
        let number = directory.rawValue
        do throws(SystemError) {
            _ = try check("unlink", name) { unlinkat(number, name, 0) }
        } catch  where error.errno == .notFound {
            return
        } catch {
            throw error
        }
    }

    /// Makes a directory, mode 0700; that it exists already is no error.
    public func makeDirectory(
        _ name: String, in directory: borrowing FileDescriptor
    ) throws(SystemError) {
        let number = directory.rawValue
        do throws(SystemError) {
            _ = try check("mkdir", name) { mkdirat(number, name, 0o700) }
        } catch  where error.errno == .exists {
            return
        } catch {
            throw error
        }
    }

    /// Gives `file` to a user, and to a group if one is said (`fchown(2)`).
    public func give(
        _ file: borrowing FileDescriptor, to uid: UInt32?, group gid: UInt32?
    ) throws(SystemError) {
        let number = file.rawValue
        _ = try check("fchown", nil) { fchown(number, uid ?? .max, gid ?? .max) }
    }

    /// Takes the exclusive lock of `file` without waiting; false: another process has it.
    public func lockExclusively(_ file: borrowing FileDescriptor) throws(SystemError) -> Bool {
        let number = file.rawValue
        do throws(SystemError) {
            _ = try check("flock", nil) { flock(number, LOCK_EX | LOCK_NB) }
            return true
        } catch  where error.errno == .wouldBlock {
            return false
        } catch {
            throw error
        }
    }

    /// The file system that `file` is on: its kind, and the room left.
    public func fileSystem(
        of file: borrowing FileDescriptor
    ) throws(SystemError) -> FileSystemStatus {
        let number = file.rawValue
        var found: FileSystemStatus?
        _ = try check("fstatfs", nil) { fstatfs(number, &found) }
        return found!
    }

    /// Whether another open file description holds a record lock on the byte at `offset`
    /// (`F_OFD_GETLK`, fcntl(2)). Takes no lock, and needs no right to write.
    public func isLocked(
        _ file: borrowing FileDescriptor, byte offset: Int64
    ) throws(SystemError) -> Bool {
        let number = file.rawValue
        return try check("fcntl", nil) { probeWriteLock(number, offset) } != 0
    }

    /// The names in a directory, sorted, without `.` and `..`.
    public func names(in directory: borrowing FileDescriptor) throws(SystemError) -> [String] {
        let number = try openFile(".", in: directory, [.readOnly, .directory]).release()
        guard let stream = fdopendir(number) else {
            let errno = Errno(rawValue: Glibc.errno)
            _ = Glibc.close(number)
            throw SystemError("fdopendir", errno: errno)
        }
        defer { closedir(stream) }
        var names: [String] = []
        while true {
            // The end and an error look alike but for errno; a list cut short must not pass for
            // a whole one, for recovery decides by it which files are missing.
            Glibc.errno = 0
            guard let entry = Glibc.readdir(stream) else {
                if Glibc.errno == 0 { break }
                throw SystemError("readdir", errno: Errno(rawValue: Glibc.errno))
            }
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }
}
