import System
import Wire

/// One of many processes that ask for something at the same moment. Standard input says what, a
/// line each:
///
///     send ACCOUNT SERVICE METHOD HEX    a request for the next start; ACCOUNT - is the default
///     go NANOSECONDS                     start when the monotonic clock shows that
///
/// After a start comes one line of JSON for each request, in their order; and a line `ready` when
/// the next requests may come.
final class Race {
    private let socketPath: String
    private var requests: [Request] = []

    init(socketPath: String) { self.socketPath = socketPath }

    func run() throws {
        write("ready")
        while let line = readLine() {
            let words = line.split(separator: " ", omittingEmptySubsequences: false)
            switch words.first {
            case "send" where words.count == 5: requests.append(try request(words))
            case "go" where words.count == 2: try go(at: Int64(words[1]) ?? 0)
            default: throw UsageError(text: "no line of a race: \(line)")
            }
        }
    }

    private func request(_ words: [Substring]) throws(UsageError) -> Request {
        var request = Request()
        if words[1] != "-" { request.metadata = [KeyValue("account", String(words[1]))] }
        request.service = String(words[2])
        request.method = String(words[3])
        var digits = words[4][...]
        while !digits.isEmpty {
            guard let byte = UInt8(digits.prefix(2), radix: 16) else {
                throw UsageError(text: "not hexadecimal: \(digits.prefix(2))")
            }
            request.payload.append(byte)
            digits = digits.dropFirst(2)
        }
        return request
    }

    private func go(at start: Int64) throws {
        // Connected before the start: only the requests race. The daemon may be another by now.
        let client = connected()
        let early = (start - Clock.monotonicNanoseconds()) / 1_000_000 - 2
        if early > 0 { Clock.sleep(milliseconds: Int(early)) }
        while Clock.monotonicNanoseconds() < start {}
        var answers: [UInt32: Response] = [:]
        var streams: [UInt32] = []
        do throws(CallFailure) {
            for request in requests { streams.append(try client.begin(request)) }
            while answers.count < streams.count {
                let answer = try client.next()
                answers[answer.stream] = answer.response
            }
        } catch {
            // What has no answer yet gets none.
        }
        for index in requests.indices {
            write(outcome(index < streams.count ? answers[streams[index]] : nil))
        }
        requests = []
        write("ready")
    }

    private func connected() -> BlockingClient {
        while true {
            if let client = try? BlockingClient(socketPath) { return client }
            Clock.sleep(milliseconds: 1)
        }
    }

    /// What became of a request; nil: the connection was lost.
    private func outcome(_ response: Response?) -> String {
        guard let response else { return #"{"event":"lost","status":0,"code":"","payload":""}"# }
        guard let status = response.status else {
            let digits = response.payload.map { byte in
                let text = String(byte, radix: 16)
                return text.count < 2 ? "0\(text)" : text
            }
            return """
                {"event":"ok","status":0,"code":"","payload":"\(digits.joined())"}
                """
        }
        var code = ""
        if case .refused(let text, _) = CallFailure.refused(status) { code = text }
        return """
            {"event":"refused","status":\(status.code),"code":"\(code)","payload":""}
            """
    }

    private func write(_ line: String) { CurrentProcess.write("\(line)\n", to: 1) }
}
