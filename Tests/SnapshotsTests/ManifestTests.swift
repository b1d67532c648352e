import Foundation
import System
import TestSupport
import Testing

@testable import Snapshots

@Suite struct ManifestTests {
    func write(
        _ runs: [Run], diskClusters: UInt64, in directory: TemporaryDirectory
    ) throws -> ManifestReader {
        let path = "\(directory.path)/m"
        let calls = SystemCalls.live
        let writer = ManifestWriter(
            try calls.openFile(path, [.writeOnly, .create, .truncate]), number: 9,
            fileID: 0xfeed, diskBytes: Int64(diskClusters) * Int64(cluster), calls)
        for run in runs { try writer.append(run) }
        let segments = Set(runs.map(\.segment))
            .map { SegmentReference(number: $0, fileID: $0 ^ 0xabcd) }
        let header = try writer.finish(segments: segments)
        let reader = try ManifestReader(
            try calls.openFile(path, .readOnly), number: 9, name: path, calls)
        #expect(reader.header == header)
        #expect(try reader.segments() == segments.sorted { $0.number < $1.number })
        return reader
    }

    func all(_ reader: ManifestReader) throws -> [Run] {
        var runs: [Run] = []
        while let run = try reader.next() { runs.append(run) }
        return runs
    }

    /// Runs that the writer cannot join, with small and huge numbers.
    func randomRuns(_ count: Int, _ random: inout SeededRandom) -> (runs: [Run], clusters: UInt64) {
        var runs: [Run] = []
        var end: UInt64 = 0
        for _ in 0..<count {
            let isHuge = Int.random(in: 0..<10, using: &random) == 0
            let length = UInt64.random(in: 1...(isHuge ? 1 << 30 : 5), using: &random)
            let start = end + UInt64.random(in: 1...(isHuge ? 1 << 30 : 300), using: &random)
            runs.append(
                Run(
                    cluster: start, count: length,
                    segment: UInt64.random(in: 0...(isHuge ? 1 << 61 : 3), using: &random),
                    slot: UInt64.random(in: 0...(isHuge ? 1 << 45 : 1000), using: &random)))
            end = start + length
        }
        return (runs, end + 1)
    }

    @Test(arguments: 0..<40) func roundTrip(seed: Int) throws {
        var random = SeededRandom(state: UInt64(seed))
        let (runs, clusters) = randomRuns(seed * seed, &random)
        let directory = TemporaryDirectory()
        let reader = try write(runs, diskClusters: clusters, in: directory)
        #expect(try all(reader) == runs)
    }

    @Test func joinsRuns() throws {
        let directory = TemporaryDirectory()
        let pieces = (0..<1000 as Range<UInt64>)
            .map { Run(cluster: $0 * 16, count: 16, segment: 1, slot: $0 * 16) }
        let reader = try write(pieces, diskClusters: 16_000, in: directory)
        #expect(try all(reader) == [Run(cluster: 0, count: 16_000, segment: 1, slot: 0)])
    }

    @Test func findsAnyCluster() throws {
        var random = SeededRandom(state: 99)
        let (runs, clusters) = randomRuns(3000, &random)
        let directory = TemporaryDirectory()
        let reader = try write(runs, diskClusters: clusters, in: directory)
        #expect(reader.header.runBlockCount > 4)
        var wanted: [UInt64] = [0, clusters - 1]
        for run in runs.shuffled(using: &random).prefix(150) {
            wanted += [run.cluster - 1, run.cluster, run.cluster + run.count - 1]
            wanted.append(run.cluster + run.count)
        }
        for cluster in wanted {
            try reader.seek(to: cluster)
            let expected = runs.first { $0.cluster + $0.count > cluster }
            #expect(try reader.next() == expected, "cluster \(cluster)")
            if let expected, let index = runs.firstIndex(of: expected), index + 1 < runs.count {
                #expect(try reader.next() == runs[index + 1])
            }
        }
    }

    @Test func emptyManifestIsOneBlock() throws {
        let directory = TemporaryDirectory()
        let reader = try write([], diskClusters: 1 << 40, in: directory)
        #expect(try reader.next() == nil)
        try reader.seek(to: 77)
        #expect(try reader.next() == nil)
        #expect(try SystemCalls.live.status(of: "\(directory.path)/m").sizeBytes == 4096)
    }

    /// 1 % of a disk of 1 GiB changed in scattered places: a manifest over two segments.
    @Test func fewChangesTakeFewBytes() throws {
        var random = SeededRandom(state: 4)
        let clusters: UInt64 = (1 << 30) / UInt64(cluster)
        let changed = Array(0..<clusters).shuffled(using: &random).prefix(Int(clusters) / 100)
            .sorted()
        var runs: [Run] = []
        var end: UInt64 = 0
        for (slot, place) in changed.enumerated() {
            if place > end {
                runs.append(Run(cluster: end, count: place - end, segment: 1, slot: end))
            }
            runs.append(Run(cluster: place, count: 1, segment: 2, slot: UInt64(slot)))
            end = place + 1
        }
        if end < clusters {
            runs.append(Run(cluster: end, count: clusters - end, segment: 1, slot: end))
        }
        let directory = TemporaryDirectory()
        _ = try write(runs, diskClusters: clusters, in: directory)
        let manifestBytes = try SystemCalls.live.status(of: "\(directory.path)/m").sizeBytes
        // The index: a header and a block for each 511 changed clusters.
        let indexBytes = Int64(4096 * (1 + (changed.count + 510) / 511))
        let changedBytes = Int64(changed.count * cluster)
        #expect((manifestBytes + indexBytes) * 500 < changedBytes, "more than 0.2 %")
    }

    @Test func aLongCopyTakesThreeBlocks() throws {
        let directory = TemporaryDirectory()
        _ = try write(
            [Run(cluster: 0, count: 1 << 40, segment: 5, slot: 0)], diskClusters: 1 << 40,
            in: directory)
        #expect(try SystemCalls.live.status(of: "\(directory.path)/m").sizeBytes == 3 * 4096)
    }

    @Test(arguments: [0, 1, 127, 128, 16_383, 16_384, 1 << 62, UInt64.max])
    func varint(_ value: UInt64) {
        let buffer = Buffer(byteCount: 16)
        var end = 0
        Varint.write(value, to: buffer, at: &end)
        var offset = 0
        #expect(Varint.read(buffer, at: &offset, end: end) == value)
        #expect(offset == end)
        for cut in 0..<end {
            var offset = 0
            #expect(Varint.read(buffer, at: &offset, end: cut) == nil)
        }
        let signed = Int64(bitPattern: value)
        #expect(Varint.unzigzag(Varint.zigzag(signed)) == signed)
    }

    @Test func varintTooLong() {
        let buffer = Buffer(byteCount: 16)
        for index in 0..<16 { buffer.set(UInt8(0xff), at: index) }
        var offset = 0
        #expect(Varint.read(buffer, at: &offset, end: 16) == nil)
    }

    /// Blocks with right checksums and every kind of wrong content: refused, and never a trap.
    @Test(arguments: 0..<400) func hostileRuns(seed: Int) throws {
        var random = SeededRandom(state: UInt64(seed))
        let directory = TemporaryDirectory()
        _ = try write(
            [
                Run(cluster: 3, count: 2, segment: 1, slot: 0),
                Run(cluster: 9, count: 1, segment: 2, slot: 9),
            ], diskClusters: 20, in: directory)
        let calls = SystemCalls.live
        let path = "\(directory.path)/m"
        let file = try calls.openFile(path, .readWrite)
        let block = Block()
        let number = UInt64.random(in: 0...2, using: &random)
        try block.read(from: file, fileID: 0xfeed, number: number, name: path, calls)
        // The header's own fields; a run block's head and runs; the segments.
        let places = number == 0 ? 32..<80 : 0..<32
        for _ in 0..<Int.random(in: 1...6, using: &random) {
            let byte: UInt8 = [0, 1, 0x7f, 0x80, 0xff, .random(in: 0...255, using: &random)]
                .randomElement(using: &random)!
            block.buffer.set(byte, at: places.randomElement(using: &random)!)
        }
        try block.write(to: file, fileID: 0xfeed, number: number, calls)
        do throws(ReadError) {
            let reader = try ManifestReader(
                try! calls.openFile(path, .readOnly), number: 9, name: path, calls)
            _ = try reader.segments()
            var end: UInt64 = 0
            while let run = try reader.next() {
                #expect(run.cluster >= end)
                end = run.cluster + run.count
                #expect(end <= Layout.clusterCount(ofDisk: reader.header.diskBytes))
            }
            try reader.seek(to: UInt64.random(in: 0...30, using: &random))
            _ = try reader.next()
        } catch {
            guard case .damaged = error else {
                Issue.record("\(error)")
                return
            }
        }
    }
}
