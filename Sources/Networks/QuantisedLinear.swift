public import ModelFiles
public import Tensors

/// A fully connected layer in 8-bit integers, called like `Linear`: `y ≈ activation(x W^T + b)` for every row of `x`.
///
/// Keeps no weights in single precision.
public struct QuantisedLinear: Sendable {
    public let inputWidth: Int
    public let outputWidth: Int
    let weight: QuantisedMatrix

    /// - Parameters:
    ///   - weight: `[out, in]`, as PyTorch stores it.
    ///   - bias: `[out]`
    ///   - scale: `[out]`, a factor of each output (weights and bias).
    public init(
        weight: Tensor, bias: Tensor? = nil, scale: Tensor? = nil, instructions: ByteInstructions = .best
    ) {
        (outputWidth, inputWidth) = (weight.shape[0], weight.shape[1])
        var bias = bias
        if let plain = bias, let scale {
            bias = Tensor(plain.shape, zip(plain.elements, scale.elements).map { $0 * $1 })
        }
        self.weight = QuantisedMatrix(weight, factor: scale, bias: bias, instructions: instructions)
    }

    /// Reads `<prefix>.weight` (`[out, in]`) and, where present, `<prefix>.bias`.
    /// - Throws: `ModelFileError` when the weight is missing, not finite or a shape does not fit.
    public init(
        _ source: any TensorSource, _ prefix: String, scale: Tensor? = nil
    ) throws(ModelFileError) {
        let weight = try source.parameter(prefix + ".weight")
        guard weight.shape.rank == 2, weight.count > 0 else {
            throw ModelFileError(
                .wrongShape,
                "\(source.origin): tensor \(prefix).weight has shape \(weight.shape), expected the matrix of a linear layer"
            )
        }
        let outputs = weight.shape[0]
        let bias = source.contains(prefix + ".bias") ? try source.parameter(prefix + ".bias", shape: [outputs]) : nil
        guard scale.map({ $0.count == outputs }) ?? true else {
            throw ModelFileError(
                .wrongShape, "\(source.origin): \(prefix) has \(outputs) outputs, its scale \(scale?.count ?? 0)")
        }
        self.init(weight: weight, bias: bias, scale: scale)
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
        let chunks = context.pool.chunkCount(rows, size: Self.chunkRows)
        let share = memoryCount(rows: (rows + chunks - 1) / chunks)
        let memory = context.workspace.borrow([context.pool.width, share])
        context.pool.forEachOnStrand(chunks) { @Sendable strand, chunk in
            let range = rows * chunk / chunks..<rows * (chunk + 1) / chunks
            apply(
                to: input.pointer + range.lowerBound * inputWidth, rows: range.count,
                into: output.pointer + range.lowerBound * outputWidth, activation: activation,
                accumulating: accumulating, memory: memory.row(strand))
        }
        context.workspace.giveBack(memory)
    }

    /// Rows that are quantised at a time; the weights pass by once for each such block.
    static let chunkRows = 96

    /// Floats of scratch memory for `apply`.
    func memoryCount(rows: Int) -> Int {
        QuantisedRows.memoryCount(rows, depth: inputWidth, instructions: weight.instructions)
    }

    /// Some dense rows on the calling thread.
    func apply(
        to input: UnsafePointer<Float>, rows: Int, into output: UnsafeMutablePointer<Float>,
        activation: Activation = .none, accumulating: Bool = false, memory: UnsafeMutablePointer<Float>
    ) {
        let quantised = QuantisedRows(
            input, stride: inputWidth, count: rows, depth: inputWidth, memory: memory,
            instructions: weight.instructions)
        weight.multiply(
            quantised, panels: 0..<weight.panels, into: output, stride: outputWidth, activation: activation,
            accumulating: accumulating)
    }

    /// Some dense rows that are normalised first, on the calling thread.
    /// - Parameter normal: scratch for one row.
    func apply(
        behind norm: LayerNorm, to input: UnsafePointer<Float>, rows: Int, into output: UnsafeMutablePointer<Float>,
        activation: Activation = .none, normal: UnsafeMutablePointer<Float>, memory: UnsafeMutablePointer<Float>
    ) {
        let quantised = norm.quantised(
            input, rows: rows, normal: normal, memory: memory, instructions: weight.instructions)
        weight.multiply(
            quantised, panels: 0..<weight.panels, into: output, stride: outputWidth, activation: activation)
    }
}
