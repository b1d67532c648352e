import Journal
import System

/// What `imaged check` and `imaged repair` do with a stopped daemon's data directory.
public enum Maintenance {
    /// Reads the journal and the checkpoints; changes nothing.
    ///
    /// - Throws: ``DaemonFailure`` with status 65 if something is damaged.
    public static func check(_ directory: String) throws {
        let lock = try takeDirectory(directory)
        defer { withExtendedLifetime(lock) {} }
        let report = try Journal.check(directory: directory)
        for file in report.files {
            let line = "\(file.name): \(file.recoveryCase.rawValue), \(file.recordCount) records"
            CurrentProcess.write("\(line)\n", to: 1)
        }
        guard let first = report.problems.first else {
            CurrentProcess.write("no damage; last sequence \(report.lastSequence)\n", to: 1)
            return
        }
        for problem in report.problems.dropFirst() { CurrentProcess.printError("\(problem)") }
        throw DaemonFailure(DaemonFailure.damaged, "\(first)")
    }

    /// Takes the directory back to its last good state; keeps a copy of what it changes.
    public static func repair(_ directory: String) throws {
        let lock = try takeDirectory(directory)
        defer { withExtendedLifetime(lock) {} }
        do {
            let report = try Journal.repair(directory: directory)
            for problem in report.problems { CurrentProcess.write("repaired: \(problem)\n", to: 1) }
            for copy in report.kept { CurrentProcess.write("kept: \(copy)\n", to: 1) }
            if report.problems.isEmpty { CurrentProcess.write("nothing to repair\n", to: 1) }
            CurrentProcess.write("last sequence \(report.lastSequence)\n", to: 1)
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
