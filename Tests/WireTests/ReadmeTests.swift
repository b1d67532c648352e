import ECS
import Testing
import Wire

/// What `protocol/README.md` states in tables and bytes is what the code has.
@Suite struct ReadmeTests {
    let text = ProtocolFolder.text("README.md")

    @Test func theTableOfOperationsIsComplete() {
        let rows = text.matches(
            of: /\n\| `(imaged\.v1\.\w+)` \| `(\w+)` \| 1 \| (?:reads |token )?\| (yes)?/)
        let listed = rows.map { ["\($0.1)", "\($0.2)", $0.3 == nil ? "" : "stream"] }
        let expected = Schema.imaged.methods.map {
            [$0.service, $0.name, $0.isStreaming ? "stream" : ""]
        }
        #expect(listed == expected)
    }

    @Test func theStatusCodesAreGooglesNumbers() {
        let codes: [(String, StatusCode)] = [
            ("CANCELLED", .cancelled), ("INVALID_ARGUMENT", .invalidArgument),
            ("DEADLINE_EXCEEDED", .deadlineExceeded), ("NOT_FOUND", .notFound),
            ("PERMISSION_DENIED", .permissionDenied), ("RESOURCE_EXHAUSTED", .resourceExhausted),
            ("FAILED_PRECONDITION", .failedPrecondition), ("OUT_OF_RANGE", .outOfRange),
            ("UNIMPLEMENTED", .unimplemented), ("INTERNAL", .internal),
            ("UNAVAILABLE", .unavailable),
        ]
        var listed: [String: Int32] = [:]
        for row in text.matches(of: /\| ([A-Z_]{8,}) \| (\d+) \|/) {
            listed["\(row.1)"] = Int32(row.2)
        }
        #expect(listed == Dictionary(uniqueKeysWithValues: codes.map { ($0, $1.rawValue) }))
    }

    @Test func theMessageTypesAndLimitsAreTheDecoders() {
        #expect(text.contains("| 1 | request | client |"))
        #expect(text.contains("| 2 | response | daemon |"))
        #expect(text.contains("| 3 | data | daemon |"))
        #expect(MessageType.request.rawValue == 1)
        #expect(MessageType.response.rawValue == 2)
        #expect(MessageType.data.rawValue == 3)
        #expect(text.contains("| depth of a message | \(ProtoReader.depthMax) |"))
        #expect(text.contains("0 to 4,194,304"))
        #expect(FrameHeader.dataBytesMax == 4_194_304)
    }

    /// The bytes of the block of code that is marked "hex `name`": what stands left of the words.
    private func bytes(_ name: String) throws -> [UInt8] {
        let start = try #require(text.firstRange(of: "```hex \(name)\n"))
        let rest = text[start.upperBound...]
        let end = try #require(rest.firstRange(of: "```"))
        return rest[..<end.lowerBound].split(separator: "\n").flatMap { line in
            let words = line.split(separator: " ").prefix {
                $0.wholeMatch(of: /[0-9a-f]{2}/) != nil
            }
            return words.flatMap { [UInt8](hex: "\($0)") }
        }
    }

    @Test func theExampleRequestIsAVersionCall() throws {
        let bytes = try bytes("request")
        #expect(text.contains(/first\sframe,\s37\sbytes/))
        #expect(bytes.count == 37)
        #expect(bytes == FrameVector.all.first { $0.name == "one request" }?.bytes)
        var request = Request()
        request.service = ServiceName.daemon.rawValue
        request.method = Version.name
        var encoder = FieldEncoder()
        encoder.frame(1, .request) { $0.write(request) }
        #expect(encoder.bytes == bytes)
    }

    @Test func theExampleResponseIsItsAnswer() throws {
        let bytes = try bytes("response")
        #expect(text.contains(/answer,\s59 bytes/))
        #expect(bytes.count == 59)
        #expect(
            bytes == FrameVector.all.first { $0.name == "daemon: the answer of Version" }?.bytes)
        let data = FrameHeader.byteCount..<bytes.count
        let header = FrameHeader(decoding: bytes.span)
        let expected = FrameHeader(dataBytes: data.count, streamID: 1, type: .response)
        #expect(header == expected)
        let response = try Response(decoding: bytes, data)
        #expect(response.status == nil)
        let version = try VersionResponse(decoding: response.payload)
        #expect(version.version == "0.1.0")
        #expect(version.protocolVersion == 1)
        #expect(version.requestID == "473469C7-AA6F-4DC5-B3DB-A3DC0DE3C83E")
    }
}
