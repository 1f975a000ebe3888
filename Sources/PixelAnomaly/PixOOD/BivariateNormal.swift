internal import CKernels
internal import Glibc

/// A normal density over (logit, similarity).
public struct BivariateNormal: Sendable, Hashable {
    public let meanX: Double
    public let meanY: Double
    /// Covariance: variance of x, covariance, variance of y.
    public let xx: Double
    public let xy: Double
    public let yy: Double

    /// The covariance must be positive definite.
    public init(meanX: Double, meanY: Double, xx: Double, xy: Double, yy: Double) {
        self.meanX = meanX
        self.meanY = meanY
        self.xx = xx
        self.xy = xy
        self.yy = yy
    }

    var determinant: Double { xx * yy - xy * xy }
    public var isProper: Bool {
        meanX.isFinite && meanY.isFinite && xx > 0 && yy > 0 && determinant > 0 && determinant.isFinite
    }

    /// Natural logarithm of the density.
    public func logDensity(x: Double, y: Double) -> Double {
        let dx = x - meanX
        let dy = y - meanY
        return -log(2 * Double.pi) - 0.5 * log(determinant)
            - 0.5 * (yy * dx * dx - 2 * xy * dx * dy + xx * dy * dy) / determinant
    }

    /// Moved towards another density: `share` 0 keeps this one, 1 gives the other.
    func mixed(with other: BivariateNormal, share: Double) -> BivariateNormal {
        func mix(_ part: (BivariateNormal) -> Double) -> Double { share * part(other) + (1 - share) * part(self) }
        return BivariateNormal(
            meanX: mix(\.meanX), meanY: mix(\.meanY), xx: mix(\.xx), xy: mix(\.xy), yy: mix(\.yy))
    }

    var kernel: ck_gaussian2 {
        ck_gaussian2(
            mean: (meanX, meanY), precision: (yy / determinant, -xy / determinant, xx / determinant),
            log_scale: -log(2 * Double.pi) - 0.5 * log(determinant))
    }
}
