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
    let manifest: ManifestReader
    private let number: UInt64
    private let segments: OpenSegments
    private var run: Run?
    /// Where the clusters that `next` has read last are stored.
    private var last: Run?
    /// What `place` knows: from `start` on there is a hole, up to this run; nil: to the disk's end.
    /// The manifest's position is behind the run.
    private var known: (start: UInt64, run: Run?)?
    /// The cluster that `read` last took a part of.
    private var cached: (cluster: UInt64?, buffer: Buffer)?

    /// Reads manifest `number`, whose segments these are.
    init(_ manifest: ManifestReader, number: UInt64, _ segments: OpenSegments) {
        self.manifest = manifest
        self.number = number
        self.segments = segments
    }

    /// Reads the next stored clusters, at most as many as `buffer` holds, to its start; nil: that
    /// was the last one. What is not returned is a hole.
    func next(into buffer: Buffer) throws(ReadFailure) -> Extent? {
        if run == nil {
            do throws(ReadError) {
                run = try manifest.next()
            } catch {
                throw ReadFailure(error, manifest, number, nil)
            }
        }
        guard var rest = run else { return nil }
        let room = UInt64(buffer.bytes.count / Layout.clusterBytes)
        let extent = Extent(cluster: rest.cluster, count: min(rest.count, room))
        try load(rest, buffer.slice(0..<Int(extent.count) * Layout.clusterBytes))
        last = rest
        rest.cluster += extent.count
        rest.slot += extent.count
        rest.count -= extent.count
        run = rest.count == 0 ? nil : rest
        return extent
    }

    /// Makes the first `count` of the clusters that `next` has read last, and so judged, share
    /// their blocks with `file`, at `offset`.
    ///
    /// - Returns: false: the file system cannot; nothing is written.
    func cloneLast(
        _ count: UInt64, to file: borrowing FileDescriptor, at offset: Int64
    ) throws(SystemError) -> Bool {
        // It has just been read, so it is open.
        guard let last, let segment = try? segments.segment(last.segment) else { return false }
        return count == 0 ? true : try segment.clone(last.slot, count, to: file, at: offset)
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
            throw ReadFailure(error, manifest, number, nil)
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
                setZeros(Self.part(buffer, done, count))
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
        setZeros(Self.part(buffer, end, buffer.count - end))
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
            try segments.segment(run.segment).read(run.slot, into: buffer)
        } catch {
            var part = run
            part.count = UInt64(buffer.count / Layout.clusterBytes)
            throw ReadFailure(error, manifest, number, part)
        }
    }
}
