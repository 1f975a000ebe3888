internal import ModelFiles
internal import Tensors

/// A transformer block in single precision.
struct ExactBlock: TransformerBlock {
    private let layers: BlockLayers<Linear>

    init(_ source: any TensorSource, _ name: String, width: Int) throws(ModelFileError) {
        layers = try BlockLayers(source, name, width: width)
    }

    func advance(_ tokens: Tensor, heads: Int, context: ComputeContext) {
        let (workspace, count, width) = (context.workspace, tokens.shape[0], tokens.shape[1])
        let normal = workspace.borrow([count, width])
        let projected = workspace.borrow([count, 3 * width])
        layers.attentionNorm(tokens, into: normal, context: context)
        layers.projection(normal, into: projected, context: context)
        SelfAttention(heads: heads, headWidth: width / heads)(projected, into: normal, context: context)
        workspace.giveBack(projected)
        layers.merge(normal, into: tokens, accumulating: true, context: context)
        layers.mixerNorm(tokens, into: normal, context: context)
        let hidden = workspace.borrow([count, layers.expand.outputWidth])
        layers.expand(normal, into: hidden, activation: .gelu, context: context)
        layers.contract(hidden, into: tokens, accumulating: true, context: context)
        workspace.giveBack(hidden)
        workspace.giveBack(normal)
    }
}
