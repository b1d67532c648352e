import CLinux
import Glibc

/// What a descriptor in the loop is watched for, and what was found.
public struct Readiness: OptionSet, Sendable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }
    public static let readable = Readiness(rawValue: EPOLLIN.rawValue)
    public static let writable = Readiness(rawValue: EPOLLOUT.rawValue)
    /// The other side is gone or the descriptor broke; reported whether asked for or not.
    public static let closed = Readiness(rawValue: EPOLLHUP.rawValue | EPOLLERR.rawValue)
}

/// One descriptor that became ready, by the number it was registered under.
public struct LoopEvent: Sendable {
    public let token: UInt64
    public let readiness: Readiness
}

/// The thread that owns all state: waits in `epoll_wait(2)`, hands a turn's events over at once,
/// and runs the jobs of the actors that name it as their executor.
///
/// Made and run on one thread, by a synchronous `main`; it must outlive its actors.
public final class EventLoop: SerialExecutor {
    private static let wakeupToken = UInt64.max
    private static let eventsMax = 512

    private let owner = pthread_self()
    private let epoll: FileDescriptor
    private let wakeup: FileDescriptor
    private let jobs = Lock<[UnownedJob]>([])
    private let wakePending = Lock(false)

    public init() throws(SystemError) {
        epoll = FileDescriptor(
            owning: try Self.make("epoll_create1", epoll_create1(CInt(imaged_SOCK_CLOEXEC))))
        wakeup = FileDescriptor(
            owning: try Self.make(
                "eventfd", eventfd(0, CInt(imaged_SOCK_CLOEXEC | imaged_SOCK_NONBLOCK))))
        try control(EPOLL_CTL_ADD, wakeup.rawValue, .readable, Self.wakeupToken)
    }

    private static func make(_ call: String, _ number: CInt) throws(SystemError) -> CInt {
        if number < 0 { throw SystemError(call, errno: Errno(rawValue: Glibc.errno)) }
        return number
    }

    // MARK: Descriptors

    /// Watches `file`; its events carry `token`. Level-triggered: told again until dealt with.
    public func add(
        _ file: borrowing FileDescriptor, _ interest: Readiness, token: UInt64
    ) throws(SystemError) {
        try control(EPOLL_CTL_ADD, file.rawValue, interest, token)
    }

    /// Changes what `file` is watched for; an empty interest still reports `closed`.
    public func change(
        _ file: borrowing FileDescriptor, _ interest: Readiness, token: UInt64
    ) throws(SystemError) {
        try control(EPOLL_CTL_MOD, file.rawValue, interest, token)
    }

    /// Ends the watch. Not needed before a close, which does the same.
    public func remove(_ file: borrowing FileDescriptor) throws(SystemError) {
        try control(EPOLL_CTL_DEL, file.rawValue, [], 0)
    }

    private func control(
        _ operation: CInt, _ file: CInt, _ interest: Readiness, _ token: UInt64
    ) throws(SystemError) {
        var event = epoll_event(events: interest.rawValue, data: epoll_data_t(u64: token))
        if epoll_ctl(epoll.rawValue, operation, file, &event) != 0 {
            throw SystemError("epoll_ctl", errno: Errno(rawValue: Glibc.errno))
        }
    }

    // MARK: Running

    /// Makes a turn happen soon. From any thread; many calls before it cost one wake-up.
    public func wake() {
        let first = wakePending.withLock { pending in
            defer { pending = true }
            return !pending
        }
        if first { eventfd_write(wakeup.rawValue, 1) }
    }

    /// Runs turns until one returns nil. A turn gets what became ready, and returns how long the
    /// loop may sleep, in milliseconds; below zero: until something happens.
    public func run(_ turn: ([LoopEvent]) -> Int32?) {
        precondition(isOwnThread)
        var timeout: Int32 = 0
        var events: [LoopEvent] = []
        let ready = UnsafeMutablePointer<epoll_event>.allocate(capacity: Self.eventsMax)
        defer { ready.deallocate() }
        while true {
            let count = epoll_wait(epoll.rawValue, ready, CInt(Self.eventsMax), timeout)
            events.removeAll(keepingCapacity: true)
            for index in 0..<max(0, Int(count)) {
                let token = ready[index].data.u64
                if token == Self.wakeupToken {
                    drainWakeup()
                } else {
                    let readiness = Readiness(rawValue: ready[index].events)
                    events.append(LoopEvent(token: token, readiness: readiness))
                }
            }
            runJobs()
            guard let next = turn(events) else { return }
            timeout = next
        }
    }

    /// The flag is lowered before the mailboxes are looked at: what is posted after this sets it
    /// again and writes the eventfd again, so no message waits for the next unrelated event.
    private func drainWakeup() {
        var value: eventfd_t = 0
        eventfd_read(wakeup.rawValue, &value)
        wakePending.withLock { $0 = false }
    }

    private func runJobs() {
        let batch = jobs.withLock { queue in
            defer { queue.removeAll() }
            return queue
        }
        for job in batch { job.runSynchronously(on: asUnownedSerialExecutor()) }
    }

    // MARK: SerialExecutor

    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        jobs.withLock { $0.append(job) }
        wake()
    }

    private var isOwnThread: Bool { pthread_equal(pthread_self(), owner) != 0 }

    public func checkIsolated() { precondition(isOwnThread, "not on the event loop's thread") }

    public func isIsolatingCurrentContext() -> Bool? { isOwnThread }
}

/// What other threads have to say to the loop's thread, in the order it was said.
public final class Mailbox<Message: Sendable>: Sendable {
    private let messages = Lock<[Message]>([])
    private let loop: EventLoop

    public init(_ loop: EventLoop) { self.loop = loop }

    /// From any thread. The loop has a turn soon.
    public func post(_ message: Message) {
        messages.withLock { $0.append(message) }
        loop.wake()
    }

    /// On the loop's thread: everything since the last call.
    public func take() -> [Message] {
        messages.withLock { queue in
            if queue.isEmpty { return [] }
            defer { queue = [] }
            return queue
        }
    }
}
