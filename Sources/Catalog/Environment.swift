/// What a catalog is given from outside, so that a test can replay a run exactly: the clock, the
/// randomness, the room in the journal, and how far a running copy is.
public struct Environment: Sendable {
    /// Whether bytes of changes fit into the journal now (`Journal.reserve`).
    public enum Room: Sendable { case granted, growing, full }

    /// Nanoseconds since 1970.
    public var now: @Sendable () -> Int64
    public var randomSeed: UInt64
    /// Asked before any change is applied; `isRelease`: the changes give space or slots back.
    public var reserve: @Sendable (_ byteCount: Int, _ isRelease: Bool) -> Room
    /// Percent of a job's bytes that are copied; nil: not running.
    public var progress: @Sendable (_ job: Int64) -> Int?
    /// Whether snapshots of files can be kept: not without a data directory.
    public var takesRealFiles: Bool
    /// Where the configuration's buckets are.
    public var buckets: [String: String] = [:]
    /// Where new disks' files go, in its `disks/`, unless a request says otherwise; absolute.
    public var dataDirectory = ""

    public init(
        now: @escaping @Sendable () -> Int64, randomSeed: UInt64, takesRealFiles: Bool = true,
        reserve: @escaping @Sendable (Int, Bool) -> Room = { _, _ in .granted },
        progress: @escaping @Sendable (Int64) -> Int? = { _ in nil }
    ) {
        self.now = now
        self.randomSeed = randomSeed
        self.takesRealFiles = takesRealFiles
        self.reserve = reserve
        self.progress = progress
    }
}

/// Makes IDs from a seed: the same seed, the same IDs (SplitMix64).
struct IDSource: RandomNumberGenerator, Sendable {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    private static let alphabet = Array("abcdefghijklmnopqrstuvwxyz0123456789".utf8)
    private static let hexDigits = Array("0123456789ABCDEF".utf8)

    /// `prefix`, then 20 lower-case letters and digits.
    mutating func id(_ prefix: String) -> String {
        var bytes = Array(prefix.utf8)
        for _ in 0..<2 {
            var rest = next()
            for _ in 0..<10 {
                bytes.append(Self.alphabet[Int(rest % 36)])
                rest /= 36
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// A UUID in upper case, as ECS's request IDs are.
    mutating func requestID() -> String {
        let halves = (next(), next())
        return String(unsafeUninitializedCapacity: 36) { text in
            var place = 0
            for digit in 0..<32 {
                if digit == 8 || digit == 12 || digit == 16 || digit == 20 {
                    text[place] = UInt8(ascii: "-")
                    place += 1
                }
                let half = digit < 16 ? halves.0 : halves.1
                text[place] = Self.hexDigits[Int(half >> UInt64(60 - digit % 16 * 4) & 15)]
                place += 1
            }
            return place
        }
    }
}
