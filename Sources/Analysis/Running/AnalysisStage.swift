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
    private let state = Locked(
        (lastTimings: StageTimings(), lastScored: MonotonicTime?.none, isAccepting: false))

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
    ///   - notice: hears what is wrong with the picture as a whole from a frame on, or no longer. Every frame that is taken is
    ///     looked at, before the gate; on the stage's queue, before the frame's verdict if it gets one.
    ///   - deliver: receives every verdict with its frame, on the stage's queue, in order; returns whether the camera has
    ///     evidence that is not confirmed yet or an open event, so that it must be looked at closely.
    ///   - ended: called once after the last delivery.
    public func start(
        taking next: @escaping @Sendable () -> Frame?,
        noticing notice: @escaping @Sendable (Frame, [PictureChange]) -> Void = { _, _ in },
        delivering deliver: @escaping @Sendable (Frame, Verdict) -> Bool,
        ended: @escaping @Sendable () -> Void
    ) {
        queue.async(group: finished) { @Sendable [self] in
            watch(next, notice, deliver)
            ended()
        }
    }

    private func watch(
        _ next: () -> Frame?, _ notice: (Frame, [PictureChange]) -> Void, _ deliver: (Frame, Verdict) -> Bool
    ) {
        let seat = engine.load.join(rate)
        defer { seat.leave() }
        var gate = FrameGate(framesPerSecond: rate.framesPerSecond)
        var motion = MotionSensor()
        let looksForMotion = rate.motionGating != .never && !rate.isLossless
        var memory = CameraMemory(folder: driftFolder)
        var saved: Duration?
        while let frame = next() {
            if takeAcceptance() { memory.acceptPicture() }
            let changes = memory.look(at: frame)
            if !changes.isEmpty { notice(frame, changes) }
            guard gate.admits(frame.presentationTime) else {
                ledger.gated(.rate)
                continue
            }
            let isMoving = looksForMotion ? motion.observe(frame.pixels, at: frame.presentationTime) : true
            let light = memory.light(of: frame)
            let profile = profile.withLock { $0 }
            let isKnown = !light.isSwitching && profile?.knows(light.regime) ?? false
            if isKnown, let reason = seat.gates(frame, isMoving: isMoving) {
                ledger.gated(reason)
                continue
            }
            memory.expect(framesPerSecond: seat.wanted)
            let (verdict, taken) = engine.timed(frame, with: profile, memory: &memory)
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

    /// The operator says that what the camera shows now is normal: conditions of the picture end with the next frame.
    public func acceptPicture() { state.withLock { $0.isAccepting = true } }

    private func takeAcceptance() -> Bool {
        state.withLock { state in
            defer { state.isAccepting = false }
            return state.isAccepting
        }
    }

    /// Waits until the last frame was delivered; `next` must have returned nil or be about to.
    public func waitUntilFinished() { finished.wait() }

    /// Stage times of the last scored frame.
    public var lastTimings: StageTimings { state.withLock { $0.lastTimings } }
    /// Arrival of the last scored frame.
    public var lastScored: MonotonicTime? { state.withLock { $0.lastScored } }
}
