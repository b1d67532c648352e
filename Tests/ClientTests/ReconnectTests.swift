import ECS
import Foundation
import Testing
import Wire

@testable import ImagedClient

/// What a client does when a connection is lost or used up, against a daemon that the test plays.
@Suite(.timeLimit(.minutes(60))) struct ReconnectTests {
    /// A daemon that loses the answers of its first `count` requests, each with its connection.
    /// It says which requests came, and answers the others.
    private final class Forgetful: Sendable {
        let server: FakeServer
        private let seen: Box

        private final class Box: @unchecked Sendable {
            // Unchecked: behind the lock.
            private let lock = NSLock()
            private var requests: [FakeRequest] = []
            func add(_ request: FakeRequest) -> Int {
                lock.withLock {
                    requests.append(request)
                    return requests.count
                }
            }
            var all: [FakeRequest] { lock.withLock { requests } }
        }

        init(losing count: Int, _ answer: FakeAnswer = .payload([])) {
            let seen = Box()
            self.seen = seen
            server = FakeServer { connection in
                while true {
                    let request = try connection.request()
                    if seen.add(request) <= count { return }
                    connection.send(request.streamID, answer)
                }
            }
        }

        var requests: [FakeRequest] { seen.all }
        var methods: [String] { requests.map(\.method) }
        func connect() async throws -> ImagedClient {
            try await ImagedClient.connect(socket: server.path)
        }
    }

    /// Long, because a test may wait for the pool between two sendings.
    private let timeout = Duration.seconds(3600)

    private func create(token: String) -> CreateImageRequest {
        var request = CreateImageRequest()
        request.imageName = "web"
        request.clientToken = token
        return request
    }

    // MARK: Lost answers

    @Test func aReadIsSentOnceMore() async throws {
        let daemon = Forgetful(losing: 1)
        let client = try await daemon.connect()
        _ = try await client.call(DescribeImages.self, .init(), timeout: timeout)
        #expect(daemon.methods == ["DescribeImages", "DescribeImages"])
    }

    @Test func aRequestWithATokenIsSentOnceMore() async throws {
        let daemon = Forgetful(losing: 1)
        let client = try await daemon.connect()
        _ = try await client.call(CreateImage.self, create(token: "t"), timeout: timeout)
        let requests = daemon.requests
        #expect(requests.count == 2)
        #expect(requests[0].envelope.payload == requests[1].envelope.payload)
        #expect(requests[0].envelope.timeoutNanoseconds == 3_600_000_000_000)
        // The deadline is the call's: what the first sending took is gone.
        #expect(1..<3_600_000_000_000 ~= requests[1].envelope.timeoutNanoseconds)
    }

    @Test func aRequestWithoutATokenIsNot() async throws {
        let daemon = Forgetful(losing: 1)
        let client = try await daemon.connect()
        let lost = ClientError.connectionLost(reason: "the daemon closed it")
        await #expect(throws: lost) {
            _ = try await client.call(CreateImage.self, create(token: ""))
        }
        #expect(lost.isOutcomeUnknown)
        // The next call connects anew, whatever it is.
        _ = try await client.call(DeleteImage.self, .init())
        #expect(daemon.methods == ["CreateImage", "DeleteImage"])
    }

    @Test func nothingIsSentAThirdTime() async throws {
        let daemon = Forgetful(losing: 2)
        let client = try await daemon.connect()
        await #expect(throws: ClientError.connectionLost(reason: "the daemon closed it")) {
            _ = try await client.call(CreateImage.self, create(token: "t"), timeout: timeout)
        }
        #expect(daemon.methods == ["CreateImage", "CreateImage"])
    }

    /// All that was under way on a lost connection is decided call by call.
    @Test func eachCallOfALostConnectionEndsInItsOwnWay() async throws {
        let (counts, count) = AsyncStream<Void>.makeStream()
        let server = FakeServer { connection in
            if try connection.request().streamID == 1, try connection.request().streamID == 3 {
                count.yield()
                return
            }
        }
        let client = try await ImagedClient.connect(socket: server.path)
        let request = create(token: "")
        let first = Task { _ = try await client.call(CreateImage.self, request) }
        let second = Task { _ = try await client.call(DeleteImage.self, .init()) }
        for await _ in counts { break }
        await #expect(throws: ClientError.self) { try await first.value }
        await #expect(throws: ClientError.self) { try await second.value }
    }

    // MARK: What the second answer tells of the first sending

    @Test(arguments: [
        (FakeAnswer.error(.quotaExceedImage), false),
        (.error(.idempotentProcessing), true),
        (.status(Status(.deadlineExceeded, "late")), true),
        (.status(Status(.resourceExhausted, "full")), true),
        (.status(Status(.cancelled, "left")), true), (.error(.serviceUnavailable), true),
        (.error(.throttling), true), (.status(Status(.invalidArgument, "what")), false),
        (.status(Status(.unimplemented, "which")), false),
    ]) func aSecondRefusalMayTellNothing(_ answer: FakeAnswer, _ isUnknown: Bool) async throws {
        let daemon = Forgetful(losing: 1, answer)
        let client = try await daemon.connect()
        do {
            _ = try await client.call(CreateImage.self, create(token: "t"), timeout: timeout)
            Issue.record("it succeeded")
        } catch let error as ClientError {
            #expect(error.isOutcomeUnknown == isUnknown, "\(error)")
        } catch {
            #expect(!isUnknown, "\(error)")
        }
    }

    @Test func aReadsSecondRefusalIsItsAnswer() async throws {
        let daemon = Forgetful(losing: 1, .status(Status(.deadlineExceeded, "late")))
        let client = try await daemon.connect()
        await #expect(
            throws: ClientError.status(code: .deadlineExceeded, message: "late", requestID: "")
        ) { _ = try await client.call(Version.self, .init(), timeout: timeout) }
    }

    @Test func withoutADaemonTheFirstSendingStaysUnknown() async throws {
        let server = FakeServer { connection in
            let request = try connection.request()
            // Nobody can connect from here on, and then this connection ends too.
            unlink(try request.decoded(CreateImageRequest.self).description)
        }
        let client = try await ImagedClient.connect(socket: server.path)
        var request = create(token: "t")
        request.description = server.path
        await #expect(throws: ClientError.connectionLost(reason: "the daemon closed it")) {
            _ = try await client.call(CreateImage.self, request, timeout: timeout)
        }
        do {
            _ = try await client.call(CreateImage.self, request)
            Issue.record("it succeeded")
        } catch let error as ClientError {
            guard case .noDaemon = error else {
                Issue.record("\(error)")
                return
            }
        }
    }

    // MARK: The client's own clock

    @Test func whoGivesUpSendsNothingAgain() async throws {
        let daemon = Forgetful(losing: 0)
        let silent = FakeServer { connection in
            _ = try connection.request()
            connection.waitForClose()
        }
        let client = try await ImagedClient.connect(socket: silent.path)
        await #expect(throws: ClientError.outcomeUnknown(after: .milliseconds(20))) {
            _ = try await client.call(
                Version.self, .init(), timeout: nil, options: .init(patience: .milliseconds(20)))
        }
        let other = try await daemon.connect()
        _ = try await other.call(
            Version.self, .init(), timeout: nil, options: .init(patience: .seconds(30)))
        #expect(daemon.requests.map(\.envelope.timeoutNanoseconds) == [0])
    }

    // MARK: Options of one call

    @Test func aCallHasItsOwnMetadata() async throws {
        let daemon = Forgetful(losing: 0)
        let client = try await ImagedClient.connect(
            socket: daemon.server.path, options: .init(account: "mine", ramUser: "me"))
        _ = try await client.call(Version.self, .init())
        _ = try await client.call(
            Version.self, .init(),
            options: .init(account: "theirs", ramUser: "other", explains: true))
        #expect(
            daemon.requests.map(\.envelope.metadata) == [
                [KeyValue("account", "mine"), KeyValue("ram-user", "me")],
                [
                    KeyValue("account", "theirs"), KeyValue("ram-user", "other"),
                    KeyValue("explain", "true"),
                ],
            ])
    }

    // MARK: New connections

    @Test func connectsAnewWhenStreamIdsRunOut() async throws {
        let server = FakeServer.answering { request in
            var version = VersionResponse()
            version.version = "\(request.streamID)"
            return .message(version)
        }
        var options = ImagedClient.Options()
        options.firstStreamID = UInt32.max - 4
        let client = try await ImagedClient.connect(socket: server.path, options: options)
        for _ in 0..<3 {
            let answer = try await client.call(Version.self, VersionRequest())
            #expect(answer.version == "\(UInt32.max - 4)")
        }
    }

    @Test func aWatchConnectsAnewToo() async throws {
        let daemon = FakeServer { connection in
            let request = try connection.request()
            guard request.method == "Watch" else { return }
            connection.sendData(request.streamID, EventsResponse(), last: true)
            connection.waitForClose()
        }
        let client = try await ImagedClient.connect(socket: daemon.path)
        await #expect(throws: ClientError.self) {
            _ = try await client.call(DeleteImage.self, .init())
        }
        var count = 0
        for try await _ in client.watch(WatchRequest()) { count += 1 }
        #expect(count == 1)
    }

    @Test func aClosedClientStaysClosed() async throws {
        let daemon = Forgetful(losing: 0)
        let client = try await daemon.connect()
        client.close()
        await #expect(throws: ClientError.notSent(reason: "the client is closed")) {
            _ = try await client.call(Version.self, .init())
        }
        #expect(daemon.requests.isEmpty)
    }
}
