import Foundation
import System
import TestSupport
import Testing

@testable import Snapshots

/// `SnapshotReader.read` and `place` against the bytes of the disk itself.
@Suite struct RandomAccessTests {
    private func bytes(_ reader: SnapshotReader, _ offset: Int, _ count: Int) throws -> Data {
        // What the buffer had before must not show.
        var data = Data(repeating: 0xa5, count: count)
        try data.withUnsafeMutableBytes { buffer in
            try reader.read(at: Int64(offset), into: buffer)
        }
        return data
    }

    /// What the disk's bytes from `offset` on are, with zeros beyond its end.
    private func expected(_ disk: Data, _ offset: Int, _ count: Int) -> Data {
        let start = min(offset, disk.count)
        var part = disk.subdata(in: start..<min(start + count, disk.count))
        part.append(Data(count: count - part.count))
        return part
    }

    @Test(arguments: Shape.all.filter { $0.size < 10 << 20 })
    func readsWhatTheDiskHas(_ shape: Shape) throws {
        let fixture = try Fixture()
        try shape.make(fixture.disk)
        let store = try fixture.store()
        _ = try store.copy(try fixture.job(1))
        let disk = try contents(fixture.disk)
        let reader = try store.openSnapshot(1)
        #expect(try bytes(reader, 0, shape.size) == disk)
        #expect(try bytes(reader, 0, 0).isEmpty)
        var random = SeededRandom(state: UInt64(shape.size) + 1)
        for _ in 0..<300 {
            let offset = Int.random(in: 0..<shape.size + 100, using: &random)
            let count = Int.random(
                in: 0..<[10, 600, cluster + 9, 5 * cluster].randomElement(using: &random)!,
                using: &random)
            #expect(
                try bytes(reader, offset, count) == expected(disk, offset, count),
                "\(offset), \(count)")
        }
        #expect(try bytes(reader, .max, 100) == Data(count: 100))
    }

    @Test func placesAreThoseOfTheDisk() throws {
        let fixture = try Fixture()
        var random = SeededRandom(state: 5)
        // Every second cluster, so that the manifest has more than one block of runs.
        let size = 2400 * cluster + 7
        var extents = (0..<1200).map { ($0 * 2 * cluster, random.data(10)) }
        extents.removeSubrange(300..<310)
        try makeDisk(fixture.disk, size: size, extents)
        let store = try fixture.store()
        _ = try store.copy(try fixture.job(1))
        let reader = try store.openSnapshot(1)
        #expect(reader.manifest.header.runBlockCount > 1)
        func check(_ index: Int) throws {
            let isStored = index % 2 == 0 && index < 2400 && !(600..<620).contains(index)
            switch try reader.place(of: UInt64(index)) {
            case .stored(let run):
                #expect(isStored && run.cluster == UInt64(index) && run.count == 1, "\(index)")
            case .hole(let count):
                let next = (599..<620).contains(index) ? 620 : min(index + 1, 2401)
                let end = index >= 2399 ? 2401 : next
                #expect(!isStored && count == UInt64(end - index), "\(index), \(count)")
            }
        }
        for index in 0...2400 { try check(index) }
        for index in stride(from: 2400, through: 0, by: -13) { try check(index) }
        for _ in 0..<100 { try check(Int.random(in: 0...2400, using: &random)) }
        let disk = try contents(fixture.disk)
        for _ in 0..<50 {
            let offset = Int.random(in: 0..<size, using: &random)
            let count = Int.random(in: 0..<7 * cluster, using: &random)
            #expect(try bytes(reader, offset, count) == expected(disk, offset, count))
        }
    }

    /// Many small reads in one cluster cost one, of any number of bytes.
    @Test func smallReadsReadTheirClusterOnce() throws {
        let fixture = try Fixture()
        var random = SeededRandom(state: 9)
        try makeDisk(fixture.disk, size: 3 * cluster, [(0, random.data(3 * cluster))])
        _ = try fixture.copy(1)
        let reads = Lock(0)
        var calls = SystemCalls.live
        calls.pread = { file, buffer, offset in
            if buffer.count == cluster { reads.withLock { $0 += 1 } }
            return SystemCalls.live.pread(file, buffer, offset)
        }
        let reader = try fixture.store(calls).openSnapshot(1)
        for offset in stride(from: 0, to: cluster, by: 512) { _ = try bytes(reader, offset, 512) }
        #expect(reads.withLock { $0 } == 1)
        _ = try bytes(reader, cluster - 1, 2)
        #expect(reads.withLock { $0 } == 2)
        _ = try bytes(reader, cluster, cluster - 1)
        #expect(reads.withLock { $0 } == 2)
    }

    /// A damaged cluster is told each time, by its bytes of the disk; the others are still read.
    @Test func damageIsOfItsCluster() throws {
        let fixture = try Fixture()
        var random = SeededRandom(state: 12)
        try makeDisk(fixture.disk, size: 4 * cluster + 9, [(cluster, random.data(3 * cluster + 9))])
        let store = try fixture.store()
        _ = try store.copy(try fixture.job(1))
        let path = "\(fixture.data)/segments/1"
        var segment = try contents(path)
        segment[2 * cluster + 77] ^= 4  // slot 1 is the disk's cluster 2
        try segment.write(to: URL(fileURLWithPath: path))
        let reader = try store.openSnapshot(1)
        let disk = try contents(fixture.disk)
        #expect(try bytes(reader, 0, 2 * cluster) == disk.prefix(2 * cluster))
        for (offset, count) in [(2 * cluster, 1), (cluster, 2 * cluster), (2 * cluster, 1)] {
            let failure = #expect(throws: ReadFailure.self) { try bytes(reader, offset, count) }
            #expect(failure?.byteRange == Int64(2 * cluster)..<Int64(3 * cluster))
            #expect(failure?.isDamage == true)
        }
        #expect(
            try bytes(reader, 3 * cluster, 20 + cluster)
                == expected(disk, 3 * cluster, 20 + cluster))
    }
}
