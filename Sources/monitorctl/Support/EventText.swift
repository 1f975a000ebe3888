import Alerting
import Basics

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
    static let columns: [(String, Table.Alignment)] = [
        ("ID", .left), ("CAMERA", .left), ("KIND", .left), ("STATE", .left), ("START (UTC)", .left),
        ("SECONDS", .right),
        ("SURPRISE", .right),
    ]

    static func row(_ entry: HistoryEntry) -> [String] {
        [
            entry.id.description, entry.camera, entry.kind, entry.state.rawValue,
            String(UTCTime.readable(entry.startMs).dropLast(4)), seconds(entry.duration), surprise(entry),
        ]
    }

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
