import Alerting
import Analysis
import Basics

/// What a writer reported, in order.
final class Reports: Sendable {
    private let lines = Locked<[String]>([])

    func add(_ report: EventWriter.Report) {
        let line =
            switch report {
            case .opened(let event): "opened \(event.id)"
            case .closed(let event): "closed \(event.id)"
            case .recovered(let events): "recovered \(events.map(\.id.description).joined(separator: " "))"
            case .failing(let error, _): "failing \(error.code.rawValue)"
            case .working: "working"
            case .rejected(let event, _): "rejected \(event.id)"
            case .withoutSnapshots(let event): "without snapshots \(event.id)"
            case .news(let news): "\(news.gravity.rawValue): \(news)"
            }
        lines.withLock { $0.append(line) }
    }

    var all: [String] { lines.withLock { $0 } }
}

/// The actions of one event's whole life, and of several at different places.
enum Lives {
    static func one(
        camera: String = "yard", at start: Duration = .zero, surprise: Float = 4, seed: UInt64 = 1, frames: Int = 10,
        kind: EventKind = .object, width: Int = 640
    ) -> [EventAction] {
        var machine = EventMachine(
            camera: camera, rules: Script.rules, provenance: Provenance(model: "m1", profile: "p1"),
            ids: EventIDGenerator(seed: seed))
        var actions: [EventAction] = []
        for index in 0..<frames {
            let x = 100 + Float(index)
            let verdict = Script.verdict(
                UInt64(index), at: start + .milliseconds(200 * index),
                objects: kind == .pixel ? [] : [object(x, 100, surprise + Float(index % 3) / 4)],
                regions: kind == .object ? [] : [region(x, 100, surprise + 1)], camera: camera, width: width)
            actions += machine.ingest(verdict)
        }
        return actions + machine.stop(.endOfStream)
    }

    static let picture = [
        EventSnapshot(kind: .annotated, timeMs: 5, sequence: 2, jpeg: [1, 2, 3]),
        EventSnapshot(kind: .clean, timeMs: 5, sequence: 2, jpeg: [4, 5]),
    ]
}

extension EventWriter {
    /// Submits a whole life; only the opening has pictures.
    func submit(_ life: [EventAction], snapshots: [EventSnapshot] = []) {
        for action in life {
            if case .open = action { submit(action, snapshots: snapshots) } else { submit(action) }
        }
    }
}
