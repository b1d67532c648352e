import ECS
import Foundation
import TestSupport
import Testing
import Wire

/// What the command line makes of its flags: the request that arrives.
@Suite(.timeLimit(.minutes(1))) struct FlagTests {
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
