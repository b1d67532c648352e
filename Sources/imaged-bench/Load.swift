import ECS
import System
import Wire

/// Times, counted in buckets that are at most 1/16 wide of what they hold.
struct Histogram: Sendable {
    private var counts = [Int](repeating: 0, count: 64 * 16)
    private(set) var count = 0

    mutating func add(nanoseconds: Int64) {
        counts[Self.bucket(UInt64(max(1, nanoseconds)))] += 1
        count += 1
    }

    mutating func add(_ other: Histogram) {
        for index in counts.indices { counts[index] += other.counts[index] }
        count += other.count
    }

    private static func bucket(_ value: UInt64) -> Int {
        let exponent = 63 - value.leadingZeroBitCount
        let fraction = exponent >= 4 ? value >> UInt64(exponent - 4) : value << UInt64(4 - exponent)
        return exponent * 16 + Int(fraction & 15)
    }

    /// The time that `share` of all stay below, in microseconds.
    func microseconds(at share: Double) -> Double {
        var left = Int(Double(count) * share)
        for index in counts.indices {
            left -= counts[index]
            if left < 0 {
                let lower = Double(16 + index % 16 + 1) / 16
                return lower * Double(UInt64(1) << UInt64(index / 16)) / 1000
            }
        }
        return 0
    }
}

/// Keeps so many requests in flight on so many connections for so long.
struct Load {
    let options: LoadOptions

    init(_ options: LoadOptions) { self.options = options }

    private struct Result: Sendable {
        var histogram = Histogram()
        var refused = 0
        var failure: String?
        var threadsLeft: Int
    }

    func run() throws {
        let disk = try prepare()
        let result = Lock(Result(threadsLeft: options.clients))
        let start = Clock.monotonicNanoseconds()
        let end = start + Int64(options.seconds) * 1_000_000_000
        let options = options
        for _ in 0..<options.clients {
            Thread.start("imaged-bench") {
                var own = Result(threadsLeft: 0)
                do {
                    let client = try BlockingClient(options.socketPath)
                    try Self.drive(client, options, disk: disk, until: end, &own)
                } catch {
                    own.failure = "\(error)"
                }
                result.withLock { all in
                    all.histogram.add(own.histogram)
                    all.refused += own.refused
                    all.failure = all.failure ?? own.failure
                    all.threadsLeft -= 1
                }
            }
        }
        while result.withLock({ $0.threadsLeft }) > 0 { Clock.sleep(milliseconds: 10) }
        let all = result.withLock { $0 }
        if let failure = all.failure { throw CallFailure.unknown(failure) }
        report(all, seconds: Double(Clock.monotonicNanoseconds() - start) / 1e9)
    }

    /// Registers the disk that snapshots are made of.
    private func prepare() throws -> String {
        guard options.workload == .createSnapshot else { return "" }
        var disk = RegisteredDisk()
        disk.size = 20
        var request = RegisterInstanceRequest()
        request.regionID = "cn-hangzhou"
        request.disk = [disk]
        let client = try BlockingClient(options.socketPath)
        return try client.call(RegisterInstance.self, request).diskIDs.first ?? ""
    }

    private static func drive(
        _ client: BlockingClient, _ options: LoadOptions, disk: String, until end: Int64,
        _ result: inout Result
    ) throws {
        var begun: [UInt32: Int64] = [:]
        func beginOne() throws {
            let now = Clock.monotonicNanoseconds()
            begun[try begin(client, options.workload, disk)] = now
        }
        for _ in 0..<options.depth { try beginOne() }
        while !begun.isEmpty {
            let (stream, response) = try client.next()
            let now = Clock.monotonicNanoseconds()
            if let start = begun.removeValue(forKey: stream) {
                result.histogram.add(nanoseconds: now - start)
            }
            if response.status != nil { result.refused += 1 }
            if now < end { try beginOne() }
        }
    }

    private static func begin(
        _ client: BlockingClient, _ workload: Workload, _ disk: String
    ) throws -> UInt32 {
        switch workload {
        case .version: return try client.begin(Version.self, VersionRequest())
        case .describeImages:
            var request = DescribeImagesRequest()
            request.regionID = "cn-hangzhou"
            return try client.begin(DescribeImages.self, request)
        case .createSnapshot:
            var request = CreateSnapshotRequest()
            request.diskID = disk
            return try client.begin(CreateSnapshot.self, request)
        }
    }

    private func report(_ result: Result, seconds: Double) {
        func rounded(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }
        let rate = Int(Double(result.histogram.count) / seconds)
        let middle = rounded(result.histogram.microseconds(at: 0.5))
        let high = rounded(result.histogram.microseconds(at: 0.99))
        let refused = result.refused > 0 ? ", \(result.refused) refused" : ""
        CurrentProcess.write(
            """
            \(options.workload.rawValue): \(rate) ops/s, p50 \(middle) us, p99 \(high) us \
            (\(options.clients) clients, depth \(options.depth)\(refused))

            """, to: 1)
    }
}
