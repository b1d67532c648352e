import Foundation
import System
import TestSupport
import Testing

@testable import Snapshots

/// Verifying and counting follow the manifests.
@Suite struct VerifyTests {
    let fixture: Fixture
    let store: SnapshotStore
    let chain: Chain

    /// Snapshot 2 has two clusters of its own and 38 of snapshot 1; of 1, two are its own.
    init() throws {
        fixture = try Fixture()
        store = try fixture.store()
        chain = try Chain(fixture, seed: 41, bytes: 50 * cluster + 9)
        try chain.write(chain.data(40 * cluster), at: 0)
        try chain.snapshot(parent: nil)
        try chain.write(chain.data(2 * cluster), at: 10 * cluster)
        try chain.snapshot(parent: 1)
    }

    @Test func readsEachClusterOnce() {
        let all = store.verify([1, 2], from: .start, bytesMax: .max)
        #expect(all.failures.isEmpty && all.next == nil)
        #expect(all.verifiedBytes == Int64(42 * cluster))
        #expect(all.doneBytes == all.totalBytes && all.totalBytes == all.verifiedBytes)
        #expect(store.verify([2], from: .start, bytesMax: .max).totalBytes == Int64(40 * cluster))
        #expect(store.verify([], from: .start, bytesMax: .max) == Verification())
    }

    /// Step by step it is the same, and progress only grows.
    @Test(arguments: [1, 65_536, 1 << 20, 3 << 20] as [Int64]) func inSteps(_ bytesMax: Int64)
        throws
    {
        try overwrite("\(fixture.data)/segments/1", at: 6 * cluster, [1, 2, 3])
        var failures: [ReadFailure] = []
        var done: Int64 = 0
        var position: VerifyPosition? = .start
        var steps = 0
        while let next = position {
            let step = store.verify([1, 2], from: next, bytesMax: bytesMax)
            #expect(step.totalBytes == Int64(42 * cluster))
            #expect(step.doneBytes == done + step.verifiedBytes && step.verifiedBytes > 0)
            done = step.doneBytes
            failures += step.failures
            position = step.next
            steps += 1
            try #require(steps < 100)
        }
        #expect(done == Int64(42 * cluster))
        #expect(failures.map(\.manifest) == [1, 2])
        let range = Int64(5 * cluster)..<Int64(6 * cluster)
        #expect(failures.allSatisfy { $0.byteRange == range && $0.isDamage })
    }

    @Test func namesEveryKindOfDamage() throws {
        // A slot that only snapshot 1 names: the second has its own cluster there.
        try overwrite("\(fixture.data)/segments/1", at: 12 * cluster, [7])
        let own = store.verify([1, 2], from: .start, bytesMax: .max)
        #expect(own.failures.map(\.manifest) == [1])
        #expect(own.failures[0].reason.contains("slot 11 does not match its checksum"))
        let other = store.verify([1], others: [2], from: .start, bytesMax: .max)
        #expect(other.failures.map(\.manifest) == [1] && other.elsewhere.isEmpty)
        // Nobody who is asked for names it.
        #expect(store.verify([2], from: .start, bytesMax: .max).failures.isEmpty)
        // A segment that is gone takes all that is in it, told in ranges of the disk.
        unlink("\(fixture.data)/segments/1")
        let gone = store.verify([2], from: .start, bytesMax: .max)
        #expect(
            gone.failures.map(\.byteRange) == [
                0..<Int64(10 * cluster), Int64(12 * cluster)..<Int64(40 * cluster),
            ])
        #expect(gone.failures.allSatisfy { $0.reason.contains("the file is missing") })
        #expect(gone.doneBytes == gone.totalBytes)
        let both = store.verify([2], others: [1], from: .start, bytesMax: .max)
        #expect(both.failures == gone.failures && both.elsewhere.map(\.manifest) == [1])
        // And a manifest all of its snapshot.
        try overwrite("\(fixture.data)/manifests/2", at: 4100, [9, 9])
        let manifest = store.verify([2], from: .start, bytesMax: .max)
        #expect(manifest.failures.map(\.byteRange) == [nil])
        #expect(manifest.failures.map(\.manifest) == [2] && manifest.next == nil)
    }

    /// At start each segment is looked at once, and all who name one that is gone are told.
    @Test func checkOfAllHeaders() throws {
        #expect(store.check(manifests: [1, 2]).isEmpty)
        unlink("\(fixture.data)/segments/1.index")
        #expect(store.check(manifests: [1, 2]).map(\.manifest) == [1, 2])
        unlink("\(fixture.data)/manifests/1")
        let failures = store.check(manifests: [1, 2])
        #expect(failures.map(\.segment) == [nil, 1] && failures.allSatisfy(\.isDamage))
    }

    /// Damage that a reader meets is looked for in the others that name the place.
    @Test func spreadsToThoseWhoShareIt() throws {
        try overwrite("\(fixture.data)/segments/1", at: 6 * cluster, [1, 2, 3])
        let failure = try #require(
            #expect(throws: ExportFailure.self) { try fixture.exported(1) }?.read)
        let spread = store.spread(of: failure, to: [1, 2])
        #expect(spread.map(\.manifest) == [1, 2])
        #expect(spread.allSatisfy { $0.byteRange == failure.byteRange })
    }

    @Test func cancelledStepGoesOnLater() {
        let progress = JobProgress()
        progress.cancel()
        let step = store.verify([1, 2], from: .start, bytesMax: .max, progress: progress)
        #expect(step.next == VerifyPosition(segment: 1, slot: 0) && step.verifiedBytes == 0)
    }

    // MARK: Usage

    @Test(arguments: [1, 7, 1 << 20] as [UInt64]) func countsClusters(_ slotsMax: UInt64) throws {
        let single = [1, 2].map { UsageGroup(manifests: [$0]) }
        let size = Int64(cluster)
        let usage = store.usage(of: single, others: [], slotsMax: slotsMax)
        #expect(usage.map(\.storedBytes) == [40 * size, 40 * size])
        #expect(usage.map(\.reclaimableBytes) == [2 * size, 2 * size])
        let both = store.usage(
            of: [UsageGroup(manifests: [1, 2])], others: [], slotsMax: slotsMax)
        #expect(both == [.init(stored: 42 * size, reclaimable: 42 * size)])
        // What somebody else has too does not come back.
        let shared = store.usage(
            of: [UsageGroup(manifests: [1, 2], shared: [2])], others: [], slotsMax: slotsMax)
        #expect(shared == [.init(stored: 42 * size, reclaimable: 2 * size)])
        let other = store.usage(
            of: [UsageGroup(manifests: [1])], others: [2], slotsMax: slotsMax)
        #expect(other == [.init(stored: 40 * size, reclaimable: 2 * size)])
        #expect(store.storedBytes(of: [1, 2]) == 42 * size)
    }

    /// What deleting gives back is what was told before.
    @Test func reclaimableIsWhatComesBack() throws {
        let told = store.usage(of: [UsageGroup(manifests: [1])], others: [2])[0].reclaimableBytes
        let before = try allocatedBytes("\(fixture.data)/segments/1")
        #expect(store.unusedBytes(ofSegment: 1, users: [2]) == told)
        try chain.delete(1)
        #expect(try before - allocatedBytes("\(fixture.data)/segments/1") == told)
        #expect(store.unusedBytes(ofSegment: 1, users: [2]) == 0)
    }
}

extension GroupUsage {
    fileprivate init(stored: Int64, reclaimable: Int64) {
        self.init(storedBytes: stored)
        reclaimableBytes = reclaimable
    }
}

/// What a manifest that cannot be read holds up.
@Suite struct ReclaimOfDamagedTests {
    /// Its own segments and no other: what else was given up comes back at once.
    @Test func unreadableUserHoldsUpItsSegmentsAlone() throws {
        let fixture = try Fixture()
        let chain = try Chain(fixture, seed: 42, bytes: 40 * cluster)
        try chain.write(chain.data(40 * cluster), at: 0)
        try chain.snapshot(parent: nil)
        try chain.write(chain.data(2 * cluster), at: 5 * cluster)
        try chain.snapshot(parent: 1)
        try chain.write(chain.data(cluster), at: 5 * cluster)
        try chain.snapshot(parent: 2)
        // Of the two clusters in segment 2, snapshot 3 has the second one still.
        try overwrite("\(fixture.data)/manifests/1", at: 4100, [9, 9])
        let job = ReclaimJob(
            manifest: 2,
            segments: [.init(number: 1, users: [1, 3]), .init(number: 2, users: [3])])
        let before = try allocatedBytes("\(fixture.data)/segments/1")
        let failure = #expect(throws: ReclaimFailure.self) { try fixture.store().reclaim(job) }
        guard case .unreadable(let read) = failure else {
            Issue.record("\(String(describing: failure))")
            return
        }
        #expect(read.manifest == 1 && read.isDamage)
        #expect(try allocatedBytes("\(fixture.data)/segments/1") == before)
        let left = try allocatedBytes("\(fixture.data)/segments/2")
        #expect(Int64(cluster)..<Int64(2 * cluster) ~= left)
        #expect(try fixture.exported(3) == chain.snapshots[3])
        #expect(try !fixture.files().contains("manifests/2"))
    }
}
