import CLinux
import Glibc

/// Who is at the other end of a connection, as the kernel noted it at connect (`SO_PEERCRED`).
public struct PeerCredentials: Equatable, Sendable {
    public let uid: UInt32
    public let gid: UInt32
    /// For logs only: it may be reused.
    public let pid: Int32

    public init(uid: UInt32, gid: UInt32, pid: Int32) {
        self.uid = uid
        self.gid = gid
        self.pid = pid
    }
}

/// What a read or write on a non-blocking socket came to.
public enum Transfer: Sendable {
    case bytes(Int)
    /// Nothing now; the loop tells when.
    case wouldBlock
    /// The other side is gone, or the connection broke.
    case ended
}

/// Unix stream sockets. Everything is close-on-exec and non-blocking.
public enum UnixSocket {
    /// The bytes that `sun_path` holds, without its terminating zero.
    public static let pathBytesMax = 107

    /// Makes a listening socket at `path`, whose mode is `mode` from its first moment on: it is
    /// bound under another name, then renamed over what is there, so that nobody who connects
    /// meanwhile is refused (`reliability.md` S2).
    ///
    /// The caller holds the locks of S2; `umask` is the process's, so no other thread may make
    /// files meanwhile.
    ///
    /// - Parameter group: the group that the socket is given to; nil: this process's.
    public static func listen(
        at path: String, mode: UInt32, group: UInt32? = nil, backlog: Int32 = 1024
    ) throws(SystemError) -> FileDescriptor {
        let temporary = temporaryPath(for: path)
        let number = socket(
            AF_UNIX,
            CInt(SOCK_STREAM.rawValue) | CInt(imaged_SOCK_CLOEXEC) | CInt(imaged_SOCK_NONBLOCK), 0)
        if number < 0 { throw SystemError("socket", errno: Errno(rawValue: errno)) }
        let listener = FileDescriptor(owning: number)
        let before = umask(mode_t(0o777 & ~mode))
        let bound = withAddress(of: temporary) { Glibc.bind(number, $0, $1) }
        let bindErrno = errno
        umask(before)
        if bound != 0 {
            throw SystemError("bind", path: path, errno: Errno(rawValue: bindErrno))
        }
        guard group.map({ Glibc.lchown(temporary, .max, $0) == 0 }) ?? true else {
            let failure = Errno(rawValue: errno)
            unlink(temporary)
            throw SystemError("chown", path: path, errno: failure)
        }
        guard Glibc.listen(number, backlog) == 0, Glibc.rename(temporary, path) == 0 else {
            let failure = Errno(rawValue: errno)
            unlink(temporary)
            throw SystemError("listen", path: path, errno: failure)
        }
        return listener
    }

    /// The name a socket is bound under before it is renamed; it counts for `pathBytesMax`.
    public static func temporaryPath(for path: String) -> String { "\(path).new" }

    /// Calls `body` with the address of `path`, which has at most `pathBytesMax` bytes.
    static func withAddress<Result>(
        of path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) {
            $0.copyBytes(from: path.utf8.prefix(pathBytesMax))
        }
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }

    /// The next waiting connection; nil: none waits.
    public static func accept(
        _ listener: borrowing FileDescriptor
    ) throws(SystemError) -> FileDescriptor? {
        while true {
            let flags = CInt(imaged_SOCK_CLOEXEC | imaged_SOCK_NONBLOCK)
            let number = accept4(listener.rawValue, nil, nil, flags)
            if number >= 0 { return FileDescriptor(owning: number) }
            switch errno {
            case EINTR, ECONNABORTED: continue
            case EAGAIN: return nil
            default: throw SystemError("accept4", errno: Errno(rawValue: errno))
            }
        }
    }

    /// Nil: the kernel did not tell all of them.
    public static func peerCredentials(_ socket: borrowing FileDescriptor) -> PeerCredentials? {
        var found = imaged_ucred()
        var length = socklen_t(MemoryLayout<imaged_ucred>.size)
        let failed = getsockopt(
            socket.rawValue, SOL_SOCKET, CInt(imaged_SO_PEERCRED), &found, &length)
        guard failed == 0, length == 12 else { return nil }
        return PeerCredentials(uid: found.uid, gid: found.gid, pid: found.pid)
    }

    /// The supplementary groups of the other side (`SO_PEERGROUPS`), noted at connect; none where
    /// the kernel does not tell.
    public static func peerGroups(_ socket: borrowing FileDescriptor) -> [UInt32] {
        var groups = [UInt32](repeating: 0, count: 64)
        while true {
            var length = socklen_t(groups.count * 4)
            let failed = groups.withUnsafeMutableBytes {
                getsockopt(
                    socket.rawValue, SOL_SOCKET, CInt(imaged_SO_PEERGROUPS), $0.baseAddress,
                    &length)
            }
            let count = Int(length) / 4
            if failed == 0 { return Array(groups.prefix(count)) }
            // Too many for the room: the kernel has said how many. A user has 65,536 at most.
            guard errno == ERANGE, count > groups.count, count <= 1 << 16 else { return [] }
            groups = [UInt32](repeating: 0, count: count)
        }
    }

    /// Sends no more: the other side reads its end behind what was sent (`shutdown(2)`).
    public static func endSending(_ socket: borrowing FileDescriptor) {
        shutdown(socket.rawValue, CInt(SHUT_WR))
    }

    /// Reads what is there into `buffer[offset...]`.
    public static func receive(
        _ socket: borrowing FileDescriptor, into buffer: inout [UInt8], at offset: Int = 0
    ) -> Transfer {
        let number = socket.rawValue
        return buffer.withUnsafeMutableBytes { bytes in
            let rest = UnsafeMutableRawBufferPointer(rebasing: bytes[offset...])
            while true {
                let count = read(number, rest.baseAddress, rest.count)
                if count > 0 { return .bytes(count) }
                if count == 0 { return .ended }
                if errno == EINTR { continue }
                return errno == EAGAIN ? .wouldBlock : .ended
            }
        }
    }

    /// Sends `bytes[offset...]` as far as the socket takes them; never raises SIGPIPE.
    public static func send(
        _ socket: borrowing FileDescriptor, _ bytes: [UInt8], from offset: Int
    ) -> Transfer {
        let number = socket.rawValue
        return bytes.withUnsafeBytes { bytes in
            let rest = UnsafeRawBufferPointer(rebasing: bytes[offset...])
            while true {
                let count = Glibc.send(
                    number, rest.baseAddress, rest.count, CInt(MSG_NOSIGNAL))
                if count >= 0 { return .bytes(count) }
                if errno == EINTR { continue }
                return errno == EAGAIN ? .wouldBlock : .ended
            }
        }
    }
}
