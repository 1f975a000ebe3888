import Alerting

extension EventLabel {
    /// For people.
    var words: String {
        switch self {
        case .falseAlarm: "false alarm"
        case .confirmed: "confirmed"
        }
    }
}

/// How events are printed.
enum EventText {
    /// Empty for a camera's own events.
    static func surprise(_ entry: HistoryEntry) -> String {
        if case .anomaly(let event) = entry { number(event.surprise) } else { "" }
    }

    static func seconds(_ duration: Duration) -> String {
        number(Float(duration.components.seconds) + Float(duration.components.attoseconds) * 1e-18)
    }

    /// One decimal.
    static func number(_ value: Float) -> String {
        let tenths = Int((value * 10).rounded())
        return "\(tenths < 0 ? "-" : "")\(abs(tenths) / 10).\(abs(tenths) % 10)"
    }
}
