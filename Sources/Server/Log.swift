import Catalog
import Journal
import Snapshots
import System

/// The daemon's log: one line an entry on standard error (`LogLine`). Text that a client chose is
/// escaped; disk content is never in it (`reliability.md` S7).
final class Log: Sendable {
    private struct Repeats {
        var until: Int64 = 0
        var suppressed = 0
    }
    private struct Dropped {
        /// Since the last line that got through.
        var untold = 0
        var all = 0
    }

    let level: LogLevel
    private let dropped = Lock(Dropped())
    private let repeats = Lock<[String: Repeats]>([:])
    private let isFile = CurrentProcess.errorsAreFile
    private let isJournal = CurrentProcess.errorsAreJournal

    init(level: LogLevel = .info) { self.level = level }

    func debug(_ text: String, _ fields: KeyValuePairs<StaticString, String> = [:]) {
        write(.debug, text, fields)
    }
    func info(_ text: String, _ fields: KeyValuePairs<StaticString, String> = [:]) {
        write(.info, text, fields)
    }
    func warning(_ text: String, _ fields: KeyValuePairs<StaticString, String> = [:]) {
        write(.warning, text, fields)
    }
    func error(_ text: String, _ fields: KeyValuePairs<StaticString, String> = [:]) {
        write(.error, text, fields)
    }

    /// How many lines nobody took.
    var droppedCount: Int { dropped.withLock { $0.all } }

    /// Writes at most one line of a kind a second; the next one tells how many it stands for.
    func limited(
        _ kind: String, _ text: String, _ fields: KeyValuePairs<StaticString, String> = [:]
    ) {
        let now = Clock.monotonicNanoseconds()
        let suppressed: Int? = repeats.withLock { repeats in
            let seen = repeats[kind] ?? Repeats()
            if now < seen.until {
                repeats[kind]?.suppressed += 1
                return nil
            }
            repeats[kind] = Repeats(until: now + 1_000_000_000)
            return seen.suppressed
        }
        guard let suppressed else { return }
        write(
            .warning, suppressed > 0 ? "\(text) (and \(suppressed) more like it)" : text, fields)
    }

    /// One line for each change that somebody asked for: who, and what it touched. They are
    /// written together, but a pipe is never given more than it takes at once.
    func note(_ audit: [AuditEntry]) {
        if audit.isEmpty || level < .info { return }
        let prefix = Self.prefix(.info, Clock.wallNanoseconds(), forJournal: isJournal)
        var lines: [UInt8] = []
        var count = 0
        for entry in audit {
            let line = Self.line(entry, prefix)
            if !isFile && lines.count + line.count > Self.pipeBytesMax {
                write(lines, lineCount: count)
                lines.removeAll(keepingCapacity: true)
                count = 0
            }
            lines += line
            count += 1
        }
        write(lines, lineCount: count)
    }

    static func line(_ entry: AuditEntry, _ prefix: [UInt8]) -> [UInt8] {
        let caller = entry.caller
        var line = LogLine(prefix, "change")
        line.add("operation", caller.operation)
        line.add("code", "OK")
        line.add("uid", caller.uid)
        line.add("pid", caller.pid)
        line.add("account", caller.accountID)
        if !caller.ramUser.isEmpty { line.add("ram_user", caller.ramUser) }
        if !entry.requestID.isEmpty { line.add("request_id", entry.requestID) }
        if !entry.resources.isEmpty {
            let named = entry.resources.prefix(resourcesMax)
            line.add("resources", named.joined(separator: ","))
            let more = entry.resources.count - named.count
            if more > 0 { line.add("more", more) }
        }
        line.end(max: lineBytesMax)
        return line.bytes
    }

    /// How many resources a line names.
    private static let resourcesMax = 20

    func note(_ event: Journal.Event) {
        switch event {
        case .durable, .roomChanged: break
        case .checkpointed(let sequence):
            debug("a checkpoint is in place", ["sequence": "\(sequence)"])
        case .checkpointFailed(let error):
            limited("checkpoint", "no checkpoint: \(error); the journal goes on")
        case .failed(let error): self.error("the journal failed: \(error)")
        }
    }

    func note(_ report: Report) {
        switch report {
        case .captured(let job, let accountID, .failure(let problem)):
            jobFailed(job, accountID, sentence(problem.reason, problem.hint))
        case .copied(let job, let accountID, .failure(let failure)):
            jobFailed(job, accountID, sentence(failure.reason, failure.hint))
        case .copied(let job, let accountID, .success(let stored)):
            info(
                "a snapshot is stored",
                [
                    "job": "\(job)", "account": accountID, "size_bytes": "\(stored.sizeBytes)",
                    "stored_bytes": "\(stored.storedBytes)",
                    "consistency": stored.consistency.rawValue,
                ])
        case .notReclaimed(let manifest, let failure):
            error("space of manifest \(manifest) was not given back: \(failure)")
        case .notRemoved(_, let text): warning("a file is left, until the next start: \(text)")
        case .damaged(let failures):
            for failure in failures { error(Self.damage(failure)) }
        case .examined(_, .verified(let verification)):
            for failure in verification.failures + verification.elsewhere {
                error(Self.damage(failure))
            }
        case .captured, .reclaimed, .inspected, .exported, .made, .read, .journal, .examined,
            .detected:
            break
        }
        for failure in report.damage { error(Self.damage(failure)) }
    }

    private func jobFailed(_ job: Int64, _ accountID: String, _ reason: String) {
        warning("a job failed", ["job": "\(job)", "account": accountID, "reason": reason])
    }

    private static func damage(_ failure: ReadFailure) -> String {
        "snapshot data: \(failure.reason); everything else is served"
    }

    private func write(
        _ level: LogLevel, _ text: String, _ fields: KeyValuePairs<StaticString, String>
    ) {
        if level > self.level { return }
        let prefix = Self.prefix(level, Clock.wallNanoseconds(), forJournal: isJournal)
        var line = LogLine(prefix, text)
        for (key, value) in fields { line.add(key, value) }
        line.end(max: Self.lineBytesMax)
        write(line.bytes, lineCount: 1)
    }

    private static let lineBytesMax = 2_000
    /// A pipe that takes anything takes so much without waiting (`PIPE_BUF`), less what tells of
    /// dropped lines.
    private static let pipeBytesMax = 4_096 - 96

    /// Never waits: where nobody reads standard error, lines are dropped, and counted in the
    /// first that gets through.
    private func write(_ lines: [UInt8], lineCount: Int) {
        dropped.withLock { dropped in
            guard CurrentProcess.takesErrors else {
                dropped.untold += lineCount
                dropped.all += lineCount
                return
            }
            CurrentProcess.write(told(dropped.untold) + lines, to: 2)
            dropped.untold = 0
        }
    }

    private func told(_ count: Int) -> [UInt8] {
        if count == 0 { return [] }
        let prefix = Self.prefix(.warning, Clock.wallNanoseconds(), forJournal: isJournal)
        var line = LogLine(prefix, "lines were dropped")
        line.add("count", count)
        line.end(max: Self.lineBytesMax)
        return line.bytes
    }

    /// Why the daemon does not start, or has stopped: the last that it says.
    static func last(_ text: String) {
        if CurrentProcess.errorsAreJournal {
            let prefix = Self.prefix(.error, 0, forJournal: true)
            CurrentProcess.write(prefix + Array("\(escaped(text))\n".utf8), to: 2)
        } else {
            CurrentProcess.printError("imaged: \(text)")
        }
    }
}
