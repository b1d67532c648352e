import ECS

/// Jobs one by one, and faults: the rest of the service `Fixture`.
extension Catalog {
    // MARK: Jobs

    /// Which jobs a request is about.
    private struct Selection {
        let resources: [String]
        let count: Int32?

        /// Whether it means all jobs, and those to come.
        var isEverything: Bool { resources.isEmpty && count == nil }
    }

    public func describeJobs(
        _ request: DescribeJobsRequest, _ caller: Caller
    ) throws(Refusal) -> JobsResponse {
        let account = try owned(caller)
        return response(account.jobs.map { described($0.value, account) })
    }

    public func holdJobs(
        _ request: HoldJobsRequest, _ caller: Caller
    ) throws(Refusal) -> JobsResponse {
        try setHeld(true, Selection(resources: request.resourceID, count: request.count), caller)
    }

    public func releaseJobs(
        _ request: ReleaseJobsRequest, _ caller: Caller
    ) throws(Refusal) -> JobsResponse {
        try setHeld(false, Selection(resources: request.resourceID, count: request.count), caller)
    }

    private func setHeld(
        _ isHeld: Bool, _ selection: Selection, _ caller: Caller
    ) throws(Refusal) -> JobsResponse {
        let account = try owned(caller)
        let jobs = try select(selection, account) { $0.isHeld != isHeld }
        var draft = draft(caller, "")
        if selection.isEverything && account.record.holdsJobs != isHeld {
            var record = account.record
            record.holdsJobs = isHeld
            draft.add(.account(Boxed(record)))
        }
        for job in jobs {
            var record = job.record.value
            record.isHeld = isHeld
            draft.put(record, job.regionID)
        }
        if !draft.changes.isEmpty { try commit(draft) }
        return try answer(jobs, caller)
    }

    /// A waiting job starts, and is held at its end; a running one ends.
    public func stepJobs(
        _ request: StepJobsRequest, _ caller: Caller
    ) throws(Refusal) -> JobsResponse {
        let account = try owned(caller)
        let jobs = try select(
            Selection(resources: request.resourceID, count: request.count), account)
        try requireSlots(jobs, account)
        for job in jobs {
            if job.record.value.isStarted {
                try finish(job, caller)
            } else {
                var record = job.record.value
                record.isHeld = true
                let held = AccountJob(regionID: job.regionID, record: Boxed(record))
                _ = try start(held, of: caller.accountID)
            }
        }
        return try answer(jobs, caller)
    }

    /// Whether all can take their step, one after the other: an end gives a slot back.
    private func requireSlots(_ jobs: [AccountJob], _ account: Account) throws(Refusal) {
        var free = limits(of: account).workers - runningJobs(of: account.record.accountID)
        for job in jobs {
            let record = job.record.value
            if record.isStarted {
                if !record.isReal { free += 1 }
                continue
            }
            let isReady = !record.isReal || record.capture != nil
            guard free > 0, isReady else {
                throw .error(
                    .invalidParameter(
                        "ResourceId",
                        hint: """
                            The job of \(record.resourceID) cannot start: as many run as may \
                            (Workers), or its file is still being looked at. Finish one first.
                            """))
            }
            free -= 1
        }
    }

    /// Simulated jobs end at once; one on a file is let go and ends when its copy does.
    public func finishJobs(
        _ request: FinishJobsRequest, _ caller: Caller
    ) throws(Refusal) -> JobsResponse {
        let account = try owned(caller)
        let jobs = try select(
            Selection(resources: request.resourceID, count: request.count), account)
        for job in jobs { try finish(job, caller) }
        return try answer(jobs, caller)
    }

    private func finish(_ job: AccountJob, _ caller: Caller) throws(Refusal) {
        var record = job.record.value
        var draft = draft(caller, job.regionID)
        if record.isReal {
            guard record.isHeld else { return }
            record.isHeld = false
            draft.put(record, job.regionID)
            return try commit(draft)
        }
        if !record.isStarted {
            draft.startImage(record.imageID, state)
            if !draft.changes.isEmpty {
                try commit(draft)
                draft = self.draft(caller, job.regionID)
            }
        }
        let account = try owned(caller)
        guard account.jobs[record.number] != nil, let region = account.regions[job.regionID]
        else { return }
        draft.end(record, .simulated, account, region)
        try commit(draft, isRelease: true)
    }

    public func failJobs(
        _ request: FailJobsRequest, _ caller: Caller
    ) throws(Refusal) -> JobsResponse {
        try require("Reason", request.reason, maxBytes: 1024)
        let account = try owned(caller)
        let jobs = try select(
            Selection(resources: request.resourceID, count: request.count), account)
        let reason = request.reason.isEmpty ? "A test has failed the job." : request.reason
        for job in jobs {
            // With an image its other jobs end: some of these may have.
            let account = try owned(caller)
            guard account.jobs[job.record.value.number] != nil,
                let region = account.regions[job.regionID]
            else { continue }
            var draft = draft(caller, job.regionID)
            draft.end(job.record.value, .failed(reason: reason), account, region)
            try commit(draft, isRelease: true)
        }
        return try answer(jobs, caller)
    }

    /// The jobs that are meant, oldest first.
    private func select(
        _ selection: Selection, _ account: Account,
        where isWanted: (JobRecord) -> Bool = { _ in true }
    ) throws(Refusal) -> [AccountJob] {
        guard selection.count ?? 1 >= 1 else {
            throw .error(.invalidParameter("Count", hint: "1 or more."))
        }
        guard selection.resources.count <= 100 else {
            throw .error(.invalidParameter("ResourceId", hint: "At most 100."))
        }
        for (index, id) in selection.resources.enumerated() {
            guard account.jobs.contains(where: { $0.value.record.value.isOf(id) }) else {
                throw .error(
                    .invalidParameter(
                        "ResourceId.\(index + 1)", hint: "\(id) has no unfinished job."))
            }
        }
        var jobs: [AccountJob] = []
        for (_, job) in account.jobs where isWanted(job.record.value) {
            let isMeant =
                selection.resources.isEmpty
                || selection.resources.contains { job.record.value.isOf($0) }
            if isMeant { jobs.append(job) }
            if let count = selection.count, jobs.count == Int(count) { break }
        }
        return jobs
    }

    private func answer(_ jobs: [AccountJob], _ caller: Caller) throws(Refusal) -> JobsResponse {
        let account = try owned(caller)
        return response(jobs.map { described($0, account) })
    }

    private func response(_ jobs: [Job]) -> JobsResponse {
        var response = JobsResponse()
        response.jobs = jobs
        return response
    }

    /// The job as it is now.
    private func described(_ job: AccountJob, _ account: Account) -> Job {
        let number = job.record.value.number
        let record = account.jobs[number]?.record.value
        var described = Job()
        described.snapshotID = job.record.value.snapshotID
        described.imageID = job.record.value.imageID
        described.diskID = job.record.value.diskID
        described.regionID = job.regionID
        described.isHeld = record?.isHeld ?? false
        described.durationMilliseconds =
            job.record.value.isReal ? 0 : job.record.value.duration / 1_000_000
        if let record {
            described.status = record.isStarted ? "running" : "waiting"
            described.progress = "\(percent(record, account))%"
        } else {
            let region = account.regions[job.regionID]
            let snapshot = region?.snapshots[job.record.value.snapshotID]?.snapshot.status
            let image = region?.images[job.record.value.imageID]?.image.status
            let isDone =
                snapshot.map { $0 == "accomplished" } ?? (image.map { $0 == "Available" } ?? false)
            described.status = isDone ? "accomplished" : "failed"
            described.progress = isDone ? "100%" : "0%"
        }
        return described
    }

    // MARK: Faults

    public func addFaultRule(
        _ request: AddFaultRuleRequest, _ caller: Caller
    ) throws(Refusal) -> AddFaultRuleResponse {
        let account = try owned(caller)
        var rule = FaultRule()
        rule.operation = request.operation.isEmpty ? CreateImage.name : request.operation
        let operations = allOperations.filter { $0.service == .ecs }.map { $0.name }
        guard operations.contains(rule.operation) else {
            throw .error(
                .invalidParameter(
                    "Operation", hint: "One of ECS's: \(CreateImage.name) and others.")
            )
        }
        rule.action = request.action
        guard ["hold", "fail"].contains(request.action) else {
            throw .error(.invalidParameter("Action", hint: "hold or fail."))
        }
        rule.code = request.code
        if request.action == "fail" && ECSError.ofCode[request.code] == nil {
            throw .error(
                .invalidParameter(
                    "Code", hint: "One of \(Values.list(ECSError.ofCode.keys.sorted()))."))
        }
        rule.timesLeft = request.times ?? 1
        guard rule.timesLeft >= 0 else {
            throw .error(.invalidParameter("Times", hint: "0 (without end) or more."))
        }
        rule.holdMilliseconds = request.holdMilliseconds ?? 60_000
        guard (0...86_400_000).contains(rule.holdMilliseconds) else {
            throw .error(.invalidParameter("HoldMilliseconds", hint: "0 to 86400000: a day."))
        }
        try require("ClientToken", request.clientToken, maxBytes: 64)
        rule.clientToken = request.clientToken
        guard account.record.faultRules.count < 100 else {
            throw .error(.invalidParameter("Operation", hint: "100 rules are there already."))
        }
        var draft = draft(caller, "")
        rule.faultRuleID = draft.number()
        var record = account.record
        record.faultRules.append(rule)
        draft.add(.account(Boxed(record)))
        try commit(draft)
        var response = AddFaultRuleResponse()
        response.faultRuleID = rule.faultRuleID
        return response
    }

    public func removeFaultRule(
        _ request: RemoveFaultRuleRequest, _ caller: Caller
    ) throws(Refusal) -> RemoveFaultRuleResponse {
        try change(caller) { record in
            record.faultRules.removeAll { $0.faultRuleID == request.faultRuleID }
        }
        for id in held(request.faultRuleID, caller.accountID) { holds.release(id) }
        return RemoveFaultRuleResponse()
    }

    public func describeFaultRules(
        _ request: DescribeFaultRulesRequest, _ caller: Caller
    ) throws(Refusal) -> DescribeFaultRulesResponse {
        let account = try owned(caller)
        var response = DescribeFaultRulesResponse()
        response.faultRules = account.record.faultRules
        for (_, entry) in holds.entries
        where entry.accountID == caller.accountID && !entry.isReleased {
            var request = HeldRequest()
            request.faultRuleID = entry.ruleID
            request.operation = entry.operation
            request.clientToken = entry.clientToken
            response.heldRequests.append(request)
        }
        return response
    }

    public func releaseRequests(
        _ request: ReleaseRequestsRequest, _ caller: Caller
    ) throws(Refusal) -> ReleaseRequestsResponse {
        _ = try owned(caller)
        guard request.count ?? 1 >= 1 else {
            throw .error(.invalidParameter("Count", hint: "1 or more."))
        }
        let error = ECSError.ofCode[request.code]
        guard request.code.isEmpty || error != nil else {
            throw .error(
                .invalidParameter(
                    "Code", hint: "One of \(Values.list(ECSError.ofCode.keys.sorted()))."))
        }
        let ids = held(request.faultRuleID, caller.accountID)
            .prefix(request.count.map { Int($0) } ?? .max)
        for id in ids {
            if let error { holds.fail(id, error) } else { holds.release(id) }
        }
        var response = ReleaseRequestsResponse()
        response.released = Int32(ids.count)
        return response
    }

    /// The requests that a rule holds, oldest first; nil: that any rule holds.
    func held(_ ruleID: Int64?, _ accountID: String) -> [HoldID] {
        holds.entries.lazy.filter { _, entry in
            entry.accountID == accountID && !entry.isReleased && entry.ruleID > 0
                && ruleID.map { $0 == entry.ruleID } ?? true
        }
        .map(\.key)
    }
}

extension JobRecord {
    func isOf(_ resourceID: String) -> Bool {
        snapshotID == resourceID || imageID == resourceID
    }

    /// What it makes.
    var resourceID: String { snapshotID.isEmpty ? imageID : snapshotID }
}

extension Draft {
    /// A job of any region of the account.
    mutating func put(_ record: JobRecord, _ regionID: String) {
        append(Change(now, accountID, regionID, .job(Boxed(record))))
    }
}
