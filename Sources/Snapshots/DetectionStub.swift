public struct DetectionFinding: Sendable, Equatable {
    public let name, value, riskCode, riskLevel: String
}
extension SnapshotStore {
    public func detect(
        manifest: UInt64, bootMode: String, architecture: String
    ) throws(ReadFailure) -> [DetectionFinding] { [] }
}
