import System

/// Which blocks of its file system a file's bytes are in, read along the file. The file must not
/// change meanwhile: a segment does not.
struct BlockCursor {
    private let calls: SystemCalls
    /// What is known, from the newest look on.
    private var known: [FileExtent] = []

    init(_ calls: SystemCalls) { self.calls = calls }

    /// What is at `offset`, from there on; nil: a hole, or blocks that are not shared. Looks at
    /// `count` bytes at least.
    mutating func shared(
        of file: borrowing FileDescriptor, at offset: Int64, count: Int64
    ) -> FileExtent? {
        if let index = known.firstIndex(where: { $0.contains(offset) }) {
            known.removeFirst(index)
        } else {
            known = calls.extents(of: file, at: offset, count: max(count, Self.lookBytes))
        }
        guard let extent = known.first, extent.contains(offset), extent.isShared else {
            return nil
        }
        return extent.dropping(offset - extent.offset)
    }

    /// One look serves this much of the file, if it is not too scattered.
    private static let lookBytes: Int64 = 64 << 20
}

extension FileExtent {
    fileprivate func contains(_ place: Int64) -> Bool {
        place >= offset && place - offset < byteCount
    }

    fileprivate func dropping(_ count: Int64) -> FileExtent {
        FileExtent(
            offset: offset + count, physicalOffset: physicalOffset + count,
            byteCount: byteCount - count, isShared: isShared)
    }
}

extension SegmentReader {
    /// How many bytes, counted from a slot's start on, are the same blocks of the file system as
    /// those of another file, as a clone's are: then they are the same bytes, and nobody has to
    /// read them. At most `count`.
    func sharedBytes(
        from slot: UInt64, with file: borrowing FileDescriptor, at offset: Int64, count: Int64,
        _ cursor: inout BlockCursor
    ) -> Int64 {
        var done: Int64 = 0
        while done < count {
            let place = SegmentLayout.offset(ofSlot: slot) + done
            guard let mine = blocks(at: place, count: count - done),
                let theirs = cursor.shared(of: file, at: offset + done, count: count - done),
                mine.physicalOffset == theirs.physicalOffset
            else { break }
            done += min(mine.byteCount, theirs.byteCount)
        }
        return min(done, count)
    }
}
