import ECS
import TestSupport
import Testing
import Wire

/// § Errors: rows of an instance's state, its disks', snapshots' and keys'.
extension Case {
    static let instanceErrors: [Case] = [
        Case("E-IncorrectInstanceStatus, row", "E-IncorrectInstanceStatus") { bench in
            let (machine, _) = try bench.machine { $0.status = "Running" }
            // On its way while the clock stands still.
            _ = try bench.client.call(StopInstance.self, .with { $0.instanceID = machine })
            #expect(try bench.instance(machine).status == "Stopping")
            try bench.refuse("E-IncorrectInstanceStatus", parameter: "InstanceId") {
                $0.instanceID = machine
            }
            try bench.settle()
            try bench.made { $0.instanceID = machine }
            _ = try bench.client.call(StartInstance.self, .with { $0.instanceID = machine })
            try bench.refuse("E-IncorrectInstanceStatus", parameter: "InstanceId") {
                $0.instanceID = machine
            }
            try bench.settle()
            try bench.made { $0.instanceID = machine }
        },
        Case("E-InstanceLockedForSecurity, row", "E-InstanceLockedForSecurity") { bench in
            let (machine, _) = try bench.machine()
            try bench.lock(machine, ["security"])
            try bench.refuse("E-InstanceLockedForSecurity", parameter: "InstanceId") {
                $0.instanceID = machine
            }
        },
        Case(
            "E-HibernationConfigured.InstanceOperationForbidden, row",
            "E-HibernationConfigured.InstanceOperationForbidden"
        ) { bench in
            let (machine, _) = try bench.machine { $0.status = "Running" }
            try bench.setInstance(machine) { $0.hibernationConfigured = true }
            // Able to hibernate is not hibernating.
            try bench.made { $0.instanceID = machine }
            try bench.stop(machine, hibernate: true)
            try bench.refuse(
                "E-HibernationConfigured.InstanceOperationForbidden", parameter: "InstanceId"
            ) { $0.instanceID = machine }
            try bench.start(machine)
            try bench.made { $0.instanceID = machine }
            try bench.stop(machine)
            try bench.made { $0.instanceID = machine }
        },
        Case(
            "an instance that hibernates from birth",
            "E-HibernationConfigured.InstanceOperationForbidden"
        ) { bench in
            let source = try bench.made { $0.snapshotID = try bench.plain() }.imageID
            let machine = try bench.run(source) {
                $0.hibernationOptions = .with { $0.configured = true }
            }
            try bench.stop(machine, hibernate: true)
            try bench.refuse("E-HibernationConfigured.InstanceOperationForbidden") {
                $0.instanceID = machine
            }
        },
        Case(
            "E-InvalidInstance.NotFoundSystemDisk, row", "E-InvalidInstance.NotFoundSystemDisk"
        ) { bench in
            let (machine, disks) = try bench.machine([Bench.disk(), Bench.disk()]) {
                $0.status = "Running"
            }
            try bench.stop(machine)
            try bench.detach(disks[0], from: machine)
            try bench.refuse("E-InvalidInstance.NotFoundSystemDisk", parameter: "InstanceId") {
                $0.instanceID = machine
            }
        },
        Case(
            "E-IncorrectInstanceStatus.NeedRestart, row", "E-IncorrectInstanceStatus.NeedRestart"
        ) { bench in
            let (machine, _) = try bench.machine { $0.status = "Running" }
            try bench.attach(try bench.createDisk(), to: machine)
            try bench.made { $0.instanceID = machine }
            try bench.stop(machine)
            try bench.attach(try bench.createDisk(), to: machine)
            try bench.refuse("E-IncorrectInstanceStatus.NeedRestart", parameter: "InstanceId") {
                $0.instanceID = machine
            }
            try bench.start(machine)
            let image = try bench.made { $0.instanceID = machine }
            #expect(image.diskDeviceMappings.count == 3)
        },
        Case("E-InvalidSystemSnapshot.Missing, row", "E-InvalidSystemSnapshot.Missing") { bench in
            let (first, _) = try bench.machine()
            let source = try bench.made { $0.instanceID = first }
            let snapshot = source.diskDeviceMappings[0].snapshotID
            let machine = try bench.run(source.imageID)
            try bench.made { $0.instanceID = machine }
            _ = try bench.client.call(
                DeleteImage.self,
                .with {
                    $0.regionID = testRegion
                    $0.imageID = source.imageID
                    $0.force = true
                })
            try bench.made { $0.instanceID = machine }
            try bench.deleteSnapshot(snapshot)
            try bench.refuse("E-InvalidSystemSnapshot.Missing", snapshot) {
                $0.instanceID = machine
            }
        },
    ]

    static let diskErrors: [Case] = [
        Case(
            "E-InvalidDiskCategory.CreateImage, row", "E-InvalidDiskCategory.CreateImage"
        ) { bench in
            let (machine, disks) = try bench.machine([Bench.disk(), Bench.disk()])
            let snapshot = try bench.snapshot(of: disks[0])
            for category in ["local_ssd_pro", "local_hdd_pro", "ephemeral_ssd"] {
                try bench.setDisk(disks[0]) { $0.category = category }
                try bench.refuse("E-InvalidDiskCategory.CreateImage") { $0.instanceID = machine }
                try bench.refuse(
                    "E-InvalidDiskCategory.CreateImage", parameter: "SnapshotId"
                ) { $0.snapshotID = snapshot }
                try bench.refuse(
                    "E-InvalidDiskCategory.CreateImage", parameter: "DiskDeviceMapping.1.SnapshotId"
                ) { $0.diskDeviceMapping = [mapping(snapshot)] }
            }
        },
        Case(
            "E-InvalidOperation.DiskCategoryUnsupported, row",
            "E-InvalidOperation.DiskCategoryUnsupported"
        ) { bench in
            let (machine, disks) = try bench.machine([Bench.disk(), Bench.disk()])
            for category in ["standard", "premium"] {
                try bench.setDisk(disks[1]) { $0.category = "elastic_ephemeral_disk_\(category)" }
                try bench.refuse("E-InvalidOperation.DiskCategoryUnsupported") {
                    $0.instanceID = machine
                }
            }
        },
        Case("E-IncorrectDiskStatus.Invalid, row", "E-IncorrectDiskStatus.Invalid") { bench in
            let (machine, disks) = try bench.machine([Bench.disk(), Bench.disk()]) {
                $0.status = "Running"
            }
            for disk in disks {
                try bench.setDisk(disk) { $0.deviceInvalid = true }
                try bench.refuse("E-IncorrectDiskStatus.Invalid") { $0.instanceID = machine }
                try bench.stop(machine)
                try bench.refuse("E-IncorrectDiskStatus.Invalid") { $0.instanceID = machine }
                try bench.start(machine)
                try bench.made { $0.instanceID = machine }
            }
        },
        Case(
            "E-IncorrectDiskStatus.Transferring, row", "E-IncorrectDiskStatus.Transferring"
        ) { bench in
            let (machine, disks) = try bench.machine([Bench.disk(), Bench.disk()])
            let snapshots = try disks.map { try bench.snapshot(of: $0) }
            try bench.setDisk(disks[1]) { $0.status = "Transferring" }
            try bench.refuse("E-IncorrectDiskStatus.Transferring") { $0.instanceID = machine }
            try bench.refuse(
                "E-IncorrectDiskStatus.Transferring", parameter: "DiskDeviceMapping.2.SnapshotId"
            ) { $0.diskDeviceMapping = [mapping(snapshots[0]), mapping(snapshots[1])] }
            try bench.made { $0.snapshotID = snapshots[0] }
            try bench.setDisk(disks[0]) { $0.status = "Transferring" }
            try bench.refuse("E-IncorrectDiskStatus.Transferring", parameter: "SnapshotId") {
                $0.snapshotID = snapshots[0]
            }
        },
        Case("E-IncorrectDiskStatus, row", "E-IncorrectDiskStatus") { bench in
            let (machine, disks) = try bench.machine([Bench.disk(), Bench.disk()])
            for disk in disks {
                for status in ["Attaching", "Detaching", "Creating", "ReIniting", "Available"] {
                    try bench.setDisk(disk) { $0.status = status }
                    try bench.refuse("E-IncorrectDiskStatus") { $0.instanceID = machine }
                }
                try bench.setDisk(disk) { $0.status = "In_use" }
            }
            try bench.made { $0.instanceID = machine }
        },
        Case(
            "E-IncorrectDiskStatus.NeverAttached, row", "E-IncorrectDiskStatus.NeverAttached"
        ) { bench in
            let (machine, disks) = try bench.machine()
            let snapshot = try bench.snapshot(of: disks[0])
            try bench.setDisk(disks[0]) { $0.neverAttached = true }
            try bench.refuse("E-IncorrectDiskStatus.NeverAttached", parameter: "SnapshotId") {
                $0.snapshotID = snapshot
            }
            // From the instance that has it nobody asks.
            try bench.made { $0.instanceID = machine }
        },
    ]

    /// A snapshot that is not what an image can be made of.
    private static func snapshot(
        _ id: String, _ change: @escaping @Sendable (inout SetSnapshotRequest) -> Void
    ) -> Case {
        Case("\(id), row", id) { bench in
            let (_, disks) = try bench.machine([Bench.disk(), Bench.disk()])
            let (system, data) = (
                try bench.snapshot(of: disks[0]), try bench.snapshot(of: disks[1])
            )
            try bench.setSnapshot(data, change)
            try bench.refuse(id, parameter: "DiskDeviceMapping.2.SnapshotId") {
                $0.diskDeviceMapping = [mapping(system), mapping(data)]
            }
            try bench.made { $0.snapshotID = system }
            try bench.setSnapshot(system, change)
            try bench.refuse(id, parameter: "SnapshotId") { $0.snapshotID = system }
        }
    }

    static let snapshotErrors: [Case] = [
        snapshot("E-InvalidSnapshot.TooOld") { $0.creationTime = "2013-07-15T12:00:00Z" },
        snapshot("E-InvalidSnapshotCategory.NotSupportImageCreation") { $0.category = "archive" },
        snapshot("E-OperationDenied.InvalidSnapshotCategory") { $0.category = "flash" },
        snapshot("E-InvalidOperation.SnapshotStorageLocationUnsupported") {
            $0.storageLocation = "CloudBox"
        },
        snapshot("E-InvalidOperation.DefaultFreeSnapshotNotSupport") { $0.defaultFree = true },
        Case("E-SnapshotNotReady, row", "E-SnapshotNotReady") { bench in
            let (_, disks) = try bench.machine()
            try bench.hold()
            let snapshot = try bench.beginSnapshot(of: disks[0])
            // Queued, then running.
            for _ in 0..<2 {
                try bench.refuse("E-SnapshotNotReady", parameter: "SnapshotId") {
                    $0.snapshotID = snapshot
                }
                try bench.refuse(
                    "E-SnapshotNotReady", parameter: "DiskDeviceMapping.1.SnapshotId"
                ) { $0.diskDeviceMapping = [mapping(snapshot)] }
                try bench.step()
            }
            try bench.create { $0.snapshotID = snapshot }
        },
        Case(
            "E-InvalidSnapshotId.NotReady, row", "E-InvalidSnapshotId.NotReady", "D-NotReady"
        ) { bench in
            let (_, disks) = try bench.machine()
            let failed = try bench.beginSnapshot(of: disks[0])
            try bench.fail([failed])
            try bench.refuse("E-InvalidSnapshotId.NotReady", parameter: "SnapshotId") {
                $0.snapshotID = failed
            }
            for category in ["cloud", "cloud_efficiency", "cloud_ssd"] {
                let (_, disks) = try bench.machine([Bench.disk(40, category: category)])
                let done = try bench.snapshot(of: disks[0])
                let next = try bench.beginSnapshot(of: disks[0])
                try bench.refuse("E-InvalidSnapshotId.NotReady", parameter: "SnapshotId") {
                    $0.snapshotID = done
                }
                try bench.finish([next])
                try bench.create { $0.snapshotID = done }
            }
            // Newer disks take several at once.
            let done = try bench.snapshot(of: disks[0])
            _ = try bench.beginSnapshot(of: disks[0])
            try bench.create { $0.snapshotID = done }
        },
        Case(
            "E-OperationDenied.403, row", "E-OperationDenied.403", "D-DataSnapshotAlone"
        ) { bench in
            let (_, disks) = try bench.machine([Bench.disk(), Bench.disk()])
            let data = try bench.snapshot(of: disks[1])
            try bench.refuse("E-OperationDenied.403", parameter: "SnapshotId") {
                $0.snapshotID = data
            }
        },
    ]

    /// A key that cannot be used: of a disk, of a snapshot alone, of one in a list.
    private static func key(
        _ id: String, _ spoil: @escaping @Sendable (Bench) throws -> Void,
        _ mend: @escaping @Sendable (Bench) throws -> Void
    ) -> Case {
        Case("\(id), row", id, "D-Encrypted") { bench in
            let (machine, disks) = try bench.machine()
            let plain = try bench.plain()
            try bench.setDisk(disks[0]) {
                $0.encrypted = true
                $0.kmsKeyID = "key-1"
            }
            let snapshot = try bench.snapshot(of: disks[0])
            #expect(try bench.snapshot(snapshot).encrypted)
            try bench.made { $0.instanceID = machine }
            try bench.made { $0.snapshotID = snapshot }
            try spoil(bench)
            try bench.refuse(id) { $0.instanceID = machine }
            try bench.refuse(id, parameter: "SnapshotId") { $0.snapshotID = snapshot }
            try bench.refuse(id, parameter: "DiskDeviceMapping.2.SnapshotId") {
                $0.diskDeviceMapping = [mapping(plain), mapping(snapshot, type: "data")]
            }
            try bench.made { $0.snapshotID = plain }
            try mend(bench)
            let image = try bench.made { $0.snapshotID = snapshot }
            #expect(image.diskDeviceMappings.map(\.encrypted) == [true])
        }
    }

    static let keyErrors: [Case] = [
        key("E-InvalidParameter.KMSKeyId.KMSUnauthorized") { bench in
            try bench.setAccount { $0.kmsAuthorized = false }
        } _: { bench in
            try bench.setAccount { $0.kmsAuthorized = true }
        },
        key("E-InvalidParameter.KMSKeyId.CMKNotEnabled") { bench in
            try bench.setKey("key-1", enabled: false)
        } _: { bench in
            try bench.setKey("key-1", enabled: true)
        },
        key("E-InvalidParameter.KMSKeyId.CMKUnauthorized") { bench in
            try bench.setKey("key-1", ecsTag: false)
        } _: { bench in
            try bench.setKey("key-1", ecsTag: true)
        },
    ]

    static let limitErrors: [Case] = [
        Case("E-InvalidImageName.Duplicated, row", "E-InvalidImageName.Duplicated") { bench in
            let request = try bench.request {
                $0.snapshotID = try bench.plain()
                $0.imageName = "name"
            }
            try bench.create(request)
            try bench.refuse("E-InvalidImageName.Duplicated", parameter: "ImageName") {
                $0 = request
            }
        },
        Case(
            "E-InvalidBootMode.NotSupport, row", "E-InvalidBootMode.NotSupport", "P-BootMode"
        ) { bench in
            let (arm, _) = try bench.machine { $0.architecture = "arm64" }
            let (old, _) = try bench.machine { $0.architecture = "i386" }
            for (machine, mode) in [
                (arm, "BIOS"), (arm, "UEFI-Preferred"), (old, "UEFI"), (old, "UEFI-Preferred"),
            ] {
                try bench.refuse("E-InvalidBootMode.NotSupport", parameter: "BootMode") {
                    $0.instanceID = machine
                    $0.bootMode = mode
                }
            }
        },
    ]
}
