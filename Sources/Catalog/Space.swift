import ECS

// Which snapshot a new one is compared with, and when the space of old ones is given back. Who
// names a file is state; the threads only do what they are told.

/// What moment a snapshot is of, as the data plane tells it.
enum Consistency {
    static let pointInTime = "point-in-time"
}

extension Region {
    /// The manifest that a job's disk is compared with: of the disk's newest accomplished,
    /// undamaged snapshot, or of the one that the disk was made of. Nil: there is none, and all of
    /// the disk is stored.
    func parent(of job: JobRecord) -> Int64? {
        for number in snapshotsByDisk.numbers(of: job.diskID).reversed() {
            if let manifest = snapshots.records[number]?.value.wholeManifest { return manifest }
        }
        let source = disks[job.diskID]?.disk.sourceSnapshotID ?? ""
        return snapshots[source]?.wholeManifest
    }
}

extension SnapshotRecord {
    /// Of a snapshot that is accomplished and not known to be damaged.
    fileprivate var wholeManifest: Int64? {
        let isWhole = snapshot.status == "accomplished" && snapshot.damage.isEmpty
        return isWhole && manifest > 0 ? manifest : nil
    }
}

extension Catalog {
    /// The manifests that name a segment: those of snapshots, and those that are gone but still
    /// read.
    public func users(ofSegment segment: Int64) -> [Int64] {
        let named = state.segmentUsers.numbers(of: "\(segment)")
        let pinned = jobs.pins.keys.filter {
            state.reclaims[$0]?.value.segments.contains(segment) ?? false
        }
        return (named + pinned).sorted()
    }

    /// Gives the oldest space back that nobody reads. One at a time: each reads the manifests that
    /// are left, and none of these may go meanwhile.
    func launchReclaim() {
        guard jobs.reclaiming == nil, jobs.reclaimed.isEmpty else { return }
        let next = state.reclaims.first {
            jobs.pins[$0.key] == nil && !jobs.unreclaimable.contains($0.key)
                && $0.value.value.files.isEmpty
        }
        guard let (manifest, record) = next else { return }
        jobs.reclaiming = manifest
        var users: [Int64: [Int64]] = [:]
        for segment in record.value.segments { users[segment] = self.users(ofSegment: segment) }
        jobs.launches.append(.reclaim(record.value, users: users))
    }

    /// A reclaim could not be done: it is left to the next start.
    public func reclaimFailed(_ manifest: Int64) {
        jobs.unreclaimable.insert(manifest)
        jobs.reclaimingFiles.remove(manifest)
        if jobs.reclaiming == manifest { jobs.reclaiming = nil }
    }
}
