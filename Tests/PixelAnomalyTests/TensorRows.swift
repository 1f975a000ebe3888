import PixelAnomaly
import Tensors

/// Rows in memory, `[N, D]`.
struct TensorRows: PatchSource {
    let features: Tensor
    var count: Int { features.shape[0] }
    var dimension: Int { features.shape[1] }

    func copyRows(_ indices: ArraySlice<Int32>, columns: Range<Int>, into output: Tensor) {
        for (place, index) in indices.enumerated() {
            output.row(place).update(from: features.row(Int(index)) + columns.lowerBound, count: columns.count)
        }
    }
}
