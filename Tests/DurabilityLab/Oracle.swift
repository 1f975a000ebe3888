package import Alerting
package import Analysis
internal import Basics
internal import FoundationEssentials
internal import Imaging

/// What the history may say about one event of a replayed log: the event as it was after each verdict that touched it.
package struct KnownEvent {
    /// One state, and the number of the verdict after which it held.
    package struct State {
        package let verdict: Int
        package let entry: HistoryEntry
        /// The values that a row keeps, without the id.
        package let values: String
    }

    package fileprivate(set) var states: [State] = []
    /// Every point that a state's track or peak has shown.
    package fileprivate(set) var points: [UInt64: Observation] = [:]

    /// Sorts as the daemon's ids do: by the order of the openings of one camera.
    package fileprivate(set) var order: Int
}

/// Knows the truth about a replayed log: it runs the same verdicts through the same pure machines.
///
/// Ids are drawn anew in every run, so an event is known by its `name`: camera, start, and place in its first frame.
package struct Oracle {
    package private(set) var events: [String: KnownEvent] = [:]
    /// Events that no name tells apart; a log with any is of no use.
    package private(set) var twins = 0
    private var names: [EventID: String] = [:]

    /// - Parameter verdicts: as they are read from the log.
    package init(camera: String, _ verdicts: [Verdict], rules: EventRules) throws {
        let provenance = Provenance(model: "recorded", profile: "none")
        var machine = EventMachine(
            camera: camera, rules: rules, provenance: provenance, ids: EventIDGenerator(seed: 1))
        var cameraMachine = CameraEventMachine(camera: camera, ids: EventIDGenerator(seed: 2))
        var replay = VerdictReplay(camera: camera, began: MonotonicTime(nanoseconds: 0))
        var now = CameraEventMachine.Instant(MonotonicTime(nanoseconds: 0), wallMs: 0)
        for (index, recorded) in verdicts.enumerated() {
            let step = try replay.take(recorded, at: "\(index)")
            now = CameraEventMachine.Instant(step.verdict.arrival, wallMs: step.verdict.wallTimeMs)
            for change in step.changes { note(cameraMachine.note(change, at: now), index) }
            note(cameraMachine.sawFrame(at: now), index)
            // An orderly end stores what was seen since the last update.
            note(cameraMachine.openEvents.map { .update($0) }, index)
            note(machine.ingest(step.verdict), index)
        }
        note(machine.stop(.endOfStream), verdicts.count)
        note(cameraMachine.stop(.endOfStream, at: now), verdicts.count)
    }

    /// Takes over what another one knows of the same camera at a later time.
    mutating func append(_ other: Oracle) {
        let count = events.count
        for (name, var event) in other.events {
            event.order += count
            events[name] = event
        }
    }

    private mutating func note(_ actions: [EventAction], _ verdict: Int) {
        for action in actions {
            let isOpening = if case .open = action { true } else { false }
            note(.anomaly(action.event), isOpening: isOpening, verdict)
        }
    }

    private mutating func note(_ actions: [CameraEventAction], _ verdict: Int) {
        for action in actions {
            let isOpening = if case .open = action { true } else { false }
            note(.camera(action.event), isOpening: isOpening, verdict)
        }
    }

    private mutating func note(_ entry: HistoryEntry, isOpening: Bool, _ verdict: Int) {
        if isOpening {
            let name = Self.name(of: entry)
            if events[name] != nil { twins += 1 }
            names[entry.id] = name
            events[name] = KnownEvent(order: events.count)
        }
        guard let name = names[entry.id] else { return }
        events[name]?.states.append(
            KnownEvent.State(verdict: verdict, entry: entry, values: Self.values(of: entry)))
        guard case .anomaly(let event) = entry else { return }
        for point in event.track.suffix(1) + [event.peak] { events[name]?.points[point.sequence] = point }
        if isOpening { for point in event.track { events[name]?.points[point.sequence] = point } }
    }

    /// The same for an event of the daemon, read with its track.
    package static func name(of entry: HistoryEntry) -> String {
        switch entry {
        case .anomaly(let event):
            let first = event.track.first
            let box = first.map { "\($0.box.x1) \($0.box.y1) \($0.box.x2) \($0.box.y2)" } ?? "nowhere"
            return "\(event.camera) \(event.startMs) \(event.startStreamMs) \(box)"
        case .camera(let event): return "\(event.camera) \(event.startMs) \(event.kind.rawValue)"
        }
    }

    /// Everything that an event's row keeps but its id, as text; its track is compared by itself. Of an interrupted event
    /// nobody saw more than of the open one that it was.
    package static func values(of entry: HistoryEntry) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let data: Data?
        switch entry {
        case .anomaly(var event):
            event.track = []
            data = try? encoder.encode(event)
        case .camera(let event): data = try? encoder.encode(event)
        }
        var text = data.map { String(decoding: $0, as: UTF8.self) } ?? ""
        text = text.replacing(entry.id.description, with: "")
        if case .anomaly(let event) = entry, let before = event.continues {
            text = text.replacing(before.description, with: "")
        }
        guard entry.state == .interrupted, entry.endMs == nil, let reason = entry.reason?.rawValue else { return text }
        return text.replacing(#""reason":"\#(reason)","#, with: "")
            .replacing(#""state":"interrupted""#, with: #""state":"open""#)
    }
}
