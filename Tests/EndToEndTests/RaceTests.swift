import ECS
import Foundation
import TestSupport
import Testing

/// Sixteen real processes and one daemon: what only one may have, one has; what only so many may,
/// exactly so many.
@Suite struct RaceTests {
    /// Quotas that are not the matter of a case do not get in its way.
    private static let wide: [String: Int64] = [
        "Images": 10_000, "ImagesPerFamily": 10_000, "Families": 10_000,
        "SnapshotsPerDisk": 10_000, "ConcurrentPerDisk": 10_000, "ConcurrentPerOldDisk": 10_000,
        "UnfinishedSnapshots": 10_000,
    ]

    /// A limit at its edge: what is asked for, how much of it fits, what the rest is told.
    private struct Edge: Sendable {
        let limit: String
        let value: Int64
        let code: String
        var category = "cloud_essd"
        var disks = 1
        /// Requests that fit.
        let admitted: Int
        /// How many more fit when two jobs have finished, or nil: jobs are not the matter.
        var admittedLater: Int?
        let request: @Sendable (_ machine: RegisterInstanceResponse, _ number: Int) -> Asked
    }

    private enum Asked {
        case image(CreateImageRequest)
        case snapshot(CreateSnapshotRequest)
    }

    private static func image(
        _ machine: RegisterInstanceResponse, family: String = ""
    ) -> Asked {
        .image(
            .with {
                $0.regionID = testRegion
                $0.instanceID = machine.instanceID
                $0.imageFamily = family
            })
    }

    private static func snapshot(_ machine: RegisterInstanceResponse) -> Asked {
        .snapshot(.with { $0.diskID = machine.diskIDs[0] })
    }

    private static let edges: [Edge] = [
        Edge(limit: "Images", value: 7, code: "QuotaExceed.Image", admitted: 7) { machine, _ in
            image(machine)
        },
        Edge(
            limit: "ImagesPerFamily", value: 5, code: "ImageQuotaExceed.ImageFamily", admitted: 5
        ) { machine, _ in image(machine, family: "family") },
        Edge(limit: "Families", value: 9, code: "ImageFamilyQuotaExceed", admitted: 9) {
            image($0, family: "family-\($1)")
        },
        Edge(limit: "SnapshotsPerDisk", value: 11, code: "QuotaExceed.Snapshot", admitted: 11) {
            machine, _ in snapshot(machine)
        },
        // Images and snapshots have one limit.
        Edge(
            limit: "ConcurrentPerDisk", value: 10,
            code: "QuotaExceed.ConcurrentSnapshotQuota", admitted: 10, admittedLater: 2
        ) { $1 % 2 == 0 ? image($0) : snapshot($0) },
        Edge(
            limit: "ConcurrentPerOldDisk", value: 1, code: "IncorrectDiskStatus.CreatingSnapshot",
            category: "cloud_ssd", admitted: 1, admittedLater: 1
        ) { $1 % 2 == 0 ? image($0) : snapshot($0) },
        Edge(
            limit: "ConcurrentPerOldDisk", value: 3, code: "IncorrectDiskStatus.CreatingSnapshot",
            category: "cloud", admitted: 3, admittedLater: 2
        ) { $1 % 2 == 0 ? image($0) : snapshot($0) },
        Edge(
            limit: "UnfinishedSnapshots", value: 20, code: "TooManySnapshot.Unfinished",
            admitted: 20, admittedLater: 2
        ) { $1 % 2 == 0 ? image($0) : snapshot($0) },
        // All disks of an image are admitted, or none: three times six fit into twenty.
        Edge(
            limit: "UnfinishedSnapshots", value: 20, code: "TooManySnapshot.Unfinished", disks: 3,
            admitted: 6, admittedLater: 1
        ) { machine, _ in image(machine) },
    ]

    @Test func everyLimitExactlyAtItsEdge() throws {
        let daemon = try TestDaemon(fixture: true)
        let racers = try Racers(daemon)
        let owner = try daemon.client()
        for (number, edge) in Self.edges.enumerated() {
            let name = "edge-\(number)"
            let client = try owner.account(name, of: daemon)
            try client.setLimits(Self.wide.merging([edge.limit: edge.value]) { $1 })
            _ = try client.call(HoldJobs.self, HoldJobsRequest())
            let machine = try register(edge, client)
            try race(edge, machine, racers, name, round: 0, admitted: edge.admitted)
            // Full stays full.
            try race(edge, machine, racers, name, round: 1, admitted: 0)
            try audit(edge, edge.admitted, client)
            guard let later = edge.admittedLater else { continue }
            _ = try client.call(FinishJobs.self, .with { $0.count = 2 })
            try race(edge, machine, racers, name, round: 2, admitted: later)
        }
        #expect(try daemon.stop() == 0)
    }

    private func register(
        _ edge: Edge, _ client: TestClient
    ) throws -> RegisterInstanceResponse {
        try client.call(
            RegisterInstance.self,
            .with { request in
                request.regionID = testRegion
                request.disk = (0..<edge.disks).map { index in
                    .with {
                        $0.size = 20
                        $0.category = edge.category
                        $0.type = index == 0 ? "system" : "data"
                    }
                }
            })
    }

    /// Three requests of each process, of both operations.
    private func race(
        _ edge: Edge, _ machine: RegisterInstanceResponse, _ racers: Racers, _ account: String,
        round: Int, admitted: Int
    ) throws {
        var images: [[CreateImageRequest]] = []
        var snapshots: [[CreateSnapshotRequest]] = []
        for process in 0..<racers.count {
            var own: ([CreateImageRequest], [CreateSnapshotRequest]) = ([], [])
            for index in 0..<3 {
                switch edge.request(machine, process + index * 16 + round * 48) {
                case .image(let request): own.0.append(request)
                case .snapshot(let request): own.1.append(request)
                }
            }
            images.append(own.0)
            snapshots.append(own.1)
        }
        racers.add(CreateImage.self, account: account, images)
        racers.add(CreateSnapshot.self, account: account, snapshots)
        let counts = try racers.race().counts
        #expect(
            counts == [edge.code: 48 - admitted, "OK": admitted].filter { $0.value > 0 },
            "\(edge.limit) = \(edge.value), \(edge.disks) disks")
    }

    /// What the daemon shows is what it has admitted.
    private func audit(_ edge: Edge, _ admitted: Int, _ client: TestClient) throws {
        let (images, snapshots) = (try client.images(), try client.snapshots())
        let jobs = try client.call(DescribeJobs.self, DescribeJobsRequest()).jobs
        #expect(jobs.count == admitted * edge.disks, "\(edge.limit)")
        #expect(snapshots.count == admitted * edge.disks, "\(edge.limit)")
        #expect(Set(jobs.map(\.imageID)).subtracting([""]) == Set(images.map(\.imageID)))
        #expect(snapshots.allSatisfy { $0.status == "progressing" })
    }

    /// Q-Workers: so many run, the rest waits; as one ends the next begins, and another account's
    /// jobs take none of them (B-Async).
    @Test func asManyJobsRunAsMay() throws {
        let daemon = try TestDaemon(fixture: true)
        let racers = try Racers(daemon)
        let owner = try daemon.client()
        let clients = try ["one", "two"].map { name in
            let client = try owner.account(name, of: daemon)
            try client.setLimits(Self.wide)
            try client.setLimits([
                "SimulatedBaseMilliseconds": 1_000, "SimulatedMillisecondsPerGiB": 0,
                "Workers": name == "one" ? 3 : 5,
            ])
            try client.freezeClock()
            return client
        }
        for client in clients {
            let disk = try client.registerSimulated().diskIDs[0]
            let requests = [CreateSnapshotRequest.with { $0.diskID = disk }]
            let outcomes = try racers.race(
                CreateSnapshot.self, account: client.account,
                Array(repeating: requests, count: racers.count))
            #expect(outcomes.counts == ["OK": 16])
        }
        for (client, workers) in zip(clients, [3, 5]) {
            var left = 16
            while left > 0 {
                let (waiting, running) = try client.jobCounts()
                #expect(running == min(left, workers) && waiting == left - running)
                try client.advanceClock(milliseconds: 999)
                #expect(try client.jobCounts() == (waiting, running))
                try client.advanceClock(milliseconds: 1)
                left -= running
                #expect(try eventually { try client.jobCounts() == self.expected(left, workers) })
            }
        }
        #expect(try daemon.stop() == 0)
    }

    private func expected(_ left: Int, _ workers: Int) -> (waiting: Int, running: Int) {
        (max(0, left - workers), min(left, workers))
    }

    // MARK: Names

    /// B-NameUnique: one wins, whatever its source.
    @Test func oneOfManyGetsTheName() throws {
        let daemon = try TestDaemon(fixture: true)
        let racers = try Racers(daemon)
        let client = try daemon.client()
        try client.setLimits(Self.wide)
        let machine = try client.registerSimulated(disks: 2)
        let snapshot = try client.call(
            CreateSnapshot.self, .with { $0.diskID = machine.diskIDs[0] }
        ).snapshotID
        _ = try client.call(FinishJobs.self, FinishJobsRequest())
        for round in 0..<20 {
            let requests = (0..<16).map { process in
                CreateImageRequest.with {
                    $0.regionID = testRegion
                    $0.imageName = "name-\(round)"
                    if process % 2 == 0 {
                        $0.instanceID = machine.instanceID
                    } else {
                        $0.snapshotID = snapshot
                    }
                }
            }
            let outcomes = try racers.race(CreateImage.self, requests.map { [$0] })
            #expect(outcomes.counts == ["OK": 1, "InvalidImageName.Duplicated": 15])
            let named = try client.images { $0.imageName = "name-\(round)" }
            #expect(try named.map(\.imageID) == outcomes.imageIDs())
        }
        #expect(try client.images().count == 20)
        #expect(try daemon.stop() == 0)
    }

    // MARK: Tokens

    /// D-Idempotency: the same request is one image, whoever sends it.
    @Test func oneTokenIsOneImage() throws {
        let daemon = try TestDaemon(fixture: true)
        let racers = try Racers(daemon)
        let client = try daemon.client()
        try client.setLimits(Self.wide)
        let instance = try client.registerSimulated().instanceID
        func requests(_ token: String, _ describe: (Int) -> String) -> [[CreateImageRequest]] {
            (0..<16).map { process in
                [
                    .with {
                        $0.regionID = testRegion
                        $0.instanceID = instance
                        $0.clientToken = token
                        $0.description = describe(process)
                    }
                ]
            }
        }
        for round in 0..<10 {
            let same = try racers.race(CreateImage.self, requests("s-\(round)") { _ in "same" })
            #expect(same.counts == ["OK": 16])
            #expect(try Set(same.imageIDs()).count == 1)

            let each = try racers.race(CreateImage.self, requests("e-\(round)") { "no. \($0)" })
            #expect(each.counts == ["OK": 1, "IdempotenceParamNotMatch": 15])

            // Of two parties one wins, and all of it has the one image.
            let party = try racers.race(
                CreateImage.self, requests("p-\(round)") { $0 % 2 == 0 ? "even" : "odd" })
            #expect(party.counts == ["OK": 8, "IdempotenceParamNotMatch": 8])
            #expect(try Set(party.imageIDs()).count == 1)
            let parity = party.indices.filter { party[$0].event == "ok" }.map { $0 % 2 }
            #expect(Set(parity).count == 1)
        }
        #expect(try client.images().count == 30)
        #expect(try daemon.stop() == 0)
    }

    // MARK: Accounts

    /// An account whose clock stands still and whose jobs are held stops no other; clock, holds
    /// and rules are the same after a kill.
    @Test func accountsDoNotWaitForEachOther() throws {
        let daemon = try TestDaemon(fixture: true)
        var owner = try daemon.client()
        var still = try owner.account("still", of: daemon)
        var busy = try owner.account("busy", of: daemon)
        for client in [still, busy] {
            try client.setLimits(Self.wide)
            try client.setLimits(["SimulatedBaseMilliseconds": 5, "Workers": 1])
        }
        _ = try still.call(
            SetClock.self,
            .with {
                $0.time = "2030-01-02T03:04:05Z"
                $0.isFrozen = true
            })
        _ = try still.call(HoldJobs.self, HoldJobsRequest())
        let rule = try still.hold(token: "held", times: 0)
        let stillMachine = try still.registerSimulated(disks: 2)
        let stuck = try still.createImage(of: stillMachine.instanceID)
        let machine = try busy.registerSimulated(disks: 2)
        for round in 0..<3 {
            for _ in 0..<5 {
                let id = try busy.createImage(of: machine.instanceID)
                #expect(try busy.wait(for: id)?.status == "Available")
            }
            #expect(try still.images().map(\.status) == ["Waiting"])
            let seen = try still.call(DescribeAccount.self, DescribeAccountRequest())
            #expect(seen.clock?.time == "2030-01-02T03:04:05Z" && seen.clock?.isFrozen == true)
            #expect(seen.holdsJobs)
            let rules = try still.call(DescribeFaultRules.self, DescribeFaultRulesRequest())
            #expect(rules.faultRules.map(\.faultRuleID) == [rule])
            #expect(try still.call(DescribeJobs.self, .init()).jobs.allSatisfy { $0.isHeld })
            if round == 2 { break }
            try daemon.restart()
            owner = try daemon.client()
            (still, busy) = (try daemon.client(), try daemon.client())
            (still.account, busy.account) = ("still", "busy")
        }
        // The rule holds after the restarts as before them.
        let request = TestClient.createImageRequest(of: stillMachine.instanceID, token: "held")
        let held = try still.begin(CreateImage.self, request)
        #expect(try eventually { try self.heldIn(daemon, "still") == 1 })
        _ = try busy.call(DescribeJobs.self, .init())
        let other = try daemon.client()
        other.account = "still"
        #expect(try other.releaseRequests() == 1)
        #expect(try still.answer(CreateImage.self, held).imageID != stuck)
        // Let go, the jobs go by the account's own clock.
        _ = try still.call(ReleaseJobs.self, .init())
        #expect(try eventually { try still.jobCounts() == (3, 1) })
        while try !still.call(DescribeJobs.self, .init()).jobs.isEmpty {
            try still.advanceClock(milliseconds: 5_000)
        }
        #expect(try still.images().map(\.status) == ["Available", "Available"])
        #expect(try daemon.stop() == 0)
    }

    private func heldIn(_ daemon: TestDaemon, _ account: String) throws -> Int {
        let client = try daemon.client()
        client.account = account
        return try client.heldCounts().held
    }
}
