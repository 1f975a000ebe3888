import Basics
import Glibc

/// Unix milliseconds for people: in the zone of the machine or of TZ, which is named, so that the hour that summer time
/// repeats is told apart.
enum LocalTime {
    /// `2026-11-21 11:26:02.123 CET`.
    static func readable(_ milliseconds: Int64) -> String {
        guard let parts = parts(milliseconds) else { return UTCTime.readable(milliseconds) }
        return "\(parts.date) \(parts.time).\(pad(Int(milliseconds - parts.second * 1000), 3)) \(parts.zone)"
    }

    /// `2026-11-21 11:26:02 CET`.
    static func brief(_ milliseconds: Int64) -> String {
        guard let parts = parts(milliseconds) else { return UTCTime.readable(milliseconds) }
        return "\(parts.date) \(parts.time) \(parts.zone)"
    }

    private static func parts(
        _ milliseconds: Int64
    ) -> (second: Int64, date: String, time: String, zone: String)? {
        let second = Int64((Double(milliseconds) / 1000).rounded(.down))
        var clock = time_t(second)
        var fields = tm()
        guard localtime_r(&clock, &fields) != nil else { return nil }
        return (
            second,
            "\(pad(Int(fields.tm_year) + 1900, 4))-\(pad(Int(fields.tm_mon) + 1, 2))-\(pad(Int(fields.tm_mday), 2))",
            "\(pad(Int(fields.tm_hour), 2)):\(pad(Int(fields.tm_min), 2)):\(pad(Int(fields.tm_sec), 2))", zone(fields)
        )
    }

    /// Zones without letters are named by their offset.
    private static func zone(_ fields: tm) -> String {
        if let name = fields.tm_zone.map({ String(cString: $0) }), name.first?.isLetter == true { return name }
        let minutes = abs(Int(fields.tm_gmtoff)) / 60
        return "\(fields.tm_gmtoff < 0 ? "-" : "+")\(pad(minutes / 60, 2)):\(pad(minutes % 60, 2))"
    }

    private static func pad(_ value: Int, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
