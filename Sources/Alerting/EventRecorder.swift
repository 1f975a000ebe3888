public import Analysis
public import Basics
public import Imaging

/// One camera's way from verdicts to history: the event machine, its snapshots and the hand-over to the writer.
///
/// One thread at a time: the camera's own queue.
public struct EventRecorder: Sendable {
    public private(set) var machine: EventMachine
    /// Pictures that could not be made; the event is recorded all the same.
    public private(set) var snapshotFailures: UInt64 = 0
    private let writer: EventWriter
    private let mainStream: StillProvider?
    /// When and at which surprise each open event's picture was taken.
    private var pictures: [EventID: (taken: Duration, surprise: Float)] = [:]

    /// A picture is replaced when the event became this much more surprising, and not more often than this.
    private static let gain: Float = 0.5
    private static let spacing: Duration = .seconds(1)
    /// What was seen for this long did not just pass by.
    private static let lasting: Duration = .seconds(60)

    /// Asks a camera's main stream for the picture that arrived nearest to a time. Returns at once; the answer comes once,
    /// on any thread, nil when there is no such picture.
    public typealias StillProvider = @Sendable (MonotonicTime, @escaping @Sendable (Still?) -> Void) -> Void

    /// - Parameter mainStream: where sharper pictures come from; nil when there are none.
    public init(machine: EventMachine, writer: EventWriter, mainStream: StillProvider? = nil) {
        self.mainStream = mainStream
        self.machine = machine
        self.writer = writer
    }

    /// Takes the next verdict with the frame it judged; returns what happened.
    @discardableResult
    public mutating func ingest(_ frame: Frame, _ verdict: Verdict) -> [EventAction] {
        let actions = machine.ingest(verdict)
        for action in actions {
            switch action {
            case .open(let event):
                writer.submit(action, snapshots: picture(of: event, frame, verdict))
                sharpen(event, verdict)
            case .update(let event):
                let isWorthAPicture = isWorthAPicture(event, verdict)
                writer.submit(action, snapshots: isWorthAPicture ? picture(of: event, frame, verdict) : [])
                if isWorthAPicture { sharpen(event, verdict) }
            case .close(let event):
                pictures[event.id] = nil
                writer.submit(action)
            }
        }
        return actions
    }

    /// See `EventMachine.tick`.
    @discardableResult
    public mutating func tick(_ now: MonotonicTime) -> [EventAction] { record(machine.tick(now)) }

    /// See `EventMachine.stop`.
    @discardableResult
    public mutating func stop(_ reason: CloseReason) -> [EventAction] { record(machine.stop(reason)) }

    /// A new profile took over: events that open from now on carry its version.
    public mutating func use(_ provenance: Provenance) { machine.provenance = provenance }

    /// Thresholds were calibrated again; see `EventMachine.use`.
    public mutating func use(_ rules: EventRules) { machine.use(rules) }

    /// Accepts the places of what operators called false alarms, where the thing may still stand; see
    /// `EventMachine.accept`.
    /// - Parameters:
    ///   - labels: of this camera, of all times.
    ///   - startMs: when this run began, Unix milliseconds UTC. What passed by quickly before it is gone by now, and an
    ///     accepted place is blind for a while.
    public mutating func accept(_ labels: [LabelledEvent], since startMs: Int64) {
        let falseAlarms = labels.filter { $0.acknowledgement.label == .falseAlarm }.map(\.event)
        machine.accept(falseAlarms.filter { $0.lastSeenMs >= startMs || $0.duration >= Self.lasting })
    }

    private mutating func record(_ actions: [EventAction]) -> [EventAction] {
        for action in actions {
            pictures[action.event.id] = nil
            writer.submit(action)
        }
        return actions
    }

    private func isWorthAPicture(_ event: Event, _ verdict: Verdict) -> Bool {
        guard event.peak.sequence == verdict.sequence, let last = pictures[event.id] else { return false }
        return event.surprise >= last.surprise + Self.gain && verdict.presentationTime - last.taken >= Self.spacing
    }

    /// The main stream's picture replaces the frame's when it comes; nothing waits for it, and without it nothing is lost.
    private func sharpen(_ event: Event, _ verdict: Verdict) {
        let renderer = SnapshotRenderer(rules: machine.rules.inForce(in: verdict.regime))
        mainStream?(verdict.arrival) { @Sendable [writer] still in
            guard let still, let better = try? renderer.render(still, verdict, event) else { return }
            writer.improve(event.id, with: better)
        }
    }

    private mutating func picture(of event: Event, _ frame: Frame, _ verdict: Verdict) -> [EventSnapshot] {
        do {
            let renderer = SnapshotRenderer(rules: machine.rules.inForce(in: verdict.regime))
            let snapshots = try renderer.render(frame, verdict, event)
            pictures[event.id] = (verdict.presentationTime, event.surprise)
            return snapshots
        } catch {
            snapshotFailures += 1
            return []
        }
    }
}
