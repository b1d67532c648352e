import ECS
import TestSupport
import Testing
import Wire

/// § Limits: the last that is admitted and the first that is not.
extension Case {
    static let limits = limitValues + keptLimits + concurrencyLimits

    private static let limitValues: [Case] = [
        Case(
            "the limits that an account is born with", "Q-Images", "Q-ImagesPerFamily",
            "Q-Families", "Q-SnapshotsPerDisk", "Q-ConcurrentPerDisk", "Q-ConcurrentPerOldDisk",
            "Q-UnfinishedSnapshots", "Q-Workers", "Q-Tags"
        ) { bench in
            let account = try bench.client.call(DescribeAccount.self, DescribeAccountRequest())
            let limits = account.limits.reduce(into: [:]) { $0[$1.name] = $1.value }
            let documented: [String: Int64] = [
                "Images": 100, "ImagesPerFamily": 100, "Families": 100, "SnapshotsPerDisk": 256,
                "ConcurrentPerDisk": 10, "ConcurrentPerOldDisk": 1, "UnfinishedSnapshots": 64,
                "Workers": 4, "Tags": 20,
            ]
            for (name, value) in documented { #expect(limits[name] == value, "\(name)") }
        },
        Case(
            "twenty tags, or as many as are set", "Q-Tags", "P-Tag", "E-QuotaExceed.Tags"
        ) { bench in
            let plain = try bench.plain()
            for limit in [20, 3, 0, 25] {
                try bench.setLimit("Tags", Int64(limit))
                let image = try bench.made {
                    $0.snapshotID = plain
                    $0.tag = (0..<limit).map { tag("k\($0)") }
                }
                #expect(image.tags.count == limit)
                try bench.refuse("E-QuotaExceed.Tags", "\(limit)", parameter: "Tag") {
                    $0.snapshotID = plain
                    $0.tag = (0...limit).map { tag("k\($0)") }
                }
            }
        },
        Case("a token of 64 characters", "Q-Token", "X-InvalidClientToken") { bench in
            let plain = try bench.plain()
            try bench.create {
                $0.snapshotID = plain
                $0.clientToken = String(repeating: "t", count: 64)
            }
            try bench.refuse("X-InvalidClientToken", parameter: "ClientToken") {
                $0.snapshotID = plain
                $0.clientToken = String(repeating: "t", count: 65)
            }
        },
    ]

    private static let keptLimits: [Case] = [
        Case("the hundredth image, and one more", "Q-Images", "E-QuotaExceed.Image") { bench in
            let plain = try bench.plain()
            for _ in 0..<100 { try bench.create { $0.snapshotID = plain } }
            try bench.refuse("E-QuotaExceed.Image") { $0.snapshotID = plain }
            // Each region has its own number.
            let (other, _) = try bench.machine { $0.regionID = "cn-beijing" }
            try bench.create {
                $0.regionID = "cn-beijing"
                $0.instanceID = other
            }
            try bench.setLimit("Images", 101)
            try bench.create { $0.snapshotID = plain }
            try bench.refuse("E-QuotaExceed.Image") { $0.snapshotID = plain }
            // A limit that is lowered takes nothing away.
            try bench.setLimit("Images", 1)
            #expect(try bench.images().count == 101)
        },
        Case("of many at once as many images as may", "Q-Images", "E-QuotaExceed.Image") { bench in
            let plain = try bench.plain()
            try bench.setLimit("Images", 7)
            let request = try bench.request { $0.snapshotID = plain }
            let clients = try (0..<16).map { _ in
                let client = try TestClient(try #require(ConformanceDaemon.socketPath))
                client.account = bench.account
                return client
            }
            let streams = try (0..<4).map { _ in
                try clients.map { try $0.begin(CreateImage.self, request) }
            }
            var accepted = 0
            for round in streams {
                for (client, stream) in zip(clients, round) {
                    do {
                        _ = try client.answer(CreateImage.self, stream)
                        accepted += 1
                    } catch let refused as TestClient.Refused {
                        bench.expect(refused, is: "E-QuotaExceed.Image")
                    }
                }
            }
            #expect(accepted == 7)
        },
        Case(
            "images of one family", "Q-ImagesPerFamily", "E-ImageQuotaExceed.ImageFamily"
        ) { bench in
            let plain = try bench.plain()
            let family: Bench.Change = {
                $0.snapshotID = plain
                $0.imageFamily = "family"
            }
            try bench.setLimit("ImagesPerFamily", 3)
            let ids = try (0..<3).map { _ in try bench.create(family) }
            try bench.refuse("E-ImageQuotaExceed.ImageFamily", parameter: "ImageFamily", family)
            try bench.create {
                $0.snapshotID = plain
                $0.imageFamily = "Family"
            }
            try bench.client.deleteImage(ids[1])
            try bench.create(family)
            try bench.refuse("E-ImageQuotaExceed.ImageFamily", family)
        },
        Case("families of a region", "Q-Families", "E-ImageFamilyQuotaExceed") { bench in
            let plain = try bench.plain()
            func create(_ family: String) throws -> String {
                try bench.create {
                    $0.snapshotID = plain
                    $0.imageFamily = family
                }
            }
            try bench.setLimit("Families", 2)
            let first = try create("family-1")
            _ = try create("family-2")
            let third: Bench.Change = {
                $0.snapshotID = plain
                $0.imageFamily = "family-3"
            }
            try bench.refuse("E-ImageFamilyQuotaExceed", parameter: "ImageFamily", third)
            // One that exists takes more, and none at all is no family.
            _ = try create("family-1")
            _ = try create("")
            try bench.client.deleteImage(first)
            try bench.refuse("E-ImageFamilyQuotaExceed", third)
            for image in try bench.client.images({ $0.imageFamily = "family-1" }) {
                try bench.client.deleteImage(image.imageID)
            }
            try bench.create(third)
        },
        Case(
            "snapshots that a disk keeps", "Q-SnapshotsPerDisk", "B-OneSnapshotPerDisk",
            "E-QuotaExceed.Snapshot"
        ) { bench in
            let (machine, disks) = try bench.machine([Bench.disk(), Bench.disk()])
            try bench.setLimit("SnapshotsPerDisk", 3)
            let snapshots = try (0..<2).map { _ in try bench.snapshot(of: disks[1]) }
            // The image's own are the last that fit.
            try bench.made { $0.instanceID = machine }
            try bench.refuse("E-QuotaExceed.Snapshot") { $0.instanceID = machine }
            try bench.deleteSnapshot(snapshots[0])
            try bench.made { $0.instanceID = machine }
            try bench.refuse("E-QuotaExceed.Snapshot") { $0.instanceID = machine }
            // From a snapshot no new one is made.
            try bench.made { $0.diskDeviceMapping = [mapping(snapshots[1], type: "system")] }
        },
    ]

    private static let concurrencyLimits: [Case] = [
        Case(
            "snapshots under way of one ESSD disk", "Q-ConcurrentPerDisk",
            "E-QuotaExceed.ConcurrentSnapshotQuota"
        ) { bench in
            let categories = [
                "cloud_essd", "cloud_essd_entry", "cloud_auto", "cloud_regional_disk_auto",
            ]
            for category in categories {
                let (machine, disks) = try bench.machine([Bench.disk(40, category: category)])
                let under = try (0..<9).map { _ in try bench.beginSnapshot(of: disks[0]) }
                let last = try bench.create { $0.instanceID = machine }
                try bench.refuse("E-QuotaExceed.ConcurrentSnapshotQuota", disks[0], "10") {
                    $0.instanceID = machine
                }
                try bench.finish([under[3]])
                try bench.create { $0.instanceID = machine }
                try bench.client.deleteImage(last)
                try bench.create { $0.instanceID = machine }
                try bench.refuse("E-QuotaExceed.ConcurrentSnapshotQuota", disks[0], "10") {
                    $0.instanceID = machine
                }
                try bench.finish()
            }
            try bench.setLimit("ConcurrentPerDisk", 1)
            let (machine, disks) = try bench.machine()
            try bench.create { $0.instanceID = machine }
            try bench.refuse("E-QuotaExceed.ConcurrentSnapshotQuota", disks[0], "1") {
                $0.instanceID = machine
            }
        },
        Case(
            "snapshots under way of one older disk", "Q-ConcurrentPerOldDisk",
            "E-IncorrectDiskStatus.CreatingSnapshot"
        ) { bench in
            for category in ["cloud", "cloud_efficiency", "cloud_ssd"] {
                let (machine, _) = try bench.machine([Bench.disk(40, category: category)])
                try bench.create { $0.instanceID = machine }
                try bench.refuse("E-IncorrectDiskStatus.CreatingSnapshot") {
                    $0.instanceID = machine
                }
                try bench.finish()
                try bench.create { $0.instanceID = machine }
            }
            try bench.setLimit("ConcurrentPerOldDisk", 2)
            let (machine, _) = try bench.machine([Bench.disk(40, category: "cloud")])
            for _ in 0..<2 { try bench.create { $0.instanceID = machine } }
            try bench.refuse("E-IncorrectDiskStatus.CreatingSnapshot") { $0.instanceID = machine }
        },
        Case(
            "snapshots under way in all, whole requests only", "Q-UnfinishedSnapshots",
            "B-Atomic", "E-TooManySnapshot.Unfinished"
        ) { bench in
            let (three, _) = try bench.machine([Bench.disk(), Bench.disk(), Bench.disk()])
            let (one, _) = try bench.machine()
            try bench.setLimit("UnfinishedSnapshots", 5)
            try bench.create { $0.instanceID = three }
            // Two places are left: not enough for three disks, and none of them gets one.
            try bench.refuse("E-TooManySnapshot.Unfinished") { $0.instanceID = three }
            for _ in 0..<2 { try bench.create { $0.instanceID = one } }
            try bench.refuse("E-TooManySnapshot.Unfinished") { $0.instanceID = one }
            // Another region, and an image of snapshots, have nothing to do with it.
            let (other, _) = try bench.machine { $0.regionID = "cn-beijing" }
            try bench.create {
                $0.regionID = "cn-beijing"
                $0.instanceID = other
            }
            try bench.finish([try bench.jobs()[0].snapshotID])
            try bench.create { $0.instanceID = one }
            try bench.refuse("E-TooManySnapshot.Unfinished") { $0.instanceID = one }
            try bench.finish()
            try bench.create { $0.instanceID = three }
        },
        Case(
            "64 snapshots under way by default", "Q-UnfinishedSnapshots",
            "E-TooManySnapshot.Unfinished"
        ) { bench in
            let disks = (0..<16).map { _ in Bench.disk() }
            for _ in 0..<4 {
                let (machine, _) = try bench.machine(disks)
                try bench.create { $0.instanceID = machine }
            }
            let (machine, _) = try bench.machine()
            try bench.refuse("E-TooManySnapshot.Unfinished") { $0.instanceID = machine }
            #expect(try bench.jobs().count == 64)
        },
        Case(
            "jobs running at once", "Q-Workers", "B-NoSnapshotFromSnapshot", "B-StatusFlow"
        ) { bench in
            let plain = try bench.plain()
            let (machine, _) = try bench.machine((0..<3).map { _ in Bench.disk() })
            let ofInstance = try bench.create { $0.instanceID = machine }
            let ofSnapshot = try (0..<2).map { _ in try bench.create { $0.snapshotID = plain } }
            func running() throws -> Int { try bench.jobs().count { $0.status == "running" } }
            #expect(try running() == 4)
            #expect(try bench.image(ofInstance).status == "Creating")
            let statuses = try ofSnapshot.map { try bench.image($0).status }
            #expect(statuses == ["Creating", "Waiting"])
            try bench.setLimit("Workers", 1)
            try bench.finish([ofInstance])
            #expect(try running() == 1)
            try bench.finish([ofSnapshot[0]])
            #expect(try running() == 1)
            #expect(try bench.image(ofSnapshot[1]).status == "Creating")
        },
    ]
}
