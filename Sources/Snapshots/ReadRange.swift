import System

/// What a snapshot's disk has at some offset.
public enum ReadPart: Sendable, Equatable {
    /// The bytes from there on; fewer than were asked for where a hole or the disk's end follows.
    case data([UInt8])
    /// So many bytes of zeros from there on, perhaps more than were asked for; 0: the disk's end.
    case hole(Int64)
}

/// Reads parts of snapshots. Keeps a few of them open, so that one who reads on and on does not
/// open them each time. Safe to use from several threads.
public final class RangeReader: Sendable {
    private let store: SnapshotStore
    private let open = Shelf<UInt64, SnapshotReader>(countMax: 4)

    public init(_ store: SnapshotStore) { self.store = store }

    /// Reads the disk of manifest `number`, each cluster judged by its checksum.
    ///
    /// - Parameters:
    ///   - offset: bytes from the disk's start, not negative.
    ///   - length: how many bytes are wanted at most; at least one.
    /// - Throws: ``ReadFailure``; no bytes but the right ones are ever returned.
    public func read(
        manifest number: UInt64, at offset: Int64, length: Int
    ) throws(ReadFailure) -> ReadPart {
        let reader: SnapshotReader
        if let known = open.take(number) {
            reader = known
        } else {
            reader = try store.openSnapshot(number)
        }
        let part = try Self.read(reader, offset, length)
        // One that has failed is opened anew.
        open.put(number, reader)
        return part
    }

    /// Lets go of a manifest that is about to be deleted, and of the space below it.
    public func forget(manifest number: UInt64) { open.remove(number) }

    private static func read(
        _ reader: SnapshotReader, _ offset: Int64, _ length: Int
    ) throws(ReadFailure) -> ReadPart {
        let diskBytes = reader.manifest.header.diskBytes
        if offset >= diskBytes { return .hole(0) }
        let size = Int64(Layout.clusterBytes)
        let end: Int64
        switch try reader.place(of: UInt64(offset / size)) {
        case .hole(let clusters):
            let holeEnd = (offset / size + Int64(clusters)) * size
            return .hole(min(holeEnd, diskBytes) - offset)
        case .stored(let run): end = min(Int64(run.cluster + run.count) * size, diskBytes)
        }
        var bytes = [UInt8](repeating: 0, count: Int(min(Int64(length), end - offset)))
        let result = bytes.withUnsafeMutableBytes { buffer in
            Result { () throws(ReadFailure) in try reader.read(at: offset, into: buffer) }
        }
        try result.get()
        return .data(bytes)
    }
}
