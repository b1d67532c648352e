import Catalog
import ECS
import Journal
import Snapshots
import System
import Wire

/// How the daemon is started: what the command line says.
public struct DaemonOptions: Sendable {
    public enum Durability: String, Sendable, CaseIterable {
        /// An answer leaves when what it tells is on disk.
        case always
        /// Nothing is written; real files are refused.
        case ephemeral
    }

    public var socketPath: String?
    public var dataDirectory: String?
    public var durability = Durability.always
    public var configurationFile: String?
    public var workers = 4
    /// A name or a number: the group that may reach the socket.
    public var socketGroup: String?
    /// Where everybody who may connect may use files of his own.
    public var diskRoots: [String] = []
    /// Whether the service Fixture is there.
    public var hasFixture = false
    /// Where HTTP is spoken: the service ECS for those who know nothing else.
    public var http: [HTTPPlace] = []
    /// A descriptor that is told "ready" and closed when requests are answered.
    public var readyDescriptor: Int32?
    public var logLevel = LogLevel.info

    /// A `--http`.
    public enum HTTPPlace: Sendable, Equatable {
        /// A Unix socket, whose peers are known as those of the binary socket are.
        case socket(path: String)
        /// A port, which only `--fixture` opens: nobody knows who its peers are.
        case port(TCPSocket.Address)

        /// `unix:PATH`, `ADDR:PORT` or `PORT`; nil: it is none of these.
        public init?(_ text: String) {
            if text.hasPrefix("unix:") {
                let path = String(text.dropFirst("unix:".count))
                if path.isEmpty { return nil }
                self = .socket(path: path)
            } else {
                guard let address = TCPSocket.Address(text) else { return nil }
                self = .port(address)
            }
        }
    }

    public init() {}

    /// A `--disk-root` as it is kept; nil: it is none.
    public static func diskRoot(_ path: String) -> String? { Access.root(path) }
}

/// Why the daemon did not start, or stopped: the exit status and a line for its operator.
public struct DaemonFailure: Error, CustomStringConvertible {
    public static let usage: Int32 = 64
    public static let damaged: Int32 = 65
    public static let unusable: Int32 = 73
    public static let inputOutput: Int32 = 74
    public static let alreadyRunning: Int32 = 75
    public static let configuration: Int32 = 78

    public let status: Int32
    public let description: String

    init(_ status: Int32, _ description: String) {
        self.status = status
        self.description = description
    }
}

/// The wiring of everything, and the order in which a start takes what it needs.
public enum Daemon {
    /// What `--version` prints.
    public static let version = imagedVersion

    /// Writes to standard error why the program ends.
    public static func complain(_ text: String) { Log.last(text) }

    /// Runs until a signal ends it. On the calling thread, which becomes the loop's.
    public static func run(_ options: DaemonOptions) throws {
        let manager = ServiceManager()
        do {
            try run(options, manager)
        } catch {
            manager.tell("STATUS=\(error)")
            throw error
        }
    }

    private static func run(_ options: DaemonOptions, _ manager: ServiceManager) throws {
        // Before anything is opened, whose number it could have.
        let passed = try passedListener(options)
        let ready = try readyDescriptor(options)
        let descriptorsMax = CurrentProcess.becomeDaemon()
        let signals = try CurrentProcess.stopSignals()
        let log = Log(level: options.logLevel)
        let configuration = try configuration(options)
        let access = Access(
            configuration, diskRoots: options.diskRoots,
            hasFixture: options.hasFixture)
        let places = try Places(options, passed)
        let loop = try EventLoop()
        let reports = Mailbox<Report>(loop)
        manager.tell("STATUS=Reading the data directory")
        let storage = try Storage(places, options.workers, reports, access, log, manager)
        let catalog = makeCatalog(loop, configuration, options, storage, places)
        try catalog.assumeIsolated { catalog in
            do throws(Refusal) {
                try catalog.openAccount("default")
                for account in configuration.accounts {
                    try catalog.openAccount(
                        account.name, resourceGroups: account.resourceGroups)
                }
                catalog.damaged(storage.damages)
                try catalog.placeDisks()
            } catch {
                throw DaemonFailure(
                    DaemonFailure.inputOutput, "no room for a first record in the journal")
            }
        }
        let (listeners, ports) = try listen(places, options)
        var limits = configuration.server
        // A copy reads a few segments of its parent at a time, twice.
        let forCopies = storage.workers == nil ? 0 : 64 * options.workers
        let reserved = limits.reservedDescriptors + forCopies
        limits.connections = min(limits.connections, max(16, descriptorsMax - reserved))
        let server = Server(
            loop: loop, catalog: catalog, journal: storage.journal, workers: storage.workers,
            reports: reports, limits: limits, access: access,
            facts: facts(places, options, limits), log: log, manager: manager,
            listeners: listeners, signals: signals)
        try server.assumeIsolated { try $0.start() }
        announce(ready, ports)
        manager.tell("READY=1", "STATUS=Serving \(places.socket.path)")
        log.info(
            "ready",
            [
                "version": version, "socket": places.socket.path,
                "http": (places.httpSockets.map(\.path) + ports.map { "\($0)" })
                    .joined(separator: ","),
                "data_directory": places.dataDirectory ?? "",
                "durability": options.durability.rawValue,
            ])
        loop.run { events in server.assumeIsolated { $0.turn(events) } }
        for place in [places.socket] + places.httpSockets { place.remove() }
        // A disk that hangs has had its 5 s; what it still has to write was not acknowledged.
        if !server.assumeIsolated({ $0.hasStoppedCleanly }) { CurrentProcess.exitNow(0) }
        _ = storage.journal?.stop()
        withExtendedLifetime((server, catalog, places)) {}
    }

    private static func makeCatalog(
        _ loop: EventLoop, _ configuration: Configuration, _ options: DaemonOptions,
        _ storage: Storage, _ places: Places
    ) -> Catalog {
        var random = KernelRandom()
        let journal = storage.journal
        let workers = storage.workers
        var environment = Environment(
            now: Clock.wallNanoseconds, randomSeed: random.next(),
            takesRealFiles: workers != nil,
            reserve: { byteCount, isRelease in
                switch journal?.reserve(byteCount, isRelease: isRelease) {
                case .granted, nil: .granted
                case .growing: .growing
                case .full, .tooLarge: .full
                }
            },
            progress: { workers?.percent(of: $0) })
        environment.buckets = configuration.buckets
        environment.dataDirectory = places.dataDirectory ?? ""
        let limits = configuration.accounts.map { ($0.name, $0.limits) }
        return Catalog(
            executor: loop, environment: environment, limits: configuration.limits,
            limitsOfAccount: Dictionary(uniqueKeysWithValues: limits), workers: options.workers,
            recovered: storage.recovered)
    }

    private static func configuration(_ options: DaemonOptions) throws -> Configuration {
        guard let file = options.configurationFile else { return Configuration() }
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try Configuration.contents(of: file)
        } catch {
            throw DaemonFailure(DaemonFailure.configuration, "--config \(error)")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw DaemonFailure(DaemonFailure.configuration, "--config \(file): not UTF-8")
        }
        do throws(Configuration.Problem) {
            return try Configuration(parsing: text, file: file)
        } catch {
            throw DaemonFailure(DaemonFailure.configuration, "\(error)")
        }
    }

    private static func facts(
        _ places: Places, _ options: DaemonOptions, _ limits: ServerLimits
    ) -> ServerFacts {
        var facts = ServerFacts()
        facts.mode = options.durability.rawValue
        facts.dataDirectory = places.dataDirectory ?? ""
        facts.processID = Int64(CurrentProcess.pid)
        facts.connectionsMax = Int32(clamping: limits.connections)
        // What cannot be looked at is told as not known; it is no reason not to start.
        facts.fileSystem = places.dataDirectory.flatMap { try? FileSystemFeatures(of: $0) }
        return facts
    }

    /// The socket that a service manager listens at for us (S8).
    private static func passedListener(
        _ options: DaemonOptions
    ) throws(DaemonFailure) -> PassedListener? {
        let passed: PassedListener?
        do throws(PassedListener.Problem) {
            passed = try PassedListener.take()
        } catch {
            throw DaemonFailure(DaemonFailure.unusable, "\(error)")
        }
        guard let passed else { return nil }
        let hasHTTP = options.http.contains { if case .socket = $0 { true } else { false } }
        let names = [
            options.socketPath.map { _ in "--socket" },
            options.socketGroup.flatMap { _ in hasHTTP ? nil : "--socket-group" },
            options.readyDescriptor == PassedListener.firstNumber ? "--ready-fd 3" : nil,
        ]
        if let name = names.compactMap({ $0 }).first {
            throw DaemonFailure(
                DaemonFailure.usage,
                """
                \(name): the service manager has passed on the socket \(passed.path), which is \
                its own to place; leave the option out
                """)
        }
        return passed
    }

    private static func readyDescriptor(
        _ options: DaemonOptions
    ) throws(DaemonFailure) -> FileDescriptor? {
        guard let number = options.readyDescriptor else { return nil }
        if let inherited = CurrentProcess.inherited(number) { return inherited }
        throw DaemonFailure(
            DaemonFailure.usage, "--ready-fd \(number): no such descriptor was passed on")
    }

    /// The listeners, and the ports that they are at.
    private static func listen(
        _ places: Places, _ options: DaemonOptions
    ) throws -> ([Listener], [TCPSocket.Address]) {
        var listeners = [Listener(try places.socket.listen(), .frames)]
        for place in places.httpSockets { listeners.append(Listener(try place.listen(), .http)) }
        var ports: [TCPSocket.Address] = []
        for case .port(var address) in options.http {
            do throws(SystemError) {
                listeners.append(Listener(try TCPSocket.listen(at: &address), .httpPort))
            } catch {
                throw DaemonFailure(DaemonFailure.unusable, "--http \(error)")
            }
            ports.append(address)
        }
        return (listeners, ports)
    }

    /// Tells whoever started the daemon; the descriptor is closed with it. "ready" comes last.
    private static func announce(
        _ ready: consuming FileDescriptor?, _ ports: [TCPSocket.Address]
    ) {
        guard let ready else { return }
        let lines = ports.map { "http \($0)\n" }.joined() + "ready\n"
        CurrentProcess.write(lines, to: ready.rawValue)
        CurrentProcess.retire(ready)
    }
}

/// Tells the service manager now and then that a long recovery goes on: it would give up else.
private struct RecoveryProgress {
    private let manager: ServiceManager
    private var byteCount = 0
    private var nextTime = Clock.monotonicNanoseconds() + 2_000_000_000

    init(_ manager: ServiceManager) { self.manager = manager }

    mutating func advance(_ bytes: Int) {
        byteCount += bytes
        let now = Clock.monotonicNanoseconds()
        if now < nextTime { return }
        nextTime = now + 2_000_000_000
        manager.tell(
            "STATUS=Reading the journal: \(byteCount >> 20) MiB so far",
            "EXTEND_TIMEOUT_USEC=60000000")
    }
}

/// What is kept on disk, opened and recovered: nothing of it without a data directory.
private struct Storage {
    var recovered = Recovered()
    var journal: Journal?
    var workers: Workers?
    /// Snapshots whose files are missing or have wrong headers.
    var damages: [FoundDamage] = []

    init(
        _ places: Places, _ jobsMax: Int, _ reports: Mailbox<Report>, _ access: Access, _ log: Log,
        _ manager: ServiceManager
    ) throws {
        guard let directory = places.dataDirectory else { return }
        let store: SnapshotStore
        do throws(SystemError) {
            store = try SnapshotStore(directory: directory)
        } catch {
            throw DaemonFailure(DaemonFailure.unusable, "data directory \(directory): \(error)")
        }
        try refuseLostJournal(directory)
        try openJournal(directory, reports, log, manager)
        manager.tell("STATUS=Looking at the snapshots", "EXTEND_TIMEOUT_USEC=60000000")
        try clean(store, log)
        workers = Workers(
            store: store, reports: reports, access: access, jobsMax: jobsMax,
            reserveBytes: 64 << 20)
    }

    /// Snapshots without any journal or checkpoint: those were removed by hand. A new journal would
    /// know no snapshot, and the next step would delete them all.
    private func refuseLostJournal(_ directory: String) throws {
        let calls = SystemCalls.live
        let names = try calls.names(in: calls.openFile(directory, [.readOnly, .directory]))
        if names.contains(where: { $0.hasPrefix("journal-") || $0.hasPrefix("checkpoint-") }) {
            return
        }
        let (manifests, disks) = try (
            calls.names(in: calls.openFile("\(directory)/manifests", [.readOnly, .directory])),
            calls.names(in: calls.openFile("\(directory)/disks", [.readOnly, .directory]))
        )
        if manifests.isEmpty && disks.isEmpty { return }
        throw DaemonFailure(
            DaemonFailure.damaged,
            """
            \(directory) has \(manifests.count) snapshots in manifests/ and \(disks.count) files \
            in disks/ but no journal and no checkpoint. Nothing was changed. Put those files back; \
            or, if they are not wanted, name an empty directory with --data-dir.
            """)
    }

    private mutating func openJournal(
        _ directory: String, _ reports: Mailbox<Report>, _ log: Log, _ manager: ServiceManager
    ) throws {
        var recovered = Recovered()
        var progress = RecoveryProgress(manager)
        do {
            let (journal, report) = try Journal.open(
                directory: directory,
                replay: { payload in
                    progress.advance(payload.count)
                    try recovered.replay(Array(payload))
                },
                events: { event in
                    if case .failed(let error) = event {
                        // R8: nothing that is not durable may be answered. The disk is read again
                        // by the next start.
                        log.error("the journal cannot be written: \(error); stopping at once")
                        CurrentProcess.exitNow(DaemonFailure.inputOutput)
                    }
                    reports.post(.journal(event))
                })
            self.journal = journal
            if let torn = report.torn {
                log.warning(
                    """
                    \(torn.file) ended in a record that was cut while it was written \
                    (\(torn.sequence), \(torn.byteCount) bytes, never acknowledged); a copy is in \
                    \(torn.copy)
                    """)
            }
        } catch let error as JournalError {
            throw DaemonFailure(DaemonFailure.damaged, "\(error)")
        } catch let error as ProtoError {
            throw DaemonFailure(
                DaemonFailure.damaged,
                """
                \(directory): the journal is whole, but holds a change that cannot be read: \
                \(error). Was it written by a later version?
                """)
        } catch {
            throw DaemonFailure(DaemonFailure.inputOutput, "data directory \(directory): \(error)")
        }
        self.recovered = recovered
    }

    /// Removes what no snapshot names: half copies, and what was being deleted. After a repair it
    /// is set aside.
    private mutating func clean(_ store: SnapshotStore, _ log: Log) throws {
        let (manifests, segments) = recovered.state.filesInUse()
        do throws(SystemError) {
            let (files, place) = try store.clearOrphans(
                keepingManifests: Set(manifests.map { UInt64($0) }),
                segments: Set(segments.map { UInt64($0) }),
                disks: recovered.state.diskFilesInUse())
            if let place {
                log.warning(
                    "after the repair nothing names \(files.count) files of data any more;"
                        + " they are in \(place): remove it when nobody wants them")
            } else if !files.isEmpty {
                log.info("removed unfinished files: \(files.count)")
            }
        } catch {
            throw DaemonFailure(DaemonFailure.inputOutput, "data directory: \(error)")
        }
        for failure in store.check(manifests: manifests.map { UInt64($0) }.sorted()) {
            log.error("snapshot data: \(failure.reason); everything else is served")
            if failure.isDamage { damages.append(FoundDamage(failure)) }
        }
    }
}
