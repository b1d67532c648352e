import ECS
import Foundation
import TestSupport
import Testing
import Wire

/// Deadlines, Cancel, lost connections and what waits for them.
@Suite struct WaitTests {
    /// A daemon whose simulated snapshots take ten minutes.
    private func slowDaemon() throws -> (TestDaemon, TestClient, instance: String) {
        let daemon = try TestDaemon(
            """
            [limits]
            SimulatedBaseMilliseconds = 600000
            SimulatedMaxMilliseconds = 600000
            """)
        let client = try daemon.client()
        return (daemon, client, try client.registerSimulated().instanceID)
    }

    @Test func negativeDeadlineIsOverAndNothingHappened() throws {
        let (_, client, instance) = try slowDaemon()
        for deadline in [-1, Int64.min] {
            let refused = try client.refused(
                CreateImage.self, TestClient.createImageRequest(of: instance, name: "late"),
                timeoutNanoseconds: deadline)
            #expect(refused?.statusCode == .deadlineExceeded)
            #expect(refused?.detail?.requestID.isEmpty == false)
            #expect(refused?.code == "")
        }
        #expect(try client.images().isEmpty)
        #expect(try client.snapshots().isEmpty)
    }

    /// With a deadline of a nanosecond it is done or it is not, and the answer says which.
    @Test func tinyDeadlinesAreDefinite() throws {
        let (_, client, instance) = try slowDaemon()
        var made: Set<String> = []
        for index in 0..<20 {
            let name = "image-\(index)"
            let refused = try client.refused(
                CreateImage.self, TestClient.createImageRequest(of: instance, name: name),
                timeoutNanoseconds: index % 2 == 0 ? 1 : .max)
            if let refused, refused.statusCode != .deadlineExceeded {
                #expect(refused.code.hasPrefix("QuotaExceed"), "\(refused)")
            } else if refused == nil {
                made.insert(name)
            }
        }
        #expect(Set(try client.images().map(\.imageName)) == made)
    }

    /// V3: without a deadline nobody waits for ever, for an image or for another request.
    @Test func waitsWithoutADeadlineEnd() throws {
        let daemon = try TestDaemon(
            "[daemon]\nWaitSeconds = 1\n[limits]\nSimulatedBaseMilliseconds = 600000\n"
                + "SimulatedMaxMilliseconds = 600000\n", fixture: true)
        let client = try daemon.client()
        let instance = try client.registerSimulated().instanceID
        let image = try client.createImage(of: instance)
        #expect(try client.wait(for: image)?.status == "Creating")
        let rule = try client.call(
            AddFaultRule.self, .with { $0.action = "hold" }
        ).faultRuleID
        let request = TestClient.createImageRequest(of: instance, name: "held", token: "t")
        let first = try client.begin(CreateImage.self, request)
        let refused = try client.refused(CreateImage.self, request)
        #expect(refused?.code == "IdempotentProcessing")
        #expect(refused?.parameter == "ClientToken")
        // The first is held still, and goes on when it is let go.
        _ = try client.call(ReleaseRequests.self, .with { $0.faultRuleID = rule })
        let made = try client.answer(CreateImage.self, first).imageID
        #expect(try client.call(CreateImage.self, request).imageID == made)
    }

    /// Waits and watches end with their account; they have no deadline here.
    @Test func waitsEndWithTheirAccount() throws {
        let daemon = try TestDaemon(fixture: true)
        let (client, owner) = (try daemon.client(), try daemon.client())
        _ = try owner.call(CreateAccount.self, .with { $0.accountID = "t" })
        client.account = "t"
        _ = try client.call(HoldJobs.self, HoldJobsRequest())
        let image = try client.createImage(of: try client.registerSimulated().instanceID)
        let newest = try client.call(Health.self, HealthRequest()).sequence
        let streams = [
            try client.begin(WaitForImage.self, client.waitRequest(image)),
            try client.begin(ReadEvents.self, .with { $0.afterSequence = newest }),
            try client.begin(
                Watch.self, .with { $0.afterSequence = newest }, flags: .remoteClosed),
        ]
        _ = try client.call(Health.self, HealthRequest())
        _ = try owner.call(DropAccount.self, .with { $0.accountID = "t" })
        for stream in streams { #expect(try client.refusal(stream).code == "Forbidden") }
    }

    @Test func waitForImageEndsWithItsDeadline() throws {
        let (_, client, instance) = try slowDaemon()
        let image = try client.createImage(of: instance)
        let refused = try client.refused(
            WaitForImage.self, client.waitRequest(image), timeoutNanoseconds: 50_000_000)
        #expect(refused?.statusCode == .deadlineExceeded)
        // It was only a wait: the image goes on.
        let described = try #require(try client.images().first)
        #expect(["Waiting", "Creating"].contains(described.status))
    }

    @Test func waitForImageEndsWithTheImage() throws {
        let (daemon, client, instance) = try slowDaemon()
        let image = try client.createImage(of: instance)
        let waits = try (0..<3).map { _ in
            try client.begin(WaitForImage.self, client.waitRequest(image))
        }
        try daemon.client().deleteImage(image)
        for wait in waits {
            let refused = try client.refusal(wait)
            #expect(refused.code == "InvalidImageId.NotFound")
            #expect(refused.statusCode == .notFound)
        }
        #expect(
            try client.refused(WaitForImage.self, client.waitRequest(image))?.code
                == "InvalidImageId.NotFound")
    }

    @Test func cancelEndsEveryKindOfWait() throws {
        let (_, client, instance) = try slowDaemon()
        let image = try client.createImage(of: instance)
        let streams = [
            try client.begin(WaitForImage.self, client.waitRequest(image)),
            try client.begin(ReadEvents.self, ReadEventsRequest()),
            try client.begin(Watch.self, WatchRequest(), flags: .remoteClosed),
        ]
        for stream in streams {
            _ = try client.call(Cancel.self, .with { $0.streamID = Int64(stream) })
            let refused = try client.refusal(stream)
            #expect(refused.statusCode == .cancelled)
            #expect(refused.code == "")
        }
        // Of an ended stream, one that never was, and an impossible one: no error.
        for stream in [Int64(streams[0]), 4001, 0, -1, .max] {
            _ = try client.call(Cancel.self, .with { $0.streamID = stream })
        }
        #expect(try client.images().count == 1)
    }

    /// Cancel reaches only the connection that it is sent on.
    @Test func cancelIsOfItsConnection() throws {
        let (daemon, client, _) = try slowDaemon()
        let wait = try client.begin(ReadEvents.self, ReadEventsRequest())
        let other = try daemon.client()
        _ = try other.call(Cancel.self, .with { $0.streamID = Int64(wait) })
        _ = try other.registerSimulated()
        #expect(try !client.answer(ReadEvents.self, wait).events.isEmpty)
    }

    // MARK: Exports

    private struct Export {
        let directory = TemporaryDirectory()
        let daemon: TestDaemon
        let client: TestClient
        let image: String
        var path: String { "\(directory.path)/out" }

        /// An image of 512 MiB of data: its export takes a while.
        init() throws {
            daemon = try TestDaemon()
            client = try daemon.client()
            let source = "\(directory.path)/disk"
            var random = SeededRandom(seed: 1)
            let block = (0..<(1 << 17)).map { _ in random.next() }
            let data = block.withUnsafeBytes { Data($0) }
            try Data().write(to: URL(fileURLWithPath: source))
            let file = try FileHandle(forWritingTo: URL(fileURLWithPath: source))
            for _ in 0..<512 { try file.write(contentsOf: data) }
            try file.close()
            let instance = try client.register(paths: [source]).instanceID
            image = try client.createImage(of: instance)
            let ended = try client.wait(for: image)
            try #require(ended?.status == "Available", "\(ended?.failureReason ?? "")")
        }

        var leftOvers: [String] {
            ((try? FileManager.default.contentsOfDirectory(atPath: directory.path)) ?? [])
                .filter { $0 != "disk" }
        }
    }

    @Test func exportsThatEndEarlyLeaveNoFile() throws {
        let export = try Export()
        let client = export.client
        // By Cancel. An export that was faster is a success, and then its file is whole.
        let stream = try client.begin(
            ExportImage.self, client.exportRequest(export.image, to: export.path))
        _ = try client.call(Cancel.self, .with { $0.streamID = Int64(stream) })
        #expect(try client.refusal(stream).statusCode == .cancelled)
        #expect(export.leftOvers.isEmpty)
        // By its deadline.
        let refused = try client.refused(
            ExportImage.self, client.exportRequest(export.image, to: export.path),
            timeoutNanoseconds: 20_000_000)
        #expect(refused?.statusCode == .deadlineExceeded)
        #expect(export.leftOvers.isEmpty)
        // With its connection. The export's thread lets go a moment later.
        var lost: TestClient? = try export.daemon.client()
        _ = try lost?.begin(
            ExportImage.self, client.exportRequest(export.image, to: export.path))
        _ = try lost?.call(Version.self, VersionRequest())
        lost = nil
        while try client.call(Health.self, HealthRequest()).connections > 1 {}
        try export.daemon.stop()
        #expect(export.leftOvers.isEmpty)
    }

    // MARK: The daemon's end

    /// R12: waits end with ServiceUnavailable, the exit status is 0 and the socket is gone.
    @Test func stopEndsWaits() throws {
        let (daemon, client, instance) = try slowDaemon()
        let image = try client.createImage(of: instance)
        let streams = [
            try client.begin(WaitForImage.self, client.waitRequest(image)),
            try client.begin(ReadEvents.self, ReadEventsRequest()),
            try client.begin(Watch.self, WatchRequest(), flags: .remoteClosed),
        ]
        _ = try client.call(Version.self, VersionRequest())
        daemon.process?.send(signal: SIGTERM)
        for stream in streams {
            let refused = try client.refusal(stream)
            #expect(refused.code == "ServiceUnavailable")
            #expect(refused.statusCode == .unavailable)
        }
        #expect(try daemon.process?.wait() == 0)
        #expect(!FileManager.default.fileExists(atPath: daemon.socketPath))
        #expect(throws: TestClient.Closed.self) { try client.nextFrame() }
        // Its jobs are left for the next start.
        try daemon.start()
        #expect(try daemon.client().images().map(\.imageID) == [image])
    }

    /// A wait that arrives together with the signal ends as well.
    @Test func waitThatArrivesWithTheSignal() throws {
        let (daemon, client, _) = try slowDaemon()
        _ = try client.call(Version.self, VersionRequest())
        daemon.process?.send(signal: SIGSTOP)
        let stream = try client.begin(ReadEvents.self, ReadEventsRequest())
        daemon.process?.send(signal: SIGTERM)
        daemon.process?.send(signal: SIGCONT)
        #expect(try client.refusal(stream).code == "ServiceUnavailable")
        #expect(try daemon.process?.wait() == 0)
    }

    /// What was accepted before the signal is answered.
    @Test func stopAnswersWhatIsUnderWay() throws {
        let (daemon, client, instance) = try slowDaemon()
        daemon.process?.send(signal: SIGSTOP)
        let stream = try client.begin(
            CreateImage.self, TestClient.createImageRequest(of: instance, name: "last"))
        daemon.process?.send(signal: SIGTERM)
        daemon.process?.send(signal: SIGCONT)
        let id = try client.answer(CreateImage.self, stream).imageID
        #expect(try daemon.process?.wait() == 0)
        try daemon.start()
        #expect(try daemon.client().images().map(\.imageID) == [id])
    }

    @Test func secondSignalEndsAtOnce() throws {
        let (daemon, client, _) = try slowDaemon()
        _ = try client.call(Version.self, VersionRequest())
        daemon.process?.send(signal: SIGSTOP)
        daemon.process?.send(signal: SIGTERM)
        daemon.process?.send(signal: SIGINT)
        daemon.process?.send(signal: SIGCONT)
        #expect(try daemon.process?.wait() == 0)
        #expect(!FileManager.default.fileExists(atPath: daemon.socketPath))
    }
}
