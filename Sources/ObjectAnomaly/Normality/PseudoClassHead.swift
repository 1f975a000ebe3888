internal import CKernels
public import ModelFiles
internal import Networks
public import Tensors

/// Sorts object features into the pseudo-classes of normal objects; how strongly they respond is the object's energy.
public struct PseudoClassHead: Sendable {
    private let first: Linear
    private let second: Linear
    /// `[classCount]`: weights of the classes in the energy; nil for the plain one.
    private let energyWeights: Tensor?

    /// How the classes' responses f become an energy.
    public enum Energy: String, Hashable, Sendable, Codable, CaseIterable {
        /// ln Σ exp(f), as the authors' detectors take it whatever they were trained with.
        case plain
        /// ln Σ max(w, 0) exp(f) with learned weights w: as the paper has it, at inference too.
        case weighted
    }

    /// Reads `<prefix>.pseudo_score.{0,2}` and, for the weighted energy, `<prefix>.weight_energy.weight` (`[1, classCount]`).
    /// - Parameter energy: nil takes the weighted energy when the source has weights.
    /// - Throws: `ModelFileError` when a tensor is missing, not finite, or shapes do not fit, or when no weight is above 0.
    public init(
        _ source: any TensorSource, prefix: String = "roi_head", energy: Energy? = nil
    ) throws(ModelFileError) {
        first = try Linear(source, prefix + ".pseudo_score.0")
        second = try Linear(source, prefix + ".pseudo_score.2")
        guard second.inputWidth == first.outputWidth else {
            throw ModelFileError(
                .wrongShape, "\(source.origin): the layers of \(prefix).pseudo_score do not fit each other")
        }
        let name = prefix + ".weight_energy.weight"
        guard energy.map({ $0 == .weighted }) ?? source.contains(name) else {
            energyWeights = nil
            return
        }
        let weights = try source.parameter(name, shape: [1, second.outputWidth])
        guard weights.array.contains(where: { $0 > 0 }) else {
            throw ModelFileError(.badHeader, "\(source.origin): tensor \(name) has no value above 0")
        }
        energyWeights = weights
    }

    /// Length of the feature vectors.
    public var featureWidth: Int { first.inputWidth }
    /// Number of pseudo-classes.
    public var classCount: Int { second.outputWidth }

    /// Which energy is taken.
    public var energy: Energy { energyWeights == nil ? .plain : .weighted }

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

    /// The energy of each row, `[N]`; high for normal objects. Borrowed from the workspace.
    public func energies(_ features: Tensor, context: ComputeContext) -> Tensor {
        let logits = logits(features, context: context)
        let energies = context.workspace.borrow([features.shape[0]])
        if let energyWeights {
            ck_weighted_log_sum_exp(
                logits.pointer, energyWeights.pointer, features.shape[0], classCount, energies.pointer)
        } else {
            ck_log_sum_exp(logits.pointer, features.shape[0], classCount, energies.pointer)
        }
        context.workspace.giveBack(logits)
        return energies
    }
}
