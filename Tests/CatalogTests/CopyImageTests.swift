import ECS
import Testing

@testable import Catalog

/// CopyImage and CancelCopyImage (operations § 3).
struct CopyImageTests {
    private func image(_ world: World, _ id: String, _ region: String = "cn-shanghai") -> Image? {
        world.region(region).images[id]?.image
    }

    private func described(_ world: World, _ id: String) throws(Refusal) -> Image? {
        try world.images {
            $0.regionID = "cn-shanghai"
            $0.imageID = id
            $0.status = "ALL"
        }.images.first
    }

    @Test func aCopyRunsAndIsAvailable() throws {
        let world = World()
        let source = try world.availableImage([disk(40), disk(100)]) {
            $0.imageFamily = "family"
            $0.tag = [tag("of", "source")]
        }
        try world.freeze()
        let copy = try world.copy(source) {
            $0.destinationImageName = "copied"
            $0.destinationDescription = "of another"
            $0.tag = [tag("of", "copy")]
        }
        let waiting = try #require(try described(world, copy))
        #expect(waiting.status == "Waiting" && !waiting.usable && waiting.progress == "0%")
        world.turn()
        // 1 s and 10 ms for each of 140 GiB.
        try world.advance(milliseconds: 1200)
        let creating = try #require(try described(world, copy))
        #expect(creating.status == "Creating" && creating.progress == "50%")
        #expect(creating.diskDeviceMappings.map(\.progress) == ["50%", "50%"])
        #expect(world.region("cn-shanghai").snapshots.count == 0)
        try world.advance(milliseconds: 1200)
        let done = try #require(image(world, copy))
        #expect(done.status == "Available" && done.usable && done.isCopied)
        #expect(done.imageName == "copied" && done.description == "of another")
        #expect(done.imageFamily.isEmpty && done.tags.map(\.tagValue) == ["copy"])
        let original = try #require(image(world, source, "cn-hangzhou"))
        #expect(done.platform == original.platform && done.size == original.size)
        #expect(done.diskDeviceMappings.map(\.size) == ["40", "100"])
        let old = Set(original.diskDeviceMappings.map(\.snapshotID))
        let new = Set(done.diskDeviceMappings.map(\.snapshotID))
        #expect(new.count == 2 && old.isDisjoint(with: new))
        for id in new {
            let record = try #require(world.region("cn-shanghai").snapshots[id])
            #expect(record.snapshot.status == "accomplished" && record.snapshot.available)
            #expect(record.snapshot.regionID == "cn-shanghai" && record.imageID == copy)
            #expect(record.snapshot.sourceDiskID.isEmpty)
        }
        #expect(original.isCopied == false && world.jobs().isEmpty)
    }

    /// The files live as long as one of the snapshots that share them, whichever goes first.
    @Test(arguments: [true, false])
    func aCopySharesItsSourcesFiles(sourceGoesFirst: Bool) throws {
        let world = World()
        let (source, manifest) = try world.realImage()
        let copy = try world.copy(source)
        world.finishSimulated()
        let snapshots = [(source, "cn-hangzhou"), (copy, "cn-shanghai")].map { id, region in
            (id, region, image(world, id, region)!.diskDeviceMappings[0].snapshotID)
        }
        let copied = world.region("cn-shanghai").snapshots[snapshots[1].2]
        #expect(copied?.manifest == manifest && copied?.segments == [manifest])
        #expect(copied?.snapshot.sizeBytes == 5 << 30 && copied?.isReal == true)
        let order = sourceGoesFirst ? snapshots : snapshots.reversed()
        for (index, (image, region, snapshot)) in order.enumerated() {
            #expect(world.deleteSnapshot(snapshot) == "403 SnapshotCreatedImage")
            #expect(world.deletingImage(image, region: region) == "OK")
            #expect(world.deleteSnapshot(snapshot) == "OK")
            #expect(world.state.filesInUse().manifests == (index == 0 ? [manifest] : []))
            #expect(world.state.reclaims.count == index, "the last one gives the space back")
        }
        #expect(world.state.manifestUsers.keyCount == 0)
    }

    @Test func aCopyOfACopy() throws {
        let world = World()
        let (source, manifest) = try world.realImage()
        let copy = try world.copy(source)
        world.finishSimulated()
        let second = try world.copy(copy, to: "cn-beijing") { $0.regionID = "cn-shanghai" }
        world.finishSimulated()
        let snapshot = image(world, second, "cn-beijing")!.diskDeviceMappings[0].snapshotID
        #expect(world.region("cn-beijing").snapshots[snapshot]?.manifest == manifest)
        #expect(world.state.manifestUsers.count("\(manifest)") == 3)
    }

    @Test func itSurvivesARestart() throws {
        let world = World()
        let (source, manifest) = try world.realImage()
        let copy = try world.copy(source)
        world.turn()
        #expect(image(world, copy)?.status == "Creating")
        let again = world.restarted()
        again.finishSimulated()
        #expect(image(again, copy)?.status == "Available")
        #expect(again.state.manifestUsers.count("\(manifest)") == 2)
        // What the journal says of the end is what the end was.
        world.finishSimulated()
        let replayed = world.recovered().state
        #expect(replayed.checkpoint() == world.checkpoint())
        #expect(replayed.manifestUsers.count("\(manifest)") == 2)
        #expect(replayed.segmentUsers.count("\(manifest)") == 1)
    }

    /// Both snapshots go at once: their files are given back once.
    @Test func anAccountThatIsDroppedGivesTheFilesBackOnce() throws {
        let world = World()
        try world.createAccount("t")
        let disk = world.instance([disk(path: "/disk")], account: "t").id
        let source = try world.create(account: "t") { $0.instanceID = disk }
        let job = world.jobs(account: "t")[0].number
        world.turn()
        world.capture(job, account: "t")
        world.turn()
        world.report(job, .copied(job), account: "t")
        world.turn()
        var request = CopyImageRequest()
        request.regionID = "cn-hangzhou"
        request.imageID = source
        request.destinationRegionID = "cn-shanghai"
        try world.perform(
            { c, r, who throws(Refusal) in try c.copyImage(r, who) }, account: "t", request)
        world.finishSimulated()
        #expect(world.state.manifestUsers.count("\(job)") == 2)
        // Another copy is under way.
        try world.perform(
            { c, r, who throws(Refusal) in try c.copyImage(r, who) }, account: "t", request)
        world.turn()
        try world.dropAccount("t")
        #expect(world.state.reclaims.map(\.key) == [job])
        #expect(world.state.manifestUsers.keyCount == 0 && world.state.segmentUsers.keyCount == 0)
        world.finishSimulated()
    }

    @Test func aCopyIsExportedLikeItsSource() throws {
        let world = World()
        let (source, manifest) = try world.realImage()
        let copy = try world.copy(source)
        var request = ExportImageRequest()
        request.regionID = "cn-shanghai"
        request.imageID = copy
        request.path = "/new"
        let early = world.answer({ c, r, who throws(Refusal) in try c.planExport(r, who) }, request)
        #expect(early == "400 IncorrectImageStatus")
        world.finishSimulated()
        let plan = try world.perform(
            { c, r, who throws(Refusal) in try c.planExport(r, who) }, request)
        #expect(plan.manifest == manifest && plan.path == "/new")
    }

    @Test func theSourceStaysWhileItIsCopied() throws {
        let world = World()
        let source = try world.availableImage()
        let snapshot = world.image(source)!.diskDeviceMappings[0].snapshotID
        let copy = try world.copy(source)
        for force in [false, true] {
            let answer = world.deletingImage(source) { $0.force = force }
            #expect(answer == "403 OperationDenied.ImageCopying")
            world.turn()
        }
        #expect(world.deleteSnapshot(snapshot) == "403 SnapshotCreatedImage")
        #expect(world.cancellingCopy(copy) == "OK")
        #expect(world.deletingImage(source) == "OK")
    }

    @Test func cancelled() throws {
        let world = World()
        let source = try world.availableImage()
        let waiting = try world.copy(source) { $0.destinationImageName = "again" }
        #expect(world.cancellingCopy(waiting) == "OK")
        #expect(image(world, waiting) == nil && world.jobs().isEmpty)
        #expect(world.cancellingCopy(waiting) == "404 InvalidImageId.NotFound")
        let running = try world.copy(source) { $0.destinationImageName = "again" }
        world.turn()
        #expect(world.cancellingCopy(running) == "OK")
        world.finishSimulated()
        #expect(world.region("cn-shanghai").images.count == 0)
        #expect(world.region("cn-shanghai").snapshots.count == 0)
        let finished = try world.copy(source)
        world.finishSimulated()
        #expect(world.cancellingCopy(finished) == "400 IncorrectImageStatus")
        #expect(world.cancellingCopy(source, in: "cn-hangzhou") == "400 IncorrectImageStatus")
        #expect(world.cancellingCopy("") == "400 MissingParameter")
        #expect(world.cancellingCopy(finished, in: "mars-1") == "404 InvalidRegionId.NotFound")
        // DeleteImage gives one up as well.
        let deleted = try world.copy(source)
        world.turn()
        #expect(world.deletingImage(deleted, region: "cn-shanghai") == "OK" && world.jobs().isEmpty)
        #expect(world.deletingImage(source) == "OK")
    }

    @Test func aCopyThatFails() throws {
        let world = World()
        let source = try world.availableImage()
        let copy = try world.copy(source)
        world.turn()
        try world.failJobs([copy], reason: "a fault")
        let failed = try #require(image(world, copy))
        #expect(failed.status == "CreateFailed" && failed.failureReason == "a fault")
        #expect(world.region("cn-shanghai").snapshots.count == 0 && world.jobs().isEmpty)
        #expect(world.deletingImage(source) == "OK", "nothing copies it any more")
    }

    @Test func fiveOfARegionRunAtOnce() throws {
        var limits = Limits()
        limits.workers = 20
        let world = World(limits: limits)
        let source = try world.availableImage()
        let copies = try (0..<7).map { _ throws(Refusal) in try world.copy(source) }
        let others = try (0..<2).map { _ throws(Refusal) in
            try world.copy(source, to: "cn-beijing")
        }
        world.turn()
        // Those of another region pass the ones that wait.
        #expect(
            others.allSatisfy { id in
                world.region("cn-beijing").images[id]?.image.status == "Creating"
            })
        let statuses = copies.map { image(world, $0)!.status }
        #expect(statuses == Array(repeating: "Creating", count: 5) + ["Waiting", "Waiting"])
        world.finishSimulated()
        #expect(copies.allSatisfy { image(world, $0)!.status == "Available" })
        #expect(world.region("cn-beijing").snapshots.count == 2)
    }

    @Test func encrypted() throws {
        let world = World()
        var key = SetKMSKeyRequest()
        key.kmsKeyID = "off"
        key.enabled = false
        try world.perform({ c, r, who throws(Refusal) in try c.setKMSKey(r, who) }, key)
        let source = try world.availableImage()
        let same = "cn-hangzhou"
        #expect(world.copying(source, to: same) == "400 InvalidParameter")
        #expect(world.copying(source, to: "") == "400 InvalidParameter")
        #expect(world.copying(source) { $0.kmsKeyID = "k" } == "400 InvalidParameter")
        #expect(
            world.copying(source) {
                $0.encrypted = true
                $0.kmsKeyID = "off"
            } == "403 InvalidParameter.KMSKeyId.CMKNotEnabled")
        let copy = try world.copy(source, to: same) {
            $0.encrypted = true
            $0.kmsKeyID = "key-1"
        }
        world.finishSimulated()
        let mapping = try #require(world.image(copy)?.diskDeviceMappings.first)
        #expect(mapping.encrypted)
        let snapshot = try #require(world.snapshotRecord(mapping.snapshotID)?.snapshot)
        #expect(snapshot.encrypted && snapshot.kmsKeyID == "key-1")
    }

    // MARK: Refusals

    @Test func refusals() throws {
        let world = World()
        let source = try world.availableImage()
        let other = try world.availableImage()
        try world.setImage(other, status: "Deprecated")
        func answer(_ change: (inout CopyImageRequest) -> Void) -> String {
            world.copying(source, change)
        }
        let before = world.state.sequence
        #expect(answer { $0.regionID = "" } == "400 MissingParameter")
        #expect(answer { $0.imageID = "" } == "400 MissingParameter")
        #expect(answer { $0.destinationImageName = "1" } == "400 InvalidImageName.Malformed")
        #expect(answer { $0.destinationDescription = "d" } == "400 InvalidDescription.Malformed")
        #expect(answer { $0.clientToken = "é" } == "403 InvalidClientToken.Malformed")
        #expect(answer { $0.tag = [tag("")] } == "400 InvalidTagKey.Malformed")
        #expect(answer { $0.regionID = "mars-1" } == "404 InvalidRegionId.NotFound")
        #expect(answer { $0.destinationRegionID = "mars-1" } == "404 InvalidRegionId.NotFound")
        #expect(answer { $0.imageID = "m-none" } == "404 InvalidImageId.NotFound")
        #expect(answer { $0.resourceGroupID = "rg-x" } == "404 InvalidResourceGroup.NotFound")
        #expect(answer { $0.imageID = other } == "400 IncorrectImageStatus")
        #expect(answer { $0.dryRun = true } == "400 DryRunOperation")
        #expect(world.state.sequence == before)
        #expect(answer { $0.destinationImageName = "name" } == "OK")
        #expect(answer { $0.destinationImageName = "name" } == "400 InvalidImageName.Duplicated")
    }

    @Test func theQuotaIsTheDestinations() throws {
        var limits = Limits()
        limits.images = 2
        let world = World(limits: limits)
        let source = try world.availableImage()
        _ = try world.availableImage()
        #expect(world.copying(source) == "OK" && world.copying(source) == "OK")
        #expect(world.copying(source) == "403 QuotaExceed.Image")
        #expect(world.copying(source, to: "cn-beijing") == "OK")
    }

    @Test func tokens() throws {
        let world = World()
        let source = try world.availableImage()
        let first = try world.copy(source) { $0.clientToken = "t" }
        let again = try world.copy(source) { $0.clientToken = "t" }
        #expect(first == again && world.region("cn-shanghai").images.count == 1)
        let other = world.copying(source, to: "cn-beijing") { $0.clientToken = "t" }
        #expect(other == "403 IdempotentParameterMismatch")
        let later = try world.restarted().copy(source) { $0.clientToken = "t" }
        #expect(later == first)
    }

    @Test func explanationsGoOn() throws {
        let world = World(explains: true)
        var request = CopyImageRequest()
        request.regionID = "cn-hangzhou"
        request.destinationRegionID = "mars-1"
        request.imageID = "m-none"
        request.destinationImageName = "1"
        let errors = world.errors { [request, caller = world.caller] c throws(Refusal) in
            try c.copyImage(request, caller)
        }
        #expect(
            errors.map(\.code.rawValue) == [
                "InvalidImageName.Malformed", "InvalidRegionId.NotFound", "InvalidImageId.NotFound",
            ])
        #expect(
            errors.map(\.parameter) == ["DestinationImageName", "DestinationRegionId", "ImageId"])
    }
}
