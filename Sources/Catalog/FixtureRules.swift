import ECS
import Wire

/// The service `Fixture`: state that no operation of ECS brings about. All of it is ours, and all
/// of it belongs to the account's owner.
extension Catalog {
    // MARK: Accounts

    public func createAccount(
        _ request: CreateAccountRequest, _ caller: Caller
    ) throws(Refusal) -> CreateAccountResponse {
        if caller.authority.policies != nil || !caller.ramUser.isEmpty {
            throw .error(.forbidden.hinting("Only owners of accounts may make more of them."))
        }
        var draft = draft(caller, "")
        let accountID = request.accountID.isEmpty ? draft.ids.id("a-") : request.accountID
        guard Text.isAccountID(accountID) else {
            throw .error(
                .invalidParameter(
                    "AccountId", hint: "1 to 64 letters, digits, -, _ or ., first no - or ."))
        }
        if state.accounts[accountID] != nil {
            throw .error(
                .invalidParameter("AccountId", hint: "There is an account of this name."))
        }
        var account = AccountRecord.new(accountID, &draft)
        account.isFixture = true
        account.uid = Int64(caller.uid)
        draft.addAccount(account)
        try commit(draft)
        var response = CreateAccountResponse()
        response.accountID = accountID
        response.defaultResourceGroupID = account.defaultResourceGroupID
        return response
    }

    /// Everything that it has goes with it; its jobs end.
    public func dropAccount(
        _ request: DropAccountRequest, _ caller: Caller
    ) throws(Refusal) -> DropAccountResponse {
        if request.accountID.isEmpty { throw .error(.missingParameter("AccountId")) }
        guard state.accounts[request.accountID] != nil else { return DropAccountResponse() }
        var owner = caller
        owner.accountID = request.accountID
        let account = try owned(owner)
        guard account.record.isFixture else {
            throw .error(
                .invalidParameter(
                    "AccountId",
                    hint: "Only accounts that CreateAccount has made can be dropped."))
        }
        var draft = draft(owner, "")
        for reclaim in state.reclaims(of: account) { draft.add(.reclaim(Boxed(reclaim))) }
        for (_, region) in account.regions {
            draft.reclaimFiles(of: region.value.disks.records.map(\.value.value))
        }
        draft.addDrop(request.accountID)
        try commit(draft, isRelease: true)
        for id in held(nil, request.accountID) { holds.release(id) }
        return DropAccountResponse()
    }

    public func describeAccount(
        _ request: DescribeAccountRequest, _ caller: Caller
    ) throws(Refusal) -> DescribeAccountResponse {
        let account = try owned(caller)
        let record = account.record
        var response = DescribeAccountResponse()
        response.accountID = record.accountID
        response.defaultResourceGroupID = record.defaultResourceGroupID
        response.standing = account.standing
        response.limits = described(limits(of: account))
        response.clock = clock(of: account)
        response.resourceGroups = record.resourceGroups
        response.kmsKeys = record.kmsKeys
        response.ramUsers = record.ramUsers.map(\.name)
        response.holdsJobs = record.holdsJobs
        return response
    }

    public func setAccount(
        _ request: SetAccountRequest, _ caller: Caller
    ) throws(Refusal) -> SetAccountResponse {
        let statuses = ["normal", "revoked", "deregistered"]
        guard request.enterpriseStatus.isEmpty || statuses.contains(request.enterpriseStatus)
        else {
            throw .error(
                .invalidParameter(
                    "EnterpriseStatus", hint: "One of \(Values.list(statuses)).")
            )
        }
        try change(caller) { record in
            var standing = record.standing
            standing.orderAllowed = request.orderAllowed ?? standing.orderAllowed
            if !request.enterpriseStatus.isEmpty {
                standing.enterpriseStatus = request.enterpriseStatus
            }
            standing.balance = request.balance ?? standing.balance
            standing.minimumBalance = request.minimumBalance ?? standing.minimumBalance
            standing.snapshotServiceOpened =
                request.snapshotServiceOpened ?? standing.snapshotServiceOpened
            standing.dataDiskImageWhitelist =
                request.dataDiskImageWhitelist ?? standing.dataDiskImageWhitelist
            standing.kmsAuthorized = request.kmsAuthorized ?? standing.kmsAuthorized
            standing.idempotentProcessing =
                request.idempotentProcessing ?? standing.idempotentProcessing
            record.standing = standing
        }
        return SetAccountResponse()
    }

    public func setLimits(
        _ request: SetLimitsRequest, _ caller: Caller
    ) throws(Refusal) -> SetLimitsResponse {
        guard request.limit.count <= 100 else {
            throw .error(.invalidParameter("Limit", hint: "At most 100."))
        }
        for (index, limit) in request.limit.enumerated() {
            guard Limits.names.contains(limit.name) else {
                throw .error(
                    .invalidParameter(
                        "Limit.\(index + 1).Name", hint: "One of \(Values.list(Limits.names))."))
            }
            let max = Limits.highest(limit.name)
            guard (0...max).contains(limit.value) else {
                throw .error(
                    .invalidParameter("Limit.\(index + 1).Value", hint: "0 to \(max)."))
            }
        }
        try change(caller) { record in
            for limit in request.limit {
                record.limits.removeAll { $0.name == limit.name }
                record.limits.append(limit)
            }
        }
        var response = SetLimitsResponse()
        response.limits = described(limits(of: try owned(caller)))
        return response
    }

    /// The limits of the caller's account, as Health tells them; of one that he may not use those
    /// of the configuration.
    public func limitsTold(to caller: Caller) -> [Limit] { described(limitsSeen(by: caller)) }

    private func described(_ limits: Limits) -> [Limit] {
        zip(Limits.names, limits.values).map { name, value in
            var limit = Limit()
            limit.name = name
            limit.value = value
            return limit
        }
    }

    public func setKMSKey(
        _ request: SetKMSKeyRequest, _ caller: Caller
    ) throws(Refusal) -> SetKMSKeyResponse {
        if request.kmsKeyID.isEmpty { throw .error(.missingParameter("KMSKeyId")) }
        try require("KMSKeyId", request.kmsKeyID, maxBytes: 128)
        try change(caller) { record in
            let place = record.kmsKeys.firstIndex { $0.kmsKeyID == request.kmsKeyID }
            var key = KMSKey()
            key.kmsKeyID = request.kmsKeyID
            key.enabled = true
            key.ecsTag = true
            if let place { key = record.kmsKeys[place] }
            key.enabled = request.enabled ?? key.enabled
            key.ecsTag = request.ecsTag ?? key.ecsTag
            if let place {
                record.kmsKeys[place] = key
            } else {
                record.kmsKeys.append(key)
            }
        }
        return SetKMSKeyResponse()
    }

    public func createResourceGroup(
        _ request: CreateResourceGroupRequest, _ caller: Caller
    ) throws(Refusal) -> CreateResourceGroupResponse {
        let account = try owned(caller)
        try require("Name", request.name, maxBytes: 128)
        guard account.record.resourceGroups.count < 1000 else {
            throw .error(.invalidParameter("Name", hint: "1000 groups are there already."))
        }
        var draft = draft(caller, "")
        var group = ResourceGroup()
        group.resourceGroupID = draft.ids.id("rg-")
        group.name = request.name
        var record = account.record
        record.resourceGroups.append(group)
        draft.add(.account(Boxed(record)))
        try commit(draft)
        var response = CreateResourceGroupResponse()
        response.resourceGroupID = group.resourceGroupID
        return response
    }

    /// - Parameter policies: the request's documents, read.
    public func setRamUser(
        _ request: SetRamUserRequest, policies: [PolicyRecord], _ caller: Caller
    ) throws(Refusal) -> SetRamUserResponse {
        guard !request.ramUser.isEmpty, request.ramUser.utf8.count <= 64 else {
            throw .error(.invalidParameter("RamUser", hint: "1 to 64 bytes."))
        }
        let account = try owned(caller)
        for (index, policy) in policies.enumerated() where !policy.resourceGroupID.isEmpty {
            do throws(Refusal) {
                _ = try account.resourceGroup(policy.resourceGroupID)
            } catch .errors(let errors) {
                let name = "Policy.\(index + 1).ResourceGroupId"
                throw .errors(errors.map { $0.naming(name) })
            }
        }
        try change(caller) { record in
            record.ramUsers.removeAll { $0.name == request.ramUser }
            if request.isDeleted ?? false { return }
            var user = RamUserRecord()
            user.name = request.ramUser
            user.policies = policies
            record.ramUsers.append(user)
        }
        return SetRamUserResponse()
    }

    /// Each of an account's own settings is written with all of them.
    private static let recordBytesMax = 256 << 10

    /// Changes the account's own record.
    func change(
        _ caller: Caller, _ body: (inout AccountRecord) throws(Refusal) -> Void
    ) throws(Refusal) {
        var record = try owned(caller).record
        try body(&record)
        guard record.encoded().count <= Self.recordBytesMax else {
            throw .error(
                .invalidParameter(
                    caller.operation == SetRamUser.name ? "Policy" : caller.operation,
                    hint: "Keys, groups and RAM users' policies of an account: 256 KiB in all."))
        }
        var draft = draft(caller, "")
        draft.add(.account(Boxed(record)))
        try commit(draft)
    }

    // MARK: The clock

    public func setClock(
        _ request: SetClockRequest, _ caller: Caller
    ) throws(Refusal) -> ClockResponse {
        let account = try owned(caller)
        var time = now(of: account)
        if !request.time.isEmpty {
            guard let parsed = Time.parse(request.time) else {
                throw .error(
                    .invalidParameter("Time", hint: "yyyy-MM-ddTHH:mm:ssZ, from 1970 to 2261."))
            }
            time = parsed
        }
        return try setClock(
            caller, time, isFrozen: request.isFrozen ?? account.record.clock.isFrozen)
    }

    public func advanceClock(
        _ request: AdvanceClockRequest, _ caller: Caller
    ) throws(Refusal) -> ClockResponse {
        let account = try owned(caller)
        let (ofSeconds, isHuge) = (request.seconds ?? 0).multipliedReportingOverflow(by: 1000)
        let (milliseconds, isHuger) =
            ofSeconds.addingReportingOverflow(request.milliseconds ?? 0)
        guard !isHuge, !isHuger, (0...Self.advanceMax).contains(milliseconds) else {
            let name = request.seconds == nil ? "Milliseconds" : "Seconds"
            throw .error(
                .invalidParameter(name, hint: "Forward, at most 100 years. See SetClock."))
        }
        let (time, overflow) =
            now(of: account).addingReportingOverflow(milliseconds * 1_000_000)
        guard !overflow, time <= Time.latest else {
            throw .error(.invalidParameter("Seconds", hint: "Not beyond the year 2261."))
        }
        return try setClock(caller, time, isFrozen: account.record.clock.isFrozen)
    }

    private static let advanceMax: Int64 = 100 * 366 * 86_400_000

    private func setClock(
        _ caller: Caller, _ time: Int64, isFrozen: Bool
    ) throws(Refusal) -> ClockResponse {
        // What was due before the clock moves, and what its moving brings about.
        passTime(of: caller.accountID)
        try moveClock(caller, time, isFrozen: isFrozen)
        passTime(of: caller.accountID)
        expireTokensNow(of: caller.accountID)
        var response = ClockResponse()
        response.clock = clock(of: try owned(caller))
        return response
    }

    private func moveClock(
        _ caller: Caller, _ time: Int64, isFrozen: Bool
    ) throws(Refusal) {
        let account = try owned(caller)
        var record = account.record
        record.clock.isFrozen = isFrozen
        record.clock.frozenTime = isFrozen ? time : 0
        record.clock.offset = isFrozen ? 0 : time &- environment.now()
        var draft = draft(caller, "")
        draft.add(.account(Boxed(record)))
        draft.bringForward(account, to: time)
        try commit(draft)
    }

    private func clock(of account: Account) -> AccountClock {
        var clock = AccountClock()
        clock.time = Time.seconds(now(of: account))
        clock.isFrozen = account.record.clock.isFrozen
        return clock
    }
}

extension AccountRecord {
    static func new(_ accountID: String, _ draft: inout Draft) -> AccountRecord {
        var account = AccountRecord()
        account.accountID = accountID
        account.defaultResourceGroupID = draft.ids.id("rg-")
        return account
    }
}

extension Account {
    /// With what stands in an account that nobody has set.
    var standing: AccountStanding {
        var standing = record.standing
        standing.orderAllowed = standing.orderAllowed ?? true
        if standing.enterpriseStatus.isEmpty { standing.enterpriseStatus = "normal" }
        standing.balance = standing.balance ?? Self.bornBalance
        standing.minimumBalance = standing.minimumBalance ?? 0
        standing.snapshotServiceOpened = standing.snapshotServiceOpened ?? true
        standing.dataDiskImageWhitelist = standing.dataDiskImageWhitelist ?? true
        standing.kmsAuthorized = standing.kmsAuthorized ?? true
        standing.idempotentProcessing = standing.idempotentProcessing ?? false
        return standing
    }
}

extension State {
    /// What leaves the data directory with an account.
    func reclaims(of account: Account) -> [ReclaimRecord] {
        var users: [Int64: Int] = [:]
        var segments: [Int64: [Int64]] = [:]
        for (_, region) in account.regions {
            for (_, snapshot) in region.value.snapshots.records where snapshot.value.manifest > 0 {
                users[snapshot.value.manifest, default: 0] += 1
                segments[snapshot.value.manifest] = snapshot.value.segments
            }
        }
        return users.sorted { $0.key < $1.key }.compactMap { manifest, count in
            // Another account may have a copy.
            if manifestUsers.count("\(manifest)") > count { return nil }
            var reclaim = ReclaimRecord()
            reclaim.manifest = manifest
            reclaim.segments = segments[manifest] ?? []
            return reclaim
        }
    }
}

extension Draft {
    /// Under the account's own name, so that an answer about it waits for it.
    mutating func addAccount(_ record: AccountRecord) {
        append(Change(now, record.accountID, "", .account(Boxed(record))))
    }

    /// When a clock is set back, no job's end lies further ahead than before: also after a restart,
    /// which knows of the records alone. Instances' timers bound themselves.
    mutating func bringForward(_ account: Account, to time: Int64) {
        guard time < now else { return }
        for (_, job) in account.jobs {
            var record = job.record.value
            guard record.isStarted, !record.isReal,
                record.finishTime - time > record.duration
            else { continue }
            record.finishTime = time + record.duration
            put(record, job.regionID)
        }
    }

    mutating func addDrop(_ accountID: String) {
        append(Change(now, accountID, "", .accountDropped(accountID)))
    }
}
