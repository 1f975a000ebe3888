internal import CKernels

/// Rows of activations in 8 bits, in memory that somebody else owns.
public struct QuantisedRows {
    public let count: Int
    public let depth: Int
    public let instructions: ByteInstructions
    let descriptions: UnsafeMutablePointer<ck_byte_row>
    let bytes: UnsafeMutableRawPointer

    private init(
        count: Int, depth: Int, memory: UnsafeMutablePointer<Float>, instructions: ByteInstructions
    ) {
        self.count = count
        self.depth = depth
        self.instructions = instructions
        descriptions = UnsafeMutableRawPointer(memory).assumingMemoryBound(to: ck_byte_row.self)
        bytes = UnsafeMutableRawPointer(memory + Self.describedCount(count))
    }

    /// Quantises rows of `depth` finite values that start `stride` apart. A row of equal values is kept exactly.
    /// - Parameter memory: room for `memoryCount`, 64-byte aligned; written by this, used by the result.
    public init(
        _ source: UnsafePointer<Float>, stride: Int, count: Int, depth: Int, memory: UnsafeMutablePointer<Float>,
        instructions: ByteInstructions = .best
    ) {
        self.init(count: count, depth: depth, memory: memory, instructions: instructions)
        ck_byte_quantise(instructions.kernelSet, source, stride, count, depth, bytes, descriptions)
    }

    /// Normalises dense rows, `(x - mean) / sqrt(variance + epsilon) * weight + bias`, and quantises what comes out.
    /// - Parameters:
    ///   - weight: as many values as a row, like `bias`.
    ///   - normal: scratch for one row.
    ///   - memory: as above.
    public init(
        normalising source: UnsafePointer<Float>, weight: Tensor, bias: Tensor, epsilon: Float, count: Int,
        normal: UnsafeMutablePointer<Float>, memory: UnsafeMutablePointer<Float>, instructions: ByteInstructions = .best
    ) {
        precondition(bias.count == weight.count)
        self.init(count: count, depth: weight.count, memory: memory, instructions: instructions)
        ck_byte_normalise(
            instructions.kernelSet, source, weight.pointer, bias.pointer, epsilon, count, depth, normal, bytes,
            descriptions)
    }

    /// Floats that so many rows take.
    public static func memoryCount(_ count: Int, depth: Int, instructions: ByteInstructions = .best) -> Int {
        describedCount(count) + aligned(count * (ck_byte_row_size(instructions.kernelSet, depth) / 4))
    }

    private static func describedCount(_ count: Int) -> Int { aligned(2 * count) }

    /// Rounded up to whole cache lines.
    private static func aligned(_ floats: Int) -> Int { (floats + 15) / 16 * 16 }
}
