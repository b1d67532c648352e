import ECS
import TestSupport
import Testing
import Wire

/// § Authorisation: RAM users and what their policies let them do.
extension Case {
    static let authorisation: [Case] = [
        Case("the owner may, nobody else without a policy", "A-Image", "X-Forbidden") { bench in
            let plain = try bench.plain()
            try bench.create { $0.snapshotID = plain }
            try bench.setUser("idle", [])
            for user in ["idle", "unknown"] {
                try bench.acting(as: user) {
                    try bench.refuse("X-Forbidden") { $0.snapshotID = plain }
                }
            }
            try bench.setUser("all", [.init(["*"], ["*"])])
            try bench.acting(as: "all") { _ = try bench.create { $0.snapshotID = plain } }
        },
        Case(
            "an account that does not exist, or is not one's own", "A-Image", "X-Forbidden"
        ) { bench in
            bench.client.account = "no-such-account"
            let refused = try bench.client.refused(
                CreateImage.self, try bench.request { $0.snapshotID = "s-none" })
            bench.expect(try #require(refused), is: "X-Forbidden")
            bench.client.account = bench.account
        },
        Case(
            "images of the region and the account must be allowed", "A-Image", "X-Forbidden"
        ) { bench in
            let plain = try bench.plain()
            let snapshots = Policy(["ecs:CreateImage"], ["acs:ecs:*:*:snapshot/*"])
            let right = [
                "acs:ecs:cn-hangzhou:\(bench.account):image/*", "acs:ecs:*:*:image/*",
                "acs:ecs:cn-*:*:image/*", "acs:*:image/*",
            ]
            let wrong = [
                "acs:ecs:cn-beijing:*:image/*", "acs:ecs:*:other:image/*", "acs:ecs:*:*:instance/*",
                "acs:ecs:*:*:image/m-1", "acs:oss:*:*:*",
            ]
            for resource in right {
                try bench.setUser("user", [snapshots, Policy(["ecs:CreateImage"], [resource])])
                try bench.acting(as: "user") { _ = try bench.create { $0.snapshotID = plain } }
            }
            for resource in wrong {
                try bench.setUser("user", [snapshots, Policy(["ecs:CreateImage"], [resource])])
                try bench.acting(as: "user") {
                    try bench.refuse("X-Forbidden") { $0.snapshotID = plain }
                }
            }
        },
        Case(
            "the instance must be allowed, and its snapshots need not be", "A-Instance",
            "X-Forbidden", "E-InvalidInstanceId.NotFound"
        ) { bench in
            let (machine, _) = try bench.machine()
            let images = Policy(["ecs:CreateImage"], ["acs:ecs:*:*:image/*"])
            let name = "acs:ecs:cn-hangzhou:\(bench.account):instance/"
            try bench.setUser("user", [images])
            try bench.acting(as: "user") {
                try bench.refuse("X-Forbidden") { $0.instanceID = machine }
                // Whether it exists is not told.
                try bench.refuse("X-Forbidden") { $0.instanceID = "i-none" }
            }
            try bench.setUser("user", [images, Policy(["ecs:CreateImage"], [name + "i-other"])])
            try bench.acting(as: "user") {
                try bench.refuse("X-Forbidden") { $0.instanceID = machine }
            }
            try bench.setUser("user", [images, Policy(["ecs:CreateImage"], [name + machine])])
            try bench.acting(as: "user") { _ = try bench.create { $0.instanceID = machine } }
            try bench.setUser("user", [images, Policy(["ecs:CreateImage"], [name + "*"])])
            try bench.acting(as: "user") {
                try bench.refuse("E-InvalidInstanceId.NotFound", "i-none") {
                    $0.instanceID = "i-none"
                }
            }
        },
        Case(
            "each snapshot that counts must be allowed", "A-Snapshot", "B-Priority",
            "X-Forbidden"
        ) { bench in
            let (machine, disks) = try bench.machine([Bench.disk(), Bench.disk()])
            let snapshots = try disks.map { try bench.snapshot(of: $0) }
            let resources = ["acs:ecs:*:*:image/*", "acs:ecs:*:*:snapshot/\(snapshots[0])"]
            try bench.setUser("user", [Policy(["ecs:CreateImage"], resources)])
            try bench.acting(as: "user") {
                try bench.create { $0.snapshotID = snapshots[0] }
                try bench.create {
                    $0.diskDeviceMapping = [mapping(snapshots[0]), mapping(size: 20)]
                }
                // What does not count needs no permission.
                try bench.create {
                    $0.diskDeviceMapping = [mapping(snapshots[0])]
                    $0.snapshotID = snapshots[1]
                }
                try bench.refuse("X-Forbidden") { $0.snapshotID = snapshots[1] }
                try bench.refuse("X-Forbidden") {
                    $0.diskDeviceMapping = [mapping(snapshots[0]), mapping(snapshots[1])]
                }
                try bench.refuse("X-Forbidden") {
                    $0.instanceID = machine
                    $0.snapshotID = snapshots[0]
                }
            }
            let instance = Policy(
                ["ecs:CreateImage"], ["acs:ecs:*:*:image/*", "acs:ecs:*:*:instance/*"])
            try bench.setUser("user", [instance])
            try bench.acting(as: "user") {
                _ = try bench.create {
                    $0.instanceID = machine
                    $0.snapshotID = snapshots[1]
                }
            }
        },
        Case(
            "the default group needs permission of its own", "A-DefaultGroup",
            "P-ResourceGroupId", "X-Forbidden"
        ) { bench in
            let plain = try bench.plain()
            let (group, other) = (try bench.createGroup(), try bench.createGroup())
            let snapshots = Policy(["ecs:CreateImage"], ["acs:ecs:*:*:snapshot/*"])
            let images = ["acs:ecs:*:*:image/*"]
            func create(in group: String) throws {
                try bench.acting(as: "user") {
                    _ = try bench.create {
                        $0.snapshotID = plain
                        $0.resourceGroupID = group
                    }
                }
            }
            func refuse(in group: String) throws {
                try bench.acting(as: "user") {
                    try bench.refuse("X-Forbidden") {
                        $0.snapshotID = plain
                        $0.resourceGroupID = group
                    }
                }
            }
            try bench.setUser(
                "user", [snapshots, Policy(["ecs:CreateImage"], images, group: group)])
            try create(in: group)
            try refuse(in: "")
            try refuse(in: bench.defaultGroup)
            try refuse(in: other)
            try refuse(in: "rg-none")
            let scoped = Policy(["ecs:CreateImage"], images, group: bench.defaultGroup)
            try bench.setUser("user", [snapshots, scoped])
            try create(in: "")
            try create(in: bench.defaultGroup)
            try refuse(in: group)
            try bench.setUser("user", [snapshots, Policy(["ecs:CreateImage"], images)])
            for group in ["", group, other] { try create(in: group) }
        },
        Case("Deny wins, wherever it stands", "A-Image", "A-Snapshot", "X-Forbidden") { bench in
            let plain = try bench.plain()
            let allow = Policy(["ecs:*"], ["*"])
            let denials = [
                Policy(["ecs:CreateImage"], ["acs:ecs:*:*:image/*"], effect: "Deny"),
                Policy(["*"], ["acs:ecs:*:*:snapshot/\(plain)"], effect: "Deny"),
                Policy(["ecs:Create*"], ["*"], effect: "Deny"),
            ]
            for deny in denials {
                for policies in [[allow, deny], [deny, allow]] {
                    try bench.setUser("user", policies)
                    try bench.acting(as: "user") {
                        try bench.refuse("X-Forbidden") { $0.snapshotID = plain }
                    }
                }
            }
            let elsewhere = [
                Policy(["ecs:DeleteImage"], ["*"], effect: "Deny"),
                Policy(["*"], ["acs:ecs:us-west-1:*:*"], effect: "Deny"),
            ]
            try bench.setUser("user", [allow] + elsewhere)
            try bench.acting(as: "user") { _ = try bench.create { $0.snapshotID = plain } }
        },
        Case(
            "the action alone counts, whatever level it is listed under", "D-AccessLevel",
            "A-Image", "X-Forbidden"
        ) { bench in
            let plain = try bench.plain()
            for action in ["ecs:CreateImage", "ecs:Create*", "ecs:*Image", "*"] {
                try bench.setUser("user", [Policy([action], ["*"])])
                try bench.acting(as: "user") { _ = try bench.create { $0.snapshotID = plain } }
            }
            for action in ["ecs:Describe*", "ecs:CreateImages", "ecs:CreateSnapshot", "oss:*"] {
                try bench.setUser("user", [Policy([action], ["*"])])
                try bench.acting(as: "user") {
                    try bench.refuse("X-Forbidden") { $0.snapshotID = plain }
                }
            }
        },
    ]
}

/// A RAM policy of one statement.
struct Policy {
    let actions: [String]
    let resources: [String]
    var effect = "Allow"
    var group = ""

    init(_ actions: [String], _ resources: [String], effect: String = "Allow", group: String = "") {
        self.actions = actions
        self.resources = resources
        self.effect = effect
        self.group = group
    }

    var document: String {
        func list(_ texts: [String]) -> String {
            "[" + texts.map { "\"\($0)\"" }.joined(separator: ", ") + "]"
        }
        return """
            {
              "Version": "1",
              "Statement": [
                {
                  "Effect": "\(effect)",
                  "Action": \(list(actions)),
                  "Resource": \(list(resources))
                }
              ]
            }
            """
    }
}

extension Bench {
    func setUser(_ name: String, _ policies: [Policy]) throws {
        _ = try client.call(
            SetRamUser.self,
            .with {
                $0.ramUser = name
                $0.policy = policies.map { policy in
                    .with {
                        $0.policyDocument = policy.document
                        $0.resourceGroupID = policy.group
                    }
                }
            })
    }

    func acting(as user: String, _ body: () throws -> Void) throws {
        client.ramUser = user
        defer { client.ramUser = "" }
        try body()
    }
}
