import System

/// A record that gathers, or waits to be written.
struct PendingRecord: Sendable {
    let file: JournalFile
    let sequence: UInt64
    /// Where it will lie in its file.
    let offset: Int
    /// Room for the header, then the payloads.
    var bytes: [UInt8]

    var payloadBytes: Int { bytes.count - RecordHeader.byteCount }
}

/// What the journal's thread does next.
enum WriterWork: Sendable {
    case record(PendingRecord)
    /// Records from `first` on go into `file`, which was prepared and gets its name now.
    case change(to: JournalFile, first: UInt64)
}

/// What the loop's thread and the journal's threads share. Its methods are called with the lock
/// held, and make no system call.
struct JournalState: Sendable {
    /// How it stands with the extension of the current file.
    enum Growth: Sendable {
        case idle, wanted, running
        /// The last attempt met a lack of space; it is repeated.
        case noSpace
    }

    // What was appended.
    var lastSequence: UInt64
    var durableSequence: UInt64
    var closed: [WriterWork] = []
    var open: PendingRecord?
    var writerIsWaiting = false
    /// Since the start.
    var writtenRecords: UInt64 = 0
    var writtenBytes: Int64 = 0
    var syncNanoseconds: Int64 = 0

    // The file that the next record goes into.
    var file: JournalFile
    var firstSequence: UInt64
    /// Zero-filled and synced up to here.
    var capacityBytes: Int
    /// The end of all that was appended, written or not.
    var endOffset: Int
    var reservedBytes = 0
    var growth = Growth.idle
    /// The capacity that the most demanding refused request needs.
    var neededBytes = 0
    /// Someone was told `growing` and waits for `roomChanged`.
    var roomAwaited = false
    /// There was no space; when there is, `roomChanged` is told in any case.
    var wasFull = false

    // Checkpoints.
    var prepared: (file: JournalFile, capacityBytes: Int)?
    /// The last preparation failed, and waits for its next turn.
    var preparationFailed = false
    /// No preparation has succeeded since one failed, which was told.
    var preparationIsFailing = false
    var checkpointIsRunning = false
    /// The first sequence of the newest journal whose name is durable.
    var installedFirst: UInt64
    /// What the journals before the current one hold.
    var olderBytes = 0
    var checkpointDueBytes: Int

    // The end.
    var threadCount = 0
    var isStopping = false
    var failure: SystemError?

    init(_ opened: OpenedJournal, lastSequence: UInt64, options: Journal.Options) {
        self.lastSequence = lastSequence
        durableSequence = lastSequence
        file = opened.file
        firstSequence = opened.first
        installedFirst = opened.first
        capacityBytes = opened.capacityBytes
        endOffset = opened.endOffset
        checkpointDueBytes = options.checkpointAfterBytes
    }

    var isOver: Bool { failure != nil }

    // MARK: Room

    mutating func reserve(
        _ payloadBytes: Int, isRelease: Bool, _ options: Journal.Options
    ) -> Journal.Room {
        guard payloadBytes <= options.recordBytesMax else { return .tooLarge }
        if isOver { return .full }
        let recordBytes = RecordHeader.recordBytes(payloadBytes: payloadBytes)
        let end = endOffset + reservedBytes + recordBytes
        if end + (isRelease ? 0 : options.releaseReserveBytes) <= capacityBytes {
            reservedBytes += recordBytes
            return .granted
        }
        let needed = end + options.releaseReserveBytes
        if growth == .noSpace || needed > Format.fileBytesMax { return .full }
        neededBytes = max(neededBytes, needed)
        roomAwaited = true
        return .growing
    }

    /// Whether the space thread has something new to do; it must be told then.
    mutating func wishForSpace(_ options: Journal.Options) -> Bool {
        if isOver || isStopping { return false }
        let freeBytes = capacityBytes - endOffset - reservedBytes
        let isLow = freeBytes < min(capacityBytes, options.growthBytesMax) / 2
        if growth == .idle, isLow || neededBytes > capacityBytes,
            capacityBytes < Format.fileBytesMax
        {
            growth = .wanted
        }
        return growth == .wanted || needsPreparation && !preparationFailed
    }

    /// Where the next extension should end.
    func growthTarget(_ options: Journal.Options) -> Int {
        let step = min(max(capacityBytes, options.initialBytes), options.growthBytesMax)
        let target = Format.roundUp(max(capacityBytes + step, neededBytes), to: 4096)
        return min(target, Format.fileBytesMax)
    }

    // MARK: Appending

    mutating func append(_ payload: [UInt8], _ options: Journal.Options) -> UInt64 {
        let recordBytes = RecordHeader.recordBytes(payloadBytes: payload.count)
        precondition(recordBytes <= reservedBytes, "an append that was not reserved")
        precondition(!isStopping, "an append after the stop")
        reservedBytes -= recordBytes
        if isOver {
            // The reservation was granted just before the failure; no `durable` will follow.
            lastSequence += 1
            return lastSequence
        }
        if var record = open, record.payloadBytes + payload.count <= options.recordBytesMax {
            open = nil  // so that its buffer has one owner while it grows
            record.bytes += payload
            endOffset = record.offset + RecordHeader.recordBytes(payloadBytes: record.payloadBytes)
            open = record
            return record.sequence
        }
        closeRecord()
        lastSequence += 1
        var bytes: [UInt8] = []
        bytes.reserveCapacity(recordBytes)
        bytes.append(contentsOf: repeatElement(0, count: RecordHeader.byteCount))
        bytes += payload
        open = PendingRecord(file: file, sequence: lastSequence, offset: endOffset, bytes: bytes)
        endOffset += recordBytes
        return lastSequence
    }

    /// What is appended next goes into another record.
    private mutating func closeRecord() {
        if let record = open { closed.append(.record(record)) }
        open = nil
    }

    /// What to write next; takes the gathering record when there is nothing older.
    mutating func takeWork() -> WriterWork? {
        if closed.isEmpty { closeRecord() }
        return closed.isEmpty ? nil : closed.removeFirst()
    }

    // MARK: Checkpoints

    var bytesSinceCheckpoint: Int { olderBytes + endOffset }

    /// Halfway to the checkpoint the next file is made, so that the change to it is cheap.
    var needsPreparation: Bool {
        prepared == nil && bytesSinceCheckpoint >= checkpointDueBytes / 2
    }

    var canCheckpoint: Bool {
        prepared != nil && !checkpointIsRunning && !isOver && !isStopping
            && lastSequence >= firstSequence
    }

    /// Ends the current file after the last record and goes on in the prepared one; nil: cannot.
    mutating func startCheckpoint(_ options: Journal.Options) -> UInt64? {
        guard canCheckpoint, let next = prepared,
            FileHeader.byteCount + reservedBytes <= next.capacityBytes
        else { return nil }
        closeRecord()
        prepared = nil
        closed.append(.change(to: next.file, first: lastSequence + 1))
        olderBytes += endOffset
        file = next.file
        firstSequence = lastSequence + 1
        capacityBytes = next.capacityBytes
        endOffset = FileHeader.byteCount
        growth = .idle
        neededBytes = 0
        checkpointIsRunning = true
        threadCount += 1
        writerIsWaiting = false
        return lastSequence
    }
}
