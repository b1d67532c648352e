import ECS
import TestSupport
import Testing
import Wire

/// § Behaviour: sources and what they make.
extension Case {
    static let behaviour = sourceBehaviour + flow + origins

    private static let sourceBehaviour: [Case] = [
        Case(
            "the answer comes before the image", "B-Async", "B-StatusFlow", "B-Usable",
            "D-DescribeImage"
        ) { bench in
            let (machine, _) = try bench.machine()
            try bench.hold()
            let id = try bench.create { $0.instanceID = machine }
            #expect(try bench.image(id).status == "Waiting")
            // Without a status DescribeImages has the Available ones.
            let early = try bench.client.images { $0.status = "" }.map(\.imageID)
            #expect(!early.contains(id))
            try bench.finish()
            #expect(try bench.image(id).status == "Available")
            let late = try bench.client.images { $0.status = "" }.map(\.imageID)
            #expect(late.contains(id))
            let waited = try #require(try bench.client.wait(for: id))
            #expect(waited.status == "Available" && waited.usable)
        },
        Case(
            "an instance goes before disks, and those before a snapshot", "B-Priority",
            "B-Sources"
        ) { bench in
            let (machine, disks) = try bench.machine()
            let plain = try bench.plain()
            // What is left over exists, or not, or is wrong in every way but its wire type.
            let all = try bench.made {
                $0.instanceID = machine
                $0.diskDeviceMapping = [
                    mapping("s-none", size: -1, device: "x", type: "y"), mapping(),
                ]
                $0.snapshotID = "s-none"
            }
            let snapshot = try bench.snapshot(all.diskDeviceMappings[0].snapshotID)
            #expect(all.diskDeviceMappings.count == 1 && snapshot.sourceDiskID == disks[0])
            let two = try bench.made {
                $0.diskDeviceMapping = [mapping(plain)]
                $0.snapshotID = "s-none"
            }
            #expect(two.diskDeviceMappings.map(\.snapshotID) == [plain])
            try bench.refuse("E-InvalidInstanceId.NotFound", "i-none") {
                $0.instanceID = "i-none"
                $0.diskDeviceMapping = [mapping(plain)]
                $0.snapshotID = plain
            }
        },
        Case("twenty entries that do not count", "B-Priority") { bench in
            let (machine, _) = try bench.machine()
            try bench.made {
                $0.instanceID = machine
                $0.diskDeviceMapping = Array(repeating: mapping(type: "z"), count: 20)
            }
        },
        Case(
            "Running and Stopped are right, nothing else is", "B-InstanceStatus",
            "E-IncorrectInstanceStatus"
        ) { bench in
            let (machine, _) = try bench.machine()
            for status in ["Running", "Stopped"] {
                try bench.setInstance(machine) { $0.status = status }
                try bench.made { $0.instanceID = machine }
            }
            for status in ["Pending", "Starting", "Stopping"] {
                try bench.setInstance(machine) { $0.status = status }
                try bench.refuse("E-IncorrectInstanceStatus", parameter: "InstanceId") {
                    $0.instanceID = machine
                }
            }
        },
        Case("one new snapshot of each cloud disk", "B-OneSnapshotPerDisk") { bench in
            let (machine, disks) = try bench.machine([
                Bench.disk(40), Bench.disk(100, category: "cloud"),
                Bench.disk(50, category: "local_ssd_pro"), Bench.disk(60, category: "cloud_auto"),
            ])
            let before = try bench.client.snapshots().count
            let image = try bench.made { $0.instanceID = machine }
            let snapshots = try bench.client.snapshots()
            #expect(snapshots.count == before + 3)
            #expect(Set(snapshots.map(\.sourceDiskID)) == Set([disks[0], disks[1], disks[3]]))
            #expect(Set(snapshots.map(\.snapshotType)) == ["user"])
            #expect(Set(snapshots.map(\.status)) == ["accomplished"])
            let mappings = image.diskDeviceMappings
            #expect(Set(mappings.map(\.snapshotID)) == Set(snapshots.map(\.snapshotID)))
            #expect(mappings.map(\.type) == ["system", "data", "data"])
            #expect(mappings.map(\.size) == ["40", "100", "60"])
            #expect(mappings.map(\.device) == ["/dev/xvda", "/dev/xvdb", "/dev/xvdd"])
        },
        Case("no new snapshot of a snapshot", "B-NoSnapshotFromSnapshot") { bench in
            let plain = try bench.plain()
            try bench.setLimit("UnfinishedSnapshots", 0)
            let before = try bench.client.snapshots().map(\.snapshotID)
            let id = try bench.create { $0.snapshotID = plain }
            let jobs = try bench.jobs()
            #expect(jobs.map(\.imageID) == [id] && jobs.map(\.snapshotID) == [""])
            #expect(jobs.map(\.durationMilliseconds) == [1000])
            #expect(try bench.image(id).status == "Creating")
            try bench.client.advance(milliseconds: 999)
            #expect(try bench.image(id).status == "Creating")
            try bench.client.advance(milliseconds: 1)
            #expect(try bench.image(id).status == "Available")
            #expect(try bench.client.snapshots().map(\.snapshotID) == before)
            // The length is a setting; the job is held, stepped and failed like others.
            try bench.setLimit("ImageFromSnapshotsMilliseconds", 5000)
            try bench.hold()
            let other = try bench.create { $0.snapshotID = plain }
            #expect(try bench.image(other).status == "Waiting")
            #expect(try bench.step().map(\.durationMilliseconds) == [5000])
            #expect(try bench.image(other).status == "Creating")
            try bench.fail([other], reason: "told to")
            let failed = try bench.image(other)
            #expect(failed.status == "CreateFailed" && failed.failureReason == "told to")
            #expect(try bench.snapshot(plain).status == "accomplished")
        },
        Case(
            "a security lock forbids, others do not", "B-SecurityLock", "D-Lock",
            "E-InstanceLockedForSecurity"
        ) { bench in
            let (machine, _) = try bench.machine()
            for reason in ["financial", "recycling", "dedicatedhostfinancial"] {
                try bench.lock(machine, [reason])
                try bench.made { $0.instanceID = machine }
            }
            for reasons in [["security"], ["financial", "security"]] {
                try bench.lock(machine, reasons)
                try bench.refuse("E-InstanceLockedForSecurity", parameter: "InstanceId") {
                    $0.instanceID = machine
                }
            }
            try bench.setInstance(machine) { $0.isLocked = false }
            try bench.made { $0.instanceID = machine }
        },
        Case(
            "snapshots of 15 July 2013 and before are too old", "B-TooOld", "D-TooOld",
            "E-InvalidSnapshot.TooOld"
        ) { bench in
            let plain = try bench.plain()
            for time in ["1970-01-01T00:00:00Z", "2013-07-15T00:00:00Z", "2013-07-15T23:59:59Z"] {
                try bench.setSnapshot(plain) { $0.creationTime = time }
                try bench.refuse("E-InvalidSnapshot.TooOld", parameter: "SnapshotId") {
                    $0.snapshotID = plain
                }
                try bench.refuse(
                    "E-InvalidSnapshot.TooOld", parameter: "DiskDeviceMapping.1.SnapshotId"
                ) { $0.diskDeviceMapping = [mapping(plain)] }
            }
            try bench.setSnapshot(plain) { $0.creationTime = "2013-07-16T00:00:00Z" }
            try bench.made { $0.snapshotID = plain }
        },
        Case(
            "exactly one system disk", "B-OneSystemDisk", "B-DataOnly", "Q-SystemDisks",
            "D-TwoSystemDisks", "E-OperationDenied.400"
        ) { bench in
            let (_, disks) = try bench.machine([Bench.disk(40), Bench.disk(40)])
            let system = try bench.snapshot(of: disks[0])
            let data = try bench.snapshot(of: disks[1])
            let none = [
                [mapping(data)], [mapping(size: 20)], [mapping(system, type: "data")],
                [mapping(data), mapping(size: 20, type: "system")],
            ]
            for list in none {
                try bench.refuse("E-OperationDenied.400") { $0.diskDeviceMapping = list }
            }
            let two = [
                [mapping(system), mapping(system)],
                [mapping(system), mapping(data, type: "system")],
                [mapping(system), mapping(size: 20, type: "system")],
            ]
            for list in two {
                try bench.refuse("D-TwoSystemDisks") { $0.diskDeviceMapping = list }
            }
            try bench.made { $0.diskDeviceMapping = [mapping(data, type: "system")] }
        },
        Case(
            "sixteen data disks, and no more", "B-16Data", "Q-DataDisks", "Q-Mapping",
            "P-DiskDeviceMapping", "D-MoreThan16", "X-InvalidParameter"
        ) { bench in
            let plain = try bench.plain()
            let data = Array(repeating: mapping(size: 20), count: 16)
            let image = try bench.made { $0.diskDeviceMapping = [mapping(plain)] + data }
            #expect(image.diskDeviceMappings.count == 17)
            #expect(Set(image.diskDeviceMappings.map(\.device)).count == 17)
            try bench.refuse(
                "X-InvalidParameter", "DiskDeviceMapping", parameter: "DiskDeviceMapping"
            ) { $0.diskDeviceMapping = [mapping(plain)] + data + [mapping(size: 20)] }
            // Seventeen entries and no system disk: that is said first.
            try bench.refuse("E-OperationDenied.400") {
                $0.diskDeviceMapping = data + [mapping(size: 20)]
            }
        },
        Case(
            "a data disk without a snapshot is empty", "B-EmptyDataDisk",
            "P-DiskDeviceMapping.SnapshotId"
        ) { bench in
            let image = try bench.made {
                $0.diskDeviceMapping = [mapping(try bench.plain()), mapping(type: "data")]
            }
            #expect(image.diskDeviceMappings.map(\.snapshotID).last == "")
            #expect(image.diskDeviceMappings.map(\.type) == ["system", "data"])
            #expect(image.diskDeviceMappings.map(\.size) == ["40", "20"])
        },
    ]
}

extension Bench {
    func lock(_ instanceID: String, _ reasons: [String]) throws {
        try setInstance(instanceID) {
            $0.operationLock = reasons.map { reason in .with { $0.lockReason = reason } }
        }
    }
}

extension TestClient {
    func advance(milliseconds: Int64) throws {
        _ = try call(AdvanceClock.self, .with { $0.milliseconds = milliseconds })
    }
}
