internal import CKernels
internal import Tensors

/// A 3x3 convolution with stride 1 and padding 1 by Winograd's F(4x4, 3x3): a quarter of the multiplications, for a
/// relative error of about 1e-5 instead of 1e-6.
struct WinogradConvolution: Sendable {
    private let inputChannels: Int
    private let outputChannels: Int
    /// 36 packed matrices `[in, out]`, `weightStride` floats apart.
    private let weights: Tensor
    private let weightStride: Int
    private let bias: Tensor?

    /// Products per tile.
    private static let components = 36
    /// Transformed values of a chunk of tiles that stay in a core's second-level cache.
    private static let hotElements = 96 * 1024
    /// Fewer tiles than this would pass the weights by too often.
    private static let fewestTiles = 24

    /// Whether the layer has the right geometry and fills whole vectors.
    static func suits(_ weight: Shape, stride: Int, padding: Int) -> Bool {
        let vector = ck_vector_width()
        return weight[2] == 3 && weight[3] == 3 && stride == 1 && padding == 1 && weight[0] % vector == 0
            && weight[1] % vector == 0 && weight[0] >= 16 && weight[1] >= 16 && PackedProduct.isFast
    }

    /// - Parameters:
    ///   - weight: `[out, in, 3, 3]`
    ///   - scale: factor of each output channel.
    init(weight: Tensor, scale: Tensor?, bias: Tensor?) {
        outputChannels = weight.shape[0]
        inputChannels = weight.shape[1]
        self.bias = bias
        let transformed = Tensor([Self.components, inputChannels, outputChannels])
        ck_winograd_weights(weight.pointer, scale?.pointer, outputChannels, inputChannels, transformed.pointer)
        weightStride = PackedProduct.packedCount(depth: inputChannels, columns: outputChannels)
        weights = Tensor([Self.components, weightStride])
        for component in 0..<Self.components {
            PackedProduct.pack(
                transformed.row(component), stride: outputChannels, depth: inputChannels, columns: outputChannels,
                into: weights.row(component))
        }
    }

    /// Shapes as in `Convolution`; the activation is not GELU.
    func callAsFunction(
        _ input: Tensor, into output: Tensor, activation: Activation, adding residual: Tensor?, context: ComputeContext
    ) {
        let (height, width) = (input.shape[0], input.shape[1])
        let tilesPerRow = (width + 3) / 4
        let tiles = (height + 3) / 4 * tilesPerRow
        let framed = MapFrame(
            height: (height + 3) / 4 * 4 + 2, width: tilesPerRow * 4 + 2, padding: 1
        ).surround(input, context: context)
        let perTile = Self.components * (inputChannels + outputChannels)
        let chunks = context.pool.chunkCount(tiles, size: max(Self.fewestTiles, Self.hotElements / perTile))
        let longest = (tiles + chunks - 1) / chunks
        let scratch = context.workspace.borrow([context.pool.width, longest * perTile])
        context.pool.forEachOnStrand(chunks) { @Sendable strand, chunk in
            let range = tiles * chunk / chunks..<tiles * (chunk + 1) / chunks
            let spectra = scratch.row(strand)
            let products = spectra + Self.components * longest * inputChannels
            ck_winograd_input(
                framed.pointer, framed.shape[1], inputChannels, tilesPerRow, range.lowerBound, range.count, spectra)
            for component in 0..<Self.components {
                PackedProduct(
                    RowLayout(rows: range.count, depth: inputChannels, stride: inputChannels),
                    spectra + component * range.count * inputChannels, weights: weights.row(component),
                    columns: outputChannels, into: products + component * range.count * outputChannels,
                    outputStride: outputChannels
                ).run(lines: 0..<1, panels: 0..<PackedProduct.panels(outputChannels))
            }
            ck_winograd_output(
                products, bias?.pointer, residual?.pointer, activation == .relu ? Int32(CK_RELU) : Int32(CK_NONE),
                height, width, outputChannels, tilesPerRow, range.lowerBound, range.count, output.pointer)
        }
        context.workspace.giveBack(scratch)
        context.workspace.giveBack(framed)
    }
}
