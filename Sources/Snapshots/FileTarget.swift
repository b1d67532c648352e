import System

/// A path's directory and its last name. By bytes: a combining character after a slash would hide
/// it.
func split(_ path: String) -> (parent: String, name: String) {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return (".", path) }
    let parent = slash == path.startIndex ? "/" : String(path[..<slash])
    return (parent, String(path[path.utf8.index(after: slash)...]))
}

/// A file to be made: its directory, its name, and the name it has until it is whole.
final class FileTarget {
    let path: String
    private let calls: SystemCalls
    private let directory: FileDescriptor
    /// Whom the file is given to; nil: it stays the daemon's.
    private let owner: Peer?
    private let name: String
    private let temporaryName: String
    /// How many bytes stay free where the file is made.
    private let reserveBytes: Int64

    /// Opens the directory of `path`, where nothing may be yet.
    ///
    /// - Parameter temporary: the name until the file is whole; nil: one that nobody can guess.
    init(
        _ path: String, temporary: String?, _ peer: Peer, _ calls: SystemCalls
    ) throws(ExportFailure) {
        let (parent, name) = split(path)
        self.path = path
        self.name = name
        self.calls = calls
        owner = peer.isTrusted ? nil : peer
        reserveBytes = 0
        temporaryName = temporary ?? Self.randomName()
        guard !["", ".", ".."].contains(name), !path.utf8.contains(0) else {
            throw ExportFailure(
                .destination, "\"\(quoted(path))\" names no file",
                hint: "give the path of a file that does not exist yet")
        }
        directory = try Self.open(parent, peer, calls)
        try refuseExisting()
    }

    /// A file in a directory of the daemon's own; `path` is for messages.
    ///
    /// - Parameter reserveBytes: what the journal beside it needs (`reliability.md` R9).
    init(
        _ path: String, name: String, temporary: String, in directory: consuming FileDescriptor,
        reserveBytes: Int64, _ calls: SystemCalls
    ) throws(ExportFailure) {
        self.path = path
        self.name = name
        self.calls = calls
        owner = nil
        self.reserveBytes = reserveBytes
        temporaryName = temporary
        self.directory = directory
        try refuseExisting()
    }

    private static func randomName() -> String {
        var random = KernelRandom()
        return ".imaged-\(String(random.next(), radix: 16)).part"
    }

    /// Opens a directory as the daemon can for a trusted peer, else below a root (S4).
    static func open(
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

    static func unusable(_ what: String, _ error: SystemError) -> ExportFailure {
        let hint =
            switch error.errno {
            case .notFound: "make the directory first"
            case .notDirectory, .tooManyLinks:
                "give a path whose parent is a directory, and for other users no link"
            case .accessDenied, .notPermitted: "let the daemon's user write there"
            case .readOnly: "the file system is mounted read-only: use another one"
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
        guard needed <= free, reserveBytes <= free - needed else {
            let reserved = reserveBytes > 0 ? ", \(reserveBytes) of them for the journal" : ""
            throw ExportFailure(
                .noSpace,
                "there is no room for \(quoted(path)): it needs \(needed) bytes, \(free) are free"
                    + reserved,
                hint: "free space there, or use another file system", errno: .noSpace)
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

    /// Gives the synced file its name, if that is still free, and makes the name durable. The
    /// temporary name stays: it tells whose the file is until somebody knows of it.
    ///
    /// - Returns: what the file is.
    func link(_ file: borrowing FileDescriptor) throws(ExportFailure) -> FileStatus {
        do throws(SystemError) {
            try calls.link(temporaryName, in: directory, to: name, in: directory)
        } catch {
            if error.errno == .exists { throw exists(isDirectory: false) }
            if error.errno == .notPermitted || error.errno == .notSupported {
                throw ExportFailure(
                    .destination, "\(quoted(path)) is on a file system without hard links",
                    hint: "use another file system and move the file", errno: error.errno)
            }
            throw Self.unusable("\(quoted(path)) cannot be given its name", error)
        }
        let status = try writing { () throws(SystemError) in try calls.status(file) }
        try refuseReplaced(status)
        try writing { () throws(SystemError) in try calls.sync(directory) }
        return status
    }

    /// Gives the file its name alone.
    func publish(_ file: borrowing FileDescriptor) throws(ExportFailure) {
        _ = try link(file)
        try writing { () throws(SystemError) in
            try calls.unlink(temporaryName, in: directory)
            try calls.sync(directory)
        }
    }

    /// The owner of the directory can put something else under the temporary name.
    private func refuseReplaced(_ ours: FileStatus) throws(ExportFailure) {
        if owner == nil { return }
        let found = try writing { () throws(SystemError) in
            try calls.status(of: name, in: directory)
        }
        guard ours.isSameFile(as: found) else {
            throw ExportFailure(
                .destination, "\(quoted(path)) was replaced while it was being written",
                hint: "leave \(temporaryName) alone and try again")
        }
    }

    /// Removes what there is of the file; a file of another under the final name stays.
    func remove(_ file: borrowing FileDescriptor) {
        try? calls.unlink(temporaryName, in: directory)
        if let ours = try? calls.status(file),
            let found = try? calls.status(of: name, in: directory), ours.isSameFile(as: found)
        {
            try? calls.unlink(name, in: directory)
        }
        try? calls.sync(directory)
    }
}

extension FileStatus {
    func isSameFile(as other: FileStatus) -> Bool {
        device == other.device && inode == other.inode
    }
}
