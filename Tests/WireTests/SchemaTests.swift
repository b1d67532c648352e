import ECS
import Testing
import Wire

/// The tables of messages, fields and operations in Swift are those of `protocol/imaged.proto`.
@Suite struct SchemaTests {
    @Test func everyMessageOfTheProtoFileIsATypeAndNoOther() {
        #expect(Set(MessageTypes.names) == Set(Schema.imaged.messageNames))
        #expect(MessageTypes.names.count == Schema.imaged.messageNames.count)
    }

    @Test func theParserOfTheseTestsSeesTheWholeFile() {
        let lines = ProtocolFolder.text("imaged.proto").split(separator: "\n")
        func count(_ isWanted: (Substring) -> Bool) -> Int { lines.count(where: isWanted) }
        #expect(Schema.imaged.messageNames.count == count { $0.hasPrefix("message ") })
        #expect(Schema.imaged.methods.count == count { $0.hasPrefix("  rpc ") })
        #expect(
            Schema.imaged.fields.values.map(\.count).reduce(0, +)
                == count { $0.hasPrefix("  ") && $0.contains(" = ") && !$0.hasPrefix("  //") })
    }

    @Test(arguments: MessageTypes.names + [Sample.protoName])
    func fieldsAreThoseOfTheProtoFile(_ name: String) throws {
        let type = try #require(MessageTypes.named(name))
        let listed = type.listed.fields
        // Field names are ECS's in Swift (KMSKeyId) and snake_case there (kms_key_id).
        func plain(_ field: Schema.Field) -> Schema.Field {
            Schema.Field(
                label: field.label, type: field.type,
                name: field.name.lowercased().replacing("_", with: ""), number: field.number)
        }
        let expected = try #require(Schema.of(name).fields[name])
        #expect(listed.map(plain) == expected.map(plain))
        #expect(
            listed.map(\.number) == listed.map(\.number).sorted(), "written by number, lowest first"
        )
        #expect(Set(listed.map(\.number)).count == listed.count, "no number twice")
    }

    @Test func fieldsOfOursOnECSMessagesBeginAt1000() {
        let ours = [
            "allow_live", "path", "disk_path", "size_bytes", "stored_bytes", "failure_reason",
            "consistency", "damage",
        ]
        let notECS: Set = [
            "RegisteredDisk", "DiskPath", "ExportSnapshotRequest", "ExportSnapshotResponse",
            "ReadSnapshotResponse", "VerifySnapshotResponse", "DescribeUsageResponse", "Usage",
        ]
        for (message, fields) in Schema.imaged.fields where !notECS.contains(message) {
            for field in fields where ours.contains(field.name) {
                #expect(field.number >= 1000, "\(message).\(field)")
            }
        }
    }

    @Test func operationsAreThoseOfTheProtoFile() {
        let listed = allOperations.map { operation in
            Schema.Method(
                service: operation.service.rawValue, name: operation.name,
                request: operation.requestType.protoName,
                response: operation.responseType.protoName, isStreaming: operation == Watch.self)
        }
        #expect(listed == Schema.imaged.methods)
    }

    /// The table of `protocol/README.md` § Operations.
    @Test func whatMayBeSentAgainIsWhatTheProtocolSays() throws {
        let rows = ProtocolFolder.text("README.md").matches(
            of: /\| `(imaged\.v1\.\w+)` \| `(\w+)` \| 1 \| ?(\w*) ?\| ?(yes)?.*\|/)
        let listed = allOperations.map { operation in
            [
                operation.service.rawValue, operation.name, operation.again.rawValue,
                operation == Watch.self ? "yes" : "",
            ]
        }
        #expect(rows.map { [$0.1, $0.2, $0.3, $0.4 ?? ""].map(String.init) } == listed)
        for operation in allOperations {
            let hasToken = operation.requestType is any RequestWithToken.Type
            #expect(hasToken == (operation.again == .token), "\(operation.name)")
            let field = operation.requestType.listed.fields.contains { $0.name == "ClientToken" }
            #expect(field == hasToken || operation == AddFaultRule.self, "\(operation.name)")
        }
    }
}
