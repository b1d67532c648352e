import System
import Testing

@testable import Snapshots

/// What happens to a call: once, or from then on.
struct Injection: Sendable, CustomTestStringConvertible {
    let kind: Faults.Kind
    var forEver = false
    var testDescription: String { "\(kind)\(forEver ? ", for ever" : "")" }

    /// Whether nobody must notice: the call is done again, or goes on where it stopped.
    var isInvisible: Bool {
        switch kind {
        case .short: true
        case .errno(let errno): errno == .interrupted
        }
    }

    static let failing = [
        Injection(kind: .errno(.io)), Injection(kind: .errno(.noSpace)),
        Injection(kind: .errno(.io), forEver: true),
        Injection(kind: .errno(.noSpace), forEver: true),
    ]
    /// Some of each, for work that takes long.
    static let few = [failing[0], failing[3]] + invisible
    static let invisible = [Injection(kind: .errno(.interrupted)), Injection(kind: .short)]

    /// Runs `body` with call 1, 2, 3 ... failing, until all have been tried.
    ///
    /// - Parameters:
    ///   - survives: work that some failing calls do not make fail, because it can go on without.
    ///   - body: the work, with the calls to do it with; whether it succeeded.
    ///   - after: judges what is there after call number so and so has failed.
    func everyCall(
        atLeast callsMin: Int = 20, survives: Bool = false,
        _ body: (SystemCalls) throws -> Bool, after: (Int, _ succeeded: Bool) throws -> Void
    ) throws {
        for call in 1... {
            let faults = Faults(call: call, kind, forEver: forEver)
            let succeeded = try body(SystemCalls.live.failing(faults))
            if faults.injectedCount == 0 {
                #expect(succeeded)
                #expect(call > callsMin, "the work made \(call - 1) calls only")
                return
            }
            if isInvisible {
                #expect(succeeded, "call \(call) was disturbed")
            } else if !survives {
                #expect(!succeeded, "call \(call) failed and nobody noticed")
            }
            try after(call, succeeded)
        }
    }
}
