internal import CKernels
package import Tensors

/// The losses of SSOS on frozen features, with their gradients by hand-written backpropagation.
///
/// Cross-entropy of the pseudo-classes over normal objects, and binary cross-entropy of the anomaly head over normal
/// objects (1) and outliers (0) together, both means; the energy between them is plain, or weighted when the weights say so.
public struct AnomalyObjective: Sendable {
    /// Factor of the pseudo-classes' loss in the gradient.
    public let classWeight: Float
    /// Factor of the anomaly head's loss in the gradient.
    public let anomalyWeight: Float

    /// Both losses, not weighted.
    public struct Losses: Hashable, Sendable {
        public let classes: Double
        public let anomaly: Double
    }

    /// Defaults as published.
    public init(classWeight: Float = 1, anomalyWeight: Float = 0.1) {
        self.classWeight = classWeight
        self.anomalyWeight = anomalyWeight
    }

    /// Writes the gradient of the weighted sum of both losses and returns the losses.
    ///
    /// - Parameters:
    ///   - features: `[N, D]`: `labels.count` normal objects, then outliers.
    ///   - labels: pseudo-class of each normal object.
    ///   - gradient: receives the gradient; overwritten.
    ///   - featureGradient: when given, receives the gradient with respect to `features`.
    package func callAsFunction(
        _ features: Tensor, labels: [Int32], weights: NormalityWeights, gradient: NormalityWeights,
        featureGradient: Tensor? = nil, workspace: Workspace
    ) -> Losses {
        let rows = features.shape[0]
        let (width, hidden, classes) = (weights.featureWidth, weights.hiddenWidth, weights.classCount)
        precondition(features.shape[1] == width && labels.count <= rows)
        let (w, g) = (weights.tensors, gradient.tensors)
        let activation = workspace.borrow([rows, hidden])
        let logits = workspace.borrow([rows, classes])
        let logitGradient = workspace.borrow([rows, classes])
        let hiddenGradient = workspace.borrow([rows, hidden])
        defer { for tensor in [activation, logits, logitGradient, hiddenGradient] { workspace.giveBack(tensor) } }
        multiply(
            m: rows, n: hidden, k: width, features.pointer, lda: width, .none, w[0].pointer, ldb: width, .transposed,
            into: activation.pointer, ldc: hidden)
        ck_add_bias(activation.pointer, rows, hidden, w[1].pointer, 1)
        multiply(
            m: rows, n: classes, k: hidden, activation.pointer, lda: hidden, .none, w[2].pointer, ldb: hidden,
            .transposed,
            into: logits.pointer, ldc: classes)
        ck_add_bias(logits.pointer, rows, classes, w[3].pointer, 0)

        let losses = headLosses(
            logits, labels: labels, weights: weights, gradient: gradient, logitGradient: logitGradient)
        multiply(
            m: classes, n: hidden, k: rows, logitGradient.pointer, lda: classes, .transposed, activation.pointer,
            ldb: hidden,
            into: g[2].pointer, ldc: hidden)
        sumRows(logitGradient, into: g[3])
        multiply(
            m: rows, n: hidden, k: classes, logitGradient.pointer, lda: classes, .none, w[2].pointer, ldb: hidden,
            into: hiddenGradient.pointer, ldc: hidden)
        ck_rectifier_gradient(activation.pointer, hiddenGradient.pointer, rows * hidden)
        multiply(
            m: hidden, n: width, k: rows, hiddenGradient.pointer, lda: hidden, .transposed, features.pointer,
            ldb: width,
            into: g[0].pointer, ldc: width)
        sumRows(hiddenGradient, into: g[1])
        if let featureGradient {
            multiply(
                m: rows, n: width, k: hidden, hiddenGradient.pointer, lda: hidden, .none, w[0].pointer, ldb: width,
                into: featureGradient.pointer, ldc: width)
        }
        return losses
    }

    /// The same from the logits `[N, classes]` on; writes their gradient, the anomaly head's and the energy weights'.
    package func headLosses(
        _ logits: Tensor, labels: [Int32], weights: NormalityWeights, gradient: NormalityWeights,
        logitGradient: Tensor
    ) -> Losses {
        let (w, g) = (weights.tensors, gradient.tensors)
        for tensor in g[4...] { tensor.fill(0) }
        var objective = ck_anomaly_objective(
            w1: w[4].pointer, b1: w[5].pointer, w2: w[6].pointer, b2: w[7].pointer, grad_w1: g[4].pointer,
            grad_b1: g[5].pointer, grad_w2: g[6].pointer, grad_b2: g[7].pointer, hidden: weights.anomalyHiddenWidth,
            energy_weights: weights.energyWeights.map { UnsafePointer($0.pointer) },
            grad_energy_weights: gradient.energyWeights?.pointer, class_weight: classWeight,
            anomaly_weight: anomalyWeight, class_loss: 0, anomaly_loss: 0)
        ck_anomaly_losses(
            logits.pointer, labels, labels.count, logits.shape[0] - labels.count, weights.classCount, &objective,
            logitGradient.pointer)
        return Losses(classes: objective.class_loss, anomaly: objective.anomaly_loss)
    }
}
