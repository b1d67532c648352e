import Foundation
import System
import TestSupport
import Testing

@testable import Snapshots

/// FICLONE: the source is cloned when it is captured, and the snapshot is the same.
@Suite(.enabled(if: LoopFileSystem.canMake("xfs"), "needs root, mkfs.xfs and mount"))
struct CloneTests {
    private let volume: LoopFileSystem
    let fixture: Fixture
    private var store: SnapshotStore { get throws { try fixture.store() } }

    init() throws {
        volume = try LoopFileSystem("xfs", mebibytes: 320)
        fixture = try Fixture(in: volume.path)
    }

    @Test func isAPointInTime() throws {
        let chain = try Chain(fixture, seed: 21, bytes: 100 * cluster + 333)
        try chain.write(chain.data(60 * cluster + 333), at: 40 * cluster)
        let before = chain.disk
        let capture = try store.capture(fixture.disk, for: 1, peer: fixture.peer)
        #expect(capture.isClone && capture.sizeBytes == Int64(before.count))
        // What happens to the source from now on does not matter.
        try chain.write(chain.data(50 * cluster), at: 0)
        try chain.resize(10)
        unlink(fixture.disk)
        let stored = try store.copy(try fixture.job(1, capture: capture))
        #expect(stored.consistency == .pointInTime)
        #expect(stored.storedBytes == Int64(61 * cluster) && stored.segments == [1])
        #expect(try fixture.exported(1) == before)
    }

    /// No data is written: the segment's blocks are the source's.
    @Test func writesNoData() throws {
        let chain = try Chain(fixture, seed: 22, bytes: 64 << 20)
        try chain.write(chain.data(64 << 20), at: 0)
        sync()
        let free = try freeBytes()
        try chain.snapshot(parent: nil)
        sync()
        #expect(try free - freeBytes() < 1 << 20)
    }

    private func freeBytes() throws -> Int64 {
        let calls = SystemCalls.live
        return try calls.fileSystem(of: calls.openFile(volume.path, [.readOnly])).freeBytes
    }

    /// What is the parent's block still is not read, neither here nor there.
    @Test func sharedBlocksAreNotRead() throws {
        let chain = try Chain(fixture, seed: 25, bytes: 64 << 20)
        try chain.write(chain.data(64 << 20), at: 0)
        try chain.snapshot(parent: nil)
        for place in [3, 500, 1000] { try chain.write(Data([1]), at: place * cluster + 7) }
        let readBytes = Lock<Int64>(0)
        var calls = SystemCalls.live
        calls.pread = { file, buffer, offset in
            readBytes.withLock { $0 += Int64(buffer.count) }
            return SystemCalls.live.pread(file, buffer, offset)
        }
        let store = try fixture.store(calls)
        let capture = try store.capture(fixture.disk, for: 2, peer: fixture.peer)
        let stored = try store.copy(try fixture.job(2, capture: capture, parent: 1))
        #expect(stored.storedBytes == Int64(3 * cluster) && stored.segments == [1, 2])
        #expect(readBytes.withLock { $0 } < 1 << 20)
        #expect(try fixture.exported(2) == chain.disk)
    }

    /// The source is read in its clone's place while it is left alone, and not a moment longer.
    @Test(arguments: [1, 2, 5]) func sourceThatChangesDuringTheCopy(_ readNumber: Int) throws {
        let chain = try Chain(fixture, seed: 26, bytes: 8 << 20)
        try chain.write(chain.data(8 << 20), at: 0)
        let before = chain.disk
        var capture = try store.capture(fixture.disk, for: 1, peer: fixture.peer)
        // Until its times can be relied on.
        while capture.changedNanoseconds < 0 {
            capture = try store.capture(fixture.disk, for: 1, peer: fixture.peer)
        }
        let disk = fixture.disk
        let reads = Lock<Int>(0)
        var calls = SystemCalls.live
        calls.pread = { file, buffer, offset in
            let isDisk =
                buffer.count > 4096
                && (try? FileManager.default.destinationOfSymbolicLink(
                    atPath: "/proc/self/fd/\(file)")) == disk
            if isDisk
                && reads.withLock({
                    $0 += 1; return $0
                }) == readNumber
            {
                try? overwrite(disk, at: 0, [UInt8](repeating: 7, count: 8 << 20))
            }
            return SystemCalls.live.pread(file, buffer, offset)
        }
        let stored = try fixture.store(calls).copy(try fixture.job(1, capture: capture))
        #expect(stored.consistency == .pointInTime)
        #expect(reads.withLock { $0 } >= readNumber, "the source was read")
        #expect(try fixture.exported(1) == before)
    }

    /// Nobody reads the bytes, so their checksums must at least be there.
    @Test func sharedBlocksWithoutChecksum() throws {
        let chain = try Chain(fixture, seed: 27, bytes: 600 * cluster)
        try chain.write(chain.data(600 * cluster), at: 0)
        try chain.snapshot(parent: nil)
        try overwrite("\(fixture.data)/segments/1.index", at: 2 * 4096 + 8, [1, 2, 3])
        let stored = try fixture.captureAndCopy(2, parent: 1)
        #expect(stored.storedBytes == Int64(89 * cluster))
        #expect(!stored.parentFailures.isEmpty)
        #expect(try fixture.exported(2) == chain.disk)
    }

    @Test(arguments: [31, 32] as [UInt64]) func randomChains(_ seed: UInt64) throws {
        try runRandomChain(fixture, seed, steps: 30)
    }

    /// Killed at any call and started again: the copy goes on from its capture, which is whole
    /// still, though the source is another by then.
    @Test func goesOnFromItsCapture() throws {
        let chain = try Chain(fixture, seed: 23, bytes: 30 * cluster)
        try chain.write(chain.data(10 * cluster), at: 0)
        try chain.snapshot(parent: nil)
        try chain.write(chain.data(2 * cluster), at: 5 * cluster)
        let before = chain.disk
        let capture = try store.capture(fixture.disk, for: 2, peer: fixture.peer)
        try chain.write(chain.data(30 * cluster), at: 0)
        let job = try fixture.job(2, capture: capture, parent: 1)
        for call in 1... {
            // As if the daemon had ended there: nothing is cleared up either.
            let faults = Faults(call: call, .errno(.io), forEver: true)
            _ = try? fixture.store(SystemCalls.live.failing(faults)).copy(job)
            if faults.injectedCount == 0 { break }
            let stored = try store.copy(job)
            #expect(stored.storedBytes == Int64(2 * cluster), "call \(call)")
            #expect(try fixture.exported(2) == before, "call \(call)")
        }
    }

    @Test func everyFailingCallOfTheCapture() throws {
        let chain = try Chain(fixture, seed: 24, bytes: 8 * cluster)
        try chain.write(chain.data(8 * cluster), at: 0)
        _ = try store
        for call in 1... {
            let faults = Faults(call: call, .errno(.io))
            let capture = try? fixture.store(SystemCalls.live.failing(faults))
                .capture(fixture.disk, for: 1, peer: fixture.peer)
            if faults.injectedCount == 0 {
                #expect(capture?.isClone == true && call > 10)
                return
            }
            // Where it could not be cloned, it is copied later; nothing is left of the attempt.
            if capture?.isClone ?? false { continue }
            let left = try fixture.files()
            #expect(left.isEmpty || left == ["segments/1"], "call \(call)")
            try? store.discardCapture(of: 1)
            #expect(try fixture.files() == [])
        }
    }

    @Test func discardedCapture() throws {
        try makeDisk(fixture.disk, size: 8 * cluster, [(0, Data("x".utf8))])
        _ = try store.capture(fixture.disk, for: 4, peer: fixture.peer)
        #expect(try fixture.files() == ["segments/4"])
        try store.discardCapture(of: 4)
        #expect(try fixture.files() == [])
        try store.discardCapture(of: 4)
    }
}
