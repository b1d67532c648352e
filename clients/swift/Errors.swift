import ECS
import Wire

/// A refusal by the service, in ECS's terms. It is definite: nothing has happened.
/// Decide by ``code``; the texts are for people.
public struct ServiceError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The google.rpc code that goes with it: NOT_FOUND with 404.
    public let status: StatusCode
    /// The HTTP status that ECS gives this error: 400, 403, 404, 500, 503.
    public let httpStatus: Int32
    /// ECS's code: `QuotaExceed.Image`.
    public let code: ErrorCode
    public let message: String
    public let requestID: String
    /// The parameter at fault as ECS spells it (`DiskDeviceMapping.2.Size`); empty if none is.
    public let parameter: String
    /// What would be right, or how to go on; empty if there is nothing to add.
    public let hint: String
    /// The other errors of the same request, where an explanation was asked for.
    public internal(set) var further: [ServiceError] = []

    init(_ detail: ErrorDetail, _ status: StatusCode) {
        self.status = status
        httpStatus = detail.httpStatus
        code = ErrorCode(rawValue: detail.code)
        message = detail.message
        requestID = detail.requestID
        parameter = detail.parameter
        hint = detail.hint
    }

    /// "QuotaExceed.Image: The Image Quota exceeds. (hint)"
    public var description: String {
        "\(code): \(message)" + (parameter.isEmpty ? "" : " [\(parameter)]")
            + (hint.isEmpty ? "" : " (\(hint))")
    }
}

/// A call that ended without the service's word on it, or with one that is not ECS's.
public enum ClientError: Error, Hashable, Sendable, CustomStringConvertible {
    /// No daemon listens at `path`, or at none of the paths in it. Nothing was sent.
    case noDaemon(path: String, reason: String)
    /// The request never left this process, so nothing has happened.
    case notSent(reason: String)
    /// The connection ended before the answer, and a second sending was not safe or no better.
    /// Outcome unknown: the change is there whole, or not at all; the same request with the same
    /// ClientToken tells.
    case connectionLost(reason: String)
    /// No answer within the call's time. Outcome unknown, as with `connectionLost`.
    case outcomeUnknown(after: Duration)
    /// What came is not the protocol. Outcome unknown, as with `connectionLost`.
    case protocolViolation(String)
    /// A status that is not an ECS error. It is definite: with DEADLINE_EXCEEDED, too, nothing
    /// has happened.
    case status(code: StatusCode, message: String, requestID: String)
    /// The events of a watch came faster than they were taken. Describe afresh, watch again.
    case eventsLost

    /// Whether the request may have been carried out.
    public var isOutcomeUnknown: Bool {
        switch self {
        case .connectionLost, .outcomeUnknown, .protocolViolation: true
        case .noDaemon, .notSent, .status, .eventsLost: false
        }
    }

    public var description: String {
        switch self {
        case .noDaemon(let path, let reason): "no daemon at \(path): \(reason)"
        case .notSent(let reason): "nothing was sent: \(reason)"
        case .connectionLost(let reason): "outcome unknown: the connection was lost: \(reason)"
        case .outcomeUnknown(let time): "outcome unknown: no answer within \(time)"
        case .protocolViolation(let what): "outcome unknown: not the protocol: \(what)"
        case .status(let code, let message, _): "\(message) (status \(code.rawValue))"
        case .eventsLost: "events came faster than they were read: describe afresh"
        }
    }
}

/// The error that a response's status stands for.
func callError(_ status: Status) -> any Error {
    var errors: [ServiceError] = []
    for detail in status.details where detail.typeURL == ErrorDetail.typeURL {
        guard let decoded = try? ErrorDetail(decoding: detail.value) else {
            return ClientError.protocolViolation("an error's detail cannot be read")
        }
        errors.append(ServiceError(decoded, StatusCode(rawValue: status.code)))
    }
    // A detail without a code only says which request it was.
    guard var first = errors.first, !first.code.rawValue.isEmpty else {
        return ClientError.status(
            code: StatusCode(rawValue: status.code), message: status.message,
            requestID: errors.first?.requestID ?? "")
    }
    first.further = Array(errors.dropFirst())
    return first
}
