import ECS
import Foundation
import TestSupport
import Testing

/// What a daemon's data directory holds, read by what `Sources/Snapshots` says of its files and
/// without its code: the manifests, the clusters they name, and what lies beside them.
struct StoredFiles {
    struct Unreadable: Error { let file: String }

    private let path: String
    private let names: [String: Set<String>]
    /// The slots that manifests name, by segment.
    private var slots: [UInt64: Set<UInt64>] = [:]
    let manifestCount: Int

    static let clusterBytes = 65_536

    /// Bytes of all clusters that manifests name, each counted once.
    var clusterBytes: Int64 {
        slots.values.reduce(0) { $0 + Int64($1.count) * Int64(Self.clusterBytes) }
    }

    init(_ path: String) throws {
        self.path = path
        var names: [String: Set<String>] = [:]
        for folder in ["segments", "manifests", "disks", "tmp"] {
            let all = try FileManager.default.contentsOfDirectory(atPath: "\(path)/\(folder)")
            names[folder] = Set(all)
        }
        self.names = names
        manifestCount = names["manifests"]?.count ?? 0
        for name in names["manifests"] ?? [] { try read(manifest: "\(path)/manifests/\(name)") }
    }

    private mutating func read(manifest: String) throws {
        guard let data = FileManager.default.contents(atPath: manifest) else {
            throw Unreadable(file: manifest)
        }
        let bytes = Array(data)
        func number(_ offset: Int) -> UInt64 {
            bytes[offset..<offset + 8].reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }
        let (runBlocks, segmentCount) = (Int(number(40)), Int(number(72)))
        for index in 0..<segmentCount {
            let (block, place) = (1 + runBlocks + index / 255, index % 255)
            slots[number(block * 4096 + place * 16), default: []].formUnion([])
        }
        for block in 1..<1 + runBlocks {
            var offset = block * 4096 + 16
            func varint() -> UInt64 {
                var (value, shift) = (UInt64(0), UInt64(0))
                while true {
                    let byte = bytes[offset]
                    offset += 1
                    value |= UInt64(byte & 0x7f) << shift
                    if byte < 0x80 { return value }
                    shift += 7
                }
            }
            func delta() -> Int64 {
                let value = varint()
                return Int64(value >> 1) ^ -Int64(value & 1)
            }
            var (segment, slot) = (Int64(0), Int64(0))
            for _ in 0..<(number(block * 4096 + 8) & 0xffff_ffff) {
                _ = varint()
                let count = Int64(varint())
                segment += delta()
                slot += delta()
                guard slots[UInt64(segment)] != nil else { throw Unreadable(file: manifest) }
                slots[UInt64(segment)]?.formUnion(UInt64(slot)..<UInt64(slot + count))
                slot += count
            }
        }
    }

    /// What is there and should not be, or is not and should; none if all is as it must be.
    ///
    /// - Parameters:
    ///   - disks: the names in `disks/` that the state has.
    ///   - isCloned: segments may be clones, which have their source's holes inside of clusters
    ///     too, and for a while the 128 KiB that XFS sets aside when a clone's end is filled up
    ///     (its hint for the size of copied-on-write extents).
    func problems(manifests: Int, disks: Set<String>, isCloned: Bool) throws -> [String] {
        var problems: [String] = []
        if manifestCount != manifests {
            problems.append("\(manifestCount) manifests for \(manifests) snapshots")
        }
        let segments = slots.keys.flatMap { ["\($0)", "\($0).index"] }
        for (folder, expected) in [("segments", Set(segments)), ("disks", disks), ("tmp", [])] {
            let found = names[folder] ?? []
            problems += found.subtracting(expected).map { "\(folder)/\($0) is an orphan" }
            problems += expected.subtracting(found).map { "\(folder)/\($0) is missing" }
        }
        for (segment, named) in slots {
            var status = stat()
            guard stat("\(path)/segments/\(segment)", &status) == 0 else { continue }
            let allocated = Int(status.st_blocks) * 512
            let needed = named.count * Self.clusterBytes
            let range =
                isCloned
                ? 0...needed + 3 * Self.clusterBytes - 1 : needed...needed + Self.clusterBytes - 1
            if !range.contains(allocated) {
                problems.append(
                    "segment \(segment): \(allocated) bytes for \(named.count) clusters")
            }
        }
        return problems
    }
}

extension TestClient {
    /// Nothing on disk but what the state names: the manifests of snapshots, the segments of those
    /// with the space of the clusters that they name, and the files of disks. What is still being
    /// given back is waited for. No job may be under way.
    func expectNoOrphans(
        of daemon: TestDaemon, isCloned: Bool = false, _ comment: Comment = ""
    ) throws {
        let real = try snapshots { $0.status = "accomplished" }.filter { $0.sizeBytes > 0 }
        let folder = "\(daemon.dataPath)/disks/"
        let disks = try call(
            DescribeDisks.self,
            .with {
                $0.regionID = testRegion
                $0.pageSize = 100
            }
        ).disks.filter { $0.path.hasPrefix(folder) }
        let names = Set(disks.map { String($0.path.dropFirst(folder.count)) })
        var problems: [String] = []
        for _ in 0..<2_000 {
            // Files may go while they are looked at.
            problems =
                (try? StoredFiles(daemon.dataPath).problems(
                    manifests: real.count, disks: names, isCloned: isCloned))
                ?? ["the files cannot be read"]
            if problems.isEmpty { return }
            usleep(5_000)
        }
        #expect(problems == [], comment)
    }
}
