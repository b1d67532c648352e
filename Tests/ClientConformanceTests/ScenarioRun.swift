import Foundation
import TestSupport
import Testing

/// A scenario with one client's program: a daemon, and a proxy between the two.
final class ScenarioRun {
    private let scenario: Scenario
    private let directory = TemporaryDirectory()
    private let daemon: TestDaemon
    private let proxy: Proxy
    private let conversation: Conversation
    private var kept: [String: String] = [:]

    /// Starts all three.
    init(_ scenario: Scenario, _ program: [String]) throws {
        self.scenario = scenario
        var keepsData = false
        if case .driver("keep_data")? = scenario.steps.first { keepsData = true }
        if keepsData {
            daemon = try TestDaemon(fixture: true)
            try Self.makeFiles("\(directory.path)/files")
            kept["directory"] = "\(directory.path)/files"
        } else {
            daemon = try TestDaemon("", ["--ephemeral"], fixture: true, dataPath: "")
        }
        proxy = try Proxy("\(directory.path)/proxy", to: daemon.socketPath)
        conversation = try Conversation(
            program + ["--socket", "\(directory.path)/proxy"],
            errorsPath: "\(directory.path)/errors")
    }

    deinit { proxy.stop() }

    /// A test's body: runs `scenario` with `client`, and records what is wrong.
    static func expect(_ scenario: Scenario, with client: ClientProgram) async throws {
        let problem = try await aside { try ScenarioRun(scenario, client.command()).run() }
        if let problem { Issue.record("\(client.name): \(problem)") }
    }

    private static func makeFiles(_ folder: String) throws {
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: false)
        let disk = "\(folder)/disk.raw"
        try Data().write(to: URL(filePath: disk))
        let file = try FileHandle(forWritingTo: URL(filePath: disk))
        try file.truncate(atOffset: 1 << 20)
        try file.seek(toOffset: 65_536)
        try file.write(contentsOf: Data("imaged\n".utf8))
        try file.close()
    }

    /// Carries out all steps until one does not go as it should.
    ///
    /// - Returns: what is wrong; nil: nothing.
    func run() throws -> String? {
        for (place, step) in scenario.steps.enumerated() {
            let line = "\(scenario.name).jsonl:\(place + 1)"
            switch step {
            case .driver(let action):
                guard try act(action, isFirst: place == 0) else {
                    return "\(line): no action \(action) here"
                }
            case .send(let exchange):
                if let problem = try problem(in: exchange) {
                    return "\(line): \(problem)\nof \(exchange.command)"
                }
            }
        }
        try conversation.end()
        return nil
    }

    /// False: there is no such action.
    private func act(_ action: String, isFirst: Bool) throws -> Bool {
        switch action {
        case "keep_data": return isFirst
        case "lose_answer": proxy.loseAnswer()
        case "stop_daemon":
            try daemon.kill()
            proxy.stop()
        case "start_daemon":
            try daemon.start()
            try proxy.start()
        default: return false
        }
        return true
    }

    /// What is wrong with the answer; nil: nothing.
    private func problem(in exchange: Scenario.Exchange) throws -> String? {
        let command = exchange.command.substituting(kept)
        let end = ContinuousClock.now + .seconds(10)
        while true {
            let answer = try conversation.answer(to: command)
            let found: VectorJSON
            do {
                found = try answer.withoutRequestIDs()
            } catch let error as VectorJSON.NoRequestID {
                return "no request_id, or one that is no UUID: \(error.place)"
            }
            for (name, path) in exchange.kept {
                guard let value = found.at(path)?.string else {
                    return "nothing to keep as \(name): \(found)"
                }
                kept[name] = value
            }
            let problem = exchange.expected.substituting(kept).mismatch(found)
            if problem == nil || !exchange.isEventual || ContinuousClock.now > end {
                return problem
            }
            usleep(5_000)
        }
    }
}
