import ECS
import ImagedClient
import System
import Wire

extension Command {
    static var verify: Command {
        Command(
            name: "verify", group: Group.tasks,
            summary: "read what is stored, and compare the checksums",
            usage: "[SNAPSHOT | IMAGE]",
            details: """
                Without an ID all snapshots of the account are verified. Exit status 1 if there is \
                damage: a line for each damaged range of bytes, with the images that have it. \
                Nothing is changed. Ctrl-C ends it at any time.
                """,
            examples: [
                "imagectl verify", "imagectl verify m-bp1g6zv0ce8o",
                "imagectl verify s-bp1g6zv0ce8o --json",
            ],
            fields: [Field(path: "RegionId", kind: .text)], positional: "Id",
            formats: OutputFormat.withoutIDs
        ) { invocation in
            let word = invocation.fields["Id"]?.value ?? ""
            let kinds = [Names.Kind.snapshot, .image]
            func isRight(_ id: String) -> Bool {
                id.isEmpty || kinds.contains { id.hasPrefix($0.prefix) }
            }
            let neither = UsageError(
                message: "\(word) is neither a snapshot nor an image",
                hint: "Their IDs begin with s- and m-; or give the name of one of yours.")
            if Names.isID(word) && !isRight(word) { throw neither }
            let client = try await invocation.connect()
            let names = Names(
                client: client, region: invocation.region, findings: invocation.findings)
            let id = try await names.resolve(word, kinds)
            guard isRight(id) else { throw neither }
            let verification = Verification(
                client: client, output: invocation.output, timeout: invocation.settings.timeout)
            return try await verification.run(id, region: invocation.region)
        }
    }
}

/// What a verification found, as `--json` has it.
struct VerifyReport: Message {
    var snapshots: Int32 = 0
    /// Stored bytes that were read.
    var verifiedBytes: Int64 = 0
    var totalBytes: Int64 = 0
    /// False if it was stopped.
    var isComplete = false
    var damage: [Damage] = []
    init() {}

    mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.int32(1, "Snapshots", &snapshots)
        try visitor.int64(2, "VerifiedBytes", &verifiedBytes)
        try visitor.int64(3, "TotalBytes", &totalBytes)
        try visitor.bool(4, "IsComplete", &isComplete)
        try visitor.messages(5, "Damage", &damage)
    }
}

/// `imagectl verify`: step after step.
struct Verification: Sendable {
    let client: ImagedClient
    let output: Output
    /// For each step; nil: no limit.
    let timeout: Duration?
    private let report = Lock(VerifyReport())

    /// What one step reads: a second or a few, so that there is progress to see.
    private static let stepBytes: Int64 = 256 << 20

    init(client: ImagedClient, output: Output, timeout: Duration?) {
        self.client = client
        self.output = output
        self.timeout = timeout
    }

    func run(_ id: String, region: String) async throws -> ExitCode {
        do {
            try await interruptible { try await verify(id, region) }
        } catch is CancellationError {
            let report = report.withLock { $0 }
            if !report.damage.isEmpty || output.isJSON { try show(report) }
            throw Failure(
                .interrupted, "Interrupted",
                "stopped after \(Views.bytes(report.verifiedBytes))",
                hint: "Nothing is kept: the next time begins anew.")
        }
        let report = report.withLock { report in
            report.isComplete = true
            return report
        }
        try show(report)
        return report.damage.isEmpty ? .done : .refused
    }

    private func verify(_ id: String, _ region: String) async throws {
        guard id.hasPrefix("m-") else {
            let count = id.isEmpty ? try await snapshotCount() : 1
            try await steps(of: id, id.isEmpty ? "all" : id, snapshots: count)
            return
        }
        let image = try await client.image(id, region: region)
        var snapshots: [String] = []
        for disk in image.diskDeviceMappings where !disk.snapshotID.isEmpty {
            if !snapshots.contains(disk.snapshotID) { snapshots.append(disk.snapshotID) }
        }
        for (index, snapshot) in snapshots.enumerated() {
            let name = snapshots.count == 1 ? id : "\(id) \(index + 1)/\(snapshots.count)"
            try await steps(of: snapshot, name, snapshots: 1)
        }
    }

    /// How many snapshots the account has.
    private func snapshotCount() async throws -> Int {
        var request = DescribeUsageRequest()
        request.resourceType = "snapshot"
        request.maxResults = 1000
        var count = 0
        repeat {
            let page = try await client.call(DescribeUsage.self, request)
            count += page.usage.count
            request.nextToken = page.nextToken
        } while !request.nextToken.isEmpty
        return count
    }

    /// Verifies one snapshot or, with an empty ID, all.
    private func steps(of snapshotID: String, _ name: String, snapshots: Int) async throws {
        let progress = ProgressLine(name, output)
        defer { progress.erase() }
        var request = VerifySnapshotRequest()
        request.snapshotID = snapshotID
        request.maxBytes = Self.stepBytes
        var total: Int64 = 0
        repeat {
            try Task.checkCancellation()
            let step = try await client.call(VerifySnapshot.self, request, timeout: timeout)
            let change = step.totalBytes.subtractingReportingOverflow(total).partialValue
            total = step.totalBytes
            report.withLock { report in
                report.verifiedBytes &+= step.verifiedBytes
                report.totalBytes &+= change
                report.damage += step.damage
            }
            progress.show("verifying", done: step.doneBytes, of: step.totalBytes)
            request.nextToken = step.nextToken
        } while !request.nextToken.isEmpty
        report.withLock { $0.snapshots &+= Int32(clamping: snapshots) }
    }

    private func show(_ report: VerifyReport) throws {
        let count = Views.counted(Int(report.snapshots), "snapshot")
        let whole = "verified \(Views.bytes(report.verifiedBytes)) in \(count)"
        if report.damage.isEmpty {
            return try output.result(report) { _ in "\(whole): no damage" }
        }
        try output.result(report) { Views.damage(report.damage, $0) }
        guard report.isComplete else { return }
        let damaged = Set(report.damage.map(\.snapshotID)).count
        output.note("\(whole): \(Style.red("damage")) in \(Views.counted(damaged, "snapshot"))")
    }
}

extension Views {
    /// "1 image", "2 images"
    static func counted(_ count: Int, _ what: String) -> String {
        "\(count) \(what)\(count == 1 ? "" : "s")"
    }

    static func damage(_ damage: [Damage], _ width: Int?) -> String {
        table(
            damage, width,
            [
                .init(title: "SNAPSHOT"), .init(title: "BYTES"), .init(title: "IMAGES"),
                .init(title: "REASON", isFlexible: true), .init(title: "DISK"),
            ]
        ) { damage in
            // What a daemon says need not make sense, and must not trap.
            let end = damage.offset &+ damage.length &- 1
            return [
                damage.snapshotID,
                damage.length > 0 ? "\(damage.offset)-\(end)" : "all",
                damage.imageID.isEmpty ? "-" : damage.imageID.joined(separator: ","),
                damage.reason, damage.diskID,
            ]
        }
    }
}
