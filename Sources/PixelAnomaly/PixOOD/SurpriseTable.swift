internal import CKernels
internal import Glibc

/// One class's calibration in the form that runs: surprise = -log10(s_I), tabulated over the logarithm of the ratio.
///
/// A score close to 1 says little about how far out a patch lies, because s_I itself runs out of digits only after 300
/// decimal places; the surprise keeps them. Below the table it grows linearly with the falling log ratio, so that it
/// stays monotone, up to `cap`.
public struct SurpriseTable: Sendable, Hashable {
    public let inlier: BivariateNormal
    public let outlier: BivariateNormal
    /// Distance that counts as 1 in the similarity.
    public let distanceUnit: Double
    /// Whether the logit takes part in the decision.
    public let usesLogit: Bool
    /// Log ratio of the first entry, and spacing of the entries.
    public let first: Double
    public let step: Double
    /// Surprise at each entry, not ascending.
    public let values: [Float]

    /// Largest surprise; also given to patches that are not numbers.
    public static let cap: Float = 300

    /// - Parameters:
    ///   - label: the class of `decision` to tabulate.
    ///   - side: points of the calibration grid along each axis.
    ///   - entries: length of the table, at least 2.
    public init(_ decision: NeymanPearson, class label: Int, side: Int, entries: Int = 2048) {
        precondition(entries >= 2)
        let knots = decision.knots(label, side: side)
        // From where the cap leaves something to tell, to where nearly all normal patches lie below.
        let low = knots.logRatio.indices.first { knots.mass[$0] > 1e-300 }.map { knots.logRatio[$0] } ?? 0
        let most = knots.logRatio.indices.first { knots.mass[$0] > 1 - 1e-9 }.map { knots.logRatio[$0] }
        let high = max(low + 1, most ?? knots.logRatio[knots.logRatio.count - 1])
        let step = (high - low) / Double(entries - 1)
        var least = Float.infinity
        let values = (0..<entries).map { index in
            let score = knots.share(belowLogRatio: low + step * Double(index))
            let surprise = score > 0 ? min(Self.cap, Float(max(0, -log10(score)))) : Self.cap
            least = min(least, surprise)
            return least
        }
        self.init(
            inlier: decision.inliers[label], outlier: decision.outliers[label], distanceUnit: decision.distanceUnit,
            usesLogit: decision.usesLogit, first: low, step: step, values: values)
    }

    /// From stored parts; `values` must not ascend.
    public init(
        inlier: BivariateNormal, outlier: BivariateNormal, distanceUnit: Double, usesLogit: Bool, first: Double,
        step: Double, values: [Float]
    ) {
        self.usesLogit = usesLogit
        self.distanceUnit = distanceUnit
        self.inlier = inlier
        self.outlier = outlier
        self.first = first
        self.step = step
        self.values = values
    }

    /// Whether the parts make sense: proper densities, finite and not ascending values.
    public var isProper: Bool {
        inlier.isProper && outlier.isProper && distanceUnit > 0 && distanceUnit.isFinite && first.isFinite && step > 0
            && step.isFinite && values.count >= 2
            && values.allSatisfy { $0 >= 0 && $0 <= Self.cap }
            && zip(values, values.dropFirst()).allSatisfy { $0 >= $1 }
    }

    /// Increase of the surprise per unit that the log ratio falls below the table.
    private var slopeBelow: Float {
        let reach = max(1, min(values.count - 1, values.count / 64))
        return max(0.05, (values[0] - values[reach]) / Float(step * Double(reach)))
    }

    /// Similarity from which on a greater one would lower the ratio.
    ///
    /// Where normal patches scatter less than the outlier model, the ratio of two normals falls again for patches that
    /// lie closer to their etalon than any seen before. Closer is never more anomalous, so the similarity stops here.
    private var ceiling: Double {
        outlier.yy > inlier.yy ? inlier.meanY * outlier.yy / (outlier.yy - inlier.yy) : .infinity
    }

    func kernel(_ values: UnsafePointer<Float>) -> ck_surprise_table {
        ck_surprise_table(
            inlier: inlier.kernel, outlier: outlier.kernel, uses_logit: usesLogit ? 1 : 0,
            unit_inverse: 1 / distanceUnit, ceiling_y: ceiling, first: first, step_inverse: 1 / step,
            count: self.values.count, surprise: values, slope_below: slopeBelow, cap: Self.cap)
    }
}
