public import Tensors

/// Patches to learn from, copied out batch by batch, so that they need not be in memory together.
public protocol PatchSource {
    /// Number of patches.
    var count: Int { get }
    /// Width of a patch's feature vector.
    var dimension: Int { get }
    /// Copies `columns` of the given rows, densely, into `output` (`[indices.count, columns.count]`).
    func copyRows(_ indices: ArraySlice<Int32>, columns: Range<Int>, into output: Tensor)
}

extension PatchSource {
    /// Rows as a new tensor `[indices.count, columns.count]`.
    package func rows(_ indices: ArraySlice<Int32>, columns: Range<Int>) -> Tensor {
        let output = Tensor([indices.count, columns.count])
        copyRows(indices, columns: columns, into: output)
        return output
    }
}
