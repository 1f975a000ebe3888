internal import CKernels
public import Tensors

/// Greedy, class-agnostic non-maximum suppression.
public struct Suppression: Hashable, Sendable {
    /// Boxes must score above this.
    public let scoreThreshold: Float
    /// A box goes when its intersection over union with a better kept one exceeds this.
    public let overlapThreshold: Float
    /// Most boxes to keep.
    public let limit: Int

    public init(scoreThreshold: Float, overlapThreshold: Float, limit: Int) {
        self.scoreThreshold = scoreThreshold
        self.overlapThreshold = overlapThreshold
        self.limit = limit
    }

    /// Indices of the kept boxes, best first.
    ///
    /// - Parameters:
    ///   - boxes: `[N, 4]`
    ///   - scores: `[N]`; equal scores are taken in the order of their indices, NaN is never kept.
    ///   - candidates: when given, only boxes whose entry is not 0 take part.
    public func callAsFunction(
        boxes: Tensor, scores: Tensor, candidates: [UInt8]? = nil, workspace: Workspace
    ) -> [Int] {
        let count = scores.count
        precondition(boxes.count == 4 * count && candidates.map { $0.count == count } ?? true)
        let scratch = workspace.borrow([(ck_suppress_scratch(count) + 3) / 4])
        defer { workspace.giveBack(scratch) }
        return withUnsafeTemporaryAllocation(of: Int32.self, capacity: max(1, min(count, limit))) { kept in
            let found = ck_suppress(
                boxes.pointer, scores.pointer, candidates, count, scoreThreshold, overlapThreshold, limit,
                scratch.pointer, kept.baseAddress)
            return (0..<found).map { Int(kept[$0]) }
        }
    }

    /// As above, with the anomalous boxes as a class of their own: they are suppressed only by each other and come first.
    /// - Parameter isAnomalous: one entry per box.
    public func separating(
        _ isAnomalous: [Bool], boxes: Tensor, scores: Tensor, workspace: Workspace
    ) -> [Int] {
        let anomalous = self(
            boxes: boxes, scores: scores, candidates: isAnomalous.map { $0 ? 1 : 0 }, workspace: workspace)
        let normal = self(
            boxes: boxes, scores: scores, candidates: isAnomalous.map { $0 ? 0 : 1 }, workspace: workspace)
        return Array((anomalous + normal).prefix(limit))
    }
}
