import ECS
import Foundation
import Testing
import Wire

@testable import ImagedClient

/// The client against a daemon that the test plays itself.
@Suite(.timeLimit(.minutes(60))) struct CallTests {
    private func image(_ name: String) -> CreateImageRequest {
        var request = CreateImageRequest()
        request.imageName = name
        return request
    }

    private func connect(
        _ server: FakeServer, account: String? = nil, grace: Duration = .seconds(30)
    ) async throws -> ImagedClient {
        try await ImagedClient.connect(
            socket: server.path, options: .init(account: account, deadlineGrace: grace))
    }

    /// Makes a call that must fail, and returns how.
    private func failure(
        _ client: ImagedClient, timeout: Duration? = .seconds(30)
    ) async -> (any Error)? {
        do {
            _ = try await client.call(Version.self, VersionRequest(), timeout: timeout)
            return nil
        } catch {
            return error
        }
    }

    @Test func sendsWhatTheProtocolAsksFor() async throws {
        let server = FakeServer.answering { request in
            #expect(request.streamID == 1)
            #expect(request.flags == [])
            #expect(request.envelope.service == "imaged.v1.ECS")
            #expect(request.method == "CreateImage")
            #expect(request.envelope.timeoutNanoseconds == 5_000_000_000)
            #expect(request.envelope.metadata == [KeyValue("account", "a1")])
            let asked = try request.decoded(CreateImageRequest.self)
            #expect(asked.imageName == "web")
            var response = CreateImageResponse()
            response.imageID = "m-1"
            return .message(response)
        }
        let client = try await connect(server, account: "a1")
        let answer = try await client.call(CreateImage.self, image("web"), timeout: .seconds(5))
        #expect(answer.imageID == "m-1")
    }

    /// All requests are there before the first answer leaves, and the last one is answered first.
    @Test func keepsManyRequestsUnderWayInAnyOrder() async throws {
        let count = 200
        let server = FakeServer { connection in
            var requests: [FakeRequest] = []
            while requests.count < count { requests.append(try connection.request()) }
            #expect(requests.map(\.streamID) == (0..<UInt32(count)).map { $0 * 2 + 1 })
            for request in requests.reversed() {
                var response = CreateImageResponse()
                response.imageID = try request.decoded(CreateImageRequest.self).imageName
                connection.send(request.streamID, .message(response))
            }
            connection.waitForClose()
        }
        let client = try await connect(server)
        try await withThrowingTaskGroup(of: (String, String).self) { group in
            for index in 0..<count {
                group.addTask {
                    let answer = try await client.call(CreateImage.self, self.image("n\(index)"))
                    return ("n\(index)", answer.imageID)
                }
            }
            for try await (asked, answered) in group { #expect(asked == answered) }
        }
    }

    /// A request larger than the socket's buffers, and an answer in the smallest pieces.
    @Test func movesLargeAndCutFrames() async throws {
        let large = String(repeating: "x", count: 3 << 20)
        let server = FakeServer { connection in
            let request = try connection.request()
            #expect(try request.decoded(CreateImageRequest.self).description.utf8.count == 3 << 20)
            var response = Response()
            var created = CreateImageResponse()
            created.imageID = "m-cut"
            response.payload = created.encoded()
            let bytes = frame(request.streamID, .response) { $0.write(response) }
            for byte in bytes { connection.send([byte]) }
            connection.waitForClose()
        }
        var request = CreateImageRequest()
        request.description = large
        let client = try await connect(server)
        #expect(try await client.call(CreateImage.self, request).imageID == "m-cut")
    }

    @Test func refusesARequestThatFitsNoFrame() async throws {
        let server = FakeServer { $0.waitForClose() }
        let client = try await connect(server)
        var request = CreateImageRequest()
        request.description = String(repeating: "x", count: 4 << 20)
        await #expect(throws: ClientError.notSent(reason: "a request of more than 4 MiB")) {
            try await client.call(CreateImage.self, request)
        }
    }

    // MARK: Errors

    @Test func decodesAnECSError() async throws {
        let quota = ECSError(403, "QuotaExceed.Image", "The Image Quota exceeds.")
        let name = ECSError(400, "InvalidImageName.Malformed", "Wrong.")
            .naming("ImageName", hint: "2 to 128")
        let server = FakeServer.answering { _ in
            .status(Status([name, quota], requestID: "R-7"))
        }
        let client = try await connect(server)
        let error = try #require(await failure(client) as? ServiceError)
        #expect(error.httpStatus == 400)
        #expect(error.status == .invalidArgument)
        #expect(error.code.rawValue == "InvalidImageName.Malformed")
        #expect(error.message == "Wrong.")
        #expect(error.parameter == "ImageName")
        #expect(error.hint == "2 to 128")
        #expect(error.requestID == "R-7")
        #expect(error.further.map(\.code) == [quota.code])
    }

    @Test func keepsOtherStatuses() async throws {
        let server = FakeServer.answering { _ in .status(Status(.deadlineExceeded, "too late")) }
        let client = try await connect(server)
        #expect(
            await failure(client) as? ClientError
                == .status(code: .deadlineExceeded, message: "too late", requestID: ""))
        #expect(
            ClientError.status(code: .deadlineExceeded, message: "", requestID: "").isOutcomeUnknown
                == false)
    }

    /// The daemon's way to name the request on a status that is no ECS error.
    @Test func aDetailWithoutACodeNamesTheRequest() async throws {
        let server = FakeServer.answering { _ in
            .status(Status([ECSError(0, "", "")], requestID: "R-9", .unavailable, "stopping"))
        }
        let client = try await connect(server)
        #expect(
            await failure(client) as? ClientError
                == .status(code: .unavailable, message: "stopping", requestID: "R-9"))
    }

    @Test func tellsThatNoDaemonIsThere() async throws {
        await #expect(
            throws: ClientError.noDaemon(path: "/nonexistent/s", reason: "nothing is there")
        ) {
            _ = try await ImagedClient.connect(socket: "/nonexistent/s")
        }
        let long = "/" + String(repeating: "p", count: 200)
        await #expect(throws: ClientError.self) {
            _ = try await ImagedClient.connect(socket: long)
        }
    }

    @Test func aDroppedClientClosesItsConnection() async throws {
        let (ends, end) = AsyncStream<Void>.makeStream()
        let server = FakeServer { connection in
            connection.send((try connection.request()).streamID, .payload([]))
            connection.waitForClose()
            end.yield()
        }
        for _ in 0..<20 {
            #expect(await failure(try await connect(server)) == nil)
        }
        var count = 0
        for await _ in ends {
            count += 1
            if count == 20 { break }
        }
    }

    @Test func closingEndsWhatIsUnderWay() async throws {
        let server = FakeServer { $0.waitForClose() }
        let client = try await connect(server)
        async let pending = failure(client, timeout: nil)
        client.close()
        #expect(await pending is ClientError)
    }

    /// What was answered before the daemon went is not lost.
    @Test func readsTheLastAnswerBeforeTheEnd() async throws {
        let server = FakeServer { connection in
            let request = try connection.request()
            var version = VersionResponse()
            version.version = "9"
            connection.send(request.streamID, .message(version))
        }
        let client = try await connect(server)
        #expect(try await client.call(Version.self, VersionRequest()).version == "9")
    }

    @Test(arguments: [
        ("an unknown type", frame(1, MessageType(rawValue: 9)) { _ in }),
        ("a stream never opened", frame(77, .response) { $0.write(Response()) }),
        ("an even stream", frame(2, .response) { $0.write(Response()) }),
        ("data on a unary stream", frame(1, .data) { _ in }),
        ("an undecodable response", [0, 0, 0, 1, 0, 0, 0, 1, 2, 0, 0xff]),
        ("a reserved first byte", [1, 0, 0, 0, 0, 0, 0, 1, 2, 0]),
        ("more than 4 MiB", [0, 0x50, 0, 0, 0, 0, 0, 1, 2, 0]),
    ]) func endsOnGarbage(_ what: String, _ bytes: [UInt8]) async throws {
        let server = FakeServer { connection in
            _ = try connection.request()
            connection.send(bytes)
            connection.waitForClose()
        }
        let client = try await connect(server)
        let error = try #require(await failure(client) as? ClientError, "\(what)")
        guard case .protocolViolation = error else {
            Issue.record("\(what): \(error)")
            return
        }
        #expect(error.isOutcomeUnknown)
    }

    /// A payload that is no message of the operation's type costs only its own call.
    @Test func survivesAnUnreadablePayload() async throws {
        let server = FakeServer.answering { request in
            request.streamID == 1 ? .payload([0xff]) : .message(VersionResponse())
        }
        let client = try await connect(server)
        guard case .protocolViolation? = await failure(client) as? ClientError else {
            Issue.record("no protocol violation")
            return
        }
        #expect(await failure(client) == nil)
    }

    // MARK: Deadlines and cancellation

    @Test func givesUpALittleAfterTheDeadline() async throws {
        let server = FakeServer { connection in
            let late = try connection.request()
            #expect(late.envelope.timeoutNanoseconds == 20_000_000)
            let next = try connection.request()
            // The late answer is passed over, and the stream after it is served.
            connection.send(late.streamID, .message(VersionResponse()))
            connection.send(next.streamID, .message(VersionResponse()))
            connection.waitForClose()
        }
        let client = try await connect(server, grace: .milliseconds(10))
        #expect(
            await failure(client, timeout: .milliseconds(20)) as? ClientError
                == .outcomeUnknown(after: .milliseconds(20)))
        #expect(await failure(client, timeout: nil) == nil)
    }

    @Test(arguments: [(Duration.zero, Int64(-1)), (.seconds(-3), -3_000_000_000)])
    func anOverdueDeadlineIsSentAsSuch(_ timeout: Duration, _ sent: Int64) async throws {
        let server = FakeServer.answering { request in
            #expect(request.envelope.timeoutNanoseconds == sent)
            return .status(Status(.deadlineExceeded, "over"))
        }
        let client = try await connect(server)
        #expect(
            await failure(client, timeout: timeout) as? ClientError
                == .status(code: .deadlineExceeded, message: "over", requestID: ""))
    }

    @Test func cancellingAsksTheDaemon() async throws {
        let (arrived, arrival) = AsyncStream<Void>.makeStream()
        let server = FakeServer { connection in
            let waiting = try connection.request()
            arrival.yield()
            let cancel = try connection.request()
            #expect(cancel.method == "Cancel")
            #expect(try cancel.decoded(CancelRequest.self).streamID == Int64(waiting.streamID))
            connection.send(waiting.streamID, .status(Status(.cancelled, "cancelled")))
            connection.send(cancel.streamID, .message(CancelResponse()))
            connection.waitForClose()
        }
        let client = try await connect(server)
        let task = Task { try await client.call(WaitForImage.self, .init(), timeout: nil) }
        for await _ in arrived { break }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    /// What was done before the Cancel came is told as done.
    @Test func aCancelledCallThatWasDoneReturnsItsResult() async throws {
        let (arrived, arrival) = AsyncStream<Void>.makeStream()
        let server = FakeServer { connection in
            let creating = try connection.request()
            arrival.yield()
            let cancel = try connection.request()
            var response = CreateImageResponse()
            response.imageID = "m-done"
            connection.send(creating.streamID, .message(response))
            connection.send(cancel.streamID, .message(CancelResponse()))
            connection.waitForClose()
        }
        let client = try await connect(server)
        let task = Task { try await client.call(CreateImage.self, self.image("x")).imageID }
        for await _ in arrived { break }
        task.cancel()
        #expect(try await task.value == "m-done")
    }

    @Test func aCancelledTaskSendsNothing() async throws {
        let server = FakeServer.answering { request in
            #expect(request.method == "Version")
            return .message(VersionResponse())
        }
        let client = try await connect(server)
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await client.call(CreateImage.self, self.image("never"))
        }
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(await failure(client) == nil)
    }

    // MARK: Streams

    @Test func watches() async throws {
        let server = FakeServer { connection in
            let request = try connection.request()
            #expect(request.method == "Watch")
            #expect(request.flags == .remoteClosed)
            #expect(try request.decoded(WatchRequest.self).afterSequence == 4)
            for sequence in 5...7 as ClosedRange<Int64> {
                var events = EventsResponse()
                events.sequence = sequence
                connection.sendData(request.streamID, events, last: sequence == 7)
            }
            connection.waitForClose()
        }
        let client = try await connect(server)
        var request = WatchRequest()
        request.afterSequence = 4
        var seen: [Int64] = []
        for try await events in client.watch(request) { seen.append(events.sequence) }
        #expect(seen == [5, 6, 7])
    }

    @Test func leavingAWatchCancelsIt() async throws {
        let (cancelled, cancellation) = AsyncStream<Int64>.makeStream()
        let server = FakeServer { connection in
            let request = try connection.request()
            connection.sendData(request.streamID, EventsResponse())
            let cancel = try connection.request()
            cancellation.yield(try cancel.decoded(CancelRequest.self).streamID)
            connection.waitForClose()
        }
        let client = try await connect(server)
        try await watchOnce(client)
        for await id in cancelled {
            #expect(id == 1)
            break
        }
    }

    private func watchOnce(_ client: ImagedClient) async throws {
        for try await _ in client.watch(WatchRequest()) { return }
    }

    @Test func aSlowWatcherIsTold() async throws {
        let (cancelled, cancellation) = AsyncStream<Void>.makeStream()
        let server = FakeServer { connection in
            let request = try connection.request()
            for _ in 0..<3 { connection.sendData(request.streamID, EventsResponse()) }
            let cancel = try connection.request()
            #expect(cancel.method == "Cancel")
            cancellation.yield()
            connection.waitForClose()
        }
        let client = try await connect(server)
        let events = client.watch(WatchRequest(), bufferedMax: 2)
        for await _ in cancelled { break }
        var count = 0
        await #expect(throws: ClientError.eventsLost) {
            for try await _ in events { count += 1 }
        }
        #expect(count == 2)
    }

    @Test func aWatchEndsWithTheDaemonsError() async throws {
        let server = FakeServer { connection in
            let request = try connection.request()
            connection.send(request.streamID, .status(Status(.outOfRange, "too old")))
            connection.waitForClose()
        }
        let client = try await connect(server)
        await #expect(
            throws: ClientError.status(code: .outOfRange, message: "too old", requestID: "")
        ) {
            for try await _ in client.watch(WatchRequest()) {}
        }
    }

    @Test func watchIsNoUnaryCall() async throws {
        let server = FakeServer { $0.waitForClose() }
        let client = try await connect(server)
        await #expect(throws: ClientError.self) {
            _ = try await client.call(Watch.self, WatchRequest())
        }
    }
}

extension Status {
    fileprivate init(
        _ errors: [ECSError], requestID: String, _ code: StatusCode, _ message: String
    ) {
        self.init(errors, requestID: requestID)
        self.code = code.rawValue
        self.message = message
    }
}
