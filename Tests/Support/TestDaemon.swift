import Foundation

/// The real daemon, as it was built beside the tests, on a directory of its own.
public final class TestDaemon {
    public struct Exited: Error, CustomStringConvertible {
        public let status: Int32
        public let log: String
        public var description: String { "imaged exited with \(status): \(log)" }
    }

    /// Where the programs of this package are: beside the running test bundle.
    public static func product(_ name: String) -> String {
        let tests = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        return tests.deletingLastPathComponent().appendingPathComponent(name).path
    }

    public let directory: TemporaryDirectory
    public let socketPath: String
    public let dataPath: String
    private let arguments: [String]
    private let logPath: String
    public private(set) var process: ChildProcess?
    /// The ports that it speaks HTTP at.
    public private(set) var httpPorts: [UInt16] = []
    /// A Unix socket for HTTP, in case `--http` names it.
    public var httpPath: String { "\(directory.path)/h" }

    /// Starts a daemon and waits until it is ready.
    ///
    /// - Parameters:
    ///   - configuration: the text of a configuration file.
    ///   - arguments: further arguments.
    ///   - prefix: a command that starts it, with its arguments: `["prlimit", "--nofile=100"]`.
    ///   - fixture: whether the service Fixture is there.
    ///   - dataPath: a data directory elsewhere; empty: none, for a daemon that keeps nothing.
    public init(
        _ configuration: String = "", _ arguments: [String] = [], prefix: [String] = [],
        fixture: Bool = false, dataPath: String? = nil,
        in directory: TemporaryDirectory = TemporaryDirectory(),
        start: Bool = true
    ) throws {
        self.directory = directory
        socketPath = "\(directory.path)/s"
        self.dataPath = dataPath ?? "\(directory.path)/data"
        logPath = "\(directory.path)/log"
        var command = prefix + [Self.product("imaged"), "--socket", socketPath, "--ready-fd", "1"]
        if !self.dataPath.isEmpty { command += ["--data-dir", self.dataPath] }
        if !configuration.isEmpty {
            let path = "\(directory.path)/config"
            try Data(configuration.utf8).write(to: URL(fileURLWithPath: path))
            command += ["--config", path]
        }
        if fixture { command.append("--fixture") }
        self.arguments = command + arguments
        if start { try self.start() }
    }

    /// Starts it again, after it has ended.
    ///
    /// - Throws: ``Exited`` if it ends instead of becoming ready.
    public func start() throws {
        var ends: [Int32] = [0, 0]
        precondition(pipe(&ends) == 0, "pipe failed")
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[0]) }
        let logStart = log.utf8.count
        process = try ChildProcess(arguments, output: ends[1], errors: logPath)
        close(ends[1])
        var ready = ""
        for _ in 0..<3_000 {
            var waiting = pollfd(fd: ends[0], events: Int16(POLLIN), revents: 0)
            if poll(&waiting, 1, 20) > 0 {
                var bytes = [UInt8](repeating: 0, count: 64)
                let count = read(ends[0], &bytes, bytes.count)
                if count > 0 { ready += String(decoding: bytes[..<count], as: UTF8.self) }
                if ready.hasSuffix("ready\n") {
                    let lines = ready.split(separator: "\n").filter { $0.hasPrefix("http ") }
                    httpPorts = lines.compactMap { UInt16($0.split(separator: ":").last ?? "") }
                    return
                }
                if count == 0 { break }
            }
            if process?.hasEnded ?? true { break }
        }
        let status = try process?.wait() ?? 0
        throw Exited(status: status, log: String(log.dropFirst(logStart)))
    }

    /// Its exit status and what it said, when it is expected not to start.
    public func failedStart() throws -> Exited {
        do {
            try start()
        } catch let exited as Exited {
            return exited
        }
        throw Exited(status: 0, log: "imaged started, and should not have")
    }

    /// What it has written to standard error, over all of its starts.
    public var log: String {
        String(decoding: FileManager.default.contents(atPath: logPath) ?? Data(), as: UTF8.self)
    }

    public var pid: pid_t { process?.pid ?? 0 }

    /// SIGKILL, and the end of the process.
    public func kill() throws {
        process?.send(signal: SIGKILL)
        try process?.wait()
    }

    /// SIGTERM; the exit status.
    @discardableResult
    public func stop() throws -> Int32 {
        process?.send(signal: SIGTERM)
        return try process?.wait() ?? 0
    }

    public func restart() throws {
        try kill()
        try start()
    }

    /// A new connection. The daemon lives at least as long as its clients.
    public func client() throws -> TestClient { try TestClient(socketPath, of: self) }

    /// The names in a folder of the data directory, sorted.
    public func files(_ folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "\(dataPath)/\(folder)").sorted()
    }

    /// The first number of a line of `/proc/<pid>/status`: "VmHWM", "Threads".
    public func processStatus(_ name: String) throws -> Int {
        let text = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
        let line = text.split(separator: "\n").first { $0.hasPrefix("\(name):") } ?? ""
        return Int(line.split { !$0.isNumber }.first ?? "") ?? 0
    }

    /// Descriptors that it has open.
    public func openDescriptors() throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd").count
    }
}
