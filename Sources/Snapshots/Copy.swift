import System

/// One disk to be copied.
public struct CopyJob: Sendable {
    /// The new manifest's and segment's number, below 2^62. No snapshot that counts has it: what
    /// an earlier, cut attempt left under it is removed.
    public let number: UInt64
    public let path: String
    /// Who registered the path.
    public let peer: Peer
    public let capture: Capture
    /// Take the bytes even if they change meanwhile.
    public let allowLive: Bool
    /// How many bytes the copy must leave free on the data directory's file system: the journal
    /// needs them (`reliability.md` R9).
    public let reserveBytes: Int64

    public init(
        number: UInt64, path: String, peer: Peer, capture: Capture, allowLive: Bool = false,
        reserveBytes: Int64 = 0
    ) {
        self.number = number
        self.path = path
        self.peer = peer
        self.capture = capture
        self.allowLive = allowLive
        self.reserveBytes = reserveBytes
    }
}

/// What moment a snapshot is of.
public enum Consistency: String, Sendable {
    /// Nobody wrote to the source between capture and the end of the copy.
    case atRest = "at-rest"
    /// Somebody may have: parts of the copy may be of different moments.
    case live
}

/// A snapshot that is in place and durable.
public struct StoredSnapshot: Sendable, Equatable {
    /// The disk's exact size.
    public let sizeBytes: Int64
    /// How many bytes the snapshot's new segment has, in whole clusters.
    public let storedBytes: Int64
    /// The segments that the manifest names: none for a disk without data.
    public let segments: [UInt64]
    public let consistency: Consistency
}

extension SnapshotStore {
    /// Copies a disk into a segment and a manifest of its own, holes left out.
    ///
    /// Blocks until all is durable; takes a few MiB of memory, whatever the disk's size.
    ///
    /// - Throws: ``CopyFailure``; nothing of the copy is left then.
    public func copy(
        _ job: CopyJob, progress: JobProgress = JobProgress()
    ) throws(CopyFailure) -> StoredSnapshot {
        let source = try open(job)
        do throws(CopyFailure) {
            // A cut attempt may have left a segment that this one does not need.
            try storing { () throws(SystemError) in try remove(job.number) }
            let consistency = try compare(source, with: job)
            let copy = try write(source, job, consistency, progress)
            try storing { () throws(SystemError) in
                try publish(job.number, hasSegment: !copy.segments.isEmpty)
            }
            return copy
        } catch {
            // What cannot be removed now is removed at the next start: no state names it.
            try? remove(job.number)
            throw error
        }
    }

    private func open(_ job: CopyJob) throws(CopyFailure) -> Source.Opened {
        do throws(SourceProblem) {
            let source = try Source.openSource(
                job.path, job.peer, calls, exclusive: !job.allowLive)
            if !job.allowLive { try source.refuseWriter(calls) }
            return source
        } catch {
            throw CopyFailure(error)
        }
    }

    private static func temporaryNames(
        _ number: UInt64
    ) -> (segment: String, index: String, manifest: String) {
        ("\(number).segment", "\(number).index", "\(number).manifest")
    }

    /// Removes all files of a number, in `tmp/` and in place.
    private func remove(_ number: UInt64) throws(SystemError) {
        try calls.unlink("\(number)", in: manifests)
        try calls.unlink("\(number)", in: segments)
        try calls.unlink("\(number).index", in: segments)
        let names = Self.temporaryNames(number)
        for name in [names.segment, names.index, names.manifest] {
            try calls.unlink(name, in: temporary)
        }
    }

    /// Moves the synced files into place and makes that durable (R6). The manifest is the last.
    private func publish(_ number: UInt64, hasSegment: Bool) throws(SystemError) {
        let names = Self.temporaryNames(number)
        if hasSegment {
            try calls.rename(names.segment, in: temporary, to: "\(number)", in: segments)
            try calls.rename(names.index, in: temporary, to: "\(number).index", in: segments)
            try calls.sync(segments)
        }
        try calls.rename(names.manifest, in: temporary, to: "\(number)", in: manifests)
        try calls.sync(manifests)
    }

    private func storing<Value: ~Copyable>(
        _ body: () throws(SystemError) -> Value
    ) throws(CopyFailure) -> Value {
        do throws(SystemError) {
            return try body()
        } catch {
            throw CopyFailure(store: error, path: path)
        }
    }

    // MARK: The moment

    /// Compares what the source is now with the capture: it must be the same file with the same
    /// size and, unless live is allowed, untouched.
    private func compare(
        _ source: borrowing Source.Opened, with job: CopyJob
    ) throws(CopyFailure) -> Consistency {
        let now: Capture
        do throws(SourceProblem) {
            now = try source.look(calls)
        } catch {
            throw CopyFailure(.sourceUnreadable, error.reason, hint: error.hint, errno: error.errno)
        }
        let again = "leave the file in place while images are created, and create the image again"
        guard now.isSameFile(as: job.capture) else {
            throw CopyFailure(
                .sourceChanged, "\(quoted(job.path)) is another file than the one captured",
                hint: again)
        }
        guard now.sizeBytes == job.capture.sizeBytes else {
            throw CopyFailure(
                .sourceChanged,
                "\(quoted(job.path)) had \(job.capture.sizeBytes) bytes when it was captured"
                    + " and has \(now.sizeBytes) now",
                hint: again)
        }
        // That nobody wrote to a block device is only known while it is claimed.
        if now.isBlockDevice { return source.isExclusive ? .atRest : .live }
        if now.hasTimes(of: job.capture) { return .atRest }
        guard job.allowLive else {
            throw CopyFailure(
                .sourceChanged,
                "\(quoted(job.path)) was written to, or its attributes changed,"
                    + " between the request and the end of the copy",
                hint: "stop the VM or detach the file's writers and create the image again,"
                    + " or set AllowLive to take the bytes as they are being written")
        }
        return .live
    }

    // MARK: The copy

    /// Writes and syncs all files in `tmp/`.
    private func write(
        _ source: borrowing Source.Opened, _ job: CopyJob, _ before: Consistency,
        _ progress: JobProgress
    ) throws(CopyFailure) -> StoredSnapshot {
        let extents = SourceExtents(calls, path: job.path, sizeBytes: job.capture.sizeBytes)
        let dataBytes = try extents.dataBytes(source.file)
        progress.start(total: dataBytes)
        // Of a device without holes nothing is known but its size; most of it may be zeros.
        let needed = job.capture.isBlockDevice ? 0 : dataBytes
        try checkSpace(job, needed: needed)
        let names = Self.temporaryNames(job.number)
        let flags: OpenFlags = [.writeOnly, .create, .exclusive, .noFollow]
        let manifestFile = try storing { () throws(SystemError) in
            try calls.openFile(names.manifest, in: temporary, flags)
        }
        let manifest = ManifestWriter(
            manifestFile, number: job.number, fileID: makeFileID(),
            diskBytes: job.capture.sizeBytes, calls)
        let segment = try copyData(source, job, extents, manifest, progress)
        let after = try compare(source, with: job)
        try storing { () throws(SystemError) in
            try segment?.finish()
            _ = try manifest.finish(segments: segment.map { [$0.reference] } ?? [])
        }
        return StoredSnapshot(
            sizeBytes: job.capture.sizeBytes,
            storedBytes: Int64(segment?.slotCount ?? 0) * Int64(Layout.clusterBytes),
            segments: segment.map { [$0.reference.number] } ?? [],
            consistency: before == .live || after == .live ? .live : .atRest)
    }

    private func openSegment(_ number: UInt64) throws(CopyFailure) -> SegmentWriter {
        let names = Self.temporaryNames(number)
        let flags: OpenFlags = [.writeOnly, .create, .exclusive, .noFollow]
        return try storing { () throws(SystemError) in
            SegmentWriter(
                SegmentReference(number: number, fileID: makeFileID()),
                segment: try calls.openFile(names.segment, in: temporary, flags),
                index: try calls.openFile(names.index, in: temporary, flags), calls)
        }
    }

    /// The copy loop: reads each cluster that may have data once, and stores those that are not
    /// all zeros. Returns the segment; nil: there was nothing to store.
    private func copyData(
        _ source: borrowing Source.Opened, _ job: CopyJob, _ extents: SourceExtents,
        _ manifest: ManifestWriter, _ progress: JobProgress
    ) throws(CopyFailure) -> SegmentWriter? {
        let buffer = Buffer(byteCount: Layout.transferBytes)
        var segment: SegmentWriter?
        var cluster: UInt64 = 0
        var checkedSlot: UInt64 = 0
        while let extent = try extents.next(source.file, from: cluster) {
            cluster = extent.cluster
            let end = extent.cluster + extent.count
            while cluster < end {
                if progress.isCancelled { throw .cancelled(job.path) }
                let count = min(end - cluster, UInt64(Layout.transferClusters))
                let byteCount = try read(source.file, job, cluster, Int(count), into: buffer)
                for stored in nonZeroRanges(buffer, count: Int(count)) {
                    let writer: SegmentWriter
                    if let segment {
                        writer = segment
                    } else {
                        writer = try openSegment(job.number)
                    }
                    segment = writer
                    try storing { () throws(SystemError) in
                        let bytes = buffer.slice(
                            stored.lowerBound * Layout.clusterBytes..<stored.upperBound
                                * Layout.clusterBytes)
                        let slot = try writer.append(UnsafeRawBufferPointer(bytes))
                        try manifest.append(
                            Run(
                                cluster: cluster + UInt64(stored.lowerBound),
                                count: UInt64(stored.count), segment: job.number, slot: slot))
                    }
                }
                if let segment, segment.slotCount - checkedSlot >= Self.slotsBetweenSpaceChecks {
                    checkedSlot = segment.slotCount
                    try checkSpace(job, needed: 0)
                }
                progress.advance(by: Int64(byteCount))
                cluster += count
            }
        }
        return segment
    }

    /// 64 MiB: other jobs and programs write to the same file system.
    private static var slotsBetweenSpaceChecks: UInt64 { 1024 }

    private func checkSpace(_ job: CopyJob, needed: Int64) throws(CopyFailure) {
        let free = try storing { () throws(SystemError) in
            try calls.fileSystem(of: temporary).freeBytes
        }
        guard needed <= free, job.reserveBytes <= free - needed else {
            throw CopyFailure(
                .noSpace,
                "\(quoted(path)) has no room for the snapshot of \(quoted(job.path)):"
                    + " \(free) bytes are free, \(needed) may be needed"
                    + " and \(job.reserveBytes) stay reserved for the journal",
                hint: "free space there, or delete snapshots, and create the image again",
                errno: .noSpace)
        }
    }

    /// Fills the buffer with `count` clusters, the last one's missing bytes with zeros. Returns
    /// how many bytes of the disk these are.
    private func read(
        _ file: borrowing FileDescriptor, _ job: CopyJob, _ cluster: UInt64, _ count: Int,
        into buffer: Buffer
    ) throws(CopyFailure) -> Int {
        let offset = Int64(cluster) * Int64(Layout.clusterBytes)
        let wanted = Int(
            min(Int64(count * Layout.clusterBytes), job.capture.sizeBytes - offset))
        let got: Int
        do throws(SystemError) {
            got = try calls.readFully(file, at: offset, into: buffer.slice(0..<wanted))
        } catch {
            throw unreadable(job.path, error, offset)
        }
        guard got == wanted else {
            throw CopyFailure(
                .sourceChanged,
                "\(quoted(job.path)) shrank while it was read: it had \(job.capture.sizeBytes)"
                    + " bytes and ends at \(offset + Int64(got)) now",
                hint: "leave the file in place while images are created,"
                    + " and create the image again")
        }
        buffer.slice(wanted..<count * Layout.clusterBytes)
            .initializeMemory(as: UInt8.self, repeating: 0)
        return wanted
    }
}

private func unreadable(_ path: String, _ error: SystemError, _ offset: Int64) -> CopyFailure {
    CopyFailure(
        .sourceUnreadable,
        "\(quoted(path)) cannot be read at byte \(offset): \(error.call): \(error.errno)",
        hint: "look at the disk below the file (dmesg), then create the image again",
        errno: error.errno)
}

// MARK: - Zeros

/// The ranges of clusters in the buffer that have a byte other than zero, neighbours joined.
private func nonZeroRanges(_ buffer: Buffer, count: Int) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    for cluster in 0..<count where !isZero(buffer, cluster) {
        if let last = ranges.last, last.upperBound == cluster {
            ranges[ranges.count - 1] = last.lowerBound..<cluster + 1
        } else {
            ranges.append(cluster..<cluster + 1)
        }
    }
    return ranges
}

private func isZero(_ buffer: Buffer, _ cluster: Int) -> Bool {
    let start = buffer.bytes.baseAddress! + cluster * Layout.clusterBytes
    var offset = 0
    while offset < Layout.clusterBytes {
        let words = start.load(fromByteOffset: offset, as: SIMD8<UInt64>.self)
        if words != .zero { return false }
        offset += MemoryLayout<SIMD8<UInt64>>.size
    }
    return true
}

// MARK: - Holes

/// Where a source may have data, in clusters. A file system that cannot tell has data everywhere.
struct SourceExtents {
    private let calls: SystemCalls
    private let path: String
    private let sizeBytes: Int64

    init(_ calls: SystemCalls, path: String, sizeBytes: Int64) {
        self.calls = calls
        self.path = path
        self.sizeBytes = sizeBytes
    }

    /// The next clusters, from `cluster` on, that may have data; nil: only a hole follows.
    func next(
        _ file: borrowing FileDescriptor, from cluster: UInt64
    ) throws(CopyFailure) -> Extent? {
        let clusterBytes = Int64(Layout.clusterBytes)
        let all = Layout.clusterCount(ofDisk: sizeBytes)
        guard cluster < all else { return nil }
        let offset = Int64(cluster) * clusterBytes
        do throws(SystemError) {
            guard let data = try calls.nextData(file, from: offset), data < sizeBytes else {
                return nil
            }
            let hole = try calls.nextHole(file, from: data)
            let first = max(cluster, UInt64(data / clusterBytes))
            let end = min(all, UInt64((hole - 1) / clusterBytes) + 1)
            return Extent(cluster: first, count: max(1, end - first))
        } catch {
            switch error.errno {
            case .invalid, .notSupported: return Extent(cluster: cluster, count: all - cluster)
            // The file ends before the data that was just found: it shrank, as reading will tell.
            case .noDevice: return Extent(cluster: cluster, count: 1)
            default: throw unreadable(path, error, offset)
            }
        }
    }

    /// How many bytes the clusters with data have: what there is to read, and to store at most.
    func dataBytes(_ file: borrowing FileDescriptor) throws(CopyFailure) -> Int64 {
        var clusters: UInt64 = 0
        var from: UInt64 = 0
        while let extent = try next(file, from: from) {
            clusters += extent.count
            from = extent.cluster + extent.count
        }
        let all = Layout.clusterCount(ofDisk: sizeBytes)
        let clusterBytes = Int64(Layout.clusterBytes)
        let padding = from == all ? Int64(all) * clusterBytes - sizeBytes : 0
        return Int64(clusters) * clusterBytes - padding
    }
}
