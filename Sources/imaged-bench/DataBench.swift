import System

/// The data plane beside its peers, in one run: every copy is durable when its time ends, the
/// cache is warm, and rounds go over all contenders, so that a disturbance hits all alike.
struct DataBench {
    let options: DataOptions

    init(_ options: DataOptions) { self.options = options }

    func run() throws {
        let stage = try DataBenchStage(in: options.directory)
        defer { stage.tearDown() }
        let table = DataBenchTable()
        table.note(
            """
            a disk of \(options.sizeMebibytes) MiB with \(options.dataMebibytes) MiB of data in \
            extents of 64 KiB to 4 MiB; then 1 % of all its clusters of 64 KiB are rewritten
            """)
        let load = try Self.load()
        let rounds = try DataBenchRounds(options, stage, table)
        try rounds.run()
        let scenes = DataBenchScenes(options, stage, table)
        try scenes.measureParallel()
        try scenes.measureLargeDisk()
        if let directory = options.cloningDirectory {
            try scenes.measureClones(in: directory)
        } else {
            table.note("by clone: not measured, for there is no --xfs")
        }
        addGoals(to: table)
        table.note(
            "the machine's load, over 1, 5 and 15 minutes: before \(load), after "
                + (try Self.load()))
        CurrentProcess.write(table.text, to: 1)
    }

    private static func load() throws -> String {
        let bytes = try SystemCalls.live.contents(of: "/proc/loadavg", max: 256)
        return String(decoding: bytes, as: UTF8.self).split(separator: " ").prefix(3)
            .joined(separator: " ")
    }

    private func addGoals(to table: DataBenchTable) {
        let bare = options.sparseProgram == nil ? "Swift loop" : "C loop"
        table.addRatio("first: imaged", over: "first: \(bare)", "at most 1.15")
        table.addRatio("second: imaged", over: "second: \(bare)", "at most 1.5")
        table.addRatio("second: cp", over: "second: imaged", "at least 3")
        table.addRatio("second: qemu-img", over: "second: imaged", "at least 2.5")
        table.addRatio("second: borg", over: "second: imaged", "at least 8")
        table.addRatio("second: restic", over: "second: imaged", "at least 40")
        table.addGoal("second: stored / changed", "at most 1.02")
        table.addRatio("export: imaged", over: "export: cp", "at most 1")
        table.addRatio("4 disks, first: at once", over: "4 disks, first: in turn", "below 1")
        table.addRatio("4 disks, second: at once", over: "4 disks, second: in turn", "below 1")
        table.addRatio(
            "DescribeImages p99: 4 snapshots run", over: "DescribeImages p99: idle", "small")
        for pass in ["one read pass", "clone and read pass"] {
            table.addRatio("by clone: first", over: "by clone: \(pass)", "at most 2")
            table.addRatio("by clone: second", over: "by clone: \(pass)", "at most 2")
        }
    }
}
