internal import CKernels
public import ModelFiles
public import Tensors

/// Layer normalisation of every row: `(x - mean) / sqrt(variance + epsilon) * weight + bias`.
public struct LayerNorm: Sendable {
    private let weight: Tensor
    private let bias: Tensor
    private let epsilon: Float

    /// Reads `<prefix>.weight` and `<prefix>.bias`, both `[width]`.
    /// - Throws: `ModelFileError` when a tensor is missing, not finite or of the wrong shape.
    public init(
        _ source: any TensorSource, _ prefix: String, width: Int, epsilon: Float = 1e-6
    ) throws(ModelFileError) {
        weight = try source.parameter(prefix + ".weight", shape: [width])
        bias = try source.parameter(prefix + ".bias", shape: [width])
        self.epsilon = epsilon
    }

    /// Normalises the last `output.shape[0]` rows of `input`; `output` has the same width and may be `input` itself.
    public func callAsFunction(_ input: Tensor, into output: Tensor, context: ComputeContext) {
        let width = weight.count
        let rows = output.count / width
        let skipped = input.count / width - rows
        precondition(skipped >= 0 && input.count % width == 0 && output.count % width == 0)
        context.pool.forRanges(rows, grain: 16) { @Sendable range in
            normalise(
                input.pointer + (skipped + range.lowerBound) * width, rows: range.count,
                into: output.pointer + range.lowerBound * width)
        }
    }

    /// Some dense rows on the calling thread, straight into bytes.
    /// - Parameters:
    ///   - normal: scratch for one row.
    ///   - memory: room for `QuantisedRows.memoryCount`, used by the result.
    func quantised(
        _ input: UnsafePointer<Float>, rows: Int, normal: UnsafeMutablePointer<Float>,
        memory: UnsafeMutablePointer<Float>, instructions: ByteInstructions
    ) -> QuantisedRows {
        QuantisedRows(
            normalising: input, weight: weight, bias: bias, epsilon: epsilon, count: rows, normal: normal,
            memory: memory, instructions: instructions)
    }

    /// Some dense rows on the calling thread.
    func normalise(_ input: UnsafePointer<Float>, rows: Int, into output: UnsafeMutablePointer<Float>) {
        ck_layer_norm(input, output, weight.pointer, bias.pointer, rows, weight.count, epsilon)
    }
}
