internal import Glibc
public import ModelFiles
public import Tensors

/// How rare an object's anomaly is among normal objects: surprise = −log10 of the share of normal objects that are at
/// least as anomalous.
///
/// Learned from the anomaly (minus the normal logit) of normal objects that training did not see. Between them surprise is
/// interpolated; from the tenth largest on, where single objects decide, it grows linearly: an exponential tail whose scale
/// is the mean excess of the most anomalous tenth (at most 250). Monotone and finite for every input.
public struct ObjectCalibration: Hashable, Sendable {
    /// Ascending anomalies with known surprise.
    private let knots: [Float]
    /// Their surprises, ascending from 0.
    private let surprises: [Float]
    /// Mean excess of the tail, > 0.
    private let tailScale: Float

    /// No surprise is larger: one object in 10^30.
    public static let mostSurprise: Float = 30

    /// The most anomalous held-out objects, whose own places say little.
    private static let noisyRanks = 10
    private static let mostKnots = 4096
    /// Of these the most anomalous ones, kept one by one.
    private static let exactKnots = 1024

    /// - Parameter heldOut: anomalies of normal objects; values that are not finite are left out.
    /// - Throws: `ObjectAnomalyError.Code.tooFewObjects` when there are fewer than ten.
    public init(heldOut: [Float]) throws(ObjectAnomalyError) {
        let sorted = heldOut.filter(\.isFinite).sorted()
        let count = sorted.count
        guard count >= Self.noisyRanks else {
            throw ObjectAnomalyError(
                .tooFewObjects,
                "\(count) held-out normal objects are too few to calibrate; \(Self.noisyRanks) are needed")
        }
        var knots: [Float] = []
        var surprises: [Float] = []
        let anchor = count - Self.noisyRanks
        for rank in Self.knotRanks(anchor + 1) where knots.last != sorted[rank] {
            // Counting the object itself keeps the share above 0 and makes it valid for finite samples.
            let first = sorted.partition(below: sorted[rank])
            knots.append(sorted[rank])
            surprises.append(-log10(Float(count - first + 1) / Float(count + 1)))
        }
        self.knots = knots
        self.surprises = surprises
        let tail = sorted.suffix(max(Self.noisyRanks, min(count / 10, 250)))
        let threshold = sorted[count - tail.count]
        let excess = tail.reduce(0) { $0 + ($1 - threshold) } / Float(tail.count - 1)
        let largest = sorted[count - 1]
        let floor = max(1e-3 * (largest - sorted[count / 2]), 1e-4 * max(1, abs(largest)))
        tailScale = max(excess, floor)
    }

    /// All ranks, or an even choice of the lower ones when there are many.
    private static func knotRanks(_ count: Int) -> [Int] {
        guard count > mostKnots else { return Array(0..<count) }
        let lower = mostKnots - exactKnots
        let body = count - exactKnots
        return (0..<lower).map { $0 * body / lower } + Array(body..<count)
    }

    /// 0 and up to `mostSurprise`. An anomaly that is not a number counts as infinitely large.
    public func surprise(ofAnomaly anomaly: Float) -> Float {
        guard anomaly > knots[0] else { return anomaly.isNaN ? Self.mostSurprise : 0 }
        let above = knots.partition(below: anomaly)
        if above == knots.count {
            let last = knots.count - 1
            let grown = surprises[last] + (anomaly - knots[last]) / (tailScale * 2.302585)
            return min(grown, Self.mostSurprise)
        }
        let span = knots[above] - knots[above - 1]
        let share = span > 0 ? (anomaly - knots[above - 1]) / span : 1
        return surprises[above - 1] + share * (surprises[above] - surprises[above - 1])
    }

    /// Surprise of an object with this logit of P(normal).
    public func surprise(ofNormalLogit logit: Float) -> Float { surprise(ofAnomaly: -logit) }

    /// The tensors that `init(_:prefix:)` reads back.
    public func tensors(prefix: String = "object_calibration") -> [String: Tensor] {
        [
            prefix + ".anomaly": Tensor([knots.count], knots),
            prefix + ".surprise": Tensor([surprises.count], surprises),
            prefix + ".tail_scale": Tensor([1], [tailScale]),
        ]
    }

    /// Reads `<prefix>.anomaly`, `.surprise` and `.tail_scale`.
    /// - Throws: `ModelFileError` when a tensor is missing, not finite, of the wrong shape, or not ascending.
    public init(_ source: any TensorSource, prefix: String = "object_calibration") throws(ModelFileError) {
        knots = try source.parameter(prefix + ".anomaly").array
        surprises = try source.parameter(prefix + ".surprise", shape: [knots.count]).array
        tailScale = try source.parameter(prefix + ".tail_scale", shape: [1]).array[0]
        let ascends =
            zip(knots, knots.dropFirst()).allSatisfy { $0 < $1 }
            && zip(surprises, surprises.dropFirst()).allSatisfy { $0 <= $1 }
        guard let first = surprises.first, first >= 0, ascends, tailScale > 0 else {
            throw ModelFileError(.badHeader, "\(source.origin): the tensors of \(prefix) are no calibration curve")
        }
    }
}

extension [Float] {
    /// Index of the first element of this ascending array that is not below `value`; the count when there is none.
    fileprivate func partition(below value: Float) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
