import ECS
import TestSupport
import Testing
import Wire

/// Something wrong with a request that is otherwise right: brought about by state or by the
/// request itself.
struct Fault<Stage>: Sendable {
    let id: String
    let stage: String
    /// Those of a lower rank are brought about first: a later one may forbid what they need.
    var rank = 5
    var set: @Sendable (Bench, Stage) throws -> Void = { _, _ in }
    var change: @Sendable (inout CreateImageRequest, Stage) -> Void = { _, _ in }

    static func account(
        _ id: String, _ change: @escaping @Sendable (inout SetAccountRequest) -> Void
    ) -> Self {
        Self(id: id, stage: "V4", rank: 9, set: { bench, _ in try bench.setAccount(change) })
    }

    static func limit(
        _ id: String, _ stage: String, _ name: String,
        _ change: @escaping @Sendable (inout CreateImageRequest, Stage) -> Void = { _, _ in }
    ) -> Self {
        Self(
            id: id, stage: stage, rank: 8, set: { bench, _ in try bench.setLimit(name, 0) },
            change: change)
    }

    static func request(
        _ id: String, _ stage: String,
        _ change: @escaping @Sendable (inout CreateImageRequest) -> Void
    ) -> Self {
        Self(id: id, stage: stage, change: { request, _ in change(&request) })
    }

    /// V4 and the first of V5.
    static var beginning: [Self] {
        [
            account("E-AccountEnterpriseStatusInvalid") { $0.enterpriseStatus = "revoked" },
            account("E-AccountForbidden.CreateOrder") { $0.orderAllowed = false },
            account("E-InvalidAccountStatus.NotEnoughBalance") { $0.balance = -1 },
            account("E-InvalidAccountStatus.SnapshotServiceUnavailable") {
                $0.snapshotServiceOpened = false
            },
            request("X-InvalidRegionId.NotFound", "V5") { $0.regionID = "mars-1" },
            request("E-InvalidResourceGroup.NotFound", "V5") { $0.resourceGroupID = "rg-none" },
        ]
    }

    static func keys(_ diskID: @escaping @Sendable (Stage) -> (disk: String, snapshot: String))
        -> [Self]
    {
        @Sendable func encrypt(_ bench: Bench, _ stage: Stage) throws {
            let (disk, snapshot) = diskID(stage)
            if !disk.isEmpty { try bench.setDisk(disk) { $0.kmsKeyID = "key" } }
            if !snapshot.isEmpty { try bench.setSnapshot(snapshot) { $0.kmsKeyID = "key" } }
        }
        return [
            Self(
                id: "E-InvalidParameter.KMSKeyId.KMSUnauthorized", stage: "V6",
                set: { bench, stage in
                    try encrypt(bench, stage)
                    try bench.setAccount { $0.kmsAuthorized = false }
                }),
            Self(
                id: "E-InvalidParameter.KMSKeyId.CMKNotEnabled", stage: "V6",
                set: { bench, stage in
                    try encrypt(bench, stage)
                    try bench.setKey("key", enabled: false)
                }),
            Self(
                id: "E-InvalidParameter.KMSKeyId.CMKUnauthorized", stage: "V6",
                set: { bench, stage in
                    try encrypt(bench, stage)
                    try bench.setKey("key", ecsTag: false)
                }),
        ]
    }

    /// The end of V6. The source is arm64.
    static var endOfState: [Self] {
        [
            request("E-InvalidBootMode.NotSupport", "V6") { $0.bootMode = "BIOS" },
            Self(
                id: "E-InvalidImageName.Duplicated", stage: "V6", rank: 0,
                set: { bench, _ in
                    let plain = try bench.plain()
                    try bench.made {
                        $0.snapshotID = plain
                        $0.imageName = "taken"
                    }
                }, change: { request, _ in request.imageName = "taken" }),
        ]
    }

    static var images: [Self] {
        [
            limit("E-QuotaExceed.Image", "V7", "Images"),
            limit("E-ImageFamilyQuotaExceed", "V7", "Families") { request, _ in
                request.imageFamily = "family"
            },
            limit("E-ImageQuotaExceed.ImageFamily", "V7", "ImagesPerFamily") { request, _ in
                request.imageFamily = "family"
            },
        ]
    }

    static var dryRun: Self { request("X-DryRunOperation", "V9") { $0.dryRun = true } }

    /// One case for each fault: alone, and with each later one, it wins.
    static func cases(
        _ faults: [Self], _ path: String,
        excluding exclusive: [Set<String>] = [],
        stage: @escaping @Sendable (Bench, _ ids: Set<String>) throws -> Stage,
        base: @escaping @Sendable (inout CreateImageRequest, Stage) -> Void
    ) -> [Case] where Stage: Sendable {
        faults.indices.map { place in
            let fault = faults[place]
            let later = faults[(place + 1)...].filter { other in
                !exclusive.contains { $0.isSuperset(of: [fault.id, other.id]) }
            }
            let stages = Set(later.map(\.stage) + [fault.stage]).sorted()
            return Case("\(path): \(fault.id) before what follows", ids: stages + [fault.id]) {
                bench in
                for other in [nil] + later.map(Optional.some) {
                    let pair = [fault] + (other.map { [$0] } ?? [])
                    let inner = try Bench(try #require(ConformanceDaemon.socketPath))
                    let place = try stage(inner, Set(pair.map(\.id)))
                    for one in pair.sorted(by: { $0.rank < $1.rank }) { try one.set(inner, place) }
                    let before = try inner.remains()
                    try inner.refuseQuickly(fault.id, "with \(other?.id ?? "nothing")") {
                        base(&$0, place)
                        for one in pair { one.change(&$0, place) }
                    }
                    #expect(try inner.remains() == before)
                    bench.take(inner.met)
                    try inner.drop()
                }
            }
        }
    }
}

/// V4 to V9 of an image from an instance.
enum OrderOnInstance {
    /// An instance with a system and a data disk, arm64, Stopped.
    struct Stage: Sendable {
        let machine: String
        let disks: [String]
    }

    static let cases = Fault<Stage>.cases(
        faults, "From an instance",
        excluding: [
            // Without its system disk there is no such snapshot to miss.
            [
                "E-InvalidInstance.NotFoundSystemDisk", "E-InvalidSystemSnapshot.Missing",
                "E-InvalidDiskCategory.CreateImage",
            ],
            // One disk has one category, and one status.
            ["E-IncorrectDiskStatus.Transferring", "E-IncorrectDiskStatus"],
        ],
        stage: stage
    ) { request, stage in request.instanceID = stage.machine }

    private static func stage(_ bench: Bench, _ ids: Set<String>) throws -> Stage {
        let isMarked = ids.contains("E-InvalidImageVersion.Malformed")
        let isMissing = ids.contains("E-InvalidSystemSnapshot.Missing")
        let (first, disks) = try bench.machine([Bench.disk(), Bench.disk()]) {
            $0.architecture = "arm64"
        }
        guard isMarked || isMissing else { return Stage(machine: first, disks: disks) }
        let image = try bench.made { $0.instanceID = first }
        if isMarked {
            try bench.setImage(image.imageID) {
                $0.imageOwnerAlias = "marketplace"
                $0.imageVersion = "1.2"
            }
        }
        let machine = try bench.run(image.imageID)
        try bench.stop(machine)
        if isMissing {
            _ = try bench.client.call(
                DeleteImage.self,
                .with {
                    $0.regionID = testRegion
                    $0.imageID = image.imageID
                    $0.force = true
                })
            for disk in image.diskDeviceMappings { try bench.deleteSnapshot(disk.snapshotID) }
        }
        return Stage(machine: machine, disks: try bench.disks(of: machine).map(\.diskID))
    }

    private static let faults: [Fault<Stage>] =
        Fault.beginning + [
            .request("E-InvalidInstanceId.NotFound", "V5") { $0.instanceID = "i-none" }
        ] + instance + disk
        + Fault.keys { ($0.disks[1], "") } + [
            Fault(id: "E-InvalidSystemSnapshot.Missing", stage: "V6")
        ] + Fault.endOfState + Fault.images + [
            .limit("E-QuotaExceed.Snapshot", "V7", "SnapshotsPerDisk"),
            Fault(
                id: "E-IncorrectDiskStatus.CreatingSnapshot", stage: "V8",
                set: { bench, stage in
                    try bench.setDisk(stage.disks[1]) { $0.category = "cloud" }
                    try bench.setLimit("ConcurrentPerOldDisk", 0)
                }),
            .limit("E-QuotaExceed.ConcurrentSnapshotQuota", "V8", "ConcurrentPerDisk"),
            .limit("E-TooManySnapshot.Unfinished", "V8", "UnfinishedSnapshots"), .dryRun,
        ]

    private static let instance: [Fault<Stage>] = [
        Fault(
            id: "E-InstanceLockedForSecurity", stage: "V6", rank: 7,
            set: { bench, stage in try bench.lock(stage.machine, ["security"]) }),
        Fault(
            id: "E-IncorrectInstanceStatus", stage: "V6", rank: 7,
            set: { bench, stage in
                try bench.setInstance(stage.machine) { $0.status = "Pending" }
            }),
        Fault(
            id: "E-HibernationConfigured.InstanceOperationForbidden", stage: "V6", rank: 1,
            set: { bench, stage in
                try bench.setInstance(stage.machine) {
                    $0.status = "Running"
                    $0.hibernationConfigured = true
                }
                try bench.stop(stage.machine, hibernate: true)
            }),
        Fault(
            id: "E-InvalidInstance.NotFoundSystemDisk", stage: "V6", rank: 2,
            set: { bench, stage in try bench.detach(stage.disks[0], from: stage.machine) }),
        Fault(
            id: "E-IncorrectInstanceStatus.NeedRestart", stage: "V6", rank: 3,
            set: { bench, stage in
                try bench.attach(try bench.createDisk(), to: stage.machine)
            }),
        Fault(
            id: "E-InvalidImageVersion.Malformed", stage: "V6",
            change: { request, _ in request.imageVersion = "1.3" }),
    ]

    private static func disk(
        _ id: String, _ place: Int, _ change: @escaping @Sendable (inout SetDiskRequest) -> Void
    ) -> Fault<Stage> {
        Fault(
            id: id, stage: "V6", rank: 6,
            set: { bench, stage in try bench.setDisk(stage.disks[place], change) })
    }

    /// The system disk's category, then all of the data disk's.
    private static let disk: [Fault<Stage>] = [
        disk("E-InvalidDiskCategory.CreateImage", 0) { $0.category = "local_ssd_pro" },
        disk("E-InvalidOperation.DiskCategoryUnsupported", 1) {
            $0.category = "elastic_ephemeral_disk_standard"
        },
        disk("E-IncorrectDiskStatus.Invalid", 1) { $0.deviceInvalid = true },
        disk("E-IncorrectDiskStatus.Transferring", 1) { $0.status = "Transferring" },
        disk("E-IncorrectDiskStatus", 1) { $0.status = "ReIniting" },
    ]
}
