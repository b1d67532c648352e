import ECS
import TestSupport
import Testing
import Wire

/// V3: what a ClientToken does.
extension Case {
    static let idempotency = boundTokens + heldTokens

    private static let boundTokens: [Case] = [
        Case(
            "the same again has the same answer", "V3", "D-Idempotency", "P-ClientToken"
        ) { bench in
            let (machine, disks) = try bench.machine()
            let request = try bench.request {
                $0.instanceID = machine
                $0.imageName = "name"
                $0.clientToken = "token"
            }
            let first = try bench.client.call(CreateImage.self, request)
            // Since then all has changed: its name is taken, no image is allowed, the source gone.
            try bench.setLimit("Images", 0)
            try bench.setAccount { $0.orderAllowed = false }
            try bench.setDisk(disks[0]) { $0.status = "Transferring" }
            try bench.deleteInstance(machine)
            let second = try bench.client.call(CreateImage.self, request)
            #expect(second.imageID == first.imageID && second.requestID != first.requestID)
            try bench.client.deleteImage(first.imageID)
            #expect(try bench.client.call(CreateImage.self, request).imageID == first.imageID)
            #expect(try bench.images().isEmpty)
        },
        Case(
            "anything else with the token is a mismatch", "V3", "E-IdempotenceParamNotMatch"
        ) { bench in
            let (machine, _) = try bench.machine()
            let base = try bench.request {
                $0.instanceID = machine
                $0.clientToken = "token"
                $0.tag = [tag("a", "1"), tag("b", "2")]
            }
            try bench.create(base)
            let changes: [(inout CreateImageRequest) -> Void] = [
                { $0.instanceID = "i-none" }, { $0.snapshotID = "s-ignored" },
                { $0.diskDeviceMapping = [mapping("s-ignored")] }, { $0.imageName = "name" },
                { $0.imageFamily = "family" }, { $0.imageVersion = "1" },
                { $0.description = "text" }, { $0.platform = "Ubuntu" }, { $0.bootMode = "BIOS" },
                { $0.architecture = "x86_64" }, { $0.resourceGroupID = "rg-other" },
                { $0.detectionStrategy = "Standard" },
                { $0.features = .with { $0.imdsSupport = "v1" } }, { $0.tag = [] },
                { $0.tag = [tag("a", "1"), tag("b", "3")] }, { $0.tag.append(tag("c")) },
            ]
            for change in changes {
                try bench.refuse("E-IdempotenceParamNotMatch", parameter: "ClientToken") {
                    $0 = base
                    change(&$0)
                }
            }
        },
        Case(
            "what is equal: tags in any order and spelling, empty and absent", "V3", "P-Empty",
            "P-Tag.key"
        ) { bench in
            let plain = try bench.plain()
            let base = try bench.request {
                $0.snapshotID = plain
                $0.clientToken = "token"
                $0.tag = [tag("a", "1"), tag("b")]
            }
            let id = try bench.create(base)
            let changes: [(inout CreateImageRequest) -> Void] = [
                { $0.tag = [tag("b"), tag("a", "1")] }, { $0.tag[1].value = "" },
                { $0.features = ImageRequestFeatures() }, { $0.dryRun = false },
                { request in
                    request.tag[0] = .with {
                        $0.legacyKey = "a"
                        $0.legacyValue = "1"
                    }
                },
            ]
            for change in changes {
                let same = try bench.create {
                    $0 = base
                    change(&$0)
                }
                #expect(same == id)
            }
        },
        Case("disks count in their order", "V3", "E-IdempotenceParamNotMatch") { bench in
            let plain = try bench.plain()
            let list = [mapping(plain), mapping(size: 20), mapping(size: 30)]
            let id = try bench.create {
                $0.diskDeviceMapping = list
                $0.clientToken = "token"
            }
            for other in [[list[0], list[2], list[1]], Array(list[..<2])] {
                try bench.refuse("E-IdempotenceParamNotMatch") {
                    $0.diskDeviceMapping = other
                    $0.clientToken = "token"
                }
            }
            let same = try bench.create {
                $0.diskDeviceMapping = list
                $0.clientToken = "token"
            }
            #expect(same == id)
        },
        Case(
            "a token is one of its account, region and operation", "V3", "P-ClientToken",
            "P-Case"
        ) { bench in
            let plain = try bench.plain()
            let (other, _) = try bench.machine { $0.regionID = "cn-beijing" }
            let (_, disks) = try bench.machine()
            let id = try bench.create {
                $0.snapshotID = plain
                $0.clientToken = "token"
            }
            let elsewhere = try bench.create {
                $0.regionID = "cn-beijing"
                $0.instanceID = other
                $0.clientToken = "token"
            }
            let spelled = try bench.create {
                $0.snapshotID = plain
                $0.clientToken = "Token"
            }
            _ = try bench.beginSnapshot(of: disks[0]) { $0.clientToken = "token" }
            let neighbour = try Bench(try #require(ConformanceDaemon.socketPath))
            let theirs = try neighbour.create {
                $0.snapshotID = try neighbour.plain()
                $0.clientToken = "token"
            }
            try neighbour.drop()
            #expect(Set([id, elsewhere, spelled, theirs]).count == 4)
        },
        Case(
            "only acceptance binds a token", "V3", "B-Atomic", "D-DryRun", "X-DryRunOperation",
            "E-InvalidSnapshotId.NotFound"
        ) { bench in
            let plain = try bench.plain()
            try bench.refuse("E-InvalidSnapshotId.NotFound") {
                $0.snapshotID = "s-none"
                $0.clientToken = "token"
            }
            try bench.refuse("X-DryRunOperation") {
                $0.snapshotID = plain
                $0.imageName = "dry"
                $0.clientToken = "token"
                $0.dryRun = true
            }
            try bench.create {
                $0.snapshotID = plain
                $0.clientToken = "token"
            }
            // A dry run does not look at tokens either.
            try bench.refuse("X-DryRunOperation") {
                $0.snapshotID = plain
                $0.imageName = "dry"
                $0.clientToken = "token"
                $0.dryRun = true
            }
        },
        Case("a token lives a day, and as long as its image", "V3") { bench in
            let plain = try bench.plain()
            let request = try bench.request {
                $0.snapshotID = plain
                $0.clientToken = "kept"
            }
            let other = try bench.request {
                $0.snapshotID = plain
                $0.clientToken = "deleted"
            }
            let (kept, deleted) = (
                try bench.create(request), try bench.create(other)
            )
            try bench.client.deleteImage(deleted)
            try bench.advance(seconds: 24 * 3600 - 1)
            #expect(try bench.create(other) == deleted)
            try bench.advance(seconds: 400 * 86_400)
            #expect(try bench.create(request) == kept)
        },
        Case("a token outlives the daemon", "V3", "D-Idempotency") { _ in
            let daemon = try TestDaemon(fixture: true)
            let before = try Bench(daemon.socketPath)
            let request = try before.request {
                $0.snapshotID = try before.plain()
                $0.clientToken = "token"
            }
            // The answer may have been lost: the process ends before anybody reads it.
            let stream = try before.client.begin(CreateImage.self, request)
            _ = try before.client.frame(of: stream)
            try daemon.restart()
            let client = try daemon.client()
            client.account = before.account
            let first = try client.call(CreateImage.self, request).imageID
            try daemon.restart()
            let again = try daemon.client()
            again.account = before.account
            #expect(try again.call(CreateImage.self, request).imageID == first)
            let images = try again.images { $0.imageOwnerAlias = "self" }
            #expect(images.map(\.imageID) == [first])
        },
    ]
}
