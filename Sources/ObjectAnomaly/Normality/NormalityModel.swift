public import ModelFiles
public import Tensors

/// What normal objects look like to one camera: pseudo-classes and the anomaly head, loadable apart from the detector.
public struct NormalityModel: Sendable {
    public let pseudoClasses: PseudoClassHead
    public let anomalyHead: AnomalyHead

    /// Reads `<prefix>.pseudo_score.{0,2}`, `<prefix>.logistic_regression_layer.{0,2}` and, for the weighted energy,
    /// `<prefix>.weight_energy.weight`.
    /// - Parameter energy: nil takes the weighted energy when the source has weights.
    /// - Throws: `ModelFileError` when a tensor is missing, not finite, or shapes do not fit.
    public init(
        _ source: any TensorSource, prefix: String = "roi_head", energy: PseudoClassHead.Energy? = nil
    ) throws(ModelFileError) {
        pseudoClasses = try PseudoClassHead(source, prefix: prefix, energy: energy)
        anomalyHead = try AnomalyHead(source, prefix: prefix + ".logistic_regression_layer")
    }

    /// Length of the feature vectors.
    public var featureWidth: Int { pseudoClasses.featureWidth }

    /// Logits `[N]` of P(normal) for features `[N, featureWidth]`; borrowed from the workspace.
    public func normalLogits(_ features: Tensor, context: ComputeContext) -> Tensor {
        let energies = pseudoClasses.energies(features, context: context)
        let logits = context.workspace.borrow([features.shape[0]])
        anomalyHead(energies, into: logits)
        context.workspace.giveBack(energies)
        return logits
    }
}
