import ECS

/// What a peer may do, as the configuration file binds it (S3): fixed when it connects.
public final class Authority: Sendable {
    /// The daemon's own uid, and root: the owner of every account.
    public static let daemon = Authority(accounts: nil, policies: nil)

    /// The accounts it may use; nil: all.
    let accounts: Set<String>?
    /// What it may do there; nil: everything, as their owner.
    let policies: [PolicyRecord]?
    /// The bindings that it joins, each for its own accounts.
    private let parts: [Authority]

    public init(accounts: Set<String>?, policies: [PolicyRecord]?) {
        self.accounts = accounts
        self.policies = policies
        parts = []
    }

    /// Several bindings at once. What one allows in its accounts it allows there alone; an account
    /// that one of them owns is owned.
    public init(joining parts: [Authority]) {
        let isEverywhere = parts.contains { $0.accounts == nil }
        accounts = isEverywhere ? nil : Set(parts.flatMap { $0.accounts ?? [] })
        let isOwner = parts.contains { $0.policies == nil }
        policies = isOwner ? nil : parts.flatMap { $0.policies ?? [] }
        self.parts = parts
    }

    /// What it may do in one account; nil: everything, as its owner.
    func policies(in accountID: String) -> [PolicyRecord]? {
        if parts.isEmpty { return policies }
        let parts = parts.filter { $0.accounts?.contains(accountID) ?? true }
        if parts.contains(where: { $0.policies == nil }) { return nil }
        return parts.flatMap { $0.policies ?? [] }
    }

    func mayUse(_ account: AccountRecord, uid: UInt32) -> Bool {
        guard let accounts else { return true }
        return accounts.contains(account.accountID)
            || account.isFixture && account.uid == Int64(uid)
    }
}

/// Resources as RAM policies name them: `acs:ecs:{regionId}:{accountId}:{type}/{id}`.
struct ResourceName {
    let type: String
    let id: String
    let regionID: String
    /// The resource group in question: policies may be scoped to it.
    var groupID = ""

    init(_ type: String, _ id: String = "*", in regionID: String, group groupID: String = "") {
        self.type = type
        // Nothing has a longer ID; a policy is not matched against megabytes.
        self.id = id.isEmpty ? "*" : id.utf8.count <= 128 ? id : String(id.prefix(128))
        self.regionID = regionID.isEmpty ? "*" : regionID
        self.groupID = groupID
    }

    func text(_ accountID: String) -> String { "acs:ecs:\(regionID):\(accountID):\(type)/\(id)" }
}

extension Catalog {
    /// V2, then fault rules: for operations without a token.
    func admitted(
        _ caller: Caller, _ names: ResourceName...
    ) throws(Refusal) -> Account {
        let account = try authorised(caller, names)
        try passFaults(caller, token: "", account)
        return account
    }

    /// V2: the account, if the caller may use it and do this to all of `names`. An account that
    /// does not exist is refused the same way as one that is not the caller's.
    func authorised(
        _ caller: Caller, _ names: @autoclosure () -> [ResourceName]
    ) throws(Refusal) -> Account {
        let account = try account(of: caller)
        guard let policies = try policies(of: caller, account) else { return account }
        let action = "ecs:\(caller.operation)"
        for name in names() {
            let isAllowed = policies.allow(
                action, on: name.text(caller.accountID), group: name.groupID)
            if !isAllowed {
                throw .error(
                    .forbidden.hinting(
                        "No policy allows \(action) on \(name.text(caller.accountID))."))
            }
        }
        return account
    }

    /// The account, if the caller may use it at all.
    public func account(of caller: Caller) throws(Refusal) -> Account {
        guard let account = state.accounts[caller.accountID],
            caller.authority.mayUse(account.record, uid: caller.uid)
        else { throw .error(.forbidden) }
        return account
    }

    /// What binds the caller; nil: it is the account's owner.
    private func policies(
        of caller: Caller, _ account: Account
    ) throws(Refusal) -> [PolicyRecord]? {
        let isCreator = account.record.isFixture && account.record.uid == Int64(caller.uid)
        if !isCreator, let policies = caller.authority.policies(in: caller.accountID) {
            return policies
        }
        if caller.ramUser.isEmpty { return nil }
        guard let user = account.record.ramUsers.first(where: { $0.name == caller.ramUser })
        else { throw .error(.forbidden.hinting("There is no RAM user \(caller.ramUser).")) }
        return user.policies
    }

    /// For those who are told all changes of the account.
    public func mayWatch(_ caller: Caller) throws(Refusal) {
        _ = try authorised(caller, [ResourceName("*", in: "*")])
    }

    /// For operations that only the owner of an account may use: those of `Fixture`.
    func owned(_ caller: Caller) throws(Refusal) -> Account {
        let account = try account(of: caller)
        if try policies(of: caller, account) != nil {
            throw .error(.forbidden.hinting("Only the account's owner may use fixtures."))
        }
        return account
    }
}

extension [PolicyRecord] {
    /// Whether one of them allows `action` on `resource` and none denies it. One that is scoped
    /// to a resource group counts for that group alone.
    func allow(_ action: String, on resource: String, group groupID: String) -> Bool {
        var isAllowed = false
        for policy in self where ["", groupID].contains(policy.resourceGroupID) {
            for statement in policy.statements {
                guard statement.actions.contains(where: { wildcard($0, matches: action) }),
                    statement.resources.contains(where: { wildcard($0, matches: resource) })
                else { continue }
                if statement.isDeny { return false }
                isAllowed = true
            }
        }
        return isAllowed
    }
}

/// Whether all of `text` is what `pattern` says: `*` stands for anything, `?` for one character.
func wildcard(_ pattern: String, matches text: String) -> Bool {
    let pattern = Array(pattern.unicodeScalars)
    let text = Array(text.unicodeScalars)
    var place = 0
    var reached = 0
    // The newest star, and how much of the text it stands for so far.
    var star: (place: Int, reached: Int)?
    while reached < text.count {
        if place < pattern.count && pattern[place] == "*" {
            star = (place, reached)
            place += 1
        } else if place < pattern.count
            && (pattern[place] == "?" || pattern[place] == text[reached])
        {
            place += 1
            reached += 1
        } else if let last = star {
            star = (last.place, last.reached + 1)
            place = last.place + 1
            reached = last.reached + 1
        } else {
            return false
        }
    }
    return pattern[place...].allSatisfy { $0 == "*" }
}
