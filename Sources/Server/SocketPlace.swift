import System

/// A socket's path: checked, locked, listened at and removed again (`reliability.md` S1, S2). The
/// lock is held as long as this value lives.
final class SocketPlace {
    let path: String
    /// The option that names it, for messages.
    private let option: String
    /// The group that may reach the socket; nil: this user and root alone.
    private let group: UInt32?

    private let calls = SystemCalls.live
    private var lock: FileDescriptor?
    private var bound: (device: UInt64, inode: UInt64)?
    /// The service manager's own socket, which stays where and as it is.
    private let passed: PassedListener?

    init(_ passed: PassedListener) {
        self.passed = passed
        path = passed.path
        option = "--socket"
        group = nil
    }

    init(_ path: String, _ option: String, group: UInt32?) throws(DaemonFailure) {
        self.path = path
        self.option = option
        self.group = group
        passed = nil
        try checkLength()
    }

    /// Checks or makes its directory, and takes its lock.
    func prepare() throws(DaemonFailure) {
        if passed != nil { return }
        try prepareDirectory()
        lock = try takeLock("\(path).lock", "the socket \(path)")
    }

    private func checkLength() throws(DaemonFailure) {
        let max = UnixSocket.pathBytesMax - 4  // the temporary name's ".new"
        let count = path.utf8.count
        if count > max {
            throw DaemonFailure(
                DaemonFailure.unusable,
                """
                the socket's path has \(count) bytes and \(max) are possible: \(path). \
                Choose a shorter one with \(option).
                """)
        }
    }

    private func prepareDirectory() throws(DaemonFailure) {
        let directory = String(path[..<path.lastIndex(of: "/")!])
        let path = directory.isEmpty ? "/" : directory
        if (try? calls.status(of: path)) == nil {
            try calls.makePrivateDirectory(path, "the socket's directory", group: group)
        }
        let status = try calls.directoryStatus(path, "the socket's directory")
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
                with \(option).
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
            chmod 0750 it, or choose another place with \(option)
            """)
    }

    // MARK: The socket

    func listen() throws(DaemonFailure) -> FileDescriptor {
        if let passed { return passed.takeFile() }
        if let old = try? calls.status(of: path), old.kind != .socket {
            throw DaemonFailure(
                DaemonFailure.unusable,
                "\(path) is there and is no socket: move it away, or name another with \(option)")
        }
        do throws(SystemError) {
            let listener = try UnixSocket.listen(
                at: path, mode: group == nil ? 0o600 : 0o660, group: group)
            let status = try calls.status(of: path)
            bound = (status.device, status.inode)
            return listener
        } catch {
            throw DaemonFailure(DaemonFailure.unusable, "\(option) \(error)")
        }
    }

    /// At the end: removes the path only if it is still this daemon's socket.
    func remove() {
        guard let bound, let status = try? calls.status(of: path),
            status.device == bound.device, status.inode == bound.inode,
            let root = try? calls.openFile("/", [.readOnly, .directory])
        else { return }
        try? calls.unlink(path, in: root)
    }
}

extension SystemCalls {
    /// Makes a directory and those above it that are missing: 0700, or 0750 of a group.
    func makePrivateDirectory(
        _ path: String, _ name: String, group: UInt32? = nil
    ) throws(DaemonFailure) {
        var made = ""
        for part in path.split(separator: "/") {
            made += "/\(part)"
            do throws(SystemError) {
                if let group {
                    if (try? status(of: made)) == nil {
                        try makeDirectory(made, group: group)
                    }
                } else {
                    let root = try openFile("/", [.readOnly, .directory])
                    try makeDirectory(made, in: root)
                }
            } catch {
                // One above may exist where we may not make any: the last one decides.
                if made.utf8.count < path.utf8.count { continue }
                throw DaemonFailure(DaemonFailure.unusable, "\(name) \(error)")
            }
        }
        let status = try directoryStatus(path, name)
        guard status.kind == .directory else {
            throw DaemonFailure(DaemonFailure.unusable, "\(name) \(path) is not a directory")
        }
    }

    func directoryStatus(_ path: String, _ name: String) throws(DaemonFailure) -> FileStatus {
        do throws(SystemError) {
            return try status(of: path)
        } catch {
            throw DaemonFailure(DaemonFailure.unusable, "\(name) \(error)")
        }
    }
}
