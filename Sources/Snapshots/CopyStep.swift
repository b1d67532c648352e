import System

/// Some clusters of a disk that lie together, and where each of them will be.
struct CopyPart {
    let clusters: Range<UInt64>
    /// Where in the step's buffer they are, in clusters.
    let start: Int
    var placements: [Placement]
}

/// One buffer of a copy: reads clusters that may have data and finds out which are zeros, which
/// the parent's and which new.
///
/// It belongs to one thread at a time, as ``StepQueue`` says.
final class CopyStep {
    private let calls: SystemCalls
    private let job: CopyJob
    private let path: String
    /// Where in the file the disk begins.
    private let origin: Int64
    private let buffer = Buffer(byteCount: Layout.transferBytes)
    /// The random id of the segment that the disk was cloned into; nil: it was not.
    private let cloneID: UInt64?
    private var checksums = [UInt64](repeating: 0, count: Layout.transferClusters)
    private(set) var parts: [CopyPart] = []
    private var clusterCount = 0
    /// Why the newest `run` did not end well.
    private(set) var failure: CopyFailure?

    init(
        _ calls: SystemCalls, _ job: CopyJob, path: String, origin: Int64, cloneID: UInt64?
    ) {
        self.calls = calls
        self.cloneID = cloneID
        self.job = job
        self.path = path
        self.origin = origin
    }

    // MARK: What to do

    func clear() {
        parts.removeAll(keepingCapacity: true)
        clusterCount = 0
        failure = nil
    }

    /// Takes as many of the clusters as there is room for; returns how many.
    func take(_ clusters: Range<UInt64>) -> UInt64 {
        let count = min(clusters.count, Layout.transferClusters - clusterCount)
        if count == 0 { return 0 }
        let taken = clusters.lowerBound..<clusters.lowerBound + UInt64(count)
        parts.append(
            CopyPart(
                clusters: taken, start: clusterCount,
                placements: [Placement](repeating: .own, count: count)))
        clusterCount += count
        return UInt64(count)
    }

    /// How many bytes of the disk its parts have: the last cluster may be partial.
    var byteCount: Int64 {
        parts.reduce(0) { $0 + bytes(of: $1.clusters.lowerBound, $1.clusters.count) }
    }

    private func bytes(of cluster: UInt64, _ count: Int) -> Int64 {
        let offset = Int64(cluster) * Int64(Layout.clusterBytes)
        return min(Int64(count * Layout.clusterBytes), job.capture.sizeBytes - offset)
    }

    /// The bytes of a part's clusters, as they were read.
    func bytes(of part: CopyPart, _ range: Range<Int>) -> UnsafeRawBufferPointer {
        let size = Layout.clusterBytes
        return UnsafeRawBufferPointer(
            buffer.slice(
                (part.start + range.lowerBound) * size..<(part.start + range.upperBound) * size))
    }

    /// The checksums of a part's clusters that are new in a clone.
    func checksums(of part: CopyPart, _ range: Range<Int>) -> ArraySlice<UInt64> {
        checksums[part.start + range.lowerBound..<part.start + range.upperBound]
    }

    // MARK: Doing it

    /// Reads and compares all parts; `failure` tells if that went wrong.
    ///
    /// - Parameters:
    ///   - file: has the bytes: the source, or the clone.
    ///   - clone: the segment that the disk was cloned into, if it was.
    ///   - parent: the running thread's own, which has not gone beyond these clusters.
    func run(
        _ file: borrowing FileDescriptor, clone: borrowing FileDescriptor, _ parent: Parent?
    ) {
        do throws(CopyFailure) {
            for index in parts.indices { try run(&parts[index], file, clone, parent) }
        } catch {
            failure = error
        }
    }

    /// What the parent has for certain is not read.
    private func run(
        _ part: inout CopyPart, _ file: borrowing FileDescriptor,
        _ clone: borrowing FileDescriptor, _ parent: Parent?
    ) throws(CopyFailure) {
        let isClone = cloneID != nil
        let (first, count) = (part.clusters.lowerBound, part.clusters.count)
        let pieces = parent?.pieces(of: part.clusters) ?? []
        if isClone { parent?.matchBlocks(of: clone, from: first, pieces, &part.placements) }
        let step = pieces.isEmpty && !isClone ? count : Layout.comparedClusters
        for start in stride(from: 0, to: count, by: step) {
            let places = start..<min(start + step, count)
            try read(file, &part, places)
            parent?.match(bytes(of: part, 0..<count), from: first, pieces, &part.placements, places)
            if let cloneID { enterChecksums(part, places, cloneID) }
        }
    }

    /// Reads what of a part has no place yet, and finds the zeros in it.
    private func read(
        _ file: borrowing FileDescriptor, _ part: inout CopyPart, _ places: Range<Int>
    ) throws(CopyFailure) {
        var index = places.lowerBound
        while let unread = part.placements.ownRange(in: index..<places.upperBound) {
            index = unread.upperBound
            try readBytes(file, part, unread)
            for place in unread where buffer.isZero(part.start + place) {
                part.placements[place] = .hole
            }
        }
    }

    /// In a clone a cluster's slot is known beforehand, so its checksum need not wait for its turn.
    private func enterChecksums(_ part: CopyPart, _ places: Range<Int>, _ cloneID: UInt64) {
        for place in places where part.placements[place] == .own {
            checksums[part.start + place] = SegmentLayout.checksum(
                bytes(of: part, place..<place + 1),
                slot: part.clusters.lowerBound + UInt64(place), fileID: cloneID)
        }
    }

    /// Fills the buffer with some of a part's clusters; the last one's missing bytes with zeros.
    private func readBytes(
        _ file: borrowing FileDescriptor, _ part: CopyPart, _ range: Range<Int>
    ) throws(CopyFailure) {
        let size = Layout.clusterBytes
        let cluster = part.clusters.lowerBound + UInt64(range.lowerBound)
        let offset = Int64(cluster) * Int64(size)
        let wanted = Int(bytes(of: cluster, range.count))
        let start = (part.start + range.lowerBound) * size
        let got: Int
        do throws(SystemError) {
            got = try calls.readFully(
                file, at: origin + offset, into: buffer.slice(start..<start + wanted))
        } catch {
            throw CopyFailure(unreadable: path, error, offset)
        }
        guard got == wanted else {
            throw CopyFailure(
                .sourceChanged,
                "\(quoted(path)) shrank while it was read: it had \(job.capture.sizeBytes)"
                    + " bytes and ends at \(offset + Int64(got)) now",
                hint: "leave the file in place while images are created,"
                    + " and create the image again")
        }
        setZeros(buffer.slice(start + wanted..<start + range.count * size))
    }
}

extension Buffer {
    /// Whether all bytes of the cluster at `index` are zeros.
    fileprivate func isZero(_ index: Int) -> Bool {
        let start = bytes.baseAddress! + index * Layout.clusterBytes
        var offset = 0
        while offset < Layout.clusterBytes {
            let words = start.load(fromByteOffset: offset, as: SIMD8<UInt64>.self)
            if words != .zero { return false }
            offset += MemoryLayout<SIMD8<UInt64>>.size
        }
        return true
    }
}
