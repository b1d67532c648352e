import ECS
import ImagedClient
import System
import Wire

/// Where results and messages go: results alone to standard output.
struct Output: Sendable {
    let format: OutputFormat

    var isJSON: Bool { format.isJSON }

    /// The width that a table may have; nil: no terminal reads it, so nothing is cut.
    var columns: Int? {
        guard StandardStream.output.isTerminal else { return nil }
        return StandardStream.output.columns ?? 80
    }

    /// Prints a result's text as it is.
    func print(_ text: String) throws {
        if !text.isEmpty { try StandardStream.output.write(text + "\n") }
    }

    /// Prints a result as JSON, or as `text` for people.
    func result<M: Message>(_ message: M, _ text: (Int?) -> String) throws {
        if format == .json {
            try print(
                JSONWriter.text(of: message, isIndented: StandardStream.output.isTerminal))
        } else {
            try line(message) { text(columns) }
        }
    }

    /// Tells people something that is no result. Programs that read JSON are spared it.
    func note(_ text: String) {
        if !isJSON { Self.complain(text) }
    }

    /// Writes to standard error. That nobody reads it is no failure of the command.
    static func complain(_ text: String) { try? StandardStream.error.write(text + "\n") }
}

/// Colours, where a terminal shows them and NO_COLOR does not forbid them (no-color.org).
enum Style {
    enum Color: Int {
        case red = 31
        case green, yellow
    }

    static func isColored(_ stream: StandardStream) -> Bool {
        let isForbidden = !(CurrentProcess.environment("NO_COLOR") ?? "").isEmpty
        return !isForbidden && CurrentProcess.environment("TERM") != "dumb" && stream.isTerminal
    }

    static func text(_ text: String, _ color: Color, on stream: StandardStream) -> String {
        isColored(stream) ? "\u{1B}[\(color.rawValue)m\(text)\u{1B}[0m" : text
    }

    static func red(_ text: String) -> String { Self.text(text, .red, on: .error) }
    static func green(_ text: String) -> String { Self.text(text, .green, on: .error) }

    /// The colour that a status has: whether it is well, on its way, or neither; nil: it says
    /// nothing of that.
    static func color(ofStatus status: String) -> Color? {
        if status.contains("damaged") { return .red }
        switch status.prefix(while: { $0.isLetter || $0 == "_" }) {
        case "Available", "accomplished", "Running", "In_use", "ready", "ok", "done", "deleted":
            return .green
        case "Creating", "Waiting", "progressing", "Pending", "Starting", "Stopping", "Attaching",
            "Detaching", "Deprecated", "ReIniting", "Transferring", "queued", "running", "held",
            "goes", "would", "warning":
            return .yellow
        case "CreateFailed", "UnAvailable", "failed", "problem", "not": return .red
        default: return nil
        }
    }
}

/// What went wrong, for people and for programs, and how the program ends.
struct Failure: Error {
    var exit = ExitCode.refused
    var httpStatus: Int32 = 0
    /// ECS's code, or one of ours for what ECS does not know.
    let code: String
    let message: String
    var parameter = ""
    var hint = ""
    var requestID = ""
    var further: [Failure] = []

    init(_ exit: ExitCode, _ code: String, _ message: String, hint: String = "") {
        self.exit = exit
        self.code = code
        self.message = message
        self.hint = hint
    }

    init(_ error: ServiceError) {
        httpStatus = error.httpStatus
        code = error.code.rawValue
        message = error.message
        parameter = error.parameter
        hint = error.hint
        requestID = error.requestID
        further = error.further.map { Failure($0) }
    }

    init(_ error: any Error) {
        switch error {
        case let error as Failure: self = error
        case let error as ServiceError: self.init(error)
        case let error as ClientError: self.init(client: error)
        case let error as UsageError:
            self.init(.usage, "Usage", error.message, hint: error.hint)
        case is CancellationError: self.init(.interrupted, "Interrupted", "interrupted")
        default: self.init(.refused, "Failed", "\(error)")
        }
    }

    private init(client error: ClientError) {
        switch error {
        case .noDaemon(_, let reason) where reason == SocketSearch.mayNotConnect:
            self.init(
                .connection, "NoPermission", "\(error)",
                hint: """
                    imaged --socket-group and a [peer] section of its --config let others in. \
                    imagectl doctor looks closer.
                    """)
        case .noDaemon:
            self.init(
                .connection, "NoDaemon", "\(error)",
                hint: """
                    Start it with imaged; or name its socket by --socket or IMAGED_SOCKET. imagectl \
                    doctor looks closer.
                    """)
        case .notSent:
            self.init(
                .connection, "NotSent", "\(error)",
                hint: """
                    The daemon closes connections of users that no [peer] section of its --config \
                    names, and those above its limits: its log says which.
                    """)
        case .connectionLost, .outcomeUnknown, .protocolViolation:
            self.init(.connection, "OutcomeUnknown", "\(error)")
        case .status(let code, let message, let requestID):
            self.init(.refused, Self.name(code), message)
            self.requestID = requestID
            if code == .deadlineExceeded { hint = "--timeout allows more time." }
        case .eventsLost: self.init(.refused, "EventsLost", "\(error)")
        }
    }

    /// google.rpc's name of a status, in ECS's way of writing.
    private static func name(_ code: StatusCode) -> String {
        switch code {
        case .cancelled: "Cancelled"
        case .invalidArgument: "InvalidArgument"
        case .deadlineExceeded: "DeadlineExceeded"
        case .permissionDenied: "PermissionDenied"
        case .resourceExhausted: "ResourceExhausted"
        case .outOfRange: "OutOfRange"
        case .unimplemented: "Unimplemented"
        case .unavailable: "Unavailable"
        default: "Status\(code.rawValue)"
        }
    }

    /// Each fact on a line of its own, or, on a terminal, on as many as it takes.
    var text: String {
        let isTerminal = StandardStream.error.isTerminal
        let width = isTerminal ? max(20, (StandardStream.error.columns ?? 80) - 1) : Int.max
        func line(_ text: String) -> String {
            "  " + Help.wrapped(printable(text), 2, 4, width: width)
        }
        var lines = [Style.red(printable(code)), line(message)]
        if !parameter.isEmpty { lines.append(line("parameter: \(parameter)")) }
        if !hint.isEmpty { lines.append(line("hint: \(hint)")) }
        return (lines + further.map(\.text)).joined(separator: "\n")
    }

    var json: String {
        func field(_ name: String, _ text: String) -> String {
            "\"\(name)\":\(JSONWriter.quoted(text))"
        }
        var fields = ["\"http_status\":\(httpStatus)", field("code", code)]
        fields += [field("message", message), field("parameter", parameter), field("hint", hint)]
        fields.append(field("request_id", requestID))
        if !further.isEmpty {
            fields.append("\"further\":[\(further.map(\.json).joined(separator: ","))]")
        }
        return "{\(fields.joined(separator: ","))}"
    }
}

/// Text from elsewhere as a terminal may have it: nothing in it is a command to the terminal.
func printable(_ text: String) -> String {
    let isPlain = text.unicodeScalars.allSatisfy { !isControl($0) }
    if isPlain { return text }
    return text.unicodeScalars.reduce(into: "") { result, scalar in
        result += isControl(scalar) ? "\\u{\(String(scalar.value, radix: 16))}" : String(scalar)
    }
}

private func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    // The C0 and C1 controls, and what changes the direction of writing.
    case 0..<0x20, 0x7F..<0xA0, 0x200E...0x200F, 0x202A...0x202E, 0x2066...0x2069: true
    default: false
    }
}

extension SystemError {
    /// Whether nobody reads this program's output any more.
    var isClosedOutput: Bool { call == "write" && path == nil && errno == .brokenPipe }
}
