import CLinux
import Glibc

/// TCP sockets, for HTTP. Everything is close-on-exec and non-blocking.
public enum TCPSocket {
    /// An IPv4 or IPv6 address, as text, and a port.
    public struct Address: Equatable, Sendable, CustomStringConvertible {
        public let host: String
        public var port: UInt16
        let isIPv6: Bool

        /// `ADDR:PORT` with a numeric address, IPv6 in brackets; `PORT` and `localhost:PORT` are
        /// the loopback's. Nil: it is none of these.
        public init?(_ text: String) {
            let colon = text.lastIndex(of: ":")
            let digits = colon.map { text[text.index(after: $0)...] } ?? text[...]
            guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                let port = UInt16(digits)
            else { return nil }
            var host = colon.map { String(text[..<$0]) } ?? ""
            if host.isEmpty || host == "localhost" { host = "127.0.0.1" }
            let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
            if isBracketed { host = String(host.dropFirst().dropLast()) }
            var scratch = in6_addr()
            guard inet_pton(isBracketed ? AF_INET6 : AF_INET, host, &scratch) == 1 else {
                return nil
            }
            self.host = host
            self.port = port
            isIPv6 = isBracketed
        }

        public var description: String { isIPv6 ? "[\(host)]:\(port)" : "\(host):\(port)" }
    }

    /// Listens at `address`; with port 0 at some free one, which `address` then says.
    public static func listen(
        at address: inout Address, backlog: Int32 = 1024
    ) throws(SystemError) -> FileDescriptor {
        let number = socket(
            address.isIPv6 ? AF_INET6 : AF_INET,
            CInt(SOCK_STREAM.rawValue) | CInt(imaged_SOCK_CLOEXEC) | CInt(imaged_SOCK_NONBLOCK), 0)
        if number < 0 { throw SystemError("socket", errno: Errno(rawValue: errno)) }
        let listener = FileDescriptor(owning: number)
        set(listener, SOL_SOCKET, SO_REUSEADDR)
        guard bind(number, address) == 0 else {
            throw SystemError("bind", path: "\(address)", errno: Errno(rawValue: errno))
        }
        guard Glibc.listen(number, backlog) == 0, let port = port(of: number) else {
            throw SystemError("listen", path: "\(address)", errno: Errno(rawValue: errno))
        }
        address.port = port
        return listener
    }

    private static func bind(_ number: CInt, _ address: Address) -> CInt {
        if address.isIPv6 {
            var name = sockaddr_in6()
            name.sin6_family = sa_family_t(AF_INET6)
            name.sin6_port = address.port.bigEndian
            inet_pton(AF_INET6, address.host, &name.sin6_addr)
            return withUnsafePointer(to: &name) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    Glibc.bind(number, $0, socklen_t(MemoryLayout<sockaddr_in6>.size))
                }
            }
        }
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = address.port.bigEndian
        inet_pton(AF_INET, address.host, &name.sin_addr)
        return withUnsafePointer(to: &name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.bind(number, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    /// The port that a socket is bound to, which stands at the same place for both families.
    private static func port(of number: CInt) -> UInt16? {
        var name = sockaddr_in6()
        var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
        let failed = withUnsafeMutablePointer(to: &name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                getsockname(number, $0, &length)
            }
        }
        return failed == 0 ? UInt16(bigEndian: name.sin6_port) : nil
    }

    /// Makes an accepted connection send at once what it is given, and notice when its peer is
    /// gone without a word.
    public static func prepare(_ socket: borrowing FileDescriptor) {
        set(socket, CInt(IPPROTO_TCP), TCP_NODELAY)
        set(socket, SOL_SOCKET, SO_KEEPALIVE)
    }

    private static func set(_ socket: borrowing FileDescriptor, _ level: CInt, _ option: CInt) {
        var on: CInt = 1
        setsockopt(socket.rawValue, level, option, &on, socklen_t(MemoryLayout<CInt>.size))
    }
}
