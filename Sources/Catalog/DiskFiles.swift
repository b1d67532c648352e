import ECS
import Wire

// Files that requests make: of new disks, which go with them, and of exports. Before a file is
// made the state has its names, so that a crash at any step leaves nothing behind.

/// A file that a new disk needs: whose bytes, how many, and where.
public struct FileOrder: Sendable, Equatable {
    public let manifest: Int64
    /// Of the file; what is beyond the snapshot's own is a hole.
    public let sizeBytes: Int64
    /// Where the request wants it; empty: in the data directory.
    public let path: String
    /// The parameter that names the path.
    public let parameter: String
}

/// Files that are being made for a request, in the order of its disks.
public struct FileMaking: Sendable {
    /// One of them. A path without a slash at its beginning is in the data directory.
    public struct File: Sendable {
        public let order: FileOrder
        public let path: String
        /// What it is called until the state has it.
        public let temporary: String
        /// In `disks/` of the data directory; 0: elsewhere.
        let number: Int64
        let uid: Int64
        let root: String
        /// Once it is made.
        public var device: Int64 = 0
        public var inode: Int64 = 0
    }

    /// The number of the change that says what goes if this comes to nothing.
    public let intent: Int64
    public var files: [File]

    /// What is read and must stay, and the intent, which must not be carried out meanwhile.
    public var pins: [Int64] { files.map(\.order.manifest) + [intent] }
}

extension Caller {
    /// The files of a request that has asked for these; nil: it needs none.
    ///
    /// - Throws: that they are to be made; or that others have been, because what they were made
    ///   of has changed meanwhile.
    func files(for orders: [FileOrder]) throws(Refusal) -> FileMaking? {
        if orders.isEmpty && making == nil { return nil }
        guard let making else { throw .needsFiles(orders) }
        if making.files.map(\.order) == orders { return making }
        throw .error(
            .serviceUnavailable.hinting(
                "What the disks are made of has changed meanwhile: try again."))
    }
}

extension Catalog {
    /// Begins to make files: from here on the state has their names. They are pinned until
    /// `endMaking`.
    ///
    /// - Parameter root: by which root the caller may name a path; empty: by none.
    public func beginMaking(
        _ orders: [FileOrder], _ caller: Caller, root: (String) -> String
    ) throws(Refusal) -> FileMaking {
        var draft = draft("", "")
        let files = orders.map { order in
            var number: Int64 = 0
            if order.path.isEmpty { number = draft.number() }
            let path = number > 0 ? "disks/\(number).raw" : order.path
            return FileMaking.File(
                order: order, path: path, temporary: draft.temporary(beside: path),
                number: number, uid: number > 0 ? 0 : Int64(caller.uid),
                root: number > 0 ? "" : root(path))
        }
        // After the files' own numbers: it stands for them all.
        let making = FileMaking(intent: draft.number(), files: files)
        draft.add(making.intent(keepsFiles: false))
        try commit(draft)
        for number in making.pins { pin(number) }
        return making
    }

    /// Ends it, in whatever way: what the state still says of the files is carried out now.
    public func endMaking(_ making: FileMaking) {
        for number in making.pins { unpin(number) }
    }

    /// Likewise of an export, whose file stays once it has its name.
    public func beginExport(
        _ plan: ExportPlan, _ caller: Caller, root: String
    ) throws(Refusal) -> ExportPlan {
        var draft = draft("", "")
        var plan = plan
        plan.temporary = draft.temporary(beside: plan.path)
        plan.intent = draft.number()
        var file = ReclaimFile()
        file.temporary = plan.temporary
        file.uid = Int64(caller.uid)
        file.root = environment.buckets[plan.bucket] ?? root
        var record = ReclaimRecord()
        record.manifest = plan.intent
        record.files = [file]
        draft.add(.reclaim(Boxed(record)))
        try commit(draft)
        for number in plan.pins { pin(number) }
        return plan
    }

    /// Removes the files that nobody makes any more, and those of disks that are gone. They have
    /// nothing to do with each other.
    func launchFileReclaims() {
        for (number, _) in state.fileReclaims
        where jobs.pins[number] == nil && !jobs.unreclaimable.contains(number)
            && !jobs.reclaimingFiles.contains(number)
        {
            guard let record = state.reclaims[number] else { continue }
            jobs.reclaimingFiles.insert(number)
            jobs.launches.append(.reclaim(record.value, users: [:]))
        }
    }

    /// Says where the disks' files are, if the data directory has been moved: called at start.
    public func placeDisks() throws(Refusal) {
        for (accountID, account) in state.accounts {
            for (regionID, region) in account.regions {
                var draft = draft(accountID, regionID)
                for (_, disk) in region.disks.records where disk.value.file > 0 {
                    var record = disk.value
                    record.disk.path = pathInDisks(record.file)
                    if record != disk.value { draft.add(.disk(Boxed(record))) }
                }
                if !draft.changes.isEmpty { try commit(draft) }
            }
        }
    }

    /// That a path which a request names is not in the data directory, where files are the
    /// daemon's to name and to remove.
    func requireOutside(_ path: String, _ parameter: String) throws(Refusal) {
        let parts = { (path: String) in
            path.utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }
                .filter { $0 != "." }
        }
        let directory = environment.dataDirectory
        guard !path.isEmpty, !directory.isEmpty, parts(path).starts(with: parts(directory)) else {
            return
        }
        throw .error(
            .invalidParameter(
                parameter,
                hint: """
                    It is in the data directory, whose files are the daemon's own: give another \
                    path, or leave it out where it may be.
                    """))
    }

    private func pathInDisks(_ number: Int64) -> String {
        "\(environment.dataDirectory)/disks/\(number).raw"
    }

    /// Gives a new disk the file that was made for it.
    func give(_ file: FileMaking.File, to record: inout DiskRecord) {
        record.disk.path = file.number > 0 ? pathInDisks(file.number) : file.path
        record.disk.sizeBytes = file.order.sizeBytes
        record.isOurs = true
        record.file = file.number
        record.uid = file.uid
        record.root = file.root
        record.registeredDevice = file.device
        record.registeredInode = file.inode
    }
}

extension FileMaking {
    /// What goes if nothing comes of it.
    ///
    /// - Parameter keepsFiles: the state has the files: only their temporary names go.
    func intent(keepsFiles: Bool) -> Change.Kind {
        var record = ReclaimRecord()
        record.manifest = intent
        record.files = files.map { file in
            var left = ReclaimFile()
            if !keepsFiles { left.path = file.path }
            left.temporary = file.temporary
            left.uid = file.uid
            left.root = file.root
            return left
        }
        return .reclaim(Boxed(record))
    }
}

extension Draft {
    /// A name in the directory of `path` that nobody can guess.
    fileprivate mutating func temporary(beside path: String) -> String {
        // By bytes: a combining character after a slash would hide it.
        let end = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { path.utf8.index(after: $0) }
        let name = ".imaged-\(String(ids.next(), radix: 16)).part"
        return path[..<(end ?? path.startIndex)] + name
    }

    /// The request's files are its disks' from now on.
    mutating func keep(_ making: FileMaking?) {
        if let making { add(making.intent(keepsFiles: true)) }
    }

    /// Deletes disks. A file that was made for one goes too; a registered one stays.
    mutating func delete(_ disks: [DiskRecord]) {
        for disk in disks { add(.diskDeleted(disk.id)) }
        reclaimFiles(of: disks)
    }

    mutating func reclaimFiles(of disks: [DiskRecord]) {
        var files = disks.compactMap(\.ownFile)[...]
        while !files.isEmpty {
            var record = ReclaimRecord()
            record.manifest = number()
            record.files = Array(files.prefix(Self.filesOfRecord))
            files = files.dropFirst(Self.filesOfRecord)
            add(.reclaim(Boxed(record)))
        }
    }

    private static let filesOfRecord = 64
}

extension DiskRecord {
    /// What goes with the disk; nil: it has no file, or one that is its owner's.
    fileprivate var ownFile: ReclaimFile? {
        guard isOurs, isReal else { return nil }
        var left = ReclaimFile()
        left.path = file > 0 ? "disks/\(file).raw" : disk.path
        left.device = registeredDevice
        left.inode = registeredInode
        left.uid = uid
        left.root = root
        return left
    }
}
