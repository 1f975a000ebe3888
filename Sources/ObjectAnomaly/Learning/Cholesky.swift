internal import CKernels
internal import Tensors

/// The factorisation A = L Lᵀ of a symmetric positive definite matrix.
enum Cholesky {
    /// L of `matrix` `[D, D]`, zeros above the diagonal; only the lower triangle is read.
    /// - Throws: `ObjectAnomalyError.Code.notPositiveDefinite`.
    static func factor(_ matrix: Tensor) throws(ObjectAnomalyError) -> Tensor {
        let size = matrix.shape[0]
        let result = Tensor(matrix.shape, matrix.array)
        var start = 0
        while start < size {
            let width = min(block, size - start)
            let corner = result.row(start) + start
            let failed = ck_cholesky_block(corner, width, size)
            guard failed == 0 else {
                throw ObjectAnomalyError(
                    .notPositiveDefinite,
                    "the covariance of the object features is not positive definite (row \(start + failed))")
            }
            let below = size - start - width
            if below > 0 {
                let panel = corner + width * size
                ck_solve_lower(corner, size, width, panel, below, size)
                multiply(
                    m: below, n: below, k: width, alpha: -1, panel, lda: size, .none, panel, ldb: size, .transposed,
                    beta: 1,
                    into: panel + width, ldc: size)
            }
            start += width
        }
        for row in 0..<size {
            for column in row + 1..<max(row + 1, size) { result.row(row)[column] = 0 }
        }
        return result
    }

    private static let block = 64
}
