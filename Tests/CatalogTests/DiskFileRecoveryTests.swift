import ECS
import Testing
import Wire

@testable import Catalog

/// A crash at any step of making and removing files, played with files that are only names: after
/// the start there are those of disks, and nothing else of ours.
struct DiskFileRecoveryTests {
    /// Names and the files they stand for.
    private struct Files {
        var inodes: [String: Int64] = [:]
        private var next: Int64 = 100

        mutating func make(_ name: String) -> Int64 {
            next += 1
            inodes[name] = next
            return next
        }

        mutating func link(_ name: String, to other: String) { inodes[other] = inodes[name] }

        /// What the thread does with one entry of a reclaim.
        mutating func remove(_ file: ReclaimFile) {
            let isOurs =
                !file.path.hasPrefix("/")
                || inodes[file.path] == inodes[file.temporary] && !file.temporary.isEmpty
                || file.inode != 0 && inodes[file.path] == file.inode
            if isOurs { inodes[file.path] = nil }
            inodes[file.temporary] = nil
        }
    }

    /// One moment: what the journal has, and which files there are.
    private struct Moment {
        let journal: [[UInt8]]
        let files: Files
    }

    /// Plays two runs, one that succeeds and one that fails after its files were made, and a
    /// deletion; notes every moment between two steps.
    private func moments() throws -> (world: World, moments: [Moment]) {
        let world = World()
        let (image, _) = try world.realImage()
        var files = Files()
        _ = files.make("/srv/theirs")
        var moments: [Moment] = []
        func note() { moments.append(Moment(journal: world.journal, files: files)) }
        func carryOut(_ launches: [Launch]) {
            for launch in launches {
                guard case .reclaim(let record, _) = launch else { continue }
                for file in record.files {
                    files.remove(file)
                    note()
                }
                world.catalog.assumeIsolated { $0.reclaimed(record.manifest) }
            }
        }
        func run(_ request: RunInstancesRequest, isCancelled: Bool = false) throws -> String {
            var making = try world.begin { c, who throws(Refusal) in
                try c.runInstances(request, who)
            }
            carryOut(world.turn())
            note()
            for index in making.files.indices {
                let file = making.files[index]
                making.files[index].inode = files.make(file.temporary)
                note()
                files.link(file.temporary, to: file.path)
                note()
            }
            var id = ""
            if !isCancelled {
                id = try world.judge(making) { c, who throws(Refusal) in
                    try c.runInstances(request, who)
                }.instanceIDSets[0]
            }
            world.end(making)
            let launches = world.turn()
            note()
            carryOut(launches)
            carryOut(world.turn())
            note()
            return id
        }
        let ours = try run(world.runRequest { $0.imageID = image })
        var place = DiskPath()
        place.device = "/dev/xvda"
        place.path = "/srv/disk"
        let theirs = try run(
            world.runRequest {
                $0.imageID = image
                $0.diskPath = [place]
            })
        _ = try run(world.runRequest { $0.imageID = image }, isCancelled: true)
        for id in [ours, theirs] {
            world.settle()
            #expect(world.deleteInstance(id, force: true) == "OK")
            let launches = world.turn()
            note()
            carryOut(launches)
            carryOut(world.turn())
            note()
        }
        return (world, moments)
    }

    @Test func everyMoment() throws {
        let (world, moments) = try moments()
        #expect(moments.count > 20)
        for (index, moment) in moments.enumerated() {
            var recovered = Recovered()
            for payload in moment.journal { try recovered.replay(payload) }
            var fromCheckpoint = Recovered()
            try fromCheckpoint.replay(recovered.state.checkpoint())
            for state in [recovered, fromCheckpoint] {
                let next = World(seed: 7, recovered: state, now: World.start * 2)
                var files = moment.files
                // The store's own sweep of disks/.
                let used = state.state.diskFilesInUse()
                for name in files.inodes.keys where name.hasPrefix("disks/") {
                    if !used.contains(String(name.dropFirst(6))) { files.inodes[name] = nil }
                }
                for launch in next.turn() {
                    guard case .reclaim(let record, _) = launch else { continue }
                    for file in record.files { files.remove(file) }
                    next.catalog.assumeIsolated { $0.reclaimed(record.manifest) }
                }
                next.turn()
                #expect(next.state.reclaims.isEmpty, "moment \(index)")
                let disks = next.region().disks.records.map(\.value.value).filter(\.isOurs)
                let expected = disks.map { $0.file > 0 ? "disks/\($0.file).raw" : $0.disk.path }
                #expect(
                    Set(files.inodes.keys) == Set(expected + ["/srv/theirs"]), "moment \(index)")
                for disk in disks where disk.file == 0 {
                    #expect(files.inodes[disk.disk.path] == disk.registeredInode)
                }
            }
        }
        #expect(world.state.reclaims.isEmpty)
        #expect(moments.last?.files.inodes.keys.sorted() == ["/srv/theirs"])
    }

    /// Another file has taken the place of the one that was made: it stays.
    @Test func whatIsNotOursStays() {
        var files = Files()
        _ = files.make("/srv/disk")
        files.remove(
            with(ReclaimFile()) {
                $0.path = "/srv/disk"
                $0.inode = 4711
            })
        files.remove(
            with(ReclaimFile()) {
                $0.path = "/srv/disk"
                $0.temporary = "/srv/.imaged-1.part"
            })
        #expect(files.inodes.keys.sorted() == ["/srv/disk"])
    }

    /// Numbers that files have are not given again after a restart.
    @Test func numbersAreNotUsedTwice() throws {
        let world = World()
        let (image, _) = try world.realImage()
        let request = world.runRequest { $0.imageID = image }
        let making = try world.begin { c, who throws(Refusal) in try c.runInstances(request, who) }
        let next = World(seed: 3, recovered: world.recovered())
        let again = try next.begin { c, who throws(Refusal) in try c.runInstances(request, who) }
        #expect(again.files[0].number > making.intent)
        #expect(again.files[0].temporary != making.files[0].temporary)
    }

    /// The data directory has been moved: its disks' paths follow.
    @Test func aDataDirectoryThatWasMoved() throws {
        let world = World()
        let (image, _) = try world.realImage()
        let request = world.runRequest { $0.imageID = image }
        let id = try world.made { c, who throws(Refusal) in try c.runInstances(request, who) }
            .instanceIDSets[0]
        let next = World(seed: 3, recovered: world.recovered(), dataDirectory: "/moved")
        try next.run { c throws(Refusal) in try c.placeDisks() }
        let disk = next.diskRecords(of: id)[0]
        #expect(disk.disk.path == "/moved/disks/\(disk.file).raw")
        let sequence = next.state.sequence
        try next.run { c throws(Refusal) in try c.placeDisks() }
        #expect(next.state.sequence == sequence)
    }
}
