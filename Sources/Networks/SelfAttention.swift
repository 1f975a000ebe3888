internal import CKernels
internal import Tensors

/// Softmax attention of all tokens to all tokens, head by head and by blocks of keys that stay in cache while all
/// queries pass by, so that the matrix of weights never exists.
struct SelfAttention: Sendable {
    let heads: Int
    let headWidth: Int

    private var width: Int { heads * headWidth }

    /// - Parameters:
    ///   - projected: `[T, 3 * width]`: queries, keys, values, each with the heads side by side.
    ///   - output: `[T, width]`
    func callAsFunction(_ projected: Tensor, into output: Tensor, context: ComputeContext) {
        let tokens = projected.shape[0]
        let parts = Self.parts(heads: heads, tokens: tokens, cores: context.pool.width)
        let scratch = Scratch(tokens: tokens, queries: (tokens + parts - 1) / parts, headWidth: headWidth)
        let memory = context.workspace.borrow([context.pool.width, scratch.count])
        context.pool.forEachOnStrand(heads * parts) { @Sendable strand, task in
            let part = task % parts
            attend(
                projected, head: task / parts, queries: tokens * part / parts..<tokens * (part + 1) / parts,
                scratch, memory.row(strand), into: output)
        }
        context.workspace.giveBack(memory)
    }

    /// What one strand needs, as offsets into its memory.
    private struct Scratch: Sendable {
        /// Keys of one block.
        let block: Int
        let values: Int
        let scores: Int
        let weighted: Int
        let maxima: Int
        let sums: Int
        let count: Int

        init(tokens: Int, queries: Int, headWidth: Int) {
            let blocks = (tokens + SelfAttention.widestBlock - 1) / SelfAttention.widestBlock
            let panel = PackedProduct.panelWidth
            block = ((tokens + blocks - 1) / blocks + panel - 1) / panel * panel
            values = Self.aligned(PackedProduct.packedCount(depth: headWidth, columns: block))
            scores = values + Self.aligned(PackedProduct.packedCount(depth: block, columns: headWidth))
            weighted = scores + Self.aligned(ck_attention_scores(block))
            maxima = weighted + Self.aligned(queries * ck_attention_width(headWidth))
            sums = maxima + Self.aligned(queries)
            count = sums + Self.aligned(queries)
        }

        /// Rounded up to whole cache lines.
        private static func aligned(_ count: Int) -> Int { (count + 15) / 16 * 16 }
    }

    /// Keys and values of this many tokens (64 floats each) fill a third of a megabyte's second-level cache.
    private static let widestBlock = 384

    /// Parts of the queries of one head, such that all heads together divide evenly among the cores.
    static func parts(heads: Int, tokens: Int, cores: Int) -> Int {
        (1...cores).first { heads * $0 % cores == 0 && $0 <= tokens } ?? 1
    }

    private func attend(
        _ projected: Tensor, head: Int, queries: Range<Int>, _ scratch: Scratch, _ memory: UnsafeMutablePointer<Float>,
        into output: Tensor
    ) {
        let tokens = projected.shape[0]
        let stride = 3 * width
        let first = projected.pointer + head * headWidth
        let scale = Float(1.44269504088896341) / Float(headWidth).squareRoot()
        for start in Swift.stride(from: 0, to: tokens, by: scratch.block) {
            let count = min(scratch.block, tokens - start)
            PackedProduct.pack(
                first + width + start * stride, stride: stride, .transposed, factor: scale, depth: headWidth,
                columns: count, into: memory)
            PackedProduct.pack(
                first + 2 * width + start * stride, stride: stride, depth: count, columns: headWidth,
                into: memory + scratch.values)
            var job = ck_attention(
                queries: first + queries.lowerBound * stride, rows: queries.count, query_step: stride, width: headWidth,
                keys: memory, values: memory + scratch.values, count: count, scores: memory + scratch.scores,
                maxima: memory + scratch.maxima, sums: memory + scratch.sums, weighted: memory + scratch.weighted,
                is_first: start == 0 ? 1 : 0, is_last: start + count == tokens ? 1 : 0,
                output: output.pointer + queries.lowerBound * width + head * headWidth, output_step: width)
            ck_attend(&job)
        }
    }
}
