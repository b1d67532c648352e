import CLinux
import Glibc

/// The standard streams, and what they are connected to.
public enum StandardStream: Int32, Sendable {
    case output = 1
    case error = 2

    public var isTerminal: Bool { isatty(rawValue) == 1 }

    /// The terminal's width in characters (`ioctl_tty(2)`); nil: none, or it does not say.
    public var columns: Int? {
        var size = winsize()
        guard ioctl(rawValue, imaged_TIOCGWINSZ, &size) == 0, size.ws_col > 0 else { return nil }
        return Int(size.ws_col)
    }

    /// Writes all of `text` (`write(2)`), in one call if the kernel takes it.
    public func write(_ text: String) throws(SystemError) {
        var text = text
        let failure = text.withUTF8 { writeAll(UnsafeRawBufferPointer($0)) }
        if let failure { throw SystemError("write", errno: failure) }
    }

    /// Writes all of `bytes`.
    public func write(_ bytes: [UInt8]) throws(SystemError) {
        let failure = bytes.withUnsafeBytes { writeAll($0) }
        if let failure { throw SystemError("write", errno: failure) }
    }

    /// - Returns: why not all was written; nil: it was.
    private func writeAll(_ bytes: UnsafeRawBufferPointer) -> Errno? {
        var rest = bytes
        while !rest.isEmpty {
            let count = Glibc.write(rawValue, rest.baseAddress, rest.count)
            let errno = Errno(rawValue: Glibc.errno)
            if count >= 0 {
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            } else if errno == .wouldBlock {
                // Someone made the stream non-blocking: wait until it takes more.
                var watched = pollfd(fd: rawValue, events: CShort(POLLOUT), revents: 0)
                poll(&watched, 1, -1)
            } else if errno != .interrupted {
                return errno
            }
        }
        return nil
    }
}
