import ECS
import Foundation
import TestSupport
import Testing
import Wire

/// T6: processes call, the daemon is killed again and again, and what they were told must have an
/// order in which one register for each name would have told the same.
@Suite struct StressTests {
    struct Entry: Decodable {
        let process: Int
        let time: Int64
        let event: String
        let operation: String
        let key: String
        let id: String
        let token: String
        let code: String
    }

    /// So few, and work that takes so long, that eight processes meet the limit on a slow machine too.
    private static let unfinishedMax = 4
    private static let configuration = """
        [limits]
        Images = 1000
        SnapshotsPerDisk = 1000000
        ConcurrentPerDisk = 1000
        UnfinishedSnapshots = \(unfinishedMax)
        SimulatedBaseMilliseconds = 200
        SimulatedMillisecondsPerGiB = 0

        """

    private var killCount: Int {
        ProcessInfo.processInfo.environment["IMAGED_LONG"] == nil ? 40 : 2_000
    }

    @Test func killedUnderLoad() throws {
        let daemon = try TestDaemon(Self.configuration)
        let first = try daemon.client()
        let machines = try (0..<3).map { _ in try first.registerSimulated() }
        let processes = try (0..<8).map { try start($0, daemon, machines) }
        var random = SeededRandom(seed: UInt64.random(in: 0...UInt64.max))
        var unfinishedSeen = 0
        var kills = 0
        // A slow machine needs more rounds, and longer ones, until the load is one.
        while try kills < killCount
            || (kills < killCount * 5
                && (kills % 10 != 0 || !missingLoad(history(daemon)).isEmpty))
        {
            let longest: UInt32 = kills < killCount ? 120_000 : 1_000_000
            usleep(UInt32.random(in: 1_000...longest, using: &random))
            try daemon.kill()
            try daemon.start()
            let count = try daemon.client().snapshots { $0.status = "progressing" }.count
            unfinishedSeen = max(unfinishedSeen, count)
            kills += 1
        }
        // The last start has its load too; then the daemon stops first, and answers are no more.
        usleep(100_000)
        for process in processes {
            #expect(!process.hasEnded)
            process.send(signal: SIGKILL)
            try process.wait()
        }
        let history = try self.history(daemon)
        #expect(unfinishedSeen <= Self.unfinishedMax)
        #expect(missingLoad(history) == [], "a run that did little proves little")
        judgeNames(history)
        try auditTokens(history, daemon)
        auditLimits(history)
        try auditFiles(daemon)
    }

    private func historyPath(_ process: Int, _ daemon: TestDaemon) -> String {
        "\(daemon.directory.path)/history-\(process)"
    }

    private func start(
        _ number: Int, _ daemon: TestDaemon, _ machines: [RegisterInstanceResponse]
    ) throws -> ChildProcess {
        var arguments = [TestDaemon.product("imaged-bench"), "stress"]
        arguments += ["--socket", daemon.socketPath, "--process", "\(number)"]
        arguments += ["--seed", "\(UInt32.random(in: 1...UInt32.max))"]
        arguments += ["--history", historyPath(number, daemon)]
        for machine in machines {
            arguments += ["--instance", machine.instanceID, "--disk", machine.diskIDs[0]]
        }
        let null = open("/dev/null", O_WRONLY)
        defer { close(null) }
        return try ChildProcess(
            arguments, output: null, errors: "\(daemon.directory.path)/stress.log")
    }

    /// What the processes have written down; a line that is being written does not count yet.
    private func history(_ daemon: TestDaemon) throws -> [Entry] {
        try (0..<8).flatMap { try entries($0, daemon) }
    }

    private func entries(_ process: Int, _ daemon: TestDaemon) throws -> [Entry] {
        let path = historyPath(process, daemon)
        let text = FileManager.default.contents(atPath: path) ?? Data()
        let whole = text[..<(text.lastIndex(of: UInt8(ascii: "\n")) ?? text.startIndex)]
        let decoder = JSONDecoder()
        return try String(decoding: whole, as: UTF8.self).split(separator: "\n").map {
            try decoder.decode(Entry.self, from: Data($0.utf8))
        }
    }

    // MARK: Judging

    /// What a history has too little of to prove anything.
    private func missingLoad(_ history: [Entry]) -> [String] {
        var counts: [String: Int] = [:]
        for entry in history { counts["\(entry.operation) \(entry.event)", default: 0] += 1 }
        let needed = [
            "create ok": killCount * 2, "delete ok": killCount * 2, "read ok": killCount * 4,
            "snapshot ok": killCount, "read info": 1, "again ok": 1, "unfinished ok": 1,
        ]
        let refused = Set(history.filter { $0.event == "fail" }.map(\.code))
        let codes = ["InvalidImageName.Duplicated", "TooManySnapshot.Unfinished"]
        return needed.filter { counts[$0.key, default: 0] < $0.value }.map(\.key).sorted()
            + codes.filter { !refused.contains($0) }
    }

    private func judgeNames(_ history: [Entry]) {
        for (key, operations) in nameOperations(history) {
            let violation = LinearizabilityChecker(operations).violation()
            #expect(violation == nil, "\(key), \(operations.count) operations: \(violation ?? "")")
        }
    }

    /// Each process's entries come in pairs, but for the last.
    private func nameOperations(_ history: [Entry]) -> [String: [NameOperation]] {
        var operations: [String: [NameOperation]] = [:]
        for (_, entries) in Dictionary(grouping: history, by: \.process) {
            var invoked: Entry?
            for entry in entries {
                if entry.event == "invoke" {
                    invoked = entry
                } else if let start = invoked {
                    invoked = nil
                    guard let kind = kind(entry) else { continue }
                    operations[start.key, default: []].append(
                        NameOperation(kind: kind, invoked: start.time, ended: entry.time))
                }
            }
            if let last = invoked, let kind = kindOfUnended(last) {
                operations[last.key, default: []].append(
                    NameOperation(kind: kind, invoked: last.time, ended: nil))
            }
        }
        return operations
    }

    private func kind(_ end: Entry) -> NameOperation.Kind? {
        switch (end.operation, end.event) {
        case ("create", "ok"): .created(id: end.id)
        case ("create", "fail"):
            end.code == "InvalidImageName.Duplicated" ? .foundTaken : nil
        case ("delete", "ok"): .deleted(id: end.id)
        case ("read", "ok"): .read(id: end.id.isEmpty ? nil : end.id)
        default: nil
        }
    }

    private func kindOfUnended(_ start: Entry) -> NameOperation.Kind? {
        switch start.operation {
        case "create": .created(id: nil)
        case "delete": .deleted(id: start.id)
        default: nil
        }
    }

    /// R4: each token stands for one image or snapshot, however often it was sent.
    private func auditTokens(_ history: [Entry], _ daemon: TestDaemon) throws {
        var ids: [String: Set<String>] = [:]
        for entry in history where entry.event == "ok" && !entry.token.isEmpty {
            ids[entry.token, default: []].insert(entry.id)
        }
        #expect(ids.allSatisfy { $0.value.count == 1 })
        #expect(history.contains { $0.operation == "again" && $0.event == "ok" })
        let all = ids.values.flatMap { $0 }
        #expect(Set(all).count == all.count, "two tokens have one resource")
        let images = try daemon.client().images()
        #expect(Set(images.map(\.description)).count == images.count)
        for image in images {
            let token = String(image.description.dropFirst("token ".count))
            if let id = ids[token] { #expect(id == [image.imageID]) }
        }
        // Snapshots are never deleted here: every one that was acknowledged is there.
        let made = history.filter { $0.operation == "snapshot" && $0.event == "ok" }.map(\.id)
        let kept = Set(try daemon.client().snapshots().map(\.snapshotID))
        #expect(kept.isSuperset(of: made))
    }

    /// R5: nobody ever saw more unfinished snapshots than may be.
    private func auditLimits(_ history: [Entry]) {
        let seen = history.filter { $0.operation == "unfinished" && $0.event == "ok" }
            .compactMap { Int($0.id) }
        #expect(!seen.isEmpty)
        #expect(seen.allSatisfy { $0 <= Self.unfinishedMax })
    }

    /// Simulated disks have no bytes, so there is no file but the state's, and that is whole.
    private func auditFiles(_ daemon: TestDaemon) throws {
        #expect(try daemon.stop() == 0)
        #expect(try daemon.files("segments").isEmpty)
        #expect(try daemon.files("manifests").isEmpty)
        #expect(try daemon.files("tmp").isEmpty)
        let check = try Tool.run(TestDaemon.product("imaged"), ["check", daemon.dataPath])
        #expect(check.status == 0, "\(check.text) \(check.err)")
    }
}
