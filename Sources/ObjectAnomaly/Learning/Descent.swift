internal import CKernels
internal import Glibc
internal import Tensors

/// Stochastic gradient descent on the two heads: momentum, weight decay, warm-up, cosine schedule.
struct Descent {
    private let weights: NormalityWeights
    private let gradient: NormalityWeights
    private let velocity: NormalityWeights
    private let settings: ObjectLearningSettings
    private let workspace = Workspace()

    /// Share of the run in which the step size grows from 0.
    private static let warmUp = 0.05

    init(weights: NormalityWeights, settings: ObjectLearningSettings) {
        self.weights = weights
        self.settings = settings
        gradient = NormalityWeights(like: weights)
        velocity = NormalityWeights(like: weights)
    }

    /// One step on a batch: `labels.count` normal rows, then outliers.
    /// - Parameters:
    ///   - withAnomaly: whether the anomaly head learns yet.
    ///   - done: share of the run behind this step, in [0, 1].
    mutating func step(_ batch: Tensor, labels: [Int32], withAnomaly: Bool, done: Double) -> AnomalyObjective.Losses {
        let objective = AnomalyObjective(anomalyWeight: withAnomaly ? Float(settings.anomalyWeight) : 0)
        let losses = objective(batch, labels: labels, weights: weights, gradient: gradient, workspace: workspace)
        let length = gradient.norm
        if length > Float(settings.longestGradient) {
            for tensor in gradient.tensors { tensor.scale(by: Float(settings.longestGradient) / length) }
        }
        let warmth = min(1, (done + 1e-3) / Self.warmUp)
        let rate = settings.learningRate * warmth * 0.5 * (1 + cos(Double.pi * done))
        for (index, tensor) in weights.tensors.enumerated() {
            ck_descend(
                tensor.pointer, gradient.tensors[index].pointer, velocity.tensors[index].pointer, tensor.count,
                Float(rate),
                Float(settings.momentum), Float(settings.weightDecay))
        }
        return withAnomaly ? losses : AnomalyObjective.Losses(classes: losses.classes, anomaly: 0)
    }
}
