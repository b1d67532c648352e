import Glibc

/// Threads for work that blocks or takes long, up to a number of them at once; what is more waits
/// in the order it came. A thread ends when there is nothing left to do.
///
/// Dispatch's queues share the machine's processors: while as many copies run as there are
/// processors, nothing else on any of them would begin (tried: not for as long as the copies last).
public final class ThreadPool: Sendable {
    private struct Waiting {
        var work: [@Sendable () -> Void] = []
        var threadCount = 0
    }
    private let waiting = Lock(Waiting())
    private let name: String
    private let threadsMax: Int
    private let niceness: Int32

    /// - Parameters:
    ///   - name: of the threads, 15 bytes at most.
    ///   - niceness: how much these threads stand back for others, 0 to 19 (`nice(2)`).
    public init(_ name: String, threadsMax: Int, niceness: Int32 = 0) {
        self.name = name
        self.threadsMax = threadsMax
        self.niceness = niceness
    }

    /// How much work waits for a thread.
    public var waitingCount: Int { waiting.withLock { $0.work.count } }

    /// Runs `body` on a thread, at once if fewer than all of them are at work.
    public func run(_ body: @escaping @Sendable () -> Void) {
        let isNew = waiting.withLock { waiting in
            waiting.work.append(body)
            guard waiting.threadCount < threadsMax else { return false }
            waiting.threadCount += 1
            return true
        }
        if isNew { Thread.start(name) { [self] in work() } }
    }

    private func work() {
        if niceness != 0 { CurrentThread.standBack(by: niceness) }
        while let next = takeNext() { next() }
    }

    /// Nil: there is nothing more, and the thread is no longer counted.
    private func takeNext() -> (@Sendable () -> Void)? {
        waiting.withLock { waiting in
            if waiting.work.isEmpty {
                waiting.threadCount -= 1
                return nil
            }
            return waiting.work.removeFirst()
        }
    }
}

extension CurrentThread {
    /// Lets other threads go first; what it asks for is a hint (`setpriority(2)`, which on Linux is
    /// of one thread).
    static func standBack(by niceness: Int32) {
        _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, niceness)
    }
}
