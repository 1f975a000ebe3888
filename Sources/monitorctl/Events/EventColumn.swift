import Alerting
import Analysis
import ArgumentParser
import Basics

/// A column of lists of events; the raw value is its name on the command line and in the first line of TSV and CSV.
enum EventColumn: String, CaseIterable {
    case id, type, camera, kind, state, reason, start, end, seconds, surprise, label, note, detail, frames, regime,
        model
    case profile, zones, continues, cursor
    case lastSeen = "last_seen"
    case objectSurprise = "object_surprise"
    case pixelSurprise = "pixel_surprise"

    static let usual: [EventColumn] = [.id, .camera, .kind, .state, .start, .seconds, .surprise, .label]

    var alignment: Table.Alignment {
        switch self {
        case .seconds, .surprise, .frames, .objectSurprise, .pixelSurprise: .right
        default: .left
        }
    }

    var title: String { rawValue.uppercased().replacing("_", with: " ") }

    /// - Parameter isForPeople: times in the local zone and rounded numbers.
    func text(_ line: EventLine, isForPeople: Bool) -> String {
        let entry = line.entry
        func time(_ milliseconds: Int64?) -> String {
            milliseconds.map { isForPeople ? LocalTime.brief($0) : UTCTime.rfc3339($0) } ?? ""
        }
        func surprise(_ value: Float?) -> String { value.map { isForPeople ? EventText.number($0) : "\($0)" } ?? "" }
        return switch self {
        case .id: entry.id.description
        case .type: line.anomaly == nil ? "camera" : "anomaly"
        case .camera: entry.camera
        case .kind: entry.kind
        case .state: entry.state.rawValue
        case .reason: entry.reason?.rawValue ?? ""
        case .start: time(entry.startMs)
        case .lastSeen: time(entry.lastSeenMs)
        case .end: time(entry.endMs)
        case .seconds: EventText.seconds(entry.duration)
        case .surprise: surprise(line.anomaly?.surprise)
        case .objectSurprise: surprise(line.anomaly?.objectPeak?.surprise)
        case .pixelSurprise: surprise(line.anomaly?.pixelPeak?.surprise)
        case .label: line.acknowledgement?.label.rawValue ?? ""
        case .note: line.acknowledgement?.note ?? ""
        case .detail: if case .camera(let event) = entry { event.detail } else { "" }
        case .frames: line.anomaly.map { String($0.frames) } ?? ""
        case .regime: line.anomaly?.regime.rawValue ?? ""
        case .model: line.anomaly?.provenance.model ?? ""
        case .profile: line.anomaly?.provenance.profile ?? ""
        case .zones: line.anomaly?.zones.joined(separator: " ") ?? ""
        case .continues: line.anomaly?.continues?.description ?? ""
        case .cursor: line.cursor
        }
    }

    /// How a cell stands out.
    func ink(_ line: EventLine) -> Palette.Ink? {
        switch self {
        case .state:
            switch line.entry.state {
            case .open: .warning
            case .interrupted: .bad
            case .closed: nil
            }
        case .label: line.acknowledgement.map { $0.label == .confirmed ? .good : .quiet }
        default: nil
        }
    }
}

/// An event as it is listed.
struct EventLine {
    let entry: HistoryEntry
    let acknowledgement: Acknowledgement?
    /// The place after it: the list, or the following, goes on from there.
    let cursor: String

    var anomaly: Event? { if case .anomaly(let event) = entry { event } else { nil } }
}

extension EventColumn {
    /// Names separated by commas.
    static func list(_ argument: String) throws -> [EventColumn] {
        try argument.split(separator: ",", omittingEmptySubsequences: false).map { name in
            guard let column = EventColumn(rawValue: String(name)) else {
                let names = allCases.map(\.rawValue)
                throw ValidationError(
                    "no column is called `\(name)`\(Spelling.hint(String(name), names)); there are: "
                        + names.joined(separator: ","))
            }
            return column
        }
    }
}
