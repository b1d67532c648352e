import ECS
import Foundation
import TestSupport
import Testing
import Wire

/// Requests held between V3 and V10, and those that wait for one with their token.
@Suite struct HoldTests {
    /// A daemon, an instance, and a first request that is held by a rule.
    private final class Scene {
        let daemon: TestDaemon
        let owner: TestClient
        let first: TestClient
        let request: CreateImageRequest
        var stream: UInt32 = 0

        init(
            token: String = "token", milliseconds: Int64 = 60_000, timeoutNanoseconds: Int64 = 0,
            sends: Bool = true, configuration: String = ""
        ) throws {
            daemon = try TestDaemon(configuration, fixture: true)
            owner = try daemon.client()
            try owner.setLimits(["ConcurrentPerDisk": 1_000])
            let instance = try owner.registerSimulated().instanceID
            request = TestClient.createImageRequest(of: instance, token: token)
            first = try daemon.client()
            guard sends else { return }
            try owner.hold(token: token, milliseconds: milliseconds)
            stream = try first.begin(
                CreateImage.self, request, timeoutNanoseconds: timeoutNanoseconds)
            if timeoutNanoseconds == 0 && milliseconds > 1_000 { try expect(held: 1, waiting: 0) }
        }

        func expect(held: Int, waiting: Int) throws {
            let isSo = try eventually { try owner.heldCounts() == (held, waiting) }
            let counts = try owner.heldCounts()
            try #require(isSo, "\(held) and \(waiting), not \(counts)")
        }

        /// The same request with other parameters.
        var different: CreateImageRequest {
            var other = request
            other.description = "another"
            return other
        }

        func imageIDs() throws -> [String] { try owner.images().map(\.imageID) }

        /// Nothing has been made; the token is free: other parameters are right now.
        func expectNothingHappened() throws {
            #expect(try imageIDs().isEmpty)
            let id = try owner.call(CreateImage.self, different).imageID
            #expect(try imageIDs() == [id])
        }

        func expectCleanEnd() throws {
            try expect(held: 0, waiting: 0)
            #expect(try daemon.stop() == 0)
        }
    }

    // MARK: Going on

    @Test func whoWaitsGetsTheSameAnswer() throws {
        let scene = try Scene()
        let racers = try Racers(scene.daemon)
        let requests = (0..<16).map { [$0 % 2 == 0 ? scene.request : scene.different] }
        racers.add(CreateImage.self, requests)
        racers.start()
        for process in stride(from: 1, to: 16, by: 2) {
            let outcomes = try racers.outcomes(of: process)
            #expect(outcomes.map(\.text) == ["InvalidParamter.Conflict"])
        }
        try scene.expect(held: 1, waiting: 8)
        #expect(try scene.imageIDs().isEmpty)
        #expect(try scene.owner.releaseRequests() == 1)
        let id = try scene.first.answer(CreateImage.self, scene.stream).imageID
        for process in stride(from: 0, to: 16, by: 2) {
            #expect(try racers.outcomes(of: process).imageIDs() == [id])
        }
        #expect(try scene.imageIDs() == [id])
        // Bound now: other parameters are a mismatch with a previous request, not a conflict.
        let refused = try scene.owner.refused(CreateImage.self, scene.different)
        #expect(refused?.code == "IdempotenceParamNotMatch")
        try scene.expectCleanEnd()
    }

    @Test func whoWaitsForOneThatFailsIsJudgedAfresh() throws {
        let scene = try Scene()
        let racers = try Racers(scene.daemon)
        racers.add(CreateImage.self, Array(repeating: [scene.request], count: 16))
        racers.start()
        try scene.expect(held: 1, waiting: 16)
        #expect(try scene.owner.releaseRequests(code: "InternalError") == 1)
        #expect(try scene.first.refusal(scene.stream).code == "InternalError")
        var ids: [String] = []
        for process in 0..<16 { ids += try racers.outcomes(of: process).imageIDs() }
        #expect(ids.count == 16)
        #expect(try scene.imageIDs() == Array(Set(ids)))
        try scene.expectCleanEnd()
    }

    /// Judged afresh, one of those that waited may be held in its turn; the rest waits for it.
    @Test func aRuleWithoutEndHoldsOneAfterTheOther() throws {
        let scene = try Scene(sends: false)
        try scene.owner.hold(times: 0)
        let racers = try Racers(scene.daemon, count: 4)
        racers.add(CreateImage.self, Array(repeating: [scene.request], count: 4))
        racers.start()
        for waiting in [3, 2] {
            try scene.expect(held: 1, waiting: waiting)
            #expect(try scene.owner.releaseRequests(code: "Throttling") == 1)
        }
        try scene.expect(held: 1, waiting: 1)
        #expect(try scene.owner.releaseRequests() == 1)
        let outcomes = try (0..<4).flatMap { try racers.outcomes(of: $0) }
        #expect(outcomes.counts == ["OK": 2, "Throttling": 2])
        #expect(try Set(outcomes.imageIDs()) == Set(scene.imageIDs()))
        #expect(try scene.imageIDs().count == 1)
        try scene.expectCleanEnd()
    }

    @Test func aHoldEndsWithItsRulesTime() throws {
        let scene = try Scene(milliseconds: 50)
        let racers = try Racers(scene.daemon, count: 4)
        let outcomes = try racers.race(
            CreateImage.self, Array(repeating: [scene.request], count: 4))
        let id = try scene.first.answer(CreateImage.self, scene.stream).imageID
        #expect(try outcomes.imageIDs() == [id, id, id, id])
        #expect(try scene.imageIDs() == [id])
        try scene.expectCleanEnd()
    }

    @Test func aRemovedRuleLetsGo() throws {
        let scene = try Scene(sends: false)
        let rule = try scene.owner.hold(times: 0)
        let stream = try scene.first.begin(CreateImage.self, scene.request)
        try scene.expect(held: 1, waiting: 0)
        _ = try scene.owner.call(RemoveFaultRule.self, .with { $0.faultRuleID = rule })
        let id = try scene.first.answer(CreateImage.self, stream).imageID
        #expect(try scene.imageIDs() == [id])
        try scene.expectCleanEnd()
    }

    /// D-Idempotency's other mode: nobody waits.
    @Test func idempotentProcessing() throws {
        let scene = try Scene()
        _ = try scene.owner.call(SetAccount.self, .with { $0.idempotentProcessing = true })
        let racers = try Racers(scene.daemon)
        let outcomes = try racers.race(
            CreateImage.self,
            (0..<16).map { [$0 % 2 == 0 ? scene.request : scene.different] })
        #expect(outcomes.counts == ["IdempotentProcessing": 8, "InvalidParamter.Conflict": 8])
        try scene.owner.releaseRequests()
        let id = try scene.first.answer(CreateImage.self, scene.stream).imageID
        #expect(try scene.owner.call(CreateImage.self, scene.request).imageID == id)
        try scene.expectCleanEnd()
    }

    /// What is held meanwhile stops nothing else, and the state it meets is that of its release.
    @Test func aHeldRequestIsJudgedWhenItIsReleased() throws {
        let scene = try Scene(sends: false)
        try scene.owner.hold(token: "slow")
        let slow = TestClient.createImageRequest(
            of: scene.request.instanceID, name: "wanted", token: "slow")
        let stream = try scene.first.begin(CreateImage.self, slow)
        try scene.expect(held: 1, waiting: 0)
        let id = try scene.owner.createImage(of: slow.instanceID, name: "wanted")
        try scene.owner.releaseRequests()
        #expect(try scene.first.refusal(stream).code == "InvalidImageName.Duplicated")
        // It bound nothing: after the other is gone the same request is right.
        try scene.owner.deleteImage(id)
        #expect(try scene.owner.call(CreateImage.self, slow).imageID != id)
        try scene.expectCleanEnd()
    }

    // MARK: Deadlines, Cancel and lost connections

    @Test func aHeldRequestsDeadline() throws {
        let scene = try Scene(timeoutNanoseconds: 50_000_000)
        #expect(try scene.first.refusal(scene.stream).statusCode == .deadlineExceeded)
        #expect(try scene.owner.releaseRequests() == 0)
        try scene.expectNothingHappened()
        try scene.expectCleanEnd()
    }

    @Test func aWaitingRequestsDeadline() throws {
        let scene = try Scene()
        let other = try scene.daemon.client()
        let refused = try other.refused(
            CreateImage.self, scene.request, timeoutNanoseconds: 50_000_000)
        #expect(refused?.statusCode == .deadlineExceeded)
        try scene.expect(held: 1, waiting: 0)
        try scene.owner.releaseRequests()
        let id = try scene.first.answer(CreateImage.self, scene.stream).imageID
        #expect(try scene.imageIDs() == [id])
        try scene.expectCleanEnd()
    }

    /// Those that waited for a request that was dropped are judged afresh.
    @Test func cancelOfAHeldRequest() throws {
        let scene = try Scene()
        let racers = try Racers(scene.daemon, count: 3)
        racers.add(CreateImage.self, Array(repeating: [scene.request], count: 3))
        racers.start()
        try scene.expect(held: 1, waiting: 3)
        _ = try scene.first.call(Cancel.self, .with { $0.streamID = Int64(scene.stream) })
        #expect(try scene.first.refusal(scene.stream).statusCode == .cancelled)
        let ids = try (0..<3).flatMap { try racers.outcomes(of: $0).imageIDs() }
        #expect(ids.count == 3)
        #expect(try scene.imageIDs() == Array(Set(ids)))
        try scene.expectCleanEnd()
    }

    @Test func cancelledNothingHappened() throws {
        let scene = try Scene()
        _ = try scene.first.call(Cancel.self, .with { $0.streamID = Int64(scene.stream) })
        #expect(try scene.first.refusal(scene.stream).statusCode == .cancelled)
        try scene.expectNothingHappened()
        try scene.expectCleanEnd()
    }

    @Test func cancelOfAWaitingRequest() throws {
        let scene = try Scene()
        let stream = try scene.first.begin(CreateImage.self, scene.request)
        try scene.expect(held: 1, waiting: 1)
        _ = try scene.first.call(Cancel.self, .with { $0.streamID = Int64(stream) })
        #expect(try scene.first.refusal(stream).statusCode == .cancelled)
        try scene.expect(held: 1, waiting: 0)
        try scene.owner.releaseRequests()
        let id = try scene.first.answer(CreateImage.self, scene.stream).imageID
        #expect(try scene.imageIDs() == [id])
        try scene.expectCleanEnd()
    }

    /// A caller that is gone may have been heard: its request is carried out when it is released,
    /// and a retry with its token is told so.
    @Test func lostConnections() throws {
        let scene = try Scene(sends: false)
        try scene.owner.hold(token: "token")
        let racers = try Racers(scene.daemon, count: 3)
        racers.add(CreateImage.self, [[scene.request]])
        racers.start()
        try scene.expect(held: 1, waiting: 0)
        racers.add(CreateImage.self, [[], [scene.request], [scene.request]])
        racers.start()
        try scene.expect(held: 1, waiting: 2)
        // The held one's process ends, and one that waits.
        try racers.kill(0)
        try racers.kill(1)
        let retry = try scene.first.begin(CreateImage.self, scene.request)
        try scene.expect(held: 1, waiting: 3)
        #expect(try scene.imageIDs().isEmpty)
        #expect(try scene.owner.releaseRequests() == 1)
        let id = try scene.first.answer(CreateImage.self, retry).imageID
        #expect(try racers.outcomes(of: 2).imageIDs() == [id])
        #expect(try scene.imageIDs() == [id])
        try scene.expectCleanEnd()
    }

    /// Nobody is left who could be told, and it is done all the same.
    @Test func carriedOutWithoutItsCaller() throws {
        let scene = try Scene(sends: false)
        try scene.owner.hold(token: "token")
        let racers = try Racers(scene.daemon, count: 1)
        racers.add(CreateImage.self, [[scene.request]])
        racers.start()
        try scene.expect(held: 1, waiting: 0)
        try racers.kill(0)
        #expect(try scene.owner.releaseRequests() == 1)
        #expect(try eventually { try scene.imageIDs().count == 1 })
        let id = try scene.owner.call(CreateImage.self, scene.request).imageID
        #expect(try scene.imageIDs() == [id])
        try scene.expectCleanEnd()
    }

    /// Without a deadline a wait ends after WaitSeconds, although the first is held still.
    @Test func aWaitHasABound() throws {
        let scene = try Scene(configuration: "[daemon]\nWaitSeconds = 1\n")
        let other = try scene.daemon.client()
        #expect(
            try other.refused(CreateImage.self, scene.request)?.code == "IdempotentProcessing")
        try scene.expect(held: 1, waiting: 0)
        try scene.owner.releaseRequests()
        let id = try scene.first.answer(CreateImage.self, scene.stream).imageID
        #expect(try scene.imageIDs() == [id])
        try scene.expectCleanEnd()
    }

    // MARK: Limits and ends

    @Test func anAccountHasManyHeldRequestsAndNoMore() throws {
        let scene = try Scene(sends: false)
        try scene.owner.hold(times: 0)
        let neighbour = try scene.owner.account("neighbour", of: scene.daemon)
        try neighbour.hold()
        var clients: [TestClient] = []
        var streams: [UInt32] = []
        var tokenless = scene.request
        tokenless.clientToken = ""
        tokenless.instanceID = "i-none"
        for _ in 0..<8 {
            let client = try scene.daemon.client()
            for _ in 0..<128 { streams.append(try client.begin(CreateImage.self, tokenless)) }
            clients.append(client)
        }
        try scene.expect(held: 1_024, waiting: 0)
        #expect(
            try scene.owner.refused(CreateImage.self, tokenless)?.code == "ServiceUnavailable")
        // Each account has its own room.
        let other = try neighbour.begin(CreateImage.self, tokenless)
        #expect(try eventually { try self.held("neighbour", scene.daemon) == 1 })
        #expect(try scene.owner.releaseRequests() == 1_024)
        for (index, stream) in streams.enumerated() {
            #expect(try clients[index / 128].refusal(stream).code == "InvalidInstanceId.NotFound")
        }
        // There is room again.
        let again = try clients[0].begin(CreateImage.self, tokenless)
        try scene.expect(held: 1, waiting: 0)
        try scene.owner.releaseRequests()
        #expect(try clients[0].refusal(again).code == "InvalidInstanceId.NotFound")
        let last = try scene.daemon.client()
        last.account = "neighbour"
        try last.releaseRequests()
        #expect(try neighbour.refusal(other).code == "InvalidInstanceId.NotFound")
        try scene.expectCleanEnd()
    }

    private func held(_ account: String, _ daemon: TestDaemon) throws -> Int {
        let client = try daemon.client()
        client.account = account
        return try client.heldCounts().held
    }

    /// Requests to an account that is dropped meanwhile find no account.
    @Test func heldInADroppedAccount() throws {
        let scene = try Scene(sends: false)
        let client = try scene.owner.account("gone", of: scene.daemon)
        let instance = try client.registerSimulated().instanceID
        try client.hold(token: "token")
        let request = TestClient.createImageRequest(of: instance, token: "token")
        let held = try client.begin(CreateImage.self, request)
        #expect(try eventually { try self.held("gone", scene.daemon) == 1 })
        let waiting = try client.begin(CreateImage.self, request)
        let other = try scene.daemon.client()
        other.account = "gone"
        #expect(try eventually { try other.heldCounts() == (1, 1) })
        _ = try scene.owner.call(DropAccount.self, .with { $0.accountID = "gone" })
        #expect(try client.refusal(held).code == "Forbidden")
        #expect(try client.refusal(waiting).code == "Forbidden")
        try scene.expectCleanEnd()
    }

    /// R12: held and waiting requests end with the daemon, in time, and nothing of them happened;
    /// one whose caller is gone does not keep the daemon.
    @Test func theDaemonStops() throws {
        let scene = try Scene()
        let racers = try Racers(scene.daemon)
        racers.add(CreateImage.self, Array(repeating: [scene.request], count: 16))
        racers.start()
        try scene.expect(held: 1, waiting: 16)
        try scene.owner.hold()
        let lost = try Racers(scene.daemon, count: 1)
        var other = scene.request
        other.clientToken = "other"
        lost.add(CreateImage.self, [[other]])
        lost.start()
        try scene.expect(held: 2, waiting: 16)
        try lost.kill(0)
        #expect(try scene.daemon.stop() == 0)
        #expect(try scene.first.refusal(scene.stream).code == "ServiceUnavailable")
        for process in 0..<16 {
            #expect(try racers.outcomes(of: process).map(\.text) == ["ServiceUnavailable"])
        }
        try scene.daemon.start()
        let client = try scene.daemon.client()
        #expect(try client.images().isEmpty)
        #expect(try client.heldCounts() == (0, 0))
        let id = try client.call(CreateImage.self, scene.different).imageID
        #expect(try client.images().map(\.imageID) == [id])
        #expect(try scene.daemon.stop() == 0)
    }

    /// Killed instead, their outcome is unknown to the callers; nothing happened.
    @Test func theDaemonIsKilled() throws {
        let scene = try Scene()
        let racers = try Racers(scene.daemon)
        racers.add(CreateImage.self, Array(repeating: [scene.request], count: 16))
        racers.start()
        try scene.expect(held: 1, waiting: 16)
        try scene.daemon.restart()
        for process in 0..<16 {
            #expect(try racers.outcomes(of: process).map(\.text) == ["lost"])
        }
        // The rule was used up: the retry is not held.
        let outcomes = try racers.race(
            CreateImage.self, Array(repeating: [scene.request], count: 16))
        let client = try scene.daemon.client()
        #expect(try client.images().map(\.imageID) == Array(Set(outcomes.imageIDs())))
        #expect(outcomes.counts == ["OK": 16])
        #expect(try scene.daemon.stop() == 0)
    }
}
