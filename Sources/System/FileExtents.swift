import CLinux
import Glibc

/// Consecutive bytes of a file that lie in consecutive blocks of its file system (`FS_IOC_FIEMAP`,
/// Documentation/filesystems/fiemap.rst).
public struct FileExtent: Equatable, Sendable {
    /// Where in the file, where on the device of the file system, and how many bytes.
    public let offset: Int64
    public let physicalOffset: Int64
    public let byteCount: Int64
    /// Whether the blocks are another file's too, and hold the bytes as they are: neither still to
    /// be written, nor compressed, encrypted or packed with others.
    public let isShared: Bool

    public init(offset: Int64, physicalOffset: Int64, byteCount: Int64, isShared: Bool) {
        self.offset = offset
        self.physicalOffset = physicalOffset
        self.byteCount = byteCount
        self.isShared = isShared
    }

    /// How many are asked for at once.
    static let batchCount = 128

    /// Nil: the numbers make no sense.
    init?(_ extent: fiemap_extent) {
        guard let offset = Int64(exactly: extent.fe_logical),
            let physicalOffset = Int64(exactly: extent.fe_physical),
            let byteCount = Int64(exactly: extent.fe_length), byteCount > 0,
            !offset.addingReportingOverflow(byteCount).overflow,
            !physicalOffset.addingReportingOverflow(byteCount).overflow
        else { return nil }
        let flags = extent.fe_flags & ~UInt32(FIEMAP_EXTENT_LAST | FIEMAP_EXTENT_MERGED)
        self.init(
            offset: offset, physicalOffset: physicalOffset, byteCount: byteCount,
            isShared: flags == UInt32(FIEMAP_EXTENT_SHARED))
    }

    /// Asks the kernel for the extents in a range; the count, or the errno negated.
    static func read(
        _ file: CInt, _ offset: Int64, _ byteCount: Int64, into extents: inout [FileExtent]
    ) -> Int {
        let head = MemoryLayout<fiemap>.size
        let stride = MemoryLayout<fiemap_extent>.stride
        return withUnsafeTemporaryAllocation(
            byteCount: head + batchCount * stride, alignment: 8
        ) { buffer in
            var request = fiemap()
            request.fm_start = UInt64(offset)
            request.fm_length = UInt64(byteCount)
            request.fm_extent_count = UInt32(batchCount)
            buffer.storeBytes(of: request, as: fiemap.self)
            if Glibc.ioctl(file, imaged_FS_IOC_FIEMAP, buffer.baseAddress!) < 0 {
                return -Int(Glibc.errno)
            }
            let count = buffer.load(as: fiemap.self).fm_mapped_extents
            for index in 0..<min(Int(count), batchCount) {
                let raw = buffer.loadUnaligned(
                    fromByteOffset: head + index * stride, as: fiemap_extent.self)
                if let extent = FileExtent(raw) { extents.append(extent) }
            }
            return Int(count)
        }
    }
}

extension SystemCalls {
    /// The extents of `file` in a range, or the first 128 of them; what begins before the range or
    /// ends behind it is told whole. Empty: only a hole is there, or nobody can tell.
    public func extents(
        of file: borrowing FileDescriptor, at offset: Int64, count: Int64
    ) -> [FileExtent] {
        var extents: [FileExtent] = []
        if mapExtents(file.rawValue, offset, count, &extents) < 0 { return [] }
        return extents
    }
}
