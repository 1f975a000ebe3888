public import Basics
internal import Dispatch
public import Imaging

/// Where the frames that reached a camera's analysis ended; each in exactly one counter.
public struct AnalysisCounters: Sendable, Codable, Hashable {
    /// Judged by both detectors.
    public var scored: UInt64 = 0
    /// Left out because the camera sends more than `analysis_fps`, or because its light switches or was not learned.
    public var gated: UInt64 = 0

    public init() {}
}

/// One camera's analysis: a serial queue that takes frames, gates them, has them judged and hands the verdicts on.
public final class AnalysisStage: Sendable {
    private let queue: DispatchQueue
    private let finished = DispatchGroup()
    private let engine: AnalysisEngine
    private let profile: Locked<CameraProfile?>
    private let framesPerSecond: Double
    private let driftFolder: String?
    /// Stream time between two savings of what was followed.
    private static let savingInterval: Duration = .seconds(600)
    private let state = Locked(
        (
            counters: AnalysisCounters(), lastTimings: StageTimings(), lastScored: MonotonicTime?.none,
            isAccepting: false
        ))

    /// - Parameters:
    ///   - profile: nil until something was learned; frames are then passed on unjudged.
    ///   - framesPerSecond: at most this many analysed frames per second of stream time; 0: all.
    ///   - driftFolder: an existing folder for what the camera's background has drifted to; nil forgets it at the end.
    public init(
        camera: String, engine: AnalysisEngine, profile: CameraProfile?, framesPerSecond: Double,
        driftFolder: String? = nil
    ) {
        self.driftFolder = driftFolder
        queue = DispatchQueue(label: "analysis.\(camera)")
        self.engine = engine
        self.profile = Locked(profile)
        self.framesPerSecond = framesPerSecond
    }

    /// Starts taking frames.
    /// - Parameters:
    ///   - next: blocks until a frame is there; nil ends the stage. Called on the stage's queue.
    ///   - notice: hears what is wrong with the picture as a whole from a frame on, or no longer. Every frame that is taken is
    ///     looked at, before the gate; on the stage's queue, before the frame's verdict if it gets one.
    ///   - deliver: receives every verdict with its frame, on the stage's queue, in order.
    ///   - ended: called once after the last delivery.
    public func start(
        taking next: @escaping @Sendable () -> Frame?,
        noticing notice: @escaping @Sendable (Frame, [PictureChange]) -> Void = { _, _ in },
        delivering deliver: @escaping @Sendable (Frame, Verdict) -> Void,
        ended: @escaping @Sendable () -> Void
    ) {
        queue.async(group: finished) { @Sendable [self] in
            var gate = FrameGate(framesPerSecond: framesPerSecond)
            var memory = CameraMemory(folder: driftFolder)
            var saved: Duration?
            while let frame = next() {
                if takeAcceptance() { memory.acceptPicture() }
                let changes = memory.look(at: frame)
                if !changes.isEmpty { notice(frame, changes) }
                guard gate.admits(frame.presentationTime) else {
                    state.withLock { $0.counters.gated += 1 }
                    continue
                }
                let verdict = engine.judge(frame, with: profile.withLock { $0 }, memory: &memory)
                state.withLock {
                    guard verdict.isJudged else {
                        $0.counters.gated += 1
                        return
                    }
                    $0.counters.scored += 1
                    $0.lastTimings = verdict.timings
                    $0.lastScored = frame.arrival
                }
                deliver(frame, verdict)
                let time = frame.presentationTime
                if saved.map({ time - $0 >= Self.savingInterval || time < $0 }) ?? true {
                    // Lost at worst: a little of what hours will teach again.
                    if saved != nil { try? memory.save() }
                    saved = time
                }
            }
            try? memory.save()
            ended()
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

    public var counters: AnalysisCounters { state.withLock { $0.counters } }
    /// Stage times of the last scored frame.
    public var lastTimings: StageTimings { state.withLock { $0.lastTimings } }
    /// Arrival of the last scored frame.
    public var lastScored: MonotonicTime? { state.withLock { $0.lastScored } }
}
