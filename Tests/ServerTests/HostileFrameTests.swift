import ECS
import Foundation
import TestSupport
import Testing
import Wire

/// F8: what is no proper frame is answered on its stream, the next frame is handled as if nothing
/// had happened, and a good client beside notices nothing (`protocol/README.md` § Faulty frames).
@Suite struct HostileFrameTests {
    struct Fault: CustomTestStringConvertible, Sendable {
        let name: String
        /// The frame's stream, type, flags and data.
        var stream: UInt32 = 3
        var type: UInt8 = 1
        var flags: UInt8 = 0
        var data: [UInt8] = []
        let code: StatusCode
        /// Part of the status's message.
        var says = ""
        var testDescription: String { name }
    }

    static let faults: [Fault] = [
        Fault(name: "even stream id", stream: 2, code: .invalidArgument, says: "even"),
        Fault(name: "stream id 0", stream: 0, code: .invalidArgument, says: "even"),
        Fault(name: "type 0", type: 0, code: .invalidArgument, says: "type 0"),
        Fault(name: "a response", type: 2, code: .invalidArgument, says: "type 2"),
        Fault(name: "a data frame of an unknown stream", type: 3, code: .invalidArgument),
        Fault(
            name: "a data frame of an ended stream", stream: 1, type: 3, flags: 5,
            code: .invalidArgument),
        Fault(name: "unknown type", type: 0xff, code: .invalidArgument, says: "type 255"),
        Fault(name: "request flag 2", flags: 2, code: .invalidArgument, says: "flags"),
        Fault(name: "request flags 3", flags: 3, code: .invalidArgument, says: "flags"),
        Fault(name: "request flag 128", flags: 128, code: .invalidArgument, says: "flags"),
        Fault(
            name: "truncated envelope", data: [0x0a, 0x10, 0x69], code: .invalidArgument,
            says: "service"),
        Fault(
            name: "garbage", data: [UInt8](repeating: 0xff, count: 300), code: .invalidArgument),
        Fault(
            name: "service of the wrong wire type", data: [0x08, 0x01], code: .invalidArgument,
            says: "service"),
        Fault(
            name: "service not UTF-8", data: [0x0a, 0x01, 0xff], code: .invalidArgument,
            says: "service"),
        Fault(
            name: "timeout of the wrong wire type", data: [0x22, 0x01, 0x00],
            code: .invalidArgument, says: "timeout_nano"),
        Fault(
            name: "a length past the end", data: [0x1a, 0xff, 0xff, 0xff, 0xff, 0x0f],
            code: .invalidArgument, says: "payload"),
        Fault(
            name: "a length of 2^64 - 1",
            data: [0x1a] + [UInt8](repeating: 0xff, count: 9) + [0x01], code: .invalidArgument),
        Fault(
            name: "groups 33 deep", data: nestedGroups(33), code: .invalidArgument,
            says: "32 deep"),
        Fault(name: "no service", code: .unimplemented),
        Fault(
            name: "unknown service",
            data: envelope("imaged.v2.ECS", "CreateImage"), code: .unimplemented,
            says: "imaged.v2.ECS"),
        Fault(
            name: "unknown method", data: envelope("imaged.v1.ECS", "CreateImages"),
            code: .unimplemented, says: "CreateImages"),
        Fault(
            name: "method of the other service", data: envelope("imaged.v1.ECS", "Version"),
            code: .unimplemented),
        Fault(
            name: "Watch without a stream", data: envelope("imaged.v1.Daemon", "Watch"),
            code: .invalidArgument, says: "ReadEvents"),
    ]

    static func envelope(_ service: String, _ method: String, _ payload: [UInt8] = []) -> [UInt8] {
        Request.with {
            $0.service = service
            $0.method = method
            $0.payload = payload
        }.encoded()
    }

    /// An unknown field 15 that is a group in a group in a group.
    static func nestedGroups(_ depth: Int) -> [UInt8] {
        [UInt8](repeating: 0x7b, count: depth) + [UInt8](repeating: 0x7c, count: depth)
    }

    static func header(_ length: Int, _ stream: UInt32, _ type: UInt8, _ flags: UInt8) -> [UInt8] {
        let words = [UInt32(truncatingIfNeeded: length), stream]
        return words.flatMap { word in
            [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> $0) }
        } + [type, flags]
    }

    @Test(arguments: faults) func isAnsweredAndForgotten(_ fault: Fault) throws {
        let daemon = try TestDaemon("", ["--ephemeral"], dataPath: "")
        let (bad, good) = (try daemon.client(), try daemon.client())
        _ = try bad.call(Version.self, VersionRequest())
        try bad.send(
            Self.header(fault.data.count, fault.stream, fault.type, fault.flags) + fault.data)
        let refused = try bad.refusal(fault.stream)
        #expect(refused.statusCode == fault.code)
        #expect(fault.says.isEmpty || refused.status.message.contains(fault.says), "\(refused)")
        #expect(try good.call(Version.self, VersionRequest()).protocolVersion == 1)
        bad.nextStream = 1001
        #expect(try bad.call(Version.self, VersionRequest()).protocolVersion == 1)
    }

    /// All of them on one connection, in one write, with good requests between them.
    @Test func allAtOnce() throws {
        let daemon = try TestDaemon("", ["--ephemeral"], dataPath: "")
        let client = try daemon.client()
        var bytes: [UInt8] = []
        for (index, fault) in Self.faults.enumerated() {
            let bad = UInt32(index * 4 + 1) - (fault.stream % 2 == 0 ? 1 : 0)
            bytes += Self.header(fault.data.count, bad, fault.type, fault.flags) + fault.data
            bytes += client.encode(
                Version.self, VersionRequest(), stream: UInt32(index * 4 + 3))
        }
        try client.send(bytes)
        for (index, fault) in Self.faults.enumerated() {
            let bad = UInt32(index * 4 + 1) - (fault.stream % 2 == 0 ? 1 : 0)
            #expect(try client.refusal(bad).statusCode == fault.code, "\(fault.name)")
            let version = try client.answer(Version.self, UInt32(index * 4 + 3))
            #expect(version.protocolVersion == 1)
        }
    }

    @Test func idsOnlyRise() throws {
        let daemon = try TestDaemon("", ["--ephemeral"], dataPath: "")
        let client = try daemon.client()
        client.nextStream = 101
        _ = try client.call(Version.self, VersionRequest())
        for stream: UInt32 in [101, 99, 1] {
            client.nextStream = stream
            let refused = try client.refused(Version.self, VersionRequest())
            #expect(refused?.statusCode == .invalidArgument)
            #expect(refused?.status.message.contains("rise") ?? false)
        }
        // A refused request has used its id too.
        try client.send(Self.header(0, 103, 1, 2))
        #expect(try client.refusal(103).statusCode == .invalidArgument)
        client.nextStream = 103
        #expect(try client.refused(Version.self, VersionRequest()) != nil)
        client.nextStream = UInt32.max
        let last = client.encode(Version.self, VersionRequest(), stream: UInt32.max)
        try client.send(last)
        #expect(try client.answer(Version.self, UInt32.max).protocolVersion == 1)
    }

    @Test func wrongWireTypeNamesTheField() throws {
        let daemon = try TestDaemon("", ["--ephemeral"], dataPath: "")
        let client = try daemon.client()
        // DiskDeviceMapping.2.Size, a string where a varint is right.
        let payload: [UInt8] = [0x6a, 0x00, 0x6a, 0x03, 0x12, 0x01, 0x30]
        let data = Self.envelope("imaged.v1.ECS", "CreateImage", payload)
        try client.send(Self.header(data.count, 1, 1, 0) + data)
        let refused = try client.refusal(1)
        #expect(refused.code == "InvalidParameter")
        #expect(refused.parameter == "DiskDeviceMapping.2.Size")
        #expect(refused.statusCode == .invalidArgument)
        #expect(refused.detail?.requestID.isEmpty == false)
    }

    @Test(arguments: [32, 33]) func depthOfAPayload(_ depth: Int) throws {
        let daemon = try TestDaemon("", ["--ephemeral"], dataPath: "")
        let client = try daemon.client()
        // The message itself is level 1, so the groups begin with level 2.
        let data = Self.envelope("imaged.v1.Daemon", "Version", Self.nestedGroups(depth - 1))
        try client.send(Self.header(data.count, 1, 1, 0) + data)
        if depth == 32 {
            #expect(try client.answer(Version.self, 1).protocolVersion == 1)
        } else {
            #expect(try client.refusal(1).code == "InvalidParameter")
        }
    }

    @Test func longestFrameAndOneByteMore() throws {
        let daemon = try TestDaemon("", ["--ephemeral"], dataPath: "")
        let (client, good) = (try daemon.client(), try daemon.client())
        try client.send(client.frame(dataBytes: FrameHeader.dataBytesMax))
        #expect(try client.refusal(1).statusCode == .unimplemented)
        let long = client.frame(dataBytes: FrameHeader.dataBytesMax + 1 - 1, stream: 3)
        // One byte more than allowed, behind it a good request in the same write.
        let data = long.dropFirst(FrameHeader.byteCount) + [0]
        let after = client.encode(Version.self, VersionRequest(), stream: 5)
        try client.send(Self.header(data.count, 3, 1, 0) + data + after)
        #expect(try client.refusal(3).statusCode == .resourceExhausted)
        #expect(try client.answer(Version.self, 5).protocolVersion == 1)
        #expect(try good.call(Version.self, VersionRequest()).protocolVersion == 1)
    }

    /// The length that a header claims is not allocated: 100 connections claim 4 MiB each, and as
    /// many the largest length that is dropped.
    @Test func claimedLengthsTakeNoMemory() throws {
        let daemon = try TestDaemon("", ["--ephemeral"], dataPath: "")
        let good = try daemon.client()
        _ = try good.call(Version.self, VersionRequest())
        let before = try daemon.processStatus("VmRSS")
        var clients: [TestClient] = []
        for index in 0..<200 {
            let client = try daemon.client()
            let length = index % 2 == 0 ? FrameHeader.dataBytesMax : (1 << 24) - 1
            try client.send(Self.header(length, 1, 1, 0))
            clients.append(client)
        }
        #expect(try good.call(Health.self, HealthRequest()).connections == 201)
        #expect(try daemon.processStatus("VmRSS") - before < 64 << 10)
    }

    @Test func firstByteNotZeroClosesAfterItsAnswer() throws {
        let daemon = try TestDaemon("", ["--ephemeral"], dataPath: "")
        let (client, good) = (try daemon.client(), try daemon.client())
        let version = client.encode(Version.self, VersionRequest(), stream: 1)
        try client.send(version + Self.header(1 << 24, 3, 1, 0) + version)
        let frames = try client.framesUntilClosed()
        #expect(Set(frames.map(\.header.streamID)) == [1, 3])
        let last = try #require(frames.first { $0.header.streamID == 3 })
        let status = try Response(decoding: last.data).status
        #expect(status?.code == StatusCode.invalidArgument.rawValue)
        #expect(try good.call(Version.self, VersionRequest()).protocolVersion == 1)
    }

    /// A client that speaks another protocol is told so and let go.
    @Test func anotherProtocol() throws {
        let daemon = try TestDaemon("", ["--ephemeral"], dataPath: "")
        let client = try daemon.client()
        try client.send(Array("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8))
        #expect(try client.framesUntilClosed().count == 1)
    }

    /// Random bytes behind a valid header, and random frames: the daemon answers or closes, and
    /// lives.
    @Test func randomBytes() throws {
        let daemon = try TestDaemon("", ["--ephemeral"], dataPath: "")
        let good = try daemon.client()
        var random = SeededRandom(seed: 20_14_05_26)
        for _ in 0..<300 {
            let client = try daemon.client()
            let count = Int.random(in: 0...200, using: &random)
            var data = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            if Bool.random(using: &random) {
                data = Self.envelope("imaged.v1.ECS", "CreateImage", data)
            }
            try client.send(Self.header(data.count, 1, 1, 0) + data)
            #expect(try client.nextFrame().header.streamID == 1)
        }
        #expect(try good.call(Version.self, VersionRequest()).protocolVersion == 1)
    }
}
