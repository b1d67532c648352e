import System

/// Who asks for a path to be opened (`reliability.md` S4).
public struct Peer: Sendable, Equatable {
    public let uid: UInt32
    /// What files that are made for it belong to; nil: whatever the directory gives them.
    public let gid: UInt32?
    /// Our own uid or root: files are opened as the daemon can.
    public let isTrusted: Bool
    /// Where a peer that is not trusted may name files of its own.
    public let diskRoots: [String]
    /// Where it may name any file.
    public let grantedRoots: [String]

    public init(
        uid: UInt32, gid: UInt32? = nil, isTrusted: Bool, diskRoots: [String] = [],
        grantedRoots: [String] = []
    ) {
        self.uid = uid
        self.gid = gid
        self.isTrusted = isTrusted
        self.diskRoots = diskRoots
        self.grantedRoots = grantedRoots
    }

    /// How the peer reaches `path`; nil: it may not name it.
    func place(of path: String) -> RootedPath? {
        for (roots, isGranted) in [(grantedRoots, true), (diskRoots, false)] {
            for root in roots {
                if let place = RootedPath(path, under: root, isGranted) { return place }
            }
        }
        return nil
    }

    /// The granted root that `path` is below; empty: it is below none, or needs none.
    public func grantedRoot(of path: String) -> String {
        guard !isTrusted, let place = place(of: path), place.isGranted else { return "" }
        return place.root
    }

    /// What is wrong with a path that has no place, and what to do.
    func refusal(of path: String) -> (reason: String, hint: String) {
        let roots = (grantedRoots + diskRoots).map(quoted)
        if roots.isEmpty {
            return (
                "user \(uid) may not name files for the daemon to use",
                "ask as the daemon's own user or as root; an operator may set disk roots"
            )
        }
        return (
            "\(quoted(path)) is not under a disk root of user \(uid)",
            "give an absolute path without .. under \(roots.joined(separator: " or "))"
        )
    }

    /// The one answer for everything that is not its own, also for what does not exist: it is
    /// told nothing of directories that it could not enter itself.
    func refusal(ofForeign path: String, _ what: String) -> (reason: String, hint: String) {
        (
            "there is no \(what) \(quoted(path)) of user \(uid)",
            "give one that exists, belongs to this user and is reached without symbolic links"
        )
    }
}

/// A path below a root: what leads there is opened part by part, and no symbolic link is followed.
/// The root itself is the operator's, links on the way to it included.
struct RootedPath {
    let root: String
    /// Whether the configuration grants every file below, and not only those of the peer.
    let isGranted: Bool
    /// Names, none of them `.` or `..`; empty: the root itself.
    let parts: [String]

    /// Nil: the path does not lead there.
    init?(_ path: String, under root: String, _ isGranted: Bool) {
        guard let all = Self.parts(path), let above = Self.parts(root), all.starts(with: above)
        else { return nil }
        self.root = root
        self.isGranted = isGranted
        parts = Array(all[above.count...])
    }

    private static func parts(_ path: String) -> [String]? {
        let slash = UInt8(ascii: "/")
        guard path.utf8.first == slash, !path.utf8.contains(0) else { return nil }
        // By bytes: a combining character after a slash would hide it.
        let parts = path.utf8.split(separator: slash).map { String(Substring($0)) }
        return parts.contains("..") ? nil : parts.filter { $0 != "." }
    }

    /// Opens what the path names.
    func open(_ flags: OpenFlags, _ calls: SystemCalls) throws(SystemError) -> FileDescriptor {
        guard let last = parts.last else { return try calls.openFile(root, flags) }
        var directory = try calls.openFile(root, [.path, .directory])
        for part in parts.dropLast() {
            directory = try calls.openFile(part, in: directory, [.path, .directory, .noFollow])
        }
        return try calls.openFile(last, in: directory, flags.union(.noFollow))
    }
}

extension SystemCalls {
    /// Opens a path by its place below a root; without one, as this process sees it.
    func openFile(
        _ path: String, at place: RootedPath?, _ flags: OpenFlags
    ) throws(SystemError) -> FileDescriptor {
        if let place { return try place.open(flags, self) }
        return try openFile(path, flags)
    }
}

extension Errno {
    /// What `RootedPath.open` meets where there is nothing that it may open.
    var meansUnreachable: Bool {
        [.notFound, .accessDenied, .notPermitted, .notDirectory, .tooManyLinks, .noDevice]
            .contains(self)
    }
}
