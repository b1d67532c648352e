import ECS
import Testing

@testable import Catalog

/// Tags, resource groups and regions (operations § 3).
struct TagTests {
    /// One resource of each kind, and what the catalog says of it.
    private struct Resources {
        let world: World
        let ids: [ResourceKind: String]

        init() throws(Refusal) {
            world = World()
            let (instance, disks) = world.instance()
            let image = try world.create { $0.instanceID = instance }
            world.finishSimulated()
            ids = [
                .image: image, .disk: disks[0], .instance: instance,
                .snapshot: world.image(image)!.diskDeviceMappings[0].snapshotID,
            ]
        }

        func tags(_ kind: ResourceKind) -> [String] {
            (world.region().grouped(kind, ids[kind]!)?.tags ?? []).map {
                "\($0.tagKey)=\($0.tagValue)"
            }
        }
    }

    private func tagging(
        _ world: World, _ ids: [String], _ tags: [RequestTag], _ kind: String = "image",
        ramUser: String = ""
    ) -> String {
        var request = TagResourcesRequest()
        request.regionID = "cn-hangzhou"
        request.resourceType = kind
        request.resourceID = ids
        request.tag = tags
        return world.answer(
            { c, r, who throws(Refusal) in try c.tagResources(r, who) }, ramUser: ramUser,
            as: "TagResources", request)
    }

    private func untagging(
        _ world: World, _ ids: [String], _ keys: [String], all: Bool? = nil,
        _ kind: String = "image"
    ) -> String {
        var request = UntagResourcesRequest()
        request.regionID = "cn-hangzhou"
        request.resourceType = kind
        request.resourceID = ids
        request.tagKey = keys
        request.all = all
        return world.answer({ c, r, who throws(Refusal) in try c.untagResources(r, who) }, request)
    }

    private func list(
        _ world: World, _ kind: String = "image",
        _ change: (inout ListTagResourcesRequest) -> Void
    ) throws(Refusal) -> ListTagResourcesResponse {
        var request = ListTagResourcesRequest()
        request.regionID = "cn-hangzhou"
        request.resourceType = kind
        change(&request)
        return try world.perform(
            { c, r, who throws(Refusal) in try c.listTagResources(r, who) }, request)
    }

    // MARK: Changing

    @Test(arguments: ResourceKind.allCases)
    func everyKindIsTagged(kind: ResourceKind) throws {
        let resources = try Resources()
        let (world, id) = (resources.world, resources.ids[kind]!)
        let type = kind.rawValue
        #expect(tagging(world, [id, id], [tag("a", "1"), tag("b")], type) == "OK")
        #expect(resources.tags(kind) == ["a=1", "b="])
        #expect(tagging(world, [id], [tag("c", "3"), tag("a", "2")], type) == "OK")
        #expect(resources.tags(kind) == ["a=2", "b=", "c=3"], "a value is replaced")
        let listed = try list(world, type) { $0.resourceID = [id] }.tagResources
        #expect(listed.map(\.tagKey) == ["a", "b", "c"] && listed[0].tagValue == "2")
        #expect(listed.allSatisfy { $0.resourceID == id && $0.resourceType == type })
        #expect(untagging(world, [id], ["b", "none"], type) == "OK")
        #expect(resources.tags(kind) == ["a=2", "c=3"])
        #expect(untagging(world, [id], [], all: true, type) == "OK")
        #expect(resources.tags(kind) == [])
        // Only what changes is a change.
        let before = world.state.sequence
        #expect(untagging(world, [id], ["a"], type) == "OK" && world.state.sequence == before)

        var old = AddTagsRequest()
        old.regionID = "cn-hangzhou"
        old.resourceType = type
        old.resourceID = id
        old.tag = [tag("packer", "yes")]
        #expect(world.answer({ c, r, who throws(Refusal) in try c.addTags(r, who) }, old) == "OK")
        #expect(resources.tags(kind) == ["packer=yes"])
        old.tag = []
        let none = world.answer({ c, r, who throws(Refusal) in try c.addTags(r, who) }, old)
        #expect(none == "400 MissingParameter")
        // A resource of another kind is none of this kind.
        for other in ResourceKind.allCases where other != kind {
            let answer = tagging(world, [id], [tag("a")], other.rawValue)
            #expect(answer == "404 InvalidResourceId.NotFound")
        }
    }

    @Test func allOrNone() throws {
        let resources = try Resources()
        let id = resources.ids[.image]!
        let answer = tagging(resources.world, [id, "m-none"], [tag("a")])
        #expect(answer == "404 InvalidResourceId.NotFound" && resources.tags(.image) == [])
        #expect(tagging(resources.world, [systemImageIDs[0]], [tag("a")]) == answer)
        #expect(untagging(resources.world, [id, "m-none"], ["a"]) == answer)
    }

    @Test func howMany() throws {
        let resources = try Resources()
        let (world, id) = (resources.world, resources.ids[.image]!)
        func keys(_ range: Range<Int>) -> [RequestTag] { range.map { tag("key-\($0)") } }
        #expect(tagging(world, [id], keys(0..<21)) == "403 QuotaExceed.Tags")
        #expect(tagging(world, [id], keys(0..<20)) == "OK")
        #expect(tagging(world, [id], [tag("key-3", "new")]) == "OK", "it has this key")
        #expect(tagging(world, [id], keys(20..<21)) == "403 QuotaExceed.Tags")
        try world.setLimit("Tags", 30)
        #expect(tagging(world, [id], keys(20..<30)) == "OK")
        #expect(tagging(world, [id], keys(30..<31)) == "403 QuotaExceed.Tags")
        #expect(tagging(world, [id], keys(0..<21)) == "400 InvalidParameter", "20 in a request")
        // Below what is there already only replacing is left.
        try world.setLimit("Tags", 5)
        #expect(tagging(world, [id], [tag("key-0", "changed")]) == "OK")
        #expect(tagging(world, [id], [tag("another")]) == "403 QuotaExceed.Tags")
        #expect(untagging(world, [id], (0..<21).map { "\($0)" }) == "400 InvalidParameter")
        let many = Array(repeating: id, count: 51)
        #expect(tagging(world, many, [tag("a")]) == "400 InvalidParameter")
        #expect(tagging(world, Array(many[..<50]), [tag("key-1", "z")]) == "OK")
        #expect(untagging(world, many, ["a"]) == "400 InvalidParameter")
    }

    @Test func refusals() throws {
        let resources = try Resources()
        let (world, id) = (resources.world, resources.ids[.image]!)
        #expect(tagging(world, [], [tag("a")]) == "400 MissingParameter")
        #expect(tagging(world, [id], []) == "400 MissingParameter")
        #expect(tagging(world, [id], [tag("a")], "") == "400 MissingParameter")
        #expect(tagging(world, [id], [tag("a")], "ddh") == "404 InvalidResourceType.NotFound")
        #expect(tagging(world, [id], [tag("aliyun")]) == "400 InvalidTagKey.Malformed")
        #expect(tagging(world, [id], [tag("a", "acs:")]) == "400 InvalidTagValue.Malformed")
        #expect(tagging(world, [id], [tag("a"), tag("a")]) == "400 Duplicate.TagKey")
        #expect(untagging(world, [id], []) == "400 MissingParameter")
        #expect(untagging(world, [id], [], all: false) == "400 MissingParameter")
        #expect(throws: Refusal.self) { try list(world) { _ in } }
        #expect(throws: Refusal.self) {
            try list(world) {
                $0.resourceID = [id]
                $0.nextToken = "!"
            }
        }
        #expect(throws: Refusal.self) {
            try list(world) {
                $0.resourceID = [id]
                $0.regionID = "mars-1"
            }
        }
    }

    @Test func policiesCountForEachResource() throws {
        let resources = try Resources()
        let (world, id) = (resources.world, resources.ids[.image]!)
        let other = try world.availableImage()
        var statement = StatementRecord()
        statement.actions = ["ecs:TagResources"]
        statement.resources = ["acs:ecs:*:*:image/\(id)"]
        var policy = PolicyRecord()
        policy.statements = [statement]
        var request = SetRamUserRequest()
        request.ramUser = "tagger"
        try world.perform(
            { [policy] c, r, who throws(Refusal) in
                try c.setRamUser(r, policies: [policy], who)
            }, request)
        #expect(tagging(world, [id], [tag("a")], ramUser: "tagger") == "OK")
        #expect(tagging(world, [id, other], [tag("a")], ramUser: "tagger") == "403 Forbidden")
        #expect(tagging(world, [id], [tag("a")], "disk", ramUser: "tagger") == "403 Forbidden")
    }

    // MARK: Listing

    @Test func filters() throws {
        let world = World()
        let disks = world.instance(Array(repeating: disk(20), count: 3)).disks
        #expect(tagging(world, [disks[0]], [tag("env", "prod"), tag("team", "a")], "disk") == "OK")
        #expect(tagging(world, [disks[1]], [tag("env", "test"), tag("team", "a")], "disk") == "OK")
        func found(
            _ change: (inout ListTagResourcesRequest) -> Void
        ) throws(Refusal) -> [String] {
            try list(world, "disk", change).tagResources.map { "\($0.resourceID) \($0.tagKey)" }
        }
        let first = ["\(disks[0]) env", "\(disks[0]) team"]
        let second = ["\(disks[1]) env", "\(disks[1]) team"]
        #expect(try found { $0.tag = [tag("team")] } == second + first, "newest first")
        #expect(try found { $0.tag = [tag("team", "a"), tag("env", "prod")] } == first)
        #expect(try found { $0.tag = [tag("team", "b")] } == [])
        #expect(try found { $0.resourceID = [disks[2], disks[0], "d-none"] } == first)
        #expect(
            try found {
                $0.resourceID = disks
                $0.tag = [tag("env", "test")]
            } == second)
        var filter = TagFilter()
        filter.tagKey = "e*"
        #expect(try found { $0.tagFilter = [filter] } == second + first)
        filter.tagValues = ["prod", "stage"]
        #expect(try found { $0.tagFilter = [filter] } == first)
    }

    @Test func pages() throws {
        let world = World()
        let (_, disks) = world.instance(Array(repeating: disk(20), count: 17))
        let tags = (0..<7).map { tag("key-\($0)") }
        #expect(tagging(world, disks, tags, "disk") == "OK")
        for ids in [[], disks] {
            var seen: [String] = []
            var sizes: [Int] = []
            var token = ""
            repeat {
                let page = try list(world, "disk") {
                    $0.tag = [tag("key-0")]
                    $0.resourceID = ids
                    $0.nextToken = token
                }
                seen += page.tagResources.map { "\($0.resourceID) \($0.tagKey)" }
                sizes.append(page.tagResources.count)
                token = page.nextToken
                // The tags of what was seen may go in between.
                if ids.isEmpty && sizes.count == 1 {
                    let id = String(seen.last!.prefix { $0 != " " })
                    #expect(untagging(world, [id], ["key-6"], "disk") == "OK")
                    #expect(tagging(world, [id], [tag("key-6")], "disk") == "OK")
                }
            } while !token.isEmpty
            let expected = disks.reversed().flatMap { disk in (0..<7).map { "\(disk) key-\($0)" } }
            #expect(seen == expected)
            #expect(sizes == [49, 49, 21], "no resource is parted, and none is empty")
        }
    }

    // MARK: Groups and regions

    @Test(arguments: ResourceKind.allCases)
    func aResourceJoinsAGroup(kind: ResourceKind) throws {
        let resources = try Resources()
        let (world, id) = (resources.world, resources.ids[kind]!)
        var create = CreateResourceGroupRequest()
        create.name = "team"
        let group = try world.perform(
            { c, r, who throws(Refusal) in try c.createResourceGroup(r, who) }, create
        ).resourceGroupID
        func joining(_ change: (inout JoinResourceGroupRequest) -> Void) -> String {
            var request = JoinResourceGroupRequest()
            request.resourceID = id
            request.resourceType = kind.rawValue
            request.resourceGroupID = group
            request.regionID = "cn-hangzhou"
            change(&request)
            return world.answer(
                { c, r, who throws(Refusal) in try c.joinResourceGroup(r, who) }, request)
        }
        #expect(joining { $0.resourceID = "" } == "400 MissingParameter")
        #expect(joining { $0.resourceGroupID = "" } == "400 MissingParameter")
        #expect(joining { $0.resourceType = "x" } == "404 InvalidResourceType.NotFound")
        #expect(joining { $0.resourceGroupID = "rg-x" } == "404 InvalidResourceGroup.NotFound")
        #expect(joining { $0.resourceID = "x-none" } == "404 InvalidResourceId.NotFound")
        #expect(joining { $0.regionID = "cn-shanghai" } == "404 InvalidResourceId.NotFound")
        #expect(joining { $0.regionID = "mars-1" } == "404 InvalidRegionId.NotFound")
        #expect(joining { $0.regionID = "" } == "OK")
        #expect(world.region().grouped(kind, id)?.resourceGroupID == group)
        let before = world.state.sequence
        #expect(joining { _ in } == "OK" && world.state.sequence == before)
        if kind == .image {
            #expect(try world.imageIDs { $0.resourceGroupID = group } == [id])
        }
    }

    @Test func regions() throws {
        let world = World()
        let regions = try world.perform(
            { c, r, who throws(Refusal) in try c.describeRegions(r, who) },
            DescribeRegionsRequest()
        ).regions
        #expect(regions.map(\.regionID) == Values.regions)
        #expect(regions[0].localName == "华东1（杭州）")
        #expect(regions[0].regionEndpoint == "ecs.cn-hangzhou.aliyuncs.com")
        #expect(regions.allSatisfy { $0.status == "available" && $0.localName != $0.regionID })
    }
}
