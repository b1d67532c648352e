import System

/// Reads a manifest run by run; holds one block, however large the disk. Whatever the bytes are,
/// what it returns is a possible manifest of the disk's size, or it throws.
final class ManifestReader {
    let header: ManifestHeader
    let name: String
    private let file: FileDescriptor
    private let fileID: UInt64
    private let calls: SystemCalls
    private let clusterCount: UInt64

    private let block = Block()
    /// The run block in memory, from 1; 0: none.
    private var blockNumber: UInt64 = 0
    private var offset = 0
    private var end = 0
    private var runsLeft: UInt32 = 0
    private var previous = Run(cluster: 0, count: 0, segment: 0, slot: 0)

    /// The sums that the header must agree with, while the runs are read from the first to the
    /// last; nil once they are not.
    private var sums: (runs: UInt64, clusters: UInt64)? = (0, 0)

    /// Judges the header of `file`, manifest `number`; `name` is the file's, for errors.
    init(
        _ file: consuming FileDescriptor, number: UInt64, name: String, _ calls: SystemCalls
    ) throws(ReadError) {
        let found = try Header(
            .manifest, number: number, fieldCount: ManifestHeader.fieldCount, from: file,
            name: name, calls)
        let fields = found.fields
        guard let diskBytes = Int64(exactly: fields[0]), diskBytes > 0,
            diskBytes < ManifestLayout.valueMax
        else {
            throw .damaged(file: name, "the header tells an impossible disk size")
        }
        header = ManifestHeader(
            diskBytes: diskBytes, runBlockCount: fields[1], segmentBlockCount: fields[2],
            runCount: fields[3], storedClusterCount: fields[4], segmentCount: fields[5])
        clusterCount = Layout.clusterCount(ofDisk: diskBytes)
        guard header.runBlockCount <= header.runCount, header.runCount <= clusterCount,
            header.storedClusterCount <= clusterCount, header.segmentCount <= header.runCount,
            header.segmentBlockCount == ManifestLayout.segmentBlockCount(header.segmentCount)
        else {
            throw .damaged(file: name, "the numbers in the header contradict each other")
        }
        let fileBytes = try Self.size(of: file, name, calls)
        let blocks = 1 + header.runBlockCount + header.segmentBlockCount
        guard UInt64(fileBytes) == blocks * UInt64(Layout.blockBytes) else {
            throw .damaged(
                file: name, "the file has \(fileBytes) bytes, its header tells \(blocks) blocks")
        }
        self.file = file
        self.name = name
        self.fileID = found.fileID
        self.calls = calls
    }

    private static func size(
        of file: borrowing FileDescriptor, _ name: String, _ calls: SystemCalls
    ) throws(ReadError) -> Int64 {
        do throws(SystemError) {
            return try calls.status(file).sizeBytes
        } catch {
            throw .system(SystemError(error.call, path: name, errno: error.errno))
        }
    }

    /// The segments that the manifest names, by number.
    func segments() throws(ReadError) -> [SegmentReference] {
        var segments: [SegmentReference] = []
        let block = Block()
        for index in 0..<header.segmentCount {
            let place = Int(index % UInt64(ManifestLayout.segmentsPerBlock))
            if place == 0 {
                let number =
                    1 + header.runBlockCount + index / UInt64(ManifestLayout.segmentsPerBlock)
                try block.read(from: file, fileID: fileID, number: number, name: name, calls)
            }
            let segment = SegmentReference(
                number: block.buffer.integer(at: place * 16),
                fileID: block.buffer.integer(at: place * 16 + 8))
            if let last = segments.last, last.number >= segment.number {
                throw .damaged(file: name, "the segments are not in order")
            }
            segments.append(segment)
        }
        return segments
    }

    /// The next run in the disk's order; nil: there is none.
    func next() throws(ReadError) -> Run? {
        while runsLeft == 0 {
            guard blockNumber < header.runBlockCount else {
                if let sums, sums != (header.runCount, header.storedClusterCount) {
                    throw .damaged(file: name, "the header's sums are not those of the runs")
                }
                return nil
            }
            try load(blockNumber + 1)
        }
        return try decode()
    }

    /// Makes `next` go on with the run that holds `cluster`, or else with the first one after it.
    /// Reads as many blocks as a binary search needs.
    func seek(to cluster: UInt64) throws(ReadError) {
        sums = nil
        // The last block that begins at or before the cluster; the first one if there is none.
        var low: UInt64 = 1
        var high = header.runBlockCount
        while low < high {
            let middle = low + (high - low + 1) / 2
            try load(middle)
            let first: UInt64 = block.buffer.integer(at: 0)
            if first <= cluster { low = middle } else { high = middle - 1 }
        }
        guard header.runBlockCount > 0 else { return }
        try load(low)
        while runsLeft > 0 {
            let before = (offset, runsLeft, previous)
            let run = try decode()
            if run.cluster + run.count > cluster {
                (offset, runsLeft, previous) = before
                return
            }
        }
    }

    /// Takes run block `number` into memory.
    private func load(_ number: UInt64) throws(ReadError) {
        let follows = number == blockNumber + 1
        try block.read(from: file, fileID: fileID, number: number, name: name, calls)
        let first: UInt64 = block.buffer.integer(at: 0)
        let count: UInt32 = block.buffer.integer(at: 8)
        let byteCount: UInt32 = block.buffer.integer(at: 12)
        let bytesMax = ManifestLayout.runsEnd - ManifestLayout.runsOffset
        guard count > 0, byteCount <= UInt32(bytesMax), first < clusterCount else {
            throw .damaged(file: name, "block \(number) has an impossible head")
        }
        if follows, blockNumber > 0, first < previous.cluster + previous.count {
            throw .damaged(file: name, "block \(number) begins before the one before it ends")
        }
        blockNumber = number
        offset = ManifestLayout.runsOffset
        end = offset + Int(byteCount)
        runsLeft = count
        previous = Run(cluster: first, count: 0, segment: 0, slot: 0)
    }

    /// The block's next run, whose numbers are checked before they are added up.
    private func decode() throws(ReadError) -> Run {
        let limit = ManifestLayout.valueMax
        let buffer = block.buffer
        guard let gap = Varint.read(buffer, at: &offset, end: end),
            let count = Varint.read(buffer, at: &offset, end: end),
            let segmentDelta = Varint.read(buffer, at: &offset, end: end),
            let slotDelta = Varint.read(buffer, at: &offset, end: end)
        else { throw .damaged(file: name, "block \(blockNumber) ends inside a run") }
        let (segment, segmentOverflow) = Int64(previous.segment)
            .addingReportingOverflow(Varint.unzigzag(segmentDelta))
        let (slot, slotOverflow) = Int64(previous.slot + previous.count)
            .addingReportingOverflow(Varint.unzigzag(slotDelta))
        guard gap < limit, count > 0, count < limit, !segmentOverflow, segment >= 0,
            !slotOverflow, slot >= 0, slot < limit,
            previous.cluster + previous.count + gap + count <= clusterCount
        else { throw .damaged(file: name, "block \(blockNumber) has a run outside the disk") }
        let run = Run(
            cluster: previous.cluster + previous.count + gap, count: count,
            segment: UInt64(segment), slot: UInt64(slot))
        previous = run
        runsLeft -= 1
        if runsLeft == 0 && offset != end {
            throw .damaged(file: name, "block \(blockNumber) has bytes after its last run")
        }
        if let sums { self.sums = (sums.runs + 1, sums.clusters + count) }
        return run
    }
}
