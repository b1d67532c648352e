import ImagedClient
import System

/// Where a daemon was looked for, and what is there.
struct DoctorSearch: Sendable {
    private let places: [String]
    private(set) var checks: [DoctorCheck] = []
    private let isNamed: Bool

    private static let calls = SystemCalls.live
    private static let me = CurrentProcess.uid

    /// - Parameter explicit: what `--socket` says.
    init(explicit: String?) {
        places = SocketSearch.places(explicit: explicit)
        let variable = CurrentProcess.environment("IMAGED_SOCKET") ?? ""
        isNamed = explicit != nil || !variable.isEmpty
        let source = explicit != nil ? " (--socket)" : isNamed ? " (IMAGED_SOCKET)" : ""
        for place in places {
            var check = Self.look(at: place)
            check.finding = "\(place)\(source): \(check.finding)"
            checks.append(check)
            // A client goes no further either.
            if check.finding.hasSuffix(Self.listens) { break }
        }
    }

    private static let listens = "a daemon listens"

    /// What is at one place.
    private static func look(at path: String) -> DoctorCheck {
        let status: FileStatus
        do throws(SystemError) {
            status = try calls.status(of: path)
        } catch {
            return missing(path, error.errno)
        }
        guard status.kind == .socket else {
            return DoctorCheck(
                "socket", .problem, "there is a file, but no socket",
                "Move it away, or name another socket: imaged --socket PATH.")
        }
        let owner = status.uid == me ? "you" : "uid \(status.uid)"
        let mode = String(status.permissions, radix: 8)
        let file = "a socket of \(owner), mode 0\(mode)"
        do throws(SystemError) {
            _ = try ClientSocket(connectingTo: path)
            return DoctorCheck("socket", .ok, "\(file): \(listens)")
        } catch {
            switch error.errno {
            case .connectionRefused:
                return DoctorCheck(
                    "socket", .problem, "\(file), left over: no daemon listens",
                    "Start the daemon: it takes the place of the old socket.")
            case .accessDenied:
                return DoctorCheck(
                    "socket", .problem, "\(file): you (uid \(me)) may not connect",
                    status.permissions & 0o020 != 0
                        ? "Be a member of group \(status.gid), and let a [peer] section of the"
                            + " daemon's --config name you."
                        : "Start the daemon with --socket-group, and let a [peer] section of its"
                            + " --config name you.")
            case .wouldBlock:
                return DoctorCheck(
                    "socket", .problem, "\(file): the daemon takes no new connections",
                    "It has more callers than it can take, or hangs: its log says which.")
            default: return DoctorCheck("socket", .problem, "\(file): \(error.errno)")
            }
        }
    }

    private static func missing(_ path: String, _ errno: Errno) -> DoctorCheck {
        let directory = parent(path)
        switch errno {
        case .notFound:
            let isThere = (try? calls.status(of: directory)) != nil
            return DoctorCheck(
                "socket", .ok, isThere ? "no socket there" : "no directory \(directory)")
        case .accessDenied:
            let status = try? calls.status(of: directory)
            let owner = status.map {
                " of uid \($0.uid), group \($0.gid), mode 0\(String($0.permissions, radix: 8))"
            }
            return DoctorCheck(
                "socket", .problem,
                "you (uid \(me)) may not enter \(directory)\(owner ?? "")",
                """
                Be a member of the group that imaged --socket-group names; a new login is needed \
                after it was added.
                """)
        case .nameTooLong:
            return DoctorCheck(
                "socket", .problem, "the path is longer than \(UnixSocket.pathBytesMax) bytes",
                "Choose a shorter one with --socket, for the daemon and here.")
        default: return DoctorCheck("socket", .problem, "\(errno)")
        }
    }

    private static func parent(_ path: String) -> String {
        let slash = path.lastIndex(of: "/") ?? path.startIndex
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// Whether others could put a socket of their own in the place of this one.
    func directoryCheck(_ socket: String) -> [DoctorCheck] {
        let directory = Self.parent(socket)
        guard let status = try? Self.calls.status(of: directory) else { return [] }
        let mode = "0" + String(status.permissions, radix: 8)
        let finding = "\(directory) of uid \(status.uid), mode \(mode)"
        let isOpen = status.permissions & 0o022 != 0
        let isStrange = status.uid != Self.me && status.uid != 0
        if !isOpen && !isStrange { return [DoctorCheck("directory", .ok, finding)] }
        return [
            DoctorCheck(
                "directory", .warning,
                isOpen ? "\(finding): others can write there" : finding,
                isOpen
                    ? "chmod go-w \(directory), or anybody can stand in for the daemon."
                    : "Whoever owns it can stand in for the daemon: trust uid \(status.uid)?")
        ]
    }

    /// How to come to a daemon, where none answers.
    var start: String {
        if let data = DefaultPlaces.dataDirectory, let pid = Self.runningDaemon(data) {
            return """
                Process \(pid) has the data directory \(data): name its socket by --socket or \
                IMAGED_SOCKET.
                """
        }
        let beside = Self.parent(CurrentProcess.executablePath)
        guard let program = ChildProcess.find("imaged", orIn: [beside]) else {
            return "Install imaged: it is neither in PATH nor in \(beside)."
        }
        let named = "Or name the socket of one that runs: --socket PATH, or IMAGED_SOCKET."
        if isNamed { return "Start one: \(program) --socket \(places[0]). \(named)" }
        let socket = DefaultPlaces.socket(dataDirectory: DefaultPlaces.dataDirectory)
        return "Start one: \(program). It listens at \(socket ?? "--socket PATH") then. \(named)"
    }

    /// The process that the data directory's lock names, if it is a daemon that runs.
    private static func runningDaemon(_ directory: String) -> Int? {
        guard let text = try? calls.contents(of: "\(directory)/lock", max: 64),
            let pid = Int(String(decoding: text, as: UTF8.self).prefix { $0.isNumber }),
            let name = try? calls.contents(of: "/proc/\(pid)/comm", max: 64)
        else { return nil }
        return String(decoding: name, as: UTF8.self).hasPrefix("imaged") ? pid : nil
    }
}
