import Basics
import Imaging
import ModelFiles
import Networks
import ObjectAnomaly
import Tensors
import TestSupport
import Testing

/// The search that stops early against the definition that takes every proposal: equal to the last bit.
@Suite struct DetectionSearchTests {
    /// Random heads and pyramids small enough for hundreds of runs.
    private struct Scene {
        static let channels = 4
        var random: SeededGenerator
        let tensors: [String: Tensor]
        let pyramid: [FeatureMap]
        let fit: InputFit

        /// - Parameters:
        ///   - levels: when given, features take only so many distinct values, so that equal scores are common.
        ///   - broken: share of cells that are not numbers.
        init(seed: UInt64, levels: Int?, broken: Double = 0) {
            var random = SeededGenerator(seed: seed)
            func noise(_ shape: Shape, _ spread: Double, rounded: Bool = false) -> Tensor {
                Tensor(
                    shape,
                    (0..<shape.count).map { _ in
                        let value = random.uniform(in: -spread..<spread)
                        return Float(rounded ? (value * 2).rounded() / 2 : value)
                    })
            }
            let (channels, width) = (Self.channels, 8)
            var tensors: [String: Tensor] = [:]
            func layer(_ name: String, _ shape: Shape, _ spread: Double) {
                tensors[name + ".weight"] = noise(shape, spread)
                tensors[name + ".bias"] = noise([shape[0]], spread / 2)
            }
            layer("rpn_head.rpn_conv", [channels, channels, 3, 3], 0.5)
            layer("rpn_head.rpn_obj", [1, channels, 1, 1], 1 + Double(seed % 5))
            // Both signs: many boxes come out crossed or without area.
            layer("rpn_head.rpn_reg", [4, channels, 1, 1], 0.7)
            layer("roi_head.bbox_head.shared_fcs.0", [width, 49 * channels], 0.2)
            layer("roi_head.bbox_head.shared_fcs.1", [width, width], 0.7)
            layer("roi_head.bbox_head.fc_reg", [4, width], 1)
            layer("roi_head.bbox_head.fc_bbox_score", [1, width], 0.5 + Double(seed % 4))
            // A quality of exactly 1 puts every score on its bound.
            if seed % 7 == 6 { tensors["roi_head.bbox_head.fc_bbox_score.bias"]?.fill(100) }
            layer("roi_head.pseudo_score.0", [6, width], 1)
            layer("roi_head.pseudo_score.2", [3, 6], 1)
            layer("roi_head.logistic_regression_layer.0", [4, 1], 1)
            layer("roi_head.logistic_regression_layer.2", [1, 4], 1)
            self.tensors = tensors
            let (inputWidth, inputHeight) = (128, 96)
            pyramid = (2...6).map { level in
                let map = noise(
                    [(inputHeight >> level) + (level > 5 ? 1 : 0), inputWidth >> level, channels], 1)
                for index in 0..<map.count {
                    if let levels { map.pointer[index] = (map.pointer[index] * Float(levels)).rounded() }
                    if random.uniform() < broken { map.pointer[index] = .nan }
                }
                return FeatureMap(tensor: map, stride: 1 << level)
            }
            fit = InputFit(originalWidth: 250, originalHeight: 190, width: 125, height: 95)
            self.random = random
        }
    }

    /// Everything about the detections that can differ, as bits.
    private func bits(_ detections: [Detection], _ features: Tensor?) -> [UInt32] {
        detections.flatMap { detection in
            [
                detection.box.x1, detection.box.y1, detection.box.x2, detection.box.y2, detection.score,
                detection.normalLogit ?? -1,
            ].map(\.bitPattern)
        } + (features?.array.map(\.bitPattern) ?? [])
    }

    static let settings: [DetectorConfiguration] = [
        // The published ones, with fewer detections because the pictures are smaller.
        DetectorConfiguration(proposalsPerLevel: 300, maximumDetections: 20),
        DetectorConfiguration(proposalsPerLevel: 300, maximumDetections: 5),
        DetectorConfiguration(proposalsPerLevel: 300, scoreThreshold: 0, overlapThreshold: 0.7, maximumDetections: 40),
        // A threshold that bounds most proposals away.
        DetectorConfiguration(proposalsPerLevel: 1000, scoreThreshold: 0.6, maximumDetections: 1000),
        DetectorConfiguration(proposalsPerLevel: 20, scoreThreshold: 0.3, overlapThreshold: 0.3, maximumDetections: 1),
        DetectorConfiguration(proposalsPerLevel: 300, maximumDetections: 10, anomalyThreshold: 0.5),
        DetectorConfiguration(
            proposalsPerLevel: 300, scoreThreshold: 0, overlapThreshold: 0.7, maximumDetections: 12,
            anomalyThreshold: 0.9),
    ]

    @Test(arguments: settings, [nil, 1, 3])
    func `Stopping early changes nothing`(_ settings: DetectorConfiguration, _ levels: Int?) throws {
        let context = ComputeContext(pool: ComputePool(width: 2))
        var (all, evaluated, found) = (0, 0, 0)
        for seed in UInt64(0)..<60 {
            let scene = Scene(seed: seed, levels: levels, broken: seed % 10 == 9 ? 0.002 : 0)
            let source = TensorTable(scene.tensors)
            let detector = try ObjectDetector(source, configuration: settings)
            let normality = seed % 3 == 2 ? nil : try NormalityModel(source)
            let result = detector(
                scene.pyramid, fit: scene.fit, normality: normality, keepsFeatures: true, context: context)
            let (detections, features) = detector.exhaustively(
                scene.pyramid, fit: scene.fit, normality: normality, context: context)
            #expect(bits(result.detections, result.features) == bits(detections, features), "seed \(seed)")
            all += result.proposals.all
            evaluated += result.proposals.evaluated
            found += detections.count
        }
        #expect(found > 0)
        // Otherwise there would be nothing to prove.
        #expect(evaluated < all, "\(evaluated) of \(all)")
    }

    @Test(
        .enabled(if: SharedData.hasGolden("oln_ssos"), "the reference vectors of oln_ssos are not here"),
        arguments: DetectionGoldenTests.images)
    func `Stopping early changes nothing in the reference pictures`(_ image: String) throws {
        let reference = try DetectionGoldenTests.Reference(image)
        let normality = try NormalityModel(reference.weights)
        let pyramid = try reference.pyramid()
        var shares: [Double] = []
        for maximum in [1, 20, 100, 500, 1500] {
            for anomalyThreshold in [nil, try reference.outputs.tensor("anomaly_thr").array[0]] {
                for (score, overlap) in [(Float(0.05), Float(0.5)), (0, 0.7), (0.45, 0.5)] {
                    let detector = try ObjectDetector(
                        reference.weights,
                        configuration: DetectorConfiguration(
                            scoreThreshold: score, overlapThreshold: overlap, maximumDetections: maximum,
                            anomalyThreshold: anomalyThreshold))
                    let result = detector(
                        pyramid, fit: reference.fit, normality: normality, keepsFeatures: true,
                        context: reference.context)
                    let (detections, features) = detector.exhaustively(
                        pyramid, fit: reference.fit, normality: normality, context: reference.context)
                    #expect(bits(result.detections, result.features) == bits(detections, features))
                    shares.append(Double(result.proposals.evaluated) / Double(result.proposals.all))
                }
            }
        }
        #expect(shares.contains { $0 < 0.5 })
    }
}
