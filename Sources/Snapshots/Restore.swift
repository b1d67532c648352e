import System

/// Where a disk's file is made, and the name that it has until somebody knows of it. Both are in
/// one directory: paths of the peer's, or `disks/` of the data directory ("disks/7.raw").
public struct FilePlace: Sendable, Equatable {
    public let path: String
    public let temporary: String

    public init(path: String, temporary: String) {
        self.path = path
        self.temporary = temporary
    }
}

/// A disk's file that was made of a snapshot.
public struct RestoredDisk: Sendable, Equatable {
    public let sizeBytes: Int64
    public let device: UInt64
    public let inode: UInt64
}

/// What a disk that is gone, or a work that did not end, may have left.
public struct LeftFile: Sendable, Equatable {
    /// It goes if it is the file of `temporary`, or that of `device` and `inode`; one in the data
    /// directory goes by its name. Empty: there is none that may go.
    public let path: String
    /// A second name of the file, in the same directory; it goes. Empty: none.
    public let temporary: String
    public let device: UInt64
    /// 0: not known.
    public let inode: UInt64

    public init(path: String, temporary: String, device: UInt64 = 0, inode: UInt64 = 0) {
        self.path = path
        self.temporary = temporary
        self.device = device
        self.inode = inode
    }
}

extension SnapshotStore {
    /// Makes a disk's file of a snapshot, as `export` does, but for two things: its temporary name
    /// stays, so that a start can tell the file from every other until a state names it; and it is
    /// as large as `sizeBytes` if that is more than the disk was, with a hole behind.
    ///
    /// - Parameter reserveBytes: how many bytes it must leave free, if it is made in the data
    ///   directory.
    /// - Throws: ``ExportFailure``; nothing is left then.
    public func restore(
        manifest number: UInt64, sizeBytes: Int64, to place: FilePlace, peer: Peer,
        reserveBytes: Int64 = 0, progress: JobProgress = JobProgress()
    ) throws(ExportFailure) -> RestoredDisk {
        let target = try target(place, peer, reserveBytes)
        let snapshot = try openForExport(number)
        let file = try target.create()
        do throws(ExportFailure) {
            let exported = try write(snapshot, to: file, target, sizeBytes: sizeBytes, progress)
            let status = try target.link(file)
            return RestoredDisk(
                sizeBytes: exported.sizeBytes, device: status.device, inode: status.inode)
        } catch {
            target.remove(file)
            throw error
        }
    }

    private func target(
        _ place: FilePlace, _ peer: Peer, _ reserveBytes: Int64
    ) throws(ExportFailure) -> FileTarget {
        let temporary = split(place.temporary).name
        guard let name = Self.name(inDisks: place.path) else {
            return try FileTarget(place.path, temporary: temporary, peer, calls)
        }
        return try FileTarget(
            "\(path)/disks/\(name)", name: name, temporary: temporary, in: try openDisks(),
            reserveBytes: reserveBytes, calls)
    }

    /// The name of a file in `disks/`; nil: the path is none of ours.
    private static func name(inDisks path: String) -> String? {
        let (parent, name) = split(path)
        return parent == "disks" ? name : nil
    }

    private func openDisks() throws(ExportFailure) -> FileDescriptor {
        do throws(SystemError) {
            return try calls.openFile(".", in: disks, [.readOnly, .directory])
        } catch {
            throw FileTarget.unusable("the data directory cannot be used", error)
        }
    }

    /// Removes a file that no state names any more. That it, or its directory, is gone already is
    /// no error, and neither is another file in its place, which stays.
    ///
    /// - Throws: ``ExportFailure``: what is there could not be removed, or not be looked at.
    public func remove(_ file: LeftFile, peer: Peer) throws(ExportFailure) {
        let (parent, first) = split(file.path.isEmpty ? file.temporary : file.path)
        if first.isEmpty { return }
        let isInDisks = parent == "disks"
        let directory: FileDescriptor
        do throws(ExportFailure) {
            directory = isInDisks ? try openDisks() : try FileTarget.open(parent, peer, calls)
        } catch {
            // Nobody can say any more what was there, or it is not the peer's any more.
            if error.errno == .notFound || error.kind == .notAllowed { return }
            throw error
        }
        do throws(SystemError) {
            // The final name first: what is left then still tells whose the file is.
            let temporary = split(file.temporary).name
            if !file.path.isEmpty {
                let ours = try temporary.isEmpty ? nil : status(temporary, directory)
                if let found = try status(first, directory),
                    isInDisks || ours.map(found.isSameFile) ?? false
                        || file.inode != 0 && found.inode == file.inode
                            && found.device == file.device
                {
                    try calls.unlink(first, in: directory)
                }
            }
            // A file system that is read-only refuses to remove even what is not there.
            if !temporary.isEmpty, try status(temporary, directory) != nil {
                try calls.unlink(temporary, in: directory)
            }
            try calls.sync(directory)
        } catch {
            throw FileTarget.unusable("\(quoted("\(parent)/\(first)")) cannot be removed", error)
        }
    }

    private func status(
        _ name: String, _ directory: borrowing FileDescriptor
    ) throws(SystemError) -> FileStatus? {
        do throws(SystemError) {
            return try calls.status(of: name, in: directory)
        } catch {
            if error.errno == .notFound { return nil }
            throw error
        }
    }

    /// At start, before any work: removes the files of ours in `disks/` that no state names.
    ///
    /// - Parameter kept: names, as "7.raw".
    /// - Returns: what was removed, as "disks/8.raw".
    func removeOrphanDisks(
        keeping kept: Set<String>, settingAside: Bool = false
    ) throws(SystemError) -> [String] {
        try remove("disks", disks, settingAside) { name in
            if kept.contains(name) { return false }
            return name.hasPrefix(".imaged-") && name.hasSuffix(".part")
                || name.hasSuffix(".raw") && Self.number(name.dropLast(".raw".count)) != nil
        }
    }
}
