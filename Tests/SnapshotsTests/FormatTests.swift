import Checksum
import Foundation
import System
import TestSupport
import Testing

@testable import Snapshots

/// The format on disk, byte for byte. The checksums were computed by another implementation of
/// XXH64, from the description in Layout.swift, Segment.swift and Manifest.swift alone.
@Suite struct FormatTests {
    static let fileID: UInt64 = 0x0123_4567_89ab_cdef

    private func header(_ magic: String, _ fields: [UInt64]) -> [UInt8] {
        var bytes = Array(magic.utf8)
        bytes += [1, 0, 0, 0]  // version
        bytes += [0, 0, 1, 0]  // cluster bytes
        bytes += [7, 0, 0, 0, 0, 0, 0, 0]  // number
        bytes += [0xef, 0xcd, 0xab, 0x89, 0x67, 0x45, 0x23, 0x01]  // file id
        return bytes + fields.flatMap(little)
    }

    private func little(_ value: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }

    private func block(_ bytes: [UInt8], _ checksum: UInt64) -> [UInt8] {
        bytes + Array(repeating: 0, count: 4088 - bytes.count) + little(checksum)
    }

    @Test func golden() throws {
        let fixture = try Fixture()
        try makeDisk(
            fixture.disk, size: 2 * cluster + 5,
            [(0, Data(repeating: 0x11, count: cluster)), (2 * cluster, Data("hello".utf8))])
        let store = try SnapshotStore(
            directory: fixture.data, calls: .live, makeFileID: { Self.fileID })
        _ = try store.copy(try fixture.job(7))
        #expect(try fixture.files() == ["manifests/7", "segments/7", "segments/7.index"])

        let segment = [UInt8](try contents("\(fixture.data)/segments/7"))
        #expect(segment.count == 3 * cluster)
        #expect(segment.prefix(4096) == block(header("imgdSEGM", []), 0x9fa2_9e90_e6b8_0bae)[...])
        #expect(segment[4096..<cluster].allSatisfy { $0 == 0 })
        #expect(segment[cluster..<2 * cluster].allSatisfy { $0 == 0x11 })
        #expect(segment[(2 * cluster)...].prefix(5) == Array("hello".utf8)[...])
        #expect(segment[(2 * cluster + 5)...].allSatisfy { $0 == 0 })

        let checksums = little(0x8f6c_bfc6_038f_854a) + little(0x4458_f1bb_d77e_6d3c)
        #expect(
            [UInt8](try contents("\(fixture.data)/segments/7.index"))
                == block(header("imgdINDX", [2]), 0xba50_2c64_c173_3a6d)
                + block(checksums, 0x905c_f6f2_8837_e445))

        let fields: [UInt64] = [UInt64(2 * cluster + 5), 1, 1, 2, 2, 1]
        let runs: [UInt8] = [0, 1, 14, 0, /**/ 1, 1, 0, 0]
        let runBlock = little(0) + [2, 0, 0, 0, 8, 0, 0, 0] + runs
        #expect(
            [UInt8](try contents("\(fixture.data)/manifests/7"))
                == block(header("imgdMNFT", fields), 0xb7ff_e0ee_35b4_8991)
                + block(runBlock, 0xb928_1b19_5302_a520)
                + block(little(7) + little(Self.fileID), 0x68c2_02c7_3b85_05ed))
    }

    /// The unseeded hash of this disk's slot, as a tool that is not ours computes it.
    @Test(.enabled(if: Tool.available("xxh64sum"), "xxh64sum is not installed"))
    func checksumIsXXH64() throws {
        let fixture = try Fixture()
        var random = SeededRandom(state: 5)
        try makeDisk(fixture.disk, size: cluster, [(0, random.data(cluster))])
        // File id 0 and slot 0: the seed is 0, which is xxh64sum's.
        let store = try SnapshotStore(directory: fixture.data, calls: .live, makeFileID: { 0 })
        _ = try store.copy(try fixture.job(1))
        let index = [UInt8](try contents("\(fixture.data)/segments/1.index"))
        let stored = index[4096..<4104].reversed().map { String(format: "%02x", $0) }.joined()
        let judge = try Tool.run("xxh64sum", [fixture.disk])
        #expect(judge.text.hasPrefix(stored))
    }

    @Test func filesArePrivate() throws {
        let fixture = try Fixture()
        try makeDisk(fixture.disk, size: 100, [(0, Data([1]))])
        try fixture.copy(1)
        for name in ["segments", "manifests", "disks", "tmp"] {
            let status = try SystemCalls.live.status(of: "\(fixture.data)/\(name)")
            #expect(status.permissions == 0o700)
        }
        for name in try fixture.files() {
            let status = try SystemCalls.live.status(of: "\(fixture.data)/\(name)")
            #expect(status.permissions == 0o600)
        }
    }

    /// A newer version and a foreign file are refused as what they are.
    @Test func newerVersion() throws {
        let fixture = try Fixture()
        try makeDisk(fixture.disk, size: 100, [(0, Data([1]))])
        let store = try SnapshotStore(
            directory: fixture.data, calls: .live, makeFileID: { Self.fileID })
        _ = try store.copy(try fixture.job(1))
        let path = "\(fixture.data)/manifests/1"
        var bytes = [UInt8](try contents(path))
        bytes[8] = 2
        let checksum = bytes[..<4088].withUnsafeBytes { XXH64.hash($0, seed: Self.fileID) }
        bytes.replaceSubrange(4088..<4096, with: little(checksum))
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        let failure = #expect(throws: ReadFailure.self) { try store.check(manifest: 1) }
        #expect(failure?.reason.contains("version 2") == true)
        try Data("something else".utf8).write(to: URL(fileURLWithPath: path))
        #expect(throws: ReadFailure.self) { try store.check(manifest: 1) }
    }
}
