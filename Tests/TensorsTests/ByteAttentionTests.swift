import Basics
import CKernels
import Glibc
import Tensors
import Testing

@Suite struct ByteAttentionTests {
    private static let sets = [
        CK_BYTES_GENERIC, CK_BYTES_AVX2, CK_BYTES_AVXVNNI, CK_BYTES_AVX512VNNI, CK_BYTES_NEON, CK_BYTES_NEONDOT,
    ].filter { ck_byte_has_set($0) != 0 }
    /// Queries, keys, width of a head, keys per block.
    private static let sizes = [(1, 1, 1, 32), (3, 7, 5, 32), (13, 70, 64, 32), (25, 33, 40, 64), (12, 700, 64, 512)]

    private struct Case {
        let queries: Tensor
        let keys: Tensor
        let values: Tensor
        let width: Int

        init(_ size: (queries: Int, keys: Int, width: Int, block: Int), seed: UInt64) {
            var generator = SeededGenerator(seed: seed)
            func random(_ count: Int) -> Tensor {
                // Rows one longer than the head is wide: nothing is aligned.
                let values = (0..<count * (size.width + 1)).map { _ in Float(generator.uniform(in: -2..<2)) }
                return Tensor([count, size.width + 1], values)
            }
            (queries, keys, values) = (random(size.queries), random(size.keys), random(size.keys))
            width = size.width
        }

        /// In double precision, `[queries, width]`.
        var exact: [Double] {
            (0..<queries.shape[0]).flatMap { query -> [Double] in
                let scores = (0..<keys.shape[0]).map { key in
                    (0..<width).reduce(0.0) { $0 + Double(queries.row(query)[$1]) * Double(keys.row(key)[$1]) }
                        / Double(width).squareRoot()
                }
                let weights = scores.map { exp($0 - (scores.max() ?? 0)) }
                let sum = weights.reduce(0, +)
                return (0..<width).map { column in
                    weights.indices.reduce(0.0) { $0 + weights[$1] / sum * Double(values.row($1)[column]) }
                }
            }
        }
    }

    private static func attend(_ data: Case, _ set: ck_byte_set, block: Int) -> [Float] {
        let (rows, count, width) = (data.queries.shape[0], data.keys.shape[0], data.width)
        let bytes = Tensor([rows * ck_byte_row_size(set, width) / 4 + 1])
        let descriptions = Tensor([2 * rows])
        let keys = Tensor([ck_byte_keys_size(set, block, width) / 4 + 1])
        let channels = Tensor([ck_byte_key_channels_size(set, block)])
        let values = Tensor([ck_byte_values_size(set, block, width) / 2 + 1])
        let steps = Tensor([ck_byte_value_steps_size(set, width)])
        let scores = Tensor([ck_byte_scores_size(set, block) / 4])
        let (maxima, sums) = (Tensor([rows]), Tensor([rows]))
        let weighted = Tensor([rows * ck_byte_weighted_size(set, width)], repeating: .nan)
        let output = Tensor([rows, width])
        func bound<T>(_ tensor: Tensor, _ type: T.Type) -> UnsafeMutablePointer<T> {
            UnsafeMutableRawPointer(tensor.pointer).assumingMemoryBound(to: type)
        }
        ck_byte_quantise(
            set, data.queries.pointer, width + 1, rows, width, bytes.pointer, bound(descriptions, ck_byte_row.self))
        for start in stride(from: 0, to: count, by: block) {
            let some = min(block, count - start)
            ck_byte_pack_keys(
                set, data.keys.row(start), width + 1, Float(M_LOG2E) / Float(width).squareRoot(), some, width,
                bound(keys, Int8.self), channels.pointer)
            ck_byte_pack_values(
                set, data.values.row(start), width + 1, some, width, bound(values, Int16.self), steps.pointer)
            var job = ck_byte_attention(
                queries: bytes.pointer, descriptions: bound(descriptions, ck_byte_row.self), rows: rows, width: width,
                keys: bound(keys, Int8.self), key_channels: channels.pointer, values: bound(values, Int16.self),
                value_steps: steps.pointer, count: some, scores: scores.pointer, maxima: maxima.pointer,
                sums: sums.pointer, weighted: weighted.pointer, is_first: start == 0 ? 1 : 0,
                is_last: start + some == count ? 1 : 0, output: output.pointer, output_step: width)
            ck_byte_attend(set, &job)
        }
        return output.array
    }

    @Test(arguments: sizes)
    func `Attention in integers is near the exact one, the same with every instruction set`(
        _ size: (queries: Int, keys: Int, width: Int, block: Int)
    ) {
        let data = Case(size, seed: UInt64(size.keys))
        let exact = data.exact
        let portable = Self.attend(data, CK_BYTES_GENERIC, block: size.block)
        let error = zip(portable, exact).reduce(0) { $0 + pow(Double($1.0) - $1.1, 2) }
        let energy = exact.reduce(0) { $0 + $1 * $1 }
        #expect((error / energy).squareRoot() < 0.02)
        for set in Self.sets {
            let worst = zip(Self.attend(data, set, block: size.block), portable).map { abs($0 - $1) }.max() ?? 1
            // A weight may round the other way where multiplications are fused.
            #expect(worst < 1e-3)
        }
    }

    @Test func `Many small weights beside a large one are not lost`() {
        let data = Case((1, 1025, 64, 512), seed: 3)
        // The first key takes half of the attention, a thousand others share the rest.
        data.queries.fill(1)
        data.keys.fill(0)
        for column in 0..<64 { data.keys.row(0)[column] = Float(log(1024.0)) / 8 }
        data.values.fill(0)
        for key in 1..<1025 { data.values.row(key)[0] = 1 }
        for set in Self.sets {
            let found = Self.attend(data, set, block: 512)
            #expect(abs(found[0] - 0.5) < 0.02)
        }
    }

    @Test func `Zero and constant inputs give the mean of the values, the largest sums do not overflow`() {
        for set in Self.sets {
            for value in [Float(0), 3] {
                let data = Case((5, 512, 33, 512), seed: 4)
                data.queries.fill(value)
                data.keys.fill(value)
                data.values.fill(7)
                #expect(Self.attend(data, set, block: 512).allSatisfy { abs($0 - 7) < 0.01 })
                data.values.fill(-7)
                #expect(Self.attend(data, set, block: 512).allSatisfy { abs($0 + 7) < 0.01 })
            }
        }
    }
}
