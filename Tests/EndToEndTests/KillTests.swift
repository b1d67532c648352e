import ECS
import Foundation
import Synchronization
import TestSupport
import Testing

/// R6 under load: clients make and delete images of disks that change, and the daemon is killed
/// again and again.
@Suite struct KillTests {
    private static let configuration = """
        [limits]
        Images = 1000
        SnapshotsPerDisk = 1000
        ConcurrentPerDisk = 1000
        UnfinishedSnapshots = 1000

        """

    private var isLong: Bool { ProcessInfo.processInfo.environment["IMAGED_LONG"] != nil }

    @Test func killedWhileDisksChange() throws {
        let daemon = try TestDaemon(Self.configuration)
        try run(daemon, cycles: isLong ? 2_000 : 60, in: daemon.directory.path, isCloned: false)
    }

    /// The same where captures are clones.
    @Test(.enabled(if: LoopFileSystem.canMake("xfs"), "needs root, mkfs.xfs and mount"))
    func killedWhileDisksChangeOnXFS() throws {
        let volume = try LoopFileSystem("xfs", mebibytes: 400)
        let daemon = try TestDaemon(Self.configuration, dataPath: "\(volume.path)/data")
        try run(daemon, cycles: isLong ? 500 : 8, in: volume.path, isCloned: true)
    }

    private func run(
        _ daemon: TestDaemon, cycles: Int, in directory: String, isCloned: Bool
    ) throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededRandom(seed: seed)
        var lives = try (0..<3).map { number in
            try DiskLife(
                number, in: directory, sizes: [400_001, 3 << 16], seed: seed &+ UInt64(number))
        }
        for index in lives.indices { try lives[index].register(daemon.client()) }
        for cycle in 0..<cycles {
            let comment: Comment = "seed \(seed), cycle \(cycle)"
            lives = try untilKilled(
                lives, daemon, after: UInt32.random(in: 10_000...400_000, using: &random))
            try daemon.start()
            let client = try daemon.client()
            for index in lives.indices {
                try lives[index].reconcile(client)
                try #require(lives[index].problems == [], comment)
            }
            try client.expectNoOrphans(of: daemon, isCloned: isCloned, comment)
            let all = try client.call(VerifySnapshot.self, VerifySnapshotRequest())
            #expect(all.damage.isEmpty && all.nextToken.isEmpty, comment)
            #expect(try all.totalBytes == StoredFiles(daemon.dataPath).clusterBytes, comment)
        }
        let client = try daemon.client()
        for index in lives.indices {
            try lives[index].compareAll(client)
            #expect(lives[index].problems == [], "seed \(seed)")
        }
        // A run that did little proves little.
        func count(_ what: String) -> Int { lives.reduce(0) { $0 + ($1.counts[what] ?? 0) } }
        for what in ["available", "compared"] {
            #expect(count(what) > cycles / 4, "\(what): \(lives.map(\.counts))")
        }
        for what in ["deleted", "verified", "written to meanwhile"] where cycles >= 40 {
            #expect(count(what) > 0, "\(what): \(lives.map(\.counts))")
        }
    }

    /// Lets all of them live side by side until the daemon is killed.
    private func untilKilled(
        _ lives: [DiskLife], _ daemon: TestDaemon, after microseconds: UInt32
    ) throws -> [DiskLife] {
        let done = Mutex(lives)
        let group = DispatchGroup()
        let socketPath = daemon.socketPath
        for index in lives.indices {
            DispatchQueue.global().async(group: group) {
                var life = lives[index]
                life.live(socketPath)
                done.withLock { $0[index] = life }
            }
        }
        usleep(microseconds)
        try daemon.kill()
        group.wait()
        return done.withLock { $0 }
    }
}
