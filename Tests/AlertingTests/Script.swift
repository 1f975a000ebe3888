import Alerting
import Analysis
import Basics
import Imaging

/// Writes verdicts and runs them through a machine, one frame every `interval`.
struct Script {
    var machine: EventMachine
    let interval: Duration
    private(set) var sequence: UInt64 = 0
    private(set) var now: Duration = .zero
    private(set) var actions: [EventAction] = []
    /// Actions of each frame.
    private(set) var steps: [[EventAction]] = []

    static let wallStart: Int64 = 1_760_000_000_000

    init(
        framesPerSecond: Int = 5, seed: UInt64 = 1, change: (inout EventRules) -> Void = { _ in }
    ) {
        var rules = Script.rules
        change(&rules)
        machine = EventMachine(
            camera: "yard", rules: rules, provenance: Provenance(model: "m1", profile: "p1"),
            ids: EventIDGenerator(seed: seed))
        interval = .milliseconds(1000 / framesPerSecond)
    }

    static var rules: EventRules {
        EventRules(objects: .init(enter: 3, exit: 2), pixels: .init(enter: 4, exit: 2.5))
    }

    static func verdict(
        _ sequence: UInt64, at time: Duration, objects: [ScoredObject] = [], regions: [AnomalousRegion] = [],
        regime: Regime = .day, light: Light? = nil, wallTimeMs: Int64? = nil, camera: String = "yard", width: Int = 640
    ) -> Verdict {
        Verdict(
            camera: camera, sequence: sequence, presentationTime: time,
            arrival: MonotonicTime(nanoseconds: 1_000_000_000_000 + time.nanoseconds),
            wallTimeMs: wallTimeMs ?? wallStart + time.milliseconds, width: width, height: 360,
            light: light ?? .steady(regime),
            objects: objects.sorted { $0.surprise > $1.surprise },
            regions: regions.sorted { $0.surprise > $1.surprise },
            map: ScoreMap(width: 2, height: 1, surprise: [0, regions.map(\.surprise).max() ?? 0]),
            timings: StageTimings())
    }

    @discardableResult
    mutating func frame(
        objects: [ScoredObject] = [], regions: [AnomalousRegion] = [], regime: Regime = .day, wallTimeMs: Int64? = nil
    ) -> [EventAction] {
        let verdict = Script.verdict(
            sequence, at: now, objects: objects, regions: regions, regime: regime, wallTimeMs: wallTimeMs)
        let result = machine.ingest(verdict)
        sequence += 1
        now += interval
        actions += result
        steps.append(result)
        return result
    }

    mutating func frames(
        _ count: Int, objects: [ScoredObject] = [], regions: [AnomalousRegion] = [], regime: Regime = .day
    ) {
        for _ in 0..<count { frame(objects: objects, regions: regions, regime: regime) }
    }

    /// No frames for a while.
    mutating func pause(_ duration: Duration) { now += duration }

    mutating func tick(at time: Duration) -> [EventAction] {
        let result = machine.tick(MonotonicTime(nanoseconds: 1_000_000_000_000 + time.nanoseconds))
        actions += result
        return result
    }

    mutating func stop(_ reason: CloseReason) -> [EventAction] {
        let result = machine.stop(reason)
        actions += result
        return result
    }

    var opened: [Event] { actions.compactMap { if case .open(let event) = $0 { event } else { nil } } }
    var closed: [Event] { actions.compactMap { if case .close(let event) = $0 { event } else { nil } } }
    var updated: [Event] { actions.compactMap { if case .update(let event) = $0 { event } else { nil } } }
}

/// A box of the given size around a centre.
func box(_ x: Float, _ y: Float, _ width: Float = 40, _ height: Float = 60) -> Box {
    Box(x1: x - width / 2, y1: y - height / 2, x2: x + width / 2, y2: y + height / 2)
}

func object(_ x: Float, _ y: Float, _ surprise: Float, _ width: Float = 40, _ height: Float = 60) -> ScoredObject {
    ScoredObject(box: box(x, y, width, height), objectness: 0.8, anomaly: 0.9, surprise: surprise)
}

func region(
    _ x: Float, _ y: Float, _ surprise: Float, _ width: Float = 40, _ height: Float = 60
) -> AnomalousRegion {
    AnomalousRegion(box: box(x, y, width, height), cells: 6, score: 0.99, surprise: surprise)
}
