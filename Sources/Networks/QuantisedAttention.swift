internal import CKernels
internal import Tensors

/// Softmax attention like `SelfAttention`, in integers: 8 bits for queries and keys, more for weights and values.
///
/// What it costs in accuracy is of the order of what linear layers in 8 bits cost.
struct QuantisedAttention: Sendable {
    let heads: Int
    let headWidth: Int
    private let set = ck_byte_best_set()

    private var width: Int { heads * headWidth }

    init(heads: Int, headWidth: Int) {
        self.heads = heads
        self.headWidth = headWidth
    }

    /// - Parameters:
    ///   - projected: `[T, 3 * width]`: queries, keys, values, each with the heads side by side.
    ///   - output: `[T, width]`
    func callAsFunction(_ projected: Tensor, into output: Tensor, context: ComputeContext) {
        let tokens = projected.shape[0]
        let parts = SelfAttention.parts(heads: heads, tokens: tokens, cores: context.pool.width)
        let scratch = Scratch(set, tokens: tokens, queries: (tokens + parts - 1) / parts, headWidth: headWidth)
        let memory = context.workspace.borrow([context.pool.width, scratch.count])
        context.pool.forEachOnStrand(heads * parts) { @Sendable strand, task in
            let part = task % parts
            attend(
                projected, head: task / parts, queries: tokens * part / parts..<tokens * (part + 1) / parts, scratch,
                memory.row(strand), into: output)
        }
        context.workspace.giveBack(memory)
    }

    /// What one strand needs, as offsets into its memory in units of a float.
    private struct Scratch: Sendable {
        /// Keys of one block.
        let block: Int
        let descriptions: Int
        let keys: Int
        let channels: Int
        let values: Int
        let steps: Int
        let scores: Int
        let maxima: Int
        let sums: Int
        let weighted: Int
        let count: Int

        init(_ set: ck_byte_set, tokens: Int, queries: Int, headWidth: Int) {
            let most = Int(CK_BYTE_KEYS)
            let blocks = (tokens + most - 1) / most
            let panel = ck_byte_panel_width(set)
            block = min(most, ((tokens + blocks - 1) / blocks + panel - 1) / panel * panel)
            /// Where something of so many bytes ends that starts there, rounded up to whole cache lines.
            func end(_ start: Int, _ bytes: Int) -> Int { start + (bytes + 63) / 64 * 16 }
            descriptions = end(0, queries * ck_byte_row_size(set, headWidth))
            keys = end(descriptions, queries * MemoryLayout<ck_byte_row>.stride)
            channels = end(keys, ck_byte_keys_size(set, block, headWidth))
            values = end(channels, 4 * ck_byte_key_channels_size(set, block))
            steps = end(values, 2 * ck_byte_values_size(set, block, headWidth))
            scores = end(steps, 4 * ck_byte_value_steps_size(set, headWidth))
            maxima = end(scores, ck_byte_scores_size(set, block))
            sums = end(maxima, 4 * queries)
            weighted = end(sums, 4 * queries)
            count = end(weighted, 4 * queries * ck_byte_weighted_size(set, headWidth))
        }
    }

    private func attend(
        _ projected: Tensor, head: Int, queries: Range<Int>, _ scratch: Scratch, _ memory: UnsafeMutablePointer<Float>,
        into output: Tensor
    ) {
        let tokens = projected.shape[0]
        let stride = 3 * width
        let first = projected.pointer + head * headWidth
        let raw = UnsafeMutableRawPointer(memory)
        func place<Element>(_ offset: Int, of type: Element.Type) -> UnsafeMutablePointer<Element> {
            (raw + 4 * offset).assumingMemoryBound(to: type)
        }
        let descriptions = place(scratch.descriptions, of: ck_byte_row.self)
        let keys = place(scratch.keys, of: Int8.self)
        let values = place(scratch.values, of: Int16.self)
        ck_byte_quantise(
            set, first + queries.lowerBound * stride, stride, queries.count, headWidth, raw, descriptions)
        // Weights are powers of two: the scale holds log2(e).
        let scale = Float(1.44269504088896341) / Float(headWidth).squareRoot()
        for start in Swift.stride(from: 0, to: tokens, by: scratch.block) {
            let count = min(scratch.block, tokens - start)
            ck_byte_pack_keys(
                set, first + width + start * stride, stride, scale, count, headWidth, keys, memory + scratch.channels)
            ck_byte_pack_values(
                set, first + 2 * width + start * stride, stride, count, headWidth, values, memory + scratch.steps)
            var job = ck_byte_attention(
                queries: raw, descriptions: descriptions, rows: queries.count, width: headWidth, keys: keys,
                key_channels: memory + scratch.channels, values: values, value_steps: memory + scratch.steps,
                count: count, scores: memory + scratch.scores, maxima: memory + scratch.maxima,
                sums: memory + scratch.sums, weighted: memory + scratch.weighted, is_first: start == 0 ? 1 : 0,
                is_last: start + count == tokens ? 1 : 0,
                output: output.pointer + queries.lowerBound * width + head * headWidth, output_step: width)
            ck_byte_attend(set, &job)
        }
    }
}
