internal import ModelFiles
internal import Tensors

/// One block of a vision transformer: attention and mixer, each behind a normalisation and added to the tokens.
protocol TransformerBlock: Sendable {
    /// Moves the tokens, `[T, width]`, through the block, in place.
    func advance(_ tokens: Tensor, heads: Int, context: ComputeContext)
}

/// A linear layer as a block reads it.
protocol BlockLayer: Sendable {
    var inputWidth: Int { get }
    var outputWidth: Int { get }

    init(_ source: any TensorSource, layer prefix: String, scale: Tensor?) throws(ModelFileError)
}

extension Linear: BlockLayer {
    init(_ source: any TensorSource, layer prefix: String, scale: Tensor?) throws(ModelFileError) {
        try self.init(source, prefix, scale: scale)
    }
}

extension QuantisedLinear: BlockLayer {
    init(_ source: any TensorSource, layer prefix: String, scale: Tensor?) throws(ModelFileError) {
        try self.init(source, prefix, scale: scale)
    }
}

/// The layers of a block; layer scale is folded into the linear layers behind which it stands.
struct BlockLayers<Layer: BlockLayer>: Sendable {
    let attentionNorm: LayerNorm
    let projection: Layer
    let merge: Layer
    let mixerNorm: LayerNorm
    let expand: Layer
    let contract: Layer

    /// Reads `<name>{norm1,attn.qkv,attn.proj,ls1,norm2,mlp.fc1,mlp.fc2,ls2}`.
    /// - Throws: `ModelFileError` when a tensor is missing, not finite or of the wrong shape.
    init(_ source: any TensorSource, _ name: String, width: Int) throws(ModelFileError) {
        func scale(_ key: String) throws(ModelFileError) -> Tensor? {
            source.contains(name + key) ? try source.parameter(name + key, shape: [width]) : nil
        }
        func linear(
            _ key: String, inputs: Int, outputs: Int? = nil, scale: Tensor? = nil
        ) throws(ModelFileError) -> Layer {
            let layer = try Layer(source, layer: name + key, scale: scale)
            guard layer.inputWidth == inputs, outputs.map({ $0 == layer.outputWidth }) ?? true else {
                throw ModelFileError(
                    .wrongShape,
                    """
                    \(source.origin): tensor \(name)\(key).weight has shape [\(layer.outputWidth), \
                    \(layer.inputWidth)], which does not fit \(width) values per token
                    """)
            }
            return layer
        }
        attentionNorm = try LayerNorm(source, name + "norm1", width: width)
        projection = try linear("attn.qkv", inputs: width, outputs: 3 * width)
        merge = try linear("attn.proj", inputs: width, outputs: width, scale: try scale("ls1.gamma"))
        mixerNorm = try LayerNorm(source, name + "norm2", width: width)
        expand = try linear("mlp.fc1", inputs: width)
        contract = try linear("mlp.fc2", inputs: expand.outputWidth, outputs: width, scale: try scale("ls2.gamma"))
    }
}
