import HTTP
import Testing

/// What a parser says of bytes, however they are cut. Requests are named by their lines.
private func events(
    _ text: String, chunk: Int = .max, limits: HTTPLimits = HTTPLimits()
) -> [HTTPParser.Event] {
    events(Array(text.utf8), chunk: chunk, limits: limits)
}

private func events(
    _ bytes: [UInt8], chunk: Int = .max, limits: HTTPLimits = HTTPLimits()
) -> [HTTPParser.Event] {
    var parser = HTTPParser(limits)
    var events: [HTTPParser.Event] = []
    var start = 0
    while start < bytes.count {
        let end = chunk == .max ? bytes.count : min(start + chunk, bytes.count)
        let piece = Array(bytes[start..<end])
        var position = 0
        while let event = parser.next(in: piece, at: &position, end: piece.count) {
            events.append(event)
        }
        // All that is given is taken.
        #expect(position == piece.count)
        start = end
    }
    return events
}

private func made(_ change: (inout HTTPRequest) -> Void) -> HTTPRequest {
    var request = HTTPRequest()
    request.method = "GET"
    request.path = "/"
    request.headers = [HTTPHeader("host", "h")]
    change(&request)
    return request
}

/// A request as it is sent, and as it is read.
struct GoodRequest: Sendable, CustomTestStringConvertible {
    let text: String
    let request: HTTPRequest
    var waits = false
    var testDescription: String { text }

    var events: [HTTPParser.Event] { (waits ? [.expectsContinue] : []) + [.request(request)] }

    static let all: [GoodRequest] = [
        GoodRequest(text: "GET / HTTP/1.1\r\nHost: h\r\n\r\n", request: made { _ in }),
        GoodRequest(
            text: "GET /a/b?Action=X&y=%20 HTTP/1.1\r\nHost: h\r\n\r\n",
            request: made {
                $0.path = "/a/b"
                $0.query = "Action=X&y=%20"
            }),
        GoodRequest(
            text: "GET http://h:1/p?q?r HTTP/1.1\r\nHost: h\r\n\r\n",
            request: made {
                $0.path = "/p"
                $0.query = "q?r"
            }),
        GoodRequest(
            text: "GET HTTP://h?q HTTP/1.1\r\nHost: h\r\n\r\n",
            request: made { $0.query = "q" }),
        GoodRequest(
            text: "\r\n\r\nGET / HTTP/1.1\r\nhOsT:h\r\nX: \t a\u{e9} b\t \r\nEmpty:\r\n\r\n",
            request: made {
                $0.headers += [HTTPHeader("x", "a\u{e9} b"), HTTPHeader("empty", "")]
            }),
        GoodRequest(
            text: "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\na\r\n\0b",
            request: made {
                $0.method = "POST"
                $0.headers.append(HTTPHeader("content-length", "5"))
                $0.body = Array("a\r\n\0b".utf8)
            }),
        GoodRequest(
            text: "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 000\r\n\r\n",
            request: made {
                $0.method = "POST"
                $0.headers.append(HTTPHeader("content-length", "000"))
            }),
        GoodRequest(
            text: "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n"
                + "3\r\nabc\r\n0A;x=\"y\"\r\n0123456789\r\n0\r\nTrailer: t\r\n\r\n",
            request: made {
                $0.method = "POST"
                $0.headers.append(HTTPHeader("transfer-encoding", "Chunked"))
                $0.body = Array("abc0123456789".utf8)
            }),
        GoodRequest(
            text:
                "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n\r\na",
            request: made {
                $0.method = "POST"
                $0.headers += [
                    HTTPHeader("expect", "100-Continue"), HTTPHeader("content-length", "1"),
                ]
                $0.body = [0x61]
            }, waits: true),
        GoodRequest(
            text: "DELETE / HTTP/1.1\r\nHost: h\r\nConnection: x, Close\r\n\r\n",
            request: made {
                $0.method = "DELETE"
                $0.headers.append(HTTPHeader("connection", "x, Close"))
                $0.closes = true
            }),
        GoodRequest(
            text: "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
            request: made {
                $0.headers = [HTTPHeader("connection", "keep-alive")]
                $0.closes = true
            }),
    ]
}

@Suite struct ParserTests {
    @Test(arguments: GoodRequest.all) func isRead(_ good: GoodRequest) {
        #expect(events(good.text) == good.events)
    }

    @Test(arguments: GoodRequest.all, [1, 2, 3, 7]) func inPieces(_ good: GoodRequest, size: Int) {
        #expect(events(good.text, chunk: size) == good.events)
    }

    @Test func joined() {
        let text = GoodRequest.all.map(\.text).joined()
        let all = GoodRequest.all.flatMap(\.events)
        for size in [1, 2, 5, 64, .max] { #expect(events(text, chunk: size) == all) }
    }

    @Test func aPartIsNoRequest() {
        for good in GoodRequest.all {
            let bytes = Array(good.text.utf8)
            for count in 0..<bytes.count {
                let found = events(Array(bytes[..<count]))
                #expect(found.allSatisfy { $0 == .expectsContinue }, "\(count) bytes of \(good)")
            }
        }
    }

    private static let head = "POST / HTTP/1.1\r\nHost: h\r\n"

    /// Each breaks one rule; what stands behind it is never read as a request.
    static let refused: [(String, Int)] = [
        // The request line.
        ("\0\0\0\u{5}\0\0\0\u{1}\u{1}\0", 400), ("\u{16}\u{3}\u{1}", 400),
        (" GET / HTTP/1.1\r\n", 400),
        ("GET  / HTTP/1.1\r\n", 400), ("GET /\r\n", 400), ("GET / HTTP/1.1 \r\n", 400),
        ("G\u{e9}T / HTTP/1.1\r\n", 400), ("GET x HTTP/1.1\r\n", 400), ("GET * HTTP/1.1\r\n", 400),
        ("CONNECT h:80 HTTP/1.1\r\n", 400), ("GET /\t HTTP/1.1\r\n", 400),
        ("GET /\u{e9} HTTP/1.1\r\n", 400), ("GET /#f HTTP/1.1\r\n", 400),
        ("GET /\0 HTTP/1.1\r\n", 400), ("GET / HTTPS/1.1\r\n", 400), ("GET / http/1.1\r\n", 400),
        ("GET / HTTP/1.1\n", 400), ("GET / HTTP/1.1\r\r\n", 400), ("GET /\r HTTP/1.1\r\n", 400),
        ("GET / HTTP/2.0\r\n", 505), ("GET / HTTP/1.2\r\n", 505), ("PRI * HTTP/2.0\r\n\r\n", 505),
        // Headers.
        ("GET / HTTP/1.1\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400),
        (head + "A : b\r\n", 400), (head + " folded\r\n", 400), (head + "\tfolded\r\n", 400),
        (head + "no colon\r\n", 400), (head + ": b\r\n", 400), (head + "A(: b\r\n", 400),
        (head + "A: b\n", 400), (head + "A: b\rc\r\n", 400), (head + "A: \0\r\n", 400),
        (head + "A: \u{7f}\r\n", 400), (head + "A\0: b\r\n", 400),
        // Lengths.
        (head + "Content-Length: 1\r\nContent-Length: 1\r\n\r\n", 400),
        (head + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        (head + "Content-Length: 1, 1\r\n\r\n", 400), (head + "Content-Length: +1\r\n\r\n", 400),
        (head + "Content-Length: -1\r\n\r\n", 400), (head + "Content-Length: 0x1\r\n\r\n", 400),
        (head + "Content-Length:\r\n\r\n", 400), (head + "Content-Length: 1 1\r\n\r\n", 400),
        (head + "Content-Length: 99999999999999999999\r\n\r\n", 413),
        (head + "Content-Length: 1048577\r\n\r\n", 413),
        (head + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (head + "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n", 400),
        (head + "Transfer-Encoding: gzip\r\n\r\n", 501),
        (head + "Transfer-Encoding: gzip, chunked\r\n\r\n", 501),
        (head + "Transfer-Encoding: chunked, chunked\r\n\r\n", 501),
        (head + "Transfer-Encoding: xchunked\r\n\r\n", 501),
        (head + "Transfer-Encoding:\r\n\r\n", 501),
        (head + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        ("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (head + "Expect: tea\r\n\r\n", 417),
    ]

    @Test(arguments: refused) func isRefused(text: String, status: Int) {
        expectFault(Array(text.utf8), status)
    }

    private static let chunked = head + "Transfer-Encoding: chunked\r\n\r\n"

    @Test(
        arguments: [
            ("\r\n", 400), ("x\r\n", 400), ("-1\r\n", 400), ("+1\r\n", 400), ("0x1\r\n", 400),
            (" 1\r\n", 400), ("1 \r\n", 400), ("1\n", 400), ("000000001\r\n", 400),
            ("1;\0\r\n", 400), ("ffffffff\r\n", 413), ("100001\r\n", 413), ("1\r\nab\r\n", 400),
            ("1\r\na\n", 400), ("1\r\na\r\n1\r\nbc", 400), ("0\r\nA : b\r\n", 400),
            ("0\r\n folded\r\n", 400), ("0\r\n\n", 400), ("FFFFF\r\n", nil),
            ("1;a=b\r\na\r\n", nil),
        ] as [(String, Int?)]) func chunks(text: String, status: Int?)
    {
        if let status { return expectFault(Array((Self.chunked + text).utf8), status) }
        #expect(events(Self.chunked + text) == [])
    }

    private func expectFault(_ bytes: [UInt8], _ status: Int) {
        let behind = Array("GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n".utf8)
        for size in [1, 3, .max] {
            let found = events(bytes + behind, chunk: size)
            guard case .fault(let fault)? = found.last, found.count == 1 else {
                Issue.record("\(found) of pieces of \(size)")
                continue
            }
            #expect(fault.status == status, "\(fault.reason)")
            #expect(fault.reason.hasSuffix("."))
        }
    }

    @Test func limitsHold() {
        var limits = HTTPLimits()
        limits.headBytes = 100
        limits.headers = 3
        limits.bodyBytes = 10
        func status(_ text: String) -> Int {
            if case .fault(let fault)? = events(text, limits: limits).first {
                fault.status
            } else {
                0
            }
        }
        let line = "GET / HTTP/1.1\r\nHost: h\r\n"
        #expect(status("GET /\(String(repeating: "a", count: 100))") == 414)
        #expect(status(line + "A: " + String(repeating: "a", count: 100)) == 431)
        #expect(status(line + "A: 1\r\nB: 2\r\n\r\n") == 0)
        #expect(status(line + "A: 1\r\nB: 2\r\nC: 3\r\n") == 431)
        #expect(status(line + "Content-Length: 10\r\n\r\n") == 0)
        #expect(status(line + "Content-Length: 11\r\n\r\n") == 413)
        let chunked = line + "Transfer-Encoding: chunked\r\n\r\n"
        #expect(status(chunked + "5\r\n01234\r\n5\r\n01234\r\n") == 0)
        #expect(status(chunked + "5\r\n01234\r\n6\r\n") == 413)
        // The lines around chunks are counted too.
        #expect(status(chunked + String(repeating: "1\r\na\r\n", count: 10)) == 431)
        #expect(status(chunked + "0\r\nA: " + String(repeating: "a", count: 60)) == 431)
        // Each request has its own.
        #expect(status(String(repeating: line + "A: 1\r\n\r\n", count: 20)) == 0)
    }

    @Test func whatIsHeldIsToldAndGivenBack() {
        var parser = HTTPParser()
        let bytes = Array("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nabcde".utf8)
        #expect(!parser.isInside && parser.bufferedBytes == 0)
        var position = 0
        #expect(parser.next(in: bytes, at: &position, end: bytes.count - 1) == nil)
        #expect(parser.isInside && parser.bufferedBytes == bytes.count - 1)
        #expect(parser.next(in: bytes, at: &position, end: bytes.count) != nil)
        #expect(!parser.isInside && parser.bufferedBytes == 0)
    }
}
