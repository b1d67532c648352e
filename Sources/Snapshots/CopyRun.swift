import System

/// The copy loop: reads each cluster of a disk that may have data once, and stores those that are
/// neither zeros nor the parent's. All that it holds is a few MiB, whatever the disk's size.
///
/// The bytes come from the source, or from its clone: then they are in the segment already.
final class CopyRun {
    private let store: SnapshotStore
    private var calls: SystemCalls { store.calls }
    private let job: CopyJob
    private let progress: JobProgress
    private let parent: Parent?
    private let manifest: ManifestWriter
    private let buffer = Buffer(byteCount: Layout.transferBytes)
    private var placements: [Placement] = []

    /// The job's own; nil: nothing has been stored so far.
    private var segment: SegmentWriter?
    /// The parent's that the manifest names, by number.
    private var held: [UInt64: SegmentReference] = [:]
    private var parentFailures: [ReadFailure] = []
    private var checkedCount: UInt64 = 0

    private var isClone: Bool { job.capture.isClone }
    private var path: String { origin > 0 ? store.segmentPath(job.number) : job.path }
    /// Where in the file the disk begins.
    private var origin: Int64 = 0

    /// Makes the manifest, and opens the parent. One that cannot be opened is left aside.
    init(_ store: SnapshotStore, _ job: CopyJob, _ progress: JobProgress) throws(CopyFailure) {
        self.store = store
        self.job = job
        self.progress = progress
        var opened: Parent?
        if let number = job.parent {
            do throws(ReadFailure) {
                opened = try Parent(number, of: store)
            } catch {
                parentFailures = [error]
            }
        }
        parent = opened
        let name = store.temporaryNames(job.number).manifest
        let file = try store.storing { () throws(SystemError) in
            try store.calls.openFile(name, in: store.temporary, SnapshotStore.newFile)
        }
        manifest = ManifestWriter(
            file, number: job.number, fileID: store.makeFileID(),
            diskBytes: job.capture.sizeBytes, store.calls)
    }

    // MARK: The loop

    /// Copies from `file`, where the disk begins at `origin`: the source, or its clone.
    ///
    /// - Parameter map: tells where data may be: the clone if there is one, else the source.
    func copy(
        _ file: borrowing FileDescriptor, origin: Int64 = 0, map: borrowing FileDescriptor
    ) throws(CopyFailure) {
        self.origin = origin
        let extents = SourceExtents(
            calls, path: path, sizeBytes: job.capture.sizeBytes,
            origin: isClone ? SegmentLayout.offset(ofSlot: 0) : 0)
        let dataBytes = try extents.dataBytes(map)
        progress.start(total: dataBytes)
        // Of a device without holes nothing is known but its size, most of it may be zeros; and of
        // what will differ from the parent nothing at all.
        let isAllNew = !job.capture.isBlockDevice && parent == nil && !isClone
        try checkSpace(needed: isAllNew ? dataBytes : 0)
        var cluster: UInt64 = 0
        while let extent = try extents.next(map, from: cluster) {
            cluster = extent.cluster
            let end = extent.cluster + extent.count
            while cluster < end {
                if progress.isCancelled { throw .cancelled(job.path) }
                let count = min(end - cluster, UInt64(Layout.transferClusters))
                try copy(file, map, cluster..<cluster + count)
                progress.advance(by: bytes(of: cluster, Int(count)))
                cluster += count
            }
        }
    }

    /// One buffer of it: reads what the parent does not have for certain, decides where each
    /// cluster is, stores what is new, and notes all of it.
    private func copy(
        _ file: borrowing FileDescriptor, _ map: borrowing FileDescriptor,
        _ clusters: Range<UInt64>
    ) throws(CopyFailure) {
        let (first, count) = (clusters.lowerBound, clusters.count)
        placements.removeAll(keepingCapacity: true)
        for _ in 0..<count { placements.append(.own) }
        let pieces = parent?.pieces(of: clusters) ?? []
        if isClone { parent?.matchBlocks(of: map, from: first, pieces, &placements) }
        var index = 0
        while let unread = placements.ownRange(in: index..<count) {
            index = unread.upperBound
            try read(file, first, unread)
            for place in unread where buffer.isZero(place) { placements[place] = .hole }
        }
        let bytes = UnsafeRawBufferPointer(buffer.slice(0..<count * Layout.clusterBytes))
        parent?.match(bytes, from: first, pieces, &placements)
        try note(first)
    }

    /// How many bytes of the disk some clusters have: the last one may be partial.
    private func bytes(of cluster: UInt64, _ count: Int) -> Int64 {
        let offset = Int64(cluster) * Int64(Layout.clusterBytes)
        return min(Int64(count * Layout.clusterBytes), job.capture.sizeBytes - offset)
    }

    /// Fills the buffer's clusters in `range` with those of the disk, the first of the buffer being
    /// number `first`; the last one's missing bytes with zeros.
    private func read(
        _ file: borrowing FileDescriptor, _ first: UInt64, _ range: Range<Int>
    ) throws(CopyFailure) {
        let size = Layout.clusterBytes
        let cluster = first + UInt64(range.lowerBound)
        let offset = Int64(cluster) * Int64(size)
        let wanted = Int(bytes(of: cluster, range.count))
        let start = range.lowerBound * size
        let got: Int
        do throws(SystemError) {
            got = try calls.readFully(
                file, at: origin + offset, into: buffer.slice(start..<start + wanted))
        } catch {
            throw CopyFailure(unreadable: path, error, offset)
        }
        guard got == wanted else {
            throw CopyFailure(
                .sourceChanged,
                "\(quoted(path)) shrank while it was read: it had \(job.capture.sizeBytes)"
                    + " bytes and ends at \(offset + Int64(got)) now",
                hint: "leave the file in place while images are created,"
                    + " and create the image again")
        }
        buffer.slice(start + wanted..<range.upperBound * size)
            .initializeMemory(as: UInt8.self, repeating: 0)
    }

    /// Notes what all placements say, those of one kind together.
    private func note(_ first: UInt64) throws(CopyFailure) {
        let count = placements.count
        var index = 0
        while index < count {
            let end = placements[index...].firstIndex { !$0.continues(placements[index]) } ?? count
            let range = index..<max(end, index + 1)
            try note(first + UInt64(index), range)
            index = range.upperBound
        }
        if let segment, segment.storedClusterCount - checkedCount >= Self.clustersBetweenChecks {
            checkedCount = segment.storedClusterCount
            try checkSpace(needed: 0)
        }
    }

    /// Clusters of one kind: zeros, new ones, or a single one of the parent's.
    private func note(_ cluster: UInt64, _ range: Range<Int>) throws(CopyFailure) {
        switch placements[range.lowerBound] {
        case .hole: return
        case .own:
            let writer = try ownSegment()
            let size = Layout.clusterBytes
            let bytes = UnsafeRawBufferPointer(
                buffer.slice(range.lowerBound * size..<range.upperBound * size))
            try store.storing { () throws(SystemError) in
                let slot: UInt64
                if isClone {
                    slot = cluster
                    try writer.adopt(bytes, at: slot)
                } else {
                    slot = try writer.append(bytes)
                }
                try manifest.append(
                    Run(
                        cluster: cluster, count: UInt64(range.count), segment: job.number,
                        slot: slot))
            }
        case .held(let reference, let slot):
            held[reference.number] = reference
            try store.storing { () throws(SystemError) in
                try manifest.append(
                    Run(cluster: cluster, count: 1, segment: reference.number, slot: slot))
            }
        }
    }

    private func ownSegment() throws(CopyFailure) -> SegmentWriter {
        if let segment { return segment }
        let made = try store.openSegment(job)
        segment = made
        return made
    }

    /// 1 MiB, for what is written before it is looked again comes out of the reserve. Other jobs and
    /// programs write to the same file system.
    private static let clustersBetweenChecks = UInt64(Layout.transferClusters)

    private func checkSpace(needed: Int64) throws(CopyFailure) {
        let free = try store.storing { () throws(SystemError) in
            try calls.fileSystem(of: store.temporary).freeBytes
        }
        guard needed <= free, job.reserveBytes <= free - needed else {
            throw CopyFailure(
                .noSpace,
                "\(quoted(store.path)) has no room for the snapshot of \(quoted(job.path)):"
                    + " \(free) bytes are free, \(needed) may be needed"
                    + " and \(job.reserveBytes) stay reserved for the journal",
                hint: "free space there, or delete snapshots, and create the image again",
                errno: .noSpace)
        }
    }

    // MARK: The end

    /// Writes and syncs what is left, in `tmp/`.
    func finish(_ consistency: Consistency) throws(CopyFailure) -> StoredSnapshot {
        var references = Array(held.values)
        if let segment { references.append(segment.reference) }
        try store.storing { () throws(SystemError) in
            try segment?.finish()
            _ = try manifest.finish(segments: references)
        }
        return StoredSnapshot(
            sizeBytes: job.capture.sizeBytes,
            storedBytes: Int64(segment?.storedClusterCount ?? 0) * Int64(Layout.clusterBytes),
            segments: references.map(\.number).sorted(), consistency: consistency,
            parentFailures: parentFailures + (parent?.failures ?? []))
    }
}

extension Placement {
    /// Whether it is noted together with the one before it.
    fileprivate func continues(_ other: Placement) -> Bool {
        switch (self, other) {
        case (.hole, .hole), (.own, .own): true
        default: false
        }
    }
}

extension Buffer {
    /// Whether all bytes of the cluster at `index` are zeros.
    fileprivate func isZero(_ index: Int) -> Bool {
        let start = bytes.baseAddress! + index * Layout.clusterBytes
        var offset = 0
        while offset < Layout.clusterBytes {
            let words = start.load(fromByteOffset: offset, as: SIMD8<UInt64>.self)
            if words != .zero { return false }
            offset += MemoryLayout<SIMD8<UInt64>>.size
        }
        return true
    }
}
