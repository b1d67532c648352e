import Synchronization

/// How far a job is, and whether it is to stop. Read from any thread; one job writes.
public final class JobProgress: Sendable {
    private let done = Atomic<Int64>(0)
    private let total = Atomic<Int64>(0)
    private let cancelled = Atomic<Bool>(false)

    public init() {}

    /// How many bytes of data have been dealt with.
    public var bytesDone: Int64 { done.load(ordering: .relaxed) }

    /// How many bytes of data there are, holes left out; zero until the job has looked.
    public var bytesTotal: Int64 { total.load(ordering: .relaxed) }

    public var isCancelled: Bool { cancelled.load(ordering: .relaxed) }

    /// Makes the job stop soon, within one buffer of 1 MiB, and fail as cancelled. A job that is
    /// past its last buffer is done all the same.
    public func cancel() { cancelled.store(true, ordering: .relaxed) }

    func start(total bytes: Int64) {
        done.store(0, ordering: .relaxed)
        total.store(bytes, ordering: .relaxed)
    }

    func advance(by bytes: Int64) { done.wrappingAdd(bytes, ordering: .relaxed) }
}
