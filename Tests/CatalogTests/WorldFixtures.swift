import ECS

@testable import Catalog

extension World {
    /// Runs an operation as the owner of `account`.
    @discardableResult
    func perform<Request: Sendable, Response: Sendable>(
        _ operation: @Sendable (isolated Catalog, Request, Caller) throws(Refusal) -> Response,
        account: String = "default", ramUser: String = "", as name: String = "",
        _ request: Request
    ) throws(Refusal) -> Response {
        var caller = caller
        caller.accountID = account
        caller.ramUser = ramUser
        caller.operation = name
        return try run { [caller] catalog throws(Refusal) in
            try operation(catalog, request, caller)
        }
    }

    func freeze(account: String = "default") throws(Refusal) {
        var request = SetClockRequest()
        request.isFrozen = true
        try perform(
            { c, r, who throws(Refusal) in try c.setClock(r, who) }, account: account, request)
    }

    func advance(milliseconds: Int64, account: String = "default") throws(Refusal) {
        var request = AdvanceClockRequest()
        request.milliseconds = milliseconds
        try perform(
            { c, r, who throws(Refusal) in try c.advanceClock(r, who) }, account: account, request)
        turn()
    }

    func holdJobs(_ ids: [String] = [], count: Int32? = nil) throws(Refusal) {
        var request = HoldJobsRequest()
        request.resourceID = ids
        request.count = count
        try perform({ c, r, who throws(Refusal) in try c.holdJobs(r, who) }, request)
        turn()
    }

    func releaseJobs(_ ids: [String] = [], count: Int32? = nil) throws(Refusal) {
        var request = ReleaseJobsRequest()
        request.resourceID = ids
        request.count = count
        try perform({ c, r, who throws(Refusal) in try c.releaseJobs(r, who) }, request)
        turn()
    }

    @discardableResult
    func stepJobs(_ ids: [String] = [], count: Int32? = nil) throws(Refusal) -> [Job] {
        var request = StepJobsRequest()
        request.resourceID = ids
        request.count = count
        let response = try perform(
            { c, r, who throws(Refusal) in try c.stepJobs(r, who) }, request)
        turn()
        return response.jobs
    }

    @discardableResult
    func finishJobs(_ ids: [String] = [], count: Int32? = nil) throws(Refusal) -> [Job] {
        var request = FinishJobsRequest()
        request.resourceID = ids
        request.count = count
        let response = try perform(
            { c, r, who throws(Refusal) in try c.finishJobs(r, who) }, request)
        turn()
        return response.jobs
    }

    func failJobs(_ ids: [String] = [], reason: String = "") throws(Refusal) {
        var request = FailJobsRequest()
        request.resourceID = ids
        request.reason = reason
        try perform({ c, r, who throws(Refusal) in try c.failJobs(r, who) }, request)
        turn()
    }

    func createAccount(_ id: String) throws(Refusal) {
        var request = CreateAccountRequest()
        request.accountID = id
        try perform({ c, r, who throws(Refusal) in try c.createAccount(r, who) }, request)
    }

    func dropAccount(_ id: String) throws(Refusal) {
        var request = DropAccountRequest()
        request.accountID = id
        try perform({ c, r, who throws(Refusal) in try c.dropAccount(r, who) }, request)
    }

    func setLimit(
        _ name: String, _ value: Int64, account: String = "default"
    ) throws(Refusal) {
        var limit = Limit()
        limit.name = name
        limit.value = value
        var request = SetLimitsRequest()
        request.limit = [limit]
        try perform(
            { c, r, who throws(Refusal) in try c.setLimits(r, who) }, account: account, request)
    }

    func snapshotStatus(_ id: String) -> String { snapshotRecord(id)?.snapshot.status ?? "none" }
}
