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
}

extension SnapshotStore {
    /// How many slots are looked at in one pass: 4 MiB, a number each.
    public static let usageSlotsMax: UInt64 = 1 << 20

    /// What each group takes, and all of them together. A manifest that cannot be read is left
    /// out.
    ///
    /// - Parameter others: all further manifests that share segments with these.
    public func usage(
        of groups: [UsageGroup], others: [UInt64], slotsMax: UInt64 = usageSlotsMax
    ) -> (groups: [GroupUsage], all: GroupUsage) {
        var owners: [UInt64: SlotOwner] = [:]
        for manifest in others { owners[manifest] = .several }
        for (index, group) in groups.enumerated() {
            for manifest in group.manifests {
                let isShared = group.shared.contains(manifest) || owners[manifest] != nil
                owners[manifest] = isShared ? .several : SlotOwner(group: index)
            }
        }
        var usage = groups.map { GroupUsage(storedBytes: storedBytes(of: $0.manifests)) }
        let ours = Set(groups.flatMap(\.manifests)).sorted()
        let all = UsageGroup(
            manifests: ours, shared: Set(groups.flatMap(\.shared)).union(others))
        let exclusive = exclusiveSlots(owners, slotsMax)
        for (group, count) in exclusive {
            usage[group].reclaimableBytes = Int64(count) * Int64(Layout.clusterBytes)
        }
        var together = GroupUsage(storedBytes: storedBytes(of: ours))
        together.reclaimableBytes = exclusiveBytes(of: all, others: others, slotsMax)
        return (usage, together)
    }

    /// What is given back when all of a group goes.
    private func exclusiveBytes(
        of group: UsageGroup, others: [UInt64], _ slotsMax: UInt64
    ) -> Int64 {
        var owners: [UInt64: SlotOwner] = [:]
        for manifest in group.manifests { owners[manifest] = SlotOwner(group: 0) }
        for manifest in group.shared.union(others) { owners[manifest] = .several }
        return Int64(exclusiveSlots(owners, slotsMax)[0] ?? 0) * Int64(Layout.clusterBytes)
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
    private func storedBytes(of manifests: [UInt64]) -> Int64 {
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
