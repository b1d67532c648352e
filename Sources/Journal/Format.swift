import Checksum

// The bytes of `journal-<first sequence>` and `checkpoint-<sequence>`. Integers are little-endian.
//
// File header, 64 bytes, the same for both kinds:
//
//     offset  bytes  field
//          0      8  magic        "IMGDJRNL" or "IMGDCKPT"
//          8      4  version      1; a newer one is refused, whatever follows
//         12      4  headerBytes  64
//         16      8  fileID       random; seeds every checksum of the file's records
//         24      8  sequence     journal: of its first record; checkpoint: of the last record
//                                 that its state contains
//         32     24  zero
//         56      8  checksum     XXH64 of bytes 0 ..< 56, seed 0
//
// Records follow, each at a multiple of 8:
//
//     offset  bytes  field
//          0      4  payloadBytes  0 ... 64 MiB
//          4      4  kind          1 payload, 2 end mark (checkpoints only)
//          8      8  sequence      one more than the record's before it
//         16      8  durable       highest sequence known to be synced when this was written
//         24      8  checksum      XXH64 of bytes 0 ..< 24, seed fileID xor sequence
//         32      n  payload, then zeros up to a multiple of 8
//      32 + m     8  checksum      XXH64 of the m bytes before it, seed fileID xor sequence
//
// A journal is zero-filled and synced ahead of its writer, so it ends where only zeros follow. One
// record is one batch of the group commit, written and synced before the next one is written: its
// `durable` is its sequence less one. Its payload is the payloads of one or several `append`s,
// one after the other, and recovery hands that back whole.
//
// In a checkpoint, sequences count its records from 1 and `durable` is 0. Its last record is the
// end mark, whose payload is the number of records before it (8 bytes); nothing follows that.

/// Which of the two kinds of file, by the first part of its name.
enum FileKind: String, Sendable, CaseIterable {
    case journal, checkpoint

    /// The first 8 bytes of such a file, read as an integer.
    var magic: UInt64 {
        switch self {
        case .journal: 0x4C4E_524A_4447_4D49
        case .checkpoint: 0x5450_4B43_4447_4D49
        }
    }
}

/// The name of one file of the journal: kind, and sequence in decimal without padding.
struct FileName: Hashable, Sendable, CustomStringConvertible {
    /// Far from overflow, so that arithmetic on a sequence that was read cannot trap.
    static let sequenceMax: UInt64 = 1 << 62

    let kind: FileKind
    let sequence: UInt64

    init(_ kind: FileKind, _ sequence: UInt64) {
        self.kind = kind
        self.sequence = sequence
    }

    /// Nil: not a name that this program gives, such as that of a kept copy.
    init?(_ name: String) {
        guard let dash = name.firstIndex(of: "-"),
            let kind = FileKind(rawValue: String(name[..<dash])),
            let sequence = UInt64(name[name.index(after: dash)...]), sequence > 0,
            sequence <= Self.sequenceMax
        else { return nil }
        self.init(kind, sequence)
        guard description == name else { return nil }
    }

    var description: String { "\(kind.rawValue)-\(sequence)" }
}

enum Format {
    static let version: UInt32 = 1
    /// A file that claims more is refused rather than read into memory; none is written larger.
    static let fileBytesMax = 4 << 30
    /// The unit in which a disk writes all or nothing.
    static let sectorBytes = 512

    static func roundUp(_ count: Int, to unit: Int) -> Int { (count + unit - 1) / unit * unit }
}

/// The first 64 bytes of a file.
struct FileHeader: Equatable, Sendable {
    static let byteCount = 64

    let kind: FileKind
    let id: UInt64
    let sequence: UInt64

    /// What the first bytes of a file turned out to be.
    enum Reading: Equatable, Sendable {
        case valid(FileHeader)
        /// Not such a file at all, or not the one that its name promises.
        case foreign(reason: String)
        case newer(version: UInt32)
        case damaged(reason: String)
    }

    func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.byteCount)
        bytes.append(integer: kind.magic)
        bytes.append(integer: Format.version)
        bytes.append(integer: UInt32(Self.byteCount))
        bytes.append(integer: id)
        bytes.append(integer: sequence)
        bytes.append(contentsOf: repeatElement(0, count: 24))
        bytes.append(integer: bytes.withUnsafeBytes { XXH64.hash($0) })
        return bytes
    }

    /// Judges the first bytes of the file called `name`: magic, version, checksum, and whether it
    /// is the file that its name promises.
    static func read(_ bytes: UnsafeRawBufferPointer, named name: FileName) -> Reading {
        guard bytes.count >= byteCount else {
            return .damaged(reason: "the file ends inside its header")
        }
        guard bytes.integer(at: 0, as: UInt64.self) == name.kind.magic else {
            return .foreign(reason: "it does not begin as a \(name.kind.rawValue) does")
        }
        let version = bytes.integer(at: 8, as: UInt32.self)
        guard version <= Format.version else { return .newer(version: version) }
        let sum = XXH64.hash(UnsafeRawBufferPointer(rebasing: bytes[..<56]))
        guard sum == bytes.integer(at: 56, as: UInt64.self) else {
            return .damaged(reason: "the checksum of its header does not match")
        }
        guard version == Format.version, bytes.integer(at: 12, as: UInt32.self) == byteCount else {
            return .damaged(reason: "its header has version \(version) of no known size")
        }
        let sequence = bytes.integer(at: 24, as: UInt64.self)
        guard sequence == name.sequence else {
            return .foreign(reason: "its header says that it is \(name.kind.rawValue)-\(sequence)")
        }
        let id = bytes.integer(at: 16, as: UInt64.self)
        return .valid(FileHeader(kind: name.kind, id: id, sequence: sequence))
    }
}

/// The first 32 bytes of a record.
struct RecordHeader: Equatable, Sendable {
    static let byteCount = 32
    /// What a record has beside its payload: header and payload checksum.
    static let overheadBytes = byteCount + 8
    static let payloadBytesMax = 64 << 20

    enum Kind: UInt32, Sendable { case payload = 1, end }

    let kind: Kind
    let payloadBytes: Int
    let sequence: UInt64
    let durable: UInt64

    /// The size of a whole record in its file.
    static func recordBytes(payloadBytes: Int) -> Int {
        overheadBytes + Format.roundUp(payloadBytes, to: 8)
    }

    var recordBytes: Int { Self.recordBytes(payloadBytes: payloadBytes) }

    /// Nil: there is no whole header with a right checksum at `offset`.
    init?(_ bytes: UnsafeRawBufferPointer, at offset: Int, fileID: UInt64) {
        guard bytes.count - offset >= Self.byteCount,
            let kind = Kind(rawValue: bytes.integer(at: offset + 4, as: UInt32.self))
        else { return nil }
        let payloadBytes = bytes.integer(at: offset, as: UInt32.self)
        guard payloadBytes <= Self.payloadBytesMax else { return nil }
        self.kind = kind
        self.payloadBytes = Int(payloadBytes)
        sequence = bytes.integer(at: offset + 8, as: UInt64.self)
        durable = bytes.integer(at: offset + 16, as: UInt64.self)
        let sum = XXH64.hash(.init(rebasing: bytes[offset..<offset + 24]), seed: fileID ^ sequence)
        guard sum == bytes.integer(at: offset + 24, as: UInt64.self) else { return nil }
    }

    /// Makes `bytes`, which holds `byteCount` bytes of any value and then the payload, a record.
    static func finish(
        _ bytes: inout [UInt8], kind: Kind, sequence: UInt64, durable: UInt64, fileID: UInt64
    ) {
        let payloadBytes = bytes.count - byteCount
        precondition(payloadBytes <= payloadBytesMax, "a record of \(payloadBytes) bytes")
        let seed = fileID ^ sequence
        bytes.append(contentsOf: repeatElement(0, count: -payloadBytes & 7))
        bytes.withUnsafeMutableBytes { bytes in
            bytes.store(integer: UInt32(payloadBytes), at: 0)
            bytes.store(integer: kind.rawValue, at: 4)
            bytes.store(integer: sequence, at: 8)
            bytes.store(integer: durable, at: 16)
            let sum = XXH64.hash(UnsafeRawBufferPointer(rebasing: bytes[..<24]), seed: seed)
            bytes.store(integer: sum, at: 24)
        }
        let sum = bytes.withUnsafeBytes {
            XXH64.hash(UnsafeRawBufferPointer(rebasing: $0[byteCount...]), seed: seed)
        }
        bytes.append(integer: sum)
    }

    /// A whole record around `payload`.
    static func encode(
        _ payload: [UInt8], kind: Kind = .payload, sequence: UInt64, durable: UInt64, fileID: UInt64
    ) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: byteCount)
        bytes.reserveCapacity(recordBytes(payloadBytes: payload.count))
        bytes += payload
        finish(&bytes, kind: kind, sequence: sequence, durable: durable, fileID: fileID)
        return bytes
    }
}

// MARK: Integers

extension UnsafeRawBufferPointer {
    func integer<Value: FixedWidthInteger>(at offset: Int, as type: Value.Type) -> Value {
        Value(littleEndian: loadUnaligned(fromByteOffset: offset, as: type))
    }
}

extension UnsafeMutableRawBufferPointer {
    func store(integer: some FixedWidthInteger, at offset: Int) {
        storeBytes(of: integer.littleEndian, toByteOffset: offset, as: type(of: integer))
    }
}

extension [UInt8] {
    mutating func append(integer: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: integer.littleEndian) { append(contentsOf: $0) }
    }
}
