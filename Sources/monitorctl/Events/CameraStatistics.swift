import Alerting
import Basics

/// Counts of one camera's events.
struct EventCounts {
    /// By kind, as printed.
    private(set) var kinds: [String: Int] = [:]
    /// Anomalies that operators called false alarms, and those that they confirmed.
    private(set) var falseAlarms = 0
    private(set) var confirmed = 0

    mutating func add(_ tally: HistoryTally) {
        kinds[tally.kind, default: 0] += tally.count
        guard EventKind(rawValue: tally.kind) != nil else { return }
        switch tally.label {
        case .falseAlarm: falseAlarms += tally.count
        case .confirmed: confirmed += tally.count
        case nil: break
        }
    }

    subscript(_ kind: EventKind) -> Int { kinds[kind.rawValue] ?? 0 }

    var anomalies: Int { EventKind.allCases.reduce(0) { $0 + self[$1] } }
    /// Of the camera itself.
    var troubles: Int { kinds.values.reduce(0, +) - anomalies }
    /// The share of false alarms among the labelled anomalies; nil without any.
    var falseShare: Double? {
        falseAlarms + confirmed > 0 ? Double(falseAlarms) / Double(falseAlarms + confirmed) : nil
    }
}

/// Hours, or days as local clocks have them.
enum Period: String, CaseIterable {
    case hour, day

    /// The beginning of the period in which a moment lies.
    func start(of milliseconds: Int64) -> Int64 {
        switch self {
        case .hour: return milliseconds - milliseconds % 3_600_000
        case .day:
            let day = LocalCalendar.day(of: milliseconds)
            return LocalCalendar.milliseconds(year: day.year, month: day.month, day: day.day, second: 0)
        }
    }

    /// The beginning of the next one.
    func next(after start: Int64) -> Int64 {
        switch self {
        case .hour: return start + 3_600_000
        case .day:
            let day = LocalCalendar.day(of: start)
            return LocalCalendar.milliseconds(year: day.year, month: day.month, day: day.day + 1, second: 0)
        }
    }
}

/// A camera's counts in a time, and in the periods of which it consists.
struct CameraStatistics {
    let camera: String
    private(set) var total = EventCounts()
    /// One for each of the starts.
    private(set) var periods: [EventCounts]

    /// - Parameters:
    ///   - starts: of the periods, in Unix milliseconds, ascending; none is empty.
    ///   - tallies: ascending.
    init(camera: String, starts: [Int64], tallies: [HistoryTally]) {
        self.camera = camera
        periods = starts.map { _ in EventCounts() }
        var index = 0
        for tally in tallies {
            while index + 1 < starts.count, starts[index + 1] <= tally.hourMs { index += 1 }
            periods[index].add(tally)
            total.add(tally)
        }
    }
}
