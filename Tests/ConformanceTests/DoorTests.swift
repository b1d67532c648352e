import ECS
import Foundation
import TestSupport
import Testing
import Wire

/// The same rules through other doors: each case once more, with CreateImage asked for over HTTP.
@Suite(.conformanceDaemon, .timeLimit(.minutes(60))) struct HTTPDoorTests {
    @Test(arguments: Case.all) func overHTTP(_ one: Case) throws {
        let port = try #require(ConformanceDaemon.httpPort)
        try one.check(through: try HTTPDoor(port: port), namesParameters: true)
    }
}

/// Every error of CreateImage arrives as the SDK's own exception, with its code and status.
@Suite(.conformanceDaemon, .timeLimit(.minutes(60)), .enabled(if: SDKDoor.isAvailable))
struct SDKDoorTests {
    @Test(arguments: [7, 1]) func errorsArrive(version: Int) throws {
        let port = try #require(ConformanceDaemon.httpPort)
        let door = try SDKDoor(version: version, port: port)
        for one in Case.errors + Case.authorisation + Case.idempotency {
            try one.check(through: door, namesParameters: false)
        }
    }

    /// What each operation can answer is read by the SDK's models as it was sent.
    @Test func answersAreWhatTheModelsSay() throws {
        guard let python = SDKDoor.python else { throw SDKDoor.NoPython() }
        var answers: [String: Any] = [:]
        func add<O: ECS.Operation>(_ operation: O.Type) throws {
            let bytes = JSONWriter.bytes(of: SampleFiller.full(O.Response.self), .ecs)
            answers[O.name] = try JSONSerialization.jsonObject(with: Data(bytes))
        }
        for operation in Operations.ecs { try add(operation) }
        let output = try Tool.run(
            python, ["-B", SDKDoor.script("models.py")],
            input: try JSONSerialization.data(withJSONObject: answers))
        #expect(output.status == 0 && output.text.isEmpty, "\(output.text)\(output.err)")
        #expect(output.err.hasPrefix("\(Operations.ecs.count) answers"))
    }
}

extension Case {
    /// - Parameter namesParameters: whether what comes through the door says which is at fault.
    fileprivate func check(through door: any Door, namesParameters: Bool) throws {
        let path = try #require(ConformanceDaemon.socketPath)
        let bench = try Bench(path, door)
        bench.knowsParameters = namesParameters
        try run(bench)
        let errors = ids.filter { $0.hasPrefix("E-") || $0.hasPrefix("X-") }
        let unmet = errors.filter { !bench.met.contains($0) }
        #expect(unmet.isEmpty, "\(name): not met: \(unmet.joined(separator: ", "))")
        try bench.drop()
    }
}
