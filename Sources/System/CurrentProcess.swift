import CLinux
import Glibc

/// This process: who it is, and how a daemon sets itself up.
public enum CurrentProcess {
    public static var uid: UInt32 { getuid() }
    public static var gid: UInt32 { getgid() }
    public static var pid: Int32 { getpid() }

    /// The number of a group; nil: there is none of this name (`getgrnam(3)`). For a start: other
    /// threads must not look up groups meanwhile.
    public static func group(named name: String) -> UInt32? { getgrnam(name)?.pointee.gr_gid }

    public static func environment(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }

    /// The path of the running program.
    public static var executablePath: String {
        let path = String(unsafeUninitializedCapacity: 4096) { buffer in
            buffer.withMemoryRebound(to: CChar.self) { text in
                max(0, readlink("/proc/self/exe", text.baseAddress!, 4096))
            }
        }
        return path.isEmpty ? CommandLine.arguments[0] : path
    }

    public static var workingDirectory: String {
        guard let path = getcwd(nil, 0) else { return "/" }
        defer { free(path) }
        return String(cString: path)
    }

    /// What a daemon does first (design.md, "The process"; reliability.md S7): no SIGPIPE, no
    /// SIGXFSZ, files 0600, no core dumps, as many descriptors as the hard limit allows.
    ///
    /// - Returns: how many descriptors the process may have.
    public static func becomeDaemon() -> Int {
        keepStandardDescriptors()
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
        umask(0o077)
        var core = rlimit(rlim_cur: 0, rlim_max: 0)
        setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &core)
        var files = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files)
        files.rlim_cur = files.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files)
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files)
        return Int(clamping: files.rlim_cur)
    }

    /// A standard descriptor that was closed would be the next file's number, and a line for it
    /// would go into that file.
    private static func keepStandardDescriptors() {
        for number: CInt in 0...2 where fcntl(number, F_GETFD) < 0 {
            _ = open("/dev/null", O_RDWR)
        }
    }

    /// Turns SIGTERM and SIGINT into something to read (`signalfd(2)`). Before any thread starts:
    /// threads take over which signals are blocked.
    public static func stopSignals() throws(SystemError) -> FileDescriptor {
        var set = sigset_t()
        sigemptyset(&set)
        sigaddset(&set, SIGTERM)
        sigaddset(&set, SIGINT)
        pthread_sigmask(SIG_BLOCK, &set, nil)
        let number = signalfd(-1, &set, CInt(imaged_SOCK_CLOEXEC | imaged_SOCK_NONBLOCK))
        if number < 0 { throw SystemError("signalfd", errno: Errno(rawValue: errno)) }
        return FileDescriptor(owning: number)
    }

    /// Takes the signals that wait; how many there were.
    public static func takeSignals(_ signals: borrowing FileDescriptor) -> Int {
        var count = 0
        var info = signalfd_siginfo()
        while read(signals.rawValue, &info, MemoryLayout<signalfd_siginfo>.size) > 0 { count += 1 }
        return count
    }

    /// Whether standard error takes a line without waiting (`PIPE_BUF` bytes, 4096, on a pipe).
    public static var takesErrors: Bool {
        var error = pollfd(fd: 2, events: Int16(POLLOUT), revents: 0)
        return poll(&error, 1, 0) == 1 && Int32(error.revents) & POLLOUT != 0
    }

    /// Whether standard error is a regular file, which takes any number of bytes at once.
    public static var errorsAreFile: Bool {
        var status = stat()
        return fstat(2, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }

    /// Whether standard error is a stream to the journal of systemd, which says so in
    /// `JOURNAL_STREAM` (systemd.exec(5)).
    public static var errorsAreJournal: Bool {
        var status = stat()
        guard let stream = environment("JOURNAL_STREAM"), fstat(2, &status) == 0 else {
            return false
        }
        return stream == "\(status.st_dev):\(status.st_ino)"
    }

    /// Writes a line to standard error, in one call.
    public static func printError(_ line: String) { write(line + "\n", to: 2) }

    /// Writes all of `text` to a descriptor that this process was started with. That nobody reads
    /// it is no error.
    public static func write(_ text: String, to number: CInt) {
        write(Array(text.utf8), to: number)
    }

    public static func write(_ bytes: [UInt8], to number: CInt) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(number, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            if count <= 0 { return }
            rest = rest.dropFirst(count)
        }
    }

    /// Takes over a descriptor that the process was started with; nil: it is not open.
    public static func inherited(_ number: CInt) -> FileDescriptor? {
        guard fcntl(number, F_GETFD) >= 0 else { return nil }
        _ = fcntl(number, F_SETFD, FD_CLOEXEC)
        return FileDescriptor(owning: number)
    }

    /// Closes a descriptor that was passed on; a standard one becomes `/dev/null` instead.
    public static func retire(_ file: consuming FileDescriptor) {
        let number = file.release()
        let null = number <= 2 ? open("/dev/null", O_RDWR | O_CLOEXEC) : -1
        if null >= 0 {
            dup2(null, number)
            close(null)
        } else {
            close(number)
        }
    }

    public static func exit(_ status: Int32) -> Never { Glibc.exit(status) }

    /// Ends at once, without running what is registered for a normal exit: a thread calls it when
    /// the journal can no longer be trusted.
    public static func exitNow(_ status: Int32) -> Never { Glibc._exit(status) }
}
