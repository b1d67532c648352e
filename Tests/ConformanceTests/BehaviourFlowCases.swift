import ECS
import TestSupport
import Testing
import Wire

/// § Behaviour: an image's way, and where sources come from.
extension Case {
    static let flow: [Case] = [
        Case(
            "Waiting, Creating with the first job, Available with the last", "B-StatusFlow",
            "B-Usable"
        ) { bench in
            let (machine, _) = try bench.machine([Bench.disk(), Bench.disk()])
            try bench.hold()
            let id = try bench.create { $0.instanceID = machine }
            var seen: [String] = []
            for _ in 0..<4 {
                let image = try bench.image(id)
                seen.append(image.status)
                #expect(image.usable == false)
                try bench.step()
            }
            #expect(seen == ["Waiting", "Creating", "Creating", "Creating"])
            let image = try bench.image(id)
            #expect(image.status == "Available" && image.usable && image.progress == "100%")
            #expect(Set(image.diskDeviceMappings.map(\.progress)) == ["100%"])
        },
        Case(
            "a simulated snapshot takes its time of the account's clock", "B-StatusFlow",
            "B-Async"
        ) { bench in
            let (machine, _) = try bench.machine([Bench.disk(40)])
            let id = try bench.create { $0.instanceID = machine }
            #expect(try bench.image(id).progress == "0%")
            try bench.client.advance(milliseconds: 700)
            #expect(try bench.image(id).status == "Creating")
            #expect(try bench.image(id).progress == "50%")
            try bench.client.advance(milliseconds: 699)
            #expect(try bench.image(id).status == "Creating")
            try bench.client.advance(milliseconds: 1)
            #expect(try bench.image(id).status == "Available")
        },
        Case("one failed job fails the image", "B-StatusFlow", "B-Failed", "B-Usable") { bench in
            let (machine, disks) = try bench.machine([Bench.disk(), Bench.disk(), Bench.disk()])
            try bench.hold()
            let id = try bench.create { $0.instanceID = machine }
            let jobs = try bench.jobs()
            try bench.finish([jobs[0].snapshotID])
            try bench.fail([jobs[1].snapshotID], reason: "the disk is on fire")
            let image = try bench.image(id)
            #expect(image.status == "CreateFailed" && !image.usable)
            #expect(image.failureReason == "the disk is on fire")
            #expect(try bench.jobs().isEmpty)
            let statuses = try jobs.map { try bench.snapshot($0.snapshotID).status }
            #expect(statuses == ["accomplished", "failed", "failed"])
            // What was accomplished stays when the image goes.
            try bench.client.deleteImage(id)
            let left = try bench.client.snapshots { $0.diskID = disks[0] }
            #expect(left.map(\.status) == ["accomplished"])
        },
        Case(
            "a failed image counts until it is deleted", "B-Failed", "E-QuotaExceed.Image",
            "E-InvalidImageName.Duplicated"
        ) { bench in
            let (machine, _) = try bench.machine()
            try bench.setLimit("Images", 1)
            let id = try bench.create {
                $0.instanceID = machine
                $0.imageName = "failed"
            }
            try bench.fail([id])
            try bench.refuse("E-QuotaExceed.Image") { $0.instanceID = machine }
            try bench.setLimit("Images", 2)
            try bench.refuse("E-InvalidImageName.Duplicated") {
                $0.instanceID = machine
                $0.imageName = "failed"
            }
            try bench.client.deleteImage(id)
            try bench.setLimit("Images", 1)
            try bench.made {
                $0.instanceID = machine
                $0.imageName = "failed"
            }
        },
        Case(
            "names are unique whatever the status", "B-NameUnique",
            "E-InvalidImageName.Duplicated"
        ) { bench in
            let (machine, _) = try bench.machine()
            try bench.hold()
            let id = try bench.create {
                $0.instanceID = machine
                $0.imageName = "taken"
            }
            func refuse() throws {
                try bench.refuse("E-InvalidImageName.Duplicated", parameter: "ImageName") {
                    $0.instanceID = machine
                    $0.imageName = "taken"
                }
            }
            for status in ["Waiting", "Creating", "Available"] {
                #expect(try bench.image(id).status == status)
                try refuse()
                try bench.step()
            }
            for status in ["CreateFailed", "Deprecated", "UnAvailable"] {
                try bench.setImage(id) { $0.status = status }
                try refuse()
            }
            // Elsewhere, in another spelling and without a name it is free.
            let (other, _) = try bench.machine { $0.regionID = "cn-beijing" }
            try bench.create {
                $0.regionID = "cn-beijing"
                $0.instanceID = other
                $0.imageName = "taken"
            }
            for name in ["Taken", "", "", "\u{f900}x", "\u{8c48}x"] {
                try bench.create {
                    $0.instanceID = machine
                    $0.imageName = name
                }
            }
            try bench.client.deleteImage(id)
            try bench.create {
                $0.instanceID = machine
                $0.imageName = "taken"
            }
        },
        Case(
            "of many at once one gets the name", "B-NameUnique", "B-Atomic",
            "E-InvalidImageName.Duplicated"
        ) { bench in
            let plain = try bench.plain()
            let request = try bench.request {
                $0.snapshotID = plain
                $0.imageName = "wanted"
            }
            let streams = try (0..<50).map { _ in
                try bench.client.begin(CreateImage.self, request)
            }
            var accepted = 0
            for stream in streams {
                do {
                    _ = try bench.client.answer(CreateImage.self, stream)
                    accepted += 1
                } catch let refused as TestClient.Refused {
                    bench.expect(refused, is: "E-InvalidImageName.Duplicated")
                }
            }
            #expect(accepted == 1)
            let wanted = try bench.client.images { $0.imageName = "wanted" }
            #expect(wanted.count == 1)
        },
        Case("a refusal leaves no name and no token", "B-Atomic", "E-QuotaExceed.Image") { bench in
            let plain = try bench.plain()
            let wanted: Bench.Change = {
                $0.snapshotID = plain
                $0.imageName = "wanted"
                $0.clientToken = "token"
            }
            try bench.setLimit("Images", 0)
            try bench.refuse("E-QuotaExceed.Image", wanted)
            try bench.setLimit("Images", 100)
            try bench.create {
                $0.snapshotID = plain
                $0.imageName = "wanted"
            }
            // The token is free too: it may stand for something else.
            try bench.create {
                $0.snapshotID = plain
                $0.imageName = "another"
                $0.clientToken = "token"
            }
        },
        Case("what happens to the instance fails its image", "B-NoInstanceChange") { bench in
            let changes: [(status: String, change: (String) throws -> Void)] = [
                ("Running", { try bench.stop($0) }), ("Stopped", { try bench.start($0) }),
                ("Running", { try bench.deleteInstance($0) }),
            ]
            for (status, change) in changes {
                let (machine, _) = try bench.machine([Bench.disk(), Bench.disk()]) {
                    $0.status = status
                }
                try bench.hold()
                let id = try bench.create { $0.instanceID = machine }
                let snapshots = try bench.image(id).diskDeviceMappings.map(\.snapshotID)
                try bench.finish([snapshots[0]])
                try change(machine)
                let image = try bench.image(id)
                #expect(image.status == "CreateFailed" && !image.failureReason.isEmpty)
                let statuses = try snapshots.map { try bench.snapshot($0).status }
                #expect(statuses == ["accomplished", "failed"])
                #expect(try bench.jobs().isEmpty)
            }
        },
        Case("detection: Processing, then Finished", "B-Detection") { bench in
            let plain = try bench.plain()
            let id = try bench.create {
                $0.snapshotID = plain
                $0.detectionStrategy = "Standard"
            }
            #expect(try bench.image(id).detectionOptions?.status == "Processing")
            try bench.settle()
            #expect(try bench.image(id).detectionOptions?.status == "Finished")
            let undetected = try bench.made { $0.snapshotID = plain }
            #expect(undetected.detectionOptions == nil)
        },
    ]

    static let origins: [Case] = [
        Case("ImdsSupport is v1 from snapshots and unknown instances", "B-Imds") { bench in
            let (machine, _) = try bench.machine()
            let ofMachine = try bench.made { $0.instanceID = machine }
            #expect(ofMachine.features?.imdsSupport == "v1")
            let plain = try bench.plain()
            let ofSnapshot = try bench.made { $0.snapshotID = plain }
            #expect(ofSnapshot.features?.imdsSupport == "v1")
        },
        Case("ImdsSupport is what the instance's image had then", "B-Imds") { bench in
            let plain = try bench.plain()
            let old = try bench.made { $0.snapshotID = plain }.imageID
            let new = try bench.made {
                $0.snapshotID = plain
                $0.features = .with { $0.imdsSupport = "v2" }
            }.imageID
            let ofOld = try bench.run(old)
            let ofNew = try bench.run(new)
            _ = try bench.client.call(
                ModifyImageAttribute.self,
                .with {
                    $0.regionID = testRegion
                    $0.imageID = old
                    $0.features = .with { $0.imdsSupport = "v2" }
                })
            let imageOfOld = try bench.made { $0.instanceID = ofOld }
            let imageOfNew = try bench.made { $0.instanceID = ofNew }
            #expect(imageOfOld.features?.imdsSupport == "v1")
            #expect(imageOfNew.features?.imdsSupport == "v2")
            let asked = try bench.made {
                $0.instanceID = ofNew
                $0.features = .with { $0.imdsSupport = "v1" }
            }
            #expect(asked.features?.imdsSupport == "v1")
        },
        Case(
            "of a marketplace image the version stays", "B-Marketplace", "P-ImageVersion",
            "E-InvalidImageVersion.Malformed"
        ) { bench in
            let source = try bench.made { $0.snapshotID = try bench.plain() }.imageID
            try bench.setImage(source) {
                $0.imageOwnerAlias = "marketplace"
                $0.imageVersion = "1.2"
            }
            var machine = try bench.run(source)
            // Of an image made from it too.
            for _ in 0..<2 {
                try bench.refuse(
                    "E-InvalidImageVersion.Malformed", parameter: "ImageVersion"
                ) {
                    $0.instanceID = machine
                    $0.imageVersion = "1.3"
                }
                let named = try bench.made {
                    $0.instanceID = machine
                    $0.imageVersion = "1.2"
                }
                #expect(named.imageVersion == "1.2")
                machine = try bench.run(try bench.made { $0.instanceID = machine }.imageID)
            }
            // Others have any version.
            let (mine, _) = try bench.machine()
            try bench.made {
                $0.instanceID = mine
                $0.imageVersion = "1.3"
            }
        },
        Case(
            "a system disk that outlives its instance", "B-ReleasedSystemDisk",
            "E-OperationDenied.403"
        ) { bench in
            let (machine, disks) = try bench.machine()
            try bench.detach(disks[0], from: machine)
            try bench.attach(disks[0], to: machine) {
                $0.bootable = true
                $0.deleteWithInstance = false
            }
            try bench.start(machine)
            let before = try bench.snapshot(of: disks[0])
            try bench.deleteInstance(machine)
            let disk = try bench.disk(disks[0])
            #expect(disk.type == "data" && disk.status == "Available")
            let after = try bench.snapshot(of: disks[0])
            try bench.made { $0.snapshotID = before }
            try bench.refuse("E-OperationDenied.403", parameter: "SnapshotId") {
                $0.snapshotID = after
            }
            for type in ["", "system", "data"] {
                try bench.refuse(
                    "E-OperationDenied.403", parameter: "DiskDeviceMapping.2.SnapshotId"
                ) {
                    $0.diskDeviceMapping = [
                        mapping(before, type: type == "system" ? "data" : "system"),
                        mapping(after, type: type),
                    ]
                }
            }
        },
    ]
}
