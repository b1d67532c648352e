import System
import TestSupport
import Testing

@testable import Journal

/// Every change of the bytes of a journal of many records and of a checkpoint pair (T2). The outcome
/// is the same state, a cut tail, or a refusal: never another state.
@Suite struct CorruptionTests {
    static let recordCount = 200
    static let base: UInt64 = 50
    static let journalName = FileName(.journal, base + 1)
    static let checkpointName = FileName(.checkpoint, base)

    static let payloads = (0..<recordCount).map { index in
        (0..<(index % 7 + 1)).map { UInt8(truncatingIfNeeded: index &* 31 &+ $0 | 1) }
    }
    static let journal = Make.journal(first: base + 1, payloads, zeroBytes: 1100)
    static let checkpoint = Make.checkpoint(base, Array(payloads.prefix(20)))
    static let whole: [Range<Int>] = recordRanges(payloads)

    static func recordRanges(_ payloads: [[UInt8]]) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        for payload in payloads {
            let start = ranges.last?.upperBound ?? FileHeader.byteCount
            let count = RecordHeader.recordBytes(payloadBytes: payload.count)
            ranges.append(start..<start + count)
        }
        return ranges
    }

    enum Outcome: Equatable {
        case refused(JournalError.Kind)
        /// The journal's first so many records, and nothing else.
        case prefix(Int, isTorn: Bool)
        case anotherState
    }

    static let checkpointFound = recover(checkpoint.span, named: checkpointName)

    static func judge(_ journal: Recovery, _ bytes: [UInt8], _ expected: [[UInt8]]) -> Outcome {
        let findings = Findings(files: [checkpointName: checkpointFound, journalName: journal])
        switch RecoveryPlan(findings, directory: "d").decision {
        case .refuse(let error): return .refused(error.kind)
        case .start(let start):
            let found = journal.records.map { Array(bytes[$0.payload]) }
            let sequences = journal.records.map(\.sequence)
            guard found.elementsEqual(expected.prefix(found.count)),
                sequences.elementsEqual((base + 1)..<(base + 1 + UInt64(found.count))),
                start.checkpoint == base, start.journals == [base + 1],
                start.lastSequence == base + UInt64(found.count)
            else { return .anotherState }
            return .prefix(found.count, isTorn: start.hasTornTail)
        }
    }

    static func outcome(_ bytes: [UInt8], _ expected: [[UInt8]] = payloads) -> Outcome {
        judge(recover(bytes.span, named: journalName), bytes, expected)
    }

    @Test func theFixtureIsWhole() {
        #expect(Self.outcome(Self.journal) == .prefix(Self.recordCount, isTorn: false))
        #expect(Self.checkpointFound.tail == .clean)
        #expect(Self.checkpointFound.records.count == 20)
    }

    /// A cut leaves the records before it; inside one, that one is torn.
    @Test func cutAtEveryByte() {
        var kept = 0
        for length in 0...Self.journal.count {
            while kept < Self.recordCount, Self.whole[kept].upperBound <= length { kept += 1 }
            let found = Self.outcome(Array(Self.journal[..<length]))
            if length < FileHeader.byteCount {
                #expect(found == .refused(.damaged), "\(length)")
                continue
            }
            // The header of a record that is cut may still be zeros only as far as it goes: never,
            // for its first bytes are not.
            let end = kept == 0 ? FileHeader.byteCount : Self.whole[kept - 1].upperBound
            let isTorn = length > end && kept < Self.recordCount
            #expect(found == .prefix(kept, isTorn: isTorn), "\(length)")
        }
    }

    /// The kernel copies into a file from its start: what a kill leaves of a write into zeros.
    @Test func everyPrefixOfTheLastRecord() {
        let last = Self.whole[Self.recordCount - 1]
        for length in last.lowerBound..<last.upperBound {
            var bytes = Self.journal
            for index in length..<last.upperBound { bytes[index] = 0 }
            let found = Self.outcome(bytes)
            if length >= last.upperBound - 8 || (24..<32) ~= length - last.lowerBound {
                // Inside a checksum: only a disk that tears sectors could do that.
                #expect(found == .refused(.damaged) || found == .prefix(199, isTorn: true))
            } else {
                #expect(found == .prefix(199, isTorn: length > last.lowerBound), "\(length)")
            }
        }
    }

    @Test(arguments: 0..<8)
    func flipEveryBitOfTheJournal(bit: Int) {
        for index in Self.journal.indices {
            Self.expectFlip(Self.journal, Self.payloads, Self.whole, at: index, bit)
        }
    }

    static func expectFlip(
        _ original: [UInt8], _ payloads: [[UInt8]], _ ranges: [Range<Int>], at index: Int,
        _ bit: Int
    ) {
        var bytes = original
        bytes[index] ^= 1 << bit
        let found = outcome(bytes, payloads)
        if index < ranges.last!.upperBound {
            if case .refused = found { return }
            Issue.record("byte \(index), bit \(bit): \(found)")
        } else {
            // Among the zeros: the state is the same, or nobody can tell and it is refused.
            #expect(
                found == .prefix(payloads.count, isTorn: true) || found == .refused(.damaged),
                "byte \(index), bit \(bit)")
        }
    }

    @Test func zeroEverySector() {
        for start in stride(from: 0, to: Self.journal.count, by: Format.sectorBytes) {
            let sector = start..<min(start + Format.sectorBytes, Self.journal.count)
            var bytes = Self.journal
            for index in sector { bytes[index] = 0 }
            switch Self.outcome(bytes) {
            case .refused: #expect(start < Self.whole.last!.upperBound)
            case .prefix(let count, _):
                // What is gone was in that sector, and nothing shows that it was durable.
                for lost in Self.whole[count...] { #expect(lost.overlaps(sector)) }
                if start >= Self.whole.last!.upperBound { #expect(count == Self.recordCount) }
            case .anotherState: Issue.record("sector at \(start): another state")
            }
        }
    }

    @Test func duplicatedSwappedAndRemovedRecords() {
        let header = Array(Self.journal[..<FileHeader.byteCount])
        let records = Self.whole.map { Array(Self.journal[$0]) }
        func outcome(_ records: [[UInt8]]) -> Outcome {
            Self.outcome(header + records.joined() + [UInt8](repeating: 0, count: 200))
        }
        for index in records.indices {
            var duplicated = records
            duplicated.insert(records[index], at: index + 1)
            #expect(outcome(duplicated) == .refused(.damaged), "\(index) twice")
            var removed = records
            removed.remove(at: index)
            let isLast = index == records.count - 1
            #expect(
                outcome(removed) == (isLast ? .prefix(index, isTorn: false) : .refused(.damaged)),
                "without \(index)")
            if isLast { continue }
            var swapped = records
            swapped.swapAt(index, index + 1)
            #expect(outcome(swapped) == .refused(.damaged), "\(index) and the next swapped")
        }
    }

    @Test func recordsOfAnotherFileAreNotTaken() {
        let other = Make.journal(first: Self.base + 1, Self.payloads, id: 99)
        for index in [0, 100, 199] {
            var bytes = Self.journal
            bytes.replaceSubrange(Self.whole[index], with: other[Self.whole[index]])
            #expect(Self.outcome(bytes) == .refused(.damaged))
        }
    }

    /// `interval` mode: several batches are unsynced at once, and a power cut may keep the later.
    @Test func reorderedUnsyncedBatches() {
        let payloads = Array(Self.payloads.prefix(30))
        let ranges = Self.recordRanges(payloads)
        let synced = Self.base + 20
        let bytes = Make.journal(
            first: Self.base + 1, payloads, zeroBytes: 64, durable: { min($0 - 1, synced) })
        for lost in payloads.indices {
            var changed = bytes
            for index in ranges[lost] { changed[index] = 0 }
            let expected: Outcome =
                lost < 20
                ? .refused(.damaged) : .prefix(lost, isTorn: lost < payloads.count - 1)
            #expect(Self.outcome(changed, payloads) == expected, "\(lost)")
        }
    }

    @Test func everyChangeOfACheckpointIsFound() {
        let small = Make.checkpoint(Self.base, Array(Self.payloads.prefix(8)))
        func isRefused(_ bytes: [UInt8]) -> Bool {
            let found = recover(bytes.span, named: Self.checkpointName)
            let journal = recover(
                Make.journal(first: Self.base + 1, []).span, named: Self.journalName)
            let findings = Findings(files: [Self.checkpointName: found, Self.journalName: journal])
            if case .refuse = RecoveryPlan(findings, directory: "d").decision { return true }
            return false
        }
        #expect(!isRefused(small))
        for index in small.indices {
            for bit in 0..<8 {
                var bytes = small
                bytes[index] ^= 1 << bit
                #expect(isRefused(bytes), "byte \(index), bit \(bit)")
            }
            #expect(isRefused(Array(small[..<index])), "cut at \(index)")
        }
        let records = Self.recordRanges(Array(Self.payloads.prefix(8))).map { Array(small[$0]) }
        let header = Array(small[..<FileHeader.byteCount])
        let end = Array(small[(FileHeader.byteCount + records.joined().count)...])
        for index in records.indices {
            var changed = records
            changed.remove(at: index)
            #expect(isRefused(header + changed.joined() + end), "without \(index)")
            changed = records
            changed.insert(records[index], at: index)
            #expect(isRefused(header + changed.joined() + end), "\(index) twice")
        }
        #expect(isRefused(header + records.joined() + end + end))
    }

    @Test func swappedFilesAreRefused() throws {
        let directory = TemporaryDirectory()
        try directory.write(Self.journalName.description, Self.checkpoint)
        try directory.write(Self.checkpointName.description, Self.journal)
        #expect(throws: JournalError.self) { try directory.recovered() }
    }
}
