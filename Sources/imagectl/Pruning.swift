import ECS
import ImagedClient
import System

/// `imagectl prune`: lists, judges and deletes.
struct Pruning: Sendable {
    let client: ImagedClient
    let region: String
    /// For each call.
    let timeout: Duration
    let isDryRun: Bool
    private let report = Lock(PruneReport())

    init(client: ImagedClient, region: String, timeout: Duration, isDryRun: Bool) {
        self.client = client
        self.region = region
        self.timeout = timeout
        self.isDryRun = isDryRun
    }

    /// - Parameters:
    ///   - family: whose images are judged; empty: the snapshots of `disk` are.
    func run(
        _ family: String, _ disk: String, _ retention: Retention, _ output: Output
    ) async throws -> ExitCode {
        report.withLock { $0.isDryRun = isDryRun }
        do {
            try await interruptible {
                if family.isEmpty {
                    try await pruneSnapshots(of: disk, retention)
                } else {
                    try await pruneImages(of: family, retention)
                }
            }
        } catch {
            // What has been deleted is told all the same.
            let report = report.withLock { $0 }
            if !report.resources.isEmpty { try show(report, output) }
            throw error
        }
        let report = report.withLock { $0 }
        try show(report, output)
        tell(report, family.isEmpty ? "snapshots of \(disk)" : "images of \(family)", output)
        return report.resources.contains { $0.result == "failed" } ? .refused : .done
    }

    private func show(_ report: PruneReport, _ output: Output) throws {
        var shown = report
        if output.format == .id {
            // Of those that stay nobody wants to do what is done with a list of IDs.
            shown.resources.removeAll { $0.result == "stays" }
        }
        try output.result(shown) { Views.pruned(report, $0) }
    }

    private func tell(_ report: PruneReport, _ what: String, _ output: Output) {
        let total = report.resources.count
        if total == 0 { return output.note("no \(what)") }
        let snapshots =
            what.hasPrefix("images") ? ", and those of their snapshots that nothing else uses" : ""
        guard isDryRun else {
            let gone = ["image", "snapshot"].compactMap { type in
                let count = report.resources.count {
                    $0.resourceType == type && $0.result == "deleted"
                }
                return count == 0 ? nil : Views.counted(count, type)
            }
            return output.note(
                gone.isEmpty ? "nothing deleted" : "\(Help.list(gone, "and")) deleted")
        }
        let going = report.resources.count { $0.result == "goes" }
        output.note(
            going == 0
                ? "nothing would go"
                : "\(going) of \(total) \(what) would go\(snapshots); --yes deletes them")
    }

    // MARK: Images

    private func pruneImages(of family: String, _ retention: Retention) async throws {
        let images = try await images(of: family)
        let candidates = images.map { image in
            let kind: Retention.Candidate.Kind =
                switch image.status {
                case "Available", "Deprecated": .whole
                case "CreateFailed": .failed
                case "Creating", "Waiting": .apart("not finished")
                default: .apart("it is \(image.status)")
                }
            return Retention.Candidate(creationTime: image.creationTime, kind: kind)
        }
        let verdicts = retention.judge(candidates, now: Clock.wallNanoseconds())
        var judged: [(image: Image, row: PrunedResource)] = []
        for (image, verdict) in zip(images, verdicts) {
            judged.append((image, try await row(image, verdict)))
        }
        let rows = judged.map(\.row)
        report.withLock { $0.resources = rows.filter { isDryRun || $0.result != "goes" } }
        if isDryRun { return }
        // The oldest first, so that whenever it ends the newest are left.
        for (image, row) in judged.reversed() where row.result == "goes" {
            try Task.checkCancellation()
            try await delete(image, row)
        }
    }

    /// The images of a family that are the account's own, newest first.
    private func images(of family: String) async throws -> [Image] {
        var request = DescribeImagesRequest()
        request.regionID = region
        request.imageFamily = family
        request.status = "ALL"
        request.imageOwnerAlias = "self"
        request.pageSize = 100
        var page: Int32 = 1
        var images: [Image] = []
        var known: Set<String> = []
        while true {
            request.pageNumber = page
            let response = try await client.call(DescribeImages.self, request, timeout: timeout)
            for image in response.images where image.imageFamily == family {
                if known.insert(image.imageID).inserted { images.append(image) }
            }
            if response.images.count < 100 { break }
            page += 1
        }
        return Self.newestFirst(images, \.creationTime)
    }

    /// In the daemon's order where the times are the same. These texts are in order as times are.
    private static func newestFirst<Item>(_ items: [Item], _ time: (Item) -> String) -> [Item] {
        items.enumerated().sorted { one, other in
            let (a, b) = (time(one.element), time(other.element))
            return a == b ? one.offset < other.offset : a > b
        }.map(\.element)
    }

    /// What the rules say of an image, and the daemon, if it would have to go.
    private func row(_ image: Image, _ verdict: Retention.Verdict) async throws -> PrunedResource {
        var row = PrunedResource()
        row.resourceID = image.imageID
        row.resourceType = "image"
        row.name = image.imageName
        row.creationTime = image.creationTime
        guard row.take(verdict) else { return row }
        var request = DeleteImageRequest()
        request.regionID = region
        request.imageID = image.imageID
        request.dryRun = true
        do {
            _ = try await client.call(DeleteImage.self, request, timeout: timeout)
        } catch let error as ServiceError {
            if error.code != ECSError.dryRunOperation.code { row.take(error) }
        }
        return row
    }

    /// Deletes an image and what only it had of snapshots. One that is gone already is deleted,
    /// too: DeleteImage says so.
    private func delete(_ image: Image, _ row: PrunedResource) async throws {
        var row = row
        var request = DeleteImageRequest()
        request.regionID = region
        request.imageID = image.imageID
        do {
            _ = try await client.call(DeleteImage.self, request, timeout: timeout)
            row.result = "deleted"
        } catch let error as ServiceError {
            row.take(error)
        }
        note(row)
        guard row.result == "deleted" else { return }
        var seen: Set<String> = []
        for disk in image.diskDeviceMappings where !disk.snapshotID.isEmpty {
            guard seen.insert(disk.snapshotID).inserted else { continue }
            var snapshot = PrunedResource()
            snapshot.resourceID = disk.snapshotID
            snapshot.resourceType = "snapshot"
            snapshot.reason = "of \(image.imageID)"
            try await deleteSnapshot(snapshot)
        }
    }

    private func note(_ row: PrunedResource) { report.withLock { $0.resources.append(row) } }

    // MARK: Snapshots

    private func pruneSnapshots(of disk: String, _ retention: Retention) async throws {
        let snapshots = try await snapshots(of: disk)
        let candidates = snapshots.map { snapshot in
            let kind: Retention.Candidate.Kind =
                switch (snapshot.status, snapshot.usage) {
                case ("progressing", _): .apart("not finished")
                case (_, "image"), (_, "image_disk"): .apart("an image uses it")
                case ("failed", _): .failed
                default: .whole
                }
            return Retention.Candidate(creationTime: snapshot.creationTime, kind: kind)
        }
        let verdicts = retention.judge(candidates, now: Clock.wallNanoseconds())
        var rows: [PrunedResource] = []
        for (snapshot, verdict) in zip(snapshots, verdicts) {
            var row = PrunedResource()
            row.resourceID = snapshot.snapshotID
            row.resourceType = "snapshot"
            row.name = snapshot.snapshotName
            row.creationTime = snapshot.creationTime
            if row.take(verdict) && snapshot.usage == "disk" {
                row.result = "stays"
                row.reason = "a disk was made from it"
            }
            rows.append(row)
        }
        let judged = rows
        report.withLock { $0.resources = judged.filter { isDryRun || $0.result != "goes" } }
        if isDryRun { return }
        for row in judged.reversed() where row.result == "goes" {
            try Task.checkCancellation()
            try await deleteSnapshot(row)
        }
    }

    private func snapshots(of disk: String) async throws -> [Snapshot] {
        var request = DescribeSnapshotsRequest()
        request.regionID = region
        request.diskID = disk
        request.maxResults = 100
        var snapshots: [Snapshot] = []
        repeat {
            let page = try await client.call(DescribeSnapshots.self, request, timeout: timeout)
            snapshots += page.snapshots.filter { $0.sourceDiskID == disk }
            request.nextToken = page.nextToken
        } while !request.nextToken.isEmpty
        return Self.newestFirst(snapshots, \.creationTime)
    }

    private func deleteSnapshot(_ row: PrunedResource) async throws {
        var row = row
        var request = DeleteSnapshotRequest()
        request.snapshotID = row.resourceID
        do {
            _ = try await client.call(DeleteSnapshot.self, request, timeout: timeout)
            row.result = "deleted"
        } catch let error as ServiceError {
            if error.code == ECSError.invalidSnapshotIdNotFound.code {
                row.result = "deleted"
                row.reason = "gone meanwhile"
            } else {
                row.take(error)
            }
        }
        note(row)
    }
}

extension PrunedResource {
    /// - Returns: whether it goes.
    fileprivate mutating func take(_ verdict: Retention.Verdict) -> Bool {
        switch verdict {
        case .stays(let why): (result, reason) = ("stays", why)
        case .goes(let why): (result, reason) = ("goes", why)
        }
        return result == "goes"
    }

    /// A refusal is a reason to stay; that the caller may not, or the daemon cannot, is a failure.
    fileprivate mutating func take(_ error: ServiceError) {
        let isFailure = error.httpStatus >= 500 || error.code == ECSError.forbidden.code
        result = isFailure ? "failed" : "stays"
        reason = "\(error.code): \(error.message)"
    }
}
