import ECS

/// What VerifySnapshot reads. The caller pins the manifests.
public struct VerifyPlan: Sendable {
    public let manifests: [Int64]
    /// Further manifests that share segments with these: what is damaged there is theirs too.
    public let others: [Int64]
    /// Where to go on.
    public let segment: Int64
    public let slot: Int64
    public let bytesMax: Int64

    /// All that is read.
    public var pins: [Int64] { manifests + others }
}

/// Damage that a verification has found, and of which manifest.
public struct VerifiedRange: Sendable {
    public let manifest: Int64
    /// Bytes of the disk; nil: the whole snapshot.
    public let range: Range<Int64>?
    public let reason: String

    public init(manifest: Int64, range: Range<Int64>?, reason: String) {
        self.manifest = manifest
        self.range = range
        self.reason = reason
    }
}

/// What DescribeUsage counts. The caller pins the manifests.
public struct UsagePlan: Sendable {
    /// A disk, a snapshot or an image, and its manifests.
    public struct Row: Sendable {
        public let id: String
        public let name: String
        /// The sizes of all its snapshots' disks.
        public var logicalBytes: Int64
        public var manifests: [Int64]
        /// Those of them that something else than this row has too.
        public var shared: Set<Int64>
    }
    public let rows: [Row]
    /// The answer has at most so many rows; all are counted, for they come most first.
    public let max: Int
    /// The last row of the answer before; nil: this is the first.
    public let last: (storedBytes: Int64, id: String)?
    /// Further manifests that share segments with these: of snapshots that are in no row, and of
    /// other accounts.
    public let others: [Int64]
    /// All that the account has; and those of them that others have too.
    public let own: [Int64]
    public let ownShared: Set<Int64>
    /// Segments of which something is being given back, with the manifests that still name them.
    public let pending: [Int64: [Int64]]
    public let logicalBytes: Int64

    /// All that is read.
    public var manifests: [Int64] {
        Set(rows.flatMap(\.manifests)).union(others).union(own).union(pending.values.joined())
            .sorted()
    }
}

extension Catalog {
    // MARK: VerifySnapshot

    /// How much a step reads if the request does not say, and at most.
    private static let stepBytes: Int64 = 256 << 20
    private static let stepBytesMax: Int64 = 4 << 30

    public func planVerify(
        _ request: VerifySnapshotRequest, _ caller: Caller
    ) throws(Refusal) -> VerifyPlan {
        let place = state.accounts[caller.accountID]?.find(\.snapshots, request.snapshotID)
        let account = try admitted(
            caller,
            request.snapshotID.isEmpty
                ? ResourceName("snapshot", in: "*") : .snapshot(request.snapshotID, place))
        let (segment, slot) = try position(request.nextToken)
        guard (0...Self.stepBytesMax).contains(request.maxBytes) else {
            throw .error(.invalidParameter("MaxBytes", hint: "0 to \(Self.stepBytesMax)."))
        }
        let records =
            request.snapshotID.isEmpty
            ? account.realSnapshots.map(\.record) : [try real(place?.record, "SnapshotId")]
        let manifests = Set(records.map(\.manifest))
        let segments = Set(records.flatMap(\.segments))
        let others = Set(segments.flatMap { users(ofSegment: $0) }).subtracting(manifests)
        return VerifyPlan(
            manifests: manifests.sorted(), others: others.sorted(), segment: segment, slot: slot,
            bytesMax: request.maxBytes > 0 ? request.maxBytes : Self.stepBytes)
    }

    private func position(_ token: String) throws(Refusal) -> (segment: Int64, slot: Int64) {
        if token.isEmpty { return (0, 0) }
        let parts = token.split(separator: "-", omittingEmptySubsequences: false)
        if parts.count == 2, let segment = Int64(parts[0], radix: 36),
            let slot = Int64(parts[1], radix: 36), segment >= 0, slot >= 0
        {
            return (segment, slot)
        }
        throw .error(.invalidParameter("NextToken", hint: "The NextToken of an earlier answer."))
    }

    public static func verifyToken(segment: Int64, slot: Int64) -> String {
        "\(String(segment, radix: 36))-\(String(slot, radix: 36))"
    }

    /// A snapshot that has bytes to be read.
    func real(_ record: SnapshotRecord?, _ parameter: String) throws(Refusal) -> SnapshotRecord {
        guard let record else { throw .error(.invalidSnapshotIdNotFound.naming(parameter)) }
        if record.snapshot.status != "accomplished" {
            throw .error(
                .invalidSnapshotIdNotReadyForDisk.naming(
                    parameter, hint: "\(record.id) is \(record.snapshot.status)."))
        }
        guard record.manifest > 0 else {
            throw .error(
                .invalidParameter(
                    parameter, hint: "\(record.id) is of a simulated disk: it has no bytes."))
        }
        return record
    }

    /// Damage as the account sees it: a row for each of its snapshots that has the manifest.
    public func damage(_ ranges: [VerifiedRange], _ caller: Caller) -> [Damage] {
        guard let account = state.accounts[caller.accountID] else { return [] }
        var byManifest: [Int64: [(region: Shared<Region>, record: SnapshotRecord)]] = [:]
        for (region, record) in account.realSnapshots {
            byManifest[record.manifest, default: []].append((region, record))
        }
        return ranges.flatMap { found in
            (byManifest[found.manifest] ?? []).map { place in
                let (region, record) = place
                var damage = Damage()
                damage.snapshotID = record.id
                damage.diskID = record.snapshot.sourceDiskID
                damage.offset = found.range?.lowerBound ?? 0
                damage.length = found.range.map { $0.upperBound - $0.lowerBound } ?? 0
                damage.imageID = region.value.imageIDs(ofSnapshot: record.id)
                damage.reason = found.reason
                return damage
            }
        }
    }

    // MARK: DescribeUsage

    public func planUsage(
        _ request: DescribeUsageRequest, _ caller: Caller
    ) throws(Refusal) -> UsagePlan {
        let account = try admitted(caller, ResourceName("snapshot", in: "*"))
        let max = request.maxResults ?? 100
        guard (1...1000).contains(max) else {
            throw .error(.invalidParameter("MaxResults", hint: "1 to 1000."))
        }
        let rows: [UsagePlan.Row]
        switch request.resourceType {
        case "disk": rows = account.usageOfDisks()
        case "snapshot": rows = account.usageOfSnapshots()
        case "image": rows = account.usageOfImages()
        default:
            throw .error(.invalidParameter("ResourceType", hint: "disk, snapshot or image."))
        }
        let last = try lastRow(request.nextToken)
        let inRows = Set(rows.flatMap(\.manifests))
        let records = account.realSnapshots.map(\.record)
        let own = Set(records.map(\.manifest))
        var others = own
        for segment in Set(records.flatMap(\.segments)) {
            others.formUnion(users(ofSegment: segment))
        }
        return UsagePlan(
            rows: rows.map(sharing), max: Int(max), last: last,
            others: others.subtracting(inRows).sorted(),
            own: own.sorted(),
            ownShared: own.filter { manifest in
                state.manifestUsers.count("\(manifest)") > 1
            },
            pending: pendingSegments(),
            logicalBytes: records.reduce(0) { $0 + $1.snapshot.sizeBytes })
    }

    private func lastRow(_ token: String) throws(Refusal) -> (storedBytes: Int64, id: String)? {
        if token.isEmpty { return nil }
        let parts = token.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        if parts.count == 2, let bytes = Int64(parts[0], radix: 36) {
            return (bytes, String(parts[1]))
        }
        throw .error(.invalidParameter("NextToken", hint: "The NextToken of an earlier answer."))
    }

    public static func usageToken(storedBytes: Int64, id: String) -> String {
        "\(String(storedBytes, radix: 36))/\(id)"
    }

    private func pendingSegments() -> [Int64: [Int64]] {
        var segments: [Int64: [Int64]] = [:]
        for (_, record) in state.reclaims {
            for segment in record.value.segments { segments[segment] = users(ofSegment: segment) }
        }
        return segments
    }

    /// Notes which manifests have more snapshots than the row's own.
    private func sharing(_ row: UsagePlan.Row) -> UsagePlan.Row {
        var row = row
        for manifest in Set(row.manifests) {
            let own = row.manifests.count { $0 == manifest }
            if state.manifestUsers.count("\(manifest)") > own { row.shared.insert(manifest) }
        }
        row.manifests = Set(row.manifests).sorted()
        return row
    }
}

extension Account {
    /// The snapshots that have bytes, with their regions.
    var realSnapshots: [(region: Shared<Region>, record: SnapshotRecord)] {
        regions.flatMap { _, region in
            region.snapshots.records.compactMap { _, record in
                record.value.manifest > 0 ? (region, record.value) : nil
            }
        }
    }

    fileprivate func usageOfSnapshots() -> [UsagePlan.Row] {
        realSnapshots.map { _, record in
            UsagePlan.Row(
                id: record.id, name: record.snapshot.snapshotName,
                logicalBytes: record.snapshot.sizeBytes, manifests: [record.manifest], shared: [])
        }
    }

    fileprivate func usageOfDisks() -> [UsagePlan.Row] {
        var rows: [String: UsagePlan.Row] = [:]
        for (region, record) in realSnapshots {
            let id = record.snapshot.sourceDiskID
            let name = region.disks[id]?.disk.diskName ?? ""
            rows[id, default: .init(id: id, name: name)].add(record)
        }
        return Array(rows.values)
    }

    fileprivate func usageOfImages() -> [UsagePlan.Row] {
        regions.flatMap { _, region in
            region.images.records.compactMap { _, image in
                var row = UsagePlan.Row(id: image.value.id, name: image.value.image.imageName)
                for mapping in image.value.image.diskDeviceMappings {
                    guard let record = region.snapshots[mapping.snapshotID], record.manifest > 0
                    else { continue }
                    row.add(record)
                    // Another image needs it as well.
                    if region.value.imageIDs(ofSnapshot: record.id).count > 1 {
                        row.shared.insert(record.manifest)
                    }
                }
                return row.manifests.isEmpty ? nil : row
            }
        }
    }
}

extension UsagePlan.Row {
    fileprivate init(id: String, name: String) {
        self.init(id: id, name: name, logicalBytes: 0, manifests: [], shared: [])
    }

    fileprivate mutating func add(_ record: SnapshotRecord) {
        logicalBytes += record.snapshot.sizeBytes
        manifests.append(record.manifest)
    }
}

extension Region {
    /// The images that name a snapshot.
    func imageIDs(ofSnapshot id: String) -> [String] {
        imagesBySnapshot.numbers(of: id).compactMap { images.records[$0]?.value.id }
    }
}

extension ResourceName {
    typealias SnapshotPlace = (regionID: String, region: Shared<Region>, record: SnapshotRecord)

    static func snapshot(_ id: String, _ place: SnapshotPlace?) -> ResourceName {
        ResourceName(
            "snapshot", id, in: place?.regionID ?? "",
            group: place?.record.snapshot.resourceGroupID ?? "")
    }
}
