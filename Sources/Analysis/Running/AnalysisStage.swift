public import Basics
internal import Dispatch
public import Imaging

/// One camera's analysis: a serial queue that takes frames, gates them, has them judged and hands the verdicts on.
public final class AnalysisStage: Sendable {
    private let queue: DispatchQueue
    private let finished = DispatchGroup()
    private let engine: AnalysisEngine
    private let profile: Locked<CameraProfile?>
    private let rate: AnalysisRate
    private let ledger: FrameLedger
    private let driftFolder: String?
    /// Stream time between two savings of what was followed.
    private static let savingInterval: Duration = .seconds(600)
    private let state = Locked((lastTimings: StageTimings(), lastScored: MonotonicTime?.none))

    /// - Parameters:
    ///   - profile: nil until something was learned; frames are then passed on unjudged.
    ///   - ledger: the camera's; how each frame ended is entered here.
    ///   - driftFolder: an existing folder for what the camera's background has drifted to; nil forgets it at the end.
    public init(
        camera: String, engine: AnalysisEngine, profile: CameraProfile?, rate: AnalysisRate, ledger: FrameLedger,
        driftFolder: String? = nil
    ) {
        self.driftFolder = driftFolder
        queue = DispatchQueue(label: "analysis.\(camera)")
        self.engine = engine
        self.profile = Locked(profile)
        self.rate = rate
        self.ledger = ledger
    }

    /// Starts taking frames.
    /// - Parameters:
    ///   - next: blocks until a frame is there; nil ends the stage. Called on the stage's queue.
    ///   - deliver: receives every verdict with its frame, on the stage's queue, in order; returns whether the camera has
    ///     evidence that is not confirmed yet or an open event, so that it must be looked at closely.
    ///   - ended: called once after the last delivery.
    public func start(
        taking next: @escaping @Sendable () -> Frame?,
        delivering deliver: @escaping @Sendable (Frame, Verdict) -> Bool,
        ended: @escaping @Sendable () -> Void
    ) {
        queue.async(group: finished) { @Sendable [self] in
            watch(next, deliver)
            ended()
        }
    }

    private func watch(_ next: () -> Frame?, _ deliver: (Frame, Verdict) -> Bool) {
        let seat = engine.load.join(rate)
        defer { seat.leave() }
        var gate = FrameGate(framesPerSecond: rate.framesPerSecond)
        var motion = MotionSensor()
        let looksForMotion = rate.motionGating != .never && !rate.isLossless
        var memory = CameraMemory(folder: driftFolder)
        var saved: Duration?
        while let frame = next() {
            // Every frame that is taken comes by here, whatever becomes of it below.
            guard gate.admits(frame.presentationTime) else {
                ledger.gated(.rate)
                continue
            }
            let isMoving = looksForMotion ? motion.observe(frame.pixels, at: frame.presentationTime) : true
            let light = memory.observe(frame)
            let profile = profile.withLock { $0 }
            let isKnown = !light.isSwitching && profile?.knows(light.regime) ?? false
            if isKnown, let reason = seat.gates(frame, isMoving: isMoving) {
                ledger.gated(reason)
                continue
            }
            memory.expect(framesPerSecond: seat.wanted)
            let (verdict, taken) = engine.judge(frame, in: light, with: profile, memory: &memory)
            note(verdict, frame)
            let isSuspect = deliver(frame, verdict)
            if let taken { seat.judged(frame, taken, isSuspect: isSuspect) }
            let time = frame.presentationTime
            if saved.map({ time - $0 >= Self.savingInterval || time < $0 }) ?? true {
                // Lost at worst: a little of what hours will teach again.
                if saved != nil { try? memory.save() }
                saved = time
            }
        }
        try? memory.save()
    }

    private func note(_ verdict: Verdict, _ frame: Frame) {
        guard verdict.isJudged else {
            ledger.gated(.light)
            return
        }
        ledger.scored()
        state.withLock {
            $0.lastTimings = verdict.timings
            $0.lastScored = frame.arrival
        }
    }

    /// Judges with another version from the next frame on.
    public func use(_ profile: CameraProfile) { self.profile.withLock { $0 = profile } }

    /// Waits until the last frame was delivered; `next` must have returned nil or be about to.
    public func waitUntilFinished() { finished.wait() }

    /// Stage times of the last scored frame.
    public var lastTimings: StageTimings { state.withLock { $0.lastTimings } }
    /// Arrival of the last scored frame.
    public var lastScored: MonotonicTime? { state.withLock { $0.lastScored } }
}
