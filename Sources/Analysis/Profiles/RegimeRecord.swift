public import Imaging

/// What a profile says about one regime: how much was learned in it, and what held-out time showed.
public struct RegimeRecord: Sendable, Codable, Hashable {
    public let regime: Regime
    /// The version that learned this regime; later versions may carry it on unchanged.
    public var learnedInVersion: Int
    /// When the first and the last frame of the material were seen, Unix milliseconds UTC.
    public var firstWallMs: Int64
    public var lastWallMs: Int64
    /// What was black in every picture; nil for nothing.
    public var privacy: [Polygon]?
    public var framesLearned: Int
    public var framesHeldOut: Int
    /// Rows of patch features and of object features that were learned from.
    public var patchRows: Int
    public var objectRows: Int
    /// Rows that were left out because they did not recur: what a few frames held only.
    public var patchRowsLeftOut = 0
    public var objectRowsLeftOut = 0
    /// Number of pseudo-classes; 0 for what is not judged: the model lacks it, or too few objects were seen.
    public var patchClasses = 0
    public var objectClasses = 0
    public var etalons = 0
    public var thresholds: Thresholds
    public var pixelPeaks = HeldOutPeaks([])
    public var objectPeaks = HeldOutPeaks([])
    public var lingeringPeaks = HeldOutPeaks([])
    public var broadPeaks = HeldOutPeaks([])

    /// A record whose results are still to be filled in.
    package init(
        _ regime: Regime, version: Int, firstWallMs: Int64, lastWallMs: Int64, framesLearned: Int,
        framesHeldOut: Int, patchRows: Int, objectRows: Int
    ) {
        self.regime = regime
        learnedInVersion = version
        self.firstWallMs = firstWallMs
        self.lastWallMs = lastWallMs
        self.framesLearned = framesLearned
        self.framesHeldOut = framesHeldOut
        self.patchRows = patchRows
        self.objectRows = objectRows
        thresholds = Thresholds(pixels: pixelPeaks, lingering: lingeringPeaks, objects: objectPeaks)
    }
}
