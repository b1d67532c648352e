import ECS
import Foundation
import ImagedClient
import ImagedTesting
import TestSupport
import Testing

/// What the Swift client brings for tests of its users, with the real daemon.
@Suite(.imaged, .timeLimit(.minutes(60))) struct WorldTests {
    private let world = World.current

    private func createImage(_ name: String) async throws -> String {
        let vm = try await world.addInstance(disks: [40, 100])
        return try await world.client.call(
            CreateImage.self,
            .with {
                $0.regionID = World.region
                $0.instanceID = vm.instanceID
                $0.imageName = name
            }
        ).imageID
    }

    private func image(_ id: String) async throws -> Image? {
        try await world.client.call(
            DescribeImages.self,
            .with {
                $0.regionID = World.region
                $0.imageID = id
                $0.status = "ALL"
            }
        ).images.first
    }

    /// Nothing of one case is seen in another: each name is free, each list is empty.
    @Test(arguments: 0..<8) func eachCaseHasAnAccountOfItsOwn(_ number: Int) async throws {
        let account = World.current.account
        #expect(account == world.account)
        _ = try await createImage("the-same")
        let instances = try await world.client.call(
            DescribeInstances.self, .with { $0.regionID = World.region })
        #expect(instances.totalCount == 1)
        #expect(account != "default")
    }

    @Test func theAccountGoesWithItsTest() async throws {
        var account = ""
        let daemon = try await ImagedDaemon.shared()
        try await ImagedTrait().provideScope(for: #require(Test.current), testCase: nil) {
            #expect(World.current.account != self.world.account)
        }
        // A world that ended with an error is dropped too.
        struct Failure: Error {}
        let seen = Names()
        await #expect(throws: Failure.self) {
            try await ImagedTrait().provideScope(for: #require(Test.current), testCase: nil) {
                await seen.add(World.current.account)
                throw Failure()
            }
        }
        account = try #require(await seen.all.first)
        let client = try await ImagedClient.connect(
            socket: daemon.socketPath, options: .init(account: account))
        await #expect {
            _ = try await client.call(DescribeAccount.self, .init())
        } throws: { error in
            (error as? ServiceError)?.code.rawValue == "Forbidden"
        }
    }

    private actor Names {
        var all: [String] = []
        func add(_ name: String) { all.append(name) }
    }

    @Test func itsClockIsTheTests() async throws {
        #expect(
            try await world.freezeClock(at: "2031-02-03T04:05:06Z") == "2031-02-03T04:05:06Z")
        let id = try await createImage("clocked")
        #expect(try await image(id)?.status != "Available")
        #expect(try await world.advanceClock(by: .milliseconds(60_500)) == "2031-02-03T04:06:06Z")
        #expect(try await image(id)?.status == "Available")
    }

    @Test func itsWorkIsTheTests() async throws {
        try await world.holdJobs()
        let failed = try await createImage("fails")
        try await world.failJobs(reason: "disk on fire")
        #expect(try await image(failed)?.failureReason == "disk on fire")
        let finished = try await createImage("is-finished")
        try await world.finishJobs()
        #expect(try await image(finished)?.status == "Available")
        try await world.releaseJobs()
        try await world.setLimits(["Images": 2])
        await #expect {
            _ = try await createImage("too-many")
        } throws: { error in
            (error as? ServiceError)?.code == ECSError.quotaExceedImage.code
        }
    }

    @Test func faultsAreRefusedOrHeld() async throws {
        try await world.fail(DescribeRegions.self, with: ECSError.throttling.code)
        await #expect {
            _ = try await world.client.call(DescribeRegions.self, .init())
        } throws: { error in
            (error as? ServiceError)?.code == ECSError.throttling.code
        }
        #expect(try await !world.client.call(DescribeRegions.self, .init()).regions.isEmpty)
        try await world.hold(DescribeRegions.self)
        async let held = world.client.call(DescribeRegions.self, .init())
        while try await world.releaseRequests() == 0 { await Task.yield() }
        #expect(try await !held.regions.isEmpty)
    }

    @Test func theDaemonEndsWithItsOwner() async throws {
        let daemon = try await ImagedDaemon()
        daemon.end()
        #expect(kill(daemon.processID, 0) != 0)
        try await expectGone(daemon.socketPath)
        await #expect(throws: ClientError.self) {
            _ = try await ImagedClient.connect(socket: daemon.socketPath)
        }
    }

    @Test func theDaemonEndsWithAKilledProcess() async throws {
        let result = try await #require(
            processExitsWith: .signal(SIGKILL), observing: [\.standardOutputContent]
        ) {
            let daemon = try await ImagedDaemon()
            print("socket=\(daemon.socketPath)")
            fflush(nil)
            kill(getpid(), SIGKILL)
            daemon.end()
        }
        let output = String(decoding: result.standardOutputContent, as: UTF8.self)
        let told = try #require(output.firstMatch(of: /socket=(\S+)/))
        try await expectGone("\(told.1)")
    }

    /// The folder of a socket goes when its daemon has ended.
    private func expectGone(_ socketPath: String) async throws {
        let folder = URL(filePath: socketPath).deletingLastPathComponent().path
        #expect(folder.hasPrefix("/tmp/imaged-testing-"))
        for _ in 0..<5_000 where FileManager.default.fileExists(atPath: folder) {
            try await Task.sleep(for: .milliseconds(2))
        }
        #expect(!FileManager.default.fileExists(atPath: folder))
    }

    @Test func aMissingProgramIsNamed() async throws {
        await #expect {
            _ = try await ImagedDaemon(program: "/nonexistent/imaged")
        } throws: { error in
            "\(error)".contains("/nonexistent/imaged")
        }
    }
}
