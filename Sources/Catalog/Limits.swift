/// An account's limits and lengths (`createimage.md` § 6). Quotas count per region but where said.
public struct Limits: Equatable, Sendable {
    public var images = 100
    public var imagesPerFamily = 100
    public var families = 100
    public var snapshotsPerDisk = 256
    public var concurrentPerDisk = 10
    public var concurrentPerOldDisk = 1
    public var unfinishedSnapshots = 64
    /// Jobs of the account running at once, over all regions.
    public var workers = 4
    public var tags = 20
    /// Of one image, and of one request: these can be lowered, not raised.
    public var dataDisks = Self.dataDisksMax
    public var mappings = Self.mappingsMax
    public var tokenLength = Self.tokenLengthMax
    static let dataDisksMax = 16
    static let mappingsMax = 17
    static let tokenLengthMax = 64
    /// A simulated snapshot takes `simulatedBase` and `simulatedPerGiB` for each GiB, at most
    /// `simulatedMax`: nanoseconds of the account's clock.
    public var simulatedBase: Int64 = 1_000_000_000
    public var simulatedPerGiB: Int64 = 10_000_000
    public var simulatedMax: Int64 = 4_000_000_000
    /// How long an image of finished snapshots is Creating.
    public var imageFromSnapshots: Int64 = 1_000_000_000
    /// How long an instance is in a status on the way: Pending, Starting, Stopping.
    public var instanceMove: Int64 = 100_000_000
    /// More tags than that would not fit into the answers.
    static let tagsMax = 1000
    /// Copies of images running at once, per region (operations § 3); the rest is queued.
    static let copies = 5
    /// Accounts that an image is shared with.
    static let sharedWith = 50

    public init() {}

    /// How long a simulated snapshot of a disk takes, in nanoseconds.
    func simulatedDuration(sizeGiB: Int32) -> Int64 {
        let (ofSize, isHuge) = Int64(sizeGiB).multipliedReportingOverflow(by: simulatedPerGiB)
        let (whole, isHuger) = simulatedBase.addingReportingOverflow(ofSize)
        return isHuge || isHuger ? simulatedMax : min(simulatedMax, whole)
    }

    /// Sets the limit that a configuration file calls `name`; false: there is none of that name.
    public mutating func set(_ name: String, _ value: Int) -> Bool {
        switch name {
        case "Images": images = value
        case "ImagesPerFamily": imagesPerFamily = value
        case "Families": families = value
        case "SnapshotsPerDisk": snapshotsPerDisk = value
        case "ConcurrentPerDisk": concurrentPerDisk = value
        case "ConcurrentPerOldDisk": concurrentPerOldDisk = value
        case "UnfinishedSnapshots": unfinishedSnapshots = value
        case "Workers": workers = value
        case "Tags": tags = min(value, Self.tagsMax)
        case "DataDisks": dataDisks = min(value, Self.dataDisksMax)
        case "Mappings": mappings = min(value, Self.mappingsMax)
        case "TokenLength": tokenLength = min(value, Self.tokenLengthMax)
        case "SimulatedBaseMilliseconds": simulatedBase = Int64(value) * 1_000_000
        case "SimulatedMillisecondsPerGiB": simulatedPerGiB = Int64(value) * 1_000_000
        case "SimulatedMaxMilliseconds": simulatedMax = Int64(value) * 1_000_000
        case "ImageFromSnapshotsMilliseconds": imageFromSnapshots = Int64(value) * 1_000_000
        case "InstanceMoveMilliseconds": instanceMove = Int64(value) * 1_000_000
        default: return false
        }
        return true
    }

    public static let names = [
        "Images", "ImagesPerFamily", "Families", "SnapshotsPerDisk", "ConcurrentPerDisk",
        "ConcurrentPerOldDisk", "UnfinishedSnapshots", "Workers", "Tags", "DataDisks", "Mappings",
        "TokenLength", "SimulatedBaseMilliseconds", "SimulatedMillisecondsPerGiB",
        "SimulatedMaxMilliseconds",
        "ImageFromSnapshotsMilliseconds", "InstanceMoveMilliseconds",
    ]

    /// The highest value that `name` may be set to.
    static func highest(_ name: String) -> Int64 {
        switch name {
        case "Tags": Int64(tagsMax)
        case "DataDisks": Int64(dataDisksMax)
        case "Mappings": Int64(mappingsMax)
        case "TokenLength": Int64(tokenLengthMax)
        default: 1 << 31
        }
    }

    /// The values, in the order of `names`.
    public var values: [Int64] {
        let milliseconds = [
            simulatedBase, simulatedPerGiB, simulatedMax, imageFromSnapshots, instanceMove,
        ]
        .map { $0 / 1_000_000 }
        let counts = [
            images, imagesPerFamily, families, snapshotsPerDisk, concurrentPerDisk,
            concurrentPerOldDisk, unfinishedSnapshots, workers, tags, dataDisks, mappings,
            tokenLength,
        ]
        .map(Int64.init)
        return counts + milliseconds
    }
}
