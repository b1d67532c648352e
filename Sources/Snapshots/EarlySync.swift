import System

/// Makes a file durable bit by bit while it is written.
///
/// A disk's own cache takes as long to be emptied as the bytes take to be written; begun at the
/// end, all of that would be waited for.
final class EarlySync: Sendable {
    private struct State {
        /// Written and not asked for.
        var bytes: Int64 = 0
        var isWanted = false
        var isClosed = false
        var failure: SystemError?
    }
    private let state = Lock(State())

    /// From how many bytes on to write this is worth a thread.
    static let fileBytesMin: Int64 = 16 << 20
    /// Less is not worth a call.
    private static let bytesMin: Int64 = 4 << 20

    private init() {}

    /// Runs `body`, which tells what it writes, and on a thread of its own `sync` again and again.
    ///
    /// - Returns: what went wrong in `sync`. The kernel tells it but once: a sync at the end would
    ///   know nothing of it.
    static func run<Failure: Error>(
        _ sync: () throws(SystemError) -> Void, beside body: (EarlySync) throws(Failure) -> Void
    ) throws(Failure) -> SystemError? {
        let early = EarlySync()
        try Thread.run("imaged-syncs") {
            while early.waitUntilWanted() { early.note(sync) }
        } beside: { () throws(Failure) in
            defer { early.close() }
            try body(early)
        }
        return early.state.withLock { $0.failure }
    }

    /// Tells of bytes that were written: they are synced soon, if they are enough.
    func wrote(_ bytes: Int64) {
        let isEnough = state.withLock {
            $0.bytes += bytes
            return $0.bytes >= Self.bytesMin
        }
        if !isEnough { return }
        state.notify {
            $0.bytes = 0
            $0.isWanted = true
        }
    }

    /// False: nothing is wanted any more.
    private func waitUntilWanted() -> Bool {
        state.wait { state -> Bool? in
            if state.isClosed || state.failure != nil { return false }
            guard state.isWanted else { return nil }
            state.isWanted = false
            return true
        }
    }

    private func note(_ sync: () throws(SystemError) -> Void) {
        do throws(SystemError) {
            try sync()
        } catch {
            state.withLock { $0.failure = error }
        }
    }

    private func close() {
        state.notify { $0.isClosed = true }
    }
}
