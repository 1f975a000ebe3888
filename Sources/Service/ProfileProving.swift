public import Alerting
public import Analysis
internal import Basics
public import Imaging

/// Judges held-out time with a freshly learned profile, to know how often ordinary time would raise an event.
public struct ProfileProving {
    private let engine: AnalysisEngine
    private let learned: LearnedProfile
    private let frames: Int
    private var sieve: MaterialSieve
    private var memory = CameraMemory()
    private var meter: IncidentMeter
    /// Frames judged.
    public private(set) var judged = 0
    /// Frames of the material passed, held out or not.
    public var passed: Int { sieve.total }

    /// - Parameters:
    ///   - frames: how many frames of the material were gathered; none after them belongs to it.
    ///   - rules: how events are confirmed and closed.
    public init(_ learned: LearnedProfile, by learner: ProfileLearner, engine: AnalysisEngine, rules: EventRules) {
        self.engine = engine
        self.learned = learned
        frames = learner.framesGathered
        sieve = learner.provingSieve()
        meter = IncidentMeter(learned.profile.record, rules: rules)
    }

    /// Whether the material is complete.
    public var isComplete: Bool { sieve.total >= frames }

    /// The next clip begins.
    public mutating func beginSource() {
        sieve.beginSource()
        memory = CameraMemory()
        meter.finish()
    }

    /// Takes the next frame of the material, in the order of gathering; only held-out ones are judged.
    public mutating func take(_ frame: Frame) {
        guard !isComplete, let place = sieve.place(frame), place.isHeldOut else { return }
        judge(frame)
    }

    /// Judges a frame that came after the material: time of its own, all of it held out.
    public mutating func judge(_ frame: Frame) {
        judged += 1
        meter.take(engine.judge(frame, with: learned.profile, memory: &memory))
    }

    /// What was seen.
    public mutating func finish() -> BudgetEvidence {
        meter.finish()
        return meter.evidence
    }
}
