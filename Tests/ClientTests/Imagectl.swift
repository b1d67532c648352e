import Foundation
import TestSupport
import Testing
import Wire

/// The program under test, as it was built beside these tests.
enum Imagectl {
    static let path = directory + "/imagectl"
    static let daemonPath = directory + "/imaged"
    private static let directory: String = {
        let executable = try? FileManager.default.destinationOfSymbolicLink(
            atPath: "/proc/self/exe")
        return (executable.map { ($0 as NSString).deletingLastPathComponent }) ?? "."
    }()

    /// An environment in which no daemon is found but the one of the test.
    static func environment(_ server: FakeServer?) -> [String: String] {
        [
            "IMAGED_SOCKET": server?.path ?? "/nonexistent/imaged.sock", "IMAGED_REGION": "",
            "NO_COLOR": "1",
        ]
    }

    static func run(_ arguments: [String], _ server: FakeServer? = nil) throws -> Tool.Output {
        try Tool.run(path, arguments, environment: environment(server))
    }

    /// Starts the program, calls `whenReady` with it, and waits for its end.
    static func run(
        _ arguments: [String], _ server: FakeServer?,
        whenStarted: (Process, FileHandle) async throws -> Void
    ) async throws -> (status: Int32, out: String, err: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment(server)) {
            $1
        }
        let (out, err) = (Pipe(), Pipe())
        process.standardOutput = out
        process.standardError = err
        process.standardInput = FileHandle.nullDevice
        try process.run()
        try await whenStarted(process, out.fileHandleForReading)
        let text = out.fileHandleForReading.readDataToEndOfFile()
        let errors = err.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (
            process.terminationStatus, String(decoding: text, as: UTF8.self),
            String(decoding: errors, as: UTF8.self)
        )
    }
}

/// The paths of a message's fields, as the help must have them: written apart from imagectl's own
/// table, which it judges.
struct FieldPaths: FieldVisitor {
    private(set) var paths: [String] = []
    private var prefix = ""

    static func of<M: Message>(_ type: M.Type) -> [String] {
        var visitor = FieldPaths()
        var message = M()
        try? message.visit(&visitor)
        return visitor.paths
    }

    private mutating func add(_ name: StaticString) { paths.append("\(prefix)\(name)") }

    private mutating func nest<M: Message>(_ name: String, _ type: M.Type) {
        paths += FieldPaths.of(type).map { "\(prefix)\(name).\($0)" }
    }

    mutating func string(
        _ number: UInt32, _ name: StaticString, _ value: inout String
    ) throws(ProtoError) { add(name) }
    mutating func optionalString(
        _ number: UInt32, _ name: StaticString, _ value: inout String?
    ) throws(ProtoError) { add(name) }
    mutating func strings(
        _ number: UInt32, _ name: StaticString, _ value: inout [String]
    ) throws(ProtoError) { add(name) }
    mutating func bytes(
        _ number: UInt32, _ name: StaticString, _ value: inout [UInt8]
    ) throws(ProtoError) { add(name) }
    mutating func bool(
        _ number: UInt32, _ name: StaticString, _ value: inout Bool
    ) throws(ProtoError) { add(name) }
    mutating func optionalBool(
        _ number: UInt32, _ name: StaticString, _ value: inout Bool?
    ) throws(ProtoError) { add(name) }
    mutating func int32(
        _ number: UInt32, _ name: StaticString, _ value: inout Int32
    ) throws(ProtoError) { add(name) }
    mutating func optionalInt32(
        _ number: UInt32, _ name: StaticString, _ value: inout Int32?
    ) throws(ProtoError) { add(name) }
    mutating func int64(
        _ number: UInt32, _ name: StaticString, _ value: inout Int64
    ) throws(ProtoError) { add(name) }
    mutating func optionalInt64(
        _ number: UInt32, _ name: StaticString, _ value: inout Int64?
    ) throws(ProtoError) { add(name) }
    mutating func int64s(
        _ number: UInt32, _ name: StaticString, _ value: inout [Int64]
    ) throws(ProtoError) { add(name) }
    mutating func message<M: Message>(
        _ number: UInt32, _ name: StaticString, _ value: inout M?
    ) throws(ProtoError) { nest("\(name)", M.self) }
    mutating func messages<M: Message>(
        _ number: UInt32, _ name: StaticString, _ value: inout [M]
    ) throws(ProtoError) { nest("\(name).N", M.self) }
}
