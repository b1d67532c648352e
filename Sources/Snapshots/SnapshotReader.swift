import System

/// A number of consecutive clusters of a disk.
struct Extent: Equatable {
    let cluster: UInt64
    let count: UInt64
}

/// Reads a snapshot's stored clusters in the disk's order, each judged by its checksum.
/// Never walks a chain: the manifest names every segment there is to read.
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
        do throws(ReadError) {
            try segment(rest.segment)
                .read(rest.slot, into: buffer.slice(0..<Int(extent.count) * Layout.clusterBytes))
        } catch {
            throw failure(
                error,
                Run(
                    cluster: extent.cluster, count: extent.count, segment: rest.segment,
                    slot: rest.slot))
        }
        rest.cluster += extent.count
        rest.slot += extent.count
        rest.count -= extent.count
        run = rest.count == 0 ? nil : rest
        return extent
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
