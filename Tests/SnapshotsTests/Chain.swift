import Foundation
import System
import TestSupport
import Testing

@testable import Snapshots

/// A disk, its snapshots, and what each of them must hold: a model in plain bytes.
final class Chain {
    let fixture: Fixture
    var random: SeededRandom
    /// What the disk is, and what each snapshot must be.
    private(set) var disk: Data
    private(set) var snapshots: [UInt64: Data] = [:]
    private var segments: [UInt64: [UInt64]] = [:]
    private var nextNumber: UInt64 = 1
    private var isCloned = false

    var numbers: [UInt64] { snapshots.keys.sorted() }

    init(_ fixture: Fixture, seed: UInt64, bytes: Int) throws {
        self.fixture = fixture
        random = SeededRandom(state: seed)
        disk = Data(count: bytes)
        try makeDisk(fixture.disk, size: bytes)
    }

    // MARK: The disk

    func write(_ bytes: Data, at offset: Int) throws {
        disk.replaceSubrange(offset..<offset + bytes.count, with: bytes)
        let file = open(fixture.disk, O_WRONLY)
        defer { close(file) }
        let count = bytes.withUnsafeBytes { pwrite(file, $0.baseAddress, $0.count, off_t(offset)) }
        try #require(count == bytes.count)
    }

    func resize(_ bytes: Int) throws {
        if bytes < disk.count {
            disk.removeLast(disk.count - bytes)
        } else {
            disk.append(Data(count: bytes - disk.count))
        }
        try #require(truncate(fixture.disk, off_t(bytes)) == 0)
    }

    func data(_ count: Int) -> Data { random.data(count) }

    func number(below end: Int) -> Int { Int.random(in: 0..<end, using: &random) }

    /// Some random writes: a few bytes, whole clusters, zeros.
    func scribble() throws {
        for _ in 0...number(below: 6) {
            let offset = number(below: disk.count)
            let room = disk.count - offset
            switch number(below: 4) {
            case 0: try write(random.data(min(room, 1 + number(below: 900))), at: offset)
            case 1: try write(Data(count: min(room, number(below: 5 * cluster))), at: offset)
            default:
                let start = offset / cluster * cluster
                let count = min(disk.count - start, (1 + number(below: 6)) * cluster)
                try write(random.data(count), at: start)
            }
        }
        if number(below: 8) == 0 {
            try resize(max(1, disk.count - 70_000 + number(below: 140_000)))
        }
    }

    // MARK: Snapshots

    @discardableResult
    func snapshot(parent: UInt64?) throws -> StoredSnapshot {
        let number = nextNumber
        nextNumber += 1
        let stored = try fixture.captureAndCopy(number, parent: parent)
        snapshots[number] = disk
        segments[number] = stored.segments
        if stored.consistency == .pointInTime {
            isCloned = true
            // What is left of the clone goes, as after every such copy.
            let users = users(of: number)
            try fixture.store().reclaim(
                ReclaimJob(manifest: 1 << 40, segments: [.init(number: number, users: users)]))
        }
        return stored
    }

    /// The parent that the daemon would take.
    var newest: UInt64? { numbers.last }

    private func users(of segment: UInt64) -> [UInt64] {
        segments.filter { $0.value.contains(segment) }.keys.sorted()
    }

    func reclaimJob(of number: UInt64) -> ReclaimJob {
        let named = segments[number] ?? []
        return ReclaimJob(
            manifest: number,
            segments: named.map { segment in
                .init(number: segment, users: users(of: segment).filter { $0 != number })
            })
    }

    func forget(_ number: UInt64) {
        snapshots[number] = nil
        segments[number] = nil
    }

    func delete(_ number: UInt64, slotsMax: UInt64 = SnapshotStore.reclaimSlotsMax) throws {
        try fixture.store().reclaim(reclaimJob(of: number), slotsMax: slotsMax)
        forget(number)
    }

    // MARK: Judging

    func expectAllReadBack(_ comment: Comment = "") throws {
        for (number, bytes) in snapshots {
            let exported = try fixture.exported(number)
            #expect(exported == bytes, "snapshot \(number); \(comment)")
        }
        let verification = try fixture.store().verify(numbers, from: .start, bytesMax: .max)
        #expect(verification.failures.isEmpty && verification.next == nil, comment)
    }

    /// Every stored cluster takes its space, and nothing else does.
    func expectExactSpace(_ comment: Comment = "") throws {
        let store = try fixture.store()
        var named: [UInt64: Set<UInt64>] = [:]
        for number in numbers {
            try store.forEachRun(of: number) { run in
                named[run.segment, default: []].formUnion(run.slot..<run.slot + run.count)
            }
        }
        let files = try fixture.files()
        let expected =
            numbers.map { "manifests/\($0)" }
            + named.keys.flatMap { ["segments/\($0)", "segments/\($0).index"] }
        #expect(files == expected.sorted(), comment)
        for (segment, slots) in named {
            let allocated = try allocatedBytes("\(fixture.data)/segments/\(segment)")
            let needed = Int64(slots.count * cluster)
            // A clone has its source's holes inside of clusters too; and XFS sets 128 KiB aside
            // for a while when its end is filled up.
            let range =
                isCloned
                ? 0...needed + 3 * Int64(cluster) - 1 : needed...needed + Int64(cluster) - 1
            #expect(
                range.contains(allocated),
                "segment \(segment): \(allocated) bytes for \(slots.count) clusters; \(comment)")
        }
    }
}
