import Testing
import Wire

/// Bytes from strangers: whatever they are, they are read or refused, never trapped on, and nothing
/// outside them is looked at. A failure names its seed and bytes.
@Suite struct MutationTests {
    private static let valid = MessageVector.everywhere.filter { $0.refused == nil }

    /// Changes a few bytes, at random and where it hurts.
    private static func mutate(_ bytes: inout [UInt8], using generator: inout SeededGenerator) {
        let hurtful: [[UInt8]] = [
            [0xff], [0x80], [0x7f], [0], [0x0b], [0x0c], [0xff, 0xff, 0xff, 0xff, 0x0f],
            [UInt8](repeating: 0xff, count: 9) + [1], [UInt8](repeating: 0x80, count: 10) + [1],
            [UInt8](repeating: 0x0b, count: 40), [0x80, 0x80, 0x80, 0x80, 0x08],
        ]
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
            let place = Int.random(in: 0...bytes.count, using: &generator)
            switch Int.random(in: 0..<6, using: &generator) {
            case 0 where place < bytes.count:
                bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            case 1 where place < bytes.count: bytes[place] = .random(in: 0...255, using: &generator)
            case 2 where place < bytes.count: bytes.remove(at: place)
            case 3: bytes.removeSubrange(place...)
            case 4:
                let end = Int.random(in: place...bytes.count, using: &generator)
                bytes.insert(contentsOf: bytes[place..<end].prefix(100), at: place)
            default:
                bytes.insert(contentsOf: hurtful.randomElement(using: &generator) ?? [], at: place)
            }
        }
    }

    private enum Outcome<Value: Equatable>: Equatable {
        case read(Value)
        case refused(ProtoError)

        init(_ body: () throws(ProtoError) -> Value) {
            do throws(ProtoError) { self = .read(try body()) } catch { self = .refused(error) }
        }
    }

    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func mutatedMessagesAreReadOrRefused(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var (readCount, refusedCount) = (0, 0)
        for _ in 0..<2000 {
            let vector = try #require(Self.valid.randomElement(using: &generator))
            let type = try #require(MessageTypes.named(vector.message))
            var bytes = vector.bytes
            Self.mutate(&bytes, using: &generator)
            if isRead(bytes, type, seed) { readCount += 1 } else { refusedCount += 1 }
        }
        // Neither all read nor all refused: the mutations reach both.
        #expect(readCount > 200)
        #expect(refusedCount > 200)
    }

    /// Reads `bytes` alone and in the middle of others, which must make no difference, and writes
    /// what was read.
    private func isRead<M: Message>(_ bytes: [UInt8], _ type: M.Type, _ seed: UInt64) -> Bool {
        let alone = Outcome<M> { () throws(ProtoError) in try M(decoding: bytes) }
        for margin: [UInt8] in [[0x00, 0xff], [0x01], [0x80, 0x0a]] {
            let range = margin.count..<(margin.count + bytes.count)
            let among = Outcome<M> { () throws(ProtoError) in
                try M(decoding: margin + bytes + margin, range)
            }
            #expect(among == alone, "seed \(seed): \(M.protoName) \(bytes.hex)")
        }
        guard case .read(let message) = alone else { return false }
        let again = Outcome<M> { () throws(ProtoError) in try M(decoding: message.encoded()) }
        #expect(again == alone, "seed \(seed): \(M.protoName) \(bytes.hex)")
        return true
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func mutatedRequestsAreReadTheSameByPlace(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let requests = Self.valid.filter { $0.message == Request.protoName }
        for _ in 0..<2000 {
            var bytes = try #require(requests.randomElement(using: &generator)).bytes
            Self.mutate(&bytes, using: &generator)
            let message = Outcome<Request> { () throws(ProtoError) in try Request(decoding: bytes) }
            let envelope = Outcome<Request> { () throws(ProtoError) in
                try Self.request(RequestEnvelope(decoding: bytes, bytes.indices), bytes)
            }
            #expect(envelope == message, "seed \(seed): \(bytes.hex)")
        }
    }

    private static func request(_ envelope: RequestEnvelope, _ bytes: [UInt8]) -> Request {
        func text(_ place: Range<Int>) -> String { String(decoding: bytes[place], as: UTF8.self) }
        var request = Request()
        request.service = text(envelope.service)
        request.method = text(envelope.method)
        request.payload = Array(bytes[envelope.payload])
        request.timeoutNanoseconds = envelope.timeoutNanoseconds
        request.metadata = envelope.metadata.map { KeyValue(text($0.key), text($0.value)) }
        return request
    }

    @Test func everyPrefixOfEveryVectorIsReadOrRefused() throws {
        for vector in Self.valid {
            let type = try #require(MessageTypes.named(vector.message))
            let bytes = vector.bytes
            for count in 0...bytes.count { _ = isRead(Array(bytes[..<count]), type, 0) }
        }
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func mutatedFramesAreFoundTheSameHoweverTheyArrive(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let vectors = FrameVector.all.filter { $0.bytes.count < 10_000 }
        for _ in 0..<1000 {
            var bytes = try #require(vectors.randomElement(using: &generator)).bytes
            bytes += try #require(vectors.randomElement(using: &generator)).bytes
            Self.mutate(&bytes, using: &generator)
            let whole = Self.headers(in: bytes, pieces: [bytes.count])
            var pieces: [Int] = []
            while pieces.reduce(0, +) < bytes.count {
                pieces.append(Int.random(in: 1...30, using: &generator))
            }
            let cut = Self.headers(in: bytes, pieces: pieces)
            #expect(cut == whole, "seed \(seed): \(bytes.hex)")
        }
    }

    /// The headers that a decoder finds when `bytes` arrive in `pieces`, up to the first reserved.
    private static func headers(in bytes: [UInt8], pieces: [Int]) -> [FrameDecoder.Found] {
        var decoder = FrameDecoder()
        var found: [FrameDecoder.Found] = []
        var (buffer, arrived, consumed): ([UInt8], Int, Int) = ([], 0, 0)
        for piece in pieces {
            let end = min(arrived + piece, bytes.count)
            buffer += bytes[arrived..<end]
            arrived = end
            var position = 0
            while let next = decoder.next(in: buffer.span, at: &position) {
                switch next {
                case .frame(let header, let data):
                    // Places differ with the pieces; in the whole they must not.
                    found.append(
                        .frame(
                            header, data: data.lowerBound + consumed..<data.upperBound + consumed))
                case .tooLong: found.append(next)
                case .reserved: return found + [next]
                }
            }
            precondition(position <= buffer.count)
            buffer.removeFirst(position)
            consumed += position
        }
        return found
    }
}
