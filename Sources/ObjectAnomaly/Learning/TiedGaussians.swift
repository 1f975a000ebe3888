internal import CKernels
internal import Glibc
public import Tensors

/// One normal distribution per pseudo-class, all with the same covariance.
public struct TiedGaussians: Sendable {
    /// `[k, D]`; the mean of an empty class is the mean of all rows.
    public let means: Tensor
    /// `[D, D]`: the classes' common covariance (divided by the number of rows) plus, as published, 1e-4 on the diagonal.
    public let covariance: Tensor
    /// `[D, D]`: lower Cholesky factor L of the covariance, zeros above the diagonal.
    public let factor: Tensor

    /// What is added to the covariance's diagonal.
    enum Jitter {
        /// As published.
        case published
        /// A share of the mean variance; never nothing.
        case share(Float)
    }

    /// Estimates from all rows that the queues hold.
    /// - Throws: `ObjectAnomalyError` `tooFewObjects` when they are empty, `notPositiveDefinite` when the covariance
    ///   cannot be factored (features that are not finite).
    public init(_ queues: ClassQueues) throws(ObjectAnomalyError) {
        guard queues.total > 0 else { throw ObjectAnomalyError(.tooFewObjects, "no object features to learn from") }
        let (rows, labels) = queues.allRows()
        try self.init(rows: rows, labels: labels, classes: queues.classCount)
    }

    /// Estimates from rows `[N, D]` (changed: the means are subtracted) with their classes; N > 0.
    init(
        rows: Tensor, labels: [Int32], classes: Int, jitter: Jitter = .published
    ) throws(ObjectAnomalyError) {
        let (count, width) = (rows.shape[0], rows.shape[1])
        let means = Tensor([classes, width], repeating: 0)
        var seen = [Float](repeating: 0, count: classes)
        takeIn(rows.pointer, labels: labels, width: width, centres: means, counts: &seen)
        Self.fillEmptyClasses(means, rows, seen)
        ck_subtract_means(rows.pointer, labels, count, width, means.pointer)
        let covariance = Tensor([width, width])
        multiply(
            m: width, n: width, k: count, alpha: 1 / Float(count), rows.pointer, lda: width, .transposed, rows.pointer,
            ldb: width, into: covariance.pointer, ldc: width)
        let trace = (0..<width).reduce(Float(0)) { $0 + covariance.row($1)[$1] }
        let added =
            switch jitter {
            case .published: Float(1e-4)
            case .share(let share): max(share * trace / Float(width), 1e-12)
            }
        for index in 0..<width { covariance.row(index)[index] += added }
        self.means = means
        self.covariance = covariance
        factor = try Self.factor(covariance, meanVariance: trace / Float(width))
    }

    /// The factor of the covariance. Where features are large and a few things repeat, the diagonal drowns in rounding:
    /// then as little as makes the matrix definite is added to it, a millionth to a hundredth of the mean variance.
    private static func factor(_ covariance: Tensor, meanVariance: Float) throws(ObjectAnomalyError) -> Tensor {
        do {
            return try Cholesky.factor(covariance)
        } catch {
            guard meanVariance.isFinite, meanVariance > 0 else { throw error }
        }
        var (share, added): (Float, Float) = (1e-6, 0)
        while true {
            for index in 0..<covariance.shape[0] { covariance.row(index)[index] += share * meanVariance - added }
            added = share * meanVariance
            do {
                return try Cholesky.factor(covariance)
            } catch {
                guard share < 1e-2 else { throw error }
            }
            share *= 10
        }
    }

    private static func fillEmptyClasses(_ means: Tensor, _ rows: Tensor, _ seen: [Float]) {
        guard seen.contains(0) else { return }
        let all = Tensor([means.shape[1]])
        sumRows(rows, into: all)
        all.scale(by: 1 / Float(rows.shape[0]))
        for (index, count) in seen.enumerated() where count == 0 {
            copyRow(all.pointer, to: means.row(index), all.count)
        }
    }

    public var classCount: Int { means.shape[0] }
    public var width: Int { means.shape[1] }

    /// Log density of each row `[N, D]` under the class of the same index in `classes`.
    public func logDensities(_ rows: Tensor, classes: [Int32]) -> [Float] {
        precondition(rows.shape[0] == classes.count && rows.shape[1] == width)
        let whitened = Tensor(rows.shape, rows.array)
        ck_subtract_means(whitened.pointer, classes, classes.count, width, means.pointer)
        ck_solve_lower(factor.pointer, width, width, whitened.pointer, classes.count, width)
        let norms = squaredNorms(whitened.pointer, count: classes.count, width: width)
        var constant = 0.5 * Double(width) * log(2 * Double.pi)
        for index in 0..<width { constant += log(Double(factor.row(index)[index])) }
        return norms.array.map { Float(-0.5 * Double($0) - constant) }
    }

    /// Turns standard normal rows ε `[N, D]` into draws μ + L ε of the given classes.
    func transform(_ noise: Tensor, classes: [Int32]) -> Tensor {
        let result = Tensor(noise.shape)
        for (index, label) in classes.enumerated() { copyRow(means.row(Int(label)), to: result.row(index), width) }
        multiply(
            m: classes.count, n: width, k: width, noise.pointer, lda: width, .none, factor.pointer, ldb: width,
            .transposed,
            beta: 1, into: result.pointer, ldc: width)
        return result
    }
}
