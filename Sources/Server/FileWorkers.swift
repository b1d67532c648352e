import Catalog
import Snapshots
import System

/// Why a request's files could not be made: the first that failed, and which it was.
struct MakingFailure: Error {
    let file: Int
    let failure: ExportFailure
}

// The threads' work on files that requests make, read and leave.
extension Workers {
    /// Makes all files of a request, or none.
    func make(_ making: FileMaking, for peer: Peer, serial: Int64, _ progress: JobProgress) {
        copies.run { [store, reports, reserveBytes, figures] in
            var made: [RestoredDisk] = []
            let result = Result { () throws(MakingFailure) in
                for (index, file) in making.files.enumerated() {
                    do throws(ExportFailure) {
                        made.append(
                            try store.restore(
                                manifest: UInt64(file.order.manifest),
                                sizeBytes: file.order.sizeBytes, to: FilePlace(file), peer: peer,
                                reserveBytes: reserveBytes, progress: progress))
                    } catch {
                        throw MakingFailure(file: index, failure: error)
                    }
                }
                return made
            }
            if case .success = result { figures.withLock { $0.madeDisks += UInt64(made.count) } }
            if case .failure = result {
                // What is left of them goes when the intent is carried out.
                for file in making.files.prefix(made.count) {
                    try? store.remove(
                        LeftFile(path: file.path, temporary: file.temporary), peer: peer)
                }
            }
            reports.post(.made(serial: serial, result))
        }
    }

    func read(_ plan: ReadPlan, serial: Int64) {
        looks.run { [ranges, reports] in
            let result = Result { () throws(ReadFailure) in
                try ranges.read(
                    manifest: UInt64(plan.manifest), at: plan.offset, length: plan.length)
            }
            reports.post(.read(serial: serial, result))
        }
    }

    /// Removes the files of disks that are gone, and of works that came to nothing.
    func reclaimFiles(_ record: ReclaimRecord) {
        copies.run { [store, access, reports] in
            var problem: String?
            for file in record.files {
                let peer = access.peer(ofReclaim: file.uid, root: file.root)
                do throws(ExportFailure) {
                    try store.remove(LeftFile(file), peer: peer)
                } catch {
                    problem = problem ?? sentence(error.reason, error.hint)
                }
            }
            if let problem {
                reports.post(.notRemoved(number: record.manifest, problem))
            } else {
                reports.post(.reclaimed(manifest: record.manifest))
            }
        }
    }
}

extension FilePlace {
    fileprivate init(_ file: FileMaking.File) {
        self.init(path: file.path, temporary: file.temporary)
    }
}

extension LeftFile {
    fileprivate init(_ file: ReclaimFile) {
        self.init(
            path: file.path, temporary: file.temporary, device: UInt64(bitPattern: file.device),
            inode: UInt64(bitPattern: file.inode))
    }
}
