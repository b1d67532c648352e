import System

/// The data directory and the socket: found, made, checked and locked (`reliability.md` S1, S2).
/// The locks are held as long as this value lives.
final class Places {
    /// Nil: ephemeral.
    let dataDirectory: String?
    /// Where the binary protocol is spoken, and where HTTP is.
    let socket: SocketPlace
    let httpSockets: [SocketPlace]

    private let calls = SystemCalls.live
    private var dataLock: FileDescriptor?

    /// - Parameter passed: the socket that a service manager has made; nil: we make our own.
    init(
        _ options: DaemonOptions, _ passed: PassedListener? = nil
    ) throws(DaemonFailure) {
        let group = try options.socketGroup.map(Self.group)
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
        if let passed {
            socket = SocketPlace(passed)
        } else {
            guard let path = options.socketPath ?? DefaultPlaces.socket(dataDirectory: fallback)
            else {
                throw DaemonFailure(DaemonFailure.unusable, "no HOME is set: name a --socket")
            }
            socket = try SocketPlace(Self.absolute(path), "--socket", group: group)
        }
        var httpSockets: [SocketPlace] = []
        for case .socket(let path) in options.http {
            httpSockets.append(try SocketPlace(Self.absolute(path), "--http", group: group))
        }
        self.httpSockets = httpSockets
        if let dataDirectory {
            try calls.makePrivateDirectory(dataDirectory, "--data-dir")
            try refuseForeign(dataDirectory)
            dataLock = try takeLock("\(dataDirectory)/lock", "the data directory \(dataDirectory)")
        }
        for place in [socket] + httpSockets { try place.prepare() }
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

    /// A directory with other people's files in it is not made ours by a slip of the hand.
    private func refuseForeign(_ path: String) throws(DaemonFailure) {
        let status = try calls.directoryStatus(path, "--data-dir")
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
