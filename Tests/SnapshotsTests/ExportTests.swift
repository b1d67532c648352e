import Foundation
import System
import TestSupport
import Testing

@testable import Snapshots

@Suite struct ExportTests {
    let fixture: Fixture
    let store: SnapshotStore

    init() throws {
        fixture = try Fixture()
        var random = SeededRandom(state: 51)
        try makeDisk(fixture.disk, size: 40 * cluster, [(0, random.data(40 * cluster))])
        store = try fixture.store()
        _ = try store.copy(try fixture.job(1))
    }

    private func failure(_ path: String, store: SnapshotStore? = nil) -> ExportFailure? {
        #expect(throws: ExportFailure.self) {
            try (store ?? self.store).export(manifest: 1, to: path, peer: fixture.peer)
        }
    }

    private func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: fixture.directory.path).sorted()
    }

    @Test func neverOverwrites() throws {
        try Data("mine".utf8).write(to: URL(fileURLWithPath: fixture.target))
        #expect(failure(fixture.target)?.kind == .destination)
        #expect(failure(fixture.target)?.reason == "\(fixture.target) already exists")
        #expect(try contents(fixture.target) == Data("mine".utf8))
        unlink(fixture.target)
        // A link that leads nowhere is something that exists, too.
        try FileManager.default.createSymbolicLink(
            atPath: fixture.target, withDestinationPath: "\(fixture.directory.path)/nowhere")
        #expect(failure(fixture.target)?.errno == .exists)
        #expect(try names() == ["data", "disk.raw", "export.raw"])
    }

    /// Someone makes the file while the export runs: theirs stays, ours goes.
    @Test func nameTakenMeanwhile() throws {
        let target = fixture.target
        var calls = SystemCalls.live
        calls.linkat = {
            try! Data("mine".utf8).write(to: URL(fileURLWithPath: target))
            return SystemCalls.live.linkat($0, $1, $2, $3)
        }
        let failure = failure(target, store: try fixture.store(calls))
        #expect(failure?.reason == "\(target) already exists")
        #expect(try contents(target) == Data("mine".utf8))
        #expect(try names() == ["data", "disk.raw", "export.raw"])
    }

    @Test func unusablePaths() throws {
        let directory = fixture.directory.path
        for (path, part) in [
            (directory, "is a directory"), ("\(directory)/", "names no file"),
            ("\(directory)/.", "names no file"), ("", "names no file"), ("/", "names no file"),
            ("\(directory)/a\0b", "names no file"),
            ("\(directory)/missing/x", "No such file or directory"),
            ("\(fixture.disk)/x", "Not a directory"),
            ("\(directory)/\(String(repeating: "n", count: 256))", "File name too long"),
            ("/proc/x", "/proc/x cannot be"),
        ] {
            let failure = failure(path)
            #expect(failure?.kind == .destination, "\(path)")
            #expect(failure?.reason.contains(part) == true, "\(failure?.reason ?? "")")
            #expect(failure?.hint.isEmpty == false)
        }
        #expect(try names() == ["data", "disk.raw"])
    }

    @Test func noHardLinks() throws {
        var calls = SystemCalls.live
        calls.linkat = { _, _, _, _ in -Int(Errno.notPermitted.rawValue) }
        let failure = failure(fixture.target, store: try fixture.store(calls))
        #expect(failure?.reason.contains("without hard links") == true)
        #expect(try names() == ["data", "disk.raw"])
    }

    /// A manifest that names slots which the segment's index does not have.
    @Test func slotsBeyondTheIndex() throws {
        let reader = try store.openManifest(1)
        let segments = try reader.segments()
        let calls = SystemCalls.live
        for slot in [30, 40, 1 << 40, (1 << 61) + 3] as [UInt64] {
            let file = try calls.openFile(
                "\(fixture.data)/manifests/2", [.writeOnly, .create, .truncate])
            let writer = ManifestWriter(
                file, number: 2, fileID: 5, diskBytes: reader.header.diskBytes, calls)
            try writer.append(Run(cluster: 3, count: 16, segment: 1, slot: slot))
            _ = try writer.finish(segments: segments)
            let failure = #expect(throws: ExportFailure.self) {
                try store.export(manifest: 2, to: fixture.target, peer: fixture.peer)
            }
            #expect(failure?.read?.byteRange == Int64(3 * cluster)..<Int64(19 * cluster))
            #expect(failure?.read?.isDamage == true)
        }
    }

    @Test func noPermission() throws {
        var calls = SystemCalls.live
        calls.openat = { directory, path, flags, mode in
            if path.hasPrefix(".imaged-") { return -Int(Errno.accessDenied.rawValue) }
            return SystemCalls.live.openat(directory, path, flags, mode)
        }
        let failure = failure(fixture.target, store: try fixture.store(calls))
        #expect(failure?.kind == .destination)
        #expect(failure?.hint == "let the daemon's user write there")
    }

    @Test func relativeAndOddNames() throws {
        let directory = fixture.directory.path
        // A combining accent right after the slash.
        for name in ["\u{301}a", "with space", "-rf", "ä€😀"] {
            let path = "\(directory)/\(name)"
            _ = try store.export(manifest: 1, to: path, peer: fixture.peer)
            #expect(try SystemCalls.live.status(of: path).sizeBytes == Int64(40 * cluster))
            unlink(path)
        }
        #expect(try names() == ["data", "disk.raw"])
    }

    @Test func missingSnapshot() throws {
        let failure = #expect(throws: ExportFailure.self) {
            try store.export(manifest: 77, to: fixture.target, peer: fixture.peer)
        }
        #expect(failure?.kind == .snapshot)
        #expect(failure?.read?.manifest == 77)
        #expect(failure?.reason.contains("manifests/77") == true)
    }

    @Test func cancelledInTheMiddle() throws {
        let progress = JobProgress()
        var calls = SystemCalls.live
        calls.pwrite = { file, buffer, offset in
            if offset >= 1 << 20 { progress.cancel() }
            return SystemCalls.live.pwrite(file, buffer, offset)
        }
        let failure = #expect(throws: ExportFailure.self) {
            try fixture.store(calls)
                .export(manifest: 1, to: fixture.target, peer: fixture.peer, progress: progress)
        }
        #expect(failure?.kind == .cancelled)
        #expect(progress.bytesDone == 2 << 20)
        #expect(try names() == ["data", "disk.raw"])
    }

    /// Until it is whole the file has a name that nobody can guess, and only its owner reads it.
    @Test func temporaryName() throws {
        let seen = Lock<[String]>([])
        var calls = SystemCalls.live
        calls.openat = { directory, path, flags, mode in
            if flags & O_CREAT != 0 {
                seen.withLock { $0.append(path) }
                #expect(flags & (O_EXCL | O_NOFOLLOW) == O_EXCL | O_NOFOLLOW)
                #expect(mode == 0o600)
            }
            return SystemCalls.live.openat(directory, path, flags, mode)
        }
        let store = try fixture.store(calls)
        for _ in 0..<2 {
            _ = try store.export(manifest: 1, to: fixture.target, peer: fixture.peer)
            unlink(fixture.target)
        }
        let temporary = seen.withLock { $0 }
        #expect(temporary.count == 2)
        #expect(Set(temporary).count == 2)
        #expect(temporary.allSatisfy { $0.hasPrefix(".imaged-") && $0.hasSuffix(".part") })
    }

    /// A manifest over many segments, more than are kept open: read without a chain to walk.
    @Test func manySegments() throws {
        var random = SeededRandom(state: 61)
        let count: UInt64 = 40
        var expected = Data()
        let calls = SystemCalls.live
        let writer = ManifestWriter(
            try calls.openFile("\(fixture.data)/manifests/900", [.writeOnly, .create]),
            number: 900, fileID: 1, diskBytes: Int64(2 * count) * Int64(cluster), calls)
        var segments: [SegmentReference] = []
        var slots: [(UInt64, Data)] = []
        for number in 0..<count {
            let data = random.data(2 * cluster)
            let reference = SegmentReference(number: 100 + number, fileID: random.next())
            let path = "\(fixture.data)/segments/\(reference.number)"
            let segment = SegmentWriter(
                reference, segment: try calls.openFile(path, [.writeOnly, .create]),
                index: try calls.openFile("\(path).index", [.writeOnly, .create]), calls)
            _ = try data.withUnsafeBytes { try segment.append($0) }
            try segment.finish()
            segments.append(reference)
            slots.append((reference.number, data))
        }
        // First every segment's second slot, then every segment's first one.
        for (slot, start) in [(1, cluster), (0, 0)] {
            for (number, data) in slots {
                let place = UInt64(expected.count / cluster)
                try writer.append(
                    Run(cluster: place, count: 1, segment: number, slot: UInt64(slot)))
                expected += data[start..<start + cluster]
            }
        }
        _ = try writer.finish(segments: segments)
        #expect(try store.check(manifest: 900) == segments.map(\.number))
        #expect(try fixture.exported(900) == expected)
    }
}
