import ECS
import TestSupport
import Testing
import Wire

/// § Readings, and explanations: the rest of what is decided here.
extension Case {
    static let decisions = readings + dryRuns

    private static let readings: [Case] = [
        Case(
            "Platform and Architecture: the source's own stay", "D-Platform", "P-Platform",
            "P-Architecture"
        ) { bench in
            let (machine, disks) = try bench.machine {
                $0.platform = "Debian"
                $0.architecture = "arm64"
            }
            let snapshot = try bench.snapshot(of: disks[0])
            let sources: [Bench.Change] = [
                { $0.instanceID = machine }, { $0.snapshotID = snapshot },
                { $0.diskDeviceMapping = [mapping(snapshot)] },
            ]
            for source in sources {
                let image = try bench.made {
                    try source(&$0)
                    $0.platform = "Windows Server 2022"
                    $0.architecture = "x86_64"
                }
                #expect(image.platform == "Debian" && image.architecture == "arm64")
                #expect(image.osType == "linux")
            }
        },
        Case(
            "Platform and Architecture count where a data disk becomes the system disk",
            "D-Platform", "P-Platform", "P-Architecture", "D-BootMode"
        ) { bench in
            let (_, disks) = try bench.machine([Bench.disk(), Bench.disk()]) {
                $0.platform = "Debian"
            }
            let data = try bench.snapshot(of: disks[1])
            let named = try bench.made {
                $0.diskDeviceMapping = [mapping(data, type: "system")]
                $0.platform = "Windows Server 2022"
                $0.architecture = "arm64"
            }
            #expect(named.platform == "Windows Server 2022" && named.architecture == "arm64")
            #expect(named.osType == "windows" && named.bootMode == "UEFI")
            let plain = try bench.made { $0.diskDeviceMapping = [mapping(data, type: "system")] }
            #expect(plain.platform == "Others Linux" && plain.architecture == "x86_64")
        },
        Case("they count too where the source does not say", "D-Platform") { bench in
            let plain = try bench.plain()
            let image = try bench.made {
                $0.snapshotID = plain
                $0.platform = "Gentoo"
                $0.architecture = "i386"
            }
            #expect(image.platform == "Gentoo" && image.architecture == "i386")
        },
        Case(
            "boot modes of each architecture", "D-BootMode", "P-BootMode",
            "E-InvalidBootMode.NotSupport"
        ) { bench in
            let matrix = [
                ("x86_64", ["UEFI-Preferred", "UEFI", "BIOS"]), ("arm64", ["UEFI"]),
                ("i386", ["BIOS"]),
            ]
            for (architecture, modes) in matrix {
                let (machine, _) = try bench.machine { $0.architecture = architecture }
                let image = try bench.made { $0.instanceID = machine }
                #expect(image.bootMode == modes[0])
                for mode in ["UEFI-Preferred", "UEFI", "BIOS"] {
                    if modes.contains(mode) {
                        let image = try bench.made {
                            $0.instanceID = machine
                            $0.bootMode = mode
                        }
                        #expect(image.bootMode == mode)
                    } else {
                        try bench.refuse("E-InvalidBootMode.NotSupport") {
                            $0.instanceID = machine
                            $0.bootMode = mode
                        }
                    }
                }
            }
        },
        Case(
            "the boot mode's default is its architecture's, whatever the source has",
            "D-BootMode", "P-BootMode"
        ) { bench in
            let (machine, _) = try bench.machine { $0.bootMode = "BIOS" }
            let image = try bench.made { $0.instanceID = machine }
            #expect(image.bootMode == "UEFI-Preferred")
        },
        Case(
            "an empty data disk is basic where the system disk is", "D-Size",
            "P-DiskDeviceMapping.Size", "B-EmptyDataDisk", "E-InvalidSize.ValueNotSupported"
        ) { bench in
            for (category, least, most) in [
                ("cloud", 5, 2000), ("cloud_essd", 20, 32_768), ("cloud_ssd", 20, 32_768),
                ("cloud_efficiency", 20, 32_768),
            ] as [(String, Int32, Int32)] {
                let (_, disks) = try bench.machine([Bench.disk(40, category: category)])
                let system = try bench.snapshot(of: disks[0])
                for size in [nil, least, most] as [Int32?] {
                    let image = try bench.made {
                        $0.diskDeviceMapping = [mapping(system), mapping(size: size, type: "data")]
                    }
                    #expect(image.diskDeviceMappings[1].size == "\(size ?? least)")
                }
                for size in [least - 1, most + 1] {
                    try bench.refuse(
                        "E-InvalidSize.ValueNotSupported", parameter: "DiskDeviceMapping.2.Size"
                    ) { $0.diskDeviceMapping = [mapping(system), mapping(size: size)] }
                }
            }
        },
        Case(
            "a size of 0 is no absent size", "D-SizeZero", "E-InvalidSize.ValueNotSupported"
        ) { bench in
            for list in [[mapping(try bench.plain(), size: 0)], [mapping(size: 0)]] {
                try bench.refuse(
                    "E-InvalidSize.ValueNotSupported", parameter: "DiskDeviceMapping.1.Size"
                ) { $0.diskDeviceMapping = list }
            }
        },
        Case("only /dev/xvdX", "D-Device", "E-InvalidDevice.Malformed") { bench in
            for device in ["/dev/vda", "/dev/vdX", "/dev/sda", "/dev/hda"] {
                try bench.refuse(
                    "E-InvalidDevice.Malformed", parameter: "DiskDeviceMapping.1.Device"
                ) { $0.diskDeviceMapping = [mapping(try bench.plain(), device: device)] }
            }
        },
        Case("one snapshot in two entries", "D-RepeatedSnapshot", "D-DiskTypeData") { bench in
            let plain = try bench.plain()
            let image = try bench.made {
                $0.diskDeviceMapping = [
                    mapping(plain), mapping(plain, type: "data"), mapping(plain, type: "data"),
                ]
            }
            #expect(image.diskDeviceMappings.map(\.snapshotID) == [plain, plain, plain])
            #expect(image.diskDeviceMappings.map(\.type) == ["system", "data", "data"])
        },
        Case(
            "the white list is on at birth", "D-Whitelist", "B-DataOnly",
            "E-UserNotInTheWhiteList"
        ) { bench in
            let (_, disks) = try bench.machine([Bench.disk(), Bench.disk(100)])
            let snapshots = try disks.map { try bench.snapshot(of: $0) }
            let turned: Bench.Change = {
                $0.diskDeviceMapping = [
                    mapping(snapshots[0], type: "data"), mapping(snapshots[1], type: "system"),
                ]
            }
            let image = try bench.made(turned)
            let system = image.diskDeviceMappings.first { $0.type == "system" }
            #expect(system?.snapshotID == snapshots[1] && image.size == 100)
            try bench.setAccount { $0.dataDiskImageWhitelist = false }
            try bench.refuse("E-UserNotInTheWhiteList", turned)
            try bench.made { $0.diskDeviceMapping = snapshots.map { mapping($0) } }
        },
    ]

    private static let dryRuns: [Case] = [
        Case(
            "a dry run judges to the end and does nothing", "D-DryRun", "P-DryRun", "V9",
            "B-Atomic", "X-DryRunOperation", "E-TooManySnapshot.Unfinished"
        ) { bench in
            let (machine, _) = try bench.machine()
            let dry: Bench.Change = {
                $0.instanceID = machine
                $0.imageName = "dry"
                $0.clientToken = "token"
                $0.dryRun = true
            }
            for _ in 0..<2 { try bench.refuse("X-DryRunOperation", dry) }
            try bench.setLimit("UnfinishedSnapshots", 0)
            try bench.refuse("E-TooManySnapshot.Unfinished", dry)
            try bench.setLimit("UnfinishedSnapshots", 1)
            // Neither name, nor token, nor place was taken.
            try bench.create {
                $0.instanceID = machine
                $0.imageName = "dry"
                $0.clientToken = "token"
                $0.description = "other"
            }
        },
        Case(
            "explain: what a request would meet further, in order", "V1", "V5", "V6", "V7", "V8"
        ) { bench in
            let (machine, _) = try bench.machine()
            try bench.lock(machine, ["security"])
            try bench.setInstance(machine) { $0.status = "Pending" }
            for name in ["Images", "SnapshotsPerDisk", "ConcurrentPerDisk", "UnfinishedSnapshots"] {
                try bench.setLimit(name, 0)
            }
            try bench.setAccount { $0.balance = -1 }
            let before = try bench.remains()
            let errors = try bench.explained {
                $0.instanceID = machine
                $0.imageName = "1"
                $0.description = "x"
                $0.resourceGroupID = "rg-none"
                $0.tag = [tag("k", "acs:"), tag("k")]
            }
            #expect(
                errors == [
                    "400 InvalidImageName.Malformed", "400 InvalidDescription.Malformed",
                    "400 InvalidTagValue.Malformed", "400 Duplicate.TagKey",
                    "403 InvalidAccountStatus.NotEnoughBalance",
                    "404 InvalidResourceGroup.NotFound", "400 InstanceLockedForSecurity",
                    "400 IncorrectInstanceStatus", "403 QuotaExceed.Image",
                    "403 QuotaExceed.Snapshot", "403 QuotaExceed.ConcurrentSnapshotQuota",
                    "403 TooManySnapshot.Unfinished",
                ])
            #expect(try bench.remains() == before)
        },
        Case("explain: of a list, each entry's errors", "V1", "V6") { bench in
            let plain = try bench.plain()
            let errors = try bench.explained {
                $0.diskDeviceMapping = [
                    mapping(plain), mapping(size: 0, device: "/dev/vdb", type: "both"), mapping(),
                    mapping(device: "/dev/xvdc"), mapping(device: "/dev/xvdc"),
                ]
            }
            #expect(
                errors == [
                    "400 InvalidParameter.AllEmpty", "400 InvalidDiskType.ValueNotSupported",
                    "400 InvalidDevice.Malformed", "400 InvalidSize.ValueNotSupported",
                    "400 InvalidDevice.InUse",
                ])
            try bench.setSnapshot(plain) {
                $0.creationTime = "2010-01-01T00:00:00Z"
                $0.category = "archive"
                $0.storageLocation = "CloudBox"
                $0.defaultFree = true
            }
            let states = try bench.explained { $0.snapshotID = plain }
            #expect(
                states == [
                    "403 InvalidSnapshot.TooOld",
                    "403 InvalidSnapshotCategory.NotSupportImageCreation",
                    "403 InvalidOperation.SnapshotStorageLocationUnsupported",
                    "403 InvalidOperation.DefaultFreeSnapshotNotSupport",
                ])
        },
        Case(
            "explain tells nothing behind Forbidden, and nothing of what is right", "V2",
            "X-Forbidden", "X-DryRunOperation"
        ) { bench in
            let plain = try bench.plain()
            try bench.setUser("idle", [])
            try bench.acting(as: "idle") {
                let errors = try bench.explained {
                    $0.snapshotID = "s-none"
                    $0.imageName = "1"
                    $0.resourceGroupID = "rg-none"
                }
                #expect(errors == ["400 InvalidImageName.Malformed", "403 Forbidden"])
                try bench.refuse("X-Forbidden") { $0.snapshotID = plain }
            }
            let dry = try bench.explained {
                $0.snapshotID = plain
                $0.dryRun = true
            }
            #expect(dry == ["400 DryRunOperation"])
            try bench.refuse("X-DryRunOperation") {
                $0.snapshotID = plain
                $0.dryRun = true
            }
            bench.client.explains = true
            try bench.made { $0.snapshotID = plain }
        },
    ]
}
