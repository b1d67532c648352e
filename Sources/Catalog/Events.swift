import ECS

/// The newest changes of resources, in order, for watchers. A ring: old ones make room.
public struct EventLog: Sendable {
    /// How many events are kept.
    public static let capacity = 65_536

    struct Entry: Sendable {
        let sequence: Int64
        let change: Change
    }

    private var ring: [Entry] = []
    private var start = 0
    /// The newest sequence that is not in the ring any more, or never was.
    private(set) var lastDropped: Int64 = 0

    public init() {}

    mutating func append(_ change: Change, sequence: Int64) {
        guard change.eventKind != nil else {
            // A checkpoint's last record: what came before it cannot be told as events.
            if case .counters = change.kind { self = EventLog(startingAfter: sequence) }
            return
        }
        let entry = Entry(sequence: sequence, change: change)
        if ring.count < Self.capacity {
            ring.append(entry)
        } else {
            lastDropped = ring[start].sequence
            ring[start] = entry
            start = (start + 1) % Self.capacity
        }
    }

    private init(startingAfter sequence: Int64) { lastDropped = sequence }

    /// The place of the first entry after `sequence`.
    private func place(after sequence: Int64) -> Int {
        var low = 0
        var high = ring.count
        while low < high {
            let middle = (low + high) / 2
            if self[middle].sequence <= sequence { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private subscript(place: Int) -> Entry { ring[(start + place) % Self.capacity] }

    func entries(after sequence: Int64) -> some Sequence<Entry> {
        (place(after: sequence)..<ring.count).lazy.map { self[$0] }
    }
}

extension Change {
    /// What watchers call this change; nil: it is none of theirs.
    var eventKind: String? {
        switch kind {
        case .image: "ImageChanged"
        case .imageDeleted: "ImageDeleted"
        case .snapshot: "SnapshotChanged"
        case .snapshotDeleted: "SnapshotDeleted"
        case .disk: "DiskChanged"
        case .diskDeleted: "DiskDeleted"
        case .instance: "InstanceChanged"
        case .instanceDeleted: "InstanceDeleted"
        default: nil
        }
    }

    /// The resource that it is about; empty: none.
    var resourceID: String {
        switch kind {
        case .image(let record): record.value.id
        case .imageDeleted(let id), .snapshotDeleted(let id), .diskDeleted(let id),
            .instanceDeleted(let id):
            id
        case .snapshot(let record): record.value.id
        case .disk(let record): record.value.id
        case .instance(let record): record.value.id
        default: ""
        }
    }

    /// More than its bytes can be: texts are limited, tags in number too.
    var bytesMax: Int {
        let tagCount =
            switch kind {
            case .image(let record): record.value.image.tags.count
            case .snapshot(let record): record.value.snapshot.tags.count
            case .disk(let record): record.value.disk.tags.count
            case .instance(let record): record.value.instance.tags.count
            case .account: 256
            case .token: 8
            default: 0
            }
        return 8_192 + tagCount * 1_100
    }

    fileprivate func event(_ sequence: Int64) -> Event {
        var event = Event()
        event.sequence = sequence
        event.time = Time.seconds(time)
        event.kind = eventKind ?? ""
        switch kind {
        case .image(let record): event.image = record.value.image
        case .imageDeleted(let id): event.image = Image(imageID: id)
        case .snapshot(let record): event.snapshot = record.value.snapshot
        case .snapshotDeleted(let id): event.snapshot = Snapshot(snapshotID: id)
        case .disk(let record): event.disk = record.value.disk
        case .diskDeleted(let id): event.disk = Disk(diskID: id)
        case .instance(let record): event.instance = record.value.instance
        case .instanceDeleted(let id): event.instance = Instance(instanceID: id)
        default: break
        }
        return event
    }
}

extension Catalog {
    /// Where a reader stands that wants what comes from now on.
    public var newestSequence: Int64 { state.sequence }

    /// What the events of one answer may come to, well below a frame's 4 MiB.
    private static let eventsBytesMax = 3 << 20

    /// The account's events after `sequence`, at most `max`; nil: some of them are gone, or the
    /// sequence has not been reached: describe afresh.
    public func events(
        of accountID: String, after sequence: Int64, resources: [String], max: Int
    ) -> EventsResponse? {
        guard events.lastDropped...state.sequence ~= sequence else { return nil }
        var response = EventsResponse()
        response.sequence = state.sequence
        // An account of the same name may have been dropped before.
        let first = state.accounts[accountID]?.firstSequence ?? 0
        var bytesLeft = Self.eventsBytesMax
        for entry in events.entries(after: sequence) where entry.change.accountID == accountID {
            if entry.sequence <= first { continue }
            if !resources.isEmpty && !resources.contains(entry.change.resourceID) { continue }
            response.events.append(entry.change.event(entry.sequence))
            bytesLeft -= entry.change.bytesMax
            if response.events.count == max || bytesLeft < 0 {
                response.sequence = entry.sequence
                break
            }
        }
        return response
    }
}

extension Image {
    fileprivate init(imageID: String) {
        self.init()
        self.imageID = imageID
    }
}

extension Snapshot {
    fileprivate init(snapshotID: String) {
        self.init()
        self.snapshotID = snapshotID
    }
}

extension Disk {
    fileprivate init(diskID: String) {
        self.init()
        self.diskID = diskID
    }
}

extension Instance {
    fileprivate init(instanceID: String) {
        self.init()
        self.instanceID = instanceID
    }
}
