import CLinux
import Glibc

/// A thread of our own, for work that blocks for the daemon's whole life.
public enum Thread {
    /// Starts `body` on a new detached thread, named `name` (15 bytes at most) for `ps -T`.
    public static func start(_ name: String, _ body: @escaping @Sendable () -> Void) {
        let failed = create(name, body)
        precondition(failed == nil, "pthread_create: \(failed!)")
    }

    /// Runs `theirs` on a thread of its own while `ours` runs here, and returns when both are
    /// done. Where no thread can be had, `ours` runs alone and `theirs` never.
    public static func run<Failure: Error>(
        _ name: String, _ theirs: () -> Void, beside ours: () throws(Failure) -> Void
    ) throws(Failure) {
        let result = withoutActuallyEscaping(theirs) { theirs -> Result<Void, Failure> in
            let part = Part(theirs)
            let failed = create(name) { part.run() }
            let result = Result(catching: ours)
            if failed == nil { part.waitUntilDone() }
            return result
        }
        try result.get()
    }

    /// What another thread does for one that waits for it.
    ///
    /// Unchecked: `body` is the running thread's until `isDone`, and gone by then.
    private final class Part: @unchecked Sendable {
        private var body: (() -> Void)?
        private let isDone = Lock(false)

        init(_ body: @escaping () -> Void) { self.body = body }

        func run() {
            body?()
            body = nil
            isDone.notify { $0 = true }
        }

        func waitUntilDone() { isDone.wait { $0 ? () : nil } }
    }

    /// What `pthread_create` says against it; nil: the thread runs.
    private static func create(_ name: String, _ body: @escaping @Sendable () -> Void) -> Errno? {
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
        guard failed == 0 else {
            box.release()
            return Errno(rawValue: failed)
        }
        pthread_detach(thread)
        return nil
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
