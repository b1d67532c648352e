import Foundation
import System
import TestSupport
import Testing

@testable import Snapshots

/// What the check says of partition tables that real tools made, whole and broken.
@Suite struct DetectionTableTests {
    private static let mebibyte = 1 << 20

    /// A GPT with three partitions, small so that its entries are few.
    private func gptDisk(entries: Int = 16) throws -> TestDisk {
        let disk = try TestDisk(size: 16 * Self.mebibyte)
        try disk.run(
            "sgdisk", "-S", "\(entries)", "-n", "1:2048:+1M", "-t", "1:ef02", "-n", "2:0:+4M",
            "-n", "3:0:0", "%")
        return disk
    }

    @Test func crcOfTheStandardsExample() {
        #expect(crc32(Data("123456789".utf8)) == 0xcbf4_3926)
        #expect(crc32(Data()) == 0)
    }

    // MARK: Against sfdisk

    @Test(
        .enabled(if: Tool.available("sfdisk"), "sfdisk is not installed"),
        arguments: 1...8 as ClosedRange<UInt64>)
    func readsAnMBRAsSfdiskDoes(seed: UInt64) throws {
        var random = SeededRandom(state: seed)
        let disk = try TestDisk(size: 64 * Self.mebibyte)
        let types = ["83", "82", "7", "c", "8e", "ef"]
        var script = "label: dos\n"
        var next = 2048
        func size() -> Int { Int.random(in: 1...9000, using: &random) }
        func gap() -> Int { Int.random(in: 1...300, using: &random) }
        func add(_ number: Int, _ count: Int, _ type: String) {
            script += "\(disk.path)\(number) : start=\(next), size=\(count), type=\(type)\n"
        }
        for number in 1...2 where seed != 3 {
            let count = size()
            add(number, count, types.randomElement(using: &random)!)
            next += count + gap()
        }
        add(3, 60_000, seed % 2 == 0 ? "5" : "f")
        let end = next + 60_000
        for number in 5..<5 + Int(seed) {
            next += gap()
            let count = min(size(), end - next - 1)
            if count < 1 { break }
            add(number, count, types[number % 5])
            next += count
        }
        try disk.run("sfdisk", "-q", "--no-reread", "--no-tell-kernel", "%", input: script)
        let judge = try SFDisk.read(disk)
        let (table, entries) = try disk.ownReading()
        #expect(judge.label == "dos" && table.kind == .mbr)
        #expect(entries == judge.partitions)
        #expect(entries.contains { $0.node.hasSuffix("raw5") })
        #expect(try disk.findings().tableRisks.isEmpty)
    }

    @Test(
        .enabled(if: Tool.available("sfdisk", "sgdisk"), "sfdisk or sgdisk is not installed"),
        arguments: 1...6 as ClosedRange<UInt64>)
    func readsAGPTAsSfdiskDoes(seed: UInt64) throws {
        var random = SeededRandom(state: seed)
        let disk = try TestDisk(size: 64 * Self.mebibyte + Int(seed) * 512)
        var arguments: [String] = []
        var next = 2048
        let codes = ["8300", "8200", "ef00", "ef02", "0700", "8e00", "8304", "a501"]
        for number in Array(1...30).shuffled(using: &random).prefix(Int(seed) * 3) {
            let count = Int.random(in: 1...5000, using: &random)
            arguments += ["-n", "\(number):\(next):\(next + count - 1)"]
            arguments += ["-t", "\(number):\(codes.randomElement(using: &random)!)"]
            next += count + Int.random(in: 0...1000, using: &random)
        }
        let made = try Tool.run("sgdisk", ["-a", "1"] + arguments + [disk.path])
        try #require(made.status == 0, "\(made.text)\(made.err)")
        let judge = try SFDisk.read(disk)
        let (table, entries) = try disk.ownReading()
        #expect(judge.label == "gpt" && table.kind == .gpt && !table.isHybrid)
        #expect(entries == judge.partitions)
        #expect(table.usable?.lowerBound == judge.firstlba)
        #expect(table.usable?.upperBound == judge.lastlba)
        let findings = try disk.findings()
        #expect(findings.tableRisks.isEmpty, "\(findings.risks)")
        let count = entries.count
        #expect(
            findings.value("PartitionTable") == "GPT, sectors of 512 bytes, \(count) partitions")
        let verified = try disk.run("sgdisk", "-v", "%")
        #expect(verified.text.contains("No problems found"))
    }

    @Test(.enabled(if: Tool.available("fdisk"), "fdisk is not installed"))
    func sectorsOf4096Bytes() throws {
        let disk = try TestDisk(size: 32 * Self.mebibyte)
        try disk.run("fdisk", "-b", "4096", "%", input: "g\nn\n1\n256\n1000\nn\n2\n\n\nw\n")
        let (table, _) = try disk.ownReading()
        #expect(table.sectorBytes == 4096)
        #expect(table.partitions.map(\.first) == [256, 1024])
        let findings = try disk.findings()
        #expect(findings.tableRisks == ["Medium PartitionTable.SectorSize"])
        #expect(findings.value("Partition.1") == "Linux, 3051520 bytes at 1048576")
    }

    // MARK: Broken GPTs

    @Test(.enabled(if: Tool.available("sgdisk"), "sgdisk is not installed"))
    func brokenHeaders() throws {
        let disk = try gptDisk()
        let last = disk.size / 512 - 1
        let (first, backup, firstEntries, backupEntries) = (512, last * 512, 1024, (last - 4) * 512)
        let cases: [([(offset: Int, bit: Int)], [String])] = [
            ([], []),
            ([(first + 40, 3)], ["High PartitionTable.PrimaryDamaged"]),
            ([(first, 0)], ["High PartitionTable.PrimaryDamaged"]),
            ([(firstEntries + 56, 1)], ["High PartitionTable.PrimaryDamaged"]),
            ([(backup + 17, 0)], ["Medium PartitionTable.BackupDamaged"]),
            ([(backup + 1, 0)], ["Medium PartitionTable.BackupMissing"]),
            ([(backupEntries, 5)], ["Medium PartitionTable.BackupDamaged"]),
            ([(first + 8, 0), (backup + 80, 0)], ["High PartitionTable.Damaged"]),
            ([(446, 0)], ["High PartitionTable.ProtectiveMbrMissing"]),
            ([(510, 0)], ["High PartitionTable.ProtectiveMbrMissing"]),
            ([(454, 1)], ["High PartitionTable.ProtectiveMbrWrong"]),
            ([(458, 4)], ["Low PartitionTable.ProtectiveMbrWrong"]),
        ]
        for (flips, expected) in cases {
            for (offset, bit) in flips { try disk.flip(offset, bit: bit) }
            let findings = try disk.findings()
            #expect(findings.tableRisks == expected, "\(flips)")
            let count = expected == ["High PartitionTable.Damaged"] ? 0 : 3
            #expect(findings.filter { $0.name.contains(".Partition.") }.count == count, "\(flips)")
            for (offset, bit) in flips { try disk.flip(offset, bit: bit) }
        }
    }

    /// Headers whose checksums are right and whose numbers are not.
    @Test(.enabled(if: Tool.available("sgdisk"), "sgdisk is not installed"))
    func lyingHeaders() throws {
        let disk = try gptDisk()
        let last = disk.size / 512 - 1
        let good = try disk.bytes(at: 512, 512)
        let primary = "High PartitionTable.PrimaryDamaged"
        let cases: [(offset: Int, value: UInt64, String)] = [
            (24, 2, primary), (72, 0, primary), (72, 1, primary),
            (80, 1 << 32 | 127, primary),  // entries of one byte
            (80, 128 << 32, primary),  // no entries
            (80, 128 << 32 | 5000, primary), (80, 8192 << 32 | 16, primary),
            (80, 192 << 32 | 16, primary), (40, 1 << 60, primary), (40, 5, primary),
            (48, .max, "High PartitionTable.Truncated"),
            (32, UInt64(last) + 1, "High PartitionTable.Truncated"),
            (32, 0, "Medium PartitionTable.BackupMissing"),
            (32, 1, "Medium PartitionTable.BackupMissing"),
            (32, 2, "Medium PartitionTable.BackupMissing"),
            (56, 7, "Medium PartitionTable.BackupDiffers"),
        ]
        for (offset, value, expected) in cases {
            try disk.set(value, at: 512 + offset)
            // The checksum is of the entries where they were.
            var header = try disk.bytes(at: 512, 92)
            header.replaceSubrange(16..<20, with: Data(count: 4))
            try disk.set(crc32(header), at: 512 + 16)
            let risks = try disk.findings().tableRisks
            #expect(risks.first == expected, "\(offset), \(value): \(risks)")
            try disk.write(good, at: 512)
        }
        for length in [0, 91, 513, UInt32.max] {
            try disk.set(length, at: 512 + 12)
            #expect(try disk.findings().tableRisks == [primary])
        }
    }

    @Test(.enabled(if: Tool.available("sgdisk"), "sgdisk is not installed"))
    func disksThatWereCutOffOrHaveGrown() throws {
        let disk = try gptDisk()
        let size = disk.size
        for cut in [1, 512, 4096, 1 << 20, 9 << 20] {
            try disk.resize(size - cut)
            let risks = try disk.findings().tableRisks
            #expect(risks.contains("High PartitionTable.Truncated"), "\(cut): \(risks)")
            // The last partition ends where the backup begins, five sectors before the disk.
            #expect(risks.contains("High Partition.OutsideDisk") == (cut >= 4096), "\(cut)")
            try disk.resize(size)
        }
        let grown = try gptDisk()
        try grown.resize(size + 4096)
        #expect(
            try grown.findings().tableRisks == [
                "Low PartitionTable.ProtectiveMbrWrong", "Low PartitionTable.BackupNotAtEnd",
            ])
        try grown.run("sgdisk", "-e", "%")
        #expect(try grown.findings().tableRisks.isEmpty)
    }

    @Test(.enabled(if: Tool.available("sgdisk"), "sgdisk is not installed"))
    func hybridAndLeftOverTables() throws {
        let hybrid = try gptDisk()
        try hybrid.run("sgdisk", "-h", "2", "%")
        let findings = try hybrid.findings()
        #expect(findings.tableRisks == ["Low PartitionTable.HybridMbr"])
        let value = "GPT with a hybrid MBR, sectors of 512 bytes, 3 partitions"
        #expect(findings.value("PartitionTable")?.hasPrefix(value) == true)

        // An MBR that is used, in front of a GPT that is not.
        let old = try gptDisk()
        try old.set(0x83 as UInt8, at: 450)
        let oldFindings = try old.findings()
        #expect(oldFindings.value("PartitionTable")?.hasPrefix("MBR, 1 partition: ") == true)
        #expect(oldFindings.tableRisks == ["Medium PartitionTable.GptIgnored"])
        try old.set(0 as UInt8, at: 450)
        #expect(try old.findings().tableRisks == ["High PartitionTable.ProtectiveMbrMissing"])
        // And a protective one without what it protects.
        let alone = try gptDisk()
        try alone.flip(512)
        try alone.flip(alone.size - 512)
        #expect(try alone.findings().tableRisks.contains("High PartitionTable.GptMissing"))
        let empty = try TestDisk(size: 8 * Self.mebibyte)
        try empty.run("sgdisk", "-o", "%")
        #expect(try empty.findings().tableRisks == ["High PartitionTable.Empty"])
    }

    @Test(.enabled(if: Tool.available("sgdisk"), "sgdisk is not installed"))
    func partitionsInWrongPlaces() throws {
        let cases: [(first: UInt64, last: UInt64, [String])] = [
            (5000, 5100, ["High Partition.Overlap"]),
            (10, 2047, []),
            (2, 2047, ["High Partition.OverlapsTable"]),
            (9, 8, ["Medium Partition.Empty"]),
            (0, .max, ["High Partition.OutsideDisk", "High Partition.OverlapsTable"]),
            (1 << 40, 1 << 41, ["High Partition.OutsideDisk"]),
        ]
        for (first, last, expected) in cases {
            let disk = try gptDisk()
            let backup = disk.size / 512 - 1
            for entries in [2, backup - 4] {
                try disk.set(first, at: entries * 512 + 32)
                try disk.set(last, at: entries * 512 + 40)
            }
            try disk.sealGPT(sector: 1)
            try disk.sealGPT(sector: backup)
            let findings = try disk.findings()
            let own = findings.filter { $0.name == "GUESTOS.Partition.1" }.risks
            let others = findings.filter { $0.name != "GUESTOS.Partition.1" }.tableRisks
            // What overlaps is told of the one that begins later.
            if last == .max {
                #expect(others.count { $0 == "High Partition.Overlap" } == 2)
            } else {
                #expect(others.isEmpty, "\(first): \(others)")
            }
            #expect(own == expected, "\(first)")
        }
    }
}
