import System

extension SnapshotStore {
    /// Notes the moment that job `number`'s snapshot is of. To be called as soon as the job is
    /// accepted, for the sooner it is, the closer the snapshot is to what its maker saw.
    ///
    /// Where the file system shares extents (FICLONERANGE), the source is cloned into
    /// `segments/<number>`, cluster for slot: a point in time, whoever writes to the source. The
    /// clone is durable when this returns. Else what `fstat(2)` tells of the source is noted, as
    /// `Source.capture` says.
    ///
    /// - Parameter allowLive: take a file that cannot be cloned although someone may be writing.
    /// - Throws: ``SourceProblem``; `inUse` if it is being written to and cannot be cloned.
    public func capture(
        _ path: String, for number: UInt64, peer: Peer, allowLive: Bool = false
    ) throws(SourceProblem) -> Capture {
        let source = try Source.openSource(path, peer, calls)
        if let clone = clone(source, number) { return clone }
        return try Source.capture(source, allowLive: allowLive, calls)
    }

    /// Removes what `capture` has made for a job that will not be copied.
    public func discardCapture(of number: UInt64) throws(SystemError) {
        try calls.unlink("\(number)", in: segments)
        try calls.sync(segments)
    }

    /// Nil: it has to be copied. What goes wrong here goes wrong there too, and is told there.
    private func clone(_ source: borrowing Source.Opened, _ number: UInt64) -> Capture? {
        if source.found.isBlockDevice { return nil }
        // Of a file that is changing just now the times would tell nothing.
        let capture = Source.isAtRest(source.found) ? source.found : source.found.withoutTimes
        do throws(SystemError) {
            try calls.unlink("\(number)", in: segments)
            if let bytes = try clone(source.file, number) {
                return capture.cloned(sizeBytes: bytes)
            }
        } catch {}
        try? calls.unlink("\(number)", in: segments)
        return nil
    }

    /// - Returns: the disk's size in bytes, when it was cloned; nil: it cannot be.
    private func clone(
        _ source: borrowing FileDescriptor, _ number: UInt64
    ) throws(SystemError) -> Int64? {
        let file = try calls.openFile(
            "\(number)", in: segments, [.writeOnly, .create, .exclusive, .noFollow])
        let start = SegmentLayout.offset(ofSlot: 0)
        guard try calls.clone(source, at: 0, count: 0, to: file, at: start) else { return nil }
        let diskBytes = try calls.status(file).sizeBytes - start
        if diskBytes <= 0 { return nil }
        // The last slot is a whole one, filled up with zeros.
        let slots = Layout.clusterCount(ofDisk: diskBytes)
        try calls.setSize(file, SegmentLayout.offset(ofSlot: slots))
        try calls.syncData(file)
        try calls.sync(segments)
        return diskBytes
    }
}

extension Capture {
    /// With times that no file has.
    fileprivate var withoutTimes: Capture {
        Capture(
            device: device, inode: inode, sizeBytes: sizeBytes, modifiedNanoseconds: -1,
            changedNanoseconds: -1, isBlockDevice: isBlockDevice)
    }

    /// The same source, whose bytes of this moment are in the segment.
    func cloned(sizeBytes: Int64) -> Capture {
        Capture(
            device: device, inode: inode, sizeBytes: sizeBytes,
            modifiedNanoseconds: modifiedNanoseconds, changedNanoseconds: changedNanoseconds,
            isBlockDevice: false, isClone: true)
    }
}
