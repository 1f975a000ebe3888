public import ModelFiles
public import Networks

/// What kind of OLN detector a file holds, told from its tensors alone; see `ObjectDetector`. Names and shapes are those
/// of the authors' checkpoints (specification 1.9).
public struct DetectorLayout: Sendable, Hashable, CustomStringConvertible {
    /// The mask branch of OLN-Mask.
    private struct Mask: Sendable, Hashable {
        let convolutions: Int
        let width: Int
        let enlarged: Int
        let qualityChannels: Int
        let qualityLayers: Int
        let qualityWidth: Int
    }

    /// The published anomaly head: pseudo-classes and free energy.
    private struct Normality: Sendable, Hashable {
        let hidden: Int
        let classes: Int
        let energyWidth: Int
    }

    public let backbone: ResNetLayout
    /// Channels of the proposal head's hidden layer.
    public let proposalWidth: Int
    /// Widths of the box head's two layers; the second is the length of an object's features.
    public let boxWidths: [Int]
    private let normality: Normality?
    private let mask: Mask?
    /// Whether the file comes from training with FFS, the flow.
    public let hasFlow: Bool

    public var hasNormality: Bool { normality != nil }
    public var hasMask: Bool { mask != nil }

    /// Whether a source looks like an OLN detector, whole or not.
    public static func isLikely(_ source: any TensorSource) -> Bool {
        ["rpn_head.rpn_conv.weight", "rpn_head.rpn_obj.weight", "roi_head.bbox_head.shared_fcs.0.weight"].contains {
            source.contains($0)
        }
    }

    /// - Throws: `ModelFileError` when a tensor that tells a size is missing or absurd.
    public init(_ source: any TensorSource) throws(ModelFileError) {
        backbone = try ResNetLayout(source)
        proposalWidth = try source.extents(of: "rpn_head.rpn_conv.weight", rank: 4, each: 1...8192)[0]
        let box = "roi_head.bbox_head.shared_fcs."
        boxWidths = [
            try source.extents(of: box + "0.weight", rank: 2, each: 1...1_000_000)[0],
            try source.extents(of: box + "1.weight", rank: 2)[0],
        ]
        normality =
            source.names.contains { $0.hasPrefix("roi_head.pseudo_score.") }
            ? Normality(
                hidden: try source.extents(of: "roi_head.pseudo_score.0.weight", rank: 2)[0],
                classes: try source.extents(of: "roi_head.pseudo_score.2.weight", rank: 2)[0],
                energyWidth: try source.extents(of: "roi_head.logistic_regression_layer.0.weight", rank: 2)[0])
            : nil
        mask = source.names.contains { $0.hasPrefix("roi_head.mask_") } ? try Self.mask(source) : nil
        hasFlow = source.names.contains { $0.hasPrefix("roi_head.flow_model.") }
    }

    private static func mask(_ source: any TensorSource) throws(ModelFileError) -> Mask {
        let (mask, quality) = ("roi_head.mask_head.", "roi_head.mask_iou_head.")
        return Mask(
            convolutions: max(1, try source.count(of: mask + "convs.", most: 64)),
            width: try source.extents(of: mask + "convs.0.conv.weight", rank: 4)[0],
            enlarged: try source.extents(of: mask + "upsample.weight", rank: 4)[1],
            qualityChannels: try source.extents(of: quality + "convs.0.weight", rank: 4)[0],
            qualityLayers: max(1, try source.count(of: quality + "fcs.", most: 16)),
            qualityWidth: try source.extents(of: quality + "fcs.0.weight", rank: 2, each: 1...1_000_000)[0])
    }

    /// Every tensor that the detector, its backbone and its published heads read.
    public var plan: TensorPlan {
        var plan = backbone.plan
        let channels = backbone.pyramidWidth
        plan.wantLayer("rpn_head.rpn_conv", [proposalWidth, channels, 3, 3])
        plan.wantLayer("rpn_head.rpn_reg", [4, proposalWidth, 1, 1])
        plan.wantLayer("rpn_head.rpn_obj", [1, proposalWidth, 1, 1])
        let box = "roi_head.bbox_head."
        plan.wantLayer(box + "shared_fcs.0", [boxWidths[0], 49 * channels])
        plan.wantLayer(box + "shared_fcs.1", [boxWidths[1], boxWidths[0]])
        plan.wantLayer(box + "fc_reg", [4, boxWidths[1]])
        plan.wantLayer(box + "fc_bbox_score", [1, boxWidths[1]])
        if let normality {
            plan.wantLayer("roi_head.pseudo_score.0", [normality.hidden, boxWidths[1]])
            plan.wantLayer("roi_head.pseudo_score.2", [normality.classes, normality.hidden])
            plan.wantLayer("roi_head.logistic_regression_layer.0", [normality.energyWidth, 1])
            plan.wantLayer("roi_head.logistic_regression_layer.2", [1, normality.energyWidth])
        }
        if let mask { Self.add(mask, to: &plan, channels: channels) }
        plan.leave(.beginning("rpn_head.rpn_cls."), because: "OLN ranks by localisation quality; trained with weight 0")
        plan.leave(.beginning(box + "fc_cls."), because: "OLN has no classes; trained with weight 0")
        plan.leave(
            .exactly("roi_head.means"), because: "centres of the pseudo-classes, used to label training pictures")
        plan.leave(.beginning("roi_head.flow_model."), because: "the flow of FFS makes outliers in training")
        plan.leave(
            .beginning("roi_head.weight_energy."), because: "weighs the energy in training of FFS, not at inference")
        return plan
    }

    private static func add(_ mask: Mask, to plan: inout TensorPlan, channels: Int) {
        for index in 0..<mask.convolutions {
            plan.wantLayer(
                "roi_head.mask_head.convs.\(index).conv", [mask.width, index == 0 ? channels : mask.width, 3, 3])
        }
        plan.want("roi_head.mask_head.upsample.weight", [mask.width, mask.enlarged, 2, 2])
        plan.want("roi_head.mask_head.upsample.bias", [mask.enlarged])
        plan.wantLayer("roi_head.mask_head.conv_logits", [1, mask.enlarged, 1, 1])
        let quality = "roi_head.mask_iou_head."
        plan.wantLayer(quality + "convs.0", [mask.qualityChannels, mask.width, 3, 3])
        for index in 0..<mask.qualityLayers {
            let inputs = index == 0 ? 49 * mask.qualityChannels : mask.qualityWidth
            plan.wantLayer(quality + "fcs.\(index)", [mask.qualityWidth, inputs])
        }
        plan.wantLayer(quality + "fc_mask_iou", [1, mask.qualityWidth])
    }

    /// Such as `OLN-SSOS with masks on ResNet-50`.
    public var description: String {
        let method = hasFlow ? "OLN-FFS" : hasNormality ? "OLN-SSOS" : "OLN"
        return "\(method)\(hasMask ? " with masks" : "") on \(backbone)"
    }

    /// How many boxes the authors keep: of OLN for recall, of OLN-SSOS for anomalies, fewer with masks (specification 1.4).
    public var published: DetectorConfiguration {
        var configuration = hasNormality ? DetectorConfiguration.publishedAnomaly : .publishedRecall
        if hasMask { configuration.maximumDetections = 100 }
        return configuration
    }
}
