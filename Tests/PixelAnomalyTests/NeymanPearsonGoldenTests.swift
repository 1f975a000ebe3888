import ModelFiles
import PixelAnomaly
import Tensors
import Testing
import TestSupport

@Suite("Neyman-Pearson against reference vectors", .enabled(if: SharedData.hasGolden("pixood"), "no reference vectors"))
struct NeymanPearsonGoldenTests {
    let file: SafetensorsFile
    let classes: Int

    init() throws {
        file = try SharedData.golden("pixood", "neyman_pearson.safetensors")
        classes = try #require(file.extents(of: "np.class_means"))[0]
    }

    private func outlierCovariance() throws -> (Double, Double, Double) {
        let values = try file.doubles("np.S_ood_cov")
        return (values[0], values[1], values[3])
    }

    private func fitted(_ covariance: (Double, Double, Double)?) throws -> NeymanPearson {
        let logits = try file.tensor("np.train_logits")
        return try NeymanPearson.fit(
            logits: logits, distances: transposed(try file.tensor("np.train_nm_dist")),
            labels: try file.integers("np.train_labels").map(Int32.init), outlierCovariance: covariance)
    }

    /// The densities exactly as the reference rounded them.
    private func stored() throws -> NeymanPearson {
        let means = try file.doubles("np.class_means")
        let covariances = try file.doubles("np.class_covs")
        let (xx, xy, yy) = try outlierCovariance()
        let inliers = (0..<classes).map {
            BivariateNormal(
                meanX: means[2 * $0], meanY: means[2 * $0 + 1], xx: covariances[4 * $0], xy: covariances[4 * $0 + 1],
                yy: covariances[4 * $0 + 3])
        }
        let outlier = BivariateNormal(meanX: 0, meanY: 0, xx: xx, xy: xy, yy: yy)
        return NeymanPearson(
            inliers: inliers, outliers: Array(repeating: outlier, count: classes),
            largestLogit: try file.doubles("np.Lmax")[0])
    }

    private func transposed(_ tensor: Tensor) -> Tensor {
        let result = Tensor([tensor.shape[1], tensor.shape[0]])
        for row in 0..<tensor.shape[0] {
            for column in 0..<tensor.shape[1] { result.row(column)[row] = tensor.row(row)[column] }
        }
        return result
    }

    @Test func `means, covariances and the largest logit are the reference's`() throws {
        let model = try fitted(try outlierCovariance())
        let means = try file.doubles("np.class_means")
        let covariances = try file.doubles("np.class_covs")
        for (label, density) in model.inliers.enumerated() {
            #expect(abs(density.meanX - means[2 * label]) < 2e-6 * abs(means[2 * label]))
            #expect(abs(density.meanY - means[2 * label + 1]) < 2e-6 * means[2 * label + 1])
            let expected = [covariances[4 * label], covariances[4 * label + 1], covariances[4 * label + 3]]
            for (found, value) in zip([density.xx, density.xy, density.yy], expected) {
                #expect(abs(found - value) < 1e-5 * abs(value))
            }
        }
        #expect(abs(model.largestLogit - (try file.doubles("np.Lmax")[0])) < 1e-6)
    }

    @Test func `the estimated outlier spread is what the reference's random draw scatters around`() throws {
        let model = try fitted(nil)
        let (xx, _, yy) = try outlierCovariance()
        // The sample covariance of 10,000 draws scatters by sqrt(2 / 10,000) = 1.4 %.
        #expect(abs(model.outliers[0].xx / xx - 1) < 0.06)
        #expect(abs(model.outliers[0].yy / yy - 1) < 0.06)
        #expect(model.outliers.allSatisfy { $0.meanX == 0 && $0.meanY == 0 && $0.xy == 0 })
        let logits = try file.doubles("np.q90_logit").reduce(0, +) / Double(classes) / 4
        #expect(abs(model.outliers[0].xx - logits * logits) < 1e-5 * logits * logits)
    }

    @Test func `density ratios agree over their whole range`() throws {
        let model = try stored()
        let logits = try file.tensor("np.test_logits")
        let similarities = try file.tensor("np.test_sim")
        for (index, expected) in try file.doubles("np.test_r").enumerated() {
            let found = model.ratio(
                index % classes, logit: Double(logits.pointer[index]), similarity: Double(similarities.pointer[index]))
            #expect(abs(found - expected) <= 1e-9 * expected)
        }
    }

    @Test(arguments: [200, 2000])
    func `knots and scores of a grid agree`(side: Int) throws {
        let model = try stored()
        let ratios = try file.doubles("np.test_r")
        let scores = try file.tensor("np.test_score_M\(side)")
        for label in 0..<classes {
            let knots = model.knots(label, side: side)
            let prefix = "np.M\(side).class\(label)."
            let places = try file.integers(prefix + "knot_index")
            let expectedRatio = try file.doubles(prefix + "knot_r")
            let expectedMass = try file.doubles(prefix + "knot_y")
            let total = try file.integers(prefix + "num_knots_finite_total")
            if side == 200 { #expect(Int64(knots.ratio.count) == total[1] || Int64(knots.ratio.count) == total[0]) }
            var errors: [Double] = []
            for (place, ratio) in zip(places.indices, expectedRatio) where ratio > 1e-280 {
                // Underflow ties near zero shift the numbering; the curve itself must agree.
                errors.append(abs(knots.score(ratio) - expectedMass[place]))
            }
            errors.sort()
            // Where two cells nearly tie, the last digit of a ratio decides which comes first: one cell's mass.
            #expect(errors[errors.count - 1] < 32 / Double(side * side), "class \(label)")
            #expect(errors[errors.count / 2] < 1e-8, "class \(label)")
            var scoreErrors: [Double] = []
            for row in 0..<scores.shape[0] {
                let found = knots.score(ratios[row * classes + label])
                scoreErrors.append(abs(found - Double(scores.pointer[row * classes + label])))
            }
            scoreErrors.sort()
            #expect(scoreErrors[scoreErrors.count - 1] < 1e-5, "class \(label)")
            #expect(scoreErrors[scoreErrors.count / 2] < 1e-7, "class \(label)")
        }
    }
}
