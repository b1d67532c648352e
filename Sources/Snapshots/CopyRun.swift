import System

/// The copy loop: reads each cluster of a disk that may have data once, and stores those that are
/// neither zeros nor the parent's. All that it holds is a few MiB, whatever the disk's size.
///
/// The bytes come from the source, or from its clone: then they are in the segment already. Of a
/// disk that has much to read, a second thread reads and compares beside this one, which alone
/// stores and notes what was found, in the disk's order.
final class CopyRun {
    private let store: SnapshotStore
    private var calls: SystemCalls { store.calls }
    private let job: CopyJob
    private let progress: JobProgress
    private let manifest: ManifestWriter

    /// Where in the file the disk begins.
    private let origin: Int64
    /// One for each thread that compares.
    private var parents: [Parent] = []
    /// The random id of the segment that will have the new clusters.
    private let fileID: UInt64

    /// The job's own; nil: nothing has been stored so far.
    private var segment: SegmentWriter?
    private var earlySync: EarlySync?
    /// The parent's that the manifest names, by number.
    private var held: [UInt64: SegmentReference] = [:]
    private var parentFailures: [ReadFailure] = []
    private var checkedCount: UInt64 = 0

    private var isClone: Bool { job.capture.isClone }
    private var path: String { origin > 0 ? store.segmentPath(job.number) : job.path }

    /// Makes the manifest, and opens the parent. One that cannot be opened is left aside.
    ///
    /// - Parameter origin: where in the file that will be read the disk begins.
    init(
        _ store: SnapshotStore, _ job: CopyJob, _ progress: JobProgress, origin: Int64 = 0
    ) throws(CopyFailure) {
        self.store = store
        self.job = job
        self.progress = progress
        self.origin = origin
        if let number = job.parent {
            do throws(ReadFailure) {
                parents = [try Parent(number, of: store)]
            } catch {
                parentFailures = [error]
            }
        }
        fileID = store.makeFileID()
        let name = store.temporaryNames(job.number).manifest
        let file = try store.storing { () throws(SystemError) in
            try store.calls.openFile(name, in: store.temporary, SnapshotStore.newFile)
        }
        manifest = ManifestWriter(
            file, number: job.number, fileID: store.makeFileID(),
            diskBytes: job.capture.sizeBytes, store.calls)
    }

    // MARK: The loop

    /// From how many bytes of data on a second thread is worth its start.
    private static let secondThreadBytesMin = EarlySync.fileBytesMin
    /// How many buffers two threads share: while one stores, the other never waits.
    private static let stepsOfTwo = 4

    /// Copies from `file`: the source, or its clone.
    ///
    /// - Parameter map: tells where data may be: the clone if there is one, else the source.
    func copy(
        _ file: borrowing FileDescriptor, map: borrowing FileDescriptor
    ) throws(CopyFailure) {
        var extents = SourceExtents(
            calls, path: path, sizeBytes: job.capture.sizeBytes,
            origin: isClone ? SegmentLayout.offset(ofSlot: 0) : 0)
        let dataBytes = try extents.dataBytes(map)
        progress.start(total: dataBytes)
        // Of a device without holes nothing is known but its size, most of it may be zeros; and of
        // what will differ from the parent nothing at all.
        let isAllNew = !job.capture.isBlockDevice && job.parent == nil && !isClone
        try checkSpace(needed: isAllNew ? dataBytes : 0)
        let queue = StepQueue()
        let isLarge = dataBytes >= Self.secondThreadBytesMin && openSecondParent()
        let steps = (0..<(isLarge ? Self.stepsOfTwo : 1)).map { _ in makeStep() }
        guard isLarge else {
            return try pass(steps, through: queue, file, &extents, map)
        }
        try Thread.run("imaged-copies") {
            while let step = queue.take() {
                steps[step].run(file, clone: map, parents.last)
                queue.returnDone(step)
            }
        } beside: { () throws(CopyFailure) in
            defer { queue.close() }
            try syncing { () throws(CopyFailure) in
                try pass(steps, through: queue, file, &extents, map)
            }
        }
    }

    /// While `body` runs, a thread syncs what it has stored. Of a clone no data is written.
    private func syncing(_ body: () throws(CopyFailure) -> Void) throws(CopyFailure) {
        if isClone { return try body() }
        let failure = try EarlySync.run { () throws(SystemError) in
            try segment?.sync()
        } beside: { early throws(CopyFailure) in
            earlySync = early
            defer { earlySync = nil }
            try body()
        }
        if let failure { throw CopyFailure(store: failure, path: store.path) }
    }

    /// Opens the parent once more, for a second thread; false: one must do.
    private func openSecondParent() -> Bool {
        guard let first = parents.first else { return true }
        guard let second = try? Parent(first.number, of: store) else { return false }
        parents.append(second)
        return true
    }

    private func makeStep() -> CopyStep {
        CopyStep(calls, job, path: path, origin: origin, cloneID: isClone ? fileID : nil)
    }

    /// Fills the steps in the disk's order, and stores and notes them in that order; meanwhile it
    /// runs those that no other thread has taken.
    private func pass(
        _ steps: [CopyStep], through queue: StepQueue, _ file: borrowing FileDescriptor,
        _ extents: inout SourceExtents, _ map: borrowing FileDescriptor
    ) throws(CopyFailure) {
        var ahead: Range<UInt64> = 0..<0
        var spare = Array(steps.indices)
        var underWay: [Int] = []
        while true {
            while let step = spare.last, try fill(steps[step], &ahead, &extents, map) {
                underWay.append(spare.removeLast())
                queue.put(step)
            }
            guard let first = underWay.first else { return }
            if let step = queue.take(before: first) {
                steps[step].run(file, clone: map, parents.first)
                queue.returnDone(step)
            } else {
                if let failure = steps[first].failure { throw failure }
                try note(steps[first])
                spare.append(underWay.removeFirst())
            }
        }
    }

    /// Gives a step the next clusters; false: there are none.
    ///
    /// - Parameter ahead: what is left of the extent that is being copied.
    private func fill(
        _ step: CopyStep, _ ahead: inout Range<UInt64>, _ extents: inout SourceExtents,
        _ map: borrowing FileDescriptor
    ) throws(CopyFailure) -> Bool {
        if progress.isCancelled { throw .cancelled(job.path) }
        step.clear()
        while true {
            if ahead.isEmpty {
                guard let extent = try extents.next(map, from: ahead.upperBound) else { break }
                ahead = extent.cluster..<extent.cluster + extent.count
            }
            ahead = ahead.lowerBound + step.take(ahead)..<ahead.upperBound
            if !ahead.isEmpty { break }
        }
        return !step.parts.isEmpty
    }

    /// Stores what is new of a step, and notes all of it.
    private func note(_ step: CopyStep) throws(CopyFailure) {
        for part in step.parts {
            try note(part, step)
            if let segment, segment.storedClusterCount - checkedCount >= Self.clustersBetweenChecks
            {
                checkedCount = segment.storedClusterCount
                try checkSpace(needed: 0)
            }
        }
        progress.advance(by: step.byteCount)
    }

    /// Those of one kind together.
    private func note(_ part: CopyPart, _ step: CopyStep) throws(CopyFailure) {
        let placements = part.placements
        var index = 0
        while index < placements.count {
            let end =
                placements[index...].firstIndex { !$0.continues(placements[index]) }
                ?? placements.count
            let range = index..<max(end, index + 1)
            try note(part, range, step)
            index = range.upperBound
        }
    }

    /// Clusters of one kind: zeros, new ones, or a single one of the parent's.
    private func note(
        _ part: CopyPart, _ range: Range<Int>, _ step: CopyStep
    ) throws(CopyFailure) {
        let cluster = part.clusters.lowerBound + UInt64(range.lowerBound)
        switch part.placements[range.lowerBound] {
        case .hole: return
        case .own:
            let writer = try ownSegment()
            try store.storing { () throws(SystemError) in
                let slot: UInt64
                if isClone {
                    slot = cluster
                    try writer.adopt(step.checksums(of: part, range), at: slot)
                } else {
                    let bytes = step.bytes(of: part, range)
                    slot = try writer.append(bytes)
                    earlySync?.wrote(Int64(bytes.count))
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
        let made = try store.openSegment(job, fileID: fileID)
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
            parentFailures: allParentFailures)
    }

    /// Both threads may have met the same.
    private var allParentFailures: [ReadFailure] {
        let all = parentFailures + parents.flatMap(\.failures)
        return all.indices.filter { !all[..<$0].contains(all[$0]) }.map { all[$0] }
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
