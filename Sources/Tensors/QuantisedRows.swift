internal import CKernels

/// Rows of activations in 8 bits, in memory that somebody else owns.
public struct QuantisedRows {
    public let count: Int
    public let depth: Int
    public let instructions: ByteInstructions
    let descriptions: UnsafeMutablePointer<ck_byte_row>
    let bytes: UnsafeMutableRawPointer

    /// Quantises rows of `depth` finite values that start `stride` apart. A row of equal values is kept exactly.
    /// - Parameter memory: room for `memoryCount`, 64-byte aligned; written by this, used by the result.
    public init(
        _ source: UnsafePointer<Float>, stride: Int, count: Int, depth: Int, memory: UnsafeMutablePointer<Float>,
        instructions: ByteInstructions = .best
    ) {
        self.count = count
        self.depth = depth
        self.instructions = instructions
        descriptions = UnsafeMutableRawPointer(memory).assumingMemoryBound(to: ck_byte_row.self)
        bytes = UnsafeMutableRawPointer(memory + Self.describedCount(count))
        ck_byte_quantise(instructions.kernelSet, source, stride, count, depth, bytes, descriptions)
    }

    /// Floats that so many rows take.
    public static func memoryCount(_ count: Int, depth: Int, instructions: ByteInstructions = .best) -> Int {
        describedCount(count) + aligned(count * (ck_byte_row_size(instructions.kernelSet, depth) / 4))
    }

    private static func describedCount(_ count: Int) -> Int { aligned(2 * count) }

    /// Rounded up to whole cache lines.
    private static func aligned(_ floats: Int) -> Int { (floats + 15) / 16 * 16 }
}
