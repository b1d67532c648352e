import Catalog
import ECS
import Snapshots
import System
import Wire

// What reads stored snapshots on a thread and changes nothing: verifying, counting, looking at an
// image's bytes. What is read is pinned until the thread has reported.

/// A thread's answer to a request that waits for it.
enum Examined: Sendable {
    case verified(Verification)
    case counted(UsageCount)
}

/// What DescribeUsage counts: the rows of the answer, and the account's totals.
struct UsageCount: Sendable {
    var rows: [GroupUsage] = []
    var all = GroupUsage()
    var pendingBytes: Int64 = 0
}

extension Workers {
    func verify(_ plan: VerifyPlan, serial: Int64, _ progress: JobProgress) {
        copies.run { [store, reports] in
            let verification = store.verify(
                plan.manifests.map { UInt64($0) }, others: plan.others.map { UInt64($0) },
                from: VerifyPosition(segment: UInt64(plan.segment), slot: UInt64(plan.slot)),
                bytesMax: plan.bytesMax, progress: progress)
            reports.post(.examined(serial: serial, .verified(verification)))
        }
    }

    func count(_ plan: UsagePlan, serial: Int64) {
        copies.run { [store, reports] in
            var count = UsageCount()
            let others = plan.others.map { UInt64($0) }
            let groups = plan.rows.map { row in
                UsageGroup(
                    manifests: row.manifests.map { UInt64($0) },
                    shared: Set(row.shared.map { UInt64($0) }))
            }
            count.rows = store.usage(of: groups, others: others)
            let own = plan.own.map { UInt64($0) }
            count.all.storedBytes = store.storedBytes(of: own)
            let shared = Set(plan.ownShared.map { UInt64($0) })
            let single = own.map { UsageGroup(manifests: [$0], shared: shared) }
            let foreign = Set(others).subtracting(own).sorted()
            count.all.reclaimableBytes = store.usage(of: single, others: foreign)
                .reduce(0) { $0 + $1.reclaimableBytes }
            for (segment, users) in plan.pending {
                count.pendingBytes += store.unusedBytes(
                    ofSegment: UInt64(segment), users: users.map { UInt64($0) })
            }
            reports.post(.examined(serial: serial, .counted(count)))
        }
    }

    func detect(_ detection: Detection) {
        copies.run { [store, reports] in
            let result = Result { () throws(ReadFailure) in
                try store.detect(
                    manifest: UInt64(detection.manifest), bootMode: detection.bootMode,
                    architecture: detection.architecture)
            }
            reports.post(.detected(detection, result))
        }
    }

    /// Finds out which other snapshots damage is of.
    func spread(_ failure: ReadFailure, to manifests: [Int64]) {
        copies.run { [store, reports] in
            let failures = store.spread(of: failure, to: manifests.map { UInt64($0) })
            reports.post(.damaged(failures))
        }
    }
}

extension Report {
    /// Damage that the thread has met, each with no look yet at whom else it concerns.
    var damage: [ReadFailure] {
        let failures: [ReadFailure] =
            switch self {
            case .copied(_, _, .success(let stored)): stored.parentFailures
            case .exported(_, .failure(let failure)): failure.read.map { [$0] } ?? []
            case .made(_, .failure(let problem)): problem.failure.read.map { [$0] } ?? []
            case .detected(_, .failure(let failure)), .read(_, .failure(let failure)): [failure]
            default: []
            }
        return failures.filter(\.isDamage)
    }
}

extension FoundDamage {
    init(_ failure: ReadFailure) {
        self.init(manifest: Int64(failure.manifest), reason: failure.reason)
    }
}

extension Catalog {
    /// Damage that needs no further look, for it is of one manifest, or has been looked at.
    func noteDamage(_ report: Report) {
        switch report {
        case .damaged(let failures):
            damaged(failures.filter(\.isDamage).map { FoundDamage($0) })
        case .examined(_, .verified(let verification)):
            let failures = verification.failures + verification.elsewhere
            damaged(failures.filter(\.isDamage).map { FoundDamage($0) })
        default:
            damaged(report.damage.map { FoundDamage($0) })
        }
    }

    private static let detectionItemsMax = 64

    func noteDetection(_ detection: Detection, _ result: Result<[DetectionFinding], ReadFailure>) {
        switch result {
        case .success(let findings):
            // A hostile disk has hundreds, and a page of images must fit into a frame.
            let excess = findings.count - Self.detectionItemsMax
            var dropped = 0
            let kept = findings.filter { finding in
                if finding.riskLevel.isEmpty && dropped < excess {
                    dropped += 1
                    return false
                }
                return true
            }
            detected(
                detection, kept.prefix(Self.detectionItemsMax).map { DetectionItem($0) })
        case .failure(let failure): detected(detection, [DetectionItem(unreadable: failure)])
        }
    }

    func verifySnapshot(
        _ request: VerifySnapshotRequest, _ call: Call, _ answers: inout Answers
    ) throws(Refusal) -> Pending? {
        let plan = try planVerify(request, call.caller)
        for manifest in plan.pins { pin(manifest) }
        return .verify(plan)
    }

    func describeUsage(
        _ request: DescribeUsageRequest, _ call: Call, _ answers: inout Answers
    ) throws(Refusal) -> Pending? {
        let plan = try planUsage(request, call.caller)
        for manifest in plan.manifests { pin(manifest) }
        return .usage(plan)
    }
}

extension DetectionItem {
    fileprivate init(_ finding: DetectionFinding) {
        self.init()
        name = finding.name
        value = finding.value
        riskCode = finding.riskCode
        riskLevel = finding.riskLevel
    }

    /// The bytes could not be read.
    fileprivate init(unreadable failure: ReadFailure) {
        self.init()
        name = "Image.Data"
        value = failure.reason
        riskCode = failure.isDamage ? "Image.Data.Damaged" : "Image.Data.Unreadable"
        riskLevel = "High"
    }
}

extension Pending {
    /// What is pinned for it.
    var examinedManifests: [Int64] {
        switch self {
        case .verify(let plan): plan.pins
        case .usage(let plan): plan.manifests
        default: []
        }
    }
}

extension Server {
    func startExamination(_ parkedCall: ParkedCall) {
        guard let workers else { return finishWithoutData(parkedCall) }
        let serial = parkedCall.serial
        examinations[serial] = parkedCall.pending.examinedManifests
        switch parkedCall.pending {
        case .verify(let plan):
            let progress = JobProgress()
            parked.update(parkedCall.call.key) { $0.progress = progress }
            workers.verify(plan, serial: serial, progress)
        case .usage(let plan): workers.count(plan, serial: serial)
        default: break
        }
    }

    /// A daemon without a data directory has no snapshots of real bytes.
    private func finishWithoutData(_ parkedCall: ParkedCall) {
        switch parkedCall.pending {
        case .verify: finishExamination(parkedCall.serial, .verified(Verification()))
        case .usage: finishExamination(parkedCall.serial, .counted(UsageCount()))
        default: break
        }
    }

    /// The manifests that no examination reads any more.
    func takeExamined(_ reports: [Report]) -> [Int64] {
        reports.flatMap { report in
            guard case .examined(let serial, _) = report else { return [Int64]() }
            return examinations.removeValue(forKey: serial) ?? []
        }
    }

    func finishExamination(_ serial: Int64, _ examined: Examined) {
        guard let waiting = parked[serial: serial] else { return }
        let answers = catalog.assumeIsolated { catalog in
            var answers = Answers()
            if let ending = waiting.ending {
                answers.add(waiting.call.key, ending, turn: 0)
            } else {
                catalog.answer(waiting, examined, &answers)
            }
            return answers
        }
        deliver(answers)
    }

    /// Damage of a segment is damage of every snapshot that names the place.
    func spreadDamage(_ reports: [Report]) {
        for failure in reports.flatMap(\.damage) {
            guard let segment = failure.segment else { continue }
            let users = catalog.assumeIsolated { $0.users(ofSegment: Int64(segment)) }
            workers?.spread(failure, to: users)
        }
    }
}

extension Catalog {
    fileprivate func answer(
        _ waiting: ParkedCall, _ examined: Examined, _ answers: inout Answers
    ) {
        switch (waiting.pending, examined) {
        case (.verify, .verified(let verification)):
            reply(waiting.call, response(verification, waiting.call.caller), &answers)
        case (.usage(let plan), .counted(let count)):
            reply(waiting.call, DescribeUsageResponse(plan, count), &answers)
        default: break
        }
    }

    private func response(
        _ verification: Verification, _ caller: Caller
    ) -> VerifySnapshotResponse {
        var response = VerifySnapshotResponse()
        response.damage = damage(
            verification.failures.map {
                VerifiedRange(
                    manifest: Int64($0.manifest), range: $0.byteRange, reason: $0.reason)
            }, caller)
        if let next = verification.next {
            response.nextToken = Catalog.verifyToken(
                segment: Int64(next.segment), slot: Int64(next.slot))
        }
        response.verifiedBytes = verification.verifiedBytes
        response.doneBytes = verification.doneBytes
        response.totalBytes = verification.totalBytes
        return response
    }
}

extension DescribeUsageResponse {
    fileprivate init(_ plan: UsagePlan, _ count: UsageCount) {
        self.init()
        logicalBytes = plan.logicalBytes
        storedBytes = count.all.storedBytes
        reclaimableBytes = count.all.reclaimableBytes
        pendingBytes = count.pendingBytes
        // Most first; of as much, in the order of the IDs.
        let rows = zip(plan.rows, count.rows).map { Usage($0, $1) }.sorted { $0.comes(before: $1) }
        let rest = rows.drop { row in
            guard let last = plan.last else { return false }
            return !((row.storedBytes, last.id) < (last.storedBytes, row.resourceID))
        }
        usage = Array(rest.prefix(plan.max))
        if let last = usage.last, rest.count > usage.count {
            nextToken = Catalog.usageToken(storedBytes: last.storedBytes, id: last.resourceID)
        }
    }
}

extension Usage {
    fileprivate init(_ row: UsagePlan.Row, _ usage: GroupUsage) {
        self.init()
        resourceID = row.id
        name = row.name
        logicalBytes = row.logicalBytes
        storedBytes = usage.storedBytes
        reclaimableBytes = usage.reclaimableBytes
    }

    fileprivate func comes(before other: Usage) -> Bool {
        (other.storedBytes, resourceID) < (storedBytes, other.resourceID)
    }
}
