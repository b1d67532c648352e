import ECS
import TestSupport
import Testing
import Wire

/// § Order: V0 to V10, and who wins where two errors apply at once.
extension Case {
    static let order =
        borders + syntaxOrder + OrderOnInstance.cases + OrderOnSnapshot.cases + setOrder

    /// Borders between stages that no list of states below crosses.
    private static let borders: [Case] = [
        Case(
            "V0: no such method, no such service, no message", "V0", "X-InvalidParameter"
        ) { bench in
            let method = try bench.refuseRaw(method: "CreateImages", [])
            #expect(method.statusCode == .unimplemented && method.code == "")
            let service = try bench.refuseRaw(service: "imaged.v1.EC", [])
            #expect(service.statusCode == .unimplemented && service.code == "")
            let cut = try bench.refuseRaw([0x22, 0x05, 0x61])
            #expect(cut.statusCode == .invalidArgument && cut.code == "InvalidParameter")
            let nested = try bench.refuseRaw([0x6a, 0x02, 0x10])
            #expect(nested.code == "InvalidParameter")
            let refused = try bench.refuseRaw([0x0a, 0x01, 0xff])  // RegionId is no UTF-8
            bench.expect(refused, is: "X-InvalidParameter", ["RegionId"], "RegionId")
        },
        Case("V0 before V1 and V2", "V0", "V1", "V2", "X-InvalidParameter") { bench in
            // No RegionId, no source, a stranger; and ImageName with the wrong wire type.
            bench.client.ramUser = "nobody"
            let refused = try bench.refuseRaw([0x20, 0x01])
            bench.expect(refused, is: "X-InvalidParameter", ["ImageName"], "ImageName")
            bench.client.ramUser = ""
        },
        Case(
            "V1 before V2", "V1", "V2", "E-InvalidImageName.Malformed", "E-MissingParameter",
            "X-MissingParameter.RegionId", "E-QuotaExceed.Tags"
        ) { bench in
            let plain = try bench.plain()
            try bench.setUser("idle", [])
            try bench.acting(as: "idle") {
                try bench.refuse("X-MissingParameter.RegionId") {
                    $0.regionID = ""
                    $0.snapshotID = plain
                }
                try bench.refuse("E-MissingParameter") { _ in }
                try bench.refuse("E-InvalidImageName.Malformed") {
                    $0.snapshotID = plain
                    $0.imageName = "1"
                }
                try bench.refuse("E-QuotaExceed.Tags", "20") {
                    $0.snapshotID = plain
                    $0.tag = (0...20).map { tag("k\($0)") }
                }
            }
        },
        Case("V2 before V3, V4 and V5", "V2", "V3", "V4", "V5", "X-Forbidden") { bench in
            let plain = try bench.plain()
            try bench.create {
                $0.snapshotID = plain
                $0.clientToken = "token"
            }
            try bench.setUser("idle", [])
            try bench.acting(as: "idle") {
                for name in ["", "other"] {
                    try bench.refuse("X-Forbidden") {
                        $0.snapshotID = plain
                        $0.clientToken = "token"
                        $0.imageName = name
                    }
                }
            }
            try bench.setAccount { $0.orderAllowed = false }
            try bench.acting(as: "idle") {
                try bench.refuse("X-Forbidden") {
                    $0.snapshotID = "s-none"
                    $0.regionID = "mars-1"
                }
            }
        },
        Case(
            "V3 before V4 to V9, and before fault rules", "V3", "V4", "V5", "V6", "V7", "V8", "V9",
            "E-IdempotenceParamNotMatch", "E-InternalError", "E-AccountForbidden.CreateOrder"
        ) { bench in
            let (machine, _) = try bench.machine()
            let bound = try bench.request {
                $0.instanceID = machine
                $0.clientToken = "token"
            }
            try bench.create(bound)
            _ = try bench.addRule {
                $0.action = "fail"
                $0.code = "InternalError"
                $0.times = 0
            }
            try bench.setAccount { $0.orderAllowed = false }
            try bench.lock(machine, ["security"])
            for limit in ["Images", "UnfinishedSnapshots"] { try bench.setLimit(limit, 0) }
            try bench.refuse("E-IdempotenceParamNotMatch") {
                $0 = bound
                $0.resourceGroupID = "rg-none"
            }
            // Then the rules, then the account.
            let fresh: Bench.Change = {
                $0 = bound
                $0.clientToken = "fresh"
            }
            try bench.refuse("E-InternalError", fresh)
            let rules = try bench.client.call(
                DescribeFaultRules.self, DescribeFaultRulesRequest()
            ).faultRules
            _ = try bench.client.call(
                RemoveFaultRule.self, .with { $0.faultRuleID = rules[0].faultRuleID })
            try bench.refuse("E-AccountForbidden.CreateOrder", fresh)
        },
        Case(
            "V10: token, name, image, snapshots and jobs in one step", "V10", "B-Atomic"
        ) { bench in
            let (machine, disks) = try bench.machine([Bench.disk(), Bench.disk()])
            try bench.hold()
            let request = try bench.request {
                $0.instanceID = machine
                $0.imageName = "name"
                $0.clientToken = "token"
            }
            let id = try bench.create(request)
            let image = try bench.image(id)
            let snapshots = try bench.client.snapshots()
            #expect(Set(snapshots.map(\.sourceDiskID)) == Set(disks))
            #expect(
                Set(image.diskDeviceMappings.map(\.snapshotID)) == Set(snapshots.map(\.snapshotID)))
            #expect(Set(try bench.jobs().map(\.snapshotID)) == Set(snapshots.map(\.snapshotID)))
            #expect(try bench.create(request) == id)
        },
        Case("V9 before V10", "V9", "V10", "X-DryRunOperation") { bench in
            try bench.refuse("X-DryRunOperation") {
                $0.snapshotID = try bench.plain()
                $0.dryRun = true
            }
        },
    ]

    /// Faults of V1 on a list of disks, in the order in which they win.
    private static let syntaxFaults:
        [(id: String, change: @Sendable (inout CreateImageRequest) -> Void)] = [
            ("X-MissingParameter.RegionId", { $0.regionID = "" }),
            ("E-InvalidParameter.AllEmpty", { $0.diskDeviceMapping.append(mapping()) }),
            ("X-InvalidClientToken", { $0.clientToken = "é" }),
            ("E-InvalidImageName.Malformed", { $0.imageName = "1" }),
            ("E-InvalidImageFamily.Malformed", { $0.imageFamily = "a.b" }),
            ("E-InvalidImageVersion.Malformed", { $0.imageVersion = "é" }),
            ("E-InvalidDescription.Malformed", { $0.description = "x" }),
            ("E-InvalidPlatform.Malformed", { $0.platform = "x" }),
            ("E-InvalidBootMode.Malformed", { $0.bootMode = "x" }),
            ("E-InvalidArchitecture.Malformed", { $0.architecture = "x" }),
            ("E-InvalidDetectionStrategy.Malformed", { $0.detectionStrategy = "x" }),
            (
                "E-InvalidParameter.FeaturesImdsSupport",
                { request in request.features = .with { $0.imdsSupport = "x" } }
            ),
            ("E-InvalidTagKey.Malformed", { $0.tag.insert(tag("acs:"), at: 0) }),
            ("E-InvalidTagValue.Malformed", { $0.tag.append(tag("v", "acs:")) }),
            ("E-Duplicate.TagKey", { $0.tag += [tag("twice"), tag("twice")] }),
            ("E-QuotaExceed.Tags", { $0.tag += (0...20).map { tag("n\($0)") } }),
            (
                "X-InvalidParameter",
                { $0.diskDeviceMapping += Array(repeating: mapping(type: "data"), count: 18) }
            ),
            (
                "E-InvalidDiskType.ValueNotSupported",
                { $0.diskDeviceMapping.append(mapping(type: "x")) }
            ),
            (
                "E-InvalidDevice.Malformed",
                { $0.diskDeviceMapping.append(mapping(device: "/dev/vdb")) }
            ),
            ("E-InvalidSize.ValueNotSupported", { $0.diskDeviceMapping.append(mapping(size: 0)) }),
            (
                "E-InvalidDevice.InUse",
                { $0.diskDeviceMapping += Array(repeating: mapping(device: "/dev/xvdc"), count: 2) }
            ),
            // V5: the text comes first.
            ("E-InvalidResourceGroup.NotFound", { $0.resourceGroupID = "rg-none" }),
        ]

    private static let syntaxOrder: [Case] =
        syntaxFaults.indices.dropLast().map { place in
            let fault = syntaxFaults[place]
            return Case("V1: \(fault.id) before what follows", "V1", fault.id) { bench in
                let plain = try bench.plain()
                let before = try bench.remains()
                for other in syntaxFaults[(place + 1)...] {
                    try bench.refuseQuickly(fault.id, "with \(other.id)") {
                        $0.diskDeviceMapping = [mapping(plain)]
                        fault.change(&$0)
                        other.change(&$0)
                    }
                }
                #expect(try bench.remains() == before)
            }
        } + [
            Case(
                "V1: RegionId before the source, the source before the token", "V1",
                "X-MissingParameter.RegionId", "E-MissingParameter"
            ) { bench in
                try bench.refuse("X-MissingParameter.RegionId") { $0.regionID = "" }
                try bench.refuse("E-MissingParameter") { $0.clientToken = "é" }
            },
            Case(
                "V1: entry by entry, DiskType, Device, Size", "V1",
                "E-InvalidSize.ValueNotSupported", "E-InvalidDevice.Malformed",
                "E-InvalidDiskType.ValueNotSupported"
            ) { bench in
                let plain = try bench.plain()
                let wrong = mapping(size: 0, device: "/dev/vdb", type: "x")
                for (id, list) in [
                    ("E-InvalidSize.ValueNotSupported", [mapping(plain, size: 0), wrong]),
                    (
                        "E-InvalidDevice.Malformed",
                        [mapping(plain, size: 0, device: "/dev/vda"), wrong]
                    ),
                    ("E-InvalidDiskType.ValueNotSupported", [mapping(plain), wrong]),
                ] {
                    try bench.refuse(id) { $0.diskDeviceMapping = list }
                }
            },
            Case(
                "V1: a tag's key, then its value, then the next tag", "V1",
                "E-InvalidTagKey.Malformed", "E-InvalidTagValue.Malformed"
            ) { bench in
                let plain = try bench.plain()
                try bench.refuse("E-InvalidTagKey.Malformed", parameter: "Tag.1.Key") {
                    $0.snapshotID = plain
                    $0.tag = [tag("acs:", "acs:")]
                }
                try bench.refuse("E-InvalidTagValue.Malformed", parameter: "Tag.1.Value") {
                    $0.snapshotID = plain
                    $0.tag = [tag("k", "acs:"), tag("acs:")]
                }
            },
        ]
}
