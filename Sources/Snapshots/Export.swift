import System

/// A disk that was written to a file.
public struct Exported: Sendable, Equatable {
    public let sizeBytes: Int64
    /// How many bytes of it were stored: the rest are holes.
    public let storedBytes: Int64
}

extension SnapshotStore {
    /// Writes the disk of a snapshot to `path`: a raw, sparse file of exactly the disk's size,
    /// mode 0600, durable when this returns. Every cluster is judged by its checksum first.
    ///
    /// The file is written under a temporary name beside `path` and linked, so nothing half is
    /// ever seen there and an existing file is never replaced. For a peer that is not trusted it
    /// goes into a directory of its own below a root, or any below a root that is granted, and is
    /// given to the peer.
    ///
    /// - Parameter temporary: the name until the file is whole; nil: one that nobody can guess.
    /// - Throws: ``ExportFailure``; nothing is left then.
    public func export(
        manifest number: UInt64, to path: String, temporary: String? = nil, peer: Peer,
        progress: JobProgress = JobProgress()
    ) throws(ExportFailure) -> Exported {
        let target = try FileTarget(path, temporary: temporary, peer, calls)
        let snapshot = try openForExport(number)
        let file = try target.create()
        do throws(ExportFailure) {
            let exported = try write(snapshot, to: file, target, progress)
            try target.publish(file)
            return exported
        } catch {
            target.remove(file)
            throw error
        }
    }

    func openForExport(_ number: UInt64) throws(ExportFailure) -> SnapshotReader {
        do throws(ReadFailure) {
            return try openSnapshot(number)
        } catch {
            throw ExportFailure(error)
        }
    }

    /// Writes the disk's clusters to a new file and syncs it. Where the file system can, whole
    /// clusters share the segments' blocks once they have been judged.
    ///
    /// - Parameter sizeBytes: the file's size, if it is more than the disk's.
    func write(
        _ snapshot: SnapshotReader, to file: borrowing FileDescriptor, _ target: FileTarget,
        sizeBytes: Int64 = 0, _ progress: JobProgress
    ) throws(ExportFailure) -> Exported {
        let header = snapshot.manifest.header
        let size = max(header.diskBytes, sizeBytes)
        progress.start(total: header.storedBytes)
        try target.writing { () throws(SystemError) in try calls.setSize(file, size) }
        if header.storedBytes < EarlySync.fileBytesMin {
            try writeClusters(snapshot, to: file, target, nil, progress)
        } else {
            let failure = try EarlySync.run { () throws(SystemError) in
                try calls.syncData(file)
            } beside: { early throws(ExportFailure) in
                try writeClusters(snapshot, to: file, target, early, progress)
            }
            if let failure { throw ExportFailure(writing: failure, path: target.path) }
        }
        try target.writing { () throws(SystemError) in try calls.syncData(file) }
        return Exported(sizeBytes: size, storedBytes: header.storedBytes)
    }

    private func writeClusters(
        _ snapshot: SnapshotReader, to file: borrowing FileDescriptor, _ target: FileTarget,
        _ early: EarlySync?, _ progress: JobProgress
    ) throws(ExportFailure) {
        let header = snapshot.manifest.header
        let buffer = Buffer(byteCount: Layout.transferBytes)
        var clones = true
        while let extent = try nextExtent(snapshot, into: buffer, target, progress) {
            let range = extent.bytes(ofDisk: header.diskBytes)
            var rest = range
            if clones {
                let whole = Int64(range.count) / Int64(Layout.clusterBytes)
                clones = try target.writing { () throws(SystemError) in
                    try snapshot.cloneLast(UInt64(whole), to: file, at: range.lowerBound)
                }
                if clones {
                    rest = range.lowerBound + whole * Int64(Layout.clusterBytes)..<range.upperBound
                } else {
                    try target.checkSpace(file, header.storedBytes - progress.bytesDone)
                }
            }
            if !rest.isEmpty {
                let bytes = UnsafeRawBufferPointer(
                    buffer.slice(range.count - rest.count..<range.count))
                try target.writing { () throws(SystemError) in
                    try calls.writeAll(file, at: rest.lowerBound, bytes)
                }
                early?.wrote(Int64(bytes.count))
            }
            progress.advance(by: Int64(extent.count) * Int64(Layout.clusterBytes))
        }
    }

    private func nextExtent(
        _ snapshot: SnapshotReader, into buffer: Buffer, _ target: FileTarget,
        _ progress: JobProgress
    ) throws(ExportFailure) -> Extent? {
        if progress.isCancelled {
            throw ExportFailure(
                .cancelled, "\(quoted(target.path)) was cancelled before it was whole",
                hint: "ask for it again if it is still wanted")
        }
        do throws(ReadFailure) {
            return try snapshot.next(into: buffer)
        } catch {
            throw ExportFailure(error)
        }
    }
}

extension Extent {
    /// Where it is in a disk of this size, whose last cluster may be partial.
    func bytes(ofDisk sizeBytes: Int64) -> Range<Int64> {
        let clusterBytes = Int64(Layout.clusterBytes)
        let start = Int64(cluster) * clusterBytes
        return start..<min(start + Int64(count) * clusterBytes, sizeBytes)
    }
}

extension ManifestHeader {
    /// How many bytes of the disk are stored; whole clusters.
    var storedBytes: Int64 { Int64(storedClusterCount) * Int64(Layout.clusterBytes) }
}
