import Foundation
import System
import TestSupport
import Testing

@testable import Journal

@Suite struct JournalTests {
    @Test func whatIsAppendedComesBack() throws {
        let directory = TemporaryDirectory()
        let recorder = Recorder()
        let journal = try Journal.openForTest(directory, recorder)
        #expect(journal.lastSequence == 0)
        for number in UInt64(1)...100 {
            let payload = item(number, fillerBytes: Int(number % 9))
            #expect(recorder.settledRoom(journal, payload.count) == .granted)
            #expect(journal.append(payload) <= number)
        }
        #expect(journal.stop())
        #expect(journal.durableSequence == journal.lastSequence)
        let (numbers, report) = try directory.recovered()
        #expect(numbers == Array(1...100))
        #expect(report.lastSequence == journal.lastSequence)
        #expect(report.replayedCount == Int(journal.lastSequence))
        #expect(!report.wasCreated && report.torn == nil)
    }

    @Test func aSecondRunGoesOnWhereTheFirstEnded() throws {
        let directory = TemporaryDirectory()
        for run in UInt64(0)..<3 {
            let recorder = Recorder()
            let journal = try Journal.openForTest(directory, recorder)
            #expect(journal.lastSequence == run)
            #expect(journal.reserve(12) == .granted)
            #expect(journal.append(item(run)) == run + 1)
            #expect(journal.stop())
        }
        #expect(try directory.recovered().numbers == [0, 1, 2])
    }

    @Test func filesAreOursAloneToRead() throws {
        let directory = TemporaryDirectory()
        _ = try directory.recovered()
        let root = try SystemCalls.live.openFile(directory.path, [.readOnly, .directory])
        #expect(try SystemCalls.live.status(of: "journal-1", in: root).permissions & 0o077 == 0)
        #expect(try SystemCalls.live.status(of: "tmp", in: root).permissions & 0o077 == 0)
    }

    /// What is appended while a record syncs becomes one next record, with one sync.
    @Test func oneRecordForAllThatGathers() throws {
        let directory = TemporaryDirectory()
        let gate = Gate()
        let recorder = Recorder()
        let journal = try Journal.openForTest(directory, calls: gate.calls, recorder)
        gate.close()
        #expect(journal.reserve(12) == .granted)
        #expect(journal.append(item(1)) == 1)
        gate.waitUntilHeld()
        // Two reservations, one append; then an append of its own.
        #expect(journal.reserve(12) == .granted && journal.reserve(12) == .granted)
        #expect(journal.append(item(2) + item(3)) == 2)
        #expect(journal.reserve(12) == .granted)
        #expect(journal.append(item(4)) == 2)
        #expect(journal.durableSequence == 0)
        #expect(recorder.seen.withLock { $0.durable } == 0)
        gate.open()
        #expect(recorder.waitDurable(2))
        #expect(journal.stop())
        var payloads: [[UInt64]] = []
        let (second, _) = try Journal.open(
            directory: directory.path, replay: { payloads.append(numbers($0)) }, events: { _ in })
        second.stop()
        #expect(payloads == [[1], [2, 3, 4]])
    }

    @Test func aRecordHoldsNoMoreThanItsLimit() throws {
        let directory = TemporaryDirectory()
        let gate = Gate()
        let recorder = Recorder()
        var options = Journal.Options()
        options.recordBytesMax = 40
        let journal = try Journal.openForTest(
            directory, calls: gate.calls, options: options, recorder)
        #expect(journal.reserve(41) == .tooLarge)
        #expect(journal.reserve(40) == .granted)
        journal.cancelReservations()
        gate.close()
        var sequences: [UInt64] = []
        for number in UInt64(1)...8 {
            #expect(journal.reserve(12) == .granted)
            sequences.append(journal.append(item(number)))
            if number == 1 { gate.waitUntilHeld() }
        }
        #expect(sequences == [1, 2, 2, 2, 3, 3, 3, 4])
        gate.open()
        #expect(journal.stop())
        #expect(try directory.recovered().numbers == Array(1...8))
    }

    // MARK: R8

    enum Failing: String, CaseIterable { case write, sync }

    @Test(arguments: Failing.allCases, [Errno.io, .noSpace])
    func afterAFailureNothingIsWrittenOrReported(_ failing: Failing, _ errno: Errno) throws {
        struct Calls { var isArmed = false, failures = 0, after = 0 }
        let seen = Lock(Calls())
        @Sendable func intercept(_ isFailing: Bool, _ call: () -> Int) -> Int {
            let result: Int? = seen.withLock { seen in
                if seen.failures > 0 { seen.after += 1 }
                guard seen.isArmed, isFailing else { return nil }
                seen.failures += 1
                return -Int(errno.rawValue)
            }
            return result ?? call()
        }
        let live = SystemCalls.live
        var calls = live
        calls.pwrite = { file, bytes, offset in
            intercept(failing == .write) { live.pwrite(file, bytes, offset) }
        }
        calls.fdatasync = { file in intercept(failing == .sync) { live.fdatasync(file) } }

        let directory = TemporaryDirectory()
        let recorder = Recorder()
        let journal = try Journal.openForTest(directory, calls: calls, recorder)
        #expect(journal.reserve(12) == .granted)
        #expect(recorder.waitDurable(journal.append(item(1))))
        seen.withLock { $0.isArmed = true }
        #expect(journal.reserve(12) == .granted)
        let second = journal.append(item(2))
        #expect(recorder.waitFailure().errno == errno)
        seen.withLock { $0.isArmed = false }
        // No retry, and nothing of what comes later; but nothing traps either.
        #expect(journal.reserve(12) == .full)
        #expect(!journal.checkpoint { _ in })
        #expect(!journal.wantsCheckpoint)
        #expect(!journal.stop())
        #expect(journal.durableSequence == second - 1)
        #expect(recorder.seen.withLock { $0.durable } == 1)
        #expect(recorder.seen.withLock { $0.eventsAfterFailure } == 0)
        #expect(seen.withLock { $0.failures } == 1)
        #expect(seen.withLock { $0.after } == 0)
    }

    @Test func anAppendReservedBeforeAFailureIsNeverDurable() throws {
        let directory = TemporaryDirectory()
        let recorder = Recorder()
        let journal = try Journal.openForTest(directory, recorder)
        #expect(journal.reserve(12) == .granted)
        journal.fail(SystemError("fdatasync", errno: .io))
        #expect(journal.append(item(1)) == 1)
        #expect(!journal.stop())
        #expect(recorder.seen.withLock { $0.eventsAfterFailure } == 0)
        #expect(try directory.recovered().numbers == [])
    }

    // MARK: Checkpoints

    @Test func aCheckpointReplacesTheJournalsBeforeIt() throws {
        let directory = TemporaryDirectory()
        let recorder = Recorder()
        var options = Journal.Options()
        options.checkpointAfterBytes = 1
        let journal = try Journal.openForTest(directory, options: options, recorder)
        #expect(!journal.checkpoint { _ in })  // nothing was appended
        for number in UInt64(1)...3 {
            #expect(journal.reserve(12) == .granted)
            #expect(recorder.waitDurable(journal.append(item(number))))
        }
        #expect(recorder.waitCheckpointDue(journal))
        let started = journal.checkpoint { emit in
            for number in UInt64(1)...3 { try emit(item(number)) }
        }
        #expect(started)
        #expect(!journal.checkpoint { _ in })  // one at a time
        #expect(journal.reserve(12) == .granted)
        #expect(recorder.waitDurable(journal.append(item(4))))
        #expect(recorder.waitCheckpoint(3))
        #expect(journal.stop())
        let names = try Set(FileManager.default.contentsOfDirectory(atPath: directory.path))
        #expect(names == ["checkpoint-3", "journal-4", "tmp"])
        let (numbers, report) = try directory.recovered()
        #expect(numbers == [1, 2, 3, 4])
        #expect(report.checkpointSequence == 3 && report.lastSequence == 4)
    }

    /// The journal goes on while a checkpoint is written, and killed then it loses nothing.
    @Test func severalJournalsAreLiveUntilACheckpointIsInPlace() throws {
        let directory = TemporaryDirectory()
        let killed = TemporaryDirectory()
        let recorder = Recorder()
        var options = Journal.Options()
        options.checkpointAfterBytes = 1
        let journal = try Journal.openForTest(directory, options: options, recorder)
        #expect(journal.reserve(12) == .granted)
        #expect(recorder.waitDurable(journal.append(item(1))))
        #expect(recorder.waitCheckpointDue(journal))
        let mayEnd = Lock(false)
        #expect(
            journal.checkpoint { emit in
                try emit(item(1))
                _ = mayEnd.wait { $0 ? true : nil }
            })
        for number in UInt64(2)...5 {
            #expect(journal.reserve(12) == .granted)
            #expect(recorder.waitDurable(journal.append(item(number))))
        }
        for (name, bytes) in try directory.contents() where name != "tmp" {
            try killed.write(name, bytes)
        }
        mayEnd.notify { $0 = true }
        #expect(recorder.waitCheckpoint(1))
        #expect(journal.stop())
        let (numbers, report) = try killed.recovered()
        #expect(numbers == [1, 2, 3, 4, 5])
        #expect(report.checkpointSequence == 0)
        #expect(try directory.recovered().numbers == [1, 2, 3, 4, 5])
    }

    /// The file that is prepared for the next checkpoint must not take the place of the one that
    /// still waits for its name: it did, when both had the same name in `tmp/`.
    @Test func theNextFileIsPreparedBeforeTheLastHasItsName() throws {
        let directory = TemporaryDirectory()
        let recorder = Recorder()
        var options = Journal.Options()
        options.checkpointAfterBytes = 1
        let isHeld = Lock(false)
        let live = SystemCalls.live
        var calls = live
        calls.renameat = { from, old, to, new in
            _ = isHeld.wait { $0 ? nil : true }
            return live.renameat(from, old, to, new)
        }
        let journal = try Journal.openForTest(directory, calls: calls, options: options, recorder)
        #expect(journal.reserve(12) == .granted)
        #expect(recorder.waitDurable(journal.append(item(1))))
        #expect(recorder.waitCheckpointDue(journal))
        isHeld.withLock { $0 = true }
        #expect(journal.checkpoint { emit in try emit(item(1)) })
        let hasNext = journal.state.wait { $0.prepared != nil ? true : nil }
        #expect(hasNext)
        isHeld.notify { $0 = false }
        #expect(journal.reserve(12) == .granted)
        #expect(recorder.waitDurable(journal.append(item(2))))
        #expect(recorder.waitCheckpoint(1))
        #expect(journal.stop())
        #expect(try directory.recovered().numbers == [1, 2])
    }

    @Test func aCheckpointThatThrowsLeavesEverything() throws {
        struct Refused: Error {}
        let directory = TemporaryDirectory()
        let recorder = Recorder()
        var options = Journal.Options()
        options.checkpointAfterBytes = 1
        let journal = try Journal.openForTest(directory, options: options, recorder)
        #expect(journal.reserve(12) == .granted)
        #expect(recorder.waitDurable(journal.append(item(1))))
        #expect(recorder.waitCheckpointDue(journal))
        #expect(journal.checkpoint { _ in throw Refused() })
        #expect(!recorder.waitCheckpoint(1))
        #expect(journal.reserve(12) == .granted)
        #expect(recorder.waitDurable(journal.append(item(2))))
        #expect(journal.stop())
        #expect(recorder.seen.withLock { $0.checkpointFailures } == 1)
        #expect(try directory.recovered().numbers == [1, 2])
    }

    /// A stop gives the checkpoint up, and waits for its thread.
    @Test func aStopDuringACheckpoint() throws {
        let directory = TemporaryDirectory()
        let recorder = Recorder()
        var options = Journal.Options()
        options.checkpointAfterBytes = 1
        let journal = try Journal.openForTest(directory, options: options, recorder)
        #expect(journal.reserve(12) == .granted)
        #expect(recorder.waitDurable(journal.append(item(1))))
        #expect(recorder.waitCheckpointDue(journal))
        #expect(journal.checkpoint { emit in while true { try emit(item(1)) } })
        #expect(journal.stop())
        #expect(recorder.seen.withLock { $0.checkpoints.isEmpty && $0.checkpointFailures == 0 })
        #expect(try directory.recovered().numbers == [1])
    }
}

/// Holds every `fdatasync` while it is closed.
final class Gate: Sendable {
    private struct State { var isClosed = false, held = 0 }
    private let state = Lock(State())

    var calls: SystemCalls {
        let live = SystemCalls.live
        var calls = live
        calls.fdatasync = { [state] file in
            state.notify { $0.held += 1 }
            _ = state.wait { $0.isClosed ? nil : true }
            state.withLock { $0.held -= 1 }
            return live.fdatasync(file)
        }
        return calls
    }

    func close() { state.withLock { $0.isClosed = true } }
    func open() { state.notify { $0.isClosed = false } }
    func waitUntilHeld() { _ = state.wait { $0.held > 0 ? true : nil } }
}
