import Alerting
import ArgumentParser
import Basics

/// Which events are meant.
struct FilterOptions: ParsableArguments {
    @Option(name: .long, help: "Only this camera.", completion: .cameras) var camera: String?
    @Option(help: "Only this kind, such as object or lost; may be repeated.") var kind: [KindArgument] = []
    @Option(help: "Only this state: open, closed, interrupted; may be repeated.") var state: [EventState] = []
    @Option(help: "Only with this label: false, confirm, none; may be repeated.") var label: [LabelArgument] = []
    @Option(help: "Only events that started at or after this: 2h, 3d, 2026-11-21, 2026-11-21T09:30:00Z.")
    var since: TimeArgument?
    @Option(help: "Only events that started before this.") var until: TimeArgument?
    @Option(help: "Only events whose peak surprise is at least this.") var minSurprise: Float?

    func query(now: Int64) -> EventQuery {
        var query = EventQuery()
        query.camera = camera
        query.kinds = kind.compactMap(\.anomaly)
        query.cameraKinds = kind.compactMap(\.camera)
        query.states = state
        query.sinceMs = since?.milliseconds(now: now)
        query.untilMs = until?.milliseconds(now: now)
        query.minimumSurprise = minSurprise
        query.labels = label.map(\.label)
        return query
    }
}
