import System

/// What the space thread is told; it finds out itself what there is to do.
struct SpaceRequest: Sendable {
    var isDue = false
    var retries = false
}

/// The space thread's next piece of work.
private enum SpaceWork {
    case grow(JournalFile, from: Int, to: Int)
    case prepare(bytes: Int)
}

extension Journal {
    /// An extension that meets a lack of space is tried again in halves, down to this.
    private static let growthBytesMin = 64 << 10
    private static let retryInterval = Duration.seconds(1)

    func requestSpace() { spaceRequests.notify { $0.isDue = true } }

    /// The second thread: extends the current file ahead of the writer and prepares the next one.
    func runSpace() {
        defer { threadEnded() }
        while let retries = nextSpaceRequest() {
            if retries { state.withLock { $0.retrySpace() } }
            while let work = nextSpaceWork() {
                switch work {
                case .grow(let file, let from, let to): grow(file, from: from, to: to)
                case .prepare(let bytes): prepare(bytes: bytes)
                }
            }
        }
    }

    /// Waits for a request, or for a second if something has failed for lack of space. Returns
    /// whether to try that again; nil: the end.
    private func nextSpaceRequest() -> Bool? {
        let (isOver, hasFailed) = state.withLock { state in
            (
                state.isOver || state.isStopping,
                state.growth == .noSpace || state.preparationFailed
            )
        }
        if isOver { return nil }
        func take(_ request: inout SpaceRequest) -> Bool? {
            guard request.isDue else { return nil }
            defer { request = SpaceRequest() }
            return request.retries
        }
        if hasFailed { return spaceRequests.wait(upTo: Self.retryInterval, take) ?? true }
        return spaceRequests.wait(take)
    }

    private func nextSpaceWork() -> SpaceWork? {
        state.withLock { state in
            if state.isOver || state.isStopping { return nil }
            if state.growth == .wanted {
                state.growth = .running
                let target = state.growthTarget(options)
                return .grow(state.file, from: state.capacityBytes, to: target)
            }
            guard state.needsPreparation, !state.preparationFailed else { return nil }
            // As large as the current one has become, so that a busy journal need not grow again.
            let bytes = max(options.initialBytes, min(state.capacityBytes, options.growthBytesMax))
            return .prepare(bytes: bytes)
        }
    }

    // MARK: Growth

    private func grow(_ file: JournalFile, from start: Int, to target: Int) {
        do throws(SystemError) {
            let end = try allocate(file, from: start, to: target)
            var offset = start
            while offset < end {
                offset = try file.zeroFill(from: offset, to: end, calls: calls)
                guard extend(file, to: offset, isLast: offset == end) else { return }
            }
        } catch {
            guard error.errno.meansNoSpace else { return fail(error) }
            let isAwaited = state.withLock { state in
                guard state.file === file else { return false }
                state.growth = .noSpace
                state.wasFull = true
                state.neededBytes = 0
                defer { state.roomAwaited = false }
                return state.roomAwaited
            }
            // Who was told to wait must hear that there is nothing to wait for.
            if isAwaited { tell(.roomChanged) }
        }
    }

    /// Allocates before anything is written, so that a lack of space shows here and not when the
    /// file's pages, records among them, are written back. Takes less if there is less.
    private func allocate(
        _ file: JournalFile, from start: Int, to target: Int
    ) throws(SystemError) -> Int {
        var end = target
        while true {
            do throws(SystemError) {
                _ = try calls.allocate(file.grower, at: Int64(start), count: Int64(end - start))
                return end
            } catch {
                let half = Format.roundUp((end - start) / 2, to: 8)
                guard error.errno.meansNoSpace, half >= Self.growthBytesMin else { throw error }
                end = start + half
            }
        }
    }

    /// Makes what was zeroed and synced available; false: the file is no longer the current one.
    private func extend(_ file: JournalFile, to offset: Int, isLast: Bool) -> Bool {
        let (isCurrent, isAwaited) = state.withLock { state in
            guard state.file === file, !state.isOver, !state.isStopping else {
                return (false, false)
            }
            state.capacityBytes = offset
            if state.neededBytes <= offset { state.neededBytes = 0 }
            if isLast {
                state.growth = .idle
                _ = state.wishForSpace(options)
            }
            defer { (state.roomAwaited, state.wasFull) = (false, false) }
            return (true, state.roomAwaited || state.wasFull)
        }
        if isAwaited { tell(.roomChanged) }
        return isCurrent
    }

    // MARK: The next file

    /// A failure here loses nothing: the journal goes on in the file it has.
    private func prepare(bytes: Int) {
        struct Stopping: Error {}
        do {
            let file = try JournalFile.prepare(in: directory, bytes: bytes) {
                // The current file comes first.
                if state.withLock({ $0.isOver || $0.isStopping }) { throw Stopping() }
                growIfWanted()
            }
            state.notify { state in
                state.prepared = (file, bytes)
                state.preparationIsFailing = false
            }
            if wantsCheckpoint { tell(.roomChanged) }
        } catch is Stopping {
            return
        } catch {
            let isFirst = state.withLock { state in
                defer { (state.preparationFailed, state.preparationIsFailing) = (true, true) }
                return !state.preparationIsFailing
            }
            if isFirst { tell(.checkpointFailed(error)) }
        }
    }

    private func growIfWanted() {
        let work = state.withLock { state in state.growth == .wanted }
        if work, case .grow(let file, let from, let to)? = nextSpaceWork() {
            grow(file, from: from, to: to)
        }
    }
}

extension JournalState {
    /// Lets what has failed be tried again.
    fileprivate mutating func retrySpace() {
        if growth == .noSpace { growth = .wanted }
        preparationFailed = false
    }
}
