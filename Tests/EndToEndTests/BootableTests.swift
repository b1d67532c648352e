import ECS
import Foundation
import TestSupport
import Testing

/// A disk that could start a machine: in through CreateImage, whose check finds nothing wrong with
/// it, and out again in every way there is.
@Suite(
    .enabled(
        if: Tool.available("sgdisk", "mkfs.vfat", "mkfs.ext4", "e2fsck", "debugfs", "mcopy"),
        "needs gdisk, dosfstools, e2fsprogs and mtools"))
struct BootableTests {
    private let disks = Disks()
    private static let rootOffset = 35 << 20

    private func run(_ tool: String, _ arguments: String...) throws {
        let output = try Tool.run(tool, arguments)
        try #require(output.status == 0, "\(tool): \(output.text) \(output.err)")
    }

    /// A GPT with an EFI system partition, which has a loader, and a root file system of ext4.
    private func makeDisk() throws -> String {
        let path = disks.path("disk")
        try #require(FileManager.default.createFile(atPath: path, contents: nil))
        try #require(truncate(path, 64 << 20) == 0)
        try run(
            "sgdisk", "-n", "1:2048:+34M", "-t", "1:ef00", "-n", "2:0:0", "-t", "2:8300", path)
        let (loader, system) = (disks.path("BOOTX64.EFI"), disks.path("system"))
        try Data("MZ, and what a loader has".utf8).write(to: URL(fileURLWithPath: loader))
        try #require(FileManager.default.createFile(atPath: system, contents: nil))
        try #require(truncate(system, 34 << 20) == 0)
        try run("mkfs.vfat", "-F", "32", "-s", "1", system)
        try run("mmd", "-i", system, "::/EFI", "::/EFI/BOOT")
        try run("mcopy", "-i", system, loader, "::/EFI/BOOT")
        try run("dd", "if=\(system)", "of=\(path)", "bs=1M", "seek=1", "conv=notrunc,sparse")
        let files = disks.path("files")
        try FileManager.default.createDirectory(atPath: files, withIntermediateDirectories: false)
        try Data("imaged\n".utf8).write(to: URL(fileURLWithPath: "\(files)/hostname"))
        try run(
            "mkfs.ext4", "-q", "-F", "-d", files, "-E", "offset=\(Self.rootOffset)", path, "28M")
        return path
    }

    private func expectRoot(_ path: String) throws {
        let root = "\(path)?offset=\(Self.rootOffset)"
        let check = try Tool.run("e2fsck", ["-fn", root])
        #expect(check.status == 0, "\(check.text) \(check.err)")
        let file = try Tool.run("debugfs", ["-R", "cat /hostname", root])
        #expect(file.text == "imaged\n", "\(file.err)")
    }

    private func image(of path: String, _ client: TestClient) throws -> Image {
        let instance = try client.register(paths: [path]).instanceID
        let id = try client.call(
            CreateImage.self,
            .with {
                $0.regionID = testRegion
                $0.instanceID = instance
                $0.bootMode = "UEFI"
                $0.detectionStrategy = "Standard"
            }
        ).imageID
        var image = try #require(try client.wait(for: id))
        #expect(image.status == "Available", "\(image.failureReason)")
        while image.detectionOptions?.status == "Processing" {
            image = try #require(try client.images { $0.imageID = id }.first)
        }
        return image
    }

    @Test func goesInAndComesOut() throws {
        let daemon = try TestDaemon()
        let client = try daemon.client()
        let path = try makeDisk()
        try expectRoot(path)
        let image = try image(of: path, client)
        let items = try #require(image.detectionOptions?.items)
        #expect(items.filter { $0.riskLevel == "High" } == [])
        func value(_ name: String) -> String? {
            items.first { $0.name == "GUESTOS.\(name)" }?.value
        }
        #expect(value("PartitionTable") == "GPT, sectors of 512 bytes, 2 partitions")
        #expect(value("BootMode") == "UEFI")
        #expect(value("Architecture") == "x86_64")
        #expect(value("FileSystem.2") == "ext4, \(28 << 20) bytes")

        let out = disks.path("out")
        try client.export(image.imageID, to: out)
        #expect(try disks.isEqual(path, out))
        try expectRoot(out)
        let instance = try client.call(
            RunInstances.self,
            .with {
                $0.regionID = testRegion
                $0.imageID = image.imageID
            }
        ).instanceIDSets[0]
        let disk = try #require(
            try client.call(
                DescribeDisks.self,
                .with {
                    $0.regionID = testRegion
                    $0.instanceID = instance
                }
            ).disks.first)
        #expect(try disks.isEqual(path, disk.path))
        try expectRoot(disk.path)
        try run("sgdisk", "-v", disk.path)
    }

    /// Half of it is a disk that cannot start; it is an image all the same.
    @Test func whatIsCutOffIsToldApart() throws {
        let daemon = try TestDaemon()
        let client = try daemon.client()
        let path = try makeDisk()
        try #require(truncate(path, 30 << 20) == 0)
        let image = try image(of: path, client)
        let risks = try #require(image.detectionOptions?.items).filter { $0.riskLevel == "High" }
        #expect(risks.map(\.riskCode).contains("PartitionTable.Truncated"), "\(risks)")
        #expect(risks.map(\.riskCode).contains("Partition.OutsideDisk"), "\(risks)")
        #expect(risks.allSatisfy { !$0.value.isEmpty })
        try client.export(image.imageID, to: disks.path("out"))
        #expect(try disks.isEqual(path, disks.path("out")))
    }

    /// What comes out starts a machine: its boot sector says so at the debug port, and ends it.
    @Test(
        .enabled(
            if: Tool.available("qemu-system-x86_64"), "qemu-system-x86_64 is not installed"))
    func startsAMachine() throws {
        let daemon = try TestDaemon()
        let client = try daemon.client()
        // mov al, 'K'; out 0xe9, al; mov al, 0x10; out 0xf4, al; hlt
        var sector = Data([0xb0, 0x4b, 0xe6, 0xe9, 0xb0, 0x10, 0xe6, 0xf4, 0xf4])
        sector.append(Data(count: 510 - sector.count))
        sector.append(contentsOf: [0x55, 0xaa])
        let path = disks.path("disk")
        try (sector + Data(count: 1 << 20)).write(to: URL(fileURLWithPath: path))
        let image = try client.imageAtRest(of: client.register(paths: [path]).instanceID)
        let out = disks.path("out")
        try client.export(image.imageID, to: out)
        let machine = try Tool.run(
            "qemu-system-x86_64",
            [
                "-display", "none", "-no-reboot", "-m", "32", "-debugcon", "stdio",
                "-device", "isa-debug-exit,iobase=0xf4,iosize=1",
                "-drive", "file=\(out),format=raw,if=ide",
            ])
        #expect(machine.status == 0x10 << 1 | 1, "\(machine.err)")
        #expect(machine.text.contains("K"))
    }
}
