import Foundation
import System
import TestSupport
import Testing

@testable import Snapshots

/// F7: the source changes between its capture and the end of the copy.
@Suite struct ChangingSourceTests {
    let fixture: Fixture
    let original: Data

    init() throws {
        fixture = try Fixture()
        var random = SeededRandom(state: 41)
        try makeDisk(fixture.disk, size: 40 * cluster, [(0, random.data(40 * cluster))])
        original = try contents(fixture.disk)
    }

    enum Change: CaseIterable, Sendable {
        case write, touch, permissions, grow, shrink, replace, remove, growAndShrinkBack

        func make(_ path: String) throws {
            switch self {
            case .write:
                let file = open(path, O_WRONLY)
                try #require(pwrite(file, "x", 1, 5) == 1)
                close(file)
            case .touch: try #require(utimes(path, nil) == 0)
            case .permissions: try #require(chmod(path, 0o640) == 0)
            case .grow: try #require(truncate(path, off_t(41 * cluster)) == 0)
            case .shrink: try #require(truncate(path, off_t(3 * cluster + 9)) == 0)
            case .replace:
                try makeDisk(path + ".new", size: 40 * cluster)
                try #require(rename(path + ".new", path) == 0)
            case .remove: try #require(unlink(path) == 0)
            case .growAndShrinkBack:
                try #require(truncate(path, off_t(41 * cluster)) == 0)
                try #require(truncate(path, off_t(40 * cluster)) == 0)
            }
        }
    }

    /// Calls that make `change` just before the read number `read` of the source's bytes.
    private func calls(_ change: Change, beforeRead read: Int) throws -> SystemCalls {
        let reads = Lock(0)
        let path = fixture.disk
        let inode = try SystemCalls.live.status(of: path).inode
        var calls = SystemCalls.live
        calls.pread = { file, buffer, offset in
            var found: FileStatus?
            _ = SystemCalls.live.fstatat(file, "", 0x1000, &found)
            let isSource = found?.inode == inode
            let number = reads.withLock { count in
                if isSource { count += 1 }
                return count
            }
            if isSource && number == read { try! change.make(path) }
            return SystemCalls.live.pread(file, buffer, offset)
        }
        return calls
    }

    @Test(arguments: Change.allCases) func betweenCaptureAndCopy(_ change: Change) throws {
        let job = try fixture.job(1)
        try change.make(fixture.disk)
        let failure = #expect(throws: CopyFailure.self) { try fixture.store().copy(job) }
        #expect(failure?.kind == (change == .remove ? .source(.unusable) : .sourceChanged))
        #expect(failure?.reason.contains(fixture.disk) == true)
        #expect(failure?.hint.isEmpty == false)
        #expect(try fixture.files() == [])
    }

    @Test(arguments: Change.allCases, [1, 3]) func whileCopying(_ change: Change, _ read: Int)
        throws
    {
        let job = try fixture.job(1)
        let store = try fixture.store(try calls(change, beforeRead: read))
        let failure = #expect(throws: CopyFailure.self) { try store.copy(job) }
        #expect(failure?.kind == .sourceChanged)
        #expect(failure?.reason.contains(fixture.disk) == true)
        #expect(failure?.hint.isEmpty == false)
        #expect(try fixture.files() == [])
        // The next image of what is there now is whole.
        guard change != .remove else { return }
        try fixture.copy(2)
        #expect(try fixture.exported(2) == contents(fixture.disk))
    }

    /// Taken live, a change of the bytes is told; a file of another size still fails.
    @Test(arguments: Change.allCases) func whileCopyingLive(_ change: Change) throws {
        let job = try fixture.job(1, allowLive: true)
        let store = try fixture.store(try calls(change, beforeRead: 3))
        switch change {
        case .grow, .shrink:
            let failure = #expect(throws: CopyFailure.self) { try store.copy(job) }
            #expect(failure?.kind == .sourceChanged)
            #expect(try fixture.files() == [])
        default:
            #expect(try store.copy(job).consistency == .live)
            // The write came after its cluster was read.
            #expect(try fixture.exported(1) == original)
        }
    }

    @Test func liveButUntouchedIsAtRest() throws {
        let job = try fixture.job(1, allowLive: true)
        #expect(try fixture.store().copy(job).consistency == .atRest)
    }

    /// Time of the last change set back: ctime tells all the same.
    @Test func hiddenChange() throws {
        let job = try fixture.job(1)
        try Change.write.make(fixture.disk)
        let nanoseconds = job.capture.modifiedNanoseconds
        let time = timespec(
            tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
        try #require(utimensat(AT_FDCWD, fixture.disk, [time, time], 0) == 0)
        let failure = #expect(throws: CopyFailure.self) { try fixture.store().copy(job) }
        #expect(failure?.kind == .sourceChanged)
    }

    /// However soon after the capture: the capture has waited until the clock ticked.
    @Test func everyChangeAfterACaptureIsSeen() throws {
        let store = try fixture.store()
        try makeDisk(fixture.disk, size: 10, [(0, Data([1]))])
        for round in 0..<20 {
            try Change.write.make(fixture.disk)
            let job = try fixture.job(1)
            try Change.write.make(fixture.disk)
            #expect(throws: CopyFailure.self, "round \(round)") { try store.copy(job) }
        }
    }

    @Test func unreadableSector() throws {
        let job = try fixture.job(1)
        let inode = job.capture.inode
        var calls = SystemCalls.live
        calls.pread = { file, buffer, offset in
            var found: FileStatus?
            _ = SystemCalls.live.fstatat(file, "", 0x1000, &found)
            if found?.inode == inode, offset >= 16 * cluster { return -Int(Errno.io.rawValue) }
            return SystemCalls.live.pread(file, buffer, offset)
        }
        let store = try fixture.store(calls)
        let failure = #expect(throws: CopyFailure.self) { try store.copy(job) }
        #expect(failure?.kind == .sourceUnreadable)
        #expect(failure?.errno == .io)
        #expect(failure?.reason.contains("\(fixture.disk) cannot be read at byte 1048576") == true)
        #expect(try fixture.files() == [])
    }

    // MARK: Cancelling and space

    @Test(arguments: [0, 1, 2]) func cancelled(afterReads reads: Int) throws {
        let job = try fixture.job(1)
        let progress = JobProgress()
        let count = Lock(0)
        var calls = SystemCalls.live
        calls.pread = { file, buffer, offset in
            let number = count.withLock { count in
                count += 1
                return count
            }
            if number == reads { progress.cancel() }
            return SystemCalls.live.pread(file, buffer, offset)
        }
        if reads == 0 { progress.cancel() }
        let store = try fixture.store(calls)
        let failure = #expect(throws: CopyFailure.self) {
            try store.copy(job, progress: progress)
        }
        #expect(failure?.kind == .cancelled)
        #expect(count.withLock { $0 } == reads)
        #expect(progress.bytesDone == Int64(reads) << 20)
        #expect(try fixture.files() == [])
    }

    @Test func leavesTheReserve() throws {
        var calls = SystemCalls.live
        calls.fstatfs = { file, into in
            let returned = SystemCalls.live.fstatfs(file, &into)
            into?.freeBytes = Int64(50 * cluster)
            return returned
        }
        let store = try fixture.store(calls)
        let job = try fixture.job(1, reserve: Int64(10 * cluster))
        #expect(throws: Never.self) { try store.copy(job) }
        for reserve in [Int64(10 * cluster) + 1, .max] {
            let job = try fixture.job(2, reserve: reserve)
            let failure = #expect(throws: CopyFailure.self) { try store.copy(job) }
            #expect(failure?.kind == .noSpace)
            #expect(failure?.reason.contains("\(reserve) stay reserved") == true)
        }
        #expect(try fixture.files() == ["manifests/1", "segments/1", "segments/1.index"])
    }
}
