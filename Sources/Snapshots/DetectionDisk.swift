/// A disk, or a part of one, whose bytes are a stranger's: nothing about them is taken on trust.
/// Reading is total. What lies beyond the end is zeros, whatever offset a field of the disk named.
struct DiskView {
    /// Fills the buffer with the whole disk's bytes from an offset on; both lie inside the disk.
    typealias Read = (Int64, UnsafeMutableRawBufferPointer) throws(ReadFailure) -> Void

    let byteCount: UInt64
    private let start: UInt64
    private let read: Read

    /// A disk of `byteCount` bytes, which is not negative.
    init(byteCount: Int64, read: @escaping Read) {
        self.init(start: 0, byteCount: UInt64(byteCount), read: read)
    }

    private init(start: UInt64, byteCount: UInt64, read: @escaping Read) {
        self.start = start
        self.byteCount = byteCount
        self.read = read
    }

    /// The bytes from `offset` on, at most `count`: as many as there are.
    func part(at offset: UInt64, _ count: UInt64) -> DiskView {
        let offset = min(offset, byteCount)
        return DiskView(
            start: start + offset, byteCount: min(count, byteCount - offset), read: read)
    }

    /// `count` bytes from `offset` on. `count` is the code's own, never a number from the disk.
    func bytes(at offset: UInt64, _ count: Int) throws(ReadFailure) -> DiskBytes {
        let buffer = Buffer(byteCount: max(count, 1))
        if offset < byteCount {
            let inside = Int(min(UInt64(count), byteCount - offset))
            try read(Int64(start + offset), buffer.slice(0..<inside))
        }
        return DiskBytes(buffer: buffer, count: count)
    }
}

/// Some bytes in memory; whatever is asked for beyond their end is zero.
struct DiskBytes {
    fileprivate let buffer: Buffer
    let count: Int

    var raw: UnsafeRawBufferPointer { UnsafeRawBufferPointer(buffer.slice(0..<count)) }

    subscript(index: Int) -> UInt8 {
        index >= 0 && index < count ? buffer.bytes[index] : 0
    }

    func little<Value: FixedWidthInteger>(_ offset: Int, as _: Value.Type = Value.self) -> Value {
        (0..<Value.bitWidth / 8).reversed().reduce(0) { $0 << 8 | Value(self[offset + $1]) }
    }

    func big<Value: FixedWidthInteger>(_ offset: Int, as _: Value.Type = Value.self) -> Value {
        (0..<Value.bitWidth / 8).reduce(0) { $0 << 8 | Value(self[offset + $1]) }
    }

    func has(_ text: StaticString, at offset: Int) -> Bool {
        (0..<text.utf8CodeUnitCount).allSatisfy { self[offset + $0] == text.utf8Start[$0] }
    }

    func isZero(_ range: Range<Int>) -> Bool {
        range.allSatisfy { self[$0] == 0 }
    }
}

extension UInt64 {
    /// The product or the sum, or the largest number there is: which no disk reaches.
    func clampedProduct(_ other: UInt64) -> UInt64 {
        let (product, overflow) = multipliedReportingOverflow(by: other)
        return overflow ? .max : product
    }

    func clampedSum(_ other: UInt64) -> UInt64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}

/// CRC-32 of IEEE 802.3, as GPT has it: polynomial 0xEDB88320 reflected, all ones at both ends.
struct CRC32 {
    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { value, _ in
            value & 1 == 0 ? value >> 1 : value >> 1 ^ 0xedb8_8320
        }
    }

    private var state: UInt32 = .max
    var value: UInt32 { ~state }

    mutating func add(_ byte: UInt8) {
        state = Self.table[Int(UInt8(truncatingIfNeeded: state) ^ byte)] ^ state >> 8
    }
}
