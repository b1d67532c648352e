import ECS
import TestSupport
import Testing
import Wire

/// § Errors: each row by a state that a client sets up. First those of the request's text, of the
/// account and of what is named.
extension Case {
    static let errors =
        textErrors + listErrors + accountErrors + existenceErrors + ruleErrors
        + instanceErrors + diskErrors + snapshotErrors + keyErrors + limitErrors

    /// A request that is right but for `change`.
    private static func refused(
        _ id: String, _ parameter: String,
        _ change: @escaping @Sendable (inout CreateImageRequest) -> Void
    ) -> Case {
        Case("\(id), row", id) { bench in
            try bench.refuse(id, parameter: parameter) {
                $0.snapshotID = try bench.plain()
                change(&$0)
            }
        }
    }

    private static let textErrors: [Case] = [
        refused("E-InvalidImageName.Malformed", "ImageName") { $0.imageName = "1a" },
        refused("E-InvalidImageFamily.Malformed", "ImageFamily") { $0.imageFamily = "a.b" },
        refused("E-InvalidImageVersion.Malformed", "ImageVersion") {
            $0.imageVersion = String(repeating: "1", count: 41)
        },
        refused("E-InvalidDescription.Malformed", "Description") { $0.description = "http://a" },
        refused("E-InvalidPlatform.Malformed", "Platform") { $0.platform = "centos" },
        refused("E-InvalidArchitecture.Malformed", "Architecture") { $0.architecture = "amd64" },
        refused("E-InvalidBootMode.Malformed", "BootMode") { $0.bootMode = "bios" },
        refused("E-InvalidDetectionStrategy.Malformed", "DetectionStrategy") {
            $0.detectionStrategy = "standard"
        },
        refused("E-InvalidParameter.FeaturesImdsSupport", "Features.ImdsSupport") {
            $0.features = .with { $0.imdsSupport = "v3" }
        },
        refused("E-InvalidTagKey.Malformed", "Tag.1.Key") { $0.tag = [tag("", "value")] },
        refused("E-InvalidTagValue.Malformed", "Tag.1.Value") { $0.tag = [tag("k", "acs:x")] },
        refused("E-Duplicate.TagKey", "Tag.2.Key") { $0.tag = [tag("k"), tag("k")] },
        refused("X-InvalidClientToken", "ClientToken") { $0.clientToken = "é" },
        refused("X-MissingParameter.RegionId", "RegionId") { $0.regionID = "" },
        Case("E-MissingParameter, row", "E-MissingParameter") { bench in
            try bench.refuse("E-MissingParameter") { $0.imageName = "name" }
        },
        Case("E-QuotaExceed.Tags, row", "E-QuotaExceed.Tags") { bench in
            try bench.refuse("E-QuotaExceed.Tags", "20", parameter: "Tag") {
                $0.snapshotID = try bench.plain()
                $0.tag = (0...20).map { tag("k\($0)") }
            }
        },
    ]

    private static func list(
        _ id: String, _ parameter: String, _ second: DiskDeviceMapping...
    ) -> Case {
        Case("\(id), row", id) { bench in
            try bench.refuse(id, parameter: parameter) {
                $0.diskDeviceMapping = [mapping(try bench.plain())] + second
            }
        }
    }

    private static let listErrors: [Case] = [
        list("E-InvalidParameter.AllEmpty", "DiskDeviceMapping.2", mapping()),
        list(
            "E-InvalidDiskType.ValueNotSupported", "DiskDeviceMapping.2.DiskType",
            mapping(type: "both")),
        list(
            "E-InvalidDevice.Malformed", "DiskDeviceMapping.2.Device", mapping(device: "/dev/vdb")),
        list("E-InvalidSize.ValueNotSupported", "DiskDeviceMapping.2.Size", mapping(size: 19)),
        list(
            "E-InvalidDevice.InUse", "DiskDeviceMapping.3.Device", mapping(device: "/dev/xvdb"),
            mapping(device: "/dev/xvdb")),
        Case("E-OperationDenied.400, row", "E-OperationDenied.400") { bench in
            let (_, disks) = try bench.machine([Bench.disk(), Bench.disk()])
            let data = try bench.snapshot(of: disks[1])
            try bench.refuse("E-OperationDenied.400") { $0.diskDeviceMapping = [mapping(data)] }
        },
        Case("E-UserNotInTheWhiteList, row", "E-UserNotInTheWhiteList") { bench in
            let (_, disks) = try bench.machine([Bench.disk(), Bench.disk()])
            let data = try bench.snapshot(of: disks[1])
            try bench.setAccount { $0.dataDiskImageWhitelist = false }
            try bench.refuse(
                "E-UserNotInTheWhiteList", parameter: "DiskDeviceMapping.1.DiskType"
            ) { $0.diskDeviceMapping = [mapping(data, type: "system")] }
            try bench.setAccount { $0.dataDiskImageWhitelist = true }
            try bench.made { $0.diskDeviceMapping = [mapping(data, type: "system")] }
        },
        Case(
            "E-InvalidParameter.DiskType, row", "E-InvalidParameter.DiskType", "D-Encrypted"
        ) { bench in
            let (_, disks) = try bench.machine([Bench.disk(), Bench.disk()])
            let data = try bench.snapshot(of: disks[1])
            try bench.setSnapshot(data) {
                $0.encrypted = true
                $0.kmsKeyID = "key"
            }
            try bench.refuse(
                "E-InvalidParameter.DiskType", parameter: "DiskDeviceMapping.1.DiskType"
            ) { $0.diskDeviceMapping = [mapping(data, type: "system")] }
            // As the data disk that it is, it may stay.
            try bench.made {
                $0.diskDeviceMapping = [mapping(try bench.plain()), mapping(data)]
            }
        },
    ]

    /// An account that stands badly until it is mended.
    private static func account(
        _ id: String, _ name: String,
        _ spoil: @escaping @Sendable (inout SetAccountRequest) -> Void,
        _ mend: @escaping @Sendable (inout SetAccountRequest) -> Void
    ) -> Case {
        Case("\(id), \(name)", id) { bench in
            let plain = try bench.plain()
            let (machine, _) = try bench.machine()
            try bench.setAccount(spoil)
            try bench.refuse(id) { $0.snapshotID = plain }
            try bench.refuse(id) { $0.diskDeviceMapping = [mapping(plain)] }
            try bench.refuse(id) { $0.instanceID = machine }
            try bench.setAccount(mend)
            try bench.made { $0.snapshotID = plain }
        }
    }

    private static let accountErrors: [Case] = [
        account("E-AccountForbidden.CreateOrder", "no orders", { $0.orderAllowed = false }) {
            $0.orderAllowed = true
        },
        account(
            "E-AccountEnterpriseStatusInvalid", "revoked", { $0.enterpriseStatus = "revoked" }
        ) { $0.enterpriseStatus = "normal" },
        account(
            "E-AccountEnterpriseStatusInvalid", "deregistered",
            { $0.enterpriseStatus = "deregistered" }
        ) { $0.enterpriseStatus = "normal" },
        account(
            "E-InvalidAccountStatus.NotEnoughBalance", "below zero", { $0.balance = -1 }
        ) { $0.balance = 0 },
        account(
            "E-InvalidAccountStatus.NotEnoughBalance", "below the account's minimum",
            {
                $0.balance = 99
                $0.minimumBalance = 100
            }
        ) { $0.balance = 100 },
        account(
            "E-InvalidAccountStatus.SnapshotServiceUnavailable", "service not opened",
            { $0.snapshotServiceOpened = false }
        ) { $0.snapshotServiceOpened = true },
    ]

    private static let existenceErrors: [Case] = [
        refused("X-InvalidRegionId.NotFound", "RegionId") { $0.regionID = "mars-1" },
        refused("E-InvalidResourceGroup.NotFound", "ResourceGroupId") {
            $0.resourceGroupID = "rg-none"
        },
        refused("E-InvalidSnapshotId.NotFound", "SnapshotId") { $0.snapshotID = "s-none" },
        Case("E-InvalidInstanceId.NotFound, row", "E-InvalidInstanceId.NotFound") { bench in
            let (machine, disks) = try bench.machine()
            let snapshot = try bench.snapshot(of: disks[0])
            try bench.deleteInstance(machine)
            try bench.refuse("E-InvalidInstanceId.NotFound", machine, parameter: "InstanceId") {
                $0.instanceID = machine
            }
            // Its snapshot is still right, until it goes too.
            try bench.create { $0.snapshotID = snapshot }
            let other = try bench.snapshot(of: try bench.machine().disks[0])
            try bench.deleteSnapshot(other)
            try bench.refuse("E-InvalidSnapshotId.NotFound", parameter: "SnapshotId") {
                $0.snapshotID = other
            }
        },
        Case(
            "what another account has does not exist", "E-InvalidInstanceId.NotFound",
            "E-InvalidSnapshotId.NotFound", "E-InvalidResourceGroup.NotFound"
        ) { bench in
            let (machine, _) = try bench.machine()
            let (snapshot, group) = (try bench.plain(), try bench.createGroup())
            let stranger = try Bench(try #require(ConformanceDaemon.socketPath))
            try stranger.refuse("E-InvalidInstanceId.NotFound", machine) {
                $0.instanceID = machine
            }
            try stranger.refuse("E-InvalidSnapshotId.NotFound") { $0.snapshotID = snapshot }
            try stranger.refuse("E-InvalidResourceGroup.NotFound") {
                $0.snapshotID = try stranger.plain()
                $0.resourceGroupID = group
            }
            bench.take(stranger.met)
            try stranger.drop()
        },
    ]

    /// What only a fault rule brings about on demand.
    private static func rule(_ id: String, _ code: String) -> Case {
        Case("\(id), by a rule", id, "B-Atomic") { bench in
            let plain = try bench.plain()
            for _ in 0..<2 {
                _ = try bench.addRule {
                    $0.action = "fail"
                    $0.code = code
                }
                try bench.refuse(id) {
                    $0.snapshotID = plain
                    $0.clientToken = "token"
                }
            }
            // The rule is used up, and neither name nor token is.
            try bench.made {
                $0.snapshotID = plain
                $0.clientToken = "token"
            }
        }
    }

    private static let ruleErrors: [Case] = [
        rule("E-InternalError", "InternalError"),
        rule("X-ServiceUnavailable", "ServiceUnavailable"),
        rule("X-Throttling", "Throttling"),
        Case("E-InvalidParamter.Conflict, row", "E-InvalidParamter.Conflict") { bench in
            let plain = try bench.plain()
            try bench.holdRequest(token: "token")
            let first = try bench.request {
                $0.snapshotID = plain
                $0.clientToken = "token"
            }
            let stream = try bench.client.begin(CreateImage.self, first)
            try bench.refuse("E-InvalidParamter.Conflict", parameter: "ClientToken") {
                $0 = first
                $0.imageName = "other"
            }
            try bench.release()
            _ = try bench.client.answer(CreateImage.self, stream)
        },
        Case("E-IdempotenceParamNotMatch, row", "E-IdempotenceParamNotMatch") { bench in
            let plain = try bench.plain()
            try bench.create {
                $0.snapshotID = plain
                $0.clientToken = "token"
            }
            try bench.refuse("E-IdempotenceParamNotMatch", parameter: "ClientToken") {
                $0.snapshotID = plain
                $0.clientToken = "token"
                $0.imageName = "other"
            }
        },
        Case("X-IdempotentProcessing, row", "X-IdempotentProcessing", "D-Idempotency") { bench in
            let plain = try bench.plain()
            try bench.setAccount { $0.idempotentProcessing = true }
            try bench.holdRequest()
            let request = try bench.request {
                $0.snapshotID = plain
                $0.clientToken = "token"
            }
            let stream = try bench.client.begin(CreateImage.self, request)
            try bench.refuse("X-IdempotentProcessing", parameter: "ClientToken") { $0 = request }
            try bench.release()
            let id = try bench.client.answer(CreateImage.self, stream).imageID
            #expect(try bench.create(request) == id)
        },
        Case("X-DryRunOperation, row", "X-DryRunOperation") { bench in
            try bench.refuse("X-DryRunOperation") {
                $0.snapshotID = try bench.plain()
                $0.dryRun = true
            }
        },
        Case("X-InvalidParameter, row", "X-InvalidParameter", "V0") { bench in
            let refused = try bench.refuseRaw([0x20, 0x01])  // ImageName as a varint
            bench.expect(refused, is: "X-InvalidParameter", ["ImageName"], "ImageName")
        },
        Case("X-Forbidden, row", "X-Forbidden") { bench in
            bench.client.account = "nobody"
            let refused = try bench.client.refused(
                CreateImage.self, try bench.request { $0.instanceID = "i-none" })
            bench.expect(try #require(refused), is: "X-Forbidden")
            bench.client.account = bench.account
        },
    ]
}
