import Foundation
import TestSupport
import Testing

/// `imagedtest`, the package that Go programs copy for their tests: its own tests, with an SDK that
/// Debian packages.
@Suite(.enabled(if: Tool.available("go") && isThere, "go or Debian's aliyungo is not installed"))
struct GoHelperTests {
    @Test func itsOwnTestsPass() throws {
        let directory = TemporaryDirectory()
        let sources = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path
        let run = try Tool.run(
            "sh", ["-c", "cd \"$0\" && exec go test -count=1 -v .", "\(sources)/imagedtest"],
            environment: [
                "IMAGED": TestDaemon.product("imaged"), "GO111MODULE": "off", "GOFLAGS": "",
                "GOCACHE": "\(directory.path)/cache", "GOPATH": "/usr/share/gocode",
            ])
        #expect(run.status == 0, "\(run.text)\(run.err)")
        for name in ["Bake", "ErrorsAreTheSDKs", "WorldsAreApart", "HardCodedHostsAreReached"] {
            #expect(run.text.contains("--- PASS: Test\(name)"))
        }
    }
}

private var isThere: Bool {
    let package = "/usr/share/gocode/src/github.com/denverdino/aliyungo"
    return FileManager.default.fileExists(atPath: package)
        || ProcessInfo.processInfo.environment["IMAGED_REQUIRE_TOOLS"] != nil
}
