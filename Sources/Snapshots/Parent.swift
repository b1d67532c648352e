import System

/// Where a new snapshot has a cluster.
enum Placement: Equatable {
    /// Nowhere: it is all zeros.
    case hole
    /// In the snapshot's own segment: it differs from the parent's.
    case own
    /// Where the parent has it, byte for byte.
    case held(SegmentReference, slot: UInt64)
}

/// The snapshot that a copy is compared with, walked along the disk once.
///
/// A cluster of it that cannot be read, or does not match its checksum, is one that differs: so
/// damage is not handed on, and the new snapshot is whole.
final class Parent {
    let number: UInt64
    private let manifest: ManifestReader
    private let segments: OpenSegments
    private let buffer = Buffer(byteCount: Layout.transferBytes)
    /// The next run that is not behind; nil: there is none any more.
    private var run: Run?
    /// What could not be read, the first few of it.
    private(set) var failures: [ReadFailure] = []

    private static let failuresMax = 16

    /// Opens manifest `number`.
    init(_ number: UInt64, of store: SnapshotStore) throws(ReadFailure) {
        self.number = number
        do throws(ReadError) {
            manifest = try store.openManifest(number)
            segments = try store.openSegments(of: manifest)
            run = try manifest.next()
        } catch {
            throw ReadFailure(error, manifest: number)
        }
    }

    /// Finds out which clusters in `clusters`, which begin with number `first`, are the parent's.
    /// Must be asked in the disk's order.
    ///
    /// - Parameter placements: one for each cluster, those that are zeros set already.
    func match(
        _ clusters: UnsafeRawBufferPointer, from first: UInt64, _ placements: inout [Placement]
    ) {
        let end = first + UInt64(placements.count)
        while let piece = nextPiece(of: first..<end) {
            let start = Int(piece.cluster - first)
            let range = start..<start + Int(piece.count)
            if placements[range].allSatisfy({ $0 == .hole }) { continue }
            compare(clusters, piece, range, &placements)
        }
    }

    /// The part of the next run that lies in `clusters`; nil: no more of it does.
    private func nextPiece(of clusters: Range<UInt64>) -> Run? {
        while var piece = run, piece.cluster < clusters.upperBound {
            let runEnd = piece.cluster + piece.count
            let skipped = max(piece.cluster, clusters.lowerBound) - piece.cluster
            guard skipped < piece.count else {
                advance()
                continue
            }
            piece.cluster += skipped
            piece.slot += skipped
            piece.count = min(runEnd, clusters.upperBound) - piece.cluster
            if runEnd <= clusters.upperBound {
                advance()
            } else {
                run?.cluster += skipped + piece.count
                run?.slot += skipped + piece.count
                run?.count -= skipped + piece.count
            }
            return piece
        }
        return nil
    }

    private func advance() {
        do throws(ReadError) {
            run = try manifest.next()
        } catch {
            run = nil
            note(error, nil)
        }
    }

    private func compare(
        _ clusters: UnsafeRawBufferPointer, _ piece: Run, _ range: Range<Int>,
        _ placements: inout [Placement]
    ) {
        let size = Layout.clusterBytes
        let bytes = buffer.slice(0..<range.count * size)
        do throws(ReadError) {
            let segment = try segments.segment(piece.segment)
            try segment.readUnjudged(piece.slot, into: bytes)
            for (position, index) in range.enumerated() where placements[index] != .hole {
                let mine = UnsafeRawBufferPointer(
                    rebasing: clusters[index * size..<(index + 1) * size])
                let other = UnsafeRawBufferPointer(
                    rebasing: bytes[position * size..<(position + 1) * size])
                let slot = piece.slot + UInt64(position)
                let isSame = hasSameBytes(mine, other)
                do throws(ReadError) {
                    // Of equal bytes ours, which are in the processor's cache.
                    try segment.judge(isSame ? mine : other, slot)
                    if isSame { placements[index] = .held(segment.reference, slot: slot) }
                } catch {
                    note(error, piece)
                }
            }
        } catch {
            note(error, piece)
        }
    }

    private func note(_ error: ReadError, _ piece: Run?) {
        if failures.count < Self.failuresMax {
            failures.append(ReadFailure(error, manifest, number, piece))
        }
    }
}
