import ECS
import TestSupport
import Testing
import Wire

/// § Parameters: sources, lists of disks, tags, and what is neither text nor list.
extension Case {
    static let sources: [Case] = [
        Case(
            "an instance is a source", "P-InstanceId", "B-Sources", "E-InvalidInstanceId.NotFound"
        ) { bench in
            let (machine, disks) = try bench.machine()
            let image = try bench.made { $0.instanceID = machine }
            let snapshot = try bench.snapshot(image.diskDeviceMappings[0].snapshotID)
            #expect(snapshot.sourceDiskID == disks[0])
            for id in ["i-none", machine.uppercased(), disks[0]] {
                try bench.refuse("E-InvalidInstanceId.NotFound", id, parameter: "InstanceId") {
                    $0.instanceID = id
                }
            }
        },
        Case(
            "the snapshot of a system disk is a source", "P-SnapshotId", "B-Sources",
            "E-InvalidSnapshotId.NotFound"
        ) { bench in
            let plain = try bench.plain()
            let image = try bench.made { $0.snapshotID = plain }
            #expect(image.diskDeviceMappings.map(\.snapshotID) == [plain])
            #expect(image.diskDeviceMappings.map(\.device) == ["/dev/xvda"])
            #expect(image.diskDeviceMappings.map(\.type) == ["system"])
            #expect(image.diskDeviceMappings.map(\.size) == ["40"] && image.size == 40)
            try bench.refuse("E-InvalidSnapshotId.NotFound", parameter: "SnapshotId") {
                $0.snapshotID = "s-none"
            }
        },
        Case(
            "a list of disks is a source", "P-DiskDeviceMapping",
            "P-DiskDeviceMapping.SnapshotId", "B-Sources", "E-InvalidSnapshotId.NotFound"
        ) { bench in
            let (_, disks) = try bench.machine([Bench.disk(40), Bench.disk(100)])
            let snapshots = try disks.map { try bench.snapshot(of: $0) }
            let image = try bench.made {
                $0.diskDeviceMapping = [mapping(snapshots[1]), mapping(snapshots[0])]
            }
            #expect(Set(image.diskDeviceMappings.map(\.snapshotID)) == Set(snapshots))
            let system = image.diskDeviceMappings.filter { $0.type == "system" }
            #expect(system.map(\.snapshotID) == [snapshots[0]])
            #expect(image.size == 40)
            try bench.refuse(
                "E-InvalidSnapshotId.NotFound",
                parameter: "DiskDeviceMapping.2.SnapshotId"
            ) { $0.diskDeviceMapping = [mapping(snapshots[0]), mapping("s-none")] }
        },
    ]

    static let mappings: [Case] = [
        Case(
            "sizes with a snapshot: from its own to its category's most",
            "P-DiskDeviceMapping.Size", "E-InvalidSize.ValueNotSupported"
        ) { bench in
            for (category, most) in [
                ("cloud_essd", 32_768), ("cloud_ssd", 32_768), ("cloud", 2000),
            ]
                as [(String, Int32)]
            {
                let (_, disks) = try bench.machine([Bench.disk(40, category: category)])
                let snapshot = try bench.snapshot(of: disks[0])
                for size in [nil, 40, 41, most] as [Int32?] {
                    let image = try bench.made {
                        $0.diskDeviceMapping = [mapping(snapshot, size: size)]
                    }
                    #expect(image.diskDeviceMappings[0].size == "\(size ?? 40)")
                    #expect(image.size == size ?? 40)
                }
                for size in [Int32.min, -1, 0, 1, 39, most + 1, .max] {
                    try bench.refuse(
                        "E-InvalidSize.ValueNotSupported", parameter: "DiskDeviceMapping.1.Size"
                    ) { $0.diskDeviceMapping = [mapping(snapshot, size: size)] }
                }
            }
        },
        Case(
            "devices: a for the system disk, b to z for others", "P-DiskDeviceMapping.Device",
            "E-InvalidDevice.Malformed", "E-InvalidDevice.InUse"
        ) { bench in
            let plain = try bench.plain()
            for device in ["", "/dev/xvda"] {
                let image = try bench.made {
                    $0.diskDeviceMapping = [mapping(plain, device: device)]
                }
                #expect(image.diskDeviceMappings[0].device == "/dev/xvda")
            }
            for device in ["/dev/xvdb", "/dev/xvdm", "/dev/xvdz"] {
                let image = try bench.made {
                    $0.diskDeviceMapping = [mapping(plain), mapping(size: 20, device: device)]
                }
                #expect(image.diskDeviceMappings.map(\.device) == ["/dev/xvda", device])
            }
            for device in [
                "/dev/xvdaa", "/dev/xvd", "/dev/xvdA", "/dev/xvd1", "xvdb", "/dev/sdb",
                "/dev/xvdb ", "/dev/vda", "/dev/xvda",
            ] {
                try bench.refuse(
                    "E-InvalidDevice.Malformed", parameter: "DiskDeviceMapping.2.Device"
                ) { $0.diskDeviceMapping = [mapping(plain), mapping(size: 20, device: device)] }
            }
            try bench.refuse("E-InvalidDevice.Malformed", parameter: "DiskDeviceMapping.1.Device") {
                $0.diskDeviceMapping = [mapping(plain, device: "/dev/xvdb")]
            }
            try bench.refuse("E-InvalidDevice.InUse", parameter: "DiskDeviceMapping.3.Device") {
                $0.diskDeviceMapping = [
                    mapping(plain), mapping(size: 20, device: "/dev/xvdc"),
                    mapping(size: 30, device: "/dev/xvdc"),
                ]
            }
        },
        Case(
            "devices that are left out get the next free letter", "P-DiskDeviceMapping.Device"
        ) { bench in
            let plain = try bench.plain()
            let image = try bench.made {
                $0.diskDeviceMapping = [
                    mapping(size: 20), mapping(size: 21, device: "/dev/xvdc"), mapping(plain),
                    mapping(size: 22), mapping(size: 23, device: "/dev/xvdb"), mapping(size: 24),
                ]
            }
            let devices = image.diskDeviceMappings.reduce(into: [:]) { $0[$1.size] = $1.device }
            #expect(
                devices == [
                    "40": "/dev/xvda", "20": "/dev/xvdd", "21": "/dev/xvdc", "22": "/dev/xvde",
                    "23": "/dev/xvdb", "24": "/dev/xvdf",
                ])
        },
        Case(
            "disk types: the source's, or system or data", "P-DiskDeviceMapping.DiskType",
            "P-Case", "E-InvalidDiskType.ValueNotSupported"
        ) { bench in
            let (_, disks) = try bench.machine([Bench.disk(40), Bench.disk(100)])
            let snapshots = try disks.map { try bench.snapshot(of: $0) }
            for types in [["", "", ""], ["system", "data", "data"], ["system", "", "data"]] {
                let image = try bench.made {
                    $0.diskDeviceMapping = [
                        mapping(snapshots[0], type: types[0]),
                        mapping(snapshots[1], type: types[1]), mapping(size: 20, type: types[2]),
                    ]
                }
                #expect(image.diskDeviceMappings.map(\.type) == ["system", "data", "data"])
                #expect(image.diskDeviceMappings.map(\.size) == ["40", "100", "20"])
            }
            for type in ["System", "DATA", "all", "system "] {
                try bench.refuse(
                    "E-InvalidDiskType.ValueNotSupported",
                    parameter: "DiskDeviceMapping.1.DiskType"
                ) { $0.diskDeviceMapping = [mapping(snapshots[0], type: type)] }
            }
        },
        Case(
            "an entry with nothing in it", "P-DiskDeviceMapping", "P-Empty",
            "E-InvalidParameter.AllEmpty"
        ) { bench in
            let plain = try bench.plain()
            try bench.refuse(
                "E-InvalidParameter.AllEmpty", parameter: "DiskDeviceMapping.2"
            ) {
                $0.diskDeviceMapping = [mapping(plain), mapping()]
            }
        },
    ]

    static let tags: [Case] = [
        Case(
            "tags in ECS's spelling and in the old one", "P-Tag", "P-Tag.Key", "P-Tag.Value",
            "P-Tag.key", "P-Tag.value"
        ) { bench in
            let image = try bench.made {
                $0.snapshotID = try bench.plain()
                $0.tag = [
                    tag("a", "1"), tag("b", ""), tag("c"), tag("中文 é😀", "值 value"),
                    .with {
                        $0.legacyKey = "old"
                        $0.legacyValue = "low"
                    },
                    .with {
                        $0.key = "New"
                        $0.legacyKey = "new"
                        $0.value = "High"
                        $0.legacyValue = "high"
                    },
                    .with {
                        $0.key = "emptied"
                        $0.value = ""
                        $0.legacyValue = "kept out"
                    },
                    .with {
                        $0.legacyKey = "mixed"
                        $0.value = "both"
                    },
                ]
            }
            let tags = image.tags.reduce(into: [:]) { $0[$1.tagKey] = $1.tagValue }
            #expect(
                tags == [
                    "a": "1", "b": "", "c": "", "中文 é😀": "值 value", "old": "low", "New": "High",
                    "emptied": "", "mixed": "both",
                ])
        },
        Case(
            "a tag's key", "P-Tag.Key", "P-Tag.key", "P-Empty", "P-Length", "D-Prefix",
            "E-InvalidTagKey.Malformed"
        ) { bench in
            let plain = try bench.plain()
            let right = [
                "a", "1", " ", "Aliyun", "xaliyun", "ACS:", "http:", "e\u{301}",
                String(repeating: "中", count: 128), String(repeating: "😀", count: 128),
            ]
            let wrong = [
                "", "aliyun", "aliyunx", "acs:", "acs:a", "http://", "ahttp://b", "xhttps://",
                String(repeating: "a", count: 129), "acs:\u{301}",
            ]
            for key in right {
                let image = try bench.made {
                    $0.snapshotID = plain
                    $0.tag = [tag(key, "v")]
                }
                #expect(image.tags.map(\.tagKey) == [key])
            }
            for key in wrong {
                try bench.refuse("E-InvalidTagKey.Malformed", parameter: "Tag.2.Key") {
                    $0.snapshotID = plain
                    $0.tag = [tag("fine"), tag(key, "v")]
                }
                try bench.refuse("E-InvalidTagKey.Malformed", parameter: "Tag.1.Key") {
                    $0.snapshotID = plain
                    $0.tag = [.with { $0.legacyKey = key }]
                }
            }
        },
        Case(
            "a tag's value", "P-Tag.Value", "P-Tag.value", "P-Length", "D-Prefix",
            "E-InvalidTagValue.Malformed"
        ) { bench in
            let plain = try bench.plain()
            let right = [
                "", "v", "aliyun", "aliyun:x", "xacs:", "ACS:", String(repeating: "中", count: 128),
            ]
            let wrong = [
                "acs:", "acs:x", "http://", "ahttps://b", String(repeating: "v", count: 129),
            ]
            for value in right {
                let image = try bench.made {
                    $0.snapshotID = plain
                    $0.tag = [tag("k", value)]
                }
                #expect(image.tags.map(\.tagValue) == [value])
            }
            for value in wrong {
                try bench.refuse("E-InvalidTagValue.Malformed", parameter: "Tag.1.Value") {
                    $0.snapshotID = plain
                    $0.tag = [tag("k", value)]
                }
                try bench.refuse("E-InvalidTagValue.Malformed", parameter: "Tag.1.Value") {
                    $0.snapshotID = plain
                    $0.tag = [
                        .with {
                            $0.legacyKey = "k"
                            $0.legacyValue = value
                        }
                    ]
                }
            }
        },
        Case("a key given twice", "P-Tag.Key", "P-Tag.key", "P-Case", "E-Duplicate.TagKey") {
            bench in
            let plain = try bench.plain()
            let twins = [
                [tag("k", "1"), tag("k", "1")], [tag("k", "1"), tag("x"), tag("k", "2")],
                [tag("k"), .with { $0.legacyKey = "k" }],
            ]
            for tags in twins {
                try bench.refuse("E-Duplicate.TagKey") {
                    $0.snapshotID = plain
                    $0.tag = tags
                }
            }
            // These are not the same: what only looks the same is another key.
            let image = try bench.made {
                $0.snapshotID = plain
                $0.tag = [tag("k"), tag("K"), tag("k "), tag("\u{e9}"), tag("e\u{301}")]
            }
            #expect(image.tags.count == 5)
        },
    ]

    static let others: [Case] = [
        Case("DryRun is off if it is not given", "P-DryRun", "X-DryRunOperation") { bench in
            let plain = try bench.plain()
            try bench.refuse("X-DryRunOperation") {
                $0.snapshotID = plain
                $0.dryRun = true
            }
            for dryRun in [nil, false] as [Bool?] {
                try bench.made {
                    $0.snapshotID = plain
                    $0.dryRun = dryRun
                }
            }
        },
        Case(
            "parameters that are right all at once", "P-ImageName", "P-Tag",
            "P-DiskDeviceMapping", "P-Description"
        ) { bench in
            let (_, disks) = try bench.machine([Bench.disk(40), Bench.disk(100)])
            let snapshots = try disks.map { try bench.snapshot(of: $0) }
            let group = try bench.createGroup()
            let image = try bench.made {
                $0.imageName = "镜像.v1"
                $0.imageFamily = "家族-1"
                $0.imageVersion = "2026.01"
                $0.description = "说明：全部 😀"
                $0.platform = "Ubuntu"
                $0.bootMode = "UEFI"
                $0.architecture = "x86_64"
                $0.clientToken = "token"
                $0.resourceGroupID = group
                $0.diskDeviceMapping = [
                    mapping(snapshots[0], size: 50, device: "/dev/xvda", type: "system"),
                    mapping(snapshots[1], size: 200, device: "/dev/xvdd", type: "data"),
                ]
                $0.tag = [tag("k", "v")]
                $0.detectionStrategy = "Standard"
                $0.features = .with { $0.imdsSupport = "v2" }
                $0.dryRun = false
            }
            #expect(image.imageName == "镜像.v1" && image.imageFamily == "家族-1")
            #expect(image.imageVersion == "2026.01" && image.description == "说明：全部 😀")
            #expect(image.bootMode == "UEFI" && image.resourceGroupID == group)
            #expect(image.diskDeviceMappings.map(\.size) == ["50", "200"])
            #expect(image.diskDeviceMappings.map(\.device) == ["/dev/xvda", "/dev/xvdd"])
            #expect(image.tags.map(\.tagValue) == ["v"] && image.features?.imdsSupport == "v2")
            #expect(image.detectionOptions?.status == "Finished")
            #expect(image.imageOwnerAlias == "self" && image.imageOwnerID == bench.account)
        },
    ]
}
