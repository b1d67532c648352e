import Checksum
import System

/// What the files of the store have in common; Segment.swift and Manifest.swift tell the rest.
///
/// All numbers are little-endian. All metadata is in blocks of 4096 bytes, each ending in a
/// checksum of its own: XXH64 of the 4088 bytes before, seeded with the file's random id xor the
/// block's number in the file. So a block that is damaged, or lies in another place or file than
/// it was written to, is found. Block 0 is the header:
///
///     offset  bytes  field
///          0      8  magic: which of the three kinds of file this is
///          8      4  version
///         12      4  cluster bytes, 65536
///         16      8  number: the one in the file's name
///         24      8  file id, random; an index has its segment's
///         32      -  the kind's own fields, 8 bytes each; zeros up to
///       4088      8  checksum, with the file id as its seed
///
/// Every later version keeps the first 32 bytes and the checksum of the header.
enum Layout {
    static let version: UInt32 = 1
    static let clusterBytes = 64 << 10
    static let blockBytes = 4096
    static let checksumOffset = blockBytes - 8
    /// What one `pread` or `pwrite` of a job moves at most.
    static let transferBytes = 1 << 20
    static let transferClusters = transferBytes / clusterBytes
    /// What is compared at once: both sides of it stay in a processor's own cache.
    static let comparedClusters = 4

    /// How many clusters a disk of `sizeBytes` has; the last one may be partial.
    static func clusterCount(ofDisk sizeBytes: Int64) -> UInt64 {
        (UInt64(sizeBytes) + UInt64(clusterBytes) - 1) / UInt64(clusterBytes)
    }
}

/// Page-aligned memory that is freed with its owner; zero at first.
final class Buffer {
    let bytes: UnsafeMutableRawBufferPointer

    init(byteCount: Int) {
        bytes = .allocate(byteCount: byteCount, alignment: Layout.blockBytes)
        clear()
    }

    deinit { bytes.deallocate() }

    func clear() { setZeros(bytes) }

    func slice(_ range: Range<Int>) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(rebasing: bytes[range])
    }

    func integer<Value: FixedWidthInteger>(at offset: Int) -> Value {
        Value(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Value.self))
    }

    func set<Value: FixedWidthInteger>(_ value: Value, at offset: Int) {
        bytes.storeBytes(of: value.littleEndian, toByteOffset: offset, as: Value.self)
    }
}

/// One block of metadata in memory.
final class Block {
    let buffer = Buffer(byteCount: Layout.blockBytes)

    private func checksum(fileID: UInt64, number: UInt64) -> UInt64 {
        XXH64.hash(
            UnsafeRawBufferPointer(buffer.slice(0..<Layout.checksumOffset)), seed: fileID ^ number)
    }

    /// Whether the checksum is that of these bytes in this place.
    func isIntact(fileID: UInt64, number: UInt64) -> Bool {
        buffer.integer(at: Layout.checksumOffset) == checksum(fileID: fileID, number: number)
    }

    /// Sets the checksum and writes the block to its place.
    func write(
        to file: borrowing FileDescriptor, fileID: UInt64, number: UInt64, _ calls: SystemCalls
    ) throws(SystemError) {
        buffer.set(checksum(fileID: fileID, number: number), at: Layout.checksumOffset)
        let offset = Int64(number) * Int64(Layout.blockBytes)
        try calls.writeAll(file, at: offset, UnsafeRawBufferPointer(buffer.bytes))
    }

    /// Reads the block from its place and judges its checksum. `name` is the file's, for errors.
    func read(
        from file: borrowing FileDescriptor, fileID: UInt64, number: UInt64, name: String,
        _ calls: SystemCalls
    ) throws(ReadError) {
        try load(file, number, name, calls)
        guard isIntact(fileID: fileID, number: number) else {
            throw .damaged(file: name, "block \(number) does not match its checksum")
        }
    }

    fileprivate func load(
        _ file: borrowing FileDescriptor, _ number: UInt64, _ name: String, _ calls: SystemCalls
    ) throws(ReadError) {
        let (offset, overflow) = number.multipliedReportingOverflow(by: UInt64(Layout.blockBytes))
        guard !overflow, let offset = Int64(exactly: offset) else {
            throw .damaged(file: name, "block \(number) is beyond any file's end")
        }
        let count = try reading(name) { () throws(SystemError) in
            try calls.readFully(file, at: offset, into: buffer.bytes)
        }
        guard count == Layout.blockBytes else {
            throw .damaged(file: name, "the file is cut off in block \(number)")
        }
    }
}

/// The three kinds of file, by their first eight bytes.
enum Magic: String {
    case segment = "imgdSEGM"
    case index = "imgdINDX"
    case manifest = "imgdMNFT"

    var value: UInt64 { rawValue.utf8.reversed().reduce(0) { $0 << 8 | UInt64($1) } }
}

/// Block 0 of every file.
struct Header {
    static let fieldsOffset = 32

    let magic: Magic
    let number: UInt64
    let fileID: UInt64
    /// The kind's own numbers, in the order of its table.
    let fields: [UInt64]

    func write(
        to file: borrowing FileDescriptor, _ calls: SystemCalls
    ) throws(SystemError) {
        let block = Block()
        block.buffer.set(magic.value, at: 0)
        block.buffer.set(Layout.version, at: 8)
        block.buffer.set(UInt32(Layout.clusterBytes), at: 12)
        block.buffer.set(number, at: 16)
        block.buffer.set(fileID, at: 24)
        for (index, field) in fields.enumerated() {
            block.buffer.set(field, at: Self.fieldsOffset + index * 8)
        }
        try block.write(to: file, fileID: fileID, number: 0, calls)
    }

    /// Reads the header of the file called `name`, which must be of this kind and number.
    init(
        _ magic: Magic, number: UInt64, fieldCount: Int, from file: borrowing FileDescriptor,
        name: String, _ calls: SystemCalls
    ) throws(ReadError) {
        let block = Block()
        try block.load(file, 0, name, calls)
        let buffer = block.buffer
        guard buffer.integer(at: 0) == magic.value else {
            throw .damaged(file: name, "the file does not begin with \"\(magic.rawValue)\"")
        }
        let fileID: UInt64 = buffer.integer(at: 24)
        guard block.isIntact(fileID: fileID, number: 0) else {
            throw .damaged(file: name, "the header does not match its checksum")
        }
        let version: UInt32 = buffer.integer(at: 8)
        guard version == Layout.version else {
            throw .damaged(
                file: name, "the file has version \(version); this release reads version 1")
        }
        guard buffer.integer(at: 12) == UInt32(Layout.clusterBytes) else {
            throw .damaged(file: name, "the header tells a cluster size that is not 65536")
        }
        let found: UInt64 = buffer.integer(at: 16)
        guard found == number else {
            throw .damaged(file: name, "the file says that it is number \(found)")
        }
        self.init(
            magic: magic, number: number, fileID: fileID,
            fields: (0..<fieldCount).map { buffer.integer(at: Self.fieldsOffset + $0 * 8) })
    }

    init(magic: Magic, number: UInt64, fileID: UInt64, fields: [UInt64]) {
        self.magic = magic
        self.number = number
        self.fileID = fileID
        self.fields = fields
    }
}

// MARK: - Errors of reading

/// Why a file of the store could not be read.
enum ReadError: Error {
    /// The bytes are not what was written. `slot`: the damage is in this slot's data alone.
    case damaged(file: String, String, slot: UInt64? = nil)
    case system(SystemError)
}

/// Runs system calls on the file called `name`, so that the error names it; that the file is
/// missing is damage.
func reading<Value: ~Copyable>(
    _ name: String, _ body: () throws(SystemError) -> Value
) throws(ReadError) -> Value {
    do throws(SystemError) {
        return try body()
    } catch {
        if error.errno == .notFound { throw .damaged(file: name, "the file is missing") }
        throw .system(SystemError(error.call, path: name, errno: error.errno))
    }
}
