import Foundation
import System
import TestSupport
import Testing

@testable import Snapshots

/// A file with a disk's bytes, which the check reads as it reads a snapshot.
final class TestDisk {
    private let directory = TemporaryDirectory()
    let path: String
    private let file: Int32

    init(size: Int) throws {
        path = "\(directory.path)/disk.raw"
        file = open(path, O_RDWR | O_CREAT | O_EXCL, 0o600)
        try #require(file >= 0)
        try resize(size)
    }

    deinit { close(file) }

    var size: Int { Int(lseek(file, 0, SEEK_END)) }

    func resize(_ size: Int) throws { try #require(ftruncate(file, off_t(size)) == 0) }

    func write(_ data: Data, at offset: Int) throws {
        let written = data.withUnsafeBytes { pwrite(file, $0.baseAddress, $0.count, off_t(offset)) }
        try #require(written == data.count)
    }

    func bytes(at offset: Int, _ count: Int) throws -> Data {
        var data = Data(count: count)
        let read = data.withUnsafeMutableBytes { pread(file, $0.baseAddress, count, off_t(offset)) }
        try #require(read == count)
        return data
    }

    func flip(_ offset: Int, bit: Int = 0) throws {
        var byte = try bytes(at: offset, 1)
        byte[0] ^= 1 << UInt8(bit)
        try write(byte, at: offset)
    }

    func set<Value: FixedWidthInteger>(_ value: Value, at offset: Int) throws {
        try write(withUnsafeBytes(of: value.littleEndian) { Data($0) }, at: offset)
    }

    /// Puts the bytes of another file at `offset`, holes left out where they are whole pieces.
    func copy(_ other: TestDisk, to offset: Int) throws {
        for start in stride(from: 0, to: other.size, by: 1 << 20) {
            let piece = try other.bytes(at: start, min(1 << 20, other.size - start))
            if piece != Data(count: piece.count) { try write(piece, at: offset + start) }
        }
    }

    /// Runs a tool that has to succeed; `%` among the arguments is the file's path.
    @discardableResult
    func run(_ tool: String, _ arguments: String..., input: String? = nil) throws -> Tool.Output {
        let output = try Tool.run(
            tool, arguments.map { $0 == "%" ? path : $0 }, input: input.map { Data($0.utf8) })
        try #require(output.status == 0, "\(tool): \(output.text)\(output.err)")
        return output
    }

    /// The GPT header in a sector of 512 bytes gets the checksums that its bytes and those of its
    /// entries have, so that only what they say is wrong.
    func sealGPT(sector: Int) throws {
        var header = try bytes(at: sector * 512, 92)
        func number(_ offset: Int, _ count: Int) -> Int {
            (0..<count).reversed().reduce(0) { $0 << 8 | Int(header[offset + $1]) }
        }
        let entries = try bytes(at: number(72, 8) * 512, number(80, 4) * number(84, 4))
        header.replaceSubrange(88..<92, with: withUnsafeBytes(of: crc32(entries)) { Data($0) })
        header.replaceSubrange(16..<20, with: Data(count: 4))
        header.replaceSubrange(16..<20, with: withUnsafeBytes(of: crc32(header)) { Data($0) })
        try write(header, at: sector * 512)
    }

    var view: DiskView {
        DiskView(byteCount: Int64(size)) { offset, buffer throws(ReadFailure) in
            // The check asks only for what is there.
            let count = pread(self.file, buffer.baseAddress, buffer.count, off_t(offset))
            precondition(count == buffer.count, "\(buffer.count) bytes at \(offset)")
        }
    }

    func findings(
        _ bootMode: String = "BIOS", _ architecture: String = "x86_64"
    ) throws -> [DetectionFinding] {
        try Detection(
            disk: view, isEmpty: false, bootMode: bootMode, architecture: architecture
        ).findings()
    }
}

func crc32(_ data: Data) -> UInt32 {
    var crc = CRC32()
    for byte in data { crc.add(byte) }
    return crc.value
}

func diskView(of bytes: [UInt8]) -> DiskView {
    DiskView(byteCount: Int64(bytes.count)) { offset, buffer throws(ReadFailure) in
        precondition(offset >= 0 && Int(offset) + buffer.count <= bytes.count)
        bytes.withUnsafeBytes {
            buffer.copyMemory(
                from: UnsafeRawBufferPointer(
                    rebasing: $0[Int(offset)..<Int(offset) + buffer.count]))
        }
    }
}

extension [DetectionFinding] {
    /// The risks, as "High Partition.Overlap".
    var risks: [String] {
        filter { !$0.riskCode.isEmpty }.map { "\($0.riskLevel) \($0.riskCode)" }
    }

    /// The risks but those of starting, which disks without any system have.
    var tableRisks: [String] {
        filter { !$0.riskCode.isEmpty && $0.name != "GUESTOS.BootMode" }
            .map { "\($0.riskLevel) \($0.riskCode)" }
    }

    /// An item's first value; nil: there is no such item.
    func value(_ name: String) -> String? { first { $0.name == "GUESTOS.\(name)" }?.value }
}

/// What `sfdisk --json` says of a disk: another reader of the same bytes.
struct SFDisk: Decodable {
    struct Table: Decodable {
        let label: String
        let firstlba: UInt64?
        let lastlba: UInt64?
        let partitions: [Entry]?
    }
    struct Entry: Decodable, Equatable {
        let node: String
        let start: UInt64
        let size: UInt64
        let type: String
    }
    let partitiontable: Table

    static func read(_ disk: TestDisk) throws -> Table {
        let output = try disk.run("sfdisk", "--json", "%")
        return try JSONDecoder().decode(SFDisk.self, from: output.out).partitiontable
    }
}

extension TestDisk {
    /// What the check reads, in the form of `sfdisk`.
    func ownReading() throws -> (table: PartitionTable, entries: [SFDisk.Entry]) {
        let record = MasterBootRecord(try view.bytes(at: 0, 512))
        let table = try PartitionTable.read(view, record, whole: nil)
        let entries = table.partitions.map { partition in
            let type =
                switch partition.type {
                case .mbr(let type): String(type, radix: 16)
                case .gpt(let type): type
                }
            return SFDisk.Entry(
                node: "\(path)\(partition.number)", start: partition.first, size: partition.count,
                type: type)
        }
        return (table, entries)
    }
}
