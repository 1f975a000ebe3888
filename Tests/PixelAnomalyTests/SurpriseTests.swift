import Basics
import Foundation
import PixelAnomaly
import Tensors
import Testing

@Suite struct SurpriseTests {
    static func decision(unit: Double = 1) -> NeymanPearson {
        NeymanPearson(
            inliers: [BivariateNormal(meanX: 8, meanY: 0.3, xx: 4, xy: 0.02, yy: 0.003)],
            outliers: [BivariateNormal(meanX: 0, meanY: 0, xx: 9, xy: 0, yy: 0.004)], largestLogit: 15,
            distanceUnit: unit)
    }

    @Test func `the score rises with the ratio and stays between 0 and 1`() {
        let knots = Self.decision().knots(0, side: 150)
        var generator = SeededGenerator(seed: 4)
        let ratios = (0..<2000).map { _ in exp(generator.uniform(in: -300..<300)) }.sorted()
        let scores = ratios.map(knots.score)
        #expect(zip(scores, scores.dropFirst()).allSatisfy { $0 <= $1 })
        #expect(scores.allSatisfy { $0 >= 0 && $0 <= 1 })
    }

    @Test func `interpolation is linear in the ratio, flat behind the last knot, and total`() {
        let knots = RatioKnots(ratio: [0, 0.5, 0.9], mass: [0, 0.3, 0.8])
        #expect(abs(knots.score(0.25) - 0.15) < 1e-15)
        #expect(knots.score(0.95) == 0.8 && knots.score(1e300) == 0.8)
        #expect(knots.score(.infinity) == 1 && knots.score(0) == 0 && knots.score(-1) == 0)
        #expect(knots.score(.nan) == 0)
    }

    @Test func `the table repeats the score and goes on where the score has no digits left`() {
        let decision = Self.decision()
        let knots = decision.knots(0, side: 400)
        let table = SurpriseTable(decision, class: 0, side: 400)
        #expect(table.isProper)
        let scorer = SurpriseScorer(tables: [table])
        let distances: [Float] = [1, 2, 3, 4, 5, 6, 8, 10, 15, 25, 60, 200, 1e6, .infinity]
        let logits = Tensor([distances.count, 1], repeating: 7)
        let found = Tensor([distances.count])
        scorer(logits: logits, distances: Tensor([1, distances.count], distances), into: found)
        for (index, distance) in distances.enumerated() {
            let similarity = min(NeymanPearson.similarity(Double(distance)), 0.3 * 0.004 / 0.001)
            let score = knots.score(decision.ratio(0, logit: 7, similarity: similarity))
            if score > 1e-3 { #expect(abs(pow(10, -Double(found[index])) - score) < 2e-3) }
        }
        let values = found.array
        #expect(zip(values, values.dropFirst()).allSatisfy { $0 <= $1 })
        #expect(values.allSatisfy { $0.isFinite && $0 >= 0 && $0 <= SurpriseTable.cap })
    }

    @Test func `surprise never falls with the distance, also where the ratio of normals would`() {
        // The inliers scatter less than the outlier model: the raw ratio falls again above a similarity of 0.34.
        let decision = NeymanPearson(
            inliers: [BivariateNormal(meanX: 5, meanY: 0.3, xx: 1, xy: 0, yy: 0.0005)],
            outliers: [BivariateNormal(meanX: 5, meanY: 0, xx: 1, xy: 0, yy: 0.004)], largestLogit: 9)
        let scorer = SurpriseScorer(tables: [SurpriseTable(decision, class: 0, side: 300)])
        let distances = (0..<500).map { Float($0) * 0.05 }
        let found = Tensor([distances.count])
        scorer(
            logits: Tensor([distances.count, 1], repeating: 5), distances: Tensor([1, distances.count], distances),
            into: found)
        #expect(zip(found.array, found.array.dropFirst()).allSatisfy { $0 <= $1 })
    }

    @Test func `what is no number is fully anomalous, and only evaluated classes explain`() {
        let table = SurpriseTable(Self.decision(), class: 0, side: 200)
        let logits = Tensor([2, 2], [8, 8, .nan, .nan])
        let distances = Tensor([2, 2], [4, 4, 100, 100])
        let found = Tensor([2])
        SurpriseScorer(tables: [table, table])(logits: logits, distances: distances, into: found)
        #expect(found[1] == SurpriseTable.cap)
        let near = found[0]
        SurpriseScorer(tables: [table, table], evaluated: [1])(logits: logits, distances: distances, into: found)
        #expect(found[0] > near + 1)
    }

    @Test func `calibration without enough patches or without spread is refused`() {
        let distances = Tensor([1, 4], repeating: 1)
        #expect(throws: PixelAnomalyError.self) {
            _ = try NeymanPearson.fit(logits: Tensor([4, 1], repeating: 1), distances: distances, labels: [0, 0, -1, 9])
        }
        #expect(throws: PixelAnomalyError.self) {
            _ = try NeymanPearson.fit(logits: Tensor([4, 1], repeating: 1), distances: distances, labels: [0, 0, 0, 0])
        }
    }
}
