import System

extension Journal {
    /// A checkpoint's own thread, from the change of files to the removal of the old ones.
    func runCheckpoint(
        _ sequence: UInt64,
        _ write: @Sendable (_ emit: ([UInt8]) throws -> Void) throws -> Void
    ) {
        defer { threadEnded() }
        // A checkpoint in place says that the journal after it exists (`RecoveryPlan`), and that
        // all before it is durable.
        let canStart = state.wait { state -> Bool? in
            if state.isOver { return false }
            return state.installedFirst > sequence ? true : nil
        }
        guard canStart else { return }
        let name = FileName(.checkpoint, sequence)
        do {
            try writeCheckpoint(name, write)
            state.withLock { state in
                state.checkpointIsRunning = false
                state.olderBytes = 0
                state.checkpointDueBytes = options.checkpointAfterBytes
            }
            // Ignoring an error: what is left is removed by the next checkpoint or start.
            _ = try? directory.removeSuperseded(base: sequence)
            askForPreparation()
            tell(.checkpointed(sequence))
        } catch {
            // Ignoring a second error: the next start removes what is in `tmp/`.
            try? directory.removeTemporary(name.description)
            let isOver = state.withLock { state in
                state.checkpointIsRunning = false
                state.checkpointDueBytes =
                    state.bytesSinceCheckpoint + options.checkpointAfterBytes / 2
                return state.isOver || state.isStopping
            }
            askForPreparation()
            if !isOver { tell(.checkpointFailed(error)) }
        }
    }

    private func askForPreparation() {
        if state.withLock({ $0.wishForSpace(options) }) { requestSpace() }
    }

    private func writeCheckpoint(
        _ name: FileName,
        _ write: @Sendable (_ emit: ([UInt8]) throws -> Void) throws -> Void
    ) throws {
        let file = try CheckpointFile(name, in: directory)
        try write { payload in
            if state.withLock({ $0.isOver || $0.isStopping }) { throw CheckpointGivenUp() }
            try file.add(payload)
        }
        try file.finish()
    }

    /// Nobody is told: the journal is ending.
    private struct CheckpointGivenUp: Error {}
}

/// A checkpoint while it is written. Used by one thread.
final class CheckpointFile {
    private static let bufferBytes = 1 << 20
    /// Synced this often, so that a record's sync never finds much more ahead of it in the disk's
    /// queue.
    private static let syncBytes = 4 << 20

    private let directory: DataDirectory
    private let name: String
    private let file: FileDescriptor
    private let id: UInt64
    private var buffer: [UInt8]
    private var writtenBytes = 0
    private var syncedBytes = 0
    private var recordCount: UInt64 = 0

    init(_ name: FileName, in directory: DataDirectory) throws(SystemError) {
        self.directory = directory
        self.name = name.description
        file = try directory.createTemporary(self.name)
        var random = KernelRandom()
        id = random.next()
        buffer = FileHeader(kind: .checkpoint, id: id, sequence: name.sequence).encoded()
    }

    /// Adds one record.
    func add(_ payload: [UInt8]) throws(SystemError) {
        guard payload.count <= RecordHeader.payloadBytesMax else {
            throw SystemError("checkpoint record", path: name, errno: .fileTooLarge)
        }
        recordCount += 1
        buffer += RecordHeader.encode(payload, sequence: recordCount, durable: 0, fileID: id)
        if buffer.count >= Self.bufferBytes { try flush() }
    }

    private func flush() throws(SystemError) {
        guard writtenBytes + buffer.count <= Format.fileBytesMax else {
            throw SystemError("checkpoint", path: name, errno: .fileTooLarge)
        }
        let bytes = buffer
        try bytes.span.withUnsafeBytes { (bytes) throws(SystemError) in
            try directory.calls.writeAll(file, at: Int64(writtenBytes), bytes)
        }
        writtenBytes += bytes.count
        buffer = []
        guard writtenBytes - syncedBytes >= Self.syncBytes else { return }
        try directory.calls.syncData(file)
        syncedBytes = writtenBytes
    }

    /// Adds the end mark and gives the file its name, both durable when this returns.
    func finish() throws(SystemError) {
        var count: [UInt8] = []
        count.append(integer: recordCount)
        buffer += RecordHeader.encode(
            count, kind: .end, sequence: recordCount + 1, durable: 0, fileID: id)
        try flush()
        try directory.calls.syncData(file)
        try directory.install(name, as: name)
    }
}
