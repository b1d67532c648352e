import System

/// Space to be given back: a manifest that no snapshot has any more, and the segments it named.
public struct ReclaimJob: Sendable, Equatable {
    /// A segment, and the manifests that still name some of its slots.
    public struct Segment: Sendable, Equatable {
        public let number: UInt64
        public let users: [UInt64]

        public init(number: UInt64, users: [UInt64]) {
            self.number = number
            self.users = users
        }
    }
    /// A number that has no file: there is only something to be given back of the segments.
    public let manifest: UInt64
    public let segments: [Segment]

    public init(manifest: UInt64, segments: [Segment]) {
        self.manifest = manifest
        self.segments = segments
    }
}

/// Why space could not be given back. It can be tried again.
public enum ReclaimFailure: Error, Equatable, Sendable {
    case system(SystemError)
    /// A manifest that names a part of the segment cannot be read, so nobody knows which part.
    case unreadable(ReadFailure)
}

extension SnapshotStore {
    /// How many slots are looked at in one pass: 4 MiB of bits.
    public static let reclaimSlotsMax: UInt64 = 32 << 20

    /// Removes a manifest, then what it alone named: whole segments, and the slots of others, which
    /// become holes. All is durable when this returns; done again, it does nothing more.
    ///
    /// Slots that nobody names are found afresh, so what an earlier attempt left goes too.
    ///
    /// - Throws: ``ReclaimFailure``; what needs no knowledge of other manifests is done all the
    ///   same.
    public func reclaim(
        _ job: ReclaimJob, slotsMax: UInt64 = reclaimSlotsMax
    ) throws(ReclaimFailure) {
        do throws(SystemError) {
            try deleteManifest(job.manifest)
            for segment in job.segments where segment.users.isEmpty {
                try deleteSegment(segment.number)
            }
        } catch {
            throw .system(error)
        }
        let shared = job.segments.filter { !$0.users.isEmpty }
        do throws(ReclaimFailure) {
            try punchUnnamed(of: shared, slotsMax)
        } catch {
            // A damaged manifest holds up the segments that it names, and no other.
            guard case .unreadable(let failure) = error, failure.isDamage, shared.count > 1 else {
                throw error
            }
            var first: ReclaimFailure?
            for segment in shared {
                do throws(ReclaimFailure) {
                    try punchUnnamed(of: [segment], slotsMax)
                } catch {
                    first = first ?? error
                }
            }
            if let first { throw first }
        }
    }

    /// Makes holes of the slots that nobody names any more.
    private func punchUnnamed(
        of segments: [ReclaimJob.Segment], _ slotsMax: UInt64
    ) throws(ReclaimFailure) {
        let users = Set(segments.flatMap(\.users)).sorted()
        var sizes: [(number: UInt64, slotCount: UInt64)] = []
        do throws(SystemError) {
            for segment in segments {
                sizes.append((segment.number, try slotCount(ofFile: segment.number)))
            }
        } catch {
            throw .system(error)
        }
        for windows in slotPasses(of: sizes, slotsMax: slotsMax) {
            let sets: [SlotSet]
            do throws(ReadFailure) {
                sets = try slots(in: windows, namedBy: users)
            } catch {
                throw .unreadable(error)
            }
            do throws(SystemError) {
                for set in sets { try punch(set) }
            } catch {
                throw .system(error)
            }
        }
    }

    /// How many slots the segment's file has room for: a clone's may be more than its index tells.
    /// None if it is missing, as verifying tells.
    private func slotCount(ofFile number: UInt64) throws(SystemError) -> UInt64 {
        do throws(SystemError) {
            let bytes = try calls.status(of: "\(number)", in: segments).sizeBytes
            return UInt64(max(0, bytes - 1) / Int64(Layout.clusterBytes))
        } catch  where error.errno == .notFound {
            return 0
        } catch {
            throw error
        }
    }

    /// Makes holes of the slots that are not in the set.
    private func punch(_ set: SlotSet) throws(SystemError) {
        let file = try calls.openFile("\(set.segment)", in: segments, [.writeOnly, .noFollow])
        var slot = set.slots.lowerBound
        var isChanged = false
        while let unused = set.next(from: slot, isIn: false) {
            slot = unused.upperBound
            let start = SegmentLayout.offset(ofSlot: unused.lowerBound)
            let end = SegmentLayout.offset(ofSlot: unused.upperBound)
            guard try calls.punchHole(file, at: start, count: end - start) else { return }
            isChanged = true
        }
        if isChanged { try calls.syncData(file) }
    }
}
