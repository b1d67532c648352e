import ECS
import Foundation
import TestSupport
import Testing

/// R6 with the real daemon: `kill -9` while disks are copied, and damage on disk.
@Suite struct CrashTests {
    private let disks = Disks()

    /// Killed at ten moments of a copy: what was acknowledged is there, and the image is the
    /// captured source, byte for byte, or it failed and says why.
    @Test func killedWhileCopying() throws {
        let daemon = try TestDaemon()
        let source = try disks.make("disk", bytes: 128 << 20)
        var client = try daemon.client()
        let instance = try client.register(paths: [source]).instanceID
        var random = SeededRandom(seed: UInt64.random(in: 0...UInt64.max))
        var acknowledged: [String] = []
        var available = 0
        for round in 0..<10 {
            let id = try client.createImage(of: instance, name: "round-\(round)")
            acknowledged.append(id)
            usleep(UInt32.random(in: 0...150_000, using: &random))
            try daemon.restart()
            client = try daemon.client()
            #expect(Set(try client.images().map(\.imageID)) == Set(acknowledged))
            let image = try #require(try client.wait(for: id))
            if image.status == "Available" {
                available += 1
                let out = disks.path("out-\(round)")
                try client.export(id, to: out)
                #expect(try disks.isEqual(source, out))
                #expect(unlink(out) == 0)
            } else {
                #expect(image.status == "CreateFailed")
                #expect(!image.failureReason.isEmpty)
            }
            try client.expectNoOrphans(of: daemon)
        }
        #expect(available > 0)
    }

    /// A disk that was changed between the kill and the start is not the one that was captured.
    @Test func sourceChangedBetweenKillAndStart() throws {
        let daemon = try TestDaemon()
        let source = try disks.make("disk", bytes: 512 << 20)
        var client = try daemon.client()
        let instance = try client.register(paths: [source]).instanceID
        let id = try client.createImage(of: instance)
        // It is Creating as soon as its disk has been captured and the copy begins.
        while try client.images().first?.status == "Waiting" {}
        try daemon.kill()
        try disks.write("changed after the capture", to: "disk")
        try daemon.start()
        client = try daemon.client()
        let image = try #require(try client.wait(for: id))
        #expect(image.status == "CreateFailed")
        #expect(!image.failureReason.isEmpty)
        #expect(image.failureReason.contains(source), "\(image.failureReason)")
        try client.expectNoOrphans(of: daemon)
    }

    /// Deleted snapshots take their files with them, also when the daemon is killed right after.
    @Test func killedAfterDeleting() throws {
        let daemon = try TestDaemon()
        let source = try disks.make("disk", bytes: 4 << 20)
        var client = try daemon.client()
        let instance = try client.register(paths: [source]).instanceID
        let kept = try client.imageAtRest(of: instance)
        try disks.write("another moment", to: "disk")
        let gone = try client.imageAtRest(of: instance)
        try client.deleteImage(gone.imageID)
        for disk in gone.diskDeviceMappings {
            _ = try client.call(
                DeleteSnapshot.self, .with { $0.snapshotID = disk.snapshotID })
        }
        try daemon.restart()
        client = try daemon.client()
        #expect(try client.images().map(\.imageID) == [kept.imageID])
        #expect(try client.snapshots().count == 1)
        // Reclaiming goes on at the start; a stop waits for nothing of it, so look until it is done.
        while try daemon.files("manifests").count > 1 {}
        try client.export(kept.imageID, to: disks.path("out"))
        try daemon.restart()
        try daemon.client().expectNoOrphans(of: daemon)
    }

    /// R1: a read's answer too waits until what it saw is durable. Killed as soon as it has come,
    /// whether or not the create beside it was answered, the image is still there.
    @Test func whatWasReadSurvivesAKill() throws {
        let daemon = try TestDaemon("[limits]\nConcurrentPerDisk = 1000\n")
        let instance = try daemon.client().registerSimulated().instanceID
        for round in 0..<15 {
            let client = try daemon.client()
            let (create, read) = (client.newStream(), client.newStream())
            let request = TestClient.createImageRequest(of: instance, name: "round-\(round)")
            let describe = DescribeImagesRequest.with {
                $0.regionID = testRegion
                $0.imageName = "round-\(round)"
                $0.status = "ALL"
            }
            try client.send(
                client.encode(CreateImage.self, request, stream: create)
                    + client.encode(DescribeImages.self, describe, stream: read))
            let seen = try client.answer(DescribeImages.self, read).images.map(\.imageID)
            try daemon.restart()
            #expect(seen.count == 1)
            let kept = try daemon.client().images { $0.imageName = "round-\(round)" }
            #expect(kept.map(\.imageID) == seen)
        }
    }

    // MARK: Damage

    private func journal(_ daemon: TestDaemon) throws -> String {
        let names = try FileManager.default.contentsOfDirectory(atPath: daemon.dataPath)
        let name = try #require(names.filter { $0.hasPrefix("journal-") }.max())
        return "\(daemon.dataPath)/\(name)"
    }

    /// R7: a damaged journal is refused with file, offset and the command that helps; `check`
    /// finds the same, and `repair` goes back to before the damage.
    @Test func damagedJournal() throws {
        let daemon = try TestDaemon("[limits]\nConcurrentPerDisk = 1000\n")
        var client = try daemon.client()
        let instance = try client.registerSimulated().instanceID
        let first = try client.createImage(of: instance, name: "first")
        try daemon.kill()
        let path = try journal(daemon)
        let before = try #require(FileManager.default.contents(atPath: path))
        let place = try #require(before.range(of: Data("first".utf8))?.lowerBound)
        try daemon.start()
        client = try daemon.client()
        for index in 0..<20 { _ = try client.createImage(of: instance, name: "later-\(index)") }
        try daemon.kill()
        #expect(try Tool.run(TestDaemon.product("imaged"), ["check", daemon.dataPath]).status == 0)

        var damaged = try #require(FileManager.default.contents(atPath: path))
        damaged[place] ^= 1
        try damaged.write(to: URL(fileURLWithPath: path))
        let exited = try daemon.failedStart()
        #expect(exited.status == 65)
        #expect(exited.log.contains(path), "\(exited)")
        #expect(exited.log.contains("imaged repair"), "\(exited)")
        #expect(exited.log.contains { $0.isNumber })
        #expect(FileManager.default.contents(atPath: path) == damaged)

        let check = try Tool.run(TestDaemon.product("imaged"), ["check", daemon.dataPath])
        #expect(check.status == 65)
        #expect(check.err.contains(path), "\(check.err)")
        let repair = try Tool.run(TestDaemon.product("imaged"), ["repair", daemon.dataPath])
        #expect(repair.status == 0, "\(repair.err)")
        #expect(repair.text.contains("kept: "), "\(repair.text)")
        try daemon.start()
        client = try daemon.client()
        // The state before the damaged record: that of the registration.
        #expect(try client.images().isEmpty)
        let again = try client.createImage(of: instance, name: "first")
        #expect(again != first)
        // Simulated disks have no data: nothing had to be set aside.
        let names = try FileManager.default.contentsOfDirectory(atPath: daemon.dataPath)
        #expect(!names.contains { $0.hasPrefix("set-aside") }, "\(names)")
    }

    /// R7: what only the changes name that a repair drops is kept, for who puts the journal right.
    @Test func repairKeepsTheData() throws {
        let daemon = try TestDaemon()
        var client = try daemon.client()
        let disk = try disks.make("disk", bytes: 3 << 20, hasHoles: false)
        let instance = try client.register(paths: [disk]).instanceID
        let image = try client.imageAtRest(of: instance)
        #expect(image.status == "Available", "\(image.failureReason)")
        try daemon.kill()
        let journal = try journal(daemon)
        let whole = try #require(FileManager.default.contents(atPath: journal))
        var damaged = whole
        let place = try #require(whole.range(of: Data(image.imageID.utf8))?.lowerBound)
        damaged[place] ^= 1
        try damaged.write(to: URL(fileURLWithPath: journal))
        let files = try dataFiles(daemon.dataPath)
        #expect(files.count == 3)

        let repair = try Tool.run(TestDaemon.product("imaged"), ["repair", daemon.dataPath])
        #expect(repair.status == 0 && repair.text.contains("set-aside-"), "\(repair)")
        #expect(!repair.text.contains("Nothing was changed"), "\(repair.text)")
        try daemon.start()
        client = try daemon.client()
        #expect(try client.images().isEmpty)
        #expect(try dataFiles(daemon.dataPath).isEmpty)
        #expect(try dataFiles("\(daemon.dataPath)/set-aside-1") == files)
        // What comes later does not meet it, and nothing is set aside without a repair.
        let second = try client.imageAtRest(of: instance)
        #expect(second.status == "Available", "\(second.failureReason)")
        try daemon.restart()
        #expect(try dataFiles("\(daemon.dataPath)/set-aside-1") == files)
        #expect(!FileManager.default.fileExists(atPath: "\(daemon.dataPath)/set-aside-2"))
        #expect(try dataFiles(daemon.dataPath).count == 3)

        // The way back: the journal as it was, and the files where they were.
        try daemon.kill()
        let data = URL(fileURLWithPath: daemon.dataPath)
        for name in try FileManager.default.contentsOfDirectory(atPath: daemon.dataPath)
        where name.hasPrefix("journal-") || name.hasPrefix("checkpoint-") {
            try FileManager.default.removeItem(at: data.appendingPathComponent(name))
        }
        try whole.write(to: URL(fileURLWithPath: journal))
        for (name, bytes) in files {
            try bytes.write(to: data.appendingPathComponent(name))
        }
        try daemon.start()
        #expect(try daemon.client().images().map(\.imageID) == [image.imageID])
        let verified = try daemon.client().call(VerifySnapshot.self, VerifySnapshotRequest())
        #expect(verified.damage.isEmpty, "\(verified)")
    }

    /// The files of snapshots in a directory, and what is in them.
    private func dataFiles(_ directory: String) throws -> [String: Data] {
        var files: [String: Data] = [:]
        for part in ["manifests", "segments"] {
            for name in try FileManager.default.contentsOfDirectory(atPath: "\(directory)/\(part)")
            {
                let path = "\(directory)/\(part)/\(name)"
                files["\(part)/\(name)"] = FileManager.default.contents(atPath: path)
            }
        }
        return files
    }

    /// R7: `check` reads the snapshots of a stopped daemon too, and changes nothing.
    @Test func checkReadsAllSnapshots() throws {
        let daemon = try TestDaemon()
        let client = try daemon.client()
        let disk = try disks.make("disk", bytes: 3 << 20, hasHoles: false)
        let image = try client.imageAtRest(of: client.register(paths: [disk]).instanceID)
        #expect(image.status == "Available", "\(image.failureReason)")
        try daemon.kill()
        let check = {
            try Tool.run(TestDaemon.product("imaged"), ["check", daemon.dataPath])
        }
        let whole = try check()
        #expect(whole.status == 0, "\(whole.err)")
        #expect(whole.text.contains("snapshots: 1 manifests, 3145728 bytes"), "\(whole.text)")
        let segments = "\(daemon.dataPath)/segments"
        let name = try #require(
            FileManager.default.contentsOfDirectory(atPath: segments)
                .first { !$0.hasSuffix(".index") })
        let file = open("\(segments)/\(name)", O_RDWR)
        #expect(pwrite(file, "x", 1, 70_000) == 1)
        close(file)
        let damaged = try check()
        #expect(damaged.status == 65)
        #expect(damaged.err.contains("slot 0 does not match its checksum"), "\(damaged.err)")
    }

    @Test func checkOfARunningDaemonsDirectory() throws {
        let daemon = try TestDaemon()
        for command in ["check", "repair"] {
            let output = try Tool.run(TestDaemon.product("imaged"), [command, daemon.dataPath])
            #expect(output.status == 75)
            #expect(output.err.contains("pid \(daemon.pid)"), "\(output.err)")
        }
        #expect(
            try Tool.run(TestDaemon.product("imaged"), ["check", disks.directory.path]).status
                == 73)
    }
}
