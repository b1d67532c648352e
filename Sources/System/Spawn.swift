import CLinux
import Glibc

/// A program that this process started (`posix_spawn(3)`). Whoever made it waits for it.
public final class ChildProcess: Sendable {
    public enum End: Hashable, Sendable {
        case exited(Int32)
        case killed(signal: Int32)
    }

    public let id: Int32
    private let end = Lock<End?>(nil)

    /// Starts `program` with standard input from nowhere and everything it prints going to
    /// `output`. It gets a process group of its own, so that the terminal's Ctrl-C is the
    /// parent's to deal with, and no other descriptor than `inherited`, as number 3; that one is
    /// closed here, so that its other end shows when the child is gone.
    public init(
        _ program: String, _ arguments: [String], output: borrowing FileDescriptor,
        inheriting inherited: consuming FileDescriptor? = nil
    ) throws(SystemError) {
        // -1: none.
        let number = inherited.take()?.release() ?? -1
        defer { if number >= 0 { _ = Glibc.close(number) } }
        id = try Self.spawn(program, arguments, output.rawValue, number)
    }

    /// Where `program` is: in one of the `first` places, else in PATH, else in one of `places`;
    /// nil: nowhere.
    public static func find(
        _ program: String, first: [String] = [], orIn places: [String] = []
    ) -> String? {
        let path = CurrentProcess.environment("PATH") ?? "/usr/bin:/bin"
        return (first + path.split(separator: ":").map(String.init) + places)
            .map { "\($0)/\(program)" }.first { access($0, X_OK) == 0 }
    }

    private static func spawn(
        _ program: String, _ arguments: [String], _ output: CInt, _ inherited: CInt
    ) throws(SystemError) -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        // The inherited one first: number 3 may be where `output` is, and 1 and 2 are not.
        // A dup2 of a number onto itself clears close-on-exec here.
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_adddup2(&actions, output, 2)
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        if inherited >= 0 { posix_spawn_file_actions_adddup2(&actions, inherited, 3) }

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setpgroup(&attributes, 0)
        var pipeSignal = sigset_t()
        sigemptyset(&pipeSignal)
        sigaddset(&pipeSignal, SIGPIPE)
        posix_spawnattr_setsigdefault(&attributes, &pipeSignal)
        let flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF
        posix_spawnattr_setflags(&attributes, CShort(flags))

        var texts = ([program] + arguments).map { strdup($0) }
        defer { for text in texts { free(text) } }
        texts.append(nil)
        var child: pid_t = 0
        let failed = posix_spawn(&child, program, &actions, &attributes, texts, environ)
        if failed != 0 {
            throw SystemError("posix_spawn", path: program, errno: Errno(rawValue: failed))
        }
        return child
    }

    /// Sends a signal, unless the end was already seen: the number may be another's by then.
    public func signal(_ number: Int32) {
        end.withLock { end in
            if end == nil { kill(id, number) }
        }
    }

    /// SIGTERM: end in good order.
    public func terminate() { signal(SIGTERM) }

    /// SIGKILL: end now.
    public func kill() { signal(SIGKILL) }

    /// How it ended, if it has; does not wait.
    public func poll() -> End? {
        end.withLock { end in
            if end == nil { end = Self.collect(id, WNOHANG) }
            return end
        }
    }

    /// Waits for its end.
    public func wait() -> End {
        while true {
            if let end = poll() { return end }
            // Only looked at, not collected: nothing is held meanwhile, so `signal` goes through.
            var info = siginfo_t()
            waitid(P_PID, id_t(id), &info, WEXITED | WNOWAIT)
        }
    }

    private static func collect(_ id: Int32, _ options: CInt) -> End? {
        var status: CInt = 0
        let found = waitpid(id, &status, options)
        // Not ours any more: someone else in this process collected it.
        if found < 0 && Glibc.errno == ECHILD { return .exited(0) }
        if found != id { return nil }
        let signal = status & 0x7f
        return signal == 0 ? .exited((status >> 8) & 0xff) : .killed(signal: signal)
    }

    private func kill(_ id: Int32, _ number: Int32) { _ = Glibc.kill(id, number) }
}

/// Waits for the first bytes of a pipe.
extension FileDescriptor {
    /// Reads what comes first, within the time given; nil: nothing came, or the other end was
    /// closed without a word.
    public func firstBytes(withinMilliseconds milliseconds: Int32) -> [UInt8]? {
        let end = Clock.monotonicNanoseconds() + Int64(milliseconds) * 1_000_000
        while true {
            let rest = max(0, (end - Clock.monotonicNanoseconds()) / 1_000_000)
            var watched = pollfd(fd: rawValue, events: CShort(POLLIN), revents: 0)
            let found = Glibc.poll(&watched, 1, CInt(clamping: rest))
            if found == 0 { return nil }
            if found < 0 && Glibc.errno != EINTR { return nil }
            if found < 0 { continue }
            var buffer = [UInt8](repeating: 0, count: 256)
            let count = Glibc.read(rawValue, &buffer, buffer.count)
            if count < 0 && Glibc.errno == EINTR { continue }
            return count > 0 ? Array(buffer[..<count]) : nil
        }
    }
}
