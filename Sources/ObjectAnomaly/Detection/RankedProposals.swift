internal import CKernels
internal import Tensors

/// Proposals by falling objectness, with what the scores of those further behind cannot exceed.
struct RankedProposals {
    /// By rank; `countPerLevel` is the given proposals'.
    let proposals: Proposals
    /// `[N]`: no score of this rank or a later one is higher, whatever the box head says of it.
    let bounds: Tensor
    /// Where each rank stood (ties are broken by that), and the inverse; `[N]` of 32-bit integers each.
    private let order: Tensor
    private let inverse: Tensor

    /// Borrows its memory.
    init(_ given: Proposals, workspace: Workspace) {
        let count = given.count
        proposals = Proposals(
            boxes: workspace.borrow([count, 4]), objectness: workspace.borrow([count]),
            countPerLevel: given.countPerLevel)
        bounds = workspace.borrow([count])
        order = workspace.borrow([count])
        inverse = workspace.borrow([count])
        let keys = workspace.borrow([2 * count])
        ck_rank_proposals(
            given.objectness.pointer, given.boxes.pointer, count, keys.pointer, order.integers, inverse.integers,
            proposals.objectness.pointer, proposals.boxes.pointer)
        ck_score_bounds(proposals.objectness.pointer, count, bounds.pointer)
        workspace.giveBack(keys)
    }

    /// Place among the given proposals, by rank.
    var places: UnsafePointer<Int32> { UnsafePointer(order.integers) }
    /// Rank, by place among the given proposals.
    var ranks: UnsafePointer<Int32> { UnsafePointer(inverse.integers) }

    func giveBack(to workspace: Workspace) {
        workspace.giveBack(proposals)
        for tensor in [bounds, order, inverse] { workspace.giveBack(tensor) }
    }
}

extension Tensor {
    /// The memory as 32-bit integers; valid as long as the tensor lives.
    fileprivate var integers: UnsafeMutablePointer<Int32> {
        UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: Int32.self)
    }
}
