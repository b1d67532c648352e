import ECS
import System
import Wire

/// A daemon of the benchmark's own, and the calls that are measured.
final class DataBenchDaemon {
    static let region = "cn-hangzhou"
    private static let readyMilliseconds: Int32 = 20_000
    private static let spaceNanoseconds: Int64 = 30_000_000_000

    let socketPath: String
    private let process: ChildProcess
    private let stateDirectory: String
    private let client: BlockingClient

    /// Starts the imaged beside this program; its files go to `directory`, which must not have
    /// those of a daemon that still runs.
    init(_ stage: DataBenchStage, in directory: String) throws {
        let calls = SystemCalls.live
        let own = CurrentProcess.executablePath
        let program = own[..<(own.lastIndex(of: "/") ?? own.startIndex)] + "/imaged"
        socketPath = "\(directory)/imaged.sock"
        stateDirectory = "\(directory)/state"
        let configuration = "\(directory)/imaged.conf"
        try Self.write(
            """
            [limits]
            SimulatedBaseMilliseconds = 0
            SimulatedMillisecondsPerGiB = 0
            ImageFromSnapshotsMilliseconds = 0

            """, to: configuration)
        let log = try calls.openFile("\(directory)/log", [.writeOnly, .create, .truncate])
        let ends = try PipeEnds()
        let reading = ends.reading
        process = try stage.start(
            String(program),
            [
                "--socket", socketPath, "--data-dir", stateDirectory, "--config", configuration,
                "--ready-fd", "3",
            ], output: log, inheriting: ends.writing)
        if reading.firstBytes(withinMilliseconds: Self.readyMilliseconds) == nil {
            let bytes = try calls.contents(of: "\(directory)/log", max: 1 << 20)
            throw DataBenchFailure(
                description: "the daemon did not become ready: "
                    + String(decoding: bytes, as: UTF8.self))
        }
        client = try BlockingClient(socketPath)
    }

    private static func write(_ text: String, to path: String) throws {
        let file = try SystemCalls.live.openFile(path, [.writeOnly, .create, .truncate])
        try Array(text.utf8).withUnsafeBytes { try SystemCalls.live.writeAll(file, at: 0, $0) }
    }

    /// Ends it in good order and removes its data.
    func stop() throws {
        process.terminate()
        let end = process.wait()
        if end != .exited(0) { throw DataBenchFailure(description: "the daemon ended: \(end)") }
        try SystemCalls.live.removeTree(stateDirectory)
    }

    // MARK: Calls

    /// Registers an instance with these files as its disks; their IDs.
    func register(_ paths: [String]) throws -> [String] {
        var request = RegisterInstanceRequest()
        request.regionID = Self.region
        request.status = "Stopped"
        request.disk = paths.map { path in
            var disk = RegisteredDisk()
            disk.path = path
            disk.format = "raw"
            return disk
        }
        return try client.call(RegisterInstance.self, request).diskIDs
    }

    /// Makes images of a simulated disk, for a list to have something in it.
    func makeImages(_ count: Int) throws {
        var disk = RegisteredDisk()
        disk.size = 20
        var request = RegisterInstanceRequest()
        request.regionID = Self.region
        request.disk = [disk]
        let instance = try client.call(RegisterInstance.self, request).instanceID
        for _ in 0..<count {
            var making = CreateImageRequest()
            making.regionID = Self.region
            making.instanceID = instance
            var waiting = WaitForImageRequest()
            waiting.regionID = Self.region
            waiting.imageID = try client.call(CreateImage.self, making).imageID
            _ = try client.call(WaitForImage.self, waiting)
        }
    }

    /// Asks for a snapshot; its ID.
    func begin(_ diskID: String) throws -> String {
        var request = CreateSnapshotRequest()
        request.diskID = diskID
        return try client.call(CreateSnapshot.self, request).snapshotID
    }

    /// Waits until all are accomplished, asking every 4 ms, for each question takes the processor
    /// from the copy.
    func wait(for snapshots: [String]) throws {
        var request = DescribeSnapshotsRequest()
        request.regionID = Self.region
        request.snapshotIDs = snapshots
        while true {
            let found = try client.call(DescribeSnapshots.self, request).snapshots
            if let failed = found.first(where: { $0.status == "failed" }) {
                throw DataBenchFailure(
                    description: "\(failed.snapshotID) failed: \(failed.failureReason)")
            }
            if found.count == snapshots.count && found.allSatisfy({ $0.status == "accomplished" }) {
                return
            }
            Clock.sleep(milliseconds: 4)
        }
    }

    /// Takes a snapshot; its ID, when it is accomplished.
    func snapshot(_ diskID: String) throws -> String {
        let id = try begin(diskID)
        try wait(for: [id])
        return id
    }

    /// Deletes snapshots and waits until their space is given back.
    func delete(_ snapshots: [String]) throws {
        let filesLeft = try names("manifests").count - snapshots.count
        for id in snapshots {
            var request = DeleteSnapshotRequest()
            request.snapshotID = id
            _ = try client.call(DeleteSnapshot.self, request)
        }
        let end = Clock.monotonicNanoseconds() + Self.spaceNanoseconds
        // Each of these snapshots has one segment and its index, and no other snapshot needs them.
        while try names("manifests").count > filesLeft || names("segments").count > 2 * filesLeft {
            if Clock.monotonicNanoseconds() > end {
                throw DataBenchFailure(description: "the space of deleted snapshots is not free")
            }
            Clock.sleep(milliseconds: 1)
        }
    }

    func export(_ snapshot: String, to path: String) throws {
        var request = ExportSnapshotRequest()
        request.snapshotID = snapshot
        request.path = path
        _ = try client.call(ExportSnapshot.self, request)
    }

    /// Reads all that is stored, and compares the checksums.
    func verify() throws {
        var request = VerifySnapshotRequest()
        repeat {
            let step = try client.call(VerifySnapshot.self, request)
            if let damage = step.damage.first {
                throw DataBenchFailure(
                    description: "\(damage.snapshotID) is damaged: \(damage.reason)")
            }
            request.nextToken = step.nextToken
        } while !request.nextToken.isEmpty
    }

    // MARK: What it takes

    /// What the snapshots take on the disk: segments, indexes and manifests.
    func storedBytes() throws -> Int64 {
        var total: Int64 = 0
        for folder in ["segments", "manifests"] {
            let path = "\(stateDirectory)/\(folder)"
            let directory = try SystemCalls.live.openFile(path, [.readOnly, .directory])
            for name in try SystemCalls.live.names(in: directory) {
                total += try SystemCalls.live.status(of: name, in: directory).allocatedBytes
            }
        }
        return total
    }

    private func names(_ folder: String) throws -> [String] {
        try SystemCalls.live.names(
            in: SystemCalls.live.openFile("\(stateDirectory)/\(folder)", [.readOnly, .directory]))
    }

    /// The most memory it ever had, in MiB.
    func peakMebibytes() throws -> Double {
        let bytes = try SystemCalls.live.contents(of: "/proc/\(process.id)/status", max: 1 << 16)
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            let words = line.split { $0 == " " || $0 == "\t" }
            if words.count == 3 && words[0] == "VmHWM:", let kibibytes = Double(words[1]) {
                return kibibytes / 1024
            }
        }
        throw DataBenchFailure(description: "/proc/\(process.id)/status has no VmHWM")
    }
}
