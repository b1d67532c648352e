import ECS
import HTTP
import System
import Wire

/// The HTTP side of one connection: what has come of the next request, and the requests that are
/// under way. Their answers leave in the order of the requests, however they come.
struct HTTPFront {
    var parser: HTTPParser
    private(set) var exchanges: [HTTPExchange] = []
    /// Bytes of answers that wait for those before them.
    private(set) var readyBytes = 0
    private var nextStream: UInt32 = 1

    init(_ limits: HTTPLimits) { parser = HTTPParser(limits) }

    /// Notes a request whose answer is still to come.
    ///
    /// - Returns: the number of its stream.
    mutating func begin(_ exchange: HTTPExchange) -> UInt32 {
        var exchange = exchange
        exchange.stream = nextStream
        exchanges.append(exchange)
        // After 2^32 requests none of the first is under way any more.
        nextStream = nextStream == .max ? 1 : nextStream + 1
        return exchange.stream
    }

    /// Takes the answer to the request of `stream`, as a frame of the binary protocol.
    mutating func finish(_ stream: UInt32, _ frame: ArraySlice<UInt8>) {
        guard let index = exchanges.firstIndex(where: { $0.stream == stream }) else { return }
        finish(index, exchanges[index].response(to: Array(frame.dropFirst(FrameHeader.byteCount))))
    }

    /// Takes the answer to the newest request.
    mutating func finishLast(_ response: HTTPResponse) {
        if !exchanges.isEmpty { finish(exchanges.count - 1, response) }
    }

    private mutating func finish(_ index: Int, _ response: HTTPResponse) {
        let bytes = response.encoded(
            date: Time.http(Clock.wallNanoseconds()), closes: exchanges[index].closes,
            isHead: exchanges[index].isHead)
        exchanges[index].answer = bytes
        readyBytes += bytes.count
    }

    /// Lets the client send a body that it asks about, when the answers before have left.
    mutating func goOn() {
        var exchange = HTTPExchange()
        exchange.answer = HTTPResponse.goOn
        readyBytes += HTTPResponse.goOn.count
        exchanges.append(exchange)
    }

    /// The next answer, if it is there.
    mutating func takeReady() -> [UInt8]? {
        guard let answer = exchanges.first?.answer else { return nil }
        exchanges.removeFirst()
        readyBytes -= answer.count
        return answer
    }
}
