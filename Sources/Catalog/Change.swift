import ECS
import Wire

/// One step of the state. Applying changes is the only way it moves: at runtime, at recovery and
/// in tests. `protocol/changes.proto` is their form in the journal.
public struct Change: Message {
    public enum Kind: Sendable {
        case none
        case account(Boxed<AccountRecord>)
        case image(Boxed<ImageRecord>)
        case imageDeleted(String)
        case snapshot(Boxed<SnapshotRecord>)
        case snapshotDeleted(String)
        case disk(Boxed<DiskRecord>)
        case diskDeleted(String)
        case instance(Boxed<InstanceRecord>)
        case instanceDeleted(String)
        case job(Boxed<JobRecord>)
        case jobEnded(Int64)
        case token(Boxed<TokenRecord>)
        case tokenExpired(String)
        case reclaim(Boxed<ReclaimRecord>)
        case reclaimed(Int64)
        case counters(Boxed<CountersRecord>)
        case accountDropped(String)
    }

    /// Nanoseconds since 1970.
    public var time: Int64 = 0
    public var accountID = ""
    public var regionID = ""
    public var kind = Kind.none

    public init() {}

    public init(_ time: Int64, _ accountID: String, _ regionID: String, _ kind: Kind) {
        self.time = time
        self.accountID = accountID
        self.regionID = regionID
        self.kind = kind
    }

    public static func == (left: Change, right: Change) -> Bool {
        left.encoded() == right.encoded()
    }

    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.int64(1, "Time", &time)
        try visitor.string(2, "AccountId", &accountID)
        try visitor.string(3, "RegionId", &regionID)
        try visit(
            &visitor, 10, "Account", { if case .account(let r) = $0 { r } else { nil } },
            Kind.account)
        try visit(
            &visitor, 11, "Image", { if case .image(let r) = $0 { r } else { nil } }, Kind.image)
        try visit(
            &visitor, 12, "ImageDeleted", { if case .imageDeleted(let id) = $0 { id } else { "" } },
            Kind.imageDeleted)
        try visit(
            &visitor, 13, "Snapshot", { if case .snapshot(let r) = $0 { r } else { nil } },
            Kind.snapshot)
        try visit(
            &visitor, 14, "SnapshotDeleted",
            { if case .snapshotDeleted(let id) = $0 { id } else { "" } }, Kind.snapshotDeleted)
        try visit(&visitor, 15, "Disk", { if case .disk(let r) = $0 { r } else { nil } }, Kind.disk)
        try visit(
            &visitor, 16, "DiskDeleted", { if case .diskDeleted(let id) = $0 { id } else { "" } },
            Kind.diskDeleted)
        try visit(
            &visitor, 17, "Instance", { if case .instance(let r) = $0 { r } else { nil } },
            Kind.instance)
        try visit(
            &visitor, 18, "InstanceDeleted",
            { if case .instanceDeleted(let id) = $0 { id } else { "" } }, Kind.instanceDeleted)
        try visit(&visitor, 19, "Job", { if case .job(let r) = $0 { r } else { nil } }, Kind.job)
        try visit(
            &visitor, 20, "JobEnded", { if case .jobEnded(let n) = $0 { n } else { 0 } },
            Kind.jobEnded)
        try visit(
            &visitor, 21, "Token", { if case .token(let r) = $0 { r } else { nil } }, Kind.token)
        try visit(
            &visitor, 22, "TokenExpired", { if case .tokenExpired(let k) = $0 { k } else { "" } },
            Kind.tokenExpired)
        try visit(
            &visitor, 23, "Reclaim", { if case .reclaim(let r) = $0 { r } else { nil } },
            Kind.reclaim)
        try visit(
            &visitor, 24, "Reclaimed", { if case .reclaimed(let n) = $0 { n } else { 0 } },
            Kind.reclaimed)
        try visit(
            &visitor, 25, "Counters", { if case .counters(let r) = $0 { r } else { nil } },
            Kind.counters)
        try visit(
            &visitor, 26, "AccountDropped",
            { if case .accountDropped(let id) = $0 { id } else { "" } }, Kind.accountDropped)
    }

    /// A field of the one that is set: shown if it is this one, taken if the visitor brings it.
    private mutating func visit<V: FieldVisitor, Record: Message>(
        _ visitor: inout V, _ number: UInt32, _ name: StaticString,
        _ current: (Kind) -> Boxed<Record>?, _ make: (Boxed<Record>) -> Kind
    ) throws(ProtoError) {
        let before = current(kind)
        var record = before?.value
        try visitor.message(number, name, &record)
        if before == nil, let record { kind = make(Boxed(record)) }
    }

    private mutating func visit<V: FieldVisitor>(
        _ visitor: inout V, _ number: UInt32, _ name: StaticString,
        _ current: (Kind) -> String, _ make: (String) -> Kind
    ) throws(ProtoError) {
        let before = current(kind)
        var text = before
        try visitor.string(number, name, &text)
        if text != before { kind = make(text) }
    }

    private mutating func visit<V: FieldVisitor>(
        _ visitor: inout V, _ number: UInt32, _ name: StaticString,
        _ current: (Kind) -> Int64, _ make: (Int64) -> Kind
    ) throws(ProtoError) {
        let before = current(kind)
        var value = before
        try visitor.int64(number, name, &value)
        if value != before { kind = make(value) }
    }
}

/// What a journal record's payload holds.
public struct Changes: Message {
    public var change: [Change] = []
    public init() {}
    public init(_ change: [Change]) { self.change = change }

    public mutating func visit<V: FieldVisitor>(_ visitor: inout V) throws(ProtoError) {
        try visitor.messages(1, "Change", &change)
    }
}
