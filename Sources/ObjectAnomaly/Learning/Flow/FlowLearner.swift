package import Basics
package import Tensors

/// Fits a flow to features by their likelihood, apart from everything else: the features are given, as in the published
/// training, where the flow's loss does not reach them.
package struct FlowLearner {
    package let settings: ObjectLearningSettings

    package init(settings: ObjectLearningSettings) { self.settings = settings }

    /// The flow, and the mean negative log-likelihood of each epoch.
    ///
    /// - Parameters:
    ///   - rows: `[N, D]`, whitened: a flow that changes nothing is then the normal distribution that fits best, and
    ///     learning starts there.
    ///   - random: decides the start and the order.
    /// - Throws: `ObjectAnomalyError.Code.diverged`.
    package func learn(
        _ rows: Tensor, random: inout SeededGenerator, progress: (Double) -> Bool = { _ in true }
    ) throws(ObjectAnomalyError) -> (flow: CouplingFlow, curve: [Double]) {
        let (count, width) = (rows.shape[0], rows.shape[1])
        let flow = CouplingFlow(width: width, hidden: settings.flow.hiddenWidth ?? max(1, width / 2), random: &random)
        let gradient = flow.zeros()
        let descent = Descent(
            flow.parameters, gradients: gradient.parameters, learningRate: settings.flow.learningRate,
            settings: settings)
        let workspace = Workspace()
        let epochs = settings.flow.epochs
        let batches = max(1, count / settings.flow.batchSize)
        var order = Array(0..<count)
        var curve: [Double] = []
        for epoch in 0..<epochs {
            order.shuffle(using: &random)
            var sum = 0.0
            for batch in 0..<batches {
                let chosen = order[count * batch / batches..<count * (batch + 1) / batches]
                sum += flow.likelihoodLoss(rows.gathering(chosen), gradient: gradient, workspace: workspace)
                descent.step(done: (Double(epoch) + Double(batch) / Double(batches)) / Double(epochs))
            }
            guard sum.isFinite, flow.parameters.allSatisfy(\.isFinite) else {
                throw ObjectAnomalyError(
                    .diverged, "the flow diverged in epoch \(epoch + 1); lower its learning rate")
            }
            curve.append(sum / Double(batches))
            guard progress(Double(epoch + 1) / Double(epochs)) else { throw .cancelled }
        }
        return (flow, curve)
    }
}
