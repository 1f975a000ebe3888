internal import Basics
internal import CKernels
internal import Glibc
public import Tensors

/// Makes virtual outliers: the least likely of many draws from each pseudo-class (Du et al. 2022).
///
/// The density of μ + L ε depends on |ε| alone, and the direction of ε is independent of its length. So the least likely
/// of N draws is μ + L (r u) with u uniform on the sphere and r² the largest of N chi-square numbers: one row is made
/// instead of N, with exactly the same distribution.
public struct OutlierSampler: Sendable {
    /// Draws among which the least likely is kept.
    public let drawsPerOutlier: Int
    private var state: UInt64

    public init(drawsPerOutlier: Int, seed: UInt64) {
        precondition(drawsPerOutlier > 0)
        self.drawsPerOutlier = drawsPerOutlier
        state = seed
    }

    /// `perClass` outliers of each class, class by class: `[k * perClass, D]`.
    public mutating func outliers(of gaussians: TiedGaussians, perClass: Int) -> Tensor {
        let classes = Self.classes(gaussians.classCount, perClass)
        let noise = Tensor([classes.count, gaussians.width])
        noise.fillWithNormals(&state)
        let norms = squaredNorms(noise.pointer, count: classes.count, width: gaussians.width)
        for index in classes.indices {
            let square = ck_largest_chi_square(&state, gaussians.width, drawsPerOutlier)
            let factor = Float((square / Double(max(norms.pointer[index], .leastNormalMagnitude))).squareRoot())
            let row = noise.row(index)
            for column in 0..<gaussians.width { row[column] *= factor }
        }
        return gaussians.transform(noise, classes: classes)
    }

    /// The same by making all draws and comparing their densities, as the paper words it; slow, the measure of the above.
    package mutating func outliersLiterally(of gaussians: TiedGaussians, perClass: Int) -> Tensor {
        let classes = Self.classes(gaussians.classCount, perClass)
        let result = Tensor([classes.count, gaussians.width])
        let noise = Tensor([drawsPerOutlier, gaussians.width])
        for (index, label) in classes.enumerated() {
            noise.fillWithNormals(&state)
            let labels = [Int32](repeating: label, count: drawsPerOutlier)
            let draws = gaussians.transform(noise, classes: labels)
            let densities = gaussians.logDensities(draws, classes: labels)
            let least = densities.indices.min { densities[$0] < densities[$1] } ?? 0
            copyRow(draws.row(least), to: result.row(index), gaussians.width)
        }
        return result
    }

    private static func classes(_ count: Int, _ perClass: Int) -> [Int32] {
        (0..<count).flatMap { [Int32](repeating: Int32($0), count: perClass) }
    }
}
