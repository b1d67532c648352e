import Foundation
import TestSupport
import Testing

/// Each client's own tests, by the one command that its README names, with the real daemon.
struct OwnTests {
    @Test(.enabled(if: Tool.available("python3"), "python3 is not installed"))
    func python() async throws {
        try await run("python3 -B -m unittest discover -s clients/python/tests -t clients/python")
    }

    @Test(.enabled(if: Tool.available("cc"), "cc is not installed"))
    func c() async throws { try await run("sh clients/c/test.sh") }

    @Test(.enabled(if: Tool.available("node"), "node is not installed"))
    func node() async throws { try await run("node --test clients/node/tests/*.test.js") }

    @Test(.enabled(if: Tool.available("cargo", "rustc"), "cargo or rustc is not installed"))
    func rust() async throws {
        try await run("cargo test --offline --quiet --manifest-path clients/rust/Cargo.toml")
    }

    private func run(_ command: String) async throws {
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
                ])
        }
        #expect(
            ended.status == 0, "\(command)\n\(ended.text.suffix(8000))\n\(ended.err.suffix(8000))")
    }
}
