internal import CKernels
public import ModelFiles
internal import Networks
public import Tensors

/// Sorts object features into the pseudo-classes of normal objects; how strongly they respond is the object's energy.
public struct PseudoClassHead: Sendable {
    private let first: Linear
    private let second: Linear

    /// Reads `<prefix>.0` and `<prefix>.2`.
    /// - Throws: `ModelFileError` when a tensor is missing, not finite, or shapes do not fit.
    public init(_ source: any TensorSource, prefix: String = "roi_head.pseudo_score") throws(ModelFileError) {
        first = try Linear(source, prefix + ".0")
        second = try Linear(source, prefix + ".2")
        guard second.inputWidth == first.outputWidth else {
            throw ModelFileError(.wrongShape, "\(source.origin): the layers of \(prefix) do not fit each other")
        }
    }

    /// Length of the feature vectors.
    public var featureWidth: Int { first.inputWidth }
    /// Number of pseudo-classes.
    public var classCount: Int { second.outputWidth }

    /// Logits `[N, classCount]` of features `[N, featureWidth]`; borrowed from the workspace.
    public func logits(_ features: Tensor, context: ComputeContext) -> Tensor {
        let count = features.shape[0]
        let hidden = context.workspace.borrow([count, first.outputWidth])
        first(features, into: hidden, activation: .relu, context: context)
        let logits = context.workspace.borrow([count, classCount])
        second(hidden, into: logits, context: context)
        context.workspace.giveBack(hidden)
        return logits
    }

    /// log sum exp of each row of the logits, `[N]`; high for normal objects. Borrowed from the workspace.
    ///
    /// The paper weighs the classes inside the sum; the authors' detector does not, nor do we.
    public func energies(_ features: Tensor, context: ComputeContext) -> Tensor {
        let logits = logits(features, context: context)
        let energies = context.workspace.borrow([features.shape[0]])
        ck_log_sum_exp(logits.pointer, features.shape[0], classCount, energies.pointer)
        context.workspace.giveBack(logits)
        return energies
    }
}
