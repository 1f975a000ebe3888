internal import CKernels
public import ModelFiles
public import Tensors

/// A fully connected layer: `y = activation(x W^T + b)` for every row of `x`.
public struct Linear: Sendable {
    public let inputWidth: Int
    public let outputWidth: Int
    /// `[in, out]`
    private let weight: PackedMatrix
    /// `[out]`
    private let bias: Tensor?

    /// - Parameters:
    ///   - weight: `[out, in]`, as PyTorch stores it.
    ///   - bias: `[out]`
    ///   - scale: `[out]`, a factor of each output (weights and bias).
    ///   - flattenedCells: when the input is a flattened map, the number of its cells: the weights then expect the order
    ///     `[channels, cells]` of PyTorch, and are rearranged for our `[cells, channels]`.
    public init(weight: Tensor, bias: Tensor? = nil, scale: Tensor? = nil, flattenedCells: Int = 1) {
        precondition(weight.shape.rank == 2 && weight.shape[1] % flattenedCells == 0)
        outputWidth = weight.shape[0]
        inputWidth = weight.shape[1]
        precondition(bias.map { $0.count == weight.shape[0] } ?? true)
        self.weight = PackedMatrix(weight: weight, scale: scale, cells: flattenedCells)
        if let bias, let scale {
            self.bias = Tensor(bias.shape, zip(bias.elements, scale.elements).map { $0 * $1 })
        } else {
            self.bias = bias
        }
    }

    /// Reads `<prefix>.weight` (`[out, in]` or `[out, in, 1, 1]`) and, where present, `<prefix>.bias`.
    /// - Throws: `ModelFileError` when the weight is missing, not finite or a shape does not fit.
    public init(
        _ source: any TensorSource, _ prefix: String, scale: Tensor? = nil, flattenedCells: Int = 1
    ) throws(ModelFileError) {
        let weight = try source.parameter(prefix + ".weight")
        let shape = weight.shape
        let isMatrix = shape.rank == 2 || (shape.rank == 4 && shape[2] == 1 && shape[3] == 1)
        guard isMatrix, shape[0] > 0, shape[1] > 0, shape[1] % flattenedCells == 0 else {
            throw ModelFileError(
                .wrongShape,
                "\(source.origin): tensor \(prefix).weight has shape \(shape), expected the matrix of a linear layer")
        }
        weight.reshape([shape[0], shape[1]])
        let bias = source.contains(prefix + ".bias") ? try source.parameter(prefix + ".bias", shape: [shape[0]]) : nil
        guard scale.map({ $0.count == shape[0] }) ?? true else {
            throw ModelFileError(
                .wrongShape, "\(source.origin): \(prefix) has \(shape[0]) outputs, its scale \(scale?.count ?? 0)")
        }
        self.init(weight: weight, bias: bias, scale: scale, flattenedCells: flattenedCells)
    }

    /// - Parameters:
    ///   - input: `[N, in]`, or any shape whose innermost extent is `in`.
    ///   - output: as `input` with `out` innermost; must not overlap `input`.
    ///   - accumulating: adds to what `output` holds, before the activation.
    public func callAsFunction(
        _ input: Tensor, into output: Tensor, activation: Activation = .none, accumulating: Bool = false,
        context: ComputeContext
    ) {
        let rows = input.count / inputWidth
        precondition(input.count == rows * inputWidth && output.count == rows * outputWidth)
        guard rows > 0 else { return }
        let hot = max(1, Self.hotElements / min(inputWidth, Self.panelDepth))
        if rows <= hot && (outputWidth > rows || rows < Self.fewRows * context.pool.width) {
            // All rows stay in cache: every core reads only its share of the weights.
            context.pool.forRanges(weight.panels) { @Sendable panels in
                product(input, output, rows: 0..<rows, activation, accumulating).run(lines: 0..<1, panels: panels)
            }
        } else {
            let chunks = context.pool.chunkCount(rows, size: hot)
            context.pool.forEach(chunks) { @Sendable chunk in
                let range = rows * chunk / chunks..<rows * (chunk + 1) / chunks
                product(input, output, rows: range, activation, accumulating).run(
                    lines: 0..<1, panels: 0..<weight.panels)
            }
        }
    }

    /// Fewer rows per core would leave tiles unfilled.
    private static let fewRows = 24
    /// Input values that stay in a core's second-level cache while the weights pass by.
    private static let hotElements = 128 * 1024
    /// Values of a row that a kernel takes at a time.
    private static let panelDepth = 384

    private func product(
        _ input: Tensor, _ output: Tensor, rows: Range<Int>, _ activation: Activation, _ accumulating: Bool
    ) -> PackedProduct {
        PackedProduct(
            RowLayout(rows: rows.count, depth: inputWidth, stride: inputWidth),
            input.pointer + rows.lowerBound * inputWidth, weights: weight.pointer, columns: outputWidth,
            into: output.pointer + rows.lowerBound * outputWidth, outputStride: outputWidth,
            bias: bias.map { UnsafePointer($0.pointer) }, activation: activation, accumulating: accumulating)
    }
}
