import ECS

/// What ends with a job: its snapshot, and the image it was for.
extension Draft {
    /// An image is Creating once one of its jobs runs (B-StatusFlow).
    mutating func startImage(_ imageID: String, _ state: State) {
        guard var record = state.accounts[accountID]?.regions[regionID]?.images[imageID],
            record.image.status == "Waiting"
        else { return }
        record.image.status = "Creating"
        add(.image(Boxed(record)))
    }

    /// Ends `job`; with the last one its image is Available, with a failed one CreateFailed, and
    /// then the image's other jobs end too.
    mutating func end(
        _ job: JobRecord, _ outcome: JobOutcome, _ account: Account, _ region: Shared<Region>
    ) {
        let image = region.images[job.imageID]
        switch outcome {
        case .accomplished:
            let source = job.copiedImageID.isEmpty ? nil : account.find(\.images, job.copiedImageID)
            if let image, !job.copiedImageID.isEmpty, source == nil {
                let reason = "The image \(job.copiedImageID) is gone."
                return fail(image, reason, account, region, endedBy: job)
            }
            endSnapshot(of: job, outcome, region)
            guard var image else { return }
            if let source {
                addSnapshots(
                    of: &image, from: (source.record, source.region), kmsKeyID: job.kmsKeyID)
            }
            let others = account.jobs(ofImage: image.image, in: region)
                .filter { $0.number != job.number }
            if others.isEmpty && image.image.failureReason.isEmpty {
                image.image.finish("Available")
                if image.realSystemSnapshot(in: region) == nil {
                    image.image.detectionOptions?.status = "Finished"
                }
                add(.image(Boxed(image)))
            }
        case .failed(let reason):
            if let image {
                fail(image, reason, account, region, endedBy: job)
            } else {
                endSnapshot(of: job, outcome, region)
            }
        }
    }

    /// Ends everything that an image still has under way, and the image (CreateFailed).
    ///
    /// - Parameter job: the one whose own failure it is; the others fail with the image.
    mutating func fail(
        _ image: ImageRecord, _ reason: String, _ account: Account, _ region: Shared<Region>,
        endedBy job: JobRecord? = nil
    ) {
        for other in account.jobs(ofImage: image.image, in: region) {
            let text =
                other.number == job?.number
                ? reason : "The image \(image.id) failed: \(reason)"
            endSnapshot(of: other, .failed(reason: text), region)
        }
        var failed = image
        failed.image.finish("CreateFailed")
        failed.image.failureReason = reason
        add(.image(Boxed(failed)))
    }

    /// The job's end, and its snapshot's, if it makes one.
    mutating func endSnapshot(of job: JobRecord, _ outcome: JobOutcome, _ region: Shared<Region>) {
        add(.jobEnded(job.number))
        if case .accomplished = outcome, job.capture?.isClone ?? false {
            // What no manifest names of the clone is given back, under a number without a file.
            var rest = ReclaimRecord()
            rest.manifest = number()
            rest.segments = [job.number]
            add(.reclaim(Boxed(rest)))
        }
        guard var record = region.snapshots[job.snapshotID] else { return }
        switch outcome {
        case .accomplished(let segments, let sizeBytes, let storedBytes, let consistency):
            record.snapshot.finish("accomplished", time)
            record.snapshot.available = true
            record.snapshot.progress = "100%"
            if record.isReal {
                record.manifest = job.number
                record.segments = segments
                record.snapshot.sizeBytes = sizeBytes
                record.snapshot.storedBytes = storedBytes
                record.snapshot.consistency = consistency
            }
        case .failed(let reason):
            record.snapshot.finish("failed", time)
            record.snapshot.failureReason = reason
        }
        add(.snapshot(Boxed(record)))
    }
}

extension Image {
    /// - Parameter status: Available or CreateFailed.
    mutating func finish(_ status: String) {
        self.status = status
        usable = status == "Available"
        if usable {
            progress = "100%"
            for index in diskDeviceMappings.indices {
                diskDeviceMappings[index].progress = "100%"
            }
        }
    }
}

extension Snapshot {
    fileprivate mutating func finish(_ status: String, _ time: String) {
        self.status = status
        lastModifiedTime = time
        remainTime = 0
    }
}
