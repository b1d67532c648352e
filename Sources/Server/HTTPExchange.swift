import ECS
import HTTP
import Wire

/// A request over HTTP and what its answer must know of it: the answer comes as the binary protocol
/// has it, and is translated here.
struct HTTPExchange: Sendable {
    var stream: UInt32 = 0
    /// What was asked for; nil: it is no operation.
    var entry: OperationEntry?
    var form = HTTPAnswerForm.json(.ecs)
    /// What the client called this host.
    var host = ""
    var closes = false
    var isHead = false
    /// What leaves when its turn has come.
    var answer: [UInt8]?

    init() {}

    init(_ request: HTTPRequest) {
        host = request.header("host") ?? ""
        closes = request.closes
        isHead = request.method == "HEAD"
    }

    /// - Parameter data: the data of a response frame.
    func response(to data: [UInt8]) -> HTTPResponse {
        do throws(ProtoError) {
            let response = try Response(decoding: data)
            if let status = response.status { return refusal(status) }
            switch form {
            case .json(let style):
                return HTTPResponse(200, try entry?.json(response.payload, style) ?? [])
            case .metrics:
                let text = try MetricsResponse(decoding: response.payload).text
                return HTTPResponse(200, Array(text.utf8), type: .metrics)
            }
        } catch {
            return refusal(.internalFailure("\(error)"), requestID: "")
        }
    }

    private func refusal(_ status: Status) -> HTTPResponse {
        var detail = ErrorDetail()
        if let first = status.details.first, let found = try? ErrorDetail(decoding: first.value) {
            detail = found
        }
        if detail.httpStatus != 0 { return refusal(detail) }
        // One of the wire's own, which ECS has no code for.
        let error =
            switch StatusCode(rawValue: status.code) {
            case .invalidArgument: ECSError(400, "InvalidParameter", status.message)
            case .outOfRange: ECSError(400, "OutOfRange", status.message)
            case .resourceExhausted: ECSError(503, "ServiceUnavailable", status.message)
            default: ECSError(500, "InternalError", status.message)
            }
        return refusal(error, requestID: detail.requestID)
    }

    func refusal(
        _ error: ECSError, requestID: String, headers: [HTTPHeader] = []
    ) -> HTTPResponse {
        refusal(ErrorDetail(error, requestID: requestID), headers)
    }

    /// The codes that go away when other work has finished. `x-acs-retry-after` would say it to the
    /// newest Python SDK, which then raises another class of exception than every program catches
    /// for these codes; this header no SDK minds.
    private static let passing: Set<String> = [
        "TooManySnapshot.Unfinished", "QuotaExceed.ConcurrentSnapshotQuota",
        "IncorrectDiskStatus.CreatingSnapshot", "SnapshotNotReady",
    ]

    private func refusal(_ error: ErrorDetail, _ headers: [HTTPHeader] = []) -> HTTPResponse {
        var members = [
            ("RequestId", error.requestID), ("HostId", host), ("Code", error.code),
            ("Message", error.message),
            (
                "Recommend",
                "https://api.aliyun.com/troubleshoot?q=\(error.code)&product=Ecs"
                    + "&requestId=\(error.requestID)"
            ),
        ]
        // Ours: what people want to know, and every SDK passes over.
        if !error.parameter.isEmpty { members.append(("Parameter", error.parameter)) }
        if !error.hint.isEmpty { members.append(("Hint", error.hint)) }
        let text = members.map { "\"\($0)\":\(JSONWriter.quoted($1))" }.joined(separator: ",")
        let hints = Self.passing.contains(error.code) ? [HTTPHeader("Retry-After", "1")] : []
        return HTTPResponse(Int(error.httpStatus), Array("{\(text)}".utf8), headers + hints)
    }
}
