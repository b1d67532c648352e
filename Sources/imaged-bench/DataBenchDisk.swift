import System

/// A sparse disk file with random bytes in scattered extents of 64 KiB to 4 MiB: the same ones for
/// the same seed.
struct DataBenchDisk {
    static let clusterBytes = 64 << 10
    private static let extentClustersMax = 64

    let path: String
    let clusterCount: Int
    private var random: SmallRandom
    private var buffer: [UInt64]

    /// Makes the file, with so much data; the rest are holes.
    init(at path: String, bytes: Int, dataBytes: Int, seed: UInt64) throws {
        self.path = path
        clusterCount = bytes / Self.clusterBytes
        random = SmallRandom(state: seed)
        buffer = Array(repeating: 0, count: Self.extentClustersMax * Self.clusterBytes / 8)
        let file = try SystemCalls.live.openFile(path, [.writeOnly, .create, .exclusive])
        try SystemCalls.live.setSize(file, Int64(bytes))
        var isData = [Bool](repeating: false, count: dataBytes == 0 ? 0 : clusterCount)
        var left = dataBytes / Self.clusterBytes
        while left > 0 {
            let count = min(left, 1 + random.below(Self.extentClustersMax))
            let first = random.below(clusterCount)
            let extent = first..<first + count
            if extent.upperBound > clusterCount || isData[extent].contains(true) { continue }
            for cluster in extent { isData[cluster] = true }
            try write(extent, to: file)
            left -= count
        }
        try SystemCalls.live.sync(file)
    }

    /// Writes new bytes to so many clusters, drawn from the whole disk, and makes them durable.
    mutating func change(clusters count: Int) throws {
        let file = try SystemCalls.live.openFile(path, [.writeOnly])
        var changed: Set<Int> = []
        while changed.count < min(count, clusterCount) {
            let cluster = random.below(clusterCount)
            if !changed.insert(cluster).inserted { continue }
            try write(cluster..<cluster + 1, to: file)
        }
        try SystemCalls.live.sync(file)
    }

    private mutating func write(_ extent: Range<Int>, to file: borrowing FileDescriptor) throws {
        let count = extent.count * Self.clusterBytes
        for index in 0..<count / 8 { buffer[index] = random.next() }
        try buffer.withUnsafeBytes {
            try SystemCalls.live.writeAll(
                file, at: Int64(extent.lowerBound * Self.clusterBytes),
                UnsafeRawBufferPointer(rebasing: $0[..<count]))
        }
    }
}

/// The least that a snapshot can be: plain loops over the data, a MiB at a time.
enum DataBenchLoops {
    private static let bufferBytes = 1 << 20

    /// Reads all data once; its byte count.
    @discardableResult
    static func read(_ path: String) throws -> Int64 {
        let file = try SystemCalls.live.openFile(path, [.readOnly])
        var buffer = [UInt8](repeating: 0, count: bufferBytes)
        var total: Int64 = 0
        try forEachPart(of: file) { offset, count in
            try read(file, offset, count, &buffer)
            total += Int64(count)
        }
        return total
    }

    /// Clones a file and reads the clone, whose bytes are not in the cache: it has pages of its own.
    static func cloneAndRead(_ path: String, to clonePath: String) throws {
        let calls = SystemCalls.live
        let file = try calls.openFile(path, [.readOnly])
        let clone = try calls.openFile(clonePath, [.writeOnly, .create, .truncate])
        try calls.setSize(clone, try calls.endOffset(file))
        guard try calls.clone(file, at: 0, count: 0, to: clone, at: 0) else {
            throw DataBenchFailure(description: "\(clonePath): its file system cannot clone")
        }
        try read(clonePath)
    }

    /// Copies all data to a new file and makes it durable.
    static func copy(_ path: String, to copyPath: String) throws {
        let calls = SystemCalls.live
        let file = try calls.openFile(path, [.readOnly])
        let copy = try calls.openFile(copyPath, [.writeOnly, .create, .truncate])
        try calls.setSize(copy, try calls.endOffset(file))
        var buffer = [UInt8](repeating: 0, count: bufferBytes)
        try forEachPart(of: file) { offset, count in
            try read(file, offset, count, &buffer)
            try buffer.withUnsafeBytes {
                try calls.writeAll(copy, at: offset, UnsafeRawBufferPointer(rebasing: $0[..<count]))
            }
        }
        try calls.syncData(copy)
    }

    /// Writes the clusters of `path` that differ from `oldPath`, one after another, to a new file
    /// and makes it durable. Where the old one has data, the new one must have some, too.
    static func compare(_ oldPath: String, _ path: String, to changesPath: String) throws {
        let calls = SystemCalls.live
        let old = try calls.openFile(oldPath, [.readOnly])
        let file = try calls.openFile(path, [.readOnly])
        let changes = try calls.openFile(changesPath, [.writeOnly, .create, .truncate])
        var oldBuffer = [UInt8](repeating: 0, count: bufferBytes)
        var buffer = oldBuffer
        var end: Int64 = 0
        try forEachPart(of: file) { offset, count in
            try read(old, offset, count, &oldBuffer)
            try read(file, offset, count, &buffer)
            try oldBuffer.withUnsafeBytes { before in
                try buffer.withUnsafeBytes { now in
                    for start in stride(from: 0, to: count, by: DataBenchDisk.clusterBytes) {
                        let cluster = start..<min(count, start + DataBenchDisk.clusterBytes)
                        let bytes = UnsafeRawBufferPointer(rebasing: now[cluster])
                        let same = UnsafeRawBufferPointer(rebasing: before[cluster])
                        if hasSameBytes(bytes, same) { continue }
                        try calls.writeAll(changes, at: end, bytes)
                        end += Int64(bytes.count)
                    }
                }
            }
        }
        try calls.syncData(changes)
    }

    private static func read(
        _ file: borrowing FileDescriptor, _ offset: Int64, _ count: Int, _ buffer: inout [UInt8]
    ) throws {
        let read = try buffer.withUnsafeMutableBytes {
            try SystemCalls.live.readFully(
                file, at: offset, into: UnsafeMutableRawBufferPointer(rebasing: $0[..<count]))
        }
        if read < count { throw DataBenchFailure(description: "a disk file became shorter") }
    }

    /// The data, in parts of a buffer at most.
    private static func forEachPart(
        of file: borrowing FileDescriptor, _ body: (_ offset: Int64, _ count: Int) throws -> Void
    ) throws {
        var offset: Int64 = 0
        while let start = try SystemCalls.live.nextData(file, from: offset) {
            offset = start
            let end = try SystemCalls.live.nextHole(file, from: start)
            while offset < end {
                let count = Int(min(end - offset, Int64(bufferBytes)))
                try body(offset, count)
                offset += Int64(count)
            }
        }
    }
}
