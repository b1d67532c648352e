import System

/// A number of consecutive clusters of a disk.
struct Extent: Equatable {
    let cluster: UInt64
    let count: UInt64
}

/// What the clusters of a disk from one on are.
enum Place: Equatable {
    /// A run's rest, from that cluster on.
    case stored(Run)
    /// This many clusters of zeros, at least one, that are nowhere stored.
    case hole(UInt64)
}

/// Reads a snapshot's stored clusters, each judged by its checksum. Never walks a chain: the
/// manifest names every segment there is to read.
///
/// A reader is used in one of two ways: `next` goes through the disk in order, `place` and `read`
/// go anywhere. They share the manifest's position, so they do not mix.
final class SnapshotReader {
    /// How many segments stay open at a time; each takes two descriptors.
    private static let openSegmentsMax = 16

    let manifest: ManifestReader
    private let manifestNumber: UInt64
    private let references: [UInt64: UInt64]
    private let segments: FileDescriptor
    private let segmentsPath: String
    private let calls: SystemCalls
    /// The open ones, the longest unused first.
    private var open: [SegmentReader] = []
    private var run: Run?
    /// What `place` knows: from `start` on there is a hole, up to this run; nil: to the disk's end.
    /// The manifest's position is behind the run.
    private var known: (start: UInt64, run: Run?)?
    /// The cluster that `read` last took a part of.
    private var cached: (cluster: UInt64?, buffer: Buffer)?

    /// `segments` is the directory's descriptor, `segmentsPath` its path for errors.
    init(
        _ manifest: ManifestReader, number: UInt64, segments: consuming FileDescriptor,
        segmentsPath: String, _ calls: SystemCalls
    ) throws(ReadError) {
        self.manifest = manifest
        manifestNumber = number
        self.segments = segments
        self.segmentsPath = segmentsPath
        self.calls = calls
        var references: [UInt64: UInt64] = [:]
        for segment in try manifest.segments() { references[segment.number] = segment.fileID }
        self.references = references
    }

    /// Reads the next stored clusters, at most as many as `buffer` holds, to its start; nil: that
    /// was the last one. What is not returned is a hole.
    func next(into buffer: Buffer) throws(ReadFailure) -> Extent? {
        if run == nil {
            do throws(ReadError) {
                run = try manifest.next()
            } catch {
                throw failure(error, nil)
            }
        }
        guard var rest = run else { return nil }
        let room = UInt64(buffer.bytes.count / Layout.clusterBytes)
        let extent = Extent(cluster: rest.cluster, count: min(rest.count, room))
        try load(rest, buffer.slice(0..<Int(extent.count) * Layout.clusterBytes))
        rest.cluster += extent.count
        rest.slot += extent.count
        rest.count -= extent.count
        run = rest.count == 0 ? nil : rest
        return extent
    }

    // MARK: Anywhere

    /// What the clusters from `cluster` on are; it is one of the disk's.
    func place(of cluster: UInt64) throws(ReadFailure) -> Place {
        let clusterCount = Layout.clusterCount(ofDisk: manifest.header.diskBytes)
        precondition(cluster < clusterCount, "the cluster is one of the disk's")
        let end = known.map { $0.run.map { $0.cluster + $0.count } ?? clusterCount }
        if let known, let end, known.start <= cluster, cluster < end {
            return place(of: cluster, before: known.run, clusterCount)
        }
        known = nil
        do throws(ReadError) {
            // Right behind the run the manifest is where it has to be.
            if end != cluster { try manifest.seek(to: cluster) }
            let run = try manifest.next()
            if let run, run.cluster + run.count <= cluster {
                throw .damaged(file: manifest.name, "the blocks are not in the disk's order")
            }
            known = (cluster, run)
            return place(of: cluster, before: run, clusterCount)
        } catch {
            throw failure(error, nil)
        }
    }

    private func place(of cluster: UInt64, before run: Run?, _ clusterCount: UInt64) -> Place {
        guard let run else { return .hole(clusterCount - cluster) }
        if cluster < run.cluster { return .hole(run.cluster - cluster) }
        let skipped = cluster - run.cluster
        return .stored(
            Run(
                cluster: cluster, count: run.count - skipped, segment: run.segment,
                slot: run.slot + skipped))
    }

    /// Fills `buffer` with the disk's bytes from `offset` on, which is not negative. Holes are
    /// zeros, and so is what lies beyond the disk's end: readers of blocks need no case of their
    /// own there. The last cluster that was read in part is kept, so that many small reads in one
    /// cost one.
    ///
    /// - Throws: ``ReadFailure``; what `buffer` has then means nothing.
    func read(
        at offset: Int64, into buffer: UnsafeMutableRawBufferPointer
    ) throws(ReadFailure) {
        precondition(offset >= 0, "an offset counts from the disk's start")
        let diskBytes = manifest.header.diskBytes
        let size = Int64(Layout.clusterBytes)
        let end = Int(min(Int64(buffer.count), max(0, diskBytes - offset)))
        var done = 0
        while done < end {
            let position = offset + Int64(done)
            let inCluster = Int(position % size)
            let here = try place(of: UInt64(position / size))
            var count = min(end - done, Layout.clusterBytes - inCluster)
            switch here {
            case .hole(let clusters):
                let holeBytes = Int64(clusters) * size - Int64(inCluster)
                count = Int(min(Int64(end - done), holeBytes))
                Self.part(buffer, done, count).initializeMemory(as: UInt8.self, repeating: 0)
            case .stored(let run) where count == Layout.clusterBytes:
                let whole = min(run.count, UInt64((end - done) / Layout.clusterBytes))
                count = Int(whole) * Layout.clusterBytes
                try load(run, Self.part(buffer, done, count))
            case .stored(let run):
                let cluster = try kept(run).slice(inCluster..<inCluster + count)
                Self.part(buffer, done, count).copyMemory(from: UnsafeRawBufferPointer(cluster))
            }
            done += count
        }
        Self.part(buffer, end, buffer.count - end)
            .initializeMemory(as: UInt8.self, repeating: 0)
    }

    private static func part(
        _ buffer: UnsafeMutableRawBufferPointer, _ start: Int, _ count: Int
    ) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(rebasing: buffer[start..<start + count])
    }

    /// The run's first cluster, from the last time if it was the same.
    private func kept(_ run: Run) throws(ReadFailure) -> Buffer {
        let buffer = cached?.buffer ?? Buffer(byteCount: Layout.clusterBytes)
        if cached?.cluster == run.cluster { return buffer }
        cached = (nil, buffer)
        try load(run, buffer.bytes)
        cached = (run.cluster, buffer)
        return buffer
    }

    // MARK: Reading

    /// Fills `buffer`, a multiple of the cluster size, with the run's first clusters.
    private func load(
        _ run: Run, _ buffer: UnsafeMutableRawBufferPointer
    ) throws(ReadFailure) {
        do throws(ReadError) {
            try segment(run.segment).read(run.slot, into: buffer)
        } catch {
            var part = run
            part.count = UInt64(buffer.count / Layout.clusterBytes)
            throw failure(error, part)
        }
    }

    private func segment(_ number: UInt64) throws(ReadError) -> SegmentReader {
        if let index = open.lastIndex(where: { $0.number == number }) {
            if index != open.count - 1 { open.append(open.remove(at: index)) }
            return open[open.count - 1]
        }
        guard let fileID = references[number] else {
            throw .damaged(
                file: manifest.name, "a run names segment \(number), which the file does not list")
        }
        let reader = try SegmentReader(
            SegmentReference(number: number, fileID: fileID), in: segments, path: segmentsPath,
            calls)
        if open.count == Self.openSegmentsMax { open.removeFirst() }
        open.append(reader)
        return reader
    }

    /// What the failure means for the disk; `run`: what was being read.
    private func failure(_ error: ReadError, _ run: Run?) -> ReadFailure {
        var clusters: Range<UInt64>?
        if let run {
            clusters = run.cluster..<run.cluster + run.count
            if case .damaged(_, _, let slot?) = error {
                let cluster = run.cluster + (slot - run.slot)
                clusters = cluster..<cluster + 1
            }
        }
        return ReadFailure(
            error, manifest: manifestNumber, segment: run?.segment, clusters: clusters,
            diskBytes: manifest.header.diskBytes)
    }
}
