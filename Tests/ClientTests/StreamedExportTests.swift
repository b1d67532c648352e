import ECS
import Foundation
import TestSupport
import Testing
import Wire

/// `--output -`: a disk through standard output, byte for byte.
@Suite(.timeLimit(.minutes(60))) struct StreamedExportTests {
    /// A disk of data and holes, which answers ReadSnapshot.
    private struct FakeDisk: Sendable {
        let bytes: [UInt8]
        /// Where data begins and ends.
        let extents: [Range<Int>]

        init(size: Int, extents: [Range<Int>]) {
            var bytes = [UInt8](repeating: 0, count: size)
            for extent in extents {
                for place in extent { bytes[place] = UInt8(truncatingIfNeeded: place &* 7 | 1) }
            }
            self.bytes = bytes
            self.extents = extents
        }

        func answer(_ request: ReadSnapshotRequest) -> FakeAnswer {
            let offset = Int(request.offset)
            guard offset <= bytes.count, (1...1 << 20).contains(request.length) else {
                return .error(.invalidParameter("Offset", hint: "At most the disk's size."))
            }
            var response = ReadSnapshotResponse()
            response.sizeBytes = Int64(bytes.count)
            if let extent = extents.first(where: { $0.contains(offset) }) {
                let end = min(extent.upperBound, offset + Int(request.length))
                response.data = Array(bytes[offset..<end])
            } else {
                let next = extents.map(\.lowerBound).filter { $0 > offset }.min() ?? bytes.count
                response.holeBytes = Int64(next - offset)
            }
            return .message(response)
        }

        var server: FakeServer {
            FakeServer.answering { request in
                try answer(request.decoded(ReadSnapshotRequest.self))
            }
        }
    }

    /// Data that crosses what is read at once, holes that begin and end inside of it, and one at
    /// the end.
    private static let mixed = FakeDisk(
        size: (9 << 20) + 512,
        extents: [
            0..<70_000, (3 << 20) - 4096..<(3 << 20) + 4096, (5 << 20) + 512..<(7 << 20) + 1,
        ])

    /// Runs `command`, in which $imagectl exports s-1 to standard output.
    private func shell(_ command: String, _ server: FakeServer) throws -> Tool.Output {
        var environment = Imagectl.environment(server)
        environment["imagectl"] = "\(Imagectl.path) export-snapshot s-1 --output -"
        return try Tool.run("sh", ["-c", command], environment: environment)
    }

    @Test func aPipeGetsEveryByte() throws {
        let output = try Imagectl.run(
            ["export-snapshot", "s-1", "--output", "-"], Self.mixed.server)
        #expect(output.status == 0, "\(output.err)")
        let isSame = Array(output.out) == Self.mixed.bytes
        #expect(isSame, "\(output.out.count) bytes")
        #expect(output.err == "9 MiB, 2 MiB of data\n")
    }

    @Test(arguments: [(0, 0), (512, 512), (3 << 20, 3 << 20), (5 << 20, 0)])
    func wholeDisksOfOneKind(_ size: Int, _ data: Int) throws {
        let disk = FakeDisk(size: size, extents: data > 0 ? [0..<data] : [])
        let output = try Imagectl.run(["export-snapshot", "s-1", "--output=-"], disk.server)
        #expect(output.status == 0, "\(output.err)")
        let isSame = Array(output.out) == disk.bytes
        #expect(isSame, "\(output.out.count) bytes of \(size)")
    }

    @Test func aNewFileKeepsTheHoles() throws {
        let directory = TemporaryDirectory()
        let path = "\(directory.path)/disk"
        let output = try shell("$imagectl > \(path)", Self.mixed.server)
        #expect(output.status == 0, "\(output.err)")
        let isSame = FileManager.default.contents(atPath: path).map(Array.init) == Self.mixed.bytes
        #expect(isSame)
        var status = stat()
        #expect(stat(path, &status) == 0)
        #expect(status.st_blocks * 512 < 4 << 20, "\(status.st_blocks) blocks")
    }

    /// What is there already must not shine through a hole, and what is appended to stays.
    @Test(arguments: ["1<>", ">>"]) func anOldFileGetsZeros(_ redirection: String) throws {
        let directory = TemporaryDirectory()
        let path = "\(directory.path)/disk"
        let old = [UInt8](repeating: 0xEE, count: 4 << 20)
        try Data(old).write(to: URL(filePath: path))
        let output = try shell("$imagectl \(redirection) \(path)", Self.mixed.server)
        #expect(output.status == 0, "\(output.err)")
        let expected = redirection == ">>" ? old + Self.mixed.bytes : Self.mixed.bytes
        let isSame = FileManager.default.contents(atPath: path).map(Array.init) == expected
        #expect(isSame)
    }

    @Test func whoeverReadsMayStop() throws {
        let output = try shell(
            "($imagectl; echo $? >&2) | head -c 1 > /dev/null", Self.mixed.server)
        #expect(output.err == "1\n")
    }

    @Test(.enabled(if: Tool.available("script"), "script is not installed"))
    func aTerminalGetsNothing() throws {
        let output = try Tool.run(
            "script", ["-qec", "'\(Imagectl.path)' export-snapshot s-1 --output -", "/dev/null"],
            environment: Imagectl.environment(Self.mixed.server))
        #expect(output.status == 2)
        #expect(output.text.contains("standard output is a terminal"), "\(output.text)")
    }

    /// A daemon that answers nothing until as many reads have come as can be under way.
    @Test func readsAhead() throws {
        let disk = FakeDisk(size: 5 << 20, extents: [0..<5 << 20])
        let server = FakeServer { connection in
            let first = try connection.request()
            connection.send(
                first.streamID, try disk.answer(first.decoded(ReadSnapshotRequest.self)))
            let ahead = try (0..<4).map { _ in try connection.request() }
            for request in ahead.reversed() {
                let answer = try disk.answer(request.decoded(ReadSnapshotRequest.self))
                connection.send(request.streamID, answer)
            }
            connection.waitForClose()
        }
        let output = try Imagectl.run(["export-snapshot", "s-1", "--output", "-"], server)
        #expect(output.status == 0, "\(output.err)")
        let isSame = Array(output.out) == disk.bytes
        #expect(isSame)
    }

    @Test func anErrorOnTheWayIsTold() throws {
        let server = FakeServer.answering { request in
            let read = try request.decoded(ReadSnapshotRequest.self)
            if read.offset > 5 << 20 { return .error(.internalFailure("A checksum is wrong.")) }
            return Self.mixed.answer(read)
        }
        let output = try Imagectl.run(["export-snapshot", "s-1", "--output", "-"], server)
        #expect(output.status == 1)
        #expect(output.err.contains("A checksum is wrong."))
        #expect(output.out.count < Self.mixed.bytes.count)
    }

    @Test(arguments: [(0, 0, 10), (11, 0, 10), (0, 11, 10), (5, 5, 10), (0, -1, 10), (0, 1, -1)])
    func answersWithoutSenseAreNoDisk(_ data: Int, _ hole: Int64, _ size: Int64) throws {
        let server = FakeServer.answering { _ in
            var response = ReadSnapshotResponse()
            response.data = [UInt8](repeating: 1, count: data)
            response.holeBytes = hole
            response.sizeBytes = size
            return .message(response)
        }
        let output = try Imagectl.run(["export-snapshot", "s-1", "--output", "-"], server)
        #expect(output.status == 3)
        #expect(output.err.contains("ProtocolViolation"), "\(output.err)")
    }

    // MARK: Images

    private static let image: FakeServer = FakeServer.answering { request in
        if request.method == "ReadSnapshot" {
            let read = try request.decoded(ReadSnapshotRequest.self)
            return FakeDisk(size: 3, extents: read.snapshotID == "s-2" ? [0..<3] : [])
                .answer(read)
        }
        let wanted = try request.decoded(DescribeImagesRequest.self)
        var response = DescribeImagesResponse()
        if wanted.imageID == "m-1" && wanted.status == "ALL" {
            var image = Image()
            image.imageID = "m-1"
            image.diskDeviceMappings = [("/dev/xvda", "s-1"), ("/dev/xvdb", "s-2")].map {
                var disk = ImageDisk()
                (disk.device, disk.snapshotID) = ($0, $1)
                return disk
            }
            response.images = [image]
        }
        return .message(response)
    }

    @Test func anImagesDiskIsFoundByItsDevice() throws {
        let system = try Imagectl.run(["export-image", "m-1", "--output", "-"], Self.image)
        #expect(Array(system.out) == [0, 0, 0], "\(system.err)")
        let data = try Imagectl.run(
            ["export-image", "m-1", "--output", "-", "--device", "/dev/xvdb"], Self.image)
        #expect(Array(data.out) == [1, 7, 15], "\(data.err)")
        let none = try Imagectl.run(
            ["export-image", "m-1", "--output", "-", "--device", "/dev/xvdc"], Self.image)
        #expect(none.status == 1)
        #expect(none.err.contains("It has /dev/xvda and /dev/xvdb."), "\(none.err)")
        let unknown = try Imagectl.run(["export-image", "m-2", "--output", "-"], Self.image)
        #expect(unknown.status == 1)
        #expect(unknown.err.contains("InvalidImageId.NotFound"))
    }

    @Test(arguments: [
        (["--path", "x"], "--output and --path together"), (["--json"], "--output - and json"),
        (["--oss-bucket", "b"], "--output - and a bucket"),
    ]) func whatDoesNotGoWithIt(_ arguments: [String], _ message: String) throws {
        let output = try Imagectl.run(["export-image", "m-1", "--output", "-"] + arguments)
        #expect(output.status == 2)
        #expect(output.err.contains(message), "\(output.err)")
        #expect(output.out.isEmpty)
    }
}
