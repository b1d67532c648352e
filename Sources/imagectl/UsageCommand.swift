import ECS
import ImagedClient
import Wire

extension Command {
    static var usage: Command {
        Command(
            name: "usage", group: Group.tasks,
            summary: "what images, snapshots and disks take, and the totals",
            usage: "[--images] [--snapshots] [--disks]",
            details: """
                LOGICAL is the size of the disks, STORED what is kept of them: a cluster that \
                several snapshots have is stored once. RECLAIMABLE is what comes back if only \
                this goes. So columns do not add up to the totals.
                """,
            examples: ["imagectl usage", "imagectl usage --images --json"],
            options: [
                Option(name: "images", value: nil, meaning: "Images, with all their snapshots."),
                Option(name: "snapshots", value: nil, meaning: "Snapshots."),
                Option(name: "disks", value: nil, meaning: "Disks, with all their snapshots."),
            ], formats: OutputFormat.withoutIDs
        ) { invocation in
            let client = try await invocation.connect()
            var report = UsageReport()
            let asked = UsageReport.types.filter { invocation.has($0 + "s") }
            for type in asked.isEmpty ? UsageReport.types : asked {
                try await report.take(type, client, invocation.settings.timeout)
            }
            let found = report
            try invocation.output.result(found) { found.text($0) }
            return .done
        }
    }
}

/// What `imagectl usage` tells, as `--json` has it: the lists that were asked for.
struct UsageReport: Message {
    static let types = ["image", "snapshot", "disk"]

    private var lists: [String: [Usage]] = [:]
    /// The totals, by the newest answer.
    private var totals = DescribeUsageResponse()
    init() {}

    /// Reads the whole list of a type.
    mutating func take(
        _ type: String, _ client: ImagedClient, _ timeout: Duration?
    ) async throws {
        var request = DescribeUsageRequest()
        request.resourceType = type
        request.maxResults = 1000
        var list: [Usage] = []
        repeat {
            totals = try await client.call(
                DescribeUsage.self, request, timeout: timeout ?? .seconds(60))
            list += totals.usage
            request.nextToken = totals.nextToken
        } while !request.nextToken.isEmpty
        lists[type] = list
    }

    mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        if var list = lists["image"] { try visitor.messages(1, "Images", &list) }
        if var list = lists["snapshot"] { try visitor.messages(2, "Snapshots", &list) }
        if var list = lists["disk"] { try visitor.messages(3, "Disks", &list) }
        try visitor.int64(4, "LogicalBytes", &totals.logicalBytes)
        try visitor.int64(5, "StoredBytes", &totals.storedBytes)
        try visitor.int64(6, "ReclaimableBytes", &totals.reclaimableBytes)
        try visitor.int64(7, "PendingBytes", &totals.pendingBytes)
    }

    /// The tables that have rows, and the totals.
    func text(_ width: Int?) -> String {
        var parts = Self.types.compactMap { type in
            lists[type].map { Views.usage($0, type.uppercased(), width) }
        }
        parts.append(
            Views.list([
                ("logical", Views.bytes(totals.logicalBytes)),
                ("stored", Views.bytes(totals.storedBytes)),
                ("reclaimable", Views.bytes(totals.reclaimableBytes)),
                ("being given back", Views.bytes(totals.pendingBytes)),
            ]))
        return parts.filter { !$0.isEmpty }.joined(separator: "\n\n")
    }
}
