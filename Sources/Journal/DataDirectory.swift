import System

/// A data directory, opened: the names and files of the journal in it, and the rule by which a
/// new file comes into being.
final class DataDirectory: Sendable {
    static let temporaryName = "tmp"

    let path: String
    let calls: SystemCalls
    let root: FileDescriptor

    init(_ path: String, calls: SystemCalls) throws(SystemError) {
        self.path = path
        self.calls = calls
        root = try calls.openFile(path, [.readOnly, .directory])
    }

    // MARK: Reading

    /// The journals and checkpoints, in no order; every other name is not ours to judge.
    func fileNames() throws(SystemError) -> [FileName] {
        try calls.names(in: root).compactMap { FileName($0) }
    }

    /// What an earlier run left in `tmp/`, of ours alone.
    func temporaryNames() throws(SystemError) -> [String] {
        let temporary: FileDescriptor
        do throws(SystemError) {
            temporary = try openTemporary()
        } catch  where error.errno == .notFound {
            return []
        } catch {
            throw error
        }
        return try calls.names(in: temporary).filter { name in
            FileKind.allCases.contains { name.hasPrefix("\($0.rawValue)-") }
        }
    }

    func openTemporary() throws(SystemError) -> FileDescriptor {
        try calls.openFile(Self.temporaryName, in: root, [.readOnly, .directory, .noFollow])
    }

    /// The whole file, or its first `bytesMax` bytes. Nil: not a regular file, or one larger than
    /// this program writes.
    func load(_ name: String, bytesMax: Int? = nil) throws -> [UInt8]? {
        // Without blocking, or a FIFO of that name would make the start wait for ever.
        let file = try calls.openFile(name, in: root, [.readOnly, .noFollow, .nonBlocking])
        let status = try calls.status(file)
        guard status.kind == .regular, status.sizeBytes <= Format.fileBytesMax else { return nil }
        let count = min(Int(status.sizeBytes), bytesMax ?? Int.max)
        return try [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            initialized = try calls.readFully(
                file, at: 0, into: UnsafeMutableRawBufferPointer(buffer))
        }
    }

    // MARK: Writing

    /// Makes the file `name` in `tmp/`, instead of one that an earlier run left there.
    func createTemporary(_ name: String) throws(SystemError) -> FileDescriptor {
        try calls.makeDirectory(Self.temporaryName, in: root)
        let temporary = try openTemporary()
        try calls.unlink(name, in: temporary)
        return try calls.openFile(
            name, in: temporary, [.readWrite, .create, .exclusive, .noFollow])
    }

    /// Gives a file of `tmp/`, whose data is synced, its name, and makes that durable.
    func install(_ temporaryName: String, as name: String) throws(SystemError) {
        let temporary = try openTemporary()
        try calls.rename(temporaryName, in: temporary, to: name, in: root)
        try calls.sync(root)
    }

    func removeTemporary(_ name: String) throws(SystemError) {
        let temporary = try openTemporary()
        try calls.unlink(name, in: temporary)
    }

    /// Writes a whole new file, durable when this returns.
    func writeFile(_ name: String, _ bytes: UnsafeRawBufferPointer) throws(SystemError) {
        let file = try createTemporary(name)
        try calls.writeAll(file, at: 0, bytes)
        try calls.syncData(file)
        try install(name, as: name)
    }

    /// Keeps `bytes` under `name`, or under `name-2` and so on if that is another file already; an
    /// identical one, of a recovery that was cut short, is enough.
    func keepCopy(_ name: String, _ bytes: UnsafeRawBufferPointer) throws -> String {
        let names = Set(try calls.names(in: root))
        var copy = name
        var number = 2
        while names.contains(copy) {
            if let old = try load(copy), old.elementsEqual(bytes) { return copy }
            copy = "\(name)-\(number)"
            number += 1
        }
        try writeFile(copy, bytes)
        return copy
    }

    /// Removes what the checkpoint at `base` makes unnecessary.
    func removeSuperseded(base: UInt64) throws(SystemError) -> [FileName] {
        let names = try fileNames()
        let superseded = names.filter { Findings.isSuperseded($0, base: base, among: names) }
        for name in superseded { try calls.unlink(name.description, in: root) }
        return superseded
    }
}
