import ECS
import TestSupport
import Testing
import Wire

/// An account of its own on the suite's daemon, with a clock that only moves when it is told to,
/// and a connection to it.
final class Bench {
    let client: TestClient
    let account: String
    let defaultGroup: String
    /// IDs of the errors that requests were refused with.
    private(set) var met: Set<String> = []
    private var plainSnapshot: String?
    /// The way that CreateImage is asked for; nil: the binary protocol's.
    private let door: (any Door)?
    /// Whether errors name parameters: the SDKs pass over what ECS does not have.
    var knowsParameters = true

    init(_ socketPath: String, _ door: (any Door)? = nil) throws {
        self.door = door
        client = try TestClient(socketPath)
        let born = try client.call(CreateAccount.self, CreateAccountRequest())
        account = born.accountID
        defaultGroup = born.defaultResourceGroupID
        client.account = account
        _ = try client.call(SetClock.self, .with { $0.isFrozen = true })
    }

    /// The account goes, so that the daemon stays small.
    func drop() throws {
        client.ramUser = ""
        _ = try client.call(DropAccount.self, .with { $0.accountID = account })
    }

    /// What another account of the same case has met.
    func take(_ ids: Set<String>) { met.formUnion(ids) }

    // MARK: CreateImage

    typealias Change = (inout CreateImageRequest) throws -> Void

    func request(_ change: Change) throws -> CreateImageRequest {
        var request = CreateImageRequest()
        request.regionID = testRegion
        try change(&request)
        return request
    }

    /// The ID of an image that is still to be made.
    @discardableResult
    func create(_ change: Change) throws -> String { try create(try request(change)) }

    @discardableResult
    func create(_ request: CreateImageRequest) throws -> String {
        let response = try response(to: request)
        #expect(response.imageID.wholeMatch(of: /m-[a-z0-9]{20}/) != nil)
        #expect(!response.requestID.isEmpty)
        return response.imageID
    }

    private func response(to request: CreateImageRequest) throws -> CreateImageResponse {
        guard let door, !client.explains else {
            return try client.call(CreateImage.self, request)
        }
        return try door.createImage(request, key: key).get()
    }

    /// The error that a request is refused with; nil: it was accepted.
    private func refusal(of request: CreateImageRequest) throws -> TestClient.Refused? {
        guard let door else { return try client.refused(CreateImage.self, request) }
        switch try door.createImage(request, key: key) {
        case .success: return nil
        case .failure(let refused): return refused
        }
    }

    /// The account and its RAM user as an access key names them.
    private var key: String {
        client.ramUser.isEmpty ? client.account : "\(client.account)/\(client.ramUser)"
    }

    /// The image, when its own jobs are done.
    @discardableResult
    func made(_ change: Change) throws -> Image {
        let id = try create(change)
        try finish([id])
        let image = try image(id)
        #expect(image.status == "Available", "\(image.failureReason)")
        return image
    }

    /// Expects a request to be refused with the row `id`: its status, its code, its message to
    /// the letter; and to leave nothing behind (B-Atomic).
    ///
    /// - Parameters:
    ///   - values: what stands for the `%s` of the message.
    ///   - parameter: as the error names it; nil: any.
    func refuse(
        _ id: String, _ values: String..., parameter: String? = nil,
        sourceLocation: SourceLocation = #_sourceLocation, _ change: Change
    ) throws {
        try refuse(id, values, parameter, sourceLocation, change)
    }

    func refuse(
        _ id: String, parameter: String? = nil,
        sourceLocation: SourceLocation = #_sourceLocation, _ change: Change
    ) throws {
        try refuse(id, [], parameter, sourceLocation, change)
    }

    private func refuse(
        _ id: String, _ values: [String], _ parameter: String?, _ sourceLocation: SourceLocation,
        _ change: Change
    ) throws {
        let request = try request(change)
        let before = try remains()
        if let refused = try refusal(of: request) {
            expect(refused, is: id, values, parameter, sourceLocation: sourceLocation)
        } else {
            Issue.record("accepted; \(id) was due", sourceLocation: sourceLocation)
        }
        #expect(try remains() == before, "it left something", sourceLocation: sourceLocation)
    }

    /// The same for hosts of requests: whoever calls compares what remains.
    func refuseQuickly(
        _ id: String, _ comment: String,
        sourceLocation: SourceLocation = #_sourceLocation, _ change: Change
    ) throws {
        let refused = try refusal(of: try request(change))
        guard let refused, let error = refused.detail else {
            Issue.record("accepted: \(comment)", sourceLocation: sourceLocation)
            return
        }
        met.insert(id)
        let row = Row.of(id)
        #expect(
            error.code == row.code && error.httpStatus == row.status,
            "\(comment)", sourceLocation: sourceLocation)
    }

    func expect(
        _ refused: TestClient.Refused, is id: String, _ values: [String] = [],
        _ parameter: String? = nil, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let row = Row.of(id)
        guard let error = refused.detail else {
            Issue.record("\(refused) instead of \(id)", sourceLocation: sourceLocation)
            return
        }
        if error.code == row.code && error.httpStatus == row.status { met.insert(id) }
        #expect(error.httpStatus == row.status, "\(id)", sourceLocation: sourceLocation)
        #expect(error.code == row.code, "\(id)", sourceLocation: sourceLocation)
        #expect(error.message == row.message(values), "\(id)", sourceLocation: sourceLocation)
        #expect(!error.requestID.isEmpty, "\(id)", sourceLocation: sourceLocation)
        if let parameter, knowsParameters {
            #expect(error.parameter == parameter, "\(id)", sourceLocation: sourceLocation)
        }
    }

    /// The code and status of each error that a request meets, in order.
    func explained(_ change: Change) throws -> [String] {
        client.explains = true
        defer { client.explains = false }
        let refused = try client.refused(CreateImage.self, try request(change))
        return refused?.details.map { "\($0.httpStatus) \($0.code)" } ?? []
    }

    // MARK: What there is

    /// Everything that a refusal could have left or changed, as its owner sees it.
    struct Remains: Equatable {
        let images: [[UInt8]]
        let snapshots: [[UInt8]]
        let jobs: [[UInt8]]
    }

    func remains() throws -> Remains {
        let (user, explains) = (client.ramUser, client.explains)
        client.ramUser = ""
        client.explains = false
        defer {
            client.ramUser = user
            client.explains = explains
        }
        return Remains(
            images: try images().map { $0.encoded() },
            snapshots: try client.snapshots().map { $0.encoded() },
            jobs: try jobs().map { $0.encoded() })
    }

    /// The account's own images, whatever their status.
    func images() throws -> [Image] { try client.images { $0.imageOwnerAlias = "self" } }

    func image(_ id: String) throws -> Image {
        try #require(try client.images { $0.imageID = id }.first, "no image \(id)")
    }

    func snapshot(_ id: String) throws -> Snapshot {
        try #require(try client.snapshots { $0.snapshotIDs = [id] }.first, "no snapshot \(id)")
    }

    func disk(_ id: String) throws -> Disk {
        let response = try client.call(
            DescribeDisks.self,
            .with {
                $0.regionID = testRegion
                $0.diskIDs = [id]
            })
        return try #require(response.disks.first, "no disk \(id)")
    }

    func disks(of instanceID: String) throws -> [Disk] {
        try client.call(
            DescribeDisks.self,
            .with {
                $0.regionID = testRegion
                $0.instanceID = instanceID
                $0.pageSize = 100
            }
        ).disks.sorted { $0.device < $1.device }
    }

    func instance(_ id: String) throws -> Instance {
        let response = try client.call(
            DescribeInstances.self,
            .with {
                $0.regionID = testRegion
                $0.instanceIDs = [id]
            })
        return try #require(response.instances.first, "no instance \(id)")
    }

    func jobs() throws -> [Job] {
        try client.call(DescribeJobs.self, DescribeJobsRequest()).jobs
    }

    // MARK: A source

    /// The finished snapshot of a system disk, 40 GiB of cloud_essd, x86_64: a source that is
    /// right in every way. The same at every call.
    func plain() throws -> String {
        if let plainSnapshot { return plainSnapshot }
        let id = try snapshot(of: try machine().disks[0])
        plainSnapshot = id
        return id
    }
}
