import Catalog
import ECS
import Wire

/// The operations on the data of snapshots. Some are not there yet, and refused as unknown.
extension Catalog {
    func exportSnapshot(
        _ request: ExportSnapshotRequest, _ call: Call, _ answers: inout Answers
    ) throws(Refusal) -> Pending? {
        try export(planExport(request, call.caller), call)
    }

    func readSnapshot(
        _ request: ReadSnapshotRequest, _ call: Call, _ answers: inout Answers
    ) throws(Refusal) -> Pending? {
        let (manifest, sizeBytes) = try planRead(request, call.caller)
        pin(manifest)
        return .read(
            ReadPlan(
                manifest: manifest, offset: request.offset, length: Int(request.length),
                sizeBytes: sizeBytes))
    }

    private func refuseUnknown(_ name: String, _ call: Call, _ answers: inout Answers) -> Pending? {
        let status = Status(
            .unimplemented, "this daemon has no \(name) yet", requestID: requestID())
        answers.add(call.key, status, turn: newestTurn)
        return nil
    }
}
