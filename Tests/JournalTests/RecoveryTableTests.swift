import System
import TestSupport
import Testing

@testable import Journal

/// The recovery table of `reliability.md` § 3 (T1).
@Suite struct RecoveryTableTests {
    static let allEvidence: [Evidence] = {
        var all: [Evidence] = []
        for role in Evidence.Role.allCases {
            for header in Evidence.Header.allCases {
                for continuity in Evidence.Continuity.allCases {
                    for tail in Evidence.Tail.allCases {
                        for bits in 0..<8 {
                            all.append(
                                Evidence(
                                    role: role, header: header, isSuperseded: bits & 1 != 0,
                                    continuity: continuity, tail: tail, isNewest: bits & 2 != 0,
                                    hasStaleRecords: bits & 4 != 0))
                        }
                    }
                }
            }
        }
        return all
    }()

    @Test func exactlyOneRowMatchesAnyEvidence() {
        var met: Set<RecoveryCase> = []
        for evidence in Self.allEvidence {
            let rows = Evidence.table.filter { $0.matches(evidence) }.map(\.case)
            #expect(rows.count == 1, "\(evidence): \(rows)")
            #expect(rows.first == evidence.recoveryCase)
            met.formUnion(rows)
        }
        #expect(met == Set(RecoveryCase.allCases))
    }

    /// One directory for each row: what is in it, what each file is judged to be, what comes out.
    struct Example: Sendable, CustomTestStringConvertible {
        var name: String
        var files: [String: [UInt8]]
        var cases: [String: RecoveryCase]
        /// The numbers recovered; nil: refused.
        var recovered: [UInt64]?
        var kind: JournalError.Kind?
        var offset = 0
        var testDescription: String { name }
    }

    static let three = [item(1), item(2), item(3)]
    static let recordBytes = RecordHeader.recordBytes(payloadBytes: 12)
    static let starting: [Example] = [
        .init(name: "nothing at all", files: [:], cases: [:], recovered: []),
        .init(
            name: "only a header", files: ["journal-1": Make.journal(first: 1, [])],
            cases: ["journal-1": .clean], recovered: []),
        .init(
            name: "records, then zeros",
            files: ["journal-1": Make.journal(first: 1, three, zeroBytes: 500)],
            cases: ["journal-1": .clean], recovered: [1, 2, 3]),
        .init(
            name: "the file ends inside the last record",
            files: ["journal-1": Make.journal(first: 1, three).dropLast(3)],
            cases: ["journal-1": .torn], recovered: [1, 2]),
        .init(
            name: "only the header of the last record",
            files: [
                "journal-1": Make.journal(first: 1, three).dropLast(recordBytes - 32)
                    + [UInt8](repeating: 0, count: 500)
            ], cases: ["journal-1": .torn], recovered: [1, 2]),
        .init(
            name: "a sector's share of the last record is zero",
            files: ["journal-1": largeRecordWithoutItsSecondSector],
            cases: ["journal-1": .torn], recovered: [1]),
        .init(
            name: "only later, never synced records follow",
            files: [
                "journal-1": changed(
                    Make.journal(first: 1, three, durable: { _ in 1 }),
                    at: 64 + recordBytes + 40)
            ], cases: ["journal-1": .torn], recovered: [1]),
        .init(
            name: "records that the checkpoint contains",
            files: [
                "checkpoint-2": Make.checkpoint(2, [item(1) + item(2)]),
                "journal-1": Make.journal(first: 1, three),
            ], cases: ["checkpoint-2": .clean, "journal-1": .stale], recovered: [1, 2, 3]),
        .init(
            name: "half a checkpoint",
            files: [
                "journal-1": Make.journal(first: 1, three),
                "journal-4": Make.journal(first: 4, [item(4)]),
                "tmp/checkpoint-3": [1, 2, 3], "tmp/journal-next": [], "tmp/other": [7],
            ],
            cases: [
                "journal-1": .clean, "journal-4": .clean, "tmp/checkpoint-3": .halfCheckpoint,
                "tmp/journal-next": .halfCheckpoint,
            ], recovered: [1, 2, 3, 4]),
        .init(
            name: "both generations",
            files: [
                "checkpoint-1": Make.checkpoint(1, [item(1)]),
                "checkpoint-3": Make.checkpoint(3, [item(1) + item(2), item(3)]),
                "journal-2": Make.journal(first: 2, [item(2), item(3)]),
                "journal-4": Make.journal(first: 4, [item(4)]),
            ],
            cases: [
                "checkpoint-1": .bothGenerations, "checkpoint-3": .clean,
                "journal-2": .bothGenerations, "journal-4": .clean,
            ], recovered: [1, 2, 3, 4]),
        .init(
            name: "several live journals, the newest torn",
            files: [
                "checkpoint-1": Make.checkpoint(1, [item(1)]),
                "journal-2": Make.journal(first: 2, [item(2)], zeroBytes: 64),
                "journal-3": Make.journal(first: 3, []),
            ].merging([
                "journal-3": Make.journal(first: 3, [item(3), item(4)]).dropLast(9)
            ]) { $1 },
            cases: ["checkpoint-1": .clean, "journal-2": .clean, "journal-3": .torn],
            recovered: [1, 2, 3]),
    ]

    static var largeRecordWithoutItsSecondSector: [UInt8] {
        var bytes = Make.journal(first: 1, [item(1), item(2, fillerBytes: 2000)])
        for index in 512..<1024 { bytes[index] = 0 }
        return bytes
    }

    static func changed(_ bytes: [UInt8], at offset: Int) -> [UInt8] {
        var bytes = bytes
        bytes[offset] ^= 0x10
        return bytes
    }

    @Test(arguments: starting) func starts(_ example: Example) throws {
        let directory = TemporaryDirectory()
        for (name, bytes) in example.files { try directory.write(name, bytes) }
        let before = try directory.contents()
        let check = try Journal.check(directory: directory.path)
        #expect(try directory.contents() == before)
        #expect(check.problems == [])
        let cases = check.files.map { ($0.name, $0.recoveryCase) }
        #expect(Dictionary(uniqueKeysWithValues: cases) == example.cases)

        let (numbers, report) = try directory.recovered()
        #expect(numbers == example.recovered)
        #expect(report.wasCreated == example.cases.isEmpty)
        #expect(check.lastSequence == report.lastSequence)
        let gone = example.cases.filter {
            [.halfCheckpoint, .bothGenerations].contains($0.value)
        }
        #expect(Set(report.deleted) == Set(gone.keys))
        let after = try directory.contents()
        for name in gone.keys { #expect(after[name] == nil) }
        if example.files["tmp/other"] != nil { #expect(after["tmp/other"] == [7]) }
        if let torn = report.torn {
            let old = try #require(before[torn.file])
            let end = torn.offset + torn.byteCount
            #expect(after[torn.copy] == Array(old[torn.offset..<end]))
            #expect(torn.copy == "\(torn.file).torn-\(torn.sequence)")
            #expect(after[torn.file]?[torn.offset...].allSatisfy { $0 == 0 } == true)
            #expect(after[torn.file]?[..<torn.offset] == old[..<torn.offset])
        }
        #expect((report.torn != nil) == example.cases.values.contains(.torn))
        // The second recovery finds nothing to do.
        let again = try directory.recovered()
        #expect(again.numbers == example.recovered)
        #expect(again.report.torn == nil && again.report.deleted == [])
    }

    static let refused: [Example] = [
        .init(
            name: "a later record shows that the bad one was durable",
            files: ["journal-1": changed(Make.journal(first: 1, three), at: 64 + 40)],
            cases: ["journal-1": .damaged], kind: .damaged, offset: 64),
        .init(
            name: "a flipped length, which must not look like a torn tail",
            files: ["journal-1": changed(Make.journal(first: 1, three), at: 64 + recordBytes)],
            cases: ["journal-1": .damaged], kind: .damaged, offset: 64 + recordBytes),
        .init(
            name: "the last record is bad and complete",
            files: [
                "journal-1": changed(
                    Make.journal(first: 1, three, zeroBytes: 800), at: 64 + 2 * recordBytes + 33)
            ], cases: ["journal-1": .damaged], kind: .damaged, offset: 64 + 2 * recordBytes),
        .init(
            name: "a sequence gap",
            files: [
                "journal-1": Make.journal(first: 1, [item(1)])
                    + RecordHeader.encode(
                        item(3), sequence: 3, durable: 2, fileID: 0x1234_5678_9ABC_DEF0)
            ], cases: ["journal-1": .damaged], kind: .damaged, offset: 64 + recordBytes),
        .init(
            name: "a torn record in a journal that was left",
            files: [
                "journal-1": Make.journal(first: 1, three).dropLast(3),
                "journal-4": Make.journal(first: 4, []),
            ], cases: ["journal-1": .damaged, "journal-4": .missing], kind: .damaged,
            offset: 64 + 2 * recordBytes),
        .init(
            name: "two journals with the same sequences",
            files: [
                "journal-1": Make.journal(first: 1, three),
                "journal-3": Make.journal(first: 3, [item(3)]),
            ], cases: ["journal-1": .clean, "journal-3": .damaged], kind: .damaged),
        .init(
            name: "a checkpoint cut short",
            files: [
                "checkpoint-3": Make.checkpoint(3, three).dropLast(RecordHeader.overheadBytes + 8),
                "journal-4": Make.journal(first: 4, []),
            ], cases: ["checkpoint-3": .damaged, "journal-4": .clean], kind: .damaged,
            offset: 64 + 3 * recordBytes),
        .init(
            name: "bytes after a checkpoint's end",
            files: [
                "checkpoint-3": Make.checkpoint(3, three) + [0],
                "journal-4": Make.journal(first: 4, []),
            ], cases: ["checkpoint-3": .damaged, "journal-4": .clean], kind: .damaged,
            offset: 64 + 3 * recordBytes),
        .init(
            name: "an empty file", files: ["journal-1": []], cases: ["journal-1": .damaged],
            kind: .damaged),
        .init(
            name: "a header's checksum",
            files: ["journal-1": changed(Make.journal(first: 1, three), at: 17)],
            cases: ["journal-1": .damaged], kind: .damaged),
        .init(
            name: "a journal missing between two",
            files: [
                "journal-1": Make.journal(first: 1, three),
                "journal-5": Make.journal(first: 5, [item(5)]),
            ], cases: ["journal-1": .clean, "journal-5": .missing], kind: .missing),
        .init(
            name: "the first journal missing",
            files: ["journal-2": Make.journal(first: 2, [item(2)])],
            cases: ["journal-2": .missing], kind: .missing),
        .init(
            name: "no journal after the checkpoint",
            files: ["checkpoint-3": Make.checkpoint(3, three)],
            cases: ["checkpoint-3": .missing], kind: .missing),
        .init(
            name: "the journal after the checkpoint missing, an older one still there",
            files: [
                "checkpoint-3": Make.checkpoint(3, three),
                "journal-1": Make.journal(first: 1, three),
            ], cases: ["checkpoint-3": .clean, "journal-1": .missing], kind: .missing),
        .init(
            name: "a wrong magic",
            files: ["journal-1": Array("#!/bin/sh\n".utf8) + .init(repeating: 10, count: 90)],
            cases: ["journal-1": .foreign], kind: .foreign),
        .init(
            name: "a checkpoint under a journal's name",
            files: ["journal-1": Make.checkpoint(1, [])], cases: ["journal-1": .foreign],
            kind: .foreign),
        .init(
            name: "a journal under another one's name",
            files: ["journal-1": Make.journal(first: 2, [])], cases: ["journal-1": .foreign],
            kind: .foreign),
        .init(
            name: "a foreign file among the superseded",
            files: [
                "checkpoint-1": Array(
                    "important, and not ours at all; leave it where it is: more than 64".utf8),
                "checkpoint-3": Make.checkpoint(3, three),
                "journal-4": Make.journal(first: 4, []),
            ],
            cases: ["checkpoint-1": .foreign, "checkpoint-3": .clean, "journal-4": .clean],
            kind: .foreign),
        .init(
            name: "a newer version", files: ["journal-1": newer(Make.journal(first: 1, three))],
            cases: ["journal-1": .newer], kind: .newer),
    ]

    static func newer(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        bytes[8] = 2
        return bytes
    }

    @Test(arguments: refused) func refusesAndTouchesNothing(_ example: Example) throws {
        let directory = TemporaryDirectory()
        for (name, bytes) in example.files { try directory.write(name, bytes) }
        try directory.write("tmp/checkpoint-9", [1])
        let before = try directory.contents()
        let error = try #require(throws: JournalError.self) { try directory.recovered() }
        #expect(error.kind == example.kind)
        #expect(error.offset == example.offset)
        #expect(error.directory == directory.path)
        #expect(error.description.contains("imaged check \(directory.path)"))
        #expect(try directory.contents() == before)

        let check = try Journal.check(directory: directory.path)
        let cases = check.files.filter { $0.recoveryCase != .halfCheckpoint }
        #expect(
            Dictionary(uniqueKeysWithValues: cases.map { ($0.name, $0.recoveryCase) })
                == example.cases)
        #expect(check.problems.first == error)
        #expect(try directory.contents() == before)
    }

    @Test func aNameThatIsNotAFileIsForeign() throws {
        let directory = TemporaryDirectory()
        try directory.write("journal-1/inside", [1])
        let error = try #require(throws: JournalError.self) { try directory.recovered() }
        #expect(error.kind == .foreign)
    }

    @Test(arguments: [
        "journal-0", "journal-01", "journal-1.torn-3", "journal-", "journal--1",
        "journal-+1", "checkpoint-1.damaged-1", "segments", "journal-9223372036854775807",
    ])
    func otherNamesAreNotJudged(_ name: String) {
        #expect(FileName(name) == nil)
    }

    @Test func namesAreReadAsTheyAreWritten() {
        #expect(FileName("journal-17") == FileName(.journal, 17))
        #expect(FileName(.checkpoint, 9).description == "checkpoint-9")
    }
}
