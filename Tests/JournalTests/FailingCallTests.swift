import System
import TestSupport
import Testing

@testable import Journal

/// The Nth system call fails, for every N, until a workload needs no more (T3).
@Suite struct FailingCallTests {
    struct Fault: Sendable, CustomTestStringConvertible {
        var kind: Faults.Kind
        var forEver: Bool
        var testDescription: String { "\(kind)\(forEver ? ", from then on" : "")" }
        /// Nothing of it may be visible.
        var isHarmless: Bool {
            switch kind {
            case .errno(let errno): errno == .interrupted
            case .short: true
            }
        }
    }

    /// EINTR for ever is left out: it is retried for ever, as it must be.
    static let faults: [Fault] = [
        .init(kind: .errno(.io), forEver: false), .init(kind: .errno(.io), forEver: true),
        .init(kind: .errno(.noSpace), forEver: false),
        .init(kind: .errno(.noSpace), forEver: true),
        .init(kind: .errno(.interrupted), forEver: false), .init(kind: .short, forEver: false),
    ]

    /// What a workload was told.
    struct Outcome {
        var appended: [UInt64] = []
        /// So many of them were reported durable.
        var durableCount = 0
        /// It was told of no failure and did all it had to do.
        var isComplete = false
    }

    /// Runs `work` with each call failing in turn, each time in a new directory made by `prepare`,
    /// recovers with the kernel's own calls, and compares.
    func everyCall(
        _ fault: Fault, before: [UInt64] = [],
        prepare: (TemporaryDirectory) throws -> Void = { _ in },
        _ work: (TemporaryDirectory, SystemCalls) throws -> Outcome
    ) throws {
        for number in 1... {
            let directory = TemporaryDirectory()
            try prepare(directory)
            let faults = Faults(call: number, fault.kind, forEver: fault.forEver)
            let outcome = try work(directory, SystemCalls.live.failing(faults))
            let found = try directory.recovered().numbers
            let all = before + outcome.appended
            #expect(all.starts(with: found), "call \(number): \(found) of \(all)")
            #expect(
                found.count >= before.count + outcome.durableCount,
                "call \(number): \(found), though \(outcome.durableCount) were durable")
            if fault.isHarmless { #expect(outcome.isComplete, "call \(number) was noticed") }
            #expect(try directory.recovered().numbers == found)
            if faults.injectedCount == 0 {
                #expect(outcome.isComplete)
                return
            }
        }
    }

    /// Opens, hands the journal to `body`, stops. An error of `open` is an outcome, too.
    func run(
        _ directory: TemporaryDirectory, _ calls: SystemCalls, _ options: Journal.Options,
        _ body: (Journal, Recorder, inout Outcome) -> Bool
    ) -> Outcome {
        var outcome = Outcome()
        let recorder = Recorder()
        guard
            let journal = try? Journal.openForTest(
                directory, calls: calls, options: options, recorder)
        else { return outcome }
        let base = journal.durableSequence
        let isComplete = body(journal, recorder, &outcome)
        let isStopped = journal.stop()
        outcome.isComplete = isComplete && isStopped
        // Every append here is a record of its own, waited for before the next.
        outcome.durableCount = Int(
            recorder.seen.withLock { $0.durable == 0 ? base : $0.durable } - base)
        #expect(recorder.seen.withLock { $0.eventsAfterFailure } == 0)
        return outcome
    }

    /// Appends one item and waits until it is durable; false: refused, or failed.
    func append(
        _ number: UInt64, fillerBytes: Int = 0, _ journal: Journal, _ recorder: Recorder,
        _ outcome: inout Outcome
    ) -> Bool {
        let payload = item(number, fillerBytes: fillerBytes)
        guard recorder.settledRoom(journal, payload.count) == .granted else { return false }
        outcome.appended.append(number)
        return recorder.waitDurable(journal.append(payload))
    }

    @Test(arguments: faults) func openAndAppend(_ fault: Fault) throws {
        try everyCall(fault) { directory, calls in
            run(directory, calls, .init()) { journal, recorder, outcome in
                for number in UInt64(1)...4 {
                    guard append(number, journal, recorder, &outcome) else { return false }
                }
                return true
            }
        }
    }

    @Test(arguments: faults) func growth(_ fault: Fault) throws {
        var options = Journal.Options()
        options.initialBytes = 8 << 10
        options.releaseReserveBytes = 1 << 10
        options.growthBytesMax = 16 << 10
        try everyCall(fault) { directory, calls in
            run(directory, calls, options) { journal, recorder, outcome in
                for number in UInt64(1)...10 {
                    guard append(number, fillerBytes: 3000, journal, recorder, &outcome)
                    else { return false }
                }
                return true
            }
        }
    }

    @Test(arguments: faults) func checkpoints(_ fault: Fault) throws {
        var options = Journal.Options()
        options.checkpointAfterBytes = 1
        try everyCall(fault) { directory, calls in
            run(directory, calls, options) { journal, recorder, outcome in
                for round in UInt64(0)..<2 {
                    for number in (round * 3 + 1)...(round * 3 + 3) {
                        guard append(number, journal, recorder, &outcome) else { return false }
                    }
                    guard recorder.waitCheckpointDue(journal) else { return false }
                    let copy = outcome.appended
                    let sequence = journal.lastSequence
                    let started = journal.checkpoint { emit in
                        for number in copy { try emit(item(number)) }
                    }
                    #expect(started)
                    guard append(round * 3 + 3 + 1000, journal, recorder, &outcome),
                        recorder.waitCheckpoint(sequence)
                    else { return false }
                }
                return true
            }
        }
    }

    /// Recovery itself, of a torn tail with all that can be left lying about.
    @Test(arguments: faults) func recoveryOfTorn(_ fault: Fault) throws {
        try everyCall(
            fault, before: [1, 2, 3, 4, 5],
            prepare: { directory in
                try directory.write("checkpoint-1", Make.checkpoint(1, [item(1)]))
                try directory.write("checkpoint-2", Make.checkpoint(2, [item(1), item(2)]))
                try directory.write("journal-2", Make.journal(first: 2, [item(2)]))
                try directory.write("journal-3", Make.journal(first: 3, [item(3), item(4)]))
                let last = [item(5), item(6, fillerBytes: 1400)]
                let journal = Make.journal(first: 5, last, zeroBytes: 1 << 10)
                try directory.write("journal-5", Self.torn(journal))
                try directory.write("tmp/checkpoint-9", [1, 2, 3])
            }
        ) { directory, calls in
            run(directory, calls, .init()) { _, _, _ in true }
        }
    }

    /// The last sectors were never written.
    static func torn(_ journal: [UInt8]) -> [UInt8] {
        var bytes = journal
        for index in 1024..<bytes.count { bytes[index] = 0 }
        return bytes
    }

    @Test(arguments: faults) func repairing(_ fault: Fault) throws {
        try everyCall(
            fault, before: [1, 2],
            prepare: { directory in
                var damaged = Make.journal(first: 1, [item(1), item(2), item(3), item(4)])
                damaged[64 + 2 * RecordHeader.recordBytes(payloadBytes: 12) + 40] ^= 1
                try directory.write("journal-1", damaged)
                try directory.write("journal-5", Make.journal(first: 5, [item(5)]))
            }
        ) { directory, calls in
            let isRepaired = (try? Journal.repair(directory: directory.path, calls: calls)) != nil
            try Journal.repair(directory: directory.path)
            return Outcome(isComplete: isRepaired)
        }
    }
}
