import ECS
import Wire

extension Account {
    /// A resource named without its region: all regions are searched.
    func find<Record: Resource>(
        _ table: KeyPath<Region, ResourceTable<Record>>, _ id: String
    ) -> (regionID: String, region: Shared<Region>, record: Record)? {
        for (regionID, region) in regions {
            if let record = region.value[keyPath: table][id] { return (regionID, region, record) }
        }
        return nil
    }

    /// A known region. Its name has passed the syntax rules.
    func region(_ regionID: String) throws(Refusal) -> Shared<Region> {
        guard let region = regions[regionID] else {
            throw .error(
                .invalidRegionIdNotFound.naming(
                    "RegionId", hint: "One of \(Values.list(Values.regions))."))
        }
        return region
    }

    /// The group that `id` names; blank: the account's default one.
    func resourceGroup(_ id: String) throws(Refusal) -> String {
        if id.isEmpty { return record.defaultResourceGroupID }
        let groups =
            [record.defaultResourceGroupID] + record.resourceGroups.map(\.resourceGroupID)
        if groups.contains(id) { return id }
        throw .error(
            .invalidResourceGroupNotFound.naming(
                "ResourceGroupId", hint: "Leave it out, or name \(Values.list(groups))."))
    }

    /// V6: whether ECS may use the key that a disk or snapshot is encrypted with.
    func keyError(isEncrypted: Bool, _ keyID: String) -> ECSError? {
        guard isEncrypted else { return nil }
        if !(record.standing.kmsAuthorized ?? true) {
            return .invalidParameterKMSKeyIdKMSUnauthorized
        }
        guard let key = record.kmsKeys.first(where: { $0.kmsKeyID == keyID }) else { return nil }
        if !key.enabled { return .invalidParameterKMSKeyIdCMKNotEnabled }
        return key.ecsTag ? nil : .invalidParameterKMSKeyIdCMKUnauthorized
    }

    /// The unfinished job that makes a snapshot.
    func job(ofSnapshot id: String, in region: Shared<Region>) -> JobRecord? {
        guard let snapshot = region.snapshots[id] else { return nil }
        for number in region.jobsByDisk.numbers(of: snapshot.snapshot.sourceDiskID) {
            if let job = jobs[number]?.record.value, job.snapshotID == id { return job }
        }
        return nil
    }

    /// The unfinished jobs of an image, in their order.
    func jobs(ofImage image: Image, in region: Shared<Region>) -> [JobRecord] {
        let ofSnapshots = image.diskDeviceMappings.compactMap { disk in
            disk.snapshotID.isEmpty ? nil : job(ofSnapshot: disk.snapshotID, in: region)
        }
        let own = jobs.lazy.map(\.value.record.value)
            .first { $0.snapshotID.isEmpty && $0.imageID == image.imageID }
        return ofSnapshots.filter { $0.imageID == image.imageID } + (own.map { [$0] } ?? [])
    }
}

/// A ClientToken and what it was given with (V3). Only success binds one.
struct Token {
    let text: String
    private let key: String
    let parameters: [UInt8]
    private var isGiven: Bool { !text.isEmpty }

    /// - Parameter request: without its token, and in the order in which requests are compared.
    init(_ token: String, _ regionID: String, _ action: String, _ request: some Message) {
        text = token
        key = "\(regionID) \(action) \(token)"
        parameters = token.isEmpty ? [] : Self.kept(request.encoded())
    }

    func place(_ accountID: String) -> Holds.TokenPlace? {
        isGiven ? Holds.TokenPlace(accountID: accountID, key: key) : nil
    }

    /// The parameters themselves, or, of a huge request, whose ignored parameters have no limit,
    /// its length and two hashes (FNV-1a, forwards and backwards).
    private static func kept(_ bytes: [UInt8]) -> [UInt8] {
        if bytes.count <= 4096 { return bytes }
        let hashes = [hash(bytes), hash(bytes.reversed()), UInt64(bytes.count)]
        return hashes.flatMap { hash in
            (0..<8).map { UInt8(truncatingIfNeeded: hash >> ($0 * 8)) }
        }
    }

    private static func hash(_ bytes: some Sequence<UInt8>) -> UInt64 {
        bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }

    /// A token lives for a day of the account's clock at least, and as long as what it stands for.
    static let lifetime: Int64 = 24 * 3_600_000_000_000

    static func isExpired(_ token: TokenRecord, _ now: Int64, in account: Account) -> Bool {
        token.time < now - lifetime && account.find(\.images, token.resourceID) == nil
    }

    /// What an earlier request with this token was answered; nil: there was none.
    func bound(
        in account: Account, _ now: Int64, mismatch: ECSError
    ) throws(Refusal) -> TokenRecord? {
        guard isGiven, let bound = account.tokens[key]?.value,
            !Self.isExpired(bound, now, in: account)
        else { return nil }
        if bound.parameters == parameters { return bound }
        throw .error(
            mismatch.naming(
                "ClientToken",
                hint: "It stands for \(bound.resourceID), asked for with other parameters."))
    }

    func bind(_ resourceID: String, _ furtherIDs: [String], _ draft: inout Draft) {
        guard isGiven else { return }
        var record = TokenRecord()
        record.key = key
        record.parameters = parameters
        record.resourceID = resourceID
        record.furtherIDs = furtherIDs
        record.time = draft.now
        draft.add(.token(Boxed(record)))
    }
}
