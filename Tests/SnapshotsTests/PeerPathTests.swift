import Foundation
import System
import TestSupport
import Testing

@testable import Snapshots

/// S4 in process: this user plays a peer that is not trusted.
@Suite struct PeerPathTests {
    let fixture: Fixture

    init() throws {
        fixture = try Fixture()
        try makeDisk(fixture.disk, size: 3 * cluster, [(0, Data(repeating: 5, count: cluster))])
    }

    private func peer(roots: [String] = [], granted: [String] = [], uid: UInt32 = getuid()) -> Peer
    {
        Peer(uid: uid, isTrusted: false, diskRoots: roots, grantedRoots: granted)
    }

    @Test(arguments: [
        ("/a/b", "/a", ["b"]), ("/a", "/a", []), ("/a/", "/a", []),
        ("/a//b/./c", "/a/", ["b", "c"]),
        ("/b", "/", ["b"]), ("/ab", "/a", nil), ("/", "/a", nil), ("a/b", "/a", nil),
        ("/a/../a/b", "/a", nil), ("/a/..", "/a", nil), ("/a/...", "/a", ["..."]),
        ("/a/b\0c", "/a", nil), ("", "/", nil), ("/a/\u{301}x", "/a", ["\u{301}x"]),
    ])
    func places(_ path: String, _ root: String, _ parts: [String]?) {
        #expect(RootedPath(path, under: root, false)?.parts == parts)
    }

    @Test func grantedRootsComeFirst() {
        let peer = peer(roots: ["/a"], granted: ["/b", "/a/b"])
        #expect(peer.place(of: "/a/b/c")?.root == "/a/b")
        #expect(peer.place(of: "/a/b/c")?.isGranted == true)
        #expect(peer.place(of: "/a/c")?.isGranted == false)
        #expect(peer.place(of: "/c") == nil)
    }

    @Test func ownAndGranted() throws {
        let root = fixture.directory.path
        let own = try Source.inspect(path: fixture.disk, format: nil, peer: peer(roots: [root]))
        #expect(own.sizeBytes == Int64(3 * cluster))
        #expect(own.root.isEmpty)
        let granted = peer(granted: [root], uid: 4711)
        #expect(try Source.inspect(path: fixture.disk, format: nil, peer: granted).root == root)
        let foreign = #expect(throws: SourceProblem.self) {
            try Source.inspect(
                path: fixture.disk, format: nil, peer: peer(roots: [root], uid: 4711))
        }
        #expect(foreign?.kind == .notAllowed)
        #expect(foreign?.reason == "there is no disk file \(fixture.disk) of user 4711")
    }

    @Test func linksOnTheWay() throws {
        let root = fixture.directory.path
        let files = FileManager.default
        let inner = "\(root)/inner"
        try files.createDirectory(atPath: inner, withIntermediateDirectories: false)
        try files.createSymbolicLink(atPath: "\(inner)/file", withDestinationPath: fixture.disk)
        try files.createSymbolicLink(atPath: "\(inner)/up", withDestinationPath: root)
        try files.createSymbolicLink(atPath: "\(root)-link", withDestinationPath: root)
        defer { unlink("\(root)-link") }
        for peer in [peer(roots: [inner]), peer(granted: [inner])] {
            for path in ["\(inner)/file", "\(inner)/up/disk.raw"] {
                let problem = #expect(throws: SourceProblem.self) {
                    try Source.inspect(path: path, format: nil, peer: peer)
                }
                #expect(problem?.hint.contains("symbolic links") == true, "\(path)")
            }
        }
        // The root itself is the operator's, links included.
        let linked = peer(roots: ["\(root)-link"])
        _ = try Source.inspect(path: "\(root)-link/disk.raw", format: nil, peer: linked)
    }

    /// The directory that leads to the file becomes a link while the daemon walks: what is open
    /// already is gone on from, and nothing outside is reached.
    @Test func swappedOnTheWay() throws {
        let root = fixture.directory.path
        let files = FileManager.default
        try files.createDirectory(atPath: "\(root)/in", withIntermediateDirectories: false)
        try files.createDirectory(atPath: "\(root)/out", withIntermediateDirectories: false)
        try files.moveItem(atPath: fixture.disk, toPath: "\(root)/out/disk.raw")
        let swapped = Lock(false)
        var calls = SystemCalls.live
        calls.openat = { directory, name, flags, mode in
            if name == "in"
                && swapped.withLock({ done in
                    !done
                        && {
                            done = true; return true
                        }()
                })
            {
                rmdir("\(root)/in")
                symlink("\(root)/out", "\(root)/in")
            }
            return SystemCalls.live.openat(directory, name, flags, mode)
        }
        #expect(throws: SourceProblem.self) {
            try Source.inspect(
                path: "\(root)/in/disk.raw", format: nil, peer: peer(granted: [root]), calls: calls)
        }
    }

    @Test func copiesByTheSameRule() throws {
        let root = fixture.directory.path
        let own = peer(roots: [root])
        let store = try fixture.store()
        let capture = try Source.capture(path: fixture.disk, peer: own)
        func job(_ number: UInt64, _ peer: Peer) -> CopyJob {
            CopyJob(
                number: number, path: fixture.disk, peer: peer, capture: capture, allowLive: false)
        }
        #expect(try store.copy(job(1, own)).sizeBytes == Int64(3 * cluster))
        for refused in [peer(), peer(roots: [root], uid: 4711)] {
            let failure = #expect(throws: CopyFailure.self) { try store.copy(job(2, refused)) }
            #expect(failure?.kind == .source(.notAllowed))
        }
    }

    // MARK: Exports

    @Test func exportsToItsOwnDirectory() throws {
        _ = try fixture.copy(1)
        let root = fixture.directory.path
        _ = try fixture.store().export(
            manifest: 1, to: fixture.target, peer: peer(roots: [root]))
        #expect(try contents(fixture.target) == contents(fixture.disk))
        unlink(fixture.target)
        let failure = #expect(throws: ExportFailure.self) {
            try fixture.store().export(
                manifest: 1, to: fixture.target, peer: peer(roots: [root], uid: 4711))
        }
        #expect(failure?.kind == .notAllowed)
        #expect(failure?.reason == "there is no directory \(root) of user 4711")
        #expect(access(fixture.target, F_OK) != 0)
    }

    private func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: fixture.directory.path).sorted()
    }

    @Test func aFileThatCannotBeGivenIsNotLeft() throws {
        _ = try fixture.copy(1)
        var calls = SystemCalls.live
        calls.fchown = { _, _, _ in -Int(Errno.notPermitted.rawValue) }
        let failure = #expect(throws: ExportFailure.self) {
            try fixture.store(calls).export(
                manifest: 1, to: fixture.target, peer: peer(granted: [fixture.directory.path]))
        }
        #expect(failure?.reason.contains("cannot be given") == true)
        #expect(try names() == ["data", "disk.raw"])
    }

    /// The directory's owner puts another file under the temporary name: the export fails, and
    /// what is not the daemon's stays.
    @Test func temporaryNameReplaced() throws {
        _ = try fixture.copy(1)
        var calls = SystemCalls.live
        let disk = fixture.disk
        let directory = fixture.directory.path
        calls.linkat = { from, old, to, new in
            unlink("\(directory)/\(old)")
            link(disk, "\(directory)/\(old)")
            return SystemCalls.live.linkat(from, old, to, new)
        }
        let failure = #expect(throws: ExportFailure.self) {
            try fixture.store(calls).export(
                manifest: 1, to: fixture.target, peer: peer(roots: [directory]))
        }
        #expect(failure?.reason.contains("was replaced") == true)
        #expect(try names() == ["data", "disk.raw", "export.raw"])
    }
}
