/// An answer: head and body in one piece, so that they leave in one write. In two, Nagle's
/// algorithm and delayed acknowledgements cost a client 44 ms a call (measured).
public struct HTTPResponse: Sendable {
    public var status: Int
    public var headers: [HTTPHeader] = []
    public var type: MediaType
    public var body: [UInt8]

    /// What a body is.
    public enum MediaType: String, Sendable {
        case json = "application/json;charset=utf-8"
        /// What Prometheus takes from a target.
        case metrics = "text/plain; version=0.0.4; charset=utf-8"
    }

    public init(
        _ status: Int, _ body: [UInt8], _ headers: [HTTPHeader] = [], type: MediaType = .json
    ) {
        self.status = status
        self.body = body
        self.headers = headers
        self.type = type
    }

    /// The interim answer to Expect: 100-continue.
    public static let goOn = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)

    /// The bytes that travel.
    ///
    /// - Parameters:
    ///   - date: when it was made, as HTTP has times.
    ///   - closes: whether the connection closes behind it.
    ///   - isHead: whether the request was a HEAD: its answer has a body's length, and no body.
    public func encoded(date: String, closes: Bool, isHead: Bool = false) -> [UInt8] {
        var head = "HTTP/1.1 \(status) \(Self.reason(status))\r\n"
        head += "Date: \(date)\r\n"
        head += "Content-Type: \(type.rawValue)\r\n"
        head += "Content-Length: \(body.count)\r\n"
        for header in headers { head += "\(header.name): \(header.value)\r\n" }
        if closes { head += "Connection: close\r\n" }
        head += "\r\n"
        return Array(head.utf8) + (isHead ? [] : body)
    }

    /// The phrase beside a status (RFC 9110 § 15), "" for one that has none here.
    public static func reason(_ status: Int) -> String {
        switch status {
        case 200: "OK"
        case 400: "Bad Request"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 409: "Conflict"
        case 413: "Content Too Large"
        case 414: "URI Too Long"
        case 417: "Expectation Failed"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 503: "Service Unavailable"
        case 505: "HTTP Version Not Supported"
        default: ""
        }
    }
}
