import ECS
import Foundation
import TestSupport
import Testing
import Wire

/// Names in the places of IDs.
@Suite(.timeLimit(.minutes(60))) struct NameTests {
    /// An account with two images, of which others may share one with it, and three instances.
    private static func account(
        _ seen: @escaping @Sendable (FakeRequest) -> Void = { _ in }
    ) -> FakeServer {
        FakeServer.answering { request in
            seen(request)
            switch request.method {
            case "DescribeImages":
                let wanted = try request.decoded(DescribeImagesRequest.self)
                var images: [Image] = []
                if wanted.imageOwnerAlias == "self" { images = [image("m-1", "web")] }
                if wanted.imageOwnerAlias == "system" { images = [image("m-2", "debian")] }
                // Who does not say whose images he means gets those of strangers as well.
                if wanted.imageOwnerAlias.isEmpty { images = [image("m-3", "web")] }
                let found = images
                return .message(
                    DescribeImagesResponse.with {
                        $0.images = found
                        $0.totalCount = Int32(found.count)
                    })
            case "DescribeInstances":
                return .message(
                    DescribeInstancesResponse.with {
                        $0.instances = [("i-1", "one"), ("i-2", "twin"), ("i-3", "twin")].map {
                            id, name in
                            .with {
                                $0.instanceID = id
                                $0.instanceName = name
                                $0.status = "Stopped"
                                $0.creationTime = "2026-01-01T00:00Z"
                            }
                        }
                    })
            case "StartInstances", "TagResources", "ExportImage", "CreateImage", "DeleteImage":
                return .payload([])
            default: return .error(ECSError(404, "InvalidInstanceId.NotFound", "None."))
            }
        }
    }

    private static func image(_ id: String, _ name: String) -> Image {
        .with {
            $0.imageID = id
            $0.imageName = name
        }
    }

    /// The last request of a command.
    private func request(_ arguments: [String]) async throws -> FakeRequest {
        let (requests, arrival) = AsyncStream<FakeRequest>.makeStream()
        let output = try Imagectl.run(arguments, Self.account { arrival.yield($0) })
        #expect(output.status == 0, "\(arguments): \(output.err)")
        arrival.finish()
        var last: FakeRequest?
        for await request in requests { last = request }
        return try #require(last)
    }

    @Test func findsImagesAndInstances() async throws {
        let export = try await request(["export-image", "web", "--output", "/x"])
        #expect(try export.decoded(ExportImageRequest.self).imageID == "m-1")
        let system = try await request(["delete-image", "debian"])
        #expect(try system.decoded(DeleteImageRequest.self).imageID == "m-2")
        let create = try await request(["CreateImage", "--InstanceId", "one"])
        #expect(try create.decoded(CreateImageRequest.self).instanceID == "i-1")
    }

    @Test(arguments: [["one", "i-9"], ["one,i-9"], ["--InstanceId.1=one", "--InstanceId.2=i-9"]])
    func findsThemInLists(_ arguments: [String]) async throws {
        let request = try await request(["start-instances"] + arguments)
        #expect(try request.decoded(StartInstancesRequest.self).instanceID == ["i-1", "i-9"])
    }

    /// The type of a tagged resource is known when its ID is.
    @Test func findsWhatIsTagged() async throws {
        let request = try await request([
            "tag-resources", "one", "--resource-type", "instance", "--tag", "a=1",
        ])
        let tag = try request.decoded(TagResourcesRequest.self)
        #expect(tag.resourceID == ["i-1"])
        #expect(tag.resourceType == "instance")
    }

    /// An ID's shape is enough: nothing is asked.
    @Test(arguments: ["m-1", "m-bp1g6zv0ce8o", "i-web"])
    func asksNothingAboutAnID(_ id: String) async throws {
        let (requests, arrival) = AsyncStream<String>.makeStream()
        let server = Self.account { arrival.yield($0.method) }
        _ = try Imagectl.run(["delete-image", id], server)
        arrival.finish()
        var methods: [String] = []
        for await method in requests { methods.append(method) }
        #expect(methods == ["DeleteImage"])
    }

    @Test func refusesWhatTwoAreCalled() throws {
        let output = try Imagectl.run(["start-instances", "twin"], Self.account())
        #expect(output.status == 1)
        #expect(output.out.isEmpty)
        #expect(
            output.err.hasPrefix("AmbiguousName\n  2 instances are called twin: i-2 (Stopped, "))
        #expect(output.err.contains("i-3"), "\(output.err)")
    }

    /// What nothing is called goes on as it is, and the daemon's refusal is the answer.
    @Test func anUnknownNameIsTheDaemonsToJudge() throws {
        let output = try Imagectl.run(["start-instance", "wbe"], Self.account())
        #expect(output.status == 1)
        #expect(output.err.contains("InvalidInstanceId.NotFound"), "\(output.err)")
        #expect(output.err.contains("No instance of yours is called wbe."), "\(output.err)")
        // ECS deletes what is not there without a word; but this is a name, and mistyped.
        let deleted = try Imagectl.run(["delete-image", "wbe"], Self.account())
        #expect(deleted.status == 1)
        #expect(deleted.err == "No image of yours is called wbe.\n")
    }
}
