import CLinux
import Glibc

/// A thread of our own, for work that blocks for the daemon's whole life.
public enum Thread {
    /// Starts `body` on a new detached thread, named `name` (15 bytes at most) for `ps -T`.
    public static func start(_ name: String, _ body: @escaping @Sendable () -> Void) {
        let box = Unmanaged.passRetained(Body(name: name, run: body))
        var thread = pthread_t()
        let failed = pthread_create(
            &thread, nil,
            { argument in
                let body = Unmanaged<Body>.fromOpaque(argument!).takeRetainedValue()
                pthread_setname_np(pthread_self(), body.name)
                body.run()
                return nil
            }, box.toOpaque())
        precondition(failed == 0, "pthread_create: \(Errno(rawValue: failed))")
        pthread_detach(thread)
    }

    private final class Body: Sendable {
        let name: String
        let run: @Sendable () -> Void
        init(name: String, run: @escaping @Sendable () -> Void) {
            self.name = name
            self.run = run
        }
    }
}

/// The thread that runs this code.
public enum CurrentThread {
    /// Leaves every signal to the process's other threads: a library's own thread must not run
    /// its host's handlers.
    public static func blockSignals() {
        var all = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_BLOCK, &all, nil)
    }
}
