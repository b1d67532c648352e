import System

/// The units by which systemd runs the daemon: a socket that it listens at, and the service behind
/// it. They are what `imaged print-unit systemd` prints.
public struct ServiceUnits: Sendable {
    /// Why there can be no such units.
    public struct Problem: Error, CustomStringConvertible {
        public let description: String
    }

    let options: DaemonOptions
    let isSystem: Bool
    let program: String
    /// Nil: the daemon finds it by itself.
    let dataDirectory: String?
    /// Nil: the default of those who look for it.
    let socketPath: String?
    let configurationFile: String?
    let httpPaths: [String]
    /// Directories where the daemon makes files beside its own.
    let writtenPaths: [String]

    /// - Parameters:
    ///   - options: what the daemon is to be started with. The socket and its group are the socket
    ///     unit's.
    ///   - isSystem: for the system's manager, as root; else for the calling user's.
    ///   - program: the daemon's path.
    public init(
        _ options: DaemonOptions, isSystem: Bool, program: String
    ) throws(Problem) {
        self.options = options
        self.isSystem = isSystem
        self.program = try Self.path(program, "--exec")
        dataDirectory = try options.dataDirectory.map { (path) throws(Problem) in
            try Self.path(path, "--data-dir")
        }
        socketPath = try options.socketPath.map { (path) throws(Problem) in
            let path = try Self.path(path, "--socket")
            if path.utf8.count <= UnixSocket.pathBytesMax && !path.hasSuffix(" ")
                && !path.contains("\\")
            {
                return path
            }
            throw Problem(
                description: """
                    --socket \(path): systemd takes at most \(UnixSocket.pathBytesMax) bytes, no \
                    backslash and no space at the end
                    """)
        }
        if let group = options.socketGroup { _ = try Self.plain(group, "--socket-group") }
        configurationFile = try options.configurationFile.map { (path) throws(Problem) in
            try Self.path(path, "--config")
        }
        let configured = try configurationFile.map { (file) throws(Problem) in
            try Self.directories(of: file)
        }
        var roots = options.diskRoots + (configured ?? [])
        var sockets: [String] = []
        for place in options.http {
            guard case .socket(let path) = place else {
                throw Problem(
                    description: "--http with a port is for tests: a unit takes unix:PATH")
            }
            let absolute = try Self.path(path, "--http")
            sockets.append(absolute)
            // The socket is made beside others, in a folder that is there.
            let folder = absolute.split(separator: "/").dropLast()
            roots.append("/" + folder.joined(separator: "/"))
        }
        httpPaths = sockets
        var written: [String] = []
        for root in roots where !written.contains(root) {
            written.append(try Self.path(root, "the directory"))
        }
        writtenPaths = written
    }

    /// The buckets and the peers' disk roots.
    private static func directories(of file: String) throws(Problem) -> [String] {
        do {
            let bytes = try Configuration.contents(of: file)
            let configuration = try Configuration(
                parsing: String(decoding: bytes, as: UTF8.self), file: file)
            return configuration.peers.flatMap(\.diskRoots)
                + configuration.buckets.values.sorted()
        } catch {
            throw Problem(description: "--config: \(error)")
        }
    }

    /// An absolute path that a line of a unit can hold.
    private static func path(_ text: String, _ name: String) throws(Problem) -> String {
        let text = try plain(text, name)
        return text.hasPrefix("/") ? text : "\(CurrentProcess.workingDirectory)/\(text)"
    }

    private static func plain(_ text: String, _ name: String) throws(Problem) -> String {
        if !text.isEmpty && !text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) {
            return text
        }
        throw Problem(
            description: "\(name) \(Log.escaped(text)): a unit cannot hold control characters")
    }

    // MARK: Where they go

    /// Where the manager looks for units that its administrator makes.
    var directory: String {
        if isSystem { return "/etc/systemd/system" }
        let configuration = CurrentProcess.environment("XDG_CONFIG_HOME") ?? ""
        if configuration.hasPrefix("/") { return "\(configuration)/systemd/user" }
        return "\(CurrentProcess.environment("HOME") ?? "~")/.config/systemd/user"
    }

    var files: [(path: String, text: String)] {
        [("\(directory)/imaged.socket", socket), ("\(directory)/imaged.service", service)]
    }

    /// Both units, each behind a line with its path.
    public var text: String { files.map { "# \($0.path)\n\($0.text)" }.joined(separator: "\n") }

    // MARK: The units

    static let mark = "# Made by imaged print-unit systemd; changes belong in drop-ins.\n"

    var socket: String {
        var lines = [
            "[Unit]", "Description=Socket of imaged, the local ECS image service", "", "[Socket]",
        ]
        let path = socketPath.map(Self.withoutSpecifiers)
        lines.append(
            "ListenStream=\(path ?? (isSystem ? "/run/imaged/imaged.sock" : "%t/imaged/imaged.sock"))"
        )
        if let group = options.socketGroup {
            lines += [
                "# Who of the group may connect says the daemon's configuration file.",
                "SocketGroup=\(group)", "SocketMode=0660", "DirectoryMode=0755",
            ]
        } else {
            lines += ["SocketMode=0600", "DirectoryMode=0700"]
        }
        lines += [
            "FileDescriptorName=imaged", "RemoveOnStop=yes", "", "[Install]",
            "WantedBy=sockets.target",
        ]
        return Self.mark + lines.joined(separator: "\n") + "\n"
    }

    var service: String {
        var lines = [
            "[Unit]", "Description=imaged, the local ECS image service",
            "Requires=imaged.socket", "After=imaged.socket",
        ]
        let mounts = (dataDirectory.map { [$0] } ?? []) + writtenPaths
        if !mounts.isEmpty { lines.append("RequiresMountsFor=\(Self.list(mounts))") }
        lines += [
            "", "[Service]", "Type=notify", "NotifyAccess=main", "ExecStart=\(commandLine)",
            "Restart=on-failure", "RestartSec=1",
            "# Wrong usage, damaged data, wrong configuration: another start would not help.",
            "RestartPreventExitStatus=64 65 78", "WatchdogSec=60", "LimitNOFILE=65536",
            "UMask=0077", "",
        ]
        lines += isSystem ? systemHardening : Self.userHardening
        lines += [
            "", "[Install]", "WantedBy=\(isSystem ? "multi-user.target" : "default.target")",
            "Also=imaged.socket",
        ]
        return Self.mark + lines.joined(separator: "\n") + "\n"
    }

    /// The daemon with its options, but for those that the socket unit has.
    private var commandLine: String {
        var words: [String] = []
        if let dataDirectory { words += ["--data-dir", dataDirectory] }
        if options.durability == .ephemeral { words.append("--ephemeral") }
        if let configurationFile { words += ["--config", configurationFile] }
        if options.workers != DaemonOptions().workers {
            words += ["--workers", "\(options.workers)"]
        }
        for root in options.diskRoots { words += ["--disk-root", root] }
        if options.hasFixture { words.append("--fixture") }
        for path in httpPaths { words += ["--http", "unix:\(path)"] }
        if let group = options.socketGroup, !options.http.isEmpty {
            words += ["--socket-group", group]
        }
        if options.logLevel != .info { words += ["--log-level", options.logLevel.rawValue] }
        let arguments = words.map { Self.word($0.replacing("$", with: "$$")) }
        return ([Self.word(program)] + arguments).joined(separator: " ")
    }

    // MARK: Quoting (systemd.syntax(7), systemd.service(5))

    static func withoutSpecifiers(_ text: String) -> String { text.replacing("%", with: "%%") }

    static func word(_ text: String) -> String {
        let text = withoutSpecifiers(text)
        guard text.contains(where: { " \"'\\;".contains($0) }) else { return text }
        let escaped = text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        return "\"\(escaped)\""
    }

    static func list(_ paths: [String]) -> String { paths.map(word).joined(separator: " ") }
}
