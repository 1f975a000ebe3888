internal import CKernels
internal import Glibc
public import Tensors

/// The calibrated decision of PixOOD (section 2.2 of the paper): in the plane of z = (logit, similarity) each class has a
/// normal inlier density, all classes share the spread of a normal outlier density, and a patch is judged by the
/// share of inliers whose density ratio is lower than its own.
///
/// Ratios reach far beyond 1e±200, therefore they are ordered and tabulated by their logarithm, in double precision.
///
/// With a single class a classifier says nothing: its one logit is whatever training started with. The similarity then
/// decides alone, by the same rule in one dimension (specification 2.6).
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
    /// Distance that counts as 1 in the similarity.
    public let distanceUnit: Double
    /// Whether the logit takes part; otherwise both densities of a class must agree about it.
    public let usesLogit: Bool

    public var classCount: Int { inliers.count }

    public init(
        inliers: [BivariateNormal], outliers: [BivariateNormal], largestLogit: Double, distanceUnit: Double = 1,
        usesLogit: Bool = true
    ) {
        precondition(inliers.count == outliers.count && distanceUnit > 0)
        self.distanceUnit = distanceUnit
        self.usesLogit = usesLogit
        self.inliers = inliers
        self.outliers = outliers
        self.largestLogit = largestLogit
    }

    /// Similarity of a patch at distance `d` to the nearest etalon; `unit` is 1 as published.
    public static func similarity(_ d: Double, unit: Double = 1) -> Double { 1 / (1 + 0.5 * d / unit) }

    /// Fits the densities; with one class, those of the similarity alone.
    ///
    /// - Parameters:
    ///   - logits: `[N, C]`
    ///   - distances: nearest distance of every patch to every class, `[C, N]`.
    ///   - labels: class of each patch; values outside 0 ..< C are ignored.
    ///   - outlierCovariance: S as (xx, xy, yy); nil estimates it as `model` says.
    ///   - pooling: 0 keeps each class's own density, 1 replaces it by the classes' common one.
    ///   - leastRows: a class with fewer patches takes the common density when `pooling` is above 0.
    ///   - distanceUnit: distance that counts as 1 in the similarity.
    /// - Throws: `PixelAnomalyError` (`notEnoughData`, `notFinite`).
    public static func fit(
        logits: Tensor, distances: Tensor, labels: [Int32], outlierCovariance: (Double, Double, Double)? = nil,
        model: OutlierModel = .published, pooling: Double = 0, leastRows: Int = 3,
        distanceUnit: Double = 1
    ) throws(PixelAnomalyError) -> NeymanPearson {
        let count = logits.shape[0]
        let classes = logits.shape[1]
        precondition(distances.shape == [classes, count] && labels.count == count)
        var moments = Array(repeating: ClassMoments(), count: classes)
        for row in 0..<count where labels[row] >= 0 && labels[row] < Int32(classes) {
            let label = Int(labels[row])
            moments[label].add(
                logit: logits.pointer[row * classes + label],
                similarity: Float(
                    similarity(Double(distances.pointer[label * count + row]), unit: distanceUnit)))
        }
        let known = moments.filter { $0.logits.count >= max(3, leastRows) }
        guard !known.isEmpty, pooling > 0 || known.count == classes else {
            throw PixelAnomalyError(
                .notEnoughData, "a class has fewer than \(max(3, leastRows)) patches to calibrate with; record longer")
        }
        let normals = known.map { $0.normal() }
        let weights = known.map { Double($0.logits.count) }
        let inliers = moments.map { moment in
            let common = Self.common(normals, weights)
            guard moment.logits.count >= max(3, leastRows) else { return common }
            return moment.normal().mixed(with: common, share: pooling)
        }
        if classes == 1 {
            return try similarityAlone(
                inliers[0], spread: outlierCovariance?.2.squareRoot() ?? known[0].quantile(\.similarities) / 8,
                distanceUnit: distanceUnit)
        }
        guard inliers.allSatisfy(\.isProper) else {
            throw PixelAnomalyError(.notFinite, "the calibration patches do not spread in both logit and similarity")
        }
        let spreadX = known.map { $0.quantile(\.logits) }.reduce(0, +) / Double(known.count) / 4
        let spreadY = known.map { $0.quantile(\.similarities) }.reduce(0, +) / Double(known.count) / 8
        let outliers = inliers.map { inlier in
            if let (xx, xy, yy) = outlierCovariance {
                return BivariateNormal(meanX: 0, meanY: 0, xx: xx, xy: xy, yy: yy)
            }
            return switch model {
            case .published:
                BivariateNormal(meanX: 0, meanY: 0, xx: spreadX * spreadX, xy: 0, yy: spreadY * spreadY)
            case .indifferentLogit:
                BivariateNormal(meanX: inlier.meanX, meanY: 0, xx: inlier.xx, xy: 0, yy: spreadY * spreadY)
            }
        }
        let largest = (0..<logits.count).reduce(-Double.infinity) { max($0, Double(logits.pointer[$1])) }
        return NeymanPearson(
            inliers: inliers, outliers: outliers, largestLogit: largest, distanceUnit: distanceUnit)
    }

    /// The decision about one class: a standard normal logit on both sides cancels in every ratio.
    private static func similarityAlone(
        _ inlier: BivariateNormal, spread: Double, distanceUnit: Double
    ) throws(PixelAnomalyError) -> NeymanPearson {
        let densities = [(inlier.meanY, inlier.yy), (0, spread * spread)].map {
            BivariateNormal(meanX: 0, meanY: $0.0, xx: 1, xy: 0, yy: $0.1)
        }
        guard densities.allSatisfy(\.isProper) else {
            throw PixelAnomalyError(.notFinite, "the calibration patches do not spread in similarity")
        }
        return NeymanPearson(
            inliers: [densities[0]], outliers: [densities[1]], largestLogit: 0, distanceUnit: distanceUnit,
            usesLogit: false)
    }

    /// Mean and covariance of all classes' patches together.
    private static func common(_ normals: [BivariateNormal], _ weights: [Double]) -> BivariateNormal {
        let total = weights.reduce(0, +)
        func mean(_ part: (BivariateNormal) -> Double) -> Double {
            zip(normals, weights).reduce(0) { $0 + part($1.0) * $1.1 } / total
        }
        let (x, y) = (mean(\.meanX), mean(\.meanY))
        return BivariateNormal(
            meanX: x, meanY: y, xx: mean { $0.xx + ($0.meanX - x) * ($0.meanX - x) },
            xy: mean { $0.xy + ($0.meanX - x) * ($0.meanY - y) }, yy: mean { $0.yy + ($0.meanY - y) * ($0.meanY - y) })
    }

    // MARK: - Ratio and knots

    /// Natural logarithm of the density ratio inlier over outlier.
    public func logRatio(_ label: Int, logit: Double, similarity: Double) -> Double {
        let x = usesLogit ? logit : inliers[label].meanX
        return inliers[label].logDensity(x: x, y: similarity) - outliers[label].logDensity(x: x, y: similarity)
    }

    /// The density ratio itself; 0 or infinite where a double does not reach.
    package func ratio(_ label: Int, logit: Double, similarity: Double) -> Double {
        exp(logRatio(label, logit: logit, similarity: similarity))
    }

    /// The distribution of the ratio on a grid of `side` x `side` points: logits in ±(largest + 5), similarities in 0...1;
    /// all points lie along the similarity where the logit takes no part.
    ///
    /// Needs 32 bytes per grid point while it runs, and 16 per point for the result.
    public func knots(_ label: Int, side: Int) -> RatioKnots {
        precondition(side >= 2)
        let cells = side * side
        let reach = largestLogit + 5
        let xs = usesLogit ? Self.line(from: -reach, to: reach, count: side) : [inliers[label].meanX]
        let ys = Self.line(from: 0, to: 1, count: cells / xs.count)
        let buffer = UnsafeMutablePointer<Double>.allocate(capacity: 4 * cells)
        defer { buffer.deallocate() }
        var inlier = inliers[label].kernel
        var outlier = outliers[label].kernel
        ck_density_grid(&inlier, &outlier, xs, xs.count, ys, ys.count, buffer, buffer + cells)
        ck_sort_pairs(buffer, buffer + cells, buffer + 2 * cells, cells)
        let knotRatio = buffer + 2 * cells
        let knotMass = buffer + 3 * cells
        let count = ck_ratio_knots(buffer, buffer + cells, cells, knotRatio, knotMass)
        return RatioKnots(
            logRatio: [-.infinity] + UnsafeBufferPointer(start: knotRatio, count: count),
            mass: [0] + UnsafeBufferPointer(start: knotMass, count: count))
    }

    private static func line(from low: Double, to high: Double, count: Int) -> [Double] {
        let step = (high - low) / Double(count - 1)
        return (0..<count).map { Double($0) * step + low }
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
