import Catalog
import System

/// The configuration file (`--config`): sections of `Name = value` lines, `#` begins a comment.
///
///     [limits]                    # of every account: createimage.md § 6
///     UnfinishedSnapshots = 64
///     [daemon]                    # of every client: reliability.md § 6
///     Connections = 12000
///     [account ci]                # opened at start, with limits of its own
///     Images = 200
///     ResourceGroup = rg-web
///     AccessKey = LTAI5tExample secret   # over HTTP, with a signature that is checked
///     [peer gid=1001]             # who may connect, and as what
///     Account = ci
///     Policy = rg-web web.json
///     DiskRoot = /srv/images
///     [bucket ci]                 # where ExportImage puts what goes to OSSBucket ci
///     Path = /srv/ci
public struct Configuration: Sendable {
    public var limits = Limits()
    public var server = ServerLimits()
    public internal(set) var accounts: [ConfiguredAccount] = []
    var peers: [PeerSection] = []
    /// Directories, by the buckets' names.
    public internal(set) var buckets: [String: String] = [:]
    /// By their IDs.
    var accessKeys: [String: AccessKey] = [:]

    public init() {}

    /// What is wrong with a configuration file, or one that it names, and on which line.
    public struct Problem: Error, CustomStringConvertible {
        public let file: String
        public let line: Int
        public let reason: String
        public var description: String { "\(file):\(line): \(reason)" }
    }

    /// - Parameters:
    ///   - file: the name that problems carry; policy files stand beside it.
    ///   - readFile: gives a policy file's bytes.
    public init(
        parsing text: String, file: String,
        readFile: (String) throws(SystemError) -> [UInt8] = Self.contents
    ) throws(Problem) {
        var parser = ConfigurationParser(file: file)
        self = try parser.parse(text, readFile)
    }

    /// The bytes of a configuration or policy file, which are few.
    public static func contents(of path: String) throws(SystemError) -> [UInt8] {
        try SystemCalls.live.contents(of: path, max: 1 << 20)
    }
}

/// An `[account NAME]` section.
public struct ConfiguredAccount: Sendable, Equatable {
    public let name: String
    public internal(set) var resourceGroups: [String] = []
    /// `[limits]`, and what the section sets itself.
    public internal(set) var limits = Limits()

    init(_ name: String) { self.name = name }
}

/// An `AccessKey` of an account's section: whoever names it over HTTP is the account's, with a
/// signature that was made with the secret.
struct AccessKey: Sendable, Equatable {
    let accountID: String
    let secret: String
}

/// A `[peer uid=N]` or `[peer gid=N]` section.
struct PeerSection: Sendable {
    enum Who: Hashable, CustomStringConvertible {
        case uid(UInt32)
        case gid(UInt32)

        var description: String {
            switch self {
            case .uid(let uid): "uid=\(uid)"
            case .gid(let gid): "gid=\(gid)"
            }
        }
    }

    let who: Who
    var accounts: Set<String> = []
    /// None: the peer owns its accounts.
    var policies: [PolicyRecord] = []
    /// Any file below them may be used.
    var diskRoots: [String] = []

    init(_ who: Who) { self.who = who }
}
