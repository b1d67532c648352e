import System

/// First and second snapshots and exports of one disk, ours and the peers', round after round.
final class DataBenchRounds {
    private typealias Contender = (name: String, run: () throws -> Double)

    /// Rounds in which the slow backup programs take part.
    private static let backupRoundsMax = 2

    private let options: DataOptions
    private let stage: DataBenchStage
    private let table: DataBenchTable
    private var disk: DataBenchDisk
    private let peers: DataBenchPeers
    private let backups: [DataBenchBackup]
    private let daemon: DataBenchDaemon
    private let diskID: String
    /// 0: one that is not counted, for what is slow only the first time.
    private var round = 0

    init(_ options: DataOptions, _ stage: DataBenchStage, _ table: DataBenchTable) throws {
        self.options = options
        self.stage = stage
        self.table = table
        stage.tell("making the disk")
        disk = try DataBenchDisk(
            at: stage.path("disk.raw"), bytes: options.sizeMebibytes << 20,
            dataBytes: options.dataMebibytes << 20, seed: 7)
        peers = DataBenchPeers(disk: disk.path, stage: stage)
        let all = [
            DataBenchBackup.borg(disk.path, stage), DataBenchBackup.restic(disk.path, stage),
        ]
        backups = all.filter(\.isInstalled)
        for missing in all where !missing.isInstalled {
            table.note("second: \(missing.name): not measured, for it is not installed")
        }
        for backup in backups { try backup.prepare(stage) }
        daemon = try DataBenchDaemon(stage, in: stage.directory)
        table.add("peak memory: daemon just started", try daemon.peakMebibytes(), "MiB")
        diskID = try daemon.register([disk.path])[0]
    }

    func run() throws {
        for round in 0...options.repetitions {
            self.round = round
            stage.tell(round == 0 ? "warming up" : "round \(round) of \(options.repetitions)")
            try runRound()
        }
        table.add("peak memory: after these rounds", try daemon.peakMebibytes(), "MiB")
        try daemon.stop()
    }

    private var hasBackups: Bool { 1...Self.backupRoundsMax ~= round }

    private func runRound() throws {
        let before = try daemon.storedBytes()
        let first = try measureFirst()
        try measureExport(of: first)
        // What the second ones compare with.
        try DataBenchLoops.copy(disk.path, to: peers.base)
        if ChildProcess.find("qemu-img") != nil { _ = try peers.convertToBase.run(stage) }
        if hasBackups { for backup in backups { _ = try backup.peer.run(stage) } }
        try disk.change(clusters: changedClusters)
        let second = try measureSecond()
        try daemon.delete([first, second])
        try peers.removeOutputs(andBases: true)
        if try daemon.storedBytes() != before {
            throw DataBenchFailure(description: "deleted snapshots left something behind")
        }
    }

    /// 1 % of all.
    private var changedClusters: Int { max(1, disk.clusterCount / 100) }

    // MARK: Steps

    private func measureFirst() throws -> String {
        var id = ""
        var contenders: [Contender] = [
            ("first: imaged", { [self] in try seconds { id = try daemon.snapshot(diskID) } }),
            ("first: Swift loop", { [self] in try peers.loopCopy() }),
        ]
        if let program = options.sparseProgram {
            contenders.append(("first: C loop", { [self] in try peers.programCopy(program) }))
        }
        contenders += contestants([peers.cp("first"), peers.convert])
        try measure(contenders)
        return id
    }

    private func measureExport(of snapshot: String) throws {
        let exported = stage.path("export.raw")
        try measure(
            [
                (
                    "export: imaged",
                    { [self] in try seconds { try daemon.export(snapshot, to: exported) } }
                )
            ] + contestants([peers.cp("export")]))
        try stage.remove(exported)
    }

    private func measureSecond() throws -> String {
        var id = ""
        var contenders: [Contender] = [
            (
                "second: imaged",
                { [self] in
                    let before = try daemon.storedBytes()
                    let taken = try seconds { id = try daemon.snapshot(diskID) }
                    let stored = Double(try daemon.storedBytes() - before)
                    let changed = Double(changedClusters * DataBenchDisk.clusterBytes)
                    record("second: stored / changed", stored / changed, "bytes / byte")
                    return taken
                }
            ), ("second: Swift loop", { [self] in try peers.loopCompare() }),
        ]
        if let program = options.sparseProgram {
            contenders.append(("second: C loop", { [self] in try peers.programCompare(program) }))
        }
        contenders += contestants([peers.cp("second"), peers.rebase])
        if hasBackups { contenders += contestants(backups.map(\.peer)) }
        try measure(contenders)
        return id
    }

    private func contestants(_ peers: [DataBenchPeer]) -> [Contender] {
        var contenders: [Contender] = []
        for peer in peers {
            if peer.commands.contains(where: { ChildProcess.find($0[0]) == nil }) {
                table.note("\(peer.name): not measured, for it is not installed")
                continue
            }
            table.note(peer.text(stage))
            contenders.append((peer.name, { [stage] in try peer.run(stage) }))
        }
        return contenders
    }

    /// Runs each on a quiet disk and a warm cache. Each round begins with another one.
    private func measure(_ contenders: [Contender]) throws {
        try DataBenchLoops.read(disk.path)
        let start = max(0, round - 1) % contenders.count
        for contender in contenders[start...] + contenders[..<start] {
            try stage.settle()
            record(contender.name, try contender.run(), "s")
            try peers.removeOutputs()
        }
    }

    private func record(_ name: String, _ value: Double, _ unit: String) {
        if round > 0 { table.add(name, value, unit) }
    }
}
