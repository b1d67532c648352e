import ECS
import Testing
import Wire

/// `protocol/vectors/frames.json`, however the bytes arrive, and the limits of a frame.
@Suite struct FrameTests {
    /// What a connection does: keeps what is not consumed, and shows it again with more behind it.
    private struct Arrival {
        var decoder = FrameDecoder()
        var buffer: [UInt8] = []
        var frames: [FrameVector.Frame] = []
        var isClosed = false

        mutating func receive(_ bytes: some Collection<UInt8>) {
            buffer.append(contentsOf: bytes)
            var position = 0
            var decoder = decoder
            while !isClosed, let found = decoder.next(in: buffer.span, at: &position) {
                switch found {
                case .frame(let header, let data):
                    // The very large ones are without data in the vectors.
                    let hex = data.count < 1 << 20 ? Array(buffer[data]).hex : nil
                    add("frame", header, hex)
                    #expect(data.count == header.dataBytes)
                case .tooLong(let header): add("too_long", header, nil)
                case .reserved(let header):
                    add("reserved", header, nil)
                    isClosed = true
                }
            }
            self.decoder = decoder
            buffer.removeFirst(position)
        }

        private mutating func add(_ found: String, _ header: FrameHeader, _ data: String?) {
            frames.append(
                FrameVector.Frame(
                    found: found, dataLength: header.dataBytes, streamId: header.streamID,
                    type: header.type.rawValue, flags: header.flags.rawValue, data: data))
        }
    }

    @Test(arguments: FrameVector.all)
    func framesAreFoundInOnePiece(_ vector: FrameVector) {
        var arrival = Arrival()
        arrival.receive(vector.bytes)
        #expect(arrival.frames == vector.frames)
        #expect(arrival.buffer.count == vector.left)
    }

    @Test(arguments: FrameVector.all)
    func framesAreFoundByteByByte(_ vector: FrameVector) {
        var arrival = Arrival()
        for part in vector.parts {
            // Long runs of one byte arrive in pieces, their ends byte by byte.
            let bytes = part.bytes
            let long = bytes.count > 10_000 ? 100..<(bytes.count - 100) : 0..<0
            for byte in bytes[..<(long.isEmpty ? bytes.count : 100)] { arrival.receive([byte]) }
            for start in stride(from: long.lowerBound, to: long.upperBound, by: 65_521) {
                arrival.receive(bytes[start..<min(start + 65_521, long.upperBound)])
            }
            if !long.isEmpty {
                for byte in bytes[long.upperBound...] { arrival.receive([byte]) }
            }
        }
        #expect(arrival.frames == vector.frames)
        #expect(arrival.buffer.count == vector.left)
    }

    @Test func framesAreFoundWhenJoinedWithOthers() {
        let small = FrameVector.all.filter { vector in
            vector.left == 0 && vector.parts.allSatisfy { ($0.times ?? 1) <= 4_194_305 }
                && vector.frames.allSatisfy { $0.found != "reserved" }
                && !vector.name.hasPrefix("cut")
        }
        #expect(small.count > 30)
        for cut in [1, 7, 4096, 1 << 20, Int.max] {
            let joined = small.filter { cut > 100 || $0.bytes.count < 10_000 }
            let bytes = joined.flatMap(\.bytes)
            var arrival = Arrival()
            var start = 0
            while start < bytes.count {
                let end = min(start.addingReportingOverflow(cut).partialValue, bytes.count)
                arrival.receive(bytes[start..<(end > start ? end : bytes.count)])
                start = end > start ? end : bytes.count
            }
            #expect(arrival.frames == joined.flatMap(\.frames), "in pieces of \(cut)")
            #expect(arrival.buffer.isEmpty)
        }
    }

    @Test func theWriterMakesTheSameFrames() throws {
        var count = 0
        for vector in FrameVector.all where vector.from == "daemon" {
            var encoder = FieldEncoder()
            for frame in vector.frames {
                let data = [UInt8](hex: frame.data ?? "")
                let type = MessageType(rawValue: frame.type)
                let flags = FrameFlags(rawValue: frame.flags)
                let response = type == .response ? try Response(decoding: data) : nil
                let events = type == .data ? try EventsResponse(decoding: data) : nil
                encoder.frame(frame.streamId, type, flags) { encoder in
                    if let response { encoder.write(response) }
                    if let events { encoder.write(events) }
                }
                count += 1
            }
            #expect(encoder.bytes.hex == vector.bytes.hex, "\(vector.name)")
        }
        #expect(count >= 14)
    }

    @Test(arguments: [
        (4_194_303, "frame"), (4_194_304, "frame"), (4_194_305, "too_long"),
        (16_777_215, "too_long"), (16_777_216, "reserved"), (4_294_967_295, "reserved"),
    ])
    func theLimitHoldsAtTheEdgeAndOnePast(_ count: Int, _ expected: String) {
        let length = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: count >> $0) }
        var arrival = Arrival()
        arrival.receive(length + [0, 0, 0, 1, 1, 0])
        if expected == "frame" {
            #expect(arrival.frames.isEmpty)
            arrival.receive([UInt8](repeating: 7, count: count - 1))
            #expect(arrival.frames.isEmpty)
            arrival.receive([7])
        }
        #expect(arrival.frames.map(\.found) == [expected])
        #expect(arrival.frames.first?.dataLength == count)
    }

    @Test func whatIsDroppedIsNeverHeld() {
        var arrival = Arrival()
        arrival.receive([0, 0xff, 0xff, 0xff, 0, 0, 0, 1, 1, 0])
        #expect(arrival.decoder.isDropping)
        for _ in 0..<255 {
            arrival.receive([UInt8](repeating: 0, count: 16_777_215 / 255))
            #expect(arrival.buffer.isEmpty)
        }
        #expect(!arrival.decoder.isDropping)
        arrival.receive([0, 0, 0, 0, 0, 0, 0, 3, 1, 0])
        #expect(arrival.frames.map(\.found) == ["too_long", "frame"])
    }

    @Test func theBytesStillMissingAreKnownFromTheHeaderOn() {
        let bytes: [UInt8] = [9, 9, 0, 0, 1, 2, 0, 0, 0, 1, 1, 0, 5]
        #expect(FrameDecoder.byteCount(in: bytes.span, at: 2) == 10 + 258)
        #expect(FrameDecoder.byteCount(in: bytes.span, at: 4) == nil)
        let huge = [UInt8](repeating: 0xff, count: 10)
        #expect(FrameDecoder.byteCount(in: huge.span, at: 0) == 10 + 4_194_304)
    }

    @Test func theLargestFrameCanBeWritten() {
        var encoder = FieldEncoder()
        let isWritten = encoder.frame(1, .response) {
            $0.write(Self.response(dataBytes: 4_194_304))
        }
        #expect(isWritten)
        #expect(encoder.bytes.count == 4_194_314)
        #expect(Array(encoder.bytes[..<10]) == [0, 0x40, 0, 0, 0, 0, 0, 1, 2, 0])
    }

    @Test func aLargerFrameIsNotWrittenAndLeavesTheOthersAlone() {
        var encoder = FieldEncoder()
        encoder.frame(1, .response) { $0.write(Response()) }
        let before = encoder.bytes
        let isWritten = encoder.frame(3, .response) {
            $0.write(Self.response(dataBytes: 4_194_305))
        }
        #expect(!isWritten)
        #expect(encoder.bytes == before)
    }

    /// A response of so many bytes: tag and length of its payload take 5 of them.
    private static func response(dataBytes: Int) -> Response {
        var response = Response()
        response.payload = [UInt8](repeating: 1, count: dataBytes - 5)
        return response
    }
}
