import ECS

/// Which of several things of one kind stay, by their age alone.
struct Retention {
    /// How many of the newest stay.
    var last = 1
    /// What is younger stays.
    var age: (text: String, nanoseconds: Int64)?
    /// Of how many days, and of how many weeks, the newest stays.
    var days = 0
    var weeks = 0

    struct Candidate {
        /// ECS's: `yyyy-MM-ddTHH:mm:ssZ`.
        let creationTime: String
        var kind = Kind.whole

        enum Kind: Equatable {
            case whole
            /// It is of no use, and keeps nothing else from going.
            case failed
            /// It stays, whatever its age, and does not count.
            case apart(String)
        }
    }

    enum Verdict {
        case stays(String)
        case goes(String)
    }

    private static let day: Int64 = 86_400 * 1_000_000_000

    /// Judges `candidates`, which are in order, the newest first.
    ///
    /// - Parameter now: nanoseconds since 1970.
    /// - Returns: a verdict for each, in the same order.
    func judge(_ candidates: [Candidate], now: Int64) -> [Verdict] {
        var whole = 0
        var days: Set<Int64> = []
        var weeks: Set<Int64> = []
        return candidates.map { candidate in
            if case .apart(let reason) = candidate.kind { return .stays(reason) }
            guard let time = Time.parse(candidate.creationTime) else {
                return .stays("its creation time cannot be read")
            }
            var reasons: [String] = []
            if candidate.kind == .whole {
                whole += 1
                if whole <= last { reasons.append(last == 1 ? "newest" : "newest \(last)") }
                let day = time / Self.day
                if self.days > days.count && days.insert(day).inserted {
                    reasons.append("daily")
                }
                // 1970-01-01 was a Thursday; weeks begin on Monday.
                if self.weeks > weeks.count && weeks.insert((day + 3) / 7).inserted {
                    reasons.append("weekly")
                }
            }
            if let age, now.subtractingReportingOverflow(time).partialValue < age.nanoseconds {
                reasons.append("younger than \(age.text)")
            }
            if !reasons.isEmpty { return .stays(reasons.joined(separator: ", ")) }
            if candidate.kind == .failed { return .goes("failed") }
            return .goes(age.map { "older than \($0.text)" } ?? "no rule keeps it")
        }
    }
}

extension Retention {
    static let options = [
        Option(
            name: "keep-last", value: "N",
            meaning: "Keep the newest N; without it the newest alone. 0 keeps none of them."),
        Option(
            name: "older-than", value: "AGE",
            meaning: "Keep what is younger: a number and s, m, h, d or w, such as 30d."),
        Option(
            name: "keep-daily", value: "N",
            meaning: "Keep the newest of each of the last N days (UTC) that have any."),
        Option(
            name: "keep-weekly", value: "N",
            meaning: "Keep the newest of each of the last N weeks, which begin on Monday."),
    ]

    /// The rules of the command line, of which there must be one.
    init(_ invocation: Invocation) throws(UsageError) {
        guard Self.options.contains(where: { invocation.has($0.name) }) else {
            let flags = Self.options.map { "--\($0.name)" }
            throw UsageError(
                message: "\(invocation.command.name) without a rule for what stays",
                hint: "Give \(Help.list(flags, "or")).")
        }
        last = try Self.count("keep-last", invocation) ?? 1
        days = try Self.count("keep-daily", invocation) ?? 0
        weeks = try Self.count("keep-weekly", invocation) ?? 0
        if let text = invocation.value("older-than") {
            guard let nanoseconds = Self.nanoseconds(text) else {
                throw UsageError(
                    message: """
                        --older-than \(text): a number and s, m, h, d or w is right, such as 30d
                        """)
            }
            age = (text, nanoseconds)
        }
    }

    private static func count(
        _ name: String, _ invocation: Invocation
    ) throws(UsageError) -> Int? {
        guard let text = invocation.value(name) else { return nil }
        guard let count = Int(text), (0...1_000_000).contains(count) else {
            throw UsageError(
                message: "--\(name) \(text): a whole number is right, 0 to 1000000")
        }
        return count
    }

    /// "30d"; nil: it is no age, or more than there are years.
    static func nanoseconds(_ text: String) -> Int64? {
        let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800]
        guard let unit = text.last.flatMap({ units[$0] }),
            let number = Int64(text.dropLast()), number >= 0, text.first != "+"
        else { return nil }
        let (seconds, isTooLong) = number.multipliedReportingOverflow(by: unit)
        let (nanoseconds, overflows) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return isTooLong || overflows ? nil : nanoseconds
    }
}
