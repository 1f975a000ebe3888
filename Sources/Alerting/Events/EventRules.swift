public import Analysis

/// When evidence becomes an event, and when an event is over. One set per camera.
public struct EventRules: Sendable, Hashable {
    /// Surprise at which evidence opens an event, and down to which it keeps one open; `exit` < `enter`.
    public struct Thresholds: Sendable, Hashable {
        public var enter: Float
        public var exit: Float

        public init(enter: Float, exit: Float) {
            precondition(exit < enter, "the exit threshold must lie below the enter threshold")
            self.enter = enter
            self.exit = exit
        }
    }

    /// What both detectors need in one regime.
    public struct Levels: Sendable, Hashable {
        public var objects: Thresholds
        public var pixels: Thresholds

        public init(objects: Thresholds, pixels: Thresholds) {
            self.objects = objects
            self.pixels = pixels
        }
    }

    public var objects: Thresholds
    public var pixels: Thresholds
    /// Regimes with thresholds of their own; `objects` and `pixels` hold for the others.
    public var regimes: [Regime: Levels] = [:]
    /// An event opens when `confirmFrames` of the last `confirmWindow` analysed frames reached an enter threshold at
    /// its place; 1 ... `confirmWindow`, and `confirmWindow` at most 64.
    public var confirmFrames = 3
    public var confirmWindow = 5
    /// An event closes when its place was quiet, or the stream stood still, for this long. Analysis must see at least
    /// two frames in this time.
    public var quietTime: Duration = .seconds(5)
    /// A longer event is closed, and its place accepted until it changes.
    public var maximumDuration: Duration = .seconds(600)
    /// No event opens before a new light regime has lasted this long: delayed, never discarded.
    public var settleTime: Duration = .seconds(2)
    /// Events open at the same time; further places wait for one to close.
    public var maximumOpen = 8
    /// Evidence nearer than this share of the frame's longer side is one place.
    public var mergeDistance: Float = 0.02
    /// An accepted place whose surprise rises by this much (1 is ten times rarer) has changed.
    public var acceptedMargin: Float = 1
    /// Where in the picture things count.
    public var zones = ZoneMap.everywhere

    public init(objects: Thresholds, pixels: Thresholds) {
        self.objects = objects
        self.pixels = pixels
    }

    /// The rules with the thresholds of one regime as `objects` and `pixels`.
    public func inForce(in regime: Regime) -> EventRules {
        guard let levels = regimes[regime] else { return self }
        var rules = self
        rules.objects = levels.objects
        rules.pixels = levels.pixels
        return rules
    }

    /// Traps on values outside their ranges, which settings have checked before.
    func check() {
        precondition(1...64 ~= confirmWindow && 1...confirmWindow ~= confirmFrames)
        precondition(quietTime > .zero && maximumDuration > quietTime && maximumOpen > 0)
    }
}
