import Foundation
import TestSupport
import Testing

/// One client's program for the scenarios, built when it is first asked for.
struct ClientProgram: Sendable {
    let name: String
    /// Builds what there is to build; the command, without `--socket PATH`.
    let command: @Sendable () throws -> [String]

    static let swift = ClientProgram(name: "swift") { [TestDaemon.product("swift-conformance")] }

    static let python = ClientProgram(name: "python") {
        [
            "env", "PYTHONDONTWRITEBYTECODE=1", "python3",
            "\(Repository.root)/clients/python/conformance.py",
        ]
    }

    static let node = ClientProgram(name: "node") {
        ["node", "\(Repository.root)/clients/node/conformance.js"]
    }

    static let c = ClientProgram(name: "c") { [try built.get()] }
    static let rust = ClientProgram(name: "rust") { [try cargoBuilt.get()] }

    // MARK: Building

    struct BuildFailure: Error, CustomStringConvertible {
        let description: String
    }

    /// Where C's program is, while the tests run.
    private static let folder = TemporaryDirectory()

    private static let built = Result<String, any Error> {
        let program = "\(folder.path)/conformance"
        let sources = ["conformance.c", "imaged.c"].map { "\(Repository.root)/clients/c/\($0)" }
        let made = try Tool.run(
            "cc",
            ["-std=c11", "-O1", "-Wall", "-Wextra", "-Werror", "-pthread", "-o", program] + sources)
        if made.status != 0 { throw BuildFailure(description: made.err) }
        return program
    }

    /// Kept beside the test's own products, so that the next run has little to do.
    static let cargoTarget = TestDaemon.product("clients/rust")

    private static let cargoBuilt = Result<String, any Error> {
        let made = try Tool.run(
            "cargo",
            [
                "build", "--offline", "--quiet", "--example", "conformance", "--target-dir",
                cargoTarget, "--manifest-path", "\(Repository.root)/clients/rust/Cargo.toml",
            ])
        if made.status != 0 { throw BuildFailure(description: made.err) }
        return "\(cargoTarget)/debug/examples/conformance"
    }
}
