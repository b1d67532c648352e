import Glibc

/// A standard stream as the place for a disk's bytes: a hole stays a hole where the stream is a
/// regular file that has nothing behind its place yet; elsewhere it is written as zeros.
public struct SparseOutput: Sendable {
    private let stream: StandardStream
    /// Whether holes are passed over.
    public let leavesHoles: Bool

    private static let zeros = [UInt8](repeating: 0, count: 1 << 20)

    public init(_ stream: StandardStream) {
        self.stream = stream
        var status = stat()
        let isRegular =
            fstat(stream.rawValue, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
        let flags = fcntl(stream.rawValue, F_GETFL)
        // Appending goes to the end wherever the place is; old bytes would shine through a hole.
        leavesHoles =
            isRegular && flags >= 0 && flags & O_APPEND == 0
            && lseek(stream.rawValue, 0, SEEK_CUR) >= status.st_size
    }

    public func write(_ bytes: [UInt8]) throws(SystemError) { try stream.write(bytes) }

    /// - Parameter count: not negative.
    public func hole(_ count: Int64) throws(SystemError) {
        if leavesHoles {
            if lseek(stream.rawValue, off_t(count), SEEK_CUR) < 0 {
                throw SystemError("lseek", errno: Errno(rawValue: Glibc.errno))
            }
            return
        }
        var rest = count
        while rest > 0 {
            let part = min(rest, Int64(Self.zeros.count))
            try stream.write(part == rest ? Array(Self.zeros[..<Int(part)]) : Self.zeros)
            rest -= part
        }
    }

    /// Gives the file its size: a hole at the end has none of its own.
    public func finish() throws(SystemError) {
        guard leavesHoles else { return }
        let end = lseek(stream.rawValue, 0, SEEK_CUR)
        if end < 0 || ftruncate(stream.rawValue, end) != 0 {
            throw SystemError("ftruncate", errno: Errno(rawValue: Glibc.errno))
        }
    }
}
