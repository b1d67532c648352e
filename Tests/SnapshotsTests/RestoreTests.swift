import Foundation
import System
import TestSupport
import Testing

@testable import Snapshots

/// Disk files made of snapshots: their bytes, their names, and that a failure leaves nothing.
@Suite struct RestoreTests {
    let fixture: Fixture
    let store: SnapshotStore
    let original: Data
    /// The disk ends within a cluster, and has a hole.
    private static let diskBytes = 40 * cluster + 1234

    init() throws {
        fixture = try Fixture()
        var random = SeededRandom(state: 77)
        try makeDisk(
            fixture.disk, size: Self.diskBytes,
            [(0, random.data(20 * cluster)), (30 * cluster + 9, random.data(10 * cluster))])
        try fixture.copy(1)
        store = try fixture.store()
        original = try contents(fixture.disk)
    }

    private var place: FilePlace {
        FilePlace(path: fixture.target, temporary: "\(fixture.directory.path)/.imaged-1.part")
    }

    @discardableResult
    private func restore(
        _ store: SnapshotStore? = nil, sizeBytes: Int64 = 0, to place: FilePlace? = nil
    ) throws -> RestoredDisk {
        try (store ?? self.store).restore(
            manifest: 1, sizeBytes: sizeBytes, to: place ?? self.place, peer: fixture.peer)
    }

    private func names(_ path: String? = nil) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path ?? fixture.directory.path)
            .sorted()
    }

    private func status(_ path: String) throws -> FileStatus {
        try SystemCalls.live.status(of: path)
    }

    // MARK: What is made

    @Test func theDiskUnderBothNames() throws {
        let made = try restore()
        #expect(try contents(fixture.target) == original)
        let status = try status(fixture.target)
        #expect(made.inode == status.inode && made.device == status.device)
        #expect(made.sizeBytes == Self.diskBytes)
        #expect(try self.status(place.temporary).inode == made.inode)
        #expect(try allocatedBytes(fixture.target) < Int64(Self.diskBytes))
        var found = stat()
        #expect(stat(fixture.target, &found) == 0 && found.st_mode & 0o7777 == 0o600)
    }

    @Test(arguments: [0, 1, diskBytes, diskBytes + 1, 41 * cluster, 1 << 30])
    func asLargeAsItIsWanted(_ wanted: Int) throws {
        let made = try restore(sizeBytes: Int64(wanted))
        let size = Int64(max(wanted, Self.diskBytes))
        #expect(made.sizeBytes == size)
        #expect(try status(fixture.target).sizeBytes == size)
        #expect(try contents(fixture.target).prefix(Self.diskBytes) == original)
        #expect(try allocatedBytes(fixture.target) < 45 * Int64(cluster), "a hole behind")
    }

    @Test func inTheDataDirectory() throws {
        let inDisks = FilePlace(path: "disks/7.raw", temporary: "disks/.imaged-1.part")
        try restore(to: inDisks)
        #expect(try contents("\(fixture.data)/disks/7.raw") == original)
        #expect(try names("\(fixture.data)/disks") == [".imaged-1.part", "7.raw"])
        let again = #expect(throws: ExportFailure.self) { try restore(to: inDisks) }
        #expect(again?.errno == .exists)
        #expect(try names("\(fixture.data)/disks") == [".imaged-1.part", "7.raw"])
        #expect(try store.removeOrphanDisks(keeping: ["7.raw"]) == ["disks/.imaged-1.part"])
        #expect(try store.removeOrphanDisks(keeping: []) == ["disks/7.raw"])
    }

    @Test func onlyOursAreOrphans() throws {
        for name in ["8.raw", "08.raw", "x.raw", "8", ".imaged-2.part", ".imaged-2", "8.raw.bak"] {
            try makeDisk("\(fixture.data)/disks/\(name)", size: 1)
        }
        try FileManager.default.createDirectory(
            atPath: "\(fixture.data)/disks/9.raw", withIntermediateDirectories: false)
        #expect(
            try store.removeOrphanDisks(keeping: []) == ["disks/.imaged-2.part", "disks/8.raw"])
    }

    @Test func neverOverSomething() throws {
        try Data("mine".utf8).write(to: URL(fileURLWithPath: fixture.target))
        let failure = #expect(throws: ExportFailure.self) { try restore() }
        #expect(failure?.errno == .exists && failure?.kind == .destination)
        #expect(try contents(fixture.target) == Data("mine".utf8))
        #expect(try names() == ["data", "disk.raw", "export.raw"])
    }

    @Test func damageMakesNothing() throws {
        let segment = "\(fixture.data)/segments/1"
        var bytes = try contents(segment)
        bytes[25 * cluster] ^= 1
        try bytes.write(to: URL(fileURLWithPath: segment))
        let failure = #expect(throws: ExportFailure.self) { try restore() }
        #expect(failure?.kind == .snapshot && failure?.read?.isDamage == true)
        #expect(try names() == ["data", "disk.raw"])
    }

    // MARK: Clones

    /// A file system that clones, played by copies; notes what was cloned and written.
    private func cloning(
        _ answer: @escaping @Sendable (Int64) -> Errno? = { _ in nil }
    ) -> (calls: SystemCalls, cloned: Lock<[Range<Int64>]>, written: Lock<[Range<Int64>]>) {
        let cloned = Lock<[Range<Int64>]>([])
        let written = Lock<[Range<Int64>]>([])
        var calls = SystemCalls.live
        calls.cloneRange = { source, offset, count, destination, destinationOffset in
            if let errno = answer(destinationOffset) { return -Int(errno.rawValue) }
            cloned.withLock { $0.append(destinationOffset..<destinationOffset + count) }
            let buffer = UnsafeMutableRawBufferPointer.allocate(
                byteCount: Int(count), alignment: 8)
            defer { buffer.deallocate() }
            guard pread(source, buffer.baseAddress, buffer.count, off_t(offset)) == count,
                pwrite(destination, buffer.baseAddress, buffer.count, off_t(destinationOffset))
                    == count
            else { return -Int(EIO) }
            return 0
        }
        calls.pwrite = { file, buffer, offset in
            written.withLock { $0.append(offset..<offset + Int64(buffer.count)) }
            return SystemCalls.live.pwrite(file, buffer, offset)
        }
        return (calls, cloned, written)
    }

    @Test func wholeClustersAreCloned() throws {
        let (calls, cloned, written) = cloning()
        try restore(try fixture.store(calls), sizeBytes: 1 << 24)
        #expect(try contents(fixture.target).prefix(Self.diskBytes) == original)
        let size = Int64(cluster)
        let ranges = cloned.withLock { $0 }
        #expect(
            ranges.allSatisfy { $0.lowerBound % size == 0 && $0.upperBound % size == 0 })
        #expect(ranges.map { $0.count / cluster }.reduce(0, +) == 30)
        // The last cluster is a part of one, and holds what is left of the disk alone.
        #expect(written.withLock { $0 } == [40 * size..<Int64(Self.diskBytes)])
    }

    /// What is cloned was judged by its checksum first.
    @Test func damageIsNotCloned() throws {
        let segment = "\(fixture.data)/segments/1"
        var bytes = try contents(segment)
        bytes[25 * cluster] ^= 1
        try bytes.write(to: URL(fileURLWithPath: segment))
        let (calls, cloned, _) = cloning()
        let store = try fixture.store(calls)
        let failure = #expect(throws: ExportFailure.self) { try restore(store) }
        #expect(failure?.read?.isDamage == true)
        // Only the run that came before.
        let ranges = cloned.withLock { $0 }
        #expect(ranges.map(\.upperBound).max() == 20 * Int64(cluster))
        #expect(try names() == ["data", "disk.raw"])
    }

    @Test(arguments: [Errno.notSupported, .crossDevice, .invalid, .notTerminal])
    func whatCannotBeClonedIsWritten(_ errno: Errno) throws {
        // At once, and in the middle.
        for limit in [0, 1 << 20] as [Int64] {
            let (calls, cloned, _) = cloning { $0 >= limit ? errno : nil }
            try restore(try fixture.store(calls))
            #expect(try contents(fixture.target) == original)
            #expect(cloned.withLock { $0.count } == (limit == 0 ? 0 : 1))
            try store.remove(
                LeftFile(path: place.path, temporary: place.temporary), peer: fixture.peer)
        }
    }

    @Test func aFullFileSystemStopsAClone() throws {
        let (calls, _, _) = cloning { $0 > 0 ? .noSpace : nil }
        let store = try fixture.store(calls)
        let failure = #expect(throws: ExportFailure.self) { try restore(store) }
        #expect(failure?.kind == .noSpace)
        #expect(try names() == ["data", "disk.raw"])
    }

    /// A clone needs no room: only what must be written does.
    @Test func aCloneNeedsNoRoom() throws {
        var (calls, _, _) = cloning()
        calls.fstatfs = { file, into in
            let returned = SystemCalls.live.fstatfs(file, &into)
            into?.freeBytes = 0
            return returned
        }
        try restore(try fixture.store(calls))
        #expect(try contents(fixture.target) == original)
        unlink(fixture.target)
        unlink(place.temporary)
        calls.cloneRange = { _, _, _, _, _ in -Int(Errno.notSupported.rawValue) }
        let store = try fixture.store(calls)
        let failure = #expect(throws: ExportFailure.self) { try restore(store) }
        #expect(failure?.kind == .noSpace)
    }

    @Test func exportsAreClonesToo() throws {
        let (calls, cloned, _) = cloning()
        _ = try fixture.store(calls).export(
            manifest: 1, to: fixture.target, peer: fixture.peer)
        #expect(cloned.withLock { !$0.isEmpty })
        #expect(try contents(fixture.target) == original)
        #expect(try names() == ["data", "disk.raw", "export.raw"])
    }

    // MARK: T3

    @Test(arguments: Injection.failing)
    func everyFailingCall(_ injection: Injection) throws {
        let files = try names()
        for call in 1... {
            let faults = Faults(call: call, injection.kind, forEver: injection.forEver)
            let (cloning, _, _) = cloning()
            var made: RestoredDisk?
            do {
                let store = try fixture.store(cloning.failing(faults))
                made = try store.restore(
                    manifest: 1, sizeBytes: 0, to: place, peer: fixture.peer)
            } catch is ExportFailure {
            } catch is SystemError {}
            if made != nil {
                #expect(try contents(fixture.target) == original, "call \(call)")
            } else if !injection.forEver {
                // What it could not remove itself, the intent does.
                let left = try names().filter { !files.contains($0) }
                #expect(left.allSatisfy { $0 == ".imaged-1.part" || $0 == "export.raw" })
            }
            try store.remove(
                LeftFile(path: place.path, temporary: place.temporary), peer: fixture.peer)
            #expect(try names() == files, "call \(call)")
            if faults.injectedCount == 0 {
                #expect(made != nil && call > 20)
                return
            }
        }
    }

    @Test(arguments: Injection.invisible)
    func interruptedAndShortCalls(_ injection: Injection) throws {
        for call in 1... {
            let faults = Faults(call: call, injection.kind)
            try restore(try fixture.store(SystemCalls.live.failing(faults)))
            #expect(try contents(fixture.target) == original, "call \(call)")
            try store.remove(
                LeftFile(path: place.path, temporary: place.temporary), peer: fixture.peer)
            if faults.injectedCount == 0 { return }
        }
    }

    /// Removing fails at every call, and is done again.
    @Test(arguments: Injection.failing)
    func removingIsDoneAgain(_ injection: Injection) throws {
        let left = LeftFile(path: place.path, temporary: place.temporary)
        for call in 1... {
            try restore()
            let faults = Faults(call: call, injection.kind, forEver: injection.forEver)
            if let store = try? fixture.store(SystemCalls.live.failing(faults)) {
                try? store.remove(left, peer: fixture.peer)
            }
            try store.remove(left, peer: fixture.peer)
            #expect(try names() == ["data", "disk.raw"], "call \(call)")
            if faults.injectedCount == 0 { return }
        }
    }

    /// The order that makes a crash harmless: bytes, then the name, then the directory.
    @Test func orderOfTheWork() throws {
        let events = Lock<[String]>([])
        var calls = SystemCalls.live
        calls.fdatasync = {
            events.withLock { $0.append("fdatasync") }
            return SystemCalls.live.fdatasync($0)
        }
        calls.fsync = {
            events.withLock { $0.append("fsync") }
            return SystemCalls.live.fsync($0)
        }
        calls.linkat = {
            let name = $3
            events.withLock { $0.append("link \(name)") }
            return SystemCalls.live.linkat($0, $1, $2, $3)
        }
        calls.unlinkat = {
            let name = $1
            events.withLock { $0.append("unlink \(name)") }
            return SystemCalls.live.unlinkat($0, $1, $2)
        }
        let store = try fixture.store(calls)
        events.withLock { $0 = [] }
        try restore(store)
        #expect(events.withLock { $0 } == ["fdatasync", "link export.raw", "fsync"])
        events.withLock { $0 = [] }
        try store.remove(
            LeftFile(path: place.path, temporary: place.temporary), peer: fixture.peer)
        #expect(
            events.withLock { $0 } == ["unlink export.raw", "unlink .imaged-1.part", "fsync"])
    }

    // MARK: Removing

    @Test func onlyTheFileThatIsMeantGoes() throws {
        let made = try restore()
        let peer = fixture.peer
        // Committed: only the temporary name goes.
        try store.remove(LeftFile(path: "", temporary: place.temporary), peer: peer)
        #expect(try names() == ["data", "disk.raw", "export.raw"])
        // Nothing says that it is ours.
        try store.remove(LeftFile(path: place.path, temporary: ""), peer: peer)
        try store.remove(LeftFile(path: place.path, temporary: place.temporary), peer: peer)
        try store.remove(
            LeftFile(
                path: place.path, temporary: "", device: made.device, inode: made.inode + 1),
            peer: peer)
        try store.remove(
            LeftFile(
                path: place.path, temporary: "", device: made.device + 1, inode: made.inode),
            peer: peer)
        #expect(try names() == ["data", "disk.raw", "export.raw"])
        try store.remove(
            LeftFile(path: place.path, temporary: "", device: made.device, inode: made.inode),
            peer: peer)
        #expect(try names() == ["data", "disk.raw"])
    }

    @Test func whatIsGoneIsNoError() throws {
        let peer = fixture.peer
        for path in ["/nonexistent/x", "\(fixture.directory.path)/gone", "disks/9.raw"] {
            try store.remove(LeftFile(path: path, temporary: "", device: 1, inode: 1), peer: peer)
            try store.remove(
                LeftFile(path: path, temporary: "\(split(path).parent)/.imaged-1.part"), peer: peer)
        }
        try store.remove(LeftFile(path: "", temporary: ""), peer: peer)
        // A peer that may not go there any more.
        let other = Peer(uid: 65_000, isTrusted: false)
        try restore()
        try store.remove(LeftFile(path: place.path, temporary: place.temporary), peer: other)
        #expect(try names().contains("export.raw"))
    }
}

/// Disks' files on a file system that shares blocks.
@Suite(.enabled(if: LoopFileSystem.canMake("xfs"), "needs root, mkfs.xfs and mount"))
struct RestoreCloneTests {
    private let volume: LoopFileSystem
    let fixture: Fixture

    init() throws {
        volume = try LoopFileSystem("xfs", mebibytes: 320)
        fixture = try Fixture(in: volume.path)
    }

    private func freeBytes() throws -> Int64 {
        let calls = SystemCalls.live
        return try calls.fileSystem(of: calls.openFile(volume.path, [.readOnly])).freeBytes
    }

    /// No data is written, and what is written to the disk afterwards does not reach the snapshot.
    @Test func aDiskSharesItsBlocksUntilItIsWritten() throws {
        var random = SeededRandom(state: 8)
        let size = (64 << 20) + 4711
        let data = random.data(size)
        try makeDisk(fixture.disk, size: size, [(0, data)])
        try fixture.copy(1)
        unlink(fixture.disk)
        sync()
        let free = try freeBytes()
        let place = FilePlace(
            path: "disks/5.raw", temporary: "disks/.imaged-1.part")
        let made = try fixture.store().restore(
            manifest: 1, sizeBytes: 1 << 30, to: place, peer: fixture.peer)
        sync()
        #expect(made.sizeBytes == 1 << 30)
        #expect(try free - freeBytes() < 1 << 20)
        let path = "\(fixture.data)/disks/5.raw"
        #expect(try Tool.run("cmp", ["-n", "\(size)", path, try written(data)]).status == 0)
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try file.write(contentsOf: random.data(3 << 20))
        try file.close()
        #expect(try fixture.exported(1) == data)
    }

    private func written(_ data: Data) throws -> String {
        let path = "\(fixture.directory.path)/expected"
        try data.write(to: URL(fileURLWithPath: path))
        return path
    }
}
