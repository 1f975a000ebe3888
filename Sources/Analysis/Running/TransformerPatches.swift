internal import Imaging
internal import ModelFiles
internal import Networks
internal import Tensors

/// Patch features from a vision transformer: the outputs of some of its blocks side by side (specification 2.1).
///
/// Nothing is padded: the picture is resized, with antialiasing, to whole patches on both sides.
struct TransformerPatches: Sendable {
    private let transformer: VisionTransformer
    private let layers: [Int]
    private let input: ModelCard.Input

    /// Length of a patch's feature vector.
    var width: Int { layers.count * transformer.width }

    /// Reads what `pixels` of the card describes; the transformer's tensors have their official names.
    /// - Throws: `ModelFileError` when the weights do not fit, a layer does not exist, or an input cannot be divided into
    ///   patches.
    init(_ bundle: ModelBundle) throws(ModelFileError) {
        let card = bundle.card
        try self.init(
            bundle.weights, input: card.pixels?.input ?? card.input, layers: card.pixels?.layers,
            precision: card.pixels?.precision ?? .fp32)
    }

    /// - Parameter layers: nil: the last block alone.
    /// - Throws: as for a bundle.
    init(
        _ source: any TensorSource, input: ModelCard.Input, layers: [Int]?, precision: ModelCard.Precision
    ) throws(ModelFileError) {
        self.input = input
        let transformer = try VisionTransformer(source, precision: precision)
        let chosen = layers ?? [transformer.depth - 1]
        guard let last = chosen.max(), last < transformer.depth else {
            throw ModelFileError(
                .badCard,
                "\(source.origin): pixels.layers of the card names block \(chosen.max() ?? 0), the network has "
                    + "\(transformer.depth)")
        }
        guard input.sizeDivisor % transformer.patchSize == 0 else {
            throw ModelFileError(
                .badCard,
                "\(source.origin): size_divisor of the transformer's input is \(input.sizeDivisor), no multiple of its "
                    + "patches' \(transformer.patchSize) pixels")
        }
        self.transformer = transformer
        self.layers = chosen
    }

    /// Prepares pictures of one size.
    func resize(width: Int, height: Int) -> AntialiasedResize {
        // The long side at which the short one reaches its own limit.
        let bound = input.shortSide.map { $0 * max(width, height) / min(width, height) } ?? .max
        let size = AntialiasedResize.patchAlignedSize(
            width: width, height: height, patch: input.sizeDivisor, longest: min(input.longSide, bound))
        return AntialiasedResize(
            inputWidth: width, inputHeight: height, outputWidth: size.width, outputHeight: size.height,
            mean: input.mean.map { $0 / 255 }, deviation: input.std.map { $0 / 255 })
    }

    /// `[rows, columns, width]` of a prepared picture, borrowed from the context's workspace.
    func callAsFunction(_ image: Tensor, context: ComputeContext) -> Tensor {
        let grid = transformer.gridSize(of: image.shape)
        let outputs = transformer(image, layers: layers, context: context)
        guard outputs.count > 1 else {
            outputs[0].reshape([grid.rows, grid.columns, width])
            return outputs[0]
        }
        let joined = context.workspace.borrow([grid.rows, grid.columns, width])
        let part = transformer.width
        for (place, output) in outputs.enumerated() {
            for cell in 0..<grid.rows * grid.columns {
                (joined.pointer + cell * width + place * part).update(from: output.row(cell), count: part)
            }
            context.workspace.giveBack(output)
        }
        return joined
    }
}
