public import Tensors

/// Candidate boxes of one picture: the levels one after the other, each level's best first (or all in row-major order
/// when the level has no more than were asked for).
///
/// The tensors are borrowed from the run's workspace; give them back with `Workspace.giveBack(_:)`.
public struct Proposals: Sendable {
    /// `[N, 4]`: x1, y1, x2, y2 in input pixels, clipped to the picture; may be empty or crossed.
    public let boxes: Tensor
    /// `[N]`: logits of the predicted localisation quality.
    public let objectness: Tensor
    /// Proposals of each level, finest first.
    public let countPerLevel: [Int]

    package init(boxes: Tensor, objectness: Tensor, countPerLevel: [Int]) {
        self.boxes = boxes
        self.objectness = objectness
        self.countPerLevel = countPerLevel
    }

    public var count: Int { objectness.count }
}

extension Workspace {
    /// Returns the proposals' memory; nobody may use them afterwards.
    public func giveBack(_ proposals: Proposals) {
        giveBack(proposals.boxes)
        giveBack(proposals.objectness)
    }
}
