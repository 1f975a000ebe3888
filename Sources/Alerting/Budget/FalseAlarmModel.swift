internal import Basics
internal import Glibc

/// How often one detector would raise a false event at any threshold, told from the incidents that one regime's ordinary
/// time showed above a base level: peaks over a threshold, with an exponential tail.
///
/// An incident's level is the surprise that it held for long enough to be confirmed, so a threshold at `t` opens an event
/// for exactly the incidents with a level of at least `t`. Their number above the base is Poisson; how far they exceed it
/// is exponential, because surprise is a logarithm of a rate. Both are uncertain while data is scarce: with a conjugate
/// prior for each, the expected rate is `(N + 1/2) / T · (1 + (t − base) / S)^−n`, which comes down to the plain exponential
/// tail as data grows (Lomax predictive of an exponential with an inverse-gamma scale).
///
/// Nobody labels incidents, so some may be real. The highest ones are left out when the rest makes them incredible: a true
/// anomaly must not raise the threshold above itself. What the operator called a false alarm always counts.
public struct FalseAlarmModel: Sendable, Hashable {
    /// One incident's level, and whether it is known to be a false alarm.
    public struct Incident: Sendable, Hashable {
        public let level: Float
        public let isCertain: Bool

        public init(level: Float, isCertain: Bool = false) {
            self.level = level
            self.isCertain = isCertain
        }
    }

    public let base: Float
    /// Incidents that count, and incidents left out as probably real.
    public let count: Int
    public let leftOut: Int
    /// Ordinary time watched, in days.
    public let days: Double
    /// Shape and scale of the predictive tail: n and S above.
    private let shape: Double
    private let scale: Double

    /// The prior is worth this many excesses of this mean: what a well calibrated surprise has, 1 / ln 10, about.
    private static let priorCount = 4.0
    private static let priorMean = 0.4
    /// Watched time less than this says nothing, in days.
    private static let leastDays = 10.0 / 86_400
    /// How improbable the highest incident must be to be left out.
    private static let incredible = 0.01
    /// Share of the incidents, the lowest, that are always believed to be ordinary; rounded down, so that of a few the
    /// highest can be left out too.
    private static let believed = 0.8

    /// - Parameters:
    ///   - incidents: of ordinary time; those that stay below `base` do not count.
    ///   - base: the level from which incidents were noted.
    ///   - days: time watched, in days of 24 hours.
    public init(_ incidents: [Incident], base: Float, days: Double) {
        self.base = base
        self.days = max(days, Self.leastDays)
        let counted = incidents.filter { $0.level >= base && $0.level.isFinite }
        let certain = counted.filter(\.isCertain).map { Double($0.level - base) }
        let open = counted.filter { !$0.isCertain }.map { Double($0.level - base) }.sorted()
        let kept = Self.credible(open, certain)
        count = kept + certain.count
        leftOut = open.count - kept
        shape = Self.priorCount + Double(count)
        scale = Self.priorCount * Self.priorMean + open.prefix(kept).reduce(0, +) + certain.reduce(0, +)
    }

    /// How many of the ascending excesses are credible as ordinary.
    private static func credible(_ excesses: [Double], _ certain: [Double]) -> Int {
        let total = excesses.count
        var kept = Int(believed * Double(total))
        var sum = excesses.prefix(kept).reduce(0, +)
        while kept < total {
            // Those above are at least as high as the highest one believed so far, or as the base.
            let floor = kept > 0 ? excesses[kept - 1] : 0
            let censored = Double(total - kept) * floor
            let shape = priorCount + Double(kept + certain.count)
            let scale = priorCount * priorMean + sum + censored + certain.reduce(0, +)
            let next = excesses[kept]
            let chance = pow(1 + next / scale, -shape)
            // The chance that the lowest of the remaining ones is that high, given that it is above the last believed.
            let known = pow(1 + floor / scale, -shape)
            let left = Double(total - kept)
            guard pow(chance / max(known, .leastNormalMagnitude), left) >= incredible else { return kept }
            sum += next
            kept += 1
        }
        return kept
    }

    /// Expected false events per day with this threshold, at least `base`.
    public func perDay(at threshold: Float) -> Double {
        (Double(count) + 0.5) / days * pow(1 + Double(max(0, threshold - base)) / scale, -shape)
    }

    /// The lowest threshold that keeps the expected number of false events per day within `budget`; at least `base`.
    public func threshold(perDay budget: Double) -> Float {
        let rate = (Double(count) + 0.5) / days
        guard rate > budget, budget > 0 else { return base }
        return base + Float(scale * (pow(rate / budget, 1 / shape) - 1))
    }

    /// Where the true rate lies with this probability, given all that is not known yet.
    public func interval(at threshold: Float, probability: Double = 0.9) -> ClosedRange<Double> {
        let excess = Double(max(0, threshold - base))
        // The same draws for every threshold and on every machine.
        var random = SeededGenerator(seed: 0x5EED)
        let rates = (0..<Self.draws).map { _ in
            let rate = random.gamma(shape: Double(count) + 0.5) / days
            let inverseMean = random.gamma(shape: shape) / scale
            return rate * exp(-excess * inverseMean)
        }.sorted()
        let tail = (1 - probability) / 2
        let low = rates[Int(tail * Double(Self.draws))]
        return low...max(low, rates[Int((1 - tail) * Double(Self.draws)) - 1])
    }

    private static let draws = 4000
}

extension SeededGenerator {
    /// A gamma variate with scale 1 (Marsaglia and Tsang 2000).
    fileprivate mutating func gamma(shape: Double) -> Double {
        guard shape >= 1 else { return gamma(shape: shape + 1) * pow(uniform(), 1 / shape) }
        let d = shape - 1.0 / 3
        let c = 1 / (9 * d).squareRoot()
        while true {
            let x = normal()
            let v = pow(1 + c * x, 3)
            guard v > 0 else { continue }
            if log(max(uniform(), .leastNormalMagnitude)) < 0.5 * x * x + d - d * v + d * log(v) { return d * v }
        }
    }

    private mutating func normal() -> Double {
        (-2 * log(max(uniform(), .leastNormalMagnitude))).squareRoot() * cos(2 * .pi * uniform())
    }
}
