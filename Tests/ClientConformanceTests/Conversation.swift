import Foundation
import TestSupport

/// A client's program under way: a command in, an answer out, a line each.
final class Conversation {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private let process: ChildProcess
    private let errorsPath: String
    private let input: Int32
    private let output: Int32
    private var received: [UInt8] = []

    /// - Parameters:
    ///   - command: the program and its arguments.
    ///   - errorsPath: the file that takes what it writes to standard error.
    init(_ command: [String], errorsPath: String) throws {
        let (reading, input) = try Self.pipe()
        let (output, writing) = try Self.pipe()
        defer {
            close(reading)
            close(writing)
        }
        self.errorsPath = errorsPath
        self.input = input
        self.output = output
        process = try ChildProcess(command, output: writing, errors: errorsPath, input: reading)
    }

    deinit {
        close(input)
        close(output)
    }

    private static func pipe() throws -> (reading: Int32, writing: Int32) {
        var ends: [Int32] = [0, 0]
        guard Foundation.pipe(&ends) == 0 else { throw POSIXError(.EMFILE) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }

    /// Sends `command` and waits for the answer.
    func answer(to command: VectorJSON) throws -> VectorJSON {
        try write(Array((try command.text() + "\n").utf8))
        let line = try nextLine(after: command)
        do {
            return try VectorJSON(parsing: line)
        } catch {
            throw failure("no JSON: \(line)")
        }
    }

    /// Ends its input and waits for its end.
    func end() throws {
        shutdownInput()
        let status = try process.wait(seconds: 30)
        if status != 0 { throw failure("it ended with \(status)") }
    }

    private func shutdownInput() {
        // The number stays ours until `deinit`, but its writing end of the pipe is gone.
        let null = open("/dev/null", O_WRONLY | O_CLOEXEC)
        dup2(null, input)
        close(null)
    }

    private func failure(_ what: String) -> Failure {
        let errors = (try? String(contentsOfFile: errorsPath, encoding: .utf8)) ?? ""
        return Failure(description: "\(what)\n\(errors.suffix(4000))")
    }

    /// Writing to a program that has ended is SIGPIPE, and would be the end of the test run.
    private func write(_ bytes: [UInt8]) throws {
        var pipeSignal = sigset_t()
        sigemptyset(&pipeSignal)
        sigaddset(&pipeSignal, SIGPIPE)
        var before = sigset_t()
        pthread_sigmask(SIG_BLOCK, &pipeSignal, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Foundation.write(input, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else {
                var none = timespec()
                sigtimedwait(&pipeSignal, nil, &none)
                throw failure("it reads no more commands")
            }
            rest = rest.dropFirst(count)
        }
    }

    private func nextLine(after command: VectorJSON) throws -> String {
        let end = ContinuousClock.now + .seconds(60)
        while true {
            if let place = received.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: received[..<place], as: UTF8.self)
                received.removeSubrange(...place)
                return line
            }
            guard ContinuousClock.now < end else {
                process.send(signal: SIGKILL)
                throw failure("no answer to \(command)")
            }
            var waiting = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
            guard poll(&waiting, 1, 1_000) > 0 else { continue }
            var bytes = [UInt8](repeating: 0, count: 1 << 16)
            let count = read(output, &bytes, bytes.count)
            if count < 0 && errno == EINTR { continue }
            if count <= 0 { throw failure("it ended instead of an answer to \(command)") }
            received += bytes[..<count]
        }
    }
}
