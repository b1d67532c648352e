import ECS
import System

/// What is measured apart from the rounds, each with a daemon of its own.
struct DataBenchScenes {
    private static let diskCount = 4
    private static let imageCount = 10
    private static let idleMilliseconds = 500

    let options: DataOptions
    let stage: DataBenchStage
    let table: DataBenchTable

    init(_ options: DataOptions, _ stage: DataBenchStage, _ table: DataBenchTable) {
        self.options = options
        self.stage = stage
        self.table = table
    }

    // MARK: Four disks

    /// Four disks, which share the size and the data: their snapshots in turn and at once, and how
    /// soon the daemon answers meanwhile.
    func measureParallel() throws {
        stage.tell("four disks")
        var disks = try (0..<Self.diskCount).map { index in
            try DataBenchDisk(
                at: stage.path("disk-\(index).raw"),
                bytes: (options.sizeMebibytes << 20) / Self.diskCount,
                dataBytes: (options.dataMebibytes << 20) / Self.diskCount, seed: UInt64(100 + index)
            )
        }
        let daemon = try DataBenchDaemon(stage, in: stage.directory)
        let ids = try daemon.register(disks.map(\.path))
        try daemon.makeImages(Self.imageCount)
        for round in 0...options.repetitions {
            let last = try measureInTurnAndAtOnce("first", daemon, ids, round)
            for index in disks.indices {
                try disks[index].change(clusters: max(1, disks[index].clusterCount / 100))
            }
            let second = try measureInTurnAndAtOnce("second", daemon, ids, round)
            try daemon.delete(last + second)
            try measureAnswers(daemon, ids, round)
        }
        table.add("peak memory: after 4 at once", try daemon.peakMebibytes(), "MiB")
        try daemon.stop()
        for disk in disks { try stage.remove(disk.path) }
    }

    /// The snapshots that were taken last and stay.
    private func measureInTurnAndAtOnce(
        _ name: String, _ daemon: DataBenchDaemon, _ disks: [String], _ round: Int
    ) throws -> [String] {
        var snapshots: [String] = []
        // Which one begins changes from round to round.
        for isAtOnce in [round % 2 == 0, round % 2 != 0] {
            try daemon.delete(snapshots)
            try stage.settle()
            let taken = try seconds {
                if isAtOnce {
                    snapshots = try disks.map { try daemon.begin($0) }
                    try daemon.wait(for: snapshots)
                } else {
                    snapshots = try disks.map { try daemon.snapshot($0) }
                }
            }
            let how = isAtOnce ? "at once" : "in turn"
            if round > 0 { table.add("4 disks, \(name): \(how)", taken, "s") }
        }
        return snapshots
    }

    /// Answers to one client that asks again and again: nothing else to do, and while first
    /// snapshots of all disks are taken.
    private func measureAnswers(
        _ daemon: DataBenchDaemon, _ disks: [String], _ round: Int
    ) throws {
        try stage.settle()
        let idle = try DataBenchAsking.during(daemon.socketPath) {
            Clock.sleep(milliseconds: Self.idleMilliseconds)
        }
        var snapshots: [String] = []
        let busy = try DataBenchAsking.during(daemon.socketPath) {
            snapshots = try disks.map { try daemon.begin($0) }
            try daemon.wait(for: snapshots)
        }
        try daemon.delete(snapshots)
        if round == 0 { return }
        for (name, share) in [("p50", 0.5), ("p99", 0.99)] {
            let prefix = "DescribeImages \(name):"
            table.add("\(prefix) idle", idle.microseconds(at: share), "us")
            table.add("\(prefix) 4 snapshots run", busy.microseconds(at: share), "us")
        }
    }

    // MARK: A large disk

    /// A disk a thousand times as large, with clusters scattered over it.
    func measureLargeDisk() throws {
        let gibibytes = options.sizeMebibytes
        stage.tell("a disk of \(gibibytes) GiB")
        var disk = try DataBenchDisk(
            at: stage.path("large.raw"), bytes: gibibytes << 30, dataBytes: 0, seed: 11)
        try disk.change(clusters: options.sizeMebibytes)
        let daemon = try DataBenchDaemon(stage, in: stage.directory)
        let id = try daemon.register([disk.path])[0]
        let name = "\(gibibytes) GiB with \(options.sizeMebibytes) clusters:"
        table.add("\(name) first", try seconds { _ = try daemon.snapshot(id) }, "s")
        let clusters = Double(options.sizeMebibytes * DataBenchDisk.clusterBytes)
        table.add(
            "\(name) stored / data", Double(try daemon.storedBytes()) / clusters, "bytes / byte")
        try disk.change(clusters: options.sizeMebibytes / 4)
        table.add("\(name) second", try seconds { _ = try daemon.snapshot(id) }, "s")
        table.add("\(name) verify", try seconds { try daemon.verify() }, "s")
        table.add("peak memory: after \(gibibytes) GiB", try daemon.peakMebibytes(), "MiB")
        try daemon.stop()
        try stage.remove(disk.path)
    }

    // MARK: Clones

    /// The disk and the daemon on a file system that shares extents.
    func measureClones(in parent: String) throws {
        stage.tell("by clone, in \(parent)")
        let directory = try stage.makeDirectory(in: parent)
        var disk = try DataBenchDisk(
            at: "\(directory)/disk.raw", bytes: options.sizeMebibytes << 20,
            dataBytes: options.dataMebibytes << 20, seed: 7)
        let daemon = try DataBenchDaemon(stage, in: directory)
        let id = try daemon.register([disk.path])[0]
        for round in 0...options.repetitions {
            let read = try seconds { try DataBenchLoops.read(disk.path) }
            try stage.settle()
            let clone = "\(directory)/clone.raw"
            let cold = try seconds { try DataBenchLoops.cloneAndRead(disk.path, to: clone) }
            try stage.remove(clone)
            if round > 0 {
                table.add("by clone: one read pass", read, "s")
                table.add("by clone: clone and read pass", cold, "s")
            }
            let first = try measureClone("first", daemon, id, directory, round)
            try disk.change(clusters: max(1, disk.clusterCount / 100))
            let second = try measureClone("second", daemon, id, directory, round)
            try daemon.delete([first, second])
        }
        try daemon.stop()
    }

    private func measureClone(
        _ name: String, _ daemon: DataBenchDaemon, _ diskID: String, _ directory: String,
        _ round: Int
    ) throws -> String {
        var snapshot = ""
        let before = try settledFreeBytes(directory)
        let taken = try seconds { snapshot = try daemon.snapshot(diskID) }
        let written = Double(before - (try settledFreeBytes(directory))) / 1_048_576
        if round > 0 {
            table.add("by clone: \(name)", taken, "s")
            table.add("by clone: \(name), space taken", written, "MiB")
        }
        return snapshot
    }

    /// The free space when it no longer moves: files that are gone give theirs back later.
    private func settledFreeBytes(_ path: String) throws -> Int64 {
        let directory = try SystemCalls.live.openFile(path, [.readOnly, .directory])
        var free: Int64 = -1
        while true {
            try stage.settle()
            let now = try SystemCalls.live.fileSystem(of: directory).freeBytes
            if now == free { return free }
            free = now
            Clock.sleep(milliseconds: 50)
        }
    }
}

/// One client that asks for the images, again as soon as it has the answer.
enum DataBenchAsking {
    private struct State: Sendable {
        var isOver = false
        var result: Result<Histogram, DataBenchFailure>?
    }

    /// The times of the answers while `body` runs.
    static func during(_ socketPath: String, _ body: () throws -> Void) throws -> Histogram {
        let state = Lock(State())
        Thread.start("imaged-bench") {
            let result = Result { try ask(socketPath, until: { state.withLock { $0.isOver } }) }
                .mapError { DataBenchFailure(description: "\($0)") }
            state.notify { $0.result = result }
        }
        let ended = Result { try body() }
        state.withLock { $0.isOver = true }
        let result = state.wait { $0.result }
        try ended.get()
        return try result.get()
    }

    private static func ask(
        _ socketPath: String, until isOver: () -> Bool
    ) throws -> Histogram {
        var histogram = Histogram()
        let client = try BlockingClient(socketPath)
        var request = DescribeImagesRequest()
        request.regionID = DataBenchDaemon.region
        while !isOver() {
            let start = Clock.monotonicNanoseconds()
            _ = try client.call(DescribeImages.self, request)
            histogram.add(nanoseconds: Clock.monotonicNanoseconds() - start)
        }
        return histogram
    }
}
