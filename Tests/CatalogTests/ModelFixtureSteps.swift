import ECS

@testable import Catalog

/// The steps of a run that only a test takes: clocks, jobs, limits, faults, accounts.
extension ModelRun {
    private func expected(_ account: String, _ code: String = "OK") -> String {
        model.refusal(of: account) ?? code
    }

    // MARK: Clocks

    mutating func changeClock(_ account: String) throws {
        let dice = number(0...99)
        if dice < 30 {
            try setClock(account, isFrozen: chance(50))
        } else if dice < 45 {
            // Some seconds forward or back.
            let now = model.accounts[account]?.clock.now(model.machine) ?? model.machine
            let time = now / 1_000_000_000 + Int64(number(-5...5))
            try setClock(account, isFrozen: chance(30) ? chance(50) : nil, seconds: time)
        } else {
            // A day passes, and with it tokens.
            try advance(account, milliseconds: dice < 50 ? 25 * 3_600_000 : number(0...3_000))
        }
    }

    mutating func setClock(_ account: String, isFrozen: Bool?, seconds: Int64? = nil) throws {
        var request = SetClockRequest()
        request.isFrozen = isFrozen
        if let seconds { request.time = Time.seconds(seconds * 1_000_000_000) }
        let code = call(account, "SetClock", request) { c, r, who throws(Refusal) in
            try c.setClock(r, who)
        }.code
        if let clock = model.accounts[account]?.clock {
            let time = seconds.map { $0 * 1_000_000_000 } ?? clock.now(model.machine)
            model.accounts[account]!.setClock(
                time, isFrozen: isFrozen ?? clock.isFrozen, model.machine)
        }
        let step = "\(account) SetClock \(request.time) \(isFrozen.map { "\($0)" } ?? "")"
        try expect(expected(account), code, step)
        try settle(account)
    }

    private mutating func advance(_ account: String, milliseconds: Int) throws {
        var request = AdvanceClockRequest()
        request.milliseconds = Int64(milliseconds)
        let code = call(account, "AdvanceClock", request) { c, r, who throws(Refusal) in
            try c.advanceClock(r, who)
        }.code
        if let clock = model.accounts[account]?.clock {
            let time = clock.now(model.machine) + Int64(milliseconds) * 1_000_000
            model.accounts[account]!.setClock(time, isFrozen: clock.isFrozen, model.machine)
        }
        try expect(expected(account), code, "\(account) AdvanceClock \(milliseconds) ms")
        try settle(account)
    }

    // MARK: Jobs

    mutating func selectJobs(_ account: String) throws {
        let own = model.accounts[account]?.jobs ?? []
        var resources: [String] = []
        var count: Int?
        if chance(50) {
            count = number(1...3)
        } else if chance(80), let job = one(own) {
            resources = [chance(70) || job.image.isEmpty ? job.resource : job.image]
            if chance(20), let other = one(own) { resources.append(other.resource) }
            if chance(5) { resources.append("s-none") }
        }
        let operation = one(["HoldJobs", "ReleaseJobs", "StepJobs", "FinishJobs", "FailJobs"])!
        try selectJobs(account, operation, resources, count)
    }

    mutating func selectJobs(
        _ account: String, _ operation: String, _ resources: [String], _ count: Int?
    ) throws {
        let code = judgeJobs(account, operation, resources, count)
        let answered = callJobs(account, operation, resources, count.map { Int32($0) })
        let step = "\(account) \(operation) \(resources) \(count.map { "\($0)" } ?? "")"
        try expect(expected(account, code), answered, step)
        try settle(account)
    }

    private mutating func judgeJobs(
        _ account: String, _ operation: String, _ resources: [String], _ count: Int?
    ) -> String {
        guard var own = model.accounts[account] else { return "" }
        defer { model.accounts[account] = own }
        switch operation {
        case "HoldJobs": return own.hold(resources, count, isHeld: true)
        case "ReleaseJobs": return own.hold(resources, count, isHeld: false)
        case "StepJobs": return own.step(resources, count, model.machine)
        case "FinishJobs": return own.finish(resources, count)
        default: return own.failJobs(resources, count)
        }
    }

    private func callJobs(
        _ account: String, _ operation: String, _ resources: [String], _ count: Int32?
    ) -> String {
        call(account, operation, (operation, resources, count)) { c, r, who throws(Refusal) in
            switch r.0 {
            case "HoldJobs":
                var request = HoldJobsRequest()
                (request.resourceID, request.count) = (r.1, r.2)
                return try c.holdJobs(request, who)
            case "ReleaseJobs":
                var request = ReleaseJobsRequest()
                (request.resourceID, request.count) = (r.1, r.2)
                return try c.releaseJobs(request, who)
            case "StepJobs":
                var request = StepJobsRequest()
                (request.resourceID, request.count) = (r.1, r.2)
                return try c.stepJobs(request, who)
            case "FinishJobs":
                var request = FinishJobsRequest()
                (request.resourceID, request.count) = (r.1, r.2)
                return try c.finishJobs(request, who)
            default:
                var request = FailJobsRequest()
                (request.resourceID, request.count) = (r.1, r.2)
                return try c.failJobs(request, who)
            }
        }.code
    }

    // MARK: Accounts

    /// - Parameter isEdge: a small value; else the one that accounts are born with.
    mutating func setLimit(_ account: String, _ name: String, isEdge: Bool) throws {
        let range = Self.smallLimits.first { $0.0 == name }!.1
        // Zero is an edge as well, but it stops everything.
        let small = Int64(number(Int(range.lowerBound)...Int(range.upperBound)))
        let least = chance(90) ? 1 : range.lowerBound
        let value = isEdge ? max(least, small) : ModelAccount.defaultLimits[name]!
        try setLimit(account, name, value)
    }

    mutating func setLimit(_ account: String, _ name: String, _ value: Int64) throws {
        var request = SetLimitsRequest()
        var limit = Limit()
        (limit.name, limit.value) = (name, value)
        request.limit = [limit]
        let code = call(account, "SetLimits", request) { c, r, who throws(Refusal) in
            try c.setLimits(r, who)
        }.code
        model.accounts[account]?.limits[name] = value
        try expect(expected(account), code, "\(account) SetLimits \(name) \(value)")
        try settle(account)
    }

    mutating func changeStanding(_ account: String) throws {
        var request = SetAccountRequest()
        let isOn = chance(75)
        if chance(50) {
            request.snapshotServiceOpened = isOn
            model.accounts[account]?.hasSnapshotService = isOn
        } else {
            request.dataDiskImageWhitelist = isOn
            model.accounts[account]?.isInWhiteList = isOn
        }
        let code = call(account, "SetAccount", request) { c, r, who throws(Refusal) in
            try c.setAccount(r, who)
        }.code
        try expect(expected(account), code, "\(account) SetAccount \(isOn)")
        try settle(account)
    }

    mutating func addFault(_ account: String) throws {
        var request = AddFaultRuleRequest()
        request.operation = one([
            "CreateImage", "CreateImage", "CreateSnapshot", "DeleteImage", "DeleteSnapshot",
            "DeleteInstance",
        ])!
        request.action = "fail"
        let (status, failure) = one([
            (500, "InternalError"), (503, "ServiceUnavailable"), (400, "Throttling"),
        ])!
        request.code = failure
        request.times = Int32(number(1...3))
        let code = call(account, "AddFaultRule", request) { c, r, who throws(Refusal) in
            try c.addFaultRule(r, who)
        }.code
        model.accounts[account]?.faults.append(
            ModelAccount.Fault(
                operation: request.operation, code: "\(status) \(failure)",
                times: request.times!))
        try expect(expected(account), code, "\(account) AddFaultRule \(request.operation)")
        try settle(account)
    }

    /// The third account comes and goes.
    mutating func changeAccounts() throws {
        let (code, step): (String, String)
        if model.accounts["third"] == nil {
            var request = CreateAccountRequest()
            request.accountID = "third"
            code =
                call("default", "CreateAccount", request) { c, r, who throws(Refusal) in
                    try c.createAccount(r, who)
                }.code
            step = "CreateAccount"
            model.accounts["third"] = ModelAccount()
        } else {
            var request = DropAccountRequest()
            request.accountID = "third"
            code =
                call("default", "DropAccount", request) { c, r, who throws(Refusal) in
                    try c.dropAccount(r, who)
                }.code
            step = "DropAccount"
            model.accounts["third"] = nil
        }
        try expect("OK", code, "\(step) third")
        try settle()
    }
}
