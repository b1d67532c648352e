import Foundation
import System
import TestSupport
import Testing

@testable import Snapshots

@Suite struct StoreTests {
    let fixture: Fixture
    init() throws {
        fixture = try Fixture()
        try makeDisk(fixture.disk, size: 3 * cluster, [(cluster, Data([1]))])
    }

    @Test func missingDirectory() {
        #expect(throws: SystemError.self) {
            try SnapshotStore(directory: fixture.directory.path + "/nothing")
        }
    }

    /// A directory of the store that is a link to elsewhere is not followed.
    @Test func linkedDirectory() throws {
        try FileManager.default.createSymbolicLink(
            atPath: "\(fixture.data)/tmp", withDestinationPath: fixture.directory.path)
        #expect(throws: SystemError.self) { try fixture.store() }
    }

    @Test func removesOnlyOrphans() throws {
        for number in 1...3 as ClosedRange<UInt64> { try fixture.copy(number) }
        let foreign = ["segments/README", "segments/07", "manifests/-1", "segments/4.indexx"]
        for name in foreign + ["tmp/anything", "tmp/5.segment", "segments/8.index", "disks/6.raw"] {
            try makeDisk("\(fixture.data)/\(name)", size: 1)
        }
        try FileManager.default.createDirectory(
            atPath: "\(fixture.data)/tmp/directory", withIntermediateDirectories: false)
        // Manifest 2 is gone while its segment is named, as by a later snapshot of the disk.
        let removed = try fixture.store()
            .removeOrphans(keepingManifests: [1], segments: [1, 2, 99])
        #expect(
            removed == [
                "tmp/5.segment", "tmp/anything", "manifests/2", "manifests/3", "segments/3",
                "segments/3.index", "segments/8.index",
            ])
        let left = try fixture.files()
        #expect(
            left
                == (foreign + [
                    "manifests/1", "segments/1", "segments/1.index", "segments/2",
                    "segments/2.index", "tmp/directory",
                ]).sorted())
        #expect(FileManager.default.fileExists(atPath: "\(fixture.data)/disks/6.raw"))
        let again = try fixture.store()
            .removeOrphans(keepingManifests: [1], segments: [1, 2, 99])
        #expect(again.isEmpty)
        #expect(try fixture.exported(1) == contents(fixture.disk))
    }

    @Test func deletingTwice() throws {
        try fixture.copy(1)
        let store = try fixture.store()
        for _ in 0..<2 {
            try store.deleteManifest(1)
            try store.deleteSegment(1)
        }
        #expect(try fixture.files() == [])
    }

    /// The number's earlier attempt had data and was cut after its files were in place; this one
    /// has none.
    @Test func leftoversOfAnAttempt() throws {
        try fixture.copy(1)
        try makeDisk(fixture.disk, size: 3 * cluster)
        for name in ["1.segment", "1.index", "1.manifest"] {
            try makeDisk("\(fixture.data)/tmp/\(name)", size: 9)
        }
        #expect(try fixture.copy(1).segments == [])
        #expect(try fixture.files() == ["manifests/1"])
        #expect(try fixture.exported(1) == contents(fixture.disk))
    }

    /// R14: a job, failed or not, leaves no descriptor open.
    @Test func descriptorsAreClosed() throws {
        // Other tests run in this process: only descriptors of this fixture count.
        let store = try fixture.store()
        let job = try fixture.job(1)
        func ours() throws -> Int {
            try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").filter {
                let path = try? FileManager.default.destinationOfSymbolicLink(
                    atPath: "/proc/self/fd/\($0)")
                return path?.hasPrefix(fixture.directory.path) == true
            }.count
        }
        let before = try ours()
        for _ in 0..<5 {
            _ = try store.copy(job)
            _ = try store.export(manifest: 1, to: fixture.target, peer: fixture.peer)
            _ = try? store.export(manifest: 1, to: fixture.target, peer: fixture.peer)
            _ = try? store.export(manifest: 2, to: fixture.target, peer: fixture.peer)
            unlink(fixture.target)
        }
        #expect(try ours() == before)
        #expect(before == 4, "the four directories")
    }
}
