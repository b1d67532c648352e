import ECS
import ImagedClient
import Wire

/// Carries out commands, and keeps what they began.
@MainActor final class Session {
    /// A reader of Watch: its events come in batches, and are asked for one by one.
    private struct Watching {
        var answers: AsyncThrowingStream<EventsResponse, any Error>.Iterator
        var events: [Event] = []
    }

    private let client: ImagedClient
    private var begun: [String: Task<JSON, any Error>] = [:]
    private var watches: [String: Watching] = [:]

    init(socket: String) async throws {
        client = try await ImagedClient.connect(socket: socket)
    }

    /// The answer to one command (`protocol/scenarios/README.md` § Commands and answers).
    ///
    /// - Throws: ``BadCommand``.
    func answer(_ command: JSON) async throws -> JSON {
        if let name = command["begin"]?.text {
            let client = client
            begun[name] = Task { try await Call(command).outcome(client) }
            return .object(["begun": .string(name)])
        }
        if command["call"] != nil { return try await Call(command).outcome(client) }
        if let calls = command["together"]?.elements { return try await together(calls) }
        if let name = command["cancel"]?.text {
            begun[name]?.cancel()
            return .object(["asked": .string(name)])
        }
        if let name = command["end"]?.text, let task = begun.removeValue(forKey: name) {
            return try await task.value
        }
        if let name = command["watch"]?.text {
            let request = try MessageReader.message(WatchRequest.self, command["request"])
            watches[name] = Watching(answers: client.watch(request).makeAsyncIterator())
            return .object(["begun": .string(name)])
        }
        if let name = command["next"]?.text, let count = command["count"]?.integer {
            return try await next(name, Int(count))
        }
        if let name = command["leave"]?.text {
            watches[name] = nil
            return .object(["left": .string(name)])
        }
        if let id = command["stream_ids_from"]?.integer {
            client.skipStreamIDs(to: UInt32(id))
            return .object([:])
        }
        if command["operations"] != nil { return Self.operations }
        throw BadCommand(reason: "no command: \(command)")
    }

    private func together(_ calls: [JSON]) async throws -> JSON {
        let client = client
        return try await withThrowingTaskGroup(of: (Int, JSON).self) { group in
            for (place, call) in calls.enumerated() {
                group.addTask { (place, try await Call(call).outcome(client)) }
            }
            var outcomes = [JSON](repeating: .object([:]), count: calls.count)
            for try await (place, outcome) in group { outcomes[place] = outcome }
            return .object(["outcomes": .array(outcomes)])
        }
    }

    private func next(_ name: String, _ count: Int) async throws -> JSON {
        guard var watching = watches[name] else {
            throw BadCommand(reason: "no watch \(name)")
        }
        do {
            while watching.events.count < count {
                guard let answer = try await watching.answers.next(isolation: #isolation) else {
                    throw BadCommand(reason: "the watch \(name) has ended")
                }
                watching.events += answer.events
            }
        } catch {
            return try Call.outcome(of: error)
        }
        let events = watching.events.prefix(count).map { MessageWriter.json($0) }
        watching.events.removeFirst(count)
        watches[name] = watching
        return .object(["events": .array(events)])
    }

    private static let operations: JSON = .object([
        "operations": .array(
            allOperations.map { operation in
                .object([
                    "service": .string(operation.service.rawValue),
                    "name": .string(operation.name),
                    "again": .string(operation.again.rawValue),
                    "streaming": .bool(operation == Watch.self),
                ])
            })
    ])
}

/// One call of a scenario.
struct Call {
    private let command: JSON
    private let operation: any (ECS.Operation & SendableMetatype).Type

    init(_ command: JSON) throws {
        let name = command["call"]?.text ?? ""
        guard let operation = allOperations.first(where: { $0.name == name }) else {
            throw BadCommand(reason: "no operation \(name)")
        }
        self.command = command
        self.operation = operation
    }

    func outcome(_ client: ImagedClient) async throws -> JSON {
        try await outcome(operation, client)
    }

    private func outcome<O: ECS.Operation>(
        _ operation: O.Type, _ client: ImagedClient
    ) async throws -> JSON {
        let request = try MessageReader.message(O.Request.self, command["request"])
        let timeout = command["timeout_ms"]?.integer.map { Duration.milliseconds($0) }
        let options = ImagedClient.CallOptions(
            account: command["account"]?.text, explains: command["explain"]?.isTrue ?? false,
            patience: command["give_up_ms"]?.integer.map { .milliseconds($0) })
        do {
            let answer = try await client.call(
                O.self, request, timeout: timeout, options: options)
            return .object(["response": MessageWriter.json(answer)])
        } catch {
            return try Self.outcome(of: error)
        }
    }

    /// How a call failed, in the scenarios' words.
    ///
    /// - Throws: `error`, if they have none for it.
    static func outcome(of error: any Error) throws -> JSON {
        switch error {
        case let error as ServiceError:
            var members = members(error)
            members["status"] = .number(Int64(error.status.rawValue))
            if !error.further.isEmpty {
                members["further"] = .array(error.further.map { .object(Self.members($0)) })
            }
            return .object(["error": .object(members)])
        case ClientError.status(let code, let message, let requestID):
            return failure(code, message, requestID)
        case is CancellationError:
            return failure(.cancelled, "cancelled", "")
        case let error as ClientError where error.isOutcomeUnknown:
            return .object(["unknown": .bool(true)])
        default:
            throw error
        }
    }

    private static func members(_ error: ServiceError) -> [String: JSON] {
        var members: [String: JSON] = ["http_status": .number(Int64(error.httpStatus))]
        let texts = [
            ("code", error.code.rawValue), ("message", error.message),
            ("parameter", error.parameter), ("hint", error.hint), ("request_id", error.requestID),
        ]
        for (name, text) in texts where !text.isEmpty { members[name] = .string(text) }
        return members
    }

    private static func failure(
        _ code: StatusCode, _ message: String, _ requestID: String
    ) -> JSON {
        var members: [String: JSON] = [
            "status": .number(Int64(code.rawValue)), "message": .string(message),
        ]
        if !requestID.isEmpty { members["request_id"] = .string(requestID) }
        return .object(["error": .object(members)])
    }
}
