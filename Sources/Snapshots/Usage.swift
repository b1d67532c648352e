import System

/// Snapshots that are looked at together: one, those of a disk, those of an image.
public struct UsageGroup: Sendable, Equatable {
    public let manifests: [UInt64]
    /// Those of them that something else than this group has too: a copied image's snapshots.
    public let shared: Set<UInt64>

    public init(manifests: [UInt64], shared: Set<UInt64> = []) {
        self.manifests = manifests
        self.shared = shared
    }
}

/// What a group takes of the data directory, in bytes of whole clusters.
public struct GroupUsage: Sendable, Equatable {
    /// The clusters that its manifests name, each counted once.
    public var storedBytes: Int64 = 0
    /// Those of them that nothing else names: deleting the group gives them back.
    public var reclaimableBytes: Int64 = 0

    public init(storedBytes: Int64 = 0) { self.storedBytes = storedBytes }
}

extension SnapshotStore {
    /// How many slots are looked at in one pass: 4 MiB, a number each.
    public static let usageSlotsMax: UInt64 = 1 << 20

    /// What each group takes. A manifest that cannot be read is left out.
    ///
    /// - Parameter others: all further manifests that share segments with these.
    public func usage(
        of groups: [UsageGroup], others: [UInt64], slotsMax: UInt64 = usageSlotsMax
    ) -> [GroupUsage] {
        var owners: [UInt64: SlotOwner] = [:]
        for manifest in others { owners[manifest] = .several }
        for (index, group) in groups.enumerated() {
            for manifest in group.manifests {
                let isShared = group.shared.contains(manifest) || owners[manifest] != nil
                owners[manifest] = isShared ? .several : SlotOwner(group: index)
            }
        }
        var usage = groups.map { GroupUsage(storedBytes: storedBytes(of: $0.manifests)) }
        for (group, count) in exclusiveSlots(owners, slotsMax) {
            usage[group].reclaimableBytes = Int64(count) * Int64(Layout.clusterBytes)
        }
        return usage
    }

    /// How many bytes a segment has allocated beyond the clusters that `users` name: what is left
    /// to be given back, to within its header.
    public func unusedBytes(ofSegment number: UInt64, users: [UInt64]) -> Int64 {
        guard let status = try? calls.status(of: "\(number)", in: segments) else { return 0 }
        let end = slotCounts(of: users).first { $0.number == number }?.slotCount ?? 0
        var named = 0
        for windows in slotPasses(of: [(number, end)], slotsMax: Self.reclaimSlotsMax) {
            let sets = (try? slots(in: windows, namedBy: users)) ?? []
            named += sets.reduce(0) { $0 + $1.count }
        }
        let bytes = status.allocatedBytes - Int64(named) * Int64(Layout.clusterBytes)
        return max(0, bytes - (users.isEmpty ? 0 : Int64(Layout.blockBytes)))
    }

    /// How many slots each group alone names.
    private func exclusiveSlots(
        _ owners: [UInt64: SlotOwner], _ slotsMax: UInt64
    ) -> [Int: Int] {
        let manifests = owners.keys.sorted()
        var counts: [Int: Int] = [:]
        for windows in slotPasses(of: slotCounts(of: manifests), slotsMax: slotsMax) {
            var tables = windows.map { [SlotOwner](repeating: .nobody, count: $0.slots.count) }
            var places: [UInt64: [Int]] = [:]
            for (index, window) in windows.enumerated() {
                places[window.segment, default: []].append(index)
            }
            for manifest in manifests {
                let owner = owners[manifest] ?? .several
                try? forEachRun(of: manifest) { run in
                    for index in places[run.segment] ?? [] {
                        let window = windows[index].slots
                        let range = (run.slot..<run.slot + run.count).clamped(to: window)
                        for slot in range {
                            tables[index][Int(slot - window.lowerBound)].add(owner)
                        }
                    }
                }
            }
            for table in tables {
                for owner in table { owner.group.map { counts[$0, default: 0] += 1 } }
            }
        }
        return counts
    }

    /// Each cluster that some manifests name, counted once.
    public func storedBytes(of manifests: [UInt64]) -> Int64 {
        if manifests.count == 1, let header = try? openManifest(manifests[0]).header {
            return Int64(header.storedClusterCount) * Int64(Layout.clusterBytes)
        }
        let readable = manifests.filter { (try? forEachRun(of: $0) { _ in }) != nil }
        var count = 0
        let sizes = slotCounts(of: readable)
        for windows in slotPasses(of: sizes, slotsMax: Self.reclaimSlotsMax) {
            let sets = (try? slots(in: windows, namedBy: readable)) ?? []
            count += sets.reduce(0) { $0 + $1.count }
        }
        return Int64(count) * Int64(Layout.clusterBytes)
    }

    /// The segments that manifests name, each with the number after its last named slot.
    func slotCounts(of manifests: [UInt64]) -> [(number: UInt64, slotCount: UInt64)] {
        var ends: [UInt64: UInt64] = [:]
        for manifest in manifests {
            try? forEachRun(of: manifest) { run in
                ends[run.segment] = max(ends[run.segment] ?? 0, run.slot + run.count)
            }
        }
        return ends.keys.sorted().map { ($0, min(ends[$0] ?? 0, SegmentLayout.slotMax)) }
    }
}

/// Who names a slot.
private struct SlotOwner: Equatable {
    private var value: UInt32

    static let nobody = SlotOwner(value: 0)
    static let several = SlotOwner(value: .max)

    private init(value: UInt32) { self.value = value }

    /// One of at most four thousand million groups.
    init(group: Int) { value = UInt32(group + 1) }

    /// Nil: nobody, or several.
    var group: Int? { value == 0 || value == .max ? nil : Int(value) - 1 }

    mutating func add(_ other: SlotOwner) {
        if self == .nobody { self = other } else if self != other { self = .several }
    }
}
