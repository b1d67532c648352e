import Foundation
import TestSupport
import Testing

/// Each client's own tests, by the one command that its README names, with the real daemon.
struct OwnTests {
    /// With $IMAGED_SDK_PYTHON, which has pytest, xdist, mypy and the SDKs, none of them is left out.
    @Test(.enabled(if: Tool.available("python3"), "python3 is not installed"))
    func python() async throws {
        let environment = ProcessInfo.processInfo.environment
        let python = environment["IMAGED_SDK_PYTHON"] ?? "python3"
        let tests = "-B -m unittest discover -s clients/python/tests -t clients/python"
        let directory = URL(fileURLWithPath: python).deletingLastPathComponent().path
        let path = "\(directory):\(environment["PATH"] ?? "")"
        let isWhole = environment["IMAGED_SDK_PYTHON"] != nil
        let ended = try await run(
            "\(python) \(tests)", isWhole ? ["PATH": path, "IMAGED_MYPY": "1"] : [:])
        // What the scenarios' driver runs, and nothing else, is skipped here.
        if isWhole { #expect(ended.err.hasSuffix("OK (skipped=1)\n"), "\(ended.err.suffix(800))") }
    }

    @Test(.enabled(if: Tool.available("cc"), "cc is not installed"))
    func c() async throws { try await run("sh clients/c/test.sh") }

    @Test(.enabled(if: Tool.available("node"), "node is not installed"))
    func node() async throws { try await run("node --test clients/node/tests/*.test.js") }

    @Test(.enabled(if: Tool.available("cargo", "rustc"), "cargo or rustc is not installed"))
    func rust() async throws {
        try await run("cargo test --offline --quiet --manifest-path clients/rust/Cargo.toml")
    }

    @discardableResult
    private func run(
        _ command: String, _ environment: [String: String] = [:]
    ) async throws -> Tool.Output {
        let ended = try await aside {
            // Some of them interrupt themselves, which a run in the background would ignore.
            try Tool.run(
                "env",
                [
                    "--default-signal=INT", "sh", "-c",
                    "cd '\(Repository.root)' && exec \(command)",
                ],
                environment: [
                    "IMAGED": TestDaemon.product("imaged"),
                    "CARGO_TARGET_DIR": ClientProgram.cargoTarget,
                ].merging(environment) { $1 })
        }
        #expect(
            ended.status == 0, "\(command)\n\(ended.text.suffix(8000))\n\(ended.err.suffix(8000))")
        return ended
    }
}
