import Foundation
import System
import TestSupport
import Testing

@testable import Snapshots

/// Reading parts of a snapshot's disk.
@Suite struct ReadRangeTests {
    let fixture: Fixture
    let reader: RangeReader
    let original: Data
    private static let diskBytes = 30 * cluster + 777

    init() throws {
        fixture = try Fixture()
        var random = SeededRandom(state: 5)
        try makeDisk(
            fixture.disk, size: Self.diskBytes,
            [(2 * cluster, random.data(10 * cluster)), (25 * cluster, random.data(cluster))])
        try fixture.copy(1)
        reader = RangeReader(try fixture.store())
        original = try contents(fixture.disk)
    }

    private func read(_ offset: Int, _ length: Int) throws -> ReadPart {
        try reader.read(manifest: 1, at: Int64(offset), length: length)
    }

    @Test func dataHolesAndTheEnd() throws {
        #expect(try read(0, 10) == .hole(Int64(2 * cluster)))
        #expect(try read(cluster + 7, 10) == .hole(Int64(cluster - 7)))
        let data = original[2 * cluster + 5..<2 * cluster + 105]
        #expect(try read(2 * cluster + 5, 100) == .data(Array(data)))
        // At most to the end of what is stored.
        let rest = original[11 * cluster..<12 * cluster]
        #expect(try read(11 * cluster, 1 << 20) == .data(Array(rest)))
        #expect(try read(26 * cluster, 1) == .hole(Int64(Self.diskBytes - 26 * cluster)))
        #expect(try read(Self.diskBytes, 1) == .hole(0))
        #expect(try read(Self.diskBytes + 1, 1) == .hole(0))
    }

    /// One who goes on behind what he got has the whole disk in the end.
    @Test(arguments: [1 << 20, 100_000, 4096])
    func allOfIt(_ length: Int) throws {
        var found = Data()
        while found.count < Self.diskBytes {
            switch try read(found.count, length) {
            case .data(let bytes):
                try #require(!bytes.isEmpty && bytes.count <= length)
                found += bytes
            case .hole(let count):
                try #require(count > 0)
                found += Data(count: Int(count))
            }
        }
        #expect(found == original)
    }

    @Test func anywhereInAnyOrder() throws {
        var random = SeededRandom(state: 9)
        for _ in 0..<300 {
            let offset = Int.random(in: 0..<Self.diskBytes, using: &random)
            let length = Int.random(in: 1...200_000, using: &random)
            switch try read(offset, length) {
            case .data(let bytes):
                #expect(bytes == Array(original[offset..<offset + bytes.count]))
            case .hole(let count):
                #expect(original[offset..<offset + Int(count)].allSatisfy { $0 == 0 })
            }
        }
    }

    @Test func damageIsAnErrorAndNeverBytes() throws {
        let segment = "\(fixture.data)/segments/1"
        var bytes = try contents(segment)
        bytes[4 * cluster + 100] ^= 1
        try bytes.write(to: URL(fileURLWithPath: segment))
        for _ in 0..<2 {
            let failure = #expect(throws: ReadFailure.self) { try read(5 * cluster, 10) }
            #expect(failure?.isDamage == true)
        }
        #expect(try read(2 * cluster, 3) == .data(Array(original[2 * cluster..<2 * cluster + 3])))
        let missing = #expect(throws: ReadFailure.self) {
            try reader.read(manifest: 2, at: 0, length: 1)
        }
        #expect(missing?.manifest == 2)
    }

    private func openFiles() throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").filter {
            let path = try? FileManager.default.destinationOfSymbolicLink(
                atPath: "/proc/self/fd/\($0)")
            return path?.hasPrefix(fixture.directory.path) == true
        }.count
    }

    /// A manifest is opened once for many reads, and let go when it is forgotten; only a few are
    /// kept.
    @Test func openManifestsAreKeptAndLetGo() throws {
        let opened = Lock<[String]>([])
        var calls = SystemCalls.live
        calls.openat = { directory, path, flags, mode in
            opened.withLock { $0.append(path) }
            return SystemCalls.live.openat(directory, path, flags, mode)
        }
        let before = try openFiles()
        let reader = RangeReader(try fixture.store(calls))
        let atRest = try openFiles() - before
        for _ in 0..<3 { _ = try reader.read(manifest: 1, at: Int64(2 * cluster), length: 1) }
        #expect(opened.withLock { $0.filter { $0 == "1" }.count } == 2, "a manifest, a segment")
        #expect(try openFiles() > before + atRest)
        reader.forget(manifest: 1)
        #expect(try openFiles() == before + atRest)
        for number in 2...9 as ClosedRange<UInt64> { try fixture.copy(number) }
        for number in 1...9 as ClosedRange<UInt64> {
            _ = try reader.read(manifest: number, at: 0, length: 1)
        }
        #expect(try openFiles() <= before + atRest + 4 * 4)
    }

    @Test func severalThreads() async throws {
        await withTaskGroup(of: Bool.self) { group in
            for index in 0..<16 {
                group.addTask { [reader, original] in
                    let offset = (2 + index % 10) * cluster + index
                    let part = try? reader.read(manifest: 1, at: Int64(offset), length: 1000)
                    return part == .data(Array(original[offset..<offset + 1000]))
                }
            }
            for await isRight in group { #expect(isRight) }
        }
    }
}
