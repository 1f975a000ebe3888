internal import CKernels
internal import Tensors

/// A 3x3 convolution with stride 1 and padding 1 by Winograd's minimal filtering: a quarter (F(4x4, 3x3)) or 4/9
/// (F(2x2, 3x3)) of the multiplications, for a relative error of about 1e-5 or 2e-6 instead of 1e-6, and 4 or 1.8 times
/// the memory for weights.
struct WinogradConvolution: Sendable {
    /// Outputs of a tile along each axis.
    enum Tile: Int, Sendable {
        case two = 2
        case four = 4

        /// Products per tile.
        var components: Int { (rawValue + 2) * (rawValue + 2) }
    }

    private let inputChannels: Int
    private let outputChannels: Int
    private let tile: Tile
    /// One matrix `[in, out]` per component.
    private let weights: [PackedMatrix]
    private let bias: Tensor?

    /// Transformed values of a chunk of tiles that stay in a core's caches.
    private static let hotElements = 96 * 1024
    /// Fewer tiles than this would pass the weights by too often.
    private static let fewestTiles = 108

    /// The tile that suits a layer, nil when it has another geometry, does not fill whole vectors, or its map is so small
    /// that reading more weights costs more than multiplications save.
    static func tile(for weight: Shape, stride: Int, padding: Int, cells: Int) -> Tile? {
        let vector = ck_vector_width()
        let suits =
            weight[2] == 3 && weight[3] == 3 && stride == 1 && padding == 1 && weight[0] % vector == 0
            && weight[1] % vector == 0 && weight[0] >= 16 && weight[1] >= 16 && PackedProduct.isFast
        guard suits, cells >= fewestCellsForTwo else { return nil }
        return cells >= fewestCellsForFour ? .four : .two
    }

    private static let fewestCellsForTwo = 200
    private static let fewestCellsForFour = 1000

    /// - Parameters:
    ///   - weight: `[out, in, 3, 3]`
    ///   - scale: factor of each output channel.
    init(_ tile: Tile, weight: Tensor, scale: Tensor?, bias: Tensor?) {
        let (outputs, inputs) = (weight.shape[0], weight.shape[1])
        (outputChannels, inputChannels, self.tile, self.bias) = (outputs, inputs, tile, bias)
        let extent = tile.rawValue + 2
        let row = Tensor([extent, outputs, inputs])
        weights = PackedMatrix.series(tile.components, depth: inputs, columns: outputs) { component in
            if component % extent == 0 {
                ck_winograd_weights(
                    Int32(tile.rawValue), Int32(component / extent), weight.pointer, scale?.pointer, outputs, inputs,
                    row.pointer)
            }
            return UnsafePointer(row.row(component % extent))
        }
    }

    /// Shapes as in `Convolution`; the activation is not GELU.
    func callAsFunction(
        _ input: Tensor, into output: Tensor, activation: Activation, adding residual: Tensor?, context: ComputeContext
    ) {
        let (height, width, side) = (input.shape[0], input.shape[1], tile.rawValue)
        let tilesPerRow = (width + side - 1) / side
        let tiles = (height + side - 1) / side * tilesPerRow
        let perTile = tile.components * (inputChannels + outputChannels)
        let chunks = context.pool.chunkCount(tiles, size: max(Self.fewestTiles, Self.hotElements / perTile))
        let longest = (tiles + chunks - 1) / chunks
        let scratch = context.workspace.borrow([context.pool.width, longest * perTile])
        context.pool.forEachOnStrand(chunks) { @Sendable strand, chunk in
            let range = tiles * chunk / chunks..<tiles * (chunk + 1) / chunks
            var part = ck_winograd_tiles(
                side: Int32(side), height: height, width: width, tiles_per_row: tilesPerRow, first: range.lowerBound,
                count: range.count)
            let spectra = scratch.row(strand)
            let products = spectra + tile.components * longest * inputChannels
            ck_winograd_input(&part, input.pointer, inputChannels, spectra)
            for (component, matrix) in weights.enumerated() {
                PackedProduct(
                    RowLayout(rows: range.count, depth: inputChannels, stride: inputChannels),
                    spectra + component * range.count * inputChannels, weights: matrix.pointer,
                    columns: outputChannels, into: products + component * range.count * outputChannels,
                    outputStride: outputChannels
                ).run(lines: 0..<1, panels: 0..<matrix.panels)
            }
            ck_winograd_output(
                &part, products, bias?.pointer, residual?.pointer,
                activation == .relu ? Int32(CK_RELU) : Int32(CK_NONE), outputChannels, output.pointer)
        }
        context.workspace.giveBack(scratch)
    }
}
