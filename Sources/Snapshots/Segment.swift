import Checksum
import System

/// `segments/<n>`: the bytes of clusters, immutable once it is in place.
///
///     offset            bytes  field
///          0             4096  header block (Layout.swift), no fields of its own
///       4096            61440  unused: nothing reads it
///      65536 * (s + 1)  65536  slot s: one cluster
///
/// A disk's last, partial cluster is filled up with zeros. A slot may be a hole, and the file may
/// end early when no manifest names what would follow.
///
/// `segments/<n>.index`: the checksum of each slot, so that data is judged before it is used.
///
///     block 0      header, whose file id is the segment's; offset 32: how many slots there are
///     block b + 1  511 checksums of 8 bytes, for slots 511 * b and on; zeros after the last
///
/// The checksum of a slot is XXH64 of its 65536 bytes, seeded with the file id xor the slot.
/// Those of slots that hold nothing mean nothing; a block with nothing but such may be a hole.
enum SegmentLayout {
    static let checksumsPerBlock = Layout.checksumOffset / 8

    /// What a slot may be at most: so its offset and its index block's are numbers of a file.
    static let slotMax: UInt64 = (1 << 46) - 1

    static func offset(ofSlot slot: UInt64) -> Int64 {
        Int64(slot + 1) * Int64(Layout.clusterBytes)
    }

    /// The index block that has the slot's checksum, and where in it.
    static func block(ofSlot slot: UInt64) -> UInt64 { 1 + slot / UInt64(checksumsPerBlock) }
    static func placeInBlock(ofSlot slot: UInt64) -> Int {
        Int(slot % UInt64(checksumsPerBlock)) * 8
    }

    /// The checksum of a slot's bytes: they count only in their place and file.
    static func checksum(_ cluster: UnsafeRawBufferPointer, slot: UInt64, fileID: UInt64) -> UInt64
    {
        XXH64.hash(cluster, seed: fileID ^ slot)
    }
}

// MARK: - Writing

/// Writes a segment and its index, slot after slot; holds one block of the index.
///
/// Either each cluster goes to the next slot (`append`), or the disk was cloned into the segment,
/// cluster for slot, and the slots that a manifest will name are only noted (`adopt`).
///
/// It is one thread's, but for `sync`.
final class SegmentWriter {
    let reference: SegmentReference
    private let segment: FileDescriptor
    private let index: FileDescriptor
    private let calls: SystemCalls
    private let block = Block()
    /// The index block in memory; 0: nothing is in it.
    private var blockNumber: UInt64 = 0
    /// The number after the last slot's.
    private(set) var slotCount: UInt64 = 0
    /// How many slots hold a cluster.
    private(set) var storedClusterCount: UInt64 = 0

    init(
        _ reference: SegmentReference, segment: consuming FileDescriptor,
        index: consuming FileDescriptor, _ calls: SystemCalls
    ) {
        self.reference = reference
        self.segment = segment
        self.index = index
        self.calls = calls
    }

    /// Stores whole clusters in the next slots, with one write; returns the first one's slot.
    func append(_ clusters: UnsafeRawBufferPointer) throws(SystemError) -> UInt64 {
        precondition(clusters.count % Layout.clusterBytes == 0)
        let first = slotCount
        try calls.writeAll(segment, at: SegmentLayout.offset(ofSlot: first), clusters)
        for start in stride(from: 0, to: clusters.count, by: Layout.clusterBytes) {
            let cluster = UnsafeRawBufferPointer(
                rebasing: clusters[start..<start + Layout.clusterBytes])
            try enter(
                SegmentLayout.checksum(cluster, slot: slotCount, fileID: reference.fileID))
        }
        return first
    }

    /// Makes durable what has been stored so far.
    func sync() throws(SystemError) { try calls.syncData(segment) }

    /// Notes that clusters with these checksums are in the slots from `first` on, which come after
    /// all slots so far.
    func adopt(_ checksums: ArraySlice<UInt64>, at first: UInt64) throws(SystemError) {
        precondition(first >= slotCount)
        slotCount = first
        for checksum in checksums { try enter(checksum) }
    }

    /// The next slot's.
    private func enter(_ checksum: UInt64) throws(SystemError) {
        try enterBlock(SegmentLayout.block(ofSlot: slotCount))
        block.buffer.set(checksum, at: SegmentLayout.placeInBlock(ofSlot: slotCount))
        slotCount += 1
        storedClusterCount += 1
    }

    private func enterBlock(_ number: UInt64) throws(SystemError) {
        if number == blockNumber { return }
        try flush()
        blockNumber = number
    }

    private func flush() throws(SystemError) {
        if blockNumber == 0 { return }
        try block.write(to: index, fileID: reference.fileID, number: blockNumber, calls)
        block.buffer.clear()
    }

    /// Writes the headers and what is left of the index; syncs both files.
    func finish() throws(SystemError) {
        try flush()
        blockNumber = 0
        let (number, fileID) = (reference.number, reference.fileID)
        try Header(magic: .segment, number: number, fileID: fileID, fields: [])
            .write(to: segment, calls)
        try Header(magic: .index, number: number, fileID: fileID, fields: [slotCount])
            .write(to: index, calls)
        try sync()
        try calls.syncData(index)
    }
}

// MARK: - Reading

/// Reads clusters of a segment, each judged by its checksum; holds one block of the index.
final class SegmentReader {
    let reference: SegmentReference
    var number: UInt64 { reference.number }
    private var fileID: UInt64 { reference.fileID }
    private let segment: FileDescriptor
    private let segmentName: String
    private let index: FileDescriptor
    private let indexName: String
    let slotCount: UInt64
    private let calls: SystemCalls
    private let block = Block()
    private var blockNumber: UInt64 = 0
    private var cursor: BlockCursor

    /// Opens segment `reference.number` in the directory `segments`, and judges both headers.
    /// `path` is the directory's, for errors.
    init(
        _ reference: SegmentReference, in segments: borrowing FileDescriptor, path: String,
        _ calls: SystemCalls
    ) throws(ReadError) {
        self.reference = reference
        self.calls = calls
        cursor = BlockCursor(calls)
        segmentName = "\(path)/\(reference.number)"
        indexName = "\(segmentName).index"
        segment = try Self.open("\(reference.number)", in: segments, segmentName, calls)
        index = try Self.open("\(reference.number).index", in: segments, indexName, calls)
        let segmentHeader = try Header(
            .segment, number: reference.number, fieldCount: 0, from: segment, name: segmentName,
            calls)
        let indexHeader = try Header(
            .index, number: reference.number, fieldCount: 1, from: index, name: indexName, calls)
        guard segmentHeader.fileID == reference.fileID else {
            throw .damaged(file: segmentName, "the file is not the one that the manifest names")
        }
        guard indexHeader.fileID == reference.fileID else {
            throw .damaged(file: indexName, "the file is another segment's index")
        }
        slotCount = min(indexHeader.fields[0], SegmentLayout.slotMax)
    }

    private static func open(
        _ file: String, in segments: borrowing FileDescriptor, _ name: String, _ calls: SystemCalls
    ) throws(ReadError) -> FileDescriptor {
        try reading(name) { () throws(SystemError) in
            try calls.openFile(file, in: segments, [.readOnly, .noFollow, .nonBlocking])
        }
    }

    /// Fills `buffer`, a multiple of the cluster size, with the slots from `slot` on, each judged.
    func read(_ slot: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(ReadError) {
        try readUnjudged(slot, into: buffer)
        for position in 0..<buffer.count / Layout.clusterBytes {
            let start = position * Layout.clusterBytes
            let cluster = UnsafeRawBufferPointer(
                rebasing: buffer[start..<start + Layout.clusterBytes])
            try judge(cluster, slot + UInt64(position))
        }
    }

    /// The same without a look at the checksums: what is used of it is judged by `judge`.
    func readUnjudged(
        _ slot: UInt64, into buffer: UnsafeMutableRawBufferPointer
    ) throws(ReadError) {
        let count = UInt64(buffer.count / Layout.clusterBytes)
        guard slot < slotCount, count <= slotCount - slot else {
            throw .damaged(
                file: indexName, "the file has \(slotCount) slots and a manifest names more")
        }
        let byteCount: Int
        do throws(SystemError) {
            let offset = SegmentLayout.offset(ofSlot: slot)
            byteCount = try calls.readFully(segment, at: offset, into: buffer)
        } catch {
            throw .system(SystemError(error.call, path: segmentName, errno: error.errno))
        }
        if byteCount < buffer.count {
            let cut = slot + UInt64(byteCount / Layout.clusterBytes)
            throw .damaged(file: segmentName, "the file is cut off in slot \(cut)", slot: cut)
        }
    }

    /// Judges the bytes of a slot by its checksum.
    func judge(_ cluster: UnsafeRawBufferPointer, _ slot: UInt64) throws(ReadError) {
        let checksum = SegmentLayout.checksum(cluster, slot: slot, fileID: fileID)
        if try self.checksum(ofSlot: slot) != checksum {
            throw .damaged(
                file: segmentName, "slot \(slot) does not match its checksum", slot: slot)
        }
    }

    /// Makes `count` slots from `slot` on share their blocks with `file`, at `offset`; false: the
    /// file system cannot. Nothing is judged here.
    func clone(
        _ slot: UInt64, _ count: UInt64, to file: borrowing FileDescriptor, at offset: Int64
    ) throws(SystemError) -> Bool {
        try calls.clone(
            segment, at: SegmentLayout.offset(ofSlot: slot),
            count: Int64(count) * Int64(Layout.clusterBytes), to: file, at: offset)
    }

    /// Where the segment's bytes from `place` on are, if they are shared.
    func blocks(at place: Int64, count: Int64) -> FileExtent? {
        cursor.shared(of: segment, at: place, count: count)
    }

    /// The checksum that a slot's bytes should have.
    func checksum(ofSlot slot: UInt64) throws(ReadError) -> UInt64 {
        let number = SegmentLayout.block(ofSlot: slot)
        if number != blockNumber {
            blockNumber = 0
            try block.read(from: index, fileID: fileID, number: number, name: indexName, calls)
            blockNumber = number
        }
        return block.buffer.integer(at: SegmentLayout.placeInBlock(ofSlot: slot))
    }
}
