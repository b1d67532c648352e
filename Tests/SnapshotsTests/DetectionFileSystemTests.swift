import Foundation
import System
import TestSupport
import Testing

@testable import Snapshots

/// A file system and the command that makes it; `%` is the file's path.
struct FileSystemMaker: Sendable, CustomTestStringConvertible {
    let name: String
    let blkid: String
    let mebibytes: Int
    let command: [String]
    /// How much less than the file it takes at most; nil: it does not tell its size.
    var slackBytes: Int? = 0
    var testDescription: String { "\(name), \(command[0])" }

    static let all = [
        FileSystemMaker(
            name: "ext2", blkid: "ext2", mebibytes: 8, command: ["mkfs.ext2", "-q", "%"]),
        FileSystemMaker(
            name: "ext3", blkid: "ext3", mebibytes: 8, command: ["mkfs.ext3", "-q", "%"]),
        FileSystemMaker(
            name: "ext4", blkid: "ext4", mebibytes: 16, command: ["mkfs.ext4", "-q", "%"]),
        FileSystemMaker(
            name: "ext4", blkid: "ext4", mebibytes: 16,
            command: ["mkfs.ext4", "-q", "-b", "1024", "-O", "64bit", "%"]),
        FileSystemMaker(
            name: "XFS", blkid: "xfs", mebibytes: 300, command: ["mkfs.xfs", "-q", "%"]),
        FileSystemMaker(
            name: "btrfs", blkid: "btrfs", mebibytes: 128, command: ["mkfs.btrfs", "-q", "%"]),
        FileSystemMaker(
            name: "FAT12", blkid: "vfat", mebibytes: 4, command: ["mkfs.vfat", "%"],
            slackBytes: 1 << 16),
        FileSystemMaker(
            name: "FAT16", blkid: "vfat", mebibytes: 32, command: ["mkfs.vfat", "%"],
            slackBytes: 1 << 16),
        FileSystemMaker(
            name: "FAT32", blkid: "vfat", mebibytes: 64, command: ["mkfs.vfat", "-F", "32", "%"],
            slackBytes: 1 << 16),
        FileSystemMaker(
            name: "NTFS", blkid: "ntfs", mebibytes: 8, command: ["mkfs.ntfs", "-F", "-q", "%"],
            slackBytes: 4096),
        FileSystemMaker(
            name: "exFAT", blkid: "exfat", mebibytes: 8, command: ["mkfs.exfat", "%"]),
        FileSystemMaker(name: "swap", blkid: "swap", mebibytes: 8, command: ["mkswap", "%"]),
        FileSystemMaker(
            name: "swap", blkid: "swap", mebibytes: 8, command: ["mkswap", "-p", "16384", "%"]),
        FileSystemMaker(
            name: "LUKS2", blkid: "crypto_LUKS", mebibytes: 32,
            command: luks("luks2", "--pbkdf", "pbkdf2"), slackBytes: nil),
        FileSystemMaker(
            name: "LUKS1", blkid: "crypto_LUKS", mebibytes: 8, command: luks("luks1"),
            slackBytes: nil),
    ]

    private static func luks(_ type: String, _ more: String...) -> [String] {
        ["cryptsetup", "luksFormat", "--type", type] + more
            + ["--pbkdf-force-iterations", "1000", "-q", "%", "/etc/hostname"]
    }

    func make() throws -> TestDisk {
        let disk = try TestDisk(size: mebibytes << 20)
        let arguments = command.dropFirst().map { $0 == "%" ? disk.path : $0 }
        let output = try Tool.run(command[0], Array(arguments))
        try #require(output.status == 0, "\(output.text)\(output.err)")
        return disk
    }
}

@Suite struct DetectionFileSystemTests {
    @Test(
        .enabled(
            if: Tool.available(
                "mkfs.ext4", "mkfs.xfs", "mkfs.btrfs", "mkfs.vfat", "mkfs.ntfs", "mkfs.exfat",
                "mkswap", "cryptsetup", "blkid"),
            "a maker of file systems is not installed"),
        arguments: FileSystemMaker.all)
    func tellsWhatToolsMade(_ maker: FileSystemMaker) throws {
        let disk = try maker.make()
        let judge = try disk.run("blkid", "-p", "-o", "value", "-s", "TYPE", "%")
        #expect(judge.text == maker.blkid + "\n")
        let found = try #require(try FileSystem.find(in: disk.view))
        #expect(found.name == maker.name)
        #expect(found.problem == nil)
        let findings = try disk.findings("")
        #expect(findings.value("SystemImage") == "Valid")
        #expect(findings.risks == ["Low PartitionTable.Missing"])
        guard let slack = maker.slackBytes else {
            #expect(found.byteCount == nil)
            return
        }
        let size = Int(try #require(found.byteCount))
        #expect((disk.size - slack...disk.size).contains(size), "\(size) of \(disk.size)")
        #expect(findings.value("FileSystem") == "\(maker.name), \(size) bytes")
        // Cut off by a byte and by most of it; the superblocks lie in the first 70 KiB.
        for rest in [size - 1, size / 2, 1 << 20] {
            try disk.resize(rest)
            let findings = try disk.findings("")
            #expect(
                findings.risks == ["Low PartitionTable.Missing", "High FileSystem.TooLarge"],
                "\(rest)")
        }
    }

    @Test(
        .enabled(
            if: Tool.available("mksquashfs", "genisoimage"),
            "mksquashfs or genisoimage is not installed"))
    func imagesOfFiles() throws {
        let directory = TemporaryDirectory()
        try Data("text".utf8).write(to: URL(fileURLWithPath: "\(directory.path)/file"))
        let disk = try TestDisk(size: 0)
        try disk.run("mksquashfs", directory.path, "%", "-quiet", "-noappend")
        let squashed = try #require(try FileSystem.find(in: disk.view))
        #expect(squashed.name == "SquashFS")
        #expect(try #require(squashed.byteCount) <= UInt64(disk.size))

        let disc = try TestDisk(size: 0)
        try disc.run("genisoimage", "-quiet", "-o", "%", directory.path)
        #expect(try FileSystem.find(in: disc.view)?.byteCount == UInt64(disc.size))
        #expect(try disc.findings().risks.first == "High SystemImage.Iso")
        // What an earlier use of the disk left behind is not the disk.
        try disc.resize(8 << 20)
        var record = Data(count: 66)
        record.replaceSubrange(4..<5, with: [0x83])
        record.replaceSubrange(8..<16, with: [0, 8, 0, 0, 0, 16, 0, 0])
        record.replaceSubrange(64..<66, with: [0x55, 0xaa])
        try disc.write(record, at: 446)
        #expect(try disc.findings("").risks == [])
        #expect(try disc.findings("").value("SystemImage") == "Valid")
        // The table of a CD that can also be put onto a stick covers the CD.
        try disc.set(64 as UInt32, at: 446 + 8)
        #expect(try disc.findings("").risks == ["High SystemImage.Iso"])
    }

    /// A physical volume as LVM2's format text tells it: making one takes a block device.
    @Test func physicalVolumeOfLVM() throws {
        let disk = try TestDisk(size: 4 << 20)
        try disk.write(Data("LABELONE".utf8), at: 512)
        try disk.set(1 as UInt64, at: 512 + 8)
        try disk.set(32 as UInt32, at: 512 + 20)
        try disk.write(Data("LVM2 001".utf8), at: 512 + 24)
        try disk.set(4 << 20 as UInt64, at: 512 + 64)
        #expect(try disk.findings("").value("FileSystem") == "LVM2, 4194304 bytes")
        try disk.set(4 << 20 + 1 as UInt64, at: 512 + 64)
        #expect(try disk.findings("").risks.last == "High FileSystem.TooLarge")
        try disk.set(UInt32.max, at: 512 + 20)
        #expect(try disk.findings("").risks.last == "Medium FileSystem.Damaged")
    }

    /// Superblocks with numbers that cannot be: no arithmetic with them goes wrong.
    @Test func impossibleSuperblocks() throws {
        var xfs = [UInt8](repeating: 0xff, count: 1 << 17)
        xfs.replaceSubrange(0..<4, with: Array("XFSB".utf8))
        #expect(try risks(xfs).contains("Medium FileSystem.Damaged"))
        xfs.replaceSubrange(4..<8, with: [0, 0, 16, 0])
        #expect(try risks(xfs).contains("High FileSystem.TooLarge"))
        var ext = [UInt8](repeating: 0xff, count: 1 << 17)
        ext.replaceSubrange(1080..<1082, with: [0x53, 0xef])
        #expect(try risks(ext).contains("Medium FileSystem.Damaged"))
        ext.replaceSubrange(1048..<1052, with: [2, 0, 0, 0])
        #expect(try risks(ext).contains("High FileSystem.TooLarge"))
        var swap = [UInt8](repeating: 0xff, count: 1 << 17)
        swap.replaceSubrange(4086..<4096, with: Array("SWAPSPACE2".utf8))
        #expect(try risks(swap).contains("High FileSystem.TooLarge"))
        var exfat = [UInt8](repeating: 0xff, count: 1 << 17)
        exfat.replaceSubrange(3..<11, with: Array("EXFAT   ".utf8))
        #expect(try risks(exfat).contains("Medium FileSystem.Damaged"))
    }

    private func risks(_ bytes: [UInt8]) throws -> [String] {
        try Detection(
            disk: diskView(of: bytes), isEmpty: false, bootMode: "BIOS", architecture: "x86_64"
        ).findings().risks
    }
}
