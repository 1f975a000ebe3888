internal import Glibc

/// The distribution of the density ratio of one class under its inlier density: `s_I(r)`, piecewise linear in r.
///
/// Ratios reach far beyond 1e±200, so they are kept as logarithms: nothing vanishes or overflows.
public struct RatioKnots: Sendable {
    /// Natural logarithms of the ratios, strictly ascending; the first is that of 0, the others are finite.
    public let logRatio: [Double]
    /// Share of the inlier density below each ratio, not descending; the first is 0.
    public let mass: [Double]

    /// - Parameters: ascending `logRatio` and as many values of `mass`, the first pair being (-infinity, 0).
    public init(logRatio: [Double], mass: [Double]) {
        precondition(logRatio.count == mass.count && !logRatio.isEmpty)
        self.logRatio = logRatio
        self.mass = mass
    }

    /// From plain ratios, the first pair being (0, 0).
    package init(ratio: [Double], mass: [Double]) { self.init(logRatio: ratio.map { log($0) }, mass: mass) }

    /// The plain ratios: 0 or infinite where a double does not reach.
    package var ratio: [Double] { logRatio.map { exp($0) } }

    /// `s_I(r)` of a plain ratio; see `share(belowLogRatio:)`.
    package func score(_ r: Double) -> Double { share(belowLogRatio: r > 0 ? log(r) : r.isNaN ? .nan : -.infinity) }

    /// `s_I(r)` in [0, 1]: the share of normal patches that look less normal than this one.
    ///
    /// 1 at an infinite ratio. A ratio that is no number counts as fully anomalous: 0. (The published code gives no number
    /// where both densities vanish; their logarithms do not.)
    /// - Parameter value: natural logarithm of r.
    public func share(belowLogRatio value: Double) -> Double {
        guard value > -.infinity else { return 0 }
        guard value != .infinity else { return 1 }
        var low = 0
        var high = logRatio.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if logRatio[middle] <= value { low = middle } else { high = middle }
        }
        // Between the last finite knot and infinity the line is flat.
        guard low + 1 < logRatio.count else { return mass[low] }
        // (r - r_low) / (r_high - r_low), divided by r_high in both parts.
        let (from, to) = (logRatio[low], logRatio[low + 1])
        let share = (exp(value - to) - exp(from - to)) / -expm1(from - to)
        return mass[low] + min(1, max(0, share)) * (mass[low + 1] - mass[low])
    }
}
