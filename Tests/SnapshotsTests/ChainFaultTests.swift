import Foundation
import System
import TestSupport
import Testing

@testable import Snapshots

/// T3 where snapshots share their clusters: a copy with a parent, reclaiming, verifying. Whatever
/// call fails, no snapshot that is left loses a byte, and what failed can be done again.
@Suite struct ChainFaultTests {
    let fixture: Fixture
    let chain: Chain

    /// Snapshot 1 has clusters 0, 1, 3 and the partial 4.
    init() throws {
        fixture = try Fixture()
        chain = try Chain(fixture, seed: 51, bytes: 4 * cluster + 77)
        try chain.write(chain.data(2 * cluster), at: 0)
        try chain.write(chain.data(cluster + 77), at: 3 * cluster)
        try chain.snapshot(parent: nil)
    }

    /// All that these snapshots name is there and matches its checksums.
    private func expectWhole(_ numbers: [UInt64], _ call: Int) throws {
        let verification = try fixture.store().verify(numbers, from: .start, bytesMax: .max)
        #expect(verification.failures.isEmpty && verification.next == nil, "call \(call)")
    }

    // MARK: Copying

    /// What cannot be read of the parent is stored anew: the copy does not fail with it, and it is
    /// not taken for damage.
    @Test(arguments: Injection.few)
    func copyWithParent(_ injection: Injection) throws {
        let first = try fixture.files()
        try chain.write(Data([1, 2, 3]), at: cluster + 5)
        let job = try fixture.job(2, parent: 1)
        var stored: StoredSnapshot?
        var isStoredAnew = false
        try injection.everyCall(atLeast: 40, survives: true) { calls in
            stored = nil
            do {
                stored = try fixture.store(calls).copy(job)
            } catch is SystemError {
            } catch let failure as CopyFailure {
                #expect(!failure.reason.isEmpty && !failure.hint.isEmpty && failure.errno != nil)
            }
            return stored != nil
        } after: { call, _ in
            let store = try fixture.store()
            if let stored {
                #expect(try fixture.exported(2) == chain.disk, "call \(call)")
                let failures = stored.parentFailures
                #expect(failures.allSatisfy { !$0.isDamage && $0.manifest == 1 }, "call \(call)")
                #expect(failures.isEmpty == (stored.storedBytes == Int64(cluster)))
                #expect(failures.isEmpty || !injection.isInvisible)
                isStoredAnew = isStoredAnew || !failures.isEmpty
                try store.deleteManifest(2)
                try store.deleteSegment(2)
            } else {
                if !injection.forEver { #expect(try fixture.files() == first, "call \(call)") }
                _ = try store.removeOrphans(keepingManifests: [1], segments: [1])
            }
            #expect(try fixture.files() == first, "call \(call)")
            try expectWhole([1], call)
        }
        // A disk that fails for ever is written to in vain.
        #expect(isStoredAnew == (!injection.forEver && !injection.isInvisible))
    }

    /// R9: what will differ from the parent is not known before, and yet the journal's reserve is
    /// left to it.
    @Test(.enabled(if: LoopFileSystem.canMake("ext4"), "needs root, mkfs.ext4 and mount"))
    func leavesTheReserve() throws {
        let volume = try LoopFileSystem("ext4", mebibytes: 128)
        let fixture = try Fixture(in: volume.path)
        try makeDisk(fixture.disk, size: 40 << 20)
        try fixture.copy(1)
        try makeDisk(fixture.disk, size: 40 << 20, [(0, Data(repeating: 7, count: 40 << 20))])
        let calls = SystemCalls.live
        let place = try calls.openFile(volume.path, [.readOnly, .directory])
        let free = try calls.fileSystem(of: place).freeBytes
        try #require(free > 50 << 20)
        let reserve = free - 10 << 20
        let job = try fixture.job(2, parent: 1, reserve: reserve)
        let least = Lock<Int64>(.max)
        var looking = calls
        looking.pwrite = { file, buffer, offset in
            let count = SystemCalls.live.pwrite(file, buffer, offset)
            var status: FileSystemStatus?
            _ = SystemCalls.live.fstatfs(file, &status)
            if let status { least.withLock { $0 = min($0, status.freeBytes) } }
            return count
        }
        let failure = #expect(throws: CopyFailure.self) { try fixture.store(looking).copy(job) }
        #expect(failure?.kind == .noSpace)
        #expect(least.withLock { $0 } > reserve - 2 << 20)
    }

    // MARK: Reclaiming

    /// Snapshots 2 and 3 go, one after the other; 1 and 4 stay. Of segment 2 one slot goes with
    /// each, of segment 3 all.
    private func makeFour() throws -> [ReclaimJob] {
        for clusters in [[0, 1, 2], [1, 3], [1, 2, 3]] {
            for number in clusters { try chain.write(chain.data(cluster), at: number * cluster) }
            try chain.snapshot(parent: chain.newest)
        }
        return [2, 3].map { (number: UInt64) in
            let job = chain.reclaimJob(of: number)
            chain.forget(number)
            return job
        }
    }

    @Test(arguments: Injection.few)
    func reclaim(_ injection: Injection) throws {
        let jobs = try makeFour()
        let files = try StoreFiles(fixture)
        var done = 0
        try injection.everyCall(atLeast: 40) { calls in
            done = 0
            do {
                let store = try fixture.store(calls)
                for job in jobs {
                    try store.reclaim(job)
                    done += 1
                }
                return true
            } catch is SystemError {
                return false
            } catch let failure as ReclaimFailure {
                if case .unreadable(let failure) = failure { #expect(!failure.isDamage) }
                return false
            }
        } after: { call, _ in
            try expectWhole(done == 0 ? [1, 3, 4] : [1, 4], call)
            // Done again, it is finished; and once more, it is nothing.
            for job in jobs.dropFirst(done) + jobs.suffix(1) {
                try fixture.store().reclaim(job)
            }
            try chain.expectExactSpace("call \(call)")
            if call % 8 == 0 { try chain.expectAllReadBack("call \(call), done again") }
            try files.putBack()
        }
        try chain.expectExactSpace()
        try chain.expectAllReadBack()
    }

    /// Nothing is given back before the manifest that named it is gone, durably.
    @Test func orderOfReclaiming() throws {
        let jobs = try makeFour()
        let events = Lock<[String]>([])
        let data = fixture.data
        @Sendable func note(_ call: String, _ file: CInt, _ name: String = "") {
            let path = try? FileManager.default.destinationOfSymbolicLink(
                atPath: "/proc/self/fd/\(file)")
            let folder = path?.replacingOccurrences(of: data + "/", with: "") ?? "?"
            events.withLock { $0.append("\(call) \(folder)\(name)") }
        }
        var calls = SystemCalls.live
        calls.unlinkat = {
            note("unlink", $0, "/\($1)")
            return SystemCalls.live.unlinkat($0, $1, $2)
        }
        calls.fsync = {
            note("fsync", $0)
            return SystemCalls.live.fsync($0)
        }
        calls.fdatasync = {
            note("fdatasync", $0)
            return SystemCalls.live.fdatasync($0)
        }
        calls.fallocate = {
            note("punch", $0)
            return SystemCalls.live.fallocate($0, $1, $2, $3)
        }
        let store = try fixture.store(calls)
        events.withLock { $0 = [] }
        for job in jobs { try store.reclaim(job) }
        #expect(
            events.withLock { $0 } == [
                "unlink manifests/2", "fsync manifests", "punch segments/2",
                "fdatasync segments/2",
                "unlink manifests/3", "fsync manifests", "unlink segments/3",
                "unlink segments/3.index", "fsync segments", "punch segments/2",
                "fdatasync segments/2",
            ])
    }

    // MARK: Verifying

    /// What could not be read is no damage; and what was not read is not called whole.
    @Test(
        arguments: (Injection.failing + Injection.invisible).map { ($0, .max) }
            + [(Injection(kind: .errno(.io)), 1)] as [(Injection, Int64)])
    func verify(_ injection: Injection, _ stepBytes: Int64) throws {
        for number in [0, 3] {
            try chain.write(chain.data(cluster), at: number * cluster)
            try chain.snapshot(parent: chain.newest)
        }
        let all = Int64(6 * cluster)
        var failures: [ReadFailure] = []
        var verified: Int64 = 0
        try injection.everyCall(survives: true) { calls in
            (failures, verified) = ([], 0)
            guard let store = try? fixture.store(calls) else { return false }
            var position: VerifyPosition? = .start
            while let next = position {
                let step = store.verify(chain.numbers, from: next, bytesMax: stepBytes)
                failures += step.failures
                verified += step.verifiedBytes
                position = step.next
            }
            if failures.isEmpty { #expect(verified == all) }
            return failures.isEmpty
        } after: { call, succeeded in
            #expect(failures.allSatisfy { !$0.isDamage && $0.errno != nil }, "call \(call)")
            #expect(!injection.forEver || !succeeded, "call \(call)")
        }
    }
}

/// The files of a store with whole segments, to put them back.
private final class StoreFiles {
    private let fixture: Fixture
    private var files: [String: Data] = [:]

    init(_ fixture: Fixture) throws {
        self.fixture = fixture
        for name in try fixture.files() { files[name] = try contents("\(fixture.data)/\(name)") }
    }

    func putBack() throws {
        for name in try fixture.files() where files[name] == nil {
            unlink("\(fixture.data)/\(name)")
        }
        for (name, data) in files {
            // Behind a segment's header there is a hole.
            let isSegment = name.hasPrefix("segments/") && !name.hasSuffix(".index")
            let extents =
                isSegment
                ? [(0, data.prefix(4096)), (cluster, data.dropFirst(cluster))] : [(0, data)]
            try makeDisk("\(fixture.data)/\(name)", size: data.count, extents)
        }
    }
}
