import System

/// A disk that was written to a file.
public struct Exported: Sendable, Equatable {
    public let sizeBytes: Int64
    /// How many bytes of it were stored: the rest are holes.
    public let storedBytes: Int64
}

extension SnapshotStore {
    /// Writes the disk of a snapshot to `path`: a raw, sparse file of exactly the disk's size,
    /// mode 0600, durable when this returns. Every cluster is judged by its checksum first.
    ///
    /// The file is written under a temporary name beside `path` (`.imaged-<random>.part`) and
    /// linked, so nothing half is ever seen there and an existing file is never replaced. For a
    /// peer that is not trusted it goes into a directory of its own below a root, or any below a
    /// root that is granted, and is given to the peer.
    ///
    /// - Throws: ``ExportFailure``; nothing is left then.
    public func export(
        manifest number: UInt64, to path: String, peer: Peer,
        progress: JobProgress = JobProgress()
    ) throws(ExportFailure) -> Exported {
        let target = try ExportTarget(path, peer, calls)
        let snapshot: SnapshotReader
        do throws(ReadFailure) {
            snapshot = try openSnapshot(number)
        } catch {
            throw ExportFailure(error)
        }
        let file = try target.create()
        do throws(ExportFailure) {
            let exported = try write(snapshot, to: file, target, progress)
            try target.publish(file)
            return exported
        } catch {
            target.remove(file)
            throw error
        }
    }

    private func write(
        _ snapshot: SnapshotReader, to file: borrowing FileDescriptor, _ target: ExportTarget,
        _ progress: JobProgress
    ) throws(ExportFailure) -> Exported {
        let header = snapshot.manifest.header
        let clusterBytes = Int64(Layout.clusterBytes)
        let all = Layout.clusterCount(ofDisk: header.diskBytes)
        progress.start(total: Int64(header.storedClusterCount) * clusterBytes)
        try target.checkSpace(file, Int64(header.storedClusterCount) * clusterBytes)
        try target.writing { () throws(SystemError) in
            try calls.setSize(file, header.diskBytes)
        }
        let buffer = Buffer(byteCount: Layout.transferBytes)
        while true {
            if progress.isCancelled {
                throw ExportFailure(
                    .cancelled, "the export to \(quoted(target.path)) was cancelled",
                    hint: "export again if it is still wanted")
            }
            let extent: Extent?
            do throws(ReadFailure) {
                extent = try snapshot.next(into: buffer)
            } catch {
                throw ExportFailure(error)
            }
            guard let extent else { break }
            let offset = Int64(extent.cluster) * clusterBytes
            var byteCount = Int64(extent.count) * clusterBytes
            if extent.cluster + extent.count == all {
                byteCount = header.diskBytes - offset
            }
            let bytes = UnsafeRawBufferPointer(buffer.slice(0..<Int(byteCount)))
            try target.writing { () throws(SystemError) in
                try calls.writeAll(file, at: offset, bytes)
            }
            progress.advance(by: Int64(extent.count) * clusterBytes)
        }
        try target.writing { () throws(SystemError) in try calls.syncData(file) }
        return Exported(
            sizeBytes: header.diskBytes,
            storedBytes: Int64(header.storedClusterCount) * clusterBytes)
    }
}

/// A file to be made: its directory, its name, and the name it has until it is whole.
private final class ExportTarget {
    let path: String
    private let calls: SystemCalls
    private let directory: FileDescriptor
    /// Whom the file is given to; nil: it stays the daemon's.
    private let owner: Peer?
    private let name: String
    private let temporaryName: String

    /// Opens the directory of `path`, where nothing may be yet.
    init(_ path: String, _ peer: Peer, _ calls: SystemCalls) throws(ExportFailure) {
        self.path = path
        owner = peer.isTrusted ? nil : peer
        self.calls = calls
        // By bytes: a combining character after a slash would hide it.
        let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
        let parent = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        name = String(slash.map { path[path.utf8.index(after: $0)...] } ?? path[...])
        var random = KernelRandom()
        temporaryName = ".imaged-\(String(random.next(), radix: 16)).part"
        guard !["", ".", ".."].contains(name), !path.utf8.contains(0) else {
            throw ExportFailure(
                .destination, "\"\(quoted(path))\" names no file",
                hint: "give the path of a file that does not exist yet")
        }
        directory = try Self.open(parent, peer, calls)
        try refuseExisting()
    }

    /// Opens a directory as the daemon can for a trusted peer, else below a root (S4).
    private static func open(
        _ path: String, _ peer: Peer, _ calls: SystemCalls
    ) throws(ExportFailure) -> FileDescriptor {
        let place = peer.isTrusted ? nil : peer.place(of: path)
        guard place != nil || peer.isTrusted else {
            let refusal = peer.refusal(of: path)
            throw ExportFailure(.notAllowed, refusal.reason, hint: refusal.hint)
        }
        let isOwnOnly = place.map { !$0.isGranted } ?? false
        let refusal = peer.refusal(ofForeign: path, "directory")
        let foreign = ExportFailure(.notAllowed, refusal.reason, hint: refusal.hint)
        do throws(SystemError) {
            let directory = try calls.openFile(path, at: place, [.readOnly, .directory])
            if !isOwnOnly { return directory }
            if try calls.status(directory).uid == peer.uid { return directory }
        } catch {
            if isOwnOnly && error.errno.meansUnreachable { throw foreign }
            throw unusable("the directory \(quoted(path)) cannot be used", error)
        }
        throw foreign
    }

    /// Tells early what `publish` would find only after the work.
    private func refuseExisting() throws(ExportFailure) {
        let status: FileStatus
        do throws(SystemError) {
            status = try calls.status(of: name, in: directory)
        } catch {
            if error.errno == .notFound { return }
            throw Self.unusable("\(quoted(path)) cannot be used", error)
        }
        throw exists(isDirectory: status.kind == .directory)
    }

    private func exists(isDirectory: Bool) -> ExportFailure {
        ExportFailure(
            .destination,
            "\(quoted(path)) already exists\(isDirectory ? " and is a directory" : "")",
            hint: isDirectory
                ? "give the path of a file in it that does not exist yet"
                : "give another path, or remove the file: an existing one is never overwritten",
            errno: .exists)
    }

    private static func unusable(_ what: String, _ error: SystemError) -> ExportFailure {
        let hint =
            switch error.errno {
            case .notFound: "make the directory first"
            case .notDirectory, .tooManyLinks:
                "give a path whose parent is a directory, and for other users no link"
            case .accessDenied, .notPermitted: "let the daemon's user write there"
            case .readOnly: "the file system is mounted read-only: export to another one"
            case .nameTooLong: "give a shorter path"
            default: "look at the disk below that path (dmesg), then try again"
            }
        return ExportFailure(
            .destination, "\(what): \(error.errno)", hint: hint, errno: error.errno)
    }

    /// Makes the file under its temporary name, for its owner: that this fails shows at once.
    func create() throws(ExportFailure) -> FileDescriptor {
        let file: FileDescriptor
        do throws(SystemError) {
            file = try calls.openFile(
                temporaryName, in: directory, [.writeOnly, .create, .exclusive, .noFollow])
        } catch {
            if error.errno.meansNoSpace { throw ExportFailure(writing: error, path: path) }
            throw Self.unusable("\(quoted(path)) cannot be made", error)
        }
        guard let owner else { return file }
        do throws(SystemError) {
            try calls.give(file, to: owner.uid, group: owner.gid)
        } catch {
            try? calls.unlink(temporaryName, in: directory)
            throw ExportFailure(
                .notAllowed,
                "\(quoted(path)) cannot be given to user \(owner.uid): \(error.errno)",
                hint: "files for other users need a daemon that runs as root or has CAP_CHOWN",
                errno: error.errno)
        }
        return file
    }

    func checkSpace(
        _ file: borrowing FileDescriptor, _ needed: Int64
    ) throws(ExportFailure) {
        let free = try writing { () throws(SystemError) in
            try calls.fileSystem(of: file).freeBytes
        }
        guard needed <= free else {
            throw ExportFailure(
                .noSpace,
                "there is no room for \(quoted(path)): it needs \(needed) bytes, \(free) are free",
                hint: "free space there, or export to another file system", errno: .noSpace)
        }
    }

    func writing<Value: ~Copyable>(
        _ body: () throws(SystemError) -> Value
    ) throws(ExportFailure) -> Value {
        do throws(SystemError) {
            return try body()
        } catch {
            throw ExportFailure(writing: error, path: path)
        }
    }

    /// Gives the synced file its name, if that is still free, and makes the name durable.
    func publish(_ file: borrowing FileDescriptor) throws(ExportFailure) {
        do throws(SystemError) {
            try calls.link(temporaryName, in: directory, to: name, in: directory)
        } catch {
            if error.errno == .exists { throw exists(isDirectory: false) }
            if error.errno == .notPermitted || error.errno == .notSupported {
                throw ExportFailure(
                    .destination, "\(quoted(path)) is on a file system without hard links",
                    hint: "export to another file system and move the file", errno: error.errno)
            }
            throw Self.unusable("\(quoted(path)) cannot be given its name", error)
        }
        try refuseReplaced(file)
        try writing { () throws(SystemError) in
            try calls.unlink(temporaryName, in: directory)
            try calls.sync(directory)
        }
    }

    /// The owner of the directory can put something else under the temporary name.
    private func refuseReplaced(_ file: borrowing FileDescriptor) throws(ExportFailure) {
        if owner == nil { return }
        let (ours, found) = try writing { () throws(SystemError) in
            (try calls.status(file), try calls.status(of: name, in: directory))
        }
        guard ours.device == found.device, ours.inode == found.inode else {
            throw ExportFailure(
                .destination, "\(quoted(path)) was replaced while it was being written",
                hint: "leave \(temporaryName) alone and export again")
        }
    }

    /// Removes what there is of the file; a file of another under the final name stays.
    func remove(_ file: borrowing FileDescriptor) {
        try? calls.unlink(temporaryName, in: directory)
        if let ours = try? calls.status(file),
            let found = try? calls.status(of: name, in: directory),
            ours.device == found.device, ours.inode == found.inode
        {
            try? calls.unlink(name, in: directory)
        }
        try? calls.sync(directory)
    }
}
