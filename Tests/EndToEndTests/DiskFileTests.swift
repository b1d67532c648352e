import ECS
import Foundation
import TestSupport
import Testing
import Wire

/// Images of real disks become disks again: with the real daemon, real files and kills.
@Suite struct DiskFileTests {
    private let disks = Disks()

    /// An Available image of one file.
    private func image(
        of path: String, _ client: TestClient
    ) throws -> (instance: String, image: Image) {
        let instance = try client.register(paths: [path]).instanceID
        return (instance, try client.imageAtRest(of: instance))
    }

    private func runRequest(
        _ image: String, _ change: (inout RunInstancesRequest) -> Void = { _ in }
    ) -> RunInstancesRequest {
        .with {
            $0.regionID = testRegion
            $0.imageID = image
            change(&$0)
        }
    }

    private func place(_ path: String) -> DiskPath {
        .with {
            $0.device = "/dev/xvda"
            $0.path = path
        }
    }

    private func disks(_ client: TestClient, of instance: String = "") throws -> [Disk] {
        try client.call(
            DescribeDisks.self,
            .with {
                $0.regionID = testRegion
                $0.instanceID = instance
                $0.pageSize = 100
            }
        ).disks
    }

    private func names(_ path: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    }

    private func deleteInstance(_ id: String, _ client: TestClient) throws {
        _ = try client.call(
            DeleteInstance.self,
            .with {
                $0.instanceID = id
                $0.force = true
            })
    }

    /// An instance on its way cannot be deleted.
    private func waitUntilRunning(_ id: String, _ client: TestClient) throws {
        while true {
            let status = try client.call(
                DescribeInstanceStatus.self,
                .with {
                    $0.regionID = testRegion
                    $0.instanceID = [id]
                }
            ).instanceStatuses.first?.status
            if status == "Running" { return }
        }
    }

    // MARK: The bytes

    /// In and out again: the file system is whole, and an image of the new disk is like the first.
    @Test(
        .enabled(
            if: Tool.available("mkfs.ext4", "e2fsck"), "needs mkfs.ext4 and e2fsck (e2fsprogs)"))
    func aFileSystemGoesThrough() throws {
        let daemon = try TestDaemon()
        let client = try daemon.client()
        let source = disks.path("disk.raw")
        let folder = disks.path("content")
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: false)
        for index in 0..<20 { try disks.make("content/\(index)", bytes: 70_000, seed: 3) }
        let made = try Tool.run("mkfs.ext4", ["-q", "-d", folder, source, "64M"])
        try #require(made.status == 0, "\(made.err)")
        let (_, image) = try image(of: source, client)
        let instance = try client.call(RunInstances.self, runRequest(image.imageID))
            .instanceIDSets[0]
        let disk = try #require(try disks(client, of: instance).first)
        #expect(disk.path.hasPrefix("\(daemon.dataPath)/disks/"))
        #expect(disk.sizeBytes == 64 << 20 && disk.size == 1)
        #expect(try disks.isEqual(source, disk.path))
        #expect(try Tool.run("e2fsck", ["-fn", disk.path]).status == 0)
        let name = (disk.path as NSString).lastPathComponent
        while try names("\(daemon.dataPath)/disks") != [name] {}
        try waitUntilRunning(instance, client)

        let second = try client.imageAtRest(of: instance)
        #expect(second.status == "Available", "\(second.failureReason)")
        // Nothing has changed since: nothing is stored twice.
        let stored = try client.snapshots { $0.diskID = disk.diskID }
        #expect(stored.map(\.storedBytes) == [0])
        try client.export(second.imageID, to: disks.path("out"))
        #expect(try disks.isEqual(source, disks.path("out")))
    }

    @Test func whereTheRequestWants() throws {
        let daemon = try TestDaemon()
        let client = try daemon.client()
        let source = try disks.make("disk", bytes: 9 << 20)
        let (_, image) = try image(of: source, client)
        let path = disks.path("new.raw")
        let request = runRequest(image.imageID) {
            $0.diskPath = [place(path)]
            $0.systemDisk = .with { $0.size = 1 }
        }
        let instance = try client.call(RunInstances.self, request).instanceIDSets[0]
        let disk = try #require(try disks(client, of: instance).first)
        #expect(disk.path == path && disk.sizeBytes == 1 << 30)
        let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
        #expect(size == 1 << 30)
        #expect(try Tool.run("cmp", ["-n", "\(9 << 20)", source, path]).status == 0)
        #expect(try names("\(daemon.dataPath)/disks").isEmpty)
        while try names(disks.directory.path) != ["disk", "new.raw"] {}

        // It is there now, and stays what it is.
        let refused = try client.refused(RunInstances.self, request)
        #expect(refused?.code == "InvalidParameter" && refused?.parameter == "DiskPath.1.Path")
        #expect(refused?.hint.contains("already exists") == true)
        #expect(refused?.hint.contains("another path") == true)
        let missing = try client.refused(
            CreateDisk.self,
            .with {
                $0.regionID = testRegion
                $0.zoneID = "\(testRegion)-a"
                $0.snapshotID = image.diskDeviceMappings[0].snapshotID
                $0.path = "/nonexistent/x.raw"
            })
        #expect(missing?.parameter == "Path")
        #expect(missing?.hint.contains("Make the directory first") == true)
        #expect(try names(disks.directory.path) == ["disk", "new.raw"])
        #expect(try disks(client).count == 2)
    }

    @Test func createDiskAndReplaceSystemDisk() throws {
        let daemon = try TestDaemon()
        let client = try daemon.client()
        let source = try disks.make("disk", bytes: 5 << 20)
        let (mine, image) = try image(of: source, client)
        let snapshot = image.diskDeviceMappings[0].snapshotID
        let created = try client.call(
            CreateDisk.self,
            .with {
                $0.regionID = testRegion
                $0.zoneID = "\(testRegion)-a"
                $0.snapshotID = snapshot
                $0.path = disks.path("data.raw")
            }
        ).diskID
        #expect(try disks.isEqual(source, disks.path("data.raw")))
        try disks.write("the owner goes on", to: "disk")
        let replaced = try client.call(
            ReplaceSystemDisk.self,
            .with {
                $0.instanceID = mine
                $0.imageID = image.imageID
            }
        ).diskID
        let disk = try #require(try disks(client, of: mine).first)
        #expect(disk.diskID == replaced && disk.path.hasPrefix(daemon.dataPath))
        #expect(try disks.isEqual(disk.path, disks.path("data.raw")))
        // The registered file is its owner's, and as he left it.
        #expect(try !disks.isEqual(source, disk.path))

        _ = try client.call(DeleteDisk.self, .with { $0.diskID = created })
        try deleteInstance(mine, client)
        while try names("\(daemon.dataPath)/disks") != [] {}
        while try names(disks.directory.path) != ["disk"] {}
        try daemon.restart()
        #expect(try names(disks.directory.path) == ["disk"])
    }

    /// A made file that its user has put another in place of: that one stays.
    @Test func anotherFileInItsPlaceStays() throws {
        let daemon = try TestDaemon()
        let client = try daemon.client()
        let paths = try ["disk", "data"].map { try disks.make($0, bytes: 1 << 20) }
        let source = try client.register(paths: paths).instanceID
        let image = try client.imageAtRest(of: source)
        let path = disks.path("new.raw")
        let instance = try client.call(
            RunInstances.self, runRequest(image.imageID) { $0.diskPath = [place(path)] }
        ).instanceIDSets[0]
        while try names("\(daemon.dataPath)/disks").count != 1 {}
        // Made before the other is gone, so that it is another file.
        try disks.make("theirs", bytes: 4711)
        try #require(rename(disks.path("theirs"), path) == 0)
        try waitUntilRunning(instance, client)
        try deleteInstance(instance, client)
        // The data disk's file goes after the system disk's.
        while try names("\(daemon.dataPath)/disks") != [] {}
        #expect(try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int == 4711)
    }

    // MARK: Ends that leave nothing

    @Test func cancelledLateOrAlone() throws {
        let daemon = try TestDaemon()
        var client = try daemon.client()
        let source = try disks.make("disk", bytes: 192 << 20)
        let (_, image) = try image(of: source, client)
        let path = disks.path("new.raw")
        let request = runRequest(image.imageID) { $0.diskPath = [place(path)] }

        /// Nothing of it, or all of it, which is taken away again.
        func expectNothingOrAll(_ isDone: Bool) throws {
            let made = try disks(client).filter { $0.path == path }
            #expect(made.count == (isDone ? 1 : 0))
            #expect(FileManager.default.fileExists(atPath: path) == isDone)
            for disk in made {
                #expect(try disks.isEqual(source, path))
                try waitUntilRunning(disk.instanceID, client)
                try deleteInstance(disk.instanceID, client)
            }
            while try names(disks.directory.path) != ["disk"] {}
        }
        let stream = try client.begin(RunInstances.self, request)
        _ = try client.call(Cancel.self, .with { $0.streamID = Int64(stream) })
        let status = try client.response(stream).status
        #expect(status == nil || status?.code == StatusCode.cancelled.rawValue)
        try expectNothingOrAll(status == nil)

        let late = try client.refused(
            RunInstances.self, request, timeoutNanoseconds: 5_000_000)
        #expect(late == nil || late?.statusCode == .deadlineExceeded)
        try expectNothingOrAll(late == nil)

        // The connection is lost: done or not, but whole.
        let lost = try daemon.client()
        _ = try lost.begin(RunInstances.self, request)
        lost.closeSending()
        client = try daemon.client()
        _ = try? lost.framesUntilClosed()
        let isDone = try disks(client).contains { $0.path == path }
        try expectNothingOrAll(isDone)
        #expect(try names("\(daemon.dataPath)/disks").isEmpty)
        #expect(try daemon.stop() == 0)
    }

    /// Stored bytes that are not what was written make no disk, are never read, and are told of.
    @Test func damage() throws {
        let daemon = try TestDaemon()
        let client = try daemon.client()
        let source = try disks.make("disk", bytes: 4 << 20, hasHoles: false)
        let (_, image) = try image(of: source, client)
        let snapshot = image.diskDeviceMappings[0].snapshotID
        let segment = try #require(
            try daemon.files("segments").first { !$0.hasSuffix(".index") })
        let path = "\(daemon.dataPath)/segments/\(segment)"
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try file.seek(toOffset: (3 << 20) + 77)
        try file.write(contentsOf: Data("damage".utf8))
        try file.close()
        let read = try client.refused(
            ReadSnapshot.self,
            .with {
                $0.snapshotID = snapshot
                // A segment begins with a cluster of its own.
                $0.offset = (3 << 20) - (64 << 10)
                $0.length = 1
            })
        #expect(read?.code == "InternalError" && read?.hint.contains("damaged") == true)
        for path in ["", disks.path("new.raw")] {
            let refused = try client.refused(
                RunInstances.self,
                runRequest(image.imageID) { $0.diskPath = path.isEmpty ? [] : [place(path)] })
            #expect(refused?.code == "InternalError" && refused?.hint.contains("damaged") == true)
        }
        #expect(try names(disks.directory.path) == ["disk"])
        #expect(try names("\(daemon.dataPath)/disks").isEmpty)
        #expect(try client.snapshots().first?.damage.contains("damaged") == true)
        #expect(try disks(client).count == 1)
    }

    /// Two requests with one token at the same time: one instance, one file, one answer.
    @Test func oneTokenOneDisk() throws {
        let daemon = try TestDaemon()
        let client = try daemon.client()
        let (_, image) = try image(of: try disks.make("disk", bytes: 32 << 20), client)
        let request = runRequest(image.imageID) { $0.clientToken = "once" }
        let streams = try (0..<4).map { _ in try client.begin(RunInstances.self, request) }
        let answers = try streams.map { try client.answer(RunInstances.self, $0).instanceIDSets }
        #expect(Set(answers).count == 1)
        #expect(try disks(client).count == 2)
        while try names("\(daemon.dataPath)/disks").count != 1 {}
        #expect(try client.call(RunInstances.self, request).instanceIDSets == answers[0])
    }

    /// Killed at any moment of making files, again and again: after each start the files are those
    /// of the disks, all whole, and nothing with a temporary name is left.
    @Test func killedWhileMaking() throws {
        let daemon = try TestDaemon()
        let source = try disks.make("disk", bytes: 24 << 20)
        var client = try daemon.client()
        let (_, image) = try image(of: source, client)
        var random = SeededRandom(seed: UInt64.random(in: 0...UInt64.max))
        for round in 0..<12 {
            let path = disks.path("new-\(round)")
            _ = try client.begin(
                RunInstances.self, runRequest(image.imageID) { $0.amount = 3 })
            _ = try client.begin(
                RunInstances.self, runRequest(image.imageID) { $0.diskPath = [place(path)] })
            _ = try client.begin(
                ExportImage.self,
                client.exportRequest(image.imageID, to: disks.path("export-\(round)")))
            usleep(UInt32.random(in: 0...120_000, using: &random))
            try daemon.restart()
            client = try daemon.client()
            let made = try disks(client).map(\.path).filter { $0 != source }
            let inData = made.filter { $0.hasPrefix(daemon.dataPath) }
            #expect(
                try names("\(daemon.dataPath)/disks").map { "\(daemon.dataPath)/disks/\($0)" }
                    == inData.sorted(), "round \(round)")
            // Those elsewhere go soon after the start.
            while try names(disks.directory.path).contains(where: { $0.hasSuffix(".part") }) {}
            let outside = try names(disks.directory.path).filter { $0.hasPrefix("new-") }
            #expect(
                outside.map(disks.path) == made.filter { !inData.contains($0) }.sorted(),
                "round \(round)")
            for file in made
                + (try names(disks.directory.path))
                .filter({ $0.hasPrefix("export-") }).map(disks.path)
            {
                #expect(try disks.isEqual(source, file), "round \(round): \(file)")
            }
            for disk in try disks(client) where disk.path != source {
                try waitUntilRunning(disk.instanceID, client)
                try deleteInstance(disk.instanceID, client)
            }
        }
        while try names("\(daemon.dataPath)/disks") != [] {}
        #expect(FileManager.default.fileExists(atPath: source))
    }

    /// A data directory in another place: its disks are found, and none is taken for an orphan.
    @Test func aDataDirectoryThatWasMoved() throws {
        let daemon = try TestDaemon()
        let source = try disks.make("disk", bytes: 3 << 20)
        let (_, image) = try image(of: source, try daemon.client())
        let instance = try daemon.client().call(RunInstances.self, runRequest(image.imageID))
            .instanceIDSets[0]
        try daemon.stop()
        let moved = disks.path("moved")
        try FileManager.default.moveItem(atPath: daemon.dataPath, toPath: moved)
        let next = try TestDaemon(dataPath: moved)
        let client = try next.client()
        let disk = try #require(try disks(client, of: instance).first)
        #expect(disk.path.hasPrefix("\(moved)/disks/"))
        #expect(try disks.isEqual(source, disk.path))
        try waitUntilRunning(instance, client)
        let image2 = try client.imageAtRest(of: instance)
        #expect(image2.status == "Available", "\(image2.failureReason)")
    }

    // MARK: Snapshots

    @Test func exportedAndReadBySnapshot() throws {
        let daemon = try TestDaemon()
        let client = try daemon.client()
        let source = try disks.make("disk", bytes: (7 << 20) + 333)
        let (_, image) = try image(of: source, client)
        let snapshot = image.diskDeviceMappings[0].snapshotID
        let path = disks.path("out.raw")
        let exported = try client.call(
            ExportSnapshot.self,
            .with {
                $0.snapshotID = snapshot
                $0.path = path
            })
        #expect(exported.sizeBytes == (7 << 20) + 333 && exported.storedBytes > 0)
        #expect(try disks.isEqual(source, path))
        #expect(try names(disks.directory.path) == ["disk", "out.raw"])
        let refused = try client.refused(
            ExportSnapshot.self,
            .with {
                $0.snapshotID = snapshot
                $0.path = path
            })
        #expect(refused?.parameter == "Path")

        var found = Data()
        while true {
            let part = try client.call(
                ReadSnapshot.self,
                .with {
                    $0.snapshotID = snapshot
                    $0.offset = Int64(found.count)
                    $0.length = 1 << 20
                })
            #expect(part.sizeBytes == (7 << 20) + 333)
            if part.data.isEmpty && part.holeBytes == 0 { break }
            found += Data(part.data) + Data(count: Int(part.holeBytes))
        }
        #expect(found == FileManager.default.contents(atPath: source))
        let beyond = try client.refused(
            ReadSnapshot.self,
            .with {
                $0.snapshotID = snapshot
                $0.offset = Int64(found.count + 1)
                $0.length = 1
            })
        #expect(beyond?.parameter == "Offset")
    }

    /// A snapshot that is being read cannot be deleted under the reader, and its open files do not
    /// keep its space afterwards.
    @Test func aReadSnapshotGivesItsSpaceBack() throws {
        let daemon = try TestDaemon()
        let client = try daemon.client()
        let (_, image) = try image(
            of: try disks.make("disk", bytes: 2 << 20, hasHoles: false), client)
        let snapshot = image.diskDeviceMappings[0].snapshotID
        _ = try client.call(
            ReadSnapshot.self,
            .with {
                $0.snapshotID = snapshot
                $0.length = 10
            })
        try client.deleteImage(image.imageID)
        _ = try client.call(DeleteSnapshot.self, .with { $0.snapshotID = snapshot })
        while try daemon.files("segments") != [] {}
        let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(daemon.pid)/fd")
            .compactMap {
                try? FileManager.default.destinationOfSymbolicLink(
                    atPath: "/proc/\(daemon.pid)/fd/\($0)")
            }
        #expect(!open.contains { $0.contains("/segments/") })
    }
}
