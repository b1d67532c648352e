import Testing
import Wire

@testable import ImagedClient

/// The state of a connection, without a socket.
@Suite struct StreamsTests {
    private let receiver = Receiver(data: nil) { _ in }

    private func begin(_ streams: inout Streams, deadline: Int64 = .max) throws -> UInt32 {
        try #require(
            try streams.begin(Request(), receiver, patience: .seconds(1), deadline: deadline))
    }

    private func cancelRequest(_ id: UInt32, _ metadata: [KeyValue]) -> Request { Request() }

    /// What another connection may carry.
    private func neverSent(_ ending: Streams.Ending) -> Bool {
        guard case .failure(is ConnectionGone) = ending.result else { return false }
        return true
    }

    private func unknown(_ ending: Streams.Ending?) -> Bool? {
        guard case .failure(let error as ClientError)? = ending?.result else { return nil }
        return error.isOutcomeUnknown
    }

    /// Takes everything that is unsent and returns the streams of the frames.
    private func sent(_ streams: inout Streams) -> [UInt32] {
        var ids: [UInt32] = []
        streams.flush { bytes in
            ids.append(FrameHeader(decoding: Array(bytes).span).streamID)
            return bytes.count
        }
        return ids
    }

    @Test func idsAreOddAndRise() throws {
        var streams = Streams()
        let ids = [try begin(&streams), try begin(&streams)]
        #expect(ids == [1, 3])
        let order = sent(&streams)
        #expect(order == ids)
        #expect(!streams.hasUnsent)
    }

    @Test func idsRunOut() throws {
        var streams = Streams(firstID: UInt32.max - 4)
        #expect(!streams.isExhausted)
        let last = try begin(&streams)
        #expect(last == UInt32.max - 4)
        #expect(streams.isExhausted)
        let none = try streams.begin(Request(), receiver, patience: .zero, deadline: .max)
        #expect(none == nil)
        // What is under way can still be cancelled, by the ids that were kept for that.
        _ = sent(&streams)
        let nothing = streams.cancel(last, now: 0, cancelRequest: cancelRequest)
        #expect(nothing == nil)
        let order = sent(&streams)
        #expect(order == [UInt32.max - 2])
        let answered = try streams.respond(last, Response())
        #expect(answered != nil)
    }

    @Test func theVeryLastIDIsUsedOnce() throws {
        var streams = Streams(firstID: UInt32.max - 8)
        let ids = try (0..<3).map { _ in try begin(&streams) }
        #expect(ids == [UInt32.max - 8, UInt32.max - 6, UInt32.max - 4])
        _ = sent(&streams)
        for id in ids { _ = streams.cancel(id, now: 0, cancelRequest: cancelRequest) }
        // The third Cancel has no id left: its call ends by its own clock.
        let order = sent(&streams)
        #expect(order == [UInt32.max - 2, UInt32.max])
        let answered = try streams.respond(UInt32.max, Response())
        #expect(answered != nil)
        let ended = streams.expire(now: Streams.cancelNanoseconds)
        #expect(ended.count { unknown($0) == true } == 4)
    }

    @Test func idsAreSkippedForwardOnly() throws {
        var streams = Streams()
        streams.skipIDs(to: 8)
        let first = try begin(&streams)
        streams.skipIDs(to: 3)
        let second = try begin(&streams)
        #expect([first, second] == [9, 11])
    }

    @Test func sendsOnWhereTheKernelStopped() throws {
        var streams = Streams()
        for _ in 0..<200 { _ = try begin(&streams) }
        var bytes: [UInt8] = []
        while streams.hasUnsent {
            var isFirst = true
            streams.flush { rest in
                // The kernel takes three bytes at a time, then nothing.
                defer { isFirst = false }
                guard isFirst else { return 0 }
                bytes += rest.prefix(3)
                return min(3, rest.count)
            }
        }
        var decoder = FrameDecoder()
        var position = 0
        var ids: [UInt32] = []
        while case .frame(let header, _)? = decoder.next(in: bytes.span, at: &position) {
            ids.append(header.streamID)
        }
        #expect(ids == (0..<200).map { $0 * 2 + 1 })
        #expect(position == bytes.count)
    }

    @Test func cancelTakesBackWhatWasNotSent() throws {
        var streams = Streams()
        let first = try begin(&streams)
        let second = try begin(&streams)
        // One byte of the first is gone, none of the second.
        var taken = 1
        streams.flush { _ in
            defer { taken = 0 }
            return taken
        }
        let nothing = streams.cancel(first, now: 0, cancelRequest: cancelRequest)
        #expect(nothing == nil)
        let ending = streams.cancel(second, now: 0, cancelRequest: cancelRequest)
        guard case .failure(is CancellationError)? = ending?.result else {
            Issue.record("\(String(describing: ending))")
            return
        }
        // The rest of the first, then the Cancel for it: its own id rises past the second's.
        var count = 0
        streams.flush { bytes in
            count += 1
            return bytes.count
        }
        #expect(count == 2)
        #expect(streams.open[first]?.isCancelled == true)
        #expect(streams.open[second] == nil)
    }

    @Test func aCancelWithoutAnswerEndsToo() throws {
        var streams = Streams()
        let id = try begin(&streams)
        _ = sent(&streams)
        let nothing = streams.cancel(id, now: 100, cancelRequest: cancelRequest)
        #expect(nothing == nil)
        let early = streams.expire(now: 100)
        #expect(early.isEmpty)
        let endings = streams.expire(now: 100 + Streams.cancelNanoseconds)
        #expect(endings.contains { unknown($0) == true })
        #expect(streams.open.isEmpty)
    }

    @Test func aDeadlineTellsWhatIsKnown() throws {
        var streams = Streams()
        _ = try begin(&streams, deadline: 50)
        _ = sent(&streams)
        _ = try begin(&streams, deadline: 50)
        _ = try begin(&streams, deadline: 60)
        #expect(streams.earliestDeadline == 50)
        let early = streams.expire(now: 49)
        #expect(early.isEmpty)
        let endings = streams.expire(now: 50)
        #expect(endings.count == 2)
        #expect(endings.count { unknown($0) == true } == 1)
        #expect(endings.count { unknown($0) == false } == 1)
        #expect(streams.earliestDeadline == 60)
    }

    @Test func aFailureTellsWhatIsKnown() throws {
        var streams = Streams()
        _ = try begin(&streams)
        _ = sent(&streams)
        _ = try begin(&streams)
        let endings = streams.fail(.connectionLost(reason: "gone"))
        #expect(endings.count { unknown($0) == true } == 1)
        #expect(endings.count { neverSent($0) } == 1)
        let none = try streams.begin(Request(), receiver, patience: .zero, deadline: .max)
        #expect(none == nil)
        let again = streams.fail(.connectionLost(reason: "again"))
        #expect(again.isEmpty)
    }

    @Test func boundsWhatWaits() throws {
        var streams = Streams()
        var request = Request()
        request.payload = [UInt8](repeating: 0, count: 3 << 20)
        for _ in 0..<5 {
            _ = try streams.begin(request, receiver, patience: .zero, deadline: .max)
        }
        #expect(throws: ClientError.self) {
            _ = try streams.begin(request, receiver, patience: .zero, deadline: .max)
        }
        let frames = sent(&streams)
        #expect(frames.count == 5)
        _ = try streams.begin(request, receiver, patience: .zero, deadline: .max)
    }

    @Test func anAnswerOnAnAbandonedStreamIsPassedOver() throws {
        var streams = Streams()
        let id = try begin(&streams)
        _ = sent(&streams)
        let first = try streams.respond(id, Response())
        #expect(first != nil)
        let second = try streams.respond(id, Response())
        #expect(second == nil)
        #expect(throws: ClientError.self) { _ = try streams.respond(id + 2, Response()) }
        #expect(throws: ClientError.self) { _ = try streams.respond(2, Response()) }
    }

    @Test(arguments: [
        (Duration.seconds(Int64.max), Int64.max), (.seconds(-(Int64.max)), .min),
        (.milliseconds(1500), 1_500_000_000), (.nanoseconds(-1), -1),
    ]) func durationsAreClamped(_ duration: Duration, _ nanoseconds: Int64) {
        #expect(duration.nanoseconds == nanoseconds)
    }
}
