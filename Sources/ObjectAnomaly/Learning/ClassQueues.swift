internal import Glibc
public import Tensors

/// The latest features of each pseudo-class, first in first out, bounded.
///
/// - Note: The authors' code learns nothing until every class holds its full number; with a small class it silently never
///   starts. Here means and covariance are taken over whatever is there.
public struct ClassQueues: Sendable {
    /// Most rows per class.
    public let capacity: Int
    /// `[classes * capacity, D]`: the ring of class c starts at row c * capacity.
    private let storage: Tensor
    private var counts: [Int]
    /// Where each class's oldest row lies in its ring.
    private var heads: [Int]

    public init(classes: Int, capacity: Int, width: Int) {
        precondition(classes > 0 && capacity > 0 && width > 0)
        self.capacity = capacity
        storage = Tensor([classes * capacity, width])
        counts = [Int](repeating: 0, count: classes)
        heads = [Int](repeating: 0, count: classes)
    }

    public var classCount: Int { counts.count }
    public var width: Int { storage.shape[1] }

    /// Rows held for a class.
    public func count(_ index: Int) -> Int { counts[index] }
    /// Rows held for all classes.
    public var total: Int { counts.reduce(0, +) }

    /// Puts a row of `width` values behind the others of its class; a full class drops its oldest.
    public mutating func append(_ row: UnsafePointer<Float>, to index: Int) {
        let slot: Int
        if counts[index] < capacity {
            slot = (heads[index] + counts[index]) % capacity
            counts[index] += 1
        } else {
            slot = heads[index]
            heads[index] = (heads[index] + 1) % capacity
        }
        copyRow(row, to: storage.row(index * capacity + slot), width)
    }

    /// A class's rows `[count, D]`, oldest first; a copy.
    public func rows(_ index: Int) -> Tensor {
        let result = Tensor([counts[index], width])
        for position in 0..<counts[index] {
            copyRow(row(index, position), to: result.row(position), width)
        }
        return result
    }

    /// All rows `[total, D]`, class by class, and the class of each.
    func allRows() -> (rows: Tensor, labels: [Int32]) {
        let result = Tensor([total, width])
        var labels: [Int32] = []
        labels.reserveCapacity(total)
        for index in counts.indices {
            for position in 0..<counts[index] {
                copyRow(row(index, position), to: result.row(labels.count), width)
                labels.append(Int32(index))
            }
        }
        return (result, labels)
    }

    private func row(_ index: Int, _ position: Int) -> UnsafeMutablePointer<Float> {
        storage.row(index * capacity + (heads[index] + position) % capacity)
    }
}
