internal import CKernels

/// A layer's weights in 8 bits with one step per output, packed once when it is loaded.
///
/// Rows of activations are quantised as they come, each with its own step and lowest value; products are summed in 32-bit
/// integers without loss, so that the only errors are those of rounding weights and activations to 255 and 256 levels.
public struct QuantisedMatrix: Sendable {
    public let depth: Int
    public let columns: Int
    public let instructions: ByteInstructions
    private let weights: Tensor
    /// Step, sum and bias of the columns.
    private let channels: Tensor

    /// - Parameters:
    ///   - matrix: `[columns, depth]`, one row per output, as PyTorch stores it.
    ///   - factor: `[columns]`, multiplied into the weights.
    ///   - bias: `[columns]`, not multiplied by the factor.
    public init(
        _ matrix: Tensor, factor: Tensor? = nil, bias: Tensor? = nil, instructions: ByteInstructions = .best
    ) {
        precondition(matrix.shape.rank == 2 && instructions.isAvailable)
        (columns, depth) = (matrix.shape[0], matrix.shape[1])
        precondition((factor?.count ?? columns) == columns && (bias?.count ?? columns) == columns)
        self.instructions = instructions
        let set = instructions.kernelSet
        weights = WeightArena.shared.tensor([(ck_byte_weights_size(set, depth, columns) + 3) / 4])
        channels = Tensor([ck_byte_channels_size(set, columns)])
        weights.pointer.withMemoryRebound(to: Int8.self, capacity: weights.count * 4) {
            ck_byte_pack(
                set, matrix.pointer, factor?.pointer, bias?.pointer, depth, columns, $0, channels.pointer)
        }
    }

    /// Groups of columns into which a product can be divided.
    public var panels: Int {
        let width = ck_byte_panel_width(instructions.kernelSet)
        return (columns + width - 1) / width
    }

    /// `output = activation(rows * weights + bias [+ output])` on the calling thread, for the columns of some panels.
    ///
    /// - Parameters:
    ///   - rows: quantised with this matrix's depth and instructions.
    ///   - output: as many rows of `columns` values, `stride` values apart.
    public func multiply(
        _ rows: QuantisedRows, panels: Range<Int>, into output: UnsafeMutablePointer<Float>, stride: Int,
        activation: Activation = .none, accumulating: Bool = false
    ) {
        precondition(rows.depth == depth && rows.instructions == instructions)
        weights.pointer.withMemoryRebound(to: Int8.self, capacity: weights.count * 4) { bytes in
            var product = ck_byte_product(
                bytes: rows.bytes, descriptions: rows.descriptions, rows: rows.count, depth: depth, columns: columns,
                weights: bytes, channels: channels.pointer, activation: activation.kernelCode,
                accumulate: accumulating ? 1 : 0, output: output, output_stride: stride)
            ck_byte_multiply(instructions.kernelSet, &product, panels.lowerBound, panels.count)
        }
    }
}
