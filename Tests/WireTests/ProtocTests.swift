import Foundation
import TestSupport
import Testing
import Wire

/// protobuf's own compiler as the judge: it reads what we write and we read what it writes, for
/// random messages of every type and for every vector.
@Suite(.enabled(if: Tool.available("protoc"), "protoc is not installed"))
struct ProtocTests {
    /// A message that holds many of each type, so that one run of protoc judges them all.
    private struct Batch {
        let directory = TemporaryDirectory()
        let types = MessageTypes.all + [Sample.self]

        init() throws {
            var text = "syntax = \"proto3\";\nimport \"imaged.proto\";\nimport \"sample.proto\";\n"
            text += "message Batch {\n"
            for (index, type) in types.enumerated() {
                let package = type == Sample.self ? "imaged.vectors" : "imaged.v1"
                text += "  repeated \(package).\(type.protoName) m\(index) = \(index + 1);\n"
            }
            try (text + "}\n").write(
                toFile: directory.path + "/batch.proto", atomically: false, encoding: .utf8)
        }

        func run(_ arguments: [String], input: [UInt8]) throws -> Tool.Output {
            try Tool.run(
                "protoc",
                ["-I", ProtocolFolder.path, "-I", ProtocolFolder.path + "/vectors"]
                    + ["-I", directory.path] + arguments,
                input: Data(input))
        }

        func text<M: Message>(_ index: Int, _ message: M) -> String {
            "m\(index) {\n\(message.textFormat(indent: "  "))}\n"
        }
    }

    @Test(arguments: [1, 20_261_123, UInt64.max])
    func readsAndWritesWhatWeDo(seed: UInt64) throws {
        let batch = try Batch()
        var generator = SeededGenerator(seed: seed)
        var encoder = FieldEncoder()
        var expected = ""
        for (index, type) in batch.types.enumerated() {
            for _ in 0..<20 {
                let message = type.random(using: &generator)
                encoder.delimited(UInt32(index + 1)) { $0.write(message) }
                expected += batch.text(index, message)
            }
        }
        let decoded = try batch.run(["--decode=Batch", "batch.proto"], input: encoder.bytes)
        try #require(decoded.status == 0, "\(decoded.err)")
        expectSameLines(decoded.text, expected, seed)

        let encoded = try batch.run(["--encode=Batch", "batch.proto"], input: Array(expected.utf8))
        try #require(encoded.status == 0, "\(encoded.err)")
        // Not inside #expect: it would look for the least difference, which takes for ever here.
        let isSame = Array(encoded.out) == encoder.bytes
        #expect(isSame, "seed \(seed): protoc writes other bytes")
        try expectRoundTrip(Array(encoded.out), batch, expected, seed)
    }

    /// Reads protoc's bytes back with our reader; what it finds is the same text again.
    private func expectRoundTrip(
        _ bytes: [UInt8], _ batch: Batch, _ expected: String, _ seed: UInt64
    ) throws {
        var reader = ProtoReader(bytes, bytes.indices)
        var text = ""
        while !reader.isAtEnd {
            let (number, wireType) = try reader.tag()
            #expect(wireType == .bytes)
            let index = Int(number) - 1
            let message = try batch.types[index].init(decoding: bytes, try reader.delimited())
            text += batch.text(index, message)
        }
        expectSameLines(text, expected, seed)
    }

    private func expectSameLines(_ found: String, _ expected: String, _ seed: UInt64) {
        if found == expected { return }
        let pairs = zip(found.split(separator: "\n"), expected.split(separator: "\n"))
        let first = pairs.first { $0 != $1 }
        Issue.record(
            "seed \(seed): \(first?.0 ?? "fewer lines") where \(first?.1 ?? "more") is right")
    }

    @Test(arguments: ["messages.json", "proto.json", "request.json", "response.json"])
    func agreesWithTheVectors(file: String) throws {
        let batch = try Batch()
        for vector in MessageVector.all(file) {
            let package = vector.message == "Sample" ? "imaged.vectors" : "imaged.v1"
            let source = vector.message == "Sample" ? "sample.proto" : "imaged.proto"
            let output = try batch.run(
                ["--decode=\(package).\(vector.message)", source], input: vector.bytes)
            let accepts = vector.refused == nil || vector.stricter == true
            #expect((output.status == 0) == accepts, "\(vector.name): \(output.err)")
            guard let fields = vector.fields else { continue }
            let type = try #require(MessageTypes.named(vector.message))
            let expected = type.init(jsonFields: fields).textFormat()
            #expect(Self.withoutUnknown(output.text) == expected, "\(vector.name)")
        }
    }

    /// protoc's text without the fields that it shows by number.
    private static func withoutUnknown(_ text: String) -> String {
        var kept = ""
        var hiddenIndent: Int?
        for line in text.split(separator: "\n") {
            let indent = line.prefix { $0 == " " }.count
            if let hidden = hiddenIndent {
                if indent == hidden && line.dropFirst(indent) == "}" { hiddenIndent = nil }
                continue
            }
            if line.dropFirst(indent).first?.isNumber == true {
                if line.hasSuffix("{") { hiddenIndent = indent }
                continue
            }
            kept += line + "\n"
        }
        return kept
    }
}
