import System

/// What `imaged repair` leaves for the next start. It takes the journal back to before some damage:
/// files that only the changes behind that name are orphans then, and may be all that is left of
/// their disks. So that start moves them away instead of removing them.
public enum SetAside {
    /// The directory in the data directory, from the repair until they have been moved; then it
    /// has a number.
    static let pending = "set-aside"

    /// Before anything is repaired.
    public static func begin(in directory: String, calls: SystemCalls = .live) throws(SystemError) {
        let data = try calls.openFile(directory, [.readOnly, .directory])
        try calls.makeDirectory(pending, in: data)
        try calls.sync(data)
    }
}

extension SnapshotStore {
    /// At start, before any job: removes or sets aside the files that no state names.
    ///
    /// - Parameters:
    ///   - manifests: the numbers of those that are named; likewise `segments`.
    ///   - disks: names, as "7.raw".
    /// - Returns: what has gone, as "segments/7", and where to; nil: it was removed.
    public func clearOrphans(
        keepingManifests manifests: Set<UInt64>, segments: Set<UInt64>, disks: Set<String>
    ) throws(SystemError) -> (files: [String], place: String?) {
        let data = try calls.openFile(path, [.readOnly, .directory])
        let isPending = try calls.names(in: data).contains(SetAside.pending)
        let files =
            try removeOrphans(
                keepingManifests: manifests, segments: segments, settingAside: isPending)
            + removeOrphanDisks(keeping: disks, settingAside: isPending)
        if !isPending { return (files, nil) }
        let aside = try calls.openFile(SetAside.pending, in: data, [.readOnly, .directory])
        if try calls.names(in: aside).isEmpty {
            try calls.removeTree("\(path)/\(SetAside.pending)")
            return (files, nil)
        }
        var number = 1
        let names = try calls.names(in: data)
        while names.contains("\(SetAside.pending)-\(number)") { number += 1 }
        let place = "\(SetAside.pending)-\(number)"
        try calls.rename(SetAside.pending, in: data, to: place, in: data)
        try calls.sync(data)
        // What was in `tmp/` was never whole, and has been removed.
        return (files.filter { !$0.hasPrefix("tmp/") }, "\(path)/\(place)")
    }

    /// Moves files of a directory of the store to the one of the same name that is set aside.
    func setAside(
        _ names: [String], _ directoryName: String, _ directory: borrowing FileDescriptor
    ) throws(SystemError) {
        let aside = try calls.openFile(
            "\(path)/\(SetAside.pending)", [.readOnly, .directory, .noFollow])
        try calls.makeDirectory(directoryName, in: aside)
        let place = try calls.openFile(
            directoryName, in: aside, [.readOnly, .directory, .noFollow])
        for name in names { try calls.rename(name, in: directory, to: name, in: place) }
        try calls.sync(place)
        try calls.sync(aside)
    }
}
