import ECS
import ImagedClient
import System
import Wire

/// The quick start: real disks, a daemon of its own, an image of them, and the proof that what
/// comes out is what went in.
struct Demo: Sendable {
    private static let defaultMebibytes = 512
    private static let readyMilliseconds: Int32 = 20_000

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
        if let failure { throw failure }
        return .done
    }

    // MARK: Steps

    private func steps(_ running: Lock<ChildProcess?>) async throws {
        let systemDisk = "\(directory)/system.raw"
        let dataDisk = "\(directory)/data.raw"
        let maker = DemoDisks(directory: directory)
        step("directory", directory)
        let kind = try await timed("system disk") {
            try maker.makeSystemDisk(at: systemDisk, mebibytes: mebibytes)
        }
        step("", kind)
        let size = try await timed("data disk") {
            try maker.makeDataDisk(at: dataDisk, mebibytes: max(16, mebibytes / 4))
        }
        step("", "scattered data in a sparse file of \(size) bytes")

        let client = try await timed("daemon") { try await startDaemon(running) }
        step("", "listens at \(client.socketPath)")
        let instance = try await register(client, [systemDisk, dataDisk])
        let first = try await createImage(client, instance, "demo-1")
        try await tellSnapshots(client, first)

        try DemoDisks.change(systemDisk, mebibytes: max(1, mebibytes / 100))
        step("changed", "1 % of the system disk")
        let second = try await createImage(client, instance, "demo-2")
        try await tellSnapshots(client, second)

        let exports = [("/dev/xvda", systemDisk, "a"), ("/dev/xvdb", dataDisk, "b")]
        for (device, disk, letter) in exports {
            try await export(second, device, to: "\(directory)/export-\(letter).raw", disk, client)
        }
    }

    private func startDaemon(_ running: Lock<ChildProcess?>) async throws -> ImagedClient {
        guard let slash = CurrentProcess.executablePath.lastIndex(of: "/") else {
            throw Failure(.refused, "NoDaemon", "cannot tell where imagectl is")
        }
        let program = CurrentProcess.executablePath[..<slash] + "/imaged"
        let log = try SystemCalls.live.openFile(
            "\(directory)/imaged.log", [.writeOnly, .create, .exclusive])
        let socket = "\(directory)/imaged.sock"
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
        try Task.checkCancellation()
        guard reading.firstBytes(withinMilliseconds: Self.readyMilliseconds) != nil else {
            throw Failure(.connection, "NoDaemon", "the daemon did not become ready")
        }
        return try await ImagedClient.connect(socket: socket)
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
        step("RegisterInstance", "\(response.instanceID), \(response.diskIDs.joined(separator: " "))")
        return response.instanceID
    }

    private func createImage(
        _ client: ImagedClient, _ instance: String, _ name: String
    ) async throws -> String {
        var request = CreateImageRequest()
        request.regionID = Invocation.defaultRegion
        request.instanceID = instance
        request.imageName = name
        let response = try await client.call(CreateImage.self, request)
        step("CreateImage", "\(name) is \(response.imageID)")
        let waiting = Waiting(client, output, timeout: .seconds(3600))
        let waited = try await waiting.image(response.imageID, region: request.regionID)
        guard let image = waited.image, image.status == "Available" else {
            throw Failure(
                .refused, waited.image?.status ?? "", waited.image?.failureReason ?? "no image")
        }
        return image.imageID
    }

    /// What the newest image's snapshots hold, and how much of it had to be stored.
    private func tellSnapshots(_ client: ImagedClient, _ image: String) async throws {
        var images = DescribeImagesRequest()
        images.regionID = Invocation.defaultRegion
        images.imageID = image
        let found = try await client.call(DescribeImages.self, images).images.first
        var request = DescribeSnapshotsRequest()
        request.regionID = Invocation.defaultRegion
        request.snapshotIDs = found?.diskDeviceMappings.map(\.snapshotID) ?? []
        let snapshots = try await client.call(DescribeSnapshots.self, request).snapshots
        let size = snapshots.reduce(0) { $0 + $1.sizeBytes }
        let stored = snapshots.reduce(0) { $0 + $1.storedBytes }
        step("", "\(Views.bytes(stored)) stored for disks of \(Views.bytes(size))")
    }

    private func export(
        _ image: String, _ device: String, to path: String, _ disk: String, _ client: ImagedClient
    ) async throws {
        var request = ExportImageRequest()
        request.regionID = Invocation.defaultRegion
        request.imageID = image
        request.device = device
        request.path = path
        let sent = request
        _ = try await timed("ExportImage") {
            try await client.call(ExportImage.self, sent, timeout: nil)
        }
        let count = try DemoDisks.compare(disk, path)
        step("compared", "\(device): all \(count) bytes are equal")
    }

    // MARK: Telling

    private func step(_ name: String, _ text: String) {
        let name = name + String(repeating: " ", count: max(0, 18 - name.count))
        try? output.print(name + text)
    }

    /// Runs a step and tells how long it took.
    private func timed<Result>(
        _ name: String, _ body: () async throws -> Result
    ) async throws -> Result {
        try Task.checkCancellation()
        let start = Clock.monotonicNanoseconds()
        let result = try await body()
        step(name, "after \(Views.seconds(Clock.monotonicNanoseconds() - start))")
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
