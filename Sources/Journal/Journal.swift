import System

/// A write-ahead log with group commit, and checkpoints that do not stop it.
///
/// The loop's thread reserves room, applies a change, appends its bytes, and goes on; the journal's
/// thread writes and syncs one record at a time, each with all that was appended meanwhile, and
/// says so by an event. Files are extended, and the next one is prepared, on a second thread; each
/// checkpoint is written on a thread of its own. The format is in `Format.swift`.
///
/// Its threads keep it alive until `stop`, or until a failure has ended them.
public final class Journal: Sendable {
    /// All sizes in bytes.
    public struct Options: Sendable {
        /// A new journal's size. It doubles as it fills.
        public var initialBytes = 64 << 10
        /// One extension is at most this, unless a single request needs more.
        public var growthBytesMax = 8 << 20
        /// The payload of one record; a larger single payload is refused.
        public var recordBytesMax = 16 << 20
        /// What the journals hold when a checkpoint is due.
        public var checkpointAfterBytes = 16 << 20
        /// What only releases (deletes, job ends) may use when nothing can be allocated.
        public var releaseReserveBytes = 16 << 10

        public init() {}
    }

    /// Told from the journal's threads, one at a time. The receiver must not wait for anything, and
    /// must not call `stop`.
    public enum Event: Sendable {
        /// Every record up to this sequence is on disk.
        case durable(UInt64)
        /// What `reserve` or `wantsCheckpoint` answers may have changed.
        case roomChanged
        /// A checkpoint of this sequence is in place.
        case checkpointed(UInt64)
        /// A checkpoint could not be written, or the next journal file could not be prepared for
        /// one. The journal goes on; one becomes due again later.
        case checkpointFailed(any Error)
        /// A record could not be written or synced: nothing more will be, and no `durable` follows.
        /// The process must end and read the disk again (`reliability.md` R8).
        case failed(SystemError)
    }

    /// The answer to `reserve`.
    public enum Room: Sendable, Equatable {
        case granted
        /// Not yet: the file is being extended. `roomChanged` follows; ask again then.
        case growing
        /// The file system has no room. Tried again every second; `roomChanged` follows when there
        /// is some. Also the answer after a failure, which is final.
        case full
        /// Larger than `recordBytesMax`: no extension will help.
        case tooLarge
    }

    let directory: DataDirectory
    let options: Options
    let state: Lock<JournalState>
    /// What the thread that extends files waits for.
    let spaceRequests = Lock(SpaceRequest())
    /// True once `failed` was told. Held while an event is told: nothing comes after it.
    private let hasToldFailure = Lock(false)
    private let events: @Sendable (Event) -> Void

    var calls: SystemCalls { directory.calls }

    /// Recovers and opens a data directory, whose lock the caller holds.
    ///
    /// - Parameters:
    ///   - path: the directory, which must exist.
    ///   - calls: the kernel, or a test's stand-in for it.
    ///   - replay: gets the payload of each record of the checkpoint, then of each journal record
    ///     above it, in order. A journal record's payload is that of one or several `append`s, one
    ///     after the other. Nothing has been changed on disk yet when it is called.
    ///   - events: see `Event`. Called from other threads, perhaps before `open` returns.
    /// - Throws: `JournalError`: refused, nothing was changed. `SystemError`: a call failed; what
    ///   was done is what the next recovery would do. And what `replay` throws.
    public static func open(
        directory path: String, calls: SystemCalls = .live, options: Options = .init(),
        replay: (UnsafeRawBufferPointer) throws -> Void,
        events: @escaping @Sendable (Event) -> Void
    ) throws -> (Journal, RecoveryReport) {
        let directory = try DataDirectory(path, calls: calls)
        let survey = try Survey(directory)
        guard case .start(let start) = survey.plan.decision else {
            if case .refuse(let error) = survey.plan.decision { throw error }
            preconditionFailure("a decision is one or the other")
        }
        var report = RecoveryReport(
            wasCreated: survey.findings.files.isEmpty, checkpointSequence: start.checkpoint,
            lastSequence: start.lastSequence)
        (report.replayedCount, report.skippedCount) = try survey.replay(start, replay)
        let opened = try Cleanup(survey, start).run(options, &report)
        var state = JournalState(opened, lastSequence: start.lastSequence, options: options)
        for first in start.journals.dropLast() {
            state.olderBytes += survey.findings.files[FileName(.journal, first)]!.validByteCount
        }
        let journal = Journal(directory, options, state, events)
        journal.startThreads()
        return (journal, report)
    }

    private init(
        _ directory: DataDirectory, _ options: Options, _ state: JournalState,
        _ events: @escaping @Sendable (Event) -> Void
    ) {
        precondition(options.initialBytes >= FileHeader.byteCount + options.releaseReserveBytes)
        precondition(options.recordBytesMax <= RecordHeader.payloadBytesMax)
        self.directory = directory
        self.options = options
        self.state = Lock(state)
        self.events = events
    }

    private func startThreads() {
        state.withLock { $0.threadCount += 2 }
        Thread.start("journal") { self.runWriter() }
        Thread.start("journal-space") { self.runSpace() }
        if state.withLock({ $0.wishForSpace(self.options) }) { requestSpace() }
    }

    func threadEnded() { state.notify { $0.threadCount -= 1 } }

    func tell(_ event: Event) {
        hasToldFailure.withLock { isOver in
            if isOver { return }
            if case .failed = event { isOver = true }
            events(event)
        }
    }

    /// Fail stop: nothing is written from here on.
    func fail(_ error: SystemError) {
        state.notify { state in
            if state.failure != nil { return }
            state.failure = error
            state.closed = []
            state.open = nil
        }
        tell(.failed(error))
        requestSpace()
    }

    // MARK: The loop's thread

    /// The sequence of the newest record, which may still be gathering.
    public var lastSequence: UInt64 { state.withLock { $0.lastSequence } }

    /// Everything up to here is on disk.
    public var durableSequence: UInt64 { state.withLock { $0.durableSequence } }

    /// What was written since the start, and what is held: for whoever watches.
    public var figures: JournalFigures {
        state.withLock { state in
            JournalFigures(
                records: state.writtenRecords, bytes: state.writtenBytes,
                syncNanoseconds: state.syncNanoseconds, heldBytes: state.bytesSinceCheckpoint,
                unsyncedRecords: state.lastSequence - state.durableSequence)
        }
    }

    /// Asks for the room of one `append` of up to `payloadBytes`, before the change is applied.
    /// What is granted is held until an `append` uses it or `cancelReservations` gives it back, and
    /// several reservations may be used by one `append` of their sum.
    ///
    /// The record's overhead is counted in: an `append` that has a reservation never lacks room.
    /// - Parameter isRelease: the change frees something, and may use the reserve.
    public func reserve(_ payloadBytes: Int, isRelease: Bool = false) -> Room {
        precondition(payloadBytes >= 0)
        let (room, wish) = state.withLock { state in
            (
                state.reserve(payloadBytes, isRelease: isRelease, options),
                state.wishForSpace(options)
            )
        }
        if wish { requestSpace() }
        return room
    }

    /// Gives back what was reserved and not used, for a turn that appended less than it reserved.
    public func cancelReservations() { state.withLock { $0.reservedBytes = 0 } }

    /// Adds `payload` to the record that is gathering, or to a new one; returns that record's
    /// sequence. `durable` with that sequence, or a higher one, follows. All of it lies in one
    /// record (`reliability.md` R3).
    ///
    /// It must have been reserved: no more `append`s than reservations, together no larger.
    public func append(_ payload: [UInt8]) -> UInt64 {
        let (sequence, writerWaits, wish) = state.withLock { state in
            let sequence = state.append(payload, options)
            defer { state.writerIsWaiting = false }
            return (sequence, state.writerIsWaiting, state.wishForSpace(options))
        }
        if writerWaits { state.notify { _ in } }
        if wish { requestSpace() }
        return sequence
    }

    /// Tries at once, and not only within a second, what has failed for lack of space.
    public func retryGrowth() {
        spaceRequests.notify { request in
            request.isDue = true
            request.retries = true
        }
    }

    /// Whether the journals have grown enough for a checkpoint, and one can be started now.
    public var wantsCheckpoint: Bool {
        state.withLock { state in
            state.bytesSinceCheckpoint >= state.checkpointDueBytes && state.canCheckpoint
        }
    }

    /// Starts a checkpoint of everything appended so far; what is appended from here on goes into
    /// the next journal file. `checkpointed` or `checkpointFailed` follows.
    ///
    /// - Parameter write: called once on a thread of its own, with a function that takes the next
    ///   payload (64 MiB at most) of the checkpoint. It emits the state as it is now: from a copy.
    /// - Returns: false: nothing was started, because one is under way, nothing was appended since
    ///   the last one, or the next file is not ready. Whenever `wantsCheckpoint` says so, this
    ///   succeeds, provided that what is reserved at the time fits into the next file.
    @discardableResult
    public func checkpoint(
        _ write: @escaping @Sendable (_ emit: ([UInt8]) throws -> Void) throws -> Void
    ) -> Bool {
        let started: (sequence: UInt64, wish: Bool, roomAwaited: Bool)? = state.notify { state in
            guard let sequence = state.startCheckpoint(options) else { return nil }
            defer { state.roomAwaited = false }
            return (sequence, state.wishForSpace(options), state.roomAwaited)
        }
        guard let started else { return false }
        Thread.start("checkpoint") { self.runCheckpoint(started.sequence, write) }
        if started.wish { requestSpace() }
        if started.roomAwaited { tell(.roomChanged) }
        return true
    }

    /// Writes what was appended, then ends the threads; a checkpoint under way is given up. Nothing
    /// may be appended afterwards.
    /// - Returns: whether everything that was ever appended is durable.
    @discardableResult
    public func stop() -> Bool {
        state.notify { $0.isStopping = true }
        requestSpace()
        return state.wait { state in
            if state.threadCount > 0 { return nil }
            return state.failure == nil && state.durableSequence == state.lastSequence
        }
    }
}

/// What `Journal.figures` tells.
public struct JournalFigures: Sendable, Equatable {
    /// Written and synced, each record by a sync of its own.
    public let records: UInt64
    public let bytes: Int64
    public let syncNanoseconds: Int64
    /// In the journals since the last checkpoint.
    public let heldBytes: Int
    public let unsyncedRecords: UInt64
}
