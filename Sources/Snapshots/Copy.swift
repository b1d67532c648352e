import System

extension SnapshotStore {
    /// Copies a disk, holes left out, into a manifest and, for what the parent does not have, a
    /// segment of its own.
    ///
    /// Blocks until all is durable; takes a few MiB of memory, whatever the disk's size.
    ///
    /// - Throws: ``CopyFailure``; nothing of the copy is left then, nor of its capture.
    public func copy(
        _ job: CopyJob, progress: JobProgress = JobProgress()
    ) throws(CopyFailure) -> StoredSnapshot {
        do throws(CopyFailure) {
            // A cut attempt may have left a segment that this one does not need.
            try storing { () throws(SystemError) in try remove(job, keepingClone: true) }
            let copy =
                job.capture.isClone
                ? try copyClone(job, progress) : try copySource(job, progress)
            try storing { () throws(SystemError) in
                try publish(job, hasSegment: copy.segments.contains(job.number))
            }
            return copy
        } catch {
            // What cannot be removed now is removed at the next start: no state names it.
            try? remove(job)
            throw error
        }
    }

    private func copySource(
        _ job: CopyJob, _ progress: JobProgress
    ) throws(CopyFailure) -> StoredSnapshot {
        let run = try CopyRun(self, job, progress)
        let source = try open(job)
        let before = try compare(source, with: job)
        try run.copy(source.file, map: source.file)
        let after = try compare(source, with: job)
        return try run.finish(before == .live || after == .live ? .live : .atRest)
    }

    private func copyClone(
        _ job: CopyJob, _ progress: JobProgress
    ) throws(CopyFailure) -> StoredSnapshot {
        let clone = try storing { () throws(SystemError) in
            try calls.openFile("\(job.number)", in: segments, [.readOnly, .noFollow])
        }
        if let stored = try copySourceOfClone(job, clone, progress) { return stored }
        try storing { () throws(SystemError) in try remove(job, keepingClone: true) }
        let run = try CopyRun(
            self, job, progress, origin: SegmentLayout.offset(ofSlot: 0))
        try run.copy(clone, map: clone)
        return try run.finish(.pointInTime)
    }

    /// The source's bytes are those of its clone as long as nobody writes to it, and they are in
    /// memory more often: so they are read there.
    ///
    /// - Returns: nil: it cannot be read, or was written to since; the clone has to be read.
    private func copySourceOfClone(
        _ job: CopyJob, _ clone: borrowing FileDescriptor, _ progress: JobProgress
    ) throws(CopyFailure) -> StoredSnapshot? {
        let source: Source.Opened
        do throws(SourceProblem) {
            source = try Source.openSource(job.path, job.peer, calls)
        } catch {
            return nil
        }
        guard source.isUntouched(since: job.capture, calls) else { return nil }
        let run = try CopyRun(self, job, progress)
        do throws(CopyFailure) {
            try run.copy(source.file, map: clone)
        } catch {
            // The store's own troubles, and an end that is wanted, would be the clone's too.
            if error.kind == .cancelled || error.kind == .noSpace || error.kind == .store {
                throw error
            }
            return nil
        }
        guard source.isUntouched(since: job.capture, calls) else { return nil }
        return try run.finish(.pointInTime)
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

    // MARK: Files

    static let newFile: OpenFlags = [.writeOnly, .create, .exclusive, .noFollow]

    func segmentPath(_ number: UInt64) -> String { "\(segmentsPath)/\(number)" }

    func temporaryNames(
        _ number: UInt64
    ) -> (segment: String, index: String, manifest: String) {
        ("\(number).segment", "\(number).index", "\(number).manifest")
    }

    /// The segment that the job's new clusters go to: a new file, or the clone.
    func openSegment(_ job: CopyJob, fileID: UInt64) throws(CopyFailure) -> SegmentWriter {
        let names = temporaryNames(job.number)
        return try storing { () throws(SystemError) in
            SegmentWriter(
                SegmentReference(number: job.number, fileID: fileID),
                segment: job.capture.isClone
                    ? try calls.openFile("\(job.number)", in: segments, [.writeOnly, .noFollow])
                    : try calls.openFile(names.segment, in: temporary, Self.newFile),
                index: try calls.openFile(names.index, in: temporary, Self.newFile), calls)
        }
    }

    /// Removes all files of a job, in `tmp/` and in place.
    private func remove(_ job: CopyJob, keepingClone: Bool = false) throws(SystemError) {
        let number = job.number
        try calls.unlink("\(number)", in: manifests)
        if !(keepingClone && job.capture.isClone) { try calls.unlink("\(number)", in: segments) }
        try calls.unlink("\(number).index", in: segments)
        let names = temporaryNames(number)
        for name in [names.segment, names.index, names.manifest] {
            try calls.unlink(name, in: temporary)
        }
    }

    /// Moves the synced files into place and makes that durable (R6). The manifest is the last.
    ///
    /// A clone stays whole until the snapshot counts, for a restart before that takes it again;
    /// then what no manifest names of it is given back (`reclaim`).
    private func publish(_ job: CopyJob, hasSegment: Bool) throws(SystemError) {
        let number = job.number
        let names = temporaryNames(number)
        if hasSegment {
            if !job.capture.isClone {
                try calls.rename(names.segment, in: temporary, to: "\(number)", in: segments)
            }
            try calls.rename(names.index, in: temporary, to: "\(number).index", in: segments)
            try calls.sync(segments)
        }
        try calls.rename(names.manifest, in: temporary, to: "\(number)", in: manifests)
        try calls.sync(manifests)
    }

    func storing<Value: ~Copyable>(
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
}
