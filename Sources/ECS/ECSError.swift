import Wire

/// An ECS error code as it travels (`protocol/README.md` § Errors). An unknown one is kept.
public struct ErrorCode: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
    public var description: String { rawValue }
}

/// A refusal in ECS's own terms. Nothing has happened when a caller gets one.
public struct ECSError: Error, Hashable, Sendable {
    public let httpStatus: Int32
    public let code: ErrorCode
    public let message: String
    /// The parameter at fault as ECS spells it (`DiskDeviceMapping.2.Size`).
    public var parameter = ""
    /// What would be right, or how to go on. For people.
    public var hint = ""

    public init(_ httpStatus: Int32, _ code: String, _ message: String) {
        self.httpStatus = httpStatus
        self.code = ErrorCode(rawValue: code)
        self.message = message
    }

    /// The same error, naming its parameter and what would be right.
    ///
    /// - Parameter hint: nil: the one that it has.
    public func naming(_ parameter: String, hint: String? = nil) -> ECSError {
        var error = self
        error.parameter = parameter
        error.hint = hint ?? self.hint
        return error
    }

    /// The same error with a word on how to go on.
    public func hinting(_ hint: String) -> ECSError {
        var error = self
        error.hint = hint
        return error
    }

    /// The google.rpc code it travels under. Clients decide by `code`.
    public var statusCode: StatusCode {
        switch httpStatus {
        case 403: code == ECSError.forbidden.code ? .permissionDenied : .failedPrecondition
        case 404: .notFound
        case 500: .internal
        case 503: .unavailable
        default: .invalidArgument
        }
    }
}

extension ErrorDetail {
    /// The name of this type in a status's details.
    public static let typeURL = "type.googleapis.com/imaged.v1.Error"

    public init(_ error: ECSError, requestID: String) {
        httpStatus = error.httpStatus
        code = error.code.rawValue
        message = error.message.cut(to: 2048)
        self.requestID = requestID
        parameter = error.parameter.cut(to: 256)
        hint = error.hint.cut(to: 2048)
    }
}

extension Status {
    /// The status that carries `errors`: the first is the answer, the others follow it where the
    /// request asked for an explanation.
    public init(_ errors: [ECSError], requestID: String) {
        let first = errors[0]
        self.init(first.statusCode, "\(first.code): \(first.message.cut(to: 2048))")
        details = errors.map { error in
            var detail = AnyMessage()
            detail.typeURL = ErrorDetail.typeURL
            detail.value = ErrorDetail(error, requestID: requestID).encoded()
            return detail
        }
    }
}

extension String {
    /// The text, unless it is longer than so many scalars: what a client sent may come back in an
    /// error, but not at any length.
    fileprivate func cut(to count: Int) -> String {
        if utf8.count <= count { return self }
        return String(String.UnicodeScalarView(unicodeScalars.prefix(count - 3))) + "..."
    }
}
