import CLinux
import Glibc

/// SIGINT, SIGTERM and SIGHUP as calls of a function instead of the process's end.
public enum Interrupts {
    /// The writing end of the pipe that tells the thread below; written once, before the handler
    /// that reads it is installed.
    nonisolated(unsafe) private static var pipeEnd: CInt = -1

    /// From now on each of these signals runs `body`, on a thread of its own, with the signal's
    /// number; one that is ignored stays so. SIGPIPE ends nothing either: writing to a pipe that
    /// nobody reads fails instead. Once a process.
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
        for number in [SIGINT, SIGTERM, SIGHUP] {
            var before = sigaction()
            sigaction(number, nil, &before)
            // Who started us with a signal ignored (nohup, a shell's background job) meant it:
            // SIG_IGN is a macro, the handler 1.
            let isIgnored =
                unsafeBitCast(before.__sigaction_handler.sa_handler, to: Int.self) == 1
            if !isIgnored { sigaction(number, &action, nil) }
        }
        signal(SIGPIPE, SIG_IGN)
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
