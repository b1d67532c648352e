import Catalog
import ECS
import Wire

/// The operations that hand out a snapshot's bytes.
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
}
