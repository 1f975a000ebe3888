/// How many boxes the detector considers and keeps.
public struct DetectorConfiguration: Hashable, Sendable, Codable {
    /// Best proposals taken from each pyramid level; a level with fewer cells gives them all.
    public var proposalsPerLevel: Int
    /// Detections must score above this, in [0, 1).
    public var scoreThreshold: Float
    /// A detection is dropped when its intersection over union with a better one exceeds this, in [0, 1].
    public var overlapThreshold: Float
    /// Most detections per picture.
    public var maximumDetections: Int
    /// When set, detections whose probability of being normal is below this are suppressed only by each other and come
    /// first, so that a normal object can never hide an anomalous one.
    public var anomalyThreshold: Float?

    public init(
        proposalsPerLevel: Int = 2000, scoreThreshold: Float = 0.05, overlapThreshold: Float = 0.5,
        maximumDetections: Int = 500, anomalyThreshold: Float? = nil
    ) {
        precondition(proposalsPerLevel > 0 && maximumDetections > 0)
        self.proposalsPerLevel = proposalsPerLevel
        self.scoreThreshold = scoreThreshold
        self.overlapThreshold = overlapThreshold
        self.maximumDetections = maximumDetections
        self.anomalyThreshold = anomalyThreshold
    }

    /// The published OLN-SSOS settings (boxes).
    public static let publishedAnomaly = DetectorConfiguration()
    /// The published OLN-SSOS settings for detectors of masks.
    public static let publishedMasks = DetectorConfiguration(maximumDetections: 100)
    /// The published OLN settings for class-agnostic recall.
    public static let publishedRecall = DetectorConfiguration(
        scoreThreshold: 0, overlapThreshold: 0.7, maximumDetections: 1500)
}
