import Basics
import Foundation
import PixelAnomaly
import Tensors
import Testing

/// What the decision owes to working with logarithms: it is total, ordered and finite where densities vanish.
@Suite struct LogRatioTests {
    /// A class whose inliers and outliers are so narrow that both densities vanish over most of the grid, and whose ratios
    /// span far more than a double.
    private static let narrow = NeymanPearson(
        inliers: [BivariateNormal(meanX: 12, meanY: 0.6, xx: 0.02, xy: 0.0001, yy: 1e-5)],
        outliers: [BivariateNormal(meanX: 0, meanY: 0, xx: 0.3, xy: 0, yy: 2e-4)], largestLogit: 14)

    /// Random decisions, from wide to very narrow densities; those of even seeds without correlation.
    private static func decision(seed: UInt64) -> NeymanPearson {
        var generator = SeededGenerator(seed: seed)
        func scale(_ low: Double, _ high: Double) -> Double { pow(10, generator.uniform(in: low..<high)) }
        func density(_ x: Double, _ y: Double) -> BivariateNormal {
            let (xx, yy) = (scale(-3, 1), scale(-6, -1))
            let xy = seed % 2 == 0 ? 0 : generator.uniform(in: -0.9..<0.9) * (xx * yy).squareRoot()
            return BivariateNormal(meanX: x, meanY: y, xx: xx, xy: xy, yy: yy)
        }
        return NeymanPearson(
            inliers: [density(generator.uniform(in: 2..<12), generator.uniform(in: 0.1..<0.9))],
            outliers: [density(0, 0)], largestLogit: 15, distanceUnit: scale(-2, 2))
    }

    private func expectOrdered(_ knots: RatioKnots) {
        #expect(knots.logRatio.first == -.infinity && knots.logRatio.dropFirst().allSatisfy(\.isFinite))
        #expect(zip(knots.logRatio, knots.logRatio.dropFirst()).allSatisfy { $0 < $1 })
        #expect(zip(knots.mass, knots.mass.dropFirst()).allSatisfy { $0 <= $1 })
        #expect(knots.mass.allSatisfy { $0 >= 0 && $0 <= 1 })
        #expect(knots.mass.last.map { $0 > 0.99 } == true)
    }

    @Test func `no knot is lost where both densities vanish`() {
        let knots = Self.narrow.knots(0, side: 150)
        expectOrdered(knots)
        // The plain ratio of two vanished densities is no number; here all points of the grid but for ties take part.
        #expect(knots.logRatio.count > 150 * 150 * 9 / 10)
        #expect((knots.logRatio.last ?? 0) - knots.logRatio[1] > 10_000)
    }

    @Test func `shares rise with the log ratio over its whole range`() {
        let knots = Self.narrow.knots(0, side: 150)
        let ratios: [Double] = (-20_000...20_000).map { Double($0) } + [-.infinity, .infinity, -1e300, 1e300]
        let shares = ratios.sorted().map(knots.share)
        #expect(zip(shares, shares.dropFirst()).allSatisfy { $0 <= $1 })
        #expect(shares.first == 0 && shares.last == 1 && knots.share(belowLogRatio: .nan) == 0)
    }

    @Test func `the linear rule in the ratio also holds for ratios beyond a double`() {
        // At half of a ratio of e^2000, half of the knot's mass.
        let knots = RatioKnots(logRatio: [-.infinity, 2000, 2010], mass: [0, 0.4, 0.6])
        #expect(abs(knots.share(belowLogRatio: 2000 - log(2)) - 0.2) < 1e-12)
        let part: Double = (0.5 - exp(-10)) / (1 - exp(-10))
        #expect(abs(knots.share(belowLogRatio: 2010 - log(2)) - 0.4 - 0.2 * part) < 1e-12)
    }

    @Test(arguments: 0..<12)
    func `every input has a finite surprise that never falls with the distance`(seed: UInt64) {
        let decision = Self.decision(seed: seed)
        expectOrdered(decision.knots(0, side: 60))
        let table = SurpriseTable(decision, class: 0, side: 120)
        #expect(table.isProper)
        let scorer = SurpriseScorer(tables: [table])
        let odd: [Float] = [.nan, .infinity, -.infinity, 3e38, -3e38, 1e-38, 0, -0.0, 1, -7]
        for logit in odd {
            let distances = odd + [1e6, 1e20, .greatestFiniteMagnitude]
            let found = Tensor([distances.count])
            scorer(
                logits: Tensor([distances.count, 1], repeating: logit),
                distances: Tensor([1, distances.count], distances), into: found)
            #expect(found.array.allSatisfy { $0.isFinite && $0 >= 0 && $0 <= SurpriseTable.cap })
            #expect(found[0] == SurpriseTable.cap)
        }
        let distances = (0..<600).map { Float(pow(10, Double($0) / 60 - 4)) }
        let found = Tensor([distances.count])
        scorer(
            logits: Tensor([distances.count, 1], repeating: Float(decision.inliers[0].meanX)),
            distances: Tensor([1, distances.count], distances), into: found)
        if decision.inliers[0].xy == 0 {
            #expect(zip(found.array, found.array.dropFirst()).allSatisfy { $0 <= $1 })
        }
    }

    /// Held-out patches of one class: the logit is whatever it is.
    private static func singleClass(_ logit: (Int) -> Float) throws -> (NeymanPearson, Tensor) {
        var generator = SeededGenerator(seed: 5)
        let distances = Tensor([1, 2000])
        for index in 0..<2000 { distances[index] = Float(3 + generator.uniform() + generator.uniform()) }
        let logits = Tensor([2000, 1])
        for index in 0..<2000 { logits[index] = logit(index) }
        let decision = try NeymanPearson.fit(
            logits: logits, distances: distances, labels: [Int32](repeating: 0, count: 2000), distanceUnit: 4)
        return (decision, distances)
    }

    @Test func `with one class the similarity decides alone, whatever the logit`() throws {
        let (decision, distances) = try Self.singleClass { Float($0 % 7) }
        let (constant, _) = try Self.singleClass { _ in 3 }
        #expect(!decision.usesLogit && decision.inliers == constant.inliers)
        let knots = decision.knots(0, side: 100)
        expectOrdered(knots)
        let scorer = SurpriseScorer(tables: [SurpriseTable(decision, class: 0, side: 100)])
        var results: [[Float]] = []
        for logit in [Float(0), 1e30, -1e30, .infinity, .nan] {
            let found = Tensor([2000])
            scorer(logits: Tensor([2000, 1], repeating: logit), distances: distances, into: found)
            results.append(found.array)
        }
        #expect(results.dropFirst().allSatisfy { $0 == results[0] })
        // Calibrated: about every hundredth normal patch has a share of at most a hundredth.
        let rare = results[0].count { $0 >= 2 }
        #expect(rare <= 60)
        let far = Tensor([1])
        scorer(logits: Tensor([1, 1], repeating: 0), distances: Tensor([1, 1], repeating: 400), into: far)
        #expect(far[0] > (results[0].max() ?? 0) + 1)
    }

    @Test func `one class without spread in its similarities is refused`() {
        #expect(throws: PixelAnomalyError.self) {
            _ = try NeymanPearson.fit(
                logits: Tensor([4, 1], [1, 2, 3, 4]), distances: Tensor([1, 4], repeating: 1), labels: [0, 0, 0, 0])
        }
    }
}
