import Catalog
import Journal
import Snapshots
import System

/// What other threads tell the loop.
enum Report: Sendable {
    case journal(Journal.Event)
    case captured(job: Int64, accountID: String, Result<Capture, SourceProblem>)
    case copied(job: Int64, accountID: String, Result<StoredSnapshot, CopyFailure>)
    case reclaimed(manifest: Int64)
    case notReclaimed(manifest: Int64, ReclaimFailure)
    case exported(serial: Int64, Result<Exported, ExportFailure>)
    case inspected(serial: Int64, [InspectedFile])
    case examined(serial: Int64, Examined)
    case detected(Detection, Result<[DetectionFinding], ReadFailure>)
    /// Where else damage lies that was reported before.
    case damaged([ReadFailure])
    case made(serial: Int64, Result<[RestoredDisk], MakingFailure>)
    case read(serial: Int64, Result<ReadPart, ReadFailure>)
    /// A file that should have gone is still there: why.
    case notRemoved(number: Int64, String)
}

/// The threads that may block: copies, exports, looking at files. The loop decides what runs and
/// how much at once; here it only runs, and reports.
final class Workers: Sendable {
    let store: SnapshotStore
    let ranges: RangeReader
    let reports: Mailbox<Report>
    private let progress = Lock<[Int64: JobProgress]>([:])
    /// They stand back: whoever asks for a description does not wait for a copy.
    let copies: ThreadPool
    /// Opening a path may hang on a dead mount: never behind or before a copy.
    let looks = ThreadPool("imaged-looks", threadsMax: 64)
    let access: Access
    let reserveBytes: Int64
    let figures = Lock(WorkerFigures())

    init(
        store: SnapshotStore, reports: Mailbox<Report>, access: Access, jobsMax: Int,
        reserveBytes: Int64
    ) {
        self.store = store
        // Beside the jobs there are exports, restores, verification and space to give back.
        copies = ThreadPool("imaged-copies", threadsMax: jobsMax + 8, niceness: 5)
        ranges = RangeReader(store)
        self.access = access
        self.reports = reports
        self.reserveBytes = reserveBytes
    }

    /// Percent of a running job's bytes that are copied; nil: not running.
    func percent(of job: Int64) -> Int? {
        guard let progress = progress.withLock({ $0[job] }) else { return nil }
        let total = progress.bytesTotal
        return total > 0 ? Int(min(99, progress.bytesDone * 100 / total)) : 0
    }

    // MARK: Jobs

    func capture(_ job: JobRecord, _ accountID: String) {
        let peer = access.peer(ofJob: job.uid, root: job.root)
        looks.run { [store, reports] in
            let result = Result { () throws(SourceProblem) in
                try store.capture(
                    job.path, for: UInt64(job.number), peer: peer, allowLive: job.allowLive)
            }
            reports.post(.captured(job: job.number, accountID: accountID, result))
        }
    }

    func discardCapture(of job: Int64) {
        looks.run { [store] in
            // What could not be deleted has no name in the state: the next start removes it.
            try? store.discardCapture(of: UInt64(job))
        }
    }

    func copy(_ job: JobRecord, _ accountID: String, parent: Int64?) {
        guard let capture = job.capture else { return }
        let progress = JobProgress()
        self.progress.withLock { $0[job.number] = progress }
        let copyJob = CopyJob(
            number: UInt64(job.number), path: job.path,
            peer: access.peer(ofJob: job.uid, root: job.root), capture: Capture(capture),
            parent: parent.map { UInt64($0) }, allowLive: job.allowLive,
            reserveBytes: reserveBytes)
        copies.run { [self] in
            let result = Result { () throws(CopyFailure) in
                try store.copy(copyJob, progress: progress)
            }
            self.progress.withLock { $0[job.number] = nil }
            figures.withLock { $0.note(result, readBytes: progress.bytesDone) }
            reports.post(.copied(job: job.number, accountID: accountID, result))
        }
    }

    func cancel(_ job: Int64) { progress.withLock { $0[job] }?.cancel() }

    func reclaim(_ record: ReclaimRecord, users: [Int64: [Int64]]) {
        if !record.files.isEmpty { return reclaimFiles(record) }
        ranges.forget(manifest: UInt64(record.manifest))
        let job = ReclaimJob(
            manifest: UInt64(record.manifest),
            segments: record.segments.map { segment in
                ReclaimJob.Segment(
                    number: UInt64(segment), users: (users[segment] ?? []).map { UInt64($0) })
            })
        copies.run { [store, reports, figures] in
            let numbers = job.segments.map(\.number)
            let before = store.allocatedBytes(ofSegments: numbers)
            do throws(ReclaimFailure) {
                try store.reclaim(job)
                let freed = max(0, before - store.allocatedBytes(ofSegments: numbers))
                figures.withLock { $0.reclaimedBytes += freed }
                reports.post(.reclaimed(manifest: record.manifest))
            } catch {
                reports.post(.notReclaimed(manifest: record.manifest, error))
            }
        }
    }

    // MARK: For requests

    func export(_ plan: ExportPlan, for peer: Peer, serial: Int64, _ progress: JobProgress) {
        copies.run { [store, reports, figures] in
            let result = Result { () throws(ExportFailure) in
                try store.export(
                    manifest: UInt64(plan.manifest), to: plan.path, temporary: plan.temporary,
                    peer: peer, progress: progress)
            }
            figures.withLock { $0.note(result) }
            reports.post(.exported(serial: serial, result))
        }
    }

    func inspect(_ paths: [(path: String, format: String)], for peer: Peer, serial: Int64) {
        looks.run { [reports] in
            let files = paths.map { Self.inspect($0.path, $0.format, peer) }
            reports.post(.inspected(serial: serial, files))
        }
    }

    private static func inspect(_ path: String, _ format: String, _ peer: Peer) -> InspectedFile {
        do throws(SourceProblem) {
            let file = try Source.inspect(path: path, format: format, peer: peer)
            return .found(
                sizeBytes: file.sizeBytes, device: Int64(bitPattern: file.device),
                inode: Int64(bitPattern: file.inode), root: file.root)
        } catch {
            return .refused(reason: error.reason, hint: error.hint)
        }
    }
}

extension Capture {
    init(_ record: CaptureRecord) {
        self.init(
            device: UInt64(bitPattern: record.device), inode: UInt64(bitPattern: record.inode),
            sizeBytes: record.sizeBytes, modifiedNanoseconds: record.modified,
            changedNanoseconds: record.changed, isBlockDevice: record.isBlockDevice,
            isClone: record.isClone)
    }
}

extension CaptureRecord {
    init(_ capture: Capture) {
        self.init()
        device = Int64(bitPattern: capture.device)
        inode = Int64(bitPattern: capture.inode)
        sizeBytes = capture.sizeBytes
        modified = capture.modifiedNanoseconds
        changed = capture.changedNanoseconds
        isBlockDevice = capture.isBlockDevice
        isClone = capture.isClone
    }
}
