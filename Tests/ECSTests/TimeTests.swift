import Foundation
import Testing

@testable import ECS

/// Times as ECS writes them.
struct TimeTests {
    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00Z"), (1, "1970-01-01T00:00:01Z"),
            (951_782_399, "2000-02-28T23:59:59Z"), (951_782_400, "2000-02-29T00:00:00Z"),
            (951_868_800, "2000-03-01T00:00:00Z"), (1_373_932_800, "2013-07-16T00:00:00Z"),
            (1_373_932_799, "2013-07-15T23:59:59Z"), (1_709_164_800, "2024-02-29T00:00:00Z"),
            (1_735_689_599, "2024-12-31T23:59:59Z"), (1_735_689_600, "2025-01-01T00:00:00Z"),
            (4_070_908_799, "2098-12-31T23:59:59Z"), (4_102_444_799, "2099-12-31T23:59:59Z"),
            (4_107_542_399, "2100-02-28T23:59:59Z"), (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] as [(Int64, String)])
    func knownTimes(seconds: Int64, text: String) {
        #expect(Time.seconds(seconds * 1_000_000_000) == text)
        #expect(Time.seconds(seconds * 1_000_000_000 + 999_999_999) == text)
        #expect(Time.minutes(seconds * 1_000_000_000) == text.dropLast(4) + "Z")
    }

    /// Days of a century as HTTP has them, against Foundation.
    @Test func timesOfHTTP() {
        #expect(Time.http(784_111_777_000_000_000) == "Sun, 06 Nov 1994 08:49:37 GMT")
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        formatter.timeZone = TimeZone(identifier: "GMT")
        for day in stride(from: Int64(0), to: 40_000, by: 11) {
            let second = day * 86_400 + day % 86_400
            let date = Date(timeIntervalSince1970: TimeInterval(second))
            #expect(Time.http(second * 1_000_000_000) == formatter.string(from: date))
        }
    }

    /// Every day of two centuries against Foundation's calendar.
    @Test func everyDayUntil2200() {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = TimeZone(identifier: "UTC")!
        for day in stride(from: 0, to: 84_006, by: 1) {
            let second = Int64(day) * 86_400 + Int64(day % 86_400)
            let parts = calendar.dateComponents(
                [.year, .month, .day, .hour, .minute, .second],
                from: Date(timeIntervalSince1970: TimeInterval(second)))
            let expected = String(
                format: "%04d-%02d-%02dT%02d:%02d:%02dZ", parts.year!, parts.month!, parts.day!,
                parts.hour!, parts.minute!, parts.second!)
            if Time.seconds(second * 1_000_000_000) != expected {
                Issue.record("\(expected) is \(Time.seconds(second * 1_000_000_000))")
                return
            }
        }
    }
}
