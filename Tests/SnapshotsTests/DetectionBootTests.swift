import Foundation
import System
import TestSupport
import Testing

@testable import Snapshots

/// Whole images, checked as a client's are: by way of a snapshot.
@Suite struct DetectionBootTests {
    private static let hasTools = Tool.available("sgdisk", "mkfs.vfat", "mkfs.ext4", "mcopy", "mmd")

    /// An EFI system partition of 40 MiB with these files, and a root file system.
    private func image(
        _ files: [String], efi: [String] = ["mkfs.vfat", "-F", "32", "-s", "1"]
    ) throws -> TestDisk {
        let disk = try TestDisk(size: 64 << 20)
        try disk.run(
            "sgdisk", "-n", "1:2048:+40M", "-t", "1:ef00", "-n", "2:0:0", "-t", "2:8300", "%")
        let system = try TestDisk(size: 40 << 20)
        let made = try Tool.run(efi[0], Array(efi.dropFirst()) + [system.path])
        try #require(made.status == 0, "\(made.err)")
        if !files.isEmpty {
            try system.run("mmd", "-i", "%", "::/EFI", "::/EFI/BOOT")
            let directory = TemporaryDirectory()
            let paths = files.map { "\(directory.path)/\($0)" }
            for path in paths { try Data("loader".utf8).write(to: URL(fileURLWithPath: path)) }
            let copied = try Tool.run(
                "mcopy", ["-i", system.path] + paths + ["::/EFI/BOOT"])
            try #require(copied.status == 0, "\(copied.err)")
        }
        try disk.copy(system, to: 2048 * 512)
        let root = try TestDisk(size: 16 << 20)
        try root.run("mkfs.ext4", "-q", "%")
        try disk.copy(root, to: (2048 + 40 * 2048) * 512)
        return disk
    }

    @Test(.enabled(if: hasTools, "sgdisk, dosfstools, e2fsprogs or mtools is not installed"))
    func anImageForUEFI() throws {
        let disk = try image(["grubx64.efi", "BOOTX64.EFI"])
        let fixture = try Fixture()
        try FileManager.default.copyItem(atPath: disk.path, toPath: fixture.disk)
        try fixture.copy(1)
        let store = try fixture.store()
        func detect(_ bootMode: String, _ architecture: String) throws -> [DetectionFinding] {
            try store.detect(manifest: 1, bootMode: bootMode, architecture: architecture)
        }
        func fact(_ name: String, _ value: String) -> DetectionFinding {
            DetectionFinding(name: "GUESTOS.\(name)", value: value)
        }
        #expect(
            try detect("UEFI", "x86_64") == [
                fact("SystemImage", "Valid"),
                fact("PartitionTable", "GPT, sectors of 512 bytes, 2 partitions"),
                fact("Partition.1", "EFI system, 41943040 bytes at 1048576"),
                fact("FileSystem.1", "FAT32, 41943040 bytes"),
                fact("Partition.2", "Linux, 24100352 bytes at 42991616"),
                fact("FileSystem.2", "ext4, 16777216 bytes"),
                fact("BootCode", "Absent"),
                fact(
                    "EfiSystemPartition", "partition 1, FAT32, \\EFI\\BOOT\\BOOTX64.EFI"),
                fact("BootMode", "UEFI"),
                fact("Architecture", "x86_64"),
            ])
        #expect(try detect("UEFI", "arm64").risks == ["High Architecture.Mismatch"])
        #expect(try detect("UEFI-Preferred", "i386").risks == ["Medium Architecture.Mismatch"])
        #expect(try detect("UEFI-Preferred", "x86_64").risks == [])
        #expect(try detect("BIOS", "x86_64").risks == ["High BootMode.BiosNotSupported"])
        #expect(try detect("", "").risks == [])

        // A cluster that the check reads is damaged: the reader's own error comes out.
        let path = "\(fixture.data)/segments/1"
        var segment = try contents(path)
        segment[cluster + 520] ^= 1
        try segment.write(to: URL(fileURLWithPath: path))
        let failure = #expect(throws: ReadFailure.self) { try detect("UEFI", "x86_64") }
        #expect(failure?.byteRange == 0..<Int64(cluster))
        #expect(failure?.isDamage == true)
        #expect(throws: ReadFailure.self) {
            try store.detect(manifest: 2, bootMode: "UEFI", architecture: "x86_64")
        }
    }

    @Test(.enabled(if: hasTools, "sgdisk, dosfstools, e2fsprogs or mtools is not installed"))
    func imagesThatUEFIDoesNotStart() throws {
        let without = try image([])
        #expect(try without.findings("UEFI").risks == ["High EfiSystemPartition.LoaderMissing"])
        #expect(try without.findings("UEFI-Preferred").risks.first?.hasPrefix("Medium") == true)
        #expect(try without.findings("BIOS").risks == ["High BootMode.BiosNotSupported"])
        #expect(try without.findings("UEFI").value("Architecture") == nil)
        let other = try image(["grubx64.efi"])
        #expect(try other.findings("UEFI").risks == ["High EfiSystemPartition.LoaderMissing"])
        let ext = try image([], efi: ["mkfs.ext4", "-q"])
        #expect(
            try ext.findings("UEFI").risks == [
                "High EfiSystemPartition.NotFat", "High BootMode.UefiNotSupported",
            ])
        let several = try image(["BOOTAA64.EFI", "BOOTIA32.EFI", "BOOTX64.EFI"])
        #expect(try several.findings("UEFI").value("Architecture") == "x86_64, arm64, i386")
        #expect(try several.findings("UEFI", "arm64").risks == [])
    }

    /// Directories of many clusters, in each kind of FAT.
    @Test(
        .enabled(if: hasTools, "sgdisk, dosfstools, e2fsprogs or mtools is not installed"),
        arguments: ["12", "16", "32"])
    func loadersBehindManyFiles(bits: String) throws {
        let names = (0..<400).map { "a-file-with-a-long-name-\($0).efi" } + ["BOOTX64.EFI"]
        let arguments = ["mkfs.vfat", "-F", bits, "-s", ["12": "32", "16": "4", "32": "1"][bits]!]
        let disk = try image(names, efi: arguments)
        let findings = try disk.findings("UEFI")
        #expect(findings.value("FileSystem.1")?.hasPrefix("FAT\(bits), ") == true)
        let value = "partition 1, FAT\(bits), \\EFI\\BOOT\\BOOTX64.EFI"
        #expect(findings.value("EfiSystemPartition") == value)
        #expect(findings.risks == [])
    }

    /// A directory whose clusters form a loop, and a table that leads out of the disk.
    @Test(.enabled(if: hasTools, "sgdisk, dosfstools, e2fsprogs or mtools is not installed"))
    func directoriesThatHaveNoEnd() throws {
        let start = 2048 * 512
        for next in [2, 0, 1, 0x0fff_fff6, 0x0fff_fff7] as [UInt32] {
            let disk = try image(["BOOTX64.EFI"])
            let boot = try disk.bytes(at: start, 64)
            let reserved = Int(boot[14]) | Int(boot[15]) << 8
            let fatSectors = Int(boot[36]) | Int(boot[37]) << 8 | Int(boot[38]) << 16
            let root = start + (reserved + Int(boot[16]) * fatSectors) * 512
            // Deleted entries all over the root's only cluster, and its successor in the FAT.
            try disk.write(Data(repeating: 0xe5, count: 512), at: root)
            try disk.set(next, at: start + reserved * 512 + 8)
            let risks = try disk.findings("UEFI").risks
            #expect(risks == ["High EfiSystemPartition.LoaderMissing"], "\(next)")
        }
    }

    @Test(.enabled(if: Tool.available("sgdisk"), "sgdisk is not installed"))
    func biosBootPartition() throws {
        let disk = try TestDisk(size: 8 << 20)
        try disk.run("sgdisk", "-n", "1:2048:+1M", "-t", "1:ef02", "-n", "2:0:0", "%")
        #expect(try disk.findings("BIOS").risks == [])
        #expect(try disk.findings("BIOS").value("BootMode") == "LEGACY")
        try disk.run("sgdisk", "-t", "1:8300", "%")
        #expect(try disk.findings("BIOS").risks == ["High BootMode.BiosNotSupported"])
    }

    @Test func anEmptySnapshot() throws {
        let fixture = try Fixture()
        try makeDisk(fixture.disk, size: 20 << 20, [(5000, Data(count: 100_000))])
        try fixture.copy(1)
        let findings = try fixture.store().detect(
            manifest: 1, bootMode: "BIOS", architecture: "x86_64")
        #expect(findings.map(\.riskCode) == ["SystemImage.Empty"])
    }
}
