import ECS
import Foundation
import TestSupport
import Testing
import Wire

/// Watch and ReadEvents: every durable change, in order, once.
@Suite struct EventTests {
    private static let fast = """
        [limits]
        Images = 1000
        UnfinishedSnapshots = 1000
        ConcurrentPerDisk = 1000
        SnapshotsPerDisk = 1000
        SimulatedBaseMilliseconds = 0
        SimulatedMillisecondsPerGiB = 0

        """

    private func events(_ frame: TestClient.Frame) throws -> EventsResponse {
        #expect(frame.header.type == .data)
        #expect(frame.header.flags.isEmpty)
        return try EventsResponse(decoding: frame.data)
    }

    /// What a watcher sees is what ReadEvents tells afterwards, and the last event of each image
    /// is what DescribeImages shows.
    @Test func watchTellsEveryChangeInOrder() throws {
        let daemon = try TestDaemon(Self.fast)
        let (watcher, client) = (try daemon.client(), try daemon.client())
        let watch = try watcher.begin(
            Watch.self, .with { $0.afterSequence = 0 }, flags: .remoteClosed)
        let instance = try client.registerSimulated().instanceID
        for index in 0..<30 {
            let image = try client.createImage(of: instance, name: "image-\(index)")
            if index % 3 == 0 { try client.deleteImage(image) }
        }
        for image in try client.images() {
            _ = try client.wait(for: image.imageID)
        }
        let end = try client.call(Health.self, HealthRequest()).sequence
        var seen: [Event] = []
        while seen.last?.sequence ?? 0 < end {
            seen += try events(try watcher.frame(of: watch)).events
        }
        let all = try client.call(ReadEvents.self, .with { $0.afterSequence = 0 }).events
        #expect(seen == all)
        #expect(zip(seen, seen.dropFirst()).allSatisfy { $0.sequence < $1.sequence })
        var last: [String: String] = [:]
        for event in seen {
            guard let image = event.image else { continue }
            last[image.imageID] = event.kind == "ImageDeleted" ? nil : image.status
        }
        let described = try client.images().map { ($0.imageID, $0.status) }
        #expect(last == Dictionary(uniqueKeysWithValues: described))
        _ = try watcher.call(Cancel.self, .with { $0.streamID = Int64(watch) })
        #expect(try watcher.refusal(watch).statusCode == .cancelled)
    }

    /// A watcher that begins far behind is told everything without a further change.
    @Test func watchCatchesUp() throws {
        let daemon = try TestDaemon(Self.fast)
        let client = try daemon.client()
        let disk = try client.registerSimulated().diskIDs[0]
        let streams = try (0..<700).map { _ in
            try client.begin(CreateSnapshot.self, .with { $0.diskID = disk })
        }
        for stream in streams { _ = try client.answer(CreateSnapshot.self, stream) }
        while try client.call(Health.self, HealthRequest()).jobsQueued > 0 {}
        while try client.call(Health.self, HealthRequest()).jobsRunning > 0 {}
        let end = try client.call(Health.self, HealthRequest()).sequence
        let watch = try client.begin(
            Watch.self, .with { $0.afterSequence = 0 }, flags: .remoteClosed)
        var sequence: Int64 = 0
        var accomplished: Set<String> = []
        while sequence < end {
            let answer = try events(try client.frame(of: watch))
            #expect(answer.events.allSatisfy { $0.sequence > sequence })
            for event in answer.events where event.snapshot?.status == "accomplished" {
                accomplished.insert(event.snapshot?.snapshotID ?? "")
            }
            sequence = answer.sequence
        }
        #expect(accomplished.count == 700)
    }

    /// A watcher that does not read is left behind and, when it reads, goes on where it was.
    @Test func slowWatcherMissesNothing() throws {
        let daemon = try TestDaemon(Self.fast + "[daemon]\nUnsentBytes = 20000\n")
        let (watcher, client) = (try daemon.client(), try daemon.client())
        let watch = try watcher.begin(
            Watch.self, .with { $0.afterSequence = 0 }, flags: .remoteClosed)
        let disk = try client.registerSimulated().diskIDs[0]
        for _ in 0..<900 { _ = try client.call(CreateSnapshot.self, .with { $0.diskID = disk }) }
        while try client.call(Health.self, HealthRequest()).jobsQueued > 0 {}
        while try client.call(Health.self, HealthRequest()).jobsRunning > 0 {}
        let end = try client.call(Health.self, HealthRequest()).sequence
        var accomplished: Set<String> = []
        var sequence: Int64 = 0
        while sequence < end {
            let answer = try events(try watcher.frame(of: watch))
            for event in answer.events {
                #expect(event.sequence > sequence)
                sequence = event.sequence
                if event.snapshot?.status == "accomplished" {
                    accomplished.insert(event.snapshot?.snapshotID ?? "")
                }
            }
            if answer.sequence >= end { break }
        }
        #expect(accomplished.count == 900)
    }

    @Test func watchOfOneResource() throws {
        let daemon = try TestDaemon(Self.fast)
        let client = try daemon.client()
        let instance = try client.registerSimulated().instanceID
        let first = try client.createImage(of: instance)
        _ = try client.wait(for: first)
        let watch = try client.begin(
            Watch.self, .with { $0.resourceID = [first] }, flags: .remoteClosed)
        let other = try client.createImage(of: instance)
        _ = try client.wait(for: other)
        try client.deleteImage(first)
        let seen = try events(try client.frame(of: watch)).events
        #expect(seen.map(\.kind) == ["ImageDeleted"])
        #expect(seen.first?.image?.imageID == first)
    }

    /// Nothing follows the end of a stream, whatever was on its way: the watch is cancelled while
    /// the change it tells of is still being written.
    @Test func nothingFollowsTheEndOfAStream() throws {
        let daemon = try TestDaemon(Self.fast)
        let client = try daemon.client()
        let disk = try client.registerSimulated().diskIDs[0]
        for _ in 0..<200 {
            let watch = client.newStream()
            let create = client.newStream()
            try client.send(
                client.encode(Watch.self, WatchRequest(), stream: watch, flags: .remoteClosed))
            try client.send(
                client.encode(
                    CreateSnapshot.self, .with { $0.diskID = disk }, stream: create))
            let cancel = try client.begin(Cancel.self, .with { $0.streamID = Int64(watch) })
            var hasEnded = false
            var open: Set<UInt32> = [watch, create, cancel]
            while !open.isEmpty {
                let frame = try client.nextFrame()
                if frame.header.streamID == watch {
                    #expect(!hasEnded)
                    hasEnded = frame.header.type == .response
                }
                if frame.header.type == .response { open.remove(frame.header.streamID) }
            }
        }
        // Whatever was held back has left by now.
        let last = try client.begin(CreateSnapshot.self, .with { $0.diskID = disk })
        #expect(try client.nextFrame().header.streamID == last)
    }

    @Test(arguments: [false, true]) func readEventsGoesOnOverARestart(isKilled: Bool) throws {
        let daemon = try TestDaemon(Self.fast)
        var client = try daemon.client()
        let instance = try client.registerSimulated().instanceID
        let first = try client.createImage(of: instance, name: "before")
        _ = try client.wait(for: first)
        let before = try client.call(ReadEvents.self, .with { $0.afterSequence = 0 })
        if isKilled { try daemon.kill() } else { try daemon.stop() }
        try daemon.start()
        client = try daemon.client()
        let second = try client.createImage(of: instance, name: "after")
        _ = try client.wait(for: second)
        // The whole history again, and its continuation: the same events under the same numbers.
        let all = try client.call(ReadEvents.self, .with { $0.afterSequence = 0 })
        #expect(Array(all.events.prefix(before.events.count)) == before.events)
        let rest = try client.call(ReadEvents.self, .with { $0.afterSequence = before.sequence })
        #expect(before.events + rest.events == all.events)
        #expect(rest.events.compactMap { $0.image?.imageID }.allSatisfy { $0 == second })
        #expect(rest.events.last?.image?.status == "Available")
    }

    @Test func pagesOfEvents() throws {
        let daemon = try TestDaemon(Self.fast)
        let client = try daemon.client()
        let instance = try client.registerSimulated().instanceID
        for _ in 0..<5 { _ = try client.wait(for: client.createImage(of: instance)) }
        let all = try client.call(ReadEvents.self, .with { $0.afterSequence = 0 }).events
        var paged: [Event] = []
        var sequence: Int64 = 0
        while paged.count < all.count {
            let page = try client.call(
                ReadEvents.self,
                .with {
                    $0.afterSequence = sequence
                    $0.maxResults = 3
                })
            #expect((1...3).contains(page.events.count))
            paged += page.events
            sequence = page.sequence
        }
        #expect(paged == all)
        for bad: Int64 in [-1, 1 << 40] {
            let refused = try client.refused(ReadEvents.self, .with { $0.afterSequence = bad })
            #expect(refused?.statusCode == .outOfRange)
        }
    }
}
