import Catalog
import Journal
import Snapshots
import System
import Wire

/// What `imaged check` and `imaged repair` do with a stopped daemon's data directory.
public enum Maintenance {
    /// Reads the journal and the checkpoints, then all data of the snapshots; changes nothing.
    ///
    /// - Throws: ``DaemonFailure`` with status 65 if something is damaged.
    public static func check(_ directory: String) throws {
        let lock = try takeDirectory(directory)
        defer { withExtendedLifetime(lock) {} }
        var recovered = Recovered()
        let report: CheckReport
        do {
            report = try Journal.check(directory: directory) { try recovered.replay(Array($0)) }
        } catch let error as ProtoError {
            throw DaemonFailure(
                DaemonFailure.damaged,
                "\(directory): the journal is whole, but a change in it cannot be read: \(error)")
        }
        for file in report.files {
            let line = "\(file.name): \(file.recoveryCase.rawValue), \(file.recordCount) records"
            CurrentProcess.write("\(line)\n", to: 1)
        }
        guard let first = report.problems.first else {
            try checkSnapshots(directory, recovered.state)
            CurrentProcess.write("no damage; last sequence \(report.lastSequence)\n", to: 1)
            return
        }
        CurrentProcess.printError("\(first)")
        for problem in report.problems.dropFirst() { CurrentProcess.printError(problem.finding) }
        throw DaemonFailure(
            DaemonFailure.damaged, "\(directory): damaged; nothing was changed")
    }

    private static func checkSnapshots(_ directory: String, _ state: State) throws {
        let manifests = state.filesInUse().manifests.map { UInt64($0) }.sorted()
        if manifests.isEmpty { return }
        let store: SnapshotStore
        do throws(SystemError) {
            store = try SnapshotStore(existing: directory)
        } catch {
            throw DaemonFailure(DaemonFailure.damaged, "\(directory): \(error)")
        }
        var failures: [ReadFailure] = []
        var position: VerifyPosition? = .start
        while let next = position {
            let step = store.verify(manifests, from: next, bytesMax: 1 << 30)
            failures += step.failures
            position = step.next
            if step.next == nil && failures.isEmpty {
                let text = "\(manifests.count) manifests, \(step.totalBytes) bytes of segments"
                CurrentProcess.write("snapshots: \(text)\n", to: 1)
            }
        }
        if failures.isEmpty { return }
        for failure in failures { CurrentProcess.printError("\(failure.reason)") }
        throw DaemonFailure(
            DaemonFailure.damaged,
            "\(directory): snapshot data is damaged. A start serves everything else, marks these"
                + " snapshots, and `imagectl verify` tells which images have them.")
    }

    /// Takes the directory back to its last good state; keeps a copy of what it changes, and has
    /// the next start keep the data of what is lost.
    public static func repair(_ directory: String) throws {
        let lock = try takeDirectory(directory)
        defer { withExtendedLifetime(lock) {} }
        do {
            let found = try Journal.check(directory: directory) { _ in }
            if found.problems.isEmpty {
                let text = "nothing to repair: the journal is whole. Of damaged snapshot data"
                CurrentProcess.write(
                    "\(text) there is no second copy; `imaged check \(directory)` names it\n", to: 1
                )
                return
            }
            try SetAside.begin(in: directory)
            let report = try Journal.repair(directory: directory)
            for problem in report.problems {
                CurrentProcess.write("repaired: \(problem.finding)\n", to: 1)
            }
            for copy in report.kept { CurrentProcess.write("kept: \(copy)\n", to: 1) }
            CurrentProcess.write(
                """
                last sequence \(report.lastSequence): all later changes are lost
                The data of snapshots and disks that only they name is not deleted: the next start
                of imaged moves it to \(directory)/set-aside-N.

                """, to: 1)
        } catch let error as RepairError {
            throw DaemonFailure(DaemonFailure.damaged, "\(error)")
        }
    }

    /// No daemon may be at work in it.
    private static func takeDirectory(_ path: String) throws(DaemonFailure) -> DirectoryLock {
        guard let status = try? SystemCalls.live.status(of: "\(path)/lock"),
            status.kind == .regular
        else {
            throw DaemonFailure(
                DaemonFailure.unusable,
                "\(path) is no data directory of imaged: it has no lock file")
        }
        return DirectoryLock(try takeLock("\(path)/lock", "the data directory \(path)"))
    }

    private final class DirectoryLock {
        let file: FileDescriptor
        init(_ file: consuming FileDescriptor) { self.file = file }
    }
}
