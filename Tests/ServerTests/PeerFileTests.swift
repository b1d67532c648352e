import ECS
import Foundation
import TestSupport
import Testing
import Wire

/// Which files the daemon opens and makes for peers of other users (S4), over the wire.
@Suite(.enabled(if: OtherUser.isPossible, OtherUser.needs))
struct PeerFileTests {
    private static let uid: UInt32 = 65_000

    /// A root in which user 65000 has a directory with a disk, and root has files beside it.
    private struct Tree {
        let directory = TemporaryDirectory()
        var root: String { directory.path }
        var own: String { "\(root)/own" }
        var ownDisk: String { "\(own)/disk.raw" }
        var foreignDisk: String { "\(root)/foreign.raw" }

        init() throws {
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: root)
            try #require(mkdir(own, 0o700) == 0)
            for path in [ownDisk, foreignDisk] {
                try Data(repeating: 7, count: 100_000).write(to: URL(fileURLWithPath: path))
            }
            for path in [own, ownDisk] { try #require(chown(path, uid, uid) == 0) }
        }

        func link(_ name: String, to target: String) throws -> String {
            let path = "\(own)/\(name)"
            try FileManager.default.createSymbolicLink(
                atPath: path, withDestinationPath: target)
            return path
        }
    }

    private func refusal(_ client: TestClient, register path: String) throws -> String {
        let refused = #expect(throws: TestClient.Refused.self) {
            try client.register(paths: [path])
        }
        #expect(refused?.parameter == "Disk.1.Path", "\(path)")
        return refused?.hint ?? ""
    }

    private let peer = "[peer uid=65000]\nAccount = default\n"

    @Test func withoutARootNoFileAtAll() throws {
        let tree = try Tree()
        let daemon = try TestDaemon(peer)
        let client = try OtherUser(Self.uid, of: daemon).client()
        #expect(try refusal(client, register: tree.ownDisk).contains("may not name files"))
    }

    @Test func filesOfItsOwnUnderADiskRoot() throws {
        let tree = try Tree()
        let daemon = try TestDaemon(peer, ["--disk-root", tree.root, "--disk-root=/nonexistent"])
        let client = try OtherUser(Self.uid, of: daemon).client()
        let instance = try client.register(paths: [tree.ownDisk])
        let image = try client.createImage(of: instance.instanceID)
        #expect(try client.wait(for: image)?.status == "Available")

        // What is not its own looks like what does not exist.
        let missing = try refusal(client, register: "\(tree.root)/missing.raw")
        for path in [
            tree.foreignDisk, "\(tree.root)/own/missing", tree.root, "\(tree.foreignDisk)/x",
            try tree.link("link.raw", to: tree.foreignDisk),
            try tree.link("own.raw", to: tree.ownDisk),
            "\(try tree.link("up", to: tree.root))/foreign.raw",
            "\(try tree.link("etc", to: "/etc"))/passwd",
        ] {
            let hint = try refusal(client, register: path)
            #expect(
                hint.replacing(path, with: "")
                    == missing.replacing(
                        "\(tree.root)/missing.raw", with: ""))
        }
        for path in [
            "/etc/passwd", "\(tree.root)/../etc/passwd", "\(tree.own)/../../../etc/passwd",
            "\(tree.root)x/disk.raw",
        ] {
            #expect(try refusal(client, register: path).contains("not under a disk root"))
        }
        // A FIFO of its own is opened without waiting, and judged.
        let fifo = "\(tree.own)/fifo"
        try #require(mkfifo(fifo, 0o600) == 0 && chown(fifo, Self.uid, Self.uid) == 0)
        #expect(try refusal(client, register: fifo).contains("FIFO"))
    }

    /// The file is swapped for a link between registration and copy: the job opens it by the same
    /// rule, and fails.
    @Test func swappedAfterwards() throws {
        let tree = try Tree()
        let daemon = try TestDaemon(peer, ["--disk-root", tree.root])
        let client = try OtherUser(Self.uid, of: daemon).client()
        let instance = try client.register(paths: [tree.ownDisk])
        try #require(unlink(tree.ownDisk) == 0)
        _ = try tree.link("disk.raw", to: tree.foreignDisk)
        let image = try client.createImage(of: instance.instanceID)
        #expect(try client.wait(for: image)?.status == "CreateFailed")
    }

    @Test func anyFileUnderARootOfItsBinding() throws {
        let tree = try Tree()
        let granted = "\(peer)DiskRoot = \(tree.root)\n"
        let daemon = try TestDaemon(granted)
        let client = try OtherUser(Self.uid, of: daemon).client()
        let instance = try client.register(paths: [tree.foreignDisk])
        let image = try client.createImage(of: instance.instanceID)
        #expect(try client.wait(for: image)?.status == "Available")
        // Links are not followed even there.
        let link = try tree.link("link.raw", to: "/etc/passwd")
        #expect(try refusal(client, register: link).contains("symbolic links"))

        // A root that is not the binding's any more refuses the file when it is opened again.
        try daemon.kill()
        try Data(peer.utf8).write(to: URL(fileURLWithPath: "\(daemon.directory.path)/config"))
        try daemon.start()
        let later = try OtherUser(Self.uid, of: daemon).client()
        let second = try later.createImage(of: instance.instanceID)
        #expect(try later.wait(for: second)?.status == "CreateFailed")
        #expect(daemon.log.contains("may not name files"))
    }

    // MARK: Exports

    private func export(
        _ daemon: TestDaemon, _ tree: Tree, _ body: (TestClient, String) throws -> Void
    ) throws {
        let client = try OtherUser(Self.uid, of: daemon).client()
        let instance = try client.register(paths: [tree.ownDisk])
        let image = try client.createImage(of: instance.instanceID)
        #expect(try client.wait(for: image)?.status == "Available")
        try body(client, image)
    }

    private func owner(_ path: String) -> UInt32? {
        var found = stat()
        return lstat(path, &found) == 0 ? found.st_uid : nil
    }

    @Test func exportsIntoDirectoriesOfItsOwn() throws {
        let tree = try Tree()
        let daemon = try TestDaemon(peer, ["--disk-root", tree.root])
        try export(daemon, tree) { client, image in
            try client.export(image, to: "\(tree.own)/out.raw")
            #expect(owner("\(tree.own)/out.raw") == Self.uid)
            #expect(
                FileManager.default.contents(atPath: "\(tree.own)/out.raw")
                    == FileManager.default.contents(atPath: tree.ownDisk))
            let link = try tree.link("away", to: tree.root)
            for path in [
                "\(tree.root)/out.raw", "/tmp/imaged-test-out.raw", "\(link)/out.raw",
                "\(tree.root)/missing/out.raw", "\(tree.own)/../out.raw",
            ] {
                let refused = #expect(throws: TestClient.Refused.self) {
                    try client.export(image, to: path)
                }
                #expect(refused?.parameter == "Path")
                #expect(owner(path) == nil, "\(path)")
            }
            let names = try FileManager.default.contentsOfDirectory(atPath: tree.own)
            #expect(names.sorted() == ["away", "disk.raw", "out.raw"])
        }
    }

    /// A bucket is the operator's to name: no root leads there, and the peer gets the file.
    @Test func exportsToABucket() throws {
        let tree = try Tree()
        let bucket = TemporaryDirectory()
        let daemon = try TestDaemon(
            "\(peer)[bucket ci]\nPath = \(bucket.path)\n", ["--disk-root", tree.root])
        try export(daemon, tree) { client, image in
            _ = try client.call(
                ExportImage.self,
                .with {
                    $0.regionID = testRegion
                    $0.imageID = image
                    $0.ossBucket = "ci"
                })
            let names = try FileManager.default.contentsOfDirectory(atPath: bucket.path)
            #expect(names == ["\(image)_system.raw"])
            #expect(owner("\(bucket.path)/\(image)_system.raw") == Self.uid)
            let refused = #expect(throws: TestClient.Refused.self) {
                try client.export(image, to: "\(bucket.path)/other.raw")
            }
            #expect(refused?.parameter == "Path")
        }
    }

    @Test func exportsBelowARootOfItsBinding() throws {
        let tree = try Tree()
        let daemon = try TestDaemon("\(peer)DiskRoot = \(tree.root)\n")
        try export(daemon, tree) { client, image in
            try client.export(image, to: "\(tree.root)/out.raw")
            #expect(owner("\(tree.root)/out.raw") == Self.uid)
        }
    }

    // MARK: New disks

    private func run(
        _ client: TestClient, _ image: String, _ path: String = ""
    ) throws -> RunInstancesResponse {
        try client.call(
            RunInstances.self,
            .with {
                $0.regionID = testRegion
                $0.imageID = image
                if path.isEmpty { return }
                $0.diskPath = [
                    .with {
                        $0.device = "/dev/xvda"
                        $0.path = path
                    }
                ]
            })
    }

    private func waitUntilRunning(_ id: String, _ client: TestClient) throws {
        while try client.call(
            DescribeInstanceStatus.self,
            .with {
                $0.regionID = testRegion
                $0.instanceID = [id]
            }
        ).instanceStatuses.first?.status != "Running" {}
    }

    /// The same rule as for exports; and what is made for a peer is removed by its right.
    @Test func newDisksInDirectoriesOfItsOwn() throws {
        let tree = try Tree()
        let daemon = try TestDaemon(peer, ["--disk-root", tree.root])
        try export(daemon, tree) { client, image in
            let path = "\(tree.own)/new.raw"
            let instance = try run(client, image, path).instanceIDSets[0]
            #expect(owner(path) == Self.uid)
            #expect(
                FileManager.default.contents(atPath: path)
                    == FileManager.default.contents(atPath: tree.ownDisk))
            let link = try tree.link("away", to: tree.root)
            for path in [
                "\(tree.root)/out.raw", "/tmp/imaged-test-out.raw", "\(link)/out.raw",
                "\(tree.root)/missing/out.raw", "\(tree.own)/../out.raw", path,
            ] {
                let before = owner(path)
                let refused = #expect(throws: TestClient.Refused.self) {
                    try run(client, image, path)
                }
                #expect(refused?.parameter == "DiskPath.1.Path", "\(path)")
                #expect(owner(path) == before, "\(path)")
            }
            try waitUntilRunning(instance, client)
            let second = try client.createImage(of: instance)
            #expect(try client.wait(for: second)?.status == "Available")
            // In the data directory it is the daemon's own, and can be imaged all the same.
            let kept = try run(client, image).instanceIDSets[0]
            while try daemon.files("disks").count != 1 {}
            try waitUntilRunning(kept, client)
            let third = try client.createImage(of: kept)
            #expect(try client.wait(for: third)?.status == "Available")
            for id in [instance, kept] {
                _ = try client.call(
                    DeleteInstance.self,
                    .with {
                        $0.instanceID = id
                        $0.force = true
                    })
            }
            while owner(path) != nil {}
            while try daemon.files("disks") != [] {}
            let names = try FileManager.default.contentsOfDirectory(atPath: tree.own)
            #expect(names.sorted() == ["away", "disk.raw"])
        }
    }

    @Test func newDisksBelowARootOfItsBinding() throws {
        let tree = try Tree()
        let daemon = try TestDaemon("\(peer)DiskRoot = \(tree.root)\n")
        try export(daemon, tree) { client, image in
            let path = "\(tree.root)/new.raw"
            let instance = try run(client, image, path).instanceIDSets[0]
            #expect(owner(path) == Self.uid)
            try daemon.restart()
            let later = try OtherUser(Self.uid, of: daemon).client()
            #expect(owner(path) == Self.uid)
            while try later.refused(
                DeleteInstance.self,
                .with {
                    $0.instanceID = instance
                    $0.force = true
                }) != nil
            {}
            while owner(path) != nil {}
        }
    }
}
