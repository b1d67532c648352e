import Foundation
import System
import TestSupport
import Testing

@testable import Snapshots

/// Master boot records made by hand, most of them wrong.
@Suite struct DetectionMBRTests {
    private struct Entry {
        let type: UInt8
        let first: UInt32
        let count: UInt32
        var flag: UInt8 = 0
    }

    private func record(_ entries: [Entry], code: Bool = false) -> Data {
        var sector = Data(count: 512)
        if code { sector[0] = 0xeb }
        for (index, entry) in entries.enumerated() {
            let offset = 446 + index * 16
            sector[offset] = entry.flag
            sector[offset + 4] = entry.type
            withUnsafeBytes(of: entry.first.littleEndian) {
                sector.replaceSubrange(offset + 8..<offset + 12, with: $0)
            }
            withUnsafeBytes(of: entry.count.littleEndian) {
                sector.replaceSubrange(offset + 12..<offset + 16, with: $0)
            }
        }
        sector[510] = 0x55
        sector[511] = 0xaa
        return sector
    }

    private func disk(_ sectors: [Int: Data], size: Int = 4 << 20) throws -> TestDisk {
        let disk = try TestDisk(size: size)
        for (sector, data) in sectors { try disk.write(data, at: sector * 512) }
        return disk
    }

    @Test func primaryPartitionsInWrongPlaces() throws {
        let cases: [([Entry], [String])] = [
            ([Entry(type: 0x83, first: 2048, count: 6144)], []),
            ([Entry(type: 0x83, first: 2048, count: 6145)], ["High Partition.OutsideDisk"]),
            ([Entry(type: 0x83, first: .max, count: .max)], ["High Partition.OutsideDisk"]),
            ([Entry(type: 0x83, first: 0, count: 100)], ["High Partition.OverlapsTable"]),
            ([Entry(type: 0x83, first: 100, count: 0)], ["Medium Partition.Empty"]),
            (
                [
                    Entry(type: 0x83, first: 3000, count: 1000),
                    Entry(type: 0x82, first: 100, count: 2901),
                ],
                ["High Partition.Overlap"]
            ),
            // The widest before it counts, not the one just before.
            (
                [
                    Entry(type: 0x83, first: 100, count: 5000),
                    Entry(type: 0x83, first: 200, count: 10),
                    Entry(type: 0x83, first: 4000, count: 10),
                ],
                ["High Partition.Overlap", "High Partition.Overlap"]
            ),
            ([], ["High PartitionTable.Empty"]),
        ]
        for (entries, expected) in cases {
            let disk = try disk([0: record(entries)])
            #expect(try disk.findings().tableRisks == expected, "\(entries)")
        }
    }

    @Test func chainsOfExtendedPartitions() throws {
        let extended = record([Entry(type: 5, first: 100, count: 5000)])
        func chain(_ link: UInt32, then records: [Int: Data]) throws -> [String] {
            let first = record([
                Entry(type: 0x83, first: 1, count: 9), Entry(type: 5, first: link, count: 10),
            ])
            let sectors = [0: extended, 100: first].merging(records) { $1 }
            return try disk(sectors).findings().tableRisks
        }
        let broken = ["High PartitionTable.ExtendedChainBroken"]
        let end = record([Entry(type: 0x83, first: 1, count: 9)])
        #expect(try chain(50, then: [150: end]) == [])
        #expect(try chain(0, then: [:]) == broken, "a record that links to itself")
        #expect(try chain(50, then: [:]) == broken, "a link to a sector of zeros")
        #expect(try chain(.max, then: [:]) == broken, "a link out of the disk")
        #expect(try chain(5000, then: [5100: end]) == broken, "a link behind the extended one")
        let back = record([
            Entry(type: 0x83, first: 1, count: 9), Entry(type: 5, first: 0, count: 10),
        ])
        #expect(try chain(50, then: [150: back]) == broken, "a loop of two")
        let far = record([Entry(type: 0x83, first: 4960, count: 9)])
        #expect(try chain(50, then: [150: far]) == ["Medium Partition.OutsideExtended"])
        let same = record([Entry(type: 0x83, first: 1, count: .max)])
        #expect(
            try chain(50, then: [150: same]) == [
                "High Partition.OutsideDisk", "Medium Partition.OutsideExtended",
            ])
        #expect(try disk([0: extended]).findings().tableRisks == broken, "no record at all")
    }

    /// A chain as long as the disk is not followed to its end.
    @Test func longChain() throws {
        var sectors = [0: record([Entry(type: 0xf, first: 1, count: 8000)])]
        for index in 0..<1000 {
            sectors[1 + index * 4] = record([
                Entry(type: 0x83, first: 1, count: 2),
                Entry(type: 5, first: UInt32(index + 1) * 4, count: 4),
            ])
        }
        let findings = try disk(sectors).findings()
        #expect(
            findings.tableRisks == [
                "High PartitionTable.ExtendedChainBroken", "Medium PartitionTable.TooMany",
            ])
        #expect(findings.count < 200)
    }

    @Test func bootCode() throws {
        let entries = [Entry(type: 0x83, first: 2048, count: 100, flag: 0x80)]
        let with = try disk([0: record(entries, code: true)]).findings()
        #expect(with.value("BootCode") == "Present" && with.value("BootMode") == "LEGACY")
        #expect(with.risks == [])
        let without = try disk([0: record(entries)]).findings()
        #expect(without.value("BootCode") == "Absent")
        #expect(without.risks == ["High BootMode.BiosNotSupported"])
        for (mode, risk) in [
            ("UEFI", "High BootMode.UefiNotSupported"),
            ("UEFI-Preferred", "High BootMode.NotBootable"),
        ] {
            #expect(try disk([0: record(entries)]).findings(mode).risks == [risk])
        }
        #expect(try disk([0: record(entries, code: true)]).findings("UEFI-Preferred").risks == [])
        #expect(try disk([0: record(entries)]).findings("").risks == [])
        // Code without the signature is none.
        var unsigned = record(entries, code: true)
        unsigned[510] = 0
        let findings = try disk([0: unsigned]).findings()
        #expect(findings.value("BootCode") == "Absent")
        #expect(
            findings.risks == [
                "High SystemImage.Unrecognized", "High BootMode.BiosNotSupported",
            ])
    }

    @Test func disksThatAreNone() throws {
        let qcow2 = try disk([0: Data([0x51, 0x46, 0x49, 0xfb, 0, 0, 0, 3])])
        #expect(try qcow2.findings().risks.first == "High SystemImage.ForeignFormat")
        #expect(try qcow2.findings().value("SystemImage")?.hasPrefix("qcow2: ") == true)
        for size in [0, 1, 511, 512, 513, 1023, 1536, 4096, 70_000] {
            let view = diskView(of: [UInt8](repeating: 0, count: size))
            let empty = try Detection(
                disk: view, isEmpty: true, bootMode: "BIOS", architecture: "x86_64"
            ).findings()
            #expect(
                empty == [
                    DetectionFinding(
                        name: "GUESTOS.SystemImage",
                        value: "Empty: the disk has no data at all",
                        riskCode: "SystemImage.Empty", riskLevel: "High")
                ])
            // Zeros that nobody has called empty have nothing either.
            let zeros = try Detection(
                disk: view, isEmpty: false, bootMode: "BIOS", architecture: "x86_64"
            ).findings()
            #expect(zeros.risks.first == "High SystemImage.Unrecognized")
        }
    }
}
