import System

/// The segments that a manifest names, a few of them open at a time.
final class OpenSegments {
    /// How many stay open; each takes two descriptors.
    private static let openMax = 16

    private let manifestName: String
    private let references: [UInt64: UInt64]
    private let directory: FileDescriptor
    private let path: String
    private let calls: SystemCalls
    /// The longest unused first.
    private var open: [SegmentReader] = []

    /// - Parameters:
    ///   - directory: that of all segments; `path` is its path, for errors.
    init(
        of manifest: ManifestReader, in directory: consuming FileDescriptor, path: String,
        _ calls: SystemCalls
    ) throws(ReadError) {
        self.directory = directory
        self.path = path
        self.calls = calls
        manifestName = manifest.name
        var references: [UInt64: UInt64] = [:]
        for segment in try manifest.segments() { references[segment.number] = segment.fileID }
        self.references = references
    }

    /// Segment `number`, which a run of the manifest names.
    func segment(_ number: UInt64) throws(ReadError) -> SegmentReader {
        if let index = open.lastIndex(where: { $0.number == number }) {
            if index != open.count - 1 { open.append(open.remove(at: index)) }
            return open[open.count - 1]
        }
        guard let fileID = references[number] else {
            throw .damaged(
                file: manifestName, "a run names segment \(number), which the file does not list")
        }
        let reader = try SegmentReader(
            SegmentReference(number: number, fileID: fileID), in: directory, path: path, calls)
        if open.count == Self.openMax { open.removeFirst() }
        open.append(reader)
        return reader
    }
}

extension SnapshotStore {
    func openSegments(of manifest: ManifestReader) throws(ReadError) -> OpenSegments {
        let directory = try reading(segmentsPath) { () throws(SystemError) in
            try calls.openFile(".", in: segments, [.readOnly, .directory])
        }
        return try OpenSegments(of: manifest, in: directory, path: segmentsPath, calls)
    }
}

extension ReadFailure {
    /// What an error means for the disk of `manifest`, number `number`; `run`: what was being
    /// read.
    init(_ error: ReadError, _ manifest: ManifestReader, _ number: UInt64, _ run: Run?) {
        var clusters: Range<UInt64>?
        if let run {
            clusters = run.cluster..<run.cluster + run.count
            if case .damaged(_, _, let slot?) = error {
                let cluster = run.cluster + (slot - run.slot)
                clusters = cluster..<cluster + 1
            }
        }
        self.init(
            error, manifest: number, segment: run?.segment, clusters: clusters,
            diskBytes: manifest.header.diskBytes)
    }
}
