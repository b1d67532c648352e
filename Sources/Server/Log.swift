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
        case .captured, .copied, .reclaimed, .inspected, .exported, .journal: break
        }
    }

    /// Never waits: where nobody reads standard error, lines are dropped, and counted in the
    /// first that gets through.
    private func write(_ level: String, _ text: String) {
        let line = "imaged: \(level): \(Self.escaped(text).prefix(2000))"
        dropped.withLock { dropped in
            guard CurrentProcess.takesErrors else {
                dropped += 1
                return
            }
            if dropped > 0 { CurrentProcess.printError("imaged: \(dropped) lines were dropped") }
            dropped = 0
            CurrentProcess.printError(line)
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
