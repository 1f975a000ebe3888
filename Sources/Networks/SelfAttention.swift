internal import CKernels
internal import Tensors

/// Softmax attention of all tokens to all tokens, head by head and by blocks of queries, so that the matrix of weights
/// never exists as a whole.
struct SelfAttention: Sendable {
    let heads: Int
    let headWidth: Int

    private var width: Int { heads * headWidth }

    /// - Parameters:
    ///   - projected: `[T, 3 * width]`: queries, keys, values, each with the heads side by side.
    ///   - output: `[T, width]`
    func callAsFunction(_ projected: Tensor, into output: Tensor, context: ComputeContext) {
        let tokens = projected.shape[0]
        let parts = partsPerHead(tokens: tokens, cores: context.pool.width)
        let scratch = Scratch(tokens: tokens, headWidth: headWidth)
        let memory = context.workspace.borrow([context.pool.width, scratch.count])
        context.pool.forEachOnStrand(heads * parts) { @Sendable strand, task in
            let part = task % parts
            attend(
                projected, head: task / parts, queries: tokens * part / parts..<tokens * (part + 1) / parts,
                scratch, memory.row(strand), into: output)
        }
        context.workspace.giveBack(memory)
    }

    /// What one strand needs: keys and values of a head in packed form, and the weights of a block of queries.
    private struct Scratch: Sendable {
        let keys: Int
        let values: Int
        let blockRows: Int
        let stride: Int

        init(tokens: Int, headWidth: Int) {
            keys = Self.aligned(PackedProduct.packedCount(depth: headWidth, columns: tokens))
            values = Self.aligned(PackedProduct.packedCount(depth: tokens, columns: headWidth))
            stride = Self.aligned(tokens)
            blockRows = max(12, min(tokens, 32 * 1024 / stride))
        }

        var count: Int { keys + values + blockRows * stride }

        /// Rounded up to whole cache lines.
        private static func aligned(_ count: Int) -> Int { (count + 15) / 16 * 16 }
    }

    /// Parts of the queries of one head, such that all heads together divide evenly among the cores.
    private func partsPerHead(tokens: Int, cores: Int) -> Int {
        (1...cores).first { heads * $0 % cores == 0 && $0 <= tokens } ?? 1
    }

    private func attend(
        _ projected: Tensor, head: Int, queries: Range<Int>, _ scratch: Scratch, _ memory: UnsafeMutablePointer<Float>,
        into output: Tensor
    ) {
        let tokens = projected.shape[0]
        let stride = 3 * width
        let first = projected.pointer + head * headWidth
        let keys = memory
        let values = keys + scratch.keys
        let scores = values + scratch.values
        PackedProduct.pack(
            first + width, stride: stride, .transposed, factor: 1 / Float(headWidth).squareRoot(), depth: headWidth,
            columns: tokens, into: keys)
        PackedProduct.pack(first + 2 * width, stride: stride, depth: tokens, columns: headWidth, into: values)
        var start = queries.lowerBound
        while start < queries.upperBound {
            let rows = min(scratch.blockRows, queries.upperBound - start)
            PackedProduct(
                RowLayout(rows: rows, depth: headWidth, stride: stride), first + start * stride, weights: keys,
                columns: tokens, into: scores, outputStride: scratch.stride
            ).run(lines: 0..<1, panels: 0..<PackedProduct.panels(tokens))
            ck_softmax_rows(scores, rows, tokens, scratch.stride, 1)
            PackedProduct(
                RowLayout(rows: rows, depth: tokens, stride: scratch.stride), scores, weights: values,
                columns: headWidth, into: output.pointer + start * width + head * headWidth, outputStride: width
            ).run(lines: 0..<1, panels: 0..<PackedProduct.panels(headWidth))
            start += rows
        }
    }
}
