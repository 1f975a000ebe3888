import Analysis
import Glibc

/// How much of what is normal is how surprising: what both plots of it show.
struct ScoreDistribution {
    /// Surprises with log10 of the share of patches that are at least as surprising; both fall from left to right.
    let curve: [(surprise: Double, logShare: Double)]
    /// Where events open.
    let threshold: Double
    /// The right end of the axis.
    let width: Double
    /// The lower end of the axis: rarer than anything that was measured.
    static let rarest = -5.0

    /// Nil without held-out patches.
    init?(_ report: ProfileReport, threshold: Double) {
        guard let most = report.heldOut.last?.surprise, most > 0, threshold > 0 else { return nil }
        self.threshold = threshold
        width = (max(most, threshold) * 1.15).rounded(.up)
        curve =
            [(0, 0)]
            + report.heldOut.map {
                (max(0, $0.surprise), $0.share < 1 ? max(Self.rarest, log10(1 - $0.share)) : Self.rarest)
            }
    }

    /// Log10 of the share of patches that are at least this surprising; interpolated.
    func logShare(atLeast surprise: Double) -> Double {
        guard let above = curve.firstIndex(where: { $0.surprise > surprise }) else { return Self.rarest }
        guard above > 0 else { return 0 }
        let (low, high) = (curve[above - 1], curve[above])
        let place = (surprise - low.surprise) / (high.surprise - low.surprise)
        return low.logShare + place * (high.logShare - low.logShare)
    }

    /// Whole decades of the vertical axis, from the top, with their names.
    static let decades: [(logShare: Double, name: String)] = [
        (0, "100 %"), (-1, "10 %"), (-2, "1 %"), (-3, "0.1 %"), (-4, "0.01 %"), (-5, "none"),
    ]
}
