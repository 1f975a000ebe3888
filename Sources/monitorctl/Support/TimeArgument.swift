import ArgumentParser
import Basics
import FoundationEssentials

/// A point in time on the command line: `2026-11-21`, `2026-11-21T09:30:00Z`, or back from now: `90s`, `15m`, `2h`, `3d`.
struct TimeArgument: ExpressibleByArgument {
    enum Value {
        case absolute(ms: Int64)
        case ago(Duration)
    }

    let value: Value

    init?(argument: String) {
        if let duration = DurationArgument(argument: argument) {
            value = .ago(duration.value)
            return
        }
        let text = argument.count == 10 ? argument + "T00:00:00Z" : argument
        guard let date = try? Date(text, strategy: .iso8601) else { return nil }
        value = .absolute(ms: Int64((date.timeIntervalSince1970 * 1000).rounded()))
    }

    func milliseconds(now: Int64) -> Int64 {
        switch value {
        case .absolute(let ms): ms
        case .ago(let duration): now - duration.milliseconds
        }
    }
}

/// A length of time on the command line: `90s`, `15m`, `2h`, `3d`.
struct DurationArgument: ExpressibleByArgument {
    let value: Duration

    init?(argument: String) {
        let units: [Character: Int] = ["s": 1, "m": 60, "h": 3600, "d": 86400]
        guard let last = argument.last, let unit = units[last], let count = Double(argument.dropLast()), count >= 0,
            count.isFinite, count * Double(unit) < 1e9
        else { return nil }
        value = .milliseconds(Int64(count * Double(unit) * 1000))
    }
}
