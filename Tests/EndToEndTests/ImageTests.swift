import ECS
import Foundation
import TestSupport
import Testing

/// Real files become images and come back, byte for byte; and what is no disk is refused.
@Suite struct ImageTests {
    private let disks = Disks()

    @Test(arguments: [1, 511, 65_535, 65_536, 65_537, 5_000_001])
    func oddSizes(_ bytes: Int) throws {
        let daemon = try TestDaemon()
        let client = try daemon.client()
        let source = try disks.make("disk", bytes: bytes, hasHoles: bytes > 1 << 20)
        let image = try client.imageAtRest(of: client.register(paths: [source]).instanceID)
        #expect(image.status == "Available", "\(image.failureReason)")
        let exported = try client.export(image.imageID, to: disks.path("out"))
        #expect(exported.sizeBytes == Int64(bytes))
        #expect(try disks.isEqual(source, disks.path("out")))
    }

    @Test func twoDisks() throws {
        let daemon = try TestDaemon()
        let client = try daemon.client()
        let system = try disks.make("system", bytes: 8 << 20, seed: 1)
        let data = try disks.make("data", bytes: 3 << 20, seed: 2)
        let image = try client.imageAtRest(of: client.register(paths: [system, data]).instanceID)
        #expect(image.status == "Available", "\(image.failureReason)")
        #expect(image.diskDeviceMappings.map(\.device) == ["/dev/xvda", "/dev/xvdb"])
        try client.export(image.imageID, to: disks.path("a"))
        try client.export(image.imageID, to: disks.path("b"), device: "/dev/xvdb")
        #expect(try disks.isEqual(system, disks.path("a")))
        #expect(try disks.isEqual(data, disks.path("b")))
    }

    @Test(.enabled(if: Tool.available("mkfs.ext4"), "mkfs.ext4 is not installed"))
    func ext4() throws {
        let daemon = try TestDaemon()
        let client = try daemon.client()
        try FileManager.default.createDirectory(
            atPath: disks.path("files"), withIntermediateDirectories: false)
        try Data("hello\n".utf8).write(to: URL(fileURLWithPath: disks.path("files/greeting")))
        let source = disks.path("disk")
        let made = try Tool.run("mkfs.ext4", ["-q", "-d", disks.path("files"), source, "24M"])
        #expect(made.status == 0, "\(made.err)")
        let instance = try client.register(paths: [source]).instanceID
        let first = try client.imageAtRest(of: instance)
        try FileManager.default.copyItem(atPath: source, toPath: disks.path("before"))
        // A second image after a small change holds little more, and both come back.
        try disks.write("changed", to: "disk", at: 12 << 20)
        let second = try client.imageAtRest(of: instance)
        try client.export(first.imageID, to: disks.path("first"))
        try client.export(second.imageID, to: disks.path("second"))
        #expect(try disks.isEqual(disks.path("before"), disks.path("first")))
        #expect(try disks.isEqual(source, disks.path("second")))
        let check = try Tool.run("e2fsck", ["-fn", disks.path("second")])
        #expect(check.status == 0, "\(check.text)")
    }

    @Test func existingPathIsNotOverwritten() throws {
        let daemon = try TestDaemon()
        let client = try daemon.client()
        let source = try disks.make("disk", bytes: 1 << 20)
        let image = try client.imageAtRest(of: client.register(paths: [source]).instanceID)
        try Data("mine".utf8).write(to: URL(fileURLWithPath: disks.path("out")))
        let request = client.exportRequest(image.imageID, to: disks.path("out"))
        let refused = try client.refused(ExportImage.self, request)
        #expect(refused?.parameter == "Path", "\(refused?.description ?? "no refusal")")
        #expect(
            FileManager.default.contents(atPath: disks.path("out")) == Data("mine".utf8))
        let relative = client.exportRequest(image.imageID, to: "out")
        #expect(try client.refused(ExportImage.self, relative)?.parameter == "Path")
    }

    @Test func whatIsNoDiskIsRefusedAtRegistration() throws {
        let daemon = try TestDaemon()
        let client = try daemon.client()
        let good = try disks.make("good", bytes: 1 << 20)
        #expect(mkfifo(disks.path("fifo"), 0o600) == 0)
        try Data().write(to: URL(fileURLWithPath: disks.path("empty")))
        var qcow2 = Data([0x51, 0x46, 0x49, 0xfb, 0, 0, 0, 3])
        qcow2.append(Data(count: 65_536))
        try qcow2.write(to: URL(fileURLWithPath: disks.path("qcow2")))
        let bad = [
            disks.path("fifo"), disks.path("empty"), disks.path("qcow2"), disks.path("missing"),
            disks.directory.path, "/dev/null", "/proc/self/mem", daemon.socketPath,
        ]
        for path in bad {
            let refused = try #require(
                try client.refused(
                    RegisterInstance.self,
                    .with {
                        $0.regionID = testRegion
                        $0.disk = [.with { $0.path = good }, .with { $0.path = path }]
                    }), "\(path)")
            #expect(refused.parameter == "Disk.2.Path", "\(path): \(refused)")
            #expect(!refused.hint.isEmpty)
        }
        let all = try client.call(DescribeInstances.self, .with { $0.regionID = testRegion })
        #expect(all.instances.isEmpty)
    }

    // MARK: Disks that change

    @Test func diskThatIsWrittenMeanwhile() throws {
        let daemon = try TestDaemon()
        let client = try daemon.client()
        let source = try disks.make("disk", bytes: 256 << 20, hasHoles: false)
        let instance = try client.register(paths: [source]).instanceID
        for (allowLive, status) in [(false, "CreateFailed"), (true, "Available")] {
            let id = try client.createImage(of: instance, allowLive: allowLive)
            // From before its capture until it has come to rest.
            var image: Image?
            var writes = 0
            while image == nil || ["Waiting", "Creating"].contains(image?.status) {
                try disks.write("written \(writes)", to: "disk", at: writes * 4096)
                writes += 1
                image = try client.images { $0.imageID = id }.first
            }
            #expect(image?.status == status)
            if allowLive {
                let snapshot = try client.snapshots { $0.status = "accomplished" }.first
                #expect(snapshot?.consistency == "live")
            } else {
                #expect(image?.failureReason.isEmpty == false)
                try client.expectNoOrphans(of: daemon)
            }
        }
        // Left alone, it can be taken again.
        let image = try client.imageAtRest(of: instance)
        #expect(image.status == "Available", "\(image.failureReason)")
        try client.export(image.imageID, to: disks.path("out"))
        #expect(try disks.isEqual(source, disks.path("out")))
    }

    @Test(arguments: ["vanished", "replaced", "shrunk", "a directory"])
    func diskThatIsNoLongerTheSame(_ change: String) throws {
        let daemon = try TestDaemon()
        let client = try daemon.client()
        let source = try disks.make("disk", bytes: 4 << 20)
        let instance = try client.register(paths: [source]).instanceID
        switch change {
        case "shrunk": #expect(truncate(source, 0) == 0)
        case "replaced", "vanished": #expect(rename(source, disks.path("old")) == 0)
        default:
            #expect(unlink(source) == 0)
            #expect(mkdir(source, 0o700) == 0)
        }
        if change == "replaced" { try Data().write(to: URL(fileURLWithPath: source)) }
        let image = try client.imageAtRest(of: instance)
        #expect(image.status == "CreateFailed")
        #expect(image.failureReason.contains(source), "\(image.failureReason)")
        try client.expectNoOrphans(of: daemon)
    }
}
