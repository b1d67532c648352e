import Foundation
import System
import TestSupport

@testable import Journal

/// A payload that says who it is: byte count of all (4), number (8), filler. Concatenated ones can
/// be told apart again.
func item(_ number: UInt64, fillerBytes: Int = 0) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(integer: UInt32(12 + fillerBytes))
    bytes.append(integer: number)
    for index in 0..<fillerBytes { bytes.append(UInt8(truncatingIfNeeded: index | 1)) }
    return bytes
}

/// The numbers of the items in `payload`.
func numbers(_ payload: UnsafeRawBufferPointer) -> [UInt64] {
    var numbers: [UInt64] = []
    var offset = 0
    while offset < payload.count {
        numbers.append(payload.integer(at: offset + 4, as: UInt64.self))
        offset += Int(payload.integer(at: offset, as: UInt32.self))
    }
    return numbers
}

/// The bytes of files, as the format has them, made without the journal's own writer.
enum Make {
    static func journal(
        first: UInt64, _ payloads: [[UInt8]], id: UInt64 = 0x1234_5678_9ABC_DEF0,
        zeroBytes: Int = 0, durable: ((UInt64) -> UInt64)? = nil
    ) -> [UInt8] {
        var bytes = FileHeader(kind: .journal, id: id, sequence: first).encoded()
        for (index, payload) in payloads.enumerated() {
            let sequence = first + UInt64(index)
            bytes += RecordHeader.encode(
                payload, sequence: sequence, durable: durable?(sequence) ?? sequence - 1,
                fileID: id)
        }
        return bytes + [UInt8](repeating: 0, count: zeroBytes)
    }

    static func checkpoint(
        _ sequence: UInt64, _ payloads: [[UInt8]], id: UInt64 = 0x0FED_CBA9_8765_4321
    ) -> [UInt8] {
        var bytes = FileHeader(kind: .checkpoint, id: id, sequence: sequence).encoded()
        for (index, payload) in payloads.enumerated() {
            bytes += RecordHeader.encode(
                payload, sequence: UInt64(index) + 1, durable: 0, fileID: id)
        }
        var count: [UInt8] = []
        count.append(integer: UInt64(payloads.count))
        return bytes
            + RecordHeader.encode(
                count, kind: .end, sequence: UInt64(payloads.count) + 1, durable: 0, fileID: id)
    }
}

extension TemporaryDirectory {
    func write(_ name: String, _ bytes: [UInt8]) throws {
        let url = URL(fileURLWithPath: "\(path)/\(name)")
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: url)
    }

    func read(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(path)/\(name)")))
    }

    func remove(_ name: String) throws {
        try FileManager.default.removeItem(atPath: "\(path)/\(name)")
    }

    /// Every file and its bytes.
    func contents() throws -> [String: [UInt8]] {
        var contents: [String: [UInt8]] = [:]
        for name in try FileManager.default.subpathsOfDirectory(atPath: path) {
            var isDirectory: ObjCBool = false
            _ = FileManager.default.fileExists(
                atPath: "\(path)/\(name)", isDirectory: &isDirectory)
            contents[name] = isDirectory.boolValue ? [] : try read(name)
        }
        return contents
    }

    /// Recovers with the kernel's own calls: the items' numbers, and what was reported.
    func recovered() throws -> (numbers: [UInt64], report: RecoveryReport) {
        var found: [UInt64] = []
        let (journal, report) = try Journal.open(
            directory: path, replay: { found += numbers($0) }, events: { _ in })
        journal.stop()
        return (found, report)
    }
}

/// Takes a journal's events in, and lets a test wait for them.
final class Recorder: Sendable {
    struct Seen {
        var durable: UInt64 = 0
        var roomChanges = 0
        var checkpoints: [UInt64] = []
        var checkpointFailures = 0
        var failure: SystemError?
        var eventsAfterFailure = 0
    }

    let seen = Lock(Seen())

    func note(_ event: Journal.Event) {
        seen.notify { seen in
            if seen.failure != nil { seen.eventsAfterFailure += 1 }
            switch event {
            case .durable(let sequence): seen.durable = sequence
            case .roomChanged: seen.roomChanges += 1
            case .checkpointed(let sequence): seen.checkpoints.append(sequence)
            case .checkpointFailed: seen.checkpointFailures += 1
            case .failed(let error): seen.failure = error
            }
        }
    }

    /// False: the journal failed before.
    func waitDurable(_ sequence: UInt64) -> Bool {
        seen.wait { seen in
            if seen.durable >= sequence { return true }
            return seen.failure == nil ? nil : false
        }
    }

    func waitFailure() -> SystemError { seen.wait { $0.failure } }

    /// Asks for room until the answer is no longer "wait".
    func settledRoom(
        _ journal: Journal, _ payloadBytes: Int, isRelease: Bool = false
    ) -> Journal.Room {
        while true {
            let before = seen.withLock { $0.roomChanges }
            let room = journal.reserve(payloadBytes, isRelease: isRelease)
            if room != .growing { return room }
            let hasFailed = seen.wait { seen -> Bool? in
                if seen.failure != nil { return true }
                return seen.roomChanges > before ? false : nil
            }
            if hasFailed { return .full }
        }
    }

    /// Waits until a checkpoint can be started; false: the journal said that it cannot.
    func waitCheckpointDue(_ journal: Journal) -> Bool {
        while true {
            let before = seen.withLock { ($0.roomChanges, $0.checkpointFailures) }
            if journal.wantsCheckpoint { return true }
            let hasFailed = seen.wait { seen -> Bool? in
                if seen.failure != nil || seen.checkpointFailures > 0 { return true }
                return seen.roomChanges > before.0 ? false : nil
            }
            if hasFailed { return false }
        }
    }

    /// Waits for the end of the checkpoint under way; false: it failed, or the journal did.
    func waitCheckpoint(_ sequence: UInt64) -> Bool {
        seen.wait { seen in
            if seen.checkpoints.contains(sequence) { return true }
            return seen.failure != nil || seen.checkpointFailures > 0 ? false : nil
        }
    }
}

extension Journal {
    /// Opens a directory for a test that replays nothing.
    static func openForTest(
        _ directory: TemporaryDirectory, calls: SystemCalls = .live,
        options: Options = .init(), _ recorder: Recorder
    ) throws -> Journal {
        try open(
            directory: directory.path, calls: calls, options: options, replay: { _ in },
            events: { recorder.note($0) }
        ).0
    }
}
