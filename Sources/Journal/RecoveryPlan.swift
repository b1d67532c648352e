/// The rows of the recovery table (`reliability.md` § 3).
public enum RecoveryCase: String, Sendable, CaseIterable {
    /// All records valid, then only zeros or the end; or only a header. Start.
    case clean
    /// Bad bytes that were once durable, or a sequence out of order. Refuse.
    case damaged
    /// The very last record was never wholly written. Keep a copy, cut, start.
    case torn
    /// Some records are not above the checkpoint's sequence. Skip those, start.
    case stale
    /// A file that never got its name. Delete it.
    case halfCheckpoint = "half a checkpoint"
    /// A newer checkpoint contains all of it. Delete it.
    case bothGenerations = "both generations"
    /// Sequences that no journal holds. Refuse.
    case missing
    /// Not the file that its name promises. Refuse.
    case foreign
    /// Of a later version. Refuse.
    case newer
}

/// What recovery knows of one file: the columns of the table.
struct Evidence: Hashable, Sendable {
    enum Role: CaseIterable { case temporary, checkpoint, journal }
    enum Header: CaseIterable { case valid, foreign, newer, damaged }
    /// Whether its sequences go on from where the files before it end. The newest checkpoint's
    /// do when there is a journal to go on with.
    enum Continuity: CaseIterable { case continuous, gap, overlap }
    enum Tail: CaseIterable { case clean, torn, damaged }

    var role: Role
    var header = Header.valid
    /// A newer checkpoint contains all that this file can hold.
    var isSuperseded = false
    var continuity = Continuity.continuous
    var tail = Tail.clean
    /// The journal with the highest sequence: the only one that can have been in use.
    var isNewest = false
    /// It begins with records that the checkpoint contains.
    var hasStaleRecords = false

    private var isCurrent: Bool { role != .temporary && !isSuperseded }
    private var isReadable: Bool { isCurrent && header == .valid }
    private var isInOrder: Bool { isReadable && continuity == .continuous }
    /// Only the newest journal was being written to; all before it was synced first.
    private var mayBeTorn: Bool { role == .journal && isNewest }

    /// The table. Exactly one row matches any evidence.
    static let table: [(case: RecoveryCase, matches: @Sendable (Evidence) -> Bool)] = [
        (.halfCheckpoint, { $0.role == .temporary }),
        (.foreign, { $0.role != .temporary && $0.header == .foreign }),
        (.newer, { $0.role != .temporary && $0.header == .newer }),
        (
            .bothGenerations,
            {
                $0.role != .temporary && $0.isSuperseded
                    && ($0.header == .valid || $0.header == .damaged)
            }
        ),
        (.missing, { $0.isReadable && $0.continuity == .gap }),
        (
            .damaged,
            {
                $0.isCurrent && $0.header == .damaged
                    || $0.isReadable && $0.continuity == .overlap
                    || $0.isInOrder && $0.tail == .damaged
                    || $0.isInOrder && $0.tail == .torn && !$0.mayBeTorn
            }
        ),
        (.torn, { $0.isInOrder && $0.tail == .torn && $0.mayBeTorn }),
        (.stale, { $0.isInOrder && $0.tail == .clean && $0.hasStaleRecords }),
        (.clean, { $0.isInOrder && $0.tail == .clean && !$0.hasStaleRecords }),
    ]

    var recoveryCase: RecoveryCase { Self.table.first { $0.matches(self) }?.case ?? .damaged }
}

/// What was found in a data directory: the input of `RecoveryPlan`.
struct Findings: Equatable, Sendable {
    /// Names in `tmp/` that are ours.
    var temporary: [String] = []
    /// Of superseded files only the header was read.
    var files: [FileName: Recovery] = [:]

    /// The newest checkpoint's sequence; 0: none, all begins with `journal-1`.
    static func base(_ names: some Collection<FileName>) -> UInt64 {
        names.filter { $0.kind == .checkpoint }.map(\.sequence).max() ?? 0
    }

    /// Whether the checkpoint at `base` makes `name` unnecessary. A journal reaches to where the
    /// next one begins, so it is necessary only if that is above `base + 1`.
    static func isSuperseded(
        _ name: FileName, base: UInt64, among names: some Collection<FileName>
    ) -> Bool {
        switch name.kind {
        case .checkpoint: name.sequence < base
        case .journal:
            names.contains {
                $0.kind == .journal && $0.sequence > name.sequence && $0.sequence <= base + 1
            }
        }
    }
}

/// What recovery does with a data directory; pure, a function of what was found.
struct RecoveryPlan: Sendable {
    struct File: Sendable {
        let name: FileName
        let evidence: Evidence
        let problem: JournalError?
        var recoveryCase: RecoveryCase { evidence.recoveryCase }
    }

    struct Start: Equatable, Sendable {
        /// Zero: none.
        var checkpoint: UInt64 = 0
        /// In the order of their sequences; empty: `journal-<checkpoint + 1>` is to be made.
        var journals: [UInt64] = []
        var lastSequence: UInt64 = 0
        /// The newest journal ends in a record that was never whole.
        var hasTornTail = false
        var superseded: [FileName] = []
    }

    enum Decision: Sendable {
        case start(Start)
        /// The first problem, in the order in which the files are read.
        case refuse(JournalError)
    }

    let files: [File]
    let decision: Decision

    init(_ findings: Findings, directory: String) {
        let names = findings.files.keys.sorted {
            ($0.kind.order, $0.sequence) < ($1.kind.order, $1.sequence)
        }
        let base = Findings.base(names)
        var start = Start(checkpoint: base, lastSequence: base)
        var files: [File] = []
        let current = names.filter { !Findings.isSuperseded($0, base: base, among: names) }
        start.journals = current.filter { $0.kind == .journal }.map(\.sequence)
        for name in names {
            let recovery = findings.files[name]!
            var evidence = Evidence(recovery, of: name)
            evidence.isSuperseded = !current.contains(name)
            if evidence.isSuperseded {
                start.superseded.append(name)
            } else if name.kind == .checkpoint {
                // The journal that goes on is in place before the checkpoint gets its name.
                if start.journals.isEmpty { evidence.continuity = .gap }
            } else {
                evidence.isNewest = name.sequence == start.journals.last
                evidence.judgeOrder(recovery, first: name.sequence, base: base, &start)
            }
            let problem = Self.problem(
                name, evidence, recovery, start: start, directory: directory)
            files.append(File(name: name, evidence: evidence, problem: problem))
        }
        self.files = files
        if let problem = files.lazy.compactMap(\.problem).first {
            decision = .refuse(problem)
        } else {
            decision = .start(start)
        }
    }

    /// What makes a start impossible because of this file; nil: nothing.
    private static func problem(
        _ name: FileName, _ evidence: Evidence, _ recovery: Recovery, start: Start,
        directory: String
    ) -> JournalError? {
        func problem(_ kind: JournalError.Kind, at offset: Int = 0, _ reason: String)
            -> JournalError
        {
            JournalError(
                kind: kind, directory: directory, file: name.description, offset: offset,
                reason: reason)
        }
        switch evidence.recoveryCase {
        case .clean, .stale, .torn, .halfCheckpoint, .bothGenerations: return nil
        case .foreign, .newer:
            switch recovery.header {
            case .foreign(let reason): return problem(.foreign, reason)
            case .newer(let version):
                return problem(
                    .newer, "version \(version), and this program knows \(Format.version)")
            case .valid, .damaged: return nil
            }
        case .missing:
            let needed = FileName(.journal, start.checkpoint + 1)
            let gap = JournalError(
                kind: .missing, directory: directory, file: needed.description, offset: 0,
                reason: "the records from \(start.checkpoint + 1) on are in no journal")
            if name.kind == .checkpoint || name.sequence == start.journals.first { return gap }
            return JournalError(
                kind: .missing, directory: directory, file: name.description, offset: 0,
                reason: "the records just before it are in no journal")
        case .damaged:
            if case .damaged(let reason) = recovery.header { return problem(.damaged, reason) }
            if evidence.continuity == .overlap {
                return problem(.damaged, "the journal before it holds the same sequences")
            }
            if case .damaged(let offset, let reason) = recovery.tail {
                return problem(.damaged, at: offset, reason)
            }
            return problem(
                .damaged, at: recovery.validByteCount,
                "its last record is incomplete, and a later journal shows that it was durable")
        }
    }
}

extension FileKind {
    /// Checkpoints are read first.
    fileprivate var order: Int { self == .checkpoint ? 0 : 1 }
}

extension Evidence {
    /// What the file alone tells.
    fileprivate init(_ recovery: Recovery, of name: FileName) {
        self.init(role: name.kind == .checkpoint ? .checkpoint : .journal)
        header =
            switch recovery.header {
            case .valid: .valid
            case .foreign: .foreign
            case .newer: .newer
            case .damaged: .damaged
            }
        tail =
            switch recovery.tail {
            case .clean: .clean
            case .torn: .torn
            case .damaged: .damaged
            }
    }

    /// What a journal's place among the others tells; `start` holds what came before it and takes
    /// in what it adds.
    fileprivate mutating func judgeOrder(
        _ recovery: Recovery, first: UInt64, base: UInt64, _ start: inout RecoveryPlan.Start
    ) {
        let last = recovery.lastSequence(first: first)
        let isFirst = first == start.journals.first
        if isFirst && first <= base {
            // It must reach beyond the checkpoint: else the journal that begins there is gone.
            hasStaleRecords = true
            if last <= base { continuity = .gap }
        } else if first > start.lastSequence + 1 {
            continuity = .gap
        } else if first <= start.lastSequence {
            continuity = .overlap
        }
        start.lastSequence = max(start.lastSequence, last)
        start.hasTornTail = tail == .torn && isNewest
    }
}
