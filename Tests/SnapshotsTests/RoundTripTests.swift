import Foundation
import System
import TestSupport
import Testing

@testable import Snapshots

/// A disk's layout: its size and the extents that are written.
struct Shape: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let size: Int
    let extents: [Extent]
    struct Extent: Sendable {
        let offset: Int, count: Int
        var isZero = false
    }

    static let all: [Shape] = {
        var random = SeededRandom(state: 7)
        let scattered = (0..<60).map { _ in
            Extent(
                offset: Int.random(in: 0..<4_000_000, using: &random),
                count: Int.random(in: 1..<9_000, using: &random))
        }
        return [
            Shape(testDescription: "one byte", size: 1, extents: [Extent(offset: 0, count: 1)]),
            Shape(testDescription: "one byte, a hole", size: 1, extents: []),
            Shape(testDescription: "all hole", size: 3_000_000, extents: []),
            Shape(
                testDescription: "all zero data", size: 2_200_000,
                extents: [Extent(offset: 0, count: 2_200_000, isZero: true)]),
            Shape(
                testDescription: "dense", size: 2_500_000,
                extents: [Extent(offset: 0, count: 2_500_000)]),
            Shape(
                testDescription: "below a cluster", size: cluster - 1,
                extents: [Extent(offset: 0, count: cluster - 1)]),
            Shape(
                testDescription: "one cluster", size: cluster,
                extents: [Extent(offset: 0, count: cluster)]),
            Shape(
                testDescription: "above a cluster", size: cluster + 1,
                extents: [Extent(offset: 0, count: cluster + 1)]),
            Shape(
                testDescription: "data only in the last, partial cluster", size: 5 * cluster + 513,
                extents: [Extent(offset: 5 * cluster + 500, count: 13)]),
            Shape(
                testDescription: "the last cluster is a hole", size: 5 * cluster + 513,
                extents: [Extent(offset: 0, count: 4096)]),
            Shape(
                testDescription: "zero data between data", size: 30 * cluster,
                extents: [
                    Extent(offset: 0, count: cluster),
                    Extent(offset: cluster, count: 20 * cluster, isZero: true),
                    Extent(offset: 21 * cluster, count: 9 * cluster),
                ]),
            Shape(testDescription: "scattered", size: 4_100_001, extents: scattered),
            Shape(
                testDescription: "a large disk with little in it", size: 300 << 20,
                extents: [Extent(offset: 277_777_777, count: 10)]),
        ]
    }()

    func make(_ path: String) throws {
        var random = SeededRandom(state: UInt64(size))
        try makeDisk(
            path, size: size,
            extents.map { extent in
                let count = min(extent.count, size - extent.offset)
                return (extent.offset, extent.isZero ? Data(count: count) : random.data(count))
            })
    }
}

@Suite struct RoundTripTests {
    @Test(arguments: Shape.all) func keepsBytesAndHoles(_ shape: Shape) throws {
        let fixture = try Fixture()
        try shape.make(fixture.disk)
        let store = try fixture.store()
        let progress = JobProgress()
        let stored = try store.copy(try fixture.job(1), progress: progress)
        #expect(progress.bytesDone == progress.bytesTotal)
        #expect(stored.sizeBytes == Int64(shape.size))
        #expect(stored.consistency == .atRest)
        #expect(stored.segments == (stored.storedBytes == 0 ? [] : [1]))
        #expect(try store.check(manifest: 1) == stored.segments)

        let exporting = JobProgress()
        let exported = try store.export(
            manifest: 1, to: fixture.target, peer: fixture.peer, progress: exporting)
        #expect(exporting.bytesDone == exporting.bytesTotal)
        #expect(exported.sizeBytes == Int64(shape.size))
        #expect(exported.storedBytes == stored.storedBytes)
        let compared = try Tool.run("cmp", [fixture.disk, fixture.target])
        #expect(compared.status == 0, "\(compared.text)")
        let status = try SystemCalls.live.status(of: fixture.target)
        #expect(status.sizeBytes == Int64(shape.size))
        #expect(status.permissions == 0o600)
        // Each extent may begin and end inside a cluster, which is then allocated as a whole.
        let slack = Int64(2 * cluster * shape.extents.count + cluster)
        #expect(status.allocatedBytes <= (try allocatedBytes(fixture.disk)) + slack)
        #expect(status.allocatedBytes <= stored.storedBytes + Int64(cluster))
    }

    @Test func zeroClustersAreNotStored() throws {
        let fixture = try Fixture()
        let shape = try #require(Shape.all.first { $0.testDescription == "zero data between data" })
        try shape.make(fixture.disk)
        #expect(try fixture.copy(1).storedBytes == Int64(10 * cluster))
    }

    /// Where SEEK_DATA is not supported everything is read, and zeros are still left out.
    @Test(arguments: [Errno.invalid, .notSupported])
    func fileSystemWithoutHoles(_ errno: Errno) throws {
        let fixture = try Fixture()
        try makeDisk(fixture.disk, size: 20 * cluster + 9, [(3 * cluster, Data([1, 2, 3]))])
        var calls = SystemCalls.live
        calls.lseek = { _, _, _ in -Int(errno.rawValue) }
        let progress = JobProgress()
        let stored = try fixture.store(calls).copy(try fixture.job(1), progress: progress)
        #expect(progress.bytesTotal == Int64(20 * cluster + 9))
        #expect(stored.storedBytes == Int64(cluster))
        #expect(try fixture.exported(1) == contents(fixture.disk))
    }

    /// Each cluster with data is read once, in pieces of at most 1 MiB.
    @Test func readsEachClusterOnce() throws {
        let fixture = try Fixture()
        var random = SeededRandom(state: 3)
        // Extents that share clusters: the first one ends where the second begins.
        try makeDisk(
            fixture.disk, size: 40 * cluster,
            [
                (0, random.data(4096)), (8192, random.data(4096)),
                (10 * cluster, random.data(30 * cluster)),
            ])
        let reads = Lock<[Range<Int64>]>([])
        let inode = try SystemCalls.live.status(of: fixture.disk).inode
        var calls = SystemCalls.live
        calls.pread = { file, buffer, offset in
            var found: FileStatus?
            _ = SystemCalls.live.fstatat(file, "", 0x1000, &found)
            if found?.inode == inode {
                reads.withLock { $0.append(offset..<offset + Int64(buffer.count)) }
            }
            return SystemCalls.live.pread(file, buffer, offset)
        }
        _ = try fixture.store(calls).copy(try fixture.job(1))
        let ranges = reads.withLock { $0 }
        #expect(ranges.allSatisfy { $0.count <= 1 << 20 })
        #expect(ranges.map(\.count).reduce(0, +) == 31 * cluster)
        for (before, after) in zip(ranges, ranges.dropFirst()) {
            #expect(before.upperBound <= after.lowerBound)
        }
    }

    /// Two stores of the same directory, many jobs at once.
    @Test func jobsRunSideBySide() async throws {
        let fixture = try Fixture()
        try Shape.all[11].make(fixture.disk)
        let store = try fixture.store()
        let capture = try fixture.capture()
        try await withThrowingTaskGroup { group in
            for number in 1...4 as ClosedRange<UInt64> {
                let job = try fixture.job(number, capture: capture)
                group.addTask { _ = try store.copy(job) }
            }
            try await group.waitForAll()
        }
        let original = try contents(fixture.disk)
        for number in 1...4 as ClosedRange<UInt64> {
            #expect(try fixture.exported(number) == original)
        }
    }
}
