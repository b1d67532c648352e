import ECS
import Foundation
import TestSupport
import Testing
import Wire

/// F9, F10: each limit of `reliability.md` § 6, at it and past it, and what one client can make
/// the daemon hold.
@Suite struct LimitTests {
    /// The daemon's own user has 16 connections beyond the limit.
    @Test func connections() throws {
        let daemon = try TestDaemon("[daemon]\nConnections = 3\n", ["--ephemeral"], dataPath: "")
        var clients: [TestClient] = []
        for _ in 0..<19 {
            clients.append(try daemon.client())
            _ = try clients.last?.call(Version.self, VersionRequest())
        }
        let extra = try daemon.client()
        #expect(throws: TestClient.Closed.self) {
            _ = try extra.call(Version.self, VersionRequest())
        }
        for client in clients {
            #expect(try client.call(Version.self, VersionRequest()).protocolVersion == 1)
        }
        clients.removeLast()
        // The daemon sees the end of that connection before or after it looks at a new one.
        var isServed = false
        while !isServed {
            isServed = (try? daemon.client().call(Version.self, VersionRequest())) != nil
        }
    }

    @Test func parkedStreams() throws {
        let daemon = try TestDaemon("[daemon]\nParkedStreams = 4\n", ["--ephemeral"], dataPath: "")
        let client = try daemon.client()
        let waits = try (0..<4).map { _ in try client.begin(ReadEvents.self, ReadEventsRequest()) }
        let refused = try client.refused(ReadEvents.self, ReadEventsRequest())
        #expect(refused?.statusCode == .resourceExhausted)
        // What needs no place goes on, and an ended stream gives its place back, once.
        #expect(try client.call(Version.self, VersionRequest()).protocolVersion == 1)
        for _ in 0..<2 {
            _ = try client.call(Cancel.self, .with { $0.streamID = Int64(waits[0]) })
        }
        #expect(try client.refusal(waits[0]).statusCode == .cancelled)
        _ = try client.begin(ReadEvents.self, ReadEventsRequest())
        #expect(
            try client.refused(ReadEvents.self, ReadEventsRequest())?.statusCode
                == .resourceExhausted)
        // Another connection has places of its own.
        let other = try daemon.client()
        let wait = try other.begin(ReadEvents.self, ReadEventsRequest())
        _ = try other.call(Cancel.self, .with { $0.streamID = Int64(wait) })
        #expect(try other.refusal(wait).statusCode == .cancelled)
    }

    /// A client that sends more than may await a sync is no offender: all is answered, in order.
    @Test(arguments: [1, 2, 1024]) func requestsInFlight(_ limit: Int) throws {
        let daemon = try TestDaemon(
            """
            [limits]
            UnfinishedSnapshots = 1000
            ConcurrentPerDisk = 1000
            SnapshotsPerDisk = 1000
            [daemon]
            RequestsInFlight = \(limit)
            """)
        let client = try daemon.client()
        let disk = try client.registerSimulated().diskIDs[0]
        var bytes: [UInt8] = []
        var streams: [UInt32] = []
        for index in 0..<100 {
            let stream = client.newStream()
            let request = CreateSnapshotRequest.with {
                $0.diskID = disk
                $0.snapshotName = "snapshot-\(index)"
            }
            bytes += client.encode(CreateSnapshot.self, request, stream: stream)
            streams.append(stream)
        }
        try client.send(bytes)
        var ids: [String] = []
        for stream in streams {
            ids.append(try client.answer(CreateSnapshot.self, stream).snapshotID)
        }
        #expect(Set(ids).count == 100)
        let kept = try client.snapshots()
        #expect(Set(kept.map(\.snapshotID)) == Set(ids))
    }

    /// A frame has its time from the first byte to the last, a header and dropped data as well;
    /// silence between frames has none.
    @Test func frameTime() throws {
        let daemon = try TestDaemon("[daemon]\nFrameSeconds = 1\n", ["--ephemeral"], dataPath: "")
        let silent = try daemon.client()
        _ = try silent.call(Version.self, VersionRequest())
        let version = silent.encode(Version.self, VersionRequest(), stream: 1)
        let parts: [[UInt8]] = [
            [0],
            Array(version.dropLast()),
            version + [0, 0],
            HostileFrameTests.header(FrameHeader.dataBytesMax + 1, 3, 1, 0),
            HostileFrameTests.header(FrameHeader.dataBytesMax, 3, 1, 0),
        ]
        let clients = try parts.map { part in
            let client = try daemon.client()
            try client.send(part)
            return client
        }
        for client in clients { _ = try client.framesUntilClosed() }
        #expect(try silent.call(Version.self, VersionRequest()).protocolVersion == 1)
        #expect(daemon.log.contains("did not finish a frame"))
    }

    // MARK: Clients that do not read

    /// A daemon with images whose description is a large answer.
    private func daemonWithLargeAnswers(_ configuration: String) throws -> TestDaemon {
        let daemon = try TestDaemon(
            """
            [limits]
            UnfinishedSnapshots = 1000
            ConcurrentPerDisk = 1000
            SimulatedBaseMilliseconds = 0
            SimulatedMillisecondsPerGiB = 0
            [daemon]
            \(configuration)
            """, ["--ephemeral"], dataPath: "")
        let client = try daemon.client()
        let instance = try client.registerSimulated().instanceID
        var last = ""
        for index in 0..<100 {
            var request = TestClient.createImageRequest(of: instance, name: "image-\(index)")
            request.description = String(repeating: "long ", count: 50)
            request.tag = (0..<20).map { number in
                .with {
                    $0.key = "key-\(number)"
                    $0.value = String(repeating: "v", count: 128)
                }
            }
            last = try client.call(CreateImage.self, request).imageID
        }
        #expect(try client.wait(for: last)?.status == "Available")
        return daemon
    }

    private func describeAll(_ client: TestClient, _ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        let request = DescribeImagesRequest.with {
            $0.regionID = testRegion
            $0.imageOwnerAlias = "self"
            $0.pageSize = 100
        }
        for _ in 0..<count {
            bytes += client.encode(DescribeImages.self, request, stream: client.newStream())
        }
        return bytes
    }

    /// 4,000 answers of about 400 KB are asked for and not read: 1.6 GB, of which the daemon
    /// makes no more than it may keep. When the client reads after all, it gets every one.
    @Test func unsentBytes() throws {
        let daemon = try daemonWithLargeAnswers("UnsentBytes = 1000000\nUnsentSeconds = 600")
        let (slow, good) = (try daemon.client(), try daemon.client())
        _ = try good.call(Version.self, VersionRequest())
        let before = try daemon.processStatus("VmHWM")
        let bytes = describeAll(slow, 1000)
        try slow.send(bytes)
        for _ in 0..<20 {
            #expect(try good.call(Version.self, VersionRequest()).protocolVersion == 1)
        }
        #expect(try good.images().count == 100)
        #expect(try daemon.processStatus("VmHWM") - before < 32 << 10)
        for _ in 0..<100 {
            let frame = try slow.nextFrame()
            let response = try Response(decoding: frame.data)
            #expect(try DescribeImagesResponse(decoding: response.payload).totalCount == 100)
        }
        for _ in 100..<1000 { #expect(try slow.nextFrame().data.count > 200_000) }
    }

    @Test func clientThatNeverReadsIsClosed() throws {
        let daemon = try daemonWithLargeAnswers("UnsentBytes = 1000000\nUnsentSeconds = 1")
        let (slow, good) = (try daemon.client(), try daemon.client())
        try slow.send(describeAll(slow, 100))
        while try good.call(Health.self, HealthRequest()).connections > 1 {}
        #expect(daemon.log.contains("does not read its answers"))
        let frames = try? slow.framesUntilClosed()
        #expect((frames?.count ?? 0) < 100)
    }

    /// All buffers together have a limit: 20 clients that do not read have 20 times their own
    /// limit, and the daemon keeps less.
    @Test func bufferBytes() throws {
        let daemon = try daemonWithLargeAnswers(
            "UnsentBytes = 8000000\nUnsentSeconds = 600\nBufferBytes = 4000000")
        let good = try daemon.client()
        _ = try good.call(Version.self, VersionRequest())
        let before = try daemon.processStatus("VmHWM")
        var clients: [TestClient] = []
        for _ in 0..<20 {
            let client = try daemon.client()
            // One request at a time, so that the daemon may stop between them.
            for _ in 0..<25 {
                if client.sendAtOnce(describeAll(client, 1)) == 0 { break }
                _ = try good.call(Version.self, VersionRequest())
            }
            clients.append(client)
        }
        #expect(try daemon.processStatus("VmHWM") - before < 40 << 10)
        #expect(try good.images().count == 100)
        // Who begins to read is served to the end.
        for _ in 0..<25 { #expect(try clients[0].nextFrame().data.count > 200_000) }
    }

    // MARK: Descriptors

    /// F10: without a descriptor for the next connection the daemon rests its listener, serves
    /// those it has, and goes on when one is free.
    @Test(.enabled(if: Tool.available("prlimit"), "prlimit is not installed"))
    func outOfDescriptors() throws {
        let daemon = try TestDaemon(
            "", ["--ephemeral"], prefix: ["prlimit", "--nofile=60:60"], dataPath: "")
        let good = try daemon.client()
        _ = try good.call(Version.self, VersionRequest())
        // The daemon may admit fewer connections than it has descriptors: the limit is lowered
        // under those it has open already.
        let open = try daemon.openDescriptors()
        let lowered = try Tool.run(
            "prlimit", ["--pid=\(daemon.pid)", "--nofile=\(open + 2):60"])
        #expect(lowered.status == 0)
        var clients: [TestClient] = []
        // More than there can be numbers left, also where some were passed on to the daemon.
        for _ in 0..<60 { clients.append(try daemon.client()) }
        var streams: [UInt32] = []
        for client in clients { streams.append(try client.begin(Version.self, VersionRequest())) }
        for _ in 0..<10_000 where !daemon.log.contains("resting") {
            #expect(try good.call(Version.self, VersionRequest()).protocolVersion == 1)
        }
        try #require(daemon.log.contains("resting"))
        // Left in the epoll set, the listener would be ready for ever: it is out of it while it
        // rests, and the good client is served meanwhile.
        var restsSeen = 0
        for _ in 0..<10_000 where restsSeen < 20 {
            #expect(try good.call(Version.self, VersionRequest()).protocolVersion == 1)
            if try !isListenerArmed(daemon) { restsSeen += 1 }
        }
        #expect(restsSeen == 20)
        // As each leaves, another is let in, until all have been served.
        while !clients.isEmpty {
            #expect(try clients[0].answer(Version.self, streams[0]).protocolVersion == 1)
            clients.removeFirst()
            streams.removeFirst()
        }
    }

    /// Whether the daemon's epoll set watches its listener, which has the token 1 (`proc(5)`,
    /// fdinfo of an epoll descriptor).
    private func isListenerArmed(_ daemon: TestDaemon) throws -> Bool {
        let folder = "/proc/\(daemon.pid)"
        for number in try FileManager.default.contentsOfDirectory(atPath: "\(folder)/fd") {
            let link = try? FileManager.default.destinationOfSymbolicLink(
                atPath: "\(folder)/fd/\(number)")
            guard link == "anon_inode:[eventpoll]" else { continue }
            let info = try String(contentsOfFile: "\(folder)/fdinfo/\(number)", encoding: .utf8)
            return info.split(separator: "\n").contains { line in
                let words = line.split(separator: " ")
                guard let data = words.firstIndex(of: "data:") else { return false }
                return words[data + 1] == "1"
            }
        }
        Issue.record("the daemon has no epoll descriptor")
        return true
    }

    /// Thousands at once, of all kinds, beside a good one.
    @Test func hostileCrowd() throws {
        let daemon = try TestDaemon("", ["--ephemeral"], dataPath: "")
        let good = try daemon.client()
        let instance = try good.registerSimulated().instanceID
        let before = try daemon.openDescriptors()
        for round in 0..<3 {
            var crowd: [TestClient] = []
            for index in 0..<200 {
                let client = try daemon.client()
                switch index % 5 {
                case 0: try client.send([0, 0])
                case 1: try client.send([0xff])
                case 2: client.closeSending()
                case 3: _ = try client.begin(ReadEvents.self, ReadEventsRequest())
                default: break
                }
                crowd.append(client)
            }
            let id = try good.createImage(of: instance, name: "round-\(round)")
            #expect(try good.images().contains { $0.imageID == id })
            crowd.removeAll()
        }
        while try good.call(Health.self, HealthRequest()).connections > 1 {}
        #expect(try daemon.openDescriptors() == before)
    }
}
