import Foundation

/// An HTTP client for tests: it blocks, sends exactly the bytes it is told to, and no wait is for
/// ever.
public final class TestHTTP {
    public struct Answer: CustomStringConvertible {
        public let status: Int
        /// By their names in lower case.
        public let headers: [String: String]
        public let body: Data
        public var text: String { String(decoding: body, as: UTF8.self) }
        public var description: String { "\(status) \(text)" }

        /// The body as JSON; empty if it is none.
        public var json: [String: Any] {
            (try? JSONSerialization.jsonObject(with: body) as? [String: Any]) ?? [:]
        }
        public func string(_ name: String) -> String { json[name] as? String ?? "" }
        public var code: String { string("Code") }
        /// `Images.Image[]` and so on.
        public func list(_ name: String, _ element: String) -> [[String: Any]] {
            let list = json[name] as? [String: Any] ?? [:]
            return list[element] as? [[String: Any]] ?? []
        }
    }

    public struct Closed: Error {}
    public struct TimedOut: Error {}

    private let socket: Int32
    private let owner: AnyObject?
    private var input: [UInt8] = []

    /// - Parameter owner: what must live as long as this client.
    public init(path: String, of owner: AnyObject? = nil) throws {
        self.owner = owner
        socket = Foundation.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix(107)) }
        try Self.connect(socket, &address)
    }

    public init(port: UInt16, of owner: AnyObject? = nil) throws {
        self.owner = owner
        socket = Foundation.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        inet_pton(AF_INET, "127.0.0.1", &address.sin_addr)
        try Self.connect(socket, &address)
    }

    private static func connect<Address>(_ socket: Int32, _ address: inout Address) throws {
        if socket < 0 { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EMFILE) }
        _ = fcntl(socket, F_SETFD, FD_CLOEXEC)
        var limit = timeval(tv_sec: 30, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
        setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
        let length = socklen_t(MemoryLayout<Address>.size)
        let failed = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Foundation.connect(socket, $0, length)
            }
        }
        if failed != 0 { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EINVAL) }
    }

    deinit { if socket >= 0 { close(socket) } }

    // MARK: Bytes

    public func send(_ text: String) throws { try send(Array(text.utf8)) }

    public func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Foundation.send(
                    socket, $0.baseAddress! + sent, $0.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count < 0 && errno == EINTR { continue }
            if count < 0 && errno == EAGAIN { throw TimedOut() }
            if count < 0 { throw Closed() }
            sent += count
        }
    }

    public func closeSending() { shutdown(socket, Int32(SHUT_WR)) }

    private func receive() throws {
        var part = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = recv(socket, &part, part.count, 0)
            if count < 0 && errno == EINTR { continue }
            if count < 0 && errno == EAGAIN { throw TimedOut() }
            if count <= 0 { throw Closed() }
            input.append(contentsOf: part[..<count])
            return
        }
    }

    /// The next answer.
    ///
    /// - Parameter isHead: it is one to a HEAD, and so has no body.
    public func answer(isHead: Bool = false) throws -> Answer {
        let end = Array("\r\n\r\n".utf8)
        var head: Range<Int>?
        while head == nil {
            head = Data(input).range(of: Data(end)).map { 0..<$0.lowerBound }
            if head == nil { try receive() }
        }
        let lines = String(decoding: input[head!], as: UTF8.self).components(separatedBy: "\r\n")
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let name = line.prefix { $0 != ":" }
            headers[name.lowercased()] = line.dropFirst(name.count + 1)
                .trimmingCharacters(in: .whitespaces)
        }
        input.removeSubrange(..<(head!.upperBound + 4))
        let count = isHead ? 0 : Int(headers["content-length"] ?? "0") ?? 0
        while input.count < count { try receive() }
        defer { input.removeSubrange(..<count) }
        let status = Int(lines[0].split(separator: " ").dropFirst().first ?? "") ?? 0
        return Answer(status: status, headers: headers, body: Data(input[..<count]))
    }

    /// Waits until the daemon closes the connection; how many bytes came before.
    public func bytesUntilClosed() throws -> Int {
        do {
            while true { try receive() }
        } catch is Closed {
            return input.count
        }
    }

    // MARK: Requests

    public static func encode(_ text: String) -> String {
        let kept = CharacterSet(
            charactersIn: "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~")
        return text.addingPercentEncoding(withAllowedCharacters: kept) ?? ""
    }

    /// The text of a request for an operation of ECS, as the SDKs write it.
    ///
    /// - Parameter asForm: whether its own parameters travel in the body.
    public static func request(
        _ action: String, _ parameters: [(name: String, value: String)], key: String = "default",
        asForm: Bool = false, headers: String = ""
    ) -> String {
        let common = [("Action", action), ("Version", "2014-05-26"), ("AccessKeyId", key)]
        func joined(_ fields: [(String, String)]) -> String {
            fields.map { "\(encode($0.0))=\(encode($0.1))" }.joined(separator: "&")
        }
        let fields = parameters.map { ($0.name, $0.value) }
        let query = joined(asForm ? common : common + fields)
        let body = asForm ? joined(fields) : ""
        let type = asForm ? "Content-Type: application/x-www-form-urlencoded\r\n" : ""
        return "POST /?\(query) HTTP/1.1\r\nHost: ecs.test\r\n\(type)\(headers)"
            + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    /// Asks for an operation of ECS, and takes the answer.
    public func call(
        _ action: String, _ parameters: KeyValuePairs<String, String> = [:],
        key: String = "default", asForm: Bool = false
    ) throws -> Answer {
        let fields = parameters.map { (name: $0.key, value: $0.value) }
        try send(Self.request(action, fields, key: key, asForm: asForm))
        return try answer()
    }

    /// Asks for an operation of our own.
    public func own(_ operation: String, _ json: String = "", account: String = "default") throws
        -> Answer
    {
        try send(
            "POST /_imaged/\(operation)?AccountId=\(account) HTTP/1.1\r\nHost: h\r\n"
                + "Content-Length: \(json.utf8.count)\r\n\r\n\(json)")
        return try answer()
    }
}

extension TestDaemon {
    /// A new connection to its first port.
    public func http() throws -> TestHTTP {
        guard let port = httpPorts.first else { return try TestHTTP(path: httpPath, of: self) }
        return try TestHTTP(port: port, of: self)
    }
}
