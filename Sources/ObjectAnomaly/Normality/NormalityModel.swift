internal import Glibc
public import ModelFiles
public import Tensors

/// What normal objects look like to one camera, loadable apart from the detector: pseudo-classes and the anomaly head
/// (SSOS) and, when it was learned on the box, the distance from many pseudo-classes.
public struct NormalityModel: Sendable {
    /// What the detector must hand over as features.
    public let features: ObjectFeatures
    public let scorer: ObjectScorer
    public let pseudoClasses: PseudoClassHead
    public let anomalyHead: AnomalyHead
    /// Nil in published checkpoints.
    public let distance: ClassDistance?
    /// How each score compares among normal objects; nil unless both are asked.
    private let calibrations: (energy: ObjectCalibration, distance: ObjectCalibration)?

    static let featuresName = "object_normality.features"
    static let scorerName = "object_normality.scorer"
    static let distancePrefix = "object_distance"
    static let energyCalibrationPrefix = "object_normality.energy"
    static let distanceCalibrationPrefix = "object_normality.distance"

    /// Reads `<prefix>.pseudo_score.{0,2}`, `<prefix>.logistic_regression_layer.{0,2}`, for the weighted energy
    /// `<prefix>.weight_energy.weight`, and what else learning on the box wrote. Checkpoints without that, published ones and
    /// profiles of earlier versions, are SSOS on published features.
    /// - Parameters:
    ///   - energy: nil takes the weighted energy when the source has weights.
    ///   - scorer: nil takes the one that the source names.
    /// - Throws: `ModelFileError` when a tensor is missing, not finite, or shapes do not fit.
    public init(
        _ source: any TensorSource, prefix: String = "roi_head", energy: PseudoClassHead.Energy? = nil,
        scorer: ObjectScorer? = nil
    ) throws(ModelFileError) {
        let learnedFeatures = try Self.choice(source, Self.featuresName, ObjectFeatures.allCases, \.code)
        let learnedScorer = try Self.choice(source, Self.scorerName, ObjectScorer.allCases, \.code)
        features = learnedFeatures ?? .published
        let scorer = scorer ?? learnedScorer ?? .energy
        self.scorer = scorer
        pseudoClasses = try PseudoClassHead(source, prefix: prefix, energy: energy)
        anomalyHead = try AnomalyHead(source, prefix: prefix + ".logistic_regression_layer")
        let hasDistance = scorer != .energy || ClassDistance.isPresent(in: source, prefix: Self.distancePrefix)
        let distance = hasDistance ? try ClassDistance(source, prefix: Self.distancePrefix) : nil
        self.distance = distance
        let width = pseudoClasses.featureWidth
        guard distance.map({ $0.featureWidth == width }) ?? true else {
            throw ModelFileError(
                .wrongShape, "\(source.origin): the distance and the pseudo-classes read features of different widths")
        }
        calibrations =
            scorer == .joint
            ? (
                try ObjectCalibration(source, prefix: Self.energyCalibrationPrefix),
                try ObjectCalibration(source, prefix: Self.distanceCalibrationPrefix)
            ) : nil
    }

    /// The case whose code a file holds under a name; nil when it holds nothing there.
    private static func choice<Choice>(
        _ source: any TensorSource, _ name: String, _ choices: [Choice], _ code: (Choice) -> Float
    ) throws(ModelFileError) -> Choice? {
        guard source.contains(name) else { return nil }
        let value = try source.parameter(name, shape: [1]).array[0]
        guard let choice = choices.first(where: { code($0) == value }) else {
            throw ModelFileError(
                .badHeader, "\(source.origin): \(name) is \(value), which this version does not know; learn again")
        }
        return choice
    }

    /// Length of the feature vectors.
    public var featureWidth: Int { pseudoClasses.featureWidth }

    /// Logits `[N]` of P(normal) by SSOS for features `[N, featureWidth]`; borrowed from the workspace.
    public func normalLogits(_ features: Tensor, context: ComputeContext) -> Tensor {
        let energies = pseudoClasses.energies(features, context: context)
        let logits = context.workspace.borrow([features.shape[0]])
        anomalyHead(energies, into: logits)
        context.workspace.giveBack(energies)
        return logits
    }

    /// How anomalous objects with features `[N, featureWidth]` are by the model's scorer, `[N]`: higher is more so, on a scale of
    /// the scorer's own that an `ObjectCalibration` turns into surprise. Borrowed from the workspace.
    public func anomalies(_ features: Tensor, context: ComputeContext) -> Tensor {
        if scorer == .distance, let distance { return distance(features, context: context) }
        let anomalies = normalLogits(features, context: context)
        for index in 0..<anomalies.count { anomalies.pointer[index].negate() }
        if let distance, let calibrations {
            let distances = distance(features, context: context)
            for index in 0..<anomalies.count {
                anomalies.pointer[index] = max(
                    calibrations.energy.surprise(ofAnomaly: anomalies.pointer[index]),
                    calibrations.distance.surprise(ofAnomaly: distances.pointer[index]))
            }
            context.workspace.giveBack(distances)
        }
        return anomalies
    }
}
