import ECS
import ImagedClient
import System
import Wire

/// Runs `body` so that Ctrl-C cancels it: the error is then `CancellationError`. Once a process.
func interruptible<Result: Sendable>(
    _ body: @escaping @Sendable () async throws -> Result
) async throws -> Result {
    let task = Task { try await body() }
    try Interrupts.handle { _ in task.cancel() }
    return try await task.value
}

/// Shows on a terminal for how long something goes on that tells no progress. Ctrl-C ends it, and
/// then nothing is left of it.
func showingTime<Result: Sendable>(
    _ what: String, _ output: Output, _ body: @escaping @Sendable () async throws -> Result
) async throws -> Result {
    let progress = ProgressLine(what, output)
    let clock = Task {
        while !Task.isCancelled {
            if !what.isEmpty { progress.update("is written", "") }
            try? await Task.sleep(for: .milliseconds(200))
        }
    }
    func end() async {
        clock.cancel()
        await clock.value
        progress.erase()
    }
    do {
        let result = try await interruptible(body)
        await end()
        return result
    } catch {
        await end()
        guard error is CancellationError else { throw error }
        throw Failure(.interrupted, "Interrupted", "stopped; nothing is left of it")
    }
}

/// Waits for what a command began, and shows how far it is.
struct Waiting: Sendable {
    let client: ImagedClient
    let output: Output
    /// When to stop waiting, in nanoseconds of the monotonic clock; nil: never.
    private let deadline: Int64?
    private let timeout: Duration?
    private let isQuiet: Bool
    /// The flags with which a further command finds what is waited for.
    private let reach: String

    /// How often progress is asked for.
    private static let interval = Duration.milliseconds(200)
    /// Instances take a tenth of a second or a minute: asked for less and less often.
    private static let shortestInterval = Duration.milliseconds(50)

    init(_ client: ImagedClient, _ invocation: Invocation) {
        self.init(
            client, invocation.output, timeout: invocation.settings.timeout,
            reach: invocation.reach)
    }

    /// - Parameter isQuiet: to leave out what Ctrl-C means.
    init(
        _ client: ImagedClient, _ output: Output, timeout: Duration?, isQuiet: Bool = false,
        reach: String = ""
    ) {
        self.isQuiet = isQuiet
        self.reach = reach
        self.client = client
        self.output = output
        self.timeout = timeout
        deadline = timeout.map { timeout in
            let (seconds, attoseconds) = timeout.components
            return Clock.monotonicNanoseconds() + seconds * 1_000_000_000
                + attoseconds / 1_000_000_000
        }
    }

    /// What is left of the time: for a call; nil: no limit.
    private func rest(of id: String) throws -> Duration? {
        guard let deadline else { return nil }
        let rest = deadline - Clock.monotonicNanoseconds()
        guard rest > 0 else { throw overdue(id) }
        return .nanoseconds(rest)
    }

    private func overdue(_ id: String) -> Failure {
        Failure(
            .refused, "WaitTimeout", "\(id) is not done after \(timeout ?? .zero)",
            hint: "It goes on. imagectl \(command(id)) looks again.")
    }

    /// Shows the progress, and after a while what Ctrl-C means and whether there is a limit.
    private func progressLine(_ id: String, called name: String? = nil) -> ProgressLine {
        let limit = deadline == nil ? " without a time limit (--timeout sets one)" : ""
        return ProgressLine(
            name ?? id, output,
            hint: isQuiet
                ? nil : "waiting for \(id)\(limit); Ctrl-C ends the waiting, not the job")
    }

    // MARK: Images

    /// Waits until the image is Available or CreateFailed.
    func image(_ id: String, region: String) async throws -> WaitForImageResponse {
        let progress = progressLine(id)
        do {
            let response = try await withThrowingTaskGroup(of: WaitForImageResponse?.self) {
                group in
                group.addTask { await showProgress(of: id, region, progress) }
                group.addTask { try await end(of: id, region) }
                defer { group.cancelAll() }
                while let found = try await group.next() {
                    if let found { return found }
                }
                throw CancellationError()
            }
            progress.finish(response.image?.status ?? "", response.image?.progress ?? "")
            return response
        } catch {
            progress.abandon()
            throw explained(error, id)
        }
    }

    private func end(of id: String, _ region: String) async throws -> WaitForImageResponse {
        var request = WaitForImageRequest()
        request.regionID = region
        request.imageID = id
        while true {
            do {
                let response = try await client.call(
                    WaitForImage.self, request, timeout: try rest(of: id))
                let status = response.image?.status ?? ""
                if status != "Creating" && status != "Waiting" { return response }
            } catch ClientError.status(.deadlineExceeded, _, _) {
                throw overdue(id)
            }
        }
    }

    /// Until cancelled. That an answer fails is for the other task to tell.
    private func showProgress(
        of id: String, _ region: String, _ progress: ProgressLine
    ) async -> WaitForImageResponse? {
        var request = DescribeImagesRequest()
        request.regionID = region
        request.imageID = id
        request.status = "ALL"
        while !Task.isCancelled {
            guard let response = try? await client.call(DescribeImages.self, request) else { break }
            if let image = response.images.first { progress.update(image.status, image.progress) }
            try? await Task.sleep(for: Self.interval)
        }
        return nil
    }

    // MARK: Snapshots

    /// Waits until the snapshot is accomplished or failed.
    func snapshot(_ id: String, region: String) async throws -> Snapshot {
        let progress = progressLine(id)
        var request = DescribeSnapshotsRequest()
        request.regionID = region
        request.snapshotIDs = [id]
        do {
            while true {
                let response = try await client.call(
                    DescribeSnapshots.self, request, timeout: try rest(of: id) ?? .seconds(60))
                guard let snapshot = response.snapshots.first else {
                    throw Failure(.refused, "InvalidSnapshotId.NotFound", "\(id) was deleted")
                }
                if snapshot.status != "progressing" {
                    progress.finish(snapshot.status, snapshot.progress)
                    return snapshot
                }
                progress.update(snapshot.status, snapshot.progress)
                try await Task.sleep(for: Self.interval)
            }
        } catch {
            progress.abandon()
            throw explained(error, id)
        }
    }

    // MARK: Instances

    /// Waits until the instances are `status`: Running or Stopped.
    ///
    /// - Throws: also if one is deleted, or on its way to something else.
    func instances(
        _ ids: [String], region: String, until status: String
    ) async throws -> DescribeInstancesResponse {
        let name = ids.joined(separator: ",")
        let progress = progressLine(
            name, called: ids.count == 1 ? nil : "\(ids.count) instances")
        var request = DescribeInstancesRequest()
        request.regionID = region
        request.instanceIDs = ids
        request.pageSize = 100
        let onTheWay = status == "Running" ? ["Pending", "Starting"] : ["Stopping"]
        var interval = Self.shortestInterval
        do {
            while true {
                let response = try await client.call(
                    DescribeInstances.self, request, timeout: try rest(of: name) ?? .seconds(60))
                let found = response.instances
                if let gone = ids.first(where: { id in !found.contains { $0.instanceID == id } }) {
                    throw Failure(.refused, "InvalidInstanceId.NotFound", "\(gone) was deleted")
                }
                let other = found.first { $0.status != status && !onTheWay.contains($0.status) }
                if let other {
                    throw Failure(
                        .refused, "IncorrectInstanceStatus",
                        "\(other.instanceID) is \(other.status) and will not be \(status)")
                }
                let done = found.count { $0.status == status }
                if done == found.count {
                    progress.finish(status, "")
                    return response
                }
                progress.update(
                    ids.count == 1 ? found[0].status : "\(done) of \(ids.count) \(status)", "")
                try await Task.sleep(for: interval)
                interval = min(interval * 2, .seconds(1))
            }
        } catch {
            progress.abandon()
            throw explained(error, name)
        }
    }

    /// What a wait ends with, if Ctrl-C, its time limit or the daemon's end ended it: how to look
    /// again.
    func explained(_ error: any Error, _ id: String) -> any Error {
        if Failure(error).code == "DeadlineExceeded" { return overdue(id) }
        let again = "imagectl \(command(id)) looks again."
        switch error {
        case is CancellationError:
            return Failure(
                .interrupted, "Interrupted", "stopped waiting; \(id) goes on", hint: again)
        case ClientError.connectionLost(let reason), ClientError.noDaemon(_, let reason):
            return Failure(
                .connection, "ConnectionLost",
                "the daemon is gone while \(id) was waited for: \(reason)",
                hint: "What was begun goes on when a daemon is started again; then \(again)")
        default: return error
        }
    }

    private func command(_ id: String) -> String {
        switch id.prefix(2) {
        case "m-": "wait-for-image \(id)\(reach)"
        case "i-": "describe-instances --instance-ids \(id)\(reach)"
        default: "describe-snapshots --snapshot-ids \(id)\(reach)"
        }
    }
}

/// One job's progress on standard error: a bar that moves on a terminal. Elsewhere only the end is
/// told.
final class ProgressLine: Sendable {
    private let id: String
    private let output: Output
    private let isTerminal =
        StandardStream.error.isTerminal && CurrentProcess.environment("TERM") != "dumb"
    private let start = Clock.monotonicNanoseconds()
    private let last = Lock("")
    private let hint: Lock<String?>

    /// How long something takes before the hint is worth a line.
    private static let hintNanoseconds: Int64 = 2_000_000_000

    /// - Parameter hint: what there is to know about a long wait.
    init(_ id: String, _ output: Output, hint: String? = nil) {
        self.id = id
        self.output = output
        self.hint = Lock(hint)
    }

    private func giveHint() {
        guard Clock.monotonicNanoseconds() - start > Self.hintNanoseconds else { return }
        let text = hint.withLock { hint in
            defer { hint = nil }
            return hint
        }
        guard let text else { return }
        if isTerminal && !output.isJSON { try? StandardStream.error.write("\r\u{1B}[K") }
        output.note(text)
    }

    func update(_ status: String, _ progress: String) {
        giveHint()
        guard isTerminal && !output.isJSON else { return }
        last.withLock { $0 = Views.state(status, progress) }
        try? StandardStream.error.write("\r\u{1B}[K" + bar(status, progress))
    }

    /// How far something is, where a terminal shows it, and nothing elsewhere.
    func show(_ status: String, done: Int64, of total: Int64) {
        guard isTerminal && !output.isJSON else { return }
        let percent = total > 0 ? min(100, max(0, Double(done) * 100 / Double(total))) : 0
        let line = bar(status, "\(Int(percent))%")
        let isNew = last.withLock { last in
            defer { last = line }
            return last != line
        }
        if isNew { try? StandardStream.error.write("\r\u{1B}[K" + line) }
    }

    /// Takes away what `show` left.
    func erase() {
        let wasShown = last.withLock { !$0.isEmpty }
        if isTerminal && wasShown && !output.isJSON {
            try? StandardStream.error.write("\r\u{1B}[K")
        }
    }

    func finish(_ status: String, _ progress: String) {
        if output.isJSON { return }
        let time = Views.seconds(Clock.monotonicNanoseconds() - start)
        let isGood = ["Available", "accomplished", "Running", "Stopped"].contains(status)
        let word = isGood ? Style.green(status) : Style.red(printable(status))
        let done = isGood && !progress.isEmpty ? " \(progress)" : ""
        let clear = isTerminal ? "\r\u{1B}[K" : ""
        Output.complain("\(clear)\(id) \(word)\(done) after \(time)")
    }

    /// Leaves the line as it was last.
    func abandon() {
        let wasShown = last.withLock { !$0.isEmpty }
        if isTerminal && wasShown && !output.isJSON { Output.complain("") }
    }

    /// "m-... Creating [########......]  57%  3.2 s", as wide as there is room for.
    private func bar(_ status: String, _ progress: String) -> String {
        let width = (StandardStream.error.columns ?? 80) - 1
        if progress.isEmpty {
            let time = Views.seconds(Clock.monotonicNanoseconds() - start)
            return String("\(id) \(printable(status))  \(time)".prefix(max(0, width)))
        }
        let percent = min(100, max(0, Int(progress.prefix { $0 != "%" }) ?? 0))
        let number = String(repeating: " ", count: 3 - "\(percent)".count) + "\(percent)%"
        let time = Views.seconds(Clock.monotonicNanoseconds() - start)
        let head = "\(id) \(printable(status))"
        let room = width - head.count - number.count - time.count - 7
        guard room >= 4 else { return String("\(head) \(number)".prefix(max(0, width))) }
        let length = min(room, 40)
        let filled = length * percent / 100
        let marks =
            String(repeating: "#", count: filled) + String(repeating: ".", count: length - filled)
        return "\(head) [\(marks)] \(number)  \(time)"
    }
}
