import Basics
import Networks
import ObjectAnomaly
import Tensors
import Testing

@Suite struct ProposalHeadTests {
    @Test(arguments: [1, 2, 3, 17, 500, 5000])
    func `The best cells of a level are chosen, best first, ties by place`(_ count: Int) {
        var random = SeededGenerator(seed: UInt64(count))
        let quality = Tensor([count], (0..<count).map { _ in Float(random.index(below: count)) - Float(count / 3) })
        let distances = Tensor([count, 4], repeating: 0.5)
        let map = FeatureMap(tensor: Tensor([1, count, 1]), stride: 4)
        let values = quality.array
        let ranked = values.indices.sorted { (-values[$0], $0) < (-values[$1], $1) }
        for chosen in Set([1, 2, count / 2, count - 1, count]) where chosen > 0 && chosen <= count {
            let boxes = Tensor([chosen, 4])
            let logits = Tensor([chosen])
            ProposalHead.select(
                chosen, quality, distances, map: map, width: 1 << 20, height: 1 << 20, boxes: boxes.pointer,
                objectness: logits.pointer, workspace: Workspace())
            let expected = chosen == count ? Array(0..<count) : Array(ranked.prefix(chosen))
            #expect(logits.array == expected.map { values[$0] })
            // The right edge tells the cell: its corner plus half of the anchor's side.
            #expect((0..<chosen).map { Int(boxes.row($0)[2] - 16) / 4 } == expected)
        }
    }

    @Test func `Boxes are clipped to the picture`() {
        let distances = Tensor([2, 4], [9, 9, 9, 9, -9, -9, -9, -9])
        let boxes = Tensor([2, 4])
        let logits = Tensor([2])
        ProposalHead.select(
            2, Tensor([2], [0, 0]), distances, map: FeatureMap(tensor: Tensor([1, 2, 1]), stride: 8), width: 30,
            height: 20,
            boxes: boxes.pointer, objectness: logits.pointer, workspace: Workspace())
        // Negative distances cross the box, which clipping keeps.
        #expect(boxes.array == [0, 0, 30, 20, 30, 20, 0, 0])
    }
}
