import ECS
import Foundation
import TestSupport
import Testing
import Wire

@testable import swift_conformance

/// The JSON that Swift's program reads and writes is that of the vectors, field by field.
@Suite struct MessageJSONTests {
    private static let vectors: [VectorJSON] = {
        let text = (try? Repository.text("protocol/vectors/messages.json")) ?? ""
        return (try? VectorJSON(parsing: text))?["vectors"]?.elements ?? []
    }()

    @Test(arguments: allOperations.indices) func isThatOfTheVectors(_ place: Int) throws {
        try compare(operation: allOperations[place])
    }

    private func compare<O: ECS.Operation>(operation: O.Type) throws {
        try compare(O.Request.self)
        try compare(O.Response.self)
    }

    private func compare<M: Message>(_ type: M.Type) throws {
        let own = Self.vectors.filter {
            $0["message"] == .string(M.protoName) && $0["fields"] != nil
        }
        #expect(!own.isEmpty, "\(M.protoName)")
        for vector in own {
            let fields = try #require(vector["fields"])
            let json = try JSONDecoder().decode(JSON.self, from: Data(fields.text().utf8))
            let message = try MessageReader.message(M.self, json)
            let hex = vector["canonical"]?.string ?? vector["hex"]?.string
            let bytes = message.encoded().map { byte in
                (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }
            #expect(bytes.joined() == hex)
            let written = try JSONEncoder().encode(MessageWriter.json(message))
            #expect(try VectorJSON(parsing: String(decoding: written, as: UTF8.self)) == fields)
        }
    }

    @Test func aMistakeOfAScenarioIsNamed() throws {
        for text in [#"{"image_nam": "a"}"#, #"{"image_name": 1}"#, #"{"tag": {}}"#] {
            let json = try JSONDecoder().decode(JSON.self, from: Data(text.utf8))
            #expect(throws: BadCommand.self, "\(text)") {
                _ = try MessageReader.message(CreateImageRequest.self, json)
            }
        }
    }
}
