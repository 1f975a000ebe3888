import ArgumentParser
import Basics
import FoundationEssentials

/// A point in time on the command line, in the time zone of the machine or of TZ: `2h`, `2h ago`, `now`, `today`,
/// `yesterday`, `monday` (the last one, or today), `14:00`, `yesterday 14:00`, `2026-11-21`, `2026-11-21 14:00`, and in
/// any zone `2026-11-21T14:00:00Z` or `2026-11-21T14:00:00+01:00`.
struct TimeArgument: ExpressibleByArgument {
    private enum Day {
        case date(year: Int, month: Int, day: Int)
        /// Days before today.
        case back(Int)
        /// Since Sunday.
        case weekday(Int)
    }

    private enum Value {
        case absolute(ms: Int64)
        case ago(Duration)
        case local(Day, second: Int)
    }

    private let value: Value

    init?(argument: String) {
        let text = argument.lowercased()
        if let date = try? Date(argument, strategy: .iso8601) {
            value = .absolute(ms: Int64((date.timeIntervalSince1970 * 1000).rounded()))
        } else if text == "now" {
            value = .ago(.zero)
        } else if let duration = DurationArgument(argument: text.hasSuffix(" ago") ? String(text.dropLast(4)) : text) {
            value = .ago(duration.value)
        } else {
            guard let local = Self.local(text) else { return nil }
            value = local
        }
    }

    func milliseconds(now: Int64) -> Int64 {
        switch value {
        case .absolute(let ms): return ms
        case .ago(let duration): return now - duration.milliseconds
        case .local(let day, let second):
            let today = LocalCalendar.day(of: now)
            return switch day {
            case .date(let year, let month, let day):
                LocalCalendar.milliseconds(year: year, month: month, day: day, second: second)
            case .back(let days):
                LocalCalendar.milliseconds(
                    year: today.year, month: today.month, day: today.day - days, second: second)
            case .weekday(let weekday):
                LocalCalendar.milliseconds(
                    year: today.year, month: today.month, day: today.day - (today.weekday + 7 - weekday) % 7,
                    second: second)
            }
        }
    }

    /// A day, a time of day, or both.
    private static func local(_ text: String) -> Value? {
        let words = text.split { $0 == " " || ($0 == "t" && text.first?.isNumber == true) }.map(String.init)
        switch words.count {
        case 1:
            if let second = timeOfDay(words[0]) { return .local(.back(0), second: second) }
            return day(words[0]).map { .local($0, second: 0) }
        case 2:
            guard let day = day(words[0]), let second = timeOfDay(words[1]) else { return nil }
            return .local(day, second: second)
        default: return nil
        }
    }

    private static func day(_ word: String) -> Day? {
        if word == "today" { return .back(0) }
        if word == "yesterday" { return .back(1) }
        let names = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"]
        if let weekday = names.firstIndex(where: { $0 == word || ($0.prefix(3) == word) }) { return .weekday(weekday) }
        let parts = numbers(word, separator: "-")
        guard word.count == 10, parts.count == 3, LocalCalendar.isDate(year: parts[0], month: parts[1], day: parts[2])
        else { return nil }
        return .date(year: parts[0], month: parts[1], day: parts[2])
    }

    /// Seconds since midnight of `14:00` or `14:00:30`.
    private static func timeOfDay(_ word: String) -> Int? {
        let parts = numbers(word, separator: ":")
        guard (2...3).contains(parts.count), parts[0] < 24, parts[1] < 60, parts.count == 2 || parts[2] < 60 else {
            return nil
        }
        return parts[0] * 3600 + parts[1] * 60 + (parts.count == 3 ? parts[2] : 0)
    }

    /// Empty when anything else is in the word.
    private static func numbers(_ word: String, separator: Character) -> [Int] {
        let parts = word.split(separator: separator, omittingEmptySubsequences: false)
        let values = parts.compactMap { part in part.allSatisfy(\.isNumber) && part.count <= 4 ? Int(part) : nil }
        return values.count == parts.count ? values : []
    }
}

/// A length of time on the command line: `90s`, `15m`, `2h`, `3d`, `2w`, `1h30m`.
struct DurationArgument: ExpressibleByArgument {
    let value: Duration

    init?(argument: String) {
        let units: [Character: Double] = ["s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800]
        var seconds = 0.0
        var digits = ""
        for character in argument {
            guard let unit = units[character] else {
                digits.append(character)
                continue
            }
            guard let count = Double(digits), count >= 0 else { return nil }
            seconds += count * unit
            digits = ""
        }
        guard digits.isEmpty, !argument.isEmpty, seconds < 1e10 else { return nil }
        value = .milliseconds(Int64(seconds * 1000))
    }
}
