public import Basics
internal import Dispatch
public import Imaging

/// Where the frames that reached a camera's analysis ended; each in exactly one counter.
public struct AnalysisCounters: Sendable, Codable, Hashable {
    /// Judged by both detectors.
    public var scored: UInt64 = 0
    /// Left out because the camera sends more than `analysis_fps`.
    public var gated: UInt64 = 0

    public init() {}
}

/// One camera's analysis: a serial queue that takes frames, gates them, has them judged and hands the verdicts on.
public final class AnalysisStage: Sendable {
    private let queue: DispatchQueue
    private let finished = DispatchGroup()
    private let engine: AnalysisEngine
    private let profile: CameraProfile
    private let framesPerSecond: Double
    private let state = Locked(
        (counters: AnalysisCounters(), lastTimings: StageTimings(), lastScored: MonotonicTime?.none))

    /// - Parameters:
    ///   - framesPerSecond: at most this many analysed frames per second of stream time; 0: all.
    public init(camera: String, engine: AnalysisEngine, profile: CameraProfile, framesPerSecond: Double) {
        queue = DispatchQueue(label: "analysis.\(camera)")
        self.engine = engine
        self.profile = profile
        self.framesPerSecond = framesPerSecond
    }

    /// Starts taking frames.
    /// - Parameters:
    ///   - next: blocks until a frame is there; nil ends the stage. Called on the stage's queue.
    ///   - deliver: receives every verdict with its frame, on the stage's queue, in order.
    ///   - ended: called once after the last delivery.
    public func start(
        taking next: @escaping @Sendable () -> Frame?,
        delivering deliver: @escaping @Sendable (Frame, Verdict) -> Void,
        ended: @escaping @Sendable () -> Void
    ) {
        queue.async(group: finished) { @Sendable [self] in
            var gate = FrameGate(framesPerSecond: framesPerSecond)
            var history = LingeringHistory()
            while let frame = next() {
                guard gate.admits(frame.presentationTime) else {
                    state.withLock { $0.counters.gated += 1 }
                    continue
                }
                let verdict = engine.judge(frame, with: profile, history: &history)
                state.withLock {
                    $0.counters.scored += 1
                    $0.lastTimings = verdict.timings
                    $0.lastScored = frame.arrival
                }
                deliver(frame, verdict)
            }
            ended()
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
