/// How a camera's normal objects are learned.
///
/// The published values (20 outliers a step, weight 0.1, from half of the training on) suit a detector that is refined along
/// with the heads. On frozen features the anomaly head then hardly learns; the defaults here were chosen on recorded scenes.
/// By `monitor-bench objects` with the bundled model (three procedural scenes and UCSD Ped2, three seeds; area under the curve,
/// spread over the seeds) the scorers stand at 0.90 ± 0.002 (distance), 0.89 ± 0.02 (joint) and 0.78 ± 0.05 (energy, plain;
/// weighted 0.79 ± 0.02; with outliers of a flow 0.67 ± 0.05).
public struct ObjectLearningSettings: Hashable, Sendable, Codable {
    /// Number of pseudo-classes; nil lets the amount of data decide: one per 200 objects, 2 to 5.
    public var classes: Int?
    /// Hidden width of the pseudo-class head; nil is half the feature width, as published.
    public var hiddenWidth: Int?
    /// Hidden width of the anomaly head.
    public var anomalyHiddenWidth = 128
    /// Where outliers come from.
    public var synthesiser = Synthesiser.gaussian
    /// How the classes' responses become an energy, in learning and at inference.
    public var energy = PseudoClassHead.Energy.plain
    /// What judges objects in the end; everything is learned whatever it is.
    public var scorer = ObjectScorer.distance
    /// Number of pseudo-classes that distances are measured from; nil is one per 30 objects, 2 to 150.
    public var distanceClasses: Int?
    /// Passes over the objects for the pseudo-classes.
    public var clusteringPasses = 10
    /// Passes over the objects for the heads.
    public var epochs = 30
    /// Share of the epochs before outliers are made; published is 0.5.
    public var outlierStart = 0.0
    /// Objects per step.
    public var batchSize = 128
    /// Outliers per step, divided among the classes, at least one of each; published is 20.
    public var outliersPerBatch = 128
    /// Draws among which the least likely becomes an outlier.
    public var drawsPerOutlier = 300
    /// Weight of the anomaly head's loss beside the pseudo-classes'; published is 0.1.
    public var anomalyWeight = 10.0
    /// Latest objects of each class that its distribution is estimated from.
    public var queueCapacity = 1000
    /// Step size at its highest, reached after a linear warm-up and falling to 0 along a cosine.
    public var learningRate = 0.01
    public var momentum = 0.9
    public var weightDecay = 1e-4
    /// Gradients longer than this are shortened to it.
    public var longestGradient = 5.0
    /// Of the flow, when it makes the outliers.
    public var flow = Flow()
    /// Fewer objects are refused.
    public var fewestObjects = 100

    /// Where outliers come from.
    public enum Synthesiser: String, Hashable, Sendable, Codable, CaseIterable {
        /// The rims of the pseudo-classes' normal distributions (SSOS).
        case gaussian
        /// Noise that an invertible network turns into unlikely features, whatever their class (FFS).
        case flow
    }

    /// How the invertible network learns. Published are a hidden width of twice the features', one outlier of 10,000 draws
    /// a step, and a network that is only ever half trained (weight 1e-4).
    public struct Flow: Hashable, Sendable, Codable {
        /// Hidden width of its four networks; nil is half the feature width.
        public var hiddenWidth: Int?
        /// Passes over the objects before the heads learn.
        public var epochs = 12
        /// Objects per step.
        public var batchSize = 128
        /// Step size at its highest; warm-up, fall and momentum are the heads'.
        public var learningRate = 1e-3
        /// Draws that each epoch of the heads takes its outliers from.
        public var drawsPerEpoch = 6000

        public init() {}
    }

    public init() {}

    /// Pseudo-classes that distances are measured from, for this many objects.
    public func distanceClassCount(objects: Int) -> Int { distanceClasses ?? min(150, max(2, objects / 30)) }

    /// Pseudo-classes for this many objects.
    public func classCount(objects: Int) -> Int { classes ?? min(5, max(2, objects / 200)) }
}
