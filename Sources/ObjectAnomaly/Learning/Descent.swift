internal import CKernels
internal import Glibc
package import Tensors

/// Stochastic gradient descent: momentum, weight decay, shortened gradients, warm-up, cosine schedule.
package struct Descent {
    private let weights: [Tensor]
    private let gradients: [Tensor]
    private let velocities: [Tensor]
    private let learningRate: Double
    private let settings: ObjectLearningSettings

    /// Share of the run in which the step size grows from 0.
    private static let warmUp = 0.05

    /// - Parameters:
    ///   - weights: what is changed.
    ///   - gradients: where the caller leaves the gradient before each step; of the same shapes.
    package init(_ weights: [Tensor], gradients: [Tensor], learningRate: Double, settings: ObjectLearningSettings) {
        self.weights = weights
        self.gradients = gradients
        self.learningRate = learningRate
        self.settings = settings
        velocities = weights.map { Tensor($0.shape, repeating: 0) }
    }

    /// One step along the gradients.
    /// - Parameter done: share of the run behind this step, in [0, 1].
    func step(done: Double) {
        let warmth = min(1, (done + 1e-3) / Self.warmUp)
        step(rate: learningRate * warmth * 0.5 * (1 + cos(Double.pi * done)))
    }

    /// One step of a given size along the gradients, which are shortened when they are too long.
    package func step(rate: Double) {
        let length = gradients.reduce(0) { $0 + $1.squareSum }.squareRoot()
        if length > Float(settings.longestGradient) {
            for tensor in gradients { tensor.scale(by: Float(settings.longestGradient) / length) }
        }
        for (index, tensor) in weights.enumerated() {
            ck_descend(
                tensor.pointer, gradients[index].pointer, velocities[index].pointer, tensor.count, Float(rate),
                Float(settings.momentum), Float(settings.weightDecay))
        }
    }
}
