import ECS
import Testing

@testable import Catalog

/// The images that an account is born with (operations § 6).
struct SystemImageTests {
    @Test func everyAccountHasThemInEveryRegion() throws {
        let world = World()
        try world.createAccount("t")
        let empty = world.checkpoint()
        for account in ["default", "t"] {
            for region in Values.regions {
                for alias in ["", "system"] {
                    let ids = try world.imageIDs(account: account) {
                        $0.regionID = region
                        $0.imageOwnerAlias = alias
                    }
                    #expect(ids == systemImageIDs)
                }
            }
        }
        #expect(world.checkpoint() == empty, "they are not kept")
        for alias in ["self", "others", "marketplace"] {
            #expect(try world.imageIDs { $0.imageOwnerAlias = alias } == [])
        }
    }

    @Test func whatTheyAre() throws {
        let images = try World().images().images
        #expect(images.map(\.architecture) == ["arm64", "x86_64", "x86_64"])
        #expect(images.map(\.platform) == ["Debian", "Debian", "Windows Server 2022"])
        #expect(images.map(\.osType) == ["linux", "linux", "windows"])
        #expect(images.map(\.bootMode) == ["UEFI", "UEFI-Preferred", "UEFI-Preferred"])
        #expect(images.map(\.size) == [20, 20, 40])
        #expect(images.map { $0.features?.imdsSupport } == ["v2", "v2", "v1"])
        for image in images {
            #expect(image.imageOwnerAlias == "system" && image.usage == "none")
            #expect(image.status == "Available" && image.usable && image.progress == "100%")
            #expect(image.diskDeviceMappings.map(\.device) == ["/dev/xvda"])
            #expect(image.diskDeviceMappings.allSatisfy { $0.snapshotID.isEmpty })
            #expect(image.diskDeviceMappings[0].size == "\(image.size)")
            let id = image.imageID.dropFirst(2)
            #expect(id.utf8.count == 20 && Values.platforms.contains(image.platform))
        }
    }

    @Test func theySortLastAndAreFoundByIDAndFilter() throws {
        let world = World()
        let own = try world.availableImage()
        #expect(try world.imageIDs() == [own] + systemImageIDs)
        let asked = "\(systemImageIDs[2]),\(own),\(systemImageIDs[0])"
        #expect(
            try world.imageIDs { $0.imageID = asked }
                == [own, systemImageIDs[0], systemImageIDs[2]])
        #expect(try world.imageIDs { $0.osType = "windows" } == [systemImageIDs[2]])
        #expect(try world.imageIDs { $0.imageName = "debian_*" } == Array(systemImageIDs[..<2]))
        #expect(try world.imageIDs { $0.imageFamily = "acs:debian_12_x64" } == [systemImageIDs[1]])
        #expect(try world.imagesSent() == world.images())
        let page = try world.images {
            $0.pageSize = 2
            $0.pageNumber = 2
        }
        #expect(page.images.map(\.imageID) == [systemImageIDs[1], systemImageIDs[2]])
        #expect(page.totalCount == 4)
    }

    @Test func nothingChangesThem() throws {
        let world = World()
        let id = systemImageIDs[0]
        #expect(world.modifying(id) { $0.description = "mine" } == "404 InvalidImageId.NotFound")
        #expect(
            world.deletingImage(id) { $0.force = true } == "OK", "as any that is not the account's")
        #expect(world.copying(id) == "404 InvalidImageId.NotFound")
        #expect(world.sharing(id, with: ["t"]) == "404 InvalidImageId.NotFound")
        #expect(try world.imageIDs() == systemImageIDs)
    }

    @Test func theirUsageIsEachAccountsOwn() throws {
        let world = World()
        try world.createAccount("t")
        let id = systemImageIDs[1]
        let used = world.restarted(changing: [world.runs(id)])
        func usage(_ account: String) throws -> [String] {
            try used.imagesSent(account: account).images.map(\.usage)
        }
        #expect(try usage("default") == ["none", "instance", "none"])
        #expect(try usage("t") == ["none", "none", "none"])
        #expect(try used.imageIDs { $0.usage = "instance" } == [id])
    }

    @Test func theirFamilies() throws {
        let world = World()
        func newest(_ family: String) throws(Refusal) -> Image? {
            var request = DescribeImageFromFamilyRequest()
            request.regionID = "cn-hangzhou"
            request.imageFamily = family
            return try world.perform(
                { c, r, who throws(Refusal) in try c.describeImageFromFamily(r, who) }, request
            ).image
        }
        #expect(try newest("acs:windows_server_2022_x64")?.imageID == systemImageIDs[2])
        #expect(try newest("none") == Image())
    }
}
