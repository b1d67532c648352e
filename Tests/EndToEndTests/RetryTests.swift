import ECS
import Foundation
import TestSupport
import Testing

/// R4: the daemon is killed while many ask; who repeats a request with its token gets what the
/// first one made, if it made something, and there is one of it.
@Suite struct RetryTests {
    @Test func killedBetweenCommitAndAnswer() throws {
        let daemon = try TestDaemon(fixture: true)
        let racers = try Racers(daemon)
        let client = try daemon.client()
        try client.setLimits([
            "Images": 100_000, "SnapshotsPerDisk": 100_000, "ConcurrentPerDisk": 100_000,
            "UnfinishedSnapshots": 100_000, "SimulatedBaseMilliseconds": 10,
        ])
        let instance = try client.registerSimulated().instanceID
        var random = SeededRandom(seed: UInt64.random(in: 0...UInt64.max))
        var (lost, known) = (0, 0)
        var images: [String: String] = [:]
        for round in 0..<20 {
            let requests = (0..<racers.count).map { process in
                (0..<4).map { index in
                    let token = "r\(round)-p\(process)-\(index)"
                    return TestClient.createImageRequest(
                        of: instance, name: "n\(token)", token: token)
                }
            }
            racers.add(CreateImage.self, requests)
            racers.start()
            // Killed when so many of the 64 are seen: some answers are out, others are not.
            let seen = Int.random(in: 1...60, using: &random)
            try waitUntil(daemon, hasImages: images.count + seen)
            try daemon.restart()
            for process in 0..<racers.count {
                let outcomes = try racers.outcomes(of: process)
                for (request, outcome) in zip(requests[process], outcomes) {
                    #expect(["OK", "lost"].contains(outcome.text), "\(outcome)")
                    guard let id = try [outcome].imageIDs().first else {
                        lost += 1
                        continue
                    }
                    images[request.clientToken] = id
                    known += 1
                }
            }
            // Now all are answered; the same as before, where there was an answer before.
            let retried = try racers.race(CreateImage.self, requests)
            for (request, outcome) in zip(requests.flatMap { $0 }, retried) {
                let id = try #require(try [outcome].imageIDs().first, "\(outcome)")
                #expect(images[request.clientToken, default: id] == id)
                images[request.clientToken] = id
            }
        }
        #expect(lost > 0 && known > 0, "\(lost) answers were lost, \(known) were not")
        let all = try daemon.client().images()
        #expect(images.count == 20 * 16 * 4)
        #expect(Set(all.map(\.imageID)) == Set(images.values) && all.count == images.count)
        for image in all {
            #expect(images[String(image.imageName.dropFirst())] == image.imageID)
        }
        #expect(try daemon.stop() == 0)
    }

    private func waitUntil(_ daemon: TestDaemon, hasImages count: Int) throws {
        let client = try daemon.client()
        for _ in 0..<20_000 {
            let answer = try client.call(
                DescribeImages.self,
                .with {
                    $0.regionID = testRegion
                    $0.status = "ALL"
                    $0.imageOwnerAlias = "self"
                    $0.pageSize = 1
                })
            if Int(answer.totalCount) >= count { return }
            usleep(500)
        }
        Issue.record("\(count) images were never there")
    }
}
