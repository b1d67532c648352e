import ECS
import Foundation
import TestSupport
import Testing

/// One client's life: an instance with disks of its own that change, images of them, and what each
/// image must hold. It goes on from one life of the daemon to the next.
struct DiskLife: Sendable {
    /// What an image was made of: the bytes of each disk.
    struct Moment: Sendable {
        let name: String
        let disks: [Data]
    }

    let number: Int
    private let paths: [String]
    private(set) var instanceID = ""
    private var disks: [Data]
    private var random: SeededRandom
    private var made = 0

    /// Acknowledged images, by ID, and the one whose answer may have been lost.
    private(set) var images: [String: Moment] = [:]
    private var pending: Moment?
    /// Images and snapshots whose deletion may have been lost.
    private var deleting: Set<String> = []
    /// Whose bytes are known by now: accomplished snapshots.
    private(set) var snapshots: [String: Data] = [:]

    /// What was not as it must be.
    private(set) var problems: [String] = []
    private(set) var counts: [String: Int] = [:]

    private static let imagesMax = 5

    init(_ number: Int, in directory: String, sizes: [Int], seed: UInt64) throws {
        self.number = number
        random = SeededRandom(seed: seed)
        paths = sizes.indices.map { "\(directory)/disk-\(number)-\($0)" }
        disks = sizes.map { Data(count: $0) }
        for (path, disk) in zip(paths, disks) {
            try #require(FileManager.default.createFile(atPath: path, contents: nil))
            try #require(truncate(path, off_t(disk.count)) == 0)
        }
    }

    mutating func register(_ client: TestClient) throws {
        instanceID = try client.register(paths: paths).instanceID
    }

    // MARK: Living

    /// Goes on until the connection ends.
    mutating func live(_ socketPath: String) {
        do {
            let client = try TestClient(socketPath)
            while true { try step(client) }
        } catch is TestClient.Closed {
        } catch is POSIXError {
        } catch {
            problems.append("\(error)")
        }
    }

    private mutating func step(_ client: TestClient) throws {
        try scribble()
        let id = try create(client)
        if pick(4) == 0 {
            // Written to as soon as the moment is captured: it is that moment, or no image.
            while try client.images({ $0.imageID = id }).first?.status == "Waiting" {}
            try scribble()
            count("written to meanwhile")
        }
        guard let image = try client.wait(for: id) else { return }
        try settle(image, client)
        if pick(3) == 0 { try verify(client) }
        if pick(3) == 0, let id = snapshots.keys.sorted().randomElement(using: &random) {
            try compare(id, client)
        }
        while images.count > Self.imagesMax { try deleteAny(client) }
    }

    /// A few clusters of each disk change: bytes, zeros, parts.
    private mutating func scribble() throws {
        for index in disks.indices {
            let file = try FileHandle(forWritingTo: URL(fileURLWithPath: paths[index]))
            defer { try? file.close() }
            for _ in 0...pick(4) {
                let size = disks[index].count
                let start = pick(size) & ~4095
                let end = min(size, start + (1 + pick(40)) * 4096)
                let isZero = pick(4) == 0
                var bytes = Data(count: end - start)
                if !isZero {
                    let words = (0..<(bytes.count / 8 + 1)).map { _ in random.next() }
                    bytes = words.withUnsafeBytes { Data($0.prefix(end - start)) }
                }
                disks[index].replaceSubrange(start..<end, with: bytes)
                try file.seek(toOffset: UInt64(start))
                try file.write(contentsOf: bytes)
            }
        }
    }

    private mutating func create(_ client: TestClient) throws -> String {
        made += 1
        let moment = Moment(name: "image-\(number)-\(made)", disks: disks)
        pending = moment
        let id = try client.createImage(of: instanceID, name: moment.name)
        images[id] = moment
        pending = nil
        count("created")
        return id
    }

    /// An image has come to rest: what its snapshots must hold is known; a failed one goes.
    private mutating func settle(_ image: Image, _ client: TestClient) throws {
        guard let moment = images[image.imageID] else { return }
        switch image.status {
        case "Available":
            count("available")
            for (index, disk) in image.diskDeviceMappings.enumerated() {
                snapshots[disk.snapshotID] = moment.disks[index]
            }
        case "CreateFailed":
            count("failed")
            if image.failureReason.isEmpty { problems.append("\(moment.name) failed: no reason") }
            // One disk's snapshot may have been accomplished before the other's failed.
            let whole = try client.snapshots { $0.instanceID = instanceID }
                .filter { $0.status == "accomplished" }.map(\.snapshotID)
            for (index, disk) in image.diskDeviceMappings.enumerated()
            where whole.contains(disk.snapshotID) {
                snapshots[disk.snapshotID] = moment.disks[index]
            }
            try delete(image.imageID, client)
        default: problems.append("\(moment.name) is \(image.status)")
        }
    }

    private mutating func deleteAny(_ client: TestClient) throws {
        guard let id = images.keys.sorted().randomElement(using: &random) else { return }
        let image = try client.images { $0.imageID = id }.first
        try delete(id, client)
        // Some snapshots stay without their image; others go with it.
        for disk in image?.diskDeviceMappings ?? [] where pick(5) > 0 {
            try deleteSnapshot(disk.snapshotID, client)
        }
        if snapshots.count > 8 * disks.count,
            let id = snapshots.keys.sorted().randomElement(using: &random)
        {
            try deleteSnapshot(id, client)
        }
    }

    private mutating func delete(_ id: String, _ client: TestClient) throws {
        deleting.insert(id)
        try client.deleteImage(id)
        images[id] = nil
        deleting.remove(id)
        count("deleted")
    }

    private mutating func deleteSnapshot(_ id: String, _ client: TestClient) throws {
        deleting.insert(id)
        do {
            _ = try client.call(DeleteSnapshot.self, .with { $0.snapshotID = id })
            snapshots[id] = nil
        } catch let refused as TestClient.Refused {
            // An image has it still.
            if !refused.code.contains("CreatedImage") { problems.append("\(refused)") }
        }
        deleting.remove(id)
    }

    private mutating func verify(_ client: TestClient) throws {
        let step = try client.call(VerifySnapshot.self, VerifySnapshotRequest())
        count("verified")
        problems += step.damage.map { "\($0.snapshotID): \($0.reason)" }
    }

    /// Exports a snapshot: it is the disk as it was.
    mutating func compare(_ id: String, _ client: TestClient) throws {
        let path = paths[0] + ".out"
        unlink(path)
        _ = try client.call(
            ExportSnapshot.self,
            .with {
                $0.snapshotID = id
                $0.path = path
            })
        count("compared")
        if FileManager.default.contents(atPath: path) != snapshots[id] {
            problems.append("\(id) is not what its disk was")
        }
        unlink(path)
    }

    // MARK: After a start

    /// Compares what the daemon has with what it has acknowledged: that is there, and nothing else
    /// but what was under way.
    mutating func reconcile(_ client: TestClient) throws {
        var found: Set<String> = []
        for image in try client.images() where image.imageName.hasPrefix("image-\(number)-") {
            found.insert(image.imageID)
            if let moment = pending, image.imageName == moment.name {
                images[image.imageID] = moment
            }
            guard images[image.imageID] != nil else {
                problems.append("\(image.imageName) is there again")
                continue
            }
            if let settled = try client.wait(for: image.imageID) { try settle(settled, client) }
        }
        pending = nil
        for id in images.keys where !found.contains(id) {
            if !deleting.contains(id) { problems.append("\(images[id]?.name ?? id) is lost") }
            images[id] = nil
        }
        let mine = try client.snapshots { $0.instanceID = instanceID }
            .filter { $0.status == "accomplished" }
        for snapshot in mine {
            if snapshots[snapshot.snapshotID] == nil {
                problems.append("\(snapshot.snapshotID) is of no image")
            }
            if !snapshot.damage.isEmpty { problems.append(snapshot.damage) }
        }
        for id in snapshots.keys where !mine.contains(where: { $0.snapshotID == id }) {
            if !deleting.contains(id) { problems.append("\(id) is lost") }
            snapshots[id] = nil
        }
        deleting = []
        if let id = snapshots.keys.sorted().randomElement(using: &random) {
            try compare(id, client)
        }
    }

    mutating func compareAll(_ client: TestClient) throws {
        for id in snapshots.keys { try compare(id, client) }
    }

    // MARK: Chance

    private mutating func pick(_ end: Int) -> Int { Int.random(in: 0..<end, using: &random) }

    private mutating func count(_ what: String) { counts[what, default: 0] += 1 }
}
