import Snapshots
import System

/// What the threads have done since the start: finished work alone, so that no figure falls.
struct WorkerFigures: Sendable {
    var storedSnapshots: UInt64 = 0
    var failedSnapshots: UInt64 = 0
    /// Of disks, while they were copied.
    var readBytes: Int64 = 0
    /// Of clusters, into new segments.
    var storedBytes: Int64 = 0
    /// Of segments, given back to the file system.
    var reclaimedBytes: Int64 = 0
    var exports: UInt64 = 0
    var failedExports: UInt64 = 0
    var exportedBytes: Int64 = 0
    var madeDisks: UInt64 = 0

    mutating func note(_ copy: Result<StoredSnapshot, CopyFailure>, readBytes: Int64) {
        self.readBytes += readBytes
        switch copy {
        case .success(let stored):
            storedSnapshots += 1
            storedBytes += stored.storedBytes
        case .failure: failedSnapshots += 1
        }
    }

    mutating func note(_ export: Result<Exported, ExportFailure>) {
        switch export {
        case .success(let exported):
            exports += 1
            exportedBytes += exported.storedBytes
        case .failure: failedExports += 1
        }
    }
}
