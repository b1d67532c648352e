import ECS
import Testing

@testable import Catalog

/// Lists: order, pages, filters (operations § 4).
struct PagingTests {
    /// `count` snapshots of one disk, the newest last.
    private func snapshots(_ count: Int) throws -> (World, ids: [String], disk: String) {
        var limits = Limits()
        limits.concurrentPerDisk = 1000
        limits.unfinishedSnapshots = 1000
        let world = World(limits: limits)
        let disk = world.instance().disks[0]
        let ids = try (0..<count).map { index throws(Refusal) in
            try world.snapshot(disk) {
                $0.snapshotName = "name-\(index)"
                if index % 3 == 0 { $0.tag = [tag("third", "\(index)"), tag("all")] }
            }
        }
        return (world, ids, disk)
    }

    private func list(
        _ world: World, _ change: (inout DescribeSnapshotsRequest) -> Void = { _ in }
    ) throws(Refusal) -> DescribeSnapshotsResponse {
        var request = DescribeSnapshotsRequest()
        request.regionID = "cn-hangzhou"
        change(&request)
        return try world.run { [request, caller = world.caller] catalog throws(Refusal) in
            try catalog.describeSnapshots(request, caller)
        }
    }

    private func answer(
        _ world: World, _ change: (inout DescribeSnapshotsRequest) -> Void
    ) -> String {
        do throws(Refusal) {
            _ = try list(world, change)
            return "OK"
        } catch {
            return error.text
        }
    }

    private func images(
        _ world: World, _ change: (inout DescribeImagesRequest) -> Void = { _ in }
    ) throws(Refusal) -> DescribeImagesResponse {
        var request = DescribeImagesRequest()
        request.regionID = "cn-hangzhou"
        request.imageOwnerAlias = "self"
        change(&request)
        return try world.run { [request, caller = world.caller] catalog throws(Refusal) in
            try catalog.describeImages(request, caller)
        }
    }

    private func refusal(
        _ world: World, _ change: (inout DescribeImagesRequest) -> Void
    ) -> String {
        do throws(Refusal) {
            _ = try images(world, change)
            return "OK"
        } catch {
            return error.text
        }
    }

    // MARK: Pages

    @Test func newestFirstInPagesOfTen() throws {
        let (world, ids, _) = try snapshots(25)
        let newest = Array(ids.reversed())
        let first = try list(world)
        #expect(first.snapshots.map(\.snapshotID) == Array(newest[..<10]))
        #expect(first.totalCount == 25 && first.pageNumber == 1 && first.pageSize == 10)
        let third = try list(world) { $0.pageNumber = 3 }
        #expect(third.snapshots.map(\.snapshotID) == Array(newest[20...]))
        #expect(third.totalCount == 25 && third.nextToken.isEmpty)
        let fourth = try list(world) { $0.pageNumber = 4 }
        #expect(fourth.snapshots.isEmpty && fourth.totalCount == 25 && fourth.nextToken.isEmpty)
        let far = try list(world) {
            $0.pageNumber = .max
            $0.pageSize = 100
        }
        #expect(far.snapshots.isEmpty && far.totalCount == 25)
    }

    @Test(
        arguments: [
            (0, "400 InvalidParameter"), (-1, "400 InvalidParameter"), (1, "OK"), (100, "OK"),
            (101, "400 InvalidParameter"), (.max, "400 InvalidParameter"),
        ] as [(Int32, String)])
    func sizesOfPages(size: Int32, expected: String) throws {
        let (world, _, _) = try snapshots(1)
        #expect(answer(world) { $0.pageSize = size } == expected)
        #expect(answer(world) { $0.maxResults = size } == expected)
        #expect(refusal(world) { $0.pageSize = size } == expected)
        #expect(
            answer(world) { $0.pageNumber = size } == (size < 1 ? "400 InvalidParameter" : "OK"))
    }

    @Test func otherListsHaveOtherSizes() throws {
        let world = World()
        _ = world.instance(Array(repeating: disk(20), count: 17))
        let caller = world.caller
        for (size, shown) in [(1, 10), (10, 10), (500, 100)] as [(Int32, Int32)] {
            var request = DescribeInstancesRequest()
            request.regionID = "cn-hangzhou"
            request.pageSize = size
            let response = try world.run { [request] catalog throws(Refusal) in
                try catalog.describeInstances(request, caller)
            }
            #expect(response.pageSize == shown && response.totalCount == 1)
        }
        for (size, shown) in [(-1, 10), (2, 10), (11, 11), (500, 17), (501, 17)] as [(Int32, Int)] {
            var request = DescribeDisksRequest()
            request.regionID = "cn-hangzhou"
            request.maxResults = size
            let response = try world.run { [request] catalog throws(Refusal) in
                try catalog.describeDisks(request, caller)
            }
            #expect(response.disks.count == shown)
        }
    }

    @Test func aWalkByTokenMissesNothingWhileOthersDelete() throws {
        let (world, ids, _) = try snapshots(40)
        var seen: [String] = []
        var token = ""
        var random = IDSource(seed: 3)
        var gone: Set<String> = []
        repeat {
            let page = try list(world) {
                $0.maxResults = 7
                $0.nextToken = token
            }
            seen += page.snapshots.map(\.snapshotID)
            token = page.nextToken
            // Delete some that were seen, the last of the page too, some that were not; add one.
            for id in [seen.last!, ids.randomElement(using: &random)!] {
                world.deleteSnapshot(id)
                gone.insert(id)
            }
            _ = try world.snapshot(world.region().disks.records.first!.value.value.id)
        } while !token.isEmpty
        #expect(Set(seen).count == seen.count, "one was seen twice")
        #expect(Set(ids).subtracting(gone).isSubset(of: seen))
        #expect(seen == ids.reversed().filter(Set(seen).contains), "newest first")
    }

    @Test func aWalkEndsWithoutAnEmptyPage() throws {
        let (world, ids, _) = try snapshots(20)
        let first = try list(world) { $0.maxResults = 10 }
        let second = try list(world) {
            $0.maxResults = 10
            $0.nextToken = first.nextToken
        }
        #expect(second.snapshots.last?.snapshotID == ids[0] && second.nextToken.isEmpty)
        for token in ["!", "-1", "0", "zzzzzzzzzzzzzzzz"] {
            #expect(answer(world) { $0.nextToken = token } == "400 InvalidParameter")
        }
    }

    // MARK: Lists of IDs

    @Test func listsOfIDs() throws {
        let (world, ids, _) = try snapshots(12)
        let asked = [ids[3], "s-none", ids[7], ids[3]]
        let found = try list(world) { $0.snapshotIDs = asked }
        #expect(found.snapshots.map(\.snapshotID) == [ids[7], ids[3]] && found.totalCount == 2)
        let page = try list(world) {
            $0.snapshotIDs = ids
            $0.maxResults = 5
        }
        #expect(page.snapshots.map(\.snapshotID) == ids.reversed().prefix(5).map(\.self))
        let rest = try list(world) {
            $0.snapshotIDs = ids
            $0.maxResults = 7
            $0.nextToken = page.nextToken
        }
        #expect(rest.snapshots.map(\.snapshotID) == ids.reversed().dropFirst(5).map(\.self))
        #expect(rest.nextToken.isEmpty)
        #expect(answer(world) { $0.snapshotIDs = Array(repeating: "s", count: 100) } == "OK")
        #expect(
            answer(world) { $0.snapshotIDs = Array(repeating: "s", count: 101) }
                == "400 InvalidParameter")
    }

    @Test func imagesByIDsAndStatus() throws {
        let world = World()
        let (instance, disks) = world.instance([disk(path: "/one")])
        let failed = try world.create { $0.instanceID = instance }
        world.report(world.jobs()[0].number, .failed(reason: "a fault"))
        world.turn()
        let (other, _) = world.instance()
        let available = try world.create { $0.instanceID = other }
        world.finishSimulated()
        let waiting = try world.create { $0.instanceID = instance }
        func ids(_ status: String, _ imageIDs: String = "") throws(Refusal) -> [String] {
            try images(world) {
                $0.status = status
                $0.imageID = imageIDs
            }.images.map(\.imageID)
        }
        #expect(try ids("") == [available])
        #expect(try ids("ALL") == [waiting, available, failed])
        #expect(try ids("CreateFailed,Waiting") == [waiting, failed])
        #expect(try ids("ALL", "\(failed),m-none,\(waiting)") == [waiting, failed])
        #expect(try ids("", "\(failed),\(available)") == [available])
        #expect(try ids("Creating,Deprecated,UnAvailable") == [])
        for wrong in ["all", "ALL,Available", "Available,", "Ready", ",", "Available Waiting"] {
            let expected = wrong == "Available," ? "OK" : "400 InvalidParamter"
            #expect(refusal(world) { $0.status = wrong } == expected, "\(wrong)")
        }
        #expect(
            try images(world) {
                $0.status = "ALL"
                $0.usable = false
            }.images.map(\.imageID) == [waiting, failed])
        #expect(refusal(world) { $0.usable = true } == "400 MissingParameter")
        let list = Array(repeating: "m-x", count: 101).joined(separator: ",")
        #expect(refusal(world) { $0.imageID = list } == "400 InvalidParameter")
        #expect(refusal(world) { $0.regionID = "" } == "400 MissingParameter")
        #expect(refusal(world) { $0.regionID = "mars-1" } == "404 InvalidRegionId.NotFound")
        #expect(disks.count == 1)
    }

    // MARK: Filters

    @Test func filtersAreAnded() throws {
        let (world, ids, disk) = try snapshots(10)
        func names(
            _ change: (inout DescribeSnapshotsRequest) -> Void
        ) throws(Refusal) -> [String] {
            try list(world, change).snapshots.map(\.snapshotName)
        }
        #expect(try names { $0.tag = [tag("third", "6")] } == ["name-6"])
        #expect(try names { $0.tag = [tag("third"), tag("all")] }.count == 4)
        #expect(try names { $0.tag = [tag("third"), tag("none")] } == [])
        #expect(try names { $0.tag = [tag("third", "")] } == [])
        #expect(try names { $0.diskID = disk }.count == 10)
        #expect(try names { $0.diskID = "d-none" } == [])
        #expect(try names { $0.instanceID = "i-none" } == [])
        let instance = world.region().instances.records.first!.value.value.id
        #expect(try names { $0.instanceID = instance }.count == 10)
        #expect(try names { $0.status = "progressing" }.count == 10)
        #expect(try names { $0.status = "accomplished" } == [])
        #expect(
            try names {
                $0.snapshotName = "name-1"
                $0.status = "all"
            } == ["name-1"])
        #expect(try names { $0.usage = "image" } == [])
        #expect(try names { $0.usage = "none" }.count == 10)
        world.finishSimulated()
        _ = try world.create { $0.snapshotID = ids[4] }
        #expect(try names { $0.usage = "image" } == ["name-4"])
        #expect(try images(world) { $0.snapshotID = ids[4] }.totalCount == 0, "not Available yet")
        world.finishSimulated()
        #expect(try images(world) { $0.snapshotID = ids[4] }.totalCount == 1)
        #expect(try images(world) { $0.snapshotID = ids[5] }.totalCount == 0)
    }

    @Test(arguments: [
        ("", "any", true), ("web", "web", true), ("web", "web1", false), ("web*", "web1", true),
        ("web*", "web", true), ("*web", "my-web", true), ("*web", "web1", false),
        ("*e*", "web", true), ("*x*", "web", false), ("a*a", "a", false), ("a*a", "aa", true),
        ("a*b*c", "a-b-b-c", true), ("a*b*c", "a-c-b", false), ("*", "", true), ("**", "x", true),
        ("ab*ba", "aba", false), ("测*像", "测试镜像", true), ("a*bc*c", "abc", false),
    ])
    func wildcards(pattern: String, text: String, isMatch: Bool) {
        #expect(textMatches(pattern, text) == isMatch)
    }

    /// A misspelt value is told, not answered with an empty list.
    @Test func valuesOfFiltersAreThoseThatThereAre() {
        let world = World()
        var instances = DescribeInstancesRequest()
        instances.regionID = "cn-hangzhou"
        instances.status = "stopped"
        var disks = DescribeDisksRequest()
        disks.regionID = "cn-hangzhou"
        disks.category = "cloud_esd"
        var images = DescribeImagesRequest()
        images.regionID = "cn-hangzhou"
        images.architecture = "x64"
        let caller = world.caller
        let parameters = [
            world.errors { [instances] c throws(Refusal) in
                try c.describeInstances(instances, caller)
            },
            world.errors { [disks] c throws(Refusal) in try c.describeDisks(disks, caller) },
            world.errors { [images] c throws(Refusal) in try c.describeImages(images, caller) },
        ]
        .map { $0.first?.parameter }
        #expect(parameters == ["Status", "Category", "Architecture"])
    }
}
