import ImagedClient
import System

/// Why there is no daemon for the tests.
public struct NoDaemon: Error, CustomStringConvertible {
    public let description: String
}

/// A daemon for tests: without a data directory, with the service Fixture. It ends with this
/// value, and with the process that started it, however that one ends; its folder goes too.
public final class ImagedDaemon: Sendable {
    /// The daemon that the tests of this process share; started when it is first asked for.
    ///
    /// - Throws: ``NoDaemon``.
    public static func shared() async throws -> ImagedDaemon {
        let starting = sharedStart.withLock { start in
            let task = start ?? Task { try await ImagedDaemon() }
            start = task
            return task
        }
        return try await starting.value
    }

    private static let sharedStart = Lock<Task<ImagedDaemon, any Error>?>(nil)

    /// Where it listens.
    public let socketPath: String
    /// Its process.
    public var processID: Int32 { process.id }
    private let process: ChildProcess
    /// As long as this end is open, here and in no other process, the daemon lives.
    private let lifeline: Lock<Lifeline?>

    private final class Lifeline: Sendable {
        private let end: FileDescriptor
        init(_ end: consuming FileDescriptor) { self.end = end }
    }

    /// Ends the daemon when nobody holds the lifeline, which is descriptor 3, any longer. Only a
    /// process that is still the daemon is ended: its number may be another's by then.
    private static let script = """
        folder=$1; shift
        (
            read -r line <&3
            read -r name </proc/$$/comm && [ "$name" = imaged ] && kill -KILL $$
            rm -rf -- "$folder"
        ) &
        exec "$@" 3<&-
        """

    /// Starts a daemon and waits until it answers.
    ///
    /// - Parameter program: the path of `imaged`; nil: `$IMAGED`, else beside the running
    ///   program, else in PATH.
    /// - Throws: ``NoDaemon``.
    public init(program: String? = nil) async throws {
        guard let program = program ?? Self.find() else {
            throw NoDaemon(
                description: "no imaged: set IMAGED to its path, or let the tests depend on the "
                    + "product imaged, so that it is built beside them")
        }
        do throws(SystemError) {
            let folder = try SystemCalls.makeTemporaryDirectory(
                in: "/tmp", prefix: "imaged-testing")
            socketPath = "\(folder)/s"
            let log = try SystemCalls.live.openFile("\(folder)/log", [.writeOnly, .create])
            let ends = try PipeEnds()
            lifeline = Lock(Lifeline(ends.writing))
            process = try ChildProcess(
                "/bin/sh",
                [
                    "-c", Self.script, "sh", folder, program, "--ephemeral", "--fixture",
                    "--socket", socketPath,
                ], output: log, inheriting: ends.reading)
        } catch {
            throw NoDaemon(description: "\(program): \(error)")
        }
        try await waitUntilItAnswers(program)
    }

    deinit { end() }

    /// Ends the daemon now.
    public func end() {
        lifeline.withLock { $0 = nil }
        _ = process.wait()
    }

    private static func find() -> String? {
        if let path = CurrentProcess.environment("IMAGED"), !path.isEmpty { return path }
        let own = CurrentProcess.executablePath
        let beside = own[..<(own.lastIndex(of: "/") ?? own.startIndex)]
        return ChildProcess.find("imaged", first: [String(beside)])
    }

    private func waitUntilItAnswers(_ program: String) async throws {
        let end = Clock.monotonicNanoseconds() + 20_000_000_000
        while true {
            do {
                return try await ImagedClient.connect(socket: socketPath).close()
            } catch let error as ClientError {
                if process.poll() == nil && Clock.monotonicNanoseconds() < end {
                    try await Task.sleep(for: .milliseconds(5))
                    continue
                }
                throw NoDaemon(description: "\(program) does not answer: \(error)")
            }
        }
    }
}
