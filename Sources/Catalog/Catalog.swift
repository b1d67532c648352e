import ECS
import Wire

/// The store: every request is judged here, and every change is made here. It lives on the
/// loop's executor, which it knows only as some `SerialExecutor`, and so stays pure: time,
/// randomness and the journal's room come from its `Environment`.
///
/// Methods that change state are synchronous from their first check to their last write.
public actor Catalog {
    private nonisolated let executor: any SerialExecutor
    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    let environment: Environment
    /// Of every account, unless it has its own.
    public let limits: Limits
    private let limitsOfAccount: [String: Limits]
    public private(set) var state: State
    var ids: IDSource
    var events = EventLog()
    var jobs: JobBoard
    var holds = Holds()
    var nextTokenSweep: Int64 = 0
    /// The moment that an account's clock is being taken through (`passTime`).
    var passing: (accountID: String, time: Int64)?

    /// The turns of the loop that changed something, counted; and the newest for each account.
    private var turn: UInt64 = 1
    private var turnOfAccount: [String: UInt64] = [:]
    /// The newest turn that changed an image which everybody sees.
    private var turnOfPublic: UInt64 = 0
    /// The images that this turn has changed: who waits for one is looked at again.
    private var changedImages: Set<String> = []
    private var droppedAccounts: Set<String> = []
    /// What this turn has changed so far, as the journal will hold it.
    private var record = FieldEncoder()
    /// Who changed what in this turn.
    private var audit: [AuditEntry] = []
    /// From where on they are of the request that is being judged.
    private var auditStart = 0

    /// - Parameters:
    ///   - state: what recovery made, or an empty one.
    ///   - workers: how many jobs on real files may run at once, over all accounts.
    public init(
        executor: any SerialExecutor, environment: Environment, limits: Limits = Limits(),
        limitsOfAccount: [String: Limits] = [:], workers: Int = 4,
        recovered: Recovered = Recovered()
    ) {
        self.executor = executor
        self.environment = environment
        self.limits = limits
        self.limitsOfAccount = limitsOfAccount
        state = recovered.state
        events = recovered.events
        ids = IDSource(seed: environment.randomSeed)
        jobs = JobBoard(workers: workers)
        jobs.recover(state.accounts, environment.now())
    }

    // MARK: An account's own

    /// The account's limits: the configuration's, but for those that SetLimits has set.
    func limits(of account: Account) -> Limits {
        var limits = limitsOfAccount[account.record.accountID] ?? limits
        for limit in account.record.limits { _ = limits.set(limit.name, Int(limit.value)) }
        return limits
    }

    /// Q-Tags, which is judged with the syntax (V1): who may not use the account is not told its.
    func tagsMax(_ caller: Caller) -> Int { limitsSeen(by: caller).tags }

    /// The limits that are judged with the syntax.
    func limitsSeen(by caller: Caller) -> Limits {
        guard let account = try? account(of: caller) else { return limits }
        return limits(of: account)
    }

    /// The account's time, in nanoseconds since 1970.
    func now(of account: Account) -> Int64 {
        if let passing, passing.accountID == account.record.accountID { return passing.time }
        return account.record.clock.now(environment.now())
    }

    func now(of accountID: String) -> Int64 {
        state.accounts[accountID].map(now) ?? environment.now()
    }

    /// A fresh ID for an answer.
    public func requestID() -> String { ids.requestID() }

    // MARK: Turns

    /// A request is judged from here on.
    public func beginAudit() { auditStart = audit.count }

    /// What the request has changed is told with its answer's ID.
    public func nameAudit(_ requestID: String) {
        while auditStart < audit.count {
            audit[auditStart].requestID = requestID
            auditStart += 1
        }
    }

    /// Ends a turn: what it changed, for the journal, and which turn that was. Nil: nothing.
    public func endTurn() -> Turn? {
        if record.bytes.isEmpty { return nil }
        forgetDropped()
        defer {
            turn += 1
            record = FieldEncoder()
            changedImages.removeAll(keepingCapacity: true)
            droppedAccounts = []
            audit.removeAll(keepingCapacity: true)
            auditStart = 0
        }
        return Turn(
            number: turn, payload: record.bytes, changedImages: changedImages,
            droppedAccounts: droppedAccounts, audit: audit)
    }

    /// Turns of accounts that are gone long since tell nobody anything.
    private func forgetDropped() {
        guard turnOfAccount.count > 2 * state.accounts.count + 4096 else { return }
        let turn = turn
        turnOfAccount = turnOfAccount.filter { accountID, newest in
            state.accounts[accountID] != nil || newest + 4096 > turn
        }
    }

    /// The newest turn whose changes an answer about `accountID` may show; 0: none since start.
    public func turnSeen(by accountID: String) -> UInt64 {
        max(turnOfAccount[accountID] ?? 0, turnOfPublic)
    }

    /// The newest turn that changed anything, of any account: what the sequence stands for.
    public var newestTurn: UInt64 { record.bytes.isEmpty ? turn - 1 : turn }

    /// Whether the turn's record has become so large that the next turn shall have the rest: the
    /// journal takes one of 64 MiB at most, and one request can add 16 MiB.
    public var isTurnFull: Bool { record.bytes.count > Self.turnBytesMax }

    private static let turnBytesMax = 16 << 20

    /// Reserves the journal's bytes for the draft's changes, then applies them.
    func commit(_ draft: Draft, isRelease: Bool = false) throws(Refusal) {
        ids = draft.ids
        var encoder = FieldEncoder()
        for change in draft.changes { encoder.delimited(1) { $0.write(change) } }
        switch environment.reserve(encoder.bytes.count, isRelease) {
        case .granted: break
        case .growing: throw .noRoomYet
        case .full:
            throw .error(
                .serviceUnavailable.hinting(
                    """
                    The file system of the data directory is full. Delete images or snapshots, or \
                    make room; then try again.
                    """))
        }
        record.append(encoder.bytes)
        for change in draft.changes { apply(change) }
        if let caller = draft.caller { audit.append(AuditEntry(caller, draft.changes)) }
    }

    private func apply(_ change: Change) {
        if case .accountDropped(let id) = change.kind { noteImages(of: id) }
        noteOthers(change)
        state.apply(change)
        events.append(change, sequence: state.sequence)
        jobs.note(change, state.accounts, environment.now())
        switch change.kind {
        case .image(let record): changedImages.insert(record.value.id)
        case .imageDeleted(let id): changedImages.insert(id)
        case .accountDropped(let id): droppedAccounts.insert(id)
        default: break
        }
        if !change.accountID.isEmpty { turnOfAccount[change.accountID] = turn }
    }

    /// What an answer shows of another account's images must be durable as its own changes are:
    /// so this is a change of every account's that the image is, was or will be shared with.
    private func noteOthers(_ change: Change) {
        for accountID in state.recipients(of: change) {
            if accountID == "*" {
                turnOfPublic = turn
            } else if state.accounts[accountID] != nil {
                turnOfAccount[accountID] = turn
            }
        }
    }

    /// Who waits for an image of an account that goes is told.
    private func noteImages(of accountID: String) {
        for (_, region) in state.accounts[accountID]?.regions ?? Table() {
            for (_, image) in region.value.images.records { changedImages.insert(image.value.id) }
        }
    }

    func draft(_ caller: Caller, _ regionID: String) -> Draft {
        var draft = draft(caller.accountID, regionID)
        draft.caller = caller
        return draft
    }

    func draft(_ accountID: String, _ regionID: String) -> Draft {
        Draft(now(of: accountID), accountID, regionID, state.nextNumber, ids)
    }

    // MARK: Accounts

    /// Makes an account, or adds what it lacks: called at start for those of the configuration.
    ///
    /// One that a client has made before is the configuration's from now on: its maker has only
    /// the rights that are bound to it.
    public func openAccount(
        _ accountID: String, resourceGroups: [String] = []
    ) throws(Refusal) {
        let before = state.accounts[accountID]?.record
        var draft = draft(accountID, "")
        var record = before ?? AccountRecord.new(accountID, &draft)
        record.isFixture = false
        record.uid = 0
        let known = record.resourceGroups.map(\.resourceGroupID) + [record.defaultResourceGroupID]
        for id in resourceGroups where !known.contains(id) {
            var group = ResourceGroup()
            group.resourceGroupID = id
            record.resourceGroups.append(group)
        }
        if record == before { return }
        draft.addAccount(record)
        try commit(draft)
    }

    /// Finds the account that an access key stands for.
    ///
    /// - Parameter opens: whether one that does not exist is made, as CreateAccount makes it.
    public func findAccount(ofKey caller: Caller, opens: Bool) throws(Refusal) {
        if (try? account(of: caller)) != nil { return }
        guard opens, state.accounts[caller.accountID] == nil, caller.authority.accounts == nil
        else { throw .error(.invalidAccessKeyIDNotFound) }
        var maker = caller
        maker.operation = "CreateAccount"
        var draft = draft(maker, "")
        var record = AccountRecord.new(caller.accountID, &draft)
        record.isFixture = true
        record.uid = Int64(caller.uid)
        draft.addAccount(record)
        try commit(draft)
    }

    func check(_ errors: [ECSError], _ caller: Caller) throws(Refusal) {
        guard let first = errors.first else { return }
        throw .errors(caller.explains ? errors : [first])
    }
}

/// What one turn of the loop has changed.
public struct Turn: Sendable {
    public let number: UInt64
    /// One journal payload: a `Changes` message.
    public let payload: [UInt8]
    public let changedImages: Set<String>
    /// Who waits for something of these waits no longer.
    public let droppedAccounts: Set<String>
    public let audit: [AuditEntry]
}

/// Who made a change, for the log.
public struct AuditEntry: Sendable {
    public let caller: Caller
    /// The resources that it changed.
    public let resources: [String]
    /// Of the answer that told the caller of it; empty: it was not answered at once.
    public internal(set) var requestID = ""

    init(_ caller: Caller, _ changes: [Change]) {
        self.caller = caller
        // Another account than the caller's is one that was made.
        let accounts = changes.map(\.accountID).filter { $0 != caller.accountID }
        resources = (accounts + changes.map(\.resourceID)).filter { !$0.isEmpty }
    }
}

/// What a start has read from the data directory: a state, and its newest events.
public struct Recovered: Sendable {
    public private(set) var state = State()
    public private(set) var events = EventLog()

    public init() {}

    /// Applies the changes of one payload of a checkpoint or journal.
    ///
    /// - Throws: ``ProtoError`` if the bytes, though whole, are no changes.
    public mutating func replay(_ payload: [UInt8]) throws(ProtoError) {
        for change in try Changes(decoding: payload).change {
            state.apply(change)
            events.append(change, sequence: state.sequence)
        }
    }
}
