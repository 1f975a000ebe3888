import Basics
import Imaging
import ObjectAnomaly
import Tensors
import Testing

@Suite struct SuppressionTests {
    private func scene(_ count: Int, seed: UInt64) -> (boxes: Tensor, scores: Tensor, list: [Box]) {
        var random = SeededGenerator(seed: seed)
        let boxes = Tensor([count, 4])
        let scores = Tensor([count])
        var list: [Box] = []
        for index in 0..<count {
            let (x, y) = (Float(random.uniform(in: 0..<80)), Float(random.uniform(in: 0..<80)))
            let box = Box(
                x1: x, y1: y, x2: x + Float(random.uniform(in: 0..<40)), y2: y + Float(random.uniform(in: 0..<40)))
            for (edge, value) in [box.x1, box.y1, box.x2, box.y2].enumerated() { boxes.row(index)[edge] = value }
            // Few distinct scores, so that ties happen.
            scores.pointer[index] = Float(random.index(below: 50)) / 50
            list.append(box)
        }
        return (boxes, scores, list)
    }

    @Test(arguments: [0, 1, 2, 7, 8, 9, 300], [Float(0.1), 0.5, 0.9])
    func `What is kept does not overlap and what is dropped overlaps something better`(_ count: Int, _ overlap: Float) {
        let (boxes, scores, list) = scene(count, seed: UInt64(count + 1))
        let kept = Suppression(scoreThreshold: 0.2, overlapThreshold: overlap, limit: 10_000)(
            boxes: boxes, scores: scores, workspace: Workspace())
        let score = scores.array
        #expect(Set(kept).count == kept.count)
        for (earlier, later) in zip(kept, kept.dropFirst()) {
            #expect(score[earlier] > score[later] || (score[earlier] == score[later] && earlier < later))
        }
        for (place, index) in kept.enumerated() {
            #expect(score[index] > 0.2)
            for other in kept[..<place] { #expect(list[index].iou(with: list[other]) <= overlap + 1e-6) }
        }
        for index in list.indices where score[index] > 0.2 && !kept.contains(index) {
            #expect(
                kept.contains { other in
                    (score[other], -other) > (score[index], -index)
                        && list[index].iou(with: list[other]) > overlap - 1e-6
                })
        }
    }

    @Test(arguments: [0, 1, 5, 40])
    func `A limit takes the best of what would be kept`(_ limit: Int) {
        let (boxes, scores, _) = scene(200, seed: 3)
        let all = Suppression(scoreThreshold: 0, overlapThreshold: 0.3, limit: 1000)(
            boxes: boxes, scores: scores, workspace: Workspace())
        let few = Suppression(scoreThreshold: 0, overlapThreshold: 0.3, limit: limit)(
            boxes: boxes, scores: scores, workspace: Workspace())
        #expect(few == Array(all.prefix(limit)))
    }

    @Test func `Anomalous boxes come first and normal ones cannot hide them`() {
        let boxes = Tensor([3, 4], [0, 0, 10, 10, 0, 0, 10, 11, 50, 50, 60, 60])
        let scores = Tensor([3], [0.9, 0.5, 0.7])
        let suppression = Suppression(scoreThreshold: 0, overlapThreshold: 0.5, limit: 10)
        #expect(suppression(boxes: boxes, scores: scores, workspace: Workspace()) == [0, 2])
        #expect(
            suppression.separating([false, true, false], boxes: boxes, scores: scores, workspace: Workspace())
                == [1, 0, 2])
    }

    @Test func `Boxes without area and scores that are not numbers do no harm`() {
        let boxes = Tensor([4, 4], [5, 5, 5, 5, 5, 5, 5, 5, 9, 9, 3, 3, 0, 0, 10, 10])
        let scores = Tensor([4], [0.9, 0.8, 0.7, .nan])
        let kept = Suppression(scoreThreshold: 0, overlapThreshold: 0.5, limit: 10)(
            boxes: boxes, scores: scores, workspace: Workspace())
        #expect(kept == [0, 1, 2])
    }
}
