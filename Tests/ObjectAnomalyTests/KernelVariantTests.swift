import Basics
import CKernels
import Tensors
import Testing

/// The variant for this processor against the portable one.
@Suite struct KernelVariantTests {
    private func noise(_ count: Int, _ random: inout SeededGenerator) -> [Float] {
        (0..<count).map { _ in Float(random.uniform(in: -1..<1)) }
    }

    @Test(arguments: [(0, 4), (1, 1), (3, 7), (9, 8), (10, 33), (17, 64)])
    func `Proposal outputs do not depend on the variant`(_ cells: Int, _ channels: Int) {
        var random = SeededGenerator(seed: 6)
        // One element in front makes the rows unaligned.
        let features = noise(cells * channels + 1, &random)
        let weight = noise(5 * channels, &random)
        let bias = noise(5, &random)
        var found = ([Float](repeating: 0, count: cells), [Float](repeating: 0, count: 4 * cells))
        var expected = found
        features.withUnsafeBufferPointer {
            guard let start = $0.baseAddress else { return }
            ck_proposal_outputs(start + 1, cells, channels, weight, bias, &found.0, &found.1)
            ck_proposal_outputs_generic(start + 1, cells, channels, weight, bias, &expected.0, &expected.1)
        }
        expectClose(found.0, expected.0, within: 1e-5, "objectness")
        expectClose(found.1, expected.1, within: 1e-5, "distances")
    }

    @Test(arguments: [1, 31, 32, 65])
    func `Pooled regions do not depend on the variant`(_ channels: Int) {
        var random = SeededGenerator(seed: 7)
        let map = noise(19 * 23 * channels, &random)
        let boxes: [Float] = [0, 0, 90, 70, 10.5, 3.25, 50, 60, 80, 70, 92, 76, 5, 5, 5, 9]
        let size = 16 * channels
        var scratch = [Float](repeating: 0, count: ck_roi_align_scratch(19, 23, 4))
        var found = [Float](repeating: 1, count: 4 * size)
        var expected = found
        map.withUnsafeBufferPointer {
            var level = ck_feature_map(data: $0.baseAddress, height: 19, width: 23, scale: 0.25)
            ck_roi_align(&level, 1, channels, boxes, 4, 4, &scratch, &found)
            ck_roi_align_generic(&level, 1, channels, boxes, 4, 4, &scratch, &expected)
        }
        expectClose(found, expected, within: 1e-5, "regions")
    }

    @Test(arguments: [0, 1, 7, 8, 9, 257])
    func `Suppression is the same to the last bit`(_ count: Int) {
        var random = SeededGenerator(seed: 8)
        // Whole numbers make overlaps of exactly one half and equal scores likely.
        let boxes = (0..<count).flatMap { _ -> [Float] in
            let (x, y) = (Float(random.index(below: 12)), Float(random.index(below: 12)))
            return [x, y, x + Float(random.index(below: 9)), y + Float(random.index(below: 9))]
        }
        let scores = (0..<count).map { _ in Float(1 + random.index(below: 20)) / 20 }
        func suppressed(_ decide: (inout ck_suppression) -> Int) -> [Int32] {
            let memory = Tensor([ck_suppression_memory(count, count) / 4 + 1])
            var state = ck_suppression()
            (state.score_threshold, state.overlap_threshold, state.limit) = (0, 0.5, count)
            ck_suppression_begin(&state, count, memory.pointer)
            ck_suppression_add(&state, scores, nil, nil, 0, 0, count)
            let found = decide(&state)
            return (0..<found).map { state.kept[$0] }
        }
        let found = suppressed { ck_suppression_decide(&$0, -1, boxes, nil) }
        let expected = suppressed { ck_suppression_decide_generic(&$0, -1, boxes, nil) }
        #expect(found == expected && found.isEmpty == (count == 0))
    }
}
