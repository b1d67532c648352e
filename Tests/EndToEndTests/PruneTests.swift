import Foundation
import TestSupport
import Testing

/// `imagectl prune` against the real daemon: what it deletes, and what the daemon does not let go.
@Suite struct PruneTests {
    private func run(_ daemon: TestDaemon, _ arguments: [String]) throws -> Tool.Output {
        try Tool.run(
            TestDaemon.product("imagectl"), arguments,
            environment: ["IMAGED_SOCKET": daemon.socketPath, "IMAGED_REGION": "", "NO_COLOR": "1"])
    }

    /// The words of a command's output; it must succeed.
    private func words(_ daemon: TestDaemon, _ arguments: String...) throws -> [String] {
        let output = try run(daemon, arguments)
        try #require(output.status == 0, "\(arguments): \(output.err)")
        return output.text.split(whereSeparator: \.isWhitespace).map(String.init)
    }

    /// What became of the images and snapshots, by ID.
    private func prune(_ daemon: TestDaemon, _ arguments: [String]) throws -> [String: String] {
        let output = try run(daemon, ["prune", "--image-family", "web", "--json"] + arguments)
        try #require(output.status == 0, "\(output.err)")
        let report = try #require(
            try JSONSerialization.jsonObject(with: output.out) as? [String: Any])
        let list = try #require(report["Resources"] as? [[String: Any]])
        return Dictionary(
            list.map { ("\($0["ResourceId"]!)", "\($0["Result"]!)") }, uniquingKeysWith: { $1 })
    }

    @Test func deletesWhatNothingUses() throws {
        let daemon = try TestDaemon(fixture: true)
        let instance = try #require(
            try words(daemon, "register-instance", "--disk", "size=40").first)
        var images: [String] = []
        for day in 1...5 {
            _ = try words(
                daemon, "fixture", "set-clock", "2026-01-0\(day)T12:00:00Z", "--is-frozen=false")
            images += try words(
                daemon, "create-image", "--instance-id", instance, "--image-family", "web",
                "--image-name", "web-\(day)")
            _ = try words(daemon, "fixture", "finish-jobs")
        }
        // The second is used by an instance, the third's snapshot by another image.
        _ = try words(daemon, "run-instances", images[1])
        let snapshots = try words(daemon, "describe-snapshots").filter { $0.hasPrefix("s-") }
        try #require(snapshots.count == 5)
        let shared = snapshots[2]
        _ = try words(daemon, "create-image", "--snapshot-id", shared, "--image-name", "other")

        let planned = try prune(daemon, ["--keep-last", "1"])
        #expect(
            planned == [
                images[0]: "goes", images[1]: "stays", images[2]: "goes", images[3]: "goes",
                images[4]: "stays",
            ])
        let done = try prune(daemon, ["--keep-last", "1", "--yes"])
        let gone = done.filter { $0.value == "deleted" }.keys.sorted()
        #expect(gone.filter { $0.hasPrefix("m-") } == [images[0], images[2], images[3]].sorted())
        #expect(done[shared] == "stays")
        #expect(gone.count { $0.hasPrefix("s-") } == 2)

        let left = try words(daemon, "describe-images", "--image-family", "web", "--status", "ALL")
            .filter { $0.hasPrefix("m-") }
        #expect(left.sorted() == [images[1], images[4]].sorted())
        #expect(try words(daemon, "describe-snapshots").count { $0.hasPrefix("s-") } == 3)
        // A second run finds nothing to do.
        let again = try prune(daemon, ["--keep-last", "1", "--yes"])
        #expect(again == [images[1]: "stays", images[4]: "stays"])
    }
}
