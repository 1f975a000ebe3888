internal import CKernels
internal import Glibc
public import Tensors

/// The calibrated decision of PixOOD (section 2.2 of the paper): in the plane of z = (logit, similarity) each class has a
/// normal inlier density, all classes share the spread of a normal outlier density, and a patch is judged by the
/// share of inliers whose density ratio is lower than its own.
///
/// Everything is computed in double precision: ratios reach far beyond 1e±200.
public struct NeymanPearson: Sendable {
    /// How much the outlier model grants.
    public enum OutlierModel: Sendable, Hashable {
        /// As published: N(0, S) with the standard deviations (mean of the classes' 0.9 quantiles) / (4, 8).
        case published
        /// For classes that were found by clustering: their logits tell the kind of a surface and carry no evidence that
        /// a patch belongs to the scene, so outliers are granted the inliers' own distribution of the logit; only the
        /// similarity is expected near zero, with the published spread.
        case indifferentLogit
    }

    public let inliers: [BivariateNormal]
    public let outliers: [BivariateNormal]
    /// Largest logit of the calibration data; bounds the grid.
    public let largestLogit: Double

    public var classCount: Int { inliers.count }

    public init(inliers: [BivariateNormal], outliers: [BivariateNormal], largestLogit: Double) {
        precondition(inliers.count == outliers.count)
        self.inliers = inliers
        self.outliers = outliers
        self.largestLogit = largestLogit
    }

    /// Similarity of a patch at distance `d` to the nearest etalon.
    public static func similarity(_ d: Double) -> Double { 1 / (1 + 0.5 * d) }

    /// Fits the densities.
    ///
    /// - Parameters:
    ///   - logits: `[N, C]`
    ///   - distances: nearest distance of every patch to every class, `[C, N]`.
    ///   - labels: class of each patch; values outside 0 ..< C are ignored.
    ///   - outlierCovariance: S as (xx, xy, yy); nil estimates it as `model` says.
    ///   - pooling: 0 keeps each class's own covariance, 1 replaces it by the classes' common one.
    /// - Throws: `PixelAnomalyError` (`notEnoughData`, `notFinite`).
    public static func fit(
        logits: Tensor, distances: Tensor, labels: [Int32], outlierCovariance: (Double, Double, Double)? = nil,
        model: OutlierModel = .published, pooling: Double = 0
    ) throws(PixelAnomalyError) -> NeymanPearson {
        let count = logits.shape[0]
        let classes = logits.shape[1]
        precondition(distances.shape == [classes, count] && labels.count == count)
        var moments = Array(repeating: ClassMoments(), count: classes)
        for row in 0..<count where labels[row] >= 0 && labels[row] < Int32(classes) {
            let label = Int(labels[row])
            moments[label].add(
                logit: logits.pointer[row * classes + label],
                similarity: Float(similarity(Double(distances.pointer[label * count + row]))))
        }
        for (label, moment) in moments.enumerated() where moment.logits.count < 3 {
            throw PixelAnomalyError(
                .notEnoughData, "class \(label) has \(moment.logits.count) patches to calibrate with, at least 3 are needed")
        }
        let fitted = moments.map { $0.normal() }
        let rows = moments.map { Double($0.logits.count) }
        let inliers = fitted.map { pooled($0, fitted, rows, pooling) }
        guard inliers.allSatisfy(\.isProper) else {
            throw PixelAnomalyError(.notFinite, "the calibration patches do not spread in both logit and similarity")
        }
        let spreadX = moments.map { $0.quantile(\.logits) }.reduce(0, +) / Double(classes) / 4
        let spreadY = moments.map { $0.quantile(\.similarities) }.reduce(0, +) / Double(classes) / 8
        let outliers = inliers.map { inlier in
            if let (xx, xy, yy) = outlierCovariance { return BivariateNormal(meanX: 0, meanY: 0, xx: xx, xy: xy, yy: yy) }
            return switch model {
            case .published:
                BivariateNormal(meanX: 0, meanY: 0, xx: spreadX * spreadX, xy: 0, yy: spreadY * spreadY)
            case .indifferentLogit:
                BivariateNormal(meanX: inlier.meanX, meanY: 0, xx: inlier.xx, xy: 0, yy: spreadY * spreadY)
            }
        }
        let largest = (0..<logits.count).reduce(-Double.infinity) { max($0, Double(logits.pointer[$1])) }
        return NeymanPearson(inliers: inliers, outliers: outliers, largestLogit: largest)
    }

    private static func pooled(
        _ own: BivariateNormal, _ all: [BivariateNormal], _ rows: [Double], _ share: Double
    ) -> BivariateNormal {
        func mixed(_ part: (BivariateNormal) -> Double) -> Double {
            let common = zip(all, rows).map { part($0) * $1 }.reduce(0, +) / rows.reduce(0, +)
            return share * common + (1 - share) * part(own)
        }
        return BivariateNormal(
            meanX: own.meanX, meanY: own.meanY, xx: mixed(\.xx), xy: mixed(\.xy), yy: mixed(\.yy))
    }

    // MARK: - Ratio and knots

    /// Density ratio inlier over outlier; NaN where both vanish in double precision.
    public func ratio(_ label: Int, logit: Double, similarity: Double) -> Double {
        exp(inliers[label].logDensity(x: logit, y: similarity))
            / exp(outliers[label].logDensity(x: logit, y: similarity))
    }

    /// The distribution of the ratio on a grid of `side` x `side` points: logits in ±(largest + 5), similarities in 0...1.
    ///
    /// Needs 32 bytes per grid point while it runs, and 16 per point for the result.
    public func knots(_ label: Int, side: Int) -> RatioKnots {
        precondition(side >= 2)
        let cells = side * side
        let reach = largestLogit + 5
        let xs = (0..<side).map { -reach + 2 * reach * Double($0) / Double(side - 1) }
        let ys = (0..<side).map { Double($0) / Double(side - 1) }
        let buffer = UnsafeMutablePointer<Double>.allocate(capacity: 4 * cells)
        defer { buffer.deallocate() }
        var inlier = inliers[label].kernel
        var outlier = outliers[label].kernel
        ck_density_grid(&inlier, &outlier, xs, ys, side, buffer, buffer + cells)
        ck_sort_pairs(buffer, buffer + cells, buffer + 2 * cells, cells)
        let knotRatio = buffer + 2 * cells
        let knotMass = buffer + 3 * cells
        let count = ck_ratio_knots(buffer, buffer + cells, cells, knotRatio, knotMass)
        return RatioKnots(
            ratio: [0] + UnsafeBufferPointer(start: knotRatio, count: count),
            mass: [0] + UnsafeBufferPointer(start: knotMass, count: count))
    }
}

/// Collects (logit, similarity) pairs of one class.
private struct ClassMoments {
    var logits: [Float] = []
    var similarities: [Float] = []

    mutating func add(logit: Float, similarity: Float) {
        logits.append(logit)
        similarities.append(similarity)
    }

    /// Mean and unbiased covariance.
    func normal() -> BivariateNormal {
        let count = Double(logits.count)
        let meanX = logits.reduce(0.0) { $0 + Double($1) } / count
        let meanY = similarities.reduce(0.0) { $0 + Double($1) } / count
        var (xx, xy, yy) = (0.0, 0.0, 0.0)
        for (x, y) in zip(logits, similarities) {
            let dx = Double(x) - meanX
            let dy = Double(y) - meanY
            xx += dx * dx
            xy += dx * dy
            yy += dy * dy
        }
        return BivariateNormal(
            meanX: meanX, meanY: meanY, xx: xx / (count - 1), xy: xy / (count - 1), yy: yy / (count - 1))
    }

    /// The 0.9 quantile, linearly interpolated between order statistics.
    func quantile(_ part: KeyPath<ClassMoments, [Float]>) -> Double {
        let sorted = self[keyPath: part].sorted()
        let position = 0.9 * Double(sorted.count - 1)
        let low = Int(position)
        let high = min(low + 1, sorted.count - 1)
        return Double(sorted[low]) + (position - Double(low)) * Double(sorted[high] - sorted[low])
    }
}
