import CLinux
import Glibc

/// The service manager that started this process, as far as it wants to be told of its state
/// (`sd_notify(3)`). Without one, telling does nothing.
public final class ServiceManager: Sendable {
    /// `$NOTIFY_SOCKET`: a path, or an abstract name behind `@`; nil: nobody wants to be told.
    private let address: String?
    /// Below zero: none. It is closed with this value.
    private let socket: CInt
    /// Within so long it wants to hear that the process is alive; nil: it does not.
    public let watchdogNanoseconds: Int64?

    /// Reads what the environment says, and removes it from there: no child shall speak for us.
    /// Before any thread starts.
    public init() {
        let address = Self.take("NOTIFY_SOCKET").flatMap { text in
            (text.hasPrefix("/") || text.hasPrefix("@")) && (2...107).contains(text.utf8.count)
                ? text : nil
        }
        self.address = address
        socket = address == nil ? -1 : Self.makeSocket()
        let forWhom = Self.take("WATCHDOG_PID")
        let microseconds = Self.take("WATCHDOG_USEC").flatMap { Int64($0) } ?? 0
        let isForUs = forWhom == nil || forWhom == "\(CurrentProcess.pid)"
        let isUsed = address != nil && isForUs && (1...(1 << 50)).contains(microseconds)
        watchdogNanoseconds = isUsed ? microseconds * 1_000 : nil
    }

    private static func makeSocket() -> CInt {
        let number = Glibc.socket(
            AF_UNIX, CInt(SOCK_DGRAM.rawValue) | CInt(imaged_SOCK_CLOEXEC), 0)
        if number < 0 { return number }
        // A manager that hangs shall not hang us for ever.
        var limit = timeval(tv_sec: 2, tv_usec: 0)
        setsockopt(
            number, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        return number
    }

    deinit { if socket >= 0 { close(socket) } }

    /// A variable's value, which is removed; nil: it is not set, or empty.
    static func take(_ name: String) -> String? {
        defer { unsetenv(name) }
        return CurrentProcess.environment(name).flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Sends assignments like `READY=1`, together.
    ///
    /// - Parameters:
    ///   - assignments: control characters in them are sent as spaces, for each line is one.
    ///   - waits: whether to wait, up to 2 s, when the manager's queue is full.
    /// - Returns: whether they were sent; true where nobody wants to be told.
    @discardableResult
    public func tell(_ assignments: String..., waits: Bool = true) -> Bool {
        guard let address else { return true }
        let lines = assignments.map { line in
            String(decoding: line.utf8.map { $0 < 0x20 ? 0x20 : $0 }, as: UTF8.self)
        }
        let bytes = Array(lines.joined(separator: "\n").utf8)
        let flags = CInt(MSG_NOSIGNAL) | (waits ? 0 : CInt(MSG_DONTWAIT))
        return Self.withAddress(address) { address, length in
            while true {
                let count = bytes.withUnsafeBytes {
                    sendto(socket, $0.baseAddress, $0.count, flags, address, length)
                }
                if count >= 0 || errno != EINTR { return count == bytes.count }
            }
        }
    }

    private static func withAddress<Result>(
        _ text: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let isAbstract = text.hasPrefix("@")
        withUnsafeMutableBytes(of: &address.sun_path) { place in
            place.copyBytes(from: text.utf8)
            if isAbstract { place[0] = 0 }
        }
        // An abstract name is as long as the address says; a path ends in a zero.
        let length = MemoryLayout<sa_family_t>.size + text.utf8.count + (isAbstract ? 0 : 1)
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(length)) }
        }
    }
}

/// A socket that the service manager listens at for this process (`sd_listen_fds(3)`).
public struct PassedListener: Sendable {
    /// The first descriptor that is passed on.
    public static let firstNumber: CInt = 3

    private let number: CInt
    /// Where it is bound.
    public let path: String

    /// The socket, which whoever asks for it owns from now on: once.
    public func takeFile() -> FileDescriptor { FileDescriptor(owning: number) }

    /// Why what was passed on cannot be used.
    public struct Problem: Error, CustomStringConvertible {
        public let description: String
    }

    /// Takes the socket over: non-blocking, closed on exec. The variables that tell of it are gone
    /// afterwards. Before anything is opened, and before any thread starts.
    ///
    /// - Returns: nil: none was passed on to this process.
    /// - Throws: ``Problem`` if there is more than one, or it is no listening Unix stream socket in
    ///   the file system.
    public static func take() throws(Problem) -> PassedListener? {
        let pid = ServiceManager.take("LISTEN_PID")
        let count = ServiceManager.take("LISTEN_FDS")
        let names = ServiceManager.take("LISTEN_FDNAMES")
        guard let count, pid == "\(CurrentProcess.pid)" else { return nil }
        guard let number = Int32(count), number >= 0 else {
            throw Problem(description: "LISTEN_FDS=\(count): a number is right")
        }
        if number == 0 { return nil }
        if number > 1 {
            let named = names.map { " (\($0))" } ?? ""
            throw Problem(
                description: "the service manager passed on \(number) sockets\(named); one is right"
            )
        }
        return try PassedListener(firstNumber)
    }

    private init(_ number: CInt) throws(Problem) {
        func option(_ name: CInt) -> CInt? {
            var value: CInt = 0
            var length = socklen_t(MemoryLayout<CInt>.size)
            return getsockopt(number, SOL_SOCKET, name, &value, &length) == 0 ? value : nil
        }
        guard option(SO_DOMAIN) == AF_UNIX, option(SO_TYPE) == CInt(SOCK_STREAM.rawValue),
            option(SO_ACCEPTCONN) == 1
        else {
            throw Problem(
                description: """
                    descriptor \(number) of the service manager is no listening Unix stream \
                    socket: ListenStream= with a path, and Accept=no, are right
                    """)
        }
        var address = sockaddr_un()
        var length = socklen_t(MemoryLayout<sockaddr_un>.size)
        let failed = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                getsockname(number, $0, &length)
            }
        }
        let path = withUnsafeBytes(of: &address.sun_path) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        guard failed == 0, path.hasPrefix("/") else {
            // An abstract name has no permissions (reliability.md S1).
            throw Problem(
                description: """
                    the socket of the service manager is not in the file system: ListenStream= \
                    with an absolute path is right
                    """)
        }
        _ = fcntl(number, F_SETFD, FD_CLOEXEC)
        _ = fcntl(number, F_SETFL, fcntl(number, F_GETFL) | O_NONBLOCK)
        self.number = number
        self.path = path
    }
}
