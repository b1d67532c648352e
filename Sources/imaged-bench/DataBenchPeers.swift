import System

/// A program that does the same to the same disk.
struct DataBenchPeer {
    let name: String
    /// Run one after the other.
    let commands: [[String]]
    /// What they write and do not make durable themselves; nil: they do.
    var output: String?

    /// How long it takes until its output is durable, in seconds.
    func run(_ stage: DataBenchStage) throws -> Double {
        try seconds {
            for command in commands { try stage.run(command) }
            if let output { try stage.sync(output) }
        }
    }

    /// The command lines, for the table.
    func text(_ stage: DataBenchStage) -> String {
        let lines = commands.map { "`\($0.joined(separator: " "))`" }.joined(separator: ", then ")
        let short = lines.split(separator: "\(stage.directory)/").joined()
        return "\(name): \(short)\(output == nil ? "" : ", then fsync")"
    }
}

/// The peers' command lines, for a disk and where its copies go.
struct DataBenchPeers {
    let disk: String
    let stage: DataBenchStage

    var copy: String { stage.path("copy.raw") }
    /// What the disk was before it was changed.
    var base: String { stage.path("base.raw") }
    private var baseImage: String { stage.path("base.qcow2") }
    private var overlay: String { stage.path("overlay.qcow2") }
    private var changes: String { stage.path("changes") }

    func cp(_ name: String) -> DataBenchPeer {
        DataBenchPeer(
            name: "\(name): cp", commands: [["cp", "--sparse=always", disk, copy]], output: copy)
    }

    var convert: DataBenchPeer {
        DataBenchPeer(
            name: "first: qemu-img",
            commands: [["qemu-img", "convert", "-f", "raw", "-O", "raw", disk, copy]], output: copy)
    }

    /// What `rebase` compares with.
    var convertToBase: DataBenchPeer {
        DataBenchPeer(
            name: "base for rebase",
            commands: [["qemu-img", "convert", "-f", "raw", "-O", "qcow2", disk, baseImage]],
            output: baseImage)
    }

    var rebase: DataBenchPeer {
        DataBenchPeer(
            name: "second: qemu-img",
            commands: [
                ["qemu-img", "create", "-q", "-f", "qcow2", "-b", disk, "-F", "raw", overlay],
                ["qemu-img", "rebase", "-f", "qcow2", "-b", baseImage, "-F", "qcow2", overlay],
            ], output: overlay)
    }

    /// Removes what they wrote, but for the backups.
    func removeOutputs(andBases: Bool = false) throws {
        let bases = andBases ? [base, baseImage] : []
        for path in [copy, overlay, changes] + bases { try stage.remove(path) }
    }

    // MARK: The bare loops

    func loopCopy() throws -> Double { try seconds { try DataBenchLoops.copy(disk, to: copy) } }

    func loopCompare() throws -> Double {
        try seconds { try DataBenchLoops.compare(base, disk, to: changes) }
    }

    func programCopy(_ program: String) throws -> Double {
        try Self.syncedSeconds(stage.run([program, "copy", disk, copy, "rw"]))
    }

    func programCompare(_ program: String) throws -> Double {
        try Self.syncedSeconds(stage.run([program, "delta", base, disk, changes]))
    }

    /// What the program measured itself: without its start and its end.
    private static func syncedSeconds(_ text: String) throws -> Double {
        let key = "\"secs_synced\":"
        let words = text.split(separator: ",").map { $0.drop { $0 == "{" } }
        guard let word = words.first(where: { $0.hasPrefix(key) }),
            let value = Double(word.dropFirst(key.count).prefix { $0 != "}" && $0 != "\n" })
        else { throw DataBenchFailure(description: "no \(key) in: \(text)") }
        return value
    }
}

/// A program that keeps backups in a repository of its own.
struct DataBenchBackup {
    let name: String
    private let environment: [String]
    private let initialise: [String]
    private let create: [String]

    static func borg(_ disk: String, _ stage: DataBenchStage) -> DataBenchBackup {
        let repository = stage.path("borg")
        return DataBenchBackup(
            name: "borg",
            environment: ["BORG_BASE_DIR=\(stage.path("borg-base"))"],
            initialise: ["borg", "init", "-e", "none", repository],
            create: [
                "borg", "create", "--sparse", "--chunker-params", "fixed,65536",
                "\(repository)::{now:%s.%f}", disk,
            ])
    }

    static func restic(_ disk: String, _ stage: DataBenchStage) -> DataBenchBackup {
        let repository = ["restic", "-q", "-r", stage.path("restic")]
        return DataBenchBackup(
            name: "restic",
            environment: [
                "RESTIC_PASSWORD=benchmark", "RESTIC_CACHE_DIR=\(stage.path("restic-cache"))",
                // borg needs none, restic asks for one.
                "HOME=\(stage.path("restic-cache"))",
            ], initialise: repository + ["init"], create: repository + ["backup", disk])
    }

    var isInstalled: Bool { ChildProcess.find(name) != nil }

    func prepare(_ stage: DataBenchStage) throws {
        try stage.run(["env"] + environment + initialise)
    }

    /// A backup, of what changed since the one before.
    var peer: DataBenchPeer {
        DataBenchPeer(name: "second: \(name)", commands: [["env"] + environment + create])
    }
}
