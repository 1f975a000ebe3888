internal import ModelFiles
internal import Tensors

/// A transformer block whose linear layers and attention run in integers.
///
/// All but the attention concerns one token at a time: a core takes some tokens through everything before and everything
/// behind the attention, so that what passes between the layers never leaves its cache.
struct QuantisedBlock: TransformerBlock {
    private let layers: BlockLayers<QuantisedLinear>

    init(_ source: any TensorSource, _ name: String, width: Int) throws(ModelFileError) {
        layers = try BlockLayers(source, name, width: width)
    }

    /// Tokens that one core takes at a time: the layers' weights pass by once for each such group.
    private static let groupSize = 96

    /// What one strand needs for a group of tokens, as offsets into its memory.
    private struct Scratch {
        let hidden: Int
        let bytes: Int
        let count: Int

        init(tokens: Int, _ layers: BlockLayers<QuantisedLinear>) {
            hidden = Self.aligned(layers.expand.inputWidth)
            bytes = hidden + Self.aligned(tokens * layers.expand.outputWidth)
            count =
                bytes
                + max(layers.expand.memoryCount(rows: tokens), layers.contract.memoryCount(rows: tokens))
        }

        /// Rounded up to whole cache lines.
        private static func aligned(_ count: Int) -> Int { (count + 15) / 16 * 16 }
    }

    func advance(_ tokens: Tensor, heads: Int, context: ComputeContext) {
        let (workspace, pool, count, width) = (context.workspace, context.pool, tokens.shape[0], tokens.shape[1])
        let projected = workspace.borrow([count, 3 * width])
        let attended = workspace.borrow([count, width])
        let groups = pool.chunkCount(count, size: Self.groupSize)
        let scratch = Scratch(tokens: (count + groups - 1) / groups, layers)
        let memory = workspace.borrow([pool.width, scratch.count])
        pool.forEachOnStrand(groups) { @Sendable strand, group in
            let (start, end) = (count * group / groups, count * (group + 1) / groups)
            let normal = memory.row(strand)
            layers.projection.apply(
                behind: layers.attentionNorm, to: tokens.row(start), rows: end - start, into: projected.row(start),
                normal: normal, memory: normal + scratch.bytes)
        }
        QuantisedAttention(heads: heads, headWidth: width / heads)(projected, into: attended, context: context)
        pool.forEachOnStrand(groups) { @Sendable strand, group in
            let (start, end) = (count * group / groups, count * (group + 1) / groups)
            let normal = memory.row(strand)
            let (hidden, bytes) = (normal + scratch.hidden, normal + scratch.bytes)
            layers.merge.apply(
                to: attended.row(start), rows: end - start, into: tokens.row(start), accumulating: true, memory: bytes)
            layers.expand.apply(
                behind: layers.mixerNorm, to: tokens.row(start), rows: end - start, into: hidden, activation: .gelu,
                normal: normal, memory: bytes)
            layers.contract.apply(
                to: hidden, rows: end - start, into: tokens.row(start), accumulating: true, memory: bytes)
        }
        for tensor in [projected, attended, memory] { workspace.giveBack(tensor) }
    }
}
