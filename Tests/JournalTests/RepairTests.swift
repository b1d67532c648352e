import System
import TestSupport
import Testing

@testable import Journal

@Suite struct RepairTests {
    static let recordBytes = RecordHeader.recordBytes(payloadBytes: 12)
    static let three = [item(1), item(2), item(3)]
    static var damaged: [UInt8] {
        var bytes = Make.journal(first: 1, three, zeroBytes: 64)
        bytes[64 + recordBytes + 40] ^= 4
        return bytes
    }

    @Test func aDamagedJournalEndsAtItsLastGoodRecord() throws {
        let directory = TemporaryDirectory()
        let later = Make.journal(first: 4, [item(4)])
        try directory.write("journal-1", Self.damaged)
        try directory.write("journal-4", later)
        let problem = try #require(throws: JournalError.self) { try directory.recovered() }
        let report = try Journal.repair(directory: directory.path)
        #expect(report.problems == [problem])
        #expect(report.kept == ["journal-4.damaged-4", "journal-1.damaged-2"])
        #expect(report.lastSequence == 1)
        #expect(try directory.read("journal-1.damaged-2") == Self.damaged)
        #expect(try directory.read("journal-4.damaged-4") == later)
        #expect(try directory.recovered().numbers == [1])
        #expect(try Journal.repair(directory: directory.path).problems == [])
    }

    @Test func aJournalCutByARepairCanBeWrittenAgain() throws {
        let directory = TemporaryDirectory()
        try directory.write("journal-1", Self.damaged)
        try Journal.repair(directory: directory.path)
        let recorder = Recorder()
        let journal = try Journal.openForTest(directory, recorder)
        #expect(recorder.settledRoom(journal, 12) == .granted)
        #expect(recorder.waitDurable(journal.append(item(9))))
        #expect(journal.stop())
        #expect(try directory.recovered().numbers == [1, 9])
        // The same damage again: the earlier copy is not overwritten.
        try directory.write("journal-1", Self.damaged.dropLast(8) + [])
        let report = try Journal.repair(directory: directory.path)
        #expect(report.kept == ["journal-1.damaged-2-2"])
        #expect(try directory.read("journal-1.damaged-2") == Self.damaged)
    }

    @Test func whatFollowsAMissingJournalIsPutAside() throws {
        let directory = TemporaryDirectory()
        try directory.write("journal-1", Make.journal(first: 1, Self.three))
        try directory.write("journal-5", Make.journal(first: 5, [item(5)]))
        try directory.write("journal-6", Make.journal(first: 6, [item(6)]))
        let report = try Journal.repair(directory: directory.path)
        #expect(report.kept == ["journal-6.damaged-6", "journal-5.damaged-5"])
        #expect(try directory.recovered().numbers == [1, 2, 3])
    }

    @Test func aCheckpointWithoutItsJournalIsGoneBackTo() throws {
        let directory = TemporaryDirectory()
        try directory.write("checkpoint-3", Make.checkpoint(3, Self.three))
        try directory.write("journal-5", Make.journal(first: 5, [item(5)]))
        let report = try Journal.repair(directory: directory.path)
        #expect(report.kept == ["journal-5.damaged-5"])
        #expect(report.problems.map(\.kind) == [.missing, .missing])
        #expect(report.lastSequence == 3)
        #expect(try directory.recovered().numbers == [1, 2, 3])
    }

    @Test func aDamagedCheckpointWithTheOlderGenerationStillThere() throws {
        let directory = TemporaryDirectory()
        try directory.write("checkpoint-3", Make.checkpoint(3, Self.three).dropLast(1))
        try directory.write("journal-1", Make.journal(first: 1, Self.three))
        try directory.write("journal-4", Make.journal(first: 4, [item(4)]))
        #expect(throws: JournalError.self) { try directory.recovered() }
        let report = try Journal.repair(directory: directory.path)
        #expect(report.kept == ["checkpoint-3.damaged-3"])
        #expect(try directory.recovered().numbers == [1, 2, 3, 4])
    }

    /// Each file set is refused with a reason, and nothing in it changes.
    static let beyondRepair: [[String: [UInt8]]] = [
        [
            "checkpoint-3": Make.checkpoint(3, three).dropLast(1) + [],
            "journal-4": Make.journal(first: 4, [item(4)]),
        ],
        ["journal-2": Make.journal(first: 2, [item(2)])],
        ["journal-1": Make.journal(first: 1, three).dropFirst(3) + []],
        ["journal-1": RecoveryTableTests.changed(Make.journal(first: 1, three), at: 20)],
        ["journal-1": RecoveryTableTests.newer(Make.journal(first: 1, three))],
        ["journal-1": Make.journal(first: 1, three), "journal-2": Make.journal(first: 2, three)],
    ]

    @Test(arguments: beyondRepair) func refusesWhatItCannotRepair(_ files: [String: [UInt8]]) throws
    {
        let directory = TemporaryDirectory()
        for (name, bytes) in files { try directory.write(name, bytes) }
        let before = try directory.contents()
        let error = try #require(throws: RepairError.self) {
            try Journal.repair(directory: directory.path)
        }
        #expect(error.description.contains("cannot repair \(error.problem.file)"))
        #expect(try directory.contents() == before)
    }
}
