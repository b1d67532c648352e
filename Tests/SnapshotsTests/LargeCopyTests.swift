import Foundation
import System
import TestSupport
import Testing

@testable import Snapshots

/// Disks with so much data that two threads share the copy and a third one syncs it early.
@Suite struct LargeCopyTests {
    private static let bytes = 24 << 20
    let fixture: Fixture
    let chain: Chain

    init() throws {
        fixture = try Fixture()
        chain = try Chain(fixture, seed: 61, bytes: Self.bytes + 77)
    }

    /// What differs from the parent, and nothing else, is stored, in the disk's order.
    @Test func storesWhatDiffers() throws {
        try chain.write(chain.data(Self.bytes + 77), at: 0)
        #expect(try chain.snapshot(parent: nil).storedBytes == Int64(Self.bytes + cluster))
        for _ in 0..<5 {
            var changed: Set<Int> = []
            for _ in 0..<40 {
                let place = chain.number(below: Self.bytes / cluster)
                changed.insert(place)
                try chain.write(chain.data(9), at: place * cluster + 100)
            }
            let stored = try chain.snapshot(parent: chain.newest)
            #expect(stored.storedBytes == Int64(changed.count * cluster))
            #expect(stored.parentFailures.isEmpty)
            #expect(try fixture.exported(#require(chain.newest)) == chain.disk)
        }
    }

    /// Calls that count the syncs of data; the first one fails, if it is said how.
    private func counting(_ synced: Lock<Int>, first errno: Errno?) -> SystemCalls {
        var calls = SystemCalls.live
        calls.fdatasync = { file in
            let count = synced.notify {
                $0 += 1
                return $0
            }
            if count == 1, let errno { return -Int(errno.rawValue) }
            return SystemCalls.live.fdatasync(file)
        }
        return calls
    }

    /// The second half of the disk is not read before a part of the first is durable. And when
    /// making it durable fails, which the kernel tells but once, then so does the copy.
    @Test(arguments: [nil, Errno.io]) func syncsWhileItReads(_ errno: Errno?) throws {
        try chain.write(chain.data(Self.bytes + 77), at: 0)
        let synced = Lock(0)
        var calls = counting(synced, first: errno)
        calls.pread = { file, buffer, offset in
            if offset >= Self.bytes / 2 {
                let isSynced: Void? = synced.wait(upTo: .seconds(300)) { $0 > 0 ? () : nil }
                #expect(isSynced != nil)
            }
            return SystemCalls.live.pread(file, buffer, offset)
        }
        let job = try fixture.job(1)
        guard let errno else {
            _ = try fixture.store(calls).copy(job)
            #expect(try fixture.exported(1) == chain.disk)
            return
        }
        let failure = #expect(throws: CopyFailure.self) { try fixture.store(calls).copy(job) }
        #expect(failure?.errno == errno && failure?.kind == .store)
        #expect(try fixture.files().isEmpty)
    }

    /// An export that once could not be made durable fails, too, though the last sync succeeds.
    @Test func exportFailsWithAnEarlySync() throws {
        try chain.write(chain.data(Self.bytes + 77), at: 0)
        try chain.snapshot(parent: nil)
        let calls = counting(Lock(0), first: .io)
        let path = fixture.target
        let failure = #expect(throws: ExportFailure.self) {
            try fixture.store(calls).export(manifest: 1, to: path, peer: fixture.peer)
        }
        #expect(failure?.errno == .io)
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    /// T3, of the calls every eleventh: whichever thread meets it, all of them end, and nothing is
    /// left of a copy that failed.
    @Test func aCallFails() throws {
        try chain.write(chain.data(Self.bytes + 77), at: 0)
        try chain.snapshot(parent: nil)
        for place in 0..<30 { try chain.write(chain.data(9), at: place * 11 * cluster) }
        let job = try fixture.job(2, parent: 1)
        let first = try fixture.files()
        var failedCount = 0
        for call in stride(from: 1, to: .max, by: 11) {
            let faults = Faults(call: call, .errno(.io))
            do {
                _ = try fixture.store(SystemCalls.live.failing(faults)).copy(job)
                #expect(try fixture.exported(2) == chain.disk, "call \(call)")
                try fixture.store().deleteManifest(2)
                try fixture.store().deleteSegment(2)
            } catch {
                failedCount += 1
            }
            #expect(try fixture.files() == first, "call \(call)")
            if faults.injectedCount == 0 { break }
        }
        #expect(failedCount > 3)
    }
}
