import ECS

/// Who asks, and how.
public struct Caller: Sendable {
    public var accountID: String
    public var uid: UInt32
    /// For the log alone.
    public var pid: Int32 = 0
    /// What the configuration lets the peer do.
    public var authority: Authority
    /// The RAM user that the account's owner acts as (metadata `ram-user`, with `--fixture`).
    public var ramUser = ""
    /// "CreateImage": what is asked for, as policies, fault rules and the log name it.
    public var operation = ""
    /// Whether all errors of a refusal are wanted, not only the first.
    public var explains: Bool
    /// Set when the request was held before or waited for another: it goes on (V3).
    public var hold: HoldID?
    /// Roots below which the peer may name any file, not only its own.
    public var grantedRoots: [String] = []
    /// Set when the files that the request's disks need have been made: it is judged once more.
    public var making: FileMaking?

    public init(
        accountID: String = "default", uid: UInt32, authority: Authority = .daemon,
        explains: Bool = false
    ) {
        self.accountID = accountID
        self.uid = uid
        self.authority = authority
        self.explains = explains
    }
}

/// Why a request has changed nothing.
public enum Refusal: Error, Sendable {
    /// ECS's answer; with `explains`, the further errors behind it.
    case errors([ECSError])
    /// The journal is growing: the same request, unchanged, when that is done.
    case noRoomYet
    /// A fault rule holds the request, or another with its token does: again when it is let go.
    case held(HoldID)
    /// Nothing is wrong with it, and files are to be made before it can be carried out: the same
    /// request again, with them (`FileMaking`).
    case needsFiles([FileOrder])

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
    /// Who asks for it; nil: time itself, or a thread's report.
    var caller: Caller?

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

    mutating func append(_ change: Change) { changes.append(change) }

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
