import System
import TestSupport
import Testing

@Suite struct SystemCallsTests {
    let directory = TemporaryDirectory()
    let live = SystemCalls.live

    func open(_ name: String, _ flags: OpenFlags) throws(SystemError) -> FileDescriptor {
        try live.openFile("\(directory.path)/\(name)", flags)
    }

    func writeAll(
        _ bytes: [UInt8], _ file: borrowing FileDescriptor, _ calls: SystemCalls
    ) throws(SystemError) {
        try bytes.span.withUnsafeBytes { (buffer) throws(SystemError) in
            try calls.writeAll(file, at: 0, buffer)
        }
    }

    func readAll(
        _ count: Int, _ file: borrowing FileDescriptor, _ calls: SystemCalls
    ) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var mutable = bytes.mutableSpan
        let found = try mutable.withUnsafeMutableBytes {
            try calls.readFully(file, at: 0, into: $0)
        }
        return Array(bytes[..<found])
    }

    /// Short reads and writes, and interruptions, at every call: nothing of them is visible.
    @Test(arguments: [Faults.Kind.short, .errno(.interrupted)])
    func shortAndInterrupted(_ kind: Faults.Kind) throws {
        let bytes = (0..<100).map { UInt8($0) }
        let file = try open("data", [.readWrite, .create])
        for number in 1... {
            let faults = Faults(call: number, kind)
            let calls = live.failing(faults)
            try writeAll(bytes, file, calls)
            try calls.syncData(file)
            #expect(try readAll(200, file, calls) == bytes)
            if faults.injectedCount == 0 { return }
        }
    }

    @Test func everyByteByItself() throws {
        let bytes = (0..<100).map { UInt8($0) }
        let file = try open("data", [.readWrite, .create])
        let faults = Faults(call: 1, .short, forEver: true)
        let calls = live.failing(faults)
        try writeAll(bytes, file, calls)
        #expect(try readAll(100, file, calls) == bytes)
        #expect(faults.callCount == 200)
    }

    @Test func aWriteThatTakesNothingIsAnError() throws {
        var calls = live
        calls.pwrite = { _, _, _ in 0 }
        let file = try open("data", [.readWrite, .create])
        let error = try #require(throws: SystemError.self) { try writeAll([1], file, calls) }
        #expect(error.errno == .noSpace)
    }

    @Test func anErrorTellsItsCallAndPath() throws {
        let path = "\(directory.path)/absent"
        let error = try #require(throws: SystemError.self) {
            _ = try live.openFile(path, .readOnly)
        }
        #expect(error == SystemError("open", path: path, errno: .notFound))
        #expect(error.description == "open \(path): No such file or directory")
    }

    @Test func faultsAreCountedAndEnd() throws {
        let faults = Faults(call: 2, .errno(.io))
        let calls = live.failing(faults)
        let file = try open("data", [.readWrite, .create])
        try calls.syncData(file)
        #expect(throws: SystemError.self) { try calls.syncData(file) }
        try calls.syncData(file)
        #expect(faults.callCount == 3 && faults.injectedCount == 1)
    }

    @Test func whatIsGoneOrThereAlreadyIsNoError() throws {
        let root = try live.openFile(directory.path, [.readOnly, .directory])
        try live.unlink("absent", in: root)
        try live.makeDirectory("twice", in: root)
        try live.makeDirectory("twice", in: root)
        #expect(try live.names(in: root) == ["twice"])
        #expect(throws: SystemError.self) { try live.unlink("twice", in: root) }
    }

    @Test func namesAreSortedAndHaveNoDots() throws {
        let root = try live.openFile(directory.path, [.readOnly, .directory])
        for name in ["b", "a", ".hidden", "c"] { _ = try open(name, [.writeOnly, .create]) }
        #expect(try live.names(in: root) == [".hidden", "a", "b", "c"])
        let file = try open("a", .readOnly)
        #expect(throws: SystemError.self) { try live.names(in: file) }
    }

    @Test func dataAndHoles() throws {
        let file = try open("sparse", [.readWrite, .create])
        try live.setSize(file, 1 << 20)
        #expect(try live.nextData(file, from: 0) == nil)
        #expect(try live.endOffset(file) == 1 << 20)
        try [UInt8](repeating: 1, count: 1 << 16).withUnsafeBytes {
            try live.writeAll(file, at: 1 << 18, $0)
        }
        #expect(try live.nextData(file, from: 0) == 1 << 18)
        #expect(try live.nextHole(file, from: 1 << 18) == (1 << 18) + (1 << 16))
        #expect(try live.status(file).sizeBytes == 1 << 20)
    }

    @Test func allocatedBytesAreThereAndZero() throws {
        let file = try open("allocated", [.readWrite, .create])
        guard try live.allocate(file, at: 0, count: 1 << 16) else { return }
        #expect(try live.status(file).allocatedBytes >= 1 << 16)
        #expect(try readAll(1 << 16, file, live).allSatisfy { $0 == 0 })
        var calls = live
        calls.fallocate = { _, _, _, _ in -Int(Errno.notSupported.rawValue) }
        #expect(try !calls.allocate(file, at: 0, count: 1))
    }

    @Test func aLockHasOneHolder() throws {
        let first = try open("lock", [.readWrite, .create])
        let second = try open("lock", .readWrite)
        #expect(try live.lockExclusively(first))
        #expect(try !live.lockExclusively(second))
    }

    // MARK: Descriptors

    @Test func aDescriptorIsClosedWithItsOwner() throws {
        let number: CInt
        do {
            let file = try open("data", [.readWrite, .create])
            let other = try open("lock", [.readWrite, .create])
            #expect(try live.lockExclusively(other))
            number = file.rawValue
        }
        // The lock went with its descriptor: no number is looked at, other tests may reuse them.
        let again = try open("lock", .readWrite)
        #expect(try live.lockExclusively(again))
        #expect(number >= 0)
    }

    @Test func aReleasedDescriptorStaysOpen() throws {
        let number = try open("lock", [.readWrite, .create]).release()
        let owner = FileDescriptor(owning: number)
        #expect(try live.lockExclusively(owner))
        #expect(owner.rawValue == number)
    }

    /// Where the file system can, the bytes are shared; where it cannot, nothing is written.
    @Test func aCloneHasTheSameBytesOrNone() throws {
        let bytes = [UInt8](repeating: 7, count: 65_536)
        let source = try open("source", [.readWrite, .create])
        try writeAll(bytes, source, live)
        let copy = try open("copy", [.readWrite, .create])
        let isCloned = try live.clone(source, at: 0, count: 65_536, to: copy, at: 65_536)
        #expect(try live.status(copy).sizeBytes == (isCloned ? 131_072 : 0))
        let expected = [UInt8](repeating: 0, count: 65_536) + bytes
        #expect(try readAll(200_000, copy, live) == (isCloned ? expected : []))
    }

    @Test(arguments: [Errno.notSupported, .crossDevice, .invalid, .notTerminal, .noSpace, .io])
    func whatACloneCannotDoIsNoError(_ errno: Errno) throws {
        var calls = live
        calls.cloneRange = { _, _, _, _, _ in -Int(errno.rawValue) }
        let file = try open("data", [.readWrite, .create])
        if errno == .noSpace || errno == .io {
            #expect(throws: SystemError("ioctl", errno: errno)) {
                _ = try calls.clone(file, at: 0, count: 65_536, to: file, at: 65_536)
            }
        } else {
            #expect(try calls.clone(file, at: 0, count: 65_536, to: file, at: 65_536) == false)
        }
    }
}
