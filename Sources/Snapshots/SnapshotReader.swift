import System

/// A number of consecutive clusters of a disk.
struct Extent: Equatable {
    let cluster: UInt64
    let count: UInt64
}

/// Reads a snapshot's stored clusters in the disk's order, each judged by its checksum.
/// Never walks a chain: the manifest names every segment there is to read.
final class SnapshotReader {
    let manifest: ManifestReader
    private let number: UInt64
    private let segments: OpenSegments
    private var run: Run?

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
        do throws(ReadError) {
            try segments.segment(rest.segment)
                .read(rest.slot, into: buffer.slice(0..<Int(extent.count) * Layout.clusterBytes))
        } catch {
            rest.count = extent.count
            throw ReadFailure(error, manifest, number, rest)
        }
        rest.cluster += extent.count
        rest.slot += extent.count
        rest.count -= extent.count
        run = rest.count == 0 ? nil : rest
        return extent
    }
}
