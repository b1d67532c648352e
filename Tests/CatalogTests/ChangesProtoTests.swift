import Foundation
import Testing
import Wire

@testable import Catalog

/// `protocol/changes.proto` against the records here: same messages, fields, numbers and types.
struct ChangesProtoTests {
    /// A field as the .proto file declares it.
    struct Field: Equatable, CustomStringConvertible {
        let type: String
        let name: String
        let number: UInt32
        var description: String { "\(type) \(name) = \(number);" }
    }

    /// Notes what a message shows instead of its values.
    private struct FieldList: FieldVisitor {
        var fields: [Field] = []

        private mutating func note(_ type: String, _ number: UInt32, _ name: StaticString) {
            var snake = ""
            for letter in "\(name)" {
                if letter.isUppercase && !snake.isEmpty { snake += "_" }
                snake += letter.lowercased()
            }
            fields.append(Field(type: type, name: snake, number: number))
        }

        mutating func string(_ n: UInt32, _ name: StaticString, _ value: inout String) {
            note("string", n, name)
        }
        mutating func optionalString(_ n: UInt32, _ name: StaticString, _ value: inout String?) {
            note("optional string", n, name)
        }
        mutating func strings(_ n: UInt32, _ name: StaticString, _ value: inout [String]) {
            note("repeated string", n, name)
        }
        mutating func bytes(_ n: UInt32, _ name: StaticString, _ value: inout [UInt8]) {
            note("bytes", n, name)
        }
        mutating func bool(_ n: UInt32, _ name: StaticString, _ value: inout Bool) {
            note("bool", n, name)
        }
        mutating func optionalBool(_ n: UInt32, _ name: StaticString, _ value: inout Bool?) {
            note("optional bool", n, name)
        }
        mutating func int32(_ n: UInt32, _ name: StaticString, _ value: inout Int32) {
            note("int32", n, name)
        }
        mutating func optionalInt32(_ n: UInt32, _ name: StaticString, _ value: inout Int32?) {
            note("optional int32", n, name)
        }
        mutating func int64(_ n: UInt32, _ name: StaticString, _ value: inout Int64) {
            note("int64", n, name)
        }
        mutating func optionalInt64(_ n: UInt32, _ name: StaticString, _ value: inout Int64?) {
            note("optional int64", n, name)
        }
        mutating func int64s(_ n: UInt32, _ name: StaticString, _ value: inout [Int64]) {
            note("repeated int64", n, name)
        }
        mutating func message<M: Message>(_ n: UInt32, _ name: StaticString, _ value: inout M?) {
            note(M.protoName, n, name)
        }
        mutating func messages<M: Message>(_ n: UInt32, _ name: StaticString, _ value: inout [M]) {
            note("repeated \(M.protoName)", n, name)
        }
    }

    private static func fields<M: Message>(_ type: M.Type) -> [Field] {
        var list = FieldList()
        var message = M()
        try! message.visit(&list)
        return list.fields
    }

    private static let messages: [any Message.Type] = [
        Changes.self, Change.self, AccountRecord.self, ImageRecord.self, SnapshotRecord.self,
        DiskRecord.self, InstanceRecord.self, JobRecord.self, CaptureRecord.self, TokenRecord.self,
        ReclaimRecord.self, ReclaimFile.self, CountersRecord.self, ClockRecord.self,
        RamUserRecord.self,
        PolicyRecord.self, StatementRecord.self,
    ]

    /// The messages of a .proto file without nesting.
    private static func parse(_ text: String) -> [String: [Field]] {
        var found: [String: [Field]] = [:]
        var message = ""
        for line in text.split(separator: "\n") {
            let code = line.prefix(upTo: line.range(of: "//")?.lowerBound ?? line.endIndex)
            let words = code.split { " ={;".contains($0) }.map(String.init)
            if words.first == "message" {
                message = words[1]
                found[message] = []
            } else if !message.isEmpty, words.count >= 3, let number = UInt32(words.last!) {
                let type = words.dropLast(2).joined(separator: " ")
                let name = words[words.count - 2]
                found[message]!.append(Field(type: type, name: name, number: number))
            } else if words == ["}"] {
                message = ""
            }
        }
        return found
    }

    @Test func theFileAndTheRecordsAgree() throws {
        let file = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("protocol/changes.proto")
        let declared = Self.parse(try String(contentsOf: file, encoding: .utf8))
        #expect(Set(declared.keys) == Set(Self.messages.map { $0.protoName }))
        for message in Self.messages {
            #expect(declared[message.protoName] == Self.fields(message), "\(message.protoName)")
        }
    }

    /// Every kind of change goes through the bytes and back.
    @Test func changesSurviveTheirEncoding() throws {
        var image = ImageRecord()
        image.number = 3
        image.image.imageID = "m-1"
        var job = JobRecord()
        job.number = 4
        job.capture = CaptureRecord()
        var reclaim = ReclaimRecord()
        reclaim.manifest = 5
        reclaim.segments = [1, 2, 300]
        reclaim.files = [ReclaimFile(), ReclaimFile()]
        reclaim.files[1].path = "disks/7.raw"
        let kinds: [Change.Kind] = [
            .account(Boxed(AccountRecord())), .image(Boxed(image)), .imageDeleted("m-1"),
            .snapshot(Boxed(SnapshotRecord())), .snapshotDeleted("s-1"), .disk(Boxed(DiskRecord())),
            .diskDeleted("d-1"), .instance(Boxed(InstanceRecord())), .instanceDeleted("i-1"),
            .job(Boxed(job)), .jobEnded(4), .token(Boxed(TokenRecord())), .tokenExpired("t"),
            .reclaim(Boxed(reclaim)), .reclaimed(5), .counters(Boxed(CountersRecord())),
            .accountDropped("account"),
        ]
        for (index, kind) in kinds.enumerated() {
            let change = Change(-1, "account", "region", kind)
            let decoded = try Change(decoding: change.encoded())
            #expect(decoded == change && decoded.encoded().count > 0)
            if case .none = decoded.kind { Issue.record("kind \(index) is lost") }
            #expect(decoded.time == -1 && decoded.accountID == "account")
        }
        // One field of its own each, from 10 on.
        let numbers = Self.fields(Change.self).map(\.number).filter { $0 >= 10 }
        #expect(numbers == (10..<UInt32(10 + kinds.count)).map(\.self))
    }
}
