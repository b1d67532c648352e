import System

/// Where a disk's bytes may be other than zeros, in clusters. A file system that cannot tell has
/// data everywhere.
struct SourceExtents {
    private let calls: SystemCalls
    private let path: String
    private let sizeBytes: Int64
    private let origin: Int64
    /// What `dataBytes` found, from the disk's start up to cluster `knownEnd`; so the file system
    /// is asked once.
    private var known: [Extent] = []
    private var knownEnd: UInt64 = 0
    /// The first of them that is not behind.
    private var knownIndex = 0

    /// Of a disk that is more scattered the rest is looked up again: 1 MiB.
    private static let knownMax = 65_536

    /// - Parameter origin: where in the file the disk's first byte is.
    init(_ calls: SystemCalls, path: String, sizeBytes: Int64, origin: Int64 = 0) {
        self.calls = calls
        self.path = path
        self.sizeBytes = sizeBytes
        self.origin = origin
    }

    /// The next clusters, from `cluster` on, that may have data; nil: only a hole follows. Must be
    /// asked in the disk's order.
    mutating func next(
        _ file: borrowing FileDescriptor, from cluster: UInt64
    ) throws(CopyFailure) -> Extent? {
        while knownIndex < known.count {
            let extent = known[knownIndex]
            let end = extent.cluster + extent.count
            if cluster < end {
                let first = max(cluster, extent.cluster)
                return Extent(cluster: first, count: end - first)
            }
            knownIndex += 1
        }
        return try look(file, from: max(cluster, knownEnd))
    }

    private func look(
        _ file: borrowing FileDescriptor, from cluster: UInt64
    ) throws(CopyFailure) -> Extent? {
        let clusterBytes = Int64(Layout.clusterBytes)
        let all = Layout.clusterCount(ofDisk: sizeBytes)
        guard cluster < all else { return nil }
        let offset = Int64(cluster) * clusterBytes
        do throws(SystemError) {
            guard let found = try calls.nextData(file, from: origin + offset) else { return nil }
            let data = found - origin
            if data >= sizeBytes { return nil }
            let hole = try calls.nextHole(file, from: found) - origin
            let first = max(cluster, UInt64(data / clusterBytes))
            let end = min(all, UInt64((hole - 1) / clusterBytes) + 1)
            return Extent(cluster: first, count: max(1, end - first))
        } catch {
            switch error.errno {
            case .invalid, .notSupported: return Extent(cluster: cluster, count: all - cluster)
            // The file ends before the data that was just found: it shrank, as reading will tell.
            case .noDevice: return Extent(cluster: cluster, count: 1)
            default: throw CopyFailure(unreadable: path, error, offset)
            }
        }
    }

    /// How many bytes the clusters with data have: what there is to read, and to store at most. To
    /// be asked before `next`.
    mutating func dataBytes(_ file: borrowing FileDescriptor) throws(CopyFailure) -> Int64 {
        var clusters: UInt64 = 0
        var from: UInt64 = 0
        while let extent = try look(file, from: from) {
            clusters += extent.count
            from = extent.cluster + extent.count
            if known.count < Self.knownMax {
                known.append(extent)
                knownEnd = from
            }
        }
        let all = Layout.clusterCount(ofDisk: sizeBytes)
        if known.count < Self.knownMax { knownEnd = all }
        let clusterBytes = Int64(Layout.clusterBytes)
        let padding = from == all ? Int64(all) * clusterBytes - sizeBytes : 0
        return Int64(clusters) * clusterBytes - padding
    }
}

extension CopyFailure {
    /// The source cannot be read at a byte of the disk.
    init(unreadable path: String, _ error: SystemError, _ offset: Int64) {
        self.init(
            .sourceUnreadable,
            "\(quoted(path)) cannot be read at byte \(offset): \(error.call): \(error.errno)",
            hint: "look at the disk below the file (dmesg), then create the image again",
            errno: error.errno)
    }
}
