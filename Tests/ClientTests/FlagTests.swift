import ECS
import Foundation
import TestSupport
import Testing
import Wire

/// What the command line makes of its flags: the request that arrives.
@Suite(.timeLimit(.minutes(60))) struct FlagTests {
    /// Runs the program against a daemon that answers with an empty message.
    private func request(_ arguments: [String]) async throws -> FakeRequest {
        let (requests, arrival) = AsyncStream<FakeRequest>.makeStream()
        let server = FakeServer.answering { request in
            arrival.yield(request)
            return .payload([])
        }
        let output = try Imagectl.run(arguments, server)
        #expect(output.status == 0, "\(arguments): \(output.err)")
        arrival.finish()
        var first: FakeRequest?
        for await request in requests where first == nil { first = request }
        return try #require(first)
    }

    private func createImage(_ arguments: [String]) async throws -> CreateImageRequest {
        try await request(["create-image"] + arguments).decoded(CreateImageRequest.self)
    }

    @Test(arguments: [
        ["--instance-id", "i-1"], ["--instance-id=i-1"], ["--InstanceId", "i-1"],
        ["--InstanceId=i-1"],
    ]) func takesBothSpellings(_ arguments: [String]) async throws {
        #expect(try await createImage(arguments).instanceID == "i-1")
        #expect(
            try await request(["CreateImage"] + arguments)
                .decoded(CreateImageRequest.self).instanceID == "i-1")
    }

    @Test func fillsInRegionAndToken() async throws {
        let one = try await createImage(["--instance-id", "i-1"])
        #expect(one.regionID == "cn-hangzhou")
        #expect(one.clientToken.utf8.count == 32)
        let other = try await createImage(["--instance-id", "i-1"])
        #expect(one.clientToken != other.clientToken)
        let given = try await createImage(["--region-id", "us-west-1", "--client-token", "t"])
        #expect(given.regionID == "us-west-1")
        #expect(given.clientToken == "t")
    }

    @Test func takesListsAsECSWritesThem() async throws {
        let request = try await createImage([
            "--DiskDeviceMapping.1.SnapshotId", "s-1", "--disk-device-mapping.2.size=40",
            "--DiskDeviceMapping.2.DiskType", "data", "--Tag.1.Key", "k", "--Tag.1.Value=",
            "--Tag.2.Key=only", "--Features.ImdsSupport", "v2",
        ])
        #expect(request.diskDeviceMapping.map(\.snapshotID) == ["s-1", ""])
        #expect(request.diskDeviceMapping.map(\.size) == [nil, 40])
        #expect(request.diskDeviceMapping[1].diskType == "data")
        #expect(request.tag.map(\.key) == ["k", "only"])
        #expect(request.tag.map(\.value) == ["", nil])
        #expect(request.features?.imdsSupport == "v2")
    }

    @Test func takesShortTags() async throws {
        let request = try await createImage(["--tag", "a=1", "--tag=b=x=y", "--tag", "c"])
        #expect(request.tag.map(\.key) == ["a", "b", "c"])
        #expect(request.tag.map(\.value) == ["1", "x=y", nil])
    }

    @Test(
        arguments: [
            (["--allow-live"], true), (["--allow-live=false"], false),
            (["--AllowLive", "true"], true),
            (["--allow-live", "--image-name", "n"], true), ([], nil),
        ] as [([String], Bool?)]) func takesBooleans(_ arguments: [String], _ value: Bool?)
        async throws
    {
        #expect(try await createImage(arguments).allowLive == value)
    }

    @Test(arguments: [
        ["--disk-ids", "d-1,d-2"], ["--DiskIds.1", "d-1", "--DiskIds.2", "d-2"],
        ["--DiskIds", #"["d-1", "d-2"]"#],
    ]) func takesListsOfTexts(_ arguments: [String]) async throws {
        let request = try await request(["describe-disks"] + arguments)
        #expect(try request.decoded(DescribeDisksRequest.self).diskIDs == ["d-1", "d-2"])
    }

    @Test func takesDisks() async throws {
        let request = try await request([
            "register-instance", "--disk", "a/b.raw", "--disk", "/d,type=data,category=cloud_ssd",
            "--disk", "size=40,device=/dev/xvdc", "--instance-name", "web",
        ])
        let instance = try request.decoded(RegisterInstanceRequest.self)
        let here = FileManager.default.currentDirectoryPath
        #expect(instance.disk.map(\.path) == ["\(here)/a/b.raw", "/d", ""])
        #expect(instance.disk.map(\.type) == ["", "data", ""])
        #expect(instance.disk.map(\.category) == ["", "cloud_ssd", ""])
        #expect(instance.disk.map(\.size) == [nil, nil, 40])
        #expect(instance.disk[2].device == "/dev/xvdc")
    }

    @Test(arguments: [
        ["m-1", "--output", "./x.raw"], ["--image-id", "m-1", "--path", "x.raw"],
        ["--ImageId=m-1", "--Path=x.raw"],
    ]) func makesPathsAbsolute(_ arguments: [String]) async throws {
        let request = try await request(["export-image"] + arguments)
        let export = try request.decoded(ExportImageRequest.self)
        #expect(export.imageID == "m-1")
        #expect(export.path == FileManager.default.currentDirectoryPath + "/x.raw")
        #expect(request.envelope.timeoutNanoseconds == 0)
    }

    @Test func takesGlobalFlagsAnywhere() async throws {
        let request = try await request([
            "--account", "a1", "describe-images", "--timeout=1.5", "--json",
        ])
        #expect(request.envelope.metadata == [KeyValue("account", "a1")])
        #expect(request.envelope.timeoutNanoseconds == 1_500_000_000)
        #expect(try await self.request(["describe-images"]).envelope.metadata.isEmpty)
    }

    @Test func actsAsARamUser() async throws {
        let request = try await request([
            "describe-images", "--ram-user", "reader", "--account=a1",
        ])
        #expect(
            request.envelope.metadata == [
                KeyValue("account", "a1"), KeyValue("ram-user", "reader"),
            ]
        )
    }

    @Test func takesPathsOfNewDisks() async throws {
        let here = FileManager.default.currentDirectoryPath
        let request = try await request([
            "run-instances", "m-1", "--disk-path", "/dev/xvdb=a=b.raw", "--path", "/srv/web.raw",
        ])
        let run = try request.decoded(RunInstancesRequest.self)
        #expect(run.diskPath.map(\.device) == ["/dev/xvda", "/dev/xvdb"])
        #expect(run.diskPath.map(\.path) == ["/srv/web.raw", "\(here)/a=b.raw"])
        let disk = try await self.request(["create-disk", "--size", "1", "--path", "d.raw"])
        #expect(try disk.decoded(CreateDiskRequest.self).path == "\(here)/d.raw")
        let new = try await self.request(["replace-system-disk", "i-1", "--path", "./n.raw"])
        #expect(try new.decoded(ReplaceSystemDiskRequest.self).path == "\(here)/n.raw")
        for (arguments, message) in [
            (["--disk-path", "x.raw"], "DEVICE=FILE is right"),
            (["--path", "x", "--DiskPath.1.Path", "y"], "--path and --DiskPath.1.Path together"),
        ] {
            let output = try Imagectl.run(["run-instances", "m-1"] + arguments)
            #expect(output.status == 2)
            #expect(output.err.contains(message), "\(output.err)")
        }
    }

    // MARK: Short forms

    @Test func takesFilters() async throws {
        let time = "2026-01-01T00:00Z"
        let filter = ["--filter", "CreationStartTime=\(time)"]
        let images = try await request(["describe-images"] + filter)
            .decoded(DescribeImagesRequest.self)
        #expect(images.filter.map(\.key) == ["CreationStartTime"])
        #expect(images.filter.map(\.value) == [time])
        let snapshots = try await request(["describe-snapshots"] + filter)
            .decoded(DescribeSnapshotsRequest.self)
        #expect(snapshots.filter == images.filter)
    }

    @Test func takesDataDisks() async throws {
        let request = try await request([
            "run-instances", "m-1", "--data-disk", "size=40,snapshot-id=s-1",
            "--data-disk=category=cloud_ssd,disk-name=b,device=/dev/xvdc", "--amount", "2",
            "--SystemDisk.Size", "50",
        ]).decoded(RunInstancesRequest.self)
        #expect(request.imageID == "m-1")
        #expect(request.amount == 2)
        #expect(request.dataDisk.map(\.size) == [40, nil])
        #expect(request.dataDisk.map(\.snapshotID) == ["s-1", ""])
        #expect(request.dataDisk.map(\.category) == ["", "cloud_ssd"])
        #expect(request.dataDisk.map(\.diskName) == ["", "b"])
        #expect(request.dataDisk.map(\.device) == ["", "/dev/xvdc"])
        #expect(request.systemDisk?.size == 50)
        #expect(request.clientToken.utf8.count == 32)
    }

    @Test(arguments: [
        ["i-1", "i-2"], ["i-1,i-2"], ["--instance-id", "i-1,i-2"],
        ["--InstanceId.1=i-1", "--InstanceId.2=i-2"],
    ]) func takesSeveralWithoutAFlag(_ ids: [String]) async throws {
        let request = try await request(["start-instances"] + ids)
        #expect(try request.decoded(StartInstancesRequest.self).instanceID == ["i-1", "i-2"])
    }

    @Test(arguments: [("m-1", "image"), ("s-1", "snapshot"), ("d-1", "disk"), ("i-1", "instance")])
    func knowsTheTypeByTheID(_ id: String, _ type: String) async throws {
        let tag = try await request(["tag-resources", id, "m-2", "--tag", "a=1"])
            .decoded(TagResourcesRequest.self)
        #expect(tag.resourceType == type)
        #expect(tag.resourceID == [id, "m-2"])
        #expect(tag.tag.map(\.value) == ["1"])
        let join = try await request(["join-resource-group", id, "--resource-group-id", "rg-1"])
            .decoded(JoinResourceGroupRequest.self)
        #expect(join.resourceType == type)
        let given = try await request(["add-tags", id, "--resource-type", "own", "--tag", "a"])
            .decoded(AddTagsRequest.self)
        #expect(given.resourceType == "own")
    }

    // MARK: Fixtures

    @Test(arguments: ["set-clock", "SetClock"])
    func fixturesStandBehindTheirWord(_ name: String) async throws {
        let request = try await request([
            "--account", "a1", "fixture", name, "2026-01-01T00:00:00Z", "--is-frozen",
        ])
        #expect(request.envelope.service == ServiceName.fixture.rawValue)
        #expect(request.method == "SetClock")
        let clock = try request.decoded(SetClockRequest.self)
        #expect(clock.time == "2026-01-01T00:00:00Z")
        #expect(clock.isFrozen == true)
        #expect(request.envelope.metadata == [KeyValue("account", "a1")])
    }

    @Test func takesLimits() async throws {
        let request = try await request([
            "fixture", "set-limits", "--limit", "Images=5", "--limit=Workers=0",
        ]).decoded(SetLimitsRequest.self)
        #expect(request.limit.map(\.name) == ["Images", "Workers"])
        #expect(request.limit.map(\.value) == [5, 0])
    }

    @Test func readsPolicies() async throws {
        let files = TemporaryDirectory()
        for (name, text) in [("a", #"{"Version": "1"}"#), ("b=c", "二")] {
            try text.write(toFile: "\(files.path)/\(name)", atomically: true, encoding: .utf8)
        }
        let request = try await request([
            "fixture", "set-ram-user", "reader", "--policy", "\(files.path)/a",
            "--policy", "rg-1=\(files.path)/b=c",
        ])
        let user = try request.decoded(SetRamUserRequest.self)
        #expect(user.ramUser == "reader")
        #expect(user.policy.map(\.policyDocument) == [#"{"Version": "1"}"#, "二"])
        #expect(user.policy.map(\.resourceGroupID) == ["", "rg-1"])
        #expect(request.envelope.metadata.isEmpty)
    }

    /// The command's own flag is meant, not the global one.
    @Test func namesTheRamUserItSets() async throws {
        let request = try await request(["fixture", "set-ram-user", "--ram-user", "reader"])
        #expect(try request.decoded(SetRamUserRequest.self).ramUser == "reader")
        #expect(request.envelope.metadata.isEmpty)
    }

    @Test func locks() async throws {
        let request = try await request([
            "fixture", "set-instance", "i-1", "--lock", "security", "--lock=financial",
        ]).decoded(SetInstanceRequest.self)
        #expect(request.operationLock.map(\.lockReason) == ["security", "financial"])
    }

    /// A rule's token is that of the requests it acts on: none means all of them.
    @Test func aFaultRuleGetsNoTokenOfItsOwn() async throws {
        let rule = try await request(["fixture", "add-fault-rule", "hold"])
            .decoded(AddFaultRuleRequest.self)
        #expect(rule.action == "hold")
        #expect(rule.clientToken.isEmpty)
        let release = try await request(["fixture", "release-requests", "7"])
            .decoded(ReleaseRequestsRequest.self)
        #expect(release.faultRuleID == 7)
    }

    // MARK: Refusals

    private static let wrong: [(arguments: [String], says: String)] = [
        ([], "no command"),
        (["create-imge"], "Did you mean create-image?"),
        (["CreatImage"], "Did you mean CreateImage?"),
        (["frobnicate"], "no command frobnicate\nimagectl help lists them."),
        (["create-image", "--image-nam", "x"], "Did you mean --image-name?"),
        (["create-image", "--instnace-id", "x"], "Did you mean --instance-id?"),
        (["create-image", "--jsn"], "Did you mean --json?"),
        (["create-image", "--frobnicate"], "imagectl help create-image lists them."),
        (["create-image", "-x"], "-x is no flag"),
        (["create-image", "i-1"], "\"i-1\" is neither a flag nor a flag's value"),
        (["create-image", "--dry-run", "yes"], "--dry-run is true or false."),
        (["prune", "--image-family", "f", "--yes", "true"], "--yes takes no value."),
        (["delete-image", "m-1", "m-2"], "\"m-2\" is neither"),
        (["delete-image", "m-1", "--image-id=m-2"], "\"m-1\" is neither"),
        (["create-image", "--image-name"], "--image-name needs a value"),
        (["create-image", "--image-name", "--wait"], "--image-name needs a value"),
        (["create-image", "--image-name", "a", "--ImageName", "b"], "--ImageName is given twice"),
        (["create-image", "--wait", "--wait"], "--wait is given twice"),
        (["create-image", "--wait=true"], "--wait takes no value"),
        (["create-image", "--dry-run=maybe"], "--dry-run maybe: true or false is right"),
        (["describe-images", "--page-size", "ten"], "--page-size ten: a whole number is right"),
        (["describe-images", "--page-size", "99999999999"], "--page-size 99999999999: a whole"),
        (
            ["create-image", "--DiskDeviceMapping.0.Size", "1"],
            "no flag --DiskDeviceMapping.0.Size"
        ),
        (["create-image", "--DiskDeviceMapping.2.Size", "1"], "without DiskDeviceMapping.1"),
        (["create-image", "--DiskDeviceMapping.x.Size", "1"], "no flag"),
        (["create-image", "--tag", "a=b", "--Tag.1.Key", "c"], "together"),
        (["export-image", "m-1", "--output", "a", "--path", "b"], "--output and --path together"),
        (["describe-disks", "--disk-ids", "a", "--DiskIds.1", "b"], "together"),
        (["register-instance", "--disk", "/a,colour=red"], "nothing is known of \"colour=red\""),
        (["register-instance", "--disk", "/a,type=x,type=y"], "type is given twice"),
        (["register-instance", "--disk", "size=big"], "--disk size= big: a whole number is right"),
        (["status", "--timeout", "0"], "--timeout 0: a number of seconds above 0 is right"),
        (["status", "--timeout", "nan"], "--timeout nan: a number of seconds above 0 is right"),
        (["status", "--socket", "a", "--socket", "b"], "--socket is given twice"),
        (["--image-name", "x"], "--image-name before a command"),
        (["help", "creat-image"], "Did you mean create-image?"),
        (["fixture", "set-clok"], "Did you mean fixture set-clock?"),
        (["fixture", "SetClok"], "Did you mean fixture SetClock?"),
        (["set-clock"], "Did you mean fixture set-clock?"),
        (["set-clok"], "Did you mean fixture set-clock?"),
        (["fixtur", "set-clock"], "Did you mean fixture?"),
        (["fixture", "create-image"], "Did you mean create-image?"),
        (["fixture", "frobnicate"], "no command fixture frobnicate\nimagectl fixture lists them."),
        (["help", "fixture", "set-clok"], "Did you mean fixture set-clock?"),
        (["help", "create-image", "m-1"], "help takes one command"),
        (["fixture", "set-clock", "--is-frozn"], "Did you mean --is-frozen?"),
        (["fixture", "hold-jobs", "--frobnicate"], "imagectl help fixture hold-jobs lists them."),
        (["fixture", "--frozen"], "--frozen before a command"),
        (["fixture", "set-limits", "--limit", "Images"], "--limit Images: name=value is right"),
        (["fixture", "set-limits", "--limit", "Images=many"], "Images= many: a whole number"),
        (["fixture", "set-limits", "--limit=A=1", "--Limit.1.Name=B"], "together"),
        (["fixture", "set-ram-user", "u", "--policy", "/none/x"], "--policy /none/x: "),
        (["fixture", "remove-fault-rule", "one"], "--fault-rule-id one: a whole number is right"),
        (["describe-images", "--filter", "CreationStartTime"], "key=value is right"),
        (["start-instances", "i-1", "--instance-id", "i-2"], "together"),
        (["start-instances", "i-1", "--InstanceId.1", "i-2"], "\"i-1\" is neither"),
        (["run-instances", "--data-disk", "/a"], "nothing is known of \"/a\""),
        (["describe-images", "--ram-user", "a", "--ram-user", "b"], "--ram-user is given twice"),
        (["demo", "--size", "5"], "--size 5: 64 to 65536 MiB are right"),
    ]

    @Test(arguments: wrong.indices) func refusesAWrongLine(_ index: Int) throws {
        let (arguments, says) = Self.wrong[index]
        let output = try Imagectl.run(arguments)
        #expect(output.status == 2, "\(arguments): \(output.err)")
        #expect(output.out.isEmpty)
        #expect(output.err.contains(says), "\(arguments): \(output.err)")
        #expect(output.err.hasPrefix("imagectl: "))
        #expect(output.err.split(separator: "\n").count <= 2)
    }

    @Test func refusesAsJSONWhereAsked() throws {
        let output = try Imagectl.run(["create-image", "--json", "--frobnicate"])
        #expect(output.status == 2)
        let error = try #require(
            try JSONSerialization.jsonObject(with: Data(output.err.utf8)) as? [String: Any])
        #expect(error["code"] as? String == "Usage")
        #expect(error["message"] as? String == "create-image has no flag --frobnicate")
    }
}
