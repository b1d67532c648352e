import Foundation
import System
import TestSupport
import Testing

@testable import Snapshots

/// R6, R7: damage is found and named, or lies where nothing reads.
@Suite struct DamageTests {
    let fixture: Fixture
    let store: SnapshotStore
    let segment: String, index: String, manifest: String

    init() throws {
        fixture = try Fixture()
        var random = SeededRandom(state: 11)
        try makeDisk(
            fixture.disk, size: 9 * cluster + 100,
            [(0, random.data(2 * cluster)), (5 * cluster, random.data(4 * cluster + 100))])
        store = try fixture.store()
        _ = try store.copy(try fixture.job(3))
        segment = "\(fixture.data)/segments/3"
        index = "\(fixture.data)/segments/3.index"
        manifest = "\(fixture.data)/manifests/3"
    }

    private func export() throws(ExportFailure) {
        defer { unlink(fixture.target) }
        _ = try store.export(manifest: 3, to: fixture.target, peer: fixture.peer)
    }

    private func flip(_ path: String, _ offset: Int, bit: UInt8) throws {
        let file = open(path, O_RDWR)
        defer { close(file) }
        var byte: UInt8 = 0
        try #require(pread(file, &byte, 1, off_t(offset)) == 1)
        byte ^= 1 << bit
        try #require(pwrite(file, &byte, 1, off_t(offset)) == 1)
    }

    private func flips(_ path: String, at offsets: some Sequence<Int>, named name: String) throws {
        for offset in offsets {
            let bit = UInt8(offset % 8)
            try flip(path, offset, bit: bit)
            let failure = #expect(throws: ExportFailure.self, "byte \(offset)") { try export() }
            #expect(failure?.kind == .snapshot)
            #expect(failure?.read?.isDamage == true)
            #expect(failure?.reason.contains(name) == true, "\(failure?.reason ?? "")")
            try flip(path, offset, bit: bit)
        }
        try export()
    }

    @Test func flippedBytesOfTheManifest() throws {
        let size = try contents(manifest).count
        #expect(size == 3 * 4096)
        try flips(manifest, at: 0..<4096, named: manifest)
        try flips(manifest, at: stride(from: 4096, to: size, by: 7), named: manifest)
    }

    @Test func flippedBytesOfTheIndex() throws {
        let size = try contents(index).count
        #expect(size == 2 * 4096)
        try flips(index, at: stride(from: 0, to: size, by: 5), named: index)
    }

    @Test func flippedBytesOfTheSegmentsHeader() throws {
        try flips(segment, at: stride(from: 0, to: 4096, by: 5), named: segment)
    }

    /// The rest of the header's cluster is unused, as Segment.swift says: nothing reads it.
    @Test func unusedBytesOfTheSegment() throws {
        for offset in [4096, 30_000, cluster - 1] { try flip(segment, offset, bit: 0) }
        try export()
    }

    @Test func bytesOfTheDataNameTheCluster() throws {
        // Clusters 0, 1, 5...9 lie in slots 0...6.
        let clusters = [0, 1, 5, 6, 7, 8, 9]
        for (slot, diskCluster) in clusters.enumerated() {
            for place in [0, 99, 40_000, cluster - 1] {
                try flip(segment, (slot + 1) * cluster + place, bit: 3)
                let failure = #expect(throws: ExportFailure.self) { try export() }
                let end = min((diskCluster + 1) * cluster, 9 * cluster + 100)
                #expect(failure?.read?.byteRange == Int64(diskCluster * cluster)..<Int64(end))
                #expect(failure?.read?.manifest == 3)
                #expect(failure?.read?.segment == 3)
                #expect(failure?.reason.contains("cluster \(diskCluster):") == true)
                try flip(segment, (slot + 1) * cluster + place, bit: 3)
            }
        }
        try export()
    }

    @Test func truncatedFiles() throws {
        for (path, step) in [(manifest, 511), (index, 511), (segment, 16_384)] {
            let whole = try contents(path)
            for size in stride(from: 0, to: whole.count, by: step) {
                try whole.prefix(size).write(to: URL(fileURLWithPath: path))
                let failure = #expect(throws: ExportFailure.self) { try export() }
                #expect(failure?.reason.contains(path) == true, "\(failure?.reason ?? "")")
            }
            try whole.write(to: URL(fileURLWithPath: path))
        }
        try export()
    }

    @Test func missingFiles() throws {
        for path in [manifest, index, segment] {
            let whole = try contents(path)
            unlink(path)
            let failure = #expect(throws: ReadFailure.self) { try store.check(manifest: 3) }
            #expect(failure?.reason == "\(path) is damaged: the file is missing")
            #expect(failure?.segment == (path == manifest ? nil : 3))
            #expect(throws: ExportFailure.self) { try export() }
            try whole.write(to: URL(fileURLWithPath: path))
        }
    }

    /// Two files of the same kind change places; the file of an earlier attempt comes back.
    @Test func swappedAndStaleFiles() throws {
        _ = try store.copy(try fixture.job(4))
        for (ours, other) in [
            (segment, "\(fixture.data)/segments/4"), (index, "\(fixture.data)/segments/4.index"),
            (manifest, "\(fixture.data)/manifests/4"),
        ] {
            let whole = try contents(ours)
            try contents(other).write(to: URL(fileURLWithPath: ours))
            #expect(throws: ExportFailure.self) { try export() }
            #expect(throws: ReadFailure.self) { try store.check(manifest: 3) }
            try whole.write(to: URL(fileURLWithPath: ours))
        }
        let stale = [segment, index].map { ($0, FileManager.default.contents(atPath: $0)) }
        _ = try store.copy(try fixture.job(3))
        for (path, old) in stale {
            let whole = try contents(path)
            try old?.write(to: URL(fileURLWithPath: path))
            let failure = #expect(throws: ReadFailure.self) { try store.check(manifest: 3) }
            #expect(failure?.reason.contains(path) == true)
            try whole.write(to: URL(fileURLWithPath: path))
        }
        try export()
    }

    /// Within a file: a block, and a slot with its data, in another's place.
    @Test func misplacedSlots() throws {
        let whole = try contents(segment)
        var swapped = whole
        let (first, second) = (cluster..<2 * cluster, 2 * cluster..<3 * cluster)
        swapped.replaceSubrange(first, with: whole[second])
        swapped.replaceSubrange(second, with: whole[first])
        try swapped.write(to: URL(fileURLWithPath: segment))
        #expect(throws: ExportFailure.self) { try export() }
    }

    /// Slots that no manifest names may be punched out: no damage.
    @Test func punchedSlotIsNoDamage() throws {
        _ = try store.copy(try fixture.job(3))
        // Manifest 5 names the same segment but leaves the first run out.
        let reader = try store.openManifest(3)
        let segments = try reader.segments()
        let calls = SystemCalls.live
        let path = "\(fixture.data)/manifests/5"
        let writer = ManifestWriter(
            try calls.openFile(path, [.writeOnly, .create]), number: 5, fileID: 12,
            diskBytes: reader.header.diskBytes, calls)
        _ = try reader.next()
        while let run = try reader.next() { try writer.append(run) }
        _ = try writer.finish(segments: segments)
        let file = open(segment, O_RDWR)
        defer { close(file) }
        // FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE over slots 0 and 1.
        try #require(SystemCalls.live.fallocate(file, 3, Int64(cluster), Int64(2 * cluster)) == 0)
        #expect(throws: ExportFailure.self) { try export() }
        var expected = try contents(fixture.disk)
        expected.resetBytes(in: 0..<2 * cluster)
        #expect(try fixture.exported(5) == expected)
    }

    /// A sector that the disk cannot read: an error of the read, which names the clusters, and
    /// not damage.
    @Test func unreadableSegment() throws {
        let inode = try SystemCalls.live.status(of: segment).inode
        var calls = SystemCalls.live
        calls.pread = { file, buffer, offset in
            var found: FileStatus?
            _ = SystemCalls.live.fstatat(file, "", 0x1000, &found)
            if found?.inode == inode, offset >= cluster { return -Int(Errno.io.rawValue) }
            return SystemCalls.live.pread(file, buffer, offset)
        }
        let store = try fixture.store(calls)
        let failure = #expect(throws: ExportFailure.self) {
            try store.export(manifest: 3, to: fixture.target, peer: fixture.peer)
        }
        #expect(failure?.errno == .io)
        #expect(failure?.read?.isDamage == false)
        #expect(failure?.read?.byteRange == 0..<Int64(2 * cluster))
        #expect(!FileManager.default.fileExists(atPath: fixture.target))
    }
}
