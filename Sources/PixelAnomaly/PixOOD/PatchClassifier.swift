public import ModelFiles
internal import Networks
public import Tensors

/// PixOOD's patch classifier: Linear(D_in, hidden), GELU, Linear(hidden, C), on every patch of the grid.
public struct PatchClassifier: Sendable {
    /// `decoder.0.weight` `[hidden, in]`, `decoder.0.bias`, `decoder.2.weight` `[C, hidden]`, `decoder.2.bias`.
    let parameters: [String: Tensor]
    private let first: Linear
    private let second: Linear

    public var inputWidth: Int { first.inputWidth }
    public var classCount: Int { second.outputWidth }

    /// Reads `<prefix>.0` and `<prefix>.2`; the convolution form `[out, in, 1, 1]` is accepted too.
    /// - Throws: `ModelFileError` when a tensor is missing, does not fit or is not finite.
    public init(_ source: any TensorSource, prefix: String = "decoder") throws(ModelFileError) {
        var parameters: [String: Tensor] = [:]
        for layer in ["0", "2"] {
            for part in ["weight", "bias"] {
                parameters["decoder.\(layer).\(part)"] = try source.parameter("\(prefix).\(layer).\(part)")
            }
        }
        first = try Linear(source, prefix + ".0")
        second = try Linear(source, prefix + ".2")
        guard second.inputWidth == first.outputWidth else {
            throw ModelFileError(
                .wrongShape,
                "\(source.origin): \(prefix).2 expects \(second.inputWidth) inputs, \(prefix).0 gives \(first.outputWidth)")
        }
        self.parameters = parameters
    }

    /// - Parameters:
    ///   - features: `[N, in]` or `[h, w, in]`
    ///   - logits: `[N, C]` or `[h, w, C]`
    public func callAsFunction(_ features: Tensor, into logits: Tensor, context: ComputeContext) {
        let rows = features.count / inputWidth
        let hidden = context.workspace.borrow([rows, first.outputWidth])
        first(features, into: hidden, activation: .gelu, context: context)
        second(hidden, into: logits, context: context)
        context.workspace.giveBack(hidden)
    }

    /// Adds the parameters as `<prefix>.0.weight` and so on.
    public func add(to writer: inout SafetensorsWriter, prefix: String = "decoder") {
        for (name, tensor) in parameters.sorted(by: { $0.key < $1.key }) {
            writer.add(prefix + name.dropFirst("decoder".count), tensor)
        }
    }
}
