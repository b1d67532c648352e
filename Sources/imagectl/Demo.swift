import ECS
import ImagedClient
import System
import Wire

/// The quick start: real disks, a daemon of its own, an image of them, and the proof that what
/// comes out is what went in.
struct Demo: Sendable {
    private static let defaultMebibytes = 512
    private static let readyNanoseconds: Int64 = 20_000_000_000

    private let directory: String
    private let mebibytes: Int
    private let isKept: Bool
    private let output: Output

    static func run(_ invocation: Invocation) async throws -> ExitCode {
        var mebibytes = defaultMebibytes
        if let size = invocation.value("size") {
            guard let number = Int(size), 64...65_536 ~= number else {
                throw UsageError(message: "--size \(size): 64 to 65536 MiB are right")
            }
            mebibytes = number
        }
        let directory: String
        if let given = invocation.value("dir") {
            directory = absolutePath(given)
            try SystemCalls.live.makeNewDirectory(directory)
        } else {
            let parent = CurrentProcess.environment("TMPDIR") ?? ""
            directory = try SystemCalls.makeTemporaryDirectory(
                in: parent.hasPrefix("/") ? parent : "/var/tmp", prefix: "imaged-demo")
        }
        let demo = Demo(
            directory: directory, mebibytes: mebibytes, isKept: invocation.has("keep"),
            output: invocation.output)
        return try await demo.run()
    }

    /// Runs the steps and, however they end, stops the daemon and removes the directory.
    private func run() async throws -> ExitCode {
        let daemon = Lock<ChildProcess?>(nil)
        var failure: (any Error)?
        do {
            try await interruptible { try await steps(daemon) }
        } catch {
            failure = error
        }
        // A daemon that did not come to be ready says why in its log.
        let isDead = daemon.withLock { $0?.poll() != nil }
        if failure != nil && !(failure is CancellationError) {
            tellLog(isDead ? "the daemon ended early" : "the daemon's log")
        }
        let stop = stopDaemon(daemon.withLock { $0 })
        if isKept {
            step("kept", directory)
        } else {
            do {
                try SystemCalls.live.removeTree(directory)
                if failure == nil { step("tidied up", "\(stop), \(directory) is gone") }
            } catch {
                Output.complain("could not remove \(directory): \(error)")
            }
        }
        if failure is CancellationError {
            let what = isKept ? "\(directory) is kept" : "nothing is left of the demo"
            throw Failure(.interrupted, "Interrupted", what)
        }
        if let failure { throw failure }
        return .done
    }

    // MARK: Steps

    private func steps(_ running: Lock<ChildProcess?>) async throws {
        let systemDisk = "\(directory)/system.raw"
        let dataDisk = "\(directory)/data.raw"
        let maker = DemoDisks(directory: directory)
        step("directory", directory)
        try await timed("system disk") {
            try maker.makeSystemDisk(at: systemDisk, mebibytes: mebibytes)
        }
        try await timed("data disk") {
            let size = try maker.makeDataDisk(at: dataDisk, mebibytes: max(16, mebibytes / 4))
            return "scattered data in a sparse file of \(size) bytes"
        }
        let socket = "\(directory)/imaged.sock"
        try await timed("imaged") {
            try await startDaemon(socket, running)
            return "ready at \(socket)"
        }
        let client = try await ImagedClient.connect(socket: socket)
        let instance = try await register(client, [systemDisk, dataDisk])
        let image = try await createImage(client, instance)
        try await export(image, "/dev/xvda", as: "system-copy.raw", systemDisk, client)
        try await export(image, "/dev/xvdb", as: "data-copy.raw", dataDisk, client)
    }

    private func startDaemon(_ socket: String, _ running: Lock<ChildProcess?>) async throws {
        guard let slash = CurrentProcess.executablePath.lastIndex(of: "/") else {
            throw Failure(.refused, "NoDaemon", "cannot tell where imagectl is")
        }
        let program = CurrentProcess.executablePath[..<slash] + "/imaged"
        let log = try SystemCalls.live.openFile(
            "\(directory)/imaged.log", [.writeOnly, .create, .exclusive])
        let ends = try PipeEnds()
        let arguments = [
            "--socket", socket, "--data-dir", "\(directory)/state", "--ready-fd", "3",
        ]
        let reading = ends.reading
        let child: ChildProcess
        do throws(SystemError) {
            child = try ChildProcess(
                String(program), arguments, output: log, inheriting: ends.writing)
        } catch {
            throw Failure(
                .refused, "NoDaemon", "\(error)",
                hint: "imaged must stand beside imagectl: build both with swift build.")
        }
        running.withLock { $0 = child }
        let end = Clock.monotonicNanoseconds() + Self.readyNanoseconds
        while reading.firstBytes(withinMilliseconds: 100) == nil {
            try Task.checkCancellation()
            if child.poll() == nil && Clock.monotonicNanoseconds() < end { continue }
            throw Failure(.connection, "NoDaemon", "the daemon did not become ready")
        }
    }

    private func register(_ client: ImagedClient, _ disks: [String]) async throws -> String {
        var request = RegisterInstanceRequest()
        request.regionID = Invocation.defaultRegion
        request.instanceName = "demo"
        request.status = "Stopped"
        request.disk = disks.map { path in
            var disk = RegisteredDisk()
            disk.path = path
            disk.format = "raw"
            return disk
        }
        let response = try await client.call(RegisterInstance.self, request)
        step("RegisterInstance", "\(response.instanceID), with 2 disks")
        return response.instanceID
    }

    private func createImage(_ client: ImagedClient, _ instance: String) async throws -> String {
        var request = CreateImageRequest()
        request.regionID = Invocation.defaultRegion
        request.instanceID = instance
        request.imageName = "demo"
        let sent = request
        return try await timed("CreateImage") {
            let id = try await client.call(CreateImage.self, sent).imageID
            let waiting = Waiting(client, output, timeout: .seconds(3600), isQuiet: true)
            let waited = try await waiting.image(id, region: sent.regionID)
            guard let image = waited.image, image.status == "Available" else {
                throw Failure(
                    .refused, waited.image?.status ?? "NoImage",
                    waited.image?.failureReason ?? "\(id) is gone")
            }
            return ("\(id), \(try await stored(client, image))", id)
        }
    }

    /// What the image's snapshots hold.
    private func stored(_ client: ImagedClient, _ image: Image) async throws -> String {
        var request = DescribeSnapshotsRequest()
        request.regionID = Invocation.defaultRegion
        request.snapshotIDs = image.diskDeviceMappings.map(\.snapshotID)
        let snapshots = try await client.call(DescribeSnapshots.self, request).snapshots
        let size = snapshots.reduce(0) { $0 + $1.sizeBytes }
        let stored = snapshots.reduce(0) { $0 + $1.storedBytes }
        return "\(Views.bytes(stored)) stored of disks of \(Views.bytes(size))"
    }

    private func export(
        _ image: String, _ device: String, as name: String, _ disk: String, _ client: ImagedClient
    ) async throws {
        var request = ExportImageRequest()
        request.regionID = Invocation.defaultRegion
        request.imageID = image
        request.device = device
        request.path = "\(directory)/\(name)"
        let sent = request
        try await timed("ExportImage") {
            let response = try await client.call(ExportImage.self, sent, timeout: nil)
            return "\(device) to \(name), \(Views.bytes(response.sizeBytes))"
        }
        try await timed("compared") {
            let count = try DemoDisks.compare(disk, sent.path)
            return "all \(count) bytes are equal"
        }
    }

    // MARK: Telling

    private func step(_ name: String, _ text: String) {
        let name = name + String(repeating: " ", count: max(0, 18 - name.count))
        try? output.print(name + text)
    }

    /// Runs a step and tells what it did and how long it took.
    private func timed(_ name: String, _ body: () async throws -> String) async throws {
        try await timed(name) { (try await body(), ()) }
    }

    private func timed<Result>(
        _ name: String, _ body: () async throws -> (text: String, Result)
    ) async throws -> Result {
        try Task.checkCancellation()
        let start = Clock.monotonicNanoseconds()
        let (text, result) = try await body()
        step(name, "\(text) (\(Views.seconds(Clock.monotonicNanoseconds() - start)))")
        return result
    }

    private func tellLog(_ title: String) {
        let lines = (try? DemoDisks.text(of: "\(directory)/imaged.log"))?.split(separator: "\n")
        guard let lines, !lines.isEmpty else { return }
        Output.complain("\(title):")
        for line in lines.suffix(10) { Output.complain("  " + printable(String(line))) }
    }

    /// SIGTERM, and after ten seconds SIGKILL: nothing is left running.
    private func stopDaemon(_ daemon: ChildProcess?) -> String {
        guard let daemon else { return "no daemon was started" }
        daemon.terminate()
        for _ in 0..<1000 {
            if let end = daemon.poll() {
                return end == .exited(0) ? "the daemon stopped" : "the daemon ended: \(end)"
            }
            Clock.sleep(milliseconds: 10)
        }
        daemon.kill()
        _ = daemon.wait()
        return "the daemon had to be killed"
    }
}
