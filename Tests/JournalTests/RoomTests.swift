import System
import TestSupport
import Testing

@testable import Journal

/// R9: room is reserved before anything is applied, and a full disk is an answer.
@Suite struct RoomTests {
    /// Allocation fails while `isFull` says so; what is allocated already can be written.
    final class Disk: Sendable {
        let isFull = Lock(false)
        let errno: Errno
        init(_ errno: Errno = .noSpace) { self.errno = errno }

        var calls: SystemCalls {
            let live = SystemCalls.live
            var calls = live
            calls.fallocate = { [isFull, errno] file, mode, offset, count in
                isFull.withLock { $0 }
                    ? -Int(errno.rawValue) : live.fallocate(file, mode, offset, count)
            }
            return calls
        }
    }

    static let payload = item(7, fillerBytes: 88)
    static let recordBytes = RecordHeader.recordBytes(payloadBytes: payload.count)

    /// Room for three ordinary records, and then for two releases.
    static var options: Journal.Options {
        var options = Journal.Options()
        options.releaseReserveBytes = 2 * recordBytes
        options.initialBytes = FileHeader.byteCount + 5 * recordBytes
        return options
    }

    @Test(arguments: [Errno.noSpace, .quotaExceeded, .fileTooLarge])
    func roomIsExactAndComesBack(_ errno: Errno) throws {
        let directory = TemporaryDirectory()
        let disk = Disk(errno)
        let recorder = Recorder()
        var written: [UInt64] = []
        let journal = try Journal.openForTest(
            directory, calls: disk.calls, options: Self.options, recorder)
        disk.isFull.withLock { $0 = true }
        for _ in 0..<3 {
            #expect(recorder.settledRoom(journal, Self.payload.count) == .granted)
            #expect(recorder.waitDurable(journal.append(Self.payload)))
            written.append(7)
        }
        // Not even the smallest; but what frees something goes on.
        #expect(recorder.settledRoom(journal, 0) == .full)
        for _ in 0..<2 {
            #expect(
                recorder.settledRoom(journal, Self.payload.count, isRelease: true) == .granted)
            #expect(recorder.waitDurable(journal.append(Self.payload)))
            written.append(7)
        }
        #expect(recorder.settledRoom(journal, 0, isRelease: true) == .full)
        let changes = recorder.seen.withLock { $0.roomChanges }
        disk.isFull.withLock { $0 = false }
        journal.retryGrowth()
        _ = recorder.seen.wait { $0.roomChanges > changes ? true : nil }
        #expect(recorder.settledRoom(journal, Self.payload.count) == .granted)
        #expect(recorder.waitDurable(journal.append(Self.payload)))
        written.append(7)
        #expect(journal.stop())
        #expect(recorder.seen.withLock { $0.failure } == nil)
        #expect(try directory.recovered().numbers == written)
    }

    /// Nobody asks: the journal tries again by itself.
    @Test func roomComesBackByItself() throws {
        let directory = TemporaryDirectory()
        let disk = Disk()
        let recorder = Recorder()
        let journal = try Journal.openForTest(
            directory, calls: disk.calls, options: Self.options, recorder)
        disk.isFull.withLock { $0 = true }
        for _ in 0..<3 { #expect(recorder.settledRoom(journal, Self.payload.count) == .granted) }
        #expect(recorder.settledRoom(journal, Self.payload.count) == .full)
        let changes = recorder.seen.withLock { $0.roomChanges }
        disk.isFull.withLock { $0 = false }
        _ = recorder.seen.wait { $0.roomChanges > changes ? true : nil }
        #expect(recorder.settledRoom(journal, Self.payload.count) == .granted)
        #expect(journal.stop())
    }

    @Test func reservationsAreHeldUntilTheyAreUsedOrGivenBack() throws {
        let directory = TemporaryDirectory()
        let disk = Disk()
        let recorder = Recorder()
        let journal = try Journal.openForTest(
            directory, calls: disk.calls, options: Self.options, recorder)
        disk.isFull.withLock { $0 = true }
        for _ in 0..<3 { #expect(recorder.settledRoom(journal, Self.payload.count) == .granted) }
        #expect(recorder.settledRoom(journal, Self.payload.count) == .full)
        journal.cancelReservations()
        for _ in 0..<3 { #expect(recorder.settledRoom(journal, Self.payload.count) == .granted) }
        // Three in one need less than three: what is left can be given back and used.
        let sequence = journal.append(Self.payload + Self.payload + Self.payload)
        journal.cancelReservations()
        #expect(recorder.settledRoom(journal, 16) == .granted)
        #expect(recorder.waitDurable(sequence))
        #expect(journal.stop())
        #expect(try directory.recovered().numbers == [7, 7, 7])
    }

    /// A parked request hears when the extension that it waits for is there.
    @Test func aRequestLargerThanTheFile() throws {
        let directory = TemporaryDirectory()
        let recorder = Recorder()
        let journal = try Journal.openForTest(directory, recorder)
        let large = item(1, fillerBytes: 3 << 20)
        #expect(journal.reserve(large.count) == .growing)
        #expect(recorder.settledRoom(journal, large.count) == .granted)
        #expect(recorder.waitDurable(journal.append(large)))
        #expect(journal.stop())
        #expect(try directory.recovered().numbers == [1])
    }

    @Test func theFileGrowsAheadOfItsWriter() throws {
        let directory = TemporaryDirectory()
        let recorder = Recorder()
        let journal = try Journal.openForTest(directory, recorder)
        for number in UInt64(1)...300 {
            let payload = item(number, fillerBytes: 2000)
            #expect(recorder.settledRoom(journal, payload.count) == .granted)
            #expect(recorder.waitDurable(journal.append(payload)))
            let (end, capacity) = journal.state.withLock { ($0.endOffset, $0.capacityBytes) }
            #expect(end <= capacity)
        }
        #expect(journal.stop())
        #expect(try directory.recovered().numbers == Array(1...300))
    }

    /// An extension that fails for another reason than space is a failure of the journal.
    @Test func growthThatFailsOtherwiseStops() throws {
        let directory = TemporaryDirectory()
        let disk = Disk(.io)
        let recorder = Recorder()
        let journal = try Journal.openForTest(
            directory, calls: disk.calls, options: Self.options, recorder)
        disk.isFull.withLock { $0 = true }
        while recorder.settledRoom(journal, Self.payload.count) == .granted {}
        #expect(recorder.waitFailure().errno == .io)
        #expect(!journal.stop() || journal.lastSequence == 0)
    }

    /// A file copied without its zeros has holes: it is filled again before it is written to.
    @Test func holesAreNotRoom() throws {
        let directory = TemporaryDirectory()
        try directory.write("journal-1", Make.journal(first: 1, [item(1)]))
        let file = try SystemCalls.live.openFile("\(directory.path)/journal-1", [.readWrite])
        try SystemCalls.live.setSize(file, 1 << 20)
        let disk = Disk()
        disk.isFull.withLock { $0 = true }
        let recorder = Recorder()
        let journal = try Journal.openForTest(
            directory, calls: disk.calls, options: .init(), recorder)
        #expect(recorder.settledRoom(journal, 20_000, isRelease: true) == .full)
        disk.isFull.withLock { $0 = false }
        journal.retryGrowth()
        while recorder.settledRoom(journal, 20_000) != .granted {}
        #expect(recorder.waitDurable(journal.append(item(2, fillerBytes: 19_000))))
        #expect(journal.stop())
        #expect(try directory.recovered().numbers == [1, 2])
    }
}
