package import Tensors

/// Settings of greedy, class-agnostic non-maximum suppression, and their use on boxes that are all known.
package struct Suppression: Hashable, Sendable {
    /// Boxes must score above this.
    package let scoreThreshold: Float
    /// A box goes when its intersection over union with a better kept one exceeds this.
    package let overlapThreshold: Float
    /// Most boxes to keep.
    package let limit: Int

    package init(scoreThreshold: Float, overlapThreshold: Float, limit: Int) {
        self.scoreThreshold = scoreThreshold
        self.overlapThreshold = overlapThreshold
        self.limit = limit
    }

    /// Indices of the kept boxes, best first.
    ///
    /// - Parameters:
    ///   - boxes: `[N, 4]`
    ///   - scores: `[N]`; equal scores are taken in the order of their indices, NaN is never kept.
    package func callAsFunction(boxes: Tensor, scores: Tensor, workspace: Workspace) -> [Int] {
        run(boxes: boxes, scores: scores, workspace: workspace) { $0.add(0..<scores.count, scores: scores) }
    }

    /// As above, with the anomalous boxes as a class of their own: they are suppressed only by each other and come first.
    /// - Parameter isAnomalous: one entry per box.
    package func separating(
        _ isAnomalous: [Bool], boxes: Tensor, scores: Tensor, workspace: Workspace
    ) -> [Int] {
        let classes = isAnomalous.map { $0 ? UInt8(1) : 0 }
        let kept = [UInt8(1), 0].flatMap { wanted in
            run(boxes: boxes, scores: scores, workspace: workspace) {
                $0.add(0..<scores.count, scores: scores, classes: classes, wanted: wanted)
            }
        }
        return Array(kept.prefix(limit))
    }

    private func run(
        boxes: Tensor, scores: Tensor, workspace: Workspace, adding: (inout RunningSuppression) -> Void
    ) -> [Int] {
        precondition(boxes.count == 4 * scores.count)
        var running = RunningSuppression(self, count: scores.count, workspace: workspace)
        adding(&running)
        running.decide(boxes: boxes)
        defer { running.giveBack(to: workspace) }
        return running.kept
    }
}
