/// When a camera's frames may be left out because nothing moves in them.
public enum MotionGating: String, Sendable, CaseIterable {
    /// While there is not time to analyse every camera as often as it should be.
    case auto
    /// Always, but for the sweep.
    case always
    case never
}

/// How often one camera is to be analysed.
public struct AnalysisRate: Sendable, Hashable {
    /// At most this many analysed frames per second of stream time; 0: all.
    public var framesPerSecond: Double
    public var motionGating: MotionGating
    /// What stands still is looked at this often when the camera is gated.
    public var sweep: Duration
    /// Every frame is judged however long it takes; the source waits.
    public var isLossless: Bool

    /// A little less than two seconds, so that a late frame does no harm.
    public static let usualSweep: Duration = .milliseconds(1800)

    public init(
        framesPerSecond: Double, motionGating: MotionGating = .auto, sweep: Duration = usualSweep,
        isLossless: Bool = false
    ) {
        precondition(framesPerSecond >= 0 && sweep > .zero)
        self.framesPerSecond = framesPerSecond
        self.motionGating = motionGating
        self.sweep = sweep
        self.isLossless = isLossless
    }
}
