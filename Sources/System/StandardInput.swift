import Glibc

/// Standard input, read so that whoever waits for it can stop in between.
public enum StandardInput {
    public static var isTerminal: Bool { isatty(0) == 1 }

    /// Reads what is there, at most as much as the buffer holds (`read(2)`).
    ///
    /// - Returns: how many bytes; 0: the end; nil: nothing came within the time.
    public static func read(
        into buffer: UnsafeMutableRawBufferPointer, withinMilliseconds milliseconds: Int32
    ) throws(SystemError) -> Int? {
        var watched = pollfd(fd: 0, events: CShort(POLLIN), revents: 0)
        // What goes wrong here is told by the read.
        if poll(&watched, 1, milliseconds) == 0 { return nil }
        while true {
            let count = Glibc.read(0, buffer.baseAddress, buffer.count)
            if count >= 0 { return count }
            let errno = Errno(rawValue: Glibc.errno)
            if errno == .wouldBlock { return nil }
            if errno != .interrupted { throw SystemError("read", errno: errno) }
        }
    }
}
