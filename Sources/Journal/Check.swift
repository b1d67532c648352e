import System

/// What `imaged check DIR` found of the journal.
public struct CheckReport: Equatable, Sendable {
    public struct File: Equatable, Sendable {
        /// In the data directory, `tmp/` included.
        public let name: String
        public let recoveryCase: RecoveryCase
        /// Good records, and the bytes up to the end of the last one; zero for files that recovery
        /// does not read whole.
        public let recordCount: Int
        public let validByteCount: Int
    }

    /// In the order in which recovery reads them.
    public var files: [File] = []
    /// Empty: a start will succeed.
    public var problems: [JournalError] = []
    /// What a start, or else a repair, would have as its newest record.
    public var lastSequence: UInt64 = 0
}

/// What `imaged repair DIR` did.
public struct RepairReport: Equatable, Sendable {
    /// The problems that were there, in the order in which they were dealt with.
    public var problems: [JournalError] = []
    /// Copies of the files that were changed, and files that were put aside, by their new names.
    public var kept: [String] = []
    /// The newest record that is left.
    public var lastSequence: UInt64 = 0
}

/// Why a data directory cannot be repaired. Everything lost is still where it was, or in a kept
/// copy that `reason` names.
public struct RepairError: Error, Equatable, Sendable, CustomStringConvertible {
    public let problem: JournalError
    public let reason: String

    public var description: String { "cannot repair \(problem.file): \(reason) (\(problem))" }
}

extension Journal {
    /// Reads the journals and the checkpoint of a stopped daemon's data directory, whose lock the
    /// caller holds, and changes nothing.
    ///
    /// - Parameter replay: gets the payloads as `open` would hand them out, if a start will succeed.
    /// - Throws: `SystemError`: something could not be read. And what `replay` throws.
    public static func check(
        directory path: String, calls: SystemCalls = .live,
        replay: (UnsafeRawBufferPointer) throws -> Void = { _ in }
    ) throws -> CheckReport {
        let survey = try Survey(DataDirectory(path, calls: calls))
        var report = CheckReport()
        for name in survey.findings.temporary {
            report.files.append(
                .init(
                    name: "\(DataDirectory.temporaryName)/\(name)", recoveryCase: .halfCheckpoint,
                    recordCount: 0, validByteCount: 0))
        }
        for file in survey.plan.files {
            let recovery = survey.findings.files[file.name]!
            report.files.append(
                .init(
                    name: file.name.description, recoveryCase: file.recoveryCase,
                    recordCount: recovery.records.count, validByteCount: recovery.validByteCount))
            if let problem = file.problem { report.problems.append(problem) }
        }
        report.lastSequence = survey.plan.lastGoodSequence(survey.findings)
        if case .start(let start) = survey.plan.decision { _ = try survey.replay(start, replay) }
        return report
    }

    /// Goes back to the last state that can be proven good: cuts a damaged journal after its last
    /// good record, and puts aside what follows. The caller holds the directory's lock. A copy of
    /// every file that is changed stays as `<name>.damaged-<sequence>`.
    ///
    /// Killed anywhere, it can be run again. A directory that can be started is left alone.
    /// - Throws: `RepairError`: it takes more than that. `SystemError`: a call failed.
    @discardableResult
    public static func repair(
        directory path: String, calls: SystemCalls = .live
    ) throws -> RepairReport {
        let directory = try DataDirectory(path, calls: calls)
        var report = RepairReport()
        while true {
            let survey = try Survey(directory)
            switch survey.plan.decision {
            case .start(let start):
                report.lastSequence = start.lastSequence
                return report
            case .refuse(let problem):
                try Repair(survey: survey, problem: problem).run(&report)
                report.problems.append(problem)
            }
        }
    }
}

extension RecoveryPlan {
    /// The newest record before the first problem.
    fileprivate func lastGoodSequence(_ findings: Findings) -> UInt64 {
        var last: UInt64 = 0
        for file in files where !file.evidence.isSuperseded {
            let recovery = findings.files[file.name]!
            switch (file.recoveryCase, file.name.kind) {
            case (.clean, .checkpoint): last = file.name.sequence
            case (.clean, .journal), (.stale, _), (.torn, _):
                last = recovery.lastSequence(first: file.name.sequence)
            case (.damaged, .journal):
                guard file.evidence.header == .valid, file.evidence.continuity == .continuous
                else { return last }
                return max(last, recovery.lastSequence(first: file.name.sequence))
            default: return last
            }
        }
        return last
    }
}

/// One step of a repair: deals with the first problem of what was surveyed. Every step takes a
/// file out of the way, or ends a damaged one where it is good, so the steps come to an end.
private struct Repair {
    let survey: Survey
    let problem: JournalError

    private var directory: DataDirectory { survey.directory }
    private var calls: SystemCalls { directory.calls }

    func run(_ report: inout RepairReport) throws {
        guard let file = survey.plan.files.first(where: { $0.problem != nil }) else { return }
        let recovery = survey.findings.files[file.name]!
        switch (file.recoveryCase, file.name.kind) {
        case (.damaged, .journal): try cut(file, recovery, &report)
        case (.damaged, .checkpoint): try fallBack(file, &report)
        case (.missing, .checkpoint):
            let opened = try JournalFile.prepare(
                in: directory, bytes: Journal.Options().initialBytes
            ) {}
            try opened.install(in: directory, first: file.name.sequence + 1)
        case (.missing, .journal): try closeGap(file, &report)
        default:
            throw refusal("no damage, but a file that this program cannot judge")
        }
    }

    private func refusal(_ reason: String) -> RepairError {
        RepairError(problem: problem, reason: reason)
    }

    /// What follows the bad record goes: later journals first, so that until the end the
    /// directory is refused and a repair that was cut short is done again.
    private func cut(
        _ file: RecoveryPlan.File, _ recovery: Recovery, _ report: inout RepairReport
    ) throws {
        guard file.evidence.header == .valid else {
            throw refusal("without its header its records cannot be told from garbage")
        }
        guard file.evidence.continuity == .continuous else {
            throw refusal("two journals hold the same sequences, and neither is known to be right")
        }
        try putAside(journalsFrom: file.name.sequence + 1, &report)
        let sequence = recovery.lastSequence(first: file.name.sequence) + 1
        let bytes = survey.contents[file.name]!
        report.kept.append(
            try bytes.withUnsafeBytes {
                try directory.keepCopy("\(file.name).damaged-\(sequence)", $0)
            })
        let open = try calls.openFile(
            file.name.description, in: directory.root, [.readWrite, .noFollow])
        try calls.setSize(open, Int64(recovery.validByteCount))
        try calls.syncData(open)
    }

    /// A damaged checkpoint can be done without only while the one before it, or the first
    /// journal, and everything since are still there.
    private func fallBack(_ file: RecoveryPlan.File, _ report: inout RepairReport) throws {
        let names = try directory.fileNames().filter { $0 != file.name }
        var findings = Findings()
        for name in names {
            guard let bytes = try directory.load(name.description) else {
                throw refusal("\(name), which would be needed instead, cannot be read")
            }
            findings.files[name] = recover(bytes.span, named: name)
        }
        let plan = RecoveryPlan(findings, directory: directory.path)
        guard case .start(let start) = plan.decision, start.lastSequence >= file.name.sequence
        else {
            throw refusal("there is no older checkpoint with all journals since; restore a backup")
        }
        try putAside(file.name, sequence: file.name.sequence, &report)
    }

    /// The records before the gap are a good state; those after it are not.
    private func closeGap(_ file: RecoveryPlan.File, _ report: inout RepairReport) throws {
        let isFirst = survey.plan.files.first {
            $0.name.kind == .journal && !$0.evidence.isSuperseded
        }
        guard file.name != isFirst?.name else {
            // The journal that goes on from the checkpoint, or the very first one.
            let base = Findings.base(survey.findings.files.keys)
            guard base > 0 else {
                throw refusal("the oldest records are gone, so there is no state to go back to")
            }
            try putAside(journalsFrom: 0, &report)
            return
        }
        try putAside(journalsFrom: file.name.sequence, &report)
    }

    /// Renames journals, the newest first, beginning at `first`.
    private func putAside(journalsFrom first: UInt64, _ report: inout RepairReport) throws {
        let names = survey.plan.files.filter { !$0.evidence.isSuperseded }.map(\.name)
        for name in names.reversed() where name.kind == .journal && name.sequence >= first {
            try putAside(name, sequence: name.sequence, &report)
        }
    }

    private func putAside(
        _ name: FileName, sequence: UInt64, _ report: inout RepairReport
    ) throws {
        let names = Set(try calls.names(in: directory.root))
        var kept = "\(name).damaged-\(sequence)"
        var number = 2
        while names.contains(kept) {
            kept = "\(name).damaged-\(sequence)-\(number)"
            number += 1
        }
        try calls.rename(name.description, in: directory.root, to: kept, in: directory.root)
        try calls.sync(directory.root)
        report.kept.append(kept)
    }
}
