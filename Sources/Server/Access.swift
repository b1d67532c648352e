import Catalog
import Snapshots
import System

/// Who may connect and as what (`reliability.md` S3), and which files they may name (S4): what the
/// configuration file and the command line say of it.
struct Access: Sendable {
    /// Stands for every user, or group, of another user namespace: it is nobody in particular.
    static let overflowID: UInt32 = 65_534

    /// What a connection may do: fixed when it is accepted.
    struct Binding: Sendable {
        /// The daemon's own user and root: bound to everything.
        static let own = Binding(authority: .daemon, isOwn: true, diskRoots: [])

        /// A peer of the port: the daemon's own user to all accounts, for nobody else is known,
        /// but files are open to it only below `--disk-root`.
        static let port = Binding(authority: .daemon, isOwn: false, diskRoots: [])

        let authority: Authority
        let isOwn: Bool
        /// Roots below which it may use any file.
        let diskRoots: [String]
    }

    /// Whether the service Fixture and the metadata `ram-user` are there.
    let hasFixture: Bool
    private let ownUID: UInt32
    /// Roots below which everybody who may connect may use files of his own.
    private let diskRoots: [String]
    private let bindings: [PeerSection.Who: Binding]
    private let gids: [UInt32]
    private let buckets: [String: String]
    /// By their IDs.
    let accessKeys: [String: AccessKey]

    init(
        _ configuration: Configuration = Configuration(), diskRoots: [String] = [],
        hasFixture: Bool = false, ownUID: UInt32 = CurrentProcess.uid
    ) {
        self.hasFixture = hasFixture
        self.ownUID = ownUID
        self.diskRoots = diskRoots
        var bindings: [PeerSection.Who: Binding] = [:]
        for peer in configuration.peers {
            let authority = Authority(
                accounts: peer.accounts, policies: peer.policies.isEmpty ? nil : peer.policies)
            bindings[peer.who] = Binding(
                authority: authority, isOwn: false, diskRoots: peer.diskRoots)
        }
        self.bindings = bindings
        gids = configuration.peers.compactMap { peer in
            if case .gid(let gid) = peer.who { gid } else { nil }
        }
        buckets = configuration.buckets
        accessKeys = configuration.accessKeys
    }

    /// A root or bucket as it is kept: absolute, without needless slashes; nil: it is none.
    static func root(_ path: String) -> String? {
        let parts = path.utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }
        guard path.utf8.first == UInt8(ascii: "/"), !path.utf8.contains(0),
            !parts.contains("..")
        else { return nil }
        return "/" + parts.filter { $0 != "." }.joined(separator: "/")
    }

    // MARK: Who

    /// What a peer is bound to; nil: it may not connect. A section for its uid counts alone, else
    /// all those for its groups together.
    ///
    /// - Parameter groups: its supplementary groups, asked for only where they matter.
    func binding(of peer: PeerCredentials, groups: () -> [UInt32]) -> Binding? {
        if peer.uid == Self.overflowID { return nil }
        if peer.uid == ownUID || peer.uid == 0 { return .own }
        if let binding = bindings[.uid(peer.uid)] { return binding }
        if gids.isEmpty { return nil }
        let groups = Set([peer.gid] + groups())
        let matching = gids.filter(groups.contains).compactMap { bindings[.gid($0)] }
        if matching.count < 2 { return matching.first }
        return Binding(
            authority: Authority(joining: matching.map(\.authority)), isOwn: false,
            diskRoots: matching.flatMap(\.diskRoots))
    }

    // MARK: Files

    /// The peer as files are opened and made for it.
    ///
    /// - Parameter bucket: the bucket that it exports to, which is the operator's to name.
    func peer(_ credentials: PeerCredentials, _ binding: Binding, bucket: String = "") -> Peer {
        let buckets = [self.buckets[bucket]].compactMap { $0 }
        return Peer(
            uid: credentials.uid, gid: credentials.gid, isTrusted: binding.isOwn,
            diskRoots: diskRoots, grantedRoots: binding.diskRoots + buckets)
    }

    /// The peer that registered a disk, for a job that opens its file afresh.
    ///
    /// - Parameter root: by which root it was granted; empty: by none.
    func peer(ofJob uid: Int64, root: String) -> Peer {
        let uid = UInt32(truncatingIfNeeded: uid)
        return Peer(
            uid: uid, gid: nil, isTrusted: uid == ownUID || uid == 0,
            diskRoots: root.isEmpty ? diskRoots : [],
            grantedRoots: grants(uid, root) ? [root] : [])
    }

    /// The peer for whom files were made that are to be removed: a bucket is a root then, too.
    func peer(ofReclaim uid: Int64, root: String) -> Peer {
        let peer = peer(ofJob: uid, root: root)
        guard buckets.values.contains(root) else { return peer }
        return Peer(
            uid: peer.uid, gid: nil, isTrusted: peer.isTrusted, diskRoots: [],
            grantedRoots: [root])
    }

    /// Whether the configuration still grants the root: to the user, or to some group where no
    /// section is the user's own. Which groups a user has is known only while it is connected.
    private func grants(_ uid: UInt32, _ root: String) -> Bool {
        if let own = bindings[.uid(uid)] { return own.diskRoots.contains(root) }
        return gids.contains { bindings[.gid($0)]?.diskRoots.contains(root) ?? false }
    }
}
