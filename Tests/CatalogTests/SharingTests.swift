import ECS
import Testing

@testable import Catalog

/// Images that other accounts may use (operations § 3).
struct SharingTests {
    /// The default account, "friend" and "stranger", and an image of the default account's.
    private func world() throws(Refusal) -> (World, String) {
        let world = World()
        try world.createAccount("friend")
        try world.createAccount("stranger")
        let id = try world.availableImage {
            $0.imageName = "shared"
            $0.tag = [tag("secret", "yes")]
        }
        return (world, id)
    }

    private func others(_ world: World, _ account: String) throws(Refusal) -> [Image] {
        try world.images(account: account) { $0.imageOwnerAlias = "others" }.images
    }

    private func find(_ world: World, _ id: String, _ account: String) -> ImageRecord? {
        world.catalog.assumeIsolated { catalog in
            let account = catalog.state.accounts[account]!
            return catalog.findImage(id, account, regionID: "cn-hangzhou")?.record
        }
    }

    @Test func theRecipientSeesItAsOthers() throws {
        let (world, id) = try world()
        #expect(world.sharing(id, with: ["friend"]) == "OK")
        let seen = try #require(try others(world, "friend").first)
        #expect(seen.imageID == id && seen.imageOwnerID == "default")
        #expect(seen.imageOwnerAlias == "others" && seen.isSelfShared == "True" && !seen.isPublic)
        #expect(seen.tags.isEmpty && seen.resourceGroupID.isEmpty, "its owner's business")
        #expect(try world.imageIDs(account: "friend") == [id] + systemImageIDs)
        #expect(try world.imageIDs(account: "friend") { $0.imageID = id } == [id])
        #expect(try world.imageIDs(account: "friend") { $0.tag = [tag("secret")] } == [])
        #expect(
            try world.imagesSent(account: "friend") == world.images(account: "friend"))
        #expect(try others(world, "stranger").isEmpty && others(world, "default").isEmpty)
        // To its owner it is what it was.
        let own = try #require(
            try world.images { $0.imageOwnerAlias = "self" }.images.first)
        #expect(own.imageID == id && own.isSelfShared == "True" && own.tags.count == 1)
        // In its own region alone.
        #expect(
            try world.imageIDs(account: "friend") {
                $0.regionID = "cn-shanghai"
                $0.imageID = id
            } == [])
    }

    @Test func findImageKnowsWhoMayUseIt() throws {
        let (world, id) = try world()
        #expect(find(world, id, "default")?.image.imageOwnerAlias == "self")
        #expect(find(world, id, "friend") == nil)
        world.sharing(id, with: ["friend"])
        #expect(find(world, id, "friend")?.image.imageOwnerAlias == "others")
        #expect(find(world, id, "stranger") == nil)
        world.sharing(id, isPublic: true)
        #expect(find(world, id, "stranger")?.image.isSelfShared == "False")
        #expect(find(world, systemImageIDs[0], "stranger")?.image.imageOwnerAlias == "system")
        #expect(find(world, "m-none", "default") == nil)
        // Its snapshots are in its owner's region.
        let hasSnapshots = world.catalog.assumeIsolated { catalog in
            let friend = catalog.state.accounts["friend"]!
            let found = catalog.findImage(id, friend, regionID: "cn-hangzhou")!
            let snapshot = found.record.image.diskDeviceMappings[0].snapshotID
            return found.region.value.snapshots[snapshot] != nil
        }
        #expect(hasSnapshots)
    }

    @Test func aPublicOneIsEverybodys() throws {
        let (world, id) = try world()
        #expect(world.sharing(id, with: ["friend"], isPublic: true) == "OK")
        #expect(try others(world, "stranger").map(\.isSelfShared) == ["False"])
        #expect(try others(world, "friend").map(\.isSelfShared) == ["True"], "once, as shared")
        #expect(try others(world, "default").isEmpty)
        // But it stands in nobody's list who does not ask for those of others.
        #expect(try world.imageIDs(account: "stranger") == systemImageIDs)
        #expect(try world.imageIDs(account: "stranger") { $0.imageID = id } == [id])
        // Accounts that come later too.
        try world.createAccount("late")
        #expect(try others(world, "late").map(\.imageID) == [id])
        #expect(world.sharing(id, isPublic: false) == "OK")
        #expect(try others(world, "late").isEmpty && others(world, "friend").count == 1)
        #expect(world.sharing(id, without: ["friend"]) == "OK")
        #expect(try others(world, "friend").isEmpty && world.state.sharedImages.isEmpty)
        #expect(try world.images { $0.imageID = id }.images.map(\.isSelfShared) == ["False"])
    }

    @Test func howManyAccounts() throws {
        let (world, id) = try world()
        let names = (0..<60).map { "account-\($0)" }
        #expect(world.sharing(id, with: Array(names[..<13])) == "OK")
        #expect(world.region().images[id]?.sharedWith == Array(names[..<10]), "more are ignored")
        for start in stride(from: 10, to: 50, by: 10) {
            #expect(world.sharing(id, with: Array(names[start..<start + 10])) == "OK")
        }
        #expect(world.region().images[id]?.sharedWith.count == 50)
        #expect(world.sharing(id, with: [names[50]]) == "400 InvalidParameter")
        #expect(world.sharing(id, with: [names[3]]) == "OK", "it is one of them")
        #expect(world.sharing(id, with: [names[50]], without: [names[0]]) == "OK")
        #expect(world.region().images[id]?.sharedWith == Array(names[1...50]))
        #expect(world.sharing(id, without: Array(names[20..<32])) == "OK")
        #expect(world.region().images[id]?.sharedWith.count == 40)

        var request = DescribeImageSharePermissionRequest()
        request.regionID = "cn-hangzhou"
        request.imageID = id
        request.pageNumber = 4
        let page = try world.perform(
            { c, r, who throws(Refusal) in try c.describeImageSharePermission(r, who) }, request)
        #expect(page.totalCount == 40 && page.pageSize == 10 && page.imageID == id)
        #expect(page.accounts.map(\.aliyunID) == Array(names[41...50]))
    }

    @Test func whatIsAskedForNothingChangesNothing() throws {
        let (world, id) = try world()
        let before = world.state.sequence
        #expect(world.sharing(id) == "OK")
        #expect(world.sharing(id, with: ["", ""]) == "OK")
        #expect(world.sharing(id, without: ["nobody"], isPublic: false) == "OK")
        #expect(world.state.sequence == before)
        #expect(world.sharing("m-none") == "404 InvalidImageId.NotFound")
        #expect(world.sharing("") == "400 MissingParameter")
        #expect(world.sharing(id, with: ["*"]) == "400 InvalidParameter")
        #expect(world.sharing(id, with: ["default"]) == "400 InvalidParameter")
        #expect(world.sharing(id, with: ["x"], account: "friend") == "404 InvalidImageId.NotFound")
    }

    @Test func onlyAnAvailableImageIsSharedFurther() throws {
        let (world, id) = try world()
        world.sharing(id, with: ["friend"])
        try world.setImage(id, status: "UnAvailable")
        #expect(world.sharing(id, with: ["stranger"]) == "400 IncorrectImageStatus")
        #expect(world.sharing(id, isPublic: true) == "400 IncorrectImageStatus")
        #expect(try world.imageIDs(account: "friend") == systemImageIDs)
        // Else it could never be deleted.
        #expect(world.sharing(id, without: ["friend"]) == "OK")
        #expect(world.deletingImage(id) == "OK")
    }

    @Test func aSharedImageIsNeitherDeprecatedNorDeleted() throws {
        let (world, id) = try world()
        world.sharing(id, with: ["friend"])
        #expect(world.modifying(id) { $0.status = "Deprecated" } == "403 ImageUseShared")
        #expect(world.deletingImage(id) == "403 ImageUseShared")
        #expect(world.deletingImage(id) { $0.force = true } == "403 ImageUseShared")
        world.sharing(id, without: ["friend"])
        #expect(world.modifying(id) { $0.status = "Deprecated" } == "OK")
        #expect(world.deletingImage(id) == "OK")
    }

    @Test func sharingSurvivesARestartAndEndsWithTheOwner() throws {
        let world = World()
        try world.createAccount("owner")
        try world.createAccount("friend")
        let id = try world.availableImage(account: "owner")
        world.sharing(id, with: ["friend"], isPublic: true, account: "owner")
        let again = world.restarted()
        #expect(try others(again, "friend").map(\.imageID) == [id])
        #expect(try others(again, "default").map(\.imageID) == [id])
        try again.dropAccount("owner")
        #expect(try others(again, "friend").isEmpty && others(again, "default").isEmpty)
        #expect(again.state.sharedImages.isEmpty)
    }

    /// An answer waits for what it shows of others to be durable, and for what it no longer shows.
    @Test func anAnswerWaitsForTheOwnersChanges() throws {
        let (world, id) = try world()
        func seen(_ account: String) -> UInt64 {
            world.catalog.assumeIsolated { $0.turnSeen(by: account) }
        }
        func newest() -> UInt64 { world.catalog.assumeIsolated { $0.newestTurn } }
        world.turn()
        let before = seen("friend")
        world.sharing(id, with: ["friend", "nobody"])
        #expect(seen("friend") == newest() && seen("friend") > before)
        #expect(seen("stranger") < newest())
        #expect(seen("nobody") == 0, "there is no such account")
        world.endTurn()
        _ = world.modifying(id) { $0.description = "changed" }
        #expect(seen("friend") == newest() && seen("stranger") < newest())
        world.endTurn()
        world.sharing(id, without: ["friend"])
        #expect(seen("friend") == newest())
        world.endTurn()
        _ = world.modifying(id) { $0.description = "again" }
        #expect(seen("friend") < newest())
        world.endTurn()
        world.sharing(id, isPublic: true)
        #expect(seen("stranger") == newest() && seen("friend") == newest())
    }

    @Test func theirOrderIsByTime() throws {
        let world = World()
        try world.createAccount("friend")
        var expected: [String] = []
        for round in 0..<3 {
            world.pass(seconds: 60)
            let id = try world.availableImage()
            if round == 1 { world.sharing(id, with: ["friend"]) }
            world.pass(seconds: 60)
            let theirs = try world.availableImage(account: "friend")
            expected = round == 1 ? [theirs, id] + expected : [theirs] + expected
        }
        expected += systemImageIDs
        #expect(try world.imageIDs(account: "friend") == expected)
        // Pages of one are the list.
        let pages = try expected.indices.map { place throws(Refusal) in
            try world.images(account: "friend") {
                $0.pageSize = 1
                $0.pageNumber = Int32(place + 1)
            }
        }
        #expect(pages.flatMap(\.images).map(\.imageID) == expected)
        #expect(pages.allSatisfy { $0.totalCount == Int32(expected.count) })
        let some = [expected[3], expected[0], expected[5], expected[1], expected[1]]
        #expect(
            try world.imageIDs(account: "friend") { $0.imageID = some.joined(separator: ",") }
                == expected.filter(some.contains))
    }
}
