import ECS
import Foundation
import TestSupport
import Testing

/// R7 with the real daemon: damage of what several snapshots share is found, named, marked on all
/// of them, and kept from the next; everything else is served.
@Suite struct DamageTests {
    private static let cluster = 65_536

    private let disks = Disks()
    private let daemon: TestDaemon
    private let client: TestClient
    private let path: String
    private let instance: String
    /// Three images of one disk: the first has all of it, the others a cluster of their own each.
    private let images: [Image]

    init() throws {
        daemon = try TestDaemon()
        client = try daemon.client()
        path = try disks.make("disk", bytes: 40 * Self.cluster, hasHoles: false)
        instance = try client.register(paths: [path]).instanceID
        var images: [Image] = []
        for index in 0..<3 {
            if index > 0 { try disks.write("moment \(index)", to: "disk", at: index << 20) }
            images.append(try client.imageAtRest(of: instance))
        }
        self.images = images
        try #require(images.allSatisfy { $0.status == "Available" })
    }

    private var snapshotIDs: [String] { images.map { $0.diskDeviceMappings[0].snapshotID } }

    /// Where the disk's cluster lies in the data directory.
    private func place(ofCluster number: Int) throws -> (file: String, offset: Int) {
        let disk = try #require(FileManager.default.contents(atPath: path))
        let bytes = disk[number * Self.cluster..<(number + 1) * Self.cluster]
        for name in try daemon.files("segments") where !name.hasSuffix(".index") {
            let file = "\(daemon.dataPath)/segments/\(name)"
            let data = try #require(FileManager.default.contents(atPath: file))
            for slot in 1..<data.count / Self.cluster
            where data[slot * Self.cluster..<(slot + 1) * Self.cluster] == bytes {
                return (file, slot * Self.cluster)
            }
        }
        throw CocoaError(.fileReadNoSuchFile)
    }

    private func damage(cluster number: Int) throws {
        let (file, offset) = try place(ofCluster: number)
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: file))
        try handle.seek(toOffset: UInt64(offset + 77))
        try handle.write(contentsOf: Data("rotten".utf8))
        try handle.close()
    }

    /// Waits until these snapshots are marked, which threads may still be about.
    private func expectMarked(_ expected: [String], _ client: TestClient) throws -> [Snapshot] {
        var marked: [Snapshot] = []
        for _ in 0..<1_000 {
            marked = try client.snapshots().filter { !$0.damage.isEmpty }
            if marked.count >= expected.count { break }
            usleep(5_000)
        }
        #expect(Set(marked.map(\.snapshotID)) == Set(expected))
        return marked
    }

    private func verify(_ snapshotID: String, _ client: TestClient) throws -> [Damage] {
        try client.call(VerifySnapshot.self, .with { $0.snapshotID = snapshotID }).damage
    }

    /// The file's bytes at the damaged cluster, as an answer must tell of them.
    private let range = (offset: Int64(9 * cluster), length: Int64(cluster))

    @Test func isNamedByVerifying() throws {
        #expect(try verify("", client).isEmpty)
        try damage(cluster: 9)
        // Asked for one, it tells of one; and marks all that have the cluster.
        let damage = try verify(snapshotIDs[1], client)
        #expect(damage.map(\.snapshotID) == [snapshotIDs[1]])
        #expect(damage.map(\.offset) == [range.offset] && damage.map(\.length) == [range.length])
        #expect(damage.map(\.imageID) == [[images[1].imageID]])
        #expect(damage[0].diskID == (try client.snapshots().first?.sourceDiskID))
        #expect(damage[0].reason.contains("does not match its checksum"), "\(damage[0].reason)")
        let marked = try expectMarked(snapshotIDs, client)
        #expect(marked.allSatisfy { $0.damage.contains("cluster 9:") }, "\(marked[0].damage)")
        // All together tell of all, and the marks last.
        let all = try verify("", client)
        #expect(Set(all.map(\.snapshotID)) == Set(snapshotIDs) && all.count == 3)
        try daemon.restart()
        _ = try expectMarked(snapshotIDs, try daemon.client())
    }

    @Test func isNamedByReading() throws {
        try damage(cluster: 9)
        let out = disks.path("out")
        let export = try client.refused(
            ExportImage.self, client.exportRequest(images[2].imageID, to: out))
        #expect(export?.hint.contains("cluster 9:") == true, "\(export?.description ?? "")")
        #expect(!FileManager.default.fileExists(atPath: out))
        _ = try expectMarked(snapshotIDs, client)
        func request(_ offset: Int64) -> ReadSnapshotRequest {
            .with {
                $0.snapshotID = snapshotIDs[0]
                $0.offset = offset
                $0.length = range.length
            }
        }
        let read = try client.refused(ReadSnapshot.self, request(range.offset))
        #expect(read?.hint.contains("cluster 9:") == true, "\(read?.description ?? "")")
        // What lies beside it is served.
        let next = try client.call(ReadSnapshot.self, request(range.offset + range.length))
        let disk = try #require(FileManager.default.contents(atPath: path))
        #expect(Data(next.data) == disk.dropFirst(10 * Self.cluster).prefix(Self.cluster))
    }

    /// The damage is met while the next snapshot is compared with its parent, which nobody knew
    /// to be damaged; that one, and the one after it, are whole.
    @Test func isKeptFromTheNextSnapshot() throws {
        try damage(cluster: 9)
        for index in 0..<2 {
            let next = try client.imageAtRest(of: instance)
            #expect(next.status == "Available", "\(next.failureReason)")
            let out = disks.path("out-\(index)")
            try client.export(next.imageID, to: out)
            #expect(try disks.isEqual(path, out))
            let id = next.diskDeviceMappings[0].snapshotID
            // The first stores the cluster anew; the second shares all with the first.
            let snapshot = try client.snapshots().first { $0.snapshotID == id }
            #expect(snapshot?.storedBytes == Int64(index == 0 ? Self.cluster : 0))
            #expect(try verify(id, client).isEmpty)
        }
        _ = try expectMarked(snapshotIDs, client)
    }

    /// Without the segment that all share, or with a manifest missing: the daemon starts, marks who
    /// is concerned, and serves the rest.
    @Test(arguments: ["segment", "index", "manifest"])
    func missingFile(_ kind: String) throws {
        let little = try disks.make("little", bytes: 1 << 20, seed: 5)
        let other = try client.register(paths: [little]).instanceID
        let good = try client.imageAtRest(of: other)
        let (segment, _) = try place(ofCluster: 30)
        let manifest = try #require(
            try daemon.files("manifests").compactMap(UInt64.init).min())
        try daemon.kill()
        let gone: String
        switch kind {
        case "segment": gone = segment
        case "index": gone = segment + ".index"
        default: gone = "\(daemon.dataPath)/manifests/\(manifest)"
        }
        #expect(unlink(gone) == 0)
        try daemon.start()
        let client = try daemon.client()
        let damaged = kind == "manifest" ? [snapshotIDs[0]] : snapshotIDs
        let marked = try expectMarked(damaged, client)
        #expect(marked.allSatisfy { $0.damage == "\(gone) is damaged: the file is missing" })
        #expect(daemon.log.contains("\(gone) is damaged: the file is missing"))
        let export = try client.refused(
            ExportImage.self, client.exportRequest(images[0].imageID, to: disks.path("out")))
        #expect(export?.hint.contains(gone) == true, "\(export?.description ?? "no refusal")")
        try client.export(good.imageID, to: disks.path("good"))
        #expect(try disks.isEqual(little, disks.path("good")))
        #expect(Set(try verify("", client).map(\.snapshotID)) == Set(damaged))
        // The next image of the disk is whole, and the damaged ones can be deleted.
        let next = try client.imageAtRest(of: instance)
        #expect(next.status == "Available", "\(next.failureReason)")
        try client.export(next.imageID, to: disks.path("next"))
        #expect(try disks.isEqual(path, disks.path("next")))
        for image in images {
            try client.deleteImage(image.imageID)
            let id = image.diskDeviceMappings[0].snapshotID
            _ = try client.call(DeleteSnapshot.self, .with { $0.snapshotID = id })
        }
        try client.expectNoOrphans(of: daemon)
        #expect(try verify("", client).isEmpty)
    }

    /// A damaged manifest keeps the space of what it may name; deleting its snapshot gives it back.
    @Test func damagedManifestKeepsSpaceUntilItGoes() throws {
        let manifests = try daemon.files("manifests").compactMap(UInt64.init).sorted()
        let file = "\(daemon.dataPath)/manifests/\(manifests[1])"
        try daemon.kill()
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: file))
        try handle.seek(toOffset: 4096 + 20)
        try handle.write(contentsOf: Data("rotten".utf8))
        try handle.close()
        try daemon.start()
        let client = try daemon.client()
        func delete(_ image: Image) throws {
            try client.deleteImage(image.imageID)
            let id = image.diskDeviceMappings[0].snapshotID
            _ = try client.call(DeleteSnapshot.self, .with { $0.snapshotID = id })
        }
        // What only the first one has cannot be told from what the damaged one has.
        try delete(images[0])
        while !daemon.log.contains("was not given back") { usleep(5_000) }
        try client.export(images[2].imageID, to: disks.path("out"))
        #expect(try disks.isEqual(path, disks.path("out")))
        try delete(images[1])
        try client.expectNoOrphans(of: daemon)
        try client.export(images[2].imageID, to: disks.path("again"))
        #expect(try disks.isEqual(path, disks.path("again")))
    }
}
