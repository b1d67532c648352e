import TestSupport
import Testing
import Wire

/// Every vector of `protocol/vectors` but the frames, read and written.
@Suite struct MessageVectorTests {
    @Test func everyMessageHasAVectorWithAllItsFieldsAndOneWithNone() {
        let vectors = MessageVector.all("messages.json")
        for name in Schema.imaged.messageNames {
            let fields = Schema.imaged.fields[name]?.map(\.name) ?? []
            let own = vectors.filter { $0.message == name }.compactMap(\.fields)
            #expect(own.contains { $0.isEmpty }, "\(name): none with defaults")
            #expect(own.contains { Set($0.keys) == Set(fields) }, "\(name): none with every field")
        }
    }

    @Test(arguments: MessageVector.everywhere.filter { $0.refused == nil })
    func readsAndWrites(_ vector: MessageVector) throws {
        let type = try #require(MessageTypes.named(vector.message))
        try readAndWrite(vector, type)
    }

    private func readAndWrite<M: Message>(_ vector: MessageVector, _ type: M.Type) throws {
        let fields = try #require(vector.fields)
        let decoded = try M(decoding: vector.bytes)
        #expect(VectorJSON.object(decoded.jsonFields) == .object(fields))
        let written = M(jsonFields: fields)
        #expect(written == decoded)
        #expect(written.encoded().hex == vector.canonical ?? vector.hex)
    }

    @Test(arguments: MessageVector.everywhere.filter { $0.refused != nil })
    func refuses(_ vector: MessageVector) throws {
        let type = try #require(MessageTypes.named(vector.message))
        let error = #expect(throws: ProtoError.self) { _ = try type.init(decoding: vector.bytes) }
        if let error { expect(error, of: vector) }
    }

    private func expect(_ error: ProtoError, of vector: MessageVector) {
        #expect(error.reason.rules.contains(vector.refused ?? ""), "\(error)")
        #expect(error.field == vector.field ?? "")
    }

    /// The daemon reads requests by place, without copying: the same answers.
    @Test(arguments: MessageVector.all("request.json"))
    func envelopesAreReadTheSameByPlace(_ vector: MessageVector) throws {
        let margin: [UInt8] = [0x0a, 0xff, 0x80]
        let bytes = margin + vector.bytes + margin
        let range = margin.count..<(bytes.count - margin.count)
        guard vector.refused == nil else {
            let error = #expect(throws: ProtoError.self) {
                _ = try RequestEnvelope(decoding: bytes, range)
            }
            if let error { expect(error, of: vector) }
            return
        }
        let request = try Request(decoding: vector.bytes)
        let envelope = try RequestEnvelope(decoding: bytes, range)
        func text(_ place: Range<Int>) -> String { String(decoding: bytes[place], as: UTF8.self) }
        #expect(text(envelope.service) == request.service)
        #expect(text(envelope.method) == request.method)
        #expect(Array(bytes[envelope.payload]) == request.payload)
        #expect(envelope.timeoutNanoseconds == request.timeoutNanoseconds)
        #expect(envelope.metadata.map { text($0.key) } == request.metadata.map(\.key))
        #expect(envelope.metadata.map { text($0.value) } == request.metadata.map(\.value))
    }

    /// A response's details hold the errors that the vectors' names promise.
    @Test func detailsOfErrorsAreMessagesThemselves() throws {
        var count = 0
        for vector in MessageVector.all("response.json") where vector.refused == nil {
            let response = try Response(decoding: vector.bytes)
            let details = response.status?.details ?? []
            for detail in details where detail.typeURL.hasSuffix("imaged.v1.Error") {
                let error = try #require(MessageTypes.named("Error")).init(decoding: detail.value)
                #expect(error.encoded() == detail.value)
                #expect(response.payload.isEmpty)
                count += 1
            }
        }
        #expect(count >= 12)
    }
}
