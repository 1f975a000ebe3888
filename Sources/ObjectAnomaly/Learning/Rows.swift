internal import Glibc
internal import Tensors

/// Copies one row of `width` values.
func copyRow(_ source: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>, _ width: Int) {
    memcpy(target, source, width * MemoryLayout<Float>.stride)
}

extension Tensor {
    /// The chosen rows of `[N, D]` in a tensor of their own.
    func gathering(_ rows: some Collection<Int>) -> Tensor {
        let width = shape[1]
        let result = Tensor([rows.count, width])
        for (index, row) in rows.enumerated() { copyRow(self.row(row), to: result.row(index), width) }
        return result
    }
}
