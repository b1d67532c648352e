/// Reads the requests of one connection (HTTP/1.1, RFC 9112): a value that takes bytes, however
/// they are cut, and gives events. It holds what has come of the request at hand.
///
/// Strict where two readers of the same bytes could come to differ: a request has one length, lines
/// end in CR LF, header lines are not continued and have no space before their colon. What breaks a
/// rule is a fault, and nothing is read behind it.
public struct HTTPParser: Sendable {
    public enum Event: Equatable, Sendable {
        case request(HTTPRequest)
        /// The client waits for "100 Continue" before it sends the body.
        case expectsContinue
        /// No request can be read any more.
        case fault(HTTPFault)
    }

    private enum Place: Equatable {
        case requestLine
        case headers
        case fixed(left: Int)
        case chunkSize
        case chunk(left: Int)
        case chunkEnd
        case trailers
        case failed
    }

    private let limits: HTTPLimits
    private var place = Place.requestLine
    private var line: [UInt8] = []
    /// Bytes of the head so far; of chunk sizes and trailers, too.
    private var headBytes = 0
    private var isVersion10 = false
    private var request = HTTPRequest()

    public init(_ limits: HTTPLimits = HTTPLimits()) { self.limits = limits }

    /// Whether a request has begun and is not whole.
    public var isInside: Bool {
        place != .failed && (place != .requestLine || headBytes > 0)
    }

    /// What is held of the request at hand.
    public var bufferedBytes: Int { headBytes + request.body.count }

    /// The next event of `bytes[position..<end]`; nil: all of them are taken, and more are needed.
    public mutating func next(
        in bytes: [UInt8], at position: inout Int, end: Int
    ) -> Event? {
        do throws(HTTPFault) {
            while true {
                switch place {
                case .failed:
                    position = end
                    return nil
                case .requestLine, .headers, .chunkSize, .chunkEnd, .trailers:
                    guard let line = try takeLine(bytes, &position, end) else { return nil }
                    if let event = try read(line) { return event }
                case .fixed(let left), .chunk(let left):
                    guard position < end else { return nil }
                    let count = min(left, end - position)
                    request.body.append(contentsOf: bytes[position..<(position + count)])
                    position += count
                    if let event = moved(left - count) { return event }
                }
            }
        } catch {
            place = .failed
            request = HTTPRequest()
            line = []
            headBytes = 0
            position = end
            return .fault(error)
        }
    }

    /// Goes on behind a part of the body, of which so many bytes are still to come.
    private mutating func moved(_ left: Int) -> Event? {
        if case .fixed = place {
            place = .fixed(left: left)
            return left == 0 ? finished() : nil
        }
        place = left == 0 ? .chunkEnd : .chunk(left: left)
        return nil
    }

    private mutating func finished() -> Event {
        defer {
            request = HTTPRequest()
            place = .requestLine
            headBytes = 0
        }
        return .request(request)
    }

    // MARK: Lines

    /// The line that ends within `bytes[position..<end]`, without its CR LF; nil: none does.
    private mutating func takeLine(
        _ bytes: [UInt8], _ position: inout Int, _ end: Int
    ) throws(HTTPFault) -> [UInt8]? {
        while position < end {
            let byte = bytes[position]
            position += 1
            headBytes += 1
            if headBytes > limits.headBytes { throw tooLong }
            let isAfterReturn = line.last == 0x0d
            if byte == 0x0a {
                guard isAfterReturn else { throw .bad("A line ends in CR LF, not in LF alone.") }
                line.removeLast()
                defer { line = [] }
                return line
            }
            if isAfterReturn { throw .bad("CR stands only before LF.") }
            // Whoever speaks another protocol is told so before a line's end, which may not come.
            if place == .requestLine && line.isEmpty && byte != 0x0d && !HTTPText.isToken(byte) {
                throw .bad("This is not HTTP: a request begins with its method.")
            }
            line.append(byte)
        }
        return nil
    }

    private var tooLong: HTTPFault {
        place == .requestLine
            ? HTTPFault(
                414,
                """
                The request line is longer than \(limits.headBytes) bytes: send parameters in a \
                form.
                """
            )
            : HTTPFault(431, "The head is longer than \(limits.headBytes) bytes.")
    }

    private mutating func read(_ line: [UInt8]) throws(HTTPFault) -> Event? {
        switch place {
        case .requestLine:
            // An empty line before a request is passed over (RFC 9112 § 2.2).
            if !line.isEmpty { try readRequestLine(line) }
        case .headers:
            if line.isEmpty { return try beginBody() }
            request.headers.append(try header(line))
            if request.headers.count > limits.headers {
                throw HTTPFault(431, "More than \(limits.headers) headers.")
            }
        case .chunkSize: try beginChunk(line)
        case .chunkEnd:
            guard line.isEmpty else { throw .bad("A chunk is longer than it says.") }
            place = .chunkSize
        case .trailers:
            // Their form is checked, and what they say is not for us.
            if line.isEmpty { return finished() }
            _ = try header(line)
        case .fixed, .chunk, .failed: break
        }
        return nil
    }

    // MARK: The head

    private mutating func readRequestLine(_ line: [UInt8]) throws(HTTPFault) {
        let words = line.split(separator: 0x20, omittingEmptySubsequences: false)
        guard words.count == 3, !words[0].isEmpty, words[0].allSatisfy(HTTPText.isToken) else {
            throw .bad("A request line is METHOD TARGET HTTP/1.1, with one space between them.")
        }
        let version = words[2]
        guard version.count == 8, version.starts(with: "HTTP/".utf8),
            version.dropFirst(6).first == 0x2e
        else { throw .bad("A request line ends in HTTP/1.1.") }
        guard version.elementsEqual("HTTP/1.1".utf8) || version.elementsEqual("HTTP/1.0".utf8)
        else { throw HTTPFault(505, "HTTP/1.1 and HTTP/1.0 are spoken here.") }
        isVersion10 = version.last == UInt8(ascii: "0")
        request.method = String(decoding: words[0], as: UTF8.self)
        try readTarget(words[1])
        place = .headers
    }

    /// `/path?query`, or the same behind `http://host`, as proxies are sent it.
    private mutating func readTarget(_ target: ArraySlice<UInt8>) throws(HTTPFault) {
        guard target.allSatisfy({ (0x21...0x7e).contains($0) && $0 != UInt8(ascii: "#") }) else {
            throw .bad("A target has visible ASCII characters; others are percent-encoded.")
        }
        var rest = target
        let scheme = "http://"
        if rest.prefix(scheme.utf8.count).map({ $0 | 0x20 }).elementsEqual(scheme.utf8) {
            rest = rest.dropFirst(scheme.utf8.count)
            rest = rest.drop { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }
        } else if rest.first != UInt8(ascii: "/") {
            throw .bad("A target begins with /.")
        }
        let path = rest.prefix { $0 != UInt8(ascii: "?") }
        request.path = path.isEmpty ? "/" : String(decoding: path, as: UTF8.self)
        request.query = String(decoding: rest.dropFirst(path.count + 1), as: UTF8.self)
    }

    private func header(_ line: [UInt8]) throws(HTTPFault) -> HTTPHeader {
        guard let first = line.first, !HTTPText.isSpace(first) else {
            throw .bad("A header line is not continued on the next.")
        }
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > 0,
            line[..<colon].allSatisfy(HTTPText.isToken)
        else { throw .bad("A header line is Name: value, without a space before the colon.") }
        let value = HTTPText.trimmed(line[(colon + 1)...])
        guard value.allSatisfy(HTTPText.isFieldValue) else {
            throw .bad("A header's value has no control characters.")
        }
        return HTTPHeader(
            String(decoding: line[..<colon], as: UTF8.self).lowercased(),
            String(decoding: value, as: UTF8.self))
    }

    // MARK: The body

    private mutating func beginBody() throws(HTTPFault) -> Event? {
        let hosts = request.headers.filter { $0.name == "host" }
        guard hosts.count == 1 || hosts.isEmpty && isVersion10 else {
            throw .bad("A request has one Host header.")
        }
        request.closes = isVersion10 || request.elements("connection").contains("close")
        let lengths = request.headers.filter { $0.name == "content-length" }
        let codings = request.headers.filter { $0.name == "transfer-encoding" }
        let waits = try takeExpectation()
        if !codings.isEmpty {
            guard lengths.isEmpty else {
                throw .bad("Content-Length and Transfer-Encoding do not go together.")
            }
            guard !isVersion10, codings.count == 1 else {
                throw .bad("Transfer-Encoding stands once, and in HTTP/1.1.")
            }
            guard codings[0].value.lowercased() == "chunked" else {
                throw HTTPFault(501, "chunked is the only Transfer-Encoding.")
            }
            place = .chunkSize
        } else {
            guard lengths.count < 2 else { throw .bad("Content-Length stands once.") }
            let length = try lengths.first.map(length) ?? 0
            if length > limits.bodyBytes { throw bodyTooLong }
            if length == 0 { return finished() }
            place = .fixed(left: length)
        }
        return waits ? .expectsContinue : nil
    }

    private func length(_ header: HTTPHeader) throws(HTTPFault) -> Int {
        let digits = header.value.utf8
        guard !digits.isEmpty, digits.allSatisfy({ (0x30...0x39).contains($0) }) else {
            throw .bad("Content-Length is a number.")
        }
        // More than an Int holds is too long as well.
        return Int(header.value) ?? Int.max
    }

    private var bodyTooLong: HTTPFault {
        HTTPFault(413, "The body is longer than \(limits.bodyBytes) bytes.")
    }

    private func takeExpectation() throws(HTTPFault) -> Bool {
        let expectations = request.elements("expect")
        if expectations.isEmpty || isVersion10 { return false }
        guard expectations == ["100-continue"] else {
            throw HTTPFault(417, "100-continue is the only expectation that is met.")
        }
        return true
    }

    /// `size[;extension]`, in hexadecimal digits.
    private mutating func beginChunk(_ line: [UInt8]) throws(HTTPFault) {
        let digits = line.prefix { $0 != UInt8(ascii: ";") }
        guard (1...8).contains(digits.count), line.allSatisfy(HTTPText.isFieldValue) else {
            throw .bad("A chunk begins with its size in 1 to 8 hexadecimal digits.")
        }
        var size = 0
        for byte in digits {
            guard let digit = Form.digit(byte) else {
                throw .bad("A chunk begins with its size in 1 to 8 hexadecimal digits.")
            }
            size = size << 4 | Int(digit)
        }
        if size > limits.bodyBytes - request.body.count { throw bodyTooLong }
        place = size == 0 ? .trailers : .chunk(left: size)
    }
}
