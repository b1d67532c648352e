import System

/// Makes a segment durable bit by bit while the rest of its disk is read.
///
/// A disk's own cache takes as long to be emptied as the bytes take to be written; begun at the
/// end, a copy would wait for all of it.
final class EarlySync: Sendable {
    private struct State {
        var writer: SegmentWriter?
        /// How many of its clusters have been asked for.
        var clusterCount: UInt64 = 0
        var isClosed = false

        var offered: SegmentWriter? { isClosed ? nil : writer }
    }
    private let state = Lock(State())

    /// 4 MiB: less is not worth a call.
    private static let clustersMin: UInt64 = 64

    /// Has what is new synced soon, if it is enough.
    func offer(_ writer: SegmentWriter) {
        let count = writer.storedClusterCount
        guard count >= state.withLock({ $0.clusterCount }) + Self.clustersMin else { return }
        state.notify {
            $0.writer = writer
            $0.clusterCount = count
        }
    }

    /// Syncs what is offered, until it is closed.
    func serve() {
        while let writer = next() { writer.syncEarly() }
    }

    private func next() -> SegmentWriter? {
        state.wait { state -> State? in
            guard state.isClosed || state.writer != nil else { return nil }
            defer { state.writer = nil }
            return state
        }.offered
    }

    func close() {
        state.notify { $0.isClosed = true }
    }
}
