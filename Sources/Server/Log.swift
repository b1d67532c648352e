import Catalog
import Journal
import Snapshots
import System

/// The daemon's log: one line an entry on standard error. Text that a client chose is escaped;
/// disk content is never in it (`reliability.md` S7).
final class Log: Sendable {
    private struct Repeats {
        var until: Int64 = 0
        var suppressed = 0
    }
    private let dropped = Lock(0)
    private let repeats = Lock<[String: Repeats]>([:])
    private let isFile = CurrentProcess.errorsAreFile

    func info(_ text: String) { write("info", text) }
    func warning(_ text: String) { write("warning", text) }
    func error(_ text: String) { write("error", text) }

    /// Writes at most one line of a kind a second; the next one tells how many it stands for.
    func limited(_ kind: String, _ text: String) {
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
        write("warning", suppressed > 0 ? "\(text) (and \(suppressed) more like it)" : text)
    }

    /// One line for each change that somebody asked for: who, and what it touched. They are
    /// written together, but a pipe is never given more than it takes at once.
    func note(_ audit: [AuditEntry]) {
        if audit.isEmpty { return }
        var lines: [UInt8] = []
        var count = 0
        for entry in audit {
            let line = Self.line(entry)
            if !isFile && lines.count + line.utf8.count >= Self.pipeBytesMax {
                write(lines, lineCount: count)
                lines.removeAll(keepingCapacity: true)
                count = 0
            }
            lines += line.utf8.prefix(Self.lineBytesMax)
            lines.append(UInt8(ascii: "\n"))
            count += 1
        }
        write(lines, lineCount: count)
    }

    static func line(_ entry: AuditEntry) -> String {
        let caller = entry.caller
        var line = "imaged: change: uid \(caller.uid) pid \(caller.pid) account "
        line += escaped(caller.accountID)
        if !caller.ramUser.isEmpty {
            let name = escaped(caller.ramUser).split(
                separator: "\"", omittingEmptySubsequences: false)
            line += " ram-user \"\(name.joined(separator: "\\\""))\""
        }
        line += " \(caller.operation)"
        for resource in entry.resources.prefix(resourcesMax) { line += " \(escaped(resource))" }
        let more = entry.resources.count - resourcesMax
        return more > 0 ? "\(line) and \(more) more" : line
    }

    /// How many resources a line names.
    private static let resourcesMax = 20

    func note(_ event: Journal.Event) {
        switch event {
        case .durable, .roomChanged, .checkpointed: break
        case .checkpointFailed(let error):
            limited("checkpoint", "no checkpoint: \(error); the journal goes on")
        case .failed(let error): self.error("the journal failed: \(error)")
        }
    }

    func note(_ report: Report) {
        switch report {
        case .captured(let job, _, .failure(let problem)):
            warning("job \(job): \(sentence(problem.reason, problem.hint))")
        case .copied(let job, _, .failure(let failure)):
            warning("job \(job): \(sentence(failure.reason, failure.hint))")
        case .notReclaimed(let manifest, let failure):
            error("space of manifest \(manifest) was not given back: \(failure)")
        case .notRemoved(_, let text): warning("a file is left, until the next start: \(text)")
        case .damaged(let failures):
            for failure in failures { error(Self.damage(failure)) }
        case .examined(_, .verified(let verification)):
            for failure in verification.failures + verification.elsewhere {
                error(Self.damage(failure))
            }
        case .captured, .copied, .reclaimed, .inspected, .exported, .made, .read, .journal,
            .examined, .detected:
            break
        }
        for failure in report.damage { error(Self.damage(failure)) }
    }

    private static func damage(_ failure: ReadFailure) -> String {
        "snapshot data: \(failure.reason); everything else is served"
    }

    private func write(_ level: String, _ text: String) {
        let line = "imaged: \(level): \(Self.escaped(text))"
        write(Array(line.utf8.prefix(Self.lineBytesMax)) + [UInt8(ascii: "\n")], lineCount: 1)
    }

    private static let lineBytesMax = 2_000
    /// A pipe that takes anything takes so much without waiting (`PIPE_BUF`), less what tells of
    /// dropped lines.
    private static let pipeBytesMax = 4_096 - 64

    /// Never waits: where nobody reads standard error, lines are dropped, and counted in the
    /// first that gets through.
    private func write(_ lines: [UInt8], lineCount: Int) {
        dropped.withLock { dropped in
            guard CurrentProcess.takesErrors else {
                dropped += lineCount
                return
            }
            let told = dropped > 0 ? Array("imaged: \(dropped) lines were dropped\n".utf8) : []
            dropped = 0
            CurrentProcess.write(told + lines, to: 2)
        }
    }

    static func escaped(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isControl) else { return text }
        return text.unicodeScalars.map { scalar in
            isControl(scalar) ? "\\u{\(String(scalar.value, radix: 16))}" : String(scalar)
        }.joined()
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value)
    }
}
