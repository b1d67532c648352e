import Foundation
import System
import TestSupport
import Testing

@testable import Snapshots

/// Whatever the bytes are, the check ends and tells something.
@Suite struct DetectionPropertyTests {
    private func judge(_ bytes: [UInt8], _ note: String) throws -> [DetectionFinding] {
        let findings = try Detection(
            disk: diskView(of: bytes), isEmpty: false, bootMode: "UEFI", architecture: "x86_64"
        ).findings()
        #expect(findings.first?.name == "GUESTOS.SystemImage", "\(note)")
        #expect(findings.count <= 1200, "\(note)")
        for finding in findings {
            #expect(finding.riskCode.isEmpty == finding.riskLevel.isEmpty, "\(note)")
            #expect(!finding.value.isEmpty && finding.value.utf8.count < 600, "\(note)")
        }
        return findings
    }

    private func bytes(of disk: TestDisk) throws -> [UInt8] {
        Array(try disk.bytes(at: 0, disk.size))
    }

    /// Every byte of the first sectors, one bit of it turned: what the header and the entries
    /// vouch for is told each time.
    @Test(.enabled(if: Tool.available("sgdisk"), "sgdisk is not installed"))
    func turnedBitsOfAGPT() throws {
        let disk = try TestDisk(size: 256 << 10)
        try disk.run("sgdisk", "-S", "8", "-a", "1", "-n", "1:40:200", "-n", "2:300:400", "%")
        var bytes = try bytes(of: disk)
        var random = SeededRandom(state: 21)
        for offset in 0..<34 * 512 {
            let isVouchedFor = 512..<604 ~= offset || 1024..<1024 + 8 * 128 ~= offset
            if !isVouchedFor && offset >= 512 && offset % 32 != 0 { continue }
            let before = bytes[offset]
            bytes[offset] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            let risks = try judge(bytes, "\(offset)").risks
            if isVouchedFor {
                #expect(risks.contains("High PartitionTable.PrimaryDamaged"), "\(offset)")
            }
            bytes[offset] = before
        }
    }

    /// Many bytes at once, and the header's checksum put right again: so its numbers are used.
    @Test(.enabled(if: Tool.available("sgdisk"), "sgdisk is not installed"))
    func randomNumbersInASealedGPT() throws {
        let disk = try TestDisk(size: 256 << 10)
        try disk.run("sgdisk", "-S", "16", "-a", "1", "-n", "1:40:200", "-n", "2:300:400", "%")
        let good = try bytes(of: disk)
        var random = SeededRandom(state: 22)
        for round in 0..<500 {
            var bytes = good
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let field = [24, 32, 40, 48, 72, 80, 84].randomElement(using: &random)!
                let wild = random.next()
                let value = [wild, wild % 600, .max, 0, 1].randomElement(using: &random)!
                let count = field >= 80 ? 4 : 8
                for place in 0..<count {
                    bytes[512 + field + place] = UInt8(truncatingIfNeeded: value >> (8 * place))
                }
            }
            for entry in 0..<16 where Bool.random(using: &random) {
                let start = 1024 + entry * 128
                for place in 0..<48 {
                    bytes[start + place] = UInt8(truncatingIfNeeded: random.next())
                }
                if Bool.random(using: &random) {
                    for place in 34..<48 where place != 40 && place != 41 {
                        bytes[start + place] = 0
                    }
                }
            }
            let entries = crc32(Data(bytes[1024..<1024 + 16 * 128]))
            for place in 0..<4 {
                bytes[600 + place] = UInt8(truncatingIfNeeded: entries >> (8 * place))
            }
            for place in 528..<532 { bytes[place] = 0 }
            let crc = crc32(Data(bytes[512..<604]))
            for place in 0..<4 {
                bytes[528 + place] = UInt8(truncatingIfNeeded: crc >> (8 * place))
            }
            _ = try judge(bytes, "round \(round)")
        }
    }

    /// Disks of garbage, some with the magics in their places that let the check look further.
    @Test func garbage() throws {
        let magics: [(Int, [UInt8])] = [
            (510, [0x55, 0xaa]), (512, Array("EFI PART".utf8)), (4096, Array("EFI PART".utf8)),
            (0, Array("XFSB".utf8)), (0, [0x4c, 0x55, 0x4b, 0x53, 0xba, 0xbe, 0, 1]),
            (1080, [0x53, 0xef]), (65600, Array("_BHRfS_M".utf8)), (3, Array("NTFS    ".utf8)),
            (3, Array("EXFAT   ".utf8)), (4086, Array("SWAPSPACE2".utf8)),
            (512, Array("LABELONE".utf8)), (536, Array("LVM2 001".utf8)),
            (32769, Array("CD001".utf8)), (0, Array("hsqs".utf8)), (0, [0xeb, 0x3c, 0x90]),
            (446, [0x80]), (462, [0]), (478, [0]), (494, [0]), (450, [0xef]), (466, [0x05]),
            (11, [0, 2, 1, 1, 0, 2, 0, 2]), (11, [0, 2, 1, 1, 0, 2, 0, 0]), (21, [0xf8]),
            (22, [0, 0]), (22, [9, 0]),
        ]
        var random = SeededRandom(state: 23)
        for round in 0..<600 {
            let size = [600, 4096, 34_000, 70_000, 1 << 17].randomElement(using: &random)!
            var bytes = [UInt8](random.data(Int.random(in: size / 2...size, using: &random)))
            for (offset, magic) in magics where Int.random(in: 0..<3, using: &random) == 0 {
                if offset + magic.count > bytes.count { continue }
                bytes.replaceSubrange(offset..<offset + magic.count, with: magic)
            }
            _ = try judge(bytes, "round \(round)")
        }
    }
}
