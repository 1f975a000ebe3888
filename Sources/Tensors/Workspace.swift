/// Lends tensors for intermediate results and takes them back, so that a network that sees the same input size again
/// allocates nothing.
///
/// Capacities are powers of two and a tensor is lent only for requests of its own capacity: the number of tensors of a
/// capacity is then the most that were ever lent at once, whatever order they came back in, and a run that repeats an
/// earlier one finds all it needs. Memory that a request does not touch is never backed by pages.
///
/// Not thread-safe: one workspace belongs to one network run at a time.
public final class Workspace {
    /// Free tensors by the binary logarithm of their capacity.
    private var free = [[Tensor]](repeating: [], count: 64)
    /// Tensors allocated so far; stands still in steady state.
    public private(set) var allocations = 0
    /// Bytes of all tensors that this workspace ever allocated and still keeps or lends.
    public private(set) var bytes = 0

    public init() {}

    /// A tensor of this shape with undefined contents.
    public func borrow(_ shape: Shape) -> Tensor {
        let size = Self.sizeClass(shape.count)
        if let tensor = free[size].popLast() {
            tensor.reshape(shape)
            return tensor
        }
        allocations += 1
        let tensor = Tensor(shape, capacity: 1 << size)
        bytes += tensor.capacity * 4
        return tensor
    }

    /// Returns a tensor that came from `borrow`; the caller must not use it afterwards.
    public func giveBack(_ tensor: Tensor) {
        precondition(tensor.capacity == 1 << Self.sizeClass(tensor.capacity), "the tensor was not borrowed here")
        free[Self.sizeClass(tensor.capacity)].append(tensor)
    }

    /// Drops the memory of all free tensors, for instance after the input size changed for good.
    public func trim() {
        for size in free.indices {
            bytes -= free[size].reduce(0) { $0 + $1.capacity * 4 }
            free[size].removeAll()
        }
    }

    /// The smallest power of two that holds `count` elements, at least 256.
    private static func sizeClass(_ count: Int) -> Int {
        count <= 256 ? 8 : Int.bitWidth - (count - 1).leadingZeroBitCount
    }
}
