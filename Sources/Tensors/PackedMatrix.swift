internal import CKernels

/// A layer's weights, packed once when it is loaded.
public struct PackedMatrix: Sendable {
    public let depth: Int
    public let columns: Int
    private let storage: Tensor

    /// The weights of a linear layer or a convolution as PyTorch stores them.
    ///
    /// - Parameters:
    ///   - weight: `[columns, inputs, cells...]`; rows of the matrix are ordered `[cells, inputs]`.
    ///   - scale: `[columns]`, a factor of each output.
    ///   - cells: cells of the convolution's kernel, or of a map that was flattened channel by channel; 1 for others.
    public init(weight: Tensor, scale: Tensor? = nil, cells: Int = 1) {
        columns = weight.shape[0]
        depth = weight.count / max(1, columns)
        precondition(depth % cells == 0 && scale.map { $0.count == weight.shape[0] } ?? true)
        storage = WeightArena.shared.tensor([PackedProduct.packedCount(depth: depth, columns: columns)])
        ck_pack_layer(weight.pointer, scale?.pointer, columns, depth / cells, cells, storage.pointer)
    }

    /// Several matrices of one size, packed one after the other.
    ///
    /// - Parameter fill: called with the index of a matrix, returns its columns, `[columns, depth]`; valid until the next
    ///   call.
    public static func series(
        _ count: Int, depth: Int, columns: Int, fill: (Int) -> UnsafePointer<Float>
    ) -> [PackedMatrix] {
        (0..<count).map { index in
            PackedMatrix(depth: depth, columns: columns, stored: fill(index))
        }
    }

    private init(depth: Int, columns: Int, stored: UnsafePointer<Float>) {
        self.depth = depth
        self.columns = columns
        storage = WeightArena.shared.tensor([PackedProduct.packedCount(depth: depth, columns: columns)])
        ck_pack_layer(stored, nil, columns, depth, 1, storage.pointer)
    }

    public var panels: Int { PackedProduct.panels(columns) }

    /// Valid as long as the matrix lives.
    public var pointer: UnsafePointer<Float> { UnsafePointer(storage.pointer) }
}
