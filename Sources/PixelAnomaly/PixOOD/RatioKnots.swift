internal import Glibc

/// The distribution of the density ratio of one class under its inlier density: `s_I(r)`, piecewise linear in r.
public struct RatioKnots: Sendable {
    /// Finite ratios, strictly ascending; the first is 0.
    public let ratio: [Double]
    /// Share of the inlier density below each ratio, not descending; the first is 0.
    public let mass: [Double]

    /// - Parameters: ascending finite `ratio` and as many values of `mass`, the first pair being (0, 0).
    public init(ratio: [Double], mass: [Double]) {
        precondition(ratio.count == mass.count && !ratio.isEmpty)
        self.ratio = ratio
        self.mass = mass
    }

    /// `s_I(r)` in [0, 1]: the share of normal patches that look less normal than this one.
    ///
    /// 1 at an infinite ratio. A NaN ratio, where both densities vanish, counts as fully anomalous: 0. (The published
    /// code returns NaN there.)
    public func score(_ r: Double) -> Double {
        guard !r.isNaN else { return 0 }
        guard r != .infinity else { return 1 }
        guard r > 0 else { return 0 }
        var low = 0
        var high = ratio.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if ratio[middle] <= r { low = middle } else { high = middle }
        }
        // Between the last finite knot and infinity the line is flat.
        guard low + 1 < ratio.count else { return mass[low] }
        let slope = (mass[low + 1] - mass[low]) / (ratio[low + 1] - ratio[low])
        return slope * (r - ratio[low]) + mass[low]
    }
}
