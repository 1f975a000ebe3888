internal import CKernels
internal import Tensors

/// The affine map that gives features mean 0 and, nearly, covariance 1.
struct Whitening: Sendable {
    /// `[D, D]`: from centred features to whitened ones, one output per row.
    let weight: Tensor
    /// `[D]`: what the map makes of 0.
    let bias: Tensor
    private let mean: Tensor
    private let factor: Tensor

    /// Directions in which features hardly vary are left smaller than 1: this share of the mean variance is added to all.
    /// Objects to come vary there more than the few that were seen.
    static let shrinkage: Float = 1e-2

    /// Of rows `[N, D]` around their classes' means; N > 0.
    /// - Throws: `ObjectAnomalyError.Code.notPositiveDefinite`.
    init(_ rows: Tensor, labels: [Int32], classes: Int) throws(ObjectAnomalyError) {
        let width = rows.shape[1]
        mean = Tensor([width])
        sumRows(rows, into: mean)
        mean.scale(by: 1 / Float(rows.shape[0]))
        let gaussians = try TiedGaussians(
            rows: Tensor(rows.shape, rows.array), labels: labels, classes: classes, jitter: .share(Self.shrinkage))
        factor = gaussians.factor
        // Solving for the unit vectors gives the inverse factor, transposed.
        let columns = Tensor([width, width], repeating: 0)
        for index in 0..<width { columns.row(index)[index] = 1 }
        ck_solve_lower(factor.pointer, width, width, columns.pointer, width, width)
        weight = Tensor([width, width])
        for row in 0..<width {
            for column in 0..<width { weight.row(row)[column] = columns.row(column)[row] }
        }
        bias = Tensor([width])
        multiply(
            m: 1, n: width, k: width, alpha: -1, mean.pointer, lda: width, .none, weight.pointer, ldb: width,
            .transposed, into: bias.pointer, ldc: width)
    }

    /// Whitened rows `[N, D]`.
    func callAsFunction(_ rows: Tensor) -> Tensor { Self.map(rows, by: weight, plus: bias) }

    /// Features `[N, D]` that whitened rows belong to.
    func inverse(_ rows: Tensor) -> Tensor { Self.map(rows, by: factor, plus: mean) }

    /// Rows `[N, D]` through a matrix `[D, D]`, one output per row of it.
    private static func map(_ rows: Tensor, by matrix: Tensor, plus shift: Tensor) -> Tensor {
        let (count, width) = (rows.shape[0], shift.count)
        let result = Tensor([count, width])
        multiply(
            m: count, n: width, k: width, rows.pointer, lda: width, .none, matrix.pointer, ldb: width, .transposed,
            into: result.pointer, ldc: width)
        ck_add_bias(result.pointer, count, width, shift.pointer, 0)
        return result
    }
}
