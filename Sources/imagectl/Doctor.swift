import ECS
import ImagedClient
import System
import Wire

extension Command {
    static var doctor: Command {
        Command(
            name: "doctor", group: Group.tasks,
            summary: "look for what is wrong, and say what to do",
            usage: "",
            details: """
                Looks at the socket and who may use it, versions, rights, the data directory, what \
                its file system can do, room and limits. Changes nothing. Exit status 1 if there \
                is a problem; warnings are none.
                """,
            examples: ["imagectl doctor", "imagectl doctor --output json"],
            formats: OutputFormat.withoutIDs
        ) { invocation in
            let report = await Doctor(invocation).run()
            try invocation.output.result(report) { Views.doctor(report, $0) }
            return report.problems == 0 ? .done : .refused
        }
    }
}

/// What was looked at, and what was found.
struct DoctorReport: Message {
    var checks: [DoctorCheck] = []
    var problems: Int32 { count(.problem) }
    var warnings: Int32 { count(.warning) }
    init() {}

    private func count(_ verdict: DoctorCheck.Verdict) -> Int32 {
        Int32(clamping: checks.count { $0.verdict == verdict.rawValue })
    }

    mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        var (problems, warnings) = (problems, warnings)
        try visitor.messages(1, "Checks", &checks)
        try visitor.int32(2, "Problems", &problems)
        try visitor.int32(3, "Warnings", &warnings)
    }
}

struct DoctorCheck: Message {
    enum Verdict: String {
        case ok, warning, problem
    }

    var name = ""
    var verdict = ""
    var finding = ""
    /// What to do; empty: nothing.
    var advice = ""
    init() {}

    init(_ name: String, _ verdict: Verdict, _ finding: String, _ advice: String = "") {
        self.name = name
        self.verdict = verdict.rawValue
        self.finding = finding
        self.advice = advice
    }

    mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "Name", &name)
        try visitor.string(2, "Verdict", &verdict)
        try visitor.string(3, "Finding", &finding)
        try visitor.string(4, "Advice", &advice)
    }
}

/// `imagectl doctor`.
struct Doctor: Sendable {
    private let invocation: Invocation
    private let timeout = Duration.seconds(10)

    init(_ invocation: Invocation) { self.invocation = invocation }

    func run() async -> DoctorReport {
        var report = DoctorReport()
        let search = DoctorSearch(explicit: invocation.settings.socket)
        report.checks += search.checks
        do {
            let client = try await invocation.connect()
            // What is in the way of one place matters less where another one does.
            for index in report.checks.indices
            where report.checks[index].verdict == DoctorCheck.Verdict.problem.rawValue {
                report.checks[index].verdict = DoctorCheck.Verdict.warning.rawValue
            }
            report.checks += search.directoryCheck(client.socketPath)
            try await ask(client, &report)
        } catch {
            let failure = Failure(error)
            report.checks.append(
                DoctorCheck(
                    "daemon", .problem,
                    failure.code == "NoDaemon" ? "none answers" : failure.message,
                    failure.code == "NoDaemon"
                        ? search.start
                        : failure.code == "NoPermission" ? "See above." : failure.hint))
        }
        return report
    }

    private func ask(_ client: ImagedClient, _ report: inout DoctorReport) async throws {
        let version = try await client.call(Version.self, VersionRequest(), timeout: timeout)
        let health = try await client.call(Health.self, HealthRequest(), timeout: timeout)
        report.checks.append(daemon(health))
        report.checks.append(Self.versions(version))
        let images = await permissions(client, &report)
        report.checks += DoctorStorage(health).checks
        report.checks += limits(health, images)
        report.checks += await damage(client)
    }

    private func daemon(_ health: HealthResponse) -> DoctorCheck {
        let finding =
            "process \(health.processID), up \(Views.time(health.uptimeSeconds)), "
            + "\(health.jobsRunning) jobs running, \(health.jobsQueued) queued"
        return health.ready
            ? DoctorCheck("daemon", .ok, finding)
            : DoctorCheck("daemon", .problem, "\(finding); not ready", "Its log says why.")
    }

    private static func versions(_ version: VersionResponse) -> DoctorCheck {
        let finding =
            "imaged \(version.version), imagectl \(Main.version), protocol \(version.protocolVersion)"
        if version.protocolVersion != protocolVersion {
            return DoctorCheck(
                "versions", .problem, finding,
                """
                They do not speak the same protocol (\(version.protocolVersion) and \
                \(protocolVersion)): install both from one release.
                """)
        }
        if version.version == Main.version { return DoctorCheck("versions", .ok, finding) }
        return DoctorCheck(
            "versions", .warning, finding,
            """
            They are of different releases. What both know works; an operation that the older one \
            does not know is UNIMPLEMENTED. Restart the daemon after an update.
            """)
    }

    /// - Returns: how many images the account has; nil: it is not told.
    private func permissions(
        _ client: ImagedClient, _ report: inout DoctorReport
    ) async -> Int32? {
        let account = invocation.settings.account ?? "default"
        let user = invocation.settings.ramUser.map { ", RAM user \($0)" } ?? ""
        let who = "uid \(CurrentProcess.uid) in account \(account)\(user)"
        var request = DescribeImagesRequest()
        request.regionID = invocation.region
        request.status = "ALL"
        request.imageOwnerAlias = "self"
        request.pageSize = 1
        do {
            let answer = try await client.call(DescribeImages.self, request, timeout: timeout)
            report.checks.append(
                DoctorCheck(
                    "permissions", .ok, "\(who) may list images in \(invocation.region)"))
            return answer.totalCount
        } catch {
            let failure = Failure(error)
            let isForbidden = failure.code.hasPrefix("Forbidden")
            report.checks.append(
                DoctorCheck(
                    "permissions", .problem, "\(who): \(failure.code): \(failure.message)",
                    isForbidden
                        ? """
                        Name another account with --account, or let the daemon's configuration \
                        file say in [peer uid=\(CurrentProcess.uid)] which accounts you may use.
                        """ : failure.hint))
            return nil
        }
    }

    private func limits(_ health: HealthResponse, _ images: Int32?) -> [DoctorCheck] {
        var checks: [DoctorCheck] = []
        if let images, let limit = health.limits.first(where: { $0.name == "Images" })?.value {
            let finding = "\(images) of \(limit) images in \(invocation.region)"
            let advice =
                "imagectl prune deletes old ones; Images in the configuration file allows more."
            checks.append(
                Int64(images) >= limit
                    ? DoctorCheck("limits", .problem, "\(finding): no more can be made", advice)
                    : Int64(images) * 10 >= limit * 9
                        ? DoctorCheck("limits", .warning, finding, advice)
                        : DoctorCheck("limits", .ok, finding))
        }
        guard health.connectionsMax > 0 else { return checks }
        let finding = "\(health.connections) of \(health.connectionsMax) connections"
        let isNear = Int64(health.connections) * 10 >= Int64(health.connectionsMax) * 9
        checks.append(
            isNear
                ? DoctorCheck(
                    "connections", .warning, finding,
                    "Connections in the configuration file, or the daemon's limit of open files.")
                : DoctorCheck("connections", .ok, finding))
        return checks
    }

    /// What is known to be damaged, without reading it again.
    private func damage(_ client: ImagedClient) async -> [DoctorCheck] {
        var request = DescribeSnapshotsRequest()
        request.regionID = invocation.region
        guard
            let found = try? await Paging<DescribeSnapshots>.snapshots.all(
                request, { try await client.call(DescribeSnapshots.self, $0, timeout: timeout) })
        else { return [] }
        let damaged = found.snapshots.filter { !$0.damage.isEmpty }.map(\.snapshotID)
        let count = Views.counted(found.snapshots.count, "snapshot")
        if damaged.isEmpty {
            return [DoctorCheck("snapshots", .ok, "\(count), none known to be damaged")]
        }
        return [
            DoctorCheck(
                "snapshots", .problem,
                "\(damaged.count) of \(count) damaged: \(Help.list(damaged, "and"))",
                "imagectl verify \(damaged[0]) tells which bytes; restore these files, or delete it."
            )
        ]
    }
}

extension Views {
    static func doctor(_ report: DoctorReport, _ width: Int?) -> String {
        let column = 2 + (report.checks.map(\.name.count).max() ?? 0)
        let room = min(width ?? 100, 100) - 1
        let lines = report.checks.map { check in
            let color = Style.color(ofStatus: check.verdict)
            let padding = String(repeating: " ", count: 9 - min(9, check.verdict.count))
            let verdict = color.map { Style.text(check.verdict, $0, on: .output) } ?? check.verdict
            let name = check.name + String(repeating: " ", count: column - check.name.count)
            let indent = 9 + column
            let finding = Help.wrapped(printable(check.finding), indent, indent, width: room)
            let advice =
                check.advice.isEmpty
                ? ""
                : "\n" + String(repeating: " ", count: indent)
                    + Help.wrapped(
                        "-> " + printable(check.advice), indent, indent + 3, width: room)
            return verdict + padding + name + finding + advice
        }
        let counts = [
            counted(Int(report.problems), "problem"), counted(Int(report.warnings), "warning"),
        ]
        return (lines + ["", Help.list(counts, "and")]).joined(separator: "\n")
    }
}
