import ECS
import System
import Wire

/// Whether a request may be sent once more after its answer was lost.
enum Resending: Sendable {
    case never
    /// Its token lets it happen once: what the second answer says is true of the first sending.
    case once
    /// It changes nothing.
    case harmless

    init<O: Operation>(_ operation: O.Type, _ request: O.Request) {
        switch O.again {
        case .never: self = .never
        case .reads: self = .harmless
        case .token:
            let token = (request as? any RequestWithToken)?.clientToken ?? ""
            self = token.isEmpty ? .never : .once
        }
    }

    /// What is answered before anyone looks at the token.
    private static let unjudged: [StatusCode] = [
        .cancelled, .deadlineExceeded, .resourceExhausted, .unavailable,
    ]
    /// The same with a code, or while the first sending is under way.
    private static let underWay: Set = [
        "IdempotentProcessing", "LastTokenProcessing", "Throttling", "Throttling.User",
        "Rejected.Throttling",
    ]

    /// What a call is to end with, whose first answer was lost and whose second sending failed:
    /// that may be a refusal, which tells nothing of the first.
    func end(_ lost: ClientError, then error: any Error) -> any Error {
        switch error {
        case let error as ServiceError:
            // The first one is still under way, or the daemon could not judge the second.
            error.httpStatus >= 500 || Self.underWay.contains(error.code.rawValue) ? lost : error
        case ClientError.status(let code, _, _) where self == .once:
            Self.unjudged.contains(code) ? lost : error
        case let error as ClientError:
            error.isOutcomeUnknown || self == .harmless ? error : lost
        default:
            self == .harmless ? error : lost
        }
    }
}

/// How long a call may take: the daemon's deadline and the client's own clock. Both run from the
/// call's beginning, however often it is sent.
struct CallTime: Sendable {
    private let timeout: Duration?
    private let begin: Int64
    /// When the client gives up, by the monotonic clock; `Int64.max`: never.
    let deadline: Int64
    /// How long after the beginning that is, without the grace.
    let patience: Duration

    init(_ timeout: Duration?, patience: Duration?, grace: Duration) {
        self.timeout = timeout
        begin = Clock.monotonicNanoseconds()
        self.patience = patience ?? timeout ?? .zero
        if let patience {
            deadline = begin.addingSaturating(max(0, patience.nanoseconds))
        } else if let timeout {
            deadline = begin.addingSaturating(max(0, timeout.nanoseconds))
                .addingSaturating(max(0, grace.nanoseconds))
        } else {
            deadline = .max
        }
    }

    /// What the request says: the time that is left; 0: no deadline.
    ///
    /// - Parameters:
    ///   - isFirst: whether nothing was sent before.
    ///   - hasWaited: whether there was time to pass since the call began.
    /// - Throws: ``ClientError`` when nothing is left for a sending.
    func wireNanoseconds(isFirst: Bool, hasWaited: Bool) throws(ClientError) -> Int64 {
        guard let timeout else { return 0 }
        // Zero would mean no deadline; below zero means already over.
        if timeout.nanoseconds <= 0 { return min(-1, timeout.nanoseconds) }
        if isFirst && !hasWaited { return timeout.nanoseconds }
        let left = timeout.nanoseconds.addingSaturating(begin - Clock.monotonicNanoseconds())
        if left > 0 { return left }
        throw isFirst
            ? .notSent(reason: "there was no connection within \(timeout)")
            : .outcomeUnknown(after: timeout)
    }
}

/// Ties a task's cancellation to its call, whichever comes first.
final class Ticket: Sendable {
    private enum State {
        case fresh
        case begun(Connection, UInt32)
        case cancelled
    }
    private let state = Lock(State.fresh)

    /// Runs `body`, which begins a call over `connection` and returns its id.
    ///
    /// - Throws: `CancellationError` if the task was cancelled before, ``ConnectionGone`` if the
    ///   connection takes no more calls, and what `body` throws.
    func begin(
        over connection: Connection, _ body: () throws(ClientError) -> UInt32?
    ) throws {
        try state.withLock { state in
            if case .cancelled = state { throw CancellationError() }
            guard let id = try body() else {
                throw ConnectionGone(reason: "the connection is gone")
            }
            state = .begun(connection, id)
        }
    }

    /// Asks the daemon to end the call, or lets it never begin.
    func cancel() {
        let begun = state.withLock { state -> (Connection, UInt32)? in
            if case .begun(let connection, let id) = state { return (connection, id) }
            state = .cancelled
            return nil
        }
        if let (connection, id) = begun { connection.cancel(id) }
    }
}

extension Duration {
    /// Whole nanoseconds, as near as an Int64 comes.
    var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflows) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        if overflows { return seconds < 0 ? .min : .max }
        return product.addingSaturating(attoseconds / 1_000_000_000)
    }
}

extension Int64 {
    func addingSaturating(_ other: Int64) -> Int64 {
        let (sum, overflows) = addingReportingOverflow(other)
        return overflows ? (other < 0 ? .min : .max) : sum
    }
}
