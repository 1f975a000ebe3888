/// Lends tensors for intermediate results and takes them back, so that a network that sees the same input size again
/// allocates nothing.
///
/// Not thread-safe: one workspace belongs to one network run at a time.
public final class Workspace {
    private var free: [Tensor] = []
    /// Tensors allocated so far; stands still in steady state.
    public private(set) var allocations = 0
    /// Bytes of all tensors that this workspace ever allocated and still keeps or lends.
    public private(set) var bytes = 0

    public init() {}

    /// A tensor of this shape with undefined contents; the smallest free one that fits without wasting over half of it.
    public func borrow(_ shape: Shape) -> Tensor {
        var best: Int?
        for index in free.indices where free[index].capacity >= shape.count {
            if best.map({ free[index].capacity < free[$0].capacity }) ?? true { best = index }
        }
        if let best, free[best].capacity <= 2 * max(shape.count, 1024) {
            let tensor = free.remove(at: best)
            tensor.reshape(shape)
            return tensor
        }
        allocations += 1
        let tensor = Tensor(shape)
        bytes += tensor.capacity * 4
        return tensor
    }

    /// Returns a tensor that came from `borrow`; the caller must not use it afterwards.
    public func giveBack(_ tensor: Tensor) { free.append(tensor) }

    /// Drops the memory of all free tensors, for instance after the input size changed for good.
    public func trim() {
        bytes -= free.reduce(0) { $0 + $1.capacity * 4 }
        free.removeAll(keepingCapacity: true)
    }
}
