import ECS

/// Who asks, and how.
public struct Caller: Sendable {
    public var accountID: String
    public var uid: UInt32
    /// Whether the further errors of stage V1 are wanted too.
    public var explains: Bool

    public init(accountID: String = "default", uid: UInt32, explains: Bool = false) {
        self.accountID = accountID
        self.uid = uid
        self.explains = explains
    }
}

/// Why a request has changed nothing.
public enum Refusal: Error, Sendable {
    /// ECS's answer; with `explains`, the further errors behind it.
    case errors([ECSError])
    /// The journal is growing: the same request, unchanged, when that is done.
    case noRoomYet

    static func error(_ error: ECSError) -> Refusal { .errors([error]) }
}

/// Changes in the making. The rules fill it while they read the state; nothing is applied before
/// every rule has passed, so a refusal leaves nothing.
struct Draft {
    let now: Int64
    let accountID: String
    let regionID: String
    private(set) var changes: [Change] = []
    private var nextNumber: Int64
    var ids: IDSource

    init(
        _ now: Int64, _ accountID: String, _ regionID: String, _ nextNumber: Int64, _ ids: IDSource
    ) {
        self.now = now
        self.accountID = accountID
        self.regionID = regionID
        self.nextNumber = nextNumber
        self.ids = ids
    }

    mutating func add(_ kind: Change.Kind) {
        changes.append(Change(now, accountID, regionID, kind))
    }

    mutating func number() -> Int64 {
        defer { nextNumber += 1 }
        return nextNumber
    }

    var time: String { Time.seconds(now) }
}

extension Array where Element == RequestTag {
    /// As a resource keeps them.
    var kept: [Tag] {
        map { tag in
            var kept = Tag()
            kept.tagKey = tag.effectiveKey
            kept.tagValue = tag.effectiveValue
            return kept
        }
    }

    /// Whether `tags` has all of these: filters are ANDed.
    func allIn(_ tags: [Tag]) -> Bool {
        allSatisfy { wanted in
            tags.contains { tag in
                tag.tagKey == wanted.effectiveKey
                    && (wanted.value ?? wanted.legacyValue).map { $0 == tag.tagValue } ?? true
            }
        }
    }
}
