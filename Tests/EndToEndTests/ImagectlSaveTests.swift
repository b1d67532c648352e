import ECS
import Foundation
import TestSupport
import Testing

/// `imagectl save` and `load` between two daemons: the same image comes out, or none.
@Suite struct ImagectlSaveTests {
    private let disks = Disks()
    private let from: TestDaemon
    private let to: TestDaemon
    private let image: Image
    private var stream: String { disks.path("stream") }
    private var temporary: String { disks.path("tmp") }

    init() throws {
        from = try TestDaemon()
        to = try TestDaemon()
        try FileManager.default.createDirectory(
            atPath: disks.path("tmp"), withIntermediateDirectories: false)
        let paths = [
            try disks.make("system", bytes: (5 << 20) + 512),
            try disks.make("data", bytes: (3 << 20) + 1, seed: 2),
            // Nothing but a hole.
            try disks.make("empty", bytes: 0),
        ]
        try #require(truncate(paths[2], 1 << 20) == 0)
        let client = try from.client()
        let instance = try client.call(
            RegisterInstance.self,
            .with {
                $0.regionID = testRegion
                $0.status = "Stopped"
                ($0.platform, $0.bootMode, $0.architecture) = ("Debian", "BIOS", "x86_64")
                $0.disk = paths.map { path in .with { $0.path = path } }
            }
        ).instanceID
        var request = TestClient.createImageRequest(of: instance)
        request.imageName = "web-1"
        request.imageFamily = "web"
        request.imageVersion = "1.2"
        request.description = "测试 – first"
        request.tag = [.with { ($0.key, $0.value) = ("stage", "test") }, .with { $0.key = "b" }]
        let id = try client.call(CreateImage.self, request).imageID
        image = try #require(try client.wait(for: id))
        try #require(image.status == "Available", "\(image.failureReason)")
        let saved = try shell("$imagectl save web-1 > \(stream)", from)
        try #require(saved.status == 0, "\(saved.err)")
    }

    private func shell(_ command: String, _ daemon: TestDaemon) throws -> Tool.Output {
        try Tool.run(
            "bash", ["-c", command],
            environment: [
                "IMAGED_SOCKET": daemon.socketPath, "IMAGED_REGION": testRegion, "NO_COLOR": "1",
                "TMPDIR": temporary, "imagectl": TestDaemon.product("imagectl"),
            ])
    }

    /// Nothing of a load is left but what it printed.
    private func expectNothingLeft(images: Int = 0) throws {
        #expect(try FileManager.default.contentsOfDirectory(atPath: temporary) == [])
        let client = try to.client()
        #expect(try client.images().count == images)
        let instances = try client.call(
            DescribeInstances.self, .with { $0.regionID = testRegion })
        #expect(instances.instances.isEmpty)
        if images == 0 { try client.expectNoOrphans(of: to) }
    }

    @Test func theSameImageComesOut() throws {
        let loaded = try shell("$imagectl load < \(stream)", to)
        #expect(loaded.status == 0, "\(loaded.err)")
        try expectNothingLeft(images: 1)
        let copy = try #require(try to.client().images().first)
        #expect(loaded.text == "\(copy.imageID)\n")
        #expect(copy.imageName == "web-1" && copy.imageFamily == "web")
        #expect(copy.imageVersion == "1.2" && copy.description == "测试 – first")
        #expect(copy.platform == "Debian" && copy.bootMode == "BIOS")
        #expect(copy.architecture == "x86_64")
        #expect(copy.tags == image.tags && copy.tags.count == 2)
        #expect(copy.features == image.features)
        let devices = copy.diskDeviceMappings.map { [$0.device, $0.type, $0.size] }
        #expect(devices == image.diskDeviceMappings.map { [$0.device, $0.type, $0.size] })
        for (device, name) in zip(["a", "b", "c"], ["system", "data", "empty"]) {
            let out = disks.path("out-\(device)")
            let export = try shell(
                "$imagectl export-image web-1 --device /dev/xvd\(device) --output \(out)", to)
            #expect(export.status == 0, "\(export.err)")
            #expect(try disks.isEqual(disks.path(name), out))
        }
        // Saved again there, it is the same stream but for whence it came.
        let again = try shell("$imagectl save web-1 | wc -c", to)
        let size = try FileManager.default.attributesOfItem(atPath: stream)[.size] as? Int
        #expect(Int(again.text.filter(\.isNumber)) == size)
        // Its holes are not in it.
        #expect(try #require(size) < 9 << 20)
    }

    @Test func aPipeIsEnough() throws {
        let socket = from.socketPath
        let piped = try shell(
            "IMAGED_SOCKET=\(socket) $imagectl save web-1 | $imagectl load --image-name web-b "
                + "--output json; echo ${PIPESTATUS[@]}", to)
        #expect(piped.text.hasSuffix("0 0\n"), "\(piped.text) \(piped.err)")
        #expect(try to.client().images().map(\.imageName) == ["web-b"])
        try expectNothingLeft(images: 1)
    }

    /// A name that is taken is refused before the data have come.
    @Test func aNameThatIsTaken() throws {
        let output = try shell("$imagectl load < \(stream)", from)
        #expect(output.status == 1)
        #expect(output.err.contains("InvalidImageName.Duplicated"), "\(output.err)")
        #expect(output.err.contains("--image-name"))
        #expect(try from.client().images().count == 1)
        #expect(try FileManager.default.contentsOfDirectory(atPath: temporary) == [])
    }

    /// Cut at every kind of place.
    @Test func aStreamThatIsCut() throws {
        let bytes = try #require(FileManager.default.contents(atPath: stream))
        for count in [0, 1, 14, 15, 40, 300, bytes.count / 2, bytes.count - 33, bytes.count - 1] {
            let cut = try shell("head -c \(count) \(stream) | $imagectl load", to)
            #expect(cut.status == 1)
            #expect(cut.err.contains("TruncatedStream"), "\(count): \(cut.err)")
            #expect(cut.out.isEmpty)
            try expectNothingLeft()
        }
        let longer = try shell("(cat \(stream); echo) | $imagectl load", to)
        #expect(longer.status == 1)
        #expect(longer.err.contains("something follows its end"), "\(longer.err)")
        try expectNothingLeft()
    }

    /// One bit anywhere: in the beginning, heads, the message, data, and the end.
    @Test func aStreamThatIsDamaged() throws {
        let bytes = try #require(FileManager.default.contents(atPath: stream))
        var random = SeededRandom(seed: 7)
        let inside = (0..<12).map { _ in Int.random(in: 0..<bytes.count, using: &random) }
        let ends = [3, 15, 23, 31, 39, 60, bytes.count - 32, bytes.count - 24, bytes.count - 1]
        for place in ends + inside {
            var damaged = bytes
            damaged[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            let path = disks.path("damaged")
            try damaged.write(to: URL(fileURLWithPath: path))
            let output = try shell("$imagectl load < \(path)", to)
            #expect(output.status == 1, "\(place)")
            #expect(output.out.isEmpty)
            let codes = ["DamagedStream", "TruncatedStream", "WrongStream"]
            #expect(codes.contains { output.err.contains($0) }, "\(place): \(output.err)")
        }
        try expectNothingLeft()
    }

    /// Two pieces of data that changed places, each with its own right checksum.
    @Test func recordsInAnotherOrder() throws {
        let bytes = [UInt8](try #require(FileManager.default.contents(atPath: stream)))
        func word(_ place: Int) -> Int {
            (0..<8).reduce(0) { $0 | Int(bytes[place + $1]) << (8 * $1) }
        }
        var records: [ArraySlice<UInt8>] = []
        var place = 15
        while place < bytes.count {
            let end = place + 32 + word(place + 16)
            records.append(bytes[place..<end])
            place = end
        }
        let data = records.indices.filter { records[$0].first == 2 }
        try #require(data.count > 2)
        // Left out, the disk would have a hole there.
        records.remove(at: data[1])
        let path = disks.path("lost")
        try Data(bytes[..<15] + records.joined()).write(to: URL(fileURLWithPath: path))
        let output = try shell("$imagectl load < \(path)", to)
        #expect(output.status == 1)
        #expect(output.err.contains("the checksum at a disk's end"), "\(output.err)")
        try expectNothingLeft()
    }

    @Test func whatIsNoStream() throws {
        let text = try shell("echo hello, this is no image | $imagectl load", to)
        #expect(text.status == 1)
        #expect(text.err.contains("WrongStream"), "\(text.err)")
        let none = try shell("$imagectl load < /dev/null", to)
        #expect(none.err.contains("TruncatedStream"), "\(none.err)")
        let unknown = try shell("$imagectl save nosuch", to)
        #expect(unknown.status == 1 && unknown.out.isEmpty)
        #expect(unknown.err.contains("InvalidImageId.NotFound"), "\(unknown.err)")
        let simulated = try TestDaemon("", ["--ephemeral"], dataPath: "")
        let refused = try shell("$imagectl load < \(stream)", simulated)
        #expect(refused.err.contains("NoDataDirectory"), "\(refused.err)")
    }

    /// Ctrl-C in the middle of the data takes everything back.
    @Test func interruptedLoad() throws {
        let output = try shell(
            """
            mkfifo \(disks.path("fifo"))
            (head -c 3000000 \(stream); sleep 60) > \(disks.path("fifo")) & feeder=$!
            $imagectl load < \(disks.path("fifo")) & load=$!
            # The second megabyte is there when the first disk's file has blocks.
            until [ -n "$(find \(temporary) -name 0.raw -size +1000k)" ]; do :; done
            until [ "$(du -k \(temporary) | tail -1 | cut -f1)" -gt 0 ]; do :; done
            kill -TERM $load; wait $load; echo $?
            kill $feeder
            """, to)
        #expect(output.text == "130\n", "\(output.text) \(output.err)")
        #expect(output.err.contains("nothing is left of it"), "\(output.err)")
        try expectNothingLeft()
    }
}
