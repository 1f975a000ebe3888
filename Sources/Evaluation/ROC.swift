/// Detection curves of scored samples: how many anomalies and how many normal samples lie at or above each threshold.
///
/// Higher scores mean more anomalous; equal scores share one threshold. Scores must be numbers.
public struct ROC: Sendable, Hashable {
    /// Different scores, falling.
    public let thresholds: [Float]
    /// Anomalies, and normal samples, at or above each threshold.
    public let truePositives: [Int]
    public let falsePositives: [Int]
    /// Anomalies and normal samples in all.
    public let positives: Int
    public let negatives: Int

    /// - Parameter labels: true for an anomaly; as many as scores.
    public init(scores: [Float], labels: [Bool]) {
        precondition(scores.count == labels.count)
        let order = scores.indices.sorted { scores[$0] > scores[$1] }
        var thresholds: [Float] = []
        var (truePositives, falsePositives): ([Int], [Int]) = ([], [])
        var (hits, alarms) = (0, 0)
        for (position, index) in order.enumerated() {
            if labels[index] { hits += 1 } else { alarms += 1 }
            let isLast = position + 1 == order.count || scores[order[position + 1]] != scores[index]
            guard isLast else { continue }
            thresholds.append(scores[index])
            truePositives.append(hits)
            falsePositives.append(alarms)
        }
        self.thresholds = thresholds
        self.truePositives = truePositives
        self.falsePositives = falsePositives
        positives = hits
        negatives = alarms
    }

    /// Area under the ROC curve by the trapezoid rule, in [0, 1]: the chance that an anomaly scores higher than a normal
    /// sample, ties counting half. Nil without both kinds.
    public static func auroc(scores: [Float], labels: [Bool]) -> Double? { ROC(scores: scores, labels: labels).auroc }

    /// See `auroc(scores:labels:)`.
    public var auroc: Double? {
        guard positives > 0, negatives > 0 else { return nil }
        var area = 0.0
        var (hits, alarms) = (0, 0)
        for index in thresholds.indices {
            area += Double(falsePositives[index] - alarms) * Double(truePositives[index] + hits) / 2
            (hits, alarms) = (truePositives[index], falsePositives[index])
        }
        return area / (Double(positives) * Double(negatives))
    }

    /// Average precision: precision summed over the steps of recall, without interpolation. Nil without anomalies.
    public var averagePrecision: Double? {
        guard positives > 0 else { return nil }
        var (sum, hits) = (0.0, 0)
        for index in thresholds.indices {
            let precision = Double(truePositives[index]) / Double(truePositives[index] + falsePositives[index])
            sum += Double(truePositives[index] - hits) * precision
            hits = truePositives[index]
        }
        return sum / Double(positives)
    }

    /// The ways in which published code reads "false-positive rate at 95 % true-positive rate" off the curve.
    public enum RateConvention: String, Sendable, CaseIterable {
        /// The first corner of the curve with a rate above the target (DenseHybrid).
        case firstAbove
        /// The first corner of the curve with a rate of at least the target (UNO, Open-set Mask2Former).
        case firstCorner
        /// The first threshold with a rate of at least the target (RPL, SegmentMeIfYouCan).
        case firstThreshold
        /// Between the two nearest thresholds, linearly (Mask2Anomaly).
        case interpolated
        /// The threshold with the nearest rate; of two equally near ones the lower threshold (VOS, OLN-SSOS).
        case nearest
    }

    /// False-positive rate where the true-positive rate reaches `target`, in [0, 1]. Nil without both kinds.
    public func falsePositiveRate(atTruePositiveRate target: Double = 0.95, _ convention: RateConvention) -> Double? {
        guard positives > 0, negatives > 0 else { return nil }
        let all = Array(thresholds.indices)
        let index: Int?
        switch convention {
        case .firstAbove: index = corners.first { rate($0) > target }
        case .firstCorner: index = corners.first { rate($0) >= target }
        case .firstThreshold: index = all.first { rate($0) >= target }
        case .interpolated: return interpolated(target)
        case .nearest:
            let complete = truePositives.firstIndex(of: positives) ?? 0
            index = all[...complete].reversed().min { abs(rate($0) - target) < abs(rate($1) - target) }
        }
        return index.map { Double(falsePositives[$0]) / Double(negatives) }
    }

    private func rate(_ index: Int) -> Double { Double(truePositives[index]) / Double(positives) }

    /// Where the curve bends: points in the middle of three on one line, equally spaced, are left out.
    private var corners: [Int] {
        let last = thresholds.count - 1
        func bends(_ counts: [Int], _ index: Int) -> Bool {
            counts[index - 1] + counts[index + 1] != 2 * counts[index]
        }
        return thresholds.indices.filter { index in
            index == 0 || index == last || bends(falsePositives, index) || bends(truePositives, index)
        }
    }

    private func interpolated(_ target: Double) -> Double {
        // The curve begins at (0, 0).
        let hits = [0.0] + thresholds.indices.map(rate)
        let alarms = [0.0] + falsePositives.map { Double($0) / Double(negatives) }
        let left = hits.lastIndex { $0 <= target } ?? 0
        guard left + 1 < hits.count else { return alarms[left] }
        let slope = (alarms[left + 1] - alarms[left]) / (hits[left + 1] - hits[left])
        return slope * (target - hits[left]) + alarms[left]
    }
}
