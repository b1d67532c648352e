import ECS
import Foundation
import TestSupport
import Testing
import Wire

/// Many requests at once on one connection, and every way of cutting their bytes.
@Suite struct PipeliningTests {
    /// Answers carry the stream of their request, whatever their order: each stream asks for an
    /// image of another name and must get that one.
    @Test func answersBelongToTheirStreams() throws {
        let daemon = try TestDaemon("[limits]\nUnfinishedSnapshots = 1000\n")
        let client = try daemon.client()
        let instance = try client.registerSimulated().instanceID
        var ids: [String: String] = [:]
        for index in 0..<10 {
            ids["name-\(index)"] = try client.createImage(of: instance, name: "name-\(index)")
        }
        var streams: [(UInt32, String)] = []
        var bytes: [UInt8] = []
        for round in 0..<300 {
            let name = "name-\(round * 7 % 10)"
            let stream = client.newStream()
            let request = DescribeImagesRequest.with {
                $0.regionID = testRegion
                $0.imageName = name
                $0.status = "ALL"
            }
            bytes += client.encode(DescribeImages.self, request, stream: stream)
            streams.append((stream, name))
        }
        try client.send(bytes)
        for (stream, name) in streams.reversed() {
            let images = try client.answer(DescribeImages.self, stream).images
            #expect(images.map(\.imageID) == [ids[name]])
        }
    }

    @Test func changesOfOneConnectionHappenInTheirOrder() throws {
        let daemon = try TestDaemon()
        let client = try daemon.client()
        let instance = try client.registerSimulated().instanceID
        let create = client.newStream()
        let look = client.newStream()
        let request = TestClient.createImageRequest(of: instance, name: "first")
        let describe = DescribeImagesRequest.with {
            $0.regionID = testRegion
            $0.status = "ALL"
            $0.imageOwnerAlias = "self"
        }
        try client.send(
            client.encode(CreateImage.self, request, stream: create)
                + client.encode(DescribeImages.self, describe, stream: look))
        let seen = try client.answer(DescribeImages.self, look).images.map(\.imageID)
        #expect(seen == [try client.answer(CreateImage.self, create).imageID])
    }

    @Test func framesArriveByteByByte() throws {
        let daemon = try TestDaemon()
        let client = try daemon.client()
        var streams: [UInt32] = []
        for _ in 0..<3 {
            let stream = client.newStream()
            for byte in client.encode(Version.self, VersionRequest(), stream: stream) {
                try client.send([byte])
            }
            streams.append(stream)
        }
        for stream in streams {
            #expect(try client.answer(Version.self, stream).protocolVersion == 1)
        }
    }

    /// A frame of the greatest length in small pieces costs the daemon no more than its bytes: the
    /// other client is served all the while.
    @Test func largestFrameInPieces() throws {
        let daemon = try TestDaemon()
        let slow = try daemon.client()
        let good = try daemon.client()
        let bytes = slow.frame(dataBytes: FrameHeader.dataBytesMax)
        var sent = 0
        while sent < bytes.count {
            let end = min(sent + 100_003, bytes.count)
            try slow.send(Array(bytes[sent..<end]))
            sent = end
            #expect(try good.call(Version.self, VersionRequest()).protocolVersion == 1)
        }
        let refused = try slow.refusal(1)
        #expect(refused.statusCode == .unimplemented)
    }

    /// Whoever closes only his sending side has asked all he wanted, and gets his answers.
    @Test func halfClosedClientGetsItsAnswers() throws {
        let daemon = try TestDaemon()
        let client = try daemon.client()
        let instance = try client.registerSimulated().instanceID
        let image = try client.begin(
            CreateImage.self, TestClient.createImageRequest(of: instance, name: "last"))
        let version = try client.begin(Version.self, VersionRequest())
        client.closeSending()
        #expect(try !client.answer(CreateImage.self, image).imageID.isEmpty)
        #expect(try client.answer(Version.self, version).protocolVersion == 1)
        #expect(throws: TestClient.Closed.self) { try client.nextFrame() }
    }

    /// What a client sent before it went is carried out, whole.
    @Test func requestOfAClientThatWentIsCarriedOut() throws {
        let daemon = try TestDaemon()
        let other = try daemon.client()
        let instance = try other.registerSimulated().instanceID
        do {
            let client = try daemon.client()
            _ = try client.begin(
                CreateImage.self, TestClient.createImageRequest(of: instance, name: "left"))
        }
        let stream = try other.begin(ReadEvents.self, .with { $0.afterSequence = 0 })
        let past = try other.answer(ReadEvents.self, stream)
        var names = past.events.compactMap { $0.image?.imageName }
        var sequence = past.sequence
        while !names.contains("left") {
            let more = try other.call(ReadEvents.self, .with { $0.afterSequence = sequence })
            sequence = more.sequence
            names += more.events.compactMap { $0.image?.imageName }
        }
        #expect(try other.images().map(\.imageName) == ["left"])
    }
}

extension TestClient {
    /// A whole request frame with so many bytes of data: an unknown operation and a field that is
    /// skipped.
    func frame(dataBytes: Int, stream: UInt32 = 1) -> [UInt8] {
        var encoder = FieldEncoder()
        var filler: [UInt8] = []
        // The tags and lengths of the three fields: 2 + 2 bytes, and 1 to 4 for the filler's length.
        let fixed = 4
        let lengthBytes = dataBytes > 2_097_152 ? 4 : dataBytes > 16_384 ? 3 : 2
        filler = [UInt8](repeating: 0x61, count: dataBytes - fixed - 1 - lengthBytes)
        _ = encoder.frame(stream, .request) { encoder in
            encoder.delimited(1) { _ in }
            encoder.delimited(2) { _ in }
            var value = filler
            encoder.bytes(15, "filler", &value)
        }
        precondition(encoder.bytes.count == dataBytes + FrameHeader.byteCount)
        return encoder.bytes
    }
}
