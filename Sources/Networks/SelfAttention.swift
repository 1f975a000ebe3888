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
        let blocks = blocksPerHead(tokens: tokens, cores: context.pool.width)
        let blockRows = (tokens + blocks - 1) / blocks
        let scores = context.workspace.borrow([context.pool.width, blockRows * tokens])
        context.pool.forEachOnStrand(heads * blocks) { @Sendable strand, task in
            let head = task / blocks
            let block = task % blocks
            let rows = tokens * block / blocks..<tokens * (block + 1) / blocks
            attend(
                projected.pointer + head * headWidth, queries: rows, tokens: tokens, scores: scores.row(strand),
                into: output.pointer + head * headWidth)
        }
        context.workspace.giveBack(scores)
    }

    /// Blocks of queries that stay in cache, such that all heads together divide evenly among the cores.
    private func blocksPerHead(tokens: Int, cores: Int) -> Int {
        let longest = max(16, min(tokens, Self.hotElements / tokens))
        var blocks = (tokens + longest - 1) / longest
        while blocks < tokens && heads * blocks % cores != 0 { blocks += 1 }
        return blocks
    }

    private func attend(
        _ projected: UnsafeMutablePointer<Float>, queries: Range<Int>, tokens: Int,
        scores: UnsafeMutablePointer<Float>, into output: UnsafeMutablePointer<Float>
    ) {
        let stride = 3 * width
        multiply(
            m: queries.count, n: tokens, k: headWidth, projected + queries.lowerBound * stride, lda: stride, .none,
            projected + width, ldb: stride, .transposed, into: scores, ldc: tokens)
        ck_softmax_rows(scores, queries.count, tokens, tokens, 1 / Float(headWidth).squareRoot())
        multiply(
            m: queries.count, n: headWidth, k: tokens, scores, lda: tokens, .none,
            projected + 2 * width, ldb: stride, into: output + queries.lowerBound * width, ldc: width)
    }

    /// Attention weights that stay in a core's second-level cache.
    private static let hotElements = 64 * 1024
}
