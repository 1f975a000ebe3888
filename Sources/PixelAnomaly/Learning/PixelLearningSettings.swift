/// How a camera's pixel profile is learned.
public struct PixelLearningSettings: Sendable, Hashable {
    public var classes = PseudoClassSettings()
    public var classifier = ClassifierSettings()
    public var condensation = CondensationSettings()
    /// Channels that are compared with etalons, such as those of the last layer; nil takes all.
    public var columns: Range<Int>?
    /// Share of the patches, the last in time, that calibration uses and nothing else.
    public var heldOutShare = 0.25
    /// What outliers are granted; see `NeymanPearson.OutlierModel`.
    public var outlierModel = NeymanPearson.OutlierModel.indifferentLogit
    /// How far the classes' densities are replaced by their common one, 0 ... 1.
    ///
    /// The best class explains a patch, so the one class whose own patches happen to lie farthest from their etalons
    /// would excuse every unknown thing. Pseudo-classes are arbitrary cuts through one scene, therefore they share.
    public var pooling = 1.0
    /// Unit of distance in the similarity 1 / (1 + 0.5 d), as a multiple of the typical held-out distance.
    ///
    /// The published unit of 1 belongs to features whose typical distance is about 20; it would squeeze the tail of other
    /// features' distances into a sliver above similarity 0.
    public var distanceUnit = 1.0
    /// Points of the calibration grid along each axis.
    public var gridSide = 1000
    /// A class with fewer held-out patches takes the common density.
    public var leastHeldOutRows = 50
    /// Fewest patches to learn from.
    public var leastRows = 500
    /// Epochs between two checkpoints.
    public var checkpointInterval = 5

    public init() {}
}

/// How far learning has come.
public struct PixelLearningProgress: Sendable, Hashable {
    public enum Stage: String, Sendable, CaseIterable, CustomStringConvertible {
        case pseudoClasses = "kinds of surface"
        case classifier
        case condensation
        case calibration
        case check

        public var description: String { rawValue }
    }

    public let stage: Stage
    /// Steps of the stage done, of `total`.
    public let completed: Int
    public let total: Int
    /// Mean loss of the last epoch, in the stages that have one.
    public let loss: Double?

    public init(stage: Stage, completed: Int, total: Int, loss: Double? = nil) {
        self.stage = stage
        self.completed = completed
        self.total = total
        self.loss = loss
    }

    /// Share of the whole work done, in [0, 1].
    public var fraction: Double {
        let weights: [Stage: Double] = [
            .pseudoClasses: 0.05, .classifier: 0.2, .condensation: 0.6, .calibration: 0.13, .check: 0.02,
        ]
        let before = Stage.allCases.prefix { $0 != stage }.reduce(0) { $0 + (weights[$1] ?? 0) }
        return before + (weights[stage] ?? 0) * Double(completed) / Double(max(1, total))
    }
}
