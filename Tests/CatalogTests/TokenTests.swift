import ECS
import Testing
import Wire

@testable import Catalog

/// V3: a ClientToken stands for one request and its answer.
struct TokenTests {
    @Test func theSameRequestHasTheSameAnswerWhateverHasChanged() throws {
        var limits = Limits()
        limits.images = 1
        let world = World(limits: limits)
        let (instance, _) = world.instance()
        let ask: (inout CreateImageRequest) -> Void = {
            $0.instanceID = instance
            $0.imageName = "name"
            $0.clientToken = "token"
            $0.tag = [tag("a", "1"), tag("b", "2")]
        }
        let id = try world.create(ask)
        // Now the name is taken, the quota used up and the instance gone.
        #expect(try world.create(ask) == id)
        world.deleteInstance(instance)
        let before = world.checkpoint()
        #expect(try world.create(ask) == id)
        #expect(
            try world.create {
                ask(&$0)
                $0.tag.reverse()  // tags are a set
                $0.features = ImageRequestFeatures()  // empty is absent
            } == id)
        #expect(world.checkpoint() == before)
        #expect(world.region().images.count == 1)
    }

    @Test func otherParametersDoNotMatch() throws {
        let world = World()
        let (instance, _) = world.instance()
        _ = try world.create {
            $0.instanceID = instance
            $0.clientToken = "token"
        }
        let changes: [(inout CreateImageRequest) -> Void] = [
            { $0.imageName = "name" }, { $0.tag = [tag("a")] }, { $0.description = "words" },
            { $0.instanceID = "i-other" },
            // Sources of lower priority are compared though they are ignored.
            { $0.snapshotID = "s-any" }, { $0.diskDeviceMapping = [mapping(size: 20)] },
            { $0.platform = "Ubuntu" }, { $0.allowLive = true },
        ]
        for change in changes {
            let answer = world.creating {
                $0.instanceID = instance
                $0.clientToken = "token"
                change(&$0)
            }
            #expect(answer == "400 IdempotenceParamNotMatch")
        }
        // A token belongs to its region, its case, its account and its operation.
        let (elsewhere, _) = world.instance { $0.regionID = "cn-beijing" }
        #expect(
            world.creating {
                $0.regionID = "cn-beijing"
                $0.instanceID = elsewhere
                $0.clientToken = "token"
            } == "OK")
        #expect(
            world.creating {
                $0.instanceID = instance
                $0.clientToken = "Token"
            } == "OK")
        #expect(world.region().images.count == 2)
    }

    @Test func orderOfMappingsIsCompared() throws {
        let world = World()
        let system = world.finishedSnapshot(world.instance().disks[0])
        let entries = [mapping(system), mapping(size: 20), mapping(size: 30)]
        _ = try world.create {
            $0.diskDeviceMapping = entries
            $0.clientToken = "token"
        }
        let swapped = world.creating {
            $0.diskDeviceMapping = [entries[0], entries[2], entries[1]]
            $0.clientToken = "token"
        }
        #expect(swapped == "400 IdempotenceParamNotMatch")
    }

    @Test func aFailedRequestAndADryRunBindNothing() throws {
        let world = World()
        let (instance, _) = world.instance()
        let failed = world.creating {
            $0.instanceID = "i-none"
            $0.clientToken = "token"
        }
        #expect(failed == "404 InvalidInstanceId.NotFound")
        let dry = world.creating {
            $0.instanceID = instance
            $0.clientToken = "token"
            $0.dryRun = true
        }
        #expect(dry == "400 DryRunOperation")
        #expect(world.state.accounts["default"]!.tokens.isEmpty)
        let id = try world.create {
            $0.instanceID = instance
            $0.imageName = "another"
            $0.clientToken = "token"
        }
        // A dry run does not look at tokens: it tells what a new request would meet.
        let dryAgain = world.creating {
            $0.instanceID = instance
            $0.imageName = "another"
            $0.clientToken = "token"
            $0.dryRun = true
        }
        #expect(dryAgain == "400 InvalidImageName.Duplicated")
        #expect(world.image(id) != nil)
    }

    @Test func tokensSurviveARestartAndTheirImage() throws {
        let world = World()
        let (instance, _) = world.instance()
        let ask: (inout CreateImageRequest) -> Void = {
            $0.instanceID = instance
            $0.clientToken = "token"
        }
        let id = try world.create(ask)
        let restarted = world.restarted()
        #expect(try restarted.create(ask) == id)
        restarted.deleteImage(id)
        #expect(try restarted.create(ask) == id)
    }

    @Test func tokensLiveForADayAndAsLongAsTheirImage() throws {
        let world = World()
        let (instance, _) = world.instance()
        func ask(_ token: String) throws(Refusal) -> String {
            try world.create {
                $0.instanceID = instance
                $0.clientToken = token
            }
        }
        let kept = try ask("kept")
        let gone = try ask("gone")
        world.finishSimulated()
        world.deleteImage(gone)
        world.pass(seconds: 86_390)
        world.turn()
        #expect(try ask("gone") == gone, "not a day yet")
        world.pass(seconds: 3_700)
        world.turn()
        #expect(try ask("kept") == kept)
        #expect(try ask("gone") != gone)
    }

    /// However many there are: what is over goes within seconds, not at a thousand an hour.
    @Test func manyTokensExpireTogether() throws {
        let world = World()
        let (_, disks) = world.instance()
        for index in 0..<2500 {
            let id = try world.snapshot(disks[0]) { $0.clientToken = "token\(index)" }
            world.deleteSnapshot(id)
        }
        world.turn()
        #expect(world.state.accounts["default"]!.tokens.count == 2500)
        world.pass(seconds: 90_000)
        for _ in 0..<4 {
            world.turn()
            world.pass(seconds: 1)
        }
        #expect(world.state.accounts["default"]!.tokens.isEmpty)
    }

    /// Of a request beyond 4 KiB a hash is kept: it still tells one from another.
    @Test func hugeRequestsAreToldApart() throws {
        let world = World()
        let (instance, _) = world.instance()
        func ask(_ filler: String) -> String {
            world.creating {
                $0.instanceID = instance
                $0.snapshotID = String(repeating: "x", count: 10_000) + filler
                $0.clientToken = "token"
            }
        }
        #expect(ask("a") == "OK" && ask("a") == "OK" && world.region().images.count == 1)
        #expect(ask("b") == "400 IdempotenceParamNotMatch")
        #expect(ask("") == "400 IdempotenceParamNotMatch")
        let kept = try #require(world.state.accounts["default"]!.tokens.first).value.value
        #expect(kept.parameters.count < 4096)
    }

    @Test func snapshotsAndRegistrationsHaveTokensOfTheirOwn() throws {
        let world = World()
        let named: (inout RegisterInstanceRequest) -> Void = { $0.clientToken = "token" }
        let first = world.instance([disk(40), disk(20)], named)
        let again = world.instance([disk(40), disk(20)], named)
        #expect(first == again && world.region().instances.count == 1)
        let snapshot = try world.snapshot(first.disks[0]) { $0.clientToken = "token" }
        #expect(try world.snapshot(first.disks[0]) { $0.clientToken = "token" } == snapshot)
        #expect(
            world.snapshotting(first.disks[1]) { $0.clientToken = "token" }
                == "403 IdempotentParameterMismatch")
        #expect(
            world.creating {
                $0.instanceID = first.id
                $0.clientToken = "token"
            } == "OK")
    }

    @Test(arguments: [(64, "OK"), (65, "403 InvalidClientToken.Malformed")])
    func lengthOfTokens(length: Int, answer: String) {
        let world = World()
        let (instance, _) = world.instance()
        #expect(
            world.creating {
                $0.instanceID = instance
                $0.clientToken = String(repeating: "t", count: length)
            } == answer)
    }
}
