import System

extension Journal {
    /// The journal's thread: one record at a time, each synced before the next is written.
    func runWriter() {
        defer { threadEnded() }
        while let work = nextWork() {
            do throws(SystemError) {
                switch work {
                case .record(let record): try write(record)
                case .change(let file, let first):
                    try file.install(in: directory, first: first)
                    state.notify { $0.installedFirst = first }
                }
            } catch {
                // Not tried again, lack of space included: after a failed sync the kernel calls
                // the pages clean, and a second sync would return 0 and mean nothing.
                return fail(error)
            }
        }
    }

    /// Waits for something to write; nil: the end.
    private func nextWork() -> WriterWork? {
        state.wait { state -> WriterWork?? in
            if state.isOver { return .some(nil) }
            if let work = state.takeWork() { return work }
            if state.isStopping { return .some(nil) }
            state.writerIsWaiting = true
            return nil
        }
    }

    private func write(_ pending: PendingRecord) throws(SystemError) {
        var bytes = pending.bytes
        RecordHeader.finish(
            &bytes, kind: .payload, sequence: pending.sequence, durable: pending.sequence - 1,
            fileID: pending.file.id)
        try bytes.span.withUnsafeBytes { (bytes) throws(SystemError) in
            try calls.writeAll(pending.file.writer, at: Int64(pending.offset), bytes)
        }
        let start = Clock.monotonicNanoseconds()
        try calls.syncData(pending.file.writer)
        let syncNanoseconds = Clock.monotonicNanoseconds() - start
        let isDurable = state.notify { state in
            if state.isOver { return false }
            state.durableSequence = pending.sequence
            state.writtenRecords += 1
            state.writtenBytes += Int64(bytes.count)
            state.syncNanoseconds += syncNanoseconds
            return true
        }
        if isDurable { tell(.durable(pending.sequence)) }
    }
}
