import ECS
import Foundation
import TestSupport
import Testing

/// R9 with a file system that is really full: ext4 in a file, with the data directory on it.
@Suite(.enabled(if: LoopFileSystem.canMake("ext4"), "needs root, mkfs.ext4 and mount"))
struct FullFileSystemTests {
    private let disks = Disks()
    private let volume: LoopFileSystem
    private let daemon: TestDaemon
    private let client: TestClient

    /// 64 MiB of the file system stay the journal's, so about 100 are for snapshots.
    init() throws {
        volume = try LoopFileSystem("ext4", mebibytes: 192)
        daemon = try TestDaemon(dataPath: "\(volume.path)/data")
        client = try daemon.client()
    }

    private func freeBytes() throws -> Int64 {
        var status = statvfs()
        try #require(statvfs(volume.path, &status) == 0)
        return Int64(status.f_bavail) * Int64(status.f_frsize)
    }

    /// Writes other bytes over the file's first ones, in place.
    private func fill(_ path: String, mebibytes: Int) throws {
        let copied = try Tool.run(
            "dd",
            ["if=/dev/urandom", "of=\(path)", "bs=1M", "count=\(mebibytes)", "conv=notrunc"])
        try #require(copied.status == 0, "\(copied.err)")
    }

    private func expectExport(_ image: Image, _ path: String) throws {
        try client.export(image.imageID, to: disks.path("out"))
        #expect(try disks.isEqual(path, disks.path("out")))
        unlink(disks.path("out"))
    }

    /// A snapshot that does not fit fails its image alone, frees what it took, and the next does.
    @Test func snapshotWithoutRoom() throws {
        let path = try disks.make("disk", bytes: 4 << 20)
        #expect(truncate(path, 150 << 20) == 0)
        let instance = try client.register(paths: [path]).instanceID
        let first = try client.imageAtRest(of: instance)
        #expect(first.status == "Available", "\(first.failureReason)")
        try FileManager.default.copyItem(atPath: path, toPath: disks.path("before"))
        let little = try disks.make("little", bytes: 1 << 20, seed: 9)
        let other = try client.register(paths: [little]).instanceID

        let free = try freeBytes()
        try fill(path, mebibytes: 150)
        let large = try client.createImage(of: instance)
        let beside = try client.imageAtRest(of: other)
        #expect(beside.status == "Available", "\(beside.failureReason)")
        let failed = try #require(try client.wait(for: large))
        #expect(failed.status == "CreateFailed")
        #expect(failed.failureReason.contains("has no room for the snapshot"))
        #expect(failed.failureReason.contains("Free space"), "\(failed.failureReason)")
        try client.expectNoOrphans(of: daemon)
        #expect(try freeBytes() > free - 4 << 20)
        try expectExport(first, disks.path("before"))
        try expectExport(beside, little)

        // Deletes work, and what fits is taken, compared with what was there before.
        try client.deleteImage(failed.imageID)
        try client.deleteImage(first.imageID)
        _ = try client.call(
            DeleteSnapshot.self, .with { $0.snapshotID = first.diskDeviceMappings[0].snapshotID })
        #expect(truncate(path, 40 << 20) == 0)
        let smaller = try client.imageAtRest(of: instance)
        #expect(smaller.status == "Available", "\(smaller.failureReason)")
        try expectExport(smaller, path)
        try daemon.restart()
        try daemon.client().expectNoOrphans(of: daemon)
    }

    /// Files of new disks and exports that do not fit leave nothing, wherever they are asked for.
    @Test func filesWithoutRoom() throws {
        let path = try disks.make("disk", bytes: 1)
        try fill(path, mebibytes: 30)
        let image = try client.imageAtRest(of: client.register(paths: [path]).instanceID)
        #expect(image.status == "Available", "\(image.failureReason)")
        let small = try LoopFileSystem("ext4", mebibytes: 24)
        let empty = try FileManager.default.contentsOfDirectory(atPath: small.path)
        let export = try client.refused(
            ExportImage.self, client.exportRequest(image.imageID, to: "\(small.path)/out"))
        #expect(export?.parameter == "Path", "\(export?.description ?? "no refusal")")
        #expect(export?.hint.contains("room") == true, "\(export?.hint ?? "")")
        func request(_ path: String) -> RunInstancesRequest {
            .with {
                $0.regionID = testRegion
                $0.imageID = image.imageID
                if !path.isEmpty {
                    $0.diskPath = [
                        .with {
                            $0.device = "/dev/xvda"
                            $0.path = path
                        }
                    ]
                }
            }
        }
        let run = try client.refused(RunInstances.self, request("\(small.path)/new.raw"))
        #expect(run?.parameter == "DiskPath.1.Path", "\(run?.description ?? "no refusal")")
        #expect(run?.hint.contains("room") == true, "\(run?.hint ?? "")")
        #expect(try FileManager.default.contentsOfDirectory(atPath: small.path) == empty)

        // In the data directory there is room until the rest is the journal's, and service.
        var made = 0
        var refused: TestClient.Refused?
        while refused == nil && made < 4 {
            refused = try client.refused(RunInstances.self, request(""))
            if refused == nil { made += 1 }
        }
        #expect(made >= 1 && refused?.code == "ServiceUnavailable")
        #expect(refused?.hint.contains("room") == true, "\(refused?.hint ?? "no refusal")")
        try client.expectNoOrphans(of: daemon)
        #expect(try daemon.files("disks").count == made)
        try expectExport(image, path)
        try daemon.restart()
        let client = try daemon.client()
        try client.expectNoOrphans(of: daemon)
        #expect(try client.images().count == 1)
    }
}
