import System

/// The snapshots' files in the data directory (`design.md`, "Snapshots: the data").
///
/// What exists and may be deleted is the caller's state; the store makes and removes files, whole
/// or not at all. Files are written in `tmp/`, synced, and renamed into place. Safe to use from
/// several threads, as long as each number is worked on by one.
public final class SnapshotStore: Sendable {
    /// The data directory.
    public let path: String
    let calls: SystemCalls
    let makeFileID: @Sendable () -> UInt64
    let segments: FileDescriptor
    let manifests: FileDescriptor
    let temporary: FileDescriptor
    let disks: FileDescriptor

    /// Opens the store in the data directory `path`, which exists; makes `segments/`,
    /// `manifests/`, `disks/` and `tmp/`, mode 0700, where they are missing.
    public convenience init(
        directory path: String, calls: SystemCalls = .live
    ) throws(SystemError) {
        try self.init(
            directory: path, calls: calls,
            makeFileID: {
                var random = KernelRandom()
                return random.next()
            })
    }

    /// Opens the store of a data directory to read it only: makes nothing.
    ///
    /// - Throws: also if a directory is missing.
    public convenience init(existing path: String, calls: SystemCalls = .live) throws(SystemError) {
        try self.init(directory: path, calls: calls, makesDirectories: false) { 0 }
    }

    init(
        directory path: String, calls: SystemCalls, makesDirectories: Bool = true,
        makeFileID: @escaping @Sendable () -> UInt64
    ) throws(SystemError) {
        self.path = path
        self.calls = calls
        self.makeFileID = makeFileID
        let directory = try calls.openFile(path, [.readOnly, .directory])
        if makesDirectories {
            for name in ["segments", "manifests", "disks", "tmp"] {
                try calls.makeDirectory(name, in: directory)
            }
            try calls.sync(directory)
        }
        let flags: OpenFlags = [.readOnly, .directory, .noFollow]
        segments = try calls.openFile("segments", in: directory, flags)
        manifests = try calls.openFile("manifests", in: directory, flags)
        temporary = try calls.openFile("tmp", in: directory, flags)
        disks = try calls.openFile("disks", in: directory, flags)
    }

    // MARK: Names

    var segmentsPath: String { "\(path)/segments" }

    func manifestPath(_ number: UInt64) -> String { "\(path)/manifests/\(number)" }

    /// The number of a file that we named `text`; nil: it is none of ours.
    static func number(_ text: some StringProtocol) -> UInt64? {
        guard let number = UInt64(text), String(number) == text else { return nil }
        return number
    }

    // MARK: Deleting

    /// Removes a manifest, durably. That it is gone already is no error.
    public func deleteManifest(_ number: UInt64) throws(SystemError) {
        try calls.unlink("\(number)", in: manifests)
        try calls.sync(manifests)
    }

    /// Removes a segment and its index, durably. That they are gone already is no error.
    public func deleteSegment(_ number: UInt64) throws(SystemError) {
        try calls.unlink("\(number)", in: segments)
        try calls.unlink("\(number).index", in: segments)
        try calls.sync(segments)
    }

    /// What the segments' files take of the file system; one that is gone takes nothing.
    public func allocatedBytes(ofSegments numbers: some Sequence<UInt64>) -> Int64 {
        numbers.reduce(0) { sum, number in
            sum + ((try? calls.status(of: "\(number)", in: segments))?.allocatedBytes ?? 0)
        }
    }

    /// At start, before any job: empties `tmp/` and removes manifests and segments that no state
    /// names. Files that cannot be ours are left alone.
    ///
    /// - Returns: what was removed, as "segments/7".
    func removeOrphans(
        keepingManifests kept: Set<UInt64>, segments keptSegments: Set<UInt64>,
        settingAside: Bool = false
    ) throws(SystemError) -> [String] {
        let inTemporary = try remove("tmp", temporary) { _ in true }
        let inManifests = try remove("manifests", manifests, settingAside) { name in
            Self.number(name).map { !kept.contains($0) } ?? false
        }
        let inSegments = try remove("segments", segments, settingAside) { name in
            let stem = name.hasSuffix(".index") ? name.dropLast(".index".count) : name[...]
            return Self.number(stem).map { !keptSegments.contains($0) } ?? false
        }
        return inTemporary + inManifests + inSegments
    }

    func remove(
        _ directoryName: String, _ directory: borrowing FileDescriptor,
        _ settingAside: Bool = false, where isOrphan: (String) -> Bool
    ) throws(SystemError) -> [String] {
        var orphans: [String] = []
        for name in try calls.names(in: directory) where isOrphan(name) {
            if try calls.status(of: name, in: directory).kind == .directory { continue }
            orphans.append(name)
        }
        if orphans.isEmpty { return [] }
        if settingAside {
            try setAside(orphans, directoryName, directory)
        } else {
            for name in orphans { try calls.unlink(name, in: directory) }
        }
        try calls.sync(directory)
        return orphans.map { "\(directoryName)/\($0)" }
    }

    // MARK: Looking

    /// Opens manifest `number` and judges its header.
    func openManifest(_ number: UInt64) throws(ReadError) -> ManifestReader {
        let name = manifestPath(number)
        let file = try reading(name) { () throws(SystemError) in
            try calls.openFile("\(number)", in: manifests, [.readOnly, .noFollow, .nonBlocking])
        }
        return try ManifestReader(file, number: number, name: name, calls)
    }

    /// Opens a snapshot for reading its clusters.
    func openSnapshot(_ number: UInt64) throws(ReadFailure) -> SnapshotReader {
        do throws(ReadError) {
            let manifest = try openManifest(number)
            return SnapshotReader(manifest, number: number, try openSegments(of: manifest))
        } catch {
            throw ReadFailure(error, manifest: number)
        }
    }

    /// Checks that manifests and the segments they name exist with the right headers; reads no
    /// data, and each segment once, however many manifests name it. Cheap enough for all snapshots
    /// at start.
    ///
    /// - Returns: for each manifest that something is wrong with, the first thing.
    public func check(manifests: [UInt64]) -> [ReadFailure] {
        var known: [UInt64: (fileID: UInt64, error: ReadError?)] = [:]
        return manifests.compactMap { number in
            var segment: UInt64?
            do throws(ReadError) {
                for reference in try openManifest(number).segments() {
                    segment = reference.number
                    if known[reference.number]?.fileID != reference.fileID {
                        known[reference.number] = (reference.fileID, problem(with: reference))
                    }
                    if let error = known[reference.number]?.error { throw error }
                }
                return nil
            } catch {
                return ReadFailure(error, manifest: number, segment: segment)
            }
        }
    }

    private func problem(with reference: SegmentReference) -> ReadError? {
        do throws(ReadError) {
            _ = try SegmentReader(reference, in: segments, path: segmentsPath, calls)
            return nil
        } catch {
            return error
        }
    }
}
