import ECS

/// What the daemon's threads are asked to do. They answer by the job's number, through
/// `captured` and `copied`.
public enum Launch: Sendable {
    /// Note which moment of the file the snapshot will hold; as soon as the job is admitted.
    case capture(JobRecord, accountID: String)
    /// Copy the disk, compared with a manifest; nil: there is none to compare it with.
    case copy(JobRecord, accountID: String, parent: Int64?)
    /// The job has ended without its thread: stop it. What it still reports is ignored.
    case cancel(Int64)
    /// The job has ended before it was copied: its capture has no use.
    case discardCapture(Int64)
    /// Delete a manifest, then what nothing else names of its segments.
    ///
    /// - users: the manifests that still name each segment.
    case reclaim(ReclaimRecord, users: [Int64: [Int64]])
    /// Look at the bytes of an image's system disk.
    case detect(Detection)
}

/// How a job's thread ended.
public enum JobOutcome: Sendable {
    case accomplished(segments: [Int64], sizeBytes: Int64, storedBytes: Int64, consistency: String)
    case failed(reason: String)

    /// Of a job that has no bytes.
    static let simulated = JobOutcome.accomplished(
        segments: [], sizeBytes: 0, storedBytes: 0, consistency: "")
}

/// What happens by itself when an account's clock has come so far.
struct Timer: Sendable {
    enum Kind: Sendable { case job, instance }

    let kind: Kind
    let accountID: String
    let regionID: String
    /// On the account's clock.
    var end: Int64
    /// It never lies further ahead than this, whatever is done to the clock.
    let duration: Int64
}

/// The volatile side of the queue: which jobs run, and which accounts have some that wait. What
/// the queue *is* stands in the state; all of this is derived again after a restart.
struct JobBoard: Sendable {
    /// How many jobs on real files may run at once.
    let workers: Int
    /// Running jobs: their accounts.
    private(set) var running: [Int64: String] = [:]
    private(set) var runningReal: Set<Int64> = []
    /// Unfinished jobs whose files have been looked at, or are.
    private var capturing: [Int64: String] = [:]
    private(set) var runningOfAccount: [String: Int] = [:]
    /// Accounts with jobs that may have to be started, served in turn.
    var waiting = Table<String, Bool>()
    var lastServed = ""
    private(set) var timers = Timers()
    var launches: [Launch] = []
    /// Jobs whose threads have reported, in order; kept until the journal has room for the change.
    var outcomes: [(job: Int64, accountID: String, outcome: JobOutcome)] = []
    var captures: [(job: Int64, accountID: String, capture: CaptureRecord)] = []
    /// Held jobs whose threads are done: they end when they are let go.
    var heldOutcomes: [Int64: JobOutcome] = [:]
    /// What each job's copy is compared with, until the job has ended in the state.
    var parents: [Int64: Int64] = [:]
    /// Manifests that something reads: their space waits. And the one whose deletion is under way,
    /// or could not be done: the next start tries again.
    var pins: [Int64: Int] = [:]
    var reclaiming: Int64?
    var unreclaimable: Set<Int64> = []
    /// Files that are being removed, by the numbers that name them.
    var reclaimingFiles: Set<Int64> = []
    /// Manifests whose files are gone, until the journal knows.
    var reclaimed: [Int64] = []
    /// What has been found of images and of damage, until the journal knows.
    var findings = Findings()
    /// When the machine's clock was read last, to see it set back.
    private var lastNow: Int64 = 0

    init(workers: Int) { self.workers = workers }

    /// After the machine's clock was set back, every end is looked at again.
    mutating func noteClock(_ now: Int64, _ accounts: Table<String, Account>) {
        if now < lastNow { timers.setAll(accounts, now) }
        lastNow = now
    }

    /// After a restart: a job on a file goes on from its capture, or fails if there was none.
    mutating func recover(_ accounts: Table<String, Account>, _ now: Int64) {
        lastNow = now
        for (accountID, account) in accounts {
            for (number, job) in account.jobs {
                let record = job.record.value
                if record.isReal && record.capture == nil {
                    let reason = "The daemon stopped before the disk was captured. Try again."
                    outcomes.append((number, accountID, .failed(reason: reason)))
                } else if record.isReal {
                    // If it ends before it is copied, its clone goes.
                    capturing[number] = accountID
                } else if record.isStarted {
                    start(record, accountID, job.regionID, accounts, now)
                }
            }
            if !account.jobs.isEmpty { waiting.put(accountID, true) }
            for (regionID, region) in account.regions {
                for (_, instance) in region.value.instances.records {
                    note(instance.value, accountID, regionID, accounts, now)
                }
                for (_, image) in region.value.images.records {
                    findings.note(image.value, accountID, regionID, region)
                }
            }
        }
    }

    /// Sees every change when it has been applied.
    mutating func note(_ change: Change, _ accounts: Table<String, Account>, _ now: Int64) {
        switch change.kind {
        case .job(let record):
            let job = record.value
            waiting.put(change.accountID, true)
            let isNew = !job.isStarted && job.capture == nil
            if isNew && job.isReal && capturing[job.number] == nil {
                capturing[job.number] = change.accountID
                launches.append(.capture(job, accountID: change.accountID))
            }
            if running[job.number] != nil { timers.set(job.number, accounts, now) }
            if !job.isHeld, let outcome = heldOutcomes.removeValue(forKey: job.number) {
                outcomes.append((job.number, change.accountID, outcome))
            }
        case .jobEnded(let number): end(number, change.accountID)
        case .instance(let record):
            note(record.value, change.accountID, change.regionID, accounts, now)
        case .instanceDeleted: break
        case .image(let record):
            guard let region = accounts[change.accountID]?.regions[change.regionID] else { break }
            findings.note(record.value, change.accountID, change.regionID, region)
        case .account:
            timers.set(account: change.accountID, accounts, now)
            // Its limits may have changed.
            waiting.put(change.accountID, true)
        case .accountDropped(let id): drop(id)
        default: break
        }
    }

    private mutating func note(
        _ instance: InstanceRecord, _ accountID: String, _ regionID: String,
        _ accounts: Table<String, Account>,
        _ now: Int64
    ) {
        guard instance.isMoving else { return timers.remove(instance.number) }
        let duration = instance.moveDuration
        let timer = Timer(
            kind: .instance, accountID: accountID, regionID: regionID, end: instance.statusEnd,
            duration: duration)
        timers.add(instance.number, timer, accounts, now)
    }

    mutating func start(
        _ job: JobRecord, _ accountID: String, _ regionID: String,
        _ accounts: Table<String, Account>, _ now: Int64
    ) {
        running[job.number] = accountID
        runningOfAccount[accountID, default: 0] += 1
        if job.isReal {
            runningReal.insert(job.number)
        } else {
            let timer = Timer(
                kind: .job, accountID: accountID, regionID: regionID, end: job.finishTime,
                duration: job.duration)
            timers.add(job.number, timer, accounts, now)
        }
    }

    mutating func stopTimer(_ number: Int64) { timers.rest(number) }
    mutating func removeTimer(_ number: Int64) { timers.remove(number) }

    /// Frees the job's slot, once, and stops its thread.
    private mutating func end(_ number: Int64, _ accountID: String) {
        waiting.put(accountID, true)
        timers.remove(number)
        let isCaptured = capturing.removeValue(forKey: number) != nil
        // What its thread has made has no snapshot any more.
        if let outcome = heldOutcomes.removeValue(forKey: number) {
            outcomes.append((number, accountID, outcome))
        }
        guard let accountID = running.removeValue(forKey: number) else {
            if isCaptured { launches.append(.discardCapture(number)) }
            return
        }
        runningOfAccount[accountID, default: 1] -= 1
        if runningOfAccount[accountID] == 0 { runningOfAccount[accountID] = nil }
        if runningReal.remove(number) != nil { launches.append(.cancel(number)) }
    }

    private mutating func drop(_ accountID: String) {
        for (number, owner) in running where owner == accountID { end(number, accountID) }
        for (number, owner) in capturing where owner == accountID { end(number, accountID) }
        timers.remove(account: accountID)
        waiting.remove(accountID)
    }
}

/// The timers of all accounts, in the order of the machine's clock. Those of an account whose
/// clock stands still are kept, but not due.
struct Timers: Sendable {
    struct Due: Comparable, Sendable {
        let time: Int64
        /// By the account's clock: of what is due at once, the earlier end comes first.
        let end: Int64
        let number: Int64
        static func < (left: Self, right: Self) -> Bool {
            (left.time, left.end, left.number) < (right.time, right.end, right.number)
        }
    }

    private var timers: [Int64: Timer] = [:]
    private var ofAccount: [String: Set<Int64>] = [:]
    private var due = Table<Due, Bool>()
    private var dueTimes: [Int64: Due] = [:]

    var first: (time: Int64, number: Int64, timer: Timer)? {
        guard let first = due.first?.key, let timer = timers[first.number] else { return nil }
        return (first.time, first.number, timer)
    }

    /// The account's first timer that is due.
    func firstDue(of accountID: String, _ now: Int64) -> (number: Int64, timer: Timer)? {
        for (entry, _) in due {
            if entry.time > now { return nil }
            if let timer = timers[entry.number], timer.accountID == accountID {
                return (entry.number, timer)
            }
        }
        return nil
    }

    mutating func add(
        _ number: Int64, _ timer: Timer, _ accounts: Table<String, Account>, _ now: Int64
    ) {
        timers[number] = timer
        ofAccount[timer.accountID, default: []].insert(number)
        set(number, accounts, now)
    }

    /// Puts it where the account's clock says.
    mutating func set(_ number: Int64, _ accounts: Table<String, Account>, _ now: Int64) {
        rest(number)
        guard let timer = timers[number],
            let clock = accounts[timer.accountID]?.record.clock
        else { return }
        let (latest, overflow) = clock.now(now).addingReportingOverflow(timer.duration)
        let end = overflow ? timer.end : min(timer.end, latest)
        timers[number]?.end = end
        let time = end <= clock.now(now) ? now : clock.machineTime(of: end)
        guard let time else { return }
        let entry = Due(time: time, end: end, number: number)
        due.put(entry, true)
        dueTimes[number] = entry
    }

    mutating func set(account accountID: String, _ accounts: Table<String, Account>, _ now: Int64) {
        for number in ofAccount[accountID] ?? [] { set(number, accounts, now) }
    }

    mutating func setAll(_ accounts: Table<String, Account>, _ now: Int64) {
        for number in timers.keys.sorted() { set(number, accounts, now) }
    }

    /// It is not due any more, until it is set again.
    mutating func rest(_ number: Int64) {
        if let entry = dueTimes.removeValue(forKey: number) { due.remove(entry) }
    }

    mutating func remove(_ number: Int64) {
        rest(number)
        guard let timer = timers.removeValue(forKey: number) else { return }
        ofAccount[timer.accountID]?.remove(number)
        if ofAccount[timer.accountID]?.isEmpty ?? false { ofAccount[timer.accountID] = nil }
    }

    mutating func remove(account accountID: String) {
        for number in ofAccount[accountID] ?? [] { remove(number) }
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
        jobs.noteClock(now, state.accounts)
        do throws(Refusal) {
            try takeReclaimed()
            try takeCaptures()
            try takeOutcomes()
            try takeFindings()
            try passTimers()
            try startWaiting()
            try expireTokens()
        } catch {
            // No room in the journal. What is left is tried again when there is, or soon.
            isRefused = true
        }
        if !state.reclaims.isEmpty {
            launchReclaim()
            launchFileReclaims()
        }
        launchDetections()
        defer { jobs.launches = [] }
        let next = jobs.timers.first?.time
        if isTurnFull { return (jobs.launches, now) }
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
            if jobs.reclaimingFiles.remove(manifest) == nil { jobs.reclaiming = nil }
        }
    }

    private func takeCaptures() throws(Refusal) {
        while !isTurnFull, let (number, accountID, capture) = jobs.captures.first {
            if let job = state.accounts[accountID]?.jobs[number] {
                var record = job.record.value
                record.capture = capture
                var draft = draft(accountID, job.regionID)
                draft.add(.job(Boxed(record)))
                try commit(draft, isRelease: true)
            } else if state.segmentUsers.count("\(number)") == 0 {
                jobs.launches.append(.discardCapture(number))
            }
            jobs.captures.removeFirst()
        }
    }

    private func takeOutcomes() throws(Refusal) {
        while !isTurnFull, let (number, accountID, outcome) = jobs.outcomes.first {
            if state.accounts[accountID]?.jobs[number]?.record.value.isHeld ?? false {
                jobs.heldOutcomes[number] = outcome
            } else {
                try end(number, accountID, outcome)
                // Only now is what it has of its parent named by itself.
                if let parent = jobs.parents.removeValue(forKey: number) { unpin(parent) }
            }
            jobs.outcomes.removeFirst()
        }
    }

    private func passTimers() throws(Refusal) {
        let now = environment.now()
        while !isTurnFull, let (time, number, timer) = jobs.timers.first, time <= now {
            try pass(number, timer)
        }
    }

    private func pass(_ number: Int64, _ timer: Timer) throws(Refusal) {
        switch timer.kind {
        case .job:
            try finishSimulated(number, timer)
            jobs.stopTimer(number)
        // The status that follows has set its own timer, or taken it away.
        case .instance: try moveOn(number, timer)
        }
    }

    /// Everything that the account's clock has brought about, each step at the time it was due:
    /// a clock that is advanced does what the same time would have done in passing. What finds no
    /// room in the journal, or in this turn, is left to `advance`.
    func passTime(of accountID: String) {
        defer { passing = nil }
        do throws(Refusal) {
            while try startNext(of: accountID) == .started {}
            let now = environment.now()
            while !isTurnFull, let (number, timer) = jobs.timers.firstDue(of: accountID, now) {
                passing = (accountID, timer.end)
                try pass(number, timer)
                while try startNext(of: accountID) == .started {}
            }
        } catch {}
    }

    private func finishSimulated(_ number: Int64, _ timer: Timer) throws(Refusal) {
        let job = state.accounts[timer.accountID]?.jobs[number]?.record.value
        if job?.isHeld ?? false { return }
        try end(number, timer.accountID, .simulated)
    }

    /// Takes an instance to the status that follows by itself. One that runs has had its restart:
    /// its disks are right again (E-IncorrectDiskStatus.Invalid).
    private func moveOn(_ number: Int64, _ timer: Timer) throws(Refusal) {
        guard let draft = draftMove(number, timer) else { return jobs.removeTimer(number) }
        try commit(draft, isRelease: true)
    }

    private func draftMove(_ number: Int64, _ timer: Timer) -> Draft? {
        guard let account = state.accounts[timer.accountID],
            let region = account.regions[timer.regionID],
            var record = region.instances.records[number]?.value, record.isMoving
        else { return nil }
        var draft = draft(timer.accountID, timer.regionID)
        record.moveOn(draft.now, limits(of: account).instanceMove)
        draft.add(.instance(Boxed(record)))
        if record.instance.status == "Running" {
            for disk in region.value.disks(of: record.id) where disk.isDeviceInvalid {
                var right = disk
                right.isDeviceInvalid = false
                draft.add(.disk(Boxed(right)))
            }
        }
        return draft
    }

    /// Ends a job by a change, which frees its slot. One that has ended already (cancelled, or
    /// its image failed) is left as it is.
    func end(
        _ number: Int64, _ accountID: String, _ outcome: JobOutcome
    ) throws(Refusal) {
        guard let draft = draftEnd(number, accountID, outcome) else {
            return try discard(outcome, of: number)
        }
        try commit(draft, isRelease: true)
    }

    /// A function of its own for the reason that `draftImage` has; nil: the job is gone.
    private func draftEnd(
        _ number: Int64, _ accountID: String, _ outcome: JobOutcome
    ) -> Draft? {
        guard let account = state.accounts[accountID], let job = account.jobs[number],
            let region = account.regions[job.regionID]
        else { return nil }
        var draft = draft(accountID, job.regionID)
        draft.end(job.record.value, outcome, account, region)
        return draft
    }

    /// A copy that ended after its job was cancelled: its files have no snapshot, or they have one
    /// since, and stay. A simulated job has none; a disk without data has a manifest and no segment.
    private func discard(_ outcome: JobOutcome, of number: Int64) throws(Refusal) {
        guard case .accomplished(let segments, let sizeBytes, _, let consistency) = outcome,
            sizeBytes > 0, state.manifestUsers.count("\(number)") == 0,
            state.reclaims[number] == nil
        else { return }
        var reclaim = ReclaimRecord()
        reclaim.manifest = number
        reclaim.segments = segments
        if consistency == Consistency.pointInTime && !segments.contains(number) {
            reclaim.segments.append(number)
        }
        var draft = draft("", "")
        draft.add(.reclaim(Boxed(reclaim)))
        try commit(draft, isRelease: true)
    }

    // MARK: Whose turn it is

    /// Starts jobs: in each account in the order of admission, one account after the other.
    private func startWaiting() throws(Refusal) {
        let last = jobs.lastServed
        var ring = jobs.waiting.ascending(from: last).map(\.key).filter { $0 != last }
        for (accountID, _) in jobs.waiting {
            if accountID > last { break }
            ring.append(accountID)
        }
        // Round and round; who has nothing that can start is left out.
        while !ring.isEmpty {
            var left: [String] = []
            for accountID in ring {
                if isTurnFull { return }
                if try startNext(of: accountID) == .started {
                    jobs.lastServed = accountID
                    left.append(accountID)
                }
            }
            ring = left
        }
    }

    private enum Start { case started, nothingToStart, blocked }

    /// Starts the account's oldest job that may run now. One that waits for a thread, its capture
    /// or its region's copies holds up none behind it.
    private func startNext(of accountID: String) throws(Refusal) -> Start {
        guard let account = state.accounts[accountID],
            jobs.runningOfAccount[accountID, default: 0] < limits(of: account).workers
        else {
            // The end of one of its jobs, or a change of its limits, brings it back.
            jobs.waiting.remove(accountID)
            return .nothingToStart
        }
        let (next, isBlocked) = nextJob(of: account)
        if let next { return try start(next, of: accountID) ? .started : .blocked }
        if !isBlocked { jobs.waiting.remove(accountID) }
        return isBlocked ? .blocked : .nothingToStart
    }

    /// - Returns: the job, and whether another waits for a thread, which any account's job may
    ///   give back.
    private func nextJob(of account: Account) -> (next: AccountJob?, isBlocked: Bool) {
        var isBlocked = false
        // Those on files keep their order among themselves.
        var isFirstReal = true
        for (number, job) in account.jobs where jobs.running[number] == nil {
            let record = job.record.value
            if record.isHeld && !record.isStarted { continue }
            if record.isReal {
                defer { isFirstReal = false }
                let hasThread = jobs.runningReal.count < jobs.workers
                if isFirstReal && record.capture != nil && hasThread { return (job, isBlocked) }
                isBlocked = isBlocked || !hasThread
            } else if hasRoomToCopy(job, account) {
                return (job, isBlocked)
            }
        }
        return (nil, isBlocked)
    }

    /// Whether a job that waits may run now: else it waits on, for a slot, a thread or its capture.
    private func mayStart(_ next: AccountJob, of accountID: String) -> Bool {
        guard let account = state.accounts[accountID],
            jobs.runningOfAccount[accountID, default: 0] < limits(of: account).workers
        else { return false }
        let job = next.record.value
        if job.isReal && (job.capture == nil || jobs.runningReal.count >= jobs.workers) {
            return false
        }
        return hasRoomToCopy(next, account)
    }

    func runningJobs(of accountID: String) -> Int { jobs.runningOfAccount[accountID, default: 0] }

    /// Starts a job that waits; false: it must wait on.
    func start(_ next: AccountJob, of accountID: String) throws(Refusal) -> Bool {
        guard mayStart(next, of: accountID) else { return false }
        var job = next.record.value
        if !job.isStarted {
            job.isStarted = true
            var draft = draft(accountID, next.regionID)
            job.finishTime = draft.now + job.duration
            draft.add(.job(Boxed(job)))
            draft.startImage(job.imageID, state)
            try commit(draft, isRelease: true)
        }
        jobs.start(job, accountID, next.regionID, state.accounts, environment.now())
        if job.isReal {
            let parent = state.accounts[accountID]?.regions[next.regionID]?
                .value.parent(of: job)
            if let parent {
                jobs.parents[job.number] = parent
                pin(parent)
            }
            jobs.launches.append(.copy(job, accountID: accountID, parent: parent))
        }
        return true
    }

    /// CopyImage's own limit, per region: those beyond it wait, and others pass them.
    private func hasRoomToCopy(_ next: AccountJob, _ account: Account) -> Bool {
        if next.record.value.copiedImageID.isEmpty { return true }
        var running = 0
        for (number, job) in account.jobs
        where job.regionID == next.regionID && jobs.running[number] != nil {
            if !job.record.value.copiedImageID.isEmpty { running += 1 }
        }
        return running < Limits.copies
    }

    // MARK: Tokens

    /// Tokens that have lived their time (V3) are looked for once an hour.
    private func expireTokens() throws(Refusal) {
        let machineNow = environment.now()
        guard machineNow >= nextTokenSweep else { return }
        var isAll = true
        for (accountID, _) in state.accounts {
            isAll = try expireTokens(of: accountID) && isAll
        }
        nextTokenSweep = machineNow + (isAll ? Self.tokenSweepInterval : 1_000_000_000)
    }

    /// - Returns: false: there are more.
    private func expireTokens(of accountID: String) throws(Refusal) -> Bool {
        let keys = expiredTokens(of: accountID)
        for key in keys {
            var draft = draft(accountID, "")
            draft.add(.tokenExpired(key))
            try commit(draft, isRelease: true)
        }
        return keys.count < Self.tokensAtOnce
    }

    private func expiredTokens(of accountID: String) -> [String] {
        guard let account = state.accounts[accountID] else { return [] }
        let now = now(of: account)
        let expired = account.tokens.lazy.filter { _, token in
            Token.isExpired(token.value, now, in: account)
        }
        return Array(expired.prefix(Self.tokensAtOnce).map(\.key))
    }

    /// The account's clock was set: what that leaves for later, the sweep finds.
    func expireTokensNow(of accountID: String) { _ = try? expireTokens(of: accountID) }

    private static let tokensAtOnce = 1000
    private static let tokenSweepInterval: Int64 = 3_600_000_000_000

    /// Unfinished jobs of all accounts: waiting, and running.
    public func jobCounts() -> (queued: Int, running: Int) {
        let all = state.accounts.reduce(0) { $0 + $1.value.jobs.count }
        return (all - jobs.running.count, jobs.running.count)
    }
}
