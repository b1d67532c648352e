import ECS

/// What people see of the fixtures' answers.
extension Views {
    static func account(_ response: DescribeAccountResponse) -> String {
        let standing = response.standing ?? AccountStanding()
        func yes(_ value: Bool?) -> String { value.map { $0 ? "yes" : "no" } ?? "-" }
        func number(_ value: Int64?) -> String { value.map { "\($0)" } ?? "-" }
        let groups = response.resourceGroups.map { group in
            ("resource group", [group.resourceGroupID, group.name].joined(separator: "  "))
        }
        let keys = response.kmsKeys.map { key in
            (
                "KMS key",
                "\(key.kmsKeyID)  \(key.enabled ? "enabled" : "disabled")"
                    + (key.ecsTag ? "" : ", no ECS tag")
            )
        }
        let rows = [
            ("account", response.accountID),
            ("default resource group", response.defaultResourceGroupID),
            ("clock", clock(response.clock)),
            ("new jobs are held", yes(response.holdsJobs)),
            ("may order", yes(standing.orderAllowed)),
            ("enterprise status", standing.enterpriseStatus),
            ("balance", "\(number(standing.balance)), at least \(number(standing.minimumBalance))"),
            ("snapshot service opened", yes(standing.snapshotServiceOpened)),
            ("data disk image whitelist", yes(standing.dataDiskImageWhitelist)),
            ("KMS authorized", yes(standing.kmsAuthorized)),
            ("IdempotentProcessing", yes(standing.idempotentProcessing)),
        ]
        let limits = response.limits.map { ($0.name, "\($0.value)") }
        let users = response.ramUsers.map { ("RAM user", $0) }
        return list(rows + groups + keys + users + limits)
    }

    static func limits(_ limits: [Limit]) -> String {
        list(limits.map { ($0.name, "\($0.value)") })
    }

    /// "2026-01-01T00:00:00Z, frozen"
    static func clock(_ clock: AccountClock?) -> String {
        guard let clock else { return "-" }
        return printable(clock.time) + (clock.isFrozen ? ", frozen" : "")
    }

    static func jobs(_ response: JobsResponse, _ width: Int?) -> String {
        table(
            response.jobs, width,
            [
                .init(title: "SNAPSHOT"), .init(title: "IMAGE"),
                .init(title: "STATUS", isStatus: true),
                .init(title: "HELD"), .init(title: "TAKES", isNumber: true),
                .init(title: "REGION"), .init(title: "DISK"),
            ]
        ) { job in
            [
                mark(job.snapshotID), mark(job.imageID),
                job.status == "running" ? "\(job.status) \(job.progress)" : job.status,
                job.isHeld ? "held" : "-",
                job.durationMilliseconds > 0 ? "\(job.durationMilliseconds) ms" : "-",
                job.regionID, mark(job.diskID),
            ]
        }
    }

    /// The rules, then the requests that are held.
    static func faults(_ response: DescribeFaultRulesResponse, _ width: Int?) -> String {
        let rules = table(
            response.faultRules, width,
            [
                .init(title: "RULE", isNumber: true), .init(title: "OPERATION"),
                .init(title: "ACTION"), .init(title: "CODE"), .init(title: "LEFT", isNumber: true),
                .init(title: "HOLDS", isNumber: true), .init(title: "TOKEN"),
            ]
        ) { rule in
            [
                "\(rule.faultRuleID)", rule.operation, rule.action, mark(rule.code),
                rule.timesLeft == 0 ? "always" : "\(rule.timesLeft)",
                rule.action == "hold" ? "\(rule.holdMilliseconds) ms" : "-",
                mark(rule.clientToken),
            ]
        }
        let requests = table(
            response.heldRequests, width,
            [
                .init(title: "HELD BY", isNumber: true), .init(title: "OPERATION"),
                .init(title: "TOKEN"),
            ]
        ) { request in
            [
                request.faultRuleID == 0 ? "its token" : "\(request.faultRuleID)",
                request.operation, mark(request.clientToken),
            ]
        }
        return [rules, requests].filter { !$0.isEmpty }.joined(separator: "\n\n")
    }

    /// An empty cell would look like a missing one.
    private static func mark(_ text: String) -> String { text.isEmpty ? "-" : text }
}
