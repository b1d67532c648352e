import Catalog
import ECS
import Journal
import Snapshots
import System
import Wire

/// The connections, and the turns of the loop: what arrived goes to the catalog at once, what it
/// changed to the journal, and each answer leaves when what it saw is durable.
actor Server {
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    private static let signalToken: UInt64 = 0
    /// Listeners have the numbers behind it.
    private static let firstConnection: UInt64 = 64
    private static let portUser = UInt32.max

    let catalog: Catalog
    let journal: Journal?
    let workers: Workers?
    let reports: Mailbox<Report>
    let limits: ServerLimits
    let access: Access
    let log: Log
    let manager: ServiceManager
    /// When it is told next that the loop turns; nil: it does not want to know.
    var watchdogDue: Int64?
    var facts: ServerFacts

    private var listeners: [UInt64: Listener] = [:]
    private let signals: FileDescriptor
    /// Until when the listeners rest, because descriptors ran out.
    private var listenerRestsUntil: Int64?

    var connections: [UInt64: Connection] = [:]
    private var nextToken = Server.firstConnection
    /// How many connections each user has, but for our own and root; and those of the ports, as
    /// of a user that there is not.
    private var foreignConnections: [UInt32: Int] = [:]
    private var scratch = [UInt8](repeating: 0, count: 1 << 16)
    /// Connections with whole frames left over, to go on with when they may.
    private var unfinished: Set<UInt64> = []
    /// Connections that a deadline is running for.
    private var timed: Set<UInt64> = []
    /// When they are looked at next.
    private var nextSweep: Int64 = 0
    private var touched: Set<UInt64> = []
    /// Connections that all buffers together kept from reading: looked at when those shrink.
    private var overShare: Set<UInt64> = []
    /// Connections with answers that wait for a sync.
    private var holding: Set<UInt64> = []
    var bufferedBytes = 0
    var counters = Counters()
    /// The reasons that connections are refused for.
    static let refusalReasons = ["limit", "peer", "system", "user-limit"]

    /// How much one connection is answered in a turn; the rest of its calls wait for the next.
    private static let turnAnswerBytesMax = 256 << 10
    /// Connections with calls that wait until earlier answers have been read.
    private var deferring: Set<UInt64> = []
    /// Calls that wait for room in the journal, oldest first.
    private var postponed: [Call] = []
    private var calls: [Call] = []
    private var protocolAnswers = Answers()
    private var spareAnswers = Answers()

    /// Turns that the journal has, with the records they are in; and the newest durable one.
    private var turns: [(turn: UInt64, sequence: UInt64)] = []
    private var durableTurn: UInt64 = 0
    /// Space to give back once these turns are durable.
    private var reclaims: [(turn: UInt64, record: ReclaimRecord, users: [Int64: [Int64]])] = []

    var parked = ParkedCalls()
    /// What running exports and reads have pinned, by their serials.
    var exports: [Int64: [Int64]] = [:]
    /// Manifests that running examinations read, likewise.
    var examinations: [Int64: [Int64]] = [:]
    /// Files that are being made, by the serial of the request they are for.
    var makings: [Int64: FileMaking] = [:]
    /// Those that are made, while the journal has no room for what comes of them.
    var finishedMakings: [FinishedMaking] = []
    /// Work that waits until these turns are durable.
    private var fileWork: [(turn: UInt64, work: FileWork)] = []
    private let startTime = Clock.monotonicNanoseconds()
    let startWallTime = Clock.wallNanoseconds()
    /// When a simulated job ends; the past at first, so that recovered jobs start.
    private var nextJobTime: Int64? = 0
    private var stopping: Stopping?
    var isStopping: Bool { stopping != nil }

    private struct Stopping {
        let deadline: Int64
    }

    init(
        loop: EventLoop, catalog: Catalog, journal: Journal?, workers: Workers?,
        reports: Mailbox<Report>, limits: ServerLimits, access: Access, facts: ServerFacts,
        log: Log, manager: ServiceManager, listeners: [Listener],
        signals: consuming FileDescriptor
    ) {
        self.loop = loop
        self.catalog = catalog
        self.journal = journal
        self.workers = workers
        self.reports = reports
        self.limits = limits
        self.access = access
        self.facts = facts
        self.log = log
        self.manager = manager
        watchdogDue = manager.watchdogNanoseconds.map { _ in 0 }
        self.signals = signals
        for (index, listener) in listeners.enumerated() {
            self.listeners[Self.signalToken + 1 + UInt64(index)] = listener
        }
    }

    /// Arms the listeners and the signals. Then `turn` is called until it returns nil.
    func start() throws(SystemError) {
        try loop.add(signals, .readable, token: Self.signalToken)
        try armListeners()
    }

    // MARK: - A turn

    /// - Returns: how long the loop may sleep, in milliseconds; nil: stop.
    func turn(_ events: [LoopEvent]) -> Int32? {
        let now = Clock.monotonicNanoseconds()
        counters.turns += 1
        var isSignalled = false
        for event in events {
            switch event.token {
            case Self.signalToken: isSignalled = true
            case ..<Self.firstConnection: listeners[event.token].map { acceptAll($0, now) }
            default: connections[event.token].map { take(event.readiness, of: $0, now) }
            }
        }
        goOnWithUnfinished(now)
        // Last: what arrived before the signal is still answered.
        if isSignalled { takeSignals(now) }
        runCatalog(now)
        feedThoseBehind()
        if !protocolAnswers.list.isEmpty {
            deliver(protocolAnswers)
            protocolAnswers = Answers()
        }
        passDeadlines(now)
        resumeHeld()
        flushTouched(now)
        tellWatchdog(now)
        return timeout(now)
    }

    private func timeout(_ now: Int64) -> Int32? {
        if let stopping, isDrained || now >= stopping.deadline { return nil }
        if !calls.isEmpty || !unfinished.isEmpty || deferring.contains(where: mayResume) {
            return 0
        }
        if parked.behind.contains(where: mayFeed) { return 0 }
        var due: [Int64] = []
        if let first = parked.firstDue { due.append(first) }
        if let job = nextJobTime { due.append(now + max(0, job - Clock.wallNanoseconds())) }
        if let rest = listenerRestsUntil { due.append(rest) }
        if let stopping { due.append(stopping.deadline) }
        if let watchdogDue { due.append(watchdogDue) }
        if !timed.isEmpty { due.append(now + 250_000_000) }
        if !postponed.isEmpty || !finishedMakings.isEmpty { due.append(now + 1_000_000_000) }
        guard let next = due.min() else { return -1 }
        return Int32(clamping: max(0, (next - now + 999_999) / 1_000_000))
    }

    // MARK: - The catalog

    /// What one entry into the catalog brings back.
    private struct Outcome: Sendable {
        var answers: Answers
        var pending: [(call: Call, pending: Pending)] = []
        var deferred: [Call] = []
        var unfinished: [FinishedMaking] = []
        var launches: [Launch] = []
        var nextJobTime: Int64?
        var turn: Turn?
    }

    private func runCatalog(_ now: Int64) {
        let reports = reports.take()
        let calls = postponed + resumed() + self.calls
        if calls.isEmpty && reports.isEmpty && nextJobTime == nil && finishedMakings.isEmpty {
            return
        }
        postponed = []
        self.calls.removeAll(keepingCapacity: true)
        for call in calls { connections[call.key.connection]?.unanswered -= 1 }
        facts.connections = Int32(clamping: connections.count)
        facts.uptimeSeconds = (now - startTime) / 1_000_000_000
        if calls.contains(where: { $0.origin.operation == Self.health }) {
            (facts.freeBytes, facts.totalBytes) = space()
        }
        if calls.contains(where: { $0.origin.operation == Self.metrics }) {
            facts.metrics = metrics(now)
        }
        let inspections = takeInspections(reports)
        let made = takeMakings(reports)
        let unpinned = takePins(reports) + takeExamined(reports)
        let facts = facts
        let parked = parked
        let spare = spareAnswers
        spareAnswers = Answers()
        var outcome = catalog.assumeIsolated { catalog in
            var outcome = Outcome(answers: Answers(reusing: spare))
            var connection: UInt64 = 0
            var start = 0
            for call in calls {
                // A connection's calls stand together.
                if call.key.connection != connection {
                    connection = call.key.connection
                    start = outcome.answers.bytes.count
                }
                let isFull = outcome.answers.bytes.count - start > Self.turnAnswerBytesMax
                if isFull || catalog.isTurnFull {
                    outcome.deferred.append(call)
                } else {
                    catalog.run(call, now, facts, &outcome.answers, &outcome.pending)
                }
            }
            for (call, request, files) in inspections {
                let pending = catalog.finishRegistration(
                    call, request, files, now, &outcome.answers)
                if let pending { outcome.pending.append((call, pending)) }
            }
            outcome.unfinished = catalog.finish(made, now, facts, &outcome.answers)
            for manifest in unpinned { catalog.unpin(manifest) }
            for report in reports { catalog.take(report) }
            (outcome.launches, outcome.nextJobTime) = catalog.advance()
            outcome.turn = catalog.endTurn()
            if let turn = outcome.turn { catalog.wakeParked(parked, turn, &outcome.answers) }
            return outcome
        }
        nextJobTime = outcome.nextJobTime
        noteMade(made, outcome.unfinished)
        if let turn = outcome.turn { append(turn) }
        deliver(outcome.answers)
        if let turn = outcome.turn { endWaits(of: turn.droppedAccounts, turn.number) }
        for call in outcome.deferred { putOff(call) }
        for (call, pending) in outcome.pending { park(call, pending, now) }
        for report in reports { takeRest(of: report, now) }
        spreadDamage(reports)
        for launch in outcome.launches { run(launch) }
        if outcome.turn != nil { feedWatchers() }
        // The memory of a usual turn is used again; that of a huge one is given back.
        if outcome.answers.bytes.count < 1 << 20 { swap(&spareAnswers, &outcome.answers) }
    }

    private static let health = OperationNumbers.number(of: Health.name)
    private static let metrics = OperationNumbers.number(of: Metrics.name)

    /// Of the data directory's file system, in bytes; 0 without one.
    func space() -> (free: Int64, total: Int64) {
        let calls = SystemCalls.live
        guard !facts.dataDirectory.isEmpty,
            let directory = try? calls.openFile(facts.dataDirectory, [.readOnly, .directory]),
            let status = try? calls.fileSystem(of: directory)
        else { return (0, 0) }
        return (status.freeBytes, status.totalBytes)
    }

    /// The calls that may go on, because their clients read.
    private func resumed() -> [Call] {
        var calls: [Call] = []
        for token in deferring where mayResume(token) {
            deferring.remove(token)
            guard let connection = connections[token] else { continue }
            calls += connection.deferred
            connection.deferred = []
        }
        return calls
    }

    private func mayResume(_ token: UInt64) -> Bool {
        connections[token].map { $0.unsentBytes < limits.unsentBytes && !isOverShare($0) } ?? true
    }

    private func putOff(_ call: Call) {
        guard let connection = connections[call.key.connection] else { return }
        connection.unanswered += 1
        connection.deferred.append(call)
        deferring.insert(connection.token)
        touched.insert(connection.token)
    }

    private func append(_ turn: Turn) {
        log.note(turn.audit)
        guard let journal else {
            durableTurn = turn.number
            return
        }
        turns.append((turn.number, journal.append(turn.payload)))
        // Each change reserved a record of its own; the turn needed one.
        journal.cancelReservations()
        if journal.wantsCheckpoint {
            let state = catalog.assumeIsolated { $0.state }
            journal.checkpoint { emit in
                try state.emit { try emit(Changes($0).encoded()) }
            }
        }
    }

    private func run(_ launch: Launch) {
        switch launch {
        case .capture(let job, let accountID): workers?.capture(job, accountID)
        case .copy(let job, let accountID, let parent):
            workers?.copy(job, accountID, parent: parent)
        case .cancel(let job): workers?.cancel(job)
        case .discardCapture(let job): workers?.discardCapture(of: job)
        case .reclaim(let record, let users): reclaimWhenDurable(record, users)
        case .detect(let detection): workers?.detect(detection)
        }
    }

    /// Files go when nothing that a crash leaves behind can still name them: after every change
    /// so far is durable, the deletion among them.
    private func reclaimWhenDurable(_ record: ReclaimRecord, _ users: [Int64: [Int64]]) {
        if let last = turns.last {
            reclaims.append((last.turn, record, users))
        } else {
            workers?.reclaim(record, users: users)
        }
    }

    /// Runs what makes files when a crash that comes then leaves their names in the state.
    func whenDurable(_ work: FileWork) {
        if let last = turns.last {
            fileWork.append((last.turn, work))
        } else {
            run(work)
        }
    }

    /// Lets the catalog go on in the next turn, though nothing else happens.
    func lookAgain() { nextJobTime = 0 }

    /// The part of a report that is not the catalog's.
    private func takeRest(of report: Report, _ now: Int64) {
        switch report {
        case .journal(.durable(let sequence)): becameDurable(sequence)
        case .exported(let serial, let result): finishExport(serial, result)
        case .examined(let serial, let examined): finishExamination(serial, examined)
        case .read(let serial, let result): finishRead(serial, result)
        case .journal(let event):
            if case .checkpointed = event { counters.checkpoints += 1 }
            if case .checkpointFailed = event { counters.failedCheckpoints += 1 }
            log.note(event)
        case .captured, .copied, .reclaimed, .notReclaimed, .made, .notRemoved, .inspected,
            .detected, .damaged:
            log.note(report)
        }
    }

    private func becameDurable(_ sequence: UInt64) {
        let count = turns.prefix { $0.sequence <= sequence }.count
        guard count > 0 else { return }
        durableTurn = turns[count - 1].turn
        turns.removeFirst(count)
        for reclaim in reclaims where reclaim.turn <= durableTurn {
            workers?.reclaim(reclaim.record, users: reclaim.users)
        }
        reclaims.removeAll { $0.turn <= durableTurn }
        for work in fileWork where work.turn <= durableTurn { run(work.work) }
        fileWork.removeAll { $0.turn <= durableTurn }
        let now = Clock.monotonicNanoseconds()
        for token in holding {
            guard let connection = connections[token] else { continue }
            connection.release(durableTurn) { counters.observe($0, now) }
            touched.insert(token)
        }
        holding = holding.filter { connections[$0].map { !$0.held.isEmpty } ?? false }
    }

    // MARK: - Answers

    /// Gives each answer to its connection, at once or when its turn is durable.
    func deliver(_ answers: Answers) {
        for key in answers.forbidden { noteForbidden(key) }
        let now = Clock.monotonicNanoseconds()
        for answer in answers.list {
            let parkedCall = answer.isLast ? parked.end(answer.key) : nil
            let origin = parkedCall?.call.origin ?? answer.origin
            let connection = connections[answer.key.connection]
            if answer.isLast {
                counters.count(origin.operation, answers.code(of: answer))
                if log.level == .debug { note(answer, origin, answers, connection?.peer, now) }
            }
            guard let connection else { continue }
            let bytes = answers.bytes[answer.range]
            var turn = answer.turn
            if parkedCall != nil {
                connection.parkedCount -= 1
                // Nothing follows the end of a stream: its data frames that are held go first.
                turn = max(turn, connection.turnHeld(of: answer.key.stream))
            }
            if turn <= durableTurn {
                connection.deliver(bytes, of: answer.key.stream)
                if answer.isLast { counters.observe(origin, now) }
            } else {
                connection.hold(
                    bytes, of: answer.key.stream, until: turn, answer.isLast ? origin : nil)
                holding.insert(connection.token)
            }
            touched.insert(connection.token)
        }
    }

    private func flushTouched(_ now: Int64) {
        for token in touched {
            guard let connection = connections[token] else { continue }
            let isAlive = connection.flush(
                now: now, unsentNanoseconds: Int64(limits.unsentSeconds) * 1_000_000_000)
            if isAlive && isFinished(connection) && connection.lingers {
                beginDraining(connection, now)
            }
            bufferedBytes += connection.bufferedBytes - connection.countedBytes
            connection.countedBytes = connection.bufferedBytes
            if !isAlive || isFinished(connection) && !connection.isDraining {
                close(connection)
            } else {
                settle(connection)
            }
        }
        touched.removeAll(keepingCapacity: true)
        if bufferedBytes <= limits.bufferBytes && !overShare.isEmpty {
            let tokens = overShare
            overShare.removeAll()
            for token in tokens { connections[token].map(settle) }
        }
    }

    /// Whether nothing can come of the connection any more.
    private func isFinished(_ connection: Connection) -> Bool {
        if connection.hasOutput || connection.inFlight > 0 || connection.awaitsAnswers {
            return false
        }
        return connection.isClosing
            || connection.hasEnded && connection.parkedCount == 0 && !hasWholeFrame(connection)
    }

    /// Sets what the connection is watched for, and whether a deadline runs for it.
    private func settle(_ connection: Connection) {
        if isOverShare(connection) { overShare.insert(connection.token) }
        let mayTake = mayTake(connection)
        if mayTake && !connection.input.isEmpty && hasWholeFrame(connection) {
            unfinished.insert(connection.token)
        }
        let mayRead = mayTake || connection.isDraining
        var interest: Readiness = mayRead && !connection.hasEnded ? .readable : []
        if connection.hasOutput { interest.insert(.writable) }
        if interest != connection.interest {
            connection.interest = interest
            try? loop.change(connection.socket, interest, token: connection.token)
        }
        if connection.frameDeadline != nil || connection.writeDeadline != nil {
            timed.insert(connection.token)
        } else {
            timed.remove(connection.token)
        }
    }

    private func hasWholeFrame(_ connection: Connection) -> Bool {
        if connection.isHeldUp { return true }
        if connection.http != nil { return false }
        let count = FrameDecoder.byteCount(in: connection.input.span, at: 0)
        return count.map { $0 <= connection.input.count } ?? false
    }

    /// Backpressure: a client that does not read its answers, or has too many requests under way,
    /// is not read until that changes.
    private func mayTake(_ connection: Connection) -> Bool {
        !connection.isClosing && stopping == nil && connection.deferred.isEmpty
            && connection.inFlight < limits.requestsInFlight
            && connection.unsentBytes < limits.unsentBytes && !isOverShare(connection)
            && connection.exchanges < limits.parkedStreams
    }

    /// All buffers together have a limit: beyond it, who holds more than a fair share is not read.
    private func isOverShare(_ connection: Connection) -> Bool {
        bufferedBytes > limits.bufferBytes
            && connection.bufferedBytes > limits.bufferBytes / max(1, connections.count)
    }

    // MARK: - Connections

    private func armListeners() throws(SystemError) {
        for (token, listener) in listeners {
            try loop.add(listener.socket, .readable, token: token)
        }
    }

    private func acceptAll(_ listener: Listener, _ now: Int64) {
        do throws(SystemError) {
            while let socket = try UnixSocket.accept(listener.socket) {
                admit(socket, listener.kind)
            }
        } catch {
            // Out of descriptors: an armed listener would spin (reliability.md § 6).
            log.limited("accept", "\(error); resting for 100 ms")
            for listener in listeners.values { try? loop.remove(listener.socket) }
            listenerRestsUntil = now + 100_000_000
        }
    }

    /// Who is at the other end, and what it may do; nil: it may not connect.
    private func identify(
        _ socket: borrowing FileDescriptor, _ kind: Listener.Kind
    ) -> (PeerCredentials, Access.Binding)? {
        if kind == .httpPort {
            TCPSocket.prepare(socket)
            return (
                PeerCredentials(uid: CurrentProcess.uid, gid: CurrentProcess.gid, pid: 0), .port
            )
        }
        guard let peer = UnixSocket.peerCredentials(socket) else { return nil }
        if let binding = access.binding(of: peer, groups: { UnixSocket.peerGroups(socket) }) {
            return (peer, binding)
        }
        refuse("peer", "this user is bound to no account", peer)
        return nil
    }

    private func admit(_ socket: consuming FileDescriptor, _ kind: Listener.Kind) {
        guard let (peer, binding) = identify(socket, kind) else { return }
        let reserve = binding.isOwn ? limits.reservedConnections : 0
        guard connections.count < limits.connections + reserve else {
            return refuse("limit", "\(connections.count) connections are open", peer)
        }
        let user = kind == .httpPort ? Self.portUser : peer.uid
        let ofUser = foreignConnections[user, default: 0]
        guard ofUser < limits.foreignConnections else {
            return refuse("user-limit", "\(ofUser) connections of this user are open", peer)
        }
        let token = nextToken
        nextToken += 1
        let http = kind == .frames ? nil : HTTPFront(limits.http)
        let connection = Connection(token, socket, peer, binding, http)
        connection.isOfPort = kind == .httpPort
        do throws(SystemError) {
            try loop.add(connection.socket, .readable, token: token)
            connections[token] = connection
            counters.acceptedConnections += 1
            if !binding.isOwn { foreignConnections[user] = ofUser + 1 }
        } catch {
            refuse("system", "\(error)", peer)
        }
    }

    private func take(_ readiness: Readiness, of connection: Connection, _ now: Int64) {
        touched.insert(connection.token)
        let isClosed = !readiness.isDisjoint(with: .closed)
        if !readiness.isDisjoint(with: [.readable, .closed])
            && (mayTake(connection) || connection.isDraining) && !connection.hasEnded
        {
            read(connection, isClosed: isClosed, now)
        } else if isClosed {
            // What is left of the output has no reader.
            close(connection)
        }
    }

    private func read(_ connection: Connection, isClosed: Bool, _ now: Int64) {
        switch UnixSocket.receive(connection.socket, into: &scratch) {
        case .wouldBlock: return
        case .ended:
            // Whoever closed only one direction gets the answers to what was asked before.
            if isClosed || connection.isDraining {
                close(connection)
            } else {
                connection.hasEnded = true
            }
        case .bytes where connection.isDraining: break
        case .bytes(let count):
            if connection.input.isEmpty {
                let used = takeFrames(connection, scratch, count, now)
                if used < count { connection.input.append(contentsOf: scratch[used..<count]) }
            } else {
                connection.input.append(contentsOf: scratch[..<count])
                takeInput(connection, now)
            }
            noteFrameTime(connection, now)
        }
    }

    /// Handles the whole frames of what has been kept.
    private func takeInput(_ connection: Connection, _ now: Int64) {
        let bytes = connection.input
        connection.input = []
        let used = takeFrames(connection, bytes, bytes.count, now)
        // A long frame that comes in small pieces is not copied with each of them.
        connection.input = used == 0 ? bytes : Array(bytes[used...])
    }

    private func goOnWithUnfinished(_ now: Int64) {
        for token in unfinished {
            guard let connection = connections[token], mayTake(connection) else { continue }
            takeInput(connection, now)
            noteFrameTime(connection, now)
            touched.insert(token)
        }
        unfinished.removeAll(keepingCapacity: true)
    }

    /// A frame has so long from its first byte to its last. Time in which its own answers keep us
    /// from reading does not count; else frames that fill all buffers would stay for ever.
    private func noteFrameTime(_ connection: Connection, _ now: Int64) {
        if connection.isInsideFrame && (mayTake(connection) || isOverShare(connection)) {
            let limit = now + Int64(limits.frameSeconds) * 1_000_000_000
            connection.frameDeadline = connection.frameDeadline ?? limit
        } else {
            connection.frameDeadline = nil
        }
    }

    /// - Returns: where the first frame begins that is not whole.
    private func takeFrames(
        _ connection: Connection, _ bytes: [UInt8], _ end: Int, _ now: Int64
    ) -> Int {
        var position = 0
        while mayTake(connection),
            let incoming = connection.next(in: bytes, at: &position, end: end)
        {
            connection.frameDeadline = nil
            switch incoming {
            case .request(let stream, let flags, let data):
                let key = StreamKey(connection: connection.token, stream: stream)
                takeRequest(key, flags, bytes, data, connection, now)
            case .faulty(let stream, let code, let text):
                counters.faultyFrames += 1
                let key = StreamKey(connection: connection.token, stream: stream)
                protocolAnswers.addFault(key, Status(code, text))
            case .http(let event): take(event, connection)
            }
        }
        // What is left was not looked at: it is when the connection may go on.
        connection.isHeldUp = position < end && !mayTake(connection) && !connection.isClosing
        return position
    }

    private func takeRequest(
        _ key: StreamKey, _ flags: FrameFlags, _ bytes: [UInt8], _ data: Range<Int>,
        _ connection: Connection, _ now: Int64
    ) {
        let envelope: RequestEnvelope
        do throws(ProtoError) {
            envelope = try RequestEnvelope(decoding: bytes, data)
        } catch {
            let status = Status(.invalidArgument, "the request cannot be read: \(error)")
            return protocolAnswers.addFault(key, status)
        }
        let requestID = { self.catalog.assumeIsolated { $0.requestID() } }
        do throws(ProtoError) {
            let hasFixture = access.hasFixture
            guard let request = try APIRequest.decode(envelope, bytes, hasFixture: hasFixture)
            else {
                let service = String(decoding: bytes[envelope.service], as: UTF8.self)
                let method = String(decoding: bytes[envelope.method], as: UTF8.self)
                let text =
                    !hasFixture && APIRequest.isFixture(envelope, bytes)
                    ? "service \(service) is for tests: start the daemon with --fixture"
                    : "there is no operation \(method) in service \(service)"
                return protocolAnswers.add(
                    key, Status(.unimplemented, text, requestID: requestID()), turn: 0)
            }
            if case .daemon(.watch) = request, flags.isEmpty {
                let text = "Watch answers with a stream and needs request flag 1; see ReadEvents"
                return protocolAnswers.add(
                    key, Status(.invalidArgument, text, requestID: requestID()), turn: 0)
            }
            connection.unanswered += 1
            let caller = Caller(envelope, bytes, connection, hasFixture: hasFixture)
            calls.append(
                Call(
                    key: key, request: request, caller: caller,
                    deadline: envelope.deadline(from: now),
                    origin: Origin(
                        operation: OperationNumbers.number(of: caller.operation), arrival: now)))
        } catch {
            let refusal = ECSError.undecodable("\(error)", parameter: error.field)
            protocolAnswers.add(key, Status([refusal], requestID: requestID()), turn: 0)
        }
    }

    func close(_ connection: Connection) {
        guard connections.removeValue(forKey: connection.token) != nil else { return }
        if !connection.binding.isOwn {
            let user = connection.isOfPort ? Self.portUser : connection.peer.uid
            let left = foreignConnections[user, default: 1] - 1
            foreignConnections[user] = left > 0 ? left : nil
        }
        bufferedBytes -= connection.countedBytes
        timed.remove(connection.token)
        unfinished.remove(connection.token)
        deferring.remove(connection.token)
        overShare.remove(connection.token)
        for call in parked.endAll(of: connection.token) { call.progress?.cancel() }
        if listenerRestsUntil != nil { listenerRestsUntil = 0 }
    }

    // MARK: - Deadlines

    private func passDeadlines(_ now: Int64) {
        if let rest = listenerRestsUntil, rest <= now {
            listenerRestsUntil = nil
            try? armListeners()
        }
        if now < nextSweep { return passParkedDeadlines(now) }
        nextSweep = now + 250_000_000
        for token in timed {
            guard let connection = connections[token] else { continue }
            let frame = connection.frameDeadline.map { $0 <= now } ?? false
            let write = connection.writeDeadline.map { $0 <= now } ?? false
            if frame || write {
                let what = frame ? "did not finish a frame" : "does not read its answers"
                let peer = connection.peer
                log.limited(
                    "slow", "closed a connection, which \(what)",
                    ["uid": "\(peer.uid)", "pid": "\(peer.pid)"])
                counters.slowConnections += 1
                close(connection)
            } else {
                touched.insert(token)
            }
        }
        passParkedDeadlines(now)
    }

    // MARK: - The end

    private func takeSignals(_ now: Int64) {
        let count = CurrentProcess.takeSignals(signals)
        if stopping != nil || count > 1 {
            stopping = Stopping(deadline: 0)
            return
        }
        log.info("stopping: no new work; answers under way have 5 s")
        manager.tell("STOPPING=1", "STATUS=Stopping: answers under way have 5 s")
        stopping = Stopping(deadline: now + 5_000_000_000)
        listeners = [:]
        listenerRestsUntil = nil
        endParkedForStop()
        for token in connections.keys { touched.insert(token) }
    }

    /// Whether every answer has left, and every thread has let go of its files.
    private var isDrained: Bool {
        turns.isEmpty && exports.isEmpty && makings.isEmpty && examinations.isEmpty
            && calls.isEmpty && postponed.isEmpty && parked.isEmpty
            && connections.values.allSatisfy { !$0.hasOutput && $0.inFlight == 0 }
    }

    /// Whether the stop came to its end: not by a second signal, and not by its deadline.
    var hasStoppedCleanly: Bool { isDrained && stopping.map { $0.deadline > 0 } ?? false }

    /// Takes a call that waited into the next turn.
    func enqueue(_ call: Call) {
        connections[call.key.connection]?.unanswered += 1
        calls.append(call)
    }

    /// Puts a call off until the journal has grown.
    func postpone(_ call: Call) {
        connections[call.key.connection]?.unanswered += 1
        postponed.append(call)
    }
}
