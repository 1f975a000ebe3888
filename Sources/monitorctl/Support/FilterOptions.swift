import Alerting
public import ArgumentParser
import Basics

extension EventState: ExpressibleByArgument {}

/// A kind of anomaly or of camera event on the command line.
enum KindArgument: ExpressibleByArgument {
    case anomaly(EventKind)
    case camera(CameraEventKind)

    static let allValueStrings = EventKind.allCases.map(\.rawValue) + CameraEventKind.allCases.map(\.rawValue)

    init?(argument: String) {
        if let kind = EventKind(rawValue: argument) {
            self = .anomaly(kind)
        } else if let kind = CameraEventKind(rawValue: argument) {
            self = .camera(kind)
        } else {
            return nil
        }
    }

    var anomaly: EventKind? { if case .anomaly(let kind) = self { kind } else { nil } }
    var camera: CameraEventKind? { if case .camera(let kind) = self { kind } else { nil } }
}

/// A label on the command line; none asks for events without one.
enum LabelArgument: String, ExpressibleByArgument, CaseIterable {
    case `false`, confirm, none

    var label: EventLabel? { EventLabel(rawValue: rawValue) }
}

/// Which events are meant.
struct FilterOptions: ParsableArguments {
    @Option(name: .long, help: "Only this camera; may be repeated.", completion: .cameras) var camera: [String] = []
    @Option(help: "Only this kind, such as object or lost; may be repeated.") var kind: [KindArgument] = []
    @Option(help: "Only this state: open, closed, interrupted; may be repeated.") var state: [EventState] = []
    @Option(help: "Only with this label: false, confirm, none; may be repeated.") var label: [LabelArgument] = []
    @Option(help: "Only events that touched this zone; may be repeated.") var zone: [String] = []
    @Option(
        help: """
            Only events that started at or after this: 2h, 3d, today, yesterday, monday, 14:00, 2026-11-21, \
            '2026-11-21 14:00' (local time), 2026-11-21T09:30:00Z.
            """)
    var since: TimeArgument?
    @Option(help: "Only events that started before this.") var until: TimeArgument?
    @Option(help: "Only events whose peak surprise is at least this.") var minSurprise: Float?
    @Option(help: "Only events whose peak surprise is at most this.") var maxSurprise: Float?

    func query(now: Int64) -> EventQuery {
        var query = EventQuery()
        query.filter.cameras = camera
        query.filter.kinds = kind.compactMap(\.anomaly)
        query.filter.cameraKinds = kind.compactMap(\.camera)
        query.filter.states = state
        query.filter.labels = label.map(\.label)
        query.filter.zones = zone
        query.sinceMs = since?.milliseconds(now: now)
        query.untilMs = until?.milliseconds(now: now)
        query.minimumSurprise = minSurprise
        query.maximumSurprise = maxSurprise
        return query
    }
}
