import ECS

/// What operations have in common for whoever watches how long they take.
enum OperationClass: String, CaseIterable, Sendable {
    case read, change, data, wait, fixture

    init(_ operation: any Operation.Type) {
        if operation.service == .fixture {
            self = .fixture
            return
        }
        switch operation.name {
        case WaitForImage.name, Watch.name, ReadEvents.name: self = .wait
        case ExportImage.name, ExportSnapshot.name, ReadSnapshot.name, VerifySnapshot.name,
            DescribeUsage.name:
            self = .data
        case Version.name, Health.name, Metrics.name, Cancel.name: self = .read
        case let name:
            self = name.hasPrefix("Describe") || name.hasPrefix("List") ? .read : .change
        }
    }
}

/// The operations by number, in the order of `allOperations`.
enum OperationNumbers {
    static let names = allOperations.map { $0.name } + ["unknown"]
    static let classes = allOperations.map { OperationClass($0) }
    /// Stands for what cannot be read, or does not exist.
    static let unknown = UInt16(allOperations.count)

    private static let numbers = Dictionary(
        uniqueKeysWithValues: allOperations.enumerated().map { ($1.name, UInt16($0)) })

    static func number(of name: String) -> UInt16 { numbers[name] ?? unknown }
}

/// Which operation an answer is of, and when its request came: monotonic nanoseconds.
struct Origin: Sendable {
    let operation: UInt16
    let arrival: Int64

    static let none = Origin(operation: OperationNumbers.unknown, arrival: 0)
}

/// How often something took how long.
struct Histogram: Sendable {
    /// The upper ends of the buckets but for the last, which has none.
    static let bounds: [Int64] = [
        100_000, 300_000, 1_000_000, 3_000_000, 10_000_000, 30_000_000, 100_000_000, 300_000_000,
        1_000_000_000, 3_000_000_000, 10_000_000_000, 30_000_000_000,
    ]
    private(set) var counts = [UInt64](repeating: 0, count: bounds.count + 1)
    private(set) var sumNanoseconds: Int64 = 0

    mutating func note(_ nanoseconds: Int64) {
        var place = 0
        while place < Self.bounds.count && nanoseconds > Self.bounds[place] { place += 1 }
        counts[place] += 1
        sumNanoseconds = sumNanoseconds &+ nanoseconds
    }
}

/// What the loop has counted since the start. Nothing here is named after an account, a user or a
/// resource; the number of names is bounded.
struct Counters: Sendable {
    private struct Refusal: Hashable {
        let operation: UInt16
        let code: UInt16
    }

    private var successes = [UInt64](repeating: 0, count: OperationNumbers.names.count)
    private var refusals: [Refusal: UInt64] = [:]
    private var codes: [String] = []
    private var numbers: [String: UInt16] = [:]
    private var latencies = [Histogram](
        repeating: Histogram(), count: OperationClass.allCases.count)
    private static let places = Dictionary(
        uniqueKeysWithValues: OperationClass.allCases.enumerated().map { ($1, $0) })
    private static let placeOfOperation = OperationNumbers.classes.map { places[$0] ?? 0 }

    var acceptedConnections: UInt64 = 0
    var refusedConnections: [String: UInt64] = [:]
    var slowConnections: UInt64 = 0
    var faultyFrames: UInt64 = 0
    var turns: UInt64 = 0
    var checkpoints: UInt64 = 0
    var failedCheckpoints: UInt64 = 0

    /// A code that a test has invented counts as one of them from here on.
    private static let codesMax = 512
    private static let otherCode = "Other"

    /// - Parameter code: nil: it was a success.
    mutating func count(_ operation: UInt16, _ code: String?) {
        guard let code else {
            successes[Int(operation)] += 1
            return
        }
        refusals[Refusal(operation: operation, code: number(of: code)), default: 0] += 1
    }

    private mutating func number(of code: String) -> UInt16 {
        if let number = numbers[code] { return number }
        let isKept = codes.count < Self.codesMax && code.utf8.count <= 128
        if !isKept && code != Self.otherCode { return number(of: Self.otherCode) }
        let number = UInt16(codes.count)
        codes.append(code)
        numbers[code] = number
        return number
    }

    /// An answer may leave now.
    mutating func observe(_ origin: Origin, _ now: Int64) {
        guard origin.arrival > 0, origin.operation < OperationNumbers.unknown else { return }
        latencies[Self.placeOfOperation[Int(origin.operation)]].note(now - origin.arrival)
    }

    /// How many requests of each operation ended how: those that have happened, in a fixed order.
    var requests: [(operation: String, code: String, count: UInt64)] {
        var rows: [(operation: String, code: String, count: UInt64)] = []
        for (operation, count) in successes.enumerated() where count > 0 {
            rows.append((OperationNumbers.names[operation], "OK", count))
        }
        for (refusal, count) in refusals {
            let code = codes[Int(refusal.code)]
            rows.append((OperationNumbers.names[Int(refusal.operation)], code, count))
        }
        return rows.sorted { ($0.operation, $0.code) < ($1.operation, $1.code) }
    }

    var latency: [(class: OperationClass, histogram: Histogram)] {
        OperationClass.allCases.map { ($0, latencies[Self.places[$0] ?? 0]) }
    }
}
