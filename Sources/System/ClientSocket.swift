import CLinux
import Glibc

/// A Unix stream socket of a client (`unix(7)`): non-blocking, closed on exec, and without a
/// signal when the other side is gone. It changes nothing else of its process.
public final class ClientSocket: Sendable {
    private let file: FileDescriptor

    /// Connects to the socket at `path` (`connect(2)`). EAGAIN means that its daemon has more
    /// callers waiting than it takes: try again soon.
    public init(connectingTo path: String) throws(SystemError) {
        guard path.utf8.count <= UnixSocket.pathBytesMax else {
            throw SystemError("connect", path: path, errno: .nameTooLong)
        }
        let type = CInt(SOCK_STREAM.rawValue) | CInt(imaged_SOCK_CLOEXEC | imaged_SOCK_NONBLOCK)
        let number = Glibc.socket(AF_UNIX, type, 0)
        if number < 0 { throw SystemError("socket", errno: Errno(rawValue: Glibc.errno)) }
        let socket = FileDescriptor(owning: number)
        while UnixSocket.withAddress(of: path, { Glibc.connect(number, $0, $1) }) != 0 {
            let errno = Errno(rawValue: Glibc.errno)
            if errno != .interrupted { throw SystemError("connect", path: path, errno: errno) }
        }
        file = socket
    }

    /// Sends what the kernel takes at once, without SIGPIPE; returns how many bytes that were.
    public func send(_ bytes: ArraySlice<UInt8>) throws(SystemError) -> Int {
        let count = try transfer("send") {
            bytes.withUnsafeBytes {
                Glibc.send(file.rawValue, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL))
            }
        }
        return count ?? 0
    }

    /// Receives what is there into the start of `buffer`; nil: nothing yet, 0: the other side
    /// will send no more.
    public func receive(_ buffer: inout [UInt8]) throws(SystemError) -> Int? {
        try transfer("recv") {
            buffer.withUnsafeMutableBytes {
                Glibc.recv(file.rawValue, $0.baseAddress, $0.count, 0)
            }
        }
    }

    /// Calls until the answer is not EINTR; nil: it would have to wait.
    private func transfer(_ call: String, _ body: () -> Int) throws(SystemError) -> Int? {
        while true {
            let count = body()
            if count >= 0 { return count }
            let errno = Errno(rawValue: Glibc.errno)
            if errno == .wouldBlock { return nil }
            if errno != .interrupted { throw SystemError(call, errno: errno) }
        }
    }

    /// Sleeps until bytes can be received, or sent if `forSending`, or `wakeup` is signalled, or
    /// the time is over (below zero: no limit). An interrupted sleep ends early.
    public func wait(forSending: Bool, wakeup: Wakeup, milliseconds: CInt) -> SocketReadiness {
        let interest = CShort(POLLIN) | (forSending ? CShort(POLLOUT) : 0)
        var watched = [
            pollfd(fd: file.rawValue, events: interest, revents: 0),
            pollfd(fd: wakeup.file.rawValue, events: CShort(POLLIN), revents: 0),
        ]
        if poll(&watched, nfds_t(watched.count), milliseconds) <= 0 {
            return SocketReadiness(canReceive: false, canSend: false)
        }
        if watched[1].revents != 0 { wakeup.drain() }
        // A broken connection is told by the next receive.
        let broken = watched[0].revents & CShort(POLLHUP | POLLERR | POLLNVAL) != 0
        return SocketReadiness(
            canReceive: broken || watched[0].revents & CShort(POLLIN) != 0,
            canSend: watched[0].revents & CShort(POLLOUT) != 0)
    }
}

/// What can be done with a socket without waiting.
public struct SocketReadiness: Equatable, Sendable {
    public let canReceive: Bool
    public let canSend: Bool
}

/// Ends another thread's sleep (`eventfd(2)`).
public final class Wakeup: Sendable {
    fileprivate let file: FileDescriptor

    public init() throws(SystemError) {
        let number = eventfd(0, CInt(imaged_SOCK_CLOEXEC | imaged_SOCK_NONBLOCK))
        if number < 0 { throw SystemError("eventfd", errno: Errno(rawValue: Glibc.errno)) }
        file = FileDescriptor(owning: number)
    }

    /// From any thread. Signals add up to one wake-up.
    public func signal() { eventfd_write(file.rawValue, 1) }

    fileprivate func drain() {
        var value: eventfd_t = 0
        eventfd_read(file.rawValue, &value)
    }
}
