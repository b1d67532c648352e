import Foundation
import System
import TestSupport
import Testing

@testable import Snapshots

/// T3: the Nth system call fails, for every N, until a run needs no more. A job that fails for
/// ever after N also stands for a daemon that was killed there: nothing of it is cleaned up.
@Suite struct FaultTests {
    let fixture: Fixture
    let original: Data

    /// Snapshot 1 exists; the disk then changes.
    init() throws {
        fixture = try Fixture()
        var random = SeededRandom(state: 21)
        try makeDisk(fixture.disk, size: 6 * cluster + 77, [(0, random.data(cluster + 5))])
        try fixture.copy(1)
        original = try contents(fixture.disk)
        try makeDisk(
            fixture.disk, size: 9 * cluster + 77,
            [(0, random.data(cluster + 5)), (7 * cluster, random.data(2 * cluster + 77))])
    }

    private let first = ["manifests/1", "segments/1", "segments/1.index"]
    private let second = ["manifests/2", "segments/2", "segments/2.index"]

    @Test(arguments: Injection.failing + Injection.invisible)
    func copy(_ injection: Injection) throws {
        let job = try fixture.job(2)
        let bytes = try contents(fixture.disk)
        try injection.everyCall { calls in
            do {
                _ = try fixture.store(calls).copy(job)
                return true
            } catch is SystemError {
                return false
            } catch let failure as CopyFailure {
                #expect(!failure.reason.isEmpty && !failure.hint.isEmpty && failure.errno != nil)
                return false
            }
        } after: { call, succeeded in
            let store = try fixture.store()
            if succeeded {
                #expect(try fixture.exported(2) == bytes)
                #expect(try fixture.files() == (first + second).sorted())
                try store.deleteManifest(2)
                try store.deleteSegment(2)
            } else {
                if !injection.forEver { #expect(try fixture.files() == first, "call \(call)") }
                let removed = try store.removeOrphans(keepingManifests: [1], segments: [1])
                #expect(injection.forEver || removed.isEmpty)
            }
            #expect(try fixture.files() == first, "call \(call)")
            #expect(try fixture.exported(1) == original)
        }
        #expect(try fixture.exported(2) == bytes)
    }

    /// Killed at any call and started again: the job is done again under its number, over
    /// whatever is left, or cleared away first.
    @Test(arguments: [false, true]) func copyAgainAfterCrash(_ clearing: Bool) throws {
        let job = try fixture.job(2)
        let bytes = try contents(fixture.disk)
        try Injection(kind: .errno(.io), forEver: true).everyCall { calls in
            do {
                _ = try fixture.store(calls).copy(job)
                return true
            } catch {
                return false
            }
        } after: { call, _ in
            let store = try fixture.store()
            if clearing { _ = try store.removeOrphans(keepingManifests: [1], segments: [1]) }
            _ = try store.copy(job)
            #expect(try fixture.files() == (first + second).sorted(), "call \(call)")
            #expect(try fixture.exported(2) == bytes)
        }
    }

    @Test(arguments: Injection.failing + Injection.invisible)
    func export(_ injection: Injection) throws {
        try fixture.copy(2)
        let bytes = try contents(fixture.disk)
        try injection.everyCall { calls in
            do {
                _ = try fixture.store(calls)
                    .export(manifest: 2, to: fixture.target, peer: fixture.peer)
                return true
            } catch is SystemError {
                return false
            } catch let failure as ExportFailure {
                #expect(!failure.reason.isEmpty && !failure.hint.isEmpty && failure.errno != nil)
                return false
            }
        } after: { call, succeeded in
            let names = try FileManager.default.contentsOfDirectory(atPath: fixture.directory.path)
            let left = names.filter { !["data", "disk.raw"].contains($0) }
            if succeeded {
                #expect(left == ["export.raw"])
                #expect(try contents(fixture.target) == bytes, "call \(call)")
            } else if !injection.forEver {
                #expect(left.isEmpty, "call \(call)")
            } else if left.contains("export.raw") {
                // Nothing could be removed any more, but what has the name is whole.
                #expect(try contents(fixture.target) == bytes, "call \(call)")
            }
            for name in left { unlink("\(fixture.directory.path)/\(name)") }
        }
    }

    @Test(arguments: Injection.failing + Injection.invisible)
    func deleteAndRemoveOrphans(_ injection: Injection) throws {
        let bytes = try contents(fixture.disk)
        for number in 2...3 as ClosedRange<UInt64> { try fixture.copy(number) }
        try makeDisk("\(fixture.data)/tmp/9.segment", size: 10)
        try injection.everyCall(atLeast: 15) { calls in
            do {
                let store = try fixture.store(calls)
                try store.deleteManifest(2)
                try store.deleteSegment(2)
                _ = try store.removeOrphans(keepingManifests: [1], segments: [1])
                return true
            } catch is SystemError {
                return false
            }
        } after: { call, succeeded in
            // Done again, it is finished.
            let store = try fixture.store()
            try store.deleteManifest(2)
            try store.deleteSegment(2)
            _ = try store.removeOrphans(keepingManifests: [1], segments: [1])
            #expect(try fixture.files() == first, "call \(call)")
            #expect(try fixture.exported(1) == original)
            for number in 2...3 as ClosedRange<UInt64> { try fixture.copy(number) }
            #expect(try fixture.exported(3) == bytes)
            try makeDisk("\(fixture.data)/tmp/9.segment", size: 10)
        }
    }

    /// Every read and write moves one byte at a time.
    @Test func everyTransferIsShort() throws {
        try makeDisk(fixture.disk, size: 900, [(100, Data("short".utf8))])
        let faults = Faults(call: 1, .short, forEver: true)
        let store = try fixture.store(SystemCalls.live.failing(faults))
        _ = try store.copy(try fixture.job(2))
        _ = try store.export(manifest: 2, to: fixture.target, peer: fixture.peer)
        #expect(try contents(fixture.target) == contents(fixture.disk))
        #expect(faults.injectedCount > 2 * cluster)
    }

    /// A file system that says 0 bytes were written must not make the job spin.
    @Test func writeOfNothing() throws {
        var calls = SystemCalls.live
        calls.pwrite = { _, _, _ in 0 }
        let store = try fixture.store(calls)
        let job = try fixture.job(2)
        let failure = #expect(throws: CopyFailure.self) { try store.copy(job) }
        #expect(failure?.kind == .noSpace)
        #expect(try fixture.files() == first)
    }

    /// R6: nothing gets its name before its bytes are synced, the manifest last, and the
    /// directories are synced before the copy is reported.
    @Test func orderOfTheCopy() throws {
        let events = Lock<[String]>([])
        @Sendable func note(_ event: String) { events.withLock { $0.append(event) } }
        let data = fixture.data
        @Sendable func name(_ file: CInt) -> String {
            let path = try? FileManager.default.destinationOfSymbolicLink(
                atPath: "/proc/self/fd/\(file)")
            return path?.replacingOccurrences(of: data + "/", with: "") ?? "?"
        }
        var calls = SystemCalls.live
        calls.fdatasync = {
            note("fdatasync \(name($0))")
            return SystemCalls.live.fdatasync($0)
        }
        calls.fsync = {
            note("fsync \(name($0))")
            return SystemCalls.live.fsync($0)
        }
        calls.pwrite = {
            note("write \(name($0))")
            return SystemCalls.live.pwrite($0, $1, $2)
        }
        calls.renameat = {
            note("rename \($1) \(name($2))/\($3)")
            return SystemCalls.live.renameat($0, $1, $2, $3)
        }
        let store = try fixture.store(calls)
        let job = try fixture.job(2)
        events.withLock { $0 = [] }
        _ = try store.copy(job)
        let order = events.withLock { $0 }
        #expect(
            order.filter { !$0.hasPrefix("write") } == [
                "fdatasync tmp/2.segment", "fdatasync tmp/2.index", "fdatasync tmp/2.manifest",
                "rename 2.segment segments/2", "rename 2.index segments/2.index",
                "fsync segments", "rename 2.manifest manifests/2", "fsync manifests",
            ])
        for file in ["tmp/2.segment", "tmp/2.index", "tmp/2.manifest"] {
            let lastWrite = try #require(order.lastIndex(of: "write \(file)"))
            let sync = try #require(order.firstIndex(of: "fdatasync \(file)"))
            #expect(lastWrite < sync)
        }
        // Neighbouring clusters go out in one write: two runs, their header.
        #expect(order.filter { $0 == "write tmp/2.segment" }.count == 3)
    }

    @Test(
        .enabled(if: getuid() == 0 && Tool.available("mount"), "only root can mount a tmpfs"))
    func realFullDisk() throws {
        let mounted = try Tool.run(
            "mount", ["-t", "tmpfs", "-o", "size=300k", "tmpfs", fixture.data])
        try #require(mounted.status == 0, "\(mounted.err)")
        defer { _ = try? Tool.run("umount", ["-l", fixture.data]) }
        var random = SeededRandom(state: 1)
        try makeDisk(fixture.disk, size: 8 * cluster, [(0, random.data(8 * cluster))])
        let job = try fixture.job(2)
        let early = #expect(throws: CopyFailure.self) { try fixture.store().copy(job) }
        #expect(early?.kind == .noSpace)
        // The file system claims more than it has: the write itself meets the end.
        var calls = SystemCalls.live
        calls.fstatfs = { file, into in
            let returned = SystemCalls.live.fstatfs(file, &into)
            into?.freeBytes = .max
            return returned
        }
        let late = #expect(throws: CopyFailure.self) { try fixture.store(calls).copy(job) }
        #expect(late?.kind == .noSpace)
        #expect(late?.errno == .noSpace)
        #expect(try fixture.files() == [])
        // What fits still works, and an export to the full file system fails cleanly.
        try makeDisk(fixture.disk, size: 8 * cluster, [(0, random.data(3 * cluster))])
        try fixture.copy(2)
        let full = #expect(throws: ExportFailure.self) {
            try fixture.store()
                .export(manifest: 2, to: "\(fixture.data)/x", peer: fixture.peer)
        }
        #expect(full?.kind == .noSpace)
        let overfull = #expect(throws: ExportFailure.self) {
            try fixture.store(calls)
                .export(manifest: 2, to: "\(fixture.data)/x", peer: fixture.peer)
        }
        #expect(overfull?.kind == .noSpace)
        let names = try FileManager.default.contentsOfDirectory(atPath: fixture.data).sorted()
        #expect(names == ["disks", "manifests", "segments", "tmp"])
        #expect(try fixture.exported(2) == contents(fixture.disk))
    }
}
