import ECS
import TestSupport
import Testing
import Wire

/// V4 to V9 of an image from a snapshot.
enum OrderOnSnapshot {
    /// The snapshot of a disk, arm64.
    struct Stage: Sendable {
        let snapshot: String
        let disk: String
    }

    static let cases = Fault<Stage>.cases(
        faults, "From a snapshot",
        excluding: [
            // One snapshot has one category.
            [
                "E-InvalidSnapshotCategory.NotSupportImageCreation",
                "E-OperationDenied.InvalidSnapshotCategory",
            ]
        ],
        stage: stage
    ) { request, stage in request.snapshotID = stage.snapshot }

    private static func stage(_ bench: Bench, _ ids: Set<String>) throws -> Stage {
        let (_, disks) = try bench.machine([Bench.disk(), Bench.disk()]) {
            $0.architecture = "arm64"
        }
        let disk = ids.contains("E-OperationDenied.403") ? disks[1] : disks[0]
        let snapshot = try bench.beginSnapshot(of: disk)
        let isProgressing = ids.contains("E-SnapshotNotReady")
        if ids.contains("E-InvalidSnapshotId.NotReady") {
            if isProgressing {
                // Its older disk has another one under way.
                _ = try bench.beginSnapshot(of: disk)
                try bench.setDisk(disk) { $0.category = "cloud" }
            } else {
                try bench.fail([snapshot])
            }
        } else if !isProgressing {
            try bench.finish([snapshot])
        }
        return Stage(snapshot: snapshot, disk: disk)
    }

    private static func snapshot(
        _ id: String, _ change: @escaping @Sendable (inout SetSnapshotRequest) -> Void
    ) -> Fault<Stage> {
        Fault(
            id: id, stage: "V6",
            set: { bench, stage in try bench.setSnapshot(stage.snapshot, change) })
    }

    private static func disk(
        _ id: String, _ change: @escaping @Sendable (inout SetDiskRequest) -> Void
    ) -> Fault<Stage> {
        Fault(
            id: id, stage: "V6", set: { bench, stage in try bench.setDisk(stage.disk, change) })
    }

    private static let faults: [Fault<Stage>] =
        Fault.beginning + [
            .request("E-InvalidSnapshotId.NotFound", "V5") { $0.snapshotID = "s-none" },
            snapshot("E-InvalidSnapshot.TooOld") { $0.creationTime = "2010-01-01T00:00:00Z" },
            Fault(id: "E-SnapshotNotReady", stage: "V6"),
            Fault(id: "E-InvalidSnapshotId.NotReady", stage: "V6"),
            snapshot("E-InvalidSnapshotCategory.NotSupportImageCreation") {
                $0.category = "archive"
            },
            snapshot("E-OperationDenied.InvalidSnapshotCategory") { $0.category = "flash" },
            snapshot("E-InvalidOperation.SnapshotStorageLocationUnsupported") {
                $0.storageLocation = "CloudBox"
            },
            snapshot("E-InvalidOperation.DefaultFreeSnapshotNotSupport") { $0.defaultFree = true },
            disk("E-IncorrectDiskStatus.Transferring") { $0.status = "Transferring" },
            disk("E-IncorrectDiskStatus.NeverAttached") { $0.neverAttached = true },
            Fault(id: "E-OperationDenied.403", stage: "V6"),
            disk("E-InvalidDiskCategory.CreateImage") { $0.category = "local_ssd_pro" },
        ] + Fault.keys { ("", $0.snapshot) } + Fault.endOfState + Fault.images + [.dryRun]
}

extension Case {
    /// What a list of disks meets beyond its snapshots one by one.
    static let setOrder: [Case] = [
        Case(
            "V6: one snapshot after the other", "V6", "E-InvalidSnapshot.TooOld",
            "E-InvalidParameter.KMSKeyId.CMKNotEnabled"
        ) { bench in
            let stage = try ListStage(bench)
            try bench.setKey("key", enabled: false)
            try bench.setSnapshot(stage.system) { $0.kmsKeyID = "key" }
            try bench.setSnapshot(stage.data) { $0.creationTime = "2010-01-01T00:00:00Z" }
            try bench.refuse("E-InvalidParameter.KMSKeyId.CMKNotEnabled") {
                $0.diskDeviceMapping = [mapping(stage.system), mapping(stage.data)]
            }
            try bench.refuse("E-InvalidSnapshot.TooOld") {
                $0.diskDeviceMapping = [mapping(stage.data), mapping(stage.system)]
            }
        },
        Case(
            "V6: all that are named exist, then the state of each", "V5", "V6",
            "E-InvalidSnapshotId.NotFound"
        ) { bench in
            let stage = try ListStage(bench)
            try bench.setSnapshot(stage.system) { $0.category = "archive" }
            try bench.refuse(
                "E-InvalidSnapshotId.NotFound", parameter: "DiskDeviceMapping.2.SnapshotId"
            ) { $0.diskDeviceMapping = [mapping(stage.system), mapping("s-none")] }
        },
        Case(
            "V6: the snapshots, then the list", "V6",
            "E-InvalidSnapshotCategory.NotSupportImageCreation",
            "E-InvalidParameter.KMSKeyId.CMKUnauthorized"
        ) { bench in
            let stage = try ListStage(bench)
            try bench.setSnapshot(stage.data) { $0.kmsKeyID = "key" }
            try bench.setKey("key", ecsTag: false)
            try bench.refuse("E-InvalidParameter.KMSKeyId.CMKUnauthorized") {
                $0.diskDeviceMapping = [mapping(stage.data)]
            }
            try bench.setSnapshot(stage.data) { $0.category = "archive" }
            try bench.refuse("E-InvalidSnapshotCategory.NotSupportImageCreation") {
                $0.diskDeviceMapping = [mapping(stage.data)]
            }
        },
        Case(
            "V6: the list in its order", "V6", "E-OperationDenied.400",
            "E-InvalidDevice.Malformed", "E-UserNotInTheWhiteList", "E-InvalidParameter.DiskType",
            "E-InvalidSize.ValueNotSupported"
        ) { bench in
            let stage = try ListStage(bench)
            try bench.setSnapshot(stage.data) { $0.kmsKeyID = "key" }
            try bench.setAccount { $0.dataDiskImageWhitelist = false }
            func refuse(_ id: String, _ disks: DiskDeviceMapping...) throws {
                try bench.refuse(id) { $0.diskDeviceMapping = disks }
            }
            try refuse("E-OperationDenied.400", mapping(stage.data, size: 1, device: "/dev/xvda"))
            try refuse(
                "D-TwoSystemDisks",
                mapping(stage.data, size: 1, device: "/dev/xvdb", type: "system"),
                mapping(stage.system))
            try refuse(
                "E-InvalidDevice.Malformed",
                mapping(stage.data, size: 1, device: "/dev/xvdb", type: "system"))
            try refuse("E-UserNotInTheWhiteList", mapping(stage.data, size: 1, type: "system"))
            try bench.setAccount { $0.dataDiskImageWhitelist = true }
            try refuse("E-InvalidParameter.DiskType", mapping(stage.data, size: 1, type: "system"))
            try refuse(
                "E-InvalidSize.ValueNotSupported", mapping(stage.system),
                mapping(stage.data, size: 1))
            // Then the end of V6.
            try bench.refuse("E-InvalidSize.ValueNotSupported") {
                $0.diskDeviceMapping = [mapping(stage.arm, size: 1)]
                $0.bootMode = "BIOS"
            }
        },
        Case(
            "V6 before V7: a name that is taken before a quota", "V6", "V7",
            "E-InvalidImageName.Duplicated"
        ) { bench in
            let stage = try ListStage(bench)
            try bench.made {
                $0.snapshotID = stage.system
                $0.imageName = "taken"
            }
            try bench.setLimit("Images", 0)
            try bench.refuse("E-InvalidImageName.Duplicated") {
                $0.diskDeviceMapping = [mapping(stage.system)]
                $0.imageName = "taken"
                $0.dryRun = true
            }
        },
        Case(
            "V8: older disks before newer ones, whichever stands first", "V8",
            "E-IncorrectDiskStatus.CreatingSnapshot"
        ) { bench in
            let (machine, _) = try bench.machine([Bench.disk(), Bench.disk(40, category: "cloud")])
            for name in ["ConcurrentPerDisk", "ConcurrentPerOldDisk"] {
                try bench.setLimit(name, 0)
            }
            try bench.refuse("E-IncorrectDiskStatus.CreatingSnapshot") { $0.instanceID = machine }
        },
    ]

    private struct ListStage {
        let system: String
        let data: String
        let arm: String

        init(_ bench: Bench) throws {
            let (_, disks) = try bench.machine([Bench.disk(), Bench.disk()])
            system = try bench.snapshot(of: disks[0])
            data = try bench.snapshot(of: disks[1])
            let (_, others) = try bench.machine { $0.architecture = "arm64" }
            arm = try bench.snapshot(of: others[0])
        }
    }
}
