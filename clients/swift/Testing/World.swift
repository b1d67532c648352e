public import ECS
public import ImagedClient

/// One test's account: nobody else knows it, its clock and its work are the test's to move.
public struct World: Sendable {
    /// The region that requests are made in, unless they say another.
    public static let region = "cn-hangzhou"

    @TaskLocal static var known: World?

    /// The running test's.
    public static var current: World {
        guard let known else {
            preconditionFailure("World.current is there in tests that have the trait .imaged")
        }
        return known
    }

    /// The account's name.
    public let account: String
    /// A client that makes its calls in the account.
    public let client: ImagedClient
    /// Where the daemon listens, for programs under test.
    public var socketPath: String { daemon.socketPath }
    private let daemon: ImagedDaemon

    /// A new account, with a client of its own.
    static func create(in daemon: ImagedDaemon) async throws -> World {
        let creator = try await ImagedClient.connect(socket: daemon.socketPath)
        let account = try await creator.call(CreateAccount.self, CreateAccountRequest()).accountID
        creator.close()
        let client = try await ImagedClient.connect(
            socket: daemon.socketPath, options: .init(account: account))
        return World(account: account, client: client, daemon: daemon)
    }

    private init(account: String, client: ImagedClient, daemon: ImagedDaemon) {
        self.account = account
        self.client = client
        self.daemon = daemon
    }

    /// The account and all that it holds go, and its client is closed.
    func drop() async throws {
        client.close()
        // The test may have closed its client before.
        let owner = try await ImagedClient.connect(socket: daemon.socketPath)
        defer { owner.close() }
        var request = DropAccountRequest()
        request.accountID = account
        _ = try await owner.call(DropAccount.self, request)
    }

    // MARK: What a test starts from

    /// Registers an instance with simulated disks, the first being the system disk.
    ///
    /// - Parameters:
    ///   - disks: their sizes in GiB.
    ///   - status: `Stopped` or `Running`.
    public func addInstance(
        disks: [Int32] = [40], name: String = "", status: String = "Stopped"
    ) async throws -> RegisterInstanceResponse {
        var request = RegisterInstanceRequest()
        request.regionID = Self.region
        request.instanceName = name
        request.status = status
        request.disk = disks.map { size in
            var disk = RegisteredDisk()
            disk.size = size
            return disk
        }
        return try await client.call(RegisterInstance.self, request)
    }

    /// Sets limits of the account: `["UnfinishedSnapshots": 2]`.
    public func setLimits(_ limits: [String: Int64]) async throws {
        var request = SetLimitsRequest()
        request.limit = limits.sorted { $0.key < $1.key }.map { name, value in
            var limit = Limit()
            limit.name = name
            limit.value = value
            return limit
        }
        _ = try await client.call(SetLimits.self, request)
    }

    // MARK: Its clock

    /// Stops the account's clock, at `time` (yyyy-MM-ddTHH:mm:ssZ) or where it is.
    ///
    /// - Returns: the time it shows.
    @discardableResult
    public func freezeClock(at time: String = "") async throws -> String {
        var request = SetClockRequest()
        request.time = time
        request.isFrozen = true
        return try await client.call(SetClock.self, request).clock?.time ?? ""
    }

    /// Moves the account's clock on; simulated work that takes less is done then.
    ///
    /// - Returns: the time it shows.
    @discardableResult
    public func advanceClock(by duration: Duration) async throws -> String {
        let (seconds, attoseconds) = duration.components
        var request = AdvanceClockRequest()
        request.seconds = seconds
        request.milliseconds = attoseconds / 1_000_000_000_000_000
        return try await client.call(AdvanceClock.self, request).clock?.time ?? ""
    }

    // MARK: Its work

    /// Holds the work on all snapshots and images, those to come too.
    public func holdJobs() async throws {
        _ = try await client.call(HoldJobs.self, HoldJobsRequest())
    }

    /// Lets held work go on, and holds none that comes.
    public func releaseJobs() async throws {
        _ = try await client.call(ReleaseJobs.self, ReleaseJobsRequest())
    }

    /// Ends the oldest `count` of the work that is there with success; nil: all of it.
    public func finishJobs(_ count: Int32? = nil) async throws {
        var request = FinishJobsRequest()
        request.count = count
        _ = try await client.call(FinishJobs.self, request)
    }

    /// Lets the oldest `count` of the work that is there fail, with this reason; nil: all of it.
    public func failJobs(_ count: Int32? = nil, reason: String) async throws {
        var request = FailJobsRequest()
        request.count = count
        request.reason = reason
        _ = try await client.call(FailJobs.self, request)
    }

    // MARK: Faults

    /// Refuses the next `times` requests of an operation with an error code; 0: until the rule is
    /// removed.
    ///
    /// - Returns: the rule's number.
    @discardableResult
    public func fail<O: ECS.Operation>(
        _ operation: O.Type, with code: ErrorCode, times: Int32 = 1
    ) async throws -> Int64 {
        var request = AddFaultRuleRequest()
        request.operation = O.name
        request.action = "fail"
        request.code = code.rawValue
        request.times = times
        return try await client.call(AddFaultRule.self, request).faultRuleID
    }

    /// Holds the next `times` requests of an operation back, until ``releaseRequests()``; 0: until
    /// the rule is removed.
    ///
    /// - Returns: the rule's number.
    @discardableResult
    public func hold<O: ECS.Operation>(
        _ operation: O.Type, times: Int32 = 1
    ) async throws -> Int64 {
        var request = AddFaultRuleRequest()
        request.operation = O.name
        request.action = "hold"
        request.times = times
        return try await client.call(AddFaultRule.self, request).faultRuleID
    }

    /// Lets held requests go on.
    ///
    /// - Returns: how many there were.
    @discardableResult
    public func releaseRequests() async throws -> Int {
        Int(try await client.call(ReleaseRequests.self, ReleaseRequestsRequest()).released)
    }
}
