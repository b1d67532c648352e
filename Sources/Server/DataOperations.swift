import Catalog
import ECS
import Wire

/// The operations on the data of snapshots. None is there yet: each is refused as unknown.
extension Catalog {
    func exportSnapshot(
        _ request: ExportSnapshotRequest, _ call: Call, _ answers: inout Answers
    ) throws(Refusal) -> Pending? {
        refuseUnknown(ExportSnapshot.name, call, &answers)
    }

    func readSnapshot(
        _ request: ReadSnapshotRequest, _ call: Call, _ answers: inout Answers
    ) throws(Refusal) -> Pending? {
        refuseUnknown(ReadSnapshot.name, call, &answers)
    }

    private func refuseUnknown(_ name: String, _ call: Call, _ answers: inout Answers) -> Pending? {
        let status = Status(
            .unimplemented, "this daemon has no \(name) yet", requestID: requestID())
        answers.add(call.key, status, turn: newestTurn)
        return nil
    }
}
