internal import CKernels
internal import Glibc
internal import Tensors

/// Copies one row of `width` values.
func copyRow(_ source: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>, _ width: Int) {
    memcpy(target, source, width * MemoryLayout<Float>.stride)
}

/// Squared Euclidean norms of `count` rows.
func squaredNorms(_ rows: UnsafePointer<Float>, count: Int, width: Int) -> Tensor {
    let norms = Tensor([count])
    ck_squared_norms(rows, count, width, norms.pointer)
    return norms
}

/// Moves each centre `[k, D]`, the mean of `counts` rows so far, to the mean of those and its newly labelled ones.
func takeIn(
    _ rows: UnsafePointer<Float>, labels: [Int32], width: Int, centres: Tensor, counts: inout [Float]
) {
    ck_update_centres(rows, labels, labels.count, width, counts.count, centres.pointer, &counts)
}

/// Writes the sum of the rows of `[count, width]` to `sums`.
func sumRows(_ rows: Tensor, into sums: Tensor) {
    ck_column_sums(rows.pointer, rows.shape[0], rows.shape[1], sums.pointer)
}

extension Tensor {
    /// The chosen rows of `[N, D]` in a tensor of their own.
    func gathering(_ rows: some Collection<Int>) -> Tensor {
        let width = shape[1]
        let result = Tensor([rows.count, width])
        for (index, row) in rows.enumerated() { copyRow(self.row(row), to: result.row(index), width) }
        return result
    }

    /// Multiplies all elements.
    func scale(by factor: Float) { ck_scale(pointer, count, factor) }

    /// Sum of the squares of all elements.
    var squareSum: Float { squaredNorms(pointer, count: 1, width: count).array[0] }

    /// Whether no element is NaN or infinite.
    var isFinite: Bool { ck_all_finite(pointer, count) != 0 }

    /// Overwrites all elements with independent standard normal numbers; advances `state`.
    func fillWithNormals(_ state: inout UInt64) { ck_normals(&state, pointer, count) }
}
