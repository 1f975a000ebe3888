import Basics
import CKernels
import Glibc
import Tensors
import Testing

/// Attention by blocks of keys against double precision over all keys at once.
@Suite struct AttentionTests {
    private struct Case: Sendable, CustomTestStringConvertible {
        let rows: Int
        let keys: Int
        let width: Int
        /// Keys per block.
        let block: Int
        /// Spread of the values of queries and keys.
        var spread = 2.0
        var testDescription: String { "\(rows) queries, \(keys) keys by \(block), width \(width), spread \(spread)" }
    }

    private static let cases = [
        Case(rows: 1, keys: 1, width: 1, block: 1), Case(rows: 11, keys: 31, width: 5, block: 31),
        Case(rows: 12, keys: 32, width: 8, block: 32), Case(rows: 13, keys: 33, width: 64, block: 33),
        Case(rows: 25, keys: 100, width: 33, block: 32), Case(rows: 30, keys: 97, width: 64, block: 64),
        // Weights that would overflow, and ones that vanish beside others, without the running maximum.
        Case(rows: 12, keys: 70, width: 64, block: 32, spread: 40),
        Case(rows: 5, keys: 70, width: 8, block: 32, spread: 1e-20),
    ]

    @Test(arguments: cases)
    private func `Attention by blocks equals attention over all keys`(_ size: Case) {
        var generator = SeededGenerator(seed: UInt64(size.keys * 100 + size.rows))
        let step = size.width + 3
        func values(_ rows: Int, _ spread: Double) -> Tensor {
            Tensor([rows, step], (0..<rows * step).map { _ in Float(generator.uniform(in: -spread..<spread)) })
        }
        let queries = values(size.rows, size.spread)
        let keys = values(size.keys, size.spread)
        let contents = values(size.keys, 1)
        let found = attend(size, queries, keys, contents, step: step)

        for row in 0..<size.rows {
            let scores = (0..<size.keys).map { key in
                (0..<size.width).reduce(0.0) {
                    $0 + Double(queries[row * step + $1]) * Double(keys[key * step + $1])
                } / Double(size.width).squareRoot()
            }
            let largest = scores.max() ?? 0
            let weights = scores.map { exp($0 - largest) }
            let sum = weights.reduce(0, +)
            for column in 0..<size.width {
                let expected =
                    (0..<size.keys).reduce(0.0) { $0 + weights[$1] * Double(contents[$1 * step + column]) } / sum
                // Scores of thousands keep a thousandth of their last digits.
                let tolerance = size.spread > 10 ? 2e-3 : 2e-6
                #expect(abs(Double(found[row * step + column]) - expected) < tolerance)
            }
            #expect(found[row * step + size.width].isNaN)
        }
    }

    private func attend(_ size: Case, _ queries: Tensor, _ keys: Tensor, _ contents: Tensor, step: Int) -> Tensor {
        let packedKeys = Tensor([PackedProduct.packedCount(depth: size.width, columns: size.block)])
        let packedValues = Tensor([PackedProduct.packedCount(depth: size.block, columns: size.width)])
        let scores = Tensor([ck_attention_scores(size.block)])
        let weighted = Tensor([size.rows * ck_attention_width(size.width)])
        let maxima = Tensor([size.rows])
        let sums = Tensor([size.rows])
        let output = Tensor([size.rows, step], repeating: .nan)
        let scale = Float(1.44269504088896341) / Float(size.width).squareRoot()
        for start in stride(from: 0, to: size.keys, by: size.block) {
            let count = min(size.block, size.keys - start)
            PackedProduct.pack(
                keys.pointer + start * step, stride: step, .transposed, factor: scale, depth: size.width,
                columns: count, into: packedKeys.pointer)
            PackedProduct.pack(
                contents.pointer + start * step, stride: step, depth: count, columns: size.width,
                into: packedValues.pointer)
            var job = ck_attention(
                queries: queries.pointer, rows: size.rows, query_step: step, width: size.width,
                keys: packedKeys.pointer, values: packedValues.pointer, count: count, scores: scores.pointer,
                maxima: maxima.pointer, sums: sums.pointer, weighted: weighted.pointer, is_first: start == 0 ? 1 : 0,
                is_last: start + count == size.keys ? 1 : 0, output: output.pointer, output_step: step)
            ck_attend(&job)
        }
        return output
    }
}
