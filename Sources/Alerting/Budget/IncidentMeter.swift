public import Analysis
public import Basics

/// Notes what every place reached, events and lesser incidents alike, by the event logic itself at low thresholds.
///
/// One thread at a time: the camera's own queue.
public struct IncidentMeter: Sendable {
    public private(set) var evidence = BudgetEvidence()
    private var machine: EventMachine
    private var last: Duration?

    /// A longer step between two frames is a gap: nobody watched.
    private static let longestStep: Duration = .seconds(2)
    /// Bases lie at the learned exit thresholds; the machine wants an enter threshold above.
    private static let hair: Float = 1e-3

    /// - Parameter rules: how events are confirmed and closed; their thresholds are replaced by the profile's bases.
    public init(_ profile: ProfileRecord, rules: EventRules) {
        var low = rules
        low.maximumOpen = 32
        // Zones may change at any time; the budget looks at them when it counts.
        low.zones = .everywhere
        low.regimes = [:]
        for part in profile.regimes { low.regimes[part.regime] = Self.levels(part) }
        // Nothing is known of other regimes, and nothing is judged in them.
        if let first = profile.regimes.first {
            (low.objects, low.pixels) = (Self.levels(first).objects, Self.levels(first).pixels)
        }
        machine = EventMachine(
            camera: profile.camera, rules: low, provenance: Provenance(model: profile.model, profile: profile.identity),
            ids: EventIDGenerator(seed: 0))
    }

    private static func levels(_ part: RegimeRecord) -> EventRules.Levels {
        EventRules.Levels(
            objects: .init(enter: part.thresholds.exitObject + hair, exit: part.thresholds.exitObject),
            pixels: .init(enter: part.thresholds.exitPixel + hair, exit: part.thresholds.exitPixel))
    }

    public mutating func take(_ verdict: Verdict) {
        if let last, verdict.isJudged {
            let step = verdict.presentationTime - last
            if step > .zero, step <= Self.longestStep { evidence.watched(step, in: verdict.regime) }
        }
        last = verdict.presentationTime
        note(machine.ingest(verdict))
    }

    /// See `EventMachine.tick`.
    public mutating func tick(_ now: MonotonicTime) { note(machine.tick(now)) }

    /// Ends what is under way: the material is over, or the camera is gone.
    public mutating func finish() {
        note(machine.stop(.endOfStream))
        last = nil
    }

    private mutating func note(_ actions: [EventAction]) {
        for case .close(let event) in actions {
            evidence.add(
                IncidentSample(
                    regime: event.regime, startMs: event.startMs, lastMs: event.lastSeenMs, box: event.box,
                    size: [event.width, event.height], object: event.objectLevel, pixels: event.pixelLevel))
        }
    }
}
