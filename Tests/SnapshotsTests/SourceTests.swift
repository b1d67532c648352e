import Foundation
import System
import TestSupport
import Testing

@testable import Snapshots

@Suite struct SourceTests {
    let fixture: Fixture
    init() throws { fixture = try Fixture() }

    private func inspect(_ path: String, _ format: String? = nil) throws -> DiskFile {
        try Source.inspect(path: path, format: format, peer: fixture.peer)
    }

    @Test func tellsExactSize() throws {
        try makeDisk(fixture.disk, size: 12_345)
        let status = try SystemCalls.live.status(of: fixture.disk)
        #expect(
            try inspect(fixture.disk)
                == DiskFile(
                    device: status.device, inode: status.inode, sizeBytes: 12_345,
                    isBlockDevice: false))
    }

    @Test func followsSymbolicLinksOfATrustedPeer() throws {
        try makeDisk(fixture.disk, size: 100)
        try FileManager.default.createSymbolicLink(
            atPath: fixture.target, withDestinationPath: fixture.disk)
        #expect(try inspect(fixture.target).sizeBytes == 100)
    }

    /// F7: what is no disk is refused by name, and nothing hangs.
    @Test(arguments: [
        ("directory", "is a directory"), ("fifo", "is a FIFO"), ("/dev/null", "character device"),
        ("/dev/tty", "/dev/tty"), ("empty", "is empty"), ("missing", "No such file"),
        ("loop", "symbolic links"), ("/proc/self/status", "kernel makes up"),
        ("/sys/kernel/notes", "kernel makes up"), ("socket", "socket"),
    ])
    func refuses(_ name: String, _ why: String) throws {
        let path = name.hasPrefix("/") ? name : "\(fixture.directory.path)/\(name)"
        switch name {
        case "directory":
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: false)
        case "fifo": try #require(mkfifo(path, 0o600) == 0)
        case "socket": try #require(mknod(path, S_IFSOCK | 0o600, 0) == 0)
        case "empty": try makeDisk(path, size: 0)
        case "loop":
            try FileManager.default.createSymbolicLink(
                atPath: path, withDestinationPath: path)
        default: break
        }
        for format in [nil, "raw"] {
            let problem = #expect(throws: SourceProblem.self) { try inspect(path, format) }
            #expect(problem?.kind == .unusable)
            #expect(problem?.reason.contains(path) == true, "\(problem?.reason ?? "")")
            if !(name == "socket" && problem?.errno == .noDevice) {
                #expect(problem?.reason.contains(why) == true, "\(problem?.reason ?? "")")
            }
            #expect(problem?.hint.isEmpty == false)
        }
        #expect(throws: SourceProblem.self) {
            try Source.capture(path: path, peer: fixture.peer)
        }
    }

    @Test func pathsThatAreNone() throws {
        for path in ["", "/tmp/a\0b"] {
            let problem = #expect(throws: SourceProblem.self) { try inspect(path) }
            #expect(problem?.kind == .unusable)
        }
        let escaped = #expect(throws: SourceProblem.self) { try inspect("/tmp/\u{1b}[2J\nx") }
        #expect(escaped?.reason.contains("/tmp/\\u{1b}[2J\\u{a}x") == true)
    }

    @Test func othersMayNotNameFiles() throws {
        try makeDisk(fixture.disk, size: 100)
        let peer = Peer(uid: 4711, isTrusted: false, diskRoots: [fixture.directory.path])
        let problem = #expect(throws: SourceProblem.self) {
            try Source.inspect(path: fixture.disk, format: nil, peer: peer)
        }
        #expect(problem?.kind == .notAllowed)
        #expect(problem?.reason.contains("4711") == true)
        #expect(throws: SourceProblem.self) {
            try Source.capture(path: fixture.disk, peer: peer)
        }
        let export = #expect(throws: ExportFailure.self) {
            try fixture.store().export(manifest: 1, to: fixture.target, peer: peer)
        }
        #expect(export?.kind == .notAllowed)
    }

    // MARK: Formats

    struct Foreign: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let format: ForeignFormat
        let magic: [UInt8]
        var offset = 0
        var fromEnd = false

        static let all = [
            Foreign(
                testDescription: "qcow2", format: .qcow2, magic: [0x51, 0x46, 0x49, 0xfb, 0, 0]),
            Foreign(testDescription: "QED", format: .qed, magic: Array("QED\0".utf8)),
            Foreign(testDescription: "VMDK, hosted", format: .vmdk, magic: Array("KDMV".utf8)),
            Foreign(testDescription: "VMDK, ESX", format: .vmdk, magic: Array("COWD".utf8)),
            Foreign(
                testDescription: "VMDK, descriptor", format: .vmdk,
                magic: Array("# Disk DescriptorFile\nversion=1".utf8)),
            Foreign(testDescription: "VHDX", format: .vhdx, magic: Array("vhdxfile".utf8)),
            Foreign(testDescription: "VHD, dynamic", format: .vhd, magic: Array("conectix".utf8)),
            Foreign(
                testDescription: "VHD, fixed", format: .vhd, magic: Array("conectix".utf8),
                offset: 512, fromEnd: true),
            Foreign(
                testDescription: "VHD, fixed, old", format: .vhd, magic: Array("conectix".utf8),
                offset: 511, fromEnd: true),
            Foreign(
                testDescription: "VDI", format: .vdi, magic: [0x7f, 0x10, 0xda, 0xbe], offset: 64),
        ]
    }

    @Test(arguments: Foreign.all) func foreignMagic(_ foreign: Foreign) throws {
        let size = 70_000
        let offset = foreign.fromEnd ? size - foreign.offset : foreign.offset
        try makeDisk(fixture.disk, size: size, [(offset, Data(foreign.magic))])
        for format in [nil, ""] {
            let problem = #expect(throws: SourceProblem.self) { try inspect(fixture.disk, format) }
            #expect(problem?.kind == .format)
            #expect(problem?.reason.contains(foreign.format.name) == true)
            #expect(
                problem?.hint.contains("qemu-img convert -f \(foreign.format.rawValue) -O raw")
                    == true)
        }
        // Stated to be raw, the bytes are the disk.
        #expect(try inspect(fixture.disk, "raw").sizeBytes == Int64(size))
        #expect(try inspect(fixture.disk, "RAW").sizeBytes == Int64(size))
        // Elsewhere the same bytes mean nothing.
        try makeDisk(fixture.disk, size: size, [(offset + 7, Data(foreign.magic))])
        #expect(throws: Never.self) { try inspect(fixture.disk) }
    }

    /// The files that the tool for them makes.
    @Test(
        .enabled(if: Tool.available("qemu-img"), "qemu-img is not installed"),
        arguments: ["qcow2", "qed", "vmdk", "vpc", "vhdx", "vdi"])
    func foreignFiles(_ format: String) throws {
        for options in [[], ["-o", "subformat=\(format == "vmdk" ? "monolithicFlat" : "fixed")"]] {
            if !options.isEmpty && !["vpc", "vmdk", "vhdx"].contains(format) { continue }
            let path = "\(fixture.directory.path)/disk.\(format)"
            let made = try Tool.run(
                "qemu-img", ["create", "-f", format] + options + [path, "3M"])
            try #require(made.status == 0, "\(made.err)")
            let problem = #expect(throws: SourceProblem.self) { try inspect(path) }
            #expect(problem?.hint.contains("-f \(format) ") == true)
            unlink(path)
        }
    }

    @Test(arguments: ["qcow2", "vmdk", "iso", "\n"]) func otherFormats(_ format: String) throws {
        try makeDisk(fixture.disk, size: 100)
        let problem = #expect(throws: SourceProblem.self) { try inspect(fixture.disk, format) }
        #expect(problem?.kind == .format)
        #expect(problem?.hint.contains("qemu-img convert -O raw \(fixture.disk)") == true)
    }

    /// Files shorter than any magic's place.
    @Test(arguments: [1, 3, 7, 63, 511, 512, 513]) func shortRawFiles(_ size: Int) throws {
        try makeDisk(fixture.disk, size: size, [(0, Data(repeating: 0x51, count: size))])
        #expect(try inspect(fixture.disk).sizeBytes == Int64(size))
    }

    // MARK: Capture

    @Test func captureIsOfTheFile() throws {
        try makeDisk(fixture.disk, size: 4097)
        let status = try SystemCalls.live.status(of: fixture.disk)
        let capture = try fixture.capture()
        #expect(capture == Capture(status, sizeBytes: 4097))
        #expect(!capture.isBlockDevice)
    }

    /// A file that changes between the two looks is being written to; one that is taken live
    /// keeps the first look, so that the copy can tell.
    @Test func captureSeesAWriter() throws {
        try makeDisk(fixture.disk, size: 4096)
        let looks = Lock(0)
        var calls = SystemCalls.live
        calls.fstatat = { directory, path, flags, into in
            let returned = SystemCalls.live.fstatat(directory, path, flags, &into)
            let look = looks.withLock { count in
                count += 1
                return count
            }
            // After the first look someone writes.
            if look > 1 { into?.changedNanoseconds += 4_000_000 }
            return returned
        }
        let problem = #expect(throws: SourceProblem.self) {
            try Source.capture(path: fixture.disk, peer: fixture.peer, calls: calls)
        }
        #expect(problem?.kind == .inUse)
        #expect(problem?.reason.contains(fixture.disk) == true)
        #expect(problem?.hint.contains("AllowLive") == true)
        looks.withLock { $0 = 0 }
        try makeDisk(fixture.disk, size: 4096)
        let live = try Source.capture(
            path: fixture.disk, peer: fixture.peer, allowLive: true, calls: calls)
        let now = try SystemCalls.live.status(of: fixture.disk)
        #expect(live.changedNanoseconds == now.changedNanoseconds)
    }

    /// Where record locks do not work nobody holds one.
    @Test(arguments: [Errno.invalid, .notSupported, .noLocks])
    func fileSystemWithoutLocks(_ errno: Errno) throws {
        try makeDisk(fixture.disk, size: 4096)
        var calls = SystemCalls.live
        calls.probeWriteLock = { _, _ in -Int(errno.rawValue) }
        #expect(throws: Never.self) {
            try Source.capture(path: fixture.disk, peer: fixture.peer, calls: calls)
        }
    }

    @Test(.enabled(if: Tool.available("qemu-io"), "qemu-io is not installed"))
    func runningQEMU() throws {
        try makeDisk(fixture.disk, size: 1 << 20)
        let early = try fixture.job(1)
        let qemu = Process()
        qemu.executableURL = URL(fileURLWithPath: try #require(Tool.find("qemu-io")))
        qemu.arguments = ["-f", "raw", fixture.disk]
        let (input, output) = (Pipe(), Pipe())
        qemu.standardInput = input
        qemu.standardOutput = output
        try qemu.run()
        // Its first words come when the image is open.
        #expect(!output.fileHandleForReading.availableData.isEmpty)

        let problem = #expect(throws: SourceProblem.self) {
            try Source.capture(path: fixture.disk, peer: fixture.peer)
        }
        #expect(problem?.kind == .inUse)
        #expect(problem?.reason == "\(fixture.disk) is open in a running QEMU, which may write")
        #expect(problem?.hint.contains("shut the VM down") == true)
        // The VM was started after the capture.
        let failure = #expect(throws: CopyFailure.self) { try fixture.store().copy(early) }
        #expect(failure?.kind == .source(.inUse))
        #expect(throws: Never.self) {
            _ = try fixture.store().copy(try fixture.job(2, allowLive: true))
        }
        try input.fileHandleForWriting.close()
        qemu.waitUntilExit()
        #expect(throws: Never.self) { try fixture.copy(3) }
    }

    /// Whether the kernel names one that is free; it makes one if it can.
    private static let loopDevicesAreToBeHad =
        getuid() == 0 && Tool.find("losetup") != nil
        && (try? Tool.run("losetup", ["--find"]))?.status == 0

    /// A block device: its size comes from its end, it has no holes, and it is claimed.
    @Test(
        .enabled(
            if: Self.loopDevicesAreToBeHad, "no loop device is to be had: it takes root and losetup"
        ))
    func blockDevice() throws {
        var random = SeededRandom(state: 31)
        let backing = "\(fixture.directory.path)/backing"
        try makeDisk(backing, size: 20 * cluster, [(5 * cluster, random.data(2 * cluster))])
        let made = try Tool.run("losetup", ["--find", "--show", backing])
        let device = made.text.trimmingCharacters(in: .newlines)
        try #require(made.status == 0 && !device.isEmpty, "\(made.err)")
        defer { _ = try? Tool.run("losetup", ["--detach", device]) }
        let found = try inspect(device)
        #expect(found.isBlockDevice)
        #expect(found.sizeBytes == Int64(20 * cluster))
        let store = try fixture.store()
        let capture = try fixture.capture(device)
        let job = CopyJob(number: 1, path: device, peer: fixture.peer, capture: capture)
        let stored = try store.copy(job)
        #expect(stored.storedBytes == Int64(2 * cluster))
        #expect(stored.consistency == .atRest)
        #expect(try fixture.exported(1) == contents(backing))

        let claim = open(device, O_RDONLY | O_EXCL)
        try #require(claim >= 0)
        defer { close(claim) }
        let failure = #expect(throws: CopyFailure.self) { try store.copy(job) }
        #expect(failure?.kind == .source(.inUse))
        let live = CopyJob(
            number: 2, path: device, peer: fixture.peer, capture: capture, allowLive: true)
        #expect(try store.copy(live).consistency == .live)
    }
}
