import Catalog
import ECS
import Snapshots
import System
import Wire

/// A request that waits for more than a sync. Data, never a suspended task.
struct ParkedCall: Sendable {
    let call: Call
    let pending: Pending
    /// Names the work that a thread does for it.
    let serial: Int64
    /// When it ends by itself, on the monotonic clock.
    let due: Int64?
    /// The running export's.
    var progress: JobProgress?
    /// What a stopped export is answered when its thread has let go.
    var ending: Status?
    /// How far a watcher has been told.
    var cursor: Int64 = 0
}

/// The requests that wait, by stream, by deadline and by what they wait for.
struct ParkedCalls: Sendable {
    private(set) var calls: [StreamKey: ParkedCall] = [:]
    private var byConnection: [UInt64: Set<UInt32>] = [:]
    private var byDue = Table<Due, StreamKey>()
    private var byImage: [String: Set<StreamKey>] = [:]
    private var bySerial: [Int64: StreamKey] = [:]
    private var byHold: [HoldID: StreamKey] = [:]
    private(set) var readers: Set<StreamKey> = []
    /// Watchers that have not been told everything, because they do not read, or there is much.
    private(set) var behind: Set<StreamKey> = []
    private var nextSerial: Int64 = 1

    struct Due: Comparable, Sendable {
        let time: Int64
        let serial: Int64
        static func < (left: Self, right: Self) -> Bool {
            (left.time, left.serial) < (right.time, right.serial)
        }
    }

    var isEmpty: Bool { calls.isEmpty }
    var firstDue: Int64? { byDue.first?.key.time }
    subscript(key: StreamKey) -> ParkedCall? { calls[key] }
    subscript(serial serial: Int64) -> ParkedCall? { bySerial[serial].flatMap { calls[$0] } }
    subscript(hold id: HoldID) -> ParkedCall? { byHold[id].flatMap { calls[$0] } }
    var hasHolds: Bool { !byHold.isEmpty }
    func waiting(for imageID: String) -> Set<StreamKey> { byImage[imageID] ?? [] }

    mutating func add(_ call: Call, _ pending: Pending, due: Int64?) -> ParkedCall {
        var parked = ParkedCall(call: call, pending: pending, serial: nextSerial, due: due)
        nextSerial += 1
        switch pending {
        case .waitForImage(let request): byImage[request.imageID, default: []].insert(call.key)
        case .watch(let after, _), .readEvents(let after, _, _):
            parked.cursor = after
            readers.insert(call.key)
        case .held(let id, _): byHold[id] = call.key
        case .export, .make, .read, .inspect, .cancel, .again, .verify, .usage: break
        }
        calls[call.key] = parked
        byConnection[call.key.connection, default: []].insert(call.key.stream)
        bySerial[parked.serial] = call.key
        if let due { byDue.put(Due(time: due, serial: parked.serial), call.key) }
        return parked
    }

    /// Changes what is kept of a call.
    mutating func update(_ key: StreamKey, _ body: (inout ParkedCall) -> Void) {
        guard var call = calls[key] else { return }
        body(&call)
        calls[key] = call
    }

    mutating func note(_ key: StreamKey, isBehind: Bool) {
        if isBehind && calls[key] != nil { behind.insert(key) } else { behind.remove(key) }
    }

    /// Takes a call's deadline away: it has passed, and its thread is stopping.
    mutating func removeDue(_ call: ParkedCall) {
        if let due = call.due { byDue.remove(Due(time: due, serial: call.serial)) }
    }

    mutating func end(_ key: StreamKey) -> ParkedCall? {
        guard let call = calls.removeValue(forKey: key) else { return nil }
        byConnection[key.connection]?.remove(key.stream)
        if byConnection[key.connection]?.isEmpty ?? false { byConnection[key.connection] = nil }
        bySerial[call.serial] = nil
        readers.remove(key)
        behind.remove(key)
        removeDue(call)
        switch call.pending {
        case .waitForImage(let request):
            byImage[request.imageID]?.remove(key)
            if byImage[request.imageID]?.isEmpty ?? false { byImage[request.imageID] = nil }
        case .held(let id, _): byHold[id] = nil
        default: break
        }
        return call
    }

    /// The connection is gone. What is held goes on all the same (V3), and stays.
    mutating func endAll(of connection: UInt64) -> [ParkedCall] {
        (byConnection[connection] ?? []).compactMap { stream in
            let key = StreamKey(connection: connection, stream: stream)
            if case .held = calls[key]?.pending { return nil }
            return end(key)
        }
    }

    /// The calls whose time has come.
    func due(_ now: Int64) -> [ParkedCall] {
        var due: [ParkedCall] = []
        for (entry, key) in byDue {
            if entry.time > now { break }
            if let call = calls[key] { due.append(call) }
        }
        return due
    }
}

// MARK: - In the catalog

extension Catalog {
    /// Judges one call: its deadline first, for nothing may happen after it.
    func run(
        _ call: Call, _ now: Int64, _ facts: ServerFacts, _ answers: inout Answers,
        _ pending: inout [(call: Call, pending: Pending)]
    ) {
        answers.origin = call.origin
        if let deadline = call.deadline, deadline <= now {
            call.caller.hold.map(endHold)
            return answers.add(call.key, .deadlineExceeded(requestID()), turn: 0)
        }
        let waits = answer(call, facts, &answers)
        if let waits { pending.append((call, waits)) }
        if case .again = waits { return }
        // A request that was held has passed V10, or failed: who waited for it may go on.
        call.caller.hold.map(endHold)
    }

    /// Takes the catalog's part of a thread's report.
    func take(_ report: Report) {
        switch report {
        case .captured(let job, let accountID, .success(let capture)):
            captured(job, accountID, CaptureRecord(capture))
        case .captured(let job, let accountID, .failure(let problem)):
            ended(job, accountID, .failed(reason: sentence(problem.reason, problem.hint)))
        case .copied(let job, let accountID, .success(let stored)):
            ended(
                job, accountID,
                .accomplished(
                    segments: stored.segments.map { Int64($0) }, sizeBytes: stored.sizeBytes,
                    storedBytes: stored.storedBytes, consistency: stored.consistency.rawValue))
        case .copied(let job, let accountID, .failure(let failure)):
            ended(job, accountID, .failed(reason: sentence(failure.reason, failure.hint)))
        case .reclaimed(let manifest): reclaimed(manifest)
        case .notReclaimed(let manifest, _): reclaimFailed(manifest)
        case .notRemoved(let number, _): reclaimFailed(number)
        case .detected(let detection, let result): noteDetection(detection, result)
        case .journal, .exported, .made, .read, .inspected, .examined, .damaged: break
        }
        noteDamage(report)
    }

    /// Goes on with RegisterInstance now that its files have been looked at.
    func finishRegistration(
        _ call: Call, _ request: RegisterInstanceRequest, _ files: [InspectedFile], _ now: Int64,
        _ answers: inout Answers
    ) -> Pending? {
        answers.origin = call.origin
        beginAudit()
        if let deadline = call.deadline, deadline <= now {
            answers.add(call.key, .deadlineExceeded(requestID()), turn: 0)
            return nil
        }
        do throws(Refusal) {
            reply(call, try registerInstance(request, files: files, call.caller), &answers)
            return nil
        } catch {
            return refuse(call, error, &answers)
        }
    }

    /// Answers those who wait for an image that this turn has changed.
    func wakeParked(_ parked: ParkedCalls, _ turn: Turn, _ answers: inout Answers) {
        for imageID in turn.changedImages.sorted() {
            for key in parked.waiting(for: imageID) {
                guard let call = parked[key]?.call,
                    case .daemon(.waitForImage(let request)) = call.request
                else { continue }
                answerWait(request, call, onlyIfFinal: true, &answers)
            }
        }
    }

    func answerWait(
        _ request: WaitForImageRequest, _ call: Call, onlyIfFinal: Bool,
        _ answers: inout Answers
    ) {
        do throws(Refusal) {
            let (image, isFinal) = try imageToWaitFor(request, call.caller)
            if isFinal || !onlyIfFinal { replyWaited(call, image, &answers) }
        } catch {
            _ = refuse(call, error, &answers)
        }
    }

    /// Tells a reader or watcher what is new after its cursor.
    ///
    /// - Returns: where it stands now; nil: its stream has ended.
    func feed(_ parked: ParkedCall, isDue: Bool, _ answers: inout Answers) -> Int64? {
        let (resources, max, isWatch) =
            switch parked.pending {
            // A hundred resources are never more than a frame holds.
            case .watch(_, let resources): (resources, 100, true)
            case .readEvents(_, let resources, let max): (resources, max, false)
            default: ([], 0, false)
            }
        let caller = parked.call.caller
        let turn = newestTurn
        guard
            var response = events(
                of: caller.accountID, after: parked.cursor, resources: resources, max: max)
        else {
            let text = "events after \(parked.cursor) are not kept: describe afresh"
            let status = Status(.outOfRange, text, requestID: requestID())
            answers.add(parked.call.key, status, turn: turn)
            return nil
        }
        response.requestID = requestID()
        if isWatch {
            if !response.events.isEmpty { answers.addData(parked.call.key, response, turn: turn) }
            return response.sequence
        }
        if response.events.isEmpty && !isDue { return response.sequence }
        answers.add(parked.call.key, response, turn: turn)
        return nil
    }
}

extension Status {
    static func deadlineExceeded(_ requestID: String) -> Status {
        Status(.deadlineExceeded, "the deadline has passed; nothing happened", requestID: requestID)
    }

    static func cancelled(_ requestID: String) -> Status {
        Status(.cancelled, "cancelled; nothing happened", requestID: requestID)
    }
}

/// "The reason: what to do." from the data plane's lower-case halves.
func sentence(_ reason: String, _ hint: String) -> String {
    let text =
        hint.isEmpty ? reason : "\(reason). \(hint.prefix(1).uppercased())\(hint.dropFirst())"
    return text.hasSuffix(".") ? text : "\(text)."
}

// MARK: - In the server

extension Server {
    private var waitNanoseconds: Int64 { Int64(limits.waitSeconds) * 1_000_000_000 }
    static let readEventsNanoseconds: Int64 = 30_000_000_000

    /// Takes in what was not answered at once.
    func park(_ call: Call, _ pending: Pending, _ now: Int64) {
        switch pending {
        case .again: return postpone(call)
        case .cancel(let stream):
            return cancel(StreamKey(connection: call.key.connection, stream: stream))
        default: break
        }
        let connection = connections[call.key.connection]
        if connection == nil, case .held = pending {
            // Its caller is gone; it is carried out all the same.
        } else if connection == nil {
            return letGo(pending)
        }
        if isStopping {
            letGo(pending)
            return answer(call.key, call.origin, Self.stoppingStatus)
        }
        guard connection?.parkedCount ?? 0 < limits.parkedStreams else {
            letGo(pending)
            let text = "\(limits.parkedStreams) streams of this connection wait already"
            return answer(call.key, call.origin) {
                Status(.resourceExhausted, text, requestID: $0)
            }
        }
        let own: Int64? =
            switch pending {
            case .waitForImage: call.deadline == nil ? now + waitNanoseconds : nil
            case .readEvents: now + Self.readEventsNanoseconds
            case .held(_, let milliseconds?): now + milliseconds * 1_000_000
            case .held(_, nil): call.deadline == nil ? now + waitNanoseconds : nil
            default: nil
            }
        let due = [own, call.deadline].compactMap { $0 }.min()
        let parkedCall = parked.add(call, pending, due: due)
        connection?.parkedCount += 1
        if let connection { start(parkedCall, connection) }
    }

    /// What does not start: an export reads nothing, no file is made, a hold is over.
    private func letGo(_ pending: Pending) {
        switch pending {
        case .export(let plan): letGo(plan.pins)
        case .make(let making): letGo(making.pins)
        case .read(let plan): letGo([plan.manifest])
        case .held(let id, _): catalog.assumeIsolated { $0.endHold(id) }
        default:
            let manifests = pending.examinedManifests
            catalog.assumeIsolated { for manifest in manifests { $0.unpin(manifest) } }
        }
    }

    private func letGo(_ pins: [Int64]) {
        catalog.assumeIsolated { catalog in
            for number in pins { catalog.unpin(number) }
        }
        // What was pinned may be reclaimed.
        lookAgain()
    }

    private func start(_ parkedCall: ParkedCall, _ connection: Connection) {
        switch parkedCall.pending {
        case .export(let plan):
            let peer = access.peer(connection.peer, connection.binding, bucket: plan.bucket)
            begin(.export(plan), peer, parkedCall)
        case .make(let making):
            begin(.make(making), access.peer(connection.peer, connection.binding), parkedCall)
        case .read(let plan):
            exports[parkedCall.serial] = [plan.manifest]
            workers?.read(plan, serial: parkedCall.serial)
        case .inspect(_, let paths):
            let peer = access.peer(connection.peer, connection.binding)
            workers?.inspect(paths, for: peer, serial: parkedCall.serial)
        case .watch, .readEvents: feed([parkedCall], isDue: false)
        // The image may have come to rest in the turn that judged the call.
        case .waitForImage(let request): answerWait(request, parkedCall.call, onlyIfFinal: true)
        case .verify, .usage: startExamination(parkedCall)
        case .cancel, .again, .held: break
        }
    }

    // MARK: Holds

    /// Goes on with the requests that are held no longer; they are judged in the next turn.
    func resumeHeld() {
        guard parked.hasHolds else { return }
        // One that fails lets those go on that waited for it.
        while case let resumptions = catalog.assumeIsolated({ $0.takeResumptions() }),
            !resumptions.isEmpty
        {
            for resumption in resumptions { resume(resumption) }
        }
    }

    private func resume(_ resumption: Resumption) {
        switch resumption {
        case .released(let id): requeue(id, asReleased: true)
        case .afresh(let id): requeue(id, asReleased: false)
        case .fails(let id, let error):
            guard let call = parked[hold: id] else { return }
            catalog.assumeIsolated { $0.endHold(id) }
            answer(call.call.key) { Status([error], requestID: $0) }
        }
    }

    private func requeue(_ id: HoldID, asReleased: Bool) {
        guard let key = parked[hold: id]?.call.key, let parkedCall = parked.end(key) else { return }
        connections[key.connection]?.parkedCount -= 1
        var call = parkedCall.call
        call.caller.hold = asReleased ? id : nil
        if !asReleased { catalog.assumeIsolated { $0.endHold(id) } }
        enqueue(call)
    }

    /// A hold's own time is over: the rule lets it go, and a wait for another request ends.
    private func passHold(_ call: ParkedCall, _ id: HoldID, _ milliseconds: Int64?) {
        if milliseconds != nil { return catalog.assumeIsolated { $0.releaseHold(id) } }
        catalog.assumeIsolated { $0.endHold(id) }
        let hint = "The first request with this token is held still."
        answer(call.call.key) {
            Status(
                [.idempotentProcessing.naming("ClientToken", hint: hint)], requestID: $0)
        }
    }

    private func answer(_ key: StreamKey, _ status: (String) -> Status) {
        answer(key, .none, status)
    }

    /// - Parameter origin: of a call that is not parked.
    private func answer(_ key: StreamKey, _ origin: Origin, _ status: (String) -> Status) {
        var answers = Answers()
        answers.origin = origin
        answers.add(key, status(catalog.assumeIsolated { $0.requestID() }), turn: 0)
        deliver(answers)
    }

    private func answerWait(_ request: WaitForImageRequest, _ call: Call, onlyIfFinal: Bool) {
        let answers = catalog.assumeIsolated { catalog in
            var answers = Answers()
            catalog.answerWait(request, call, onlyIfFinal: onlyIfFinal, &answers)
            return answers
        }
        deliver(answers)
    }

    // MARK: Events

    func feedWatchers() {
        if !parked.readers.isEmpty { feed(parked.readers) }
    }

    /// Goes on with those who were told only a part.
    func feedThoseBehind() {
        if !parked.behind.isEmpty { feed(parked.behind) }
    }

    /// A watcher that does not read is left where it is: it goes on from its cursor later.
    func mayFeed(_ key: StreamKey) -> Bool {
        guard let connection = connections[key.connection] else { return false }
        return connection.unsentBytes <= limits.unsentBytes / 8
    }

    private func feed(_ keys: Set<StreamKey>) {
        for key in keys where !mayFeed(key) { parked.note(key, isBehind: true) }
        let readers = keys.filter(mayFeed).compactMap { parked[$0] }
        if !readers.isEmpty { feed(readers.sorted { $0.serial < $1.serial }, isDue: false) }
    }

    private func feed(_ readers: [ParkedCall], isDue: Bool) {
        let (answers, cursors, newest) = catalog.assumeIsolated { catalog in
            var answers = Answers()
            let cursors = readers.map { catalog.feed($0, isDue: isDue, &answers) }
            return (answers, cursors, catalog.newestSequence)
        }
        for (reader, cursor) in zip(readers, cursors) {
            guard let cursor else { continue }
            parked.update(reader.call.key) { $0.cursor = cursor }
            parked.note(reader.call.key, isBehind: cursor < newest)
        }
        deliver(answers)
    }

    // MARK: Ends

    /// `Cancel`: an unknown or ended stream is no error.
    private func cancel(_ key: StreamKey) {
        guard let call = parked[key] else { return }
        stop(call) { .cancelled($0) }
    }

    /// Ends a waiting call. An export's thread lets go first, for it may have finished.
    private func stop(_ call: ParkedCall, _ status: (String) -> Status) {
        if case .held(let id, _) = call.pending { catalog.assumeIsolated { $0.endHold(id) } }
        if let progress = call.progress {
            let ending = status(catalog.assumeIsolated { $0.requestID() })
            parked.update(call.call.key) { $0.ending = $0.ending ?? ending }
            parked.removeDue(call)
            progress.cancel()
        } else {
            answer(call.call.key, status)
        }
    }

    func passParkedDeadlines(_ now: Int64) {
        guard let first = parked.firstDue, first <= now else { return }
        for call in parked.due(now) {
            let isRequests = call.call.deadline.map { $0 <= now } ?? false
            if isRequests {
                stop(call) { .deadlineExceeded($0) }
            } else {
                passOwnTime(call)
            }
        }
    }

    /// Waits and watches of accounts that are gone end as every other request to them does.
    func endWaits(of accounts: Set<String>, _ turn: UInt64) {
        if accounts.isEmpty { return }
        var answers = Answers()
        for call in parked.calls.values where accounts.contains(call.call.caller.accountID) {
            switch call.pending {
            case .waitForImage, .readEvents, .watch:
                let hint = "The account \(call.call.caller.accountID) was dropped."
                let requestID = catalog.assumeIsolated { $0.requestID() }
                let status = Status([.forbidden.hinting(hint)], requestID: requestID)
                answers.add(call.call.key, status, turn: turn)
            case .export, .make, .read, .inspect, .cancel, .again, .held, .verify, .usage: break
            }
        }
        deliver(answers)
    }

    private func passOwnTime(_ call: ParkedCall) {
        switch call.pending {
        case .waitForImage(let request):
            answerWait(request, call.call, onlyIfFinal: false)
        case .held(let id, let milliseconds):
            parked.removeDue(call)
            passHold(call, id, milliseconds)
        default: feed([call], isDue: true)
        }
    }

    /// R12: waits end with X-ServiceUnavailable.
    func endParkedForStop() {
        for call in parked.calls.values {
            stop(call, Self.stoppingStatus)
        }
    }

    private static func stoppingStatus(_ requestID: String) -> Status {
        let hint = "The daemon is stopping: try again."
        return Status([.serviceUnavailable.hinting(hint)], requestID: requestID)
    }

    // MARK: What threads did for a call

    /// The registrations whose files have been looked at, if they still wait.
    func takeInspections(
        _ reports: [Report]
    ) -> [(call: Call, request: RegisterInstanceRequest, files: [InspectedFile])] {
        reports.compactMap { report in
            guard case .inspected(let serial, let files) = report,
                let waiting = parked[serial: serial],
                case .inspect(let request, _) = waiting.pending
            else { return nil }
            _ = parked.end(waiting.call.key)
            connections[waiting.call.key.connection]?.parkedCount -= 1
            return (waiting.call, request, files)
        }
    }

    /// The manifests that no export reads any more, and their intents.
    func takePins(_ reports: [Report]) -> [Int64] {
        var pins: [Int64] = []
        for report in reports {
            switch report {
            case .exported(let serial, _), .read(let serial, _):
                pins += exports.removeValue(forKey: serial) ?? []
            default: break
            }
        }
        return pins
    }

    func finishExport(_ serial: Int64, _ result: Result<Exported, ExportFailure>) {
        guard let waiting = parked[serial: serial] else { return }
        let key = waiting.call.key
        let answers = catalog.assumeIsolated { catalog in
            var answers = Answers()
            switch result {
            case .success(let exported):
                catalog.answerExport(waiting, exported, &answers)
            case .failure(let failure):
                let status =
                    waiting.ending
                    ?? Status([ECSError(failure)], requestID: catalog.requestID())
                answers.add(key, status, turn: 0)
            }
            return answers
        }
        deliver(answers)
    }
}

extension ECSError {
    /// An export's failure in ECS's terms: the caller's path, or ours to answer for.
    fileprivate init(_ failure: ExportFailure) {
        let text = sentence(failure.reason, failure.hint)
        switch failure.kind {
        case .destination, .notAllowed, .noSpace, .write:
            self = .invalidParameter("Path", hint: text)
        case .snapshot, .cancelled:
            self = .internalFailure(text)
        }
    }
}
