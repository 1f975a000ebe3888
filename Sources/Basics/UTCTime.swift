/// Unix milliseconds as text, in UTC and without time zone data.
public enum UTCTime {
    /// `2026-11-21T10:26:02.123Z` (RFC 3339).
    public static func rfc3339(_ milliseconds: Int64) -> String { text(milliseconds, between: "T", after: "Z") }

    /// `2026-11-21 10:26:02.123 UTC`, for people.
    public static func readable(_ milliseconds: Int64) -> String { text(milliseconds, between: " ", after: " UTC") }

    private static func text(_ milliseconds: Int64, between: String, after: String) -> String {
        let days = Int((Double(milliseconds) / 86_400_000).rounded(.down))
        let ofDay = Int(milliseconds) - days * 86_400_000
        let (year, month, day) = date(daysSince1970: days)
        let (hour, minute, second) = (ofDay / 3_600_000, ofDay / 60_000 % 60, ofDay / 1000 % 60)
        return "\(pad(year, 4))-\(pad(month, 2))-\(pad(day, 2))\(between)"
            + "\(pad(hour, 2)):\(pad(minute, 2)):\(pad(second, 2)).\(pad(ofDay % 1000, 3))\(after)"
    }

    /// The Gregorian date. Counting from 1 March makes the leap day the last of its year, and months then begin after
    /// (153 * month + 2) / 5 days.
    private static func date(daysSince1970 days: Int) -> (year: Int, month: Int, day: Int) {
        let sinceMarch = days + 719_468
        let era = (sinceMarch >= 0 ? sinceMarch : sinceMarch - 146_096) / 146_097
        let ofEra = sinceMarch - era * 146_097
        let yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let fromMarch = (5 * ofYear + 2) / 153
        let day = ofYear - (153 * fromMarch + 2) / 5 + 1
        let month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }

    private static func pad(_ value: Int, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
