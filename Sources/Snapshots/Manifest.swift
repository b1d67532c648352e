import System

/// Consecutive clusters of a disk that lie in consecutive slots of one segment.
struct Run: Equatable, Sendable {
    /// The first cluster, counted from the disk's start.
    var cluster: UInt64
    /// How many clusters: at least one.
    var count: UInt64
    var segment: UInt64
    /// Where in the segment the first one lies.
    var slot: UInt64
}

/// A segment as a manifest names it: the id tells it from any other file of the same name.
struct SegmentReference: Equatable, Sendable {
    let number: UInt64
    let fileID: UInt64
}

/// `manifests/<n>`: which clusters of a disk are stored, and where; the others are zeros.
///
/// Block 0 is the header (Layout.swift) with these fields:
///
///     offset  bytes  field
///         32      8  disk size in bytes
///         40      8  R, how many run blocks there are
///         48      8  S, how many segment blocks there are
///         56      8  how many runs
///         64      8  how many stored clusters: the sum of the runs' counts
///         72      8  how many segments
///
/// Blocks 1 ... R hold the runs, in the disk's order. Each stands alone, so that the block of a
/// cluster is found by binary search:
///
///     offset  bytes  field
///          0      8  the first run's cluster
///          8      4  how many runs the block has, at least one
///         12      4  how many bytes they take
///         16      -  the runs, four varints (LEB128) each:
///                      cluster - end of the run before   (0 for the block's first)
///                      count
///                      segment - the run's before        (zigzag; from 0 for the first)
///                      slot - end slot of the run before (zigzag; from 0 for the first)
///
/// Blocks R+1 ... R+S list the segments that the runs name, in rising order, each with the number
/// and the file id of 8 bytes, 255 to a block and the last block filled with zeros. The file ends
/// there.
struct ManifestHeader: Equatable {
    static let fieldCount = 6

    let diskBytes: Int64
    let runBlockCount: UInt64
    let segmentBlockCount: UInt64
    let runCount: UInt64
    let storedClusterCount: UInt64
    let segmentCount: UInt64

    var fields: [UInt64] {
        [
            UInt64(diskBytes), runBlockCount, segmentBlockCount, runCount, storedClusterCount,
            segmentCount,
        ]
    }
}

enum ManifestLayout {
    static let runsOffset = 16
    static let runBytesMax = 4 * Varint.byteCountMax
    static let runsEnd = Layout.checksumOffset
    static let segmentsPerBlock = 255

    /// The sum of all four numbers of any run stays below this, so none of the arithmetic with
    /// them can overflow. It is far above what a file can hold.
    static let valueMax: UInt64 = 1 << 62

    static func segmentBlockCount(_ segmentCount: UInt64) -> UInt64 {
        segmentCount / UInt64(segmentsPerBlock)
            + (segmentCount % UInt64(segmentsPerBlock) == 0 ? 0 : 1)
    }
}

/// Unsigned LEB128: seven bits a byte, the lowest first, the top bit set on all but the last.
enum Varint {
    static let byteCountMax = 10

    static func zigzag(_ value: Int64) -> UInt64 {
        UInt64(bitPattern: (value << 1) ^ (value >> 63))
    }

    static func unzigzag(_ value: UInt64) -> Int64 {
        Int64(bitPattern: (value >> 1) ^ (0 &- (value & 1)))
    }

    static func write(_ value: UInt64, to buffer: Buffer, at offset: inout Int) {
        var rest = value
        while rest >= 0x80 {
            buffer.set(UInt8(truncatingIfNeeded: rest) | 0x80, at: offset)
            rest >>= 7
            offset += 1
        }
        buffer.set(UInt8(rest), at: offset)
        offset += 1
    }

    /// The value at `offset`; nil: it does not end before `end`, or needs more than 64 bits.
    static func read(_ buffer: Buffer, at offset: inout Int, end: Int) -> UInt64? {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while offset < end {
            let byte: UInt8 = buffer.integer(at: offset)
            offset += 1
            if shift == 63 && byte > 1 { return nil }
            value |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        return nil
    }
}

// MARK: - Writing

/// Writes a manifest run by run; holds one block, however large the disk.
final class ManifestWriter {
    private let file: FileDescriptor
    private let number: UInt64
    private let fileID: UInt64
    private let diskBytes: Int64
    private let calls: SystemCalls

    private let block = Block()
    private var offset = ManifestLayout.runsOffset
    private var runsInBlock: UInt32 = 0
    /// The last run that is in the block; what the next one's deltas count from.
    private var previous = Run(cluster: 0, count: 0, segment: 0, slot: 0)
    /// The run that may still grow.
    private var pending: Run?

    private var blockCount: UInt64 = 0
    private var runCount: UInt64 = 0
    private var storedClusterCount: UInt64 = 0

    init(
        _ file: consuming FileDescriptor, number: UInt64, fileID: UInt64, diskBytes: Int64,
        _ calls: SystemCalls
    ) {
        self.file = file
        self.number = number
        self.fileID = fileID
        self.diskBytes = diskBytes
        self.calls = calls
    }

    /// Adds clusters that come after all those added before.
    func append(_ run: Run) throws(SystemError) {
        precondition(run.count > 0)
        if var last = pending {
            let end = last.cluster + last.count
            precondition(run.cluster >= end, "runs come in the disk's order")
            let follows =
                run.cluster == end && run.segment == last.segment
                && run.slot == last.slot + last.count
            if follows {
                last.count += run.count
                pending = last
                return
            }
            try encode(last)
        }
        pending = run
    }

    private func encode(_ run: Run) throws(SystemError) {
        if offset + ManifestLayout.runBytesMax > ManifestLayout.runsEnd { try flush() }
        if runsInBlock == 0 {
            block.buffer.set(run.cluster, at: 0)
            previous = Run(cluster: run.cluster, count: 0, segment: 0, slot: 0)
        }
        let buffer = block.buffer
        Varint.write(run.cluster - (previous.cluster + previous.count), to: buffer, at: &offset)
        Varint.write(run.count, to: buffer, at: &offset)
        let segmentDelta = Int64(run.segment) - Int64(previous.segment)
        Varint.write(Varint.zigzag(segmentDelta), to: buffer, at: &offset)
        let slotDelta = Int64(run.slot) - Int64(previous.slot + previous.count)
        Varint.write(Varint.zigzag(slotDelta), to: buffer, at: &offset)
        previous = run
        runsInBlock += 1
        runCount += 1
        storedClusterCount += run.count
    }

    private func flush() throws(SystemError) {
        guard runsInBlock > 0 else { return }
        block.buffer.set(runsInBlock, at: 8)
        block.buffer.set(UInt32(offset - ManifestLayout.runsOffset), at: 12)
        blockCount += 1
        try block.write(to: file, fileID: fileID, number: blockCount, calls)
        startBlock()
    }

    private func startBlock() {
        block.buffer.clear()
        offset = ManifestLayout.runsOffset
        runsInBlock = 0
    }

    /// Writes what is left, the segments that the runs named, and the header; syncs the file.
    func finish(segments: [SegmentReference]) throws(SystemError) -> ManifestHeader {
        if let pending { try encode(pending) }
        pending = nil
        try flush()
        var segmentBlocks: UInt64 = 0
        var rest = segments.sorted { $0.number < $1.number }[...]
        while !rest.isEmpty {
            for (index, segment) in rest.prefix(ManifestLayout.segmentsPerBlock).enumerated() {
                block.buffer.set(segment.number, at: index * 16)
                block.buffer.set(segment.fileID, at: index * 16 + 8)
            }
            rest = rest.dropFirst(ManifestLayout.segmentsPerBlock)
            segmentBlocks += 1
            let place = blockCount + segmentBlocks
            try block.write(to: file, fileID: fileID, number: place, calls)
            startBlock()
        }
        let header = ManifestHeader(
            diskBytes: diskBytes, runBlockCount: blockCount, segmentBlockCount: segmentBlocks,
            runCount: runCount, storedClusterCount: storedClusterCount,
            segmentCount: UInt64(segments.count))
        try Header(magic: .manifest, number: number, fileID: fileID, fields: header.fields)
            .write(to: file, calls)
        try calls.syncData(file)
        return header
    }
}
