import Foundation
import Testing

/// A test that plays the service manager: it listens at a socket, passes it on to a daemon, and
/// reads what the daemon tells it (`sd_listen_fds(3)`, `sd_notify(3)`).
public final class PlayedManager {
    public let directory = TemporaryDirectory()
    public var socketPath: String { "\(directory.path)/s" }
    /// The socket that is passed on.
    private let listener: Int32
    private let notifications: Int32
    /// What `NOTIFY_SOCKET` says.
    private let notifyAddress: String
    public private(set) var process: ChildProcess?

    /// What is passed on as descriptor 3.
    public enum Passed: Sendable {
        case listener, datagram, notListening, abstract, tcp, file
    }

    /// - Parameter isAbstract: whether the daemon tells us at an abstract address.
    public init(passing passed: Passed = .listener, abstractNotifications isAbstract: Bool = false)
        throws
    {
        let path = "\(directory.path)/s"
        switch passed {
        case .listener: listener = try Self.bound(path, SOCK_STREAM, listens: true)
        case .notListening: listener = try Self.bound(path, SOCK_STREAM)
        case .datagram: listener = try Self.bound(path, SOCK_DGRAM)
        case .abstract: listener = try Self.bound("@\(path)", SOCK_STREAM, listens: true)
        case .tcp:
            listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Self.closeOnExec, 0)
            try #require(listen(listener, 8) == 0)
        case .file: listener = open("\(directory.path)/file", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        }
        notifyAddress = isAbstract ? "@\(directory.path)/n" : "\(directory.path)/n"
        notifications = try Self.bound(notifyAddress, SOCK_DGRAM)
        var limit = timeval(tv_sec: 30, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(notifications, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
    }

    deinit {
        close(listener)
        close(notifications)
    }

    private static let closeOnExec = Int32(SOCK_CLOEXEC.rawValue)

    private static func bound(
        _ name: String, _ type: __socket_type, listens: Bool = false
    ) throws -> Int32 {
        let number = socket(AF_UNIX, Int32(type.rawValue) | closeOnExec, 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let isAbstract = name.hasPrefix("@")
        withUnsafeMutableBytes(of: &address.sun_path) { place in
            place.copyBytes(from: name.utf8.prefix(107))
            if isAbstract { place[0] = 0 }
        }
        let length = socklen_t(2 + name.utf8.count + (isAbstract ? 0 : 1))
        let failed = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(number, $0, length) }
        }
        try #require(failed == 0 && (!listens || listen(number, 64) == 0))
        return number
    }

    /// Starts a daemon with the socket as its descriptor 3.
    ///
    /// - Parameter variables: further variables, or other values of those that are set.
    public func start(
        _ arguments: [String] = ["--ephemeral"], _ variables: [String] = []
    ) throws {
        // The shell's process becomes the daemon's, so that LISTEN_PID is right.
        let script = """
            exec 3<&0 </dev/null
            export LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=imaged NOTIFY_SOCKET="$1" $2
            shift 2
            exec "$@"
            """
        let null = open("/dev/null", O_WRONLY | O_CLOEXEC)
        defer { close(null) }
        process = try ChildProcess(
            [
                "sh", "-c", script, "sh", notifyAddress, variables.joined(separator: " "),
                TestDaemon.product("imaged"),
            ] + arguments, output: null, errors: "\(directory.path)/log", input: listener)
    }

    /// The next message, its assignments in order.
    public func message() throws -> [String] {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = recv(notifications, &bytes, bytes.count, 0)
        try #require(count >= 0, "no message: \(log)")
        return String(decoding: bytes[..<count], as: UTF8.self)
            .split(separator: "\n").map(String.init)
    }

    /// The messages up to the first that has `assignment`, which is the last of them.
    public func messages(upTo assignment: String) throws -> [[String]] {
        var messages: [[String]] = []
        while !(messages.last?.contains(assignment) ?? false) { messages.append(try message()) }
        return messages
    }

    public var log: String {
        let bytes = FileManager.default.contents(atPath: "\(directory.path)/log") ?? Data()
        return String(decoding: bytes, as: UTF8.self)
    }
}
