import ECS
import ImagedClient
import System
import Wire

extension Command {
    static var prune: Command {
        Command(
            name: "prune", group: Group.tasks, summary: "delete old images or snapshots by rule",
            usage: "(--image-family FAMILY | --snapshots-of DISK) RULE ... [--yes]",
            details: """
                Shows what would go and why the rest stays; with --yes it goes. What one rule \
                keeps stays. With an image go those of its snapshots that no other image and no \
                disk uses. What is used, shared or not finished stays, and failed ones go once no \
                age keeps them. Only images of your own count. --output id tells what goes, or is gone.
                """,
            examples: [
                "imagectl prune --image-family web --keep-last 5 --older-than 30d",
                "imagectl prune --image-family web --keep-last 7 --keep-daily 14 --yes",
                "imagectl prune --snapshots-of d-bp1g6zv0ce8o --keep-weekly 8 --yes",
            ],
            fields: [
                Field(path: "ImageFamily", kind: .text), Field(path: "RegionId", kind: .text),
            ],
            options: [
                Option(
                    name: "snapshots-of", value: "DISK",
                    meaning: "Only snapshots of this disk that no image uses.")
            ] + Retention.options + [
                Option(name: "dry-run", value: nil, meaning: "Only show it, even with --yes."),
                Option(name: "yes", value: nil, meaning: "Delete what no rule keeps."),
            ]
        ) { invocation in
            let family = invocation.fields["ImageFamily"]?.value ?? ""
            let word = invocation.value("snapshots-of") ?? ""
            guard family.isEmpty != word.isEmpty else {
                throw UsageError(
                    message: family.isEmpty
                        ? "prune without a family or a disk"
                        : "--image-family and --snapshots-of together",
                    hint: "Give --image-family FAMILY or --snapshots-of DISK.")
            }
            let retention = try Retention(invocation)
            let client = try await invocation.connect()
            let names = Names(
                client: client, region: invocation.region, findings: invocation.findings)
            let disk = try await names.resolve(word, [.disk])
            if let unknown = invocation.findings.unknownNames.first {
                throw Failure(.refused, "NotFound", unknown)
            }
            let pruning = Pruning(
                client: client, region: invocation.region,
                timeout: invocation.settings.timeout ?? .seconds(60),
                isDryRun: invocation.has("dry-run") || !invocation.has("yes"))
            return try await pruning.run(family, disk, retention, invocation.output)
        }
    }
}

/// What became of each image and snapshot, as `--json` has it.
struct PruneReport: Message {
    var isDryRun = false
    var resources: [PrunedResource] = []
    init() {}

    mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        // The list first: it is what the report is, line by line.
        try visitor.messages(1, "Resources", &resources)
        try visitor.bool(2, "IsDryRun", &isDryRun)
    }
}

struct PrunedResource: Message {
    var resourceID = ""
    var resourceType = ""
    var name = ""
    var creationTime = ""
    var result = ""  // stays, goes (in a dry run), deleted, failed
    var reason = ""
    init() {}

    mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.string(1, "ResourceId", &resourceID)
        try visitor.string(2, "ResourceType", &resourceType)
        try visitor.string(3, "Name", &name)
        try visitor.string(4, "CreationTime", &creationTime)
        try visitor.string(5, "Result", &result)
        try visitor.string(6, "Reason", &reason)
    }
}

extension Views {
    static func pruned(_ report: PruneReport, _ width: Int?) -> String {
        table(
            report.resources, width,
            [
                .init(title: "RESOURCE"), .init(title: "CREATED"),
                .init(title: "RESULT", isStatus: true),
                .init(title: "WHY", isFlexible: true), .init(title: "NAME"),
            ]
        ) {
            [
                $0.resourceID, minute($0.creationTime),
                report.isDryRun && $0.result == "goes" ? "would go" : $0.result, $0.reason, $0.name,
            ]
        }
    }
}
