import System

/// The data directory and the socket: found, made, checked and locked (`reliability.md` S1, S2).
/// The locks are held as long as this value lives.
final class Places {
    let socketPath: String
    /// Nil: ephemeral.
    let dataDirectory: String?

    /// The group that may reach the socket; nil: this user and root alone.
    private let group: UInt32?

    private let calls = SystemCalls.live
    private var dataLock: FileDescriptor?
    private var socketLock: FileDescriptor?
    private var boundSocket: (device: UInt64, inode: UInt64)?
    /// The service manager's socket, which stays where and as it is.
    private let passed: PassedListener?

    /// - Parameter passed: the socket that a service manager has made; nil: we make our own.
    init(
        _ options: DaemonOptions, _ passed: PassedListener? = nil
    ) throws(DaemonFailure) {
        group = try options.socketGroup.map(Self.group)
        let isEphemeral = options.durability == .ephemeral
        let fallback = options.dataDirectory ?? DefaultPlaces.dataDirectory
        if isEphemeral {
            dataDirectory = nil
        } else {
            guard let directory = fallback else {
                throw DaemonFailure(
                    DaemonFailure.unusable, "no HOME is set: name a directory with --data-dir")
            }
            dataDirectory = Self.absolute(directory)
        }
        guard
            let socket = passed?.path ?? options.socketPath
                ?? DefaultPlaces.socket(dataDirectory: fallback)
        else {
            throw DaemonFailure(DaemonFailure.unusable, "no HOME is set: name a --socket")
        }
        socketPath = Self.absolute(socket)
        self.passed = passed
        if passed == nil { try checkLength() }
        if let dataDirectory {
            try makeDirectory(dataDirectory, "--data-dir")
            try refuseForeign(dataDirectory)
            dataLock = try takeLock("\(dataDirectory)/lock", "the data directory \(dataDirectory)")
        }
        if passed != nil { return }
        try prepareSocketDirectory()
        socketLock = try takeLock("\(socketPath).lock", "the socket \(socketPath)")
    }

    private static func group(_ name: String) throws(DaemonFailure) -> UInt32 {
        if let group = UInt32(name) ?? CurrentProcess.group(named: name), group < .max {
            return group
        }
        throw DaemonFailure(DaemonFailure.usage, "--socket-group \(name): there is no such group")
    }

    private static func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : "\(CurrentProcess.workingDirectory)/\(path)"
    }

    private func checkLength() throws(DaemonFailure) {
        let max = UnixSocket.pathBytesMax - 4  // the temporary name's ".new"
        let count = socketPath.utf8.count
        if count > max {
            throw DaemonFailure(
                DaemonFailure.unusable,
                """
                the socket's path has \(count) bytes and \(max) are possible: \(socketPath). \
                Choose a shorter one with --socket.
                """)
        }
    }

    // MARK: Directories

    /// Makes a directory and those above it that are missing: 0700, or 0750 of a group.
    private func makeDirectory(
        _ path: String, _ name: String, group: UInt32? = nil
    ) throws(DaemonFailure) {
        var made = ""
        for part in path.split(separator: "/") {
            made += "/\(part)"
            do throws(SystemError) {
                if let group {
                    if (try? calls.status(of: made)) == nil {
                        try calls.makeDirectory(made, group: group)
                    }
                } else {
                    let root = try calls.openFile("/", [.readOnly, .directory])
                    try calls.makeDirectory(made, in: root)
                }
            } catch {
                // One above may exist where we may not make any: the last one decides.
                if made.utf8.count < path.utf8.count { continue }
                throw DaemonFailure(DaemonFailure.unusable, "\(name) \(error)")
            }
        }
        let status = try status(path, name)
        guard status.kind == .directory else {
            throw DaemonFailure(DaemonFailure.unusable, "\(name) \(path) is not a directory")
        }
    }

    private func status(_ path: String, _ name: String) throws(DaemonFailure) -> FileStatus {
        do throws(SystemError) {
            return try calls.status(of: path)
        } catch {
            throw DaemonFailure(DaemonFailure.unusable, "\(name) \(error)")
        }
    }

    /// A directory with other people's files in it is not made ours by a slip of the hand.
    private func refuseForeign(_ path: String) throws(DaemonFailure) {
        let status = try status(path, "--data-dir")
        guard status.uid == CurrentProcess.uid, status.permissions & 0o022 == 0 else {
            throw DaemonFailure(
                DaemonFailure.unusable,
                "--data-dir \(path) must belong to this user and be writable by no other")
        }
        do throws(SystemError) {
            let directory = try calls.openFile(path, [.readOnly, .directory])
            let names = try calls.names(in: directory)
            let own = { (name: String) in
                name == "lock" || name.hasSuffix(".sock") || name.hasSuffix(".sock.lock")
            }
            if !names.isEmpty && !names.contains("lock") && !names.allSatisfy(own) {
                throw SystemError("open", path: path, errno: .exists)
            }
        } catch {
            throw DaemonFailure(
                DaemonFailure.unusable,
                error.errno == .exists
                    ? "--data-dir \(path) holds other files and no imaged data: name another one"
                    : "--data-dir \(error)")
        }
    }

    private func prepareSocketDirectory() throws(DaemonFailure) {
        let directory = String(socketPath[..<socketPath.lastIndex(of: "/")!])
        let path = directory.isEmpty ? "/" : directory
        if (try? calls.status(of: path)) == nil {
            try makeDirectory(path, "the socket's directory", group: group)
        }
        let status = try status(path, "the socket's directory")
        guard status.kind == .directory else {
            throw DaemonFailure(
                DaemonFailure.unusable, "the socket's directory \(path) is not a directory")
        }
        guard status.uid == CurrentProcess.uid || status.uid == 0,
            status.permissions & 0o022 == 0
        else {
            throw DaemonFailure(
                DaemonFailure.unusable,
                """
                the socket's directory \(path) must belong to this user or root and be writable \
                by no other; others could put a socket of their own there. Choose another place \
                with --socket.
                """)
        }
        try checkGroupEnters(path, status)
    }

    /// With `--socket-group`, a directory that is there already must let the group in.
    private func checkGroupEnters(
        _ path: String, _ status: FileStatus
    ) throws(DaemonFailure) {
        guard let group else { return }
        let isOfGroup = status.gid == group && status.permissions & 0o010 != 0
        if isOfGroup || status.gid != group && status.permissions & 0o001 != 0 { return }
        throw DaemonFailure(
            DaemonFailure.unusable,
            """
            the socket's directory \(path) does not let group \(group) in: chgrp \(group) and \
            chmod 0750 it, or choose another place with --socket
            """)
    }

    // MARK: The socket

    func listen() throws(DaemonFailure) -> FileDescriptor {
        if let passed { return passed.takeFile() }
        do throws(SystemError) {
            if let old = try? calls.status(of: socketPath), old.kind != .socket {
                throw SystemError("bind", path: socketPath, errno: .exists)
            }
            let listener = try UnixSocket.listen(
                at: socketPath, mode: group == nil ? 0o600 : 0o660, group: group)
            let status = try calls.status(of: socketPath)
            boundSocket = (status.device, status.inode)
            return listener
        } catch {
            throw DaemonFailure(DaemonFailure.unusable, "--socket \(error)")
        }
    }

    /// At the end: removes the path only if it is still this daemon's socket.
    func removeSocket() {
        guard let boundSocket, let status = try? calls.status(of: socketPath),
            status.device == boundSocket.device, status.inode == boundSocket.inode,
            let root = try? calls.openFile("/", [.readOnly, .directory])
        else { return }
        try? calls.unlink(socketPath, in: root)
    }
}

/// Takes the lock at `path` for this process's life and writes its pid into it (S2).
///
/// - Parameter what: what the lock stands for, for the message when another daemon has it.
func takeLock(
    _ path: String, _ what: String, _ calls: SystemCalls = .live
) throws(DaemonFailure) -> FileDescriptor {
    do throws(SystemError) {
        let file = try calls.openFile(path, [.readWrite, .create, .noFollow])
        guard try calls.lockExclusively(file) else {
            let owner = try String(decoding: calls.contents(of: path, max: 64), as: UTF8.self)
                .prefix { $0.isNumber }
            throw SystemError(String(owner), errno: .wouldBlock)
        }
        try calls.setSize(file, 0)
        let text = Array("\(CurrentProcess.pid)\n".utf8)
        try text.withUnsafeBytes { bytes in
            Result { () throws(SystemError) in try calls.writeAll(file, at: 0, bytes) }
        }.get()
        return file
    } catch {
        if error.errno == .wouldBlock {
            throw DaemonFailure(
                DaemonFailure.alreadyRunning,
                "another imaged, pid \(error.call), has \(what)")
        }
        throw DaemonFailure(DaemonFailure.unusable, "\(error)")
    }
}
