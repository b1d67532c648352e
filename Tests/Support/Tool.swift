import Foundation
import Testing

/// A program that some tests use as an independent judge.
public enum Tool {
    /// Where `name` is, from PATH; nil: not installed.
    public static func find(_ name: String) -> String? {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin:/usr/sbin:/sbin"
        let places = path.split(separator: ":").map { "\($0)/\(name)" } + ["/usr/sbin/\(name)"]
        return places.first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// Whether IMAGED_REQUIRE_TOOLS is set, as `.ci/run` does: a missing tool fails its test.
    public static var isRequired: Bool {
        ProcessInfo.processInfo.environment["IMAGED_REQUIRE_TOOLS"] != nil
    }

    /// For `.enabled(if:)`: whether all of `names` are there. Where they are required, the answer
    /// is always yes, so that a missing tool fails its test by name.
    public static func available(_ names: String...) -> Bool {
        isRequired || names.allSatisfy { find($0) != nil }
    }

    public struct Output: Sendable {
        public let status: Int32
        public let out: Data
        public let err: String
        public var text: String { String(decoding: out, as: UTF8.self) }
    }

    /// Runs `tool` to its end; its output in full.
    public static func run(
        _ tool: String, _ arguments: [String], input: Data? = nil,
        environment: [String: String]? = nil
    ) throws -> Output {
        let path = tool.hasPrefix("/") ? tool : find(tool)
        let process = Process()
        process.executableURL = URL(
            fileURLWithPath: try #require(path, "\(tool) is not installed"))
        process.arguments = arguments
        if let environment {
            process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        }
        // Input comes from a file: writing to a pipe whose reader has ended is SIGPIPE, and the end
        // of the whole test run.
        let directory = TemporaryDirectory()
        if let input { try input.write(to: URL(filePath: directory.path + "/input")) }
        let (out, err) = (Pipe(), Pipe())
        process.standardOutput = out
        process.standardError = err
        process.standardInput =
            input == nil
            ? FileHandle.nullDevice
            : FileHandle(forReadingAtPath: directory.path + "/input")
        try process.run()
        let errors = DispatchQueue.global()
        nonisolated(unsafe) var errorData = Data()
        let group = DispatchGroup()
        errors.async(group: group) { errorData = err.fileHandleForReading.readDataToEndOfFile() }
        let data = out.fileHandleForReading.readDataToEndOfFile()
        group.wait()
        process.waitUntilExit()
        return Output(
            status: process.terminationStatus, out: data,
            err: String(decoding: errorData, as: UTF8.self))
    }
}
