import ECS
import Foundation
import TestSupport
import Testing

/// Clients that break the rules of HTTP, or use them up.
@Suite struct HostileHTTPTests {
    private func daemon(_ configuration: String = "") throws -> TestDaemon {
        try TestDaemon(configuration, ["--ephemeral", "--http", "0"], fixture: true, dataPath: "")
    }

    private static let regions = TestHTTP.request("DescribeRegions", [])
    private static let head = "POST / HTTP/1.1\r\nHost: h\r\n"

    /// The answer says what is wrong, and nothing behind it is read as a request.
    @Test func faultsAreAnsweredAndEndTheConnection() throws {
        let daemon = try daemon()
        let smuggled = TestHTTP.request("CreateImage", [])
        for (text, status) in [
            ("\0\0\0\u{5}\0\0\0\u{1}\u{1}\0", 400), ("GET / HTTP/1.1\n\n", 400),
            ("PRI * HTTP/2.0\r\n\r\n", 505), (Self.head + "A : b\r\n\r\n", 400),
            (Self.head + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
            (Self.head + "Content-Length: 4\r\nContent-Length: 4\r\n\r\n", 400),
            (Self.head + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n", 400),
            (Self.head + "Content-Length: 1048577\r\n\r\n", 413),
            (Self.head + String(repeating: "A: b\r\n", count: 101) + "\r\n", 431),
            ("GET /" + String(repeating: "a", count: 70_000), 414),
        ] {
            for before in ["", Self.regions] {
                let http = try daemon.http()
                try http.send(before + text + smuggled)
                if !before.isEmpty { #expect(try http.answer().status == 200) }
                let answer = try http.answer()
                #expect(answer.status == status && answer.headers["connection"] == "close")
                #expect(!answer.code.isEmpty && !answer.string("Message").isEmpty)
                #expect(try http.bytesUntilClosed() == 0)
            }
        }
        #expect(try daemon.http().call("DescribeRegions").status == 200)
    }

    /// A client that is still sending gets its answer, not a reset.
    @Test func aBodyThatIsTooLongIsAnsweredWhileItComes() throws {
        let daemon = try daemon()
        let http = try daemon.http()
        let part = [UInt8](repeating: UInt8(ascii: "a"), count: 1 << 20)
        try http.send(Self.head + "Content-Length: \(8 << 20)\r\n\r\n")
        for _ in 0..<8 { try http.send(part) }
        #expect(try http.answer().status == 413)
        #expect(try http.bytesUntilClosed() == 0)
    }

    /// The largest that is allowed, of parameters that mean nothing and of those that mean much.
    @Test func aBodyAsLongAsItMayBeIsRead() throws {
        let daemon = try daemon()
        let http = try daemon.http()
        let common = "Action=DescribeRegions&Version=2014-05-26&AccessKeyId=t&x="
        func post(_ body: String) throws -> TestHTTP.Answer {
            try http.send(
                Self.head + "Content-Type: application/x-www-form-urlencoded\r\n"
                    + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
            return try http.answer()
        }
        let long = common + String(repeating: "a", count: (1 << 20) - common.utf8.count)
        #expect(try post(long).status == 200)
        let many = (1...4000).map { "Tag.\($0).Key=a.b" }.joined(separator: "&")
        let tags = try post("Action=CreateImage&Version=2014-05-26&AccessKeyId=t&" + many)
        #expect(tags.status >= 400 && tags.status < 500)
        let tooMany = try post(String(repeating: "a=b&", count: 5000))
        #expect(tooMany.status == 400 && tooMany.code == "InvalidParameter")
        let deep = try post(
            "Action=CreateImage&Version=2014-05-26&AccessKeyId=t&"
                + String(repeating: "a.", count: 200_000) + "=b")
        #expect(deep.status == 400)
    }

    @Test func configuredLimitsHold() throws {
        let daemon = try daemon("[daemon]\nHTTPHeadBytes = 300\nHTTPBodyBytes = 10\n")
        let http = try daemon.http()
        #expect(try http.call("DescribeRegions").status == 200)
        try http.send(Self.head + "Content-Length: 11\r\n\r\n")
        #expect(try http.answer().status == 413)
        let long = try daemon.http()
        try long.send(Self.head + "A: \(String(repeating: "a", count: 300))")
        #expect(try long.answer().status == 431)
    }

    /// A request has so long from its first byte to its last.
    @Test func whoDoesNotFinishIsClosed() throws {
        let daemon = try daemon("[daemon]\nFrameSeconds = 1\n")
        for text in ["G", "GET / HTTP/1.1\r\n", Self.head + "Content-Length: 5\r\n\r\nab"] {
            let http = try daemon.http()
            try http.send(text)
            #expect(try http.bytesUntilClosed() == 0)
        }
        // One that says nothing may stay.
        let idle = try daemon.http()
        let http = try daemon.http()
        try http.send("G")
        #expect(try http.bytesUntilClosed() == 0)
        #expect(try idle.call("DescribeRegions").status == 200)
    }

    /// Whoever does not close after a fault is closed.
    @Test func whoStaysAfterAFaultIsClosed() throws {
        let daemon = try daemon("[daemon]\nFrameSeconds = 1\n")
        let before = try daemon.openDescriptors()
        let http = try daemon.http()
        try http.send("x \n")
        #expect(try http.answer().status == 400)
        // Our end is told at once; the daemon's goes when its time is over.
        #expect(try http.bytesUntilClosed() == 0)
        var after = try daemon.openDescriptors()
        for _ in 0..<3_000 where after > before {
            usleep(10_000)
            after = try daemon.openDescriptors()
        }
        #expect(after == before)
    }

    /// A client that does not read holds up nobody, and is read no further itself.
    @Test func whoDoesNotReadIsNotRead() throws {
        let daemon = try daemon("[daemon]\nUnsentBytes = 100000\nUnsentSeconds = 1\n")
        let http = try daemon.http()
        let other = try daemon.http()
        // Answers of megabytes, none of which is read.
        _ = try? http.send(String(repeating: Self.regions, count: 20_000))
        #expect(try other.call("DescribeRegions").status == 200)
        #expect(try daemon.processStatus("VmHWM") < 400_000)
    }

    @Test func connectionsHaveALimit() throws {
        let daemon = try daemon("[daemon]\nForeignConnections = 5\n")
        let open = try (0..<5).map { _ in try daemon.http() }
        for http in open { #expect(try http.call("DescribeRegions").status == 200) }
        let refused = try daemon.http()
        #expect(try refused.bytesUntilClosed() == 0)
        // The binary socket is its owner's all the same.
        _ = try daemon.client().call(Version.self, VersionRequest())
    }

    /// Anything at all: the daemon lives, and closes or answers.
    @Test func noiseIsSurvived() throws {
        let daemon = try daemon()
        var random = SeededRandom(seed: 6)
        let pieces = [
            "GET ", "POST ", "/", "?Action=", " HTTP/1.1", "\r\n", "\n", "Host: h", ":", "chunked",
            "Transfer-Encoding: ", "Content-Length: ", "5", "\0", "%", "&", "=", "\r\n\r\n", "ü",
        ]
        for _ in 0..<200 {
            let http = try daemon.http()
            let count = Int.random(in: 1...30, using: &random)
            let text = (0..<count).map { _ in pieces.randomElement(using: &random)! }.joined()
            try http.send(text)
            http.closeSending()
            _ = try http.bytesUntilClosed()
        }
        #expect(try daemon.http().call("DescribeRegions").status == 200)
        #expect(try daemon.stop() == 0)
    }
}
