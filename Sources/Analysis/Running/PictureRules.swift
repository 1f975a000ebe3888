/// When a picture as a whole is out of order; see `PictureWatch`. All times are stream time.
public struct PictureRules: Sendable, Hashable {
    // MARK: What is known

    /// How long, and over at least how many frames, a picture is watched until it is known.
    public var learning: Duration = .seconds(30)
    public var learningFrames = 30
    /// How fast what is known follows slow changes: where it is recognised, and where something else stands.
    public var following: Duration = .seconds(120)
    public var absorbing: Duration = .seconds(1200)
    /// Correlation with its known structure from which a block counts as recognised, 0...1.
    public var keptCorrelation: Float = 0.4
    /// A picture with known structure in fewer of 64 blocks, such as bare sky, cannot be told from a covered one; one of
    /// which usually less than this share is recognised comes from a camera that moves.
    public var leastKnown = 10
    public var leastUsual: Float = 0.65
    /// After a longer gap, evidence starts anew.
    public var longestGap: Duration = .seconds(10)

    // MARK: What is wrong

    /// The view is gone when less than this share of the known structure is recognised, and back from `restored` on.
    public var lost: Float = 0.42
    public var restored: Float = 0.55
    /// It was lost suddenly when it was that much more on average over about this time before; what fades slowly is
    /// weather, not something before the lens.
    public var suddenLoss: Float = 0.25
    public var sudden: Duration = .seconds(10)
    /// A strange picture is a view of its own when it has this share of the known structure's extent and sharpness.
    public var strangeStructure: Float = 0.6
    public var strangeSharpness: Float = 0.4
    /// A plain surface leaves this many of 64 blocks flat, their brightness varying by less than this share of its mean.
    public var plainBlocks = 56
    public var plainSpread: Float = 0.25
    /// A block has lost its focus when its fine detail is below this share of what its coarse structure lets expect.
    public var softDetail: Float = 0.4
    /// The picture is out of focus when this share of its detailed blocks is, and its sharpness below `soft` of the usual;
    /// it is in focus again from `sharp` on. With fewer detailed blocks nobody can tell.
    public var softBlocks: Float = 0.5
    public var soft: Float = 0.3
    public var sharp: Float = 0.5
    public var leastDetailed = 8
    /// A picture blurred beyond its blocks still has the bright and the dark parts of the view: their correlation.
    public var layout: Float = 0.85
    /// Brightness, 0...255, below which a block without structure is black; and from which the picture was bright.
    public var black: Float = 16
    public var bright: Float = 40
    /// Darkness within this time after brightness is sudden. What darkens more slowly is the evening, unless the camera has
    /// seen by infrared light before: then its lamp has failed.
    public var darkFall: Duration = .seconds(60)

    // MARK: For how long

    public var obstructedAfter: Duration = .seconds(10)
    public var sprayedAfter: Duration = .seconds(10)
    public var defocusedAfter: Duration = .seconds(15)
    public var sceneChangedAfter: Duration = .seconds(15)
    public var darkAfter: Duration = .seconds(10)
    /// The same for slow darkness after which the infrared lamp should have come on.
    public var lampFailedAfter: Duration = .seconds(300)
    /// A condition is over when the picture has been in order for this long.
    public var recovery: Duration = .seconds(3)
    /// A new scene that stays for this long is the camera's view from then on.
    public var acceptance: Duration = .seconds(1800)

    // MARK: Frozen

    /// A picture is frozen when it repeats for this long, over at least this many frames, and this many times longer than
    /// it ever did while it was not. Some cameras repeat their pictures whenever nothing moves.
    public var frozenAfter: Duration = .seconds(20)
    public var frozenFrames = 20
    public var frozenHabit = 4
    /// It has to have been alive before: for this long, with pictures that changed within `aliveWithin`, and for at least
    /// four fifths of the time.
    public var aliveFor: Duration = .seconds(60)
    public var aliveWithin: Duration = .seconds(5)
    /// Blocks that may change in a frozen picture: a clock that the camera writes into it.
    public var clockBlocks = 5
    /// Differences whose mean square is below this share of the usual are none.
    public var repeatNoise: Float = 0.05

    public init() {}

    /// How long a condition is seen before it is certain.
    func persistence(_ condition: PictureCondition) -> Duration {
        switch condition {
        case .obstructed: obstructedAfter
        case .sprayed: sprayedAfter
        case .defocused: defocusedAfter
        case .frozen: frozenAfter
        case .dark: darkAfter
        case .sceneChanged: sceneChangedAfter
        }
    }
}
