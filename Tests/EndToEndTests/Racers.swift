import ECS
import Foundation
import TestSupport
import Wire

/// Real processes that ask at the same moment (`imaged-bench race`).
final class Racers {
    struct Outcome: Decodable {
        /// ok, refused, or lost: the connection ended first.
        let event: String
        /// The google.rpc code.
        let status: Int32
        /// ECS's code.
        let code: String
        let payload: String

        /// "OK", ECS's code, or what else ended the call.
        var text: String {
            event == "ok" ? "OK" : event == "lost" ? "lost" : code.isEmpty ? "\(status)" : code
        }

        func response<M: Message>(_ type: M.Type) throws -> M {
            var bytes: [UInt8] = []
            var rest = payload[...]
            while let byte = UInt8(rest.prefix(2), radix: 16) {
                bytes.append(byte)
                rest = rest.dropFirst(2)
            }
            return try M(decoding: bytes)
        }
    }

    struct NoAnswer: Error { let process: Int }

    private final class Racer {
        let process: ChildProcess
        let input: Int32
        let output: Int32
        var text = ""
        var requestCount = 0

        init(_ daemon: TestDaemon) throws {
            let (inward, outward) = (try Self.pipe(), try Self.pipe())
            (input, output) = (inward.write, outward.read)
            process = try ChildProcess(
                [TestDaemon.product("imaged-bench"), "race", "--socket", daemon.socketPath],
                output: outward.write, errors: "\(daemon.directory.path)/race.log",
                input: inward.read)
            close(inward.read)
            close(outward.write)
        }

        deinit {
            close(input)
            close(output)
        }

        private static func pipe() throws -> (read: Int32, write: Int32) {
            var ends: [Int32] = [0, 0]
            if Foundation.pipe(&ends) != 0 { throw NoAnswer(process: -1) }
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            return (ends[0], ends[1])
        }

        func write(_ line: String) {
            var rest = Array("\(line)\n".utf8)[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes {
                    Foundation.write(input, $0.baseAddress, $0.count)
                }
                if count <= 0 { return }
                rest = rest.dropFirst(count)
            }
        }

        /// The next line; nil: it has ended, or says nothing for half a minute.
        func line() -> String? {
            while true {
                if let end = text.firstIndex(of: "\n") {
                    defer { text = String(text[text.index(after: end)...]) }
                    return String(text[..<end])
                }
                var waiting = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
                guard poll(&waiting, 1, 30_000) > 0 else { return nil }
                var bytes = [UInt8](repeating: 0, count: 1 << 16)
                let count = read(output, &bytes, bytes.count)
                if count <= 0 { return nil }
                text += String(decoding: bytes[..<count], as: UTF8.self)
            }
        }
    }

    private var racers: [Racer] = []
    var count: Int { racers.count }

    /// Starts the processes, and waits until all of them are ready.
    init(_ daemon: TestDaemon, count: Int = 16) throws {
        racers = try (0..<count).map { _ in try Racer(daemon) }
        for (number, racer) in racers.enumerated() where racer.line() != "ready" {
            throw NoAnswer(process: number)
        }
    }

    /// Adds requests to the next race.
    ///
    /// - Parameter requests: those of each process, from the first on.
    func add<O: ECS.Operation>(
        _ operation: O.Type, account: String = "", _ requests: [[O.Request]]
    ) {
        for (racer, requests) in zip(racers, requests) {
            for request in requests {
                let digits = request.encoded().map { String(format: "%02x", $0) }.joined()
                let account = account.isEmpty ? "-" : account
                racer.write("send \(account) \(O.service.rawValue) \(O.name) \(digits)")
            }
            racer.requestCount += requests.count
        }
    }

    /// Starts the race: each process sends its requests, all at the same moment.
    func start() {
        var now = timespec()
        clock_gettime(CLOCK_BOOTTIME, &now)
        let start = Int(now.tv_sec) * 1_000_000_000 + now.tv_nsec + 20_000_000
        for racer in racers where racer.requestCount > 0 { racer.write("go \(start)") }
    }

    /// What one process was answered in the race that was started last.
    func outcomes(of number: Int) throws -> [Outcome] {
        let racer = racers[number]
        if racer.requestCount == 0 { return [] }
        var outcomes: [Outcome] = []
        while let line = racer.line() {
            if line == "ready" {
                racer.requestCount = 0
                return outcomes
            }
            outcomes.append(try JSONDecoder().decode(Outcome.self, from: Data(line.utf8)))
        }
        throw NoAnswer(process: number)
    }

    /// Starts the race and waits for all answers.
    func race() throws -> [Outcome] {
        start()
        return try racers.indices.flatMap { try outcomes(of: $0) }
    }

    /// A race with one operation.
    func race<O: ECS.Operation>(
        _ operation: O.Type, account: String = "", _ requests: [[O.Request]]
    ) throws -> [Outcome] {
        add(O.self, account: account, requests)
        return try race()
    }

    /// SIGKILL: its connection is lost, and with it what it still waits for.
    func kill(_ number: Int) throws {
        racers[number].process.send(signal: SIGKILL)
        try racers[number].process.wait()
    }
}

extension [Racers.Outcome] {
    /// How many there are of each.
    var counts: [String: Int] { Dictionary(grouping: self, by: \.text).mapValues(\.count) }

    /// The images of those that went well, in their order.
    func imageIDs() throws -> [String] {
        try filter { $0.event == "ok" }.map { try $0.response(CreateImageResponse.self).imageID }
    }
}

/// Looks until something is so; a daemon that never gets there fails the test.
func eventually(_ isSo: () throws -> Bool) throws -> Bool {
    for _ in 0..<5_000 {
        if try isSo() { return true }
        usleep(2_000)
    }
    return false
}

extension TestClient {
    /// Limits of the client's account.
    func setLimits(_ limits: [String: Int64]) throws {
        _ = try call(
            SetLimits.self,
            .with { request in
                request.limit = limits.map { name, value in
                    .with {
                        $0.name = name
                        $0.value = value
                    }
                }
            })
    }

    func freezeClock() throws { _ = try call(SetClock.self, .with { $0.isFrozen = true }) }

    func advanceClock(milliseconds: Int64) throws {
        _ = try call(AdvanceClock.self, .with { $0.milliseconds = milliseconds })
    }

    /// The account's jobs: how many wait, and how many run.
    func jobCounts() throws -> (waiting: Int, running: Int) {
        let jobs = try call(DescribeJobs.self, DescribeJobsRequest()).jobs
        return (jobs.count { $0.status == "waiting" }, jobs.count { $0.status == "running" })
    }

    /// A rule that holds requests.
    @discardableResult
    func hold(
        token: String = "", times: Int32 = 1, milliseconds: Int64 = 60_000
    ) throws -> Int64 {
        try call(
            AddFaultRule.self,
            .with {
                $0.action = "hold"
                $0.clientToken = token
                $0.times = times
                $0.holdMilliseconds = milliseconds
            }
        ).faultRuleID
    }

    /// Lets held requests go, or fails them with `code`; how many.
    @discardableResult
    func releaseRequests(code: String = "") throws -> Int32 {
        try call(ReleaseRequests.self, .with { $0.code = code }).released
    }

    /// The requests that a rule holds, and those that wait for one of them.
    func heldCounts() throws -> (held: Int, waiting: Int) {
        let all = try call(DescribeFaultRules.self, DescribeFaultRulesRequest()).heldRequests
        return (all.count { $0.faultRuleID > 0 }, all.count { $0.faultRuleID == 0 })
    }

    /// A client of an account of its own.
    func account(_ name: String, of daemon: TestDaemon) throws -> TestClient {
        _ = try call(CreateAccount.self, .with { $0.accountID = name })
        let client = try daemon.client()
        client.account = name
        return client
    }
}
