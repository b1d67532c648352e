import System

/// Where a verification goes on: the slots of all segments, in the order of their numbers.
public struct VerifyPosition: Sendable, Equatable {
    public var segment: UInt64
    public var slot: UInt64

    public static let start = VerifyPosition(segment: 0, slot: 0)

    public init(segment: UInt64, slot: UInt64) {
        self.segment = segment
        self.slot = slot
    }
}

/// One step of a verification.
public struct Verification: Sendable, Equatable {
    /// What cannot be read, by manifest and range of the disk. One that is all unreadable has no
    /// range.
    public internal(set) var failures: [ReadFailure] = []
    /// The same of further manifests, which have clusters in common with these.
    public internal(set) var elsewhere: [ReadFailure] = []
    /// Where to go on; nil: all has been read.
    public internal(set) var next: VerifyPosition?
    /// Bytes of stored clusters: read by this step, read so far, and all of them.
    public internal(set) var verifiedBytes: Int64 = 0
    public internal(set) var doneBytes: Int64 = 0
    public internal(set) var totalBytes: Int64 = 0

    /// Of nothing at all: done, and nothing found.
    public init() {}
}

extension SnapshotStore {
    /// Reads stored clusters of some snapshots, each cluster once, however many snapshots share
    /// it, and judges them by their checksums. Slots that none of the manifests names are not
    /// looked at.
    ///
    /// - Parameters:
    ///   - others: where else damage that is found may lie.
    ///   - bytesMax: about how many bytes to read in this step.
    ///   - progress: cancels the step; what it has found so far is returned.
    public func verify(
        _ manifests: [UInt64], others: [UInt64] = [], from position: VerifyPosition,
        bytesMax: Int64, progress: JobProgress = JobProgress()
    ) -> Verification {
        let step = VerifyStep(self, manifests, from: position, bytesMax, progress)
        step.run(others)
        return step.result
    }

    /// Where else the cluster lies that a failure is of: in every one of `manifests` that names
    /// its slot, for damage of a segment is damage of all of them.
    public func spread(of failure: ReadFailure, to manifests: [UInt64]) -> [ReadFailure] {
        guard let segment = failure.segment else { return [failure] }
        let damage = SlotDamage(
            segment: segment, slot: failure.slot, error: .damaged(file: failure.file, failure.what))
        var found = SpreadDamage([damage])
        for manifest in manifests { found.look(in: manifest, of: self) }
        return found.failures.isEmpty ? [failure] : found.failures
    }
}

/// A slot that cannot be read; nil: no slot of the segment can.
struct SlotDamage {
    let segment: UInt64
    let slot: UInt64?
    let error: ReadError
}

/// What damaged slots mean for the disks.
struct SpreadDamage {
    /// More ranges of one manifest than these are told as one, from the first to the last.
    private static let rangesMax = 64

    private let damages: [UInt64: [SlotDamage]]
    private(set) var failures: [ReadFailure] = []

    init(_ damages: [SlotDamage]) {
        self.damages = Dictionary(grouping: damages, by: \.segment)
    }

    /// Adds what of the manifest's disk lies in the damaged slots.
    mutating func look(in number: UInt64, of store: SnapshotStore) {
        var found: [(clusters: Range<UInt64>, error: ReadError, segment: UInt64)] = []
        var diskBytes: Int64 = .max
        func add(_ clusters: Range<UInt64>, _ damage: SlotDamage) {
            let isFull = found.count >= Self.rangesMax
            if let last = found.last, last.clusters.upperBound == clusters.lowerBound || isFull {
                found[found.count - 1].clusters = last.clusters.lowerBound..<clusters.upperBound
            } else {
                found.append((clusters, damage.error, damage.segment))
            }
        }
        do throws(ReadError) {
            let manifest = try store.openManifest(number)
            diskBytes = manifest.header.diskBytes
            while let run = try manifest.next() {
                for damage in damages[run.segment] ?? [] {
                    guard let slot = damage.slot else {
                        add(run.cluster..<run.cluster + run.count, damage)
                        continue
                    }
                    guard slot >= run.slot, slot - run.slot < run.count else { continue }
                    let cluster = run.cluster + (slot - run.slot)
                    add(cluster..<cluster + 1, damage)
                }
            }
        } catch {
            // That one is damaged, or gone meanwhile, is told by who verifies it. Of one that is out
            // of reach nobody knows, and that must not pass for no.
            let failure = ReadFailure(error, manifest: number)
            if !failure.isDamage { failures.append(failure) }
        }
        failures += found.map {
            ReadFailure(
                $0.error, manifest: number, segment: $0.segment, clusters: $0.clusters,
                diskBytes: diskBytes)
        }
    }
}

/// One step of a verification in the making.
private final class VerifyStep {
    /// How many ranges a step tells at most, about: more end it early.
    private static let rangesMax = 1000

    private let store: SnapshotStore
    private let position: VerifyPosition
    private let bytesMax: Int64
    private let progress: JobProgress
    private(set) var result = Verification()

    private var manifests: [UInt64] = []
    private var references: [UInt64: SegmentReference] = [:]
    /// The number after the last slot of each segment that they name.
    private var ends: [UInt64: UInt64] = [:]
    private var damages: [SlotDamage] = []
    private let buffer = Buffer(byteCount: Layout.transferBytes)

    init(
        _ store: SnapshotStore, _ manifests: [UInt64], from position: VerifyPosition,
        _ bytesMax: Int64, _ progress: JobProgress
    ) {
        self.store = store
        self.position = position
        self.bytesMax = max(bytesMax, 1)
        self.progress = progress
        for manifest in manifests { open(manifest) }
    }

    /// Reads the manifest. One that is damaged is told by the first step, and left out; one that is
    /// out of reach is told by each step that has to leave it out.
    private func open(_ number: UInt64) {
        do throws(ReadError) {
            let manifest = try store.openManifest(number)
            let segments = try manifest.segments()
            let numbers = Set(segments.map(\.number))
            var ends: [UInt64: UInt64] = [:]
            while let run = try manifest.next() {
                ends[run.segment] = max(ends[run.segment] ?? 0, run.slot + run.count)
                guard numbers.contains(run.segment) else {
                    throw .damaged(
                        file: manifest.name,
                        "a run names segment \(run.segment), which the file does not list")
                }
            }
            for segment in segments { references[segment.number] = segment }
            self.ends.merge(ends) { max($0, $1) }
            manifests.append(number)
        } catch {
            let failure = ReadFailure(error, manifest: number)
            if position == .start || !failure.isDamage { result.failures.append(failure) }
        }
    }

    func run(_ others: [UInt64]) {
        // By the manifests: the segments' own files may lie.
        let sizes = ends.keys.sorted().map { ($0, min(ends[$0] ?? 0, SegmentLayout.slotMax)) }
        for windows in slotPasses(of: sizes, slotsMax: SnapshotStore.reclaimSlotsMax) {
            for set in sets(in: windows) {
                count(set)
                if result.next == nil { verify(set) }
            }
        }
        if !damages.isEmpty {
            result.failures += spread(to: manifests)
            result.elsewhere = spread(to: others)
        }
        result.doneBytes += result.verifiedBytes
    }

    private func spread(to manifests: [UInt64]) -> [ReadFailure] {
        var spread = SpreadDamage(damages)
        for manifest in manifests { spread.look(in: manifest, of: store) }
        return spread.failures
    }

    /// The slots that the manifests name. One that cannot be read any more is told, and left out
    /// from here on: what is not looked at must not pass for whole.
    private func sets(in windows: [SlotWindow]) -> [SlotSet] {
        while true {
            do throws(ReadFailure) {
                return try store.slots(in: windows, namedBy: manifests)
            } catch {
                result.failures.append(error)
                manifests.removeAll { $0 == error.manifest }
            }
        }
    }

    private func count(_ set: SlotSet) {
        let size = Int64(Layout.clusterBytes)
        result.totalBytes += Int64(set.count) * size
        let isBehind = set.segment < position.segment
        if isBehind {
            result.doneBytes += Int64(set.count) * size
        } else if set.segment == position.segment {
            result.doneBytes += Int64(set.count(before: position.slot)) * size
        }
    }

    private func verify(_ set: SlotSet) {
        guard set.segment >= position.segment, let reference = references[set.segment] else {
            return
        }
        var slot = set.segment == position.segment ? position.slot : 0
        guard set.next(from: slot, isIn: true) != nil else { return }
        let reader: SegmentReader
        do throws(ReadError) {
            reader = try SegmentReader(
                reference, in: store.segments, path: store.segmentsPath, store.calls)
        } catch {
            damages.append(SlotDamage(segment: set.segment, slot: nil, error: error))
            result.verifiedBytes += Int64(set.count) * Int64(Layout.clusterBytes)
            return
        }
        while let range = set.next(from: slot, isIn: true) {
            // Each damaged slot may be a range of every manifest.
            let isFull = damages.count >= max(1, Self.rangesMax / max(1, manifests.count))
            let isOver = result.verifiedBytes >= bytesMax || isFull
            if isOver || progress.isCancelled {
                result.next = VerifyPosition(segment: set.segment, slot: range.lowerBound)
                return
            }
            let count = min(UInt64(range.count), UInt64(Layout.transferClusters))
            read(range.lowerBound..<range.lowerBound + count, reader)
            result.verifiedBytes += Int64(count) * Int64(Layout.clusterBytes)
            slot = range.lowerBound + count
        }
    }

    /// Reads some slots; one by one if something is wrong with them, to tell with which.
    private func read(_ slots: Range<UInt64>, _ reader: SegmentReader) {
        let bytes = buffer.slice(0..<slots.count * Layout.clusterBytes)
        if (try? reader.read(slots.lowerBound, into: bytes)) != nil { return }
        for slot in slots {
            do throws(ReadError) {
                try reader.read(slot, into: buffer.slice(0..<Layout.clusterBytes))
            } catch {
                damages.append(SlotDamage(segment: reader.number, slot: slot, error: error))
            }
        }
    }
}
