/// ECS's times as text, from nanoseconds since 1970, UTC.
public enum Time {
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

    private static func split(_ nanoseconds: Int64) -> (day: Int64, second: Int64) {
        let seconds = nanoseconds / 1_000_000_000
        return (seconds / 86_400, seconds % 86_400)
    }

    /// The Gregorian date of a day counted from 1970-01-01, by eras of 400 years that begin on
    /// 1 March, so that the leap day is a year's last.
    private static func date(_ day: Int64) -> String {
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
        return "\(year)-\(two(month))-\(two(dayOfMonth))"
    }

    private static func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
