import CLinux
import Glibc

/// What this process knows of itself and of what it was started with.
public enum CurrentProcess {
    public static var id: Int32 { getpid() }
    public static var isRoot: Bool { geteuid() == 0 }

    /// A variable of the environment; nil: not set, or empty.
    public static func environment(_ name: String) -> String? {
        guard let value = getenv(name), value.pointee != 0 else { return nil }
        return String(cString: value)
    }

    /// The absolute path of the working directory; nil: it is gone.
    public static var workingDirectory: String? {
        guard let path = getcwd(nil, 0) else { return nil }
        defer { free(path) }
        return String(cString: path)
    }

    /// The absolute path of the running program (`/proc/self/exe`).
    public static var executablePath: String? {
        guard let path = realpath("/proc/self/exe", nil) else { return nil }
        defer { free(path) }
        return String(cString: path)
    }

    /// Where `program` is: in PATH, else in one of `places`; nil: nowhere.
    public static func find(_ program: String, orIn places: [String] = []) -> String? {
        let path = (environment("PATH") ?? "/usr/bin:/bin").split(separator: ":").map(String.init)
        return (path + places).map { "\($0)/\(program)" }.first { access($0, X_OK) == 0 }
    }
}

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
        let failure: Errno? = text.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
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
        if let failure { throw SystemError("write", errno: failure) }
    }
}

/// SIGINT, SIGTERM and SIGHUP as calls of a function instead of the process's end.
public enum Interrupts {
    /// The writing end of the pipe that tells the thread below; written once, before the handler
    /// that reads it is installed.
    nonisolated(unsafe) private static var pipeEnd: CInt = -1

    /// From now on each of these signals runs `body`, on a thread of its own, with the signal's
    /// number. Once a process.
    public static func handle(_ body: @escaping @Sendable (Int32) -> Void) throws(SystemError) {
        precondition(pipeEnd < 0, "interrupts are handled already")
        let ends = try PipeEnds()
        pipeEnd = ends.writing.release()
        let source = ends.reading.release()
        Thread.start("interrupts") {
            var signal: UInt8 = 0
            while true {
                let count = Glibc.read(source, &signal, 1)
                if count == 1 { body(Int32(signal)) }
                if count == 0 { return }
            }
        }
        var action = sigaction()
        action.__sigaction_handler.sa_handler = { number in
            // Only what is async-signal-safe (signal-safety(7)), and errno as it was.
            let before = Glibc.errno
            var byte = UInt8(truncatingIfNeeded: number)
            _ = Glibc.write(Interrupts.pipeEnd, &byte, 1)
            Glibc.errno = before
        }
        action.sa_flags = CInt(SA_RESTART)
        for number in [SIGINT, SIGTERM, SIGHUP] { sigaction(number, &action, nil) }
    }
}

/// The two ends of a pipe (`pipe(2)`), closed on exec.
@frozen
public struct PipeEnds: ~Copyable, Sendable {
    public var reading: FileDescriptor
    public var writing: FileDescriptor

    public init() throws(SystemError) {
        var ends: [CInt] = [0, 0]
        if pipe2(&ends, O_CLOEXEC) != 0 {
            throw SystemError("pipe2", errno: Errno(rawValue: Glibc.errno))
        }
        reading = FileDescriptor(owning: ends[0])
        writing = FileDescriptor(owning: ends[1])
    }
}
