import Glibc

/// Days and times of day in the zone of the machine or of TZ, as Unix milliseconds.
enum LocalCalendar {
    /// The day to which a moment belongs; weekdays count from Sunday, 0.
    static func day(of milliseconds: Int64) -> (year: Int, month: Int, day: Int, weekday: Int) {
        var clock = time_t((Double(milliseconds) / 1000).rounded(.down))
        var fields = tm()
        localtime_r(&clock, &fields)
        return (Int(fields.tm_year) + 1900, Int(fields.tm_mon) + 1, Int(fields.tm_mday), Int(fields.tm_wday))
    }

    /// A day, which may lie outside its month, and a second of it as clocks show it. Where they show it twice, as when summer
    /// time ends, the first is meant; where they skip it, as much later as they do.
    static func milliseconds(year: Int, month: Int, day: Int, second: Int) -> Int64 {
        func made(isSummer: Int32) -> (ms: Int64, isRight: Bool) {
            var fields = tm()
            fields.tm_year = Int32(clamping: year - 1900)
            fields.tm_mon = Int32(clamping: month - 1)
            fields.tm_mday = Int32(clamping: day)
            fields.tm_hour = Int32(second / 3600)
            fields.tm_min = Int32(second / 60 % 60)
            fields.tm_sec = Int32(second % 60)
            fields.tm_isdst = isSummer
            let made = mktime(&fields)
            return (Int64(made) * 1000, fields.tm_hour == second / 3600 && fields.tm_min == second / 60 % 60)
        }
        // Told that it is not what it is, mktime moves the time by the difference.
        let (summer, winter) = (made(isSummer: 1), made(isSummer: 0))
        let right = [summer, winter].filter(\.isRight).map(\.ms)
        return right.min() ?? max(summer.ms, winter.ms)
    }

    static func isDate(year: Int, month: Int, day: Int) -> Bool {
        guard (1970...9999).contains(year), (1...12).contains(month), day >= 1 else { return false }
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        return day <= [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
    }
}
