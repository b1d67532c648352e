import Foundation
import System
import TestSupport
import Testing

@testable import Snapshots

/// A directory.
struct Place {
    let path: String
}

/// A data directory and a directory of disks, which go with the value.
struct Fixture {
    private let owned: TemporaryDirectory?
    let directory: Place
    let peer = Peer(uid: getuid(), isTrusted: true)
    var data: String { "\(directory.path)/data" }
    var disk: String { "\(directory.path)/disk.raw" }
    var target: String { "\(directory.path)/export.raw" }

    init() throws {
        let owned = TemporaryDirectory()
        self.owned = owned
        directory = Place(path: owned.path)
        try makeData()
    }

    /// In a directory that is there, and stays.
    init(in path: String) throws {
        owned = nil
        directory = Place(path: path)
        try makeData()
    }

    private func makeData() throws {
        try FileManager.default.createDirectory(
            atPath: data, withIntermediateDirectories: false)
    }

    func store(_ calls: SystemCalls = .live) throws -> SnapshotStore {
        try SnapshotStore(directory: data, calls: calls)
    }

    /// The moment that a job on the disk, or on `path`, is of.
    func capture(_ path: String? = nil, allowLive: Bool = false) throws -> Capture {
        try Source.capture(path: path ?? disk, peer: peer, allowLive: allowLive)
    }

    func job(
        _ number: UInt64, capture: Capture? = nil, parent: UInt64? = nil, allowLive: Bool = false,
        reserve: Int64 = 0
    ) throws -> CopyJob {
        CopyJob(
            number: number, path: disk, peer: peer,
            capture: try capture ?? self.capture(allowLive: allowLive), parent: parent,
            allowLive: allowLive, reserveBytes: reserve)
    }

    @discardableResult
    func copy(_ number: UInt64, parent: UInt64? = nil) throws -> StoredSnapshot {
        try store().copy(try job(number, parent: parent))
    }

    /// As the daemon does it: the capture is a clone where that is possible.
    func captureAndCopy(_ number: UInt64, parent: UInt64? = nil) throws -> StoredSnapshot {
        let store = try store()
        let capture = try store.capture(disk, for: number, peer: peer)
        return try store.copy(try job(number, capture: capture, parent: parent))
    }

    /// The bytes of a snapshot, by way of an export that is removed again.
    func exported(_ number: UInt64) throws -> Data {
        let path = "\(directory.path)/exported-\(number)"
        _ = try store().export(manifest: number, to: path, peer: peer)
        defer { unlink(path) }
        return try contents(path)
    }

    /// All files of the store, sorted, as "segments/1".
    func files() throws -> [String] {
        try ["manifests", "segments", "tmp"].flatMap { directory in
            try FileManager.default.contentsOfDirectory(atPath: "\(data)/\(directory)")
                .map { "\(directory)/\($0)" }
        }.sorted()
    }
}

func contents(_ path: String) throws -> Data {
    try #require(FileManager.default.contents(atPath: path), "\(path) cannot be read")
}

func allocatedBytes(_ path: String) throws -> Int64 {
    try SystemCalls.live.status(of: path).allocatedBytes
}

/// Makes a sparse file of `size` bytes with these extents written, each (offset, bytes).
func makeDisk(_ path: String, size: Int, _ extents: [(Int, Data)] = []) throws {
    try? FileManager.default.removeItem(atPath: path)
    let file = open(path, O_WRONLY | O_CREAT | O_EXCL, 0o600)
    try #require(file >= 0)
    defer { close(file) }
    try #require(ftruncate(file, off_t(size)) == 0)
    for (offset, data) in extents {
        let written = data.withUnsafeBytes { pwrite(file, $0.baseAddress, $0.count, off_t(offset)) }
        try #require(written == data.count)
    }
}

/// SplitMix64: the same numbers from the same seed, everywhere.
struct SeededRandom: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return value ^ (value >> 31)
    }

    mutating func data(_ count: Int) -> Data {
        if count == 0 { return Data() }
        let words = (0..<(count + 7) / 8).map { _ in next() }
        return words.withUnsafeBytes { Data(bytes: $0.baseAddress!, count: count) }
    }
}

let cluster = 65536

extension SnapshotStore {
    /// One manifest alone: the segments that it names, if all is well.
    @discardableResult
    func check(manifest number: UInt64) throws -> [UInt64] {
        if let failure = check(manifests: [number]).first { throw failure }
        return try openManifest(number).segments().map(\.number)
    }
}

extension Source {
    /// The moment of a file that is not cloned.
    static func capture(
        path: String, peer: Peer, allowLive: Bool = false, calls: SystemCalls = .live
    ) throws(SourceProblem) -> Capture {
        try capture(openSource(path, peer, calls), allowLive: allowLive, calls)
    }
}
