/// ECS's times as text, from nanoseconds since 1970, UTC.
public enum Time {
    /// 2261-12-31T23:59:59Z: no clock is set beyond it, so that sums of times have room.
    public static let latest: Int64 = 9_214_646_399 * 1_000_000_000

    /// `yyyy-MM-ddTHH:mm:ssZ`
    public static func seconds(_ nanoseconds: Int64) -> String {
        let (day, second) = split(nanoseconds)
        return "\(date(day))T\(two(second / 3600)):\(two(second / 60 % 60)):\(two(second % 60))Z"
    }

    /// `yyyy-MM-ddTHH:mmZ`, as instances have it.
    public static func minutes(_ nanoseconds: Int64) -> String {
        let (day, second) = split(nanoseconds)
        return "\(date(day))T\(two(second / 3600)):\(two(second / 60 % 60))Z"
    }

    /// `Sun, 06 Nov 1994 08:49:37 GMT`, as HTTP has it (RFC 9110 § 5.6.7).
    public static func http(_ nanoseconds: Int64) -> String {
        let (day, second) = split(nanoseconds)
        let (year, month, dayOfMonth) = parts(day)
        // 1970-01-01 was a Thursday.
        let names = (weekdays[Int((day + 4) % 7)], months[Int(month - 1)])
        return "\(names.0), \(two(dayOfMonth)) \(names.1) \(year) "
            + "\(two(second / 3600)):\(two(second / 60 % 60)):\(two(second % 60)) GMT"
    }

    private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    private static func split(_ nanoseconds: Int64) -> (day: Int64, second: Int64) {
        let seconds = nanoseconds / 1_000_000_000
        return (seconds / 86_400, seconds % 86_400)
    }

    /// The Gregorian date of a day counted from 1970-01-01, by eras of 400 years that begin on
    /// 1 March, so that the leap day is a year's last.
    private static func parts(_ day: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = day + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let dayOfMonth = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfMonth)
    }

    private static func date(_ day: Int64) -> String {
        let (year, month, dayOfMonth) = parts(day)
        return "\(year)-\(two(month))-\(two(dayOfMonth))"
    }

    private static func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }

    /// Nanoseconds since 1970 of `yyyy-MM-ddTHH:mm:ssZ` or `yyyy-MM-ddTHH:mmZ`; nil: it is no such
    /// time, or lies outside of 1970 to 2261.
    public static func parse(_ text: String) -> Int64? {
        let bytes = Array(text.utf8)
        guard bytes.count == 20 || bytes.count == 17, bytes.last == UInt8(ascii: "Z") else {
            return nil
        }
        func number(_ places: Range<Int>) -> Int64? {
            var value: Int64 = 0
            for byte in bytes[places] {
                guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
                value = value * 10 + Int64(byte - UInt8(ascii: "0"))
            }
            return value
        }
        let hasSeconds = bytes.count == 20
        guard bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
            bytes[10] == UInt8(ascii: "T"), bytes[13] == UInt8(ascii: ":"),
            !hasSeconds || bytes[16] == UInt8(ascii: ":"),
            let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
            let hour = number(11..<13), let minute = number(14..<16),
            let second = hasSeconds ? number(17..<19) : 0,
            (1970...2261).contains(year), (1...12).contains(month), hour < 24, minute < 60,
            second < 60
        else { return nil }
        let days = daysSince1970(year, month, day)
        // A day that its month does not have comes out as another date.
        guard day >= 1, date(days) == String(decoding: bytes[..<10], as: UTF8.self) else {
            return nil
        }
        return (days * 86_400 + hour * 3600 + minute * 60 + second) * 1_000_000_000
    }

    /// The reverse of `date`.
    private static func daysSince1970(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted / 400
        let yearOfEra = shifted % 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }
}
