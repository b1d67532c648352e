import Foundation

/// A process that a test starts, signals and waits for. It dies with the value.
public final class ChildProcess {
    public struct StillRunning: Error {}

    public let pid: pid_t
    /// How it ended: the exit status, or the signal below zero. Nil: not known to have ended.
    public private(set) var status: Int32?

    /// Starts `arguments[0]`, found along PATH, with no signal blocked and no descriptor but the
    /// standard ones.
    ///
    /// - Parameters:
    ///   - output: the descriptor that becomes its standard output.
    ///   - errors: a file that its standard error is appended to.
    ///   - input: the descriptor that becomes its standard input; nil: it reads nothing.
    public init(
        _ arguments: [String], output: Int32, errors: String, input: Int32? = nil
    ) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let input {
            posix_spawn_file_actions_adddup2(&actions, input, 0)
        } else {
            posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        }
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        // Other tests' descriptors would keep their files open, and take numbers from a process
        // whose limit is the matter of the test.
        for name in try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") {
            // One that is closed meanwhile is no error.
            if let number = Int32(name), number > 2 {
                posix_spawn_file_actions_addclose(&actions, number)
            }
        }

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))

        var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) }
        words.append(nil)
        defer { for word in words { free(word) } }
        var pid: pid_t = 0
        let failed = posix_spawnp(&pid, arguments[0], &actions, &attributes, words, environ)
        if failed != 0 { throw POSIXError(POSIXErrorCode(rawValue: failed) ?? .EINVAL) }
        self.pid = pid
    }

    deinit {
        if hasEnded { return }
        kill(pid, SIGKILL)
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
    }

    /// Whether it has ended, without waiting.
    public var hasEnded: Bool {
        if status != nil { return true }
        var word: Int32 = 0
        guard waitpid(pid, &word, WNOHANG) == pid else { return false }
        let signal = word & 0x7f
        status = signal == 0 ? word >> 8 & 0xff : -signal
        return true
    }

    public func send(signal: Int32) {
        if !hasEnded { kill(pid, signal) }
    }

    /// Waits for its end, and kills it when that takes longer than `seconds`.
    ///
    /// - Returns: the exit status; of a process that a signal ended, the signal below zero.
    @discardableResult
    public func wait(seconds: Int = 60) throws -> Int32 {
        for _ in 0..<(seconds * 500) {
            if hasEnded, let status { return status }
            usleep(2_000)
        }
        kill(pid, SIGKILL)
        throw StillRunning()
    }
}
