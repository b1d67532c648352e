import Catalog
import ECS
import Snapshots
import System
import Wire

/// Work on files that a thread begins when the names of what it makes are durable.
struct FileWork: Sendable {
    enum Kind: Sendable {
        case export(ExportPlan)
        case make(FileMaking)
    }

    let kind: Kind
    let peer: Peer
    let serial: Int64
    let progress: JobProgress
}

/// A request whose files are made, or cannot be: it is judged once more.
struct FinishedMaking: Sendable {
    let serial: Int64
    let making: FileMaking
    let result: Result<[RestoredDisk], MakingFailure>
}

/// What ReadSnapshot reads.
struct ReadPlan: Sendable {
    let manifest: Int64
    let offset: Int64
    let length: Int
    let sizeBytes: Int64
}

// MARK: - In the catalog

extension Caller {
    /// By which root the caller may name a path, though it were another's; empty: by none.
    fileprivate func root(of path: String) -> String {
        Peer(uid: uid, isTrusted: false, grantedRoots: grantedRoots).grantedRoot(of: path)
    }
}

extension Catalog {
    func export(_ plan: ExportPlan, _ call: Call) throws(Refusal) -> Pending {
        let root = call.caller.root(of: plan.path)
        return .export(try beginExport(plan, call.caller, root: root))
    }

    /// Goes on with a request whose disks need files.
    func make(_ orders: [FileOrder], _ call: Call, _ answers: inout Answers) -> Pending? {
        do throws(Refusal) {
            return .make(
                try beginMaking(orders, call.caller) { path in call.caller.root(of: path) })
        } catch {
            return refuse(call, error, &answers)
        }
    }

    /// Goes on with requests whose files are made.
    ///
    /// - Returns: those for which the journal has no room yet.
    func finish(
        _ works: [(work: FinishedMaking, call: ParkedCall?)], _ now: Int64, _ facts: ServerFacts,
        _ answers: inout Answers
    ) -> [FinishedMaking] {
        works.filter { !finish($0.work, $0.call, now, facts, &answers) }.map(\.work)
    }

    /// Answers a request whose files are made: it is judged as if it came now, and carried out
    /// together with them, or they go.
    ///
    /// - Parameter parked: nil: nobody waits for it any more.
    /// - Returns: false: the journal has no room yet; the files stay for the next time.
    private func finish(
        _ work: FinishedMaking, _ parked: ParkedCall?, _ now: Int64, _ facts: ServerFacts,
        _ answers: inout Answers
    ) -> Bool {
        if let parked {
            if isTurnFull { return false }
            if let ending = parked.ending {
                answers.add(parked.call.key, ending, turn: 0)
            } else if let deadline = parked.call.deadline, deadline <= now {
                answers.add(parked.call.key, .deadlineExceeded(requestID()), turn: 0)
            } else {
                switch work.result {
                case .success(let disks):
                    var call = parked.call
                    call.caller.making = work.making.made(disks)
                    if case .again = answer(call, facts, &answers) { return false }
                case .failure(let problem):
                    let order = work.making.files[problem.file].order
                    let error = ECSError(problem.failure, order)
                    let status = Status([error], requestID: requestID())
                    answers.add(parked.call.key, status, turn: 0)
                }
            }
        }
        endMaking(work.making)
        return true
    }
}

extension FileMaking {
    fileprivate func made(_ disks: [RestoredDisk]) -> FileMaking {
        var making = self
        for (index, disk) in disks.enumerated() {
            making.files[index].device = Int64(bitPattern: disk.device)
            making.files[index].inode = Int64(bitPattern: disk.inode)
        }
        return making
    }
}

extension ECSError {
    /// Why a disk's file could not be made, in ECS's terms: the caller's path, or ours to answer
    /// for.
    fileprivate init(_ failure: ExportFailure, _ order: FileOrder) {
        let text = sentence(failure.reason, failure.hint)
        switch failure.kind {
        case .destination, .notAllowed, .noSpace, .write:
            if !order.path.isEmpty {
                self = .invalidParameter(order.parameter, hint: text)
            } else if failure.kind == .noSpace {
                self = .serviceUnavailable.hinting(text)
            } else {
                self = .internalFailure(text)
            }
        case .snapshot, .cancelled: self = .internalFailure(text)
        }
    }
}

// MARK: - In the server

extension Server {
    /// Lets a thread begin, as soon as the state on disk has the names of what it makes.
    func begin(_ kind: FileWork.Kind, _ peer: Peer, _ call: ParkedCall) {
        let progress = JobProgress()
        parked.update(call.call.key) { $0.progress = progress }
        switch kind {
        case .export(let plan): exports[call.serial] = plan.pins
        case .make(let making): makings[call.serial] = making
        }
        whenDurable(FileWork(kind: kind, peer: peer, serial: call.serial, progress: progress))
    }

    func run(_ work: FileWork) {
        switch work.kind {
        case .export(let plan):
            workers?.export(plan, for: work.peer, serial: work.serial, work.progress)
        case .make(let making):
            workers?.make(making, for: work.peer, serial: work.serial, work.progress)
        }
    }

    /// The requests whose files are made, and those of earlier turns that the journal had no room
    /// for.
    func takeMakings(_ reports: [Report]) -> [(work: FinishedMaking, call: ParkedCall?)] {
        var finished = finishedMakings
        finishedMakings = []
        for case .made(let serial, let result) in reports {
            guard let making = makings[serial] else { continue }
            finished.append(FinishedMaking(serial: serial, making: making, result: result))
        }
        return finished.map { ($0, parked[serial: $0.serial]) }
    }

    func noteMade(
        _ made: [(work: FinishedMaking, call: ParkedCall?)], _ unfinished: [FinishedMaking]
    ) {
        finishedMakings = unfinished
        for (work, _) in made where !unfinished.contains(where: { $0.serial == work.serial }) {
            makings[work.serial] = nil
        }
    }

    func finishRead(_ serial: Int64, _ result: Result<ReadPart, ReadFailure>) {
        guard let waiting = parked[serial: serial], case .read(let plan) = waiting.pending else {
            return
        }
        let answers = catalog.assumeIsolated { catalog in
            var answers = Answers()
            switch result {
            case .success(let part):
                var response = ReadSnapshotResponse()
                response.sizeBytes = plan.sizeBytes
                switch part {
                case .data(let bytes): response.data = bytes
                case .hole(let count): response.holeBytes = count
                }
                catalog.reply(waiting.call, response, &answers)
            case .failure(let failure):
                let error = ECSError.internalFailure(sentence(failure.reason, ""))
                let status = Status([error], requestID: catalog.requestID())
                answers.add(waiting.call.key, status, turn: 0)
            }
            return answers
        }
        deliver(answers)
    }
}
