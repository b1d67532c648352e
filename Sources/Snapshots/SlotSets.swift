import System

/// Some consecutive slots of a segment, and which of them are in a set.
struct SlotSet {
    let segment: UInt64
    let slots: Range<UInt64>
    private var words: [UInt64]

    init(segment: UInt64, slots: Range<UInt64>) {
        self.segment = segment
        self.slots = slots
        words = [UInt64](repeating: 0, count: (slots.count + 63) / 64)
    }

    /// Adds the slots of a run that are among these.
    mutating func insert(_ run: Run) {
        let range = (run.slot..<run.slot + run.count).clamped(to: slots)
        for slot in range {
            let place = Int(slot - slots.lowerBound)
            words[place / 64] |= 1 << UInt64(place % 64)
        }
    }

    /// The next slots from `slot` on that are in the set, or those that are not; nil: none is.
    func next(from slot: UInt64, isIn wanted: Bool) -> Range<UInt64>? {
        var start = max(slot, slots.lowerBound)
        while start < slots.upperBound, contains(start) != wanted { start = skip(start, wanted) }
        guard start < slots.upperBound else { return nil }
        var end = start
        while end < slots.upperBound, contains(end) == wanted { end = skip(end, !wanted) }
        return start..<min(end, slots.upperBound)
    }

    /// How many slots are in the set.
    var count: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }

    /// How many slots before `slot` are in the set.
    func count(before slot: UInt64) -> Int {
        let end = min(max(slot, slots.lowerBound), slots.upperBound)
        let place = Int(end - slots.lowerBound)
        let whole = words[..<(place / 64)].reduce(0) { $0 + $1.nonzeroBitCount }
        if place % 64 == 0 { return whole }
        return whole + (words[place / 64] & ((1 << UInt64(place % 64)) - 1)).nonzeroBitCount
    }

    private func contains(_ slot: UInt64) -> Bool {
        let place = Int(slot - slots.lowerBound)
        return words[place / 64] & (1 << UInt64(place % 64)) != 0
    }

    /// The slot after one that is not what is wanted: a whole word on, if none in it is.
    private func skip(_ slot: UInt64, _ wanted: Bool) -> UInt64 {
        let place = Int(slot - slots.lowerBound)
        let isPlain = place % 64 == 0 && words[place / 64] == (wanted ? 0 : .max)
        return slot + (isPlain ? 64 : 1)
    }
}

/// A part of all slots there are that is small enough to be held in memory.
typealias SlotWindow = (segment: UInt64, slots: Range<UInt64>)

/// Cuts the slots of some segments into passes of at most `slotsMax` each.
func slotPasses(
    of segments: [(number: UInt64, slotCount: UInt64)], slotsMax: UInt64
) -> [[SlotWindow]] {
    var passes: [[SlotWindow]] = []
    var pass: [SlotWindow] = []
    var room = slotsMax
    for segment in segments {
        var start: UInt64 = 0
        while start < segment.slotCount {
            let end = start + min(room, segment.slotCount - start)
            pass.append((segment.number, start..<end))
            room -= end - start
            start = end
            if room == 0 {
                passes.append(pass)
                pass = []
                room = slotsMax
            }
        }
    }
    if !pass.isEmpty { passes.append(pass) }
    return passes
}

extension SnapshotStore {
    /// The slots in `windows` that a manifest of `manifests` names.
    ///
    /// - Throws: ``ReadFailure`` if one of them cannot be read.
    func slots(
        in windows: [SlotWindow], namedBy manifests: [UInt64]
    ) throws(ReadFailure) -> [SlotSet] {
        var sets = windows.map { SlotSet(segment: $0.segment, slots: $0.slots) }
        // A window's segment has its windows of this pass side by side.
        var places: [UInt64: Range<Int>] = [:]
        for (index, window) in windows.enumerated() {
            let first = places[window.segment]?.lowerBound ?? index
            places[window.segment] = first..<index + 1
        }
        for number in manifests {
            try forEachRun(of: number) { run in
                for index in places[run.segment] ?? 0..<0 { sets[index].insert(run) }
            }
        }
        return sets
    }

    func forEachRun(
        of manifest: UInt64, _ body: (Run) -> Void
    ) throws(ReadFailure) {
        do throws(ReadError) {
            let reader = try openManifest(manifest)
            while let run = try reader.next() { body(run) }
        } catch {
            throw ReadFailure(error, manifest: manifest)
        }
    }
}
