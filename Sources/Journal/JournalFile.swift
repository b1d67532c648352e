import System

/// One journal file, open twice: the kernel reports a failed write-back once to each open file, so
/// the sync of an extension must not take the report that the sync of a record waits for.
final class JournalFile: Sendable {
    /// What a sync of a record may have to wait for, at worst, while the file is extended.
    static let chunkBytes = 256 << 10
    private static let zeros = [UInt8](repeating: 0, count: chunkBytes)

    let id: UInt64
    /// In `tmp/`, until `install`. No other file has it: the next one may be prepared while this
    /// one still waits for its name.
    private var temporaryName: String { Self.temporaryName(id: id) }
    private static func temporaryName(id: UInt64) -> String {
        "\(FileKind.journal.rawValue)-next-\(id)"
    }
    let writer: FileDescriptor
    let grower: FileDescriptor

    init(id: UInt64, writer: consuming FileDescriptor, grower: consuming FileDescriptor) {
        self.id = id
        self.writer = writer
        self.grower = grower
    }

    /// Makes a zero-filled, synced file in `tmp/`, without header and name.
    /// - Parameter pause: called after each chunk; what it throws ends the work.
    static func prepare(
        in directory: DataDirectory, bytes: Int, pause: () throws -> Void
    ) throws -> JournalFile {
        var random = KernelRandom()
        let id = random.next()
        let name = temporaryName(id: id)
        do {
            let writer = try directory.createTemporary(name)
            let temporary = try directory.openTemporary()
            let grower = try directory.calls.openFile(name, in: temporary, [.readWrite, .noFollow])
            let file = JournalFile(id: id, writer: writer, grower: grower)
            _ = try directory.calls.allocate(file.grower, at: 0, count: Int64(bytes))
            var offset = 0
            while offset < bytes {
                offset = try file.zeroFill(from: offset, to: bytes, calls: directory.calls)
                try pause()
            }
            return file
        } catch {
            // It must not hold the space that it has got so far. Ignoring a second error: the next
            // start removes what is in `tmp/`.
            try? directory.removeTemporary(name)
            throw error
        }
    }

    /// Zeroes and syncs one chunk from `offset` on; returns where it ended.
    func zeroFill(
        from offset: Int, to end: Int, calls: SystemCalls
    ) throws(SystemError) -> Int {
        let count = min(Self.chunkBytes, end - offset)
        let chunk = Self.zeros.span.extracting(first: count)
        try chunk.withUnsafeBytes { (bytes) throws(SystemError) in
            try calls.writeAll(grower, at: Int64(offset), bytes)
        }
        try calls.syncData(grower)
        return offset + count
    }

    /// Gives a prepared file its header and its name, both durable when this returns.
    func install(in directory: DataDirectory, first: UInt64) throws(SystemError) {
        let header = FileHeader(kind: .journal, id: id, sequence: first).encoded()
        try header.span.withUnsafeBytes { (bytes) throws(SystemError) in
            try directory.calls.writeAll(writer, at: 0, bytes)
        }
        try directory.calls.syncData(writer)
        try directory.install(temporaryName, as: FileName(.journal, first).description)
    }
}
