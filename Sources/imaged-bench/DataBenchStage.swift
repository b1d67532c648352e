import System

struct DataBenchFailure: Error, CustomStringConvertible { let description: String }

/// How long `body` takes, in seconds.
func seconds(_ body: () throws -> Void) rethrows -> Double {
    let start = Clock.monotonicNanoseconds()
    try body()
    return Double(Clock.monotonicNanoseconds() - start) / 1e9
}

/// Directories of the benchmark's own, and the programs that it started: nothing is left of
/// either, however it ends.
final class DataBenchStage: Sendable {
    private struct Contents {
        var directories: [String] = []
        var children: [ChildProcess] = []
    }

    private let contents = Lock(Contents())
    /// Where the disk and its copies are.
    let directory: String

    init(in parent: String) throws {
        directory = try SystemCalls.makeTemporaryDirectory(in: parent, prefix: "imaged-bench")
        contents.withLock { $0.directories.append(directory) }
        let contents = contents
        try Interrupts.handle { signal in
            CurrentProcess.printError("imaged-bench: ended by signal \(signal)")
            Self.tearDown(contents)
            CurrentProcess.exitNow(128 + signal)
        }
    }

    /// One more directory, in another place.
    func makeDirectory(in parent: String) throws -> String {
        let made = try SystemCalls.makeTemporaryDirectory(in: parent, prefix: "imaged-bench")
        contents.withLock { $0.directories.append(made) }
        return made
    }

    func tearDown() { Self.tearDown(contents) }

    /// Whoever comes second waits until the first is done: the process must not end half way.
    private static func tearDown(_ contents: Lock<Contents>) {
        contents.withLock { contents in
            for child in contents.children where child.poll() == nil {
                child.kill()
                _ = child.wait()
            }
            for directory in contents.directories {
                do {
                    try SystemCalls.live.removeTree(directory)
                } catch {
                    CurrentProcess.printError("could not remove \(directory): \(error)")
                }
            }
            contents = Contents()
        }
    }

    func path(_ name: String) -> String { "\(directory)/\(name)" }

    /// What is being done, on standard error.
    func tell(_ text: String) { CurrentProcess.printError(text) }

    // MARK: Programs

    /// Starts a program that is ended with the benchmark.
    func start(
        _ program: String, _ arguments: [String], output: borrowing FileDescriptor,
        inheriting inherited: consuming FileDescriptor? = nil
    ) throws -> ChildProcess {
        let child = try ChildProcess(
            program, arguments, output: output, inheriting: inherited.take())
        contents.withLock { $0.children.append(child) }
        return child
    }

    /// Runs a program to its end; what it printed.
    ///
    /// - Throws: also if it does not exit with 0, with the end of what it printed.
    @discardableResult
    func run(_ command: [String]) throws -> String {
        let isPath = command[0].contains("/")
        guard let program = isPath ? command[0] : ChildProcess.find(command[0]) else {
            throw DataBenchFailure(description: "\(command[0]) is not in PATH")
        }
        let output = path("output")
        let file = try SystemCalls.live.openFile(output, [.writeOnly, .create, .truncate])
        let child = try start(program, Array(command.dropFirst()), output: file)
        let end = child.wait()
        contents.withLock { $0.children.removeAll { $0 === child } }
        let bytes = try SystemCalls.live.contents(of: output, max: 1 << 20)
        let text = String(decoding: bytes, as: UTF8.self)
        if end != .exited(0) {
            let told = command.joined(separator: " ")
            throw DataBenchFailure(description: "\(told): \(end): \(text.suffix(500))")
        }
        return text
    }

    // MARK: Files

    /// Removes a file; that there is none is no error.
    func remove(_ path: String) throws {
        guard let slash = path.lastIndex(of: "/") else { return }
        let parent = try SystemCalls.live.openFile(String(path[..<slash]), [.path, .directory])
        try SystemCalls.live.unlink(String(path[path.index(after: slash)...]), in: parent)
    }

    /// Makes a file durable.
    func sync(_ path: String) throws {
        try SystemCalls.live.sync(SystemCalls.live.openFile(path, [.readOnly]))
    }

    /// Writes back what others left behind, so that the next one does not wait for it.
    func settle() throws { try run(["sync"]) }
}
