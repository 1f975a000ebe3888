import ModelFiles
import Networks
import ObjectAnomaly
import Tensors
import TestSupport
import Testing

/// The parts of one official training iteration that learning on the box shares. What only refines the detector itself
/// (targets and losses of boxes, gradients behind the features) has no counterpart here: the detector stays as it is.
@Suite(
    .enabled(
        if: SharedData.hasGolden("ssos_training") && SharedData.hasGolden("oln_ssos"),
        "the reference vectors of ssos_training and oln_ssos are not here"))
struct TrainingStepGoldenTests {
    private let weights: SafetensorsFile
    private let step: SafetensorsFile
    private let context = ComputeContext(pool: ComputePool(width: 2))

    init() throws {
        weights = try SharedData.golden("oln_ssos", "weights_ssos.safetensors")
        step = try SharedData.golden("ssos_training", "e_train_step.safetensors")
    }

    /// Features of the sampled regions around objects, and the pseudo-class of each by the object it covers most.
    private func positives() throws -> (features: Tensor, labels: [Int32]) {
        let backbone = try ResNet(weights)
        let neck = try FeaturePyramid(weights)
        let input = channelsLast(try step.tensor("input"))
        let pyramid = neck(backbone(input, context: context), context: context)
        let count = try step.integers("sample_roi.pos_inds").count
        let boxes = try step.tensor("roi_sampled_boxes")
        let features = try BoxHead(weights).features(pyramid, boxes: boxes, rows: 0..<count, context: context)
        let objects = try step.tensor("gt_boxes")
        let classes = try step.integers("gt_pseudo_labels")
        let labels = (0..<count).map { row in
            let overlaps = (0..<objects.shape[0]).map { overlap(boxes.row(row), objects.row($0)) }
            let best = overlaps.indices.max { overlaps[$0] < overlaps[$1] } ?? 0
            #expect(overlaps[best] >= 0.5)
            return Int32(classes[best])
        }
        return (features, labels)
    }

    private func overlap(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>) -> Float {
        let width = max(0, min(a[2], b[2]) - max(a[0], b[0]))
        let height = max(0, min(a[3], b[3]) - max(a[1], b[1]))
        let common = width * height
        return common / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - common)
    }

    @Test func `From the picture on, the pseudo-classes' loss and gradients equal the official iteration's`() throws {
        let (features, labels) = try positives()
        let heads = try NormalityWeights(weights)
        let gradient = NormalityWeights(like: heads)
        // No outliers: the queues of the recorded first iteration are not full.
        let losses = AnomalyObjective(classWeight: 1, anomalyWeight: 0)(
            features, labels: labels, weights: heads, gradient: gradient, workspace: Workspace())
        let expected = Double(try step.tensor("loss.loss_pseudo_class").array[0])
        #expect(abs(losses.classes - expected) < 1e-4 * expected)
        for name in NormalityWeights.names where name.contains("pseudo_score") {
            let found = try #require(gradient.named[name])
            let error = difference(found.array, try step.tensor("grad." + name).array)
            #expect(error.largest <= 1e-3 * error.scale, "\(name): \(error)")
        }
        for (name, tensor) in gradient.named where name.contains("logistic") {
            #expect(tensor.array.allSatisfy { $0 == 0 }, "\(name)")
        }
    }

    @Test(arguments: [
        "backbone.layer2.0.bn1.weight", "roi_head.bbox_head.fc_bbox_score.weight", "rpn_head.rpn_conv.weight",
    ])
    func `A step of descent moves parameters as the official optimiser does`(_ name: String) throws {
        let values = Tensor(try weights.tensor(name).shape, try weights.tensor(name).array)
        let gradient = Tensor(values.shape, try step.tensor("grad." + name).array)
        var settings = ObjectLearningSettings()
        settings.weightDecay = 1e-4
        settings.longestGradient = .infinity
        // Behind the warm-up, before the step size falls.
        Descent([values], gradients: [gradient], learningRate: 1e-3, settings: settings).step(rate: 1e-3)
        expectClose(values.array, try step.tensor("after_sgd." + name).array, within: 1e-7, name)
    }
}
