import ECS
import Wire

/// The answers of one turn, encoded behind each other into one array.
struct Answers: Sendable {
    struct Answer: Sendable {
        let key: StreamKey
        let range: Range<Int>
        /// It leaves when this turn of the catalog is durable; 0: at once.
        let turn: UInt64
        /// Whether it ends its stream.
        let isLast: Bool
        let origin: Origin
        /// The place in `codes` of the code that it was refused with; below zero: a success.
        let code: Int32
    }

    /// Of the call that is being answered.
    var origin = Origin.none
    private(set) var codes: [String] = []

    private(set) var encoder = FieldEncoder()
    private(set) var list: [Answer] = []
    /// Those that are refused as Forbidden: the log counts them.
    private(set) var forbidden: [StreamKey] = []

    var bytes: [UInt8] { encoder.bytes }

    init() {}

    /// Begins anew in the memory of answers that have been delivered.
    init(reusing old: consuming Answers) {
        encoder = FieldEncoder(reusing: old.encoder.bytes)
        list = old.list
        list.removeAll(keepingCapacity: true)
    }

    /// A success.
    mutating func add<M: Message>(
        _ key: StreamKey, _ message: M, turn: UInt64,
        adding fields: (inout FieldEncoder) -> Void = { _ in }
    ) {
        frame(key, .response, turn: turn) { encoder in
            encoder.delimited(2, isLong: true) { encoder in
                encoder.write(message)
                fields(&encoder)
            }
        }
    }

    /// One message of a stream that goes on.
    mutating func addData<M: Message>(_ key: StreamKey, _ message: M, turn: UInt64) {
        frame(key, .data, turn: turn, isLast: false) { $0.write(message) }
    }

    /// A refusal: no payload goes with a status.
    mutating func add(_ key: StreamKey, _ status: Status, turn: UInt64) {
        if status.code == StatusCode.permissionDenied.rawValue { forbidden.append(key) }
        frame(key, .response, turn: turn, code: status.codeName) {
            $0.delimited(1) { $0.write(status) }
        }
    }

    /// The answer to a faulty frame, whose id may be that of a stream under way: that one goes on.
    mutating func addFault(_ key: StreamKey, _ status: Status) {
        frame(key, .response, turn: 0, isLast: false) { $0.delimited(1) { $0.write(status) } }
    }

    private mutating func frame(
        _ key: StreamKey, _ type: MessageType, turn: UInt64, isLast: Bool = true,
        code: String? = nil, _ body: (inout FieldEncoder) -> Void
    ) {
        let start = encoder.bytes.count
        var isLast = isLast
        var code = code
        if !encoder.frame(key.stream, type, [], body) {
            let status = Status(
                .resourceExhausted, "the answer is larger than a frame: ask for a smaller page")
            encoder.frame(key.stream, .response) { $0.delimited(1) { $0.write(status) } }
            isLast = true
            code = status.codeName
        }
        if let code { codes.append(code) }
        list.append(
            Answer(
                key: key, range: start..<encoder.bytes.count, turn: turn, isLast: isLast,
                origin: origin, code: code == nil ? -1 : Int32(codes.count - 1)))
    }

    /// What `answer` was refused with; nil: it is a success.
    func code(of answer: Answer) -> String? {
        answer.code < 0 ? nil : codes[Int(answer.code)]
    }
}

extension Status {
    /// ECS's code, or for what ECS does not know that of the wire: what a refusal counts as.
    var codeName: String {
        if let detail = details.first, let error = try? ErrorDetail(decoding: detail.value),
            !error.code.isEmpty
        {
            return error.code
        }
        let names = Self.codeNames
        return names.indices.contains(Int(code)) ? names[Int(code)] : "UNKNOWN"
    }

    /// As google.rpc.Code spells them.
    private static let codeNames = [
        "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND",
        "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
        "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS",
        "UNAUTHENTICATED",
    ]

    /// An error of the wire, met after the request could be read.
    init(_ code: StatusCode, _ message: String, requestID: String) {
        self.init(code, message)
        var detail = ErrorDetail()
        detail.message = message
        detail.requestID = requestID
        var packed = AnyMessage()
        packed.typeURL = ErrorDetail.typeURL
        packed.value = detail.encoded()
        details = [packed]
    }
}
