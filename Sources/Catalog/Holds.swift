import ECS

/// Names a request that waits.
public struct HoldID: Hashable, Comparable, Sendable {
    let number: Int64

    public static func < (left: Self, right: Self) -> Bool { left.number < right.number }
}

/// How a request that waited goes on.
public enum Resumption: Sendable {
    /// It passes the fault rules this time.
    case released(HoldID)
    /// The request that it waited for has ended: it is judged as if it came now.
    case afresh(HoldID)
    case fails(HoldID, ECSError)
}

/// Requests that fault rules hold between V3 and V10, and those that wait for one with their
/// token. Volatile: a restart ends them all, and nothing of them has happened.
struct Holds: Sendable {
    struct Entry: Sendable {
        let accountID: String
        /// 0: it waits for the first request with its token.
        let ruleID: Int64
        let operation: String
        let clientToken: String
        let place: TokenPlace?
        let parameters: [UInt8]
        /// How long a rule holds it, of real time.
        var milliseconds: Int64 = 0
        var isReleased = false
    }

    struct TokenPlace: Hashable, Sendable {
        let accountID: String
        let key: String
    }

    /// How many of one account's requests wait at most.
    static let countMax = 1024

    private(set) var entries = Table<HoldID, Entry>()
    private var countOfAccount: [String: Int] = [:]
    /// Held first requests, by their tokens.
    private var inFlight: [TokenPlace: HoldID] = [:]
    private var waiting: [TokenPlace: Set<HoldID>] = [:]
    var resumptions: [Resumption] = []
    private var nextNumber: Int64 = 1

    subscript(id: HoldID) -> Entry? { entries[id] }

    /// The held request that has this token.
    func first(_ place: TokenPlace) -> HoldID? { inFlight[place] }

    /// - Returns: nil: too many wait already.
    mutating func add(_ entry: Entry) -> HoldID? {
        guard countOfAccount[entry.accountID, default: 0] < Self.countMax else { return nil }
        let id = HoldID(number: nextNumber)
        nextNumber += 1
        entries.put(id, entry)
        countOfAccount[entry.accountID, default: 0] += 1
        if let place = entry.place {
            if entry.ruleID == 0 {
                waiting[place, default: []].insert(id)
            } else {
                inFlight[place] = id
            }
        }
        return id
    }

    /// A held request goes on: its token stays in flight until it has ended.
    mutating func release(_ id: HoldID) {
        guard let entry = entries[id], !entry.isReleased, entry.ruleID > 0 else { return }
        entries.update(id) { $0.isReleased = true }
        resumptions.append(.released(id))
    }

    /// A held request is refused instead.
    mutating func fail(_ id: HoldID, _ error: ECSError) {
        guard let entry = entries[id], !entry.isReleased, entry.ruleID > 0 else { return }
        entries.update(id) { $0.isReleased = true }
        resumptions.append(.fails(id, error))
    }

    /// The request has been answered, or dropped. Those that waited for it are judged afresh.
    mutating func end(_ id: HoldID) {
        guard let entry = entries.remove(id) else { return }
        let left = countOfAccount[entry.accountID, default: 1] - 1
        countOfAccount[entry.accountID] = left > 0 ? left : nil
        guard let place = entry.place else { return }
        if entry.ruleID == 0 {
            waiting[place]?.remove(id)
            if waiting[place]?.isEmpty ?? false { waiting[place] = nil }
        } else if inFlight[place] == id {
            inFlight[place] = nil
            for next in (waiting[place] ?? []).sorted() { resumptions.append(.afresh(next)) }
        }
    }
}

extension Catalog {
    /// V3, then fault rules, which act right after it: what an earlier request with the token was
    /// answered; nil: the request goes on.
    func passed(
        _ token: Token, _ account: Account, _ caller: Caller, mismatch: ECSError
    ) throws(Refusal) -> TokenRecord? {
        if let bound = try token.bound(in: account, now(of: account), mismatch: mismatch) {
            return bound
        }
        // It has passed them when its files were asked for.
        if caller.making != nil { return nil }
        let place = token.place(caller.accountID)
        if let place, let first = holds.first(place), first != caller.hold,
            let entry = holds[first]
        {
            try waitFor(entry, token, account, caller)
        }
        try passFaults(caller, token: token.text, account, place, token.parameters)
        return nil
    }

    /// A request with the same token is in flight: this one waits for it, or is refused.
    private func waitFor(
        _ first: Holds.Entry, _ token: Token, _ account: Account, _ caller: Caller
    ) throws(Refusal) {
        if first.parameters != token.parameters {
            throw .error(
                .invalidParamterConflict.naming(
                    "ClientToken",
                    hint: "A request with this token and other parameters is being processed."))
        }
        if account.record.standing.idempotentProcessing ?? false {
            throw .error(.idempotentProcessing.naming("ClientToken", hint: "Try again."))
        }
        try hold(
            Holds.Entry(
                accountID: caller.accountID, ruleID: 0, operation: caller.operation,
                clientToken: token.text, place: first.place, parameters: []))
    }

    private func hold(_ entry: Holds.Entry) throws(Refusal) {
        if let id = holds.add(entry) { throw .held(id) }
        throw .error(
            .serviceUnavailable.hinting(
                "\(Holds.countMax) requests of the account are held or wait already."))
    }

    /// Lets the first fault rule act that is meant for the request.
    func passFaults(
        _ caller: Caller, token: String, _ account: Account, _ place: Holds.TokenPlace? = nil,
        _ parameters: [UInt8] = []
    ) throws(Refusal) {
        if let id = caller.hold, holds[id]?.isReleased ?? false { return }
        let rules = account.record.faultRules
        guard
            let index = rules.firstIndex(where: { rule in
                rule.operation == caller.operation
                    && (rule.clientToken.isEmpty || rule.clientToken == token)
            })
        else { return }
        let rule = rules[index]
        if rule.timesLeft > 0 {
            var record = account.record
            record.faultRules[index].timesLeft -= 1
            if rule.timesLeft == 1 { record.faultRules.remove(at: index) }
            var draft = draft(caller.accountID, "")
            draft.add(.account(Boxed(record)))
            try commit(draft)
        }
        if rule.action == "fail" {
            throw .error(
                ECSError.injected(rule.code, into: caller.operation).hinting(
                    "Fault rule \(rule.faultRuleID) asks for it."))
        }
        try hold(
            Holds.Entry(
                accountID: caller.accountID, ruleID: rule.faultRuleID,
                operation: caller.operation, clientToken: token, place: place,
                parameters: parameters, milliseconds: rule.holdMilliseconds))
    }

    // MARK: For the server

    /// How long a hold lasts by itself, in milliseconds of real time; nil: it waits for another.
    public func holdMilliseconds(_ id: HoldID) -> Int64? {
        guard let entry = holds[id], entry.ruleID > 0 else { return nil }
        return entry.milliseconds
    }

    public func releaseHold(_ id: HoldID) { holds.release(id) }
    /// The request is answered, or will not be: its deadline has passed, or it was cancelled.
    public func endHold(_ id: HoldID) { holds.end(id) }

    public func takeResumptions() -> [Resumption] {
        defer { holds.resumptions = [] }
        return holds.resumptions
    }
}
