import ECS

/// An image whose system disk is to be looked at (B-Detection).
public struct Detection: Sendable, Equatable {
    public let accountID: String
    public let regionID: String
    public let imageID: String
    /// Of its system disk's snapshot.
    public let manifest: Int64
    public let bootMode: String
    public let architecture: String
}

/// Damage of a stored snapshot.
public struct FoundDamage: Sendable, Equatable {
    public let manifest: Int64
    /// What cannot be read, and why, in one sentence.
    public let reason: String

    public init(manifest: Int64, reason: String) {
        self.manifest = manifest
        self.reason = reason
    }
}

/// What threads find out about the bytes of images and snapshots, until it is in the state.
struct Findings: Sendable {
    /// Images to be looked at, and those that are.
    private var waiting: [Detection] = []
    private var underWay: Set<String> = []
    var detected: [(detection: Detection, items: [DetectionItem])] = []
    var damages: [FoundDamage] = []

    /// An image that has come to rest and waits for its detection.
    mutating func note(
        _ record: ImageRecord, _ accountID: String, _ regionID: String, _ region: Shared<Region>
    ) {
        let image = record.image
        guard image.status == "Available", image.detectionOptions?.status == "Processing",
            !underWay.contains(record.id),
            let snapshot = record.realSystemSnapshot(in: region)
        else { return }
        underWay.insert(record.id)
        waiting.append(
            Detection(
                accountID: accountID, regionID: regionID, imageID: record.id,
                manifest: snapshot.manifest, bootMode: image.bootMode,
                architecture: image.architecture))
    }

    mutating func takeWaiting() -> [Detection] {
        defer { waiting = [] }
        return waiting
    }

    mutating func end(_ imageID: String) { underWay.remove(imageID) }
}

extension ImageRecord {
    /// The snapshot of its system disk, if that has bytes.
    func realSystemSnapshot(in region: Shared<Region>) -> SnapshotRecord? {
        let mapping = image.diskDeviceMappings.first { $0.type == "system" }
        guard let mapping, let snapshot = region.snapshots[mapping.snapshotID] else { return nil }
        return snapshot.isReal ? snapshot : nil
    }
}

extension Catalog {
    /// What a thread has found of an image.
    public func detected(_ detection: Detection, _ items: [DetectionItem]) {
        jobs.findings.detected.append((detection, items))
    }

    /// Damage that was found while something was read.
    public func damaged(_ damages: [FoundDamage]) { jobs.findings.damages += damages }

    func launchDetections() {
        for detection in jobs.findings.takeWaiting() {
            // Nothing is given back before the snapshot's files have been read.
            pin(detection.manifest)
            jobs.launches.append(.detect(detection))
        }
    }

    func takeFindings() throws(Refusal) {
        while let (detection, items) = jobs.findings.detected.first {
            if let draft = draftDetected(detection, items) { try commit(draft, isRelease: true) }
            jobs.findings.detected.removeFirst()
            jobs.findings.end(detection.imageID)
            unpin(detection.manifest)
        }
        while let damage = jobs.findings.damages.first {
            for draft in draftsOfDamage(damage) { try commit(draft, isRelease: true) }
            jobs.findings.damages.removeFirst()
        }
    }

    /// Nil: the image is gone.
    private func draftDetected(_ detection: Detection, _ items: [DetectionItem]) -> Draft? {
        guard
            var record = state.accounts[detection.accountID]?.regions[detection.regionID]?
                .images[detection.imageID]
        else { return nil }
        var draft = draft(detection.accountID, detection.regionID)
        record.image.detectionOptions?.status = "Finished"
        record.image.detectionOptions?.items = items
        draft.add(.image(Boxed(record)))
        return draft
    }

    /// Marks every snapshot that has the manifest, in whatever account; the first damage that is
    /// found of one stands.
    private func draftsOfDamage(_ damage: FoundDamage) -> [Draft] {
        let numbers = state.manifestUsers.numbers(of: "\(damage.manifest)")
        if numbers.isEmpty { return [] }
        var drafts: [Draft] = []
        for (accountID, account) in state.accounts {
            for (regionID, region) in account.regions {
                for number in numbers {
                    guard var record = region.snapshots.records[number]?.value,
                        record.snapshot.damage.isEmpty
                    else { continue }
                    record.snapshot.damage = damage.reason
                    var draft = draft(accountID, regionID)
                    draft.add(.snapshot(Boxed(record)))
                    drafts.append(draft)
                }
            }
        }
        return drafts
    }
}
