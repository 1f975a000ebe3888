internal import CKernels
public import ModelFiles
public import Tensors

/// The small network φ from an object's energy to the logit of its being normal.
public struct AnomalyHead: Sendable {
    private let hiddenWeight: Tensor
    private let hiddenBias: Tensor
    private let outputWeight: Tensor
    private let outputBias: Float

    /// Reads `<prefix>.0` (`[hidden, 1]`) and `<prefix>.2` (`[1, hidden]`).
    /// - Throws: `ModelFileError` when a tensor is missing, not finite, or shapes do not fit.
    public init(
        _ source: any TensorSource, prefix: String = "roi_head.logistic_regression_layer"
    ) throws(ModelFileError) {
        let bias = try source.parameter(prefix + ".0.bias")
        let width = bias.count
        hiddenBias = bias
        hiddenWeight = try source.parameter(prefix + ".0.weight", shape: [width, 1])
        outputWeight = try source.parameter(prefix + ".2.weight", shape: [1, width])
        outputBias = try source.parameter(prefix + ".2.bias", shape: [1]).array[0]
    }

    /// Logits of P(normal) for `energies`, same count.
    public func callAsFunction(_ energies: Tensor, into logits: Tensor) {
        precondition(energies.count == logits.count)
        ck_scalar_network(
            energies.pointer, energies.count, hiddenWeight.pointer, hiddenBias.pointer, outputWeight.pointer,
            outputBias,
            hiddenBias.count, logits.pointer)
    }
}
