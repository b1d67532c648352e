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
    private let buffer = Buffer(byteCount: Layout.comparedClusters * Layout.clusterBytes)
    private var cloneCursor: BlockCursor
    /// The next run that is not behind; nil: there is none any more.
    private var run: Run?
    /// What could not be read, the first few of it.
    private(set) var failures: [ReadFailure] = []

    private static let failuresMax = 16

    /// Opens manifest `number`.
    init(_ number: UInt64, of store: SnapshotStore) throws(ReadFailure) {
        self.number = number
        cloneCursor = BlockCursor(store.calls)
        do throws(ReadError) {
            manifest = try store.openManifest(number)
            segments = try store.openSegments(of: manifest)
            run = try manifest.next()
        } catch {
            throw ReadFailure(error, manifest: number)
        }
    }

    /// What the parent has of some clusters, in order. Must be asked in the disk's order.
    func pieces(of clusters: Range<UInt64>) -> [Run] {
        var pieces: [Run] = []
        while let piece = nextPiece(of: clusters) { pieces.append(piece) }
        return pieces
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

    // MARK: Comparing

    /// Finds the clusters that are the parent's, byte for byte, among those that are own so far.
    ///
    /// - Parameters:
    ///   - clusters: the bytes of all clusters from cluster `first` on.
    ///   - pieces: what the parent has of them.
    ///   - placements: one for each cluster.
    ///   - places: which of them to compare, at most `Layout.comparedClusters`.
    func match(
        _ clusters: UnsafeRawBufferPointer, from first: UInt64, _ pieces: [Run],
        _ placements: inout [Placement], _ places: Range<Int>
    ) {
        for piece in pieces {
            let start = Int(piece.cluster - first)
            let wanted = (start..<start + Int(piece.count)).clamped(to: places)
            var index = wanted.lowerBound
            while let own = placements.ownRange(in: index..<wanted.upperBound) {
                index = own.upperBound
                var part = piece
                part.cluster += UInt64(own.lowerBound - start)
                part.slot += UInt64(own.lowerBound - start)
                part.count = UInt64(own.count)
                compare(clusters, part, own, &placements)
            }
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
            for (position, index) in range.enumerated() {
                let mine = UnsafeRawBufferPointer(
                    rebasing: clusters[index * size..<(index + 1) * size])
                let other = UnsafeRawBufferPointer(
                    rebasing: bytes[position * size..<(position + 1) * size])
                let slot = piece.slot + UInt64(position)
                do throws(ReadError) {
                    if hasSameBytes(mine, other) {
                        // The source itself says that these bytes are right; their checksum must
                        // be there to be read.
                        _ = try segment.checksum(ofSlot: slot)
                        placements[index] = .held(segment.reference, slot: slot)
                    } else {
                        // Changed since, or damaged: that is worth a note.
                        try segment.judge(other, slot)
                    }
                } catch {
                    note(error, piece)
                }
            }
        } catch {
            note(error, piece)
        }
    }

    /// Finds the clusters of a clone that are the parent's blocks: these need no reading.
    ///
    /// - Parameters:
    ///   - clone: the segment that the disk was cloned into, cluster for slot.
    ///   - first: the cluster of the first placement.
    func matchBlocks(
        of clone: borrowing FileDescriptor, from first: UInt64, _ pieces: [Run],
        _ placements: inout [Placement]
    ) {
        let size = Int64(Layout.clusterBytes)
        for piece in pieces {
            do throws(ReadError) {
                let segment = try segments.segment(piece.segment)
                var done: UInt64 = 0
                while done < piece.count {
                    let cluster = piece.cluster + done
                    let bytes = segment.sharedBytes(
                        from: piece.slot + done, with: clone,
                        at: SegmentLayout.offset(ofSlot: cluster),
                        count: Int64(piece.count - done) * size, &cloneCursor)
                    for _ in 0..<bytes / size {
                        // That its checksum can be read is all that is asked of it here.
                        _ = try segment.checksum(ofSlot: piece.slot + done)
                        placements[Int(piece.cluster + done - first)] = .held(
                            segment.reference, slot: piece.slot + done)
                        done += 1
                    }
                    // The next one is not shared, or not all of it.
                    done += 1
                }
            } catch {
                note(error, piece)
            }
        }
    }

    private func note(_ error: ReadError, _ piece: Run?) {
        if failures.count < Self.failuresMax {
            failures.append(ReadFailure(error, manifest, number, piece))
        }
    }
}

extension [Placement] {
    /// The next clusters in a range that are own so far; nil: none is.
    func ownRange(in range: Range<Int>) -> Range<Int>? {
        guard let start = self[range].firstIndex(of: .own) else { return nil }
        return
            start..<(self[start..<range.upperBound].firstIndex { $0 != .own } ?? range.upperBound)
    }
}
