import ECS

/// What the daemon's threads are asked to do. They answer by the job's number, through
/// `captured` and `copied`.
public enum Launch: Sendable {
    /// Note which moment of the file the snapshot will hold; as soon as the job is admitted.
    case capture(JobRecord, accountID: String)
    case copy(JobRecord, accountID: String)
    /// The job has ended without its thread: stop it. What it still reports is ignored.
    case cancel(Int64)
    /// Delete a manifest, then the segments that nothing names any more.
    case reclaim(ReclaimRecord)
}

/// How a job's thread ended.
public enum JobOutcome: Sendable {
    case accomplished(segments: [Int64], sizeBytes: Int64, storedBytes: Int64, consistency: String)
    case failed(reason: String)
}

/// The volatile side of the queue: which jobs run, and which accounts have some that wait. What
/// the queue *is* stands in the state; all of this is derived again after a restart.
struct JobBoard: Sendable {
    /// How many jobs on real files may run at once.
    let workers: Int
    /// Running jobs: their accounts.
    private(set) var running: [Int64: String] = [:]
    private(set) var runningReal: Set<Int64> = []
    private(set) var runningOfAccount: [String: Int] = [:]
    /// Accounts with jobs that may have to be started, served in turn.
    var waiting = Table<String, Bool>()
    var lastServed = ""
    /// Ends of running simulated jobs: by time, then number.
    var finishTimes = Table<FinishTime, String>()
    var launches: [Launch] = []
    /// Jobs whose threads have reported, in order; kept until the journal has room for the change.
    var outcomes: [(job: Int64, accountID: String, outcome: JobOutcome)] = []
    var captures: [(job: Int64, accountID: String, capture: CaptureRecord)] = []
    /// Manifests that exports read: their space waits. And those whose deletion is under way.
    var pins: [Int64: Int] = [:]
    var reclaiming: Set<Int64> = []
    /// Manifests whose files are gone, until the journal knows.
    var reclaimed: [Int64] = []

    struct FinishTime: Comparable, Sendable {
        let time: Int64
        let job: Int64
        static func < (left: Self, right: Self) -> Bool {
            (left.time, left.job) < (right.time, right.job)
        }
    }

    /// When the clock was read last, to see it set back.
    private var lastNow: Int64 = 0

    init(workers: Int) { self.workers = workers }

    /// After the clock was set back, or at a start: no simulated job ends later than its whole
    /// length from now.
    mutating func noteClock(_ now: Int64, _ state: State) {
        defer { lastNow = now }
        guard now < lastNow || lastNow == 0 else { return }
        let running = finishTimes
        for (finish, accountID) in running {
            let job = state.accounts[accountID]?.jobs[finish.job]?.record.value
            guard let job, finish.time > now + job.duration else { continue }
            finishTimes.remove(finish)
            finishTimes.put(FinishTime(time: now + job.duration, job: finish.job), accountID)
        }
    }

    /// After a restart: a job on a file goes on from its capture, or fails if there was none.
    mutating func recover(_ state: State) {
        for (accountID, account) in state.accounts {
            for (number, job) in account.jobs {
                let record = job.record.value
                if record.isReal && record.capture == nil {
                    let reason = "The daemon stopped before the disk was captured. Try again."
                    outcomes.append((number, accountID, .failed(reason: reason)))
                } else if record.isStarted && !record.isReal {
                    start(record, accountID)
                }
            }
            if !account.jobs.isEmpty { waiting.put(accountID, true) }
        }
    }

    /// Sees every change when it is applied.
    mutating func note(_ change: Change) {
        switch change.kind {
        case .job(let record):
            let job = record.value
            waiting.put(change.accountID, true)
            let isNew = !job.isStarted && job.capture == nil
            if isNew && job.isReal { launches.append(.capture(job, accountID: change.accountID)) }
        case .jobEnded(let number):
            if end(number) { launches.append(.cancel(number)) }
            waiting.put(change.accountID, true)
        default: break
        }
    }

    mutating func start(_ job: JobRecord, _ accountID: String) {
        running[job.number] = accountID
        runningOfAccount[accountID, default: 0] += 1
        if job.isReal {
            runningReal.insert(job.number)
        } else {
            finishTimes.put(FinishTime(time: job.finishTime, job: job.number), accountID)
        }
    }

    /// Frees the job's slot, once; whether it ran.
    private mutating func end(_ number: Int64) -> Bool {
        guard let accountID = running.removeValue(forKey: number) else { return false }
        runningOfAccount[accountID, default: 1] -= 1
        if runningOfAccount[accountID] == 0 { runningOfAccount[accountID] = nil }
        return runningReal.remove(number) != nil
    }
}

extension Catalog {
    // MARK: What threads report

    public func captured(_ job: Int64, _ accountID: String, _ capture: CaptureRecord) {
        jobs.captures.append((job, accountID, capture))
    }

    public func ended(_ job: Int64, _ accountID: String, _ outcome: JobOutcome) {
        jobs.outcomes.append((job, accountID, outcome))
    }

    /// The files of a reclaimed manifest are gone.
    public func reclaimed(_ manifest: Int64) { jobs.reclaimed.append(manifest) }

    /// Keeps a manifest's files while an export reads them.
    public func pin(_ manifest: Int64) { jobs.pins[manifest, default: 0] += 1 }

    public func unpin(_ manifest: Int64) {
        let left = (jobs.pins[manifest] ?? 1) - 1
        jobs.pins[manifest] = left > 0 ? left : nil
    }

    // MARK: Going on

    /// Takes every step that needs no request: reports, simulated jobs whose time has come, jobs
    /// whose turn it is, space to give back. Called once a turn, after the requests.
    ///
    /// - Returns: what threads shall do, and when the next simulated job ends.
    public func advance() -> (launches: [Launch], nextTime: Int64?) {
        var isRefused = false
        let now = environment.now()
        jobs.noteClock(now, state)
        do throws(Refusal) {
            try takeReclaimed()
            try takeCaptures()
            try takeOutcomes()
            try finishSimulated()
            try startWaiting()
            try expireTokens()
        } catch {
            // No room in the journal. What is left is tried again when there is, or soon.
            isRefused = true
        }
        if !state.reclaims.isEmpty { launchReclaims() }
        defer { jobs.launches = [] }
        let next = jobs.finishTimes.first?.key.time
        return (jobs.launches, isRefused ? now + 1_000_000_000 : next)
    }

    private func takeReclaimed() throws(Refusal) {
        while let manifest = jobs.reclaimed.first {
            if state.reclaims[manifest] != nil {
                var draft = draft("", "")
                draft.add(.reclaimed(manifest))
                try commit(draft, isRelease: true)
            }
            jobs.reclaimed.removeFirst()
            jobs.reclaiming.remove(manifest)
        }
    }

    private func takeCaptures() throws(Refusal) {
        while let (number, accountID, capture) = jobs.captures.first {
            if let job = state.accounts[accountID]?.jobs[number] {
                var record = job.record.value
                record.capture = capture
                var draft = draft(accountID, job.regionID)
                draft.add(.job(Boxed(record)))
                try commit(draft, isRelease: true)
            }
            jobs.captures.removeFirst()
        }
    }

    private func takeOutcomes() throws(Refusal) {
        while let (number, accountID, outcome) = jobs.outcomes.first {
            try end(number, accountID, outcome)
            jobs.outcomes.removeFirst()
        }
    }

    private func finishSimulated() throws(Refusal) {
        let now = environment.now()
        while let (finish, accountID) = jobs.finishTimes.first, finish.time <= now {
            let outcome = JobOutcome.accomplished(
                segments: [], sizeBytes: 0, storedBytes: 0, consistency: "")
            try end(finish.job, accountID, outcome)
            jobs.finishTimes.remove(finish)
        }
    }

    /// Ends a job by a change, which frees its slot. One that has ended already (cancelled, or
    /// its image failed) is left as it is.
    private func end(
        _ number: Int64, _ accountID: String, _ outcome: JobOutcome
    ) throws(Refusal) {
        guard let account = state.accounts[accountID], let job = account.jobs[number],
            let region = account.regions[job.regionID]
        else { return discard(outcome, of: number) }
        var draft = draft(accountID, job.regionID)
        draft.end(job.record.value, outcome, account, region)
        try commit(draft, isRelease: true)
    }

    /// A copy that ended after its job was cancelled: its files have no snapshot. A simulated job
    /// has none; a disk without data has a manifest and no segment.
    private func discard(_ outcome: JobOutcome, of number: Int64) {
        guard case .accomplished(let segments, let sizeBytes, _, _) = outcome, sizeBytes > 0 else {
            return
        }
        var reclaim = ReclaimRecord()
        reclaim.manifest = number
        reclaim.segments = segments.filter { state.segmentUsers.count("\($0)") == 0 }
        jobs.launches.append(.reclaim(reclaim))
    }

    // MARK: Whose turn it is

    /// Starts jobs: in each account in the order of admission, one account after the other.
    private func startWaiting() throws(Refusal) {
        var blocked: Set<String> = []
        while let accountID = nextAccount(blocked) {
            if try startNext(of: accountID) {
                jobs.lastServed = accountID
            } else {
                blocked.insert(accountID)
            }
        }
    }

    private func nextAccount(_ blocked: Set<String>) -> String? {
        for (accountID, _) in jobs.waiting.ascending(from: jobs.lastServed)
        where accountID != jobs.lastServed && !blocked.contains(accountID) {
            return accountID
        }
        for (accountID, _) in jobs.waiting where !blocked.contains(accountID) { return accountID }
        return nil
    }

    /// Starts the account's oldest waiting job, if it may run now.
    private func startNext(of accountID: String) throws(Refusal) -> Bool {
        let next = state.accounts[accountID]?.jobs.first { jobs.running[$0.key] == nil }
        guard let next else {
            jobs.waiting.remove(accountID)
            return false
        }
        if jobs.runningOfAccount[accountID, default: 0] >= limits.workers { return false }
        var job = next.value.record.value
        if job.isReal && (job.capture == nil || jobs.runningReal.count >= jobs.workers) {
            return false
        }
        if !job.isStarted {
            job.isStarted = true
            job.finishTime = environment.now() + job.duration
            var draft = draft(accountID, next.value.regionID)
            draft.add(.job(Boxed(job)))
            draft.startImage(job.imageID, state)
            try commit(draft, isRelease: true)
        }
        jobs.start(job, accountID)
        if job.isReal { jobs.launches.append(.copy(job, accountID: accountID)) }
        return true
    }

    // MARK: Tokens

    /// A token lives for a day at least, and as long as what it stands for (V3). Looked at once
    /// an hour.
    private func expireTokens() throws(Refusal) {
        let now = environment.now()
        guard now >= nextTokenSweep else { return }
        var isAll = true
        for (accountID, account) in state.accounts {
            let expired = account.tokens.lazy.filter { _, token in
                token.value.time < now - Self.tokenLifetime
                    && account.find(\.images, token.value.resourceID) == nil
            }
            let keys = Array(expired.prefix(1000).map(\.key))
            isAll = isAll && keys.count < 1000
            for key in keys {
                var draft = draft(accountID, "")
                draft.add(.tokenExpired(key))
                try commit(draft, isRelease: true)
            }
        }
        nextTokenSweep = now + (isAll ? Self.tokenSweepInterval : 1_000_000_000)
    }

    private static let tokenLifetime: Int64 = 24 * 3_600_000_000_000
    private static let tokenSweepInterval: Int64 = 3_600_000_000_000

    // MARK: Space

    private func launchReclaims() {
        for (manifest, record) in state.reclaims
        where jobs.pins[manifest] == nil && !jobs.reclaiming.contains(manifest) {
            jobs.reclaiming.insert(manifest)
            var reclaim = record.value
            reclaim.segments.removeAll { state.segmentUsers.count("\($0)") > 0 }
            jobs.launches.append(.reclaim(reclaim))
        }
    }

    /// Unfinished jobs of all accounts: waiting, and running.
    public func jobCounts() -> (queued: Int, running: Int) {
        let all = state.accounts.reduce(0) { $0 + $1.value.jobs.count }
        return (all - jobs.running.count, jobs.running.count)
    }
}
