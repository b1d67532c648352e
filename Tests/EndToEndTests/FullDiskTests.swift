import ECS
import Foundation
import TestSupport
import Testing

/// R9: a full disk is an error, not a crash. The data directory is on a small tmpfs of its own.
@Suite(.enabled(if: geteuid() == 0, "needs root, to mount a small file system"))
struct FullDiskTests {
    /// A mounted tmpfs that goes with the value.
    private final class SmallFileSystem {
        let directory = TemporaryDirectory()
        var path: String { "\(directory.path)/small" }

        init(mebibytes: Int) throws {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: false)
            let mounted = try Tool.run(
                "mount", ["-t", "tmpfs", "-o", "size=\(mebibytes)m,mode=0700", "tmpfs", path])
            try #require(mounted.status == 0, "\(mounted.err)")
        }

        deinit { _ = try? Tool.run("umount", ["-l", path]) }

        /// Takes all the room that is left.
        func fill() throws {
            let file = open("\(path)/filler", O_WRONLY | O_CREAT | O_APPEND, 0o600)
            defer { close(file) }
            let block = [UInt8](repeating: 0x61, count: 4096)
            while write(file, block, block.count) > 0 {}
        }

        func clear() { unlink("\(path)/filler") }
    }

    private let disks = Disks()

    @Test func snapshotWithoutRoom() throws {
        let small = try SmallFileSystem(mebibytes: 96)
        let daemon = try TestDaemon(dataPath: "\(small.path)/data")
        let client = try daemon.client()
        let little = try disks.make("little", bytes: 2 << 20, hasHoles: false)
        let large = try disks.make("large", bytes: 120 << 20, hasHoles: false)
        let first = try client.imageAtRest(of: client.register(paths: [little]).instanceID)
        #expect(first.status == "Available", "\(first.failureReason)")
        let instance = try client.register(paths: [large]).instanceID
        let failed = try client.imageAtRest(of: instance)
        #expect(failed.status == "CreateFailed")
        #expect(!failed.failureReason.isEmpty)
        try client.expectNoOrphans(of: daemon)
        try client.export(first.imageID, to: disks.path("out"))
        #expect(try disks.isEqual(little, disks.path("out")))
        // Deletes work, and there is service as before.
        try client.deleteImage(failed.imageID)
        let again = try client.imageAtRest(of: client.register(paths: [little]).instanceID)
        #expect(again.status == "Available", "\(again.failureReason)")
    }

    /// No room for the journal: changes are refused and reads go on; with room again, all is well.
    @Test func journalWithoutRoom() throws {
        let small = try SmallFileSystem(mebibytes: 8)
        let daemon = try TestDaemon(
            """
            [limits]
            Images = 100000
            UnfinishedSnapshots = 100000
            ConcurrentPerDisk = 100000
            SnapshotsPerDisk = 100000
            """, dataPath: "\(small.path)/data")
        var client = try daemon.client()
        let instance = try client.registerSimulated().instanceID
        try small.fill()
        var made: [String] = []
        var refused: TestClient.Refused?
        while refused == nil && made.count < 20_000 {
            do {
                made.append(try client.createImage(of: instance, name: "image-\(made.count)"))
            } catch let error as TestClient.Refused {
                refused = error
            }
        }
        #expect(refused?.code == "ServiceUnavailable", "\(refused?.description ?? "")")
        #expect(refused?.hint.contains("full") ?? false)
        #expect(Set(try client.images().map(\.imageID)) == Set(made))
        let gone = try #require(made.last)
        made.removeLast()
        try client.deleteImage(gone)
        small.clear()
        var isServed = false
        while !isServed {
            isServed =
                try client.refused(
                    CreateImage.self, TestClient.createImageRequest(of: instance, name: "room"))
                == nil
        }
        try daemon.restart()
        client = try daemon.client()
        let names = Set(try client.images().map(\.imageName))
        #expect(names.contains("room"))
        #expect(names.count == made.count + 1)
    }
}
