import System

/// What recovery found and did, for the log.
public struct RecoveryReport: Equatable, Sendable {
    /// A record that was never whole, and so never acknowledged: cut from the journal's end.
    public struct TornTail: Equatable, Sendable {
        public let file: String
        /// Of the record that was cut.
        public let sequence: UInt64
        public let offset: Int
        public let byteCount: Int
        /// The file in the data directory that keeps the bytes.
        public let copy: String
    }

    /// There was neither journal nor checkpoint: the directory was new, or has lost all of them.
    public var wasCreated = false
    /// Zero: there was no checkpoint.
    public var checkpointSequence: UInt64 = 0
    public var lastSequence: UInt64 = 0
    /// Checkpoint payloads and journal records that were handed to `replay`.
    public var replayedCount = 0
    /// Journal records that the checkpoint contains already.
    public var skippedCount = 0
    public var torn: TornTail?
    /// Half checkpoints, and files that the checkpoint makes unnecessary.
    public var deleted: [String] = []
}

/// The contents of a data directory's live files, and what the table says of them.
struct Survey {
    let directory: DataDirectory
    let contents: [FileName: [UInt8]]
    let findings: Findings
    let plan: RecoveryPlan

    /// Reads everything and changes nothing.
    init(_ directory: DataDirectory) throws {
        self.directory = directory
        let names = try directory.fileNames()
        let base = Findings.base(names)
        var findings = Findings(temporary: try directory.temporaryNames())
        var contents: [FileName: [UInt8]] = [:]
        for name in names {
            let isSuperseded = Findings.isSuperseded(name, base: base, among: names)
            let limit = isSuperseded ? FileHeader.byteCount : nil
            guard let bytes = try directory.load(name.description, bytesMax: limit) else {
                findings.files[name] = Recovery(
                    header: .foreign(
                        reason: "not a regular file, or larger than \(Format.fileBytesMax) bytes"))
                continue
            }
            if isSuperseded {
                let header = bytes.withUnsafeBytes { FileHeader.read($0, named: name) }
                findings.files[name] = Recovery(header: header)
            } else {
                findings.files[name] = recover(bytes.span, named: name)
                contents[name] = bytes
            }
        }
        self.contents = contents
        self.findings = findings
        plan = RecoveryPlan(findings, directory: directory.path)
    }

    /// Hands every payload that counts to `body`, in order; returns how many, and how many records
    /// the checkpoint contains already.
    func replay(
        _ start: RecoveryPlan.Start, _ body: (UnsafeRawBufferPointer) throws -> Void
    ) throws -> (replayed: Int, skipped: Int) {
        var names = start.journals.map { FileName(.journal, $0) }
        if start.checkpoint > 0 { names.insert(FileName(.checkpoint, start.checkpoint), at: 0) }
        var (replayed, skipped) = (0, 0)
        for name in names {
            guard let bytes = contents[name], let recovery = findings.files[name] else { continue }
            try bytes.withUnsafeBytes { bytes in
                for record in recovery.records {
                    if name.kind == .journal && record.sequence <= start.checkpoint {
                        skipped += 1
                        continue
                    }
                    try body(UnsafeRawBufferPointer(rebasing: bytes[record.payload]))
                    replayed += 1
                }
            }
        }
        return (replayed, skipped)
    }
}

/// The second half of recovery: does to the directory what the plan says. Killed anywhere, it
/// leaves what the next recovery reads as the same state.
struct Cleanup {
    let survey: Survey
    let start: RecoveryPlan.Start
    private var directory: DataDirectory { survey.directory }
    private var calls: SystemCalls { survey.directory.calls }

    init(_ survey: Survey, _ start: RecoveryPlan.Start) {
        self.survey = survey
        self.start = start
    }

    /// Returns the journal to go on with.
    func run(_ options: Journal.Options, _ report: inout RecoveryReport) throws -> OpenedJournal {
        for name in survey.findings.temporary {
            try directory.removeTemporary(name)
            report.deleted.append("\(DataDirectory.temporaryName)/\(name)")
        }
        for name in start.superseded {
            try calls.unlink(name.description, in: directory.root)
            report.deleted.append(name.description)
        }
        guard let first = start.journals.last else { return try create(options) }
        let opened = try reopen(FileName(.journal, first), &report)
        // The last run may have been killed between a rename and its sync.
        try calls.sync(directory.root)
        return opened
    }

    /// A first journal, for a directory without any.
    private func create(_ options: Journal.Options) throws -> OpenedJournal {
        let first = start.lastSequence + 1
        let file = try JournalFile.prepare(in: directory, bytes: options.initialBytes) {}
        try file.install(in: directory, first: first)
        return OpenedJournal(
            file: file, first: first, capacityBytes: options.initialBytes,
            endOffset: FileHeader.byteCount)
    }

    private func reopen(_ name: FileName, _ report: inout RecoveryReport) throws -> OpenedJournal {
        let recovery = survey.findings.files[name]!
        guard case .valid(let header) = recovery.header, let bytes = survey.contents[name] else {
            preconditionFailure("the plan starts with a journal that was not read")
        }
        let file = JournalFile(
            id: header.id,
            writer: try calls.openFile(
                name.description, in: directory.root, [.readWrite, .noFollow]),
            grower: try calls.openFile(
                name.description, in: directory.root, [.readWrite, .noFollow]))
        if case .torn(let byteCount) = recovery.tail {
            let sequence = recovery.lastSequence(first: name.sequence) + 1
            report.torn = try cut(
                name, file, bytes, recovery.validByteCount, byteCount, sequence)
        }
        try rewriteLastRecord(file, bytes, recovery)
        let capacity = try zeroFilledBytes(file, bytes.count, from: recovery.validByteCount)
        return OpenedJournal(
            file: file, first: name.sequence, capacityBytes: capacity,
            endOffset: recovery.validByteCount)
    }

    /// Copies the torn bytes aside, then zeroes them. Their first sector goes first: what is left
    /// if that is all that happens is torn by the table, whatever it was before.
    private func cut(
        _ name: FileName, _ file: JournalFile, _ bytes: [UInt8], _ offset: Int, _ byteCount: Int,
        _ sequence: UInt64
    ) throws -> RecoveryReport.TornTail {
        let copy = try bytes.withUnsafeBytes {
            try directory.keepCopy(
                "\(name).torn-\(sequence)",
                UnsafeRawBufferPointer(rebasing: $0[offset..<offset + byteCount]))
        }
        let end = offset + byteCount
        let sectorEnd = min(end, (offset / Format.sectorBytes + 1) * Format.sectorBytes)
        for range in [offset..<sectorEnd, sectorEnd..<end] where !range.isEmpty {
            try [UInt8](repeating: 0, count: range.count).withUnsafeBytes {
                try calls.writeAll(file.writer, at: Int64(range.lowerBound), $0)
            }
            try calls.syncData(file.writer)
        }
        return .init(
            file: name.description, sequence: sequence, offset: offset, byteCount: byteCount,
            copy: copy)
    }

    /// Makes what was replayed durable before anyone sees it. The last record may have been written
    /// and its sync have failed: the page cache then has it, marked as clean, and another sync
    /// would return 0 and mean nothing. Writing the same bytes again makes it mean something.
    private func rewriteLastRecord(
        _ file: JournalFile, _ bytes: [UInt8], _ recovery: Recovery
    ) throws {
        if let last = recovery.records.last {
            let offset = last.payload.lowerBound - RecordHeader.byteCount
            try bytes.withUnsafeBytes {
                try calls.writeAll(
                    file.writer, at: Int64(offset),
                    UnsafeRawBufferPointer(rebasing: $0[offset..<recovery.validByteCount]))
            }
        }
        try calls.syncData(file.writer)
    }

    /// How far the file can be written without allocating: a hole, as in a copy from a backup,
    /// ends it, and so does a size that is no multiple of 8.
    private func zeroFilledBytes(
        _ file: JournalFile, _ size: Int, from end: Int
    ) throws -> Int {
        guard size > end else { return end }
        let hole = try calls.nextHole(file.writer, from: Int64(end))
        return max(end, min(size, Int(hole)) & ~7)
    }
}

/// Where a journal goes on after recovery.
struct OpenedJournal {
    let file: JournalFile
    let first: UInt64
    let capacityBytes: Int
    let endOffset: Int
}
