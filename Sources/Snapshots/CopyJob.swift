/// One disk to be copied.
public struct CopyJob: Sendable {
    /// The new manifest's and segment's number, below 2^62. No snapshot that counts has it: what
    /// an earlier, cut attempt left under it is removed.
    public let number: UInt64
    public let path: String
    /// Who registered the path.
    public let peer: Peer
    public let capture: Capture
    /// The manifest of the snapshot that the disk is compared with: what is the same there is not
    /// stored again. It must stay until the new snapshot counts. Nil: everything is stored.
    public let parent: UInt64?
    /// Take the bytes even if they change meanwhile.
    public let allowLive: Bool
    /// How many bytes the copy must leave free on the data directory's file system: the journal
    /// needs them (`reliability.md` R9).
    public let reserveBytes: Int64

    public init(
        number: UInt64, path: String, peer: Peer, capture: Capture, parent: UInt64? = nil,
        allowLive: Bool = false, reserveBytes: Int64 = 0
    ) {
        self.number = number
        self.path = path
        self.peer = peer
        self.capture = capture
        self.parent = parent
        self.allowLive = allowLive
        self.reserveBytes = reserveBytes
    }
}

/// What moment a snapshot is of.
public enum Consistency: String, Sendable {
    /// Of one: the source was cloned.
    case pointInTime = "point-in-time"
    /// Nobody wrote to the source between capture and the end of the copy.
    case atRest = "at-rest"
    /// Somebody may have: parts of the copy may be of different moments.
    case live
}

/// A snapshot that is in place and durable.
public struct StoredSnapshot: Sendable, Equatable {
    /// The disk's exact size.
    public let sizeBytes: Int64
    /// How many bytes of clusters the snapshot's new segment has: those that differ from the
    /// parent's.
    public let storedBytes: Int64
    /// The segments that the manifest names: none for a disk without data.
    public let segments: [UInt64]
    public let consistency: Consistency
    /// What could not be read of the parent, the first few of it. The new snapshot has these
    /// clusters from the disk and is whole.
    public let parentFailures: [ReadFailure]
}
